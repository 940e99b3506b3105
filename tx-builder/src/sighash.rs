//! What a signature signs: the FORKID form of the signature hash (that of BIP143) or, since Chronicle, the original one.
//!
//! Source: Bitcoin SV node v1.2.2, `src/script/interpreter.cpp` lines 2034-2084 and, for the original form, 1841-1958
//! and 2086-2110; hash types `src/script/sighashtype.h`.

use core::fmt;

use bitcoin::{
    Script, Transaction, VarInt,
    consensus::Encodable as _,
    hashes::{Hash as _, sha256, sha256d},
    io,
    sighash::{SighashCache, SigningDataError},
};
use chain_types::{Instruction, Instructions, Opcode, Satoshis};

/// Which outputs a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outputs {
    All,
    None,
    Single,
}

/// Which digest is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digest {
    /// That of BIP143, which covers the value spent.
    ForkId,
    /// The one of Bitcoin's first version, which does not; legal again since Chronicle.
    Original,
}

/// The last byte of a signature element. FORKID is always set; this project signs with [`SighashType::ALL_FORKID`], and
/// for what is attested ahead of a transaction with [`SighashType::SINGLE_ANYONE_CAN_PAY_FORKID`]. The others are for
/// judging what others signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SighashType {
    outputs: Outputs,
    anyone_can_pay: bool,
    digest: Digest,
}

/// Why a byte is no hash type. Whether the chain's rules allow for one is for the script machine to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SighashTypeError {
    /// Bit 0x40 is not set.
    #[error("hash type {got:#04x} lacks FORKID")]
    MissingForkId {
        /// The byte.
        got: u8,
    },
    /// Not one of all, none, single, with or without anyone-can-pay and CHRONICLE.
    #[error("hash type {got:#04x} is not defined")]
    Undefined {
        /// The byte.
        got: u8,
    },
}

const CHRONICLE: u8 = 0x20;
const FORK_ID: u8 = 0x40;
const ANYONE_CAN_PAY: u8 = 0x80;

impl SighashType {
    /// All inputs, all outputs, FORKID: 0x41.
    pub const ALL_FORKID: Self = Self { outputs: Outputs::All, anyone_can_pay: false, digest: Digest::ForkId };

    /// All inputs, all outputs, the original digest: 0x61, legal since Chronicle.
    pub const ALL_CHRONICLE: Self = Self { digest: Digest::Original, ..Self::ALL_FORKID };

    /// The input itself and the output of the same index, FORKID: 0xc3. Others may add inputs and outputs.
    pub const SINGLE_ANYONE_CAN_PAY_FORKID: Self =
        Self { outputs: Outputs::Single, anyone_can_pay: true, ..Self::ALL_FORKID };

    /// Reads the byte.
    ///
    /// # Errors
    /// [`SighashTypeError`].
    pub const fn from_byte(byte: u8) -> Result<Self, SighashTypeError> {
        let outputs = match byte & !(CHRONICLE | FORK_ID | ANYONE_CAN_PAY) {
            1 => Outputs::All,
            2 => Outputs::None,
            3 => Outputs::Single,
            _ => return Err(SighashTypeError::Undefined { got: byte }),
        };
        if byte & FORK_ID == 0 {
            return Err(SighashTypeError::MissingForkId { got: byte });
        }
        let digest = if byte & CHRONICLE == 0 { Digest::ForkId } else { Digest::Original };
        Ok(Self { outputs, anyone_can_pay: byte & ANYONE_CAN_PAY != 0, digest })
    }

    /// The byte.
    pub const fn to_byte(self) -> u8 {
        let base = match self.outputs {
            Outputs::All => 1,
            Outputs::None => 2,
            Outputs::Single => 3,
        };
        let digest = match self.digest {
            Digest::ForkId => FORK_ID,
            Digest::Original => FORK_ID | CHRONICLE,
        };
        base | digest | if self.anyone_can_pay { ANYONE_CAN_PAY } else { 0 }
    }
}

/// The digest that is signed: the double SHA-256 of the preimage, or [`Sighash::ONE`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sighash(pub [u8; 32]);

impl Sighash {
    /// What the original form signs in place of an output that is not there: SINGLE for an input without an output of
    /// the same index. Such a signature is good for any transaction.
    pub const ONE: Self = {
        let mut one = [0; 32];
        one[0] = 1;
        Self(one)
    };
}

