//! What cannot be imported is refused by name: node, operator, tensor, what was found, what was expected.

use super::{Net, bytes, float, floats, image, info, int, ints, message, options, set, tensor, text};
use model_import::ImportError;
use model_import::onnx::proto::{GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto};
use model_import::onnx::{Calibration, read_onnx};
use prost::Message;

/// Reading fails, and the message holds every one of `parts`.
fn refused(net: &Net, parts: &[&str]) {
    let message = message(&net.read().map(|_| ()).unwrap_err());
    for part in [&["test.onnx"], parts].concat() {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

/// Planes of 4x4 with a kernel `w` of 2x2.
fn planes() -> Net {
    Net::new(&[1, 1, 4, 4]).weight("w", &[1, 1, 2, 2], &[1.0; 4])
}

fn dense() -> Net {
    Net::new(&[1, 4]).weight("w", &[4, 2], &[1.0; 8])
}

#[test]
fn operator__unknown_or_of_another_domain__is_named() {
    refused(&planes().node("LeakyRelu", &["x"], "y", &[]), &["node[0] \"/y/LeakyRelu\" (LeakyRelu)", "one of Add"]);
    refused(&planes().node("Shape", &["x"], "y", &[]), &["(Shape)"]);
    let mut net = planes();
    let node = NodeProto {
        op_type: "Conv".to_owned(),
        domain: "com.example".to_owned(),
        output: vec!["y".to_owned()],
        ..NodeProto::default()
    };
    net.graph.node.push(bytes(&node));
    refused(&net, &["node[0] (Conv)", "com.example", "standard operator"]);
}

#[test]
fn attribute__not_understood__is_named() {
    let conv = |attributes: &[_]| planes().node("Conv", &["x", "w"], "y", attributes);
    refused(&conv(&[int("surprise", 1)]), &["(Conv)", "\"surprise\""]);
    refused(&conv(&[ints("dilations", &[2, 1])]), &["\"dilations\" is [2, 1]", "1 on both axes"]);
    refused(&conv(&[float("group", 1.0)]), &["\"group\"", "of type float", "type int"]);
    refused(&conv(&[int("group", 2)]), &["\"group\"", "1 channels"]);
    refused(&conv(&[int("group", 1), int("group", 1)]), &["\"group\" is given twice"]);
    refused(&conv(&[ints("strides", &[0, 1])]), &["\"strides\" is [0, 1]"]);
    refused(&conv(&[ints("strides", &[1])]), &["\"strides\" is [1]"]);
    refused(&conv(&[ints("pads", &[2, 0, 0, 0])]), &["\"pads\" is [2, 0, 0, 0]", "below the kernel"]);
    refused(&conv(&[ints("pads", &[-1, 0, 0, 0])]), &["\"pads\""]);
    refused(&conv(&[ints("kernel_shape", &[3, 3])]), &["\"kernel_shape\" is [3, 3]", "[2, 2], the weights'"]);
    refused(&conv(&[text("auto_pad", "SAME")]), &["\"auto_pad\" is SAME"]);
    let gemm = |attributes: &[_]| dense().node("Gemm", &["x", "w"], "y", attributes);
    refused(&gemm(&[int("transA", 1)]), &["\"transA\" is 1"]);
    refused(&gemm(&[int("transB", 1)]), &["shape [1, 4]", "[1, 2], one value per row"]);
    refused(&gemm(&[float("alpha", f32::NAN)]), &["\"alpha\" is NaN"]);
    let pool = |op, attributes: &[_]| planes().node(op, &["x"], "y", attributes);
    refused(&pool("MaxPool", &[]), &["\"kernel_shape\" is missing"]);
    refused(&pool("MaxPool", &[ints("kernel_shape", &[5, 5])]), &["\"kernel_shape\" is [5, 5]"]);
    let two = ints("kernel_shape", &[2, 2]);
    refused(&pool("AveragePool", &[two.clone(), ints("pads", &[1, 1, 1, 1])]), &["\"pads\"", "no padding"]);
    let uneven = [ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2]), int("ceil_mode", 1)];
    refused(&pool("MaxPool", &uneven), &["\"ceil_mode\" is 1", "reaches over the edge"]);
    refused(&pool("ReduceMean", &[ints("axes", &[1])]), &["axes is [1]"]);
}

