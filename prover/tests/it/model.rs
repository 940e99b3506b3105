//! What the loader accepts, and each refusal by name.

use crate::nets::{Files, Net, files, root, tiny};
use num_bigint::BigInt;
use prover::model::manifest::{ClassEntry, LayerEntry, OutputEntry};
use prover::model::{Interval, MAX_EXACT_BITS, Node, Op, OutputKind, ValueRef, WeightVisibility};
use prover::{Digest, HeaderError, Model, ModelError, Oracle};
use serde_json::{Value, json};

#[test]
fn model__folder_and_parts__are_the_same_model() {
    let (manifest, weights) = tiny(0).bytes();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("manifest.json"), &manifest).unwrap();
    let missing = Model::load(folder.path()).unwrap_err();
    assert!(matches!(&missing, ModelError::File(_)) && missing.to_string().contains("weights.json"), "{missing}");
    std::fs::write(folder.path().join("weights.json"), &weights).unwrap();
    let loaded = Model::load(folder.path()).unwrap();
    assert_eq!(loaded.sha256(), Digest::of(&manifest));
    assert_eq!(loaded.sha256(), Model::from_parts(&manifest, &weights).unwrap().sha256());
    assert_eq!(loaded.nodes().len(), 5);
}

#[test]
fn model__written_and_read_again__is_the_same_network() {
    let mut rich = Net::new([2, 4, 4], -3, 3)
        .conv(([2, 2], [2, 2], [1, 0, 1, 0], 2), vec![vec![1; 4], vec![-2; 4]], vec![7.into(), BigInt::from(2).pow(90)])
        .relu(Some(BigInt::from(2).pow(80)))
        .pool(LayerEntry::AvgPool, [2, 2], [1, 1])
        .rescale(1 << 63)
        .dense_of(vec![vec![1; 4]; 2], vec![0.into(); 2], 4, 9, WeightVisibility::Committed);
    rich.manifest.output = OutputEntry::Class(ClassEntry { lead_bits: Some(3) });
    rich.manifest.task = "quotes \" and lines\n".into();
    let bundled = Model::load(&root().join("models/mnist-square")).unwrap();
    for model in [rich.model(2), tiny(3).model(), bundled] {
        let (manifest, weights) = model.to_parts();
        let copy = Model::from_parts(&manifest, &weights).unwrap();
        assert_eq!((copy.nodes(), copy.input(), copy.output()), (model.nodes(), model.input(), model.output()));
        assert_eq!((copy.ranges(), copy.weights()), (model.ranges(), model.weights()));
        assert_eq!(copy.to_parts(), (manifest, weights));
        assert_eq!(Model::from_manifest(copy.manifest().clone(), copy.weights()).unwrap().sha256(), copy.sha256());
        let folder = tempfile::tempdir().unwrap();
        model.save(folder.path()).unwrap();
        assert_eq!(Model::load(folder.path()).unwrap().sha256(), copy.sha256());
    }
}

#[test]
fn model__debug_text__tells_no_weight() {
    let model = tiny(0).model();
    let Some(Op::Linear(linear)) = model.nodes().iter().map(Node::op).find(|op| matches!(op, Op::Linear(_))) else {
        panic!("a linear layer")
    };
    let text = format!("{linear:?}");
    assert!(text.starts_with("Linear(") && !text.contains('['), "{text}");
    for text in [format!("{model:?}"), format!("{:?}", Oracle::new(&model))] {
        assert!(!text.contains("weights: [") && !text.contains("biases: ["), "{text}");
    }
}

#[test]
fn model__bundled_network__has_its_stored_form() {
    let model = Model::load(&root().join("models/mnist-square")).unwrap();
    let weights = std::fs::read(root().join("models/mnist-square/weights.json")).unwrap();
    let stored: prover::model::Weights = serde_json::from_slice(&weights).unwrap();
    assert_eq!(model.weights(), stored);
    // (3 * 12)^2, (1296 * 75)^2, that times 42: the scales that version 1 stored and version 2 derives.
    let scales: Vec<_> = model.nodes().iter().map(|node| node.scale().to_string()).collect();
    assert_eq!(scales, ["36", "1296", "97200", "9447840000", "396809280000"]);
}

