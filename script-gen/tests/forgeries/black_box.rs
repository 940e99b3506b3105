//! A cheating prover's view of a script: only its bytes. Checks are taken out of it, and quotients are found by running
//! what is left at many points. Nothing here uses the generator's own description of the relations.

use std::{
    collections::HashMap,
    fmt,
    ops::Range,
    sync::{LazyLock, Mutex},
};

use ark_bn254::Fq;
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use chain_types::{LockingScript, Opcode, encode_push};
use num_bigint::{BigInt, BigUint, Sign};
use script_gen::{Groth16Verifier, Hints, SpendData};
use script_vm::{Element, Hook, Machine, StackState, View};

use crate::{
    algebra::Interpolation,
    prover::{LINES, Through},
};

/// One place of a script: an instruction, or what stands for it, with the path of its fragment.
#[derive(Clone)]
pub(crate) struct Step {
    bytes: Vec<u8>,
    fragment: String,
}

/// A locking script that can be taken apart.
#[derive(Clone)]
pub(crate) struct Script {
    steps: Vec<Step>,
    /// Where rho, sigma and z are drawn.
    draws: [usize; 3],
}

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
struct Addition {
    at: usize,
    /// Whether the new relation's value lies on top, above what the combination was before.
    value_on_top: bool,
}

/// The relations of a script in the order in which it adds them, with the places. The first of each combination is not
/// added to anything: its place is the second's.
pub(crate) struct Sites {
    odd: Vec<(Relation, Addition)>,
    even: Vec<(Relation, Addition)>,
}

/// The places of this opcode in a fragment.
fn find(steps: &[Step], fragment: &str, opcode: Opcode) -> Vec<usize> {
    let is_it = |step: &Step| step.fragment == fragment && step.bytes == op(opcode);
    (0..steps.len()).filter(|at| is_it(&steps[*at])).collect()
}

fn op(opcode: Opcode) -> Vec<u8> {
    vec![opcode.0]
}

fn bytes_of<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Vec<u8> {
    steps.into_iter().flat_map(|step| step.bytes.iter().copied()).collect()
}

impl Script {
    pub(crate) fn of(verifier: &Groth16Verifier) -> Self {
        Self::new(verifier.locking_script(), &verifier.fragments())
    }

    pub(crate) fn new(script: &LockingScript, fragments: &[(Range<usize>, &str)]) -> Self {
        let mut starts: Vec<usize> = script.instructions().map(|read| read.expect("whole pushes").0).collect();
        starts.push(script.len());
        let step = |range: &[usize]| {
            let (_, path) = fragments.iter().find(|(bytes, _)| bytes.contains(&range[0])).expect("all is covered");
            Step { bytes: script.as_bytes()[range[0]..range[1]].to_vec(), fragment: (*path).to_owned() }
        };
        let steps: Vec<Step> = starts.windows(2).map(step).collect();
        let draws = find(&steps, CHALLENGES, Opcode::OP_SHA256).try_into().expect("rho, sigma, z");
        Self { steps, draws }
    }

    pub(crate) fn locking_script(&self) -> LockingScript {
        LockingScript::from_bytes(bytes_of(&self.steps))
    }

