//! Rearranges the statements of units: bytes change, meaning does not.
//!
//! In which order independent statements are laid out decides how far values have to be moved. The orders here were found
//! by simulated annealing over the length of whole scripts (`ir/search.rs`), one for all units of a fragment.

use std::ops::Range;

use chain_types::Profile;

use super::Program;

/// An order for all units of a fragment that have as many statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitOrder<'a> {
    /// Last part of the fragment's path.
    pub(crate) fragment: &'a str,
    /// Which of the statements as recorded stands at each place.
    pub(crate) statements: &'a [u8],
}

impl UnitOrder<'_> {
    /// Whether the order is for this unit.
    pub(crate) fn fits(&self, program: &Program, unit: &Range<usize>) -> bool {
        let path = &program.fragments[program.statements[unit.start].fragment];
        self.statements.len() == unit.len() && path.rsplit('/').next() == Some(self.fragment)
    }
}

/// Rearranges all units that `orders` has an order for.
pub(crate) fn arrange(program: &mut Program, orders: &[UnitOrder<'_>]) {
    for unit in program.units.clone() {
        let Some(order) = orders.iter().find(|order| order.fits(program, &unit)) else { continue };
        let recorded = program.statements[unit.clone()].to_vec();
        let arranged: Vec<_> = order.statements.iter().map(|k| recorded[usize::from(*k)].clone()).collect();
        program.statements.splice(unit, arranged);
    }
}

/// Whether every value of a unit is made before it is used, and the alternative stack is used as recorded, if its
/// statements stand in this order.
#[cfg(any(test, feature = "search"))]
pub(crate) fn is_valid(program: &Program, unit: &Range<usize>, order: &[u8]) -> bool {
    use super::{Action, Id};

    let recorded = &program.statements[unit.clone()];
    let mut unmade: Vec<Id> = recorded.iter().flat_map(|statement| statement.results.clone()).collect();
    let alt: Vec<usize> =
        (0..recorded.len()).filter(|k| matches!(recorded[*k].action, Action::Stash | Action::Unstash)).collect();
    let mut alt_left = alt.iter();
    order.iter().all(|k| {
        let k = usize::from(*k);
        let statement = &recorded[k];
        let made = statement.args.iter().all(|arg| !unmade.contains(arg));
        unmade.retain(|id| !statement.results.contains(id));
        made && (!alt.contains(&k) || alt_left.next() == Some(&k))
    })
}

/// The orders for scripts of this profile.
pub(crate) const fn orders(profile: Profile) -> &'static [UnitOrder<'static>] {
    match profile {
        Profile::Genesis => GENESIS,
        Profile::Chronicle => CHRONICLE,
    }
}

/// Found over the verifier with one input of 232 bits, from which the one without inputs differs little.
#[rustfmt::skip]
const GENESIS: &[UnitOrder<'_>] = &[
    UnitOrder { fragment: "addition", statements: &[0, 1, 6, 7, 2, 3, 4, 5, 8, 9, 12, 13, 14, 18, 19, 22, 23, 24, 25, 26, 20, 21, 27, 10, 11, 29, 30, 28, 31, 33, 15, 32, 34, 16, 17] },
    UnitOrder { fragment: "chunk", statements: &[0, 10, 1, 2, 3, 4, 6, 5, 7, 8, 9, 11, 12] },
    UnitOrder { fragment: "doubling", statements: &[19, 20, 23, 24, 25, 26, 27, 21, 22, 28, 2, 3, 13, 14, 15, 16, 17, 11, 12, 18, 30, 31, 29, 32, 0, 34, 1, 33, 35, 4, 5, 6, 7, 8, 9, 10] },
    UnitOrder { fragment: "pair_c_delta", statements: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26] },
    UnitOrder { fragment: "placement", statements: &[2, 0, 1, 4, 3] },
    UnitOrder { fragment: "public_input", statements: &[0, 1, 2, 4, 3, 6, 5] },
    UnitOrder { fragment: "public_input", statements: &[0, 1, 2, 3, 5, 7, 4, 6] },
];

