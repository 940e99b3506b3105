//! Every fault has a file that is refused for it; the twins that are read are in `real_files.rs`.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ff::PrimeField as _;
use ark_serialize::CanonicalSerialize as _;
use foreign_tools::{Circuit, ProofFiles, Tool, fixtures};
use proof_formats::{
    Fault, FormatError, Kind, MAX_FILE_LEN, check_input_count, read_proof, read_public_inputs, read_verifying_key,
};
use serde_json::{Value, json};

type Wanted = fn(&Fault) -> bool;

fn kept(tool: Tool) -> ProofFiles {
    let mut kept = fixtures().expect("the repository has them").into_iter();
    kept.find(|files| (files.tool, files.circuit) == (tool, Circuit::Three)).expect("it is there")
}

/// The JSON with the value at `pointer` replaced, or taken out if `value` is null.
fn edited(bytes: &[u8], pointer: &str, value: Value) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(bytes).expect("JSON");
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    if value.is_null() {
        let parent = document.pointer_mut(parent).expect("it is there").as_object_mut().expect("an object");
        parent.remove(name).expect("it is there");
    } else {
        *document.pointer_mut(pointer).expect("it is there") = value;
    }
    document.to_string().into_bytes()
}

fn check<T: core::fmt::Debug>(case: &str, outcome: Result<T, FormatError>, wanted: Wanted) {
    let error = outcome.expect_err(case);
    assert!(wanted(&error.fault), "{case}: {error:?}");
    assert_eq!(error.file, "file", "{case}");
}

/// A point of the twist outside the group of order r.
fn outside_subgroup() -> G2Affine {
    let on_curve = |x: u64| G2Affine::get_point_from_x_unchecked(Fq2::new(Fq::from(x), Fq::from(1)), false);
    let point = (1..).find_map(on_curve).expect("every other x has one");
    assert!(point.is_on_curve() && !point.is_in_correct_subgroup_assuming_on_curve());
    point
}

fn g2_json(point: G2Affine) -> Value {
    let part = |part: Fq| part.to_string();
    json!([[part(point.x.c0), part(point.x.c1)], [part(point.y.c0), part(point.y.c1)], ["1", "0"]])
}

const Q: &str = "21888242871839275222246405745257275088696311157297823662689037894645226208583";
const R: &str = "21888242871839275222246405745257275088548364400416034343698204186575808495617";

#[test]
fn constants__moduli_of_the_tests__are_those_of_arkworks() {
    assert_eq!(Fq::MODULUS.to_string(), Q);
    assert_eq!(Fr::MODULUS.to_string(), R);
}

