//! The public example, `fixtures/zkml`, and the model in `models/zkml-mnist` made of it.

use model_import::zkml::{ZkmlDescription, import_zkml, read_zkml_input};
use num_bigint::BigInt;
use prover::model::Provenance;
use prover::model::manifest::ImageEntry;
use prover::{Dataset, Digest, Model, infer};
use std::path::{Path, PathBuf};

const CONFIG: &[u8] = include_bytes!("../../../../fixtures/zkml/config.msgpack");
const NETWORK: &[u8] = include_bytes!("../../../../fixtures/zkml/model.msgpack");
const INPUT: &[u8] = include_bytes!("../../../../fixtures/zkml/inp.msgpack");

/// As zkml's own program prints them (`fixtures/zkml/README.md`).
const PUBLISHED_LOGITS: [i64; 10] = [-5312, -8056, -8186, -1669, -4260, 6614, -5131, -6862, -3047, -805];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models").join(name)
}

fn imported() -> Model {
    let pixel = |byte: i64| (byte * 512 * 2 + 255) / (2 * 255);
    let description = ZkmlDescription {
        name: "zkml-mnist".to_owned(),
        task: "Handwritten digits 0 to 9, MNIST 28x28 grey images".to_owned(),
        min: 0,
        // The published input stands for twice the brightness that the network was trained with.
        max: 1024,
        image: Some(ImageEntry { side: 28, crop: 28, bits: None, table: Some((0..256).map(pixel).collect()) }),
        classes: (0..10).map(|class| class.to_string()).collect(),
        provenance: Provenance {
            recipe: "github.com/ddkang/zkml, commit 4378958, examples/mnist, imported by model-import".to_owned(),
            data: "MNIST".to_owned(),
            licence: "Apache-2.0".to_owned(),
        },
    };
    import_zkml(CONFIG, NETWORK, description).expect("the example is imported")
}

#[test]
fn example__published_input__has_the_published_logits() {
    let model = imported();
    let input = read_zkml_input(model.input(), INPUT).expect("the example's input fits");
    let inference = infer(&model, &input).expect("the example's input fits");
    assert_eq!(inference.logits, PUBLISHED_LOGITS.map(BigInt::from));
    assert_eq!(inference.class, 5);
}

#[test]
fn example__published_input__is_a_test_image_at_twice_the_scale() {
    let model = imported();
    let input = read_zkml_input(model.input(), INPUT).expect("the example's input fits");
    let (image, label) = dataset().get(15).map(|(image, label)| (image.clone(), label)).expect("there are 10,000");
    assert_eq!(label, 5);
    let pixel = |byte: &u8| (i64::from(*byte) * 1024 * 2 + 255) / (2 * 255);
    assert!(image.as_bytes().iter().map(pixel).eq(input.values().iter().copied()));
}

fn dataset() -> Dataset {
    let folder = folder("data/mnist");
    Dataset::load(&folder.join("t10k-images-idx3-ubyte.gz"), &folder.join("t10k-labels-idx1-ubyte.gz"))
        .expect("the repository has the test images")
}

/// Digest of the 2,000 logits as `fixtures/zkml/reference.py` computes them, each as 8 bytes, least significant first.
const LOGITS_DIGEST: &str = "e4abcba1bd71ccb4ec9017bb965d4913cab516aaa54e9b6fd58526dabcb9be4d";

#[test]
fn example__200_test_images__have_the_logits_of_the_reference() {
    let (model, images) = (imported(), dataset());
    let mut logits = Vec::new();
    let mut wrong = Vec::new();
    for (idx, (image, label)) in images.iter().take(200).enumerate() {
        let tensor = model.input().tensor(image).expect("the model reads images");
        let inference = infer(&model, &tensor).expect("an image is an input");
        let bytes = |logit: &BigInt| i64::try_from(logit).expect("zkml's logits have 15 bits").to_le_bytes();
        logits.extend(inference.logits.iter().flat_map(bytes));
        if inference.class != label {
            wrong.push(idx);
        }
    }
    assert_eq!(wrong, [158]);
    assert_eq!(Digest::of(&logits).to_string(), LOGITS_DIGEST);
}

/// `UPDATE_GOLDEN=1` writes the folder.
#[test]
fn example__imported_again__is_the_bundled_model() {
    let (model, folder) = (imported(), folder("zkml-mnist"));
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        model.save(&folder).expect("the folder can be written");
    }
    let bundled = Model::load(&folder).expect("the folder is a model");
    assert_eq!(bundled.to_parts(), model.to_parts());
}
