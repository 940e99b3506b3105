//! A bare verifier as a file: all that is needed to lock coins to it, to spend them and to check it.

use ark_bn254::Bn254;
use ark_groth16::VerifyingKey;
use chain_types::Profile;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    ArtifactError,
    artifact::{decode_hex, read_json, read_profile, read_vk},
    proof::serialize_vk,
};
use crate::{groth16::Groth16Verifier, target::Target, verifier::public_input::PublicInput};

/// The file `verifier build` writes. Reading one builds the script anew and refuses the file unless the bytes agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierArtifact {
    format: String,
    version: u32,
    /// Version of the generator that made the script.
    pub generator: String,
    /// Name of the profile whose rules and default limits the script is made for.
    pub profile: String,
    /// SHA-256 of the verifying key, compressed, hex.
    pub vk_sha256: String,
    /// The verifying key, compressed, hex.
    pub vk: String,
    /// How each public input of the key enters the script, in the key's order: `fixed=VALUE`, `bits=N` or `full`.
    pub inputs: Vec<String>,
    /// Length in bytes of every unlocking script.
    pub unlocking_script_bytes: usize,
    /// Length of the locking script in bytes.
    pub locking_script_bytes: usize,
    /// The locking script, hex.
    pub locking_script: String,
}

impl VerifierArtifact {
    const FORMAT: &str = "provelock-verifier";
    const VERSION: u32 = 1;

    /// Builds a verifier and its file.
    ///
    /// # Errors
    /// [`ArtifactError::Build`] as [`Groth16Verifier::new`].
    pub fn build(
        vk: &VerifyingKey<Bn254>,
        inputs: &[PublicInput],
        profile: Profile,
    ) -> Result<(Self, Groth16Verifier), ArtifactError> {
        let verifier = Groth16Verifier::new(vk, inputs, Target::policy(profile))?;
        let vk = serialize_vk(vk);
        let artifact = Self {
            format: Self::FORMAT.to_owned(),
            version: Self::VERSION,
            generator: crate::GENERATOR.to_owned(),
            profile: profile.name().to_owned(),
            vk_sha256: hex::encode(Sha256::digest(&vk)),
            vk: hex::encode(vk),
            inputs: inputs.iter().map(PublicInput::to_string).collect(),
            unlocking_script_bytes: verifier.unlocking_len(),
            locking_script_bytes: verifier.locking_script().len(),
            locking_script: hex::encode(verifier.locking_script().as_bytes()),
        };
        Ok((artifact, verifier))
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        // A struct of strings and integers always serializes.
        serde_json::to_string_pretty(self).expect("strings and integers serialize") + "\n"
    }

    /// Reads a file and builds its verifier.
    ///
    /// # Errors
    /// [`ArtifactError`] naming the field that is wrong; [`ArtifactError::ScriptDiffers`] if the script in the file is
    /// not the one that its other fields give.
    pub fn parse(text: &str) -> Result<(Self, Groth16Verifier), ArtifactError> {
        let artifact: Self = read_json(text, Self::FORMAT, Self::VERSION)?;
        let field = |field, problem: String| ArtifactError::Field { field, problem };
        let (vk, inputs, profile) = (artifact.verifying_key()?, artifact.public_inputs()?, artifact.profile()?);
        let (rebuilt, verifier) = Self::build(&vk, &inputs, profile)?;
        if rebuilt.vk_sha256 != artifact.vk_sha256 {
            return Err(field("vk_sha256", format!("the key in the file has {}", rebuilt.vk_sha256)));
        }
        if rebuilt.locking_script != artifact.locking_script {
            return Err(ArtifactError::ScriptDiffers { ours: rebuilt.generator, theirs: artifact.generator });
        }
        for (name, found, expected) in [
            ("locking_script_bytes", artifact.locking_script_bytes, rebuilt.locking_script_bytes),
            ("unlocking_script_bytes", artifact.unlocking_script_bytes, rebuilt.unlocking_script_bytes),
        ] {
            if found != expected {
                return Err(field(name, format!("{found}, the script has {expected}")));
            }
        }
        Ok((artifact, verifier))
    }

    /// The verifying key in the file.
    ///
    /// # Errors
    /// [`ArtifactError::Field`] if it is not a key of as many public inputs as the file lists.
    pub fn verifying_key(&self) -> Result<VerifyingKey<Bn254>, ArtifactError> {
        read_vk(&decode_hex("vk", &self.vk)?, self.inputs.len())
    }

