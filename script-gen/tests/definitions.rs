//! The contracts' definitions: as their schema says, and what keys and terms they take.
#![allow(non_snake_case, reason = "test names are area__case__expected")]

mod common;

use std::{collections::BTreeSet, fs, path::PathBuf};

use ark_bn254::Fr;
use common::contract::refund;
use script_gen::{
    CircuitKind, ContractDefinition, DefinitionError, FixedInput, InputTerm, OpenTerm, Payee, Payout, Payouts, Signer,
    Source, Terms,
};
use serde_json::{Value, json};
use statement::{Nonce, PubkeyHash};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../contracts")
}

fn read(path: &str) -> String {
    fs::read_to_string(folder().join(path)).expect("it is in the repository")
}

fn released(name: &str) -> String {
    read(&format!("{name}/contract.toml"))
}

fn schema() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&read("contract.schema.json")).expect("JSON");
    jsonschema::draft202012::meta::validate(&schema).expect("a schema");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn as_json(toml: &str) -> Value {
    toml::from_str::<Value>(toml).expect("TOML")
}

#[test]
fn definitions__every_folder__is_listed_and_keeps_to_the_schema() {
    let schema = schema();
    let folders = fs::read_dir(folder()).expect("the folder is there");
    let names: BTreeSet<String> = folders
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.join("contract.toml").exists())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ContractDefinition::NAMES.map(str::to_owned).into());
    let all = ContractDefinition::all().expect("the released files are good");
    for (name, definition) in ContractDefinition::NAMES.into_iter().zip(all) {
        let errors: Vec<String> = schema.iter_errors(&as_json(&released(name))).map(|e| e.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
        assert_eq!(definition.name, name);
        assert!(folder().join("../templates").join(&definition.template).exists());
        assert_eq!(ContractDefinition::named(name), Ok(definition));
    }
    let unknown = ContractDefinition::named("inference-loan");
    assert_eq!(unknown, Err(DefinitionError::Name { found: "inference-loan".to_owned() }));
}

/// What schema and reader both refuse, by name; and what only one of them can see.
#[test]
fn definitions__broken_ones__are_refused_by_schema_and_reader() {
    let schema = schema();
    let good = released("settlement");
    let broken: [(&str, &str); 13] = [
        ("version = 3", "version = 2"),
        ("provelock-contract-definition", "provelock-contract"),
        ("name = \"settlement\"\n", ""),
        ("\"genesis\"", "\"exodus\""),
        ("circuit = \"inference\"", "circuit = \"weather\""),
        ("payee = \"class\"", "payee = \"owner\""),
        ("source = \"spending\"", "source = \"heaven\""),
        ("required = true", "required = \"yes\""),
        ("required = true\n", ""),
        ("one_of = ", "owner = 1\none_of = "),
        ("required = true", "required = true\nbits = 4"),
        ("[\"class\"]", "[]"),
        ("one_of = ", "none_of = "),
    ];
    for (from, to) in broken {
        assert!(good.contains(from), "{from}");
        let changed = good.replacen(from, to, 1);
        assert!(!schema.is_valid(&as_json(&changed)), "{to}: the schema takes it");
        assert!(ContractDefinition::parse(&changed).is_err(), "{to}: the reader takes it");
    }
    // Only the reader follows names, only the schema knows what makes sense of a name.
    let changed = good.replacen("[\"class\"]", "[\"glass\"]", 1);
    assert_eq!(ContractDefinition::parse(&changed), Err(DefinitionError::OneOf { found: vec!["glass".to_owned()] }));
    for (from, to) in [
        ("name = \"settlement\"", "name = \"Settlement!\""),
        ("source = \"spending\"", "source = \"either\""),
        ("name = \"class\"", "name = \"Class\""),
        ("contract.asm.hbs", "../contract.asm.hbs"),
    ] {
        assert!(!schema.is_valid(&as_json(&good.replacen(from, to, 1))), "{to}");
    }
    let unsignable = json!({"name": "class", "source": "deployment", "required": true, "may_be_signed": true});
    let mut with_signer = as_json(&released("inference-payment"));
    with_signer["input"][0] = unsignable;
    assert!(!schema.is_valid(&with_signer), "a fixed value needs no signer");
}

fn fixed(name: &str, bits: u32) -> InputTerm {
    FixedInput::new(name, bits, Fr::from(1u8)).expect("a name").into()
}

fn open(name: &str, bits: u32) -> InputTerm {
    OpenTerm::new(name, bits).expect("a name").into()
}

const PROVER: Payee = Payee::Prover { signer: None };
const NAMED: Payee = Payee::Named { recipient: PubkeyHash([7; 20]) };

