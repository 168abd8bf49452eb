//! What an objective cannot do, it says: which setting, what it received, what to do.

use burn::tensor::Device;
use pith_data::sample::Shape;
use pith_learn::nn::Init;
use pith_learn::objective::Context;
use pith_learn::{encoder, objective};

const SHAPE: Shape = Shape::Features { width: 4 };

/// What is told of an objective that cannot be built for so many classes.
fn refusal(settings: &str, classes: usize) -> String {
    let mut init = Init::new(0, &Device::flex());
    let encoder = encoder::Config::default_of("mlp").expect("a listed method");
    let encoder = encoder.init(SHAPE, &mut init).expect("an encoder of rows");
    let config: objective::Config = toml::from_str(settings).expect("settings");
    let context = Context { encoder: &encoder, shape: SHAPE, classes };
    config.init(context, &mut init).expect_err(settings).to_string()
}

#[test]
fn settings_out_of_range_are_named_with_their_value() {
    let cases = [
        ("byol", "momentum", "1.5"),
        ("byol", "momentum", "nan"),
        ("byol", "projector", "[]"),
        ("byol", "predictor", "0"),
        ("simsiam", "predictor", "0"),
        ("simsiam", "projector", "[8, 0]"),
        ("barlow-twins", "redundancy", "-1.0"),
        ("moco-v3", "temperature", "0.0"),
        ("moco-v3", "momentum", "-0.1"),
        ("supcon", "temperature", "inf"),
        ("cross-entropy", "smoothing", "1.0"),
        ("proxy-anchor", "scale", "0.0"),
        ("proxy-anchor", "margin", "1.0"),
    ];
    for (keyword, key, value) in cases {
        let told = refusal(&format!("[{keyword}]\n{key} = {value}"), 3);
        assert!(told.contains(&format!("objective.{keyword}.{key}")), "{told}");
        let received = value.strip_suffix(".0").unwrap_or(value).to_lowercase();
        assert!(told.to_lowercase().contains(&received), "{told}");
    }
    let told = refusal("[triplet]\nmargin = { hinge = -0.2 }", 3);
    assert!(told.contains("objective.triplet.margin.hinge") && told.contains("-0.2"), "{told}");
}

#[test]
fn objectives_of_classes_refuse_data_without_them() {
    for keyword in ["supcon", "triplet", "proxy-anchor", "cross-entropy"] {
        for classes in [0, 1] {
            let told = refusal(&format!("[{keyword}]"), classes);
            assert!(told.contains(keyword) && told.contains("simclr"), "{told}");
        }
    }
}
