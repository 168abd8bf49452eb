//! What is asked of every encoder and every objective, taken from their lists.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use pith_data::preprocess::Preprocess;
use pith_data::preprocess::image::Image;
use pith_data::sample::{Batch, Features, Input as Ready, Pixels, Shape};
use pith_learn::input::{Input, Views};
use pith_learn::moment::Moment;
use pith_learn::nn::Init;
use pith_learn::objective::Context;
use pith_learn::sheet::HeldOut;
use pith_learn::train::Learner;
use pith_learn::{encoder, objective, weights};

const PICTURES: Shape = Shape::Pixels { channels: 3, height: 16, width: 16 };
const ROWS: Shape = Shape::Features { width: 10 };

/// Numbers without a pattern in `[-1, 1]`.
fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut random = pith_data::random::Random::keyed(&[seed]);
    (0..count).map(|_| random.uniform(-1.0, 1.0)).collect()
}

fn ready(shape: Shape, samples: usize, seed: u64) -> Ready {
    let values = numbers(samples * shape.size(), seed);
    match shape {
        Shape::Pixels { channels, height, width } => {
            Ready::Pixels(Pixels { samples, channels, height, width, values })
        }
        Shape::Features { width } => Ready::Features(Features { samples, width, values }),
        other => panic!("no test input of shape {other:?}"),
    }
}

fn one(input: &Ready, sample: usize) -> Ready {
    let size = input.shape().size();
    let values = input.values()[sample * size..(sample + 1) * size].to_vec();
    match input {
        Ready::Pixels(p) => Ready::Pixels(Pixels { samples: 1, values, ..p.clone() }),
        Ready::Features(f) => Ready::Features(Features { samples: 1, values, ..f.clone() }),
        other => panic!("no single sample of {:?}", other.shape()),
    }
}

/// Every encoder with its defaults, on every shape that it takes.
fn encoders() -> Vec<(encoder::Config, Shape)> {
    let mut all = Vec::new();
    for method in encoder::METHODS {
        let config = encoder::Config::default_of(method.keyword).expect("a listed method");
        for shape in [PICTURES, ROWS] {
            if config.init(shape, &mut Init::new(0, &Device::flex())).is_ok() {
                all.push((config.clone(), shape));
            }
        }
    }
    assert!(all.len() > encoder::METHODS.len(), "every encoder takes pictures, one takes rows");
    all
}

fn values(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32")
}

#[test]
fn encoders_keep_samples_apart_and_their_promised_width() {
    let device = Device::flex();
    for (config, shape) in encoders() {
        let encoder = config.init(shape, &mut Init::new(1, &device)).expect("it was built before");
        let batch = ready(shape, 3, 7);
        let together = encoder.encode(&Input::from_data(batch.clone(), &device)).pooled;
        assert_eq!(together.dims(), [3, encoder.width()], "{}", config.keyword());
        let together = values(together);
        for (sample, expected) in together.chunks(encoder.width()).enumerate() {
            let alone =
                values(encoder.encode(&Input::from_data(one(&batch, sample), &device)).pooled);
            for (alone, expected) in alone.iter().zip(expected) {
                let error = (alone - expected).abs();
                assert!(error <= 1e-4 * (1.0 + expected.abs()), "{}", config.keyword());
            }
        }
        let again = values(encoder.encode(&Input::from_data(batch, &device)).pooled);
        assert_eq!(together, again, "{} is random", config.keyword());
    }
}