impl fmt::Debug for Sighash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sighash({})", hex::encode(self.0))
    }
}

/// The fields a signature commits to, for one input.
#[derive(Clone, Copy, Debug)]
pub struct SighashPreimage<'a> {
    transaction: &'a Transaction,
    input_idx: usize,
    script_code: &'a [u8],
    value: Satoshis,
    sighash_type: SighashType,
}

/// Why there is no preimage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SighashError {
    /// The transaction has fewer inputs.
    #[error("input {input_idx} of a transaction with {n_inputs}")]
    NoSuchInput {
        /// The index asked for.
        input_idx: usize,
        /// Inputs there are.
        n_inputs: usize,
    },
}

impl<'a> SighashPreimage<'a> {
    /// The preimage for an input that spends `value`; `script_code` is the spent locking script from after the last
    /// executed OP_CODESEPARATOR. The original form does not cover `value`, nor the code's further OP_CODESEPARATORs.
    ///
    /// # Errors
    /// [`SighashError::NoSuchInput`].
    pub fn new(
        transaction: &'a Transaction,
        input_idx: usize,
        script_code: &'a [u8],
        value: Satoshis,
        sighash_type: SighashType,
    ) -> Result<Self, SighashError> {
        let n_inputs = transaction.input.len();
        if input_idx >= n_inputs {
            return Err(SighashError::NoSuchInput { input_idx, n_inputs });
        }
        Ok(Self { transaction, input_idx, script_code, value, sighash_type })
    }

    /// The double SHA-256 of the preimage, without holding the preimage in memory; [`Sighash::ONE`] if there is none.
    pub fn sighash(&self) -> Sighash {
        if self.signs_no_output() {
            return Sighash::ONE;
        }
        Sighash(hash_of(|engine| self.write_to(engine)))
    }

    /// The original form of SINGLE for an input without an output of the same index.
    fn signs_no_output(&self) -> bool {
        let SighashType { outputs, digest, .. } = self.sighash_type;
        (outputs, digest) == (Outputs::Single, Digest::Original) && self.input_idx >= self.transaction.output.len()
    }

    /// The preimage's bytes; none where what is signed is [`Sighash::ONE`].
    pub fn to_bytes(&self) -> Vec<u8> {
        // 156 bytes of fixed fields and a length prefix of at most 9.
        let mut bytes = Vec::with_capacity(165 + self.script_code.len());
        self.write_to(&mut bytes).expect("writing into memory cannot fail");
        bytes
    }

    fn write_to(&self, w: &mut impl io::Write) -> Result<(), io::Error> {
        match self.sighash_type.digest {
            Digest::ForkId => self.write_forkid_form(w),
            Digest::Original => self.write_original_form(w),
        }
    }

    /// Writes nothing where there is no preimage.
    fn write_original_form(&self, w: &mut impl io::Write) -> Result<(), io::Error> {
        let code = without_separators(self.script_code);
        let sighash_type = u32::from(self.sighash_type.to_byte());
        let cache = SighashCache::new(self.transaction);
        let code = Script::from_bytes(&code);
        match cache.legacy_encode_signing_data_to(w, self.input_idx, code, sighash_type).is_sighash_single_bug() {
            Ok(_) => Ok(()),
            Err(SigningDataError::Io(error)) => Err(error),
            // The input's index was checked when this was made.
            Err(SigningDataError::Sighash(_)) => Ok(()),
        }
    }

    fn write_forkid_form(&self, w: &mut impl io::Write) -> Result<(), io::Error> {
        let input = &self.transaction.input[self.input_idx];
        self.transaction.version.consensus_encode(w)?;
        w.write_all(&self.hash_prevouts())?;
        w.write_all(&self.hash_sequence())?;
        input.previous_output.consensus_encode(w)?;
        VarInt::from(self.script_code.len()).consensus_encode(w)?;
        w.write_all(self.script_code)?;
        self.value.0.consensus_encode(w)?;
        input.sequence.consensus_encode(w)?;
        w.write_all(&self.hash_outputs())?;
        self.transaction.lock_time.consensus_encode(w)?;
        u32::from(self.sighash_type.to_byte()).consensus_encode(w)?;
        Ok(())
    }

