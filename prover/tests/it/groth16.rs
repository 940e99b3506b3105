//! Real proofs, real refusals, and files that are damaged in every way.

use crate::common::{Case, case, claim};
use crate::nets::tiny;
use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{Field, One};
use ark_serialize::CanonicalSerialize;
use prover::circuit::Unsatisfied;
use prover::groth16::{
    ArtifactError, ArtifactFault, Proof, ProofDocument, ProveError, ProvingKey, Rejection, VerifyingKey, prove, setup,
    verify,
};
use prover::{Digest, FileError, HeaderError};
use rand::rngs::OsRng;
use serde_json::{Value, json};
use std::sync::OnceLock;

struct Fixture {
    case: Case,
    key: ProvingKey,
    vk: VerifyingKey,
    proof: Proof,
}

fn fixture() -> &'static Fixture {
    static FIXTURE: OnceLock<Fixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let case = case(&tiny(0));
        let (key, vk) = setup(&case.circuit, &mut OsRng).unwrap();
        let assignment = case.assign(&case.truth);
        let proof = prove(&key, &case.circuit, &assignment, &mut OsRng).unwrap();
        Fixture { case, key, vk, proof }
    })
}

fn document() -> ProofDocument {
    let Fixture { case, vk, proof, .. } = fixture();
    case.truth.document(vk, proof)
}

/// What `verify` says when the proof's points are replaced.
fn verdict(edit: impl FnOnce(&mut ark_groth16::Proof<Bn254>)) -> Result<(), Rejection> {
    let Fixture { case, vk, proof, .. } = fixture();
    let mut points = proof.inner().clone();
    edit(&mut points);
    verify(vk, &case.truth.values(), &Proof::new(points))
}

#[test]
fn verify__honest_proof__is_accepted() {
    assert_eq!(verdict(|_| ()), Ok(()));
    assert_eq!(document().verify(&fixture().vk), Ok(()));
}

#[test]
fn verify__altered_public_input__is_a_pairing_rejection() {
    let Fixture { case, vk, proof, .. } = fixture();
    let truth = case.truth;
    let other_class = (truth.class + 1) % 10;
    for altered in [truth.of_class(other_class), truth.for_recipient([1; 20]), truth.for_nonce([1; 8])] {
        assert_eq!(verify(vk, &altered.values(), proof), Err(Rejection::Pairing));
        assert_eq!(altered.document(vk, proof).verify(vk), Err(Rejection::Pairing));
    }
    let [binding, class] = truth.values();
    for inputs in [vec![], vec![binding], vec![binding, class, Fr::one()]] {
        let found = inputs.len();
        assert_eq!(verify(vk, &inputs, proof), Err(Rejection::InputCount { found, expected: 2 }));
    }
}

#[test]
fn verify__public_input_too_wide__is_refused_by_name() {
    let Fixture { case, vk, proof, .. } = fixture();
    let [binding, class] = case.truth.values();
    // A value and what is congruent to it below 2^bits are different field elements: nothing is reduced here.
    let sixteen = Fr::from(16);
    let too_large = |name: &str, value: &str, bits| {
        Err(Rejection::InputTooLarge { name: name.to_owned(), found: format!("{value:0>64}"), bits })
    };
    assert_eq!(verify(vk, &[binding, class + sixteen], proof), too_large("class", &format!("1{class}"), 4));
    let wide = Fr::from(2).pow([224]);
    let value = format!("1{}", "0".repeat(56));
    assert_eq!(verify(vk, &[wide, class], proof), too_large("binding", &value, 224));
    let document = ProofDocument::new(vk, case.truth.binding, &[sixteen], proof.clone()).map(|_| ());
    assert_eq!(document, too_large("class", "10", 4));
    let document = ProofDocument::new(vk, case.truth.binding, &[], proof.clone()).map(|_| ());
    assert_eq!(document, Err(Rejection::InputCount { found: 1, expected: 2 }));
}

#[test]
fn setup__binding__has_a_point_of_its_own_in_the_key() {
    // No constraint mentions the binding, so its point is what the setup adds for every public input.
    for seed in 0..3 {
        let vk = setup(&case(&tiny(seed)).circuit, &mut OsRng).unwrap().1;
        let [constant, binding, class] = vk.inner().gamma_abc_g1[..] else { panic!("two public inputs") };
        assert!(!binding.is_zero());
        for other in [constant, class] {
            assert!(binding != other && binding != -other);
        }
    }
}