/// Of pictures that are no squares.
#[test]
fn encoders_say_how_many_cells_they_make() {
    let device = Device::flex();
    let mut configs: Vec<encoder::Config> = [
        "[vit]\npool = 'mean'",
        "[resnet]\nstem = 'standard'\nwidths = [4, 8, 8, 8]\nblocks = [1, 1, 1, 1]",
    ]
    .map(|settings| toml::from_str(settings).expect("settings"))
    .to_vec();
    let all = encoder::METHODS.iter();
    configs.extend(all.filter_map(|method| encoder::Config::default_of(method.keyword)));
    let mut maps = 0;
    for (config, [height, width]) in configs.iter().flat_map(|c| [(c, [36, 20]), (c, [20, 44])]) {
        let shape = Shape::Pixels { channels: 3, height, width };
        let encoder = config.init(shape, &mut Init::new(1, &device)).expect("it takes pictures");
        let Some([rows, columns]) = encoder.cells(shape) else { continue };
        let latent = encoder.encode(&Input::from_data(ready(shape, 2, 7), &device));
        let tokens = latent.tokens.expect("cells are tokens").dims();
        assert_eq!(tokens, [2, rows * columns, encoder.width()], "{}", config.keyword());
        assert_eq!(rows > columns, height > width, "{}", config.keyword());
        maps += 1;
    }
    assert_eq!(maps, 2 * 5, "a class token and rows have no map");
}

#[test]
fn encoders_are_the_same_for_the_same_seed() {
    let device = Device::flex();
    for (config, shape) in encoders() {
        let hash = |seed| {
            let encoder = config.init(shape, &mut Init::new(seed, &device)).expect("built before");
            weights::hash(&weights::collect(&encoder))
        };
        assert_eq!(hash(3), hash(3));
        assert_ne!(hash(3), hash(4));
    }
}

const SMALL_VIT: &str = "[vit]\nwidth = 24\ndepth = 2";
const CLASSES: u32 = 3;
const START: Moment = Moment { seed: 0, step: 0, steps: 30, batch: 0 };

/// Every objective with its defaults on each small encoder that it fits.
fn learners(seed: u64) -> Vec<(&'static str, Learner, Shape)> {
    let device = Device::flex().autodiff();
    let mut all = Vec::new();
    for method in objective::METHODS {
        let config = objective::Config::default_of(method.keyword).expect("a listed method");
        let before = all.len();
        for (shape, encoder) in [(PICTURES, "[cnn]"), (ROWS, "[mlp]"), (PICTURES, SMALL_VIT)] {
            let mut init = Init::new(seed, &device);
            let encoder: encoder::Config = toml::from_str(encoder).expect("settings");
            let encoder = encoder.init(shape, &mut init).expect("an encoder for that shape");
            let context = Context { encoder: &encoder, shape, classes: CLASSES as usize };
            let Ok(objective) = config.init(context, &mut init) else { continue };
            all.push((method.keyword, Learner { encoder, objective }, shape));
        }
        assert!(all.len() > before, "{} fits no encoder", method.keyword);
    }
    all
}

fn views(learner: &Learner, shape: Shape, turned: bool) -> Views {
    let samples = 12;
    let order: Vec<usize> =
        if turned { (0..samples).rev().collect() } else { (0..samples).collect() };
    let inputs = (0..learner.objective.views() as u64).map(|view| {
        let input = ready(shape, samples, 20 + view);
        let values: Vec<f32> =
            order.iter().flat_map(|&sample| one(&input, sample).values().to_vec()).collect();
        match input {
            Ready::Pixels(p) => Ready::Pixels(Pixels { values, ..p }),
            Ready::Features(f) => Ready::Features(Features { values, ..f }),
            other => panic!("no test input of shape {:?}", other.shape()),
        }
    });
    let batch = Batch {
        views: inputs.collect(),
        local: Vec::new(),
        labels: order.iter().map(|&sample| Some(sample as u32 % CLASSES)).collect(),
        ids: (0..samples).map(|sample| sample.to_string()).collect(),
    };
    Views::from_batch(batch, &Device::flex().autodiff())
}

/// The names of the parameters that want a gradient.
fn trained(learner: &Learner) -> Vec<String> {
    struct Names(Vec<String>, Vec<String>);
    impl ModuleVisitor for Names {
        fn enter_module(&mut self, name: &str, container: &str) {
            if !container.starts_with("Enum:") {
                self.0.push(name.to_owned());
            }
        }

        fn exit_module(&mut self, _name: &str, container: &str) {
            if !container.starts_with("Enum:") {
                self.0.pop();
            }
        }

        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if param.val().is_require_grad() {
                self.1.push(self.0.join("."));
            }
        }
    }
    let mut names = Names(Vec::new(), Vec::new());
    learner.visit(&mut names);
    names.1
}

