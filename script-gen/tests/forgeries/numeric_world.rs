//! If z is known before the hints are chosen: nothing need hold as a polynomial, all relations vanish at that number.
//!
//! i is then the number z^6 - 9, whose square is not -1, and B any pair of numbers on `y^2 = x^3 + b` over Fq, with
//! b = 3/z^6.

use ark_bn254::{Fq, Fq2};
use ark_ff::{AdditiveGroup, Field, PrimeField, UniformRand};
use num_bigint::BigUint;
use rand::{SeedableRng, rngs::StdRng};
use script_gen::{Hints, SpendData};

use crate::{
    algebra::{common_zeros, interpolate, roots},
    black_box::Script,
    lab::{lab, without_inputs},
    prover::{LINES, Point, Walk, to_bytes},
    relations::Relation,
    row::{Row, judge},
};

/// What constants of Fq2 are at z.
struct World {
    z: Fq,
    /// i
    i: Fq,
    twist: Fq,
    /// xi^((q-1)/6) and its square, and the element of Fq that its norm is.
    g: Fq,
    g_squared: Fq,
    norm: Fq,
}

fn embedded(x: Fq) -> Fq2 {
    Fq2::new(x, Fq::ZERO)
}

impl World {
    fn at(z: Fq) -> Self {
        let v3 = z.square() * z.square() * z.square();
        let i = v3 - Fq::from(9);
        let number = |c: Fq2| c.c0 + c.c1 * i;
        // xi is w^6.
        let q: BigUint = Fq::MODULUS.into();
        let xi = Fq2::new(Fq::from(9), Fq::ONE);
        let g = xi.pow(((q - 1u32) / 6u32).to_u64_digits());
        Self {
            z,
            i,
            twist: Fq::from(3) / v3,
            g: number(g),
            g_squared: number(g.square()),
            norm: g.c0.square() + g.c1.square(),
        }
    }

    /// B's coordinates with their conjugates, as independent numbers, and its walk to where the script wants it to end.
    fn walk(&self) -> ([Fq; 4], Walk) {
        let rng = &mut StdRng::seed_from_u64(251);
        let points = std::iter::repeat_with(|| {
            let x = Fq::rand(rng);
            Some((x, (x.square() * x + self.twist).sqrt()?))
        });
        points.flatten().find_map(|(x, y)| self.walk_from(x, y)).expect("most points have one")
    }

    fn walk_from(&self, x: Fq, y: Fq) -> Option<([Fq; 4], Walk)> {
        let norm_squared = self.norm.square();
        let base = (embedded(x), embedded(y));
        let minus_psi_2 = (embedded(x * norm_squared), base.1);
        let somewhere: Point = (Fq2::ONE, Fq2::ONE);
        let t = Walk::with_images(base, [somewhere, minus_psi_2], &[]).points[LINES.len() - 2];
        let (t_x, t_y, other_x) = (t.0.c0, t.1.c0, minus_psi_2.0.c0);
        // The image's y lies on the line of this slope; where the two lines lead, and where they should.
        let image_y = |slope: Fq, p: Fq| t_y + slope * (p - t_x);
        let pair = |slope: Fq, p: Fq| {
            let next_x = slope.square() - t_x - p;
            let next_y = slope * (t_x - next_x) - t_y;
            let (run, rise) = (other_x - next_x, y - next_y);
            let end_x = p * norm_squared;
            let x_fits = (end_x + next_x + other_x) * run.square() - rise.square();
            [x_fits, (image_y(slope, p) + next_y) * run - rise * (next_x - end_x)]
        };
        common_zeros(pair, 5, 24).into_iter().find_map(|(slope, p)| {
            let next_x = slope.square() - t_x - p;
            if p == t_x || next_x == other_x {
                return None;
            }
            let s = image_y(slope, p);
            let walk = Walk::with_images(base, [(embedded(p), embedded(s)), minus_psi_2], &[]);
            assert_eq!(walk.points[LINES.len()], (embedded(p * norm_squared), embedded(s)));
            Some(([x, p / self.g_squared, y, s / (self.g_squared * self.g)], walk))
        })
    }

