//! A contract as an artifact of sCrypt, which npm's scryptlib reads: the locking script as a template with placeholders,
//! and the names and types of what goes in.
//!
//! Source of the format: scryptlib 2.2.6, `dist/compilerWrapper.d.ts` (`Artifact`), `dist/contract.js`
//! (`buildContractClass`, versions 8 and 9) and `dist/abi.js` (`ABICoder`). What its users can do with such a file is in
//! `docs/ecosystem.md`.

use core::{fmt::Write as _, ops::Range};

use chain_types::{Instruction, Instructions, Opcode};
use md5::{Digest, Md5};
use serde::Serialize;

use super::{
    Contract, ContractArtifact,
    items::{Item, ItemKind, refund_items},
};

/// The file `contract export --to scrypt` writes.
///
/// Its constructor takes the values that stand in the script as pushes of their own: `nonce`, where it is no part of a
/// constant, `refund_recipient` and `refund_lock`, as [`Contract::placeholders`] describes them. Verifying key and other
/// terms are part of the template.
///
/// Its public functions are `claim` and `refund`. The script takes an empty top element for a refund, which is how sCrypt
/// selects the function of index 0; `claim` has no index, so that nothing is put on top of its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScryptArtifact {
    version: u32,
    compiler_version: &'static str,
    contract: String,
    md5: String,
    structs: [(); 0],
    library: [(); 0],
    alias: [(); 0],
    abi: [Function; 3],
    state_props: [(); 0],
    build_type: &'static str,
    file: &'static str,
    hex: String,
    asm: String,
    source_map_file: &'static str,
}

/// A constructor or a public function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Function {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    params: Vec<Param>,
}

/// A value that goes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Param {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// A placeholder's bytes in the script, and what stands in their place.
struct Gap {
    start: usize,
    end: usize,
    name: &'static str,
}

impl ScryptArtifact {
    /// Version of the format.
    const VERSION: u32 = 9;

    /// The artifact of a contract.
    pub fn new(artifact: &ContractArtifact, contract: &Contract) -> Self {
        let gap =
            |(name, range): (&'static str, core::ops::Range<usize>)| Gap { start: range.start, end: range.end, name };
        let mut gaps: Vec<Gap> = contract.placeholders().into_iter().map(gap).collect();
        let values = gaps.iter().map(|gap| Param { name: gap.name.to_owned(), kind: constructor_type(gap.name) });
        let constructor = Function { kind: "constructor", name: None, index: None, params: values.collect() };
        gaps.sort_by_key(|gap| gap.start);
        let hex = template(contract.locking_script().as_bytes(), &gaps);
        let function = |name, index, items: Vec<Item>| Function {
            kind: "function",
            name: Some(name),
            index,
            params: items.into_iter().map(param).collect(),
        };
        let claim = function("claim", None, contract.claim_items());
        let refund = function("refund", Some(0), refund_items().into());
        Self {
            version: Self::VERSION,
            compiler_version: crate::GENERATOR,
            contract: class_name(&artifact.contract),
            md5: template_md5(&hex),
            structs: [],
            library: [],
            alias: [],
            abi: [claim, refund, constructor],
            state_props: [],
            build_type: "release",
            file: "",
            asm: assembly(contract, &gaps),
            hex,
            source_map_file: "",
        }
    }

    /// What the constructor takes, in its order, for the contract's own locking script.
    pub fn constructor_values(contract: &Contract) -> Vec<(&'static str, Vec<u8>)> {
        let script = contract.locking_script().as_bytes();
        let value = |(name, range): (&'static str, Range<usize>)| match Instructions::new(&script[range]).next() {
            Some(Ok((_, Instruction::Push { data, .. }))) => (name, data),
            _ => unreachable!("placeholders are pushes of the script"),
        };
        contract.placeholders().into_iter().map(value).collect()
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and integers serialize") + "\n"
    }
}

/// sCrypt's type of a constructor's value.
fn constructor_type(name: &str) -> &'static str {
    if name == "refund_recipient" { "Ripemd160" } else { "bytes" }
}

/// A push as sCrypt describes it: its names know no brackets.
fn param(item: Item) -> Param {
    let kind = match item.kind {
        ItemKind::Signature => "Sig",
        ItemKind::PublicKey => "PubKey",
        ItemKind::Proof | ItemKind::Transaction => "bytes",
    };
    Param { name: item.name.replace('[', "_").replace(']', ""), kind }
}