/// Edits the files of `tiny(0)` and names the field that must be complained about.
fn check_field(edit: impl FnOnce(&mut Files), field: &str) {
    let mut files = tiny(0);
    edit(&mut files);
    match files.load() {
        Err(ModelError::Field { field: found, .. }) => assert_eq!(found, field),
        other => panic!("{field}: {other:?}"),
    }
}

/// Sets (or adds) one value in the manifest.
fn check_manifest(parent: &str, key: &str, value: Value, field: &str) {
    check_field(|files| files.manifest.pointer_mut(parent).unwrap()[key] = value, field);
}

#[test]
fn model__each_field_that_does_not_fit__is_named() {
    let top = |key: &str, value: Value, field: &str| check_manifest("", key, value, field);
    top("name", json!("Has Spaces"), "name");
    top("name", json!("n".repeat(65)), "name");
    top("layers", json!([]), "layers");
    top("layers", json!(vec![json!({ "op": "square", "name": "s" }); 257]), "layers");
    top("classes", json!([]), "classes");
    top("classes", json!(vec!["c"; 1025]), "classes");
    top("classes", json!(["0"]), "classes");
    check_field(|files| files.manifest["classes"][3] = json!(" "), "classes[3]");
    let input = |key: &str, value: Value, field: &str| check_manifest("/input", key, value, field);
    for shape in [[0, 6, 6], [1, 6, 0], [1 << 10, 1 << 10, 2], [u32::MAX, u32::MAX, u32::MAX], [1, 6, 5], [2, 6, 6]] {
        input("shape", json!(shape), "input.shape");
    }
    input("max", json!(0), "input.max");
    for scale in ["0", "-1", "2/4", "x"] {
        input("scale", json!(scale), "input.scale");
    }
    input("max", json!(2), "input.image.bits");
    let image = |key: &str, value: Value, field: &str| check_manifest("/input/image", key, value, field);
    image("side", json!(32), "input.image.side");
    image("crop", json!(5), "input.image.crop");
    image("crop", json!(8), "input.shape");
    image("bits", json!(9), "input.image.bits");
    image("bits", json!(null), "input.image");
    image("table", json!([1]), "input.image");
    input("image", json!({ "side": 28, "crop": 6, "table": [1] }), "input.image.table");
    let mut table = vec![3; 256];
    table[200] = 4;
    input("image", json!({ "side": 28, "crop": 6, "table": table }), "input.image.table[200]");
    check_manifest("/provenance", "licence", json!(" "), "provenance.licence");
    for file in ["../weights.json", "", "..", "a\\b", "manifest.json"] {
        check_manifest("/weights", "file", json!(file), "weights.file");
    }
    let output = |value: Value, field: &str| check_manifest("", "output", value, field);
    output(json!({ "kind": "class", "lead_bits": 0 }), "output.lead_bits");
    output(json!({ "kind": "top_k", "k": 0 }), "output.k");
    output(json!({ "kind": "top_k", "k": 10 }), "output.k");
    output(json!({ "kind": "top_k", "k": 9, "lead_bits": 253 }), "output.lead_bits");
}

