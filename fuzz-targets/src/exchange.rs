//! What other wallets and services send.

use crate::Outcome;
use services::arc::{CallbackToken, read_callback};
use tx_builder::{Beef, ExtendedTransaction, MerklePath};

pub(crate) fn extended_transaction(bytes: &[u8]) -> Outcome {
    let read = ExtendedTransaction::from_bytes(bytes);
    if let Ok(extended) = &read {
        assert_eq!(extended.to_bytes(), bytes, "there is one way to write it");
    }
    read.into()
}

pub(crate) fn merkle_path(bytes: &[u8]) -> Outcome {
    let read = MerklePath::from_bytes(bytes);
    if let Ok(path) = &read {
        // Leaves may stand in any order, and are written in theirs.
        let again = MerklePath::from_bytes(&path.to_bytes()).expect("what was read can be written and read");
        assert_eq!(&again, path);
        assert_eq!(path.merge(path).expect("it is one block").root(), path.root());
    }
    read.into()
}

pub(crate) fn beef(bytes: &[u8]) -> Outcome {
    let read = Beef::from_bytes(bytes);
    if let Ok(beef) = &read {
        let again = Beef::from_bytes(&beef.to_bytes()).expect("what was read can be written and read");
        assert_eq!(&again, beef);
        // Whether its parents are there is not known; that it is asked must not hurt.
        drop(beef.extended());
    }
    read.into()
}

/// A report that carries the right token: the sender may be anybody who got hold of it.
pub(crate) fn arc_callback(bytes: &[u8]) -> Outcome {
    let token = CallbackToken::new("token".to_owned()).expect("printable");
    read_callback(&token, Some("Bearer token"), bytes).into()
}
