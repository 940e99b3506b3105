//! Commitments bind values, order, shape, domain and salt; what cannot be packed is refused by name.

use num_bigint::BigInt;
use num_traits::One;
use prover::commitment::{
    CommitmentError, InputCommitment, Layout, ModelCommitment, ParseCommitmentError, ParseSaltError, Salt, TensorLayout,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Deserialize;

fn signed(name: &str, len: usize, bits: u32) -> TensorLayout {
    TensorLayout::signed(name, len, bits).unwrap()
}

fn between(len: usize, min: i64, max: i64) -> TensorLayout {
    TensorLayout::between("input", len, min, max).unwrap()
}

fn salt(text: &str) -> Salt {
    Salt::from_hex(&format!("{text:0>64}")).unwrap()
}

fn integers(values: &[i64]) -> Vec<BigInt> {
    values.iter().copied().map(BigInt::from).collect()
}

fn commit(layout: &Layout, values: &[i64], salt_text: &str) -> String {
    ModelCommitment::new(layout, integers(values), &salt(salt_text)).unwrap().to_string()
}

#[test]
fn commitment__same_values_and_salt__is_the_same() {
    let layout = Layout::new(vec![signed("w", 3, 8), signed("b", 1, 12)]);
    assert_eq!(commit(&layout, &[1, -2, 3, 4], "5"), commit(&layout, &[1, -2, 3, 4], "5"));
}

/// A commitment that `fixtures/poseidon/make.mjs` computed: another language, another Poseidon, another packing.
#[derive(Deserialize)]
struct Vector {
    domain: String,
    tensors: Vec<VectorTensor>,
    values: Vec<String>,
    salt: String,
    commitment: String,
}

#[derive(Deserialize)]
struct VectorTensor {
    len: usize,
    bits: u32,
    lowest: String,
}

/// They change only with a new number in the header's first line: else stored commitments would no longer open.
#[test]
fn commitment__vectors_of_another_implementation__are_met() {
    let text = include_str!("../../../fixtures/poseidon/vectors.json");
    let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
    let vectors: Vec<Vector> = serde_json::from_value(vectors["commitments"].clone()).unwrap();
    assert_eq!(vectors.len(), 6);
    for Vector { domain, tensors, values, salt, commitment } in vectors {
        let tensor = |VectorTensor { len, bits, lowest }| match lowest.parse::<i64>() {
            Ok(lowest) if domain == "input" => between(len, lowest, lowest + (1 << bits) - 1),
            _ => signed("w", len, bits),
        };
        let layout = Layout::new(tensors.into_iter().map(tensor).collect());
        let values: Vec<BigInt> = values.iter().map(|value| value.parse().unwrap()).collect();
        let salt = Salt::from_hex(&salt).unwrap();
        let found = match domain.as_str() {
            "model" => ModelCommitment::new(&layout, values, &salt).unwrap().to_string(),
            _ => InputCommitment::new(&layout, values, &salt).unwrap().to_string(),
        };
        assert_eq!(found, commitment);
    }
}

#[test]
fn commitment__value_order_shape_name_or_salt_changed__changes_unless_only_the_name_did() {
    let layout = Layout::new(vec![signed("w", 3, 8), signed("b", 1, 12)]);
    let original = commit(&layout, &[1, -2, 3, 4], "5");
    let changed = [
        commit(&layout, &[1, -2, 3, 5], "5"),
        commit(&layout, &[2, -2, 3, 4], "5"),
        commit(&layout, &[-2, 1, 3, 4], "5"),
        commit(&layout, &[1, -2, 3, 4], "6"),
        commit(&Layout::new(vec![signed("w", 2, 8), signed("b", 2, 12)]), &[1, -2, 3, 4], "5"),
        commit(&Layout::new(vec![signed("w", 3, 9), signed("b", 1, 12)]), &[1, -2, 3, 4], "5"),
        commit(&Layout::new(vec![signed("w", 3, 8), signed("b", 1, 13)]), &[1, -2, 3, 4], "5"),
        commit(&Layout::new(vec![signed("w", 4, 8)]), &[1, -2, 3, 4], "5"),
        commit(&Layout::new(vec![signed("w", 3, 8), signed("b", 1, 12), signed("c", 0, 12)]), &[1, -2, 3, 4], "5"),
        commit(&Layout::new(vec![signed("w", 3, 8), signed("b", 2, 12)]), &[1, -2, 3, 4, 0], "5"),
        commit(&Layout::new(vec![signed("w", 3, 8), signed("b", 2, 12)]), &[1, -2, 3, 4, -2048], "5"),
        InputCommitment::new(&layout, integers(&[1, -2, 3, 4]), &salt("5")).unwrap().to_string(),
    ];
    let distinct: std::collections::HashSet<_> = changed.iter().chain([&original]).collect();
    assert_eq!(distinct.len(), changed.len() + 1);
    let renamed = Layout::new(vec![signed("x", 3, 8), signed("y", 1, 12)]);
    assert_eq!(commit(&renamed, &[1, -2, 3, 4], "5"), original);
}

#[test]
fn commitment__inputs_shifted_with_their_range__changes() {
    // The digits are the same, the values are not.
    let commit = |min: i64| {
        let layout = Layout::new(vec![between(2, min, min + 255)]);
        InputCommitment::new(&layout, integers(&[min, min + 7]), &salt("5")).unwrap()
    };
    assert_ne!(commit(0), commit(1));
}

#[test]
fn pack__small_tensors__is_injective_and_every_element_is_reached() {
    // All values of three tensors of 2, 1 and 2 bits, the last one behind the end of an element.
    let filler = 250;
    let layout = Layout::new(vec![signed("a", 1, 2), signed("b", 1, 1), signed("f", filler, 1), signed("c", 1, 2)]);
    assert_eq!(layout.n_elements(), 2);
    let mut seen = std::collections::HashSet::new();
    for (a, b, c) in (-2..2).flat_map(|a| (-1..1).flat_map(move |b| (-2..2).map(move |c| (a, b, c)))) {
        let values = [vec![a, b], vec![0; filler], vec![c]].concat();
        assert!(seen.insert(layout.pack(integers(&values)).unwrap()), "{a} {b} {c}");
    }
    assert_eq!(seen.len(), 4 * 2 * 4);
}

#[test]
fn pack__random_values__unpack_to_themselves() {
    let mut rng = StdRng::seed_from_u64(11);
    for _ in 0..20 {
        let shapes: Vec<(usize, u32)> =
            (0..rng.gen_range(1..5)).map(|_| (rng.gen_range(0..80), rng.gen_range(1..=60))).collect();
        let layout = Layout::new(shapes.iter().map(|(len, bits)| signed("t", *len, *bits)).collect());
        let bounds = shapes.iter().flat_map(|(len, bits)| vec![(1i64 << (bits - 1), *bits); *len]).collect::<Vec<_>>();
        let values: Vec<i64> = bounds.iter().map(|(bound, _)| rng.gen_range(-bound..*bound)).collect();
        let mut elements = layout.pack(integers(&values)).unwrap().into_iter().map(num_bigint::BigUint::from);
        // The documented rule, read backwards.
        let (mut current, mut left) = (elements.next().unwrap_or_default(), 253);
        let mut unpacked = Vec::new();
        for (bound, bits) in bounds {
            if bits > left {
                assert_eq!(current, num_bigint::BigUint::ZERO);
                (current, left) = (elements.next().unwrap(), 253);
            }
            let digit = &current & ((num_bigint::BigUint::one() << bits) - 1u32);
            unpacked.push(i64::try_from(digit).unwrap() - bound);
            current >>= bits;
            left -= bits;
        }
        assert_eq!(unpacked, values);
        assert_eq!(elements.next(), None);
    }
}

#[test]
fn pack__borders_of_every_width__fit_and_one_beyond_is_refused_by_name_and_index() {
    for bits in 1..=253 {
        let layout = Layout::new(vec![signed("u1.weights", 1, 8), signed("u1.biases", 2, bits)]);
        let half = BigInt::one() << (bits - 1);
        let pack = |value: BigInt| layout.pack([BigInt::one(), -half.clone(), value]);
        for value in [-half.clone(), &half - 1] {
            assert!(pack(value).is_ok(), "{bits}");
        }
        for found in [-half.clone() - 1, half.clone()] {
            let (lowest, highest) = (-half.clone(), &half - 1);
            let range =
                CommitmentError::Range { tensor: "u1.biases".into(), index: 1, found: found.clone(), lowest, highest };
            assert_eq!(pack(found), Err(range));
        }
    }
    let error = Layout::new(vec![signed("u1.weights", 1, 8)]).pack([BigInt::from(128)]).unwrap_err();
    assert_eq!(error.to_string(), "u1.weights[0] is 128, which is not in -128..=127");
}

#[test]
fn layout__widths_and_ranges_that_cannot_be_packed__are_refused_by_name() {
    for bits in [0, 254, u32::MAX] {
        let expected = CommitmentError::Width { tensor: "w".into(), bits };
        assert_eq!(TensorLayout::signed("w", 1, bits), Err(expected));
    }
    for (min, max) in [(0, 0), (1, 0), (i64::MAX, i64::MIN)] {
        let expected = CommitmentError::EmptyRange { tensor: "x".into(), min, max };
        assert_eq!(TensorLayout::between("x", 1, min, max), Err(expected));
    }
    let bits = |min, max| between(1, min, max).bits();
    assert_eq!([bits(0, 1), bits(0, 2), bits(-128, 127), bits(0, 256), bits(i64::MIN, i64::MAX)], [1, 2, 8, 9, 64]);
}

#[test]
fn pack__too_few_or_too_many_values__is_refused_with_both_numbers() {
    let layout = Layout::new(vec![signed("w", 2, 8), signed("b", 1, 8)]);
    for (values, found) in [(&[1, 2][..], 2), (&[], 0), (&[1, 2, 3, 4, 5], 4)] {
        assert_eq!(layout.pack(integers(values)), Err(CommitmentError::Count { found, expected: 3 }));
    }
}

#[test]
fn commitment__text__round_trips_and_other_spellings_are_refused() {
    let layout = Layout::new(vec![signed("w", 1, 8)]);
    let commitment = ModelCommitment::new(&layout, [BigInt::one()], &salt("1")).unwrap();
    let text = commitment.to_string();
    assert_eq!(text.len(), 64);
    assert_eq!(text.parse(), Ok(commitment));
    assert_eq!(
        serde_json::from_str::<ModelCommitment>(&serde_json::to_string(&commitment).unwrap()).unwrap(),
        commitment
    );
    assert_eq!(ModelCommitment::from_element(commitment.element()), commitment);

    let order = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let largest = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000000";
    assert_eq!(order.parse::<ModelCommitment>(), Err(ParseCommitmentError::NotReduced));
    assert_eq!("f".repeat(64).parse::<InputCommitment>(), Err(ParseCommitmentError::NotReduced));
    assert_eq!(largest.parse::<ModelCommitment>().unwrap().to_string(), largest);
    let wrong =
        [text.to_uppercase(), text[1..].to_owned(), format!("0x{}", &text[2..]), format!("{text}0"), String::new()];
    for text in wrong {
        assert_eq!(text.parse::<ModelCommitment>(), Err(ParseCommitmentError::Digits { found: text.len() }));
    }
}

#[test]
fn salt__text__round_trips_and_other_spellings_are_refused_without_repeating_them() {
    let mut rng = StdRng::seed_from_u64(12);
    let mut high_bits = 0u8;
    for _ in 0..64 {
        let salt = Salt::random(&mut rng);
        let text = salt.to_hex();
        assert_eq!(Salt::from_hex(&text).unwrap().element(), salt.element());
        assert_eq!(format!("{salt:?}"), "Salt(..)");
        high_bits |= hex::decode(text.as_str()).unwrap()[0];
    }
    // All 253 bits are used and no more.
    assert_eq!(high_bits, 0x1f);
    let too_large = format!("2{}", "0".repeat(63));
    assert_eq!(Salt::from_hex(&too_large).unwrap_err(), ParseSaltError::TooLarge);
    assert!(!ParseSaltError::TooLarge.to_string().contains(&too_large));
    for text in ["", "00", &"g".repeat(64), &"A".repeat(64)] {
        assert_eq!(Salt::from_hex(text).unwrap_err(), ParseSaltError::Digits { found: text.len() });
    }
}

/// The table of docs/adr/0012_commitments.md: what it costs to open a commitment, without range checks.
#[test]
fn layout__price__is_that_of_the_adr() {
    let price = |bits, n: usize| Layout::new(vec![signed("w", n, bits)]).n_constraints();
    assert_eq!([8, 4, 2].map(|bits| price(bits, 1_000)), [1_833, 1_221, 588]);
    assert_eq!([8, 4, 2].map(|bits| price(bits, 10_000)), [12_849, 6_117, 3_669]);
    assert_eq!(Layout::new(vec![between(784, 0, 1)]).n_constraints(), 576);
    assert_eq!(Layout::new(vec![between(784, 0, 255)]).n_constraints(), 1_221);
}
