//! Hidden weights, hidden inputs, other claims, batches and certificates, with a small network of the test's own.

use crate::common::{NONCE, Workshop, workshop};
use serde_json::{Value, json};
use std::sync::OnceLock;

const SIDE: usize = 4;
const N: usize = SIDE * SIDE;
const N_CLASSES: usize = 10;

fn weight(class: usize, pixel: usize) -> i64 {
    ((class * 5 + pixel * 3 + class * pixel) % 7) as i64 - 3
}

fn bias(class: usize) -> i64 {
    (class % 5) as i64
}

/// What the network says of 16 bits.
fn logits(input: &[i64]) -> Vec<i64> {
    let logit = |class| bias(class) + input.iter().enumerate().map(|(k, x)| weight(class, k) * x).sum::<i64>();
    (0..N_CLASSES).map(logit).collect()
}

/// A dense layer of committed weights over the middle of the image; `change` is added to one weight.
pub(crate) fn write_model(shop: &Workshop, name: &str, change: i64) {
    let rows: Vec<Vec<i64>> = (0..N_CLASSES).map(|class| (0..N).map(|pixel| weight(class, pixel)).collect()).collect();
    let mut rows = rows;
    rows[3][5] += change;
    let biases: Vec<String> = (0..N_CLASSES).map(|class| bias(class).to_string()).collect();
    let weights = json!({ "format": "provelock-weights", "version": 2,
        "layers": [{ "name": "logits", "weights": rows, "biases": biases }] });
    let weights = serde_json::to_string(&weights).unwrap();
    let manifest = json!({
        "format": "provelock-model", "version": 2, "name": "hidden", "task": "a test",
        "input": { "shape": [1, SIDE, SIDE], "min": 0, "max": 1, "scale": "1", "visibility": "private",
                   "image": { "side": 28, "crop": SIDE, "bits": 1 } },
        "layers": [{ "op": "dense", "name": "logits", "outputs": N_CLASSES, "weight_bits": 4, "bias_bits": 6,
                     "weight_scale": "1", "visibility": "committed" }],
        "output": { "kind": "class" },
        "classes": (0..N_CLASSES).map(|class| class.to_string()).collect::<Vec<_>>(),
        "weights": { "file": "weights.json", "sha256": prover::Digest::of(weights.as_bytes()).to_string() },
        "provenance": { "recipe": "made by a test", "data": "none", "licence": "none" },
    });
    std::fs::create_dir(shop.path(name)).unwrap();
    std::fs::write(shop.path(name).join("weights.json"), weights).unwrap();
    std::fs::write(shop.path(name).join("manifest.json"), manifest.to_string()).unwrap();
}

/// The workshop with the network and its commitment.
pub(crate) fn shop() -> &'static Workshop {
    static MADE: OnceLock<()> = OnceLock::new();
    let shop = workshop();
    MADE.get_or_init(|| {
        write_model(shop, "hidden", 0);
        write_model(shop, "other-weights", 1);
        std::fs::write(shop.path("input.json"), serde_json::to_string(&INPUT).unwrap()).unwrap();
        shop.run("model commit --model hidden --out hidden.secret").yes();
        shop.run("model commit --model other-weights --out other.secret").yes();
        shop.run("setup --model hidden --out hidden-keys").yes();
    });
    shop
}

const INPUT: [i64; N] = [1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1, 0, 1, 0];

fn prove(stem: &str, rest: &str) -> String {
    format!("prove --model hidden --proving-key hidden-keys/{stem}.proving-key --key alice.key --nonce {NONCE} {rest}")
}

fn best(logits: &[i64]) -> Vec<usize> {
    let mut classes: Vec<_> = (0..logits.len()).collect();
    classes.sort_by_key(|class| (-logits[*class], *class));
    classes
}

