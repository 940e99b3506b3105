//! Records a program: one method for each thing a script can do to values.

use ark_bn254::Fq;
use chain_types::{Opcode, Profile, script_num};
use num_bigint::BigInt;

use super::{Action, Bytes, Ending, Id, Leaf, Num, Origin, Program, Stashed, Statement, Table};
use crate::{bn254, error::BuildError, target::Target};

/// Records a program.
#[derive(Debug)]
pub(crate) struct Builder {
    program: Program,
    fragment_path: Vec<&'static str>,
    fragment: usize,
    target: Target,
    error: Option<BuildError>,
    modulus: Option<Num>,
}

/// Constants up to this many bytes are pushed at each use: a copy from the stack costs two bytes or more.
const INLINE_LEN: usize = 2;

impl Builder {
    /// An empty program for `target`.
    pub(crate) fn new(target: Target) -> Self {
        let program = Program {
            statements: Vec::new(),
            origins: Vec::new(),
            constants: Vec::new(),
            initial: Vec::new(),
            pinned: Vec::new(),
            leaves: Vec::new(),
            result: Id(0),
            ending: Ending::Result,
            put_aside: Vec::new(),
            fragments: vec![String::new()],
            units: Vec::new(),
            widest_number: 0,
            profile: target.profile,
        };
        Self { program, fragment_path: Vec::new(), fragment: 0, target, error: None, modulus: None }
    }

    /// The program is followed by more script, which runs if its result is true.
    pub(crate) fn end_verified(&mut self) {
        self.program.ending = Ending::Verified;
    }

    /// Ends the program; `result` is what it leaves.
    ///
    /// # Errors
    /// The first number too long for the limits.
    pub(crate) fn finish(mut self, result: Num) -> Result<Program, BuildError> {
        self.program.result = result.id;
        self.error.map_or(Ok(self.program), Err)
    }

    /// Records `body` under the fragment `name`, below the current one.
    pub(crate) fn fragment<T>(&mut self, name: &'static str, body: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.fragment;
        self.fragment_path.push(name);
        let path = self.fragment_path.join("/");
        self.fragment = match self.program.fragments.iter().position(|known| *known == path) {
            Some(index) => index,
            None => {
                self.program.fragments.push(path);
                self.program.fragments.len() - 1
            }
        };
        let result = body(self);
        self.fragment_path.pop();
        self.fragment = outer;
        result
    }

    /// As [`Self::fragment`]; and what is recorded is one unit, whose statements the order pass may rearrange.
    pub(crate) fn unit<T>(&mut self, name: &'static str, body: impl FnOnce(&mut Self) -> T) -> T {
        let start = self.program.statements.len();
        let result = self.fragment(name, body);
        self.program.units.push(start..self.program.statements.len());
        result
    }

    /// Says that `value` is what hint computation knows as `leaf`.
    pub(crate) fn mark(&mut self, leaf: Leaf, value: Num) {
        self.program.leaves.push((leaf, value.id));
    }

    fn new_id(&mut self, origin: Origin) -> Id {
        let id = Id(u32::try_from(self.program.origins.len()).expect("a program has fewer than 2^32 values"));
        self.program.origins.push(origin);
        self.program.constants.push(None);
        self.program.pinned.push(false);
        id
    }

    fn record<const N: usize>(&mut self, action: Action, args: &[Id]) -> [Id; N] {
        let results = [(); N].map(|()| self.new_id(Origin::Stack));
        let statement = Statement { action, args: args.to_vec(), results: results.to_vec(), fragment: self.fragment };
        self.program.statements.push(statement);
        results
    }

    fn num(&mut self, id: Id, bits: u64) -> Num {
        let len = script_num::len_for_bits(bits);
        self.program.widest_number = self.program.widest_number.max(len);
        let limit = self.target.limits.max_script_num_len as u64;
        if len > limit && self.error.is_none() {
            let fragment = self.program.fragments[self.fragment].clone();
            self.error = Some(BuildError::NumberTooLong { fragment, len, limit });
        }
        Num { id, bits }
    }

    fn op_num(&mut self, action: Action, args: &[Id], bits: u64) -> Num {
        let [id] = self.record(action, args);
        self.num(id, bits)
    }

    fn op_bytes(&mut self, action: Action, args: &[Id], len: usize) -> Bytes {
        let [id] = self.record(action, args);
        Bytes { id, len }
    }

