//! Proving and verifying keys and their files.

use super::CircuitInfo;
use super::fault::{ArtifactError, ArtifactFault};
use super::info::MAX_SPEC_LEN;
use super::payload::{self, Counts};
use super::points::{G1Hex, G2Hex};
use crate::circuit::Circuit;
use crate::digest::Digest;
use crate::files::{check_header, read_limited, write_atomic};
use crate::public::check_layout;
use ark_bn254::Bn254;
use ark_ec::AffineRepr;
use ark_ec::short_weierstrass::{Affine, SWCurveConfig};
use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use serde::{Deserialize, Serialize};
use std::path::Path;

const VK_FORMAT: &str = "provelock-verifying-key";
const PROVING_KEY_FORMAT: &str = "provelock-proving-key";
const KEY_VERSION: u64 = 2;
/// Room for as many public inputs as there may be.
const MAX_VK_LEN: u64 = 256 << 10;
const MAX_HEADER_LEN: usize = 128 << 10;
/// Largest proving key: room for ten million constraints.
const MAX_PROVING_KEY_LEN: u64 = 4 << 30;

/// Verifies proofs; the locking script embeds it.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifyingKey {
    circuit: CircuitInfo,
    inner: ark_groth16::VerifyingKey<Bn254>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VkFile {
    format: String,
    version: u64,
    circuit: CircuitInfo,
    alpha_g1: G1Hex,
    beta_g2: G2Hex,
    gamma_g2: G2Hex,
    delta_g2: G2Hex,
    gamma_abc_g1: Vec<G1Hex>,
    sha256: Digest,
}

impl VkFile {
    fn new(circuit: &CircuitInfo, inner: &ark_groth16::VerifyingKey<Bn254>) -> Self {
        let mut file = Self {
            format: VK_FORMAT.to_owned(),
            version: KEY_VERSION,
            circuit: circuit.clone(),
            alpha_g1: G1Hex::encode(&inner.alpha_g1),
            beta_g2: G2Hex::encode(&inner.beta_g2),
            gamma_g2: G2Hex::encode(&inner.gamma_g2),
            delta_g2: G2Hex::encode(&inner.delta_g2),
            gamma_abc_g1: inner.gamma_abc_g1.iter().map(G1Hex::encode).collect(),
            sha256: Digest::of(b""),
        };
        file.sha256 = file.checksum();
        file
    }

    /// Covers everything but itself.
    fn checksum(&self) -> Digest {
        let g2 = [self.beta_g2, self.gamma_g2, self.delta_g2].map(|point| *point.bytes()).concat();
        let g1 = [self.alpha_g1].iter().chain(&self.gamma_abc_g1).flat_map(|point| *point.bytes()).collect::<Vec<_>>();
        let parts = [self.circuit.digest(), Digest::of(&g1), Digest::of(&g2)];
        Digest::combine("provelock verifying key 2", &parts)
    }
}

impl VerifyingKey {
    pub(super) const fn new(circuit: CircuitInfo, inner: ark_groth16::VerifyingKey<Bn254>) -> Self {
        Self { circuit, inner }
    }

    /// What the key is for.
    pub const fn circuit(&self) -> &CircuitInfo {
        &self.circuit
    }

    /// Whether the key says that it is for `circuit`: for its constraints, made of a model as its specification says, with
    /// public inputs of the same names and widths. That the key's maker says the truth cannot be seen in a key.
    pub fn is_for(&self, circuit: &Circuit) -> bool {
        self.circuit.agrees(&CircuitInfo::of(circuit))
    }

    /// The group elements, for the script generator.
    pub const fn inner(&self) -> &ark_groth16::VerifyingKey<Bn254> {
        &self.inner
    }

    /// Names the key: covers everything [`CircuitInfo`] says and every group element.
    pub fn digest(&self) -> Digest {
        VkFile::new(&self.circuit, &self.inner).sha256
    }

