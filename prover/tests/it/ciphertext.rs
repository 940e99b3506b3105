//! Encrypted weights: against another implementation, back again, and hostile files.

use crate::accuracy::Parts;
use crate::case::committed;
use crate::nets::{Net, root};
use ark_bn254::Fr;
use num_bigint::BigInt;
use prover::Model;
use prover::commitment::CommitmentError;
use prover::model::ModelError;
use prover::sale::{
    Ciphertext, CiphertextDigest, CiphertextError, CiphertextFault, DecryptError, EncryptError, SaleKey,
};
use rand::rngs::OsRng;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Vector {
    tensors: Vec<Tensor>,
    values: Vec<String>,
    key: String,
    layout: String,
    words: Vec<String>,
    digest: String,
}

#[derive(Deserialize)]
struct Tensor {
    len: usize,
    bits: u32,
}

impl Vector {
    /// A network of one hidden layer with these weights and biases.
    fn model(&self) -> Model {
        let [weights, biases] = &self.tensors[..] else { panic!("weights and biases") };
        let row_len = weights.len / biases.len;
        let (of_weight, of_bias) = self.values.split_at(weights.len);
        let rows: Vec<Vec<i64>> =
            of_weight.chunks(row_len).map(|row| row.iter().map(|value| value.parse().unwrap()).collect()).collect();
        let of_bias: Vec<BigInt> = of_bias.iter().map(|value| value.parse().unwrap()).collect();
        let net = Net::new([1, 1, row_len as u32], 0, 1).dense(rows, of_bias);
        committed(net, weights.bits, biases.bits).model(biases.len)
    }
}

fn model() -> Model {
    Parts::products(4, 3, 0).model()
}

fn key(number: u8) -> SaleKey {
    SaleKey::from_hex(&format!("{number:032x}")).unwrap()
}

fn file(ciphertext: &Ciphertext) -> Value {
    serde_json::from_str(&ciphertext.to_json()).unwrap()
}

fn read(file: &Value) -> Result<Ciphertext, CiphertextFault> {
    Ciphertext::from_json(file.to_string().as_bytes())
}