    fn hash_prevouts(&self) -> [u8; 32] {
        if self.sighash_type.anyone_can_pay {
            return [0; 32];
        }
        hash_of(|engine| {
            self.transaction.input.iter().try_for_each(|i| i.previous_output.consensus_encode(engine).map(drop))
        })
    }

    fn hash_sequence(&self) -> [u8; 32] {
        if self.sighash_type.anyone_can_pay || self.sighash_type.outputs != Outputs::All {
            return [0; 32];
        }
        hash_of(|engine| self.transaction.input.iter().try_for_each(|i| i.sequence.consensus_encode(engine).map(drop)))
    }

    fn hash_outputs(&self) -> [u8; 32] {
        let outputs = &self.transaction.output;
        let covered = match self.sighash_type.outputs {
            Outputs::All => outputs.as_slice(),
            Outputs::None => &[],
            Outputs::Single => outputs.get(self.input_idx).map_or(&[][..], std::slice::from_ref),
        };
        if covered.is_empty() && self.sighash_type.outputs != Outputs::All {
            return [0; 32];
        }
        hash_of(|engine| covered.iter().try_for_each(|o| o.consensus_encode(engine).map(drop)))
    }
}

/// The code less every OP_CODESEPARATOR. What follows a push cut short is kept as it is.
fn without_separators(code: &[u8]) -> Vec<u8> {
    let separator = |read| match read {
        Ok((offset, Instruction::Op(Opcode::OP_CODESEPARATOR))) => Some(offset),
        _ => None,
    };
    let mut kept = Vec::with_capacity(code.len());
    let mut start = 0;
    for offset in Instructions::new(code).filter_map(separator) {
        kept.extend_from_slice(&code[start..offset]);
        start = offset + 1;
    }
    kept.extend_from_slice(&code[start..]);
    kept
}

