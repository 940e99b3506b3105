//! `verification_key.json` and `proof.json` of snarkjs. Numbers are decimal strings, points have three coordinates,
//! elements of Fq2 are `[c0, c1]`.

use crate::content::Object;
use crate::fault::Fault;
use crate::point::{Spelling, from_json, list_from_json};
use crate::{Key, Points, check_label};
use serde_json::value::RawValue;

const SPELLING: Spelling = Spelling::Projective;

fn check_header(object: &Object<'_>) -> Result<(), Fault> {
    check_label(object, "protocol", "groth16")
}

/// `vk_alphabeta_12`, the pairing of the first two points, is redundant and not read.
pub(crate) fn key(object: &Object<'_>) -> Result<Key, Fault> {
    check_header(object)?;
    let announced = object.get::<u64>("nPublic")?.saturating_add(1);
    let points: Vec<&RawValue> = object.get("IC")?;
    if points.len() as u64 != announced && !points.is_empty() {
        return Err(Fault::PointCount { field: "IC", found: points.len(), announced });
    }
    let g2 = |field| from_json(field, object.raw(field)?, SPELLING);
    Ok(Key {
        alpha_g1: from_json("vk_alpha_1", object.raw("vk_alpha_1")?, SPELLING)?,
        beta_g2: g2("vk_beta_2")?,
        gamma_g2: g2("vk_gamma_2")?,
        delta_g2: g2("vk_delta_2")?,
        gamma_abc_g1: list_from_json("IC", &points, SPELLING)?,
    })
}

pub(crate) fn proof(object: &Object<'_>) -> Result<Points, Fault> {
    check_header(object)?;
    let g1 = |field| from_json(field, object.raw(field)?, SPELLING);
    Ok(Points { a: g1("pi_a")?, b: from_json("pi_b", object.raw("pi_b")?, SPELLING)?, c: g1("pi_c")? })
}
