//! The real network in `models/examples`, against the labels of the bundled test images.

use super::set;
use model_import::onnx::{OnnxOptions, import_onnx};
use prover::{Dataset, eval};
use std::path::Path;

fn file() -> Vec<u8> {
    std::fs::read("../models/examples/mnist-cnn.onnx").unwrap()
}

/// The first `n` test images.
fn head(n: usize) -> Dataset {
    let folder = Path::new("../models/data/mnist");
    let all =
        Dataset::load(&folder.join("t10k-images-idx3-ubyte.gz"), &folder.join("t10k-labels-idx1-ubyte.gz")).unwrap();
    let (images, labels): (Vec<_>, Vec<_>) =
        all.iter().take(n).map(|(image, label)| (image.clone(), label as u8)).unzip();
    set(&images, &labels)
}

#[test]
fn mnist_cnn__eight_bits__lose_one_image_of_five_hundred() {
    let (samples, options) = (head(500), OnnxOptions::new("mnist-cnn.onnx", "mnist-cnn"));
    let imported = import_onnx(&file(), &options, &samples).unwrap();
    let report = &imported.report;
    // Measured once and kept: integer arithmetic and a chain of sums in fixed order give the same on every machine.
    assert_eq!((report.float.correct, report.integer.correct, report.same_class), (497, 496, 499), "{report}");
    assert!(report.lost_points() <= 0.3);
    assert_eq!(imported.network.accuracy(&samples), report.float);
    assert_eq!(eval(&imported.model, &samples, |_| ()).unwrap(), report.integer);
    let ops: Vec<_> = imported.model.nodes().iter().map(|node| node.op().name()).collect();
    let expected = ["conv2d", "max_pool", "rescale", "relu", "conv2d", "rescale", "relu", "sum_pool", "dense"];
    assert_eq!(ops, expected, "batch normalisation is folded, the flatten implied");
}

#[test]
fn mnist_cnn__cut_short__is_refused() {
    let (file, options) = (file(), OnnxOptions::new("mnist-cnn.onnx", "mnist-cnn"));
    let samples = head(1);
    for len in (0..file.len()).step_by(97) {
        assert!(import_onnx(&file[..len], &options, &samples).is_err(), "{len}");
    }
}