fn by_class() -> Payee {
    let payout =
        Payout { value: chain_types::Satoshis(1), locking_script: chain_types::LockingScript::p2pkh(&[1; 20]) };
    Payee::ByClass(Payouts::new("class", vec![Some(vec![payout])]).expect("good payouts"))
}

fn signed(input: &str) -> Payee {
    Payee::Prover { signer: Some(Signer { public_key: [2; 33], input: input.to_owned() }) }
}

/// The verdict on a key with these inputs after the binding, and terms for the same.
fn check(name: &str, inputs: Vec<InputTerm>, payee: Payee) -> Result<(), DefinitionError> {
    let definition = ContractDefinition::named(name).expect("a released contract");
    let key: Vec<(String, u32)> = inputs.iter().map(|input| (input.name().to_owned(), input.bits())).collect();
    let key: Vec<(&str, u32)> =
        [("binding", 224)].into_iter().chain(key.iter().map(|(name, bits)| (name.as_str(), *bits))).collect();
    definition.check(&key, &Terms { inputs, nonce: Nonce([0; 8]), payee, refund: refund() })
}

#[test]
fn check__key_and_terms_of_each_contract__are_taken() {
    let words = |term: fn(&str, u32) -> InputTerm| [term("input[0]", 252), term("input[1]", 44)];
    let class = || fixed("class", 4);
    let good: [(&str, Vec<InputTerm>, Payee); 16] = [
        ("inference-payment", vec![class()], PROVER),
        ("inference-payment", vec![class(), fixed("input_commitment", 254)], PROVER),
        ("inference-payment", vec![class(), open("input_commitment", 254)], PROVER),
        ("inference-payment", vec![class(), open("input_commitment", 254)], signed("input_commitment")),
        ("inference-payment", vec![class(), fixed("min_score", 254)], PROVER),
        ("inference-payment", vec![fixed("logits[0]", 250), fixed("logits[1]", 50)], PROVER),
        ("model-bounty", vec![fixed("min_correct", 14), open("model_commitment", 254)], PROVER),
        (
            "private-model-inference",
            [vec![class()], words(fixed).into(), vec![fixed("model_commitment", 254)]].concat(),
            PROVER,
        ),
        (
            "private-model-inference",
            [vec![class()], words(open).into(), vec![fixed("model_commitment", 254)]].concat(),
            PROVER,
        ),
        (
            "private-model-inference",
            vec![class(), open("input_commitment", 254), fixed("model_commitment", 254)],
            PROVER,
        ),
        (
            "private-model-inference",
            vec![class(), open("input_commitment", 254), fixed("model_commitment", 254)],
            signed("input_commitment"),
        ),
        ("settlement", vec![open("class", 4), fixed("input_commitment", 254)], by_class()),
        ("settlement", [vec![open("class", 4)], words(fixed).into()].concat(), by_class()),
        (
            "settlement",
            vec![open("class", 4), fixed("input_commitment", 254), fixed("model_commitment", 254)],
            by_class(),
        ),
        ("model-sale", vec![fixed("min_correct", 14), fixed("ciphertext_digest", 254), open("sale_key", 128)], NAMED),
        ("model-sale", vec![fixed("min_correct", 3), fixed("ciphertext_digest", 254), open("sale_key", 128)], NAMED),
    ];
    for (name, inputs, payee) in good {
        assert_eq!(check(name, inputs.clone(), payee), Ok(()), "{name}: {inputs:?}");
    }
}

