//! Why a script fails.

use chain_types::ScriptDecodeError;

/// The reason an evaluation failed: at least one for each the node tells apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptError {
    /// The script is over the limit.
    #[error("the script is {got} bytes long, {limit} are allowed")]
    ScriptTooLarge {
        /// Its length.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// The unlocking script does more than push.
    #[error("the unlocking script does more than push data")]
    NotPushOnly,
    /// A push reaches past the script's end.
    #[error(transparent)]
    Truncated(#[from] ScriptDecodeError),
    /// An opcode without a meaning was executed.
    #[error("the opcode has no meaning")]
    BadOpcode,
    /// OP_2MUL or OP_2DIV was executed on an output from before Chronicle.
    #[error("the opcode is disabled")]
    DisabledOpcode,
    /// A NOP kept for future use was executed.
    #[error("the opcode is kept for future use")]
    DiscouragedNop,
    /// A push by a longer opcode than needed.
    #[error("the push is not the shortest for its data")]
    NonMinimalPush,
    /// A number with needless bytes.
    #[error("a number of {len} bytes is not in its shortest form")]
    NonMinimalNumber {
        /// The operand's length.
        len: usize,
    },
    /// An operand is longer than a number may be.
    #[error("an operand is {got} bytes long, a number may have {limit}")]
    OperandTooLong {
        /// The operand's length.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// A result is longer than a number may be. Nodes before 1.2 notice only when it is used as an operand.
    #[error("the result has at least {got} bytes, a number may have {limit}")]
    ResultTooLong {
        /// The result's length, or what it is at least.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// Too few elements for the opcode.
    #[error("{need} stack elements needed, there are {have}")]
    StackTooShort {
        /// Elements there are.
        have: usize,
        /// Elements needed.
        need: usize,
    },
    /// OP_PICK or OP_ROLL of an element that is not there.
    #[error("no element at that depth, there are {have}")]
    DepthOutOfRange {
        /// Elements below the index.
        have: usize,
    },
    /// OP_FROMALTSTACK without an element.
    #[error("the alternative stack is empty")]
    AltStackEmpty,
    /// Both stacks together exceed the limit.
    #[error("the stacks would take {got} bytes, {limit} are allowed")]
    StackMemory {
        /// Bytes charged after the opcode.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// OP_IF and its kin do not match, or the condition is missing.
    #[error("{0}")]
    Conditional(ConditionalFault),
    /// OP_VERIFY of a false element.
    #[error("the element verified is false")]
    Verify,
    /// OP_EQUALVERIFY of different elements.
    #[error("the elements differ")]
    EqualVerify,
    /// OP_NUMEQUALVERIFY of different numbers.
    #[error("the numbers differ")]
    NumEqualVerify,
    /// OP_CHECKSIGVERIFY of an empty signature.
    #[error("the signature is not valid")]
    CheckSigVerify,
    /// OP_CHECKMULTISIGVERIFY of empty signatures.
    #[error("the signatures are not valid")]
    CheckMultisigVerify,
    /// OP_DIV by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// OP_MOD by zero.
    #[error("remainder modulo zero")]
    ModuloByZero,
    /// A bitwise opcode on strings of different lengths.
    #[error("operands of {left} and {right} bytes, equal lengths are needed")]
    OperandLengths {
        /// Length of the lower one.
        left: usize,
        /// Length of the top one.
        right: usize,
    },
    /// A shift by a negative number of bits.
    #[error("a shift by a negative number of bits")]
    NegativeShift,
    /// OP_BIN2NUM of a number over the limit.
    #[error("the number has {got} bytes in its shortest form, {limit} are allowed")]
    Bin2NumTooLong {
        /// The number's length.
        got: usize,
        /// The limit.
        limit: usize,
    },
    /// OP_NUM2BIN to a length that is negative or over 2^31 - 1.
    #[error("the length asked for is not between 0 and 2147483647")]
    Num2BinLength,
    /// OP_NUM2BIN to fewer bytes than the number has.
    #[error("a number of {got} bytes does not fit {wanted}")]
    Num2BinTooShort {
        /// Length of the shortest form.
        got: usize,
        /// Length asked for.
        wanted: usize,
    },
    /// OP_SPLIT outside the element.
    #[error("the split is not inside the element of {len} bytes")]
    SplitOutOfRange {
        /// The element's length.
        len: usize,
    },
    /// OP_SUBSTR, OP_LEFT or OP_RIGHT of bytes outside the element.
    #[error("the bytes asked for are not inside the element of {len} bytes")]
    SubstringOutOfRange {
        /// The element's length.
        len: usize,
    },
    /// OP_LSHIFTNUM or OP_RSHIFTNUM by more bits than the node's big integers shift at once.
    #[error("a shift by more than 2147483647 bits")]
    ShiftTooFar,
    /// A negative number of public keys.
    #[error("a negative number of public keys")]
    PublicKeyCount,
    /// A number of signatures that is negative or over that of the public keys.
    #[error("a number of signatures not between 0 and the {public_keys} public keys")]
    SignatureCount {
        /// Number of public keys.
        public_keys: usize,
    },
    /// The signature is not strict DER.
    #[error("the signature is not strict DER")]
    SignatureDer,
    /// The signature's S is in the upper half.
    #[error("the signature's S is in the upper half")]
    HighS,
    /// The signature's hash type is not one of those defined.
    #[error("the signature's hash type 0x{got:02x} is not defined")]
    HashType {
        /// The hash type.
        got: u8,
    },
    /// The signature's hash type lacks SIGHASH_FORKID.
    #[error("the signature's hash type 0x{got:02x} lacks SIGHASH_FORKID")]
    MustUseForkId {
        /// The hash type.
        got: u8,
    },
    /// The public key is neither compressed nor uncompressed.
    #[error("the public key is neither compressed nor uncompressed")]
    PublicKeyType,
    /// A check failed whose signatures are not all empty.
    #[error("the signature is not valid, and not empty either")]
    NullFail,
    /// The element OP_CHECKMULTISIG takes without need is not empty.
    #[error("the dummy element of the multisignature is not empty")]
    NullDummy,
    /// The script ended with a false element on top, or none.
    #[error("the script ended with nothing true on top")]
    EvalFalse,
    /// The script ended with more than one element.
    #[error("the script ended with {items} elements, one is allowed")]
    CleanStack {
        /// Elements left.
        items: usize,
    },
    /// More instructions than the caller grants. The node has no such rule; it has a clock.
    #[error("more than {limit} instructions")]
    StepBudget {
        /// Instructions granted.
        limit: u64,
    },
}

/// What is wrong with a conditional.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionalFault {
    /// OP_IF or its kin on an empty stack.
    #[error("no element to branch on")]
    NoCondition,
    /// OP_ELSE outside a conditional.
    #[error("OP_ELSE without OP_IF")]
    ElseWithoutIf,
    /// A second OP_ELSE.
    #[error("a second OP_ELSE")]
    SecondElse,
    /// OP_ENDIF outside a conditional.
    #[error("OP_ENDIF without OP_IF")]
    EndIfWithoutIf,
    /// The script ended inside a conditional.
    #[error("OP_IF without OP_ENDIF")]
    Unclosed,
}

impl ScriptError {
    /// The text the node gives for this reason, none where it has no such rule.
    ///
    /// Source: `ScriptErrorString`, Bitcoin SV node, `src/script/script_error.cpp`.
    pub const fn node_message(&self) -> Option<&'static str> {
        Some(match self {
            Self::ScriptTooLarge { .. } => "Script is too big",
            Self::NotPushOnly => "Only non-push operators allowed in signatures",
            Self::Truncated(_) | Self::BadOpcode => "Opcode missing or not understood",
            Self::DisabledOpcode => "Attempted to use a disabled opcode",
            Self::DiscouragedNop => "NOPx reserved for soft-fork upgrades",
            Self::NonMinimalPush => "Data push larger than necessary",
            Self::NonMinimalNumber { .. } => "Non-minimally encoded script number",
            Self::OperandTooLong { .. } | Self::ResultTooLong { .. } => "Script number overflow",
            Self::StackTooShort { .. } | Self::DepthOutOfRange { .. } => {
                "Operation not valid with the current stack size"
            }
            Self::AltStackEmpty => "Operation not valid with the current altstack size",
            Self::StackMemory { .. } => "Stack size limit exceeded",
            Self::Conditional(_) => "Invalid OP_IF construction",
            Self::Verify => "Script failed an OP_VERIFY operation",
            Self::EqualVerify => "Script failed an OP_EQUALVERIFY operation",
            Self::NumEqualVerify => "Script failed an OP_NUMEQUALVERIFY operation",
            Self::CheckSigVerify => "Script failed an OP_CHECKSIGVERIFY operation",
            Self::CheckMultisigVerify => "Script failed an OP_CHECKMULTISIGVERIFY operation",
            Self::DivisionByZero => "Division by zero error",
            Self::ModuloByZero => "Modulo by zero error",
            Self::OperandLengths { .. } => "Invalid operand size",
            Self::NegativeShift | Self::Bin2NumTooLong { .. } | Self::SubstringOutOfRange { .. } => {
                "Given operand is not a number within the valid range [-2^31...2^31]"
            }
            Self::Num2BinLength => "Push value size limit exceeded",
            Self::Num2BinTooShort { .. } => "The requested encoding is impossible to satisfy",
            Self::SplitOutOfRange { .. } => "Invalid OP_SPLIT range",
            Self::ShiftTooFar => "Big integer OpenSSL error",
            Self::PublicKeyCount => "Pubkey count negative or limit exceeded",
            Self::SignatureCount { .. } => "Signature count negative or greater than pubkey count",
            Self::SignatureDer => "Non-canonical DER signature",
            Self::HighS => "Non-canonical signature: S value is unnecessarily high",
            Self::HashType { .. } => "Signature hash type missing or not understood",
            Self::MustUseForkId { .. } => "Signature must use SIGHASH_FORKID",
            Self::PublicKeyType => "Public key is neither compressed or uncompressed",
            Self::NullFail => "Signature must be zero for failed CHECK(MULTI)SIG operation",
            Self::NullDummy => "Dummy CHECKMULTISIG argument must be zero",
            Self::EvalFalse => "Script evaluated without error but finished with a false/empty top stack element",
            Self::CleanStack { .. } => "Script did not clean its stack",
            Self::StepBudget { .. } => return None,
        })
    }
}
