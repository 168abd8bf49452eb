use super::*;
use crate::testing::{assert_close, device, difference, read, sample, values};
use burn::tensor::{DType, Device, TensorData};
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Case {
    sequences: Sequences,
    dim: usize,
    /// Sequences that have a bias of their own: none, one for all, or each.
    biases: Option<usize>,
    options: AttentionOptions,
}

impl Case {
    fn uniform(count: usize, length: usize, heads: usize, dim: usize) -> (usize, Self) {
        let (sequences, options) = (Sequences::Uniform(length), AttentionOptions::new(heads));
        (count * length, Self { sequences, dim, biases: None, options })
    }
}

fn rows(case: &Case, count: usize) -> usize {
    match &case.sequences {
        Sequences::Uniform(length) => count * length,
        Sequences::Ragged(lengths) => lengths.iter().sum(),
    }
}

type Lengths = Vec<usize>;

fn case() -> impl Strategy<Value = (usize, Case)> {
    let extents = (1usize..4, 1usize..20, 0usize..40, prop::collection::vec(0usize..40, 1..5));
    let scale = prop::option::of(0.2f64..1.5);
    let kinds = (any::<bool>(), any::<bool>(), any::<bool>(), 0usize..3, scale);
    (extents, kinds).prop_map(|((heads, dim, length, lengths), kinds)| {
        let (ragged, causal, padded, bias, scale) = kinds;
        let count = lengths.len();
        let key_lengths = (padded && !ragged && length > 0).then(|| lengths.clone().into());
        let options = AttentionOptions { heads, causal, scale, key_lengths };
        let sequences = match (ragged, length) {
            (true, _) => Sequences::Ragged(lengths.into()),
            (false, length) => Sequences::Uniform(length),
        };
        let biases = match bias {
            1 if !ragged && length > 0 => Some(1),
            2 if !ragged && length > 0 => Some(count),
            _ => None,
        };
        let case = Case { sequences, dim, biases, options };
        (rows(&case, count), case)
    })
}

/// Output and gradients of `Σ output² · fixed`, so that the output gradient is not constant.
fn run(rows: usize, case: &Case, fused: bool) -> (Tensor<2>, Vec<Vec<f64>>) {
    let device = device();
    let Case { sequences, dim, biases, options } = case;
    let width = options.heads * dim;
    // Scores large enough for the softmax to be far from even.
    let qkv = (sample([rows, 3 * width], 1, &device) * 2.0).detach().require_grad();
    let bias = biases.map(|count| {
        let Sequences::Uniform(length) = *sequences else { unreachable!("no bias for these") };
        sample([count, options.heads, length, length], 2, &device).require_grad()
    });
    let output = if fused {
        self_attention(qkv.clone(), sequences, bias.clone(), options)
    } else {
        let plan = self_plan(&qkv, sequences, bias.as_ref(), options);
        composed::self_attention(&qkv, bias.clone(), &plan)
    };
    let fixed = sample([rows, width], 4, &device);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    let mut gradients = vec![read(&qkv.grad(&grads).unwrap())];
    gradients.extend(bias.map(|bias| read(&bias.grad(&grads).unwrap())));
    (output, gradients)
}

fn agree(left: &(Tensor<2>, Vec<Vec<f64>>), right: &(Tensor<2>, Vec<Vec<f64>>)) {
    assert_close(&left.0, &right.0, 2e-5);
    assert_eq!(left.1.len(), right.1.len());
    for (gradient, expected) in left.1.iter().zip(&right.1) {
        let difference = difference(gradient, expected);
        assert!(difference < 5e-5, "gradients differ by {difference:e}");
    }
}

fn check(rows: usize, case: &Case) {
    agree(&run(rows, case, true), &run(rows, case, false));
}

