//! What quantisation decides: scales, bits, divisors, leads, pixels.

use super::{Net, image, ints, options, set};
use model_import::onnx::{Calibration, Pixels};
use num_traits::ToPrimitive;
use prover::model::manifest::LayerEntry;
use prover::model::{InputVisibility, Op, WeightVisibility};
use prover::{Dataset, Image, Oracle, infer};

fn images() -> Vec<Image> {
    (0..8_u8)
        .map(|k| image(4, &(0..16).map(|p: u8| p.wrapping_mul(17 * (k + 1)).rotate_left(3)).collect::<Vec<_>>()))
        .collect()
}

fn samples() -> Dataset {
    set(&images(), &[0, 1, 2, 0, 1, 2, 0, 1])
}

/// Convolution, ReLU, maximum, dense: 4x4 pixels to three logits.
fn net() -> Net {
    let weight = |k: i32| ((k * 37 % 19) - 9) as f32 / 7.0;
    let many = |n: i32| (0..n).map(weight).collect::<Vec<_>>();
    Net::new(&[0, 1, 4, 4])
        .weight("w", &[4, 1, 3, 3], &many(36))
        .weight("b", &[4], &[3.0, -7.0, 11.0, 0.5])
        .weight("v", &[16, 3], &many(48))
        .node("Conv", &["x", "w", "b"], "h", &[ints("pads", &[1, 1, 1, 1])])
        .node("Relu", &["h"], "r", &[])
        .node("MaxPool", &["r"], "p", &[ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .node("Flatten", &["p"], "f", &[])
        .node("Gemm", &["f", "v"], "y", &[])
}

#[test]
fn quantised__more_bits__come_closer_to_the_floats() {
    let mut errors = Vec::new();
    for bits in [4, 8, 12, 16] {
        let mut options = options();
        (options.weight_bits, options.activation_bits) = (bits, bits);
        let imported = net().import(&options, &samples()).unwrap();
        let scale = imported.report.layers.last().unwrap().scale;
        let mut error: f64 = 0.0;
        let mut largest: f64 = 0.0;
        for image in &images() {
            let integers = infer(&imported.model, &imported.model.input().tensor(image).unwrap()).unwrap();
            for (integer, float) in integers.logits.iter().zip(imported.network.logits(image)) {
                error = error.max((integer.to_f64().unwrap() / scale - float).abs());
                largest = largest.max(float.abs());
            }
        }
        errors.push(error / largest);
    }
    // Four bits more are a sixteenth of the error; half a bit may be lost to powers of two.
    for pair in errors.windows(2) {
        assert!(pair[1] < pair[0] / 8.0, "{errors:?}");
    }
    assert!(errors[1] < 0.02, "{errors:?}");
}

#[test]
fn quantised__scales_and_bits__are_as_chosen() {
    let imported = net().import(&options(), &samples()).unwrap();
    let ops: Vec<_> = imported.model.nodes().iter().map(|node| node.op().name()).collect();
    assert_eq!(ops, ["conv2d", "max_pool", "rescale", "relu", "dense"], "the maximum comes before the division");
    let oracle = Oracle::new(&imported.model);
    for (idx, (node, layer)) in imported.model.nodes().iter().zip(&imported.report.layers).enumerate() {
        assert_eq!(node.scale().to_f64(), layer.scale, "{}: the report's scale is the reader's", layer.name);
        if let Op::Rescale { divisor } = node.op() {
            assert!(divisor.is_power_of_two());
            assert_eq!(layer.above_limit, Some(0.0), "the largest value seen fits");
        }
        if let Op::Linear(linear) = node.op() {
            let largest = linear.weights().iter().map(|weight| weight.unsigned_abs()).max().unwrap();
            assert!((64..128).contains(&largest), "{}: {largest} makes use of 8 bits", layer.name);
            assert_eq!(linear.visibility(), WeightVisibility::Public);
        }
        let of_relu = matches!(node.op(), Op::Relu { .. });
        for image in &images() {
            let values = &oracle.trace(&imported.model.input().tensor(image).unwrap()).unwrap()[idx];
            let seen = values.iter().map(|value| value.magnitude().bits()).max().unwrap();
            // The report rounds what the float network does: a value at a power of two may fall on its other side.
            assert!(seen <= u64::from(layer.seen_bits) + 1, "{}: {seen} bits", layer.name);
            assert!(!of_relu || seen <= 8, "{}: {seen} bits behind a ReLU", layer.name);
        }
    }
}

#[test]
fn quantised__leads__have_the_margin_that_was_asked_for() {
    let with = |margin| {
        let mut options = options();
        options.lead_margin_bits = margin;
        net().import(&options, &samples()).unwrap()
    };
    let none = with(0);
    assert_eq!(none.report.lead_bits, none.report.seen_lead_bits);
    assert_eq!(none.model.output().lead_bits, none.report.lead_bits);
    assert!(none.report.seen_lead_bits < none.report.worst_lead_bits);
    assert_eq!(with(1).model.output().lead_bits, none.report.seen_lead_bits + 1);
    assert_eq!(with(1000).model.output().lead_bits, none.report.worst_lead_bits, "the worst case is enough");
}

#[test]
fn calibration__percentile__gives_most_values_more_of_the_bits() {
    let mut options = options();
    let max = net().import(&options, &samples()).unwrap();
    options.calibration = Calibration::Percentile(80.0);
    let most = net().import(&options, &samples()).unwrap();
    let rescaled = |imported: &model_import::onnx::Imported| {
        imported.report.layers.iter().find(|layer| layer.op == "rescale").unwrap().clone()
    };
    assert!(rescaled(&most).scale > rescaled(&max).scale);
    assert!(rescaled(&most).above_limit.unwrap() > 0.0, "and some values take more bits than asked for");
}

#[test]
fn pixels__mean_and_deviation__become_a_table() {
    let raw = image(4, &[0, 1, 127, 128, 254, 255, 33, 34, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (pixels, min, max) in [
        (Pixels { mean: 0.1307, std: 0.3081, bits: 8 }, -33, 222),
        (Pixels { mean: 0.5, std: 0.5, bits: 4 }, -8, 7),
        (Pixels { mean: 0.0, std: 1.0, bits: 1 }, 0, 1),
    ] {
        let mut options = options();
        options.pixels = pixels;
        let net = Net::new(&[1, 1, 4, 4]).node("Relu", &["x"], "h", &[]).node("Flatten", &["h"], "y", &[]);
        let imported = net.import(&options, &set(std::slice::from_ref(&raw), &[0])).unwrap();
        let input = imported.model.input();
        assert_eq!((input.min, input.max), (min, max), "{pixels:?}");
        let scale = input.scale.to_f64();
        // The byte's own level, and at most half a unit for the mean.
        let unit = 1.0 / scale;
        let coarse = 256.0 / f64::from(1 << pixels.bits) / 255.0 / pixels.std;
        for (integer, byte) in input.tensor(&raw).unwrap().values().iter().zip([0, 1, 127, 128, 254, 255, 33, 34]) {
            let real = (f64::from(byte) / 255.0 - pixels.mean) / pixels.std;
            let error = (*integer as f64 * unit - real).abs();
            assert!(error <= unit / 2.0 + coarse, "{pixels:?}: byte {byte} is {integer}, off by {error}");
        }
    }
}

#[test]
fn visibility__as_chosen__is_in_the_model() {
    let mut options = options();
    (options.input_visibility, options.weight_visibility) = (InputVisibility::Public, WeightVisibility::Committed);
    let model = net().import(&options, &samples()).unwrap().model;
    assert_eq!(model.input().visibility, InputVisibility::Public);
    for layer in &model.manifest().layers {
        if let LayerEntry::Conv2d(conv) = layer {
            assert_eq!(conv.visibility, WeightVisibility::Committed);
        }
    }
    let (manifest, weights) = model.to_parts();
    assert_eq!(prover::Model::from_parts(&manifest, &weights).unwrap().to_parts(), (manifest, weights));
}

#[test]
fn report__as_text__names_every_layer() {
    let report = net().import(&options(), &samples()).unwrap().report;
    let text = report.to_string();
    for layer in &report.layers {
        assert!(text.contains(&layer.name), "{text}");
    }
    assert!(text.contains("accuracy lost"), "{text}");
}