/// They change only with a new number in the header's first line: else ciphertexts that were sold would no longer open.
#[test]
fn ciphertext__vectors_of_another_implementation__are_met() {
    let text = include_str!("../../../fixtures/poseidon/vectors.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    let vectors: Vec<Vector> = serde_json::from_value(vectors["ciphertexts"].clone()).unwrap();
    assert_eq!(vectors.iter().map(|vector| vector.words.len()).collect::<Vec<_>>(), [1, 1, 23]);
    for vector in vectors {
        let (model, key) = (vector.model(), SaleKey::from_hex(&vector.key).unwrap());
        let ciphertext = Ciphertext::encrypt(&model, &key).unwrap();
        let expected =
            json!({ "format": "provelock-ciphertext", "version": 1, "layout": vector.layout, "words": vector.words });
        assert_eq!(file(&ciphertext), expected);
        assert_eq!(ciphertext.digest().to_string(), vector.digest);
        assert_eq!(ciphertext.layout().to_string(), vector.layout);
        let recovered = read(&expected).unwrap().decrypt(&key, &model.architecture()).unwrap();
        assert_eq!(recovered.to_parts(), model.to_parts());
    }
}

#[test]
fn ciphertext__of_a_real_network__is_decrypted_to_its_very_weights() {
    let folder = root().join("models/mnist-private");
    let model = Model::load(&folder).unwrap();
    let key = SaleKey::random(&mut OsRng);
    let ciphertext = Ciphertext::encrypt(&model, &key).unwrap();
    let kept = tempfile::tempdir().unwrap();
    let path = kept.path().join("c.json");
    ciphertext.write(&path).unwrap();
    let ciphertext = Ciphertext::read(&path).unwrap();
    let recovered = ciphertext.decrypt(&key, &model.architecture()).unwrap();
    assert!(recovered.to_parts() == model.to_parts());
    recovered.save(kept.path()).unwrap();
    let weights = |folder: &std::path::Path| -> Value {
        serde_json::from_slice(&std::fs::read(folder.join("weights.json")).unwrap()).unwrap()
    };
    assert!(weights(kept.path()) == weights(&folder));
    // Any other key gives no weights at all.
    let refused = ciphertext.decrypt(&SaleKey::random(&mut OsRng), &model.architecture()).unwrap_err();
    assert!(matches!(refused, DecryptError::NoWeights(CommitmentError::Element { .. })), "{refused:?}");
}

#[test]
fn ciphertext__same_model__is_unlike_under_every_key_and_in_every_word() {
    let (model, first) = (model(), key(1));
    let words = |key: &SaleKey| file(&Ciphertext::encrypt(&model, key).unwrap())["words"].clone();
    let words = [words(&first), words(&key(2)), words(&key(255))];
    assert_eq!(words[0].as_array().unwrap().len(), 20);
    let all = words.iter().flat_map(|words| words.as_array().unwrap());
    let distinct: std::collections::HashSet<_> = all.map(|word| word.as_str().unwrap()).collect();
    assert_eq!(distinct.len(), 60);
    let again = Ciphertext::encrypt(&model, &first).unwrap();
    assert_eq!(again, Ciphertext::encrypt(&model, &first).unwrap());
    assert_ne!(again.digest(), Ciphertext::encrypt(&model, &key(2)).unwrap().digest());
    // What a key that serves twice gives away: the difference of the two models, word by word.
    let other = Parts::products(4, 3, 9).model();
    let element = |ciphertext: &Ciphertext, k: usize| {
        let text = file(ciphertext)["words"][k].as_str().unwrap().to_owned();
        text.parse::<CiphertextDigest>().unwrap().element()
    };
    let difference = |key: &SaleKey| {
        element(&Ciphertext::encrypt(&model, key).unwrap(), 0) - element(&Ciphertext::encrypt(&other, key).unwrap(), 0)
    };
    assert_eq!(difference(&first), difference(&key(2)));
    assert_ne!(difference(&first), Fr::from(0));
}

#[test]
fn decrypt__what_does_not_fit__is_refused_by_name() {
    let (model, key) = (model(), key(1));
    let ciphertext = Ciphertext::encrypt(&model, &key).unwrap();
    let blank = model.architecture();
    assert_eq!(ciphertext.decrypt(&key, &blank).unwrap().to_parts(), model.to_parts());
    // An architecture of other widths.
    let other = Parts::products(4, 2, 0).model();
    let refused = ciphertext.decrypt(&key, &other).unwrap_err();
    assert!(matches!(refused, DecryptError::Layout { found, .. } if found == ciphertext.layout()), "{refused:?}");
    // One that hides nothing.
    let mut public = Parts::products(4, 3, 0);
    public.layer("u").0["visibility"] = json!("public");
    public.layer("v").0["visibility"] = json!("public");
    let public = public.model();
    let nothing = EncryptError::NothingHidden { model: "generated".to_owned() };
    assert_eq!(Ciphertext::encrypt(&public, &key), Err(nothing.clone()));
    let refused = ciphertext.decrypt(&key, &public).unwrap_err();
    assert!(matches!(refused, DecryptError::Architecture(found) if found == nothing));
    // Words missing, words added.
    for n_words in [1, 19, 21] {
        let mut file = file(&ciphertext);
        let words = file["words"].as_array_mut().unwrap();
        words.resize(n_words, json!("0".repeat(64)));
        let refused = read(&file).unwrap().decrypt(&key, &blank).unwrap_err();
        assert!(matches!(refused, DecryptError::Words { found, expected: 20 } if found == n_words), "{refused:?}");
    }
    // A word that decrypts to more than its weights' bits.
    let mut file = file(&ciphertext);
    let word: CiphertextDigest = file["words"][3].as_str().unwrap().parse().unwrap();
    let above = CiphertextDigest::from_element(word.element() + Fr::from(BigInt::from(1).magnitude() << 252usize));
    file["words"][3] = json!(above.to_string());
    let refused = read(&file).unwrap().decrypt(&key, &blank).unwrap_err();
    let expected = CommitmentError::Element { index: 3, bits: 252 };
    assert!(matches!(&refused, DecryptError::NoWeights(found) if *found == expected), "{refused:?}");
}

#[test]
fn ciphertext__changed_word__is_another_ciphertext() {
    let ciphertext = Ciphertext::encrypt(&model(), &key(1)).unwrap();
    let mut digests = std::collections::HashSet::from([ciphertext.digest()]);
    for k in 0..ciphertext.n_words() {
        let mut file = file(&ciphertext);
        file["words"][k] = json!(format!("{:064x}", 5));
        assert!(digests.insert(read(&file).unwrap().digest()), "{k}");
    }
    let mut swapped = file(&ciphertext);
    swapped["words"].as_array_mut().unwrap().swap(0, 1);
    assert!(digests.insert(read(&swapped).unwrap().digest()));
    let mut relaid = file(&ciphertext);
    relaid["layout"] = json!("0".repeat(64));
    assert!(digests.insert(read(&relaid).unwrap().digest()));
}

#[test]
fn ciphertext__hostile_files__are_refused_by_name() {
    let honest = file(&Ciphertext::encrypt(&model(), &key(1)).unwrap());
    assert!(read(&honest).is_ok());
    let with = |field: &str, value: Value| {
        let mut file = honest.clone();
        file[field] = value;
        read(&file).unwrap_err()
    };
    assert!(matches!(with("format", json!("provelock-proof")), CiphertextFault::Header(_)));
    assert!(matches!(with("version", json!(2)), CiphertextFault::Header(_)));
    assert!(matches!(with("more", json!(1)), CiphertextFault::Json(_)));
    assert!(matches!(with("layout", json!("00")), CiphertextFault::Json(_)));
    assert!(matches!(with("words", json!("00")), CiphertextFault::Json(_)));
    assert!(matches!(with("words", json!([])), CiphertextFault::Words { found: 0, .. }));
    let many = vec!["0"; (1 << 20) + 1];
    assert!(matches!(with("words", json!(many)), CiphertextFault::Words { found: 1_048_577, limit: 1_048_576 }));
    let order = "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001";
    let good = "0".repeat(64);
    for bad in [order, "", "0", &"f".repeat(64), &"A".repeat(64), &format!("{good}0"), &"\u{e4}".repeat(32)] {
        let refused = with("words", json!([good, bad]));
        assert!(matches!(refused, CiphertextFault::Word { index: 1 }), "{bad}: {refused}");
    }
    let text = honest.to_string();
    for cut in [0, 1, text.len() / 2, text.len() - 1] {
        assert!(Ciphertext::from_json(&text.as_bytes()[..cut]).is_err(), "{cut}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.json");
    assert!(matches!(Ciphertext::read(&path), Err(CiphertextError::File(_))));
    std::fs::write(&path, &text[1..]).unwrap();
    assert!(matches!(Ciphertext::read(&path), Err(CiphertextError::Content { path: named, .. }) if named == path));
}

#[test]
fn with_committed__other_counts_and_values_out_of_range__are_refused_by_name() {
    let model = model();
    let values: Vec<_> = prover::circuit::committed_values(&model).collect();
    assert_eq!(model.architecture().with_committed(&values).unwrap().to_parts(), model.to_parts());
    let refused = |values: &[BigInt]| model.with_committed(values).unwrap_err();
    assert!(matches!(refused(&values[1..]), ModelError::Field { field, .. } if field == "layers"));
    for (index, value) in [(0, BigInt::from(4)), (0, BigInt::from(1) << 80usize), (0, -(BigInt::from(1) << 80usize))] {
        let mut values = values.clone();
        values[index] = value;
        assert!(matches!(refused(&values), ModelError::Weight { row: 0, column: 0, bits: 3, .. }));
    }
    let mut wide = values.clone();
    *wide.last_mut().unwrap() = BigInt::from(128);
    assert!(matches!(refused(&wide), ModelError::Field { field, .. } if field == "layers[1].biases[29]"));
}
