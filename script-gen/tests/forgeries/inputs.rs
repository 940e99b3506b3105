//! Bytes of hints and public inputs that the script's encoding does not allow.

use ark_bn254::{Bn254, Fq12, Fr, G1Projective};
use ark_ec::{CurveGroup, pairing::Pairing};
use ark_ff::{Field, PrimeField};
use chain_types::Opcode;
use num_bigint::BigUint;
use script_gen::{PublicInput, SpendData};

use crate::{
    black_box::Script,
    common::{InsecureKey, Spend, verifier},
    lab::{lab, without_inputs},
    prover::{Blob, Numbers, Prover, Walk, conjugate, witness},
    residue::{lambda_power, of_short, residue_witness, short},
    row::{Outcome, Row, Standing, judge},
};

const LENGTHS: &str = "verifier/lengths";
const INPUTS: &str = "verifier/public_inputs";

/// A blob with a zero byte on top is another writing of the same, where nothing else asks for the length. The masks that
/// are laid over Q and the slopes do.
fn rows_of_lengths() -> Vec<Row> {
    let blobs: [(&str, Blob); 4] = [
        ("Q", |h| &mut h.quotient),
        ("representatives, d", |h| &mut h.representatives),
        ("slopes of B", |h| &mut h.slopes),
        ("A, B, C", |h| &mut h.proof),
    ];
    let script = &lab().script;
    let n_checks = script.n_equalities(LENGTHS);
    let without_any = (0..n_checks).fold(script.clone(), |script, _| script.without_equality(LENGTHS, 0));
    let row = |(name, blob): (&'static str, Blob)| {
        let mut hints = lab().spend.hints.clone();
        blob(&mut hints).push(0);
        let longer = without_inputs(hints);
        // The order of the checks is the script's: the one that refuses, if one does, is this blob's.
        let refusing = |k: &usize| judge(&script.without_equality(LENGTHS, *k), &longer) != judge(script, &longer);
        let checks: Vec<usize> = (0..n_checks).filter(refusing).collect();
        match checks[..] {
            [] => row_of_length(name, script, &without_any, &longer),
            [check] => row_of_length(name, script, &script.without_equality(LENGTHS, check), &longer),
            _ => panic!("{name}: {} checks refuse", checks.len()),
        }
    };
    let rows: Vec<Row> = blobs.into_iter().map(row).collect();
    assert_eq!(rows.iter().filter(|row| row.standing == Standing::Malleability).count(), n_checks);
    rows
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
    // The last digit of 232 bits is zero, so that the byte on top does not make it point far outside the table.
    let kinds =
        [("input of 232 bits", PublicInput::Bits(232), Fr::from(6)), ("full input", PublicInput::Full, Fr::from(6))];
    let row = |(name, kind, value): (&'static str, PublicInput, Fr)| {
        let key = InsecureKey::new(261, 1);
        let verifier = verifier(&key, &[kind]);
        let whole = Script::of(&verifier);
        let mut longer = verifier.spend(&key.prove(&[value], 262), &[value]).expect("a valid proof");
        longer.inputs[0].push(0);
        row_of_length(name, &whole, &whole.without_equality(INPUTS, 0), &longer)
    };
    kinds.into_iter().map(row).collect()
}

/// Without the check of its length an input of another length is refused all the same, before the identity.
#[test]
fn input_lengths__of_every_shape__are_covered() {
    let key = InsecureKey::new(281, 1);
    let value = Fr::from(0);
    let proof = key.prove(&[value], 282);
    let bits =
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 16, 33, 64, 65, 100, 128, 190, 200, 229, 252, 253].map(PublicInput::Bits);
    for kind in bits.into_iter().chain([PublicInput::Full]) {
        let verifier = verifier(&key, &[kind]);
        let valid = verifier.spend(&proof, &[value]).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        let left = Script::of(&verifier).without_equality(INPUTS, 0);
        assert_eq!(judge(&left, &valid), Outcome::Accepted, "{kind:?}");
        let longer = [&valid.inputs[0][..], &[0]].concat();
        let shorter = valid.inputs[0][1..].to_vec();
        for other in [longer, shorter] {
            let outcome = judge(&left, &SpendData { inputs: vec![other], ..valid.clone() });
            assert!(matches!(outcome, Outcome::Refused(Some(_), _)), "{kind:?}: {outcome}");
        }
    }
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

/// Table entries of a full input's digits: four rows of 64 bits, from the highest bit down, each bit counted as one half
/// more or less. Entries of complements are conjugates.
fn entries(spend: &Spend, number: &BigUint) -> Vec<Fq12> {
    const ROW: u64 = 64;
    let vk = &spend.key.vk;
    let weight = |row: u64| Fr::from(2).pow([ROW * row]) / Fr::from(2);
    let entry = |digit: u64| {
        let bit = |row: u64| number.bit(ROW * row + ROW - 1 - digit);
        // The lowest row is the digit's highest bit.
        let is_upper = bit(0);
        let signed = |row: u64| if bit(row) == is_upper { weight(row) } else { -weight(row) };
        let point = -(G1Projective::from(vk.gamma_abc_g1[1]) * (0..4).map(signed).sum::<Fr>());
        let upper = of_short(short(Bn254::miller_loop(point.into_affine(), vk.gamma_g2).0));
        if is_upper { upper } else { conjugate(upper) }
    };
    (0..ROW).map(entry).collect()
}

/// x + r is the same scalar and another number: the pairings are the same, f and d are not.
fn row_of_range() -> Row {
    let spend = Spend::new(266, &[PublicInput::Full], 267);
    let whole = Script::of(&spend.verifier);
    let left = whole.replacing(INPUTS, Opcode::OP_VERIFY, 0, &[Opcode::OP_DROP]);
    let (x, r): (BigUint, BigUint) = (spend.values[0].into(), Fr::MODULUS.into());
    let honest = entries(&spend, &x);
    let prover = Prover::new(&spend, &honest);
    let numbers = Numbers::of(&spend.hints);
    let walk = Walk::new(numbers.b, &[]);
    // K closes the equation for x with d^lambda, whose pairing value is one.
    let k = conjugate(prover.miller_value(&numbers, &walk, &honest) * lambda_power(witness(&spend.hints)));
    let alias = entries(&spend, &(&x + &r));
    let d = residue_witness(prover.miller_value(&numbers, &walk, &alias) * k);
    let hints = prover.hints(&numbers, &walk, &alias, d);
    let mut inputs = vec![(x + r).to_bytes_le()];
    inputs[0].resize(32, 0);
    let spend = left.complete(&SpendData { hints, inputs }).expect("all relations hold");
    Row::needed(
        "public input",
        "full input below r",
        "the number x + r, where x is proved",
        [&whole, &left].map(|script| judge(script, &spend)),
    )
}

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = rows_of_lengths();
    rows.extend(rows_of_input_lengths());
    rows.extend([row_of_bits(), row_of_range()]);
    rows
}
