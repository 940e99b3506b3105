//! What makes a contract beside the verifying key: values, who is paid, and how the funder gets the coins back.

use core::{fmt, num::NonZeroU32};

use ark_bn254::Fr;
use statement::{BINDING, FIELD_BITS, Nonce, PubkeyHash, is_input_name};

use super::{FixedInput, FixedInputError, Payout, Payouts};
use crate::verifier::public_input::PublicInput;

/// All that makes a contract beside its verifying key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The key's public inputs after the first, `binding`, in its order.
    pub inputs: Vec<InputTerm>,
    /// What tells this contract from others: a proof names it.
    pub nonce: Nonce,
    /// Who is paid.
    pub payee: Payee,
    /// How the funder gets the coins back.
    pub refund: Refund,
}

/// How one public input of the key enters a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InputTerm {
    /// Its value is part of the contract.
    Fixed(FixedInput),
    /// Its value is given at spending, and can be read from the spend.
    Open(OpenTerm),
}

/// A public input that is given at spending, with the name and width that its circuit gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTerm {
    name: String,
    bits: u32,
}

/// Who is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payee {
    /// Whoever the proof is bound to: the key that signs the claim.
    Prover {
        /// Somebody who must have signed a public input that is given at spending.
        signer: Option<Signer>,
    },
    /// One key alone, with a proof that is bound to it. For proofs that show their witness, such as a sale's: whoever reads
    /// the claim could else prove the same for a key of their own and be mined first.
    Named {
        /// HASH160 of the key.
        recipient: PubkeyHash,
    },
    /// Whom the contract lists for the class that is proved. Anybody may submit the proof.
    ByClass(Payouts),
}

/// A key that must have signed a public input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The key, compressed.
    pub public_key: [u8; 33],
    /// Name of the public input: an open one of 254 bits.
    pub input: String,
}

/// The way back: coins that nobody claims are the funder's from the lock time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refund {
    /// HASH160 of the funder's compressed key.
    pub recipient: PubkeyHash,
    /// What the refund's transaction has as its lock time, exactly: the blocks after it may hold it.
    pub lock_time: LockTime,
}

/// A transaction's lock time, other than none: a block height below 500,000,000, else seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LockTime(NonZeroU32);

/// Zero is no lock time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("lock time 0 locks nothing: expected a block height from 1, or a time in seconds since 1970 from 500000000")]
pub struct LockTimeError;

impl LockTime {
    /// Below this a lock time is a block height; from it on, seconds since 1970.
    /// Source: node v1.2.2, `src/script/script.h`, `LOCKTIME_THRESHOLD`.
    pub const THRESHOLD: u32 = 500_000_000;

    /// The lock time in a transaction's field.
    ///
    /// # Errors
    /// [`LockTimeError`] for zero.
    pub fn new(field: u32) -> Result<Self, LockTimeError> {
        NonZeroU32::new(field).map(Self).ok_or(LockTimeError)
    }

    /// The field's value.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// Whether it is a block height.
    pub const fn is_height(self) -> bool {
        self.get() < Self::THRESHOLD
    }
}

/// `block 840000` or `2026-01-01T00:00:00Z (1767225600)`.
impl fmt::Display for LockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_height() {
            write!(f, "block {}", self.get())
        } else {
            // All 32-bit times are within jiff's range.
            let time = jiff::Timestamp::from_second(self.get().into()).map_err(|_| fmt::Error)?;
            write!(f, "{time} ({})", self.get())
        }
    }
}

impl OpenTerm {
    /// Leaves the input `name`, of `bits` bits by its circuit, open: 1 to 253 bits, or 254 for any element of the scalar
    /// field.
    ///
    /// # Errors
    /// [`FixedInputError::Name`] or [`FixedInputError::Bits`].
    pub fn new(name: &str, bits: u32) -> Result<Self, FixedInputError> {
        if !is_input_name(name) || name == BINDING {
            return Err(FixedInputError::Name { found: name.to_owned() });
        }
        if !(1..=FIELD_BITS).contains(&bits) {
            return Err(FixedInputError::Bits { name: name.to_owned(), found: bits });
        }
        Ok(Self { name: name.to_owned(), bits })
    }

