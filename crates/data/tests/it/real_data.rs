//! The real sets, where `PITH_DATA` says where they are.

use std::path::PathBuf;
use std::time::Instant;

use pith_data::collection::{self, Subset};
use pith_data::config::Config;
use pith_data::dataset::{self, Kind, Options, Split};
use pith_data::leakage;
use rayon::prelude::*;

fn data() -> Option<PathBuf> {
    let path = std::env::var_os("PITH_DATA").map(PathBuf::from);
    if path.is_none() {
        eprintln!("SKIPPED: PITH_DATA is not set");
    }
    path
}

/// Opens, counts and reads a set; what it took is printed.
fn check(path: &str, samples: usize, classes: usize) {
    let Some(root) = data() else { return };
    let start = Instant::now();
    let dataset = dataset::open(&root.join(path), &Options::default())
        .unwrap_or_else(|error| panic!("{path}: {error}"));
    let opened = start.elapsed();
    assert_eq!((dataset.len(), dataset.classes().len()), (samples, classes), "{path}");
    let start = Instant::now();
    let read = samples.min(5000);
    let step = samples / read;
    let bad = (0..read).into_par_iter().filter(|n| dataset.read(n * step).is_err()).count();
    let rate = read as f64 / start.elapsed().as_secs_f64();
    eprintln!("{path}: {samples} opened in {opened:.2?}, {rate:.0} read per second");
    assert_eq!(bad, 0, "{path}");
}

#[test]
fn pictures_open_with_the_right_counts() {
    check("images/mnist", 70_000, 10);
    check("images/mnist/t10k-images-idx3-ubyte.gz", 10_000, 10);
    check("images/cifar10/test.tar.zst", 10_000, 10);
    check("images/cifar10/train.tar.zst", 50_000, 10);
    check("images/omniglot/images_background_small1.zip", 2720, 136);
    check("medical/pneumoniamnist_balanced.npz", 3166, 2);
    check("image_text/emojione/png.tar.zst", 1832, 0);
}

#[test]
fn tables_open_with_the_right_counts() {
    check("tabular/bank-full.csv", 40_004, 0);
    check("tabular/compas_two_years_nopii.csv", 6172, 0);
    check("tabular/german_credit.csv", 1000, 0);
    check("molecules/esol_delaney.csv", 1128, 0);
    check("recsys/ml-latest-small/ratings.csv.zst", 100_836, 0);
    check("tabular/uci_mushroom.arff", 8124, 2);
    check("tabular/uci_wine.arff", 178, 3);
    check("medical/uci_diabetes.arff", 768, 2);
}

#[test]
fn medmnist_keeps_its_splits_and_its_known_duplicates_are_found() {
    let Some(root) = data() else { return };
    let path = root.join("medical/pneumoniamnist_balanced.npz");
    let collection = collection::open(&Config::new(path.to_str().unwrap())).unwrap();
    let sizes = [&collection.train, &collection.validation, &collection.test].map(Subset::len);
    assert_eq!(sizes, [2428, 270, 468]);
    let leakage = leakage::find(&collection);
    assert_eq!(leakage.samples(Split::Validation, Split::Train), 3, "{leakage}");
}

#[test]
fn bank_marketing_has_typed_columns() {
    let Some(root) = data() else { return };
    let mut options = Options::default();
    options.columns.label = Some("y".to_owned());
    let dataset = dataset::open(&root.join("tabular/bank-full.csv"), &options).unwrap();
    let Kind::Row(schema) = dataset.kind() else { panic!("no rows") };
    assert_eq!((schema.columns.len(), dataset.classes()), (16, &["no".into(), "yes".into()][..]));
}