    /// The file's text: JSON with compressed points.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(&VkFile::new(&self.circuit, &self.inner));
        text.expect("strings, numbers and lists are JSON") + "\n"
    }

    /// Reads the file's text; every point is checked to be on its curve and in the group of order r.
    ///
    /// # Errors
    /// [`ArtifactFault`] says what is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, ArtifactFault> {
        check_header(json, VK_FORMAT, KEY_VERSION)?;
        let file: VkFile = serde_json::from_slice(json)?;
        let (found, expected) = (file.checksum(), file.sha256);
        if found != expected {
            return Err(ArtifactFault::Checksum { found, expected });
        }
        check_circuit(&file.circuit, file.gamma_abc_g1.len())?;
        let gamma_abc_g1 = file.gamma_abc_g1.iter().enumerate();
        let inner = ark_groth16::VerifyingKey {
            alpha_g1: file.alpha_g1.decode("alpha_g1")?,
            beta_g2: file.beta_g2.decode("beta_g2")?,
            gamma_g2: file.gamma_g2.decode("gamma_g2")?,
            delta_g2: file.delta_g2.decode("delta_g2")?,
            gamma_abc_g1: gamma_abc_g1
                .map(|(k, point)| point.decode(&format!("gamma_abc_g1[{k}]")))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self { circuit: file.circuit, inner })
    }

    /// Writes the key file, atomically.
    ///
    /// # Errors
    /// [`ArtifactError::File`].
    pub fn write(&self, path: &Path) -> Result<(), ArtifactError> {
        Ok(write_atomic(path, &[self.to_json().as_bytes()])?)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// [`ArtifactError`] names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ArtifactError> {
        let bytes = read_limited(path, MAX_VK_LEN)?;
        Self::from_json(&bytes).map_err(|source| ArtifactError::Content { path: path.to_owned(), source })
    }
}

/// Makes proofs for one circuit. Not secret, but large: a few hundred bytes per constraint.
#[derive(Clone)]
pub struct ProvingKey {
    verifying: VerifyingKey,
    inner: ark_groth16::ProvingKey<Bn254>,
}

impl core::fmt::Debug for ProvingKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "ProvingKey({}, circuit {})", self.circuit().model, self.circuit().id)
    }
}

/// First line of a proving key file; uncompressed points follow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProvingKeyHeader {
    format: String,
    version: u64,
    circuit: CircuitInfo,
    vk: Digest,
    counts: Counts,
    payload_sha256: Digest,
}

impl ProvingKey {
    pub(super) const fn new(verifying: VerifyingKey, inner: ark_groth16::ProvingKey<Bn254>) -> Self {
        Self { verifying, inner }
    }

    /// What the key is for.
    pub const fn circuit(&self) -> &CircuitInfo {
        &self.verifying.circuit
    }

    /// The key that verifies this key's proofs.
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    pub(super) const fn inner(&self) -> &ark_groth16::ProvingKey<Bn254> {
        &self.inner
    }

    /// Whether every query has as many points as `circuit` needs.
    pub(super) fn fits(&self, circuit: &Circuit) -> bool {
        let (shape, key) = (circuit.shape(), &self.inner);
        let n_known = shape.public_inputs + 1;
        let n_wires = n_known + shape.witnesses;
        let domain = Radix2EvaluationDomain::<ark_bn254::Fr>::compute_size_of_domain(shape.constraints + n_known);
        [&key.a_query, &key.b_g1_query].iter().all(|query| query.len() == n_wires)
            && key.b_g2_query.len() == n_wires
            && key.l_query.len() == shape.witnesses
            && domain.is_some_and(|size| key.h_query.len() + 1 == size)
    }

    /// The file's two parts: a line of JSON, and the points.
    fn to_parts(&self) -> (String, Vec<u8>) {
        let payload = payload::write(&self.inner);
        let header = ProvingKeyHeader {
            format: PROVING_KEY_FORMAT.to_owned(),
            version: KEY_VERSION,
            circuit: self.circuit().clone(),
            vk: self.verifying.digest(),
            counts: Counts::of(&self.inner).expect("a circuit that was set up has at most 2^28 constraints"),
            payload_sha256: Digest::of(&payload),
        };
        (serde_json::to_string(&header).expect("strings and numbers are JSON") + "\n", payload)
    }

