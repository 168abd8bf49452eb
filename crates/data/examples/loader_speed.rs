//! How many samples a second the loader delivers: two views each, as SimCLR combines them.
//!
//!     cargo run --release -p pith-data --example loader_speed -- PICTURES [WORKERS]

use std::time::Instant;

use pith_data::loader::{Loader, Options};
use pith_data::preprocess::{self, Preprocess};
use pith_data::view::Pipeline;
use pith_data::{collection, config};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a folder or archive of pictures")?;
    let workers = arguments.next().map_or(Ok(1), |count| count.parse())?;
    let train = collection::open(&config::Config::new(path))?.train;
    let start = Instant::now();
    let input = Preprocess::fit(&train, &preprocess::Config::default())?;
    println!("fitted in {:.2} s: {:?}", start.elapsed().as_secs_f64(), input.shape());
    let simclr = r#"[{"crop-resize": {}}, {"flip": {}}, {"colour-jitter": {}}, {"grey": {}}]"#;
    let pipeline = Pipeline::new(input, serde_json::from_str(simclr)?)?;
    let options = Options { views: 2, shuffle: true, workers, ..Options::default() };
    let loader = Loader::new(train, pipeline, options)?;
    let (start, mut samples) = (Instant::now(), 0);
    for batch in loader.epoch(0, 0) {
        samples += batch.ids.len();
        if start.elapsed().as_secs() >= 10 {
            break;
        }
    }
    let rate = samples as f64 / start.elapsed().as_secs_f64();
    println!("{samples} samples, {rate:.0} a second, {} skipped", loader.skipped().len());
    Ok(())
}