#[test]
fn model__each_field_of_a_layer_that_does_not_fit__is_named() {
    let layer = |idx: usize, key: &str, value: Value, field: &str| {
        check_manifest(&format!("/layers/{idx}"), key, value, &format!("layers[{idx}].{field}"));
    };
    for name in ["layer0", "input", "", "A"] {
        layer(1, "name", json!(name), "name");
    }
    layer(1, "inputs", json!([]), "inputs");
    layer(1, "inputs", json!(["layer0", "layer0"]), "inputs");
    layer(1, "inputs", json!(["layer1"]), "inputs[0]");
    layer(1, "inputs", json!(["layer4"]), "inputs[0]");
    layer(0, "out_channels", json!(0), "out_channels");
    layer(0, "out_channels", json!(u32::MAX), "out_channels");
    layer(0, "kernel", json!([0, 2]), "kernel[0]");
    layer(0, "kernel", json!([2, 7]), "kernel[1]");
    layer(0, "kernel", json!([u32::MAX, 1]), "kernel[0]");
    layer(0, "stride", json!([0, 2]), "stride[0]");
    layer(0, "stride", json!([2, 3]), "stride[1]");
    layer(0, "padding", json!([0, 2, 0, 0]), "padding[1]");
    layer(0, "padding", json!([0, 0, 2, 0]), "padding[2]");
    layer(0, "groups", json!(0), "groups");
    layer(0, "groups", json!(2), "groups");
    layer(0, "weight_bits", json!(1), "weight_bits");
    layer(0, "weight_bits", json!(33), "weight_bits");
    layer(2, "bias_bits", json!(1), "bias_bits");
    layer(2, "bias_bits", json!(201), "bias_bits");
    layer(2, "weight_scale", json!("0"), "weight_scale");
    layer(4, "outputs", json!(0), "outputs");
    let replaced = |entry: Value, field: &str| {
        check_field(|files| files.manifest["layers"][1] = entry, &format!("layers[1].{field}"));
    };
    replaced(json!({ "op": "product", "name": "p" }), "inputs");
    replaced(json!({ "op": "add", "name": "p", "inputs": ["layer0"] }), "inputs");
    replaced(json!({ "op": "product", "name": "p", "inputs": ["layer0", "input"] }), "inputs");
    replaced(json!({ "op": "max_pool", "name": "p", "kernel": [2, 4], "stride": [1, 1] }), "kernel[1]");
    replaced(json!({ "op": "sum_pool", "name": "p", "kernel": [2, 2], "stride": [2, 1] }), "stride[0]");
    replaced(json!({ "op": "rescale", "name": "p", "divisor": 1 }), "divisor");
    for max in ["0", "-6", "6.0", "06"] {
        replaced(json!({ "op": "relu", "name": "p", "max": max }), "max");
    }
    // A layer that nobody reads.
    check_field(
        |files| {
            files.manifest["layers"][1]["name"] = json!("unread");
            files.manifest["layers"][2]["inputs"] = json!(["layer0"]);
        },
        "layers[1].name",
    );
    // Scales of a sum: 1 and 2.
    let mut net = Net::new([1, 1, 1], 0, 9).dense(vec![vec![1]], vec![0.into()]).dense(vec![vec![1]], vec![0.into()]);
    let LayerEntry::Dense(second) = &mut net.manifest.layers[1] else { panic!("a dense layer") };
    second.weight_scale = "2".into();
    match net.add(["layer0", "layer1"]).load(1) {
        Err(ModelError::Field { field, found, .. }) => {
            assert_eq!((field.as_str(), found.as_str()), ("layers[2].inputs", "1 and 2"));
        }
        other => panic!("{other:?}"),
    }
    // Scales that square beyond all measure.
    let mut net = Net::new([1, 1, 1], 0, 1);
    net.manifest.input.scale = "10".into();
    let tower = (0..10).fold(net, |net, _| net.square());
    assert!(matches!(tower.load(1), Err(ModelError::Field { field, .. }) if field == "layers[8].op"));
}

