//! A key whose trapdoor everybody knows: it makes proofs without a circuit, to measure scripts with.

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{CurveGroup as _, PrimeGroup as _};
use ark_ff::{AdditiveGroup as _, Field as _, UniformRand as _};
use ark_groth16::{Proof, VerifyingKey};
use rand::{SeedableRng as _, rngs::StdRng};
use script_gen::PublicInput;

/// Makes the key, and so every size, the same in every run.
const SEED: u64 = 0;

/// A key that anybody can prove anything under. No command writes it to a file.
#[derive(Clone, Debug)]
pub(crate) struct InsecureSample {
    pub(crate) key: VerifyingKey<Bn254>,
    /// The logarithms of its points.
    alpha: Fr,
    beta: Fr,
    gamma: Fr,
    delta: Fr,
    gamma_abc: Vec<Fr>,
    blinding: [Fr; 2],
}

fn g1(x: Fr) -> G1Affine {
    (G1Projective::generator() * x).into_affine()
}

fn g2(x: Fr) -> G2Affine {
    (G2Projective::generator() * x).into_affine()
}

impl InsecureSample {
    /// The key of `n_inputs` public inputs.
    pub(crate) fn new(n_inputs: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(SEED);
        let [alpha, beta, gamma, delta, a, b] = core::array::from_fn(|_| Fr::rand(&mut rng));
        let gamma_abc: Vec<Fr> = (0..=n_inputs).map(|_| Fr::rand(&mut rng)).collect();
        let key = VerifyingKey {
            alpha_g1: g1(alpha),
            beta_g2: g2(beta),
            gamma_g2: g2(gamma),
            delta_g2: g2(delta),
            gamma_abc_g1: gamma_abc.iter().map(|x| g1(*x)).collect(),
        };
        Self { key, alpha, beta, gamma, delta, gamma_abc, blinding: [a, b] }
    }

    /// A proof for these public inputs that verifies: C is what the equation leaves for it.
    pub(crate) fn prove(&self, inputs: &[Fr]) -> Proof<Bn254> {
        let [a, b] = self.blinding;
        let (constant, points) = self.gamma_abc.split_first().expect("a key has one point more than inputs");
        let l = inputs.iter().zip(points).fold(*constant, |sum, (x, k)| sum + *x * k);
        let delta_inverse = self.delta.inverse().expect("the seed's delta is not zero");
        let c = (a * b - self.alpha * self.beta - l * self.gamma) * delta_inverse;
        Proof { a: g1(a), b: g2(b), c: g1(c) }
    }
}

/// The largest value of each of these public inputs.
pub(crate) fn largest_values(inputs: &[PublicInput]) -> Vec<Fr> {
    let largest = |input: &PublicInput| match input {
        PublicInput::Fixed(value) => *value,
        PublicInput::Bits(bits) => (0..*bits).fold(Fr::ZERO, |x, _| x.double() + Fr::ONE),
        PublicInput::Full => -Fr::ONE,
    };
    inputs.iter().map(largest).collect()
}
