//! The plain inference, by hand-derived values and against the circuit.

use crate::common::{Files, LayerParts, claim, files, image, mnist, tied, tiny};
use num_bigint::{BigInt, BigUint};
use prover::circuit::{Circuit, Wire};
use prover::{IMAGE_LEN, Image, infer};
use serde_json::json;
use statement::Class;

fn logits_layer(inputs: usize) -> LayerParts {
    let rows = (0..10).map(|class| vec![class - 4; inputs]).collect();
    (json!({ "kind": "dense", "inputs": inputs, "outputs": 10 }), rows, vec!["0".into(); 10])
}

#[test]
fn oracle__convolution_by_hand__matches() {
    // 4x4 pixels, 2x2 kernels, stride 2: four windows.
    let conv = json!({ "kind": "conv2d", "in_channels": 1, "out_channels": 1, "kernel": 2, "stride": 2 });
    let head = (
        json!({ "kind": "dense", "inputs": 4, "outputs": 10 }),
        {
            let mut rows = vec![vec![0; 4]; 10];
            (0..4).for_each(|window| rows[window][window] = 1);
            rows
        },
        vec!["0".to_string(); 10],
    );
    let model = files(4, 8, &[(conv, vec![vec![1, 2, 3, -4]], vec!["5".into()]), head]).model();
    let mut raw = [0; IMAGE_LEN];
    for (row, pixels) in [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]].iter().enumerate() {
        raw[(12 + row) * 28 + 12..][..4].copy_from_slice(pixels);
    }
    let found = infer(&model, &Image::from_bytes(&raw).unwrap());
    // Window (0,0): 5 + 1*1 + 2*2 + 3*5 - 4*6 = 1; (0,1): 5 + 3 + 8 + 21 - 32 = 5;
    // (1,0): 5 + 9 + 20 + 39 - 56 = 17; (1,1): 5 + 11 + 24 + 45 - 64 = 21.
    assert_eq!(found.logits[..4], [1, 25, 289, 441].map(BigInt::from));
    assert_eq!(found.class.index(), 3);
}

#[test]
fn oracle__tie__lowest_index_wins() {
    let found = infer(&tied().model(), image(0));
    assert_eq!(found.logits[3], found.logits[7]);
    assert_eq!(found.class.index(), 3);
}

#[test]
fn oracle__beyond_128_bits__stays_exact() {
    // One pixel of 8 bits, then x -> (100 x)^2 three times: 100^14 * 255^8, which has 157 bits.
    let square = || (json!({ "kind": "dense", "inputs": 1, "outputs": 1 }), vec![vec![100]], vec!["0".to_string()]);
    let fold = (json!({ "kind": "dense", "inputs": 4, "outputs": 1 }), vec![vec![100, 0, 0, 0]], vec!["0".to_string()]);
    let model = files(2, 8, &[fold, square(), square(), logits_layer(1)]).model();
    let found = infer(&model, &Image::from_bytes(&[255; IMAGE_LEN]).unwrap());
    let last = BigInt::from(BigUint::from(100u8).pow(14) * BigUint::from(255u8).pow(8));
    assert_eq!(found.logits[5], last);
    assert_eq!(found.logits[0], last * -4);
    assert_eq!(model.ranges().layers()[2].output_bits, 157);
}

/// The circuit's logits are the oracle's, for every class, and the true statement holds.
fn check_agreement(files: &Files, n_images: usize) {
    let model = files.model();
    let circuit = Circuit::new(&model);
    for (image, _) in mnist().iter().take(n_images) {
        let expected = infer(&model, image);
        for (class, logit) in expected.logits.iter().enumerate() {
            let claimed = claim(Class::new(class as u8).unwrap());
            let assignment = claimed.assign(&circuit, image);
            let selected = assignment.get(circuit.wire(&Wire::Selected { class }).unwrap()).unwrap();
            assert_eq!(selected, prover::circuit::field_element(logit), "class {class}");
            assert_eq!(circuit.check(&assignment).is_ok(), claimed.class == expected.class, "class {class}");
        }
    }
}

#[test]
fn oracle__random_models_real_images__circuit_agrees() {
    for seed in 0..8 {
        check_agreement(&tiny(seed), 25);
    }
    check_agreement(&tied(), 25);
}
