//! This project's other files and texts.

use crate::{Outcome, as_text};
use model_import::zkml::{ZkmlDescription, import_zkml, read_zkml_input};
use prover::groth16::{ProofDocument, ProvingKey, VerifyingKey};
use prover::model::{InputSpec, InputVisibility, Provenance, Scale, Shape};
use prover::sale::Ciphertext;
use prover::{Dataset, Model};
use statement::Binding;
use tx_builder::{Address, SigningKey, decode_hex, encode_hex};

pub(crate) fn raw_transaction(bytes: &[u8]) -> Outcome {
    as_text(bytes, |text| {
        let transaction = decode_hex(text)?;
        assert_eq!(encode_hex(&transaction), text.trim().to_lowercase());
        Ok::<_, tx_builder::RawTransactionError>(())
    })
}

pub(crate) fn address(bytes: &[u8]) -> Outcome {
    as_text(bytes, |text| {
        let address: Address = text.parse()?;
        assert_eq!(address.to_string().parse(), Ok(address));
        Ok::<_, tx_builder::AddressError>(())
    })
}

pub(crate) fn secret_key(bytes: &[u8]) -> Outcome {
    as_text(bytes, |text| {
        let (key, network) = SigningKey::from_wif(text)?;
        assert_eq!(key.to_wif(network).as_str(), text.trim());
        Ok::<_, tx_builder::KeyError>(())
    })
}

pub(crate) fn binding(bytes: &[u8]) -> Outcome {
    let read = Binding::from_bytes(bytes);
    if let Ok(binding) = &read {
        assert_eq!(binding.to_bytes(), bytes);
    }
    read.into()
}

/// The bytes as the manifest of the bundled network's weights.
pub(crate) fn model_manifest(bytes: &[u8]) -> Outcome {
    Model::from_parts(bytes, include_bytes!("../../models/mnist-square/weights.json")).into()
}

pub(crate) fn proof(bytes: &[u8]) -> Outcome {
    let read = ProofDocument::from_json(bytes);
    if let Ok(document) = &read {
        let again = ProofDocument::from_json(document.to_json().as_bytes());
        assert_eq!(again.ok().as_ref(), Some(document));
    }
    read.into()
}

pub(crate) fn ciphertext(bytes: &[u8]) -> Outcome {
    let read = Ciphertext::from_json(bytes);
    if let Ok(ciphertext) = &read {
        assert_eq!(Ciphertext::from_json(ciphertext.to_json().as_bytes()).ok().as_ref(), Some(ciphertext));
        ciphertext.digest();
    }
    read.into()
}

pub(crate) fn verifying_key(bytes: &[u8]) -> Outcome {
    let read = VerifyingKey::from_json(bytes);
    if let Ok(vk) = &read {
        assert_eq!(VerifyingKey::from_json(vk.to_json().as_bytes()).ok().as_ref(), Some(vk));
    }
    read.into()
}

pub(crate) fn proving_key(bytes: &[u8]) -> Outcome {
    let read = ProvingKey::from_bytes(bytes);
    if let Ok(key) = &read {
        assert!(ProvingKey::from_bytes(&key.to_bytes()).is_ok(), "what was read can be written and read");
    }
    read.into()
}

/// The bytes as the images of one label, and as the labels of no image.
pub(crate) fn digit_images(bytes: &[u8]) -> Outcome {
    const ONE_LABEL: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 1, 7];
    const NO_IMAGES: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28];
    match Dataset::from_bytes(NO_IMAGES, bytes) {
        Ok(_) => Outcome::Read,
        Err(_) => Dataset::from_bytes(bytes, ONE_LABEL).into(),
    }
}

/// The bytes as both of zkml's files: a configuration is a network without data, and may have them.
pub(crate) fn zkml_network(bytes: &[u8]) -> Outcome {
    let description = ZkmlDescription {
        name: "fuzz".to_owned(),
        task: "none".to_owned(),
        min: 0,
        max: 10,
        image: None,
        classes: vec!["class".to_owned(); 3],
        provenance: Provenance { recipe: "none".to_owned(), data: "none".to_owned(), licence: "none".to_owned() },
    };
    let read = import_zkml(bytes, bytes, description);
    if let Ok(model) = &read {
        let (manifest, weights) = model.to_parts();
        let again = Model::from_parts(&manifest, &weights).ok().map(|model| model.to_parts());
        assert_eq!(again, Some((manifest, weights)));
    }
    read.into()
}

/// The bytes as an input of 5 rows and 4 columns.
pub(crate) fn zkml_input(bytes: &[u8]) -> Outcome {
    let shape = Shape { channels: 1, height: 5, width: 4 };
    let visibility = InputVisibility::Private;
    let spec = InputSpec { shape, min: 0, max: 10, scale: Scale::one(), visibility, image: None };
    read_zkml_input(&spec, bytes).into()
}
