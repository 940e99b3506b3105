//! A valid spend without open inputs, taken apart once, and how false hints are tried on its script.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fq, Fq12};
use ark_ec::pairing::Pairing;
use ark_groth16::{Groth16, Proof, VerifyingKey, prepare_verifying_key};
use script_gen::{Hints, SpendData};

use crate::{
    black_box::Script,
    common::Spend,
    prover::{Numbers, Prover, Walk, conjugate},
    relations::{Relation, Sites},
    residue::{has_trivial_pairing_value, of_short, residue_witness, short},
    row::{Outcome, judge},
};

pub(crate) struct Lab {
    pub(crate) spend: Spend,
    pub(crate) script: Script,
    pub(crate) sites: Sites,
}

pub(crate) fn lab() -> &'static Lab {
    static LAB: LazyLock<Lab> = LazyLock::new(|| {
        let spend = Spend::new(211, &[], 212);
        let script = Script::of(&spend.verifier);
        let sites = script.sites(&spend.data(&spend.hints));
        Lab { spend, script, sites }
    });
    &LAB
}

pub(crate) fn prover() -> &'static Prover<'static> {
    static PROVER: LazyLock<Prover<'static>> = LazyLock::new(|| Prover::new(&lab().spend, &[]));
    &PROVER
}

/// The script's K of a key without open inputs.
pub(crate) fn constant(vk: &VerifyingKey<Bn254>) -> [Fq; 4] {
    short(Bn254::multi_miller_loop([-vk.alpha_g1, -vk.gamma_abc_g1[0]], [vk.beta_g2, vk.gamma_g2]).0)
}

pub(crate) fn is_valid(vk: &VerifyingKey<Bn254>, proof: &Proof<Bn254>) -> bool {
    Groth16::<Bn254>::verify_proof(&prepare_verifying_key(vk), proof, &[]).expect("no inputs")
}

/// Hints whose relations hold but for a few, and a script whose K closes the equation for them.
pub(crate) struct Forgery {
    pub(crate) script: Script,
    pub(crate) spend: SpendData,
    pub(crate) k: Fq12,
}

impl Forgery {
    /// Any value has a K for which the equation closes, and a d to close it with.
    pub(crate) fn new(numbers: &Numbers, walk: &Walk) -> Self {
        let Lab { spend, script, .. } = lab();
        let value = prover().miller_value(numbers, walk, &[]);
        let k = short(conjugate(value));
        let d = residue_witness(value * of_short(k));
        let pairs = constant(&spend.key.vk).into_iter().zip(k);
        let script = pairs.fold(script.clone(), |script, (from, to)| script.with_number(from, to));
        Self { script, spend: without_inputs(prover().hints(numbers, walk, &[], d)), k: of_short(k) }
    }

    /// Whether the statement is false although A, B and C are points of their groups.
    pub(crate) fn is_false_under_its_constant(&self) -> bool {
        let proof = Numbers::of(&self.spend.hints).proof();
        assert!(proof.a.is_on_curve() && proof.c.is_on_curve() && proof.b.is_on_curve());
        assert!(proof.b.is_in_correct_subgroup_assuming_on_curve());
        let pairs = Bn254::multi_miller_loop([proof.a, -proof.c], [proof.b, lab().spend.key.vk.delta_g2]).0;
        !has_trivial_pairing_value(pairs * self.k)
    }

    /// For each of the relations that these hints violate, which must be the ones given: what the script says with it and
    /// without, the others being out both times. No quotient helps where one is in.
    #[track_caller]
    pub(crate) fn outcomes(self, expected: &[Relation]) -> Vec<[Outcome; 2]> {
        let Self { script, spend, .. } = self;
        let sites = &lab().sites;
        let relations = script.relations(sites, &spend);
        let violated = relations.violated();
        assert!(violated.len() == expected.len() && expected.iter().all(|r| violated.contains(r)), "{violated:?}");
        let spend = relations.complete_without(&spend, expected).expect("all others hold");
        let without = |left_out: &[Relation]| {
            left_out.iter().fold(script.clone(), |script, relation| script.without(sites, *relation))
        };
        let accepted = judge(&without(expected), &spend);
        assert_eq!(accepted, Outcome::Accepted);
        assert_ne!(judge(&script, &spend), Outcome::Accepted, "the whole script");
        let outcome = |kept: &Relation| {
            let others: Vec<Relation> = expected.iter().filter(|other| *other != kept).copied().collect();
            assert!(relations.complete_without(&spend, &others).is_none(), "no quotient with {kept}");
            [judge(&without(&others), &spend), accepted.clone()]
        };
        expected.iter().map(outcome).collect()
    }
}

pub(crate) fn without_inputs(hints: Hints) -> SpendData {
    SpendData { hints, inputs: Vec::new() }
}
