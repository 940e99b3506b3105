//! One small network per operator, its logits computed by hand; and the model made of it says the same.

use super::{Net, float, floats, image, int, ints, options, set, tensor, text};
use model_import::onnx::Imported;
use num_traits::ToPrimitive;
use prover::{Image, infer};

/// The float network's logits are `expected`, and those of the quantised model are near them.
fn check(net: &Net, image: &Image, expected: &[f64]) -> Imported {
    let mut options = options();
    (options.weight_bits, options.activation_bits) = (16, 16);
    let imported = net.import(&options, &set(std::slice::from_ref(image), &[0])).unwrap();
    let logits = imported.network.logits(image);
    assert_eq!(logits.len(), expected.len(), "{logits:?}");
    let largest = expected.iter().fold(1.0, |max: f64, value| max.max(value.abs()));
    for (logit, expected) in logits.iter().zip(expected) {
        assert!((logit - expected).abs() <= 1e-6 * largest, "float {logits:?}, expected {expected}");
    }
    let model = &imported.model;
    let inference = infer(model, &model.input().tensor(image).unwrap()).unwrap();
    let scale = imported.report.layers.last().unwrap().scale;
    for (logit, expected) in inference.logits.iter().zip(expected) {
        let logit = logit.to_f64().unwrap() / scale;
        assert!((logit - expected).abs() <= 1e-3 * largest, "integers {logit}, expected {expected}");
    }
    imported
}

/// 2x2 pixels 1 2 / 3 4.
fn small() -> Image {
    image(2, &[1, 2, 3, 4])
}

/// 4x4 pixels 1 to 16.
fn square() -> Image {
    image(4, &(1..=16).collect::<Vec<u8>>())
}

fn ops(imported: &Imported) -> Vec<&'static str> {
    imported.model.nodes().iter().map(|node| node.op().name()).collect()
}

#[test]
fn gemm__both_orders_of_weights_and_factors__by_hand() {
    let net = Net::new(&[0, 4])
        .weight("w", &[2, 4], &[1.0, 0.0, 0.0, -1.0, 0.5, 0.5, 0.5, 0.5])
        .weight("c", &[2], &[10.0, -4.0])
        .node("Gemm", &["x", "w", "c"], "y", &[int("transB", 1), float("alpha", 2.0), float("beta", 0.5)]);
    check(&net, &small(), &[2.0 * -3.0 + 5.0, 2.0 * 5.0 - 2.0]);
    let net = Net::new(&[1, 4]).weight("w", &[4, 2], &[1.0, 0.5, 0.0, 0.5, 0.0, 0.5, -1.0, 0.5]).node(
        "Gemm",
        &["x", "w"],
        "y",
        &[],
    );
    check(&net, &small(), &[-3.0, 5.0]);
}

#[test]
fn mat_mul__with_added_bias__is_one_dense_layer() {
    let net = Net::new(&[1, 4])
        .weight("w", &[4, 2], &[1.0, 0.5, 0.0, 0.5, 0.0, 0.5, -1.0, 0.5])
        .weight("b", &[2], &[1.0, 100.0])
        .node("MatMul", &["x", "w"], "h", &[])
        .node("Add", &["b", "h"], "y", &[]);
    assert_eq!(ops(&check(&net, &small(), &[-2.0, 105.0])), ["dense"]);
}

#[test]
fn conv__kernel_with_stride_and_pads__by_hand() {
    // One kernel 1 2 / 3 4, stride 2 down and 3 right, a row of zeros at the top and a column at the left.
    let net = Net::new(&[1, 1, 4, 4])
        .weight("w", &[1, 1, 2, 2], &[1.0, 2.0, 3.0, 4.0])
        .weight("b", &[1], &[0.5])
        .node(
            "Conv",
            &["x", "w", "b"],
            "h",
            &[
                ints("pads", &[1, 1, 0, 0]),
                ints("strides", &[2, 3]),
                ints("kernel_shape", &[2, 2]),
                ints("dilations", &[1, 1]),
                int("group", 1),
            ],
        )
        .node("Flatten", &["h"], "y", &[]);
    // Windows start at rows -1 and 1, columns -1 and 2.
    let expected = [4.0 + 0.5, 9.0 + 16.0 + 0.5, 10.0 + 36.0 + 0.5, 7.0 + 16.0 + 33.0 + 48.0 + 0.5];
    assert_eq!(ops(&check(&net, &square(), &expected)), ["conv2d"]);
}

