//! One reading for each hint digit: which other spellings of a valid spend's numbers a verifier takes.
//!
//! A number of the unlocking script is 32 bytes. The script reads it either as unsigned or as a sign and a magnitude,
//! by the same rule wherever it is used, and then works modulo q. So each number has several spellings, and what
//! matters is that every use agrees on what a spelling stands for. For every class of hint three spellings are made:
//!
//! * *plus q*: `x + q`, below 2^255. Both rules read `x + q`: always taken.
//! * *top bit*: `x + 3 q`, at least 2^255. An unsigned reader sees x again; a signed one sees another residue.
//! * *signed*: `-(q - x)` as sign and magnitude. A signed reader sees x again; an unsigned one another residue.
//!
//! A script that read one digit by both rules would refuse *top bit* and *signed* alike; that exactly one of them is
//! taken for every class is what shows that there is one rule.
//!
//! Only `script_gen` and `chain_types` are used here, so that tests of a real node can include this file and ask the
//! node for the same verdicts.

use chain_types::UnlockingScript;
use script_gen::{Groth16Verifier, Hints, SpendData};

/// Bytes of one number.
const LEN: usize = 32;

/// q, little-endian.
pub(crate) const Q: [u8; LEN] = [
    0x47, 0xfd, 0x7c, 0xd8, 0x16, 0x8c, 0x20, 0x3c, 0x8d, 0xca, 0x71, 0x68, 0x91, 0x6a, 0x81, 0x97, 0x5d, 0x58, 0x81,
    0x81, 0xb6, 0x45, 0x50, 0xb8, 0x29, 0xa0, 0x31, 0xe1, 0x72, 0x4e, 0x64, 0x30,
];

/// Which check of the script refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// The identity at the random point, the script's last line: the script answers 0.
    Identity,
    /// A or C is not on the curve, or its scale is none: OP_NUMEQUALVERIFY fails.
    G1,
}

/// What the script should say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Refused(Check),
}

/// An unlocking script, and what the locking script should say to it.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// Class of hint and spelling.
    pub(crate) label: String,
    pub(crate) unlocking: UnlockingScript,
    pub(crate) verdict: Verdict,
}

