//! Proofs, and the file that carries a proof with what it is about.

use super::fault::{ArtifactError, ArtifactFault};
use super::key::VerifyingKey;
use super::points::{G1Hex, G2Hex};
use super::{CircuitInfo, Rejection, verify};
use crate::digest::{Digest, lower_hex};
use crate::files::{check_header, read_limited, write_atomic};
use crate::public::{PublicInput, big_endian, binding_value, check_layout};
use ark_bn254::{Bn254, Fr};
use ark_ff::PrimeField;
use serde::{Deserialize, Serialize};
use statement::{BINDING, Binding, FIELD_BITS, Nonce, PubkeyHash};
use std::path::Path;

const PROOF_FORMAT: &str = "provelock-proof";
const PROOF_VERSION: u64 = 2;
/// Room for as many public inputs as there may be.
const MAX_PROOF_LEN: u64 = 256 << 10;

/// Three group elements.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof(ark_groth16::Proof<Bn254>);

impl Proof {
    /// Wraps group elements; [`verify`] checks them.
    pub const fn new(inner: ark_groth16::Proof<Bn254>) -> Self {
        Self(inner)
    }

    /// The group elements, for the unlocking script.
    pub const fn inner(&self) -> &ark_groth16::Proof<Bn254> {
        &self.0
    }
}

/// The value of a public input, with the name that the circuit gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedValue {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Fr,
}

/// A proof with the public inputs it is for, and the key.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofDocument {
    model: String,
    spec: String,
    circuit: Digest,
    vk: Digest,
    binding: Binding,
    /// All of them, the binding first.
    public_inputs: Vec<NamedValue>,
    proof: Proof,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofFile {
    format: String,
    version: u64,
    model: String,
    spec: String,
    circuit: Digest,
    vk: Digest,
    recipient: Hex<20>,
    nonce: Hex<8>,
    public_inputs: Vec<Value>,
    proof: Elements,
    sha256: Digest,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    name: String,
    /// Big-endian.
    value: Hex<32>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Elements {
    a_g1: G1Hex,
    b_g2: G2Hex,
    c_g1: G1Hex,
}

/// Bytes as lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hex<const N: usize>([u8; N]);

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Hex<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lower_hex::<N, _>(deserializer).map(Self)
    }
}

impl NamedValue {
    fn read(Value { name, value: Hex(bytes) }: Value) -> Result<Self, ArtifactFault> {
        let value = Fr::from_be_bytes_mod_order(&bytes);
        if big_endian(value) != bytes {
            return Err(ArtifactFault::NotAnElement { name, found: hex::encode(bytes) });
        }
        Ok(Self { name, value })
    }
}

impl ProofFile {
    fn new(document: &ProofDocument) -> Self {
        let ProofDocument { model, spec, circuit, vk, binding, public_inputs, proof } = document;
        let value =
            |NamedValue { name, value }: &NamedValue| Value { name: name.clone(), value: Hex(big_endian(*value)) };
        let mut file = Self {
            format: PROOF_FORMAT.to_owned(),
            version: PROOF_VERSION,
            model: model.clone(),
            spec: spec.clone(),
            circuit: *circuit,
            vk: *vk,
            recipient: Hex(binding.recipient.0),
            nonce: Hex(binding.nonce.0),
            public_inputs: public_inputs.iter().map(value).collect(),
            proof: Elements {
                a_g1: G1Hex::encode(&proof.0.a),
                b_g2: G2Hex::encode(&proof.0.b),
                c_g1: G1Hex::encode(&proof.0.c),
            },
            sha256: Digest::of(b""),
        };
        file.sha256 = file.checksum();
        file
    }

    /// Covers everything but itself.
    fn checksum(&self) -> Digest {
        let Elements { a_g1, b_g2, c_g1 } = &self.proof;
        let points: [&[u8]; 5] = [&self.recipient.0, &self.nonce.0, a_g1.bytes(), b_g2.bytes(), c_g1.bytes()];
        let inputs =
            self.public_inputs.iter().flat_map(|input| [Digest::of(input.name.as_bytes()), Digest::of(&input.value.0)]);
        let parts = [
            Digest::of(self.model.as_bytes()),
            Digest::of(self.spec.as_bytes()),
            self.circuit,
            self.vk,
            Digest::combine("provelock public inputs 1", &inputs.collect::<Vec<_>>()),
            Digest::of(&points.concat()),
        ];
        Digest::combine("provelock proof 2", &parts)
    }
}

impl ProofDocument {
    /// Puts a proof, its public inputs and its key together: `further` are the values of all but the binding, in the
    /// key's order.
    ///
    /// # Errors
    /// [`Rejection::InputCount`] or [`Rejection::InputTooLarge`]; the proof itself is not checked.
    pub fn new(vk: &VerifyingKey, binding: Binding, further: &[Fr], proof: Proof) -> Result<Self, Rejection> {
        let info = vk.circuit();
        let values: Vec<Fr> = [binding_value(&binding)].iter().chain(further).copied().collect();
        info.check(&values)?;
        let names = info.public_inputs.iter().map(|input| input.name.clone());
        let public_inputs = names.zip(values).map(|(name, value)| NamedValue { name, value }).collect();
        let CircuitInfo { model, spec, id: circuit, .. } = info.clone();
        Ok(Self { model, spec, circuit, vk: vk.digest(), binding, public_inputs, proof })
    }