    /// The file's bytes: a line of JSON, then the points.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (header, payload) = self.to_parts();
        [header.as_bytes(), &payload].concat()
    }

    /// Reads the file's bytes.
    ///
    /// # Errors
    /// [`ArtifactFault`] says what is wrong. Lengths are compared before anything is allocated.
    ///
    /// # Security
    /// Once the checksum matches, only the points that blind a proof and those of the verifying key are checked. The
    /// queries are **not** checked to be on their curves: that would take longer than the setup.
    ///
    /// A key by somebody else can therefore keep proofs from being made, perhaps for some witnesses only, so that the
    /// failure (or the success) tells a bit of the witness. A proof that is made tells nothing more: its A and B are
    /// uniformly random, and the verifier's equation, which [`super::prove`] checks, determines its C. The checksum finds
    /// damage, not malice.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArtifactFault> {
        let line_end = bytes.iter().take(MAX_HEADER_LEN).position(|byte| *byte == b'\n');
        let line_end = line_end.ok_or(ArtifactFault::HeaderLine { limit: MAX_HEADER_LEN })?;
        let (line, payload) = (&bytes[..line_end], &bytes[line_end + 1..]);
        check_header(line, PROVING_KEY_FORMAT, KEY_VERSION)?;
        let header: ProvingKeyHeader = serde_json::from_slice(line)?;
        check_circuit(&header.circuit, header.counts.gamma_abc_g1 as usize)?;
        let (found, expected) = (payload.len() as u64, header.counts.payload_len());
        if found != expected {
            return Err(ArtifactFault::PayloadLen { found, expected });
        }
        // Both take as long as it takes to read the file; the points are used only if the checksum matches.
        let (found, inner) = rayon::join(|| Digest::of(payload), || payload::read_unchecked(payload, header.counts));
        let expected = header.payload_sha256;
        if found != expected {
            return Err(ArtifactFault::Checksum { found, expected });
        }
        let inner = inner?;
        check_points(&inner)?;
        let verifying = VerifyingKey::new(header.circuit, inner.vk.clone());
        let (found, expected) = (verifying.digest(), header.vk);
        if found != expected {
            return Err(ArtifactFault::Checksum { found, expected });
        }
        Ok(Self { verifying, inner })
    }

    /// Writes the key file, atomically.
    ///
    /// # Errors
    /// [`ArtifactError::File`].
    pub fn write(&self, path: &Path) -> Result<(), ArtifactError> {
        let (header, payload) = self.to_parts();
        Ok(write_atomic(path, &[header.as_bytes(), &payload])?)
    }

    /// Reads a key file; see [`ProvingKey::from_bytes`] for what is not checked.
    ///
    /// # Errors
    /// [`ArtifactError`] names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ArtifactError> {
        let bytes = read_limited(path, MAX_PROVING_KEY_LEN)?;
        Self::from_bytes(&bytes).map_err(|source| ArtifactError::Content { path: path.to_owned(), source })
    }
}

/// Checks the few points on which it depends that a proof hides its witness: those of the verifying key, and delta in
/// both groups, whose random multiples make A and B random. With the identity for delta, A would be the same in all
/// proofs of one witness.
fn check_points(key: &ark_groth16::ProvingKey<Bn254>) -> Result<(), ArtifactFault> {
    let vk = &key.vk;
    let identity = [("delta_g1", key.delta_g1.is_zero()), ("delta_g2", vk.delta_g2.is_zero())];
    if let Some((field, _)) = identity.into_iter().find(|(_, is_zero)| *is_zero) {
        return Err(ArtifactFault::Identity { field });
    }
    let g1 = [("alpha_g1", &vk.alpha_g1), ("delta_g1", &key.delta_g1)].into_iter();
    let g1 = g1.chain(vk.gamma_abc_g1.iter().map(|point| ("gamma_abc_g1", point))).map(|(f, p)| (f, is_in_group(p)));
    let g2 = [("beta_g2", &vk.beta_g2), ("gamma_g2", &vk.gamma_g2), ("delta_g2", &vk.delta_g2)];
    match g1.chain(g2.map(|(field, point)| (field, is_in_group(point)))).find(|(_, is_in_group)| !is_in_group) {
        None => Ok(()),
        Some((field, _)) => Err(ArtifactFault::Point { field: field.to_owned() }),
    }
}

fn is_in_group<P: SWCurveConfig>(point: &Affine<P>) -> bool {
    point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve()
}

/// Checks what a file says of its circuit, against the number of its points for public inputs and the constant.
fn check_circuit(circuit: &CircuitInfo, n_points: usize) -> Result<(), ArtifactFault> {
    check_layout(&circuit.public_inputs)?;
    let (found, expected) = (n_points.saturating_sub(1), circuit.public_inputs.len());
    if found != expected {
        return Err(ArtifactFault::InputCount { found, expected });
    }
    match circuit.spec.len() {
        0..=MAX_SPEC_LEN => Ok(()),
        found => Err(ArtifactFault::SpecLen { found, limit: MAX_SPEC_LEN }),
    }
}