#[test]
fn conv__groups__read_their_own_channels() {
    // Two channels x and 2 x, then one kernel of one pixel per channel.
    let net = Net::new(&[1, 1, 2, 2])
        .weight("w", &[2, 1, 1, 1], &[1.0, 2.0])
        .weight("v", &[2, 1, 2, 2], &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0])
        .node("Conv", &["x", "w"], "h", &[])
        .node("Conv", &["h", "v"], "y", &[int("group", 2)]);
    check(&net, &small(), &[1.0, 80.0]);
}

#[test]
fn conv__same_padding__keeps_the_size() {
    let kernel = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 2.0];
    let net = Net::new(&[1, 1, 2, 2])
        .weight("w", &[1, 1, 3, 3], &kernel)
        .node("Conv", &["x", "w"], "h", &[text("auto_pad", "SAME_UPPER")])
        .node("Flatten", &["h"], "y", &[]);
    check(&net, &small(), &[1.0 + 8.0, 2.0, 3.0, 4.0]);
    let net = Net::new(&[1, 1, 2, 2])
        .weight("w", &[1, 1, 2, 2], &[1.0, 0.0, 0.0, 10.0])
        .node("Conv", &["x", "w"], "h", &[text("auto_pad", "SAME_LOWER")])
        .node("Flatten", &["h"], "y", &[]);
    check(&net, &small(), &[10.0, 20.0, 30.0, 1.0 + 40.0]);
}