    // ---- values at the start, constants

    /// A byte string on the stack at the start, above those declared before.
    pub(crate) fn initial(&mut self, len: usize) -> Bytes {
        let id = self.new_id(Origin::Stack);
        self.program.initial.push(id);
        Bytes { id, len }
    }

    /// A constant number: short ones are pushed at each use, long ones once, here.
    pub(crate) fn int(&mut self, value: impl Into<BigInt>) -> Num {
        let value = value.into();
        let bytes = script_num::encode(&value);
        let bits = value.bits();
        let id = if bytes.len() <= INLINE_LEN {
            self.new_id(Origin::Inline(bytes))
        } else {
            let [id] = self.record(Action::Push(bytes), &[]);
            id
        };
        self.program.constants[id.index()] = Some(value);
        self.num(id, bits)
    }

    /// A constant field element, in `0..q`.
    pub(crate) fn field(&mut self, value: Fq) -> Num {
        self.int(bn254::to_int(value))
    }

    /// Constant bytes, pushed here.
    pub(crate) fn bytes(&mut self, data: Vec<u8>) -> Bytes {
        let len = data.len();
        self.op_bytes(Action::Push(data), &[], len)
    }

    /// One constant byte, pushed at each use.
    pub(crate) fn inline_byte(&mut self, byte: u8) -> Bytes {
        Bytes { id: self.new_id(Origin::Inline(vec![byte])), len: 1 }
    }

    /// The base field's modulus, pushed at the first call and kept.
    pub(crate) fn modulus(&mut self) -> Num {
        if let Some(modulus) = self.modulus {
            return modulus;
        }
        let modulus = self.int(bn254::base_modulus());
        self.modulus = Some(modulus);
        modulus
    }

    // ---- arithmetic

    /// `a + b`
    pub(crate) fn add(&mut self, a: Num, b: Num) -> Num {
        self.op_num(Action::Commutative(Opcode::OP_ADD), &[a.id, b.id], a.bits.max(b.bits) + 1)
    }

    /// `a - b`
    pub(crate) fn sub(&mut self, a: Num, b: Num) -> Num {
        self.op_num(Action::Subtract, &[a.id, b.id], a.bits.max(b.bits) + 1)
    }

    /// `a b`
    pub(crate) fn mul(&mut self, a: Num, b: Num) -> Num {
        self.op_num(Action::Commutative(Opcode::OP_MUL), &[a.id, b.id], a.bits + b.bits)
    }

    /// `a^2`
    pub(crate) fn square(&mut self, a: Num) -> Num {
        self.mul(a, a)
    }

    /// `2 a`
    pub(crate) fn double(&mut self, a: Num) -> Num {
        match self.target.profile {
            Profile::Genesis => self.add(a, a),
            Profile::Chronicle => self.op_num(Action::Op(Opcode::OP_2MUL), &[a.id], a.bits + 1),
        }
    }

    /// `a + 1`
    pub(crate) fn inc(&mut self, a: Num) -> Num {
        self.op_num(Action::Op(Opcode::OP_1ADD), &[a.id], a.bits + 1)
    }

    /// `a - 1`
    pub(crate) fn dec(&mut self, a: Num) -> Num {
        self.op_num(Action::Op(Opcode::OP_1SUB), &[a.id], a.bits + 1)
    }

    /// `-a`
    pub(crate) fn neg(&mut self, a: Num) -> Num {
        self.op_num(Action::Op(Opcode::OP_NEGATE), &[a.id], a.bits)
    }

    /// `a mod q`, with the sign of `a`: congruent to `a`, magnitude below q.
    pub(crate) fn reduce(&mut self, a: Num) -> Num {
        let q = self.modulus();
        self.op_num(Action::Reduce, &[a.id, q.id], q.bits)
    }

    /// `a b mod q`, as [`Self::reduce`] leaves it.
    pub(crate) fn mul_reduced(&mut self, a: Num, b: Num) -> Num {
        let product = self.mul(a, b);
        self.reduce(product)
    }

    /// 1 if `a = 0`, else 0.
    pub(crate) fn is_zero(&mut self, a: Num) -> Num {
        self.op_num(Action::Op(Opcode::OP_NOT), &[a.id], 1)
    }

