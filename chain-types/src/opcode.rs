//! The opcodes of the Genesis and Chronicle rule sets.

use core::fmt;

/// One opcode byte. Bytes without a name of their own are opcodes too: the node refuses them when executed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opcode(pub u8);

macro_rules! opcodes {
    ($($name:ident = $byte:literal, $doc:literal;)*) => {
        impl Opcode {
            $(#[doc = $doc] pub const $name: Self = Self($byte);)*

            /// Every named opcode, in byte order of the table.
            pub const NAMED: &[(Self, &str)] = &[$((Self::$name, stringify!($name)),)*];
        }
    };
}

// Source: Bitcoin SV node v1.2.2, src/script/opcodes.h.
opcodes! {
    OP_0 = 0x00, "`[] -> [empty]`";
    OP_PUSHDATA1 = 0x4c, "Pushes data whose length is the next byte.";
    OP_PUSHDATA2 = 0x4d, "Pushes data whose length is the next two bytes.";
    OP_PUSHDATA4 = 0x4e, "Pushes data whose length is the next four bytes.";
    OP_1NEGATE = 0x4f, "`[] -> [-1]`";
    OP_RESERVED = 0x50, "Fails when executed.";
    OP_1 = 0x51, "`[] -> [1]`";
    OP_2 = 0x52, "`[] -> [2]`";
    OP_3 = 0x53, "`[] -> [3]`";
    OP_4 = 0x54, "`[] -> [4]`";
    OP_5 = 0x55, "`[] -> [5]`";
    OP_6 = 0x56, "`[] -> [6]`";
    OP_7 = 0x57, "`[] -> [7]`";
    OP_8 = 0x58, "`[] -> [8]`";
    OP_9 = 0x59, "`[] -> [9]`";
    OP_10 = 0x5a, "`[] -> [10]`";
    OP_11 = 0x5b, "`[] -> [11]`";
    OP_12 = 0x5c, "`[] -> [12]`";
    OP_13 = 0x5d, "`[] -> [13]`";
    OP_14 = 0x5e, "`[] -> [14]`";
    OP_15 = 0x5f, "`[] -> [15]`";
    OP_16 = 0x60, "`[] -> [16]`";
    OP_NOP = 0x61, "Does nothing.";
    OP_VER = 0x62, "Chronicle: `[] -> [version, 4 bytes]`; fails before.";
    OP_IF = 0x63, "`[c] -> []`, runs the next branch if `c` is true.";
    OP_NOTIF = 0x64, "`[c] -> []`, runs the next branch if `c` is false.";
    OP_VERIF = 0x65, "Chronicle: runs the next branch if the element is the transaction version.";
    OP_VERNOTIF = 0x66, "Chronicle: negation of OP_VERIF.";
    OP_ELSE = 0x67, "Swaps branches.";
    OP_ENDIF = 0x68, "Ends a branch.";
    OP_VERIFY = 0x69, "`[c] -> []`, fails unless `c` is true.";
    OP_RETURN = 0x6a, "Ends the script; at top level with success.";
    OP_TOALTSTACK = 0x6b, "`[x] -> []`, moved to the alternative stack.";
    OP_FROMALTSTACK = 0x6c, "`[] -> [x]`, moved from the alternative stack.";
    OP_2DROP = 0x6d, "`[a b] -> []`";
    OP_2DUP = 0x6e, "`[a b] -> [a b a b]`";
    OP_3DUP = 0x6f, "`[a b c] -> [a b c a b c]`";
    OP_2OVER = 0x70, "`[a b c d] -> [a b c d a b]`";
    OP_2ROT = 0x71, "`[a b c d e f] -> [c d e f a b]`";
    OP_2SWAP = 0x72, "`[a b c d] -> [c d a b]`";
    OP_IFDUP = 0x73, "Duplicates the top element if it is true.";
    OP_DEPTH = 0x74, "`[] -> [number of elements]`";
    OP_DROP = 0x75, "`[a] -> []`";
    OP_DUP = 0x76, "`[a] -> [a a]`";
    OP_NIP = 0x77, "`[a b] -> [b]`";
    OP_OVER = 0x78, "`[a b] -> [a b a]`";
    OP_PICK = 0x79, "`[.. n] -> [.. x]`, a copy of the element at depth `n`.";
    OP_ROLL = 0x7a, "`[.. n] -> [.. x]`, the element at depth `n`, moved.";
    OP_ROT = 0x7b, "`[a b c] -> [b c a]`";
    OP_SWAP = 0x7c, "`[a b] -> [b a]`";
    OP_TUCK = 0x7d, "`[a b] -> [b a b]`";
    OP_CAT = 0x7e, "`[a b] -> [a||b]`";
    OP_SPLIT = 0x7f, "`[x n] -> [x[..n] x[n..]]`";
    OP_NUM2BIN = 0x80, "`[x n] -> [x in n bytes]`";
    OP_BIN2NUM = 0x81, "`[bytes] -> [minimal number]`";
    OP_SIZE = 0x82, "`[x] -> [x len]`";
    OP_INVERT = 0x83, "Bytewise NOT.";
    OP_AND = 0x84, "Bytewise AND of equal lengths.";
    OP_OR = 0x85, "Bytewise OR of equal lengths.";
    OP_XOR = 0x86, "Bytewise XOR of equal lengths.";
    OP_EQUAL = 0x87, "`[a b] -> [a == b]` as bytes.";
    OP_EQUALVERIFY = 0x88, "`[a b] -> []`, fails unless equal as bytes.";
    OP_RESERVED1 = 0x89, "Fails when executed.";
    OP_RESERVED2 = 0x8a, "Fails when executed.";
    OP_1ADD = 0x8b, "`[a] -> [a + 1]`";
    OP_1SUB = 0x8c, "`[a] -> [a - 1]`";
    OP_2MUL = 0x8d, "Chronicle: `[a] -> [2 a]`; disabled before.";
    OP_2DIV = 0x8e, "Chronicle: `[a] -> [a / 2]`, towards zero; disabled before.";
    OP_NEGATE = 0x8f, "`[a] -> [-a]`";
    OP_ABS = 0x90, "`[a] -> [|a|]`";
    OP_NOT = 0x91, "`[a] -> [a == 0]`";
    OP_0NOTEQUAL = 0x92, "`[a] -> [a != 0]`";
    OP_ADD = 0x93, "`[a b] -> [a + b]`";
    OP_SUB = 0x94, "`[a b] -> [a - b]`";
    OP_MUL = 0x95, "`[a b] -> [a b]`";
    OP_DIV = 0x96, "`[a b] -> [a / b]`, towards zero.";
    OP_MOD = 0x97, "`[a b] -> [a mod b]`, with the sign of `a`.";
    OP_LSHIFT = 0x98, "`[bytes n] -> [bytes << n]`, as one big-endian bit string, length kept.";
    OP_RSHIFT = 0x99, "`[bytes n] -> [bytes >> n]`, as one big-endian bit string, length kept.";
    OP_BOOLAND = 0x9a, "`[a b] -> [a and b]`";
    OP_BOOLOR = 0x9b, "`[a b] -> [a or b]`";
    OP_NUMEQUAL = 0x9c, "`[a b] -> [a == b]` as numbers.";
    OP_NUMEQUALVERIFY = 0x9d, "`[a b] -> []`, fails unless equal as numbers.";
    OP_NUMNOTEQUAL = 0x9e, "`[a b] -> [a != b]`";
    OP_LESSTHAN = 0x9f, "`[a b] -> [a < b]`";
    OP_GREATERTHAN = 0xa0, "`[a b] -> [a > b]`";
    OP_LESSTHANOREQUAL = 0xa1, "`[a b] -> [a <= b]`";
    OP_GREATERTHANOREQUAL = 0xa2, "`[a b] -> [a >= b]`";
    OP_MIN = 0xa3, "`[a b] -> [min]`";
    OP_MAX = 0xa4, "`[a b] -> [max]`";
    OP_WITHIN = 0xa5, "`[x min max] -> [min <= x < max]`";
    OP_RIPEMD160 = 0xa6, "`[x] -> [RIPEMD-160]`";
    OP_SHA1 = 0xa7, "`[x] -> [SHA-1]`";
    OP_SHA256 = 0xa8, "`[x] -> [SHA-256]`";
    OP_HASH160 = 0xa9, "`[x] -> [RIPEMD-160 of SHA-256]`";
    OP_HASH256 = 0xaa, "`[x] -> [SHA-256 of SHA-256]`";
    OP_CODESEPARATOR = 0xab, "The code signed starts after it.";
    OP_CHECKSIG = 0xac, "`[sig public_key] -> [valid]`";
    OP_CHECKSIGVERIFY = 0xad, "`[sig public_key] -> []`, fails unless valid.";
    OP_CHECKMULTISIG = 0xae, "`[dummy sigs m keys n] -> [valid]`";
    OP_CHECKMULTISIGVERIFY = 0xaf, "`[dummy sigs m keys n] -> []`, fails unless valid.";
    OP_NOP1 = 0xb0, "Does nothing; executing it is discouraged by policy.";
    OP_NOP2 = 0xb1, "Does nothing since Genesis (was CHECKLOCKTIMEVERIFY).";
    OP_NOP3 = 0xb2, "Does nothing since Genesis (was CHECKSEQUENCEVERIFY).";
    OP_SUBSTR = 0xb3, "Chronicle: `[bytes begin len] -> [bytes[begin..begin + len]]`; OP_NOP4 before.";
    OP_LEFT = 0xb4, "Chronicle: `[bytes len] -> [bytes[..len]]`; OP_NOP5 before.";
    OP_RIGHT = 0xb5, "Chronicle: `[bytes len] -> [last len bytes]`; OP_NOP6 before.";
    OP_LSHIFTNUM = 0xb6, "Chronicle: `[a n] -> [a 2^n]`; OP_NOP7 before.";
    OP_RSHIFTNUM = 0xb7, "Chronicle: `[a n] -> [a / 2^n]`, towards zero; OP_NOP8 before.";
    OP_NOP9 = 0xb8, "Does nothing; executing it is discouraged by policy.";
    OP_NOP10 = 0xb9, "Does nothing; executing it is discouraged by policy.";
}

impl Opcode {
    /// The opcode that pushes the number `n`, for `n` from 0 to 16.
    pub const fn small_int(n: u8) -> Option<Self> {
        match n {
            0 => Some(Self::OP_0),
            1..=16 => Some(Self(0x50 + n)),
            _ => None,
        }
    }

    /// The opcode's name in assembly text, if it has one.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(op, _)| *op == self).map(|(_, name)| *name)
    }

    /// The opcode with that name in assembly text.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMED.iter().find(|(_, n)| *n == name).map(|(op, _)| *op)
    }

    /// Whether the opcode only pushes data (all bytes up to OP_16; the node counts OP_RESERVED among them).
    pub const fn is_push(self) -> bool {
        self.0 <= 0x60
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:02x}", self.0),
        }
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    #[test]
    fn named__every_entry__is_unique_and_round_trips() {
        for (i, (op, name)) in Opcode::NAMED.iter().enumerate() {
            assert_eq!(Opcode::from_name(name), Some(*op));
            assert_eq!(op.name(), Some(*name));
            assert!(Opcode::NAMED[i + 1..].iter().all(|(o, n)| o.0 > op.0 && n != name), "{name}");
        }
        assert_eq!(Opcode::from_name("OP_FOO"), None);
        assert_eq!(Opcode(0xba).name(), None);
    }
}