#[test]
fn model__each_entry_of_the_weights_file_that_does_not_fit__is_named() {
    let weights = |pointer: &'static str, value: Value, field: &str| {
        check_field(|files| *files.weights.pointer_mut(pointer).unwrap() = value, field);
    };
    weights("/layers", json!([]), "layers");
    weights("/layers/1/name", json!("other"), "layers[1].name");
    weights("/layers/1/weights", json!([[1]]), "layers[1].weights");
    weights("/layers/1/weights/2", json!([1]), "layers[1].weights[2]");
    weights("/layers/1/biases", json!(["1"]), "layers[1].biases");
    for bias in ["", "-", "1e3", "007", "-0", "+1", "1 ", &"9".repeat(61)] {
        weights("/layers/1/biases/4", json!(bias), "layers[1].biases[4]");
    }
    for (bias, fits) in [("-256", true), ("255", true), ("-257", false), ("256", false)] {
        let mut files = tiny(0);
        files.weights["layers"][0]["biases"] = json!([bias, "0", "0"]);
        files.manifest["layers"][0]["bias_bits"] = json!(9);
        match files.load() {
            Ok(_) => assert!(fits, "{bias}"),
            Err(ModelError::Field { file, field, found, expected }) => {
                assert!(!fits && found == format!("{bias:?}") && expected.contains("9-bit"), "{found}: {expected}");
                assert_eq!((file.as_str(), field.as_str()), ("weights.json", "layers[0].biases[0]"));
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn model__unknown_missing_or_mistyped_keys__are_refused() {
    type Edit = fn(&mut Files);
    let edits: [(&str, Edit); 17] = [
        ("unknown field `extra`", |files| files.manifest["extra"] = json!(1)),
        ("unknown field `extra`", |files| files.manifest["input"]["extra"] = json!(1)),
        ("unknown field `extra`", |files| files.manifest["input"]["image"]["extra"] = json!(1)),
        ("unknown field `dilation`", |files| files.manifest["layers"][0]["dilation"] = json!(1)),
        ("unknown field `kernel`", |files| files.manifest["layers"][1]["kernel"] = json!(1)),
        ("unknown field `activation`", |files| files.manifest["layers"][2]["activation"] = json!("square")),
        ("unknown field `max`", |files| files.manifest["output"]["max"] = json!(1)),
        ("unknown field `lead_bits`", |files| files.manifest["output"] = json!({ "kind": "logits", "lead_bits": 3 })),
        ("unknown field `zero_point`", |files| files.weights["layers"][0]["zero_point"] = json!(1)),
        ("missing field `visibility`", |files| {
            files.manifest["layers"][2].as_object_mut().unwrap().remove("visibility");
        }),
        ("missing field `visibility`", |files| {
            files.manifest["input"].as_object_mut().unwrap().remove("visibility");
        }),
        ("missing field `output`", |files| {
            files.manifest.as_object_mut().unwrap().remove("output");
        }),
        ("unknown variant `private`", |files| files.manifest["layers"][0]["visibility"] = json!("private")),
        ("unknown variant `softmax`", |files| files.manifest["layers"][1] = json!({ "op": "softmax", "name": "s" })),
        ("unknown variant `argmax`", |files| files.manifest["output"]["kind"] = json!("argmax")),
        ("invalid type: integer", |files| files.manifest["layers"][0]["weight_scale"] = json!(12)),
        ("floating point", |files| files.weights["layers"][0]["weights"][0][0] = json!(1.0)),
    ];
    for (reason, edit) in edits {
        let mut files = tiny(0);
        edit(&mut files);
        match files.load() {
            Err(ModelError::Json { source, .. }) => assert!(source.to_string().contains(reason), "{source}"),
            other => panic!("{reason}: {other:?}"),
        }
    }
}

#[test]
fn model__other_format_or_version__is_refused_by_name() {
    for version in [1, 3] {
        let mut other = tiny(0);
        other.manifest["version"] = json!(version);
        other.manifest["new_key"] = json!(1);
        let error = other.load().unwrap_err();
        let ModelError::Header { source: HeaderError::Version { found, expected: 2 }, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(found, version);
    }
    let mut other = tiny(0);
    other.weights["format"] = json!("something");
    let error = other.load().unwrap_err();
    assert!(matches!(error, ModelError::Header { source: HeaderError::Format { .. }, .. }));
    let mut net = Net::new([1, 1, 1], 0, 9).square();
    net.weights.version = 1;
    let error = net.load(1).unwrap_err();
    assert!(matches!(error, ModelError::Header { source: HeaderError::Version { found: 1, expected: 2 }, .. }));
}

#[test]
fn model__changed_weights_file__is_refused_by_its_hash() {
    let (manifest, mut weights) = tiny(0).bytes();
    weights.push(b'\n');
    assert!(matches!(Model::from_parts(&manifest, &weights), Err(ModelError::Hash { .. })));
}

#[test]
fn model__weight_at_the_edge_of_its_bits__is_accepted_and_one_beyond_refused() {
    for (bits, weight, fits) in [(8, 127, true), (8, 128, false), (8, -128, true), (8, -129, false)] {
        let mut files = tiny(0);
        files.manifest["layers"][2]["weight_bits"] = json!(bits);
        files.weights["layers"][1]["weights"][2][3] = json!(weight);
        match files.load() {
            Ok(_) => assert!(fits, "{weight}"),
            Err(ModelError::Weight { row: 2, column: 3, found, bits: 8, .. }) => assert!(!fits && found == weight),
            Err(other) => panic!("{other}"),
        }
    }
    for weight in [i64::from(i32::MAX) + 1, i64::MIN] {
        let mut files = tiny(0);
        files.manifest["layers"][2]["weight_bits"] = json!(32);
        files.weights["layers"][1]["weights"][2][3] = json!(weight);
        assert!(matches!(files.load(), Err(ModelError::Weight { .. })), "{weight}");
    }
}

#[test]
fn model__too_much_of_everything__is_refused_before_it_costs_anything() {
    // 2^10 x 2^10 planes, more than one of them.
    let huge = |out_channels: u32| {
        Net::new([1, 1 << 10, 1 << 10], 0, 1).conv(
            ([1, 1], [1, 1], [0; 4], 1),
            vec![vec![1]; out_channels as usize],
            vec![0.into(); out_channels as usize],
        )
    };
    let refused = |net: Net| match net.load(1) {
        Err(ModelError::Field { field, expected, .. }) => format!("{field}: {expected}"),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(huge(2)), "layers[0].op: at most 1048576 values of a layer");
    let layers = huge(1).square().square();
    assert_eq!(refused(layers), "layers[2].op: at most 2097152 values of all layers together");
    // 2^18 windows of 2^18 values.
    let pool = Net::new([1, 1 << 10, 1 << 10], 0, 1).pool(LayerEntry::SumPool, [512, 512], [1, 1]);
    assert_eq!(refused(pool), "layers[0].op: at most 33554432 inputs under the windows of all layers together");
    // Padding that would make a large plane out of a small one.
    let most = u32::MAX;
    let padded = Net::new([1, 1, 1], 0, 1).conv(
        ([1 << 20, 1 << 20], [1, 1], [(1 << 20) - 1; 4], 1),
        vec![vec![1]],
        vec![0.into()],
    );
    assert_eq!(refused(padded), "layers[0].op: at most 1048576 values of a layer");
    let padded = Net::new([1, 1, 1], 0, 1).conv(([most, 1], [1, 1], [most; 4], 1), vec![vec![1]], vec![0.into()]);
    assert_eq!(refused(padded), "layers[0].kernel[0]: 1 to 1048576");
    // A million logits of which every two would be compared.
    let expected = "classes: 1048576, one per value of the last layer";
    assert_eq!(refused(Net::new([1, 1 << 10, 1 << 10], 0, 1).square()), expected);
    // More weights are announced than stored.
    let dense = Net::new([1, 1, 4], 0, 1).dense(vec![vec![1; 4]], vec![0.into()]);
    let mut more = dense.clone();
    let LayerEntry::Dense(entry) = &mut more.manifest.layers[0] else { panic!("a dense layer") };
    entry.outputs = 1 << 20;
    assert_eq!(refused(more), "layers[0].weights: 1048576 rows");
}

/// One value of 8 bits times `weight` and squared, `n` times over, then logits 1 and -1 times that, and a zero.
fn tower(n: usize, weight: i64, bias: BigInt) -> Net {
    let start = Net::new([1, 1, 1], 0, 255);
    let net = (0..n).fold(start, |net, _| net.dense(vec![vec![weight]], vec![0.into()]).square());
    net.dense(vec![vec![1], vec![-1], vec![0]], vec![bias, 0.into(), 0.into()])
}

fn bits(model: &Model) -> Vec<u64> {
    model.ranges().nodes().iter().map(|node| node.bits).collect()
}

#[test]
fn ranges__bounds__are_the_largest_values_that_occur() {
    let model = tower(2, 3, 0.into()).model(3);
    // 255 * 3 = 765 (10 bits), 765^2 = 585225 (20 bits), * 3 = 1755675 (21 bits), squared: 42 bits.
    assert_eq!(bits(&model), [10, 20, 21, 42, 42]);
    // Logits v and -v: their difference needs one bit more.
    assert_eq!((model.ranges().lead_bits(), model.output().lead_bits), (43, 43));
    assert_eq!(*model.ranges().lead(), BigInt::from(1_755_675i64).pow(2) * 2);
    assert_eq!(model.ranges().margin_bits(), MAX_EXACT_BITS - 43);
    assert_eq!(model.ranges().nodes()[3].margin_bits, MAX_EXACT_BITS - 42);
    assert_eq!(model.ranges().values(ValueRef::Input), [Interval::new(0, 255)]);
    assert_eq!(model.ranges().values(ValueRef::Node(0)), [Interval::new(0, 765)]);
}

#[test]
fn ranges__signs_and_shared_inputs__are_used() {
    // x in -3..=5: x^2 and x * x are in 0..=25, but x * y in -15..=25; 2 x - y + 1 is in -10..=14.
    let net = || Net::new([1, 1, 2], -3, 5).dense(vec![vec![1, 0], vec![0, 1]], vec![0.into(), 0.into()]);
    let last = |net: Net, classes| {
        let model = net.model(classes);
        model.ranges().values(ValueRef::Node(model.nodes().len() - 1)).to_vec()
    };
    assert_eq!(last(net().square(), 2), [Interval::new(0, 25), Interval::new(0, 25)]);
    assert_eq!(last(net().product(["layer0", "layer0"]), 2), [Interval::new(0, 25), Interval::new(0, 25)]);
    assert_eq!(last(net().product(["layer0", "layer1"].map(|_| "layer0")), 2)[0], Interval::new(0, 25));
    let crossed = net().flatten_of_input().product(["layer0", "layer1"]);
    assert_eq!(last(crossed, 2)[0], Interval::new(-15, 25));
    assert_eq!(last(net().dense(vec![vec![2, -1]], vec![1.into()]), 1), [Interval::new(-10, 14)]);
    assert_eq!(last(net().rescale(2), 2)[0], Interval::new(-1, 3));
    assert_eq!(last(net().relu(Some(4.into())), 2)[0], Interval::new(0, 4));
}

#[test]
fn ranges__leads_of_logits_that_read_the_same__come_from_the_difference_of_rows() {
    // 1000 x and 1001 x are at most x apart; the second layer after it hides that.
    let net = || Net::new([1, 1, 1], 0, 9).dense(vec![vec![1000], vec![1001]], vec![0.into(), 0.into()]);
    assert_eq!(*net().model(2).ranges().lead(), 9.into());
    assert_eq!(*net().flatten().model(2).ranges().lead(), 9_009.into());
    assert_eq!(*Net::new([1, 1, 1], 0, 9).dense(vec![vec![5]], vec![7.into()]).model(1).ranges().lead(), 0.into());
    // -8 x .. 7 x for every weight of 4 bits, and biases -2..=1: 15 * 9 + 3 apart.
    let hidden = |visibility| {
        let zeros = vec![vec![0], vec![0]];
        let model = Net::new([1, 1, 1], 0, 9).dense_of(zeros, vec![0.into(), 0.into()], 4, 2, visibility).model(2);
        (model.ranges().values(ValueRef::Node(0)).to_vec(), model.ranges().lead().clone())
    };
    let (values, lead) = hidden(WeightVisibility::Committed);
    assert_eq!((values, lead), (vec![Interval::new(-74, 64); 2], 138.into()));
    let (values, lead) = hidden(WeightVisibility::Public);
    assert_eq!((values, lead), (vec![Interval::new(0, 0); 2], 0.into()));
}

#[test]
fn ranges__declared_lead_bits__are_at_most_the_worst_case() {
    let load = |lead_bits| {
        let mut net = Net::new([1, 1, 1], 0, 9).dense(vec![vec![1], vec![-1]], vec![0.into(), 0.into()]);
        net.manifest.output = OutputEntry::Class(ClassEntry { lead_bits });
        net.load(2).map(|model| (model.output().kind, model.output().lead_bits))
    };
    // Leads up to 18.
    assert_eq!(load(None).unwrap(), (OutputKind::Class, 5));
    assert_eq!(load(Some(3)).unwrap(), (OutputKind::Class, 3));
    assert_eq!(load(Some(5)).unwrap(), (OutputKind::Class, 5));
    assert!(matches!(load(Some(6)), Err(ModelError::Field { field, .. }) if field == "output.lead_bits"));
}

/// The layer and value that could wrap, and its bits.
fn wraps(net: Net, classes: usize) -> (String, &'static str, u64) {
    match net.load(classes) {
        Err(ModelError::Wraps { layer, value, bits, limit: 252 }) => (layer, value, bits),
        other => panic!("{other:?}"),
    }
}

#[test]
fn ranges__value_that_could_wrap__is_refused_with_its_layer() {
    // 255 squared five times has 256 bits: the fourth square is fine, the fifth is not.
    let named = |layer: &str, value, bits| (layer.to_owned(), value, bits);
    assert!(tower(4, 1, 0.into()).load(3).is_ok());
    assert_eq!(wraps(tower(5, 1, 0.into()), 3), named("layer9", "value", 256));
    // 128 bits from four squares of 255 (and a factor), then up with weights, to the very edge.
    let wide = || {
        let net = (0..4).fold(Net::new([1, 1, 1], 0, 256), |net, _| net.square());
        (0..4).fold(net, |net, _| net.dense(vec![vec![1 << 30]], vec![0.into()]))
    };
    // 2^128 * 2^120 = 2^248.
    assert_eq!(wide().model(1).ranges().margin_bits(), 252 - 249);
    let times = |weight: i64| wide().dense(vec![vec![weight]], vec![0.into()]);
    assert!(times(8).load(1).is_ok());
    assert_eq!(wraps(times(16), 1), named("layer8", "accumulator", 253));
    assert_eq!(wraps(times(8).add(["layer8", "layer8"]), 1), named("layer9", "value", 253));
    assert_eq!(wraps(times(8).product(["layer8", "input"]), 1), named("layer9", "value", 260));
    // Each logit has 252 bits, but the difference of the two has 253.
    let apart = wide().dense(vec![vec![8], vec![-8]], vec![0.into(), 0.into()]);
    assert_eq!(wraps(apart, 2), named("layer8", "logit difference", 253));
    // A committed model is refused for the weights it might have.
    let zeros = |visibility| wide().dense_of(vec![vec![0]], vec![0.into()], 6, 2, visibility).load(1);
    assert!(zeros(WeightVisibility::Public).is_ok());
    assert!(matches!(zeros(WeightVisibility::Committed), Err(ModelError::Wraps { bits: 254, .. })));
}

#[test]
fn ranges__pooled_sum_that_could_wrap__is_refused_even_if_the_average_would_not() {
    // Two values of up to 2^251 side by side: their sum has 253 bits, their average 252.
    let wide = |pool: fn(prover::model::manifest::PoolEntry) -> LayerEntry| {
        let net = (0..4).fold(Net::new([1, 1, 2], 0, 256), |net, _| net.square());
        let one = |weight: i64| (([1, 1], [1, 1], [0; 4], 1), vec![vec![weight]], vec![0.into()]);
        let net = (0..4).fold(net, |net, _| {
            let (geometry, rows, biases) = one(1 << 30);
            net.conv(geometry, rows, biases)
        });
        let (geometry, rows, biases) = one(8);
        net.conv(geometry, rows, biases).pool(pool, [1, 2], [1, 1])
    };
    assert_eq!(wraps(wide(LayerEntry::SumPool), 1), ("layer9".into(), "value", 253));
    assert_eq!(wraps(wide(LayerEntry::AvgPool), 1), ("layer9".into(), "sum", 253));
    assert_eq!(bits(&wide(LayerEntry::MaxPool).model(1)).last(), Some(&252));
}

#[test]
fn model__dense_over_planes__reads_channel_first() {
    let entry = json!({ "op": "dense", "outputs": 10 });
    let rows = (0..10).map(|k| (0..36).map(|i| i64::from(i == k)).collect()).collect();
    let model = files(6, 2, &[(entry, rows, vec!["0".into(); 10])]).model();
    let prover::model::Op::Linear(linear) = model.nodes()[0].op() else { panic!("a linear layer") };
    let (row, terms) = linear.accumulator(7);
    assert_eq!(row, 7);
    assert_eq!(terms.collect::<Vec<_>>(), (0..36).map(|k| (k, 7 * 36 + k)).collect::<Vec<_>>());
}

#[test]
fn model__mutated_files__are_read_or_refused_but_never_panic() {
    use rand::{Rng, SeedableRng, rngs::StdRng};
    let mut net = Net::of_images(6, 2)
        .conv(([2, 2], [2, 2], [1, 0, 1, 0], 1), vec![vec![1; 4], vec![-2; 4]], vec![7.into(), 8.into()])
        .relu(Some(6.into()))
        .pool(LayerEntry::MaxPool, [2, 2], [1, 1])
        .rescale(3)
        .dense_of(vec![vec![1; 12]; 2], vec![0.into(); 2], 4, 9, WeightVisibility::Committed)
        .product(["layer4", "layer4"]);
    net.manifest.output = OutputEntry::Class(ClassEntry { lead_bits: Some(3) });
    let (manifest, weights) = net.model(2).to_parts();
    let numbers = ["0", "-1", "1", "2", "7", "1048576", "4294967295", "9223372036854775807", "1e9", "\"5\"", "null"];
    let mut rng = StdRng::seed_from_u64(9);
    let mut mutate = |bytes: &[u8]| {
        let mut text = String::from_utf8(bytes.to_vec()).unwrap();
        for _ in 0..rng.gen_range(1..3) {
            // A number becomes another one, or a character is lost or doubled.
            let at = rng.gen_range(0..text.len());
            let rest = &text[at..];
            let len = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let new = match len {
                0 => rest[..1].repeat(rng.gen_range(0..3)),
                _ => numbers[rng.gen_range(0..numbers.len())].to_owned(),
            };
            text.replace_range(at..at + len.max(1), &new);
        }
        text.into_bytes()
    };
    let mut read = 0;
    for _ in 0..2_000 {
        read += usize::from(Model::from_parts(&mutate(&manifest), &weights).is_ok());
        let weights = mutate(&weights);
        let mut description: Value = serde_json::from_slice(&manifest).unwrap();
        description["weights"]["sha256"] = json!(Digest::of(&weights));
        read += usize::from(Model::from_parts(&serde_json::to_vec(&description).unwrap(), &weights).is_ok());
    }
    assert!((100..3_900).contains(&read), "{read}");
}
