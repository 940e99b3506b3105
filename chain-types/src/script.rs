//! Scripts as bytes, tagged by role, and the walk over their instructions.

use core::fmt;

use crate::Opcode;

/// A data push or an opcode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// Data put on the stack, by whatever opcode.
    Push {
        /// The data.
        data: Vec<u8>,
        /// Whether it was pushed by the shortest possible opcode.
        minimal: bool,
    },
    /// Anything else.
    Op(Opcode),
}

/// Why script bytes cannot be read as instructions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptDecodeError {
    /// A push reaches past the end.
    #[error("the push at byte {offset} wants {wanted} bytes, {left} are left")]
    TruncatedPush {
        /// Where the push opcode stands.
        offset: usize,
        /// Bytes it announces (for a length field cut short: the field's width).
        wanted: usize,
        /// Bytes there are.
        left: usize,
    },
}

/// The opcode of the shortest instruction that pushes `data`, in the node's sense (`CheckMinimalPush`).
const fn shortest_push(data: &[u8]) -> Opcode {
    match data {
        [] => Opcode::OP_0,
        [n @ 1..=16] => Opcode(Opcode::OP_1.0 + *n - 1),
        [0x81] => Opcode::OP_1NEGATE,
        _ => match data.len() {
            len @ 0..=75 => Opcode(len as u8),
            76..=255 => Opcode::OP_PUSHDATA1,
            256..=65_535 => Opcode::OP_PUSHDATA2,
            _ => Opcode::OP_PUSHDATA4,
        },
    }
}

/// The shortest instruction that pushes `data`, in the node's sense (`CheckMinimalPush`).
pub fn encode_push(data: &[u8]) -> Vec<u8> {
    let opcode = shortest_push(data);
    let len = data.len();
    let mut out = Vec::with_capacity(len + 5);
    out.push(opcode.0);
    match opcode {
        Opcode::OP_PUSHDATA1 => out.push(len as u8),
        Opcode::OP_PUSHDATA2 => out.extend((len as u16).to_le_bytes()),
        Opcode::OP_PUSHDATA4 => {
            // Memory on supported machines ends long before 4 GiB of script.
            out.extend(u32::try_from(len).expect("a push is shorter than 4 GiB").to_le_bytes());
        }
        Opcode(0x00..=0x4b) => {}
        // The opcode is the data.
        _ => return out,
    }
    out.extend_from_slice(data);
    out
}

/// Whether `opcode` is the shortest way to push `data`.
pub fn is_minimal_push(opcode: Opcode, data: &[u8]) -> bool {
    shortest_push(data) == opcode
}

/// Walks instructions with their byte offsets; stops after the first error.
#[derive(Clone, Debug)]
pub struct Instructions<'a> {
    script: &'a [u8],
    offset: usize,
}

impl<'a> Instructions<'a> {
    /// Walks `script` from its start.
    pub const fn new(script: &'a [u8]) -> Self {
        Self { script, offset: 0 }
    }

    fn truncated(&mut self, offset: usize, wanted: usize) -> ScriptDecodeError {
        let left = self.script.len() - self.offset;
        self.offset = self.script.len();
        ScriptDecodeError::TruncatedPush { offset, wanted, left }
    }

    fn read(&mut self, offset: usize) -> Result<Instruction, ScriptDecodeError> {
        let opcode = Opcode(self.script[offset]);
        self.offset += 1;
        let len = match opcode.0 {
            len @ 0x00..=0x4b => usize::from(len),
            0x4c..=0x4e => {
                let width = 1 << (opcode.0 - 0x4c);
                let Some(field) = self.script.get(self.offset..self.offset + width) else {
                    return Err(self.truncated(offset, width));
                };
                self.offset += width;
                field.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b))
            }
            0x4f => return Ok(Instruction::Push { data: vec![0x81], minimal: true }),
            n @ 0x51..=0x60 => return Ok(Instruction::Push { data: vec![n - 0x50], minimal: true }),
            _ => return Ok(Instruction::Op(opcode)),
        };
        let Some(data) = self.script[self.offset..].get(..len) else { return Err(self.truncated(offset, len)) };
        self.offset += len;
        Ok(Instruction::Push { data: data.to_vec(), minimal: is_minimal_push(opcode, data) })
    }
}

