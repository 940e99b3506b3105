//! What an evaluation took.

use chain_types::Opcode;

/// Counts of one evaluation, both scripts together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    /// Instructions that were executed, pushes included; those of branches not taken are not.
    pub instructions: u64,
    /// Length in bytes of the widest operand or result of an arithmetic opcode.
    pub widest_number: usize,
    /// Most memory both stacks were charged for, in bytes.
    pub peak_stack_bytes: usize,
    /// Most elements on both stacks.
    pub peak_stack_items: usize,
    per_opcode: Box<[u64; 256]>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        Self {
            instructions: 0,
            widest_number: 0,
            peak_stack_bytes: 0,
            peak_stack_items: 0,
            per_opcode: Box::new([0; 256]),
        }
    }

    pub(crate) fn count(&mut self, opcode: Opcode) {
        self.instructions += 1;
        self.per_opcode[usize::from(opcode.0)] += 1;
    }

    pub(crate) fn saw_number(&mut self, len: usize) {
        self.widest_number = self.widest_number.max(len);
    }

    /// How often `opcode` was executed. A direct push counts under its length byte.
    pub fn times(&self, opcode: Opcode) -> u64 {
        self.per_opcode[usize::from(opcode.0)]
    }

    /// Every opcode that was executed, with how often.
    pub fn per_opcode(&self) -> impl Iterator<Item = (Opcode, u64)> + '_ {
        (0..=255).map(Opcode).map(|opcode| (opcode, self.times(opcode))).filter(|(_, times)| *times > 0)
    }

    /// Executed instructions that are not pushes, the number the node's operation limit counts.
    pub fn operations(&self) -> u64 {
        self.per_opcode().filter(|(opcode, _)| !opcode.is_push()).map(|(_, times)| times).sum()
    }
}