#[test]
fn committed_model__its_secret__proves_about_its_commitment() {
    let shop = shop();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(shop.path("hidden.secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let secret = shop.text("hidden.secret");
    let again = "model commit --model hidden --out hidden.secret";
    shop.run(again)
        .error(&["hidden.secret exists already", "nothing can be proved about a commitment whose file is gone"]);
    shop.run(&format!("{again} --force")).error(&["unexpected argument '--force'"]);
    assert_eq!(shop.text("hidden.secret"), secret);
    let commitment = commitment(shop, "hidden.secret");
    let rest = "--tensor input.json --commitment hidden.secret --out hidden-1.json";
    let proved = shop.run(&prove("hidden", rest)).yes();
    assert_eq!(proved["class"], best(&logits(&INPUT))[0]);
    assert_eq!(proved["proof"]["visibility"], "private input, committed model");
    let verify = "verify --model hidden --verifying-key hidden-keys/hidden.vk.json --proof hidden-1.json";
    let verified = shop.run(&format!("{verify} --public model_commitment=0x{commitment}")).yes();
    assert_eq!(verified["says"]["classes"], json!([proved["class"]]));
    shop.run(&format!("{verify} --public model_commitment=1")).no("it is about model_commitment");
    // The shape of the network is what the key is for, not its weights.
    shop.run(&verify.replace("--model hidden", "--model other-weights")).yes();
    shop.run(&verify.replace("--model hidden", "--model mnist-square")).no("the verifying key is for circuit");
}

#[test]
fn committed_model__wrong_secret_or_none__is_named() {
    let shop = shop();
    let with = |commitment: &str| {
        shop.run(&prove("hidden", &format!("--tensor input.json {commitment} --out never-hidden.json")))
    };
    with("").error(&["are committed, but no commitment is given", "provelock model commit"]);
    with("--commitment other.secret")
        .error(&["other.secret is not the commitment that is needed", "it holds commitment"]);
    with("--commitment alice.key").error(&["alice.key is not the commitment that is needed"]);
    shop.run("input commit --model hidden --tensor input.json --out as-model.secret").yes();
    with("--commitment as-model.secret")
        .error(&["as-model.secret", "it is a commitment to an input, expected one to a model"]);
    // Nothing to commit to.
    shop.run("model commit --out never.secret").error(&["mnist-square has no committed layer"]);
    let public =
        format!("prove --proving-key keys/mnist-square.proving-key --image-index 0 --key alice.key --nonce {NONCE}");
    shop.run(&format!("{public} --commitment hidden.secret --out never-hidden.json")).error(&["are public"]);
    assert!(!shop.has("never-hidden.json") && !shop.has("never.secret"));
}

#[test]
fn tensor__wrong_length_or_range_or_kind__is_named() {
    let shop = shop();
    let with = |name: &str, text: &str| {
        std::fs::write(shop.path(name), text).unwrap();
        let rest = format!("--tensor {name} --commitment hidden.secret --out never-tensor.json");
        shop.run(&prove("hidden", &rest))
    };
    with("short.json", "[1, 0, 1]").error(&["short.json", "3 values, expected 16", "16 integers from 0 to 1"]);
    with("large.json", "[[0,0,0,2],[0,0,0,0],[0,0,0,0],[0,0,0,0]]")
        .error(&["large.json", "value 3 is 2, expected 0 to 1"]);
    with("real.json", "[0.5]").error(&["real.json", "value 0 is 0.5, expected an integer"]);
    with("cut.json", "[0, 1").error(&["cut.json", "EOF"]);
    with("binary.json", "\u{1}\u{2}").error(&["binary.json", "inp.msgpack"]);
    assert!(!shop.has("never-tensor.json"));
}

#[test]
fn claims__logits_and_top_k_and_score__say_what_integers_say() {
    let shop = shop();
    let expected = logits(&INPUT);
    let best = best(&expected);
    shop.run("setup --model hidden --input public --claim logits --out hidden-keys").yes();
    let rest = "--tensor input.json --commitment hidden.secret";
    let stem = "hidden-public-input-logits";
    shop.run(&prove(stem, &format!("{rest} --out logits.json"))).yes();
    let verify = |stem: &str, proof: &str| {
        shop.run(&format!("verify --model hidden --verifying-key hidden-keys/{stem}.vk.json --proof {proof}")).yes()
    };
    let verified = verify(stem, "logits.json");
    let texts: Vec<String> = expected.iter().map(ToString::to_string).collect();
    assert_eq!(verified["says"]["logits"], json!([texts]));
    // 16 bits, the first in the lowest place.
    let packed: u64 = INPUT.iter().enumerate().map(|(k, bit)| (*bit as u64) << k).sum();
    assert_eq!(verified["public_inputs"]["input[0]"], packed.to_string());
    shop.run(&prove(stem, &format!("{rest} --class 1 --out never-claim.json"))).error(&["the key proves logits"]);

    shop.run("setup --model hidden --claim top-k=3 --out hidden-keys").yes();
    let third = prove("hidden-top-3", &format!("{rest} --class {} --out top.json", best[2]));
    shop.run(&third).yes();
    assert_eq!(verify("hidden-top-3", "top.json")["says"]["classes"], json!([best[2]]));
    let fourth = prove("hidden-top-3", &format!("{rest} --class {} --out never-claim.json", best[3]));
    shop.run(&fourth).no("and untrue things have no proof");

    shop.run("setup --model hidden --claim score --out hidden-keys").yes();
    let score = expected[best[0]];
    let at =
        |score: i64, out: &str| shop.run(&prove("hidden-score", &format!("{rest} --min-score {score} --out {out}")));
    at(score - 1, "score.json").yes();
    at(score + 1, "never-claim.json").no(&format!("the score is {score}, below {}", score + 1));
    assert!(!shop.has("never-claim.json"));
    shop.run("setup --model hidden --claim top-k=10 --out hidden-keys").error(&["k = 10, expected 1 to 9"]);
}

#[test]
fn committed_input__its_secret__proves_and_another_does_not() {
    let shop = shop();
    shop.run("setup --model hidden --input committed --out hidden-keys").yes();
    shop.run("input commit --model hidden --tensor input.json --out input.secret").yes();
    shop.run("input commit --model hidden --image-index 0 --out image.secret").yes();
    let with = |rest: &str, out: &str| {
        let rest = format!("--tensor input.json --commitment hidden.secret {rest} --out {out}");
        shop.run(&prove("hidden-committed-input", &rest))
    };
    let proved = with("--input-commitment input.secret", "committed.json").yes();
    assert_eq!(proved["proof"]["visibility"], "committed input, committed model");
    let commitment = commitment(shop, "input.secret");
    let verify = "verify --verifying-key hidden-keys/hidden-committed-input.vk.json --proof committed.json";
    shop.run(&format!("{verify} --public input_commitment=0x{commitment}")).yes();
    with("", "never-input.json").error(&["0 input commitments are given, the key takes 1"]);
    with("--input-commitment image.secret", "never-input.json").error(&["image.secret", "it holds commitment"]);
    assert!(!shop.has("never-input.json"));
}

#[test]
fn batch__two_images__are_both_told() {
    let shop = shop();
    let made = shop.run("setup --model hidden --batch 2 --out hidden-keys").yes();
    assert_eq!(made["constraints_per_input"], json!(made["constraints"].as_f64().unwrap() / 2.0));
    let batch = |images: &str, out: &str| {
        let rest = format!("{images} --commitment hidden.secret --out {out}");
        shop.run(&format!("batch {}", prove("hidden-x2", &rest)))
    };
    let proved = batch("--image-index 3-4", "batch.json").yes();
    assert_eq!(proved["proof"]["says"]["classes"], proved["classes"]);
    assert_eq!(proved["proof"]["per_input"]["inputs"], 2);
    let singles = ["--image-index 4", "--image-index 3"].map(|image| {
        let rest = format!("{image} --commitment hidden.secret --force --out single.json");
        shop.run(&prove("hidden", &rest)).yes()["class"].clone()
    });
    assert_eq!(proved["classes"], json!([singles[1], singles[0]]));
    batch("--image-index 3", "never-batch.json").error(&["1 inputs are given, a proof under this key is about 2"]);
    batch("--image-index 4-3", "never-batch.json").error(&["a range such as 0-7"]);
    assert!(!shop.has("never-batch.json"));
}

#[test]
fn accuracy__what_is_true__is_certified_and_one_more_is_not() {
    let shop = shop();
    let made = shop.run("accuracy setup --model hidden --first 12 --out hidden-keys").yes();
    let hash = shop.run("accuracy hash --model hidden --first 12").yes();
    assert_eq!(made["spec"], hash["spec"]);
    assert_eq!(hash["spec"], format!("accuracy n=12 set={}", hash["sha256"].as_str().unwrap()));
    let prove = |rest: &str| {
        shop.run(&format!(
            "accuracy prove --model hidden --proving-key hidden-keys/hidden-accuracy-12.proving-key \
             --commitment hidden.secret --key alice.key --nonce {NONCE} {rest}"
        ))
    };
    let proved = prove("--out certificate.json").yes();
    let correct = proved["correct"].as_u64().unwrap();
    assert_eq!((&proved["min_correct"], &proved["images"]), (&json!(correct), &json!(12)));
    prove(&format!("--min-correct {} --out never-certificate.json", correct + 1)).no("constraint `min_correct");
    prove("--commitment other.secret --out never-certificate.json").error(&["cannot be used multiple times"]);

    let verify = "accuracy verify --model hidden --verifying-key hidden-keys/hidden-accuracy-12.vk.json \
                  --proof certificate.json";
    let commitment = commitment(shop, "hidden.secret");
    let verified =
        shop.run(&format!("{verify} --min-correct {correct} --public model_commitment=0x{commitment}")).yes();
    assert_eq!(verified["set_sha256"], hash["sha256"]);
    shop.run(&format!("{verify} --min-correct {}", correct + 1)).no("correct images, expected");
    shop.run(&format!("{verify} --public model_commitment=5")).no("it is about model_commitment");
    // Other images, and a network of another shape on the same tensors' images.
    let (images, labels) = idx(shop, "others", 12..24);
    shop.run(&format!("{verify} --images {images} --labels {labels}")).no("these images make");
    shop.run(&verify.replace("--model hidden", "--model mnist-private")).no("these images make");
    shop.run("accuracy setup --first 12 --out hidden-keys").error(&["no certificates about the network mnist-square"]);
    shop.run("accuracy hash --model hidden --first 10001").error(&["10001 images are wanted, the set has 10000"]);
    let wrong_key = format!("{verify} --public class=7").replace("hidden-accuracy-12.vk", "hidden.vk");
    shop.run(&wrong_key).error(&["specifies no accuracy certificate", "accuracy setup"]);
    assert!(!shop.has("never-certificate.json"));
}

#[test]
fn inspect__constraints__are_those_of_the_keys() {
    let shop = shop();
    for (options, stem) in [("", "inspect-1"), ("--input committed --claim logits --batch 3", "inspect-3")] {
        let answer = shop.run(&format!("model inspect --model hidden {options} --svg {stem}.svg")).yes();
        let made = shop.run(&format!("setup --model hidden {options} --out {stem}-keys")).yes();
        assert_eq!(answer["constraints"]["all"], made["constraints"], "{options}");
        assert_eq!(answer["public_inputs"], made["public_inputs"], "{options}");
        let text = shop.text(&format!("{stem}.svg"));
        let document = roxmltree::Document::parse(&text).unwrap();
        let texts: Vec<_> = document.descendants().filter_map(|node| node.text()).collect();
        assert!(["input", "logits", "answer"].iter().all(|name| texts.contains(name)), "{texts:?}");
    }
    shop.run("model inspect --model nowhere")
        .error(&["nowhere is neither a bundled network nor a folder", "mnist-square"]);
    shop.run("model inspect --claim top-k=99").error(&["k = 99, expected 1 to 9"]);
    shop.run("model inspect --claim everything").error(&["expected class, logits, score"]);
}

fn commitment(shop: &Workshop, secret: &str) -> String {
    let file: Value = serde_json::from_str(&shop.text(secret)).unwrap();
    file["commitment"].as_str().unwrap().to_owned()
}

/// Some of the bundled images as files of their own.
pub(crate) fn idx(shop: &Workshop, name: &str, range: std::ops::Range<usize>) -> (String, String) {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/data/mnist/t10k");
    let path = |part: &str| std::path::PathBuf::from(format!("{data}-{part}-ubyte.gz"));
    let set = prover::Dataset::load(&path("images-idx3"), &path("labels-idx1")).unwrap().slice(range);
    let n = set.len() as u32;
    let mut images = [0x803, n, 28, 28].map(u32::to_be_bytes).concat();
    let mut labels = [0x801, n].map(u32::to_be_bytes).concat();
    for (image, label) in set.iter() {
        images.extend(image.as_bytes());
        labels.push(label as u8);
    }
    let names = (format!("{name}-images"), format!("{name}-labels"));
    std::fs::write(shop.path(&names.0), images).unwrap();
    std::fs::write(shop.path(&names.1), labels).unwrap();
    names
}
