//! Files that the real tools wrote: those the repository keeps, and others made in the test run.

#![allow(non_snake_case, reason = "test names are area__case__expected")]

use ark_bn254::{Bn254, Fr};
use ark_groth16::{Groth16, prepare_verifying_key};
use foreign_tools::{Circuit, NamedFile, ProofFiles, Tool, fixtures, made};
use proof_formats::{Fault, Format, check_input_count, read_proof, read_public_inputs, read_verifying_key};

fn verifies(vk: &ark_groth16::VerifyingKey<Bn254>, proof: &ark_groth16::Proof<Bn254>, inputs: &[Fr]) -> bool {
    Groth16::<Bn254>::verify_proof(&prepare_verifying_key(vk), proof, inputs).expect("as many inputs as the key takes")
}

const fn formats(tool: Tool) -> (Format, Format) {
    match tool {
        Tool::Snarkjs => (Format::Snarkjs, Format::Snarkjs),
        Tool::ZoKrates => (Format::ZoKrates, Format::ZoKrates),
        Tool::ArkworksCompressed => (Format::ArkworksCompressed, Format::ArkworksScalars),
        Tool::ArkworksUncompressed => (Format::ArkworksUncompressed, Format::ArkworksScalars),
    }
}

/// Reads the files and lets arkworks judge: the statement of the circuit is accepted, another one is not.
fn check(files: &ProofFiles) {
    let context = format!("{:?} {:?}", files.tool, files.circuit);
    let vk = read_verifying_key(files.verifying_key.name, &files.verifying_key.bytes).expect(&context);
    let proof = read_proof(files.proof.name, &files.proof.bytes).expect(&context);
    let inputs = read_public_inputs(files.public_inputs.name, &files.public_inputs.bytes).expect(&context);
    assert_eq!((vk.format, proof.format, inputs.format), {
        let (points, scalars) = formats(files.tool);
        (points, points, scalars)
    });
    assert_eq!(inputs.values, files.circuit.public_inputs(), "{context}");
    assert_eq!(proof.public_inputs, (files.tool == Tool::ZoKrates).then(|| inputs.values.clone()), "{context}");
    check_input_count("inputs", &vk.key, &inputs.values).expect(&context);
    assert!(verifies(&vk.key, &proof.proof, &inputs.values), "{context}");

    for k in 0..inputs.values.len() {
        let mut others = inputs.values.clone();
        others[k] += Fr::from(1);
        assert!(!verifies(&vk.key, &proof.proof, &others), "{context}: input {k}");
    }
    let error = check_input_count("inputs", &vk.key, &inputs.values[1..]).expect_err("one is missing");
    let n = inputs.values.len();
    assert!(matches!(error.fault, Fault::InputCount { found, expected } if (found, expected) == (n - 1, n)));
}

#[test]
fn real_files__kept_in_the_repository__are_accepted_by_arkworks() {
    let kept = fixtures().expect("the repository has them");
    assert_eq!(kept.len(), Tool::ALL.len() * Circuit::ALL.len());
    kept.iter().for_each(check);
}

/// The tools run from nothing: compiler, powers of tau, setup, proof, the tool's own verifier.
#[test]
fn real_files__made_in_this_run__are_accepted_by_arkworks_and_new() {
    let made = match made() {
        Ok(made) => made,
        Err(error) => panic!("{error}\n{error:?}"),
    };
    made.iter().for_each(check);
    let kept = fixtures().expect("the repository has them");
    for (made, kept) in made.iter().zip(&kept) {
        assert_eq!((made.tool, made.circuit), (kept.tool, kept.circuit));
        assert_ne!(made.verifying_key, kept.verifying_key, "setups are random");
        assert_ne!(made.proof, kept.proof, "proofs are random");
        // Not so the statement; ZoKrates' lies in the proof's file, which `check` has compared.
        assert_eq!(made.public_inputs == kept.public_inputs, made.tool != Tool::ZoKrates);
    }
}