    /// Fails unless `a = b`.
    pub(crate) fn verify_equal(&mut self, a: Num, b: Num) {
        let [] = self.record(Action::Commutative(Opcode::OP_NUMEQUALVERIFY), &[a.id, b.id]);
    }

    /// Fails unless `a < b`.
    pub(crate) fn verify_less(&mut self, a: Num, b: Num) {
        let [is_less] = self.record(Action::Op(Opcode::OP_LESSTHAN), &[a.id, b.id]);
        let [] = self.record(Action::Op(Opcode::OP_VERIFY), &[is_less]);
    }

    // ---- bytes

    /// `a || b`
    pub(crate) fn cat(&mut self, a: Bytes, b: Bytes) -> Bytes {
        self.op_bytes(Action::Op(Opcode::OP_CAT), &[a.id, b.id], a.len + b.len)
    }

    /// The first `at` bytes, and the rest.
    pub(crate) fn split(&mut self, a: Bytes, at: usize) -> (Bytes, Bytes) {
        assert!(at <= a.len, "a split at {at} lies outside {} bytes", a.len);
        let position = self.position(at);
        let [head, tail] = self.record(Action::Op(Opcode::OP_SPLIT), &[a.id, position]);
        (Bytes { id: head, len: at }, Bytes { id: tail, len: a.len - at })
    }

    /// The first `len` bytes.
    pub(crate) fn first(&mut self, a: Bytes, len: usize) -> Bytes {
        match self.target.profile {
            Profile::Genesis => self.split(a, len).0,
            Profile::Chronicle => self.part(Opcode::OP_LEFT, a, len),
        }
    }

    /// The last `len` bytes.
    pub(crate) fn last(&mut self, a: Bytes, len: usize) -> Bytes {
        match self.target.profile {
            Profile::Genesis => self.split(a, a.len - len).1,
            Profile::Chronicle => self.part(Opcode::OP_RIGHT, a, len),
        }
    }

    fn part(&mut self, opcode: Opcode, a: Bytes, len: usize) -> Bytes {
        assert!(len <= a.len, "{len} of {} bytes", a.len);
        let position = self.position(len);
        self.op_bytes(Action::Op(opcode), &[a.id, position], len)
    }

    /// A length or position: always pushed where it is used, whatever its length.
    fn position(&mut self, n: usize) -> Id {
        self.new_id(Origin::Inline(script_num::encode(&BigInt::from(n))))
    }

    /// Bytewise AND of two strings of one length.
    pub(crate) fn and(&mut self, a: Bytes, b: Bytes) -> Bytes {
        assert_eq!(a.len, b.len, "AND takes equal lengths");
        self.op_bytes(Action::Commutative(Opcode::OP_AND), &[a.id, b.id], a.len)
    }

    /// Bytewise XOR of two strings of one length.
    pub(crate) fn xor(&mut self, a: Bytes, b: Bytes) -> Bytes {
        assert_eq!(a.len, b.len, "XOR takes equal lengths");
        self.op_bytes(Action::Commutative(Opcode::OP_XOR), &[a.id, b.id], a.len)
    }

    /// Bytewise NOT.
    pub(crate) fn invert(&mut self, a: Bytes) -> Bytes {
        self.op_bytes(Action::Op(Opcode::OP_INVERT), &[a.id], a.len)
    }

    /// The byte string moved right by `n` bits, as one big-endian bit string.
    pub(crate) fn shift_right(&mut self, a: Bytes, n: usize) -> Bytes {
        let amount = self.position(n);
        self.op_bytes(Action::Op(Opcode::OP_RSHIFT), &[a.id, amount], a.len)
    }

    /// The byte string moved left by `n` bits, as one big-endian bit string.
    pub(crate) fn shift_left(&mut self, a: Bytes, n: usize) -> Bytes {
        let amount = self.position(n);
        self.op_bytes(Action::Op(Opcode::OP_LSHIFT), &[a.id, amount], a.len)
    }

    /// The bytes read as a signed script number.
    pub(crate) fn signed_number(&mut self, a: Bytes) -> Num {
        let bits = (8 * a.len as u64).saturating_sub(1);
        self.number_below(a, bits)
    }

