//! Names in saved files are ours: renaming code must not break a model.

use burn::tensor::Device;
use pith_data::sample::Shape;
use pith_learn::nn::Init;
use pith_learn::objective::Context;
use pith_learn::{encoder, objective, weights};

const SHAPE: Shape = Shape::Pixels { channels: 1, height: 8, width: 8 };

/// `name shape` lines of every method with its defaults.
#[test]
fn saved_names_are_pinned() {
    let device = Device::flex();
    let mut lines = Vec::new();
    let mut list = |kind: &str, keyword: &str, weights: weights::Weights| {
        lines.push(format!("[{kind} {keyword}]"));
        lines.extend(
            weights.iter().map(|(name, data)| format!("{name} {:?}", data.shape().as_slice())),
        );
    };
    for method in encoder::METHODS {
        let config = encoder::Config::default_of(method.keyword).expect("a listed method");
        let encoder = config.init(SHAPE, &mut Init::new(0, &device)).expect("takes pictures");
        list("encoder", method.keyword, weights::collect(&encoder));
    }
    // Small, with patches: a teacher repeats the names of its encoder.
    let encoder: encoder::Config =
        toml::from_str("[vit]\nwidth = 16\nheads = 2\ndepth = 1").expect("settings");
    for method in objective::METHODS {
        let config = objective::Config::default_of(method.keyword).expect("a listed method");
        let mut init = Init::new(0, &device);
        let encoder = encoder.init(SHAPE, &mut init).expect("takes pictures");
        let context = Context { encoder: &encoder, shape: SHAPE, classes: 3 };
        let objective = config.init(context, &mut init).expect("takes pictures");
        list("objective", method.keyword, weights::collect(&objective));
    }
    let found = lines.join("\n") + "\n";
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/names.txt");
    if std::env::var_os("PITH_PIN_NAMES").is_some() {
        std::fs::write(file, &found).expect("a writable checkout");
    }
    let pinned = std::fs::read_to_string(file).expect("the pinned names");
    assert_eq!(found, pinned, "names changed; if that is meant, set PITH_PIN_NAMES=1 once");
}
