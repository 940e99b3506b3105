//! Bytes of hints and public inputs that the script's encoding does not allow.

use ark_bn254::Fr;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use chain_types::Opcode;
use num_bigint::BigUint;
use script_gen::{Hints, PublicInput, SpendData};

use crate::{
    black_box::Script,
    common::{Spend, verifier},
    lab::{lab, without_inputs},
    row::{Outcome, Row, Standing, judge},
};

const LENGTHS: &str = "verifier/lengths";
const INPUTS: &str = "verifier/public_inputs";

/// A blob with a zero byte on top is another writing of the same, where nothing else asks for the length.
fn rows_of_lengths() -> Vec<Row> {
    let blobs: [(&str, fn(&mut Hints) -> &mut Vec<u8>); 4] = [
        ("Q", |h| &mut h.quotient),
        ("representatives, d", |h| &mut h.representatives),
        ("slopes of B", |h| &mut h.slopes),
        ("A, B, C, scales", |h| &mut h.proof),
    ];
    let script = &lab().script;
    assert_eq!(script.n_equalities(LENGTHS), blobs.len());
    let row = |(name, blob): (&'static str, fn(&mut Hints) -> &mut Vec<u8>)| {
        let mut hints = lab().spend.hints.clone();
        blob(&mut hints).push(0);
        let longer = without_inputs(hints);
        // The order of the checks is the script's: the one that refuses is this blob's.
        let refusing = |k: &usize| judge(&script.without_equality(LENGTHS, *k), &longer) != judge(script, &longer);
        let checks: Vec<usize> = (0..4).filter(refusing).collect();
        let [check] = checks[..] else { panic!("{name}: {} checks refuse", checks.len()) };
        row_of_length(name, script, &script.without_equality(LENGTHS, check), &longer)
    };
    blobs.into_iter().map(row).collect()
}

/// A longer writing: accepted without the check if a quotient over it is.
fn row_of_length(name: &'static str, whole: &Script, left: &Script, longer: &SpendData) -> Row {
    let with = judge(whole, longer);
    assert!(matches!(&with, Outcome::Refused(Some(_), _)), "{name}: {with}");
    let mut without = judge(left, longer);
    // Where nothing but the identity refuses, the challenges are other ones: there is a quotient for them.
    if without == Outcome::Refused(None, script_vm::ScriptError::EvalFalse) {
        without = judge(left, &left.complete(longer).expect("a valid proof's hints"));
    }
    let standing = if without == Outcome::Accepted { Standing::Malleability } else { Standing::Covered };
    Row {
        hint: name,
        check: format!("length of {name}"),
        statement: "a valid spend's, with a zero byte on top",
        beside: String::new(),
        with,
        without,
        standing,
    }
}

fn rows_of_input_lengths() -> Vec<Row> {
    let kinds = [("input of 232 bits", PublicInput::Bits(232)), ("full input", PublicInput::Full)];
    let row = |(name, kind): (&'static str, PublicInput)| {
        let spend = Spend::new(261, &[kind], 262);
        let whole = Script::of(&spend.verifier);
        let mut longer = spend.data(&spend.hints);
        longer.inputs[0].push(0);
        row_of_length(name, &whole, &whole.without_equality(INPUTS, 0), &longer)
    };
    kinds.into_iter().map(row).collect()
}

/// An input of more bits than were allowed at deployment.
fn row_of_bits() -> Row {
    const BITS: [u32; 2] = [229, 232];
    let spend = Spend::new(263, &[PublicInput::Bits(BITS[1])], 264);
    let large = Fr::from(2).pow([u64::from(BITS[1] - 1)]) + Fr::from(11);
    let proof = spend.key.prove(&[large], 265);
    // Both take as many digits, so what one makes of a proof is right for the other but for the bits.
    let data = spend.verifier.spend(&proof, &[large]).expect("a valid proof of 232 bits");
    let narrow = verifier(&spend.key, &[PublicInput::Bits(BITS[0])]);
    assert!(narrow.spend(&proof, &[large]).is_err());
    let whole = Script::of(&narrow);
    let left = whole.without_equality(INPUTS, 1);
    Row::needed(
        "public input",
        "no bits beyond those allowed",
        "an input of 232 bits where 229 are allowed",
        [&whole, &left].map(|script| judge(script, &data)),
    )
}

/// x + r is the same scalar and another number.
fn row_of_range() -> Row {
    let spend = Spend::new(266, &[PublicInput::Full], 267);
    let whole = Script::of(&spend.verifier);
    let left = whole.replacing(INPUTS, Opcode::OP_VERIFY, 0, &[Opcode::OP_DROP]);
    let (x, r): (BigUint, BigUint) = (spend.values[0].into(), Fr::MODULUS.into());
    assert!(spend.values[0] != Fr::ZERO && Fr::MODULUS.num_bits() == 254);
    let mut alias = spend.data(&spend.hints);
    alias.inputs[0] = (x + r).to_bytes_le();
    assert_eq!(alias.inputs[0].len(), 32);
    let alias = left.complete(&alias).expect("the same scalar");
    Row::needed(
        "public input",
        "full input below r",
        "the number x + r, where x is proved",
        [&whole, &left].map(|script| judge(script, &alias)),
    )
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = rows_of_lengths();
    rows.extend(rows_of_input_lengths());
    rows.extend([row_of_bits(), row_of_range()]);
    rows
}
