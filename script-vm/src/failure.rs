//! The report of a failed evaluation.

use core::fmt;

use chain_types::{Instruction, Instructions, Opcode};

use crate::{Element, ScriptError, ScriptRole, evaluation::Fault, stack::Stacks};

/// Elements of each stack a report keeps.
const KEPT_ELEMENTS: usize = 8;
/// Instructions shown before the failing one, and after it.
const WINDOW: (usize, usize) = (4, 3);
/// Longer elements are shown by their length and first bytes.
const SHOWN_BYTES: usize = 8;

/// Where, why and on what an evaluation failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The script that failed.
    pub role: ScriptRole,
    /// The failing instruction's first byte in it; the script's length if it failed at its end.
    pub offset: usize,
    /// The failing instruction's number in it, from 0.
    pub index: usize,
    /// The failing opcode, none at the script's end.
    pub opcode: Option<Opcode>,
    /// The reason.
    pub reason: ScriptError,
    /// The name of the failing piece, if the caller gave names.
    pub fragment: Option<String>,
    /// The top elements of the main stack, the top last, operands of the failing opcode included.
    pub stack: Vec<Element>,
    /// How many elements the main stack has in all.
    pub stack_items: usize,
    /// The top elements of the alternative stack, the top last.
    pub alt_stack: Vec<Element>,
    /// How many elements the alternative stack has in all.
    pub alt_stack_items: usize,
    /// The instructions around the failing one.
    window: Vec<(usize, String)>,
}

impl Failure {
    pub(crate) fn new(fault: Fault, script: &[u8], stacks: &Stacks, fragment: Option<&str>) -> Self {
        let Fault { role, offset, index, reason } = fault;
        let top = |stack: &[Element]| stack[stack.len().saturating_sub(KEPT_ELEMENTS)..].to_vec();
        Self {
            role,
            offset,
            index,
            opcode: script.get(offset).copied().map(Opcode),
            reason,
            fragment: fragment.map(str::to_owned),
            stack: top(stacks.main()),
            stack_items: stacks.main().len(),
            alt_stack: top(stacks.alt()),
            alt_stack_items: stacks.alt().len(),
            window: window(script, index),
        }
    }
}

/// The instructions around number `index`, with their offsets.
fn window(script: &[u8], index: usize) -> Vec<(usize, String)> {
    let (before, after) = WINDOW;
    let first = index.saturating_sub(before);
    let mut lines: Vec<_> = Instructions::new(script)
        .skip(first)
        .take(index - first + 1 + after)
        .map_while(Result::ok)
        .map(|(offset, instruction)| (offset, show_instruction(Opcode(script[offset]), &instruction)))
        .collect();
    if lines.len() <= index - first {
        let end = lines.last().map_or(0, |(offset, _)| offset + 1);
        let rest = &script[end.min(script.len())..];
        lines.push((end, if rest.is_empty() { "end of script".to_owned() } else { "cut short".to_owned() }));
    }
    lines
}

fn show_instruction(opcode: Opcode, instruction: &Instruction) -> String {
    match instruction {
        Instruction::Push { data, .. } if opcode.name().is_none() => format!("push {}", show_bytes(data)),
        Instruction::Push { data, .. } if (0x4c..=0x4e).contains(&opcode.0) => {
            format!("{opcode} {}", show_bytes(data))
        }
        _ => opcode.to_string(),
    }
}

fn show_bytes(bytes: &[u8]) -> String {
    use fmt::Write;
    let mut out = String::from("0x");
    for byte in bytes.iter().take(SHOWN_BYTES) {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    match bytes.len() {
        0 => "<empty>".to_owned(),
        len if len > SHOWN_BYTES => format!("<{len} bytes {out}..>"),
        _ => out,
    }
}

fn write_stack(f: &mut fmt::Formatter<'_>, name: &str, top: &[Element], items: usize) -> fmt::Result {
    write!(f, "\n  {name} ({items}, top at the right): [")?;
    if items > top.len() {
        write!(f, ".. ")?;
    }
    let shown: Vec<_> = top.iter().map(|element| show_bytes(&element.bytes())).collect();
    write!(f, "{}]", shown.join(" "))
}

/// A report like a compiler's.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { role, offset, index, reason, .. } = self;
        match self.opcode {
            Some(opcode) if opcode.name().is_some() => write!(f, "{opcode}: {reason}")?,
            _ => write!(f, "{reason}")?,
        }
        write!(f, "\n  --> {role}, byte {offset}, instruction {index}")?;
        if let Some(fragment) = &self.fragment {
            write!(f, ", in {fragment}")?;
        }
        for (at, line) in &self.window {
            let mark = if at == offset { '>' } else { ' ' };
            write!(f, "\n  {mark}{at:>8} | {line}")?;
        }
        write_stack(f, "stack", &self.stack, self.stack_items)?;
        if self.alt_stack_items > 0 {
            write_stack(f, "alt stack", &self.alt_stack, self.alt_stack_items)?;
        }
        if let Some(message) = self.reason.node_message() {
            write!(f, "\n  a node says: {message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