#[test]
fn verify__altered_proof_point__is_refused_by_name() {
    assert_eq!(verdict(|p| p.a = -p.a), Err(Rejection::Pairing));
    assert_eq!(verdict(|p| p.b = -p.b), Err(Rejection::Pairing));
    assert_eq!(verdict(|p| p.c = -p.c), Err(Rejection::Pairing));
    assert_eq!(verdict(|p| core::mem::swap(&mut p.a, &mut p.c)), Err(Rejection::Pairing));
    assert_eq!(verdict(|p| p.a = G1Affine::identity()), Err(Rejection::Identity { element: "A" }));
    assert_eq!(verdict(|p| p.b = G2Affine::identity()), Err(Rejection::Identity { element: "B" }));
    assert_eq!(verdict(|p| p.c = G1Affine::identity()), Err(Rejection::Identity { element: "C" }));
    let off_g1 = |point: G1Affine| G1Affine::new_unchecked(point.x, point.y + Fq::one());
    assert_eq!(verdict(|p| p.a = off_g1(p.a)), Err(Rejection::NotOnCurve { element: "A" }));
    assert_eq!(verdict(|p| p.c = off_g1(p.c)), Err(Rejection::NotOnCurve { element: "C" }));
    let off_g2 = |point: G2Affine| G2Affine::new_unchecked(point.x, point.y + Fq2::one());
    assert_eq!(verdict(|p| p.b = off_g2(p.b)), Err(Rejection::NotOnCurve { element: "B" }));
    assert_eq!(verdict(|p| p.b = outside_g2()), Err(Rejection::WrongSubgroup { element: "B" }));
}

/// A point of the twist that is not of order r: nearly every point is.
fn outside_g2() -> G2Affine {
    let mut candidates = (1u64..).filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false));
    candidates.find(|point| !point.is_in_correct_subgroup_assuming_on_curve()).unwrap()
}

