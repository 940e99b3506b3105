//! Renders contracts as annotated assembly.
//!
//! Templates decide layout, headings and order; every opcode comes from the builder, and the rendered text must
//! assemble to exactly the builder's bytes. The registry is strict (a missing variable is an error), does not escape,
//! and has no helpers beside handlebars' own.

use std::collections::BTreeMap;

use chain_types::Instruction;
use handlebars::{Handlebars, no_escape};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::asm::{AsmError, assemble, word};
use crate::{
    compiled::Compiled,
    contract::{Contract, Payee, Payout},
    ir::schedule::Instr,
};

const CONTRACT: &str = include_str!("../../../templates/contract.asm.hbs");
const SECTION: &str = include_str!("../../../templates/partials/section.hbs");
/// Words on a line of assembly.
const WORDS_PER_LINE: usize = 16;

/// Why a contract's text could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The template is malformed or uses a variable that its context lacks.
    #[error("template {template}: {problem}")]
    Render {
        /// File name of the template.
        template: &'static str,
        /// What handlebars says.
        problem: String,
    },
    /// The rendered text is not assembly.
    #[error("template {template}: {error}")]
    Assemble {
        /// File name of the template.
        template: &'static str,
        /// What the assembler says.
        error: AsmError,
    },
    /// The rendered text assembles to other bytes than the builder's: the template leaves out, repeats or reorders.
    #[error("template {template}: renders {found} bytes that differ from the script's {expected} at byte {offset}")]
    Differs {
        /// File name of the template.
        template: &'static str,
        /// Bytes rendered.
        found: usize,
        /// Bytes of the script.
        expected: usize,
        /// First byte that differs.
        offset: usize,
    },
}

/// A named stretch of script.
#[derive(Debug, Default, Serialize)]
struct Section {
    bytes: usize,
    opcodes: usize,
    runs: Vec<Run>,
}

/// Consecutive instructions of one fragment.
#[derive(Debug, Serialize)]
struct Run {
    fragment: String,
    lines: Vec<String>,
}

/// The variables of `templates/contract.asm.hbs`.
#[derive(Debug, Serialize)]
struct ContractText<'a> {
    generator: &'a str,
    template_sha256: String,
    vk_sha256: String,
    public_inputs: Vec<String>,
    payee: Vec<String>,
    refund: String,
    nonce: String,
    bytes: usize,
    opcodes: usize,
    sections: BTreeMap<String, Section>,
}

/// Renders a contract; the text's bytes are compared with the script's.
pub(crate) fn render_contract(contract: &Contract, compiled: &Compiled) -> Result<String, TemplateError> {
    let (cost, terms) = (contract.cost().total, contract.terms());
    let mut hash = Sha256::new();
    hash.update(CONTRACT);
    hash.update(SECTION);
    let context = ContractText {
        generator: crate::GENERATOR,
        template_sha256: hex::encode(hash.finalize()),
        vk_sha256: hex::encode(contract.vk_sha256()),
        public_inputs: terms.inputs.iter().map(ToString::to_string).collect(),
        payee: payee_lines(&terms.payee),
        refund: format!("{} after {}", hex::encode(terms.refund.recipient.0), terms.refund.lock_time),
        nonce: hex::encode(terms.nonce.0),
        bytes: cost.bytes,
        opcodes: cost.opcodes,
        sections: sections(compiled),
    };
    render("contract.asm.hbs", CONTRACT, &context, compiled.locking_script().as_bytes())
}

fn render(
    template: &'static str,
    source: &str,
    context: &impl Serialize,
    expected: &[u8],
) -> Result<String, TemplateError> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    registry.register_escape_fn(no_escape);
    registry
        .register_partial("section", SECTION)
        .map_err(|e| TemplateError::Render { template: "partials/section.hbs", problem: e.to_string() })?;
    let text = registry
        .render_template(source, context)
        .map_err(|e| TemplateError::Render { template, problem: e.to_string() })?;
    let found = assemble(&text).map_err(|error| TemplateError::Assemble { template, error })?;
    if found != expected {
        let offset = found.iter().zip(expected).take_while(|(a, b)| a == b).count();
        return Err(TemplateError::Differs { template, found: found.len(), expected: expected.len(), offset });
    }
    Ok(text)
}

/// The section a fragment path belongs to: its first name below `verifier/`; what has no path clears the stack.
fn section_of(path: &str) -> &str {
    let below = path.strip_prefix("verifier/").unwrap_or(path);
    match below.split('/').next() {
        Some("") | None => "clean_up",
        Some(name) => name,
    }
}

/// Sections that not every contract has: the template names them all.
const OPTIONAL: [&str; 8] =
    ["preimage", "signer", "recipient", "binding", "put_aside", "tables", "signed_output", "payout"];

/// Who is paid, a line each.
fn payee_lines(payee: &Payee) -> Vec<String> {
    match payee {
        Payee::Prover { signer: None } => vec!["whoever the proof is bound to".to_owned()],
        Payee::Named { recipient } => vec![format!("the key with HASH160 {}", hex::encode(recipient.0))],
        Payee::Prover { signer: Some(signer) } => {
            let key = hex::encode(signer.public_key);
            vec![format!("whoever the proof is bound to, if {key} has signed {}", signer.input)]
        }
        Payee::ByClass(payouts) => {
            let line = |(class, outputs): (usize, &Option<Vec<Payout>>)| {
                let outputs: Vec<String> = outputs
                    .iter()
                    .flatten()
                    .map(|payout| {
                        format!("{} sat to {}", payout.value.0, hex::encode(payout.locking_script.as_bytes()))
                    })
                    .collect();
                let whom = if outputs.is_empty() { "nobody".to_owned() } else { outputs.join(", ") };
                format!("{} = {class}: {whom}", payouts.input())
            };
            payouts.by_class().iter().enumerate().map(line).collect()
        }
    }
}

fn sections(compiled: &Compiled) -> BTreeMap<String, Section> {
    let mut sections: BTreeMap<String, Section> =
        OPTIONAL.iter().map(|name| ((*name).to_owned(), Section::default())).collect();
    for (path, run) in compiled.runs() {
        let section = sections.entry(section_of(path).to_owned()).or_default();
        let mut words = Vec::new();
        for instr in run {
            section.bytes += instr.to_bytes().len();
            section.opcodes += 1;
            words.push(word(&match instr {
                Instr::Op(opcode) => Instruction::Op(*opcode),
                Instr::Push(data) => Instruction::Push { data: data.clone(), minimal: true },
            }));
        }
        let lines = words.chunks(WORDS_PER_LINE).map(|words| words.join(" ")).collect();
        section.runs.push(Run { fragment: path.to_owned(), lines });
    }
    sections
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn render__missing_variable__is_an_error() {
        let error = render("test", "{{nothing}}", &BTreeMap::<String, String>::new(), &[]).expect_err("strict mode");
        assert!(matches!(error, TemplateError::Render { template: "test", .. }), "{error}");
    }

    #[test]
    fn render__text_left_out__is_named_with_its_offset() {
        let error = render("test", "OP_DUP OP_DROP", &(), &[0x76, 0x75, 0x76]).expect_err("a byte is missing");
        assert_eq!(error, TemplateError::Differs { template: "test", found: 2, expected: 3, offset: 2 });
    }

    #[test]
    fn render__html_characters__stay() {
        let context = BTreeMap::from([("note", "a < b & c")]);
        assert_eq!(render("test", "# {{note}}", &context, &[]), Ok("# a < b & c".to_owned()));
    }
}
