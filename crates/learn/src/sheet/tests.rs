//! Sheets of models that are known.

use burn::tensor::{Device, Tensor, TensorData};
use pith_data::preprocess::{Preprocess, image};
use pith_data::sample::Shape;

use super::*;
use crate::encoder::{self, Encoder};
use crate::input::Input;
use crate::nn::Init;
use crate::objective::variational::Gaussian;

fn preprocess() -> Preprocess {
    let (mean, std) = (vec![0.4, 0.5, 0.6], vec![0.2, 0.25, 0.3]);
    Preprocess::Image(image::Image { size: [4, 6], channels: 3, mean, std })
}

fn classes() -> Vec<String> {
    ["cat", "dog"].map(String::from).to_vec()
}

/// Inputs between black and white, of two classes in turn.
fn held_out<'a>(preprocess: &'a Preprocess, classes: &'a [String], count: usize) -> HeldOut<'a> {
    let levels: Vec<f32> = (0..count * 72).map(|i| (i * 37 % 256) as f32 / 255.0).collect();
    let Preprocess::Image(image) = preprocess else { panic!("pictures") };
    let ready = levels.iter().enumerate().map(|(place, level)| {
        let channel = place / 24 % 3;
        (level - image.mean[channel]) / image.std[channel]
    });
    let data = TensorData::new(ready.collect::<Vec<f32>>(), [count, 3, 4, 6]);
    let input = Input::Pixels(Tensor::from_data(data, &Device::flex()));
    let labels = (0..count as u32).map(|place| Some(place % 2)).collect();
    HeldOut::new(input, labels, classes, preprocess, 7)
}

#[test]
fn an_exact_decoder_shows_the_pictures_again() {
    let (preprocess, classes) = (preprocess(), classes());
    let held_out = held_out(&preprocess, &classes, 12);
    let sheet = reconstructions(&held_out, None, held_out.input.rows());
    assert_eq!(sheet.rows.len(), 2);
    assert_eq!(sheet.rows[0].cells, sheet.rows[1].cells);
    assert_eq!(sheet.rows[0].cells.len(), 10);
    // Channels are interleaved and levels are what they were before they were scaled.
    let first = &sheet.rows[0].cells[0];
    assert_eq!((first.width, first.height, first.channels), (6, 4, 3));
    for (pixel, levels) in first.pixels.chunks(3).enumerate() {
        assert_eq!(levels, [0, 24, 48].map(|plane| ((plane + pixel) * 37 % 256) as u8));
    }
    let damaged =
        reconstructions(&held_out, Some(held_out.input.rows() * 0.0), held_out.input.rows());
    assert_eq!(damaged.rows[1].cells[0].pixels[..3], [102, 128, 153], "the mean colour");
}

#[test]
fn traversals_change_what_the_dimension_draws_and_nothing_else() {
    let (preprocess, classes) = (preprocess(), classes());
    let held_out = held_out(&preprocess, &classes, 4);
    let device = Device::flex();
    let mean = Tensor::<2>::from_floats([[0.1, -0.2, 0.3], [0.1, 2.2, 0.1]], &device);
    let posterior = Gaussian { log_variance: mean.zeros_like(), mean };
    // Dimension k draws the rows of pixels of channel k.
    let decode = |z: Tensor<2>| z.unsqueeze_dim::<3>(2).expand([7, 3, 24]).reshape([7, 72]) * 0.3;
    let sheet = traversals(&held_out, &posterior, decode);
    let labels: Vec<&str> = sheet.rows.iter().map(|row| &row.label[..2]).collect();
    assert_eq!(labels, ["z1", "z2", "z0"], "by divergence");
    for (row, moving) in sheet.rows.iter().zip([1, 2, 0]) {
        for channel in 0..3 {
            let levels: Vec<u8> = row.cells.iter().map(|cell| cell.pixels[channel]).collect();
            let steady = levels.iter().all(|level| *level == levels[0]);
            assert_eq!(steady, channel != moving, "{levels:?}");
            assert!(levels.is_sorted());
        }
    }
}

#[test]
fn interpolations_begin_and_end_at_reconstructions_of_different_classes() {
    let (preprocess, classes) = (preprocess(), classes());
    let held_out = held_out(&preprocess, &classes, 6);
    for path in [Path::Line, Path::Arc] {
        let sheet = interpolations(&held_out, held_out.input.rows(), path, |rows| rows);
        assert_eq!(sheet.rows.len(), 3);
        for row in &sheet.rows {
            assert_eq!(row.label, "cat → dog");
            assert_eq!((row.cells.len(), sheet.columns.len()), (11, 11));
            assert!(row.cells[0] == row.cells[1] && row.cells[9] == row.cells[10]);
            assert_ne!(row.cells[0], row.cells[10]);
        }
    }
}

#[test]
fn samples_follow_the_seed() {
    let (preprocess, classes) = (preprocess(), classes());
    let mut held_out = held_out(&preprocess, &classes, 2);
    let decode = |z: Tensor<2>| z.repeat_dim(1, 36);
    let first = samples(&held_out, 2, 1.0, decode);
    assert_eq!(first, samples(&held_out, 2, 1.0, decode));
    assert!(first.caption.contains("the seed 7"), "{}", first.caption);
    held_out.seed = 8;
    assert_ne!(first.rows, samples(&held_out, 2, 1.0, decode).rows);
}

fn encoder(settings: &str) -> Encoder {
    let config: encoder::Config = toml::from_str(settings).expect("settings");
    let shape = Shape::Pixels { channels: 3, height: 4, width: 6 };
    config.init(shape, &mut Init::new(3, &Device::flex())).expect("an encoder")
}

#[test]
fn attention_is_shown_of_encoders_that_have_it() {
    let (preprocess, classes) = (preprocess(), classes());
    let held_out = held_out(&preprocess, &classes, 5);
    let vit = encoder("[vit]\npatch = 2\nwidth = 8\nheads = 2\ndepth = 2\nregisters = 1");
    let shares = shares(vit.attention(&held_out.input).expect("a class token"));
    let sums = shares.sum_dim(2).into_data();
    assert!(sums.iter::<f32>().all(|sum| (sum - 1.0).abs() < 1e-5));
    let sheet = attention(&vit, &held_out).expect("a sheet");
    assert_eq!((sheet.rows.len(), sheet.rows[0].cells.len(), sheet.columns.len()), (5, 5, 5));
    assert!(sheet.rows.iter().flat_map(|row| &row.cells).all(|cell| cell.pixels.len() == 72));
    assert_eq!(attention(&encoder("[cnn]\nwidths = [4]"), &held_out), None);
}
