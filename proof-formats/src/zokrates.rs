//! `verification.key` and `proof.json` of ZoKrates. Numbers are 0x-hex strings, points have two coordinates, elements of
//! Fq2 are `[c0, c1]`. A proof's file carries its public inputs.

use crate::content::Object;
use crate::fault::Fault;
use crate::point::{Spelling, from_json, list_from_json};
use crate::{Key, Points, check_label, inputs};
use ark_bn254::Fr;
use serde_json::value::RawValue;

const SPELLING: Spelling = Spelling::Affine;

fn check_header(object: &Object<'_>) -> Result<(), Fault> {
    check_label(object, "scheme", "g16")
}

pub(crate) fn key(object: &Object<'_>) -> Result<Key, Fault> {
    check_header(object)?;
    let points: Vec<&RawValue> = object.get("gamma_abc")?;
    let g2 = |field| from_json(field, object.raw(field)?, SPELLING);
    Ok(Key {
        alpha_g1: from_json("alpha", object.raw("alpha")?, SPELLING)?,
        beta_g2: g2("beta")?,
        gamma_g2: g2("gamma")?,
        delta_g2: g2("delta")?,
        gamma_abc_g1: list_from_json("gamma_abc", &points, SPELLING)?,
    })
}

pub(crate) fn proof(object: &Object<'_>) -> Result<Points, Fault> {
    check_header(object)?;
    let points: Object<'_> = object.get("proof")?;
    let g1 = |field| from_json(&format!("proof.{field}"), points.raw(field)?, SPELLING);
    Ok(Points { a: g1("a")?, b: from_json("proof.b", points.raw("b")?, SPELLING)?, c: g1("c")? })
}

pub(crate) fn public_inputs(object: &Object<'_>) -> Result<Vec<Fr>, Fault> {
    check_header(object)?;
    inputs::from_json("inputs", &object.get::<Vec<&RawValue>>("inputs")?)
}
