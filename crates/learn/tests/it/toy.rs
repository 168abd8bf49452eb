//! A small set of pictures that a network can learn: a bright bar in one of four places, noise
//! everywhere, written as IDX files.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use burn::tensor::Device;
use pith_data::collection::{self, Collection};
use pith_data::preprocess::Preprocess;
use pith_data::random::Random;
use pith_learn::run::Run;
use pith_learn::train::progress::Progress;
use pith_learn::train::{self, Outcome, Plan, Setting};
use pith_learn::{Error, Recipe};

const SIDE: usize = 12;
const CLASSES: usize = 4;

/// Writes `count` pictures with their labels and returns the path of the pictures.
pub fn write(folder: &Path, count: usize) -> std::path::PathBuf {
    let mut pictures = header(3, &[count, SIDE, SIDE]);
    let mut labels = header(1, &[count]);
    for sample in 0..count {
        let class = sample % CLASSES;
        let mut random = Random::keyed(&[sample as u64]);
        for place in 0..SIDE * SIDE {
            let (row, column) = (place / SIDE, place % SIDE);
            let along = if class < 2 { row } else { column };
            let bright = along / (SIDE / 4) == 1 + class % 2;
            let value = random.uniform(0.0, 120.0) + if bright { 100.0 } else { 0.0 };
            pictures.push(value as u8);
        }
        labels.push(class as u8);
    }
    let path = folder.join("toy-images-idx3-ubyte");
    std::fs::write(&path, pictures).expect("a writable folder");
    std::fs::write(folder.join("toy-labels-idx1-ubyte"), labels).expect("a writable folder");
    path
}

fn header(dimensions: u8, sizes: &[usize]) -> Vec<u8> {
    let sizes = sizes.iter().flat_map(|&size| (size as u32).to_be_bytes());
    [0, 0, 8, dimensions].into_iter().chain(sizes).collect()
}

/// A recipe for the toy pictures; `rest` names encoder and objective, and may change anything.
pub fn recipe(pictures: &Path, rest: &str, changes: &[&str]) -> Recipe {
    let text = format!(
        "views = [{{ noise = {{}} }}]\n{rest}\n[data]\npath = {:?}\n\
         [train]\nbatch-size = 16\nsteps = 20\nprobe-every = 10\n",
        pictures.display()
    );
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    Recipe::parse(&text, "toy", &changes).expect("a valid recipe")
}

/// Opens the data of a recipe.
pub fn open(recipe: &Recipe) -> (Collection, Preprocess) {
    let collection = collection::open(&recipe.data).expect("readable data");
    let preprocess = Preprocess::fit(&collection.train, &recipe.input).expect("usable data");
    (collection, preprocess)
}

/// Trains in a run folder, from where it stands; with `stop`, one step and no more.
pub fn train(recipe: &Recipe, run: &Run, stop: bool) -> Result<Outcome, Error> {
    let (collection, preprocess) = open(recipe);
    let setting = Setting {
        recipe,
        collection: &collection,
        preprocess: &preprocess,
        device: &Device::flex(),
        stop: &AtomicBool::new(stop),
    };
    train::train(Plan::new(&setting)?, run, &mut Progress::new(false))
}
