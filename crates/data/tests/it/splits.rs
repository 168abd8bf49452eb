//! Dividing: by the hash of ids, never by order.

use std::collections::HashSet;
use std::path::Path;

use image::ExtendedColorType;
use pith_data::collection::{self, Collection, Subset};
use pith_data::config::Config;
use pith_data::dataset::Split;
use pith_data::leakage;

use crate::fixture::{self, png, write};

fn config(path: &Path) -> Config {
    Config::new(path.to_str().unwrap())
}

fn ids(subset: &Subset) -> Vec<String> {
    (0..subset.len()).map(|position| subset.id(position)).collect()
}

fn table(rows: impl Iterator<Item = usize>) -> String {
    let rows: String = rows.map(|row| format!("r{row},{row},{}\n", row % 3)).collect();
    format!("id,size,label\n{rows}")
}

fn collection(root: &Path, text: &str, change: impl Fn(&mut Config)) -> Collection {
    let path = root.join("t.csv");
    write(&path, text.as_bytes());
    let mut config = config(&path);
    change(&mut config);
    collection::open(&config).unwrap()
}

#[test]
fn every_sample_is_in_one_split_whatever_the_order() {
    let root = tempfile::tempdir().unwrap();
    let forward = collection(root.path(), &table(0..1000), |_| ());
    let splits = |c: &Collection| [&c.train, &c.validation, &c.test].map(ids);
    let [train, validation, test] = splits(&forward);
    let all: HashSet<&String> = train.iter().chain(&validation).chain(&test).collect();
    assert_eq!((all.len(), train.len() + validation.len() + test.len()), (1000, 1000));
    assert!((150..250).contains(&test.len()) && (50..110).contains(&validation.len()));
    let backward = collection(root.path(), &table((0..1000).rev()), |_| ());
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(splits(&backward).map(sorted), [train, validation, test].map(sorted));
    // What is added later changes nothing for what was there.
    let more = collection(root.path(), &table(0..1500), |_| ());
    let kept = |ids: Vec<String>| -> Vec<String> {
        ids.into_iter().filter(|id| id[1..].parse::<usize>().unwrap() < 1000).collect()
    };
    assert_eq!(splits(&more).map(kept), splits(&forward));
}

#[test]
fn a_limit_keeps_the_same_samples_first() {
    let root = tempfile::tempdir().unwrap();
    let limited = |limit| {
        let collection = collection(root.path(), &table(0..1000), |c| c.limit = Some(limit));
        (ids(&collection.train), ids(&collection.test))
    };
    let ((few, test), (more, same_test)) = (limited(10), limited(50));
    assert_eq!((few.len(), more.len(), test), (10, 50, same_test));
    assert!(few.iter().all(|id| more.contains(id)));
    assert_ne!(few, more[..10], "the limit went by the order");
    assert_ne!(limited(10_000).0.len(), 1000);
}

#[test]
fn official_splits_are_kept_and_the_rest_is_divided() {
    let root = tempfile::tempdir().unwrap();
    let fixtures = fixture::all(root.path());
    let open = |name: &str| {
        let fixture = fixtures.iter().find(|fixture| fixture.name == name).unwrap();
        collection::open(&config(&fixture.path)).unwrap()
    };
    let digits = open("idx folder");
    assert_eq!(ids(&digits.test), ["test/0", "test/1"]);
    assert_eq!(digits.train.len() + digits.validation.len(), 6);
    let medical = open("npz pictures");
    assert_eq!(ids(&medical.validation), ["validation/0"]);
    assert_eq!((medical.train.len(), medical.test.len()), (4, 2));
}