#[test]
fn input__of_open_or_odd_shape__is_named() {
    refused(&Net::new(&[1, 1, 0, 4]), &["input \"x\", dimension 2 is open (\"N\")", "a fixed size"]);
    refused(&Net::new(&[2, 1, 4, 4]), &["dimension 0 is 2", "a batch of 1"]);
    refused(&Net::new(&[1, 1, 1, 4, 4]), &["rank is 5"]);
    refused(&Net::new(&[1, 1 << 40, 1 << 40]), &["input \"x\"", "product of at most"]);
    let ends = |net: Net| net.node("Relu", &["x"], "h", &[]).node("Flatten", &["h"], "y", &[]);
    refused(&ends(Net::new(&[1, 3, 4, 4])), &["input's shape", "[3, 4, 4]", "one grey square"]);
    refused(&ends(Net::new(&[1, 5])), &["input's shape", "[5, 1, 1]"]);
    refused(&ends(Net::new(&[1, 1, 32, 32])), &["[1, 32, 32]", "at most 28"]);
    let mut net = planes();
    net.graph.input.push(bytes(&info("mask", &[1, 4])));
    refused(&net, &["2 beside the weights (x, mask)", "one, the image"]);
    net.graph.input.clear();
    refused(&net, &["0 beside the weights"]);
}

#[test]
fn weights__missing_or_unusable__are_named() {
    let conv = |net: Net| net.node("Conv", &["x", "w"], "y", &[]);
    refused(&conv(Net::new(&[1, 1, 4, 4])), &["(Conv), input \"w\" is missing", "an initializer"]);
    let with = |weights: &TensorProto| {
        let mut net = Net::new(&[1, 1, 4, 4]);
        net.graph.initializer.push(bytes(weights));
        conv(net)
    };
    let good = floats("w", &[1, 1, 2, 2], &[1.0; 4]);
    let mut bad = vec![1.0; 4];
    bad[2] = f32::NAN;
    refused(&with(&floats("w", &[1, 1, 2, 2], &bad)), &["initializer \"w\", element 2 is NaN"]);
    bad[2] = f32::INFINITY;
    refused(&with(&floats("w", &[1, 1, 2, 2], &bad)), &["element 2 is inf", "a finite number"]);
    refused(&with(&floats("w", &[1, 1, 2, 2], &[1.0; 3])), &["raw_data is 12 bytes", "4 elements of 4 bytes"]);
    let empty = TensorProto { raw_data: None, ..good.clone() };
    refused(&with(&empty), &["initializer \"w\" is 0 elements", "4, the product"]);
    let external = TensorProto { data_location: 1, ..good.clone() };
    refused(&with(&external), &["stored in another file"]);
    let half = TensorProto { data_type: 10, ..good.clone() };
    refused(&with(&half), &["data_type is 10", "float32"]);
    refused(&with(&floats("w", &[1, 1, 1 << 62, 4], &[])), &["initializer \"w\", dims"]);
    refused(&with(&floats("w", &[1, 1, -2, -2], &[1.0; 4])), &["initializer \"w\", dims"]);
    refused(&with(&floats("w", &[1, 4], &[1.0; 4])), &["2 dimensions", "4: [out"]);
    refused(&with(&floats("w", &[1, 2, 2, 2], &[1.0; 8])), &["\"group\"", "weights [1, 2, 2, 2]"]);
    refused(&with(&floats("w", &[1, 1, 5, 5], &[1.0; 25])), &["windows", "kernel: [5, 5]"]);
    let mut net = conv(planes().weight("w", &[1], &[1.0]));
    refused(&net, &["\"w\" is given twice"]);
    net.graph.sparse_initializer.push(bytes(&good));
    refused(&net, &["sparse_initializer"]);
}

