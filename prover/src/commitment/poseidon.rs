//! The permutation's parameters and the native sponge, both from `ark-crypto-primitives`.

use ark_bn254::Fr;
use ark_crypto_primitives::sponge::poseidon::{PoseidonConfig, PoseidonSponge, find_poseidon_ark_and_mds};
use ark_crypto_primitives::sponge::{CryptographicSponge, FieldBasedCryptographicSponge};
use ark_ff::{AdditiveGroup, PrimeField};
use std::sync::OnceLock;

/// Field elements of the state: the first is the capacity, the others are the rate.
pub(crate) const WIDTH: usize = 17;
/// Field elements absorbed per permutation.
pub(crate) const RATE: usize = WIDTH - 1;
/// Rounds in which every element passes the S-box, half of them before the partial rounds and half after.
pub(crate) const FULL_ROUNDS: usize = 8;
/// Rounds in which only the first element passes the S-box: circomlib's number for width 17, the bound of
/// <https://eprint.iacr.org/2019/458> (128 bits, x^5) rounded up to a multiple of the width.
pub(crate) const PARTIAL_ROUNDS: usize = 68;
/// Bits of a packed field element: every number of so many bits is below r, as `2^253 < r < 2^254`.
pub(crate) const ELEMENT_BITS: u32 = Fr::MODULUS_BIT_SIZE - 1;
/// S-boxes of one permutation.
pub(crate) const S_BOXES: usize = FULL_ROUNDS * WIDTH + PARTIAL_ROUNDS;

/// Round constants and matrix of width 17, as circomlib publishes them; computed once per process.
///
/// They follow from field, width and round numbers by the Poseidon authors' generator (a Grain LFSR, no matrix
/// skipped); a test holds the result to circomlib's answers.
pub(crate) fn parameters() -> &'static PoseidonConfig<Fr> {
    static PARAMETERS: OnceLock<PoseidonConfig<Fr>> = OnceLock::new();
    PARAMETERS.get_or_init(|| generate(WIDTH, PARTIAL_ROUNDS))
}

fn generate(width: usize, partial_rounds: usize) -> PoseidonConfig<Fr> {
    let rate = width - 1;
    let (full, partial) = (FULL_ROUNDS as u64, partial_rounds as u64);
    let (ark, mds) = find_poseidon_ark_and_mds(u64::from(Fr::MODULUS_BIT_SIZE), rate, full, partial, 0);
    PoseidonConfig::new(FULL_ROUNDS, partial_rounds, 5, mds, ark, rate, 1)
}

/// One element squeezed after absorbing `elements` into a state of `tag` and zeros. `tag` must determine how many
/// elements there are: nothing is padded but by zeros.
pub(crate) fn sponge(tag: Fr, elements: impl IntoIterator<Item = Fr>) -> Fr {
    let [squeezed] = squeeze(tag, elements);
    squeezed
}

/// `N` elements, at most [`RATE`], squeezed after absorbing `elements` into a state of `tag` and zeros: all are taken
/// from one state.
pub(crate) fn squeeze<const N: usize>(tag: Fr, elements: impl IntoIterator<Item = Fr>) -> [Fr; N] {
    const { assert!(N <= RATE) };
    let mut sponge = PoseidonSponge::new(parameters());
    sponge.state[0] = tag;
    sponge.absorb(&elements.into_iter().collect::<Vec<_>>());
    let mut squeezed = [Fr::ZERO; N];
    squeezed.copy_from_slice(&sponge.squeeze_native_field_elements(N));
    squeezed
}

/// Times that the permutation runs for `n_elements` absorbed elements: at least once, to squeeze.
pub(crate) const fn n_permutations(n_elements: usize) -> usize {
    if n_elements == 0 { 1 } else { n_elements.div_ceil(RATE) }
}