/// How a class of number is read, hence which spellings are taken.
#[derive(Clone, Copy, Debug)]
enum Rule {
    Unsigned,
    Signed,
    /// Signed, and another residue is noticed by the checks of A and C already.
    SignedG1,
    /// Unsigned, and another residue is noticed by the checks of A and C already. Slopes are multiplied by these: a
    /// negative one would turn the sign of all slots at once.
    UnsignedG1,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blob {
    Proof,
    Slopes,
    Representatives,
    Quotient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    PlusQ,
    TopBit,
    Signed,
}

/// One number of one blob.
struct Place {
    class: String,
    blob: Blob,
    /// The number's place in its blob, counted in numbers.
    index: usize,
    rule: Rule,
}

fn blob(hints: &mut Hints, which: Blob) -> &mut Vec<u8> {
    match which {
        Blob::Proof => &mut hints.proof,
        Blob::Slopes => &mut hints.slopes,
        Blob::Representatives => &mut hints.representatives,
        Blob::Quotient => &mut hints.quotient,
    }
}

/// Every number of the proof part and of d; of long blobs samples at both ends and in the middle.
fn places(hints: &Hints) -> Vec<Place> {
    use Rule::{Signed, SignedG1, Unsigned, UnsignedG1};
    let mut places = Vec::new();
    let mut add = |class: String, blob, index, rule| places.push(Place { class, blob, index, rule });
    for (index, (name, rule)) in [
        ("kappa of A", SignedG1),
        ("B.x.c0", Signed),
        ("B.x.c1", Signed),
        ("B.y.c0", Signed),
        ("B.y.c1", Signed),
        ("kappa of C", SignedG1),
        ("scale of A", UnsignedG1),
        ("scale of C", UnsignedG1),
    ]
    .into_iter()
    .enumerate()
    {
        add(name.to_owned(), Blob::Proof, index, rule);
    }
    let n_slopes = hints.slopes.len() / LEN / 2;
    for slope in [0, n_slopes / 2, n_slopes - 1] {
        for c in 0..2 {
            add(format!("slope {slope}.c{c}"), Blob::Slopes, 2 * slope + c, Unsigned);
        }
    }
    // The residue witness ends the blob of the representatives.
    let n_representatives = hints.representatives.len() / LEN / 6 - 1;
    let (middle, last) = (n_representatives / 2, n_representatives - 1);
    for (k, c) in [(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (middle, 3), (last, 0), (last, 5)] {
        add(format!("representative {k}.c{c}"), Blob::Representatives, 6 * k + c, Unsigned);
    }
    for c in 0..6 {
        add(format!("d.c{c}"), Blob::Representatives, 6 * n_representatives + c, Signed);
    }
    let n_quotient = hints.quotient.len() / LEN;
    for c in [0, 1, n_quotient / 2, n_quotient - 1] {
        add(format!("quotient.c{c}"), Blob::Quotient, c, Unsigned);
    }
    places
}

const fn verdict(rule: Rule, form: Form) -> Verdict {
    use Verdict::{Accepted, Refused};
    match (form, rule) {
        (Form::PlusQ, _) => Accepted,
        (Form::TopBit, Rule::Unsigned | Rule::UnsignedG1) => Accepted,
        (Form::TopBit, Rule::Signed) => Refused(Check::Identity),
        (Form::TopBit, Rule::SignedG1) => Refused(Check::G1),
        (Form::Signed, Rule::Signed | Rule::SignedG1) => Accepted,
        (Form::Signed, Rule::Unsigned) => Refused(Check::Identity),
        (Form::Signed, Rule::UnsignedG1) => Refused(Check::G1),
    }
}

/// `a + b`, which must fit.
fn add(a: &[u8], b: &[u8]) -> [u8; LEN] {
    let mut carry = 0;
    let sum = std::array::from_fn(|k| {
        let digit = u16::from(a[k]) + u16::from(b[k]) + carry;
        carry = digit >> 8;
        digit.to_le_bytes()[0]
    });
    assert_eq!(carry, 0, "the sum fits 256 bits");
    sum
}

/// `a - b`, which must not be negative.
fn subtract(a: &[u8], b: &[u8]) -> [u8; LEN] {
    let mut borrow = 0;
    let difference = std::array::from_fn(|k| {
        let digit = 0x100 + u16::from(a[k]) - u16::from(b[k]) - borrow;
        borrow = 1 - (digit >> 8);
        digit.to_le_bytes()[0]
    });
    assert_eq!(borrow, 0, "the difference is not negative");
    difference
}

/// Turns `number`, a residue in `0..q`, into `number + q`.
#[allow(dead_code, reason = "not all test programs that include this file do")]
pub(crate) fn add_modulus(number: &mut [u8]) {
    respell(number, Form::PlusQ);
}

/// `number`, a residue in `0..q`, spelt otherwise.
fn respell(number: &mut [u8], form: Form) {
    let spelt = match form {
        Form::PlusQ => add(number, &Q),
        Form::TopBit => add(&add(&add(number, &Q), &Q), &Q),
        Form::Signed => {
            let mut magnitude = subtract(&Q, number);
            magnitude[LEN - 1] |= 0x80;
            magnitude
        }
    };
    assert_eq!(spelt[LEN - 1] & 0x80 != 0, form != Form::PlusQ, "only x + q leaves the top bit clear");
    number.copy_from_slice(&spelt);
}

/// The spend with these numbers respelt, and with the quotient over the new bytes if there is one.
fn respelt(verifier: &Groth16Verifier, spend: &SpendData, places: &[&Place], form: Form) -> UnlockingScript {
    let mut changed = spend.clone();
    for place in places {
        respell(&mut blob(&mut changed.hints, place.blob)[LEN * place.index..][..LEN], form);
    }
    if places.iter().all(|place| place.blob != Blob::Quotient) {
        // If no quotient fits the new bytes the old one stays: no other would do better.
        changed = verifier.complete(changed.clone()).unwrap_or(changed);
    }
    changed.unlocking_script()
}

/// All spellings of all classes, from a valid spend as `Groth16Verifier::spend` makes it.
pub(crate) fn readings(verifier: &Groth16Verifier, spend: &SpendData) -> Vec<Reading> {
    let places = places(&spend.hints);
    let reading = |label: String, places: &[&Place], form, verdict| Reading {
        label,
        unlocking: respelt(verifier, spend, places, form),
        verdict,
    };
    let mut all = Vec::new();
    for place in &places {
        for form in [Form::PlusQ, Form::TopBit, Form::Signed] {
            let label = format!("{}, {form:?}", place.class);
            all.push(reading(label, &[place], form, verdict(place.rule, form)));
        }
    }
    // The whole witness at once: the digits that a second reading would tear apart.
    let d: Vec<&Place> = places.iter().filter(|p| p.class.starts_with("d.")).collect();
    all.push(reading("d, all digits Signed".to_owned(), &d, Form::Signed, Verdict::Accepted));
    all.push(reading("d, all digits TopBit".to_owned(), &d, Form::TopBit, Verdict::Refused(Check::Identity)));
    all
}
