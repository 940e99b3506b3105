//! A key whose trapdoors are known, which makes proofs of anything without a circuit.
//!
//! The verifier cannot tell such proofs from others; tests with real circuits are in `prover` and `node-tests`.

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup, PrimeGroup};
use ark_ff::{Field, Zero};
use ark_groth16::{Proof, VerifyingKey};
use ark_std::UniformRand;
use rand::{SeedableRng, rngs::StdRng};

pub struct InsecureKey {
    alpha: Fr,
    beta: Fr,
    gamma: Fr,
    delta: Fr,
    gamma_abc: Vec<Fr>,
    pub vk: VerifyingKey<Bn254>,
}

pub fn g1(x: Fr) -> G1Affine {
    (G1Projective::generator() * x).into_affine()
}

pub fn g2(x: Fr) -> G2Affine {
    (G2Projective::generator() * x).into_affine()
}

impl InsecureKey {
    pub fn new(seed: u64, n_inputs: usize) -> Self {
        let rng = &mut StdRng::seed_from_u64(seed);
        let [alpha, beta, gamma, delta] = std::array::from_fn(|_| Fr::rand(rng));
        let gamma_abc: Vec<Fr> = (0..=n_inputs).map(|_| Fr::rand(rng)).collect();
        let vk = VerifyingKey {
            alpha_g1: g1(alpha),
            beta_g2: g2(beta),
            gamma_g2: g2(gamma),
            delta_g2: g2(delta),
            gamma_abc_g1: gamma_abc.iter().map(|x| g1(*x)).collect(),
        };
        Self { alpha, beta, gamma, delta, gamma_abc, vk }
    }

    /// A proof for these inputs that verifies, blinded by `seed`.
    pub fn prove(&self, inputs: &[Fr], seed: u64) -> Proof<Bn254> {
        let rng = &mut StdRng::seed_from_u64(seed);
        let (a, b) = (Fr::rand(rng), Fr::rand(rng));
        let l = inputs.iter().zip(&self.gamma_abc[1..]).fold(self.gamma_abc[0], |sum, (x, k)| sum + *x * k);
        let c = (a * b - self.alpha * self.beta - l * self.gamma) * self.delta.inverse().expect("not zero");
        assert!(!c.is_zero());
        Proof { a: g1(a), b: g2(b), c: g1(c) }
    }
}

/// The field element that `statement::public_input_bits` packs these bytes into.
pub fn packed(bytes: &[u8]) -> Fr {
    statement::public_input_bits(bytes)
        .iter()
        .rev()
        .fold(Fr::zero(), |x, bit| x.double() + if *bit { Fr::ONE } else { Fr::ZERO })
}

use ark_ff::AdditiveGroup as _;