    /// Name of the model that the proof says it is about.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// How the proof says its circuit is made of the model: [`CircuitInfo::spec`].
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// The circuit that the proof says it is about.
    pub const fn circuit(&self) -> Digest {
        self.circuit
    }

    /// Digest of the verifying key that the proof says it is for.
    pub const fn vk(&self) -> Digest {
        self.vk
    }

    /// Whom and which contract the proof is for.
    pub const fn binding(&self) -> &Binding {
        &self.binding
    }

    /// All public inputs by name, in the circuit's order; the first is the packed binding.
    pub fn public_inputs(&self) -> &[NamedValue] {
        &self.public_inputs
    }

    /// The value of a public input.
    pub fn value(&self, name: &str) -> Option<Fr> {
        self.public_inputs.iter().find(|input| input.name == name).map(|input| input.value)
    }

    /// The values of all public inputs, in the circuit's order.
    pub fn values(&self) -> Vec<Fr> {
        self.public_inputs.iter().map(|input| input.value).collect()
    }

    /// The proof.
    pub const fn proof(&self) -> &Proof {
        &self.proof
    }

    /// Accepts the document under `vk` or says why not.
    ///
    /// # Errors
    /// [`Rejection::OtherKey`] if the document names another key, [`Rejection::OtherCircuit`] if it says otherwise of the circuit, [`Rejection::InputName`] if it calls a public input
    /// otherwise, else as [`verify`].
    pub fn verify(&self, vk: &VerifyingKey) -> Result<(), Rejection> {
        let expected = vk.digest();
        if self.vk != expected {
            return Err(Rejection::OtherKey { found: self.vk, expected });
        }
        let info = vk.circuit();
        for (field, found, expected) in [
            ("model", &self.model, &info.model),
            ("spec", &self.spec, &info.spec),
            ("circuit", &self.circuit.to_string(), &info.id.to_string()),
        ] {
            if found != expected {
                return Err(Rejection::OtherCircuit { field, found: found.clone(), expected: expected.clone() });
            }
        }
        let names = self.public_inputs.iter().zip(&info.public_inputs);
        if let Some((index, (found, expected))) = names.enumerate().find(|(_, (found, key))| found.name != key.name) {
            let (found, expected) = (found.name.clone(), expected.name.clone());
            return Err(Rejection::InputName { index, found, expected });
        }
        verify(vk, &self.values(), &self.proof)
    }

