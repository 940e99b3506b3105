//! Runs of a script, or of a part of it, that answer numbers.

use std::{collections::HashMap, sync::LazyLock};

use ark_bn254::Fq;
use ark_ff::{AdditiveGroup, BigInteger, PrimeField};
use chain_types::{Opcode, encode_push};
use num_bigint::{BigInt, BigUint, Sign};
use script_gen::SpendData;
use script_vm::{Hook, Machine, StackState, View};

use crate::{
    black_box::{Script, bytes_of, op},
    relations::{Addition, Relation, Sites},
};

impl Script {
    /// The numbers that the script draws for these hints: rho, sigma, z.
    pub(crate) fn drawn(&self, spend: &SpendData) -> [Fq; 3] {
        let fragment = bytes_of(&self.steps[..=self.draws[2]]);
        let mut digests = Digests(Vec::new());
        run(&fragment, &blobs(spend), &mut digests);
        let found: Vec<Fq> = digests.0.iter().map(|digest| Fq::from_le_bytes_mod_order(digest)).collect();
        found.try_into().expect("three digests")
    }

    /// The script up to the residue it judges, ready for any z.
    pub(crate) fn probe(&self) -> Probe {
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
}

/// A script that takes z from us.
pub(crate) struct Probe {
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

    pub(crate) fn difference_at(&self, z: Fq, spend: &SpendData) -> Fq {
        let after = self.run(z, spend, &mut Nothing);
        let [residue] = &after[..] else { panic!("{} elements are left", after.len()) };
        to_field(&chain_types::script_num::decode(residue))
    }

    pub(crate) fn values_at(&self, sites: &Sites, [rho, sigma]: [Fq; 2], z: Fq, spend: &SpendData) -> Vec<Fq> {
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

struct Nothing;

impl Hook for Nothing {}

/// What every hash answers.
pub(crate) struct Digests(pub(crate) Vec<Vec<u8>>);

impl Hook for Digests {
    fn after(&mut self, view: &View<'_>) {
        if view.opcode == Opcode::OP_SHA256 {
            self.0.push(view.stack().last().expect("a digest").bytes().to_vec());
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
pub(crate) fn run(script: &[u8], blobs: &[&[u8]], hook: &mut dyn Hook) -> Vec<Vec<u8>> {
    let before = StackState { stack: blobs.iter().map(|blob| blob.to_vec()).collect(), alt_stack: Vec::new() };
    let run = Machine::policy().run_fragment_with_hook(&before, script, hook);
    run.unwrap_or_else(|failure| panic!("{failure}")).0.stack
}

/// The elements of the stack, deepest first.
pub(crate) fn blobs(spend: &SpendData) -> Vec<&[u8]> {
    let SpendData { hints, inputs } = spend;
    let hints: [&[u8]; 4] = [&hints.quotient, &hints.representatives, &hints.slopes, &hints.proof];
    hints.into_iter().chain(inputs.iter().map(Vec::as_slice)).collect()
}

fn to_field(n: &BigInt) -> Fq {
    static Q: LazyLock<BigUint> = LazyLock::new(|| Fq::MODULUS.into());
    let magnitude = Fq::from(n.magnitude() % &*Q);
    if n.sign() == Sign::Minus { -magnitude } else { magnitude }
}
