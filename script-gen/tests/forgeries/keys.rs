//! Keys with two equal points of G2: anybody can prove anything under them, without knowing a trapdoor.

use ark_bn254::{Bn254, Fr, G1Projective, G2Projective};
use ark_ec::CurveGroup;
use ark_ff::Field;
use ark_groth16::{Groth16, Proof, VerifyingKey, prepare_verifying_key};

use crate::common::InsecureKey;

/// What is equal in a key, up to sign.
#[derive(Clone, Copy, Debug)]
enum Equal {
    GammaDelta,
    BetaGamma,
    BetaDelta,
}

/// A proof of any statement, made of the key's own points.
fn forge(vk: &VerifyingKey<Bn254>, equal: Equal, sign: Fr, input: Fr) -> Proof<Bn254> {
    let t = Fr::from(5);
    let alpha = G1Projective::from(vk.alpha_g1);
    let [beta, gamma, delta] = [vk.beta_g2, vk.gamma_g2, vk.delta_g2].map(G2Projective::from);
    let l = vk.gamma_abc_g1[0] + vk.gamma_abc_g1[1] * input;
    // e(A, B) = e(alpha, beta) e(L, gamma) e(C, delta), and (A, B + t delta, C + t A) with every (A, B, C).
    let (a, b, c) = match equal {
        Equal::GammaDelta => (alpha, beta + delta * t, -(l * sign) + alpha * t),
        Equal::BetaGamma => {
            let a = alpha * sign + l;
            (a, gamma + delta * t, a * t)
        }
        Equal::BetaDelta => (l, gamma + delta * t, -(alpha * sign) + l * t),
    };
    Proof { a: a.into_affine(), b: b.into_affine(), c: c.into_affine() }
}

#[test]
fn key__two_equal_points_of_g2__is_forgeable_by_anybody() {
    for equal in [Equal::GammaDelta, Equal::BetaGamma, Equal::BetaDelta] {
        for sign in [Fr::ONE, -Fr::ONE] {
            let mut trapdoor = InsecureKey::new(221, 1).trapdoor;
            match equal {
                Equal::GammaDelta => trapdoor.gamma = trapdoor.delta * sign,
                Equal::BetaGamma => trapdoor.beta = trapdoor.gamma * sign,
                Equal::BetaDelta => trapdoor.beta = trapdoor.delta * sign,
            }
            let key = InsecureKey::of(trapdoor);
            let input = Fr::from(222);
            let proof = forge(&key.vk, equal, sign, input);
            let prepared = prepare_verifying_key(&key.vk);
            assert_eq!(Groth16::<Bn254>::verify_proof(&prepared, &proof, &[input]).ok(), Some(true), "{equal:?}");
        }
    }
}