#[test]
fn a_test_set_apart_shares_classes_by_name() {
    let root = tempfile::tempdir().unwrap();
    for (number, name) in ["train/b/1.png", "train/c/1.png", "train/c/2.png"].iter().enumerate() {
        write(&root.path().join(name), &png(number, 4, ExtendedColorType::L8));
    }
    for (number, name) in ["test/a/1.png", "test/c/1.png"].iter().enumerate() {
        write(&root.path().join(name), &png(9 + number, 4, ExtendedColorType::L8));
    }
    let mut config = config(&root.path().join("train"));
    config.test = Some(root.path().join("test").to_str().unwrap().to_owned());
    config.validation = 0.0;
    let collection = collection::open(&config).unwrap();
    assert_eq!(collection.classes, ["b", "c", "a"]);
    assert_eq!((collection.train.label(0), collection.train.label(1)), (Some(0), Some(1)));
    assert_eq!((collection.test.label(0), collection.test.label(1)), (Some(2), Some(1)));
    // The folder of both is divided by its top folders.
    let mut config = Config::new(root.path().to_str().unwrap());
    config.validation = 0.0;
    let both = collection::open(&config).unwrap();
    assert_eq!((both.train.len(), both.test.len()), (3, 2));
    assert_eq!(both.classes, ["a", "b", "c"]);
}

#[test]
fn a_test_table_apart_has_the_training_columns() {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("test.csv"), b"label,colour,size\n1,violet,2\n0,red,1\n");
    let train = "size,colour,label\n1,red,0\n2,blue,1\n3,red,0\n";
    let test = root.path().join("test.csv").to_str().unwrap().to_owned();
    let collection = collection(root.path(), train, |config| {
        config.test = Some(test.clone());
        config.validation = 0.0;
    });
    assert_eq!(collection.test.dataset.kind(), collection.train.dataset.kind());
    assert_eq!(collection.test.label(0), Some(1));
}

#[test]
fn too_small_or_mixed_data_are_refused() {
    let root = tempfile::tempdir().unwrap();
    fixture::write_folder(&root.path().join("f"));
    write(&root.path().join("t.csv"), fixture::TABLE.as_bytes());
    let mut mixed = config(&root.path().join("f"));
    mixed.test = Some(root.path().join("t.csv").to_str().unwrap().to_owned());
    let error = collection::open(&mixed).err().unwrap().to_string();
    assert!(error.contains("pictures") && error.contains("table rows"), "{error}");
    write(&root.path().join("one.csv"), b"a\n1\n");
    let mut all = config(&root.path().join("one.csv"));
    all.test_fraction = 0.999_999;
    let error = collection::open(&all).err().unwrap().to_string();
    assert!(error.contains("no training sample is left"), "{error}");
}

#[test]
fn duplicates_between_splits_are_found() {
    let root = tempfile::tempdir().unwrap();
    // Rows come in pairs that differ in id and label only.
    let rows: String = (0..200).map(|row| format!("r{row},{},{}\n", row / 2, row % 2)).collect();
    let collection = collection(root.path(), &format!("id,size,label\n{rows}"), |_| ());
    let leakage = leakage::find(&collection);
    let number = |id: &str| id[1..].parse::<usize>().unwrap() / 2;
    let train: HashSet<usize> = ids(&collection.train).iter().map(|id| number(id)).collect();
    let twins = ids(&collection.test).iter().filter(|id| train.contains(&number(id))).count();
    assert!(twins > 10);
    assert_eq!(leakage.samples(Split::Test, Split::Train), twins);
    assert_eq!((leakage.compared, leakage.unreadable), (200, 0));
    for overlap in &leakage.overlaps {
        assert!(
            overlap.examples.iter().all(|[one, twin]| number(one) == number(twin) && one != twin)
        );
    }
    let text = leakage.to_string();
    assert!(text.contains(&format!("{twins} test samples are also in training")), "{text}");
    let json = serde_json::to_value(&leakage).unwrap();
    assert_eq!(json["overlaps"][0]["of"], "validation");
}

#[test]
fn without_duplicates_no_leakage_is_reported() {
    let root = tempfile::tempdir().unwrap();
    let leakage = leakage::find(&collection(root.path(), &table(0..200), |_| ()));
    assert_eq!(leakage.overlaps, []);
    assert!(leakage.to_string().contains("no exact duplicates between splits (200 samples"));
}