/// ```python
/// x = torch.tensor([[((r*12 + c)*7 % 23 - 11)/8 for c in range(12)] for r in range(3)])
/// b = torch.tensor([[[[(h*9 + i*3 + j)*5 % 11/10 for j in range(3)] for i in range(3)]
///     for h in range(2)]])
/// q, k, v = x.view(1, 3, 3, 2, 2).permute(2, 0, 3, 1, 4)
/// o = scaled_dot_product_attention(q, k, v, attn_mask=b).transpose(1, 2).reshape(3, 4)
/// (o * torch.tensor([[(r*4 + c + 1)/4 for c in range(4)] for r in range(3)])).sum().backward()
/// ```
#[test]
fn follows_pytorch() {
    let device = device();
    let numbers =
        |count, number: fn(usize) -> f32| -> Vec<f32> { (0..count).map(number).collect() };
    let qkv = TensorData::new(numbers(36, |i| ((i * 7 % 23) as f32 - 11.0) / 8.0), [3, 12]);
    let qkv = Tensor::<2>::from_data(qkv, &device).require_grad();
    let bias = TensorData::new(numbers(18, |i| (i * 5 % 11) as f32 / 10.0), [1, 2, 3, 3]);
    let bias = Tensor::<4>::from_data(bias, &device).require_grad();
    let weight = TensorData::new(numbers(12, |i| (i + 1) as f32 / 4.0), [3, 4]);
    let options = AttentionOptions::new(2);
    let output = self_attention(qkv.clone(), &Sequences::Uniform(3), Some(bias.clone()), &options);
    let grads = (output.clone() * Tensor::from_data(weight, &device)).sum().backward();
    let [by_qkv, by_bias] = [read(&qkv.grad(&grads).unwrap()), read(&bias.grad(&grads).unwrap())];
    let close = |ours: &[f64], theirs: &[f64]| assert!(difference(ours, theirs) < 2e-6);
    close(
        &read(&output),
        &[
            0.039145, -0.1837, 0.280316, -1.015, 0.133167, -0.620173, 0.003436, -0.562425,
            0.126092, -0.170901, -1.044859, -0.374077,
        ],
    );
    close(
        &by_qkv,
        &[
            -0.157037, -0.045011, -0.135888, -0.018422, -0.364329, 0.487273, -0.326864, 0.158401,
            1.452483, 1.735261, 2.659334, 2.934534, -0.381132, 0.109937, -0.551211, -0.032614,
            0.080656, -0.299738, 0.198501, -0.175199, 0.576867, 0.705116, 1.638554, 1.970327,
            -0.748167, -0.101399, -0.599021, 0.376825, 0.283673, -0.187535, 0.128363, 0.016798,
            1.720651, 2.059623, 0.952113, 1.095139,
        ],
    );
    close(
        &by_bias,
        &[
            0.190832, -0.055106, -0.135727, 0.339937, -0.241557, -0.09838, 0.845626, -0.318146,
            -0.527481, -0.057781, -0.076612, 0.134393, -0.255098, -0.269334, 0.524432, -0.480019,
            0.112894, 0.367125,
        ],
    );
}

/// Output and gradients of a cross-attention.
fn run_cross(
    rows: [usize; 2],
    dim: usize,
    sequences: [&Sequences; 2],
    options: &AttentionOptions,
    fused: bool,
) -> (Tensor<2>, Vec<Vec<f64>>) {
    let device = device();
    let width = options.heads * dim;
    let queries = sample([rows[0], width], 1, &device).require_grad();
    let keys_values = sample([rows[1], 2 * width], 2, &device).require_grad();
    let output = if fused {
        cross_attention(queries.clone(), keys_values.clone(), sequences, options)
    } else {
        let plan = Plan::new(rows, width, sequences, options, false);
        composed::cross_attention(queries.clone(), keys_values.clone(), &plan)
    };
    let fixed = sample([rows[0], width], 4, &device);
    let grads = (output.clone() * output.clone() * fixed).sum().backward();
    // Where there are no keys the composition does not reach them.
    let read = |tensor: Tensor<2>| tensor.grad(&grads).map(|gradient| read(&gradient));
    let keys_values = read(keys_values).unwrap_or_else(|| vec![0.0; rows[1] * 2 * width]);
    (output, vec![read(queries).unwrap(), keys_values])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn agrees_with_the_composition((rows, case) in case().prop_filter("rows", |c| c.0 > 0)) {
        check(rows, &case);
    }

    #[test]
    fn cross_attention_agrees_with_the_composition(
        (heads, dim) in (1usize..4, 1usize..20),
        pairs in prop::collection::vec((0usize..30, 0usize..30), 1..5),
        kinds in (0usize..3, any::<bool>()),
    ) {
        let (kind, causal) = kinds;
        let (mut queries, mut keys): (Lengths, Lengths) = pairs.iter().copied().unzip();
        let mut options = AttentionOptions { causal, ..AttentionOptions::new(heads) };
        let (mut left, mut right) =
            (Sequences::Ragged(queries.clone().into()), Sequences::Ragged(keys.clone().into()));
        if kind > 0 {
            let length = queries[0].max(1);
            left = Sequences::Uniform(length);
            queries.fill(length);
        }
        if kind > 1 {
            options.key_lengths = Some(keys.clone().into());
            keys.fill(17);
            right = Sequences::Uniform(17);
        }
        let rows = [queries.iter().sum::<usize>(), keys.iter().sum()];
        prop_assume!(rows[0] > 0);
        let both = [true, false].map(|f| run_cross(rows, dim, [&left, &right], &options, f));
        agree(&both[0], &both[1]);
    }
}

