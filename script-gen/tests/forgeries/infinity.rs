//! The point at infinity as A or C: `kappa = 1, r = 0` is on `kappa^3 + 3 r^6 = 1`.
//!
//! All lines of the pair are one then, and the pairing too. The script says what the equation says, whatever B's slopes.

use ark_bn254::{Fq, Fq2, Fr};
use ark_ff::{AdditiveGroup, Field, UniformRand};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    algebra::roots,
    black_box::Script,
    common::{InsecureKey, Spend, Trapdoor, g1, g2},
    lab::{is_valid, without_inputs},
    prover::{Numbers, Prover, Scaled, Walk, conjugate, witness},
    residue::{has_trivial_pairing_value, lambda_power, residue_witness},
    row::{Outcome, judge},
};

const INFINITY: Scaled = Scaled { kappa: Fq::ONE, scale: Fq::ZERO };

/// A multiple of the generator as the script takes it, if its y has a cube root.
fn scaled(multiple: Fr) -> Option<Scaled> {
    let point = g1(multiple);
    let scale = *roots(&[-point.y.inverse()?, Fq::ZERO, Fq::ZERO, Fq::ONE]).first()?;
    Some(Scaled { kappa: point.x * scale.square(), scale })
}

/// The script's verdict on these numbers, with any slopes.
fn outcome(spend: &Spend, numbers: &Numbers, wrong: &[(usize, Fq2)]) -> Outcome {
    let script = Script::of(&spend.verifier);
    let prover = Prover::new(spend, &[]);
    let valid = Numbers::of(&spend.hints);
    let honest = prover.miller_value(&valid, &Walk::new(valid.b, &[]), &[]);
    let k = conjugate(honest * lambda_power(witness(&spend.hints)));
    let walk = Walk::new(numbers.b, wrong);
    let value = prover.miller_value(numbers, &walk, &[]) * k;
    assert_eq!(has_trivial_pairing_value(value), is_valid(&spend.key.vk, &numbers.proof()));
    let hints = without_inputs(prover.hints(numbers, &walk, &[], residue_witness(value)));
    // Where no quotient fits none would do better.
    judge(&script, &script.complete(&hints).unwrap_or(hints))
}

/// The product of two logarithms that A and B must have, without C's part, over a key's trapdoor.
fn due(Trapdoor { alpha, beta, gamma, gamma_abc, .. }: &Trapdoor) -> Fr {
    *alpha * beta + gamma_abc[0] * gamma
}

#[test]
fn point_at_infinity__as_a__is_judged_by_the_equation() {
    let with_scale = (271u64..).find_map(|seed| {
        let key = InsecureKey::new(seed, 0);
        let minus_c = scaled(due(&key.trapdoor) / key.trapdoor.delta)?;
        Some((Spend::new(seed, &[], 272), minus_c))
    });
    let (spend, minus_c) = with_scale.expect("a third of all points");
    let b = g2(Fr::from(7));
    let numbers = Numbers { a: INFINITY, b: (b.x, b.y), minus_c };
    assert_eq!(outcome(&spend, &numbers, &[]), Outcome::Accepted);
    assert_eq!(outcome(&spend, &numbers, &[(40, Fq2::from(5))]), Outcome::Accepted, "B does not matter");
    let other = (1u64..).find_map(|m| scaled(Fr::from(m))).expect("a third of all points");
    let refused = outcome(&spend, &Numbers { minus_c: other, ..numbers }, &[]);
    assert_eq!(refused.to_string(), "refused: identity");
}

#[test]
fn point_at_infinity__as_c__is_judged_by_the_equation() {
    let spend = Spend::new(273, &[], 274);
    let rng = &mut StdRng::seed_from_u64(275);
    let (log, a) = std::iter::repeat_with(|| Fr::rand(rng)).find_map(|a| Some((a, scaled(a)?))).expect("a third");
    let of = |b: Fr| Numbers { a, b: (g2(b).x, g2(b).y), minus_c: INFINITY };
    let b = due(&spend.key.trapdoor) / log;
    assert_eq!(outcome(&spend, &of(b), &[]), Outcome::Accepted);
    assert_eq!(outcome(&spend, &of(b + Fr::ONE), &[]).to_string(), "refused: identity");
}