#[test]
fn snarkjs_key__edited__is_refused_by_name() {
    let real = kept(Tool::Snarkjs).verifying_key.bytes;
    let identity = json!(["0", "1", "0"]);
    let cases: Vec<(&str, Value, Wanted)> = vec![
        (
            "/protocol",
            json!("plonk"),
            |f| matches!(f, Fault::Scheme { field: "protocol", found, expected: "groth16" } if found == "plonk"),
        ),
        (
            "/curve",
            json!("bls12381"),
            |f| matches!(f, Fault::Curve { found, expected: "bn128" } if found == "bls12381"),
        ),
        ("/protocol", json!(7), |f| matches!(f, Fault::Type { field, .. } if field == "protocol")),
        ("/protocol", Value::Null, |f| matches!(f, Fault::Unrecognised { expected: Kind::VerifyingKey, .. })),
        ("/curve", Value::Null, |f| matches!(f, Fault::MissingField { field } if field == "curve")),
        ("/vk_alpha_1", Value::Null, |f| matches!(f, Fault::MissingField { field } if field == "vk_alpha_1")),
        ("/IC", Value::Null, |f| matches!(f, Fault::MissingField { field } if field == "IC")),
        ("/nPublic", Value::Null, |f| matches!(f, Fault::MissingField { field } if field == "nPublic")),
        ("/nPublic", json!(-1), |f| matches!(f, Fault::Type { field, .. } if field == "nPublic")),
        ("/nPublic", json!(4), |f| matches!(f, Fault::PointCount { field: "IC", found: 4, announced: 5 })),
        ("/nPublic", json!(u64::MAX), |f| matches!(f, Fault::PointCount { announced: u64::MAX, .. })),
        ("/IC", json!([]), |f| matches!(f, Fault::NoPoints { field: "IC" })),
        (
            "/IC/2/0",
            json!(Q),
            |f| matches!(f, Fault::NotBelow { field, found, modulus } if (field.as_str(), found.as_str(), modulus.as_str()) == ("IC[2][0]", Q, Q)),
        ),
        (
            "/vk_beta_2/0/1",
            json!("9".repeat(100_000)),
            |f| matches!(f, Fault::NotBelow { field, .. } if field == "vk_beta_2[0][1]"),
        ),
        (
            "/IC/1/1",
            json!("-1"),
            |f| matches!(f, Fault::NotANumber { field, found } if field == "IC[1][1]" && found == "-1"),
        ),
        ("/IC/1/1", json!("01"), |f| matches!(f, Fault::NotANumber { .. })),
        ("/IC/1/1", json!(""), |f| matches!(f, Fault::NotANumber { .. })),
        ("/IC/1/1", json!(1.5), |f| matches!(f, Fault::NotANumber { .. })),
        ("/IC/1/1", json!("0x"), |f| matches!(f, Fault::NotANumber { .. })),
        ("/IC/1/1", json!(format!("0x{}", "0".repeat(65))), |f| matches!(f, Fault::NotANumber { .. })),
        ("/IC/1/1", json!(["1"]), |f| matches!(f, Fault::NotANumber { .. })),
        ("/IC/3/0", json!("3"), |f| matches!(f, Fault::OffCurve { field } if field == "IC[3]")),
        ("/IC/3", json!(["1", "2"]), |f| matches!(f, Fault::Type { field, .. } if field == "IC[3]")),
        ("/IC/3", json!(["1", "2", "1", "1"]), |f| matches!(f, Fault::Type { .. })),
        ("/IC/3", json!(["0", "0", "1"]), |f| matches!(f, Fault::OffCurve { .. })),
        (
            "/IC/3/2",
            json!("2"),
            |f| matches!(f, Fault::ProjectiveZ { field, found } if field == "IC[3]" && found == "2"),
        ),
        ("/IC/3/2", json!("0"), |f| matches!(f, Fault::ProjectiveZ { .. })),
        (
            "/vk_delta_2/2",
            json!(["1", "1"]),
            |f| matches!(f, Fault::ProjectiveZ { field, .. } if field == "vk_delta_2"),
        ),
        (
            "/vk_delta_2",
            g2_json(outside_subgroup()),
            |f| matches!(f, Fault::OutsideSubgroup { field } if field == "vk_delta_2"),
        ),
        ("/vk_alpha_1", identity.clone(), |f| matches!(f, Fault::Identity { field } if field == "vk_alpha_1")),
        ("/IC/1", identity, |f| matches!(f, Fault::Identity { field } if field == "IC[1]")),
        (
            "/vk_gamma_2",
            json!([["0", "0"], ["1", "0"], ["0", "0"]]),
            |f| matches!(f, Fault::Identity { field } if field == "vk_gamma_2"),
        ),
    ];
    for (pointer, value, wanted) in cases {
        check(pointer, read_verifying_key("file", &edited(&real, pointer, value)), wanted);
    }
}

