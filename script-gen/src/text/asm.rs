//! Assembly text: opcode names, decimal numbers, `0x`-hex data; `#` starts a comment.
//!
//! ```
//! use script_gen::{assemble, disassemble};
//! let bytes = assemble("OP_DUP OP_HASH160 0x00112233 # a comment\n17 OP_ADD")?;
//! assert_eq!(disassemble(&bytes)?, "OP_DUP OP_HASH160 0x00112233 0x11 OP_ADD");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use chain_types::{Instruction, Instructions, Opcode, ScriptDecodeError, encode_push, script_num};
use num_bigint::BigInt;

/// Why assembly text could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AsmError {
    /// A word is neither an opcode, a number, nor data.
    #[error("line {line}: {word:?} is neither an opcode, a decimal number, nor data in 0x-hex")]
    UnknownWord {
        /// Line number, from 1.
        line: usize,
        /// The word.
        word: String,
    },
}

/// Reads assembly text into script bytes; data and numbers are pushed by the shortest opcode.
///
/// # Errors
/// [`AsmError::UnknownWord`].
pub fn assemble(text: &str) -> Result<Vec<u8>, AsmError> {
    let mut script = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let code = content.split('#').next().unwrap_or_default();
        for word in code.split_whitespace() {
            let bytes = read_word(word).ok_or_else(|| AsmError::UnknownWord { line, word: word.to_owned() })?;
            script.extend(bytes);
        }
    }
    Ok(script)
}

fn read_word(word: &str) -> Option<Vec<u8>> {
    if let Some(data) = word.strip_prefix("0x") {
        return Some(encode_push(&hex::decode(data).ok()?));
    }
    if let Some(opcode) = Opcode::from_name(word) {
        // Push opcodes need data after them, which only a number or 0x-word gives.
        return (!opcode.is_push() || opcode == Opcode::OP_RESERVED).then(|| vec![opcode.0]);
    }
    Some(encode_push(&script_num::encode(&word.parse::<BigInt>().ok()?)))
}

/// Writes one instruction as a word.
pub(crate) fn word(instruction: &Instruction) -> String {
    match instruction {
        Instruction::Op(opcode) => opcode.to_string(),
        Instruction::Push { data, .. } => match data[..] {
            [] => "0".to_owned(),
            [n @ 1..=16] => n.to_string(),
            [0x81] => "-1".to_owned(),
            _ => format!("0x{}", hex::encode(data)),
        },
    }
}

/// Writes script bytes as assembly text on one line.
///
/// # Errors
/// [`ScriptDecodeError`] if a push is cut short.
pub fn disassemble(script: &[u8]) -> Result<String, ScriptDecodeError> {
    let words: Result<Vec<String>, _> = Instructions::new(script).map(|item| item.map(|(_, i)| word(&i))).collect();
    Ok(words?.join(" "))
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn assemble__every_named_opcode__round_trips() {
        for (opcode, name) in Opcode::NAMED {
            if !opcode.is_push() {
                assert_eq!(assemble(name), Ok(vec![opcode.0]));
                assert_eq!(disassemble(&[opcode.0]), Ok((*name).to_owned()));
            }
        }
    }

    #[test]
    fn assemble__data_and_numbers__use_the_shortest_push() {
        assert_eq!(assemble("0 1 16 17 -1 0x 0x05 0x00"), Ok(vec![0, 0x51, 0x60, 1, 17, 0x4f, 0, 0x55, 1, 0]));
        let long = format!("0x{}", "ab".repeat(300));
        assert_eq!(disassemble(&assemble(&long).expect("hex")), Ok(long));
    }

    #[test]
    fn assemble__unknown_word__names_line_and_word() {
        for word in ["OP_FOO", "0xabc", "0xzz", "1x", "OP_PUSHDATA1"] {
            let error = assemble(&format!("OP_DUP # fine\n{word}"));
            assert_eq!(error, Err(AsmError::UnknownWord { line: 2, word: word.to_owned() }));
        }
    }
}