/// Lengths at which tiles, panels and parts are cut.
#[test]
fn long_sequences_agree_with_the_composition() {
    for causal in [false, true] {
        for (count, length, heads, dim) in [(2, 65, 3, 64), (1, 300, 2, 32), (1, 700, 1, 16)] {
            let (rows, mut case) = Case::uniform(count, length, heads, dim);
            case.options.causal = causal;
            check(rows, &case);
        }
        let (_, mut case) = Case::uniform(1, 1, 2, 24);
        case.sequences = Sequences::Ragged([400, 3, 0, 90].into());
        case.options.causal = causal;
        check(493, &case);
    }
}

#[test]
fn a_shared_bias_collects_over_many_sequences() {
    let (rows, mut case) = Case::uniform(23, 9, 3, 8);
    case.biases = Some(1);
    check(rows, &case);
}

#[test]
fn gradient_agrees_with_finite_differences() {
    let (rows, mut case) = Case::uniform(2, 5, 2, 3);
    case.biases = Some(1);
    case.options =
        AttentionOptions { causal: true, key_lengths: Some([4, 5].into()), ..case.options };
    let (_, gradients) = run(rows, &case, true);
    let doubled = values(180, 1).iter().map(|x| x * 2.0).collect::<Vec<_>>();
    let arguments = [doubled, values(50, 2)];
    // The loss in f64, on the composed path.
    let loss = |arguments: &[Vec<f32>; 2]| {
        let device = (&Device::flex(), DType::F64);
        let wide = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
        let qkv = Tensor::<2>::from_data(TensorData::new(wide(&arguments[0]), [rows, 18]), device);
        let bias = TensorData::new(wide(&arguments[1]), [1, 2, 5, 5]);
        let bias = Some(Tensor::<4>::from_data(bias, device));
        let output = self_attention(qkv, &case.sequences, bias, &case.options);
        let fixed = TensorData::new(wide(&values(rows * 6, 4)), [rows, 6]);
        let fixed = Tensor::<2>::from_data(fixed, device);
        (output.clone() * output * fixed).sum().to_data().iter::<f64>().next().unwrap()
    };
    for (argument, gradient) in gradients.iter().enumerate() {
        for index in 0..gradient.len() {
            let moved = |step: f32| {
                let mut arguments = arguments.clone();
                arguments[argument][index] += step;
                (loss(&arguments), f64::from(arguments[argument][index]))
            };
            let ((above, right), (below, left)) = (moved(1e-3), moved(-1e-3));
            let slope = (above - below) / (right - left);
            let error = (slope - gradient[index]).abs();
            assert!(error < 1e-4 * (1.0 + slope.abs()), "{slope} against {}", gradient[index]);
        }
    }
}

#[test]
fn weights_are_the_probabilities() {
    let device = Device::flex();
    for (count, length, causal) in [(3, 7, false), (2, 65, true), (1, 300, true), (0, 4, false)] {
        let (rows, mut case) = Case::uniform(count, length, 2, 5);
        case.options.causal = causal;
        case.options.key_lengths = Some((0..count).map(|i| i * 5).collect());
        let qkv = sample([rows, 30], 1, &device);
        let plan = self_plan(&qkv, &case.sequences, None, &case.options);
        let weights = attention_weights(qkv.clone(), &case.sequences, &case.options);
        assert_close(&weights, &composed::attention_weights(&qkv, &plan), 1e-5);
    }
}

#[test]
fn runs_on_views_and_mixes_with_other_operations() {
    let device = device();
    let step = |fused: bool| {
        let weight = sample([24, 9], 1, &device).require_grad();
        let hidden = sample([10, 9], 2, &device);
        let qkv = weight.clone().matmul(hidden.transpose()).transpose().slice_dim(0, 1..9);
        let (_, case) = Case::uniform(2, 4, 2, 4);
        let output = if fused {
            self_attention(qkv, &case.sequences, None, &case.options)
        } else {
            let plan = self_plan(&qkv, &case.sequences, None, &case.options);
            composed::self_attention(&qkv, None, &plan)
        };
        let grads = output.clone().transpose().powi_scalar(2).slice_dim(1, 2..7).sum().backward();
        (output, vec![read(&weight.grad(&grads).unwrap())])
    };
    agree(&step(true), &step(false));
}

#[test]
fn does_not_depend_on_the_number_of_threads() {
    let (_, mut case) = Case::uniform(1, 1, 2, 24);
    case.sequences = Sequences::Ragged([400, 3, 0, 90].into());
    let (rows, mut biased) = Case::uniform(23, 9, 3, 8);
    biased.biases = Some(1);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let [one, two] = [run(493, &case, true), run(rows, &biased, true)];
            (read(&one.0), one.1, read(&two.0), two.1)
        })
    };
    assert_eq!(with(1), with(3));
}