    /// Its name in the circuit.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its width in the circuit: values are below `2^bits`.
    pub const fn bits(&self) -> u32 {
        self.bits
    }
}

impl InputTerm {
    /// The input's name in the circuit.
    pub fn name(&self) -> &str {
        match self {
            Self::Fixed(input) => input.name(),
            Self::Open(input) => input.name(),
        }
    }

    /// Its width in the circuit: values are below `2^bits`.
    pub const fn bits(&self) -> u32 {
        match self {
            Self::Fixed(input) => input.bits(),
            Self::Open(input) => input.bits(),
        }
    }

    /// Its value, if that is part of the contract.
    pub const fn value(&self) -> Option<Fr> {
        match self {
            Self::Fixed(input) => Some(input.value()),
            Self::Open(_) => None,
        }
    }

    pub(crate) const fn public_input(&self) -> PublicInput {
        match self {
            Self::Fixed(input) => PublicInput::Fixed(input.value()),
            Self::Open(OpenTerm { bits: FIELD_BITS, .. }) => PublicInput::Full,
            Self::Open(input) => PublicInput::Bits(input.bits),
        }
    }
}

impl From<FixedInput> for InputTerm {
    fn from(input: FixedInput) -> Self {
        Self::Fixed(input)
    }
}

impl From<OpenTerm> for InputTerm {
    fn from(input: OpenTerm) -> Self {
        Self::Open(input)
    }
}

/// `class = 7`, or `model_commitment given at spending`.
impl fmt::Display for InputTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(input) => input.fmt(f),
            Self::Open(input) => write!(f, "{} given at spending", input.name),
        }
    }
}

impl Terms {
    /// Pays the prover, with no signer.
    pub fn pay_prover(inputs: impl IntoIterator<Item = InputTerm>, nonce: Nonce, refund: Refund) -> Self {
        Self { inputs: inputs.into_iter().collect(), nonce, payee: Payee::Prover { signer: None }, refund }
    }

    /// The inputs that are given at spending, in the key's order.
    pub fn open(&self) -> impl Iterator<Item = &OpenTerm> {
        self.inputs.iter().filter_map(|input| match input {
            InputTerm::Open(open) => Some(open),
            InputTerm::Fixed(_) => None,
        })
    }

    /// The inputs whose values are part of the contract, in the key's order.
    pub fn fixed(&self) -> impl Iterator<Item = &FixedInput> {
        self.inputs.iter().filter_map(|input| match input {
            InputTerm::Fixed(fixed) => Some(fixed),
            InputTerm::Open(_) => None,
        })
    }

    /// Who must have signed an open input.
    pub const fn signer(&self) -> Option<&Signer> {
        match &self.payee {
            Payee::Prover { signer } => signer.as_ref(),
            Payee::Named { .. } | Payee::ByClass(_) => None,
        }
    }

    /// The outputs of a claim for `class`, in order: those listed for it, and one without value that carries the nonce after
    /// OP_FALSE OP_RETURN. `None` if payouts do not go by class, or nobody is paid for this one.
    ///
    /// The last makes the outputs this contract's own: otherwise one transaction could spend two contracts that list the
    /// same outputs, pay these once, and leave the rest to whoever mines it.
    pub fn claim_outputs(&self, class: usize) -> Option<Vec<Payout>> {
        self.payouts()?.claim_outputs(class, self.nonce)
    }

    /// What each class pays.
    pub const fn payouts(&self) -> Option<&Payouts> {
        match &self.payee {
            Payee::ByClass(payouts) => Some(payouts),
            Payee::Prover { .. } | Payee::Named { .. } => None,
        }
    }
}