#[test]
fn values__of_the_wrong_kind_or_shape__are_named() {
    let input = ["(Conv), input 1 \"x\"", "a constant"];
    refused(&planes().node("Conv", &["w", "x"], "y", &[]), &["input 0 \"w\" is a constant"]);
    refused(&planes().node("Conv", &["x", "x"], "y", &[]), &input);
    refused(&planes().node("Conv", &["x"], "y", &[]), &["input 1 \"\" is left out"]);
    refused(
        &planes().node("Flatten", &["x"], "h", &[]).node("Conv", &["h", "w"], "y", &[]),
        &["shape [1, 16]", "planes"],
    );
    refused(&planes().node("Gemm", &["x", "w"], "y", &[]), &["shape [1, 1, 4, 4]", "[1, inputs]"]);
    let net = dense().node("MatMul", &["x", "w"], "h", &[]).node("Add", &["h", "x"], "y", &[]);
    refused(&net, &["(Add), input 1 \"x\" is shape [1, 4]", "[1, 2]"]);
    let softmax = dense().node("MatMul", &["x", "w"], "h", &[]).node("Softmax", &["h"], "s", &[]);
    refused(&softmax.node("Relu", &["s"], "y", &[]), &["the result of Softmax", "can only end a network"]);
    let clip = planes().weight("min", &[], &[-1.0]).node("Clip", &["x", "min"], "y", &[]);
    refused(&clip, &["(Clip), min is -1"]);
    let bias = dense().weight("b", &[4, 1], &[1.0; 4]).node("Add", &["x", "b"], "y", &[]);
    refused(&bias, &["input 1 \"b\" is shape [4, 1]"]);
    let zero = dense().weight("z", &[], &[0.0]).node("Div", &["x", "z"], "y", &[]);
    refused(&zero, &["(Div)", "a zero"]);
    let cube = dense().weight("e", &[], &[3.0]).node("Pow", &["x", "e"], "y", &[]);
    refused(&cube, &["(Pow)", "is 3, expected 2"]);
    let reshape = dense().ints("s", &[3, -1]).node("Reshape", &["x", "s"], "y", &[]);
    refused(&reshape, &["shape is [3, -1]"]);
    let variance = planes().weight("one", &[1], &[1.0]).weight("v", &[1], &[-1.0]).node(
        "BatchNormalization",
        &["x", "one", "one", "one", "v"],
        "y",
        &[],
    );
    refused(&variance, &["input 4 \"v\", element 0", "positive"]);
    refused(&dense().node("Cast", &["x"], "y", &[int("to", 7)]), &["(Cast), attribute \"to\" is 7"]);
    let nan = floats("", &[1], &[f32::NAN]);
    refused(&dense().node("Constant", &[], "c", &[tensor("value", &nan)]), &["\"value\", element 0 is NaN"]);
}

#[test]
fn outputs__that_are_no_logits__are_named() {
    refused(&planes().node("Conv", &["x", "w"], "y", &[]), &["output \"y\" is of shape [1, 1, 3, 3]"]);
    refused(&dense(), &["output \"y\" is missing"]);
    let mut net = dense().node("MatMul", &["x", "w"], "y", &[]);
    net.graph.output = vec![bytes(&info("y", &[1, 2])), bytes(&info("h", &[1, 2]))];
    refused(&net, &["outputs is 2"]);
    net.graph.output = vec![bytes(&info("x", &[1, 2]))];
    refused(&net, &["the input itself"]);
    net.graph.output = vec![bytes(&info("w", &[1, 2]))];
    refused(&net, &["a constant"]);
    refused(&dense().node("MatMul", &["x", "w"], "x", &[]), &["output \"x\" is made twice"]);
}