#[test]
fn zokrates_key__edited__is_refused_by_name() {
    let real = kept(Tool::ZoKrates).verifying_key.bytes;
    let cases: Vec<(&str, Value, Wanted)> = vec![
        (
            "/scheme",
            json!("gm17"),
            |f| matches!(f, Fault::Scheme { field: "scheme", found, expected: "g16" } if found == "gm17"),
        ),
        ("/curve", json!("bls12_381"), |f| matches!(f, Fault::Curve { .. })),
        ("/gamma", Value::Null, |f| matches!(f, Fault::MissingField { field } if field == "gamma")),
        ("/gamma_abc", json!([]), |f| matches!(f, Fault::NoPoints { field: "gamma_abc" })),
        ("/gamma_abc", json!("none"), |f| matches!(f, Fault::Type { field, .. } if field == "gamma_abc")),
        ("/gamma_abc/1/0", json!("0xzz"), |f| matches!(f, Fault::NotANumber { .. })),
        ("/gamma_abc/1/0", json!(format!("0x{}", "f".repeat(64))), |f| matches!(f, Fault::NotBelow { .. })),
        // No tool is known to write the identity so; it is on no curve.
        ("/gamma_abc/1", json!(["0x0", "0x0"]), |f| matches!(f, Fault::OffCurve { field } if field == "gamma_abc[1]")),
        ("/gamma_abc/1", json!(["0x0", "0x1"]), |f| matches!(f, Fault::OffCurve { .. })),
        (
            "/beta",
            json!([["0x1", "0x2"], ["0x3", "0x4"]]),
            |f| matches!(f, Fault::OffCurve { field } if field == "beta"),
        ),
    ];
    for (pointer, value, wanted) in cases {
        check(pointer, read_verifying_key("file", &edited(&real, pointer, value)), wanted);
    }
}

#[test]
fn proofs__edited__are_refused_by_name() {
    let (snarkjs, zokrates) = (kept(Tool::Snarkjs).proof.bytes, kept(Tool::ZoKrates).proof.bytes);
    let cases: Vec<(&[u8], &str, Value, Wanted)> = vec![
        (&snarkjs, "/protocol", json!("fflonk"), |f| matches!(f, Fault::Scheme { field: "protocol", .. })),
        (&snarkjs, "/pi_b", Value::Null, |f| matches!(f, Fault::MissingField { field } if field == "pi_b")),
        (&snarkjs, "/pi_c/0", json!(Q), |f| matches!(f, Fault::NotBelow { field, .. } if field == "pi_c[0]")),
        (&snarkjs, "/pi_a/1", json!("3"), |f| matches!(f, Fault::OffCurve { field } if field == "pi_a")),
        (
            &snarkjs,
            "/pi_b",
            g2_json(outside_subgroup()),
            |f| matches!(f, Fault::OutsideSubgroup { field } if field == "pi_b"),
        ),
        (&zokrates, "/scheme", json!("marlin"), |f| matches!(f, Fault::Scheme { field: "scheme", .. })),
        (&zokrates, "/proof", json!([]), |f| matches!(f, Fault::Type { field, .. } if field == "proof")),
        (&zokrates, "/proof/b", Value::Null, |f| matches!(f, Fault::MissingField { field } if field == "b")),
        (&zokrates, "/proof/c/0", json!("0x3"), |f| matches!(f, Fault::OffCurve { field } if field == "proof.c")),
        (&zokrates, "/inputs", Value::Null, |f| matches!(f, Fault::MissingField { field } if field == "inputs")),
        (&zokrates, "/inputs/1", json!(R), |f| matches!(f, Fault::NotBelow { field, .. } if field == "inputs[1]")),
    ];
    for (bytes, pointer, value, wanted) in cases {
        check(pointer, read_proof("file", &edited(bytes, pointer, value)), wanted);
    }
}

/// snarkjs writes the identity with the third coordinate 0; a verifier judges it.
#[test]
fn proofs__identity__is_a_point() {
    let bytes = edited(&kept(Tool::Snarkjs).proof.bytes, "/pi_a", json!(["0", "1", "0"]));
    assert_eq!(read_proof("file", &bytes).expect("a point").proof.a, G1Affine::identity());
}

