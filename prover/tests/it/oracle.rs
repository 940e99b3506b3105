//! The plain inference, by hand-derived values and against a second evaluator.

use crate::naive;
use crate::nets::{Net, image, mnist, root, tied, tiny};
use core::num::NonZeroUsize;
use num_bigint::BigInt;
use prover::model::manifest::LayerEntry;
use prover::model::{Model, ValueRef, WeightVisibility};
use prover::{
    Accuracy, Dataset, EvalError, IMAGE_LEN, Image, ModelError, Oracle, TensorError, eval, eval_top_k, infer,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::collections::BTreeSet;

fn big(values: impl IntoIterator<Item = i64>) -> Vec<BigInt> {
    values.into_iter().map(BigInt::from).collect()
}

/// The last layer's values.
fn check(net: Net, input: &[i64], expected: &[i64]) {
    let model = net.model(expected.len());
    let found = infer(&model, &model.input().tensor_of(input.to_vec()).unwrap()).unwrap();
    assert_eq!(found.logits, big(expected.iter().copied()), "{:?}", model.nodes().last().unwrap().op());
}

const ROWS: [i64; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

fn four_by_four() -> Net {
    Net::new([1, 4, 4], -20, 20)
}

#[test]
fn oracle__convolutions_by_hand__match() {
    let kernel = || vec![vec![1, 2, 3, -4]];
    // Window (0,0): 5 + 1*1 + 2*2 + 3*5 - 4*6 = 1; (0,1): 5 + 3 + 8 + 21 - 32 = 5;
    // (1,0): 5 + 9 + 20 + 39 - 56 = 17; (1,1): 5 + 11 + 24 + 45 - 64 = 21.
    check(four_by_four().conv(([2, 2], [2, 2], [0; 4], 1), kernel(), big([5])), &ROWS, &[1, 5, 17, 21]);
    // Three down, two across: one row of windows, the remaining row is left out.
    check(four_by_four().conv(([2, 2], [3, 2], [0; 4], 1), kernel(), big([5])), &ROWS, &[1, 5]);
    // One row of zeros above, one column of zeros to the right, step 3: corners (-1, 0) and (-1, 3), (2, 0) and (2, 3).
    // (-1,0): 3*1 - 4*2; (-1,3): 3*4; (2,0): 9 + 2*10 + 3*13 - 4*14; (2,3): 12 + 3*16.
    check(four_by_four().conv(([2, 2], [3, 3], [1, 0, 0, 1], 1), kernel(), big([0])), &ROWS, &[-5, 12, 12, 60]);
    // Two groups of one plane of 1x2 each: each output channel reads its own group.
    let grouped = Net::new([2, 1, 2], -20, 20).conv(
        ([1, 2], [1, 1], [0; 4], 2),
        vec![vec![1, 0], vec![0, 1], vec![1, 1], vec![2, -1]],
        big([0, 0, 0, 100]),
    );
    check(grouped, &[1, 2, 3, 4], &[1, 2, 7, 102]);
}

#[test]
fn oracle__other_layers_by_hand__match() {
    let dense = Net::new([1, 1, 3], -9, 9).dense(vec![vec![1, -2, 3], vec![0, 0, 1]], big([10, -1]));
    check(dense.clone(), &[1, 2, 3], &[16, 2]);
    check(dense.square(), &[-1, 2, -3], &[16, 16]);
    let two = || {
        let net = Net::new([1, 1, 2], -9, 9).dense(vec![vec![1, 0], vec![0, 1]], big([0, 0]));
        net.flatten_of_input().dense(vec![vec![0, 2], vec![3, 0]], big([1, 0]))
    };
    // layer0 = x, layer1 = flattened input, layer2 = (2 x1 + 1, 3 x0).
    check(two().product(["layer0", "layer2"]), &[-2, 5], &[-22, -30]);
    check(two().add(["layer0", "layer2"]), &[-2, 5], &[9, -1]);
    check(four_by_four().pool(LayerEntry::SumPool, [2, 2], [2, 2]), &ROWS, &[14, 22, 46, 54]);
    check(four_by_four().pool(LayerEntry::MaxPool, [2, 3], [1, 1]), &ROWS, &[7, 8, 11, 12, 15, 16]);
    // 14 / 4 = 3.5 up to 4, 22 / 4 = 5.5 up to 6, 46 / 4 = 11.5 up to 12, 13.5 up to 14.
    check(four_by_four().pool(LayerEntry::AvgPool, [2, 2], [2, 2]), &ROWS, &[4, 6, 12, 14]);
    let negative = ROWS.map(|x| -x);
    // -3.5 up to -3, -5.5 up to -5, and so on: halves go up, not away from zero.
    check(four_by_four().pool(LayerEntry::AvgPool, [2, 2], [2, 2]), &negative, &[-3, -5, -11, -13]);
    let line = || Net::new([1, 1, 8], -20, 20);
    let x = [-7, -6, -5, -2, 2, 5, 6, 20];
    check(line().rescale(4), &x, &[-2, -1, -1, 0, 1, 1, 2, 5]);
    // Divisor 3: x + 1 over 3, so -2 / 3 = -0.67 becomes -1 and 2 / 3 becomes 1.
    check(line().rescale(3), &x, &[-2, -2, -2, -1, 1, 2, 2, 7]);
    check(line().relu(None), &x, &[0, 0, 0, 0, 2, 5, 6, 20]);
    check(line().relu(Some(6.into())), &x, &[0, 0, 0, 0, 2, 5, 6, 6]);
    check(line().flatten(), &x, &x);
}

#[test]
fn oracle__tie__lowest_index_wins() {
    let model = tied().model();
    let found = infer(&model, &model.input().tensor(image(0)).unwrap()).unwrap();
    assert_eq!(found.logits[3], found.logits[7]);
    assert_eq!(found.class, 3);
    assert_eq!(found.top_k(2), [3, 7]);
    assert_eq!((found.rank(3), found.rank(7), found.rank(10)), (Some(0), Some(1), None));
    let order = found.top_k(99);
    assert_eq!(order.len(), 10);
    for (rank, class) in order.into_iter().enumerate() {
        assert_eq!(found.rank(class), Some(rank));
    }
}

#[test]
fn oracle__beyond_128_bits__stays_exact() {
    // x -> (100 x)^2 three times: 100^14 * 255^8, which has 157 bits.
    let mut net = Net::new([1, 1, 1], 0, 255);
    for _ in 0..3 {
        net = net.dense(vec![vec![100]], big([0])).square();
    }
    let model = net.dense(vec![vec![-4], vec![1]], big([0, 0])).model(2);
    let found = infer(&model, &model.input().tensor_of(vec![255]).unwrap()).unwrap();
    let last = BigInt::from(100).pow(14) * BigInt::from(255).pow(8);
    assert_eq!(found.logits, [&last * -4, last]);
    assert_eq!(model.ranges().nodes()[5].bits, 157);
}

#[test]
fn oracle__tensor_of_another_model__is_refused() {
    let one = Net::new([1, 1, 2], 0, 9).square().model(2);
    let spec = Net::new([1, 1, 3], -5, 5).square().model(3).input().clone();
    let long = spec.tensor_of(vec![1, 2, 3]).unwrap();
    assert!(matches!(infer(&one, &long), Err(TensorError::Length { found: 3, expected: 2, .. })));
    let spec = Net::new([1, 1, 2], -5, 5).square().model(2).input().clone();
    let negative = spec.tensor_of(vec![3, -1]).unwrap();
    assert_eq!(infer(&one, &negative), Err(TensorError::Range { index: 1, found: -1, min: 0, max: 9 }));
    assert_eq!(spec.tensor_of(vec![5, 6]), Err(TensorError::Range { index: 1, found: 6, min: -5, max: 5 }));
    assert!(matches!(spec.tensor(image(0)), Err(TensorError::NoPreprocessing { .. })));
    assert_eq!(format!("{negative:?}"), "Tensor(2 values)");
}

#[test]
fn oracle__bundled_network__gets_9919_of_the_10000_test_images() {
    let model = Model::load(&root().join("models/mnist-square")).unwrap();
    let mut heard = 0;
    let accuracy = eval(&model, mnist(), |done| {
        heard += 1;
        assert_eq!(done, heard);
    });
    assert_eq!(accuracy, Ok(Accuracy { correct: 9_919, total: 10_000 }));
    assert_eq!(heard, 10_000);
}

/// A set of `n` black images with these labels.
fn black(labels: &[u8]) -> Dataset {
    let n = labels.len() as u32;
    let images = [[0x803, n, 28, 28].map(u32::to_be_bytes).concat(), vec![0; labels.len() * IMAGE_LEN]].concat();
    let labels = [&[0x801, n].map(u32::to_be_bytes).concat(), labels].concat();
    Dataset::from_bytes(&images, &labels).unwrap()
}

#[test]
fn eval__top_k_and_foreign_labels__are_counted_and_refused() {
    // Logits 0, 1, 2 whatever the image.
    let model = Net::of_images(2, 1).dense(vec![vec![0; 4]; 3], big([0, 1, 2])).model(3);
    let correct = |k: usize| eval_top_k(&model, &black(&[0, 1, 2, 2]), NonZeroUsize::new(k).unwrap(), |_| {});
    assert_eq!([1, 2, 3, 9].map(|k| correct(k).unwrap().correct), [2, 3, 4, 4]);
    assert_eq!(eval(&model, &black(&[]), |_| {}), Ok(Accuracy { correct: 0, total: 0 }));
    let foreign = eval(&model, &black(&[2, 3]), |_| {});
    assert_eq!(foreign, Err(EvalError::Label { index: 1, found: 3, classes: 3 }));
    let tensors = Net::new([1, 1, 2], 0, 9).square().model(2);
    assert!(matches!(eval(&tensors, &black(&[0]), |_| {}), Err(EvalError::Input(TensorError::NoPreprocessing { .. }))));
    assert_eq!(Image::from_bytes(&[0; IMAGE_LEN]).unwrap(), *black(&[0]).get(0).unwrap().0);
}

/// A positive integer of random length.
fn below_power(rng: &mut StdRng) -> i64 {
    let bits = rng.gen_range(1..60);
    rng.gen_range(1..1 << bits)
}

/// A random graph of up to eight layers: the shapes are followed so that most of them load.
pub(crate) fn random_net(rng: &mut StdRng) -> (Net, usize) {
    let [c, h, w] = [rng.gen_range(1..4), rng.gen_range(1..6), rng.gen_range(1..6)];
    // Narrow, middle and wide inputs.
    let end = 1i64 << [1, 8, 40, 60][rng.gen_range(0..4)];
    let (min, max) = [(-end, end), (0, end), (end / 2, end), (-end, -end / 3)][rng.gen_range(0..4)];
    let mut net = Net::new([c as u32, h as u32, w as u32], min, max);
    let mut shapes = vec![[c, h, w]];
    for idx in 0..rng.gen_range(1..9) {
        let [c, h, w] = shapes[idx];
        let weight = 1i64 << rng.gen_range(1..20);
        let params = |rng: &mut StdRng, n_rows: usize, row_len: usize| {
            let rows = (0..n_rows).map(|_| (0..row_len).map(|_| rng.gen_range(-weight..weight)).collect()).collect();
            let biases = big((0..n_rows).map(|_| rng.gen_range(-weight..weight)));
            (rows, biases)
        };
        let window = |rng: &mut StdRng| {
            let [kh, kw, sh, sw] = [h, w, h, w].map(|side| rng.gen_range(1..side + 1));
            (kh, kw, sh, sw)
        };
        let (next, shape) = match rng.gen_range(0..11) {
            0 | 1 => {
                let (kh, kw, sh, sw) = window(rng);
                let groups = (1..c + 1).filter(|groups| c % groups == 0).max_by_key(|g| (g * 7 + idx) % 5).unwrap();
                let outs = groups * rng.gen_range(1..3);
                let padding = [kh, kw, kh, kw].map(|kernel| rng.gen_range(0..kernel));
                let (rows, biases) = params(rng, outs, c / groups * kh * kw);
                let u = |a: usize| a as u32;
                let geometry = ([u(kh), u(kw)], [u(sh), u(sw)], padding.map(u), u(groups));
                let [top, left, bottom, right] = padding;
                let shape = [outs, (h + top + bottom - kh) / sh + 1, (w + left + right - kw) / sw + 1];
                (net.conv(geometry, rows, biases), shape)
            }
            2 => {
                let outs = rng.gen_range(1..5);
                let (rows, biases) = params(rng, outs, c * h * w);
                let visibility = [WeightVisibility::Public, WeightVisibility::Committed][rng.gen_range(0..2)];
                (net.dense_of(rows, biases, 20, 20, visibility), [outs, 1, 1])
            }
            3 => (net.square(), [c, h, w]),
            op @ 4..6 => {
                // The latest other one of this shape, or the same one twice.
                let name = |k: usize| if k == 0 { "input".to_owned() } else { format!("layer{}", k - 1) };
                let twice: bool = rng.r#gen();
                let other = (0..=idx).rfind(|k| shapes[*k] == shapes[idx] && (*k < idx || twice)).unwrap_or(idx);
                let both = [name(idx), name(other)];
                let both = [both[0].as_str(), both[1].as_str()];
                (if op == 4 { net.product(both) } else { net.add(both) }, [c, h, w])
            }
            6 => (net.flatten(), [c * h * w, 1, 1]),
            7 => {
                let (kh, kw, sh, sw) = window(rng);
                let kind = [LayerEntry::SumPool, LayerEntry::AvgPool, LayerEntry::MaxPool][rng.gen_range(0..3)];
                let next = net.pool(kind, [kh as u32, kw as u32], [sh as u32, sw as u32]);
                (next, [c, (h - kh) / sh + 1, (w - kw) / sw + 1])
            }
            8 | 9 => (net.rescale(below_power(rng).max(2) as u64), [c, h, w]),
            _ => {
                let max = rng.r#gen::<bool>().then(|| below_power(rng).into());
                (net.relu(max), [c, h, w])
            }
        };
        net = next;
        shapes.push(shape);
    }
    let [c, h, w] = shapes[shapes.len() - 1];
    (net, c * h * w)
}

#[test]
fn oracle__random_graphs__agree_with_the_second_evaluator_and_keep_to_their_ranges() {
    let mut rng = StdRng::seed_from_u64(4);
    let (mut seen, mut n_loaded) = (BTreeSet::new(), 0);
    for round in 0..1_500 {
        let (net, classes) = random_net(&mut rng);
        let (manifest, weights) = (net.manifest.clone(), net.weights.clone());
        let model = match net.load(classes) {
            Ok(model) => model,
            // A layer that nothing reads, a sum of unlike scales, a value that could wrap.
            Err(ModelError::Field { field, .. }) => {
                assert!(field.ends_with(".name") || field.ends_with(".inputs"), "round {round}: {field}");
                continue;
            }
            Err(error) => {
                assert!(matches!(error, ModelError::Wraps { .. }), "round {round}: {error}");
                continue;
            }
        };
        n_loaded += 1;
        for extreme in 0..4 {
            let spec = model.input();
            let (min, max) = (spec.min, spec.max);
            let value = |rng: &mut StdRng| match extreme {
                0 => min,
                1 => max,
                2 => [min, max][rng.gen_range(0..2)],
                _ => rng.gen_range(min..=max),
            };
            let values: Vec<_> = (0..spec.shape.n_values()).map(|_| value(&mut rng)).collect();
            let tensor = spec.tensor_of(values.clone()).unwrap();
            let found = Oracle::new(&model).trace(&tensor).unwrap();
            assert_eq!(found, naive::trace(&manifest, &weights, &values), "round {round}");
            for (idx, (node, values)) in model.nodes().iter().zip(&found).enumerate() {
                let range = &model.ranges().nodes()[idx];
                seen.insert((node.op().name(), range.work_bits.div_ceil(64).min(3)));
                let intervals = model.ranges().values(ValueRef::Node(idx));
                assert_eq!(intervals.len(), values.len());
                for (interval, value) in intervals.iter().zip(values) {
                    assert!(interval.contains(value), "round {round}: {} {value} {interval:?}", node.name());
                    assert!(interval.bits() <= range.bits && range.bits <= range.work_bits);
                }
            }
            let logits = found.last().unwrap();
            let lead = logits.iter().max().unwrap() - logits.iter().min().unwrap();
            assert!(
                lead <= *model.ranges().lead() && lead.bits() <= model.ranges().lead_bits().into(),
                "round {round}"
            );
        }
    }
    assert!(n_loaded > 500, "{n_loaded}");
    // Every operation was met in machine integers of both widths and in big ones.
    let ops = ["conv2d", "dense", "product", "square", "add", "flatten", "sum_pool", "avg_pool", "max_pool", "rescale"];
    for op in ops.into_iter().chain(["relu"]) {
        for width in 1..4 {
            assert!(seen.contains(&(op, width)), "{op} was never computed in width {width}");
        }
    }
}

#[test]
fn oracle__generated_networks_on_images__agree_with_the_second_evaluator() {
    for seed in 0..4 {
        let model = tiny(seed).model();
        for (image, _) in mnist().iter().take(10) {
            let tensor = model.input().tensor(image).unwrap();
            let expected = naive::trace(model.manifest(), &model.weights(), tensor.values());
            assert_eq!(Oracle::new(&model).trace(&tensor).unwrap(), expected);
            assert_eq!(infer(&model, &tensor).unwrap().logits, *expected.last().unwrap());
        }
    }
}
