//! Other tools' keys, proofs and public inputs.

use crate::Outcome;
use ark_bn254::Fr;
use ark_serialize::{CanonicalSerialize, Compress};
use proof_formats::{read_proof, read_public_inputs, read_verifying_key};

/// The value in both of arkworks' encodings.
fn encodings(value: &impl CanonicalSerialize) -> [Vec<u8>; 2] {
    [Compress::Yes, Compress::No].map(|compress| {
        let mut bytes = Vec::new();
        value.serialize_with_mode(&mut bytes, compress).expect("a vector takes every byte");
        bytes
    })
}

pub(crate) fn verifying_key(bytes: &[u8]) -> Outcome {
    let read = read_verifying_key("input", bytes);
    for encoding in read.iter().flat_map(|file| encodings(&file.key)) {
        let again = read_verifying_key("again", &encoding).map(|file| file.key);
        assert_eq!(again.ok().as_ref(), read.as_ref().ok().map(|file| &file.key));
    }
    read.into()
}

pub(crate) fn proof(bytes: &[u8]) -> Outcome {
    let read = read_proof("input", bytes);
    for encoding in read.iter().flat_map(|file| encodings(&file.proof)) {
        let again = read_proof("again", &encoding).map(|file| file.proof);
        assert_eq!(again.ok().as_ref(), read.as_ref().ok().map(|file| &file.proof));
    }
    read.into()
}

pub(crate) fn public_inputs(bytes: &[u8]) -> Outcome {
    let read = read_public_inputs("input", bytes);
    if let Ok(file) = &read {
        let in_json = format!("[{}]", file.values.iter().map(Fr::to_string).collect::<Vec<_>>().join(","));
        let [in_bytes, _] = encodings(&file.values);
        for again in [in_bytes, in_json.into_bytes()] {
            let again = read_public_inputs("again", &again).map(|file| file.values);
            assert_eq!(again.ok().as_ref(), Some(&file.values));
        }
    }
    read.into()
}
