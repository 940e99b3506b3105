//! A machine that evaluates scripts as a Bitcoin SV node does since Genesis, and since Chronicle.
//!
//! It enforces the node's limits and rules, keeps numbers as big integers until bytes are needed, lets a [`Hook`] look
//! on step by step, meters what an evaluation takes and reports a failure with its place, the instructions around it
//! and the stack. It knows no transactions: a [`SignatureChecker`] judges signatures.
//!
//! Not checked here: whether a transaction may spend the output at all, its size and fees, and how long a node would
//! take. Outputs from before Genesis are not supported.
//!
//! ```
//! use chain_types::{LockingScript, Opcode, UnlockingScript};
//! use script_vm::{Machine, NoSignatures, ScriptError};
//!
//! let mut locking = LockingScript::default();
//! locking.push_slice(&[35]);
//! locking.push_opcode(Opcode::OP_NUMEQUAL);
//! let with = |answer: u8| {
//!     let mut unlocking = UnlockingScript::default();
//!     unlocking.push_slice(&[answer]);
//!     Machine::policy().run(&unlocking, &locking, &NoSignatures)
//! };
//! assert_eq!(with(35)?.instructions, 3);
//! let failure = with(36).expect_err("another number");
//! assert_eq!(failure.reason, ScriptError::EvalFalse);
//! # Ok::<(), Box<script_vm::Failure>>(())
//! ```

mod element;
mod error;
mod evaluation;
mod failure;
mod flow;
mod fragments;
mod hook;
mod machine;
mod metrics;
mod ops;
mod rules;
mod signature;
mod stack;

pub use element::Element;
pub use error::{ConditionalFault, ScriptError};
pub use failure::Failure;
pub use fragments::FragmentMap;
pub use hook::{Hook, ScriptRole, View};
pub use machine::{Machine, StackState};
pub use metrics::Metrics;
pub use rules::{Rules, TxVersion};
pub use signature::{NoSignatures, SignatureChecker, SignatureVerdict};
