//! Encoders give the vectors of torchvision on the same weights (`benches/agreement/encoders.py`
//! wrote the file).

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;
use pith_data::sample::Shape;
use pith_learn::encoder;
use pith_learn::input::Input;
use pith_learn::nn::Init;

use super::formula;

#[test]
fn encoders_agree_with_torchvision() {
    let file = "../../benches/agreement/golden/encoders.json";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(file).expect("expectations");
    let expected: BTreeMap<String, Vec<f32>> = serde_json::from_str(&text).expect("expectations");
    let device = Device::flex();
    let cases = [
        ("resnet-basic", "[resnet]\nstem = 'standard'\nwidths = [4, 8]\nblocks = [1, 2]", 16),
        (
            "resnet-bottleneck",
            "[resnet]\nblock = 'bottleneck'\nwidths = [4, 8]\nblocks = [1, 2]",
            8,
        ),
        ("convnext", "[convnext]\npatch = 4\nwidths = [8, 16]\nblocks = [1, 2]", 16),
        ("vit", "[vit]\npatch = 4\nwidth = 8\ndepth = 2\nheads = 2", 8),
    ];
    for (name, settings, side) in cases {
        let shape = Shape::Pixels { channels: 3, height: side, width: side };
        let config: encoder::Config = toml::from_str(settings).expect("settings");
        let encoder = config.init(shape, &mut Init::new(0, &device)).expect("an encoder");
        let encoder = formula::filled(encoder, 0.2, None);
        let pictures = formula::pictures([2, 3, side, side], 0, &device);
        let vectors = encoder.encode(&Input::Pixels(pictures)).pooled;
        let vectors: Vec<f32> = vectors.into_data().try_into_vec().expect("f32");
        assert_eq!(vectors.len(), expected[name].len(), "{name}");
        for (found, wanted) in vectors.iter().zip(&expected[name]) {
            assert!((found - wanted).abs() < 1e-4, "{name}: {vectors:?} {:?}", expected[name]);
        }
    }
}