#[test]
fn real_files__of_another_setup_or_circuit__are_no_proof() {
    let kept = fixtures().expect("the repository has them");
    let read = |file: &ProofFiles| {
        let vk = read_verifying_key("vk", &file.verifying_key.bytes).expect("real");
        (vk.key, read_proof("proof", &file.proof.bytes).expect("real").proof)
    };
    for circuit in Circuit::ALL {
        let of_circuit: Vec<_> = kept.iter().filter(|files| files.circuit == circuit).map(read).collect();
        let (proofs, inputs) = (of_circuit.clone(), circuit.public_inputs());
        for (k, (vk, _)) in of_circuit.iter().enumerate() {
            for (j, (_, proof)) in proofs.iter().enumerate() {
                assert_eq!(verifies(vk, proof, &inputs), j == k, "{circuit:?}: key {k}, proof {j}");
            }
        }
    }
}

#[test]
fn real_files__arkworks_bytes_as_hex__read_the_same() {
    let kept = fixtures().expect("the repository has them");
    let binary = |tool| matches!(tool, Tool::ArkworksCompressed | Tool::ArkworksUncompressed);
    for files in kept.into_iter().filter(|files| binary(files.tool)) {
        let digits = |file: &NamedFile| hex::encode(&file.bytes);
        let wrapped = |file: &NamedFile| {
            let lines: Vec<_> = file.bytes.chunks(30).map(hex::encode).collect();
            lines.join("\n") + "\n"
        };
        let spellings: [&dyn Fn(&NamedFile) -> String; 4] =
            [&digits, &|file| digits(file).to_uppercase(), &|file| format!("0x{}\r\n", digits(file)), &wrapped];
        for spelling in spellings {
            let in_hex = |file: &NamedFile| NamedFile { name: "hex", bytes: spelling(file).into_bytes() };
            check(&ProofFiles {
                verifying_key: in_hex(&files.verifying_key),
                proof: in_hex(&files.proof),
                public_inputs: in_hex(&files.public_inputs),
                ..files.clone()
            });
        }
    }
}

/// The order of an element's parts is pinned: the other order, which Ethereum's contracts use, is refused by name.
#[test]
fn real_files__parts_of_g2_swapped__are_refused() {
    for files in fixtures().expect("the repository has them") {
        let (points, place_in_key, place_in_proof) = match files.tool {
            Tool::Snarkjs => (["vk_beta_2", "vk_gamma_2", "vk_delta_2"], "", "/pi_b"),
            Tool::ZoKrates => (["beta", "gamma", "delta"], "", "/proof/b"),
            _ => continue,
        };
        let swapped = |bytes: &[u8], pointer: &str| {
            let mut value: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
            let point = value.pointer_mut(pointer).expect("it is there").as_array_mut().expect("a point");
            point.iter_mut().take(2).for_each(|part| part.as_array_mut().expect("two parts").reverse());
            value.to_string().into_bytes()
        };
        for point in points {
            let bytes = swapped(&files.verifying_key.bytes, &format!("{place_in_key}/{point}"));
            let error = read_verifying_key("vk", &bytes).expect_err("parts swapped");
            assert!(matches!(&error.fault, Fault::SwappedParts { field } if field == point), "{error:?}");
        }
        let error = read_proof("proof", &swapped(&files.proof.bytes, place_in_proof)).expect_err("parts swapped");
        assert!(matches!(error.fault, Fault::SwappedParts { .. }), "{error:?}");
    }
}

#[test]
fn real_files__public_inputs_as_plain_lists__read_the_same() {
    let values = Circuit::Three.public_inputs();
    let near_r = "21888242871839275222246405745257275088548364400416034343698204186575808495616";
    let full = "0x1ea5c066324f61360ecdd1def1aff0cf2f068cbb013fc066f7aa722414b2a186";
    let lists = [
        (format!("7\n{near_r}\n{full}\n"), Format::Numbers),
        (format!("0x7, {near_r}, {full}"), Format::Numbers),
        (format!("\u{feff}7,{near_r},{full}"), Format::Numbers),
        (format!("[7, {near_r}, \"{full}\"]"), Format::Numbers),
        (format!("[\"0x07\", \"{near_r}\", \"{full}\"]"), Format::Numbers),
        ("[]".to_owned(), Format::Snarkjs),
        ("0000000000000000".to_owned(), Format::ArkworksScalars),
    ];
    for (text, format) in lists {
        let read = read_public_inputs("list", text.as_bytes()).expect(&text);
        let expected = if text.contains('7') { values.clone() } else { Vec::new() };
        assert_eq!((read.values, read.format), (expected, format), "{text}");
    }
}
