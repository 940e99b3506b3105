//! Damaged and hostile files: an error or a network, never a panic, and no memory that the file's own size does not explain.

use super::{Net, bytes, image, ints, message, options, set};
use model_import::onnx::proto::{AttributeProto, AttributeType, NodeProto};
use model_import::onnx::{import_onnx, read_onnx};
use prover::Dataset;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

/// A network with one of everything, small enough to be mutated thousands of times.
fn everything() -> Vec<u8> {
    Net::new(&[0, 1, 4, 4])
        .weight("w", &[2, 1, 2, 2], &[1.0, -1.0, 0.5, 0.25, 2.0, 1.0, -2.0, 0.125])
        .weight("one", &[2], &[1.0, 1.5])
        .weight("v", &[2, 2, 1, 1], &[1.0, -1.0, 0.5, 2.0])
        .weight("d", &[8, 3], &[0.5; 24])
        .weight("zero", &[], &[0.0])
        .weight("six", &[], &[6.0])
        .ints("flat", &[0, -1])
        .node("Conv", &["x", "w"], "a", &[ints("pads", &[1, 1, 0, 0]), ints("strides", &[1, 1])])
        .node("BatchNormalization", &["a", "one", "one", "one", "one"], "b", &[])
        .node("Clip", &["b", "zero", "six"], "c", &[])
        .node("MaxPool", &["c"], "e", &[ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
        .node("Conv", &["e", "v"], "f", &[])
        .node("Add", &["e", "f"], "g", &[])
        .node("Mul", &["g", "f"], "h", &[])
        .node("AveragePool", &["h"], "i", &[ints("kernel_shape", &[1, 1])])
        .node("Reshape", &["i", "flat"], "j", &[])
        .node("MatMul", &["j", "d"], "k", &[])
        .node("Softmax", &["k"], "y", &[])
        .file()
}

fn samples() -> Dataset {
    set(&[image(4, &[200; 16]), image(4, &(0..16).map(|p| p * 9).collect::<Vec<_>>())], &[0, 1])
}

/// The seed of the fuzz target `onnx` is this network, so that mutations there start from every operator.
#[test]
fn seed__of_the_fuzz_target__is_this_network() {
    let stored = std::fs::read("../fuzz-targets/seeds/network.onnx").unwrap();
    assert!(stored == everything(), "write the file again");
}

#[test]
fn file__cut_anywhere__is_refused() {
    let (file, samples) = (everything(), samples());
    assert!(import_onnx(&file, &options(), &samples).is_ok());
    for len in 0..file.len() {
        let error = import_onnx(&file[..len], &options(), &samples).map(|_| ()).unwrap_err();
        assert!(!message(&error).is_empty());
    }
}

#[test]
fn file__mutated__never_panics() {
    let (file, samples) = (everything(), samples());
    let mut rng = StdRng::seed_from_u64(4);
    let mut n_imported = 0;
    for _ in 0..5_000 {
        let mut mutant = file.clone();
        for _ in 0..rng.gen_range(1..=4) {
            let at = rng.gen_range(0..mutant.len());
            match rng.gen_range(0..5) {
                0 => mutant[at] = rng.r#gen(),
                1 => mutant[at] ^= 1 << rng.gen_range(0..8),
                2 => {
                    mutant.remove(at);
                }
                3 => mutant.insert(at, [0, 1, 0x7f, 0x80, 0xff][rng.gen_range(0..5)]),
                _ => {
                    let end = (at + rng.gen_range(1..40)).min(mutant.len());
                    let part = mutant[at..end].to_vec();
                    mutant.splice(at..at, part);
                }
            }
        }
        n_imported += usize::from(import_onnx(&mutant, &options(), &samples).is_ok());
    }
    // Some mutations touch weights or names only: those files are networks still.
    assert!(n_imported > 100, "{n_imported}");
}

#[test]
fn file__of_noise__is_refused() {
    let mut rng = StdRng::seed_from_u64(5);
    for _ in 0..2_000 {
        let len = rng.gen_range(0..200);
        let noise: Vec<u8> = (0..len).map(|_| rng.r#gen()).collect();
        assert!(read_onnx(&noise, &options()).is_err());
    }
}

/// A field of protobuf with a length that is not there.
fn overlong(field: u8, len: u64) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    prost::encoding::encode_varint(len, &mut bytes);
    bytes
}

#[test]
fn lengths__far_beyond_the_file__are_refused() {
    for len in [1 << 20, 1 << 31, 1 << 40, 1 << 63, u64::MAX] {
        for field in [1, 2, 7, 8, 20] {
            assert!(read_onnx(&overlong(field, len), &options()).is_err());
        }
        let mut net = Net::new(&[1, 4]);
        net.graph.initializer.push(overlong(9, len).into());
        assert!(net.read().is_err());
    }
    // Varints that do not end, alone and as a field's number.
    assert!(read_onnx(&[0xff; 100], &options()).is_err());
    assert!(read_onnx(&[[8].as_slice(), &[0xff; 100]].concat(), &options()).is_err());
}

#[test]
fn nesting__without_end__is_never_entered() {
    // A node in a subgraph in an attribute of a node, two thousand times.
    let mut inner = Vec::new();
    for _ in 0..2_000 {
        for field in [1_u8, 6, 5] {
            let mut outer = overlong(field, inner.len() as u64);
            outer.extend(&inner);
            inner = outer;
        }
    }
    let mut net = Net::new(&[1, 4]);
    net.graph.node.push(inner.into());
    assert!(net.read().is_err());
    let subgraph = AttributeProto {
        name: "then_branch".to_owned(),
        r#type: AttributeType::Graph as i32,
        ..AttributeProto::default()
    };
    let node = NodeProto {
        op_type: "If".to_owned(),
        input: vec!["x".to_owned()],
        output: vec!["y".to_owned()],
        attribute: vec![bytes(&subgraph)],
        ..NodeProto::default()
    };
    let mut net = Net::new(&[1, 4]);
    net.graph.node.push(bytes(&node));
    let error = net.read().map(|_| ()).unwrap_err();
    assert!(message(&error).contains("(If), operator is If"), "{error}");
}

#[test]
fn network__that_grows_without_weights__is_stopped() {
    // Every node is a few bytes of the file, and writes as many values as the input has.
    let mut net = Net::new(&[1, 1, 28, 28]);
    let mut last = "x".to_owned();
    for k in 0..4_000 {
        let next = format!("t{k}");
        net = net.node("Relu", &[&last], &next, &[]);
        last = next;
    }
    let error = net.node("Flatten", &[&last], "y", &[]).read().map(|_| ()).unwrap_err();
    assert!(message(&error).contains("number of operations is 4000"), "{error}");
    // One weight for a thousand channels of a large plane, again and again.
    let mut net = Net::new(&[1, 1, 28, 28]).weight("w", &[1024, 1, 1, 1], &[1.0; 1024]).weight("two", &[], &[2.0]);
    net = net.node("Conv", &["x", "w"], "a", &[]);
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "g")] {
        net = net.node("Relu", &[from], to, &[]);
    }
    let error = net.node("Flatten", &["g"], "y", &[]).read().map(|_| ()).unwrap_err();
    assert!(message(&error).contains("(Relu), size"), "{error}");
    // Windows that do little for much: a thousand channels under kernels as large as the plane.
    let kernel = vec![0.0; 28 * 28];
    let mut net = Net::new(&[1, 1, 28, 28]).weight("k", &[1, 1, 28, 28], &kernel);
    let mut last = "x".to_owned();
    for k in 0..400 {
        let next = format!("t{k}");
        net = net.node("Conv", &[&last, "k"], &next, &[ints("pads", &[13, 13, 14, 14])]);
        last = next;
    }
    let error = net.node("Flatten", &[&last], "y", &[]).read().map(|_| ()).unwrap_err();
    assert!(message(&error).contains("(Conv), size"), "{error}");
}