#[test]
fn prove__untrue_statement__is_refused_with_the_constraint() {
    let Fixture { case, key, .. } = fixture();
    let untrue = (case.truth.class + 1) % 10;
    let assignment = case.assign(&claim(untrue));
    match prove(key, &case.circuit, &assignment, &mut OsRng) {
        Err(ProveError::Unsatisfied(Unsatisfied::Constraints { first, .. })) => {
            assert!(first.to_string().starts_with("argmax.lead["), "{first}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn prove__twice__gives_different_proofs() {
    let Fixture { case, key, vk, proof } = fixture();
    let assignment = case.assign(&case.truth);
    let again = prove(key, &case.circuit, &assignment, &mut OsRng).unwrap();
    assert_ne!(again, *proof, "proofs are blinded");
    assert_eq!(verify(vk, &case.truth.values(), &again), Ok(()));
}

#[test]
fn model_swap__proof_under_another_models_key__is_refused() {
    let Fixture { vk, proof, case, key } = fixture();
    let mut files = tiny(0);
    let weight = &mut files.weights["layers"][0]["weights"][1][1];
    *weight = json!(weight.as_i64().unwrap() + 1);
    let other = crate::common::case(&files);
    let (other_key, other_vk) = setup(&other.circuit, &mut OsRng).unwrap();
    let assignment = other.assign(&other.truth);
    let other_proof = prove(&other_key, &other.circuit, &assignment, &mut OsRng).unwrap();
    // Both ways round, as bare proofs and as documents.
    assert_eq!(verify(vk, &other.truth.values(), &other_proof), Err(Rejection::Pairing));
    assert_eq!(verify(&other_vk, &case.truth.values(), proof), Err(Rejection::Pairing));
    let (found, expected) = (other_vk.digest(), vk.digest());
    let document = other.truth.document(&other_vk, &other_proof);
    assert_eq!(document.verify(vk), Err(Rejection::OtherKey { found, expected }));
    // Nor does the other model's key prove for this circuit.
    let honest = case.assign(&case.truth);
    let refused = prove(&other_key, &case.circuit, &honest, &mut OsRng);
    assert!(matches!(refused, Err(ProveError::OtherCircuit { .. })));
    assert!(matches!(prove(key, &other.circuit, &assignment, &mut OsRng), Err(ProveError::OtherCircuit { .. })));
}

#[test]
fn files__written_and_read__are_equal() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let Fixture { key, vk, case, .. } = fixture();
    key.write(&path("proving-key")).unwrap();
    vk.write(&path("vk.json")).unwrap();
    document().write(&path("proof.json")).unwrap();
    assert_eq!(VerifyingKey::read(&path("vk.json")).unwrap(), *vk);
    assert_eq!(ProofDocument::read(&path("proof.json")).unwrap(), document());
    let read = ProvingKey::read(&path("proving-key")).unwrap();
    assert_eq!(read.to_bytes(), key.to_bytes());
    let assignment = case.assign(&case.truth);
    let proof = prove(&read, &case.circuit, &assignment, &mut OsRng).unwrap();
    assert_eq!(verify(vk, &case.truth.values(), &proof), Ok(()));
    match VerifyingKey::read(&path("proof.json")) {
        Err(ArtifactError::Content { path, source: ArtifactFault::Header(HeaderError::Format { .. }) }) => {
            assert!(path.ends_with("proof.json"));
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(ProvingKey::read(&path("none")), Err(ArtifactError::File(FileError::Read { .. }))));
    // A sparse file of three gigabytes takes no room and no time.
    std::fs::File::create(path("huge")).unwrap().set_len(5 << 30).unwrap();
    assert!(matches!(ProvingKey::read(&path("huge")), Err(ArtifactError::File(FileError::TooLarge { .. }))));
    assert!(matches!(VerifyingKey::read(&path("huge")), Err(ArtifactError::File(FileError::TooLarge { .. }))));
    assert!(matches!(ProofDocument::read(&path("huge")), Err(ArtifactError::File(FileError::TooLarge { .. }))));
}

#[test]
fn files__cut_anywhere__are_refused() {
    let vk = fixture().vk.to_json();
    let proof = document().to_json();
    // The last byte is a newline, which JSON does not need.
    (0..vk.len() - 1).for_each(|len| assert!(VerifyingKey::from_json(&vk.as_bytes()[..len]).is_err(), "{len}"));
    (0..proof.len() - 1).for_each(|len| assert!(ProofDocument::from_json(&proof.as_bytes()[..len]).is_err(), "{len}"));
    let key = fixture().key.to_bytes();
    let lens = (0..600).chain((600..key.len()).step_by(997)).chain([key.len() - 1]);
    lens.for_each(|len| assert!(ProvingKey::from_bytes(&key[..len]).is_err(), "{len}"));
    let long = [&key[..], &[0]].concat();
    assert!(matches!(ProvingKey::from_bytes(&long), Err(ArtifactFault::PayloadLen { .. })));
}

#[test]
fn files__any_byte_changed__are_refused() {
    let vk = fixture().vk.to_json().into_bytes();
    let proof = document().to_json().into_bytes();
    // The last byte is a newline, which JSON does not need.
    for position in 0..vk.len() - 1 {
        let mut changed = vk.clone();
        changed[position] ^= 1;
        assert!(VerifyingKey::from_json(&changed).is_err(), "{position}");
    }
    for position in 0..proof.len() - 1 {
        let mut changed = proof.clone();
        changed[position] ^= 1;
        assert!(ProofDocument::from_json(&changed).is_err(), "{position}");
    }
}

/// Edits one value of a JSON file.
fn edited(json: &str, pointer: &str, value: Value) -> Vec<u8> {
    let mut file: Value = serde_json::from_str(json).unwrap();
    *file.pointer_mut(pointer).unwrap() = value;
    serde_json::to_vec(&file).unwrap()
}

#[test]
fn files__each_altered_value__is_refused_by_name() {
    let (vk, proof) = (fixture().vk.to_json(), document().to_json());
    let other = json!(Digest::of(b"other"));
    let point = json!(hex::encode([1; 32]));
    for (pointer, value) in [
        ("/circuit/model", json!("other")),
        ("/circuit/spec", json!("other")),
        ("/circuit/id", other.clone()),
        ("/circuit/public_inputs/1/name", json!("other")),
        ("/circuit/public_inputs/1/bits", json!(5)),
        ("/circuit/public_inputs", json!([])),
        ("/alpha_g1", point.clone()),
        ("/sha256", other.clone()),
    ] {
        let found = VerifyingKey::from_json(&edited(&vk, pointer, value)).unwrap_err();
        assert!(matches!(found, ArtifactFault::Checksum { .. }), "{pointer}: {found}");
    }
    for (pointer, value) in [
        ("/model", json!("other")),
        ("/circuit", other.clone()),
        ("/vk", other.clone()),
        ("/spec", json!("other")),
        ("/recipient", json!(hex::encode([1; 20]))),
        ("/nonce", json!(hex::encode([1; 8]))),
        ("/public_inputs/0/value", json!(hex::encode([1; 32]))),
        ("/public_inputs/1/value", json!(hex::encode([1; 32]))),
        ("/public_inputs/1/name", json!("other")),
        ("/public_inputs", json!([])),
        ("/proof/a_g1", point),
        ("/sha256", other),
    ] {
        let found = ProofDocument::from_json(&edited(&proof, pointer, value)).unwrap_err();
        assert!(matches!(found, ArtifactFault::Checksum { .. }), "{pointer}: {found}");
    }
    for pointer in ["/alpha_g1", "/beta_g2", "/sha256"] {
        let found = VerifyingKey::from_json(&edited(&vk, pointer, json!("00"))).unwrap_err();
        assert!(matches!(found, ArtifactFault::Json(_)), "{pointer}: {found}");
    }
    let unknown = vk.replacen('{', "{\"extra\": 1,", 1);
    assert!(matches!(VerifyingKey::from_json(unknown.as_bytes()), Err(ArtifactFault::Json(_))));
    let newer = VerifyingKey::from_json(&edited(&vk, "/version", json!(3)));
    assert!(matches!(newer, Err(ArtifactFault::Header(HeaderError::Version { found: 3, .. }))));
    let newer = ProofDocument::from_json(&edited(&proof, "/version", json!(3)));
    assert!(matches!(newer, Err(ArtifactFault::Header(HeaderError::Version { found: 3, .. }))));
}

/// A proving key file with an edited header and payload, checksum of the payload brought up to date.
fn edited_key(edit: impl FnOnce(&mut Value, &mut Vec<u8>)) -> Result<ProvingKey, ArtifactFault> {
    let bytes = fixture().key.to_bytes();
    let line_end = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let mut header: Value = serde_json::from_slice(&bytes[..line_end]).unwrap();
    let mut payload = bytes[line_end + 1..].to_vec();
    edit(&mut header, &mut payload);
    if header["payload_sha256"] != "keep" {
        header["payload_sha256"] = json!(Digest::of(&payload));
    } else {
        header["payload_sha256"] =
            serde_json::from_slice::<Value>(&bytes[..line_end]).unwrap()["payload_sha256"].clone();
    }
    ProvingKey::from_bytes(&[&serde_json::to_vec(&header).unwrap(), &b"\n"[..], &payload].concat())
}

#[test]
fn proving_key__damaged_or_huge_counts__is_refused_by_name() {
    assert!(edited_key(|_, _| ()).is_ok());
    let damaged = edited_key(|header, payload| {
        payload[1000] ^= 1;
        header["payload_sha256"] = json!("keep");
    });
    assert!(matches!(damaged, Err(ArtifactFault::Checksum { .. })));
    let huge = edited_key(|header, _| header["counts"]["b_g2"] = json!(u32::MAX));
    assert!(matches!(huge, Err(ArtifactFault::PayloadLen { expected, .. }) if expected > 500_000_000_000));
    let other_vk = edited_key(|header, _| header["vk"] = json!(Digest::of(b"other")));
    assert!(matches!(other_vk, Err(ArtifactFault::Checksum { .. })));
    // Coordinates outside the field are noticed even where points are not checked.
    let outside = edited_key(|_, payload| payload[3 * 64 + 3 * 128 + 6 * 64..][..64].fill(0xff));
    assert!(matches!(outside, Err(ArtifactFault::Point { field }) if field == "a[3]"));
    let unknown = edited_key(|header, _| header["extra"] = json!(1));
    assert!(matches!(unknown, Err(ArtifactFault::Json(_))));
    assert!(matches!(ProvingKey::from_bytes(&[b'{'; 10_000]), Err(ArtifactFault::HeaderLine { .. })));
}

/// Bytes of an uncompressed point of G1, and of G2.
const G1_LEN: usize = 64;
const G2_LEN: usize = 128;

#[test]
fn proving_key__that_would_not_blind__is_refused() {
    // Identities for delta and B in G1: the proofs of such a key pass its verifying key, and show A without blinding.
    let mut identity = Vec::new();
    G1Affine::identity().serialize_uncompressed(&mut identity).unwrap();
    let unblinded = edited_key(|header, payload| {
        let count = |query: &str| header["counts"][query].as_u64().unwrap() as usize;
        let b_g1 = 3 * G1_LEN + 3 * G2_LEN + (count("gamma_abc_g1") + count("a")) * G1_LEN;
        for range in [G1_LEN..3 * G1_LEN, b_g1..b_g1 + count("b_g1") * G1_LEN] {
            payload[range].chunks_exact_mut(G1_LEN).for_each(|point| point.copy_from_slice(&identity));
        }
    });
    if let Ok(key) = &unblinded {
        let Fixture { case, vk, .. } = fixture();
        let proof = || prove(key, &case.circuit, &case.assign(&case.truth), &mut OsRng).unwrap();
        assert_eq!(verify(vk, &case.truth.values(), &proof()), Ok(()));
        assert_ne!(proof().inner().a, proof().inner().a, "a proof is blinded");
    }
    assert!(matches!(unblinded, Err(ArtifactFault::Identity { field: "delta_g1" })), "{unblinded:?}");
}

#[test]
fn proving_key__bad_points_that_every_proof_uses__are_refused_by_name() {
    let refused = |field: &str, at: usize, point: &[u8]| {
        // The verifying key's digest is told when it does not match.
        let forge = |vk: Option<Digest>| {
            edited_key(|header, payload| {
                payload[at..at + point.len()].copy_from_slice(point);
                vk.into_iter().for_each(|vk| header["vk"] = json!(vk));
            })
        };
        let found = match forge(None) {
            Err(ArtifactFault::Checksum { found, .. }) => forge(Some(found)),
            other => other,
        };
        assert!(matches!(&found, Err(ArtifactFault::Point { field: f }) if f == field), "{field}: {found:?}");
    };
    let (mut off_g1, mut off_g2, mut outside) = (Vec::new(), Vec::new(), Vec::new());
    G1Affine::new_unchecked(Fq::one(), Fq::one()).serialize_uncompressed(&mut off_g1).unwrap();
    G2Affine::new_unchecked(Fq2::one(), Fq2::one()).serialize_uncompressed(&mut off_g2).unwrap();
    outside_g2().serialize_uncompressed(&mut outside).unwrap();
    let g2 = 3 * G1_LEN;
    refused("alpha_g1", 0, &off_g1);
    refused("delta_g1", 2 * G1_LEN, &off_g1);
    for bad in [&off_g2, &outside] {
        refused("beta_g2", g2, bad);
        refused("gamma_g2", g2 + G2_LEN, bad);
        refused("delta_g2", g2 + 2 * G2_LEN, bad);
    }
    refused("gamma_abc_g1", g2 + 3 * G2_LEN + G1_LEN, &off_g1);
}

#[test]
fn proving_key__wrong_about_names_or_specification__makes_no_proof() {
    let Fixture { case, vk, .. } = fixture();
    for (pointer, value) in [
        ("/public_inputs/1/name", json!("min_score")),
        ("/public_inputs/1/bits", json!(254)),
        ("/spec", json!("inference input=private output=top_k:3 batch=1")),
    ] {
        let forge = |vk: Option<Digest>| {
            edited_key(|header, _| {
                *header["circuit"].pointer_mut(pointer).unwrap() = value.clone();
                vk.into_iter().for_each(|vk| header["vk"] = json!(vk));
            })
        };
        let Err(ArtifactFault::Checksum { found, .. }) = forge(None) else { panic!("{pointer}") };
        let key = forge(Some(found)).unwrap();
        let refused = prove(&key, &case.circuit, &case.assign(&case.truth), &mut OsRng);
        assert!(matches!(refused, Err(ProveError::Mislabelled { .. })), "{pointer}: {refused:?}");
        assert!(!key.verifying_key().is_for(&case.circuit));
    }
    assert!(vk.is_for(&case.circuit));
}

#[test]
fn proving_key__points_swapped_under_a_good_checksum__cannot_produce_a_bad_proof() {
    let Fixture { case, .. } = fixture();
    // The fourth and the fifth point of the A query: wires of pixel bits.
    let swapped = edited_key(|_, payload| {
        let a = 3 * 64 + 3 * 128 + 3 * 64;
        let (left, right) = payload[a..].split_at_mut(2 * 64);
        left[64..].swap_with_slice(&mut right[..64]);
    });
    let assignment = case.assign(&case.truth);
    let refused = prove(&swapped.unwrap(), &case.circuit, &assignment, &mut OsRng);
    assert!(matches!(refused, Err(ProveError::BadKey(Rejection::Pairing))), "{refused:?}");
    // A key with fewer points than the circuit has wires does not fit it.
    let short = edited_key(|header, payload| {
        header["counts"]["b_g2"] = json!(header["counts"]["b_g2"].as_u64().unwrap() - 1);
        payload.truncate(payload.len() - 128);
    });
    let refused = prove(&short.unwrap(), &case.circuit, &assignment, &mut OsRng);
    assert!(matches!(refused, Err(ProveError::OtherCircuit { .. })), "{refused:?}");
}
