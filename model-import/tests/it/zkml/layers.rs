//! Every kind of layer computes what zkml computes, on random networks and inputs with both signs.

use super::description;
use super::network::{Network, Out, pack};
use model_import::zkml::{import_zkml, read_zkml_input};
use prover::infer;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

const RNG_SEED: u64 = 0x7a6b_6d6c;

/// Builds networks with weights of both signs.
struct Maker {
    rng: StdRng,
    network: Network,
}

impl Maker {
    fn constant(&mut self, shape: &[i64]) -> Out {
        let n = shape.iter().product::<i64>();
        let data = (0..n).map(|_| self.rng.gen_range(-40..=40)).collect();
        self.network.constant(shape, data)
    }

    fn conv(&mut self, input: &Out, channels: i64, [kh, kw]: [i64; 2], params: [i64; 4], out: [i64; 2]) -> Out {
        let [padding, activation, down, right] = params;
        let weights = self.constant(&[channels, kh, kw, input.shape[3]]);
        let bias = self.constant(&[channels]);
        let params = [0, padding, activation, down, right];
        self.network.layer("Conv2D", &params, &[input, &weights, &bias], &[1, out[0], out[1], channels])
    }

    fn dense(&mut self, input: &Out, outputs: i64, activation: i64) -> Out {
        let weights = self.constant(&[outputs, input.shape[1]]);
        let bias = self.constant(&[outputs]);
        self.network.layer("FullyConnected", &[activation], &[input, &weights, &bias], &[1, outputs])
    }
}

/// Imports what `build` makes of an input of shape `shape`, and compares the logits of 20 inputs.
fn check(scale_factor: i64, shape: &[i64], build: impl FnOnce(&mut Maker, &Out) -> Out) {
    let (network, input) = Network::new(scale_factor, shape);
    let mut maker = Maker { rng: StdRng::seed_from_u64(RNG_SEED), network };
    let logits = build(&mut maker, &input);
    let Maker { mut rng, network } = maker;
    let n_logits = logits.shape.iter().product::<i64>() as usize;
    let (config, file) = network.files();
    let model = import_zkml(&config, &file, description(-100, 100, n_logits)).expect("the network can be imported");
    for _ in 0..20 {
        let data: Vec<i64> = (0..shape.iter().product::<i64>()).map(|_| rng.gen_range(-100..=100)).collect();
        let expected = network.evaluate(&data);
        let file = pack(&[super::network::Tensor { idx: 0, shape: shape.to_vec(), data }]);
        let tensor = read_zkml_input(model.input(), &file).expect("the input fits");
        let found: Vec<i64> = infer(&model, &tensor)
            .expect("the input fits")
            .logits
            .iter()
            .map(|logit| i64::try_from(logit).expect("small networks have small logits"))
            .collect();
        assert_eq!(found, expected, "seed {RNG_SEED:#x}");
    }
}

#[test]
fn conv2d__valid_padding_and_each_activation__is_zkmls() {
    for activation in [0, 1, 3] {
        check(7, &[1, 6, 5, 2], |make, input| {
            let hidden = make.conv(input, 3, [3, 2], [1, activation, 2, 1], [2, 4]);
            make.conv(&hidden, 4, [2, 4], [1, 0, 1, 1], [1, 1])
        });
    }
}

#[test]
fn conv2d__same_padding__is_zkmls() {
    check(5, &[1, 7, 6, 2], |make, input| {
        let hidden = make.conv(input, 3, [3, 4], [0, 1, 1, 1], [7, 6]);
        let hidden = make.conv(&hidden, 2, [3, 3], [0, 0, 2, 2], [4, 3]);
        make.conv(&hidden, 5, [4, 3], [1, 0, 1, 1], [1, 1])
    });
}

#[test]
fn conv2d__without_bias__has_none() {
    check(3, &[1, 2, 2, 1], |make, input| {
        let weights = make.constant(&[3, 2, 2, 1]);
        make.network.layer("Conv2D", &[0, 1, 0, 1, 1], &[input, &weights], &[1, 1, 1, 3])
    });
}