#[test]
fn arkworks_key__edited__is_refused_by_name() {
    for (tool, unit) in [(Tool::ArkworksCompressed, 32), (Tool::ArkworksUncompressed, 64)] {
        let real = kept(tool).verifying_key.bytes;
        let prefix_at = 7 * unit;
        let refused = |case: &str, edit: &dyn Fn(&mut Vec<u8>), wanted: Wanted| {
            let mut bytes = real.clone();
            edit(&mut bytes);
            check(&format!("{tool:?}: {case}"), read_verifying_key("file", &bytes), wanted);
        };
        let expects_len: Wanted = |f| matches!(f, Fault::ByteLen { .. });
        refused("cut short", &|bytes| bytes.truncate(bytes.len() - 1), expects_len);
        refused("trailing byte", &|bytes| bytes.push(0), expects_len);
        refused("absurd length", &|bytes| bytes[prefix_at..prefix_at + 8].fill(0xff), expects_len);
        refused("one more announced", &|bytes| bytes[prefix_at] += 1, expects_len);
        refused(
            "no points",
            &|bytes| {
                bytes[prefix_at] = 0;
                bytes.truncate(prefix_at + 8);
            },
            |f| matches!(f, Fault::NoPoints { field: "gamma_abc_g1" }),
        );
        refused(
            "q",
            &|bytes| bytes[..32].copy_from_slice(&q_bytes()),
            |f| matches!(f, Fault::NotBelow { field, found, .. } if field == "alpha_g1" && found == Q),
        );
        refused(
            "both flags",
            &|bytes| bytes[unit - 1] |= 0xc0,
            |f| matches!(f, Fault::Flags { field } if field == "alpha_g1"),
        );
        refused(
            "identity",
            &|bytes| {
                bytes[..unit].fill(0);
                bytes[unit - 1] = 0x40;
            },
            |f| matches!(f, Fault::Identity { field } if field == "alpha_g1"),
        );
        refused(
            "off the curve",
            &|bytes| {
                bytes[..32].fill(0);
                bytes[0] = x_off_curve();
            },
            |f| matches!(f, Fault::OffCurve { field } if field == "alpha_g1"),
        );
        refused(
            "last point off the curve",
            &|bytes| {
                let at = bytes.len() - unit;
                bytes[at..at + 32].fill(0);
                bytes[at] = x_off_curve();
            },
            |f| matches!(f, Fault::OffCurve { field } if field == "gamma_abc_g1[3]"),
        );
        let mut outside = Vec::new();
        let point = outside_subgroup();
        if unit == 32 { point.serialize_compressed(&mut outside) } else { point.serialize_uncompressed(&mut outside) }
            .expect("a vector takes every byte");
        refused(
            "outside the subgroup",
            &|bytes| bytes[unit..3 * unit].copy_from_slice(&outside),
            |f| matches!(f, Fault::OutsideSubgroup { field } if field == "beta_g2"),
        );
    }
}

fn q_bytes() -> [u8; 32] {
    let mut bytes = Vec::new();
    // q - 1 in bytes; q is odd, so the last bit alone differs.
    Fq::from(-1).serialize_compressed(&mut bytes).expect("a vector takes every byte");
    bytes[0] += 1;
    bytes.try_into().expect("an element takes 32 bytes")
}

/// A small x without a point of G1.
fn x_off_curve() -> u8 {
    let has_none = |x: &u8| G1Affine::get_ys_from_x_unchecked(Fq::from(*x)).is_none();
    (0..).find(has_none).expect("every other x has none")
}

#[test]
fn arkworks_key__lengths_of_both_encodings__is_ambiguous() {
    // 232 + 32 m = 456 + 64 n bytes with m = 8 + n' as the compressed, n as the uncompressed prefix.
    let mut bytes = vec![0; 456 + 64 * 3];
    bytes[224] = ((456 + 64 * 3 - 232) / 32) as u8;
    bytes[448] = 3;
    check("both", read_verifying_key("file", &bytes), |f| matches!(f, Fault::Ambiguous { found: 648 }));
}

#[test]
fn arkworks_proof__other_lengths__are_refused() {
    for tool in [Tool::ArkworksCompressed, Tool::ArkworksUncompressed] {
        let real = kept(tool).proof.bytes;
        for bytes in [&real[1..], &[&real[..], &[0]].concat(), &real[..8]] {
            check(
                "length",
                read_proof("file", bytes),
                |f| matches!(f, Fault::ByteLen { expected, .. } if expected.contains("128") && expected.contains("256")),
            );
        }
        // As text, too.
        let text = hex::encode(&real[1..]);
        check("hex", read_proof("file", text.as_bytes()), |f| matches!(f, Fault::ByteLen { .. }));
    }
}

