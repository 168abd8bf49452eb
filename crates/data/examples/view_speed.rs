//! What one view of one picture costs on one core: a 32 x 32 picture with each view and with
//! SimCLR's, and a photograph of 500 x 375.
//!
//!     cargo run --release -p pith-data --example view_speed

use std::time::Instant;

use pith_data::preprocess::{Preprocess, image};
use pith_data::random::Random;
use pith_data::sample::{Image, Value};
use pith_data::view::{Config, Pipeline, Scratch};

const PICTURES: u64 = 2000;
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mean, std) = (vec![0.5; 3], vec![0.25; 3]);
    let input = Preprocess::Image(image::Image { size: [32, 32], channels: 3, mean, std });
    let simclr = r#"[{"crop-resize": {}}, {"flip": {}}, {"colour-jitter": {}}, {"grey": {}}]"#;
    let views = Pipeline::new(input.clone(), serde_json::from_str(simclr)?)?;
    report("no view", &Pipeline::plain(input.clone()), [32, 32]);
    report("simclr", &views, [32, 32]);
    report("simclr, 500 x 375", &views, [500, 375]);
    for view in Config::defaults() {
        if view.method().fits.pictures() {
            let keyword = view.method().keyword;
            report(keyword, &Pipeline::new(input.clone(), vec![view])?, [32, 32]);
        }
    }
    Ok(())
}

/// Prints the median of some rounds.
fn report(name: &str, pipeline: &Pipeline, [width, height]: [usize; 2]) {
    let pixels = (0..width * height * 3).map(|at| (at * 37 % 251) as u8).collect();
    let value = Value::Image(Image { width, height, channels: 3, pixels });
    let (mut scratch, mut out) = (Scratch::default(), vec![0.0; 32 * 32 * 3]);
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for key in 0..PICTURES {
                let mut random = Random::keyed(&[key]);
                pipeline
                    .render(&value, &mut random, &mut scratch, &mut out)
                    .expect("the picture is a picture");
                std::hint::black_box(&out);
            }
            start.elapsed().as_secs_f64() * 1e6 / PICTURES as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!("{name:18} {:7.1} µs", rounds[ROUNDS / 2]);
}