    /// Runs of bytes of one fragment, with its path, as [`Groth16Verifier::fragments`] gives them of the whole script.
    pub(crate) fn fragments(&self) -> Vec<(Range<usize>, &str)> {
        let mut start = 0;
        let range = |step: &'_ Step| {
            let range = start..start + step.bytes.len();
            start = range.end;
            range
        };
        let ranges: Vec<_> = self.steps.iter().map(range).collect();
        ranges.into_iter().zip(self.steps.iter().map(|step| step.fragment.as_str())).collect()
    }

    fn find(&self, fragment: &str, opcode: Opcode) -> Vec<usize> {
        find(&self.steps, fragment, opcode)
    }

    fn with(&self, at: usize, bytes: Vec<u8>) -> Self {
        let mut other = self.clone();
        other.steps[at].bytes = bytes;
        other
    }

    /// Puts these instructions in the place of the k-th of this opcode in a fragment.
    pub(crate) fn replacing(&self, fragment: &str, opcode: Opcode, k: usize, by: &[Opcode]) -> Self {
        self.with(self.find(fragment, opcode)[k], by.iter().map(|opcode| opcode.0).collect())
    }

    /// Takes direct check `k` of a fragment out: the two numbers are dropped unseen.
    pub(crate) fn without_equality(&self, fragment: &str, k: usize) -> Self {
        self.replacing(fragment, Opcode::OP_NUMEQUALVERIFY, k, &[Opcode::OP_2DROP])
    }

    /// How many direct checks a fragment has.
    pub(crate) fn n_equalities(&self, fragment: &str) -> usize {
        self.find(fragment, Opcode::OP_NUMEQUALVERIFY).len()
    }

    /// How many instructions of the script are this opcode.
    pub(crate) fn count(&self, opcode: Opcode) -> usize {
        self.steps.iter().filter(|step| step.bytes == op(opcode)).count()
    }

    /// Takes the last answer out: whatever the difference is, 1 is left.
    pub(crate) fn without_verdict(&self) -> Self {
        self.replacing("verifier/identity", Opcode::OP_NOT, 0, &[Opcode::OP_DROP, Opcode::OP_1])
    }

    /// Pushes another number wherever this one is pushed.
    pub(crate) fn with_number(&self, from: Fq, to: Fq) -> Self {
        let push = |x: Fq| encode_push(&chain_types::script_num::encode(&BigInt::from(BigUint::from(x))));
        let places: Vec<usize> = (0..self.steps.len()).filter(|at| self.steps[*at].bytes == push(from)).collect();
        let [at] = places[..] else { panic!("{from} is pushed {} times", places.len()) };
        self.with(at, push(to))
    }

    /// Pushes other bytes where a fragment pushes these.
    pub(crate) fn with_push(&self, fragment: &str, from: &[u8], to: &[u8]) -> Self {
        let is_it = |step: &Step| step.fragment == fragment && step.bytes == encode_push(from);
        let places: Vec<usize> = (0..self.steps.len()).filter(|at| is_it(&self.steps[*at])).collect();
        let [at] = places[..] else { panic!("{from:?} is pushed {} times", places.len()) };
        self.with(at, encode_push(to))
    }

    /// Drops what a fragment's first such opcode takes and pushes a constant.
    pub(crate) fn with_constant_in_place_of(&self, fragment: &str, opcode: Opcode, constant: &[u8]) -> Self {
        self.with(self.find(fragment, opcode)[0], [op(Opcode::OP_DROP), encode_push(constant)].concat())
    }

    /// Hashes a constant where rho (0) or sigma (1) is drawn.
    pub(crate) fn with_constant_hashed(&self, k: usize, constant: &[u8]) -> Self {
        self.with(self.draws[k], [op(Opcode::OP_DROP), encode_push(constant), op(Opcode::OP_SHA256)].concat())
    }

    /// Takes a relation out of its combination.
    pub(crate) fn without(&self, sites: &Sites, relation: Relation) -> Self {
        let (at, is_first) = sites.place(relation);
        let drops_top = at.value_on_top != is_first;
        self.with(at.at, op(if drops_top { Opcode::OP_DROP } else { Opcode::OP_NIP }))
    }

    // ---- the transcript: concatenations in order, proof || slopes || representatives and d || inputs.., then rho || Q

    /// The concatenation's upper part is not hashed.
    pub(crate) fn without_upper(&self, k: usize) -> Self {
        self.replacing(CHALLENGES, Opcode::OP_CAT, k, &[Opcode::OP_DROP])
    }

    /// The concatenation's lower part is not hashed.
    pub(crate) fn without_lower(&self, k: usize) -> Self {
        self.replacing(CHALLENGES, Opcode::OP_CAT, k, &[Opcode::OP_NIP])
    }

    /// Of the concatenation's upper part the bytes from `len` on are not hashed.
    pub(crate) fn without_tail(&self, k: usize, len: usize) -> Self {
        let at = self.find(CHALLENGES, Opcode::OP_CAT)[k];
        let len = encode_push(&chain_types::script_num::encode(&BigInt::from(len)));
        let rest = [Opcode::OP_SPLIT, Opcode::OP_DROP, Opcode::OP_CAT].map(|opcode| opcode.0);
        self.with(at, [&len[..], &rest].concat())
    }

    /// The numbers that the script draws for these hints: rho, sigma, z.
    pub(crate) fn drawn(&self, spend: &SpendData) -> [Fq; 3] {
        let fragment = bytes_of(&self.steps[..=self.draws[2]]);
        let mut digests = Digests(Vec::new());
        run(&fragment, &blobs(spend), &mut digests);
        let found: Vec<Fq> = digests.0.iter().map(|digest| Fq::from_le_bytes_mod_order(digest)).collect();
        found.try_into().expect("three digests")
    }

    /// The script up to the residue it judges, ready for any z.
    fn probe(&self) -> Probe {
        let verdict = self.find("verifier/identity", Opcode::OP_NOT)[0];
        let script = self.with(verdict, Vec::new()).with(self.draws[2], Probe::draw(Fq::ZERO));
        let mut offsets = vec![0];
        script.steps.iter().for_each(|step| offsets.push(offsets[offsets.len() - 1] + step.bytes.len()));
        Probe { bytes: bytes_of(&script.steps), draw: offsets[self.draws[2]], offsets }
    }

    /// What the script finds for total - w Q P6 at this point, whatever point the hash calls for.
    pub(crate) fn difference_at(&self, z: Fq, spend: &SpendData) -> Fq {
        self.probe().difference_at(z, spend)
    }

    /// The value of every relation at this point, in the order of [`Sites::relations`].
    pub(crate) fn values_at(&self, sites: &Sites, z: Fq, spend: &SpendData) -> Vec<Fq> {
        let [rho, sigma, _] = self.drawn(spend);
        self.probe().values_at(sites, [rho, sigma], z, spend)
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

const CHALLENGES: &str = "verifier/challenges";

/// A script that takes z from us.
struct Probe {
    bytes: Vec<u8>,
    /// Where z is pushed.
    draw: usize,
    /// Where each step of the script begins.
    offsets: Vec<usize>,
}

impl Probe {
    /// What stands in the place of the hash.
    fn draw(z: Fq) -> Vec<u8> {
        let mut digest = z.into_bigint().to_bytes_le();
        digest.resize(32, 0);
        [op(Opcode::OP_DROP), encode_push(&digest)].concat()
    }

    fn run(&self, z: Fq, spend: &SpendData, hook: &mut dyn Hook) -> Vec<Vec<u8>> {
        let mut script = self.bytes.clone();
        let draw = Self::draw(z);
        script[self.draw..][..draw.len()].copy_from_slice(&draw);
        run(&script, &blobs(spend), hook)
    }

    fn difference_at(&self, z: Fq, spend: &SpendData) -> Fq {
        let after = self.run(z, spend, &mut Nothing);
        let [residue] = &after[..] else { panic!("{} elements are left", after.len()) };
        to_field(&chain_types::script_num::decode(residue))
    }

    fn values_at(&self, sites: &Sites, [rho, sigma]: [Fq; 2], z: Fq, spend: &SpendData) -> Vec<Fq> {
        let of = |sites: &[(Relation, Addition)]| {
            sites[1..].iter().map(|(_, a)| (self.offsets[a.at], a.value_on_top)).collect::<Vec<_>>()
        };
        let [odd, even] = [&sites.odd, &sites.even].map(|sites| of(sites));
        let mut values = Values {
            firsts: [odd[0].0, even[0].0],
            sites: odd.iter().chain(&even).copied().collect(),
            found: HashMap::new(),
        };
        self.run(z, spend, &mut values);
        let of = |sites: &[(usize, bool)], challenge: Fq| {
            let first = values.found[&sites[0].0].1 / challenge;
            std::iter::once(first).chain(sites.iter().map(|(at, _)| values.found[at].0)).collect::<Vec<_>>()
        };
        [of(&odd, rho), of(&even, sigma)].concat()
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

struct Nothing;

impl Hook for Nothing {}

/// What every hash answers.
struct Digests(Vec<Vec<u8>>);

impl Hook for Digests {
    fn after(&mut self, view: &View<'_>) {
        if view.opcode == Opcode::OP_SHA256 {
            self.0.push(view.stack().last().expect("a digest").bytes().to_vec());
        }
    }
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

/// The value of a relation wherever one is added, and at the first of each combination what it is added to.
struct Values {
    firsts: [usize; 2],
    sites: HashMap<usize, bool>,
    found: HashMap<usize, (Fq, Fq)>,
}

impl Hook for Values {
    fn before(&mut self, view: &View<'_>) {
        if view.opcode != Opcode::OP_ADD {
            return;
        }
        let Some(value_on_top) = self.sites.get(&view.offset) else { return };
        let [.., below, top] = view.stack() else { panic!("two summands") };
        let (value, sum) = if *value_on_top { (top, below) } else { (below, top) };
        let sum = if self.firsts.contains(&view.offset) { to_field(&sum.number()) } else { Fq::ZERO };
        self.found.insert(view.offset, (to_field(&value.number()), sum));
    }
}

/// The main stack that a script leaves, its top last.
fn run(script: &[u8], blobs: &[&[u8]], hook: &mut dyn Hook) -> Vec<Vec<u8>> {
    let before = StackState { stack: blobs.iter().map(|blob| blob.to_vec()).collect(), alt_stack: Vec::new() };
    let run = Machine::policy().run_fragment_with_hook(&before, script, hook);
    run.unwrap_or_else(|failure| panic!("{failure}")).0.stack
}

/// The elements of the stack, deepest first.
fn blobs(spend: &SpendData) -> Vec<&[u8]> {
    let SpendData { hints, inputs } = spend;
    let hints: [&[u8]; 4] = [&hints.quotient, &hints.representatives, &hints.slopes, &hints.proof];
    hints.into_iter().chain(inputs.iter().map(Vec::as_slice)).collect()
}

fn to_field(n: &BigInt) -> Fq {
    static Q: LazyLock<BigUint> = LazyLock::new(|| Fq::MODULUS.into());
    let magnitude = Fq::from(n.magnitude() % &*Q);
    if n.sign() == Sign::Minus { -magnitude } else { magnitude }
}