/// `inference-payment` as a class is called: `InferencePayment`.
fn class_name(contract: &str) -> String {
    let capitalised = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    contract.split('-').map(capitalised).collect()
}

/// The script in hex, with `<name>` in each gap.
fn template(script: &[u8], gaps: &[Gap]) -> String {
    let mut out = String::new();
    let mut done = 0;
    for Gap { start, end, name } in gaps {
        out += &hex::encode(&script[done..*start]);
        write!(out, "<{name}>").expect("a string takes all text");
        done = *end;
    }
    out + &hex::encode(&script[done..])
}

/// The script as assembly, with `$name` in each gap.
fn assembly(contract: &Contract, gaps: &[Gap]) -> String {
    let instructions = contract.locking_script().instructions();
    let words = instructions.map(|item| {
        let (offset, instruction) = item.expect("a script of our own");
        match gaps.iter().find(|gap| gap.start == offset) {
            Some(gap) => format!("${}", gap.name),
            None => word(&instruction),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// An instruction in sCrypt's assembly, which knows the opcodes of Chronicle by their names before it.
fn word(instruction: &Instruction) -> String {
    match instruction {
        Instruction::Push { data, .. } => match data[..] {
            [] => "OP_0".to_owned(),
            [n @ 1..=16] => format!("OP_{n}"),
            [0x81] => "OP_1NEGATE".to_owned(),
            _ => hex::encode(data),
        },
        Instruction::Op(
            opcode @ (Opcode::OP_SUBSTR
            | Opcode::OP_LEFT
            | Opcode::OP_RIGHT
            | Opcode::OP_LSHIFTNUM
            | Opcode::OP_RSHIFTNUM),
        ) => format!("OP_NOP{}", opcode.0 - Opcode::OP_NOP1.0 + 1),
        Instruction::Op(opcode) => opcode.to_string(),
    }
}

/// What the artifact's field `md5` is: that of the template with the names left out (scryptlib 2.2.6,
/// `dist/compilerWrapper.js`, `calcHexMd5`).
fn template_md5(template: &str) -> String {
    let mut nameless = String::new();
    let mut in_name = false;
    for letter in template.chars() {
        in_name &= letter != '>';
        if !in_name {
            nameless.push(letter);
        }
        in_name |= letter == '<';
    }
    hex::encode(Md5::digest(nameless))
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn template_md5__names__do_not_count() {
        // printf '00<>51<>' | md5sum
        assert_eq!(template_md5("00<nonce>51<x>"), "0fe64567dc2b9db85994c2f4888ed322");
        assert_eq!(template_md5("00<>51<other>"), "0fe64567dc2b9db85994c2f4888ed322");
        assert_ne!(template_md5("00<nonce>51"), template_md5("0051"));
    }

    #[test]
    fn template__gaps__stand_for_whole_pushes() {
        let script = [0x76, 2, 7, 8, 0x88, 1, 9];
        let gaps = [Gap { start: 1, end: 4, name: "a" }, Gap { start: 5, end: 7, name: "b" }];
        assert_eq!(template(&script, &gaps), "76<a>88<b>");
        assert_eq!(template(&script, &[]), hex::encode(script));
    }

    #[test]
    fn class_name__of_a_contract__is_capitalised() {
        assert_eq!(class_name("private-model-inference"), "PrivateModelInference");
    }

    #[test]
    fn word__of_each_kind__is_scrypts() {
        let push = |data: &[u8]| word(&Instruction::Push { data: data.to_vec(), minimal: true });
        let words = [push(&[]), push(&[16]), push(&[0x81]), push(&[17]), push(&[0, 1])];
        assert_eq!(words, ["OP_0", "OP_16", "OP_1NEGATE", "11", "0001"]);
        let op = |opcode| word(&Instruction::Op(opcode));
        assert_eq!(op(Opcode::OP_SUBSTR), "OP_NOP4");
        assert_eq!(op(Opcode::OP_RSHIFTNUM), "OP_NOP8");
        assert_eq!(op(Opcode::OP_LSHIFT), "OP_LSHIFT");
    }
}