/// The same under the rules since Chronicle.
#[rustfmt::skip]
const CHRONICLE: &[UnitOrder<'_>] = &[
    UnitOrder { fragment: "addition", statements: &[17, 20, 21, 22, 23, 24, 18, 19, 25, 0, 11, 12, 13, 14, 15, 9, 10, 16, 27, 28, 26, 29, 31, 30, 32, 1, 2, 3, 4, 5, 6, 7, 8] },
    UnitOrder { fragment: "challenges", statements: &[0, 1, 2, 3, 7, 4, 8, 5, 6, 9] },
    UnitOrder { fragment: "chunk", statements: &[0, 1, 4, 2, 3, 5, 6, 7, 8] },
    UnitOrder { fragment: "chunk", statements: &[0, 1, 3, 2, 4, 5, 6, 7, 8, 9] },
    UnitOrder { fragment: "chunk", statements: &[0, 9, 1, 2, 3, 5, 4, 6, 7, 8, 10, 11] },
    UnitOrder { fragment: "doubling", statements: &[2, 12, 13, 14, 15, 16, 10, 11, 17, 3, 4, 5, 6, 7, 8, 9, 18, 21, 22, 23, 24, 25, 19, 20, 28, 29, 27, 26, 0, 30, 32, 31, 1, 33] },
    UnitOrder { fragment: "frobenius_coeffs", statements: &[0, 1, 4, 5, 7, 2, 6, 8, 9, 10, 12, 11, 13, 3] },
    UnitOrder { fragment: "frobenius_lines", statements: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 9, 16, 17, 24, 18, 19, 20, 25, 26, 21, 22, 23, 27, 29, 28, 30, 15] },
    UnitOrder { fragment: "frobenius_lines", statements: &[0, 9, 5, 6, 1, 2, 3, 4, 7, 8, 17, 10, 18, 19, 27, 20, 21, 22, 23, 28, 26, 30, 32, 11, 12, 29, 31, 24, 25, 13, 14, 15, 16] },
    UnitOrder { fragment: "g1_points", statements: &[10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 12, 13, 26, 27, 28, 14, 15, 29, 30, 31] },
    UnitOrder { fragment: "hints", statements: &[34, 0, 28, 29, 1, 37, 38, 39, 35, 138, 139, 40, 41, 42, 2, 3, 17, 11, 4, 5, 6, 7, 8, 9, 10, 16, 36, 89, 24, 27, 23, 25, 26, 50, 31, 30, 32, 107, 43, 44, 45, 46, 47, 48, 66, 61, 13, 51, 52, 65, 53, 77, 100, 90, 99, 101, 56, 55, 57, 58, 94, 91, 108, 12, 92, 60, 62, 49, 63, 54, 59, 137, 67, 68, 64, 71, 79, 69, 70, 80, 72, 73, 74, 75, 102, 76, 81, 140, 109, 78, 82, 83, 85, 84, 86, 87, 88, 141, 14, 15, 103, 106, 95, 110, 111, 112, 96, 113, 114, 142, 33, 115, 117, 116, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 143, 20, 128, 93, 97, 98, 18, 19, 21, 129, 130, 131, 132, 155, 156, 157, 158, 159, 133, 134, 135, 104, 151, 150, 152, 146, 145, 147, 144, 148, 149, 153, 154, 136, 160, 22, 105, 161] },
    UnitOrder { fragment: "pair_a_b", statements: &[13, 0, 2, 14, 12, 16, 19, 20, 26, 27, 3, 5, 17, 18, 21, 22, 23, 4, 30, 31, 32, 1, 6, 7, 28, 29, 8, 9, 10, 11, 15, 24, 25] },
    UnitOrder { fragment: "pair_c_delta", statements: &[0, 1, 4, 6, 10, 18, 19, 11, 12, 5, 20, 21, 22, 23, 13, 15, 16, 17, 2, 3, 7, 9, 8, 24, 25, 26, 14] },
    UnitOrder { fragment: "placement", statements: &[1, 4, 0, 2, 3] },
    UnitOrder { fragment: "power", statements: &[1, 0, 3, 2] },
    UnitOrder { fragment: "powers", statements: &[1, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] },
    UnitOrder { fragment: "proof", statements: &[0, 1, 2, 3, 4, 5, 6, 8, 7] },
    UnitOrder { fragment: "public_input", statements: &[0, 1, 3, 5, 2, 4] },
    UnitOrder { fragment: "public_input", statements: &[0, 1, 2, 4, 6, 3, 5] },
    UnitOrder { fragment: "residue", statements: &[0, 5, 6, 7, 8, 2, 1, 3, 4, 9, 10, 12, 11, 13, 14, 15, 16] },
    UnitOrder { fragment: "residue", statements: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 17] },
    UnitOrder { fragment: "residue", statements: &[1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0, 2, 3, 19, 21, 18, 20] },
    UnitOrder { fragment: "subgroup", statements: &[3, 4, 5, 6, 1, 0, 2] },
];

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use ark_bn254::{Bn254, Fr, G1Affine, G2Affine};
    use ark_ec::{AffineRepr, CurveGroup};
    use ark_ff::Field;
    use ark_groth16::{Proof, VerifyingKey};
    use chain_types::{LockingScript, UnlockingScript};
    use script_vm::{Machine, NoSignatures, TxVersion};

    use super::*;
    use crate::{
        PublicInput, Target,
        compiled::{Compiled, record},
        contract::Frame,
        ir::{Builder, Bytes, schedule::schedule},
        verifier::public_input::OpenInput,
    };

    fn g1(x: u64) -> G1Affine {
        (G1Affine::generator() * Fr::from(x)).into_affine()
    }

    fn g2(x: u64) -> G2Affine {
        (G2Affine::generator() * Fr::from(x)).into_affine()
    }

    /// A key of small multiples, and a proof under it of inputs that are all 5.
    fn key_and_proof(n_inputs: u64) -> (VerifyingKey<Bn254>, Proof<Bn254>) {
        let vk = VerifyingKey {
            alpha_g1: g1(2),
            beta_g2: g2(3),
            gamma_g2: g2(7),
            delta_g2: g2(11),
            gamma_abc_g1: (0..=n_inputs).map(|k| g1(13 + k)).collect(),
        };
        let l = 13 + (1..=n_inputs).map(|k| 5 * (13 + k)).sum::<u64>();
        let (a, b) = (1_000_003u64, 1_000_033u64);
        let c = (Fr::from(a) * Fr::from(b) - Fr::from(2 * 3 + l * 7)) * Fr::from(11).inverse().expect("not zero");
        (vk, Proof { a: g1(a), b: g2(b), c: (G1Affine::generator() * c).into_affine() })
    }

    fn open_inputs(b: &mut Builder, open: &[OpenInput]) -> Vec<Bytes> {
        open.iter().map(|input| b.initial(input.len())).collect()
    }

    fn script_of(program: &Program) -> LockingScript {
        LockingScript::from_bytes(schedule(program).iter().flat_map(|(instr, _)| instr.to_bytes()).collect())
    }

    #[test]
    fn arrange__every_profile_and_kind_of_input__keeps_order_of_use_and_verdict() {
        for profile in Profile::ALL {
            for inputs in [vec![], vec![PublicInput::Bits(232)], vec![PublicInput::Bits(9), PublicInput::Full]] {
                let (vk, proof) = key_and_proof(inputs.len() as u64);
                let target = Target::policy(profile);
                let mut program = record(&vk, &inputs, target, open_inputs).expect("a good key").program;
                let recorded = script_of(&program);
                let mut n_arranged = 0;
                for unit in program.units.clone() {
                    if let Some(order) = orders(profile).iter().find(|order| order.fits(&program, &unit)) {
                        assert!(is_valid(&program, &unit, order.statements), "{} {profile}", order.fragment);
                        n_arranged += 1;
                    }
                }
                assert!(n_arranged > 100, "{n_arranged} units have an order");
                arrange(&mut program, orders(profile));
                let arranged = script_of(&program);
                assert!(arranged.len() + 700 < recorded.len(), "{} {}", arranged.len(), recorded.len());

                let compiled = Compiled::new(&vk, &inputs, target, Frame::default(), open_inputs).expect("a good key");
                assert_eq!(compiled.locking_script(), &arranged);
                let values: Vec<Vec<u8>> =
                    compiled.open_inputs().iter().map(|open| open.encode(Fr::from(5)).expect("small")).collect();
                let hints = compiled.hints(&proof, &values).expect("a valid proof");
                let mut unlocking = UnlockingScript::default();
                hints.push_onto(&mut unlocking);
                values.iter().for_each(|value| unlocking.push_slice(value));
                let machine = match profile {
                    Profile::Genesis => Machine::policy(),
                    Profile::Chronicle => Machine::chronicle_policy(TxVersion::RELAXED),
                };
                for script in [&recorded, &arranged] {
                    let run = machine.run(&unlocking, script, &NoSignatures);
                    run.unwrap_or_else(|failure| panic!("{profile}: {failure}"));
                }
            }
        }
    }

    #[test]
    fn is_valid__use_before_making__is_refused() {
        let (vk, _) = key_and_proof(0);
        let program = record(&vk, &[], Target::GENESIS, open_inputs).expect("a good key").program;
        let unit = program.units.iter().find(|unit| unit.len() > 20).expect("a doubling");
        let len = u8::try_from(unit.len()).expect("short");
        let as_recorded: Vec<u8> = (0..len).collect();
        assert!(is_valid(&program, unit, &as_recorded));
        let reversed: Vec<u8> = (0..len).rev().collect();
        assert!(!is_valid(&program, unit, &reversed));
    }
}