#[test]
fn conv2d__per_channel__is_zkmls() {
    check(6, &[1, 5, 5, 3], |make, input| {
        let (weights, bias) = (make.constant(&[1, 3, 3, 3]), make.constant(&[3]));
        let hidden = make.network.layer("Conv2D", &[1, 0, 3, 2, 2], &[input, &weights, &bias], &[1, 3, 3, 3]);
        make.conv(&hidden, 4, [3, 3], [1, 0, 1, 1], [1, 1])
    });
}

#[test]
fn pools__remainder__is_left_out() {
    for kind in ["AveragePool2D", "MaxPool2D"] {
        check(4, &[1, 7, 6, 2], |make, input| {
            let hidden = make.network.layer(kind, &[2, 3, 2, 2], &[input], &[1, 3, 2, 2]);
            make.conv(&hidden, 3, [3, 2], [1, 0, 1, 1], [1, 1])
        });
    }
}

#[test]
fn mean__plane_of_an_odd_number_of_places__rounds_as_zkml() {
    for shape in [&[1, 1, 1, 3][..], &[1, 3]] {
        check(4, &[1, 3, 5, 3], |make, input| make.network.layer("Mean", &[1, 2], &[input], shape));
    }
}

#[test]
fn fully_connected__behind_a_flattened_plane__reads_zkmls_order() {
    check(9, &[1, 3, 2, 4], |make, input| {
        let row = make.network.layer("Reshape", &[], &[input], &[1, 24]);
        let hidden = make.dense(&row, 5, 1);
        make.dense(&hidden, 3, 0)
    });
}

#[test]
fn channels__every_layer_behind_a_flattened_plane__keeps_zkmls_order() {
    check(9, &[1, 2, 2, 3], |make, input| {
        let row = make.network.layer("Reshape", &[], &[input], &[1, 1, 1, 12]);
        let factor = make.constant(&[12]);
        let row = make.network.layer("Mul", &[], &[&row, &factor], &[1, 1, 1, 12]);
        let offset = make.constant(&[12]);
        let biased = make.network.layer("Add", &[0], &[&offset, &row], &[1, 1, 1, 12]);
        let (weights, bias) = (make.constant(&[1, 1, 1, 12]), make.constant(&[12]));
        let row = make.network.layer("Conv2D", &[1, 1, 1, 1, 1], &[&biased, &weights, &bias], &[1, 1, 1, 12]);
        let row = make.network.layer("Add", &[1], &[&row, &biased], &[1, 1, 1, 12]);
        let row = make.network.layer("AveragePool2D", &[1, 1, 1, 1], &[&row], &[1, 1, 1, 12]);
        make.conv(&row, 4, [1, 1], [1, 0, 1, 1], [1, 1])
    });
}

#[test]
fn batch_norm__product_read_by_the_bias_alone__is_one_layer() {
    check(8, &[1, 2, 2, 3], |make, input| {
        let factor = make.constant(&[3]);
        let scaled = make.network.layer("Mul", &[], &[input, &factor], &[1, 2, 2, 3]);
        let offset = make.constant(&[3]);
        let biased = make.network.layer("Add", &[1], &[&scaled, &offset], &[1, 2, 2, 3]);
        make.conv(&biased, 2, [2, 2], [1, 0, 1, 1], [1, 1])
    });
}

#[test]
fn batch_norm__product_read_twice__is_not_merged() {
    check(8, &[1, 1, 1, 3], |make, input| {
        let factor = make.constant(&[1]);
        let scaled = make.network.layer("Mul", &[], &[&factor, input], &[1, 1, 1, 3]);
        let offset = make.constant(&[3]);
        let biased = make.network.layer("Add", &[1], &[&scaled, &offset], &[1, 1, 1, 3]);
        make.network.layer("Add", &[0], &[&scaled, &biased], &[1, 1, 1, 3])
    });
}

#[test]
fn products_and_squares__of_values__are_divided_by_the_scale_factor() {
    check(8, &[1, 1, 2, 3], |make, input| {
        let square = make.network.layer("Square", &[], &[input], &[1, 1, 2, 3]);
        let product = make.network.layer("Mul", &[], &[&square, input], &[1, 1, 2, 3]);
        make.conv(&product, 2, [1, 2], [1, 0, 1, 1], [1, 1])
    });
}
