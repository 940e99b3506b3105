//! A thief with a copy of another's proof, against the contract: its binding to the key that signs, to the nonce, to
//! the fixed public inputs, and to the whole of the transaction.

use ark_bn254::Fr;
use chain_types::{Opcode, UnlockingScript};
use script_gen::{ClaimWitness, Contract, FixedInput, Target};
use script_vm::{NoSignatures, SignatureChecker, SignatureVerdict};

use crate::{
    black_box::Script,
    common::{
        InsecureKey,
        contract::{fixing, hash160},
        packed,
    },
    row::{Outcome, Row, machine},
};

const BINDING: &str = "binding";
const COPY: &str = "another's proof and signature, copied";

/// R = S = 1 in DER, and the type byte.
fn signature(type_byte: u8) -> [u8; 9] {
    [0x30, 6, 2, 1, 1, 2, 1, 1, type_byte]
}

/// Signatures of this key are good if they have this type byte.
struct Signer {
    public_key: [u8; 33],
    type_byte: u8,
}

impl SignatureChecker for Signer {
    fn check(&self, signature: &[u8], public_key: &[u8], _: &[u8]) -> SignatureVerdict {
        let is_good = public_key == self.public_key && signature.last() == Some(&self.type_byte);
        if is_good { SignatureVerdict::Valid } else { SignatureVerdict::Invalid }
    }
}

const OWNER: [u8; 33] = [2; 33];
const THIEF: [u8; 33] = [3; 33];

struct Deployed {
    key: InsecureKey,
}

impl Deployed {
    fn contract(&self, class: u8, nonce: [u8; 8]) -> Contract {
        let class = FixedInput::new("class", 4, Fr::from(class)).expect("below 16");
        Contract::new(&self.key.vk, fixing([class], nonce), Target::GENESIS).expect("a good key")
    }

    /// An unlocking script whose proof is the owner's, for this contract.
    fn unlocking(&self, contract: &Contract, type_byte: u8, public_key: [u8; 33]) -> UnlockingScript {
        let binding = packed(&contract.binding(hash160(&OWNER)).to_bytes());
        let inputs = [binding, contract.terms().inputs[0].value().expect("fixed")];
        let data = contract.spend_data(&self.key.prove(&inputs, 232), &inputs).expect("a valid proof");
        contract.claim_script(&data, &ClaimWitness::Prover { signature: signature(type_byte).to_vec(), public_key })
    }
}

pub(crate) fn rows() -> Vec<Row> {
    let deployed = Deployed { key: InsecureKey::new(231, 2) };
    let contract = deployed.contract(7, [9; 8]);
    let whole = Script::new(contract.locking_script(), &contract.fragments());
    assert_eq!(&whole.locking_script(), contract.locking_script());
    let row = |check, statement, left: Script, unlocking: &UnlockingScript, checker: &dyn SignatureChecker| {
        let outcomes = [&whole, &left].map(|script| {
            let (machine, locking) = machine(script);
            Outcome::of(machine.run(unlocking, &locking, checker))
        });
        Row::needed("contract", check, statement, outcomes)
    };
    let three = deployed.contract(3, [9; 8]);
    let two_drop = [Opcode::OP_2DROP];
    let owner_signs = Signer { public_key: OWNER, type_byte: 0x41 };
    let outputs_open = Signer { public_key: OWNER, type_byte: 0x42 };
    let thief_signs = Signer { public_key: THIEF, type_byte: 0x41 };
    let unsigned = whole.replacing(BINDING, Opcode::OP_CHECKSIGVERIFY, 0, &two_drop);
    let any_type = whole.replacing(BINDING, Opcode::OP_EQUALVERIFY, 0, &two_drop);
    let other = |class, nonce| deployed.unlocking(&deployed.contract(class, nonce), 0x41, OWNER);
    let owners = |type_byte, public_key| deployed.unlocking(&contract, type_byte, public_key);
    vec![
        row("signature over the transaction", COPY, unsigned, &owners(0x41, OWNER), &NoSignatures),
        row(
            "the signature's type byte",
            "outputs left open by the owner",
            any_type,
            &owners(0x42, OWNER),
            &outputs_open,
        ),
        row(
            "the signer's hash is the recipient",
            "another's proof, signed by the thief",
            whole.with_constant_in_place_of(BINDING, Opcode::OP_HASH160, &hash160(&OWNER).0),
            &owners(0x41, THIEF),
            &thief_signs,
        ),
        row(
            "nonce in the binding",
            "a proof for another contract",
            whole.with_push(BINDING, &[9; 8], &[8; 8]),
            &other(7, [8; 8]),
            &owner_signs,
        ),
        // A fixed value is nowhere but in the constant K, and that is all in which these two scripts differ.
        row(
            "class fixed in the constant K",
            "a proof of another class",
            Script::new(three.locking_script(), &three.fragments()),
            &deployed.unlocking(&three, 0x41, OWNER),
            &owner_signs,
        ),
    ]
}
