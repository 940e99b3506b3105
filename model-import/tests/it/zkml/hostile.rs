//! Files that are no network, or none of the kinds that are imported: refused, with the place and the reason.

use super::description;
use super::network::{Network, Tensor, pack};
use model_import::ImportError;
use model_import::zkml::{import_zkml, read_zkml_input};
use prover::Model;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::error::Error;

const CONFIG: &[u8] = include_bytes!("../../../../fixtures/zkml/config.msgpack");
const NETWORK: &[u8] = include_bytes!("../../../../fixtures/zkml/model.msgpack");
const INPUT: &[u8] = include_bytes!("../../../../fixtures/zkml/inp.msgpack");
const RNG_SEED: u64 = 0x686f_7374;

/// A convolution, a batch norm, a pool that leaves a row out, and a dense layer.
fn small() -> Network {
    let (mut network, input) = Network::new(8, &[1, 5, 4, 1]);
    let (weights, bias) = (network.constant(&[2, 2, 1, 1], vec![3, -2, 5, 1]), network.constant(&[2], vec![1, -4]));
    let x = network.layer("Conv2D", &[0, 1, 3, 1, 1], &[&input, &weights, &bias], &[1, 4, 4, 2]);
    let x = network.layer("MaxPool2D", &[3, 2, 3, 2], &[&x], &[1, 1, 2, 2]);
    let (factor, offset) = (network.constant(&[2], vec![9, 7]), network.constant(&[2], vec![-1, 2]));
    let x = network.layer("Mul", &[], &[&x, &factor], &[1, 1, 2, 2]);
    let x = network.layer("Add", &[0], &[&x, &offset], &[1, 1, 2, 2]);
    let x = network.layer("Reshape", &[], &[&x], &[1, 4]);
    let (weights, bias) = (network.constant(&[3, 4], (-6..6).collect()), network.constant(&[3], vec![5, 0, -5]));
    network.layer("FullyConnected", &[0], &[&x, &weights, &bias], &[1, 3]);
    network
}

fn import(network: &Network) -> Result<Model, Box<ImportError>> {
    let (config, model) = network.files();
    import_zkml(&config, &model, description(0, 10, 3)).map_err(Box::new)
}