#[test]
fn batch_normalization__behind_a_convolution__is_folded() {
    let net = Net::new(&[1, 1, 2, 2])
        .weight("w", &[2, 1, 2, 2], &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
        .weight("b", &[2], &[0.0, 1.0])
        .weight("scale", &[2], &[2.0, -1.0])
        .weight("shift", &[2], &[0.5, 0.25])
        .weight("mean", &[2], &[3.0, 1.0])
        .weight("var", &[2], &[15.0, 3.0])
        .node("Conv", &["x", "w", "b"], "h", &[])
        .node(
            "BatchNormalization",
            &["h", "scale", "shift", "mean", "var"],
            "y",
            &[float("epsilon", 1.0), float("momentum", 0.9), int("training_mode", 0)],
        );
    // (1 - 3) / 4 * 2 + 0.5 and (4 + 1 - 1) / 2 * -1 + 0.25.
    assert_eq!(ops(&check(&net, &small(), &[-0.5, -1.75])), ["conv2d"]);
}

#[test]
fn batch_normalization__behind_a_relu__becomes_a_layer_of_its_own() {
    let net = Net::new(&[1, 1, 2, 2])
        .weight("two", &[1], &[2.0])
        .weight("one", &[1], &[1.0])
        .node("Relu", &["x"], "h", &[])
        .node("BatchNormalization", &["h", "two", "one", "one", "two"], "z", &[float("epsilon", 2.0)])
        .node("Flatten", &["z"], "y", &[]);
    assert_eq!(ops(&check(&net, &small(), &[1.0, 2.0, 3.0, 4.0])), ["relu", "conv2d"]);
}

#[test]
fn constants__factors_and_shifts__are_folded_in_either_order() {
    let net = Net::new(&[1, 1, 2, 2])
        .weight("w", &[2, 1, 2, 2], &[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
        .weight("b", &[2, 1, 1], &[10.0, 20.0])
        .weight("two", &[], &[2.0])
        .weight("hundred", &[1], &[100.0])
        .node("Conv", &["x", "w"], "h", &[])
        .node("Add", &["h", "b"], "i", &[])
        .node("Mul", &["two", "i"], "j", &[])
        .node("Sub", &["hundred", "j"], "k", &[])
        .node("Div", &["k", "two"], "l", &[])
        .node("Sub", &["l", "b"], "y", &[]);
    let value = |x: f64, b: f64| (100.0 - 2.0 * (x + b)) / 2.0 - b;
    assert_eq!(ops(&check(&net, &small(), &[value(1.0, 10.0), value(4.0, 20.0)])), ["conv2d"]);
}

/// Two dense layers `u` and `v` on four pixels.
fn two_branches() -> Net {
    Net::new(&[1, 4])
        .weight("wu", &[4, 2], &[1.0, -1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0])
        .weight("wv", &[4, 2], &[0.1, 0.0, 0.1, 0.0, 0.1, 0.0, 0.1, 3.0])
        .node("MatMul", &["x", "wu"], "u", &[])
        .node("MatMul", &["x", "wv"], "v", &[])
}

#[test]
fn add__of_two_branches__meets_at_one_scale() {
    let imported = check(&two_branches().node("Add", &["u", "v"], "y", &[]), &small(), &[1.0 + 1.0, 8.0 + 12.0]);
    assert_eq!(ops(&imported).last(), Some(&"add"));
}

#[test]
fn add__of_a_residual_block__meets_at_the_scale_that_is_there() {
    // relu(u) goes on and comes back.
    let net = two_branches()
        .weight("w2", &[2, 2], &[1.0, 0.0, 0.0, -0.5])
        .node("Relu", &["u"], "r", &[])
        .node("MatMul", &["r", "w2"], "s", &[])
        .node("Add", &["s", "r"], "y", &[]);
    assert_eq!(n_aligned(&check(&net, &small(), &[2.0, 4.0])), 0);
}

#[test]
fn add__of_two_values_with_scales_of_their_own__aligns_one() {
    let net =
        two_branches().node("Relu", &["u"], "r", &[]).node("Relu", &["v"], "s", &[]).node("Add", &["r", "s"], "y", &[]);
    assert_eq!(n_aligned(&check(&net, &small(), &[2.0, 20.0])), 1);
}

/// Layers that bring a branch of an addition to the other's scale.
fn n_aligned(imported: &Imported) -> usize {
    imported.model.nodes().iter().filter(|node| node.name().contains("_align") && node.op().name() == "conv2d").count()
}

#[test]
fn mul__of_two_branches__is_a_product_and_of_one_a_square() {
    let imported = check(&two_branches().node("Mul", &["u", "v"], "y", &[]), &small(), &[1.0, 96.0]);
    assert_eq!(ops(&imported), ["dense", "dense", "product"]);
    let imported = check(&two_branches().node("Mul", &["v", "v"], "y", &[]), &small(), &[1.0, 144.0]);
    assert_eq!(ops(&imported), ["dense", "square"]);
    let net = two_branches().weight("two", &[], &[2.0]).node("Pow", &["u", "two"], "y", &[]);
    assert_eq!(ops(&check(&net, &small(), &[1.0, 64.0])), ["dense", "square"]);
}

#[test]
fn relu__and_clip__cut_off() {
    let net = Net::new(&[1, 4])
        .weight("w", &[4, 3], &[-1.0, 0.5, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 1.0])
        .node("MatMul", &["x", "w"], "h", &[]);
    let relu = Net { graph: net.graph.clone() }.node("Relu", &["h"], "y", &[]);
    // Sixteen bits have room for the sums as they are.
    assert_eq!(ops(&check(&relu, &small(), &[0.0, 2.5, 7.0])), ["dense", "relu"]);
    let clip = Net { graph: net.graph.clone() }.weight("min", &[], &[0.0]).weight("max", &[], &[6.0]).node(
        "Clip",
        &["h", "min", "max"],
        "y",
        &[],
    );
    assert_eq!(ops(&check(&clip, &small(), &[0.0, 2.5, 6.0])), ["dense", "relu"]);
    let clip = net.node("Clip", &["h"], "y", &[float("min", 0.0), float("max", 6.0)]);
    check(&clip, &small(), &[0.0, 2.5, 6.0]);
}

#[test]
fn pools__windows_and_means__by_hand() {
    let pool = |op: &str, attributes: &[_]| {
        Net::new(&[1, 1, 4, 4]).node(op, &["x"], "h", attributes).node("Flatten", &["h"], "y", &[])
    };
    let two = [ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
    let imported = check(&pool("MaxPool", &two), &square(), &[6.0, 8.0, 14.0, 16.0]);
    assert_eq!(ops(&imported), ["max_pool"]);
    check(&pool("AveragePool", &two), &square(), &[3.5, 5.5, 11.5, 13.5]);
    // Windows of three by three that overlap, and a stride that leaves out the last row and column.
    let three = [ints("kernel_shape", &[3, 3]), int("ceil_mode", 0)];
    check(&pool("MaxPool", &three), &square(), &[11.0, 12.0, 15.0, 16.0]);
    let uneven = [ints("kernel_shape", &[2, 3]), ints("strides", &[2, 2])];
    check(&pool("MaxPool", &uneven), &square(), &[7.0, 15.0]);
}

#[test]
fn global_average__in_both_spellings__by_hand() {
    let two_channels =
        || Net::new(&[1, 1, 2, 2]).weight("w", &[2, 1, 1, 1], &[1.0, -2.0]).node("Conv", &["x", "w"], "h", &[]);
    let expected = [2.5, -5.0];
    let imported = check(&two_channels().node("GlobalAveragePool", &["h"], "y", &[]), &small(), &expected);
    assert_eq!(ops(&imported), ["conv2d", "sum_pool"]);
    assert!(imported.report.notes.iter().any(|note| note.contains("sums")), "{:?}", imported.report.notes);
    let mean = [ints("axes", &[-1, 2]), int("keepdims", 0)];
    check(&two_channels().node("ReduceMean", &["h"], "y", &mean), &small(), &expected);
    let net = two_channels().ints("axes", &[2, 3]).node("ReduceMean", &["h", "axes"], "y", &[]);
    check(&net, &small(), &expected);
}

#[test]
fn average_pool__before_a_relu__keeps_its_scale() {
    let net = Net::new(&[1, 1, 4, 4])
        .weight("w", &[1, 1, 1, 1], &[-1.0])
        .weight("b", &[1], &[10.0])
        .node("Conv", &["x", "w", "b"], "h", &[])
        .node("AveragePool", &["h"], "i", &[ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .node("Relu", &["i"], "j", &[])
        .node("Flatten", &["j"], "y", &[]);
    assert_eq!(ops(&check(&net, &square(), &[6.5, 4.5, 0.0, 0.0])), ["conv2d", "rescale", "avg_pool", "relu"]);
}

#[test]
fn shapes__that_change_no_value__leave_no_layer() {
    let net = Net::new(&[0, 4])
        .ints("planes", &[-1, 1, 2, 2])
        .ints("axis", &[0])
        .ints("flat", &[0, -1])
        .weight("w", &[1, 1, 1, 1], &[2.0])
        .node("Reshape", &["x", "planes"], "a", &[])
        .node("Identity", &["a"], "b", &[])
        .node("Cast", &["b"], "cast", &[int("to", 1)])
        .node("Dropout", &["cast"], "c", &[])
        .node("Constant", &[], "factor", &[tensor("value", &floats("", &[1], &[3.0]))])
        .node("Conv", &["c", "w"], "d", &[])
        .node("Mul", &["d", "factor"], "e", &[])
        .node("Squeeze", &["e", "axis"], "f", &[])
        .node("Unsqueeze", &["f", "axis"], "g", &[])
        .node("Reshape", &["g", "flat"], "h", &[])
        .node("Flatten", &["h"], "y", &[int("axis", -1)]);
    assert_eq!(ops(&check(&net, &small(), &[6.0, 12.0, 18.0, 24.0])), ["conv2d"]);
}

#[test]
fn shapes__biases_behind_a_flatten__count_values_not_channels() {
    let net = Net::new(&[1, 1, 2, 2])
        .weight("b", &[4], &[10.0, 20.0, 30.0, 40.0])
        .node("Flatten", &["x"], "h", &[])
        .node("Add", &["h", "b"], "y", &[]);
    assert_eq!(ops(&check(&net, &small(), &[11.0, 22.0, 33.0, 44.0])), ["flatten", "conv2d"]);
}

#[test]
fn endings__softmax_and_arg_max__are_left_out_with_a_note() {
    let net =
        two_branches().node("Softmax", &["u"], "s", &[int("axis", 1)]).node("ArgMax", &["s"], "y", &[int("axis", -1)]);
    let imported = check(&net, &small(), &[1.0, 8.0]);
    assert_eq!(imported.report.notes.len(), 2, "{:?}", imported.report.notes);
    let net = two_branches().node("LogSoftmax", &["u"], "y", &[]);
    assert!(check(&net, &small(), &[1.0, 8.0]).report.notes[0].contains("LogSoftmax"));
}

#[test]
fn weights__every_stored_form__reads_alike() {
    use model_import::onnx::proto::{DataType, TensorProto};
    let values = [1.0, 0.0, 0.0, -1.0, 0.5, 0.5, 0.5, 0.5];
    let raw = |bytes: Vec<u8>, data_type: DataType| TensorProto {
        data_type: data_type as i32,
        raw_data: Some(bytes.into()),
        ..floats("w", &[2, 4], &[])
    };
    let typed =
        |data_type: DataType| TensorProto { data_type: data_type as i32, raw_data: None, ..floats("w", &[2, 4], &[]) };
    let tensors = [
        raw(values.iter().flat_map(|v: &f64| v.to_le_bytes()).collect(), DataType::Double),
        raw(values.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect(), DataType::Float),
        TensorProto { float_data: values.map(|v| v as f32).to_vec(), ..typed(DataType::Float) },
        TensorProto { double_data: values.to_vec(), ..typed(DataType::Double) },
    ];
    for weights in tensors {
        let mut net = Net::new(&[1, 4]).node("Gemm", &["x", "w"], "y", &[int("transB", 1)]);
        net.graph.initializer.push(super::bytes(&weights));
        check(&net, &small(), &[-3.0, 5.0]);
    }
}
