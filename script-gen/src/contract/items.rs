//! The pushes of an unlocking script, by name: one list for every file that spells them out.

use super::{Contract, Payee};

/// One push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) kind: ItemKind,
}

/// Who supplies a push, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    /// Comes with the proof.
    Proof,
    /// A signature over the transaction, with its type byte: the spender's.
    Signature,
    /// The spender's public key.
    PublicKey,
    /// Other bytes that depend on the transaction.
    Transaction,
}

impl Contract {
    /// The pushes of a claim, deepest first, as [`Contract::claim_script`] makes them.
    pub(super) fn claim_items(&self) -> Vec<Item> {
        let hints = ["quotient", "representatives", "slopes", "proof"].into_iter();
        let names = hints.chain(self.terms().open().map(super::OpenTerm::name));
        let mut items: Vec<Item> = names.map(|name| item(name, ItemKind::Proof)).collect();
        let spender = [item("signature", ItemKind::Signature), item("public_key", ItemKind::PublicKey)];
        let preimage =
            [item("preimage_head", ItemKind::Transaction), item("lock_time_and_type", ItemKind::Transaction)];
        match &self.terms().payee {
            Payee::Prover { signer: None } | Payee::Named { .. } => items.extend(spender),
            Payee::Prover { signer: Some(_) } => {
                items.extend(spender);
                items.push(item("attestation", ItemKind::Transaction));
                items.extend(preimage);
            }
            Payee::ByClass(_) => items.extend(preimage),
        }
        items
    }
}

/// The pushes of a refund, deepest first, as [`Contract::refund_script`] makes them, but for the empty one on top.
pub(super) fn refund_items() -> [Item; 3] {
    [
        item("preimage_head", ItemKind::Transaction),
        item("signature", ItemKind::Signature),
        item("public_key", ItemKind::PublicKey),
    ]
}

fn item(name: &str, kind: ItemKind) -> Item {
    Item { name: name.to_owned(), kind }
}