#[test]
fn file__that_is_no_onnx_model__is_named() {
    let read = |bytes: &[u8]| message(&read_onnx(bytes, &options()).map(|_| ()).unwrap_err());
    assert!(read(b"").contains("no version of the standard operators"), "{}", read(b""));
    assert!(read(b"{\"format\": \"json\"}").contains("not an ONNX model"), "{}", read(b"{\"format\": \"json\"}"));
    let model = |version| ModelProto {
        opset_import: vec![bytes(&OperatorSetIdProto { domain: String::new(), version })],
        graph: Some(bytes(&GraphProto::default())),
        ..ModelProto::default()
    };
    assert!(read(&model(6).encode_to_vec()).contains("opset_import is 6"));
    assert!(read(&model(99).encode_to_vec()).contains("opset_import is 99"));
    let graphless = ModelProto { graph: None, ..model(17) };
    assert!(read(&graphless.encode_to_vec()).contains("the graph is missing"));
    assert!(read(&vec![0; (32 << 20) + 1]).contains("at most"));
}

#[test]
fn message__of_a_hostile_name__stays_short() {
    let net = planes().node(&"Evil".repeat(100_000), &["x"], "y", &[]);
    let message = message(&net.read().map(|_| ()).unwrap_err());
    assert!(message.len() < 2_000, "{} bytes", message.len());
}

#[test]
fn options__out_of_range__are_named() {
    let net = dense().node("MatMul", &["x", "w"], "y", &[]);
    let samples = set(&[image(2, &[1, 2, 3, 4])], &[0]);
    let refused = |change: fn(&mut model_import::onnx::OnnxOptions), part: &str| {
        let mut options = options();
        change(&mut options);
        let message = message(&net.import(&options, &samples).map(|_| ()).unwrap_err());
        assert!(message.contains(part), "{part:?} is not in: {message}");
    };
    refused(|options| options.weight_bits = 1, "option weight_bits is 1, expected 2 to 24");
    refused(|options| options.activation_bits = 25, "option activation_bits is 25");
    refused(|options| options.pixels.bits = 0, "option pixels.bits is 0");
    refused(|options| options.pixels.std = 0.0, "option pixels.std is 0");
    refused(|options| options.pixels.mean = f64::NAN, "option pixels.mean is NaN");
    refused(|options| options.calibration = Calibration::Percentile(101.0), "option calibration is 101");
    refused(|options| options.name = "Upper Case".to_owned(), "the imported model is refused");
    refused(|options| options.classes = Some(vec!["one".to_owned()]), "one per value of the last layer");
    let none = net.import(&options(), &set(&[], &[])).map(|_| ()).unwrap_err();
    assert!(message(&none).contains("the calibration images is none"), "{none}");
}

#[test]
fn network__whose_values_overflow__is_refused_with_the_image() {
    let net = Net::new(&[1, 4])
        .weight("w", &[4, 2], &[f32::MAX; 8])
        .weight("v", &[2, 2], &[f32::MAX; 4])
        .node("MatMul", &["x", "w"], "a", &[])
        .node("Mul", &["a", "a"], "b", &[])
        .node("Mul", &["b", "b"], "c", &[])
        .node("Mul", &["c", "c"], "d", &[])
        .node("MatMul", &["d", "v"], "y", &[]);
    let error = net.import(&options(), &set(&[image(2, &[1, 2, 3, 4])], &[0])).map(|_| ()).unwrap_err();
    assert!(matches!(error, ImportError::Field { .. }), "{error}");
    assert!(message(&error).contains("image 0 is inf"), "{error}");
    let huge = Net::new(&[1, 4]).weight("w", &[4, 2], &[f32::MAX; 8]).node("MatMul", &["x", "w"], "y", &[]);
    let error = huge.import(&options(), &set(&[image(2, &[1, 2, 3, 4])], &[0])).map(|_| ()).unwrap_err();
    assert!(message(&error).contains("2^-100 to 2^100"), "{error}");
}