/// The message, with those of its causes.
fn report(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// What `spoil` makes of the small network is refused, and the message has all of `parts`.
fn check(spoil: impl FnOnce(&mut Network), parts: &[&str]) {
    let mut network = small();
    assert!(import(&network).is_ok(), "the network is sound before it is spoiled");
    spoil(&mut network);
    let error = import(&network).map(|model| model.name().to_owned()).expect_err(parts[0]);
    let text = report(&*error);
    assert!(parts.iter().all(|part| text.contains(part)), "{text}, expected {parts:?}");
}

#[test]
fn layer__unsupported_kind__is_named() {
    for kind in ["Softmax", "BatchMatMul", "Concatenation", "Conv3D", ""] {
        let found = format!("{kind:?}");
        check(|net| net.layers[1].layer_type = kind.to_owned(), &["layers[1].layer_type", &found, "MaxPool2D"]);
    }
}

#[test]
fn tensor__missing__is_named() {
    check(|net| drop(net.tensors.remove(0)), &["layers[0] (Conv2D).inp_idxes[1]", "a tensor with data"]);
    check(|net| net.layers[0].inp_idxes.truncate(1), &["layers[0] (Conv2D).inp_shapes", "1 shapes"]);
    let without_weights = |net: &mut Network| {
        net.layers[0].inp_idxes.truncate(1);
        net.layers[0].inp_shapes.truncate(1);
    };
    check(without_weights, &["layers[0] (Conv2D).inp_idxes[1]", "missing"]);
    check(|net| net.layers[2].inp_idxes[0] = 99, &["layers[2] (Mul).inp_idxes[0]", "99"]);
}

#[test]
fn tensor__wrong_rank__is_refused() {
    let reshape = |net: &mut Network, at: usize, shape: &[i64]| {
        let idx = net.tensors[at].idx;
        net.tensors[at].shape = shape.to_vec();
        for layer in &mut net.layers {
            for (read, stated) in layer.inp_idxes.iter().zip(&mut layer.inp_shapes) {
                if *read == idx {
                    *stated = shape.to_vec();
                }
            }
        }
    };
    check(|net| reshape(net, 0, &[2, 2]), &["layers[0] (Conv2D).inp_shapes[1]", "four extents"]);
    check(|net| reshape(net, 0, &[1, 2, 2, 1]), &["layers[0] (Conv2D).inp_shapes[2]", "1 biases"]);
    check(|net| reshape(net, 0, &[2, 1, 1, 2]), &["layers[0] (Conv2D).inp_shapes[1]", "[channels, kernel, kernel, 1]"]);
    check(|net| reshape(net, 4, &[4, 3]), &["layers[5] (FullyConnected).inp_shapes[1]", "[outputs, 4]"]);
    check(|net| net.layers[0].inp_shapes[0] = vec![1, 5, 4], &["shape of input", "[1, 5, 4]"]);
    check(|net| net.layers[0].inp_shapes[0] = vec![2, 5, 4, 1], &["shape of input", "[2, 5, 4, 1]"]);
}

#[test]
fn tensor__data_that_does_not_fit_its_shape__is_refused() {
    check(|net| net.tensors[0].data.truncate(3), &["tensors[0].data", "as many values as shape [2, 2, 1, 1]"]);
    let huge = vec![i64::from(u32::MAX); 4];
    check(|net| net.tensors[0].shape = huge, &["tensors[0].data"]);
}

#[test]
fn tensor__value_of_more_than_32_bits__is_refused() {
    check(|net| net.tensors[0].data[3] = 1 << 31, &["tensors[0].data[3]", "2147483648", "signed 32-bit"]);
    check(|net| net.tensors[5].data[0] = i64::MIN, &["tensors[5].data[0]", "signed 32-bit"]);
}

#[test]
fn tensor__value_of_more_than_64_bits__is_refused() {
    // 0xcf: 64 bits without sign.
    let (config, mut model) = small().files();
    let at = model.windows(2).position(|pair| pair == [0x03, 0xfe]).expect("the first weights are 3, -2");
    model.splice(at..=at, [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    let error = import_zkml(&config, &model, description(0, 10, 3)).expect_err("2^64 - 1 is no i64");
    assert!(error.to_string().contains("tensors[0].data[0]"), "{error}");
}

#[test]
fn shapes__that_do_not_follow__are_refused() {
    check(|net| net.layers[0].out_shapes[0] = vec![1, 4, 4, 3], &["layers[0] (Conv2D).out_shapes", "[[1, 4, 4, 2]]"]);
    check(|net| net.layers[1].inp_shapes[0] = vec![1, 4, 2, 4], &["layers[1] (MaxPool2D).inp_shapes[0]"]);
    check(|net| net.layers[3].inp_shapes[0] = vec![1, 2, 2, 1], &["layers[3] (Add).inp_shapes"]);
    check(|net| net.layers[4].out_shapes[0] = vec![1, 2, 2], &["layers[4] (Reshape).out_shapes", "[[1, 4]]"]);
    check(|net| net.layers[1].params[0] = 5, &["layers[1] (MaxPool2D).params", "[5, 2]", "[4, 4]"]);
}

#[test]
fn params__that_zkml_does_not_know__are_refused() {
    check(|net| net.layers[0].params[0] = 2, &["layers[0] (Conv2D).params[0]"]);
    check(|net| net.layers[0].params[1] = 2, &["layers[0] (Conv2D).params[1]", "0 (SAME) or 1 (VALID)"]);
    check(|net| net.layers[0].params[2] = 2, &["layers[0] (Conv2D).params[2]", "3 (ReLU6)"]);
    check(|net| net.layers[5].params[0] = 3, &["layers[5] (FullyConnected).params[0]", "0 (none) or 1 (ReLU)"]);
    check(|net| net.layers[0].params[3] = 0, &["layers[0] (Conv2D).params[3]"]);
    check(|net| net.layers[1].params[2] = -1, &["layers[1] (MaxPool2D).params[2]"]);
    check(|net| net.layers[1].params.truncate(3), &["layers[1] (MaxPool2D).params", "4 parameters"]);
    check(|net| net.layers[0].mask = vec![1], &["layers[0] (Conv2D).mask"]);
    check(|net| net.global_sf = 1, &["global_sf"]);
    check(|net| net.global_sf = -512, &["global_sf"]);
}

#[test]
fn graph__numbers_used_twice_or_never__are_refused() {
    check(|net| net.layers[1].out_idxes[0] = net.layers[0].out_idxes[0], &["layers[1] (MaxPool2D).out_idxes"]);
    check(|net| net.tensors[1].idx = net.tensors[0].idx, &["tensors[1].idx"]);
    check(|net| net.tensors[1].idx = 0, &["tensors[1].idx", "not that of the input"]);
    check(|net| net.inp_idxes = vec![0, 0], &["inp_idxes", "one tensor"]);
    check(|net| net.out_idxes = vec![], &["out_idxes"]);
    check(|net| net.out_idxes = net.layers[2].out_idxes.clone(), &["out_idxes", "the last layer"]);
    check(|net| net.layers.clear(), &["layers is 0"]);
}

#[test]
fn graph__output_that_is_no_row_in_order__is_refused() {
    let cut = |net: &mut Network, n: usize| {
        net.layers.truncate(n);
        net.out_idxes = net.layers[n - 1].out_idxes.clone();
    };
    check(|net| cut(net, 4), &["out_idxes", "a row of logits"]);
    check(|net| cut(net, 5), &["out_idxes", "a row of logits"]);
}

#[test]
fn config__of_another_network__is_refused() {
    let (config, model) = small().files();
    let check = |spoil: &dyn Fn(&mut Network), part: &str| {
        let mut other = small();
        spoil(&mut other);
        let error = import_zkml(&other.files().0, &model, description(0, 10, 3)).expect_err(part);
        assert!(error.to_string().contains(&format!("config.msgpack: {part}")), "{error}");
    };
    assert!(import_zkml(&config, &model, description(0, 10, 3)).is_ok());
    check(&|net| net.global_sf = 16, "global_sf");
    check(&|net| net.layers[1].params[0] = 2, "layers[1]");
    check(&|net| drop(net.layers.pop()), "layers");
    check(&|net| drop(net.tensors.pop()), "tensors is without it");
    check(&|net| net.tensors[0].shape = vec![4], "tensors is tensor 1");
    check(&|net| net.out_idxes[0] = 3, "out_idxes");
}

#[test]
fn description__that_does_not_fit__is_refused_as_a_model() {
    let (config, model) = small().files();
    let error = import_zkml(&config, &model, description(0, 10, 4)).expect_err("there are 3 logits");
    assert!(report(&error).contains("classes"), "{}", report(&error));
    let error = import_zkml(&config, &model, description(10, 10, 3)).expect_err("an empty range");
    assert!(report(&error).contains("input"), "{}", report(&error));
}

#[test]
fn input__another_shape_or_range__is_refused() {
    let model = import(&small()).expect("the network is sound");
    let check = |shape: &[i64], data: Vec<i64>, part: &str| {
        let file = pack(&[Tensor { idx: 0, shape: shape.to_vec(), data }]);
        let error = read_zkml_input(model.input(), &file).expect_err(part);
        assert!(error.to_string().contains(part), "{error}");
    };
    check(&[1, 4, 5, 1], vec![0; 20], "[0].shape");
    check(&[1, 5, 4, 1], vec![0; 19], "tensors[0].data");
    check(&[1, 5, 4, 1], vec![11; 20], "[0].data[0] is 11, expected 0 to 10");
    check(&[1, 5, 4, 1], vec![-1; 20], "[0].data[0] is -1");
    let none = read_zkml_input(model.input(), &pack(&Vec::<Tensor>::new())).expect_err("no tensor");
    assert!(none.to_string().contains("one tensor"), "{none}");
    assert!(
        read_zkml_input(model.input(), &pack(&[Tensor { idx: 0, shape: vec![1, 5, 4, 1], data: vec![10; 20] }]))
            .is_ok()
    );
}

/// Nothing may panic, and no prefix of a file is one.
#[test]
fn files__cut_short_at_every_byte__are_refused() {
    let (config, model) = small().files();
    for at in 0..NETWORK.len() {
        assert!(import_zkml(CONFIG, &NETWORK[..at], description(0, 512, 10)).is_err(), "{at}");
    }
    for at in 0..CONFIG.len() {
        assert!(import_zkml(&CONFIG[..at], NETWORK, description(0, 512, 10)).is_err(), "{at}");
    }
    let input = import_zkml(CONFIG, NETWORK, description(0, 1024, 10)).expect("the example is imported");
    for at in 0..INPUT.len() {
        assert!(read_zkml_input(input.input(), &INPUT[..at]).is_err(), "{at}");
    }
    let longer = |bytes: &[u8]| [bytes, &[0]].concat();
    assert!(import_zkml(&longer(&config), &model, description(0, 10, 3)).is_err());
    assert!(import_zkml(&config, &longer(&model), description(0, 10, 3)).is_err());
}

#[test]
fn files__random_changes__never_panic() {
    let (config, model) = small().files();
    let mut rng = StdRng::seed_from_u64(RNG_SEED);
    let mut n_read = 0;
    for _ in 0..20_000 {
        let (mut config, mut model) = (config.clone(), model.clone());
        for _ in 0..rng.gen_range(1..=3) {
            // The same change to both, half of the time: otherwise most changes end at the comparison of the two.
            let (at, byte) = (rng.gen_range(0..config.len().min(model.len())), rng.r#gen());
            model[at] = byte;
            if rng.r#gen() {
                config[at] = byte;
            }
            if rng.gen_ratio(1, 4) {
                let at = rng.gen_range(0..model.len());
                model[at] = rng.r#gen();
            }
        }
        n_read += usize::from(import_zkml(&config, &model, description(0, 10, 3)).is_ok());
    }
    assert!((1..20_000).contains(&n_read), "{n_read} of the changed files are networks");
}

/// A list or text that announces four thousand million items and ends.
#[test]
fn files__huge_lengths__are_refused_at_once() {
    let (config, model) = small().files();
    let announces = [[0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xdb, 0xff, 0xff, 0xff, 0xff]];
    for announce in announces.into_iter().chain([[0xc6, 0xff, 0xff, 0xff, 0xff], [0xc9, 0xff, 0xff, 0xff, 0xff]]) {
        for at in 0..model.len() {
            let mut changed = model.clone();
            changed.splice(at..=at, announce);
            assert!(import_zkml(&config, &changed, description(0, 10, 3)).is_err(), "{announce:x?} at {at}");
        }
    }
}

/// The decoder recurses: deep nesting must end in an error before the stack does.
#[test]
fn files__deep_nesting__are_refused() {
    let (config, _) = small().files();
    // An unknown key, which the reader skips whatever it holds.
    let deep = [&[0x81, 0xa1, b'x'][..], &vec![0x91; 1 << 20], &[0xc0]].concat();
    let error = import_zkml(&config, &deep, description(0, 10, 3)).expect_err("a million lists");
    assert!(report(&error).contains("depth"), "{}", report(&error));
}

/// Small files whose networks would take much memory.
#[test]
fn networks__that_grow__are_refused() {
    let (mut network, input) = Network::new(2, &[1, 1 << 16, 1 << 16, 1]);
    network.layer("Mul", &[], &[&input, &input], &[1, 1 << 16, 1 << 16, 1]);
    let error = import(&network).expect_err("2^32 places");
    assert!(error.to_string().contains("at most 262144 values"), "{error}");

    let shape = [1, 1, 1, 1 << 18];
    let (mut network, mut x) = Network::new(2, &shape);
    let factor = network.constant(&[1], vec![3]);
    for _ in 0..100 {
        x = network.layer("Mul", &[], &[&x, &factor], &shape);
    }
    let error = import(&network).expect_err("100 times 2^18 factors");
    assert!(error.to_string().contains("parameters of all layers together"), "{error}");
}
