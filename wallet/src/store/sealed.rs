//! One value of the database: SHA-256 of its JSON, then the JSON.

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

const SEAL_LEN: usize = 32;

pub(super) fn seal(value: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(value).expect("our records are plain data with text keys");
    [Sha256::digest(&json).as_slice(), &json].concat()
}

/// The value, or what is wrong with the bytes.
pub(super) fn unseal<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let (seal, json) = bytes.split_at_checked(SEAL_LEN).ok_or("a value is shorter than its checksum")?;
    if Sha256::digest(json).as_slice() != seal {
        return Err("a value does not have its checksum".to_owned());
    }
    serde_json::from_slice(json).map_err(|error| format!("a value is not understood ({error})"))
}