    /// The coefficients `c0 + c1 i` of a number and its conjugate.
    fn coefficients(&self, number: Fq, conjugate: Fq) -> [Fq; 2] {
        [(number + conjugate) / Fq::from(2), (number - conjugate) / (self.i + self.i)]
    }
}

fn put(blob: &mut [u8], number: usize, x: Fq) {
    blob[32 * number..][..32].copy_from_slice(&to_bytes(x));
}

fn value(relation: Relation, z: Fq, hints: &Hints) -> Fq {
    let (script, sites) = (&lab().script, &lab().sites);
    let at = sites.relations().iter().position(|other| *other == relation).expect("a relation of the script");
    script.values_at(sites, z, &without_inputs(hints.clone()))[at]
}

/// Numbers in the place of representatives: each is what the value before it calls for.
fn choose_representatives(hints: &mut Hints, z: Fq) {
    let n = hints.representatives.len() / 192 - 1;
    hints.representatives[..192 * n].fill(0);
    for k in 0..n {
        let place = 6 * (n - 1 - k);
        let [zero, one] = [Fq::ZERO, Fq::ONE].map(|a| {
            put(&mut hints.representatives, place, a);
            value(Relation::Representative(k), z, hints)
        });
        put(&mut hints.representatives, place, zero / (zero - one));
    }
}

/// d at other points than z is free: there the last relation is a cubic in each coefficient.
fn choose_d(hints: &mut Hints, z: Fq) {
    let first = hints.representatives.len() / 32 - 6;
    let at = |k: usize, hints: &Hints| Fq::from_le_bytes_mod_order(&hints.representatives[32 * (first + k)..][..32]);
    for moved in 1..6 {
        let power = z.square().pow([moved as u64]);
        let (old, constant) = (at(moved, hints), at(0, hints));
        let with = |x: Fq, hints: &mut Hints| {
            put(&mut hints.representatives, first + moved, x);
            put(&mut hints.representatives, first, constant - (x - old) * power);
        };
        let points: Vec<Fq> = (0..6u64).map(Fq::from).collect();
        let at_point = |x: &Fq| {
            with(*x, hints);
            value(Relation::Final, z, hints)
        };
        let values: Vec<Fq> = points.iter().map(at_point).collect();
        let root = roots(&interpolate(&points, &values)).first().copied();
        with(root.unwrap_or(old), hints);
        if root.is_some() {
            return;
        }
    }
    panic!("two thirds of all cubics have a zero");
}

/// z as the digest of Q alone.
pub(crate) fn row() -> Row {
    let script: &Script = &lab().script;
    let left = script.without_lower(2);
    let mut hints = lab().spend.hints.clone();
    hints.quotient.fill(0);
    let z = left.drawn(&without_inputs(hints.clone()))[2];
    let world = World::at(z);
    let ([x, x_conjugate, y, y_conjugate], walk) = world.walk();
    let b = [world.coefficients(x, x_conjugate), world.coefficients(y, y_conjugate)].concat();
    b.into_iter().enumerate().for_each(|(k, x)| put(&mut hints.proof, 1 + k, x));
    hints.slopes = walk.slopes.iter().rev().flat_map(|slope| [slope.c0, slope.c1]).flat_map(to_bytes).collect();
    choose_representatives(&mut hints, world.z);
    choose_d(&mut hints, world.z);
    let spend: SpendData = without_inputs(hints);
    assert!(script.values_at(&lab().sites, z, &spend).iter().all(|value| *value == Fq::ZERO), "all vanish at z");
    assert!(script.complete(&spend).is_none(), "no quotient for the whole script");
    let outcomes = [script, &left].map(|script| judge(script, &spend));
    Row::needed("all", "z covers rho", "B that is no point, all else chosen at z", outcomes)
}
