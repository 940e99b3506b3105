//! The points of a proving key as bytes, read and written on all cores.

use super::fault::ArtifactFault;
use ark_bn254::{Bn254, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_groth16::{ProvingKey, VerifyingKey};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

const G1_LEN: usize = 64;
const G2_LEN: usize = 128;

/// How many points of each query follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    pub(super) gamma_abc_g1: u32,
    a: u32,
    b_g1: u32,
    b_g2: u32,
    h: u32,
    l: u32,
}

impl Counts {
    /// The counts of `key`; `None` if one is 2^32 or more.
    pub(super) fn of(key: &ProvingKey<Bn254>) -> Option<Self> {
        let count = |len: usize| u32::try_from(len).ok();
        Some(Self {
            gamma_abc_g1: count(key.vk.gamma_abc_g1.len())?,
            a: count(key.a_query.len())?,
            b_g1: count(key.b_g1_query.len())?,
            b_g2: count(key.b_g2_query.len())?,
            h: count(key.h_query.len())?,
            l: count(key.l_query.len())?,
        })
    }

    /// Bytes of all points: the counted ones, alpha, beta and delta in G1, beta, gamma and delta in G2.
    pub(super) fn payload_len(self) -> u64 {
        let g1 = [self.gamma_abc_g1, self.a, self.b_g1, self.h, self.l].into_iter().map(u64::from).sum::<u64>() + 3;
        let g2 = u64::from(self.b_g2) + 3;
        g1 * G1_LEN as u64 + g2 * G2_LEN as u64
    }
}

/// The uncompressed points of `key` in the file's order.
pub(super) fn write(key: &ProvingKey<Bn254>) -> Vec<u8> {
    let vk = &key.vk;
    let mut payload = Vec::new();
    write_points(&mut payload, G1_LEN, &[vk.alpha_g1, key.beta_g1, key.delta_g1]);
    write_points(&mut payload, G2_LEN, &[vk.beta_g2, vk.gamma_g2, vk.delta_g2]);
    for query in [&vk.gamma_abc_g1, &key.a_query, &key.b_g1_query, &key.h_query, &key.l_query] {
        write_points(&mut payload, G1_LEN, query);
    }
    write_points(&mut payload, G2_LEN, &key.b_g2_query);
    payload
}

fn write_points<P: AffineRepr>(payload: &mut Vec<u8>, point_len: usize, points: &[P]) {
    let start = payload.len();
    payload.resize(start + points.len() * point_len, 0);
    payload[start..].par_chunks_exact_mut(point_len).zip(points).for_each(|(place, point)| {
        point.serialize_uncompressed(place).expect("the place has the length of an uncompressed point");
    });
}

/// The points in the order of [`write`]. `payload` must have the length that `counts` announces.
///
/// The points are **not** checked to be on their curves. Coordinates outside the field are refused.
pub(super) fn read_unchecked(payload: &[u8], counts: Counts) -> Result<ProvingKey<Bn254>, ArtifactFault> {
    let mut reader = Reader(payload);
    let [alpha_g1, beta_g1, delta_g1] = reader.three::<G1Affine>(G1_LEN, "alpha, beta, delta in G1")?;
    let [beta_g2, gamma_g2, delta_g2] = reader.three::<G2Affine>(G2_LEN, "beta, gamma, delta in G2")?;
    let mut g1 = |field, n: u32| reader.points::<G1Affine>(G1_LEN, field, n as usize);
    let gamma_abc_g1 = g1("gamma_abc_g1", counts.gamma_abc_g1)?;
    let a_query = g1("a", counts.a)?;
    let b_g1_query = g1("b_g1", counts.b_g1)?;
    let h_query = g1("h", counts.h)?;
    let l_query = g1("l", counts.l)?;
    let b_g2_query = reader.points::<G2Affine>(G2_LEN, "b_g2", counts.b_g2 as usize)?;
    let vk = VerifyingKey { alpha_g1, beta_g2, gamma_g2, delta_g2, gamma_abc_g1 };
    Ok(ProvingKey { vk, beta_g1, delta_g1, a_query, b_g1_query, b_g2_query, h_query, l_query })
}

/// What is left of a payload.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn points<P: AffineRepr>(&mut self, point_len: usize, field: &str, n: usize) -> Result<Vec<P>, ArtifactFault> {
        let cut = || ArtifactFault::Point { field: field.to_owned() };
        let (bytes, rest) = self.0.split_at_checked(n * point_len).ok_or_else(cut)?;
        self.0 = rest;
        let read = |(k, bytes): (usize, &[u8])| {
            let point = P::deserialize_uncompressed_unchecked(bytes);
            point.map_err(|_| ArtifactFault::Point { field: format!("{field}[{k}]") })
        };
        bytes.par_chunks_exact(point_len).enumerate().map(read).collect()
    }

    fn three<P: AffineRepr>(&mut self, point_len: usize, field: &str) -> Result<[P; 3], ArtifactFault> {
        let points = self.points(point_len, field, 3)?;
        points.try_into().map_err(|_| ArtifactFault::Point { field: field.to_owned() })
    }
}
