#![allow(non_snake_case, reason = "test names are area__case__expected")]

use super::*;
use ark_relations::gr1cs::{
    ConstraintSynthesizer, ConstraintSystem, Matrix, OptimizationGoal, R1CS_PREDICATE_LABEL, SynthesisMode,
};

/// Names are opaque here: two that differ.
fn names() -> [Wire; 2] {
    [Wire::ONE.bit(0), Wire::ONE.bit(1)]
}

fn selected() -> Wire {
    names()[1]
}

/// `(1 + 2 x + 3 a) * a = b` with a term split in two and one that cancels, and `a` boolean. Wires: 1, x, y, a, b.
fn sample() -> R1cs {
    let mut r1cs = R1cs::new([Wire::ONE.bit(2), Wire::ONE.bit(3)]);
    let a = r1cs.new_wire(names()[0]);
    let b = r1cs.new_wire(selected());
    let left = Linear::wire(a).plus(2.into(), WireIdx::public(0)).plus(1.into(), WireIdx::ONE).plus(2.into(), a);
    let cancelling = Linear::wire(a).plus(5.into(), b).plus(-Fr::from(5), b);
    r1cs.enforce(ConstraintName::Product(selected()), left, cancelling, Linear::wire(b));
    r1cs.enforce_boolean(a);
    r1cs
}

#[test]
fn r1cs__rows__are_merged_sorted_and_without_zeros() {
    let found = sample().arkworks_matrices();
    assert_eq!(found[0][0], [(1.into(), 0), (2.into(), 1), (3.into(), 3)]);
    assert_eq!(found[1][0], [(1.into(), 3)]);
    assert_eq!(found[2][0], [(1.into(), 4)]);
    assert_eq!(found[1][1], [(1.into(), 0), (-Fr::one(), 3)]);
    assert_eq!(found[2][1], []);
    assert_eq!(sample().n_terms(), 8);
}

#[test]
fn r1cs__arkworks__sees_the_same_matrices() {
    let r1cs = sample();
    let cs = ConstraintSystem::new_ref();
    cs.set_optimization_goal(OptimizationGoal::Constraints);
    cs.set_mode(SynthesisMode::Setup);
    (&r1cs).generate_constraints(cs.clone()).unwrap();
    cs.finalize();
    assert_eq!(cs.to_matrices().unwrap()[R1CS_PREDICATE_LABEL], r1cs.arkworks_matrices());
    assert_eq!(cs.num_instance_variables(), 3);
    assert_eq!(cs.num_witness_variables(), 2);
}

#[test]
fn r1cs__violations__name_exactly_what_fails() {
    let r1cs = sample();
    let violated = |wires: [u64; 5]| {
        let rows = r1cs.evaluate(&wires.map(Fr::from));
        r1cs.violations(&rows).copied().collect::<Vec<_>>()
    };
    assert_eq!(violated([1, 5, 9, 1, 14]), []);
    assert_eq!(violated([1, 5, 9, 1, 15]), [ConstraintName::Product(selected())]);
    assert_eq!(violated([1, 5, 9, 2, 34]), [ConstraintName::Boolean(names()[0])]);
}

#[test]
fn r1cs__rows_and_columns__agree_on_every_entry() {
    let r1cs = sample();
    let unit = |n: usize, one: usize| (0..n).map(|k| Fr::from(u8::from(k == one))).collect::<Vec<_>>();
    let entries = r1cs.arkworks_matrices();
    for (row, column) in (0..2).flat_map(|row| (0..5).map(move |column| (row, column))) {
        let by_row = r1cs.combine_rows(&unit(2, row)).map(|sums| sums[column]);
        let by_column = r1cs.evaluate(&unit(5, column)).map(|values| values[row]);
        let entry = |matrix: &Matrix<Fr>| {
            matrix[row].iter().find(|(_, wire)| *wire == column).map_or_else(Fr::zero, |(value, _)| *value)
        };
        assert_eq!(by_row, by_column);
        assert_eq!(by_row.to_vec(), entries.iter().map(entry).collect::<Vec<_>>(), "{row} {column}");
    }
}

#[test]
fn r1cs__digest__covers_every_entry_the_layout_and_the_counts_but_no_name() {
    let layout = Digest::of(b"layout");
    let digest = |edit: &dyn Fn(&mut R1cs)| {
        let mut r1cs = sample();
        edit(&mut r1cs);
        r1cs.digest(layout)
    };
    let same = digest(&|_| ());
    assert_eq!(same, digest(&|r1cs| r1cs.names.swap(0, 1)));
    assert_ne!(same, sample().digest(Digest::of(b"other")));
    assert_ne!(same, digest(&|r1cs| r1cs.wires.push(selected())));
    assert_ne!(same, digest(&|r1cs| r1cs.n_public = 1));
    assert_ne!(same, digest(&|r1cs| r1cs.enforce_boolean(WireIdx::new(3))));
    assert_ne!(same, digest(&|r1cs| r1cs.matrices.swap(0, 1)));
    // Another coefficient, and the same coefficients on other wires.
    let with = |x: u64, a: u64| {
        digest(&|r1cs| {
            let left = Linear::wire(WireIdx::ONE).plus(x.into(), WireIdx::public(0)).plus(a.into(), WireIdx::new(3));
            r1cs.enforce(ConstraintName::Product(selected()), left, Linear::default(), Linear::default());
        })
    };
    let digests = [with(2, 3), with(3, 2), with(2, 4), with(7, 3)];
    assert!((0..4).all(|k| !digests[..k].contains(&digests[k])), "{digests:?}");
}

#[test]
fn r1cs__digest_of_the_empty_system__is_the_documented_serialization() {
    let layout = Digest::of(b"layout");
    let head = [0u64, 1, 0, 2].map(u64::to_le_bytes).concat();
    let mut one = [0; 32];
    one[0] = 1;
    let head = [head, one.to_vec(), rows::fr_bytes(&-Fr::one())].concat();
    let expected = [DIGEST_DOMAIN.as_bytes(), layout.as_bytes(), Digest::of(&head).as_bytes()].concat();
    assert_eq!(R1cs::new([]).digest(layout), Digest::of(&expected));
}
