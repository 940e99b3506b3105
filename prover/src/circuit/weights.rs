//! Hidden weights and biases: wires, range checks, and the public input that pins them.

use super::build::Builder;
use super::encryption::{enforce_ciphertext, n_encryption_constraints};
use super::error::{AssignError, CircuitError};
use super::gadgets::sponge::{Products, SpongeWire, constrain_commitment};
use super::layout::MODEL_COMMITMENT;
use super::r1cs::{Linear, WireIdx};
use super::value::Value;
use super::{field_element, layout};
use crate::commitment::{Domain, Layout, Salt, TensorLayout};
use crate::model::{self, Model, Op, WeightVisibility};
use ark_bn254::Fr;
use num_bigint::BigInt;
use num_traits::One;
use std::sync::Arc;

/// By which public input a circuit pins hidden weights: what a verifier knows of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WeightTie {
    /// `model_commitment`: a salted hash, which hides them for good.
    Commitment,
    /// `ciphertext_digest` and `sale_key`: the hash of the encrypted weights, and the key that decrypts them.
    Ciphertext,
}

/// The wires of a tensor: one digit `value + 2^(bits-1)` per value, in a row.
#[derive(Clone, Copy, Debug)]
struct Digits {
    first: WireIdx,
    len: usize,
    bits: u32,
}

impl Digits {
    /// Checks that a tensor of `len` values of `bits` bits is of this one's kind.
    fn check(&self, what: impl FnOnce() -> String, len: usize, bits: u32) -> Result<(), AssignError> {
        if (len, bits) == (self.len, self.bits) {
            return Ok(());
        }
        let describe = |len, bits| format!("{len} values of {bits} bits");
        Err(AssignError::Model { what: what(), found: describe(len, bits), expected: describe(self.len, self.bits) })
    }

    fn known(self, values: impl Iterator<Item = BigInt>) -> impl Iterator<Item = (WireIdx, Fr)> {
        let middle = middle(self.bits);
        values.enumerate().map(move |(k, value)| (self.first.offset(k), field_element(&(value + &middle))))
    }
}

/// Wires of a committed layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct LayerWires {
    weights: Digits,
    biases: Digits,
}

/// Wires of all committed layers.
#[derive(Clone, Debug)]
pub(super) struct Weights {
    /// One entry per node; `None` for a node without committed weights.
    layers: Vec<Option<LayerWires>>,
    /// `None` if nothing is hidden, or if a ciphertext pins it.
    salt: Option<WireIdx>,
}

impl LayerWires {
    /// Weight `index` as its digit, which is not negative: [`LayerWires::weight_middle`] more than the weight.
    pub(super) fn weight(&self, index: usize) -> WireIdx {
        self.weights.first.offset(index)
    }

    /// What has to be subtracted from a digit to give the weight.
    pub(super) fn weight_middle(&self) -> BigInt {
        middle(self.weights.bits)
    }

    /// Bias `index`.
    pub(super) fn bias(&self, index: usize) -> Value {
        let middle = middle(self.biases.bits);
        let digit = Value::wire(self.biases.first.offset(index), BigInt::default(), &middle * 2 - 1);
        digit.plus(&-middle)
    }
}

/// `2^(bits-1)`.
fn middle(bits: u32) -> BigInt {
    BigInt::one() << (bits - 1)
}

/// The committed layers of a model, with their position.
fn committed(model: &Model) -> impl Iterator<Item = (usize, &Arc<str>, &model::Linear)> {
    model.nodes().iter().enumerate().filter_map(|(idx, node)| match node.op() {
        Op::Linear(linear) if linear.visibility() == WeightVisibility::Committed => Some((idx, node.name(), linear)),
        _ => None,
    })
}

/// Weights, then biases, of each committed layer in order, each of its declared bits: what a model commitment covers.
///
/// # Errors
/// [`CircuitError::Commitment`] for widths that cannot be packed.
pub fn model_layout(model: &Model) -> Result<Layout, CircuitError> {
    let refused = |source| CircuitError::Commitment { place: MODEL_COMMITMENT.to_owned(), source: Box::new(source) };
    let mut tensors = Vec::new();
    for (_, name, linear) in committed(model) {
        let weights = TensorLayout::signed(&format!("{name}.weight"), linear.weights().len(), linear.weight_bits());
        let biases = TensorLayout::signed(&format!("{name}.bias"), linear.biases().len(), linear.bias_bits());
        tensors.extend([weights.map_err(refused)?, biases.map_err(refused)?]);
    }
    Ok(Layout::new(tensors))
}

/// The values that a model commitment covers, in the order of [`model_layout`].
pub fn committed_values(model: &Model) -> impl Iterator<Item = BigInt> {
    committed(model).flat_map(|(_, _, linear)| {
        linear.weights().iter().map(|weight| BigInt::from(*weight)).chain(linear.biases().iter().cloned())
    })
}