#[test]
fn public_inputs__not_below_r_or_no_numbers__are_refused_by_name() {
    let not_below: Wanted = |f| matches!(f, Fault::NotBelow { modulus, .. } if modulus == R);
    let number: Wanted = |f| matches!(f, Fault::NotANumber { .. });
    let length: Wanted = |f| matches!(f, Fault::ByteLen { .. });
    let two_to_256 = format!("1{}", "0".repeat(64));
    let cases: Vec<(String, Wanted)> = vec![
        (R.to_owned(), not_below),
        (format!("[\"{R}\"]"), not_below),
        (format!("[{R}]"), not_below),
        (format!("1 2 {Q}"), not_below),
        ("9".repeat(78), not_below),
        ("9".repeat(79), not_below),
        ("9".repeat(1_000), not_below),
        (format!("0x{two_to_256}"), number),
        ("1 two 3".to_owned(), number),
        ("-1".to_owned(), number),
        ("1.0".to_owned(), number),
        ("[1e3]".to_owned(), number),
        ("[true]".to_owned(), number),
        ("[[1]]".to_owned(), number),
        ("[{}]".to_owned(), number),
        ("0x".to_owned(), number),
        ("00".to_owned(), number),
        ("0x1 0x".to_owned(), number),
        ("ab".repeat(40), length),
        (format!("01{}", "0".repeat(14)), length),
    ];
    for (text, wanted) in cases {
        check(&text, read_public_inputs("file", text.as_bytes()), wanted);
    }
    let with_r = [&1u64.to_le_bytes()[..], &{
        let mut bytes = Vec::new();
        Fr::from(-1).serialize_compressed(&mut bytes).expect("a vector takes every byte");
        bytes[0] += 1;
        bytes
    }]
    .concat();
    check("r in bytes", read_public_inputs("file", &with_r), not_below);
    let absurd = [&u64::MAX.to_le_bytes()[..], &[0; 32]].concat();
    check("absurd length", read_public_inputs("file", &absurd), length);
    check("cut short", read_public_inputs("file", &with_r[..39]), length);
    check("no prefix", read_public_inputs("file", &[0]), length);
}