    /// How the key's public inputs enter the script.
    ///
    /// # Errors
    /// [`ArtifactError::Field`] if one of them is none of the three forms.
    pub fn public_inputs(&self) -> Result<Vec<PublicInput>, ArtifactError> {
        let read = |(index, text): (usize, &String)| {
            text.parse().map_err(|e| ArtifactError::Field { field: "inputs", problem: format!("input {index}: {e}") })
        };
        self.inputs.iter().enumerate().map(read).collect()
    }

    /// The profile the script is made for.
    ///
    /// # Errors
    /// [`ArtifactError::Field`] for an unknown name.
    pub fn profile(&self) -> Result<Profile, ArtifactError> {
        read_profile(&self.profile)
    }
}

#[cfg(test)]
#[allow(non_snake_case, reason = "test names are area__case__expected")]
mod tests {
    use ark_bn254::{Fr, G1Affine, G2Affine};
    use ark_ec::{AffineRepr, CurveGroup};

    use super::*;

    /// A key of two inputs that proves nothing.
    fn key() -> VerifyingKey<Bn254> {
        let g1 = |k: u64| (G1Affine::generator() * Fr::from(k)).into_affine();
        let g2 = |k: u64| (G2Affine::generator() * Fr::from(k)).into_affine();
        let gamma_abc_g1 = vec![g1(2), g1(3), g1(5)];
        VerifyingKey { alpha_g1: g1(1), beta_g2: g2(1), gamma_g2: g2(2), delta_g2: g2(3), gamma_abc_g1 }
    }

    fn built() -> (VerifierArtifact, Groth16Verifier) {
        let inputs = [PublicInput::Bits(8), PublicInput::Fixed(Fr::from(35))];
        VerifierArtifact::build(&key(), &inputs, Profile::Genesis).expect("a usable key")
    }

    #[test]
    fn verifier_artifact__own_text__is_read_back() {
        let (artifact, verifier) = built();
        let (read, rebuilt) = VerifierArtifact::parse(&artifact.to_json()).expect("its own text");
        assert_eq!((&read, rebuilt.locking_script()), (&artifact, verifier.locking_script()));
        assert_eq!(read.verifying_key(), Ok(key()));
        assert_eq!(read.inputs, ["bits=8", "fixed=35"]);
        assert_eq!(read.unlocking_script_bytes, verifier.unlocking_len());
    }

    #[test]
    fn verifier_artifact__any_changed_field__is_refused_by_name() {
        let (artifact, _) = built();
        let text = artifact.to_json();
        let changed = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            VerifierArtifact::parse(&text.replacen(from, to, 1)).expect_err(to)
        };
        let field = |error: ArtifactError| match error {
            ArtifactError::Field { field, .. } => field,
            other => panic!("{other}"),
        };
        let newer = changed("\"version\": 1", "\"version\": 2");
        assert!(matches!(newer, ArtifactError::Format { version: 2, expected: VerifierArtifact::FORMAT, .. }));
        let other_shape = changed("\"version\": 1", "\"version\": 0, \"owner\": 1");
        assert!(matches!(other_shape, ArtifactError::Format { version: 0, .. }));
        assert!(matches!(changed("provelock-verifier", "provelock-contract"), ArtifactError::Format { .. }));
        let unknown = changed("{", "{ \"owner\": 1,");
        assert!(matches!(unknown, ArtifactError::Json(message) if message.contains("owner")));
        assert_eq!(field(changed("genesis", "exodus")), "profile");
        assert_eq!(field(changed("bits=8", "bits=0")), "inputs");
        assert_eq!(field(changed("\"bits=8\",", "")), "vk");
        assert_eq!(field(changed(&artifact.vk, &artifact.vk[2..])), "vk");
        assert_eq!(field(changed(&artifact.vk, "zz")), "vk");
        let count = "0300000000000000";
        assert_eq!(field(changed(count, "ffffffffffffffff")), "vk");
        assert_eq!(field(changed(&artifact.vk_sha256, &"0".repeat(64))), "vk_sha256");
        let (locking, unlocking) = (artifact.locking_script_bytes, artifact.unlocking_script_bytes);
        assert_eq!(field(changed(&locking.to_string(), "1")), "locking_script_bytes");
        assert_eq!(field(changed(&unlocking.to_string(), "1")), "unlocking_script_bytes");
        for (from, to) in [("fixed=35", "fixed=36"), ("bits=8", "bits=9"), (artifact.locking_script.as_str(), "51")] {
            assert!(matches!(changed(from, to), ArtifactError::ScriptDiffers { .. }), "{to}");
        }
    }
}
