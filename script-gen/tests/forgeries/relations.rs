//! The relations of a script, found by running it: where they are added, and what they are as polynomials. Quotients are
//! found by interpolation.

use std::{
    collections::HashMap,
    fmt,
    sync::{LazyLock, Mutex},
};

use ark_bn254::Fq;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use chain_types::Opcode;
use num_bigint::{BigInt, Sign};
use script_gen::{Hints, SpendData};
use script_vm::{Element, Hook, View};

use crate::{
    algebra::Interpolation,
    black_box::{Script, bytes_of, op},
    probe::{Digests, blobs, run},
    prover::{LINES, Through},
};

/// A relation of the script, by what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Relation {
    /// B is on the twist.
    Twist,
    /// The slope of line `.0`, counted over tangents and chords.
    Slope(usize),
    /// The loop ends at the x of -psi^3(B).
    EndX,
    /// And at its y.
    EndY,
    /// Representative `.0`, in order of use.
    Representative(usize),
    /// f K lies in Fq6.
    Final,
}

impl Relation {
    /// Whether it is combined over sigma.
    fn is_even(self) -> bool {
        match self {
            Self::Twist | Self::EndX => true,
            Self::Slope(k) => matches!(LINES[k].through, Through::Tangent(_)),
            Self::EndY | Self::Representative(_) | Self::Final => false,
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twist => f.write_str("B on the twist"),
            Self::Slope(k) => match LINES[*k].through {
                Through::Tangent(step) => write!(f, "line {k}: tangent of step {step}"),
                Through::Multiple(m) => write!(f, "line {k}: chord to {m:+} B"),
                Through::Psi => write!(f, "line {k}: chord to psi(B)"),
                Through::MinusPsi2 => write!(f, "line {k}: chord to -psi^2(B)"),
            },
            Self::EndX => f.write_str("x of the loop's end"),
            Self::EndY => f.write_str("y of the loop's end"),
            Self::Representative(k) => write!(f, "representative {k}"),
            Self::Final => f.write_str("final relation"),
        }
    }
}

/// Where a relation is added to a combination.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition {
    pub(crate) at: usize,
    /// Whether the new relation's value lies on top, above what the combination was before.
    pub(crate) value_on_top: bool,
}

/// The relations of a script in the order in which it adds them, with the places. The first of each combination is not
/// added to anything: its place is the second's.
pub(crate) struct Sites {
    pub(crate) odd: Vec<(Relation, Addition)>,
    pub(crate) even: Vec<(Relation, Addition)>,
}

impl Script {
    /// Takes a relation out of its combination.
    pub(crate) fn without(&self, sites: &Sites, relation: Relation) -> Self {
        let (at, is_first) = sites.place(relation);
        let drops_top = at.value_on_top != is_first;
        self.with(at.at, op(if drops_top { Opcode::OP_DROP } else { Opcode::OP_NIP }))
    }

    /// Finds the relations: a sum that has just been multiplied by a challenge is a multiple of it.
    pub(crate) fn sites(&self, spend: &SpendData) -> Sites {
        let mut digests = Digests(Vec::new());
        run(&bytes_of(&self.steps[..=self.draws[2]]), &blobs(spend), &mut digests);
        let number = |k: usize| BigInt::from_bytes_le(Sign::Plus, &digests.0[k]);
        let mut finder = Finder { challenges: [number(0), number(1)], found: [Vec::new(), Vec::new()] };
        run(&bytes_of(&self.steps), &blobs(spend), &mut finder);
        let [mut odd, even] = finder.found;
        // The last line multiplies the sum of the odd relations by rho once more.
        odd.retain(|addition| self.steps[addition.at].fragment != "verifier/identity");
        let sites = Sites { odd: self.named(odd, false), even: self.named(even, true) };
        assert_eq!(sites.odd.last().map(|(relation, _)| *relation), Some(Relation::Final));
        sites
    }

    /// Names the relations added at these places by their fragments and order.
    fn named(&self, additions: Vec<Addition>, is_even: bool) -> Vec<(Relation, Addition)> {
        let mut slopes = (0..LINES.len()).map(Relation::Slope).filter(|relation| relation.is_even() == is_even);
        let mut representatives = (0..).map(Relation::Representative);
        // B on the twist, and that f is of the class of the first representative.
        let first = if is_even { Relation::Twist } else { representatives.next().expect("endless") };
        let relation = |addition: &Addition| match self.steps[addition.at].fragment.rsplit('/').next() {
            Some("subgroup") if is_even => Relation::EndX,
            Some("subgroup") => Relation::EndY,
            Some("chunk") => representatives.next().expect("endless"),
            Some("residue") => Relation::Final,
            _ => slopes.next().expect("as many slope checks as lines"),
        };
        let mut names = vec![first];
        names.extend(additions.iter().map(relation));
        assert_eq!(slopes.next(), None, "every line's slope is checked");
        let places = std::iter::once(additions[0]).chain(additions.iter().copied());
        names.into_iter().zip(places).collect()
    }

    /// All relations of these hints as polynomials, found by running this script, the whole one.
    pub(crate) fn relations(&self, sites: &Sites, spend: &SpendData) -> Relations {
        let n_points = spend.hints.quotient.len() / 32 + 9;
        let [rho, sigma, _] = self.drawn(spend);
        let probe = self.probe();
        let values: Vec<(Fq, Vec<Fq>)> =
            zs(n_points).map(|z| (z, probe.values_at(sites, [rho, sigma], z, spend))).collect();
        let names = sites.odd.iter().chain(&sites.even).map(|(relation, _)| *relation);
        let poly = |(k, relation): (usize, Relation)| {
            let at = |(z, values): &(Fq, Vec<Fq>)| if relation.is_even() { values[k] } else { values[k] / z };
            (relation, polynomial(&values.iter().map(at).collect::<Vec<_>>()))
        };
        Relations { rho, sigma, n_coefficients: n_points - 9, polys: names.enumerate().map(poly).collect() }
    }