/// Constraints of a sponge over `n_elements` elements, three an S-box: `612 ⌈n/16⌉ - 3 (1 + max(0, 16 - n))`.
///
/// Subtracted are the S-boxes of the first round whose input is a constant: the tag's and those of unused places.
pub(crate) const fn n_constraints(n_elements: usize) -> usize {
    3 * (S_BOXES * n_permutations(n_elements) - 1 - RATE.saturating_sub(n_elements))
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// What circomlib's reference implementation answers (the commitments in it are for `tests/it`); see `fixtures/poseidon/PROVENANCE.md`.
    #[derive(Deserialize)]
    struct Vectors {
        circomlib_hashes: Vec<Hash>,
        permutations: Vec<Permutation>,
        sponges: Vec<Sponge>,
    }

    #[derive(Deserialize)]
    struct Hash {
        inputs: Vec<String>,
        digest: String,
    }

    #[derive(Deserialize)]
    struct Permutation {
        state: Vec<String>,
        permuted: Vec<String>,
    }

    #[derive(Deserialize)]
    struct Sponge {
        tag: String,
        elements: Vec<String>,
        digest: String,
    }

    fn vectors() -> Vectors {
        serde_json::from_str(include_str!("../../../fixtures/poseidon/vectors.json")).unwrap()
    }

    fn element(decimal: &str) -> Fr {
        decimal.parse().unwrap()
    }

    fn elements(decimals: &[String]) -> Vec<Fr> {
        decimals.iter().map(|decimal| element(decimal)).collect()
    }

    /// The permutation of arkworks' sponge: squeezing from an absorbing state permutes it first.
    fn permute(state: &[Fr]) -> Vec<Fr> {
        // Partial rounds for widths 2, 3 ..: the table that the authors' script gives and circomlib uses.
        let partial_rounds = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
        let parameters = generate(state.len(), partial_rounds[state.len() - 2]);
        let mut sponge = PoseidonSponge::new(&parameters);
        sponge.state = state.to_vec();
        sponge.squeeze_native_field_elements(1);
        sponge.state
    }

    /// circomlib's hash: inputs behind a zero, the first element out.
    fn circomlib_hash(inputs: &[Fr]) -> Fr {
        permute(&[&[Fr::ZERO], inputs].concat())[0]
    }

    #[test]
    fn parameters__circomlibs_published_hashes__are_met() {
        let hashes = vectors().circomlib_hashes;
        assert_eq!(hashes.len(), 4);
        for Hash { inputs, digest } in hashes {
            assert_eq!(circomlib_hash(&elements(&inputs)), element(&digest), "{inputs:?}");
        }
        // As printed in circomlib's tests, so that the fixture is not its own judge.
        let published = |n: u64| circomlib_hash(&(1..=n).map(Fr::from).collect::<Vec<_>>()).to_string();
        assert_eq!(published(2), "7853200120776062878684798364095072458815029376092732009249414926327459813530");
        assert_eq!(published(4), "18821383157269793795438455681495246036402687001665670618754263018637548127333");
        assert_eq!(published(16), "9989051620750914585850546081941653841776809718687451684622678807385399211877");
    }

    /// `poseidonperm_x5_254_3` and `poseidonperm_x5_254_5` of the authors' `test_vectors.txt`.
    #[test]
    fn parameters__the_authors_published_permutations__are_met() {
        let published: [&[&str]; 2] = [
            &[
                "115cc0f5e7d690413df64c6b9662e9cf2a3617f2743245519e19607a4417189a",
                "0fca49b798923ab0239de1c9e7a4a9a2210312b6a2f616d18b5a87f9b628ae29",
                "0e7ae82e40091e63cbd4f16a6d16310b3729d4b6e138fcf54110e2867045a30c",
            ],
            &[
                "299c867db6c1fdd79dcefa40e4510b9837e60ebb1ce0663dbaa525df65250465",
                "1148aaef609aa338b27dafd89bb98862d8bb2b429aceac47d86206154ffe053d",
                "24febb87fed7462e23f6665ff9a0111f4044c38ee1672c1ac6b0637d34f24907",
                "0eb08f6d809668a981c186beaf6110060707059576406b248e5d9cf6e78b3d3e",
                "07748bc6877c9b82c8b98666ee9d0626ec7f5be4205f79ee8528ef1c4a376fc7",
            ],
        ];
        for expected in published {
            let state: Vec<_> = (0..expected.len() as u64).map(Fr::from).collect();
            let expected: Vec<_> =
                expected.iter().map(|text| Fr::from_be_bytes_mod_order(&hex::decode(text).unwrap())).collect();
            assert_eq!(permute(&state), expected);
        }
    }

    #[test]
    fn parameters__circomlibs_whole_permutations__are_met() {
        let permutations = vectors().permutations;
        assert_eq!(permutations.iter().filter(|permutation| permutation.state.len() == WIDTH).count(), 4);
        for Permutation { state, permuted } in permutations {
            assert_eq!(permute(&elements(&state)), elements(&permuted));
        }
    }

    #[test]
    fn sponge__over_circomlibs_permutation__agrees() {
        let sponges = vectors().sponges;
        assert_eq!(sponges.iter().map(|case| case.elements.len()).collect::<Vec<_>>(), [1, 2, 15, 16, 17, 32, 33, 40]);
        for Sponge { tag, elements: absorbed, digest } in sponges {
            assert_eq!(sponge(element(&tag), elements(&absorbed)), element(&digest));
        }
    }

    #[test]
    fn sponge__no_elements__still_permutes() {
        let state = [&[Fr::from(7)][..], &[Fr::ZERO; RATE]].concat();
        assert_eq!(sponge(Fr::from(7), []), permute(&state)[1]);
        assert_eq!([0, 1, 16, 17, 32, 33].map(n_permutations), [1, 1, 1, 2, 2, 3]);
    }
}
