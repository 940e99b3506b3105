//! What can go wrong while making scripts.

/// A verifying key this verifier does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A point of the key is the identity.
    #[error("verifying key: {field} is the point at infinity")]
    Identity {
        /// Which point.
        field: &'static str,
    },
    /// A point of the key is off the curve or outside the subgroup of order r.
    #[error("verifying key: {field} is not a point of the group of order r")]
    NotInGroup {
        /// Which point.
        field: &'static str,
    },
    /// Two points that must be independent are equal up to sign, as after a skipped step of the setup: anybody could
    /// forge proofs under such a key.
    #[error("verifying key: {fields} are equal up to sign, so anybody can forge proofs; run the whole setup")]
    EqualPoints {
        /// Which points.
        fields: &'static str,
    },
    /// The binding has the point of another public input, or of the constant, up to sign: a proof might be moved to
    /// another binding.
    #[error(
        "verifying key: gamma_abc_g1[1], the binding's point, is gamma_abc_g1[{other}] up to sign, as no honest \
             setup leaves it"
    )]
    BindingNotApart {
        /// Which point of `gamma_abc_g1`.
        other: usize,
    },
    /// The part of the equation that is fixed holds by itself: e(alpha, beta) e(L, gamma) is one.
    #[error("verifying key: e(alpha, beta) e(L, gamma) = 1 for the fixed inputs, as no honest setup leaves it")]
    TrivialConstant,
    /// The list of points for the public inputs is empty: it must begin with the constant one.
    #[error("verifying key: gamma_abc_g1 is empty, expected one point more than public inputs")]
    NoConstant,
    /// The key is for another number of public inputs.
    #[error("verifying key: {found} public inputs, expected {expected}")]
    PublicInputCount {
        /// Number of inputs of the key.
        found: usize,
        /// Number the verifier is built for.
        expected: usize,
    },
}

/// Why no script could be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The key is not usable.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A public input given at spending has a number of bits the script cannot take.
    #[error("public input {index}: {found} bits, expected 1 to {}; say full for any element", crate::MAX_INPUT_BITS)]
    InputBits {
        /// Which input of the key, from 0.
        index: usize,
        /// Bits asked for.
        found: u32,
    },
    /// A contract's terms are for another number of public inputs than its key has beside the binding.
    #[error("terms for {found} public inputs, the verifying key has {expected} beside the binding")]
    TermCount {
        /// Inputs given.
        found: usize,
        /// Inputs of the key, but for the first.
        expected: usize,
    },
    /// Two public inputs have one name.
    #[error("public input {name} stands twice in the terms")]
    TermTwice {
        /// The name.
        name: String,
    },
    /// A public input that must be given at spending is not.
    #[error("public input {name} is {role}, so it must be among the inputs given at spending")]
    NotOpen {
        /// The name.
        name: String,
        /// `signed` or `the class that payouts go by`.
        role: &'static str,
    },
    /// A signed public input, or the class that payouts go by, has another width.
    #[error("public input {name} is {role}: {found} bits, expected {expected}")]
    RoleBits {
        /// The name.
        name: String,
        /// `signed` or `the class that payouts go by`.
        role: &'static str,
        /// Its width.
        found: u32,
        /// Widths that will do.
        expected: &'static str,
    },
    /// Payouts for classes that the public input cannot say.
    #[error("payouts for {found} classes, public input {name} says one of {expected} at most")]
    PayoutCount {
        /// Name of the class.
        name: String,
        /// Entries of the list.
        found: usize,
        /// Values of the input.
        expected: usize,
    },
    /// A signer's key is no compressed public key: coins could never be claimed.
    #[error("the signer's key starts with {found:#04x}, expected a compressed public key, 0x02 or 0x03 and 32 bytes")]
    SignerKey {
        /// Its first byte.
        found: u8,
    },
    /// A number could grow past the node's limit.
    #[error("{fragment}: a number may take {len} bytes, the limit is {limit}")]
    NumberTooLong {
        /// Fragment path.
        fragment: String,
        /// Length bound in bytes.
        len: u64,
        /// Limit in bytes.
        limit: u64,
    },
    /// The script is longer than the node's limit.
    #[error("the {role} script takes {len} bytes, the limit is {limit}")]
    ScriptTooLong {
        /// `locking` or `unlocking`.
        role: &'static str,
        /// Length in bytes.
        len: usize,
        /// Limit in bytes.
        limit: usize,
    },
}

/// Why no hints could be found for a proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HintError {
    /// A point of the proof is the identity: such proofs cannot be written for the script.
    #[error("proof: {field} is the point at infinity")]
    Identity {
        /// Which point.
        field: &'static str,
    },
    /// A point of the proof is off the curve or outside the subgroup.
    #[error("proof: {field} is not a point of the group of order r")]
    NotInGroup {
        /// Which point.
        field: &'static str,
    },
    /// The number of public inputs is not the key's.
    #[error("{found} public inputs, the verifying key takes {expected}")]
    InputCount {
        /// Values given.
        found: usize,
        /// Values expected.
        expected: usize,
    },
    /// The first public input is the binding of another contract: it names another nonce, or a recipient where payouts go
    /// by class.
    #[error("public input 0, the binding, names another nonce than the contract, or a recipient where there is none")]
    OtherBinding,
    /// A public input has another value than was fixed at deployment.
    #[error("public input {index} is not the value that the locking script fixes")]
    InputFixed {
        /// Which input of the key, from 0.
        index: usize,
    },
    /// A public input has more bits than the locking script takes.
    #[error("public input {index} has {bits} bits, the locking script takes {limit}")]
    InputTooLarge {
        /// Which input of the key, from 0.
        index: usize,
        /// Bits of the value given.
        bits: u32,
        /// Bits the script takes.
        limit: u32,
    },
    /// A blob of hints has another length than the verifier reads.
    #[error("the hint blob {blob} has {found} bytes, the verifier reads {expected}")]
    BlobLength {
        /// Which blob.
        blob: &'static str,
        /// Length found.
        found: usize,
        /// Length expected.
        expected: usize,
    },
    /// The proof does not verify for these public inputs under this key.
    #[error("the proof does not verify for these public inputs under this key")]
    ProofInvalid,
    /// The quotient of the relations has more coefficients than the script takes: a mistake of this crate.
    #[error("the quotient has {found} coefficients, the script takes {capacity}")]
    QuotientTooLong {
        /// Coefficients found.
        found: usize,
        /// Coefficients the script takes.
        capacity: usize,
    },
}