    /// The spend with the quotient under which the identity holds for this script, if there is one: found from the total
    /// alone.
    pub(crate) fn complete(&self, spend: &SpendData) -> Option<SpendData> {
        let n_coefficients = spend.hints.quotient.len() / 32;
        let zeros = Hints { quotient: vec![0; spend.hints.quotient.len()], ..spend.hints.clone() };
        let zeros = SpendData { hints: zeros, inputs: spend.inputs.clone() };
        let probe = self.probe();
        let values: Vec<Fq> = zs(n_coefficients + 9).map(|z| probe.difference_at(z, &zeros) / z).collect();
        Some(with_quotient(spend, &quotient(polynomial(&values), n_coefficients)?))
    }
}

/// The polynomials of all relations of some hints.
pub(crate) struct Relations {
    rho: Fq,
    sigma: Fq,
    n_coefficients: usize,
    /// Odd ones first, over w.
    polys: Vec<(Relation, Vec<Fq>)>,
}

impl Relations {
    /// The relations that do not hold.
    pub(crate) fn violated(&self) -> Vec<Relation> {
        let holds = |poly: &[Fq]| quotient(poly.to_vec(), self.n_coefficients).is_some();
        self.polys.iter().filter(|(_, poly)| !holds(poly)).map(|(relation, _)| *relation).collect()
    }

    /// The spend with the quotient of all relations but these, if there is one.
    pub(crate) fn complete_without(&self, spend: &SpendData, left_out: &[Relation]) -> Option<SpendData> {
        let sum = |is_even: bool, challenge: Fq| {
            let mut sum = vec![Fq::ZERO; self.n_coefficients + 9];
            for (relation, poly) in self.polys.iter().filter(|(relation, _)| relation.is_even() == is_even) {
                sum.iter_mut().for_each(|c| *c *= challenge);
                if !left_out.contains(relation) {
                    sum.iter_mut().zip(poly).for_each(|(c, of_this)| *c += of_this);
                }
            }
            sum
        };
        let (odd, even) = (sum(false, self.rho), sum(true, self.sigma));
        let total = odd.into_iter().zip(even).map(|(odd, even)| self.rho * odd + even).collect();
        Some(with_quotient(spend, &quotient(total, self.n_coefficients)?))
    }
}

impl Sites {
    /// All relations, odd ones first.
    pub(crate) fn relations(&self) -> Vec<Relation> {
        self.odd.iter().chain(&self.even).map(|(relation, _)| *relation).collect()
    }

    /// Where a relation is added, and whether it is the first of its combination.
    fn place(&self, relation: Relation) -> (Addition, bool) {
        let sites = if relation.is_even() { &self.even } else { &self.odd };
        let k = sites.iter().position(|(found, _)| *found == relation).expect("a relation of the script");
        (sites[k].1, k == 0)
    }
}

/// From z = 2 on v^3 - 9 is positive, as it is for any hash.
fn zs(n: usize) -> impl Iterator<Item = Fq> {
    (2u64..).map(Fq::from).take(n)
}

/// The polynomial in v = z^2 with these values at [`zs`].
fn polynomial(values: &[Fq]) -> Vec<Fq> {
    static KNOWN: LazyLock<Mutex<HashMap<usize, &'static Interpolation<Fq>>>> = LazyLock::new(Mutex::default);
    let interpolation = *KNOWN.lock().expect("no panics").entry(values.len()).or_insert_with(|| {
        let points: Vec<Fq> = zs(values.len()).map(|z| z.square()).collect();
        Box::leak(Box::new(Interpolation::at(&points)))
    });
    interpolation.polynomial(values)
}

/// The polynomial over P6(v), if it is a multiple.
fn quotient(mut total: Vec<Fq>, n_coefficients: usize) -> Option<Vec<Fq>> {
    assert!(total[n_coefficients + 6..].iter().all(|c| *c == Fq::ZERO), "the total's degree is as documented");
    let mut quotient = vec![Fq::ZERO; n_coefficients];
    for k in (0..n_coefficients).rev() {
        let top = total[k + 6];
        quotient[k] = top;
        total[k + 3] += top * Fq::from(18);
        total[k] -= top * Fq::from(82);
    }
    total[..6].iter().all(|c| *c == Fq::ZERO).then_some(quotient)
}

fn with_quotient(spend: &SpendData, quotient: &[Fq]) -> SpendData {
    let quotient = quotient.iter().flat_map(|c| c.into_bigint().to_bytes_le()).collect();
    SpendData { hints: Hints { quotient, ..spend.hints.clone() }, inputs: spend.inputs.clone() }
}

struct Finder {
    challenges: [BigInt; 2],
    found: [Vec<Addition>; 2],
}

impl Hook for Finder {
    fn before(&mut self, view: &View<'_>) {
        let [.., below, top] = view.stack() else { return };
        if view.opcode != Opcode::OP_ADD {
            return;
        }
        let is_shifted = |element: &Element, challenge: &BigInt| {
            let number = element.number();
            number.bits() > 256 && &*number % challenge == BigInt::ZERO
        };
        for (challenge, found) in self.challenges.iter().zip(&mut self.found) {
            let shifted = [is_shifted(below, challenge), is_shifted(top, challenge)];
            if shifted[0] != shifted[1] {
                found.push(Addition { at: view.index, value_on_top: shifted[0] });
            }
        }
    }
}