fn hash_of(write: impl FnOnce(&mut sha256::HashEngine) -> Result<(), io::Error>) -> [u8; 32] {
    let mut engine = sha256d::Hash::engine();
    write(&mut engine).expect("a hash engine takes every byte");
    sha256d::Hash::from_engine(engine).to_byte_array()
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;

    use crate::decode_hex;

    // BIP143's first example ("native P2WPKH"), second input, 6 coins. Bitcoin SV's FORKID form has the same fields;
    // with the hash type 1 of that example in place of 0x41 the digest must be the one published there.
    const UNSIGNED: &str = concat!(
        "0100000002fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000eeffffff",
        "ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a914",
        "8280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa8159",
        "88ac11000000"
    );
    const SCRIPT_CODE: &str = "76a9141d0f172a0ecb48aee1be1f2687d2963ae33f71a188ac";
    const PUBLISHED: &str = "c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670";

    fn preimage_of(transaction: &Transaction, sighash_type: u8) -> Vec<u8> {
        let script_code = hex::decode(SCRIPT_CODE).expect("hexadecimal");
        let sighash_type = SighashType::from_byte(sighash_type).expect("a defined type");
        let preimage = SighashPreimage::new(transaction, 1, &script_code, Satoshis(600_000_000), sighash_type);
        let preimage = preimage.expect("input 1 exists");
        let bytes = preimage.to_bytes();
        assert_eq!(preimage.sighash().0, sha256d::Hash::hash(&bytes).to_byte_array());
        bytes
    }

    #[test]
    fn preimage__bip143_example__has_the_published_digest() {
        let transaction = decode_hex(UNSIGNED).expect("a transaction");
        let mut bytes = preimage_of(&transaction, 0x41);
        let type_field = bytes.len() - 4;
        assert_eq!(bytes[type_field..], [0x41, 0, 0, 0]);
        bytes[type_field] = 0x01;
        assert_eq!(hex::encode(sha256d::Hash::hash(&bytes).to_byte_array()), PUBLISHED);
        bytes[4] ^= 1;
        assert_ne!(hex::encode(sha256d::Hash::hash(&bytes).to_byte_array()), PUBLISHED);
    }

    #[test]
    fn preimage__each_hash_type__blanks_its_fields() {
        // Offsets of the three hashes in the preimage; its fixed tail is hash of outputs, lock time, type.
        let transaction = decode_hex(UNSIGNED).expect("a transaction");
        let blank = |bytes: &[u8]| {
            let outputs = bytes.len() - 40;
            [4, 36, outputs].map(|at| bytes[at..at + 32] == [0; 32])
        };
        for (sighash_type, [prevouts, sequence, outputs]) in [
            (0x41, [false, false, false]),
            (0x42, [false, true, true]),
            (0x43, [false, true, false]),
            (0xc1, [true, true, false]),
            (0xc2, [true, true, true]),
            (0xc3, [true, true, false]),
        ] {
            let bytes = preimage_of(&transaction, sighash_type);
            assert_eq!(blank(&bytes), [prevouts, sequence, outputs], "{sighash_type:#x}");
        }
        let mut fewer_outputs = transaction.clone();
        fewer_outputs.output.pop();
        assert_eq!(blank(&preimage_of(&fewer_outputs, 0x43)), [false, true, true]);
    }

    #[test]
    fn sighash__long_script_code__streams_to_the_same_digest() {
        let transaction = decode_hex(UNSIGNED).expect("a transaction");
        for len in [0, 252, 253, 30_000, 65_536] {
            let script_code = vec![0x51; len];
            let preimage = SighashPreimage::new(&transaction, 0, &script_code, Satoshis(1), SighashType::ALL_FORKID);
            let preimage = preimage.expect("input 0 exists");
            assert_eq!(preimage.sighash().0, sha256d::Hash::hash(&preimage.to_bytes()).to_byte_array());
        }
    }

    #[test]
    fn sighash__missing_input_or_undefined_type__is_refused_by_name() {
        let named = [SighashType::ALL_FORKID, SighashType::ALL_CHRONICLE, SighashType::SINGLE_ANYONE_CAN_PAY_FORKID];
        assert_eq!(named.map(SighashType::to_byte), [0x41, 0x61, 0xc3]);
        let transaction = decode_hex(UNSIGNED).expect("a transaction");
        let refused = SighashPreimage::new(&transaction, 2, &[], Satoshis(1), SighashType::ALL_FORKID);
        assert_eq!(refused.expect_err("two inputs"), SighashError::NoSuchInput { input_idx: 2, n_inputs: 2 });
        for got in 0..=u8::MAX {
            let read = SighashType::from_byte(got);
            match got {
                0x41..=0x43 | 0x61..=0x63 | 0xc1..=0xc3 | 0xe1..=0xe3 => {
                    assert_eq!(read.map(SighashType::to_byte), Ok(got));
                }
                0x01..=0x03 | 0x21..=0x23 | 0x81..=0x83 | 0xa1..=0xa3 => {
                    assert_eq!(read, Err(SighashTypeError::MissingForkId { got }));
                }
                _ => assert_eq!(read, Err(SighashTypeError::Undefined { got })),
            }
        }
    }

    #[test]
    fn original_form__first_payment_of_the_main_chain__has_the_digest_its_payer_signed() {
        // Transaction f4184fc5.. of block 170, which spends a P2PK output; its hash type is 1.
        let payment = decode_hex(concat!(
            "0100000001c997a5e56e104102fa209c6a852dd90660a20b2d9c352423edce25857fcd3704000000004847304402204e45e16932b8",
            "af514961a1d3a1a25fdf3f4f7732e9d624c6c61548ab5fb8cd410220181522ec8eca07de4860a4acdd12909d831cc56cbbac462208",
            "2221a8768d1d0901ffffffff0200ca9a3b00000000434104ae1a62fe09c5f51b13905f07f06b99a2f7159b2225f374cd378d71302f",
            "a28414e7aab37397f554a7df5f142c21c1b7303b8a0626f1baded5c72a704f7e6cd84cac00286bee0000000043410411db93e1dcdb",
            "8a016b49840f8c53bc1eb68a382e97b1482ecad7b148a6909a5cb2e0eaddfb84ccf9744464f82e160bfa9b8b64f9d4c03f999b8643",
            "f656b412a3ac00000000"
        ));
        let payment = payment.expect("a transaction");
        assert_eq!(
            payment.compute_txid().to_string(),
            "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"
        );
        // The second output pays back to the same key.
        let spent = payment.output[1].script_pubkey.as_bytes();
        let public_key = secp256k1::PublicKey::from_slice(&spent[1..66]).expect("a point");
        let script_sig = payment.input[0].script_sig.as_bytes();
        let signature = secp256k1::ecdsa::Signature::from_der(&script_sig[1..script_sig.len() - 1]).expect("DER");
        let is_signed = |bytes: &[u8]| {
            let digest = secp256k1::Message::from_digest(sha256d::Hash::hash(bytes).to_byte_array());
            secp256k1::SECP256K1.verify_ecdsa(&digest, &signature, &public_key).is_ok()
        };
        let preimage = SighashPreimage::new(&payment, 0, spent, Satoshis(5), SighashType::ALL_CHRONICLE);
        let mut bytes = preimage.expect("input 0 exists").to_bytes();
        let type_field = bytes.len() - 4;
        assert_eq!(bytes[type_field..], [0x61, 0, 0, 0]);
        assert!(!is_signed(&bytes), "the hash type is signed");
        bytes[type_field] = 1;
        assert!(is_signed(&bytes));
    }

    #[test]
    fn original_form__each_hash_type__has_its_fields() {
        const FIRST: &str = "fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f0000000000";
        const SECOND: &str = "ef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a01000000";
        const OUTPUT_0: &str = "202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac";
        const OUTPUT_1: &str = "9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac";
        const BLANK: &str = "ffffffffffffffff00";
        let transaction = decode_hex(UNSIGNED).expect("a transaction");
        let own = format!("{SECOND}19{SCRIPT_CODE}ffffffff");
        let (all, none, single) = (format!("02{OUTPUT_0}{OUTPUT_1}"), "00".to_owned(), format!("02{BLANK}{OUTPUT_1}"));
        let with_other = |sequence: &str| format!("02{FIRST}{sequence}{own}");
        let alone = format!("01{own}");
        for (sighash_type, inputs, outputs) in [
            (0x61, with_other("eeffffff"), &all),
            (0x62, with_other("00000000"), &none),
            (0x63, with_other("00000000"), &single),
            (0xe1, alone.clone(), &all),
            (0xe2, alone.clone(), &none),
            (0xe3, alone.clone(), &single),
        ] {
            let expected = format!("01000000{inputs}{outputs}11000000{sighash_type:02x}000000");
            assert_eq!(hex::encode(preimage_of(&transaction, sighash_type)), expected, "{sighash_type:#x}");
        }
    }

    #[test]
    fn original_form__separators__are_left_out_and_the_value_does_not_count() {
        let transaction = decode_hex(UNSIGNED).expect("a transaction");
        let digest = |code: &str, value, sighash_type| {
            let code = hex::decode(code).expect("hexadecimal");
            SighashPreimage::new(&transaction, 0, &code, Satoshis(value), sighash_type).expect("input 0").sighash()
        };
        let (original, forkid) = (SighashType::ALL_CHRONICLE, SighashType::ALL_FORKID);
        // The 0xab that is pushed stays, and so does what a push cut short swallows.
        for (code, kept) in [("ab51ab01ababac", "5101abac"), ("abab", ""), ("51ab05abab", "5105abab"), ("51", "51")] {
            assert_eq!(digest(code, 1, original), digest(kept, 2, original), "{code}");
            assert!(code == kept || digest(code, 1, forkid) != digest(kept, 1, forkid), "{code}");
        }
        assert_ne!(digest("51", 1, original), digest("52", 1, original));
        assert_ne!(digest("51", 1, forkid), digest("51", 2, forkid));
    }

    #[test]
    fn original_form__single_without_its_output__signs_one() {
        let mut transaction = decode_hex(UNSIGNED).expect("a transaction");
        let sign = |transaction: &Transaction, byte| {
            let sighash_type = SighashType::from_byte(byte).expect("a defined type");
            let preimage = SighashPreimage::new(transaction, 1, &[0x51], Satoshis(1), sighash_type);
            let preimage = preimage.expect("input 1 exists");
            (preimage.sighash(), preimage.to_bytes().is_empty())
        };
        for byte in [0x63, 0xe3] {
            assert_ne!(sign(&transaction, byte), (Sighash::ONE, true), "{byte:#x}");
        }
        transaction.output.pop();
        for byte in [0x63, 0xe3] {
            assert_eq!(sign(&transaction, byte), (Sighash::ONE, true), "{byte:#x}");
        }
        for byte in [0x61, 0x62, 0xe1, 0xe2, 0x43, 0xc3] {
            let (digest, is_empty) = sign(&transaction, byte);
            assert!(digest != Sighash::ONE && !is_empty, "{byte:#x}");
        }
    }
}