#[test]
fn content__of_no_or_another_kind__says_what_was_found_and_expected() {
    let (snarkjs, zokrates) = (kept(Tool::Snarkjs), kept(Tool::ZoKrates));
    let key_for_proof: Wanted = |f| matches!(f, Fault::WrongKind { found: Kind::VerifyingKey, expected: Kind::Proof });
    let proof_for_key: Wanted = |f| matches!(f, Fault::WrongKind { found: Kind::Proof, expected: Kind::VerifyingKey });
    let unrecognised: Wanted = |f| matches!(f, Fault::Unrecognised { .. });
    let syntax: Wanted = |f| matches!(f, Fault::Syntax(_));
    let empty: Wanted = |f| matches!(f, Fault::Empty { .. });
    for files in [&snarkjs, &zokrates] {
        check("key", read_proof("file", &files.verifying_key.bytes), key_for_proof);
        check("proof", read_verifying_key("file", &files.proof.bytes), proof_for_key);
        check("key", read_public_inputs("file", &files.verifying_key.bytes), |f| {
            matches!(f, Fault::WrongKind { found: Kind::VerifyingKey, expected: Kind::PublicInputs })
        });
    }
    check("snarkjs keeps inputs apart", read_public_inputs("file", &snarkjs.proof.bytes), |f| {
        matches!(f, Fault::WrongKind { found: Kind::Proof, expected: Kind::PublicInputs })
    });
    check("inputs", read_verifying_key("file", &snarkjs.public_inputs.bytes), unrecognised);
    let deep = "[".repeat(500_000);
    let deep_field = format!("{{\"protocol\":{deep}");
    let texts: [(&str, Wanted); 9] = [
        ("", empty),
        (" \r\n\t", empty),
        ("{", syntax),
        ("{} {}", syntax),
        ("{}", unrecognised),
        ("[1]", unrecognised),
        ("hello", unrecognised),
        (&deep, syntax),
        (&deep_field, syntax),
    ];
    for (text, wanted) in texts {
        check(text, read_verifying_key("file", text.as_bytes()), wanted);
        check(text, read_proof("file", text.as_bytes()), wanted);
    }
    check("both tools", read_proof("file", br#"{"protocol":"groth16","scheme":"g16"}"#), unrecognised);
    check("binary", read_verifying_key("file", &[0xff; 100]), |f| matches!(f, Fault::ByteLen { found: 100, .. }));
    check(
        "too large",
        read_verifying_key("file", &vec![b' '; MAX_FILE_LEN + 1]),
        |f| matches!(f, Fault::TooLarge { found, limit: MAX_FILE_LEN } if *found == MAX_FILE_LEN + 1),
    );
    check("at the limit", read_verifying_key("file", &vec![b' '; MAX_FILE_LEN]), empty);
    let own = br#"{"format":"provelock-verifying-key","version":1}"#;
    check(
        "own format",
        read_verifying_key("file", own),
        |f| matches!(f, Fault::OwnFormat { format } if format == "provelock-verifying-key"),
    );
}

/// The error with its cause, as the program prints it.
fn chain<T: core::fmt::Debug>(outcome: Result<T, FormatError>) -> String {
    let error = outcome.expect_err("edited to be wrong");
    let source = std::error::Error::source(&error).expect("every error has its fault");
    format!("{error}: {source}\n")
}

/// The examples in `docs/formats.md`, made by editing real files.
#[test]
fn errors__as_text__are_those_of_the_documentation() {
    let (snarkjs, zokrates) = (kept(Tool::Snarkjs), kept(Tool::ZoKrates));
    let vk = &snarkjs.verifying_key;
    let edited_key = |pointer, value| chain(read_verifying_key(vk.name, &edited(&vk.bytes, pointer, value)));
    let swapped = {
        let mut document: Value = serde_json::from_slice(&vk.bytes).expect("JSON");
        let parts = document["vk_beta_2"].as_array_mut().expect("a point");
        parts.iter_mut().take(2).for_each(|part| part.as_array_mut().expect("two parts").reverse());
        document["vk_beta_2"].clone()
    };
    let short = &kept(Tool::ArkworksCompressed).verifying_key.bytes[..359];
    let numbers = read_public_inputs("public.json", b"[1, 2]").expect("numbers").values;
    let key = read_verifying_key(vk.name, &vk.bytes).expect("real").key;
    let lines = [
        edited_key("/protocol", json!("plonk")),
        edited_key("/curve", json!("bls12381")),
        edited_key("/nPublic", json!(4)),
        edited_key("/vk_beta_2", swapped),
        edited_key("/vk_delta_2", g2_json(outside_subgroup())),
        edited_key("/IC/2/0", json!("3")),
        edited_key("/IC/1", json!(["0", "1", "0"])),
        chain(read_verifying_key("vk.bin", short)),
        chain(read_public_inputs("public.json", format!("[1, 2, {R}]").as_bytes())),
        chain(check_input_count("public.json", &key, &numbers)),
        chain(read_proof("proof.json", &zokrates.verifying_key.bytes)),
        chain(read_proof("proof.txt", b"hello")),
    ];
    let documentation = include_str!("../../docs/formats.md");
    let examples = documentation.split("```\n").nth(1).expect("the only block");
    assert_eq!(lines.concat(), examples);
}

/// A field that no reader asks for changes nothing: newer versions of a tool may add one.
#[test]
fn content__unknown_fields__are_ignored() {
    let real = kept(Tool::Snarkjs).verifying_key.bytes;
    let mut document: Value = serde_json::from_slice(&real).expect("JSON");
    document["vk_alphabeta_12"] = json!("anything");
    document["comment"] = json!({ "by": "somebody" });
    let read = |bytes: &[u8]| read_verifying_key("file", bytes).expect("a key");
    assert_eq!(read(document.to_string().as_bytes()), read(&real));
}
