//! Networks from other tools.

use crate::Outcome;
use model_import::onnx::{OnnxOptions, import_onnx};
use prover::{Dataset, SIDE};

/// One grey image, which calibrates the scales of whatever network is read.
pub(crate) fn onnx(bytes: &[u8]) -> Outcome {
    const ONE_LABEL: &[u8] = &[0, 0, 8, 1, 0, 0, 0, 1, 7];
    const ONE_IMAGE: [u8; 16] = [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, SIDE as u8, 0, 0, 0, SIDE as u8];
    let image = [ONE_IMAGE.as_slice(), &[99; SIDE * SIDE]].concat();
    let samples = Dataset::from_bytes(&image, ONE_LABEL).expect("one image and its label");
    let read = import_onnx(bytes, &OnnxOptions::new("input", "fuzz"), &samples);
    if let Ok(imported) = &read {
        let (manifest, weights) = imported.model.to_parts();
        assert!(prover::Model::from_parts(&manifest, &weights).is_ok(), "what was imported can be written and read");
    }
    read.into()
}
