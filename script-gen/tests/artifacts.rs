//! Contract files: read back as written, refused if anything in them is changed.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use chain_types::{LockingScript, Satoshis};
use common::{
    InsecureKey,
    contract::{class, fixing, refund},
};
use script_gen::{
    ArtifactError, ContractArtifact, ContractDefinition, DefinitionError, FixedInput, OpenTerm, Payee, Payout, Payouts,
    Signer, Terms,
};
use statement::Nonce;

const KEY: u64 = 7;

fn terms(inputs: Vec<script_gen::InputTerm>, payee: Payee) -> Terms {
    Terms { inputs, nonce: Nonce([5; 8]), payee, refund: refund() }
}

fn built(name: &str, terms: Terms) -> Result<ContractArtifact, ArtifactError> {
    let definition = ContractDefinition::named(name).expect("a released contract");
    let key = InsecureKey::new(KEY, 1 + terms.inputs.len());
    Ok(ContractArtifact::build(&definition, &key.vk, terms)?.0)
}

fn payment() -> ContractArtifact {
    built("inference-payment", fixing([class(7)], [5; 8])).expect("a good key")
}

fn signed() -> Terms {
    let commitment = OpenTerm::new("input_commitment", 254).expect("a name");
    let signer = Signer { public_key: [2; 33], input: "input_commitment".to_owned() };
    terms(vec![class(7).into(), commitment.into()], Payee::Prover { signer: Some(signer) })
}

fn settlement() -> Terms {
    let payout = Payout { value: Satoshis(4_321), locking_script: LockingScript::p2pkh(&[0xcd; 20]) };
    let payouts = Payouts::new("class", vec![Some(vec![payout]), None]).expect("good payouts");
    let input = FixedInput::parse("input_commitment", 254, "99").expect("a value");
    terms(vec![OpenTerm::new("class", 4).expect("a name").into(), input.into()], Payee::ByClass(payouts))
}

#[test]
fn artifact__written_and_read__gives_the_same_contract() {
    let all = [
        payment(),
        built("inference-payment", signed()).expect("a good key"),
        built("settlement", settlement()).expect("a good key"),
    ];
    for artifact in all {
        let (read, rebuilt) = ContractArtifact::parse(&artifact.to_json()).expect("its own text");
        assert_eq!(read, artifact);
        assert_eq!(hex::encode(rebuilt.locking_script().as_bytes()), artifact.locking_script);
        assert_eq!(read.terms().as_ref(), Ok(rebuilt.terms()));
        assert_eq!(read.verifying_key().as_ref(), Ok(&InsecureKey::new(KEY, 1 + rebuilt.terms().inputs.len()).vk));
    }
}

/// A file, and what becomes of changed ones.
struct File(String);

impl File {
    fn changed(&self, from: &str, to: &str) -> ArtifactError {
        assert!(self.0.contains(from), "{from} is in the file");
        ContractArtifact::parse(&self.0.replacen(from, to, 1)).expect_err(to)
    }

    fn is_refused_for(&self, field: &str, from: &str, to: &str) {
        let error = self.changed(from, to);
        assert!(matches!(&error, ArtifactError::Field { field: found, .. } if *found == field), "{to}: {error}");
    }

    /// The changed value is one that a contract could have; the script is not its.
    fn differs(&self, from: &str, to: &str) {
        let error = self.changed(from, to);
        assert!(matches!(error, ArtifactError::ScriptDiffers { .. }), "{to}: {error}");
    }
}

fn scalar(hex: &str) -> String {
    format!("{hex:0>64}")
}

#[test]
fn artifact__each_change__is_refused_by_name() {
    let artifact = payment();
    let file = File(artifact.to_json());
    assert!(matches!(file.changed("\"version\": 4", "\"version\": 3"), ArtifactError::Format { version: 3, .. }));
    assert!(matches!(file.changed("provelock-contract", "provelock-verifier"), ArtifactError::Format { .. }));
    let unknown = |from: &str| match file.changed(from, "\"owner\":") {
        ArtifactError::Json(message) => assert!(message.contains("owner"), "{from}: {message}"),
        other => panic!("{from}: {other}"),
    };
    ["\"nonce\":", "\"bits\":", "\"signer\":", "\"recipient\":", "\"vk\":", "\"payee\":"].into_iter().for_each(unknown);
    let seven = scalar("7");
    for (from, to) in [
        (seven.as_str(), scalar("1f").as_str()),
        (&seven, &scalar("F")),
        ("\"class\"", "\"binding\""),
        ("\"bits\": 4", "\"bits\": 255"),
    ] {
        file.is_refused_for("public_inputs", from, to);
    }
    file.is_refused_for("nonce", "0505050505050505", "05050505050505");
    file.is_refused_for("contract", "inference-payment", "inference-loan");
    file.is_refused_for("profile", "genesis", "exodus");
    let recipient = "f0".repeat(20);
    file.is_refused_for("refund", &recipient, &recipient[2..]);
    file.is_refused_for("refund", &recipient, &recipient.to_uppercase());
    file.is_refused_for("refund", "900000", "0");
    let vk = &artifact.vk;
    file.is_refused_for("vk", vk, &vk[2..]);
    file.is_refused_for("vk", vk, &vk.replace(&vk[..4], "ffff"));
    file.is_refused_for("vk_sha256", &artifact.vk_sha256, &"0".repeat(64));
    file.is_refused_for("locking_script_bytes", &artifact.locking_script_bytes.to_string(), "1");
    // Values other than those the script was built for, and a script other than its own.
    file.differs(&seven, &scalar("8"));
    file.differs("0505050505050505", "0505050505050506");
    file.differs(&recipient, &"f1".repeat(20));
    file.differs("900000", "900001");
    file.differs("genesis", "chronicle");
    file.differs(&artifact.locking_script, &artifact.locking_script[2..]);
}

#[test]
fn artifact__changed_signer_or_payouts__are_refused_by_name() {
    let file = File(built("inference-payment", signed()).expect("a good key").to_json());
    let key = "02".repeat(33);
    file.differs(&key, &format!("03{}", &key[2..]));
    file.is_refused_for("payee", &key, &key[2..]);
    let fixed = file.changed("\"value\": null", &format!("\"value\": \"{}\"", scalar("5")));
    assert!(matches!(fixed, ArtifactError::Build(_)), "a signed input must be open: {fixed}");

    let file = File(built("settlement", settlement()).expect("a good key").to_json());
    file.differs("4321", "4322");
    file.differs(&"cd".repeat(20), &"ce".repeat(20));
    file.is_refused_for("payee", "4321", "0");
    file.is_refused_for("payee", "4321", "2100000000000001");
    let (from, to) = (format!("{}88ac", "cd".repeat(20)), "cd");
    file.differs(&from, to);
    file.is_refused_for("payee", &from, "c");
    let payee = file.changed("\"kind\": \"class\"", "\"kind\": \"owner\"");
    assert!(matches!(&payee, ArtifactError::Json(message) if message.contains("owner")), "{payee}");
    let other = file.changed("\"contract\": \"settlement\"", "\"contract\": \"inference-payment\"");
    assert!(matches!(other, ArtifactError::Definition(DefinitionError::Source { .. })), "{other}");
}

#[test]
fn artifact__terms_of_another_contract__are_refused_by_name() {
    let error = built("model-bounty", fixing([class(7)], [5; 8])).expect_err("a bounty has no class");
    assert!(matches!(error, ArtifactError::Definition(DefinitionError::Input { .. })), "{error}");
}