    /// As [`Self::signed_number`], for bytes known to stay below `2^bits`: the caller states why.
    pub(crate) fn number_below(&mut self, a: Bytes, bits: u64) -> Num {
        match self.target.profile {
            Profile::Genesis => self.op_num(Action::Op(Opcode::OP_BIN2NUM), &[a.id], bits),
            // Spends of version 2 may compute with numbers that are not in their shortest form.
            Profile::Chronicle => self.num(a.id, bits.max(8 * a.len as u64 - 1)),
        }
    }

    /// The bytes read as an unsigned number: a zero byte on top keeps the highest bit from being a sign.
    pub(crate) fn unsigned_number(&mut self, a: Bytes) -> Num {
        let zero = self.inline_byte(0);
        let padded = self.cat(a, zero);
        self.signed_number(padded)
    }

    /// The number in `len` bytes; the script fails if it does not fit.
    pub(crate) fn padded_bytes(&mut self, a: Num, len: usize) -> Bytes {
        let size = self.position(len);
        self.op_bytes(Action::Op(Opcode::OP_NUM2BIN), &[a.id, size], len)
    }

    /// SHA-256.
    pub(crate) fn sha256(&mut self, a: Bytes) -> Bytes {
        self.op_bytes(Action::Op(Opcode::OP_SHA256), &[a.id], 32)
    }

    /// RIPEMD-160 of SHA-256.
    pub(crate) fn hash160(&mut self, a: Bytes) -> Bytes {
        self.op_bytes(Action::Op(Opcode::OP_HASH160), &[a.id], 20)
    }

    /// Fails unless `a` has the length it is declared with.
    pub(crate) fn verify_len(&mut self, a: Bytes) -> Bytes {
        self.op_bytes(Action::VerifyLen(a.len), &[a.id], a.len)
    }

    /// Fails unless the last byte of `a`, whatever its length, is `byte`; an empty `a` fails too.
    pub(crate) fn verify_last_byte(&mut self, a: Bytes, byte: u8) -> Bytes {
        self.op_bytes(Action::VerifyLastByte(byte), &[a.id], a.len)
    }

    /// Fails unless `signature` is the key's over this transaction.
    pub(crate) fn verify_signature(&mut self, signature: Bytes, public_key: Bytes) {
        let [] = self.record(Action::Op(Opcode::OP_CHECKSIGVERIFY), &[signature.id, public_key.id]);
    }

    // ---- placement

    /// Moves `a` to the top now.
    pub(crate) fn raise(&mut self, a: Num) -> Num {
        self.op_num(Action::Raise, &[a.id], a.bits)
    }

    /// Moves `a` to the alternative stack. What is stashed last must be taken back first: the scheduler checks it.
    pub(crate) fn stash(&mut self, a: Num) -> Stashed<Num> {
        Stashed(self.op_num(Action::Stash, &[a.id], a.bits))
    }

    /// Takes `a` back.
    pub(crate) fn unstash(&mut self, a: Stashed<Num>) -> Num {
        self.op_num(Action::Unstash, &[a.0.id], a.0.bits)
    }

    /// Moves `a` to the alternative stack.
    pub(crate) fn stash_bytes(&mut self, a: Bytes) -> Stashed<Bytes> {
        Stashed(self.op_bytes(Action::Stash, &[a.id], a.len))
    }

    /// Puts `a`, or a copy of it if it is used again, on the alternative stack for what follows the program.
    pub(crate) fn put_aside(&mut self, a: Bytes) {
        let Stashed(kept) = self.stash_bytes(a);
        self.program.put_aside.push(kept.id);
    }

    /// Takes `a` back.
    pub(crate) fn unstash_bytes(&mut self, a: Stashed<Bytes>) -> Bytes {
        self.op_bytes(Action::Unstash, &[a.0.id], a.0.len)
    }

    /// Declares values that lie next to each other, entry 0 nearest the top, as a table that stays in place.
    pub(crate) fn table(&mut self, entries: &[Num]) -> Table {
        for entry in entries {
            self.program.pinned[entry.id.index()] = true;
        }
        let bits = entries.iter().map(|e| e.bits).max().unwrap_or(0);
        Table { entries: entries.iter().map(|e| e.id).collect(), bits }
    }

    /// A copy of the entry at `index`; the caller states why `index` is below the table's length.
    pub(crate) fn lookup(&mut self, table: &Table, index: Num) -> Num {
        self.op_num(Action::Lookup(table.entries.clone()), &[index.id], table.bits)
    }
}