#[test]
fn check__key_or_terms_of_another_kind__are_refused_by_name() {
    let class = || fixed("class", 4);
    let name = |error: DefinitionError| match error {
        DefinitionError::Input { found, .. } => format!("unknown {found}"),
        DefinitionError::Missing { expected, .. } => format!("missing {expected}"),
        DefinitionError::Source { name, expected, .. } => format!("{name} {expected}"),
        DefinitionError::Payee { expected, .. } => format!("pays {expected}"),
        DefinitionError::Signer { name, .. } => format!("no signer of {name}"),
        other => panic!("{other}"),
    };
    let refused = |contract: &str, inputs: Vec<InputTerm>, payee: Payee, expected: &str| {
        assert_eq!(name(check(contract, inputs, payee).expect_err(expected)), expected, "{contract}");
    };
    let commitment = || fixed("model_commitment", 254);
    refused("inference-payment", vec![class(), commitment()], PROVER, "unknown model_commitment");
    refused(
        "inference-payment",
        vec![fixed("input_commitment", 254)],
        PROVER,
        "missing class or classes[*] or logits[*]",
    );
    refused("inference-payment", vec![open("class", 4)], PROVER, "class fixed at deployment");
    refused("inference-payment", vec![class()], by_class(), "pays whoever the proof is bound to");
    refused("inference-payment", vec![class()], signed("class"), "no signer of class");
    refused("model-bounty", vec![fixed("min_correct", 14), commitment()], PROVER, "model_commitment given at spending");
    refused(
        "model-bounty",
        vec![open("min_correct", 14), open("model_commitment", 254)],
        PROVER,
        "min_correct fixed at deployment",
    );
    refused("model-bounty", vec![fixed("min_correct", 14)], PROVER, "missing model_commitment");
    refused("model-bounty", vec![open("model_commitment", 254)], PROVER, "missing min_correct");
    refused("model-bounty", vec![class(), commitment()], PROVER, "unknown class");
    let hidden = "missing input[*] or input_commitment or input_commitment[*]";
    refused("private-model-inference", vec![class(), commitment()], PROVER, hidden);
    refused("private-model-inference", vec![class(), fixed("input[0]", 252)], PROVER, "missing model_commitment");
    let mixed = vec![class(), fixed("input[0]", 252), open("input[1]", 44), commitment()];
    refused("private-model-inference", mixed, PROVER, "input[1] like the others of its row");
    let given = vec![class(), fixed("input[0]", 252), open("model_commitment", 254)];
    refused("private-model-inference", given, PROVER, "model_commitment fixed at deployment");
    refused("settlement", vec![open("class", 4)], by_class(), "missing input[*] or input_commitment");
    let paid = vec![open("class", 4), fixed("input_commitment", 254)];
    refused("settlement", paid, PROVER, "pays by class");
    refused("settlement", vec![class(), fixed("input_commitment", 254)], by_class(), "class given at spending");
    let chosen = vec![open("class", 4), open("input_commitment", 254)];
    refused("settlement", chosen, by_class(), "input_commitment fixed at deployment");
    let sale = |digest: InputTerm, key: InputTerm| vec![fixed("min_correct", 14), digest, key];
    let (digest, key) = (|| fixed("ciphertext_digest", 254), || open("sale_key", 128));
    refused("model-sale", sale(digest(), fixed("sale_key", 128)), NAMED, "sale_key given at spending");
    refused("model-sale", sale(open("ciphertext_digest", 254), key()), NAMED, "ciphertext_digest fixed at deployment");
    refused("model-sale", vec![fixed("min_correct", 14), digest()], NAMED, "missing sale_key");
    refused("model-sale", sale(digest(), key()), PROVER, "pays a key that it names");
    refused(
        "model-bounty",
        vec![fixed("min_correct", 14), open("model_commitment", 254)],
        NAMED,
        "pays whoever the proof is bound to",
    );
}

#[test]
fn check__terms_for_another_key__are_refused_by_name() {
    let definition = ContractDefinition::named("inference-payment").expect("a released contract");
    let terms = |bits| Terms::pay_prover([fixed("class", bits)], Nonce([0; 8]), refund());
    assert_eq!(definition.check(&[("binding", 224), ("class", 4)], &terms(4)), Ok(()));
    let contract = || "inference-payment".to_owned();
    let (found, expected) = ("class of 5 bits".to_owned(), "class of 4 bits".to_owned());
    let other = DefinitionError::OtherInputs { contract: contract(), found, expected };
    assert_eq!(definition.check(&[("binding", 224), ("class", 4)], &terms(5)), Err(other));
    for (key, found) in [
        (&[("class", 4)][..], "class of 4 bits"),
        (&[("binding", 232), ("class", 4)], "binding of 232 bits"),
        (&[], "missing"),
    ] {
        let error = DefinitionError::Binding { contract: contract(), found: found.to_owned() };
        assert_eq!(definition.check(key, &terms(4)), Err(error));
    }
}

#[test]
fn definition__inputs_and_circuit__are_told() {
    let sale = ContractDefinition::named("model-sale").expect("a released contract");
    let inputs: Vec<_> =
        sale.inputs().iter().map(|rule| (rule.name.as_str(), rule.source.name(), rule.required)).collect();
    let expected = [
        ("min_correct", "deployment", true),
        ("ciphertext_digest", "deployment", true),
        ("sale_key", "spending", true),
    ];
    assert_eq!(inputs, expected);
    assert_eq!((sale.circuit, sale.circuit.name(), sale.pays_by_class()), (CircuitKind::Sale, "sale", false));
    assert!(sale.may_be_open("sale_key") && !sale.may_be_fixed("sale_key"));
    let private = ContractDefinition::named("private-model-inference").expect("a released contract");
    assert!(private.may_be_open("input[3]") && private.may_be_fixed("input[3]") && !private.may_be_fixed("input_x[3]"));
    assert_eq!(Source::Either.name(), "either");
    assert!(ContractDefinition::named("settlement").expect("a released contract").pays_by_class());
}