impl Iterator for Instructions<'_> {
    type Item = Result<(usize, Instruction), ScriptDecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.offset;
        (offset < self.script.len()).then(|| self.read(offset).map(|instruction| (offset, instruction)))
    }
}

macro_rules! script_type {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Default, PartialEq, Eq, Hash)]
        pub struct $name(Vec<u8>);

        impl $name {
            /// Takes bytes as they are; they are read only when run or walked.
            pub const fn from_bytes(bytes: Vec<u8>) -> Self {
                Self(bytes)
            }

            /// The script's bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// The script's bytes.
            pub fn into_bytes(self) -> Vec<u8> {
                self.0
            }

            /// Length in bytes.
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether there is no instruction at all.
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// Appends the shortest push of `data`.
            pub fn push_slice(&mut self, data: &[u8]) {
                self.0.extend(encode_push(data));
            }

            /// Walks the instructions with their byte offsets.
            pub fn instructions(&self) -> Instructions<'_> {
                Instructions::new(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.0.len())
            }
        }
    };
}

script_type!(LockingScript, "The script of an output: the condition its coins are under.");
script_type!(UnlockingScript, "The script of an input: the data that meets the condition.");

impl LockingScript {
    /// What a script that holds data alone starts with: `OP_FALSE OP_RETURN`. Nothing can spend such an output.
    pub const DATA_PREFIX: [u8; 2] = [Opcode::OP_0.0, Opcode::OP_RETURN.0];

    /// `OP_FALSE OP_RETURN <data>`: data for whoever reads the chain.
    pub fn data(data: &[u8]) -> Self {
        let mut script = Self(Self::DATA_PREFIX.to_vec());
        script.push_slice(data);
        script
    }

    /// Appends an opcode.
    pub fn push_opcode(&mut self, opcode: Opcode) {
        self.0.push(opcode.0);
    }

    /// `DUP HASH160 <hash> EQUALVERIFY CHECKSIG`: coins for one public key.
    pub fn p2pkh(pubkey_hash: &[u8; 20]) -> Self {
        let mut script = Self::default();
        script.push_opcode(Opcode::OP_DUP);
        script.push_opcode(Opcode::OP_HASH160);
        script.push_slice(pubkey_hash);
        script.push_opcode(Opcode::OP_EQUALVERIFY);
        script.push_opcode(Opcode::OP_CHECKSIG);
        script
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn encode_push__every_width__round_trips_minimally() {
        for data in [vec![], vec![0], vec![1], vec![16], vec![17], vec![0x81], vec![0x80], vec![7; 2]]
            .into_iter()
            .chain([75, 76, 255, 256, 65_535, 65_536].map(|len| vec![3; len]))
        {
            let script = UnlockingScript::from_bytes(encode_push(&data));
            let read: Vec<_> = script.instructions().collect::<Result<_, _>>().expect("a whole push");
            assert_eq!(read, [(0, Instruction::Push { data, minimal: true })]);
        }
    }

    #[test]
    fn data__some_bytes__stand_behind_the_prefix() {
        assert_eq!(LockingScript::data(&[7; 3]).as_bytes(), [0x00, 0x6a, 3, 7, 7, 7]);
        assert_eq!(LockingScript::DATA_PREFIX, [0x00, 0x6a]);
    }

    #[test]
    fn instructions__longer_opcode_than_needed__is_not_minimal() {
        for bytes in [vec![0x01, 0x05], vec![0x4c, 0x01, 0x20], vec![0x4d, 1, 0, 9], vec![0x01, 0x81], vec![0x4c, 0]] {
            let script = UnlockingScript::from_bytes(bytes);
            let read: Vec<_> = script.instructions().collect::<Result<_, _>>().expect("a whole push");
            assert!(matches!(read[..], [(0, Instruction::Push { minimal: false, .. })]), "{read:?}");
        }
    }

    #[test]
    fn instructions__cut_short__says_where() {
        for (bytes, offset, wanted, left) in [
            (vec![0x51, 0x02, 0x00], 1, 2, 1),
            (vec![0x4d, 0x01], 0, 2, 1),
            (vec![0x4e, 0xff, 0xff, 0xff, 0xff, 0x00], 0, 0xffff_ffff, 1),
        ] {
            let script = UnlockingScript::from_bytes(bytes);
            let error = script.instructions().find_map(Result::err);
            assert_eq!(error, Some(ScriptDecodeError::TruncatedPush { offset, wanted, left }));
        }
    }
}
