//! Bitcoin SV's basic types: opcodes, script numbers, scripts, limits, amounts. No I/O, no policy of ours.
//!
//! ```
//! use chain_types::{Instruction, Opcode, UnlockingScript, script_num};
//! let mut script = UnlockingScript::default();
//! script.push_slice(&script_num::encode(&(-5).into()));
//! let first = script.instructions().next().transpose()?;
//! assert_eq!(first.map(|(_, i)| i), Some(Instruction::Push { data: vec![0x85], minimal: true }));
//! assert_eq!(Opcode::from_name("OP_MUL"), Some(Opcode::OP_MUL));
//! # Ok::<(), chain_types::ScriptDecodeError>(())
//! ```

mod amount;
mod limits;
mod opcode;
mod profile;
mod script;
pub mod script_num;

pub use amount::{AmountError, FeeRate, Satoshis};
pub use limits::ScriptLimits;
pub use opcode::Opcode;
pub use profile::{Profile, UnknownProfile};
pub use script::{
    Instruction, Instructions, LockingScript, ScriptDecodeError, UnlockingScript, encode_push, is_minimal_push,
};