#[test]
fn objectives_are_finite_and_reach_every_parameter() {
    // In the middle: some keep parts as they are at first.
    let moment = Moment { step: 15, ..START };
    for (keyword, learner, shape) in learners(5) {
        let loss = learner.loss(&views(&learner, shape, false), &moment);
        let total: f64 = loss.total.clone().without_autodiff().into_scalar();
        assert!(total.is_finite(), "{keyword}: {total}");
        let gradients = weights::gradients(&learner, loss.total.backward());
        for name in trained(&learner) {
            let gradient = gradients.get(&name);
            let gradient = gradient.unwrap_or_else(|| panic!("{keyword}: none reaches {name}"));
            let size: f64 = gradient.clone().abs().sum().into_scalar();
            assert!(size.is_finite(), "{keyword}: {name} has a gradient of size {size}");
        }
        let encoder: f64 = gradients
            .iter()
            .filter(|(name, _)| name.starts_with("encoder."))
            .map(|(_, gradient)| gradient.clone().abs().sum().into_scalar::<f64>())
            .sum();
        assert!(encoder > 0.0, "{keyword} asks nothing of the encoder");
    }
}

/// Those that draw whole inputs, and those that draw what was hidden.
const DRAWING: [&str; 10] = [
    "autoencoder",
    "denoising",
    "contractive",
    "sparse",
    "top-k",
    "vae",
    "beta-tcvae",
    "factor-vae",
    "wae-mmd",
    "vq-vae",
];
const FILLING: [&str; 2] = ["mae", "simmim"];

#[test]
fn objectives_that_draw_show_it_and_show_the_same_again() {
    let (mean, std) = (vec![0.5; 3], vec![0.5; 3]);
    let preprocess = Preprocess::Image(Image { size: [16, 16], channels: 3, mean, std });
    let classes = ["a", "b", "c"].map(String::from);
    let device = Device::flex();
    for (keyword, learner, _) in learners(9).into_iter().filter(|(.., shape)| *shape == PICTURES) {
        let learner = learner.valid();
        let input = Input::from_data(ready(PICTURES, 12, 4), &device);
        let labels = (0..12).map(|sample| Some(sample % CLASSES)).collect();
        let held_out = HeldOut::new(input, labels, &classes, &preprocess, 3);
        let sheets = learner.objective.show(&learner.encoder, &held_out);
        assert_eq!(sheets, learner.objective.show(&learner.encoder, &held_out), "{keyword}");
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name).collect();
        assert_eq!(names.contains(&"reconstructions"), DRAWING.contains(&keyword), "{keyword}");
        assert_eq!(names.contains(&"masked"), FILLING.contains(&keyword), "{keyword}");
        for sheet in &sheets {
            assert!(!sheet.rows.is_empty() && !sheet.caption.is_empty(), "{keyword}");
            let length = sheet.rows[0].cells.len();
            assert!(sheet.columns.is_empty() || sheet.columns.len() == length, "{keyword}");
            for row in &sheet.rows {
                assert_eq!(row.cells.len(), length, "{keyword}: {}", sheet.name);
                assert!(row.cells.iter().all(|cell| cell.pixels.len() == PICTURES.size()));
            }
        }
    }
}

#[test]
fn objectives_do_not_see_the_order_of_samples() {
    let mut asked = 0;
    for (keyword, learner, shape) in learners(6) {
        let value = |turned, seed| -> f64 {
            let moment = Moment { seed, ..START };
            let total = learner.loss(&views(&learner, shape, turned), &moment).total;
            total.without_autodiff().into_scalar()
        };
        let (straight, turned, redrawn) = (value(false, 0), value(true, 0), value(false, 1));
        assert_eq!(straight, value(false, 0), "{keyword} is not decided by its seed");
        // What draws for each place of the batch sees the order by its draws.
        if straight == redrawn {
            let error = (straight - turned).abs();
            assert!(error <= 1e-4 * straight.abs(), "{keyword}: {straight} and {turned}");
            asked += 1;
        }
    }
    assert!(asked > 3, "only {asked} objectives draw nothing");
}