/// Constraints of [`Weights::hidden`]: b per value of b bits, and those of the tie; for a commitment the sponge, and one
/// that ties it to the public input.
pub(super) fn n_constraints(model: &Model, tie: WeightTie) -> Result<usize, CircuitError> {
    if !layout::is_committed(model) {
        return Ok(0);
    }
    let layout = model_layout(model)?;
    let bits: usize = layout.tensors().iter().map(|tensor| tensor.len() * tensor.bits() as usize).sum();
    Ok(bits
        + match tie {
            WeightTie::Commitment => layout.n_constraints() + 1,
            WeightTie::Ciphertext => n_encryption_constraints(&layout),
        })
}

impl Weights {
    /// Range-checks all committed values and enforces that the public inputs of `tie` pin them. [`n_constraints`].
    ///
    /// # Errors
    /// [`CircuitError::Commitment`] for widths that cannot be packed.
    pub(super) fn hidden(builder: &mut Builder, model: &Model, tie: WeightTie) -> Result<Self, CircuitError> {
        let mut weights = Self { layers: vec![None; model.nodes().len()], salt: None };
        if !layout::is_committed(model) {
            return Ok(weights);
        }
        let mut values = Vec::new();
        for (idx, name, linear) in committed(model) {
            let mut tensor = |role: &str, len: usize, bits: u32| {
                let label = builder.label(&format!("{name}.{role}"));
                let first = builder.integers(label, len, &(middle(bits) * 2 - 1));
                let lowest = -field_element(&middle(bits));
                values.extend((0..len).map(|k| Linear::wire(first.offset(k)).plus(lowest, WireIdx::ONE)));
                Digits { first, len, bits }
            };
            weights.layers[idx] = Some(LayerWires {
                weights: tensor("weight", linear.weights().len(), linear.weight_bits()),
                biases: tensor("bias", linear.biases().len(), linear.bias_bits()),
            });
        }
        let layout = model_layout(model)?;
        match tie {
            WeightTie::Commitment => {
                let salt = builder.label("model_salt").only();
                let salt = builder.witness(salt);
                weights.salt = Some(salt);
                enforce_commitment(builder, MODEL_COMMITMENT, Domain::Model, &layout, salt, &values);
            }
            WeightTie::Ciphertext => enforce_ciphertext(builder, &layout, &values)?,
        }
        Ok(weights)
    }

    /// The wires of node `idx`, `None` if its weights are public.
    pub(super) fn layer(&self, idx: usize) -> Option<&LayerWires> {
        self.layers[idx].as_ref()
    }

    /// The values of all wires for `model`'s weights under `salt`.
    ///
    /// # Errors
    /// [`AssignError`] if the model has other layers than the circuit, or there is a salt too many or too few.
    pub(super) fn known(&self, model: &Model, salt: Option<&Salt>) -> Result<Vec<(WireIdx, Fr)>, AssignError> {
        let (found, expected) = (usize::from(salt.is_some()), usize::from(self.salt.is_some()));
        if found != expected {
            return Err(AssignError::Count { what: "model salts", found, expected });
        }
        let (found, expected) = (model.nodes().len(), self.layers.len());
        if found != expected {
            return Err(AssignError::Count { what: "layers of the model", found, expected });
        }
        let mut known: Vec<_> = self.salt.zip(salt).map(|(wire, salt)| (wire, salt.element())).into_iter().collect();
        let mut layers = vec![None; expected];
        committed(model).for_each(|(idx, _, linear)| layers[idx] = Some(linear));
        for ((wires, linear), node) in self.layers.iter().zip(layers).zip(model.nodes()) {
            let (wires, linear) = match (wires, linear) {
                (Some(wires), Some(linear)) => (wires, linear),
                (None, None) => continue,
                (wires, _) => {
                    let visibility = |committed| if committed { "committed" } else { "public" }.to_owned();
                    let (what, expected) = (format!("weights of {}", node.name()), visibility(wires.is_some()));
                    return Err(AssignError::Model { what, found: visibility(wires.is_none()), expected });
                }
            };
            let (weights, biases) = (linear.weights(), linear.biases());
            let what = |role: &str| format!("{role} of {}", node.name());
            wires.weights.check(|| what("weights"), weights.len(), linear.weight_bits())?;
            wires.biases.check(|| what("biases"), biases.len(), linear.bias_bits())?;
            known.extend(wires.weights.known(weights.iter().map(|weight| (*weight).into())));
            known.extend(wires.biases.known(biases.iter().cloned()));
        }
        Ok(known)
    }
}

/// The public input `name` is the commitment to `values`, which the caller has range-checked, under `salt`.
/// The sponge's constraints and one.
pub(super) fn enforce_commitment(
    builder: &mut Builder,
    name: &str,
    domain: Domain,
    layout: &Layout,
    salt: WireIdx,
    values: &[Linear],
) {
    let digest = constrain_commitment(builder, &name.into(), domain, layout, Linear::wire(salt), values);
    let public = builder.public(name);
    let name = builder.label(name).only();
    builder.solve(name, public, digest);
}

impl Products for Builder {
    fn product(&mut self, name: SpongeWire, left: Linear, right: Linear) -> WireIdx {
        let name = self.label(&name.to_string()).only();
        Builder::product(self, name, left, right)
    }
}