    /// The file's text: JSON with compressed points.
    pub fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(&ProofFile::new(self));
        text.expect("strings and numbers are JSON") + "\n"
    }

    /// Reads the file's text; every point is checked to be on its curve and in the group of order r.
    ///
    /// # Errors
    /// [`ArtifactFault`] says what is wrong.
    pub fn from_json(json: &[u8]) -> Result<Self, ArtifactFault> {
        check_header(json, PROOF_FORMAT, PROOF_VERSION)?;
        let file: ProofFile = serde_json::from_slice(json)?;
        let (found, expected) = (file.checksum(), file.sha256);
        if found != expected {
            return Err(ArtifactFault::Checksum { found, expected });
        }
        let binding = Binding { recipient: PubkeyHash(file.recipient.0), nonce: Nonce(file.nonce.0) };
        let public_inputs: Vec<_> = file.public_inputs.into_iter().map(NamedValue::read).collect::<Result<_, _>>()?;
        let widest = |input: &NamedValue| match input.name.as_str() {
            BINDING => PublicInput::binding(),
            name => PublicInput::new(name, FIELD_BITS),
        };
        check_layout(&public_inputs.iter().map(widest).collect::<Vec<_>>())?;
        let (found, expected) = (public_inputs.first().map(|input| input.value), binding_value(&binding));
        if found != Some(expected) {
            let found = found.map(big_endian).map(hex::encode).unwrap_or_default();
            return Err(ArtifactFault::Binding { found, expected: hex::encode(big_endian(expected)) });
        }
        let proof = Proof(ark_groth16::Proof {
            a: file.proof.a_g1.decode("proof.a_g1")?,
            b: file.proof.b_g2.decode("proof.b_g2")?,
            c: file.proof.c_g1.decode("proof.c_g1")?,
        });
        let ProofFile { model, spec, circuit, vk, .. } = file;
        Ok(Self { model, spec, circuit, vk, binding, public_inputs, proof })
    }

    /// Writes the proof file, atomically.
    ///
    /// # Errors
    /// [`ArtifactError::File`].
    pub fn write(&self, path: &Path) -> Result<(), ArtifactError> {
        Ok(write_atomic(path, &[self.to_json().as_bytes()])?)
    }

    /// Reads a proof file.
    ///
    /// # Errors
    /// [`ArtifactError`] names the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ArtifactError> {
        let bytes = read_limited(path, MAX_PROOF_LEN)?;
        Self::from_json(&bytes).map_err(|source| ArtifactError::Content { path: path.to_owned(), source })
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use super::*;
    use crate::public::LayoutError;
    use ark_bn254::{G1Affine, G2Affine};
    use ark_ec::{AffineRepr, CurveGroup};

    fn vk() -> VerifyingKey {
        let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
        let circuit = CircuitInfo {
            model: "test".to_owned(),
            spec: "inference".to_owned(),
            id: Digest::of(b"circuit"),
            public_inputs: vec![PublicInput::binding(), PublicInput::new("class", 4)],
        };
        let inner = ark_groth16::VerifyingKey {
            alpha_g1: g1,
            beta_g2: g2,
            gamma_g2: g2,
            delta_g2: g2,
            gamma_abc_g1: [1u8, 2, 3].map(|k| (g1 * Fr::from(k)).into_affine()).to_vec(),
        };
        VerifyingKey::new(circuit, inner)
    }

    fn document() -> ProofDocument {
        let (a, b) = (G1Affine::generator(), G2Affine::generator());
        let binding = Binding { recipient: PubkeyHash([3; 20]), nonce: Nonce([5; 8]) };
        let proof = Proof(ark_groth16::Proof { a, b, c: a });
        ProofDocument::new(&vk(), binding, &[Fr::from(7u8)], proof).expect("values that fit")
    }

    /// Reads the file after an edit that its checksum covers.
    fn edited(edit: impl FnOnce(&mut ProofFile)) -> Result<ProofDocument, ArtifactFault> {
        let mut file = ProofFile::new(&document());
        edit(&mut file);
        file.sha256 = file.checksum();
        ProofDocument::from_json(&serde_json::to_vec(&file).expect("strings are JSON"))
    }

    #[test]
    fn document__values__are_found_by_name() {
        let document = edited(|_| ()).expect("nothing changed");
        assert_eq!(document, super::tests::document());
        assert_eq!(document.value("class"), Some(Fr::from(7u8)));
        assert_eq!(document.value("binding"), Some(binding_value(document.binding())));
        assert_eq!(document.value("label"), None);
        assert_eq!((document.model(), document.spec()), ("test", "inference"));
    }

    #[test]
    fn document__public_inputs_that_cannot_be__are_refused_by_name() {
        let moved = edited(|file| file.nonce.0[0] ^= 1);
        assert!(matches!(moved, Err(ArtifactFault::Binding { .. })), "{moved:?}");
        let swapped = edited(|file| file.public_inputs.swap(0, 1));
        assert!(matches!(swapped, Err(ArtifactFault::Layout(LayoutError::Binding { .. }))), "{swapped:?}");
        let none = edited(|file| file.public_inputs.clear());
        assert!(matches!(none, Err(ArtifactFault::Layout(LayoutError::Binding { .. }))), "{none:?}");
        let twice = edited(|file| file.public_inputs.push(file.public_inputs[1].clone()));
        assert!(matches!(twice, Err(ArtifactFault::Layout(LayoutError::Twice { index: 2, .. }))), "{twice:?}");
        let name = edited(|file| file.public_inputs[1].name = "Class".to_owned());
        assert!(matches!(name, Err(ArtifactFault::Layout(LayoutError::Name { index: 1, .. }))), "{name:?}");
        // r itself is zero modulo r, and is not taken for it.
        let modulus = ark_ff::BigInteger::to_bytes_be(&Fr::MODULUS);
        let large = edited(|file| file.public_inputs[1].value.0.copy_from_slice(&modulus));
        assert!(matches!(&large, Err(ArtifactFault::NotAnElement { name, .. }) if name == "class"), "{large:?}");
    }

    #[test]
    fn document__at_odds_with_its_key__is_refused_by_name() {
        let verdict = |edit: fn(&mut ProofFile)| edited(edit).expect("a readable file").verify(&vk());
        let other_circuit = |field| {
            move |found: Result<(), Rejection>| {
                assert!(matches!(&found, Err(Rejection::OtherCircuit { field: f, .. }) if *f == field), "{found:?}");
            }
        };
        other_circuit("model")(verdict(|file| file.model.push('x')));
        other_circuit("spec")(verdict(|file| file.spec.push('x')));
        other_circuit("circuit")(verdict(|file| file.circuit = Digest::of(b"other")));
        let renamed = verdict(|file| file.public_inputs[1].name = "label".to_owned());
        let (found, expected) = ("label".to_owned(), "class".to_owned());
        assert_eq!(renamed, Err(Rejection::InputName { index: 1, found, expected }));
        let more = verdict(|file| {
            let mut more = file.public_inputs[1].clone();
            more.name = "more".to_owned();
            file.public_inputs.push(more);
        });
        assert_eq!(more, Err(Rejection::InputCount { found: 3, expected: 2 }));
        let large = verdict(|file| file.public_inputs[1].value.0[31] = 16);
        assert!(matches!(&large, Err(Rejection::InputTooLarge { name, bits: 4, .. }) if name == "class"), "{large:?}");
        assert_eq!(verdict(|_| ()), Err(Rejection::Pairing), "a document in order, of a proof that is none");
    }
}