/// The loss before the first and the last of 30 steps on the same views, while teachers, centres
/// and schedules move or stand still.
fn descended(mut learner: Learner, shape: Shape, still: bool) -> (f64, f64) {
    use pith_learn::optimizer::{Config, Optimizer};
    let views = views(&learner, shape, false);
    let mut optimizer = Optimizer::new(Config::default());
    let mut losses = Vec::new();
    for step in 0..30 {
        let moment = Moment { step: if still { 0 } else { step }, ..START };
        let loss = learner.loss(&views, &moment);
        losses.push(loss.total.clone().without_autodiff().into_scalar::<f64>());
        let gradients = weights::gradients(&learner, loss.total.backward());
        learner = optimizer.step(learner, gradients, 3e-3);
        let Learner { encoder, objective } = &mut learner;
        if !still {
            objective.remember(loss.seen);
            objective.follow(encoder, &moment);
        }
    }
    (losses[0], losses[losses.len() - 1])
}

#[test]
fn objectives_learn() {
    let fell = |(first, last): (f64, f64)| last < first - 0.1 * first.abs();
    for ((keyword, learner, shape), (.., again, _)) in learners(7).into_iter().zip(learners(7)) {
        let moving = descended(learner, shape, false);
        // Centres on their way and teachers that grow softer raise the loss, however well it is
        // followed; where they stand still, it must fall.
        let teacher = again.objective.teacher().is_some();
        let fallen = fell(moving) || (teacher && fell(descended(again, shape, true)));
        assert!(fallen, "{keyword}: {} became {}", moving.0, moving.1);
    }
}

#[test]
fn settings_survive_toml_and_refuse_unknown_keys() {
    fn check<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(
        keyword: &str,
        config: &T,
    ) {
        let text = toml::to_string(config).expect("settings are TOML");
        assert_eq!(&toml::from_str::<T>(&text).expect("what was written"), config);
        let wrong = format!("[{keyword}]\nno-such-setting = 1\n");
        let told = toml::from_str::<T>(&wrong).expect_err("an unknown key").to_string();
        assert!(told.contains("no-such-setting"), "{told}");
    }
    for method in encoder::METHODS {
        check(method.keyword, &encoder::Config::default_of(method.keyword).expect("listed"));
    }
    for method in objective::METHODS {
        check(method.keyword, &objective::Config::default_of(method.keyword).expect("listed"));
    }
}

/// Every setting of the vision transformer that its defaults leave alone.
#[test]
fn vit_trains_with_every_setting() {
    use pith_learn::encoder::vit::{Config, Pool, Positions};
    use pith_learn::optimizer::Optimizer;
    let config = Config {
        width: 24,
        depth: 2,
        positions: Positions::SinCos,
        pool: Pool::Mean,
        registers: 2,
        layer_scale: 0.1,
        ..Config::default()
    };
    let device = Device::flex().autodiff();
    let mut init = Init::new(3, &device);
    let encoder = encoder::Config::Vit(config).init(PICTURES, &mut init).expect("an encoder");
    let context = Context { encoder: &encoder, shape: PICTURES, classes: 0 };
    let objective = objective::Config::default_of("simclr").expect("a listed method");
    let objective = objective.init(context, &mut init).expect("an objective");
    let mut learner = Learner { encoder, objective };
    let before = weights::collect(&learner.valid());
    let views = views(&learner, PICTURES, false);
    let loss = learner.loss(&views, &START).total;
    let gradients = weights::gradients(&learner, loss.backward());
    learner = Optimizer::new(Default::default()).step(learner, gradients, 1e-3);
    let after = weights::collect(&learner.valid());
    for (name, value) in before.iter().filter(|(name, _)| name.starts_with("encoder.")) {
        let moved = value != &after[name];
        // The class token is not read where the patches are averaged, but the patches see it.
        assert_eq!(moved, name != "encoder.positions", "{name}");
    }
}
