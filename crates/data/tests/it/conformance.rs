//! What every reader owes, asked of one fixture of every format.

use std::collections::HashSet;

use pith_data::dataset::{self, Kind};
use pith_data::sample::{Cell, Value};
use pith_data::schema::Content;
use rayon::prelude::*;

use crate::fixture::{self, Fixture};

fn each(check: impl Fn(&Fixture, &dyn dataset::Dataset)) {
    let root = tempfile::tempdir().unwrap();
    for fixture in fixture::all(root.path()) {
        let dataset = dataset::open(&fixture.path, &fixture.options)
            .unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        check(&fixture, &*dataset);
    }
}

/// Equal, where NaN equals NaN.
fn same(a: &Value, b: &Value) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

#[test]
fn counts_and_classes_are_found() {
    each(|fixture, dataset| {
        assert_eq!(dataset.len(), fixture.samples, "{}", fixture.name);
        assert_eq!(dataset.classes(), fixture.classes, "{}", fixture.name);
    });
}

#[test]
fn ids_are_unique_and_labels_are_classes() {
    each(|fixture, dataset| {
        let ids: HashSet<String> = (0..dataset.len()).map(|index| dataset.id(index)).collect();
        assert_eq!(ids.len(), dataset.len(), "{}", fixture.name);
        let labels: Vec<u32> = (0..dataset.len()).filter_map(|i| dataset.label(i)).collect();
        assert!(labels.iter().all(|&l| (l as usize) < dataset.classes().len()), "{}", fixture.name);
        assert_eq!(labels.is_empty(), fixture.classes.is_empty(), "{}", fixture.name);
    });
}

#[test]
fn every_sample_is_of_the_kind_it_claims() {
    each(|fixture, dataset| {
        for index in 0..dataset.len() {
            match (dataset.kind(), dataset.read(index).unwrap()) {
                (Kind::Image, Value::Image(image)) => {
                    assert!(matches!(image.channels, 1 | 3), "{}", fixture.name);
                    let size = image.width * image.height * image.channels;
                    assert!(size > 0 && size == image.pixels.len(), "{}", fixture.name);
                }
                (Kind::Row(schema), Value::Row(cells)) => {
                    assert_eq!(cells.len(), schema.columns.len(), "{}", fixture.name);
                    for (cell, column) in cells.iter().zip(&schema.columns) {
                        match (&column.content, cell) {
                            (Content::Number, Cell::Number(n)) => assert!(!n.is_infinite()),
                            (Content::Category(values), Cell::Category(c)) => {
                                assert!(c.is_none_or(|c| (c as usize) < values.len()));
                            }
                            other => panic!("{}: {other:?}", fixture.name),
                        }
                    }
                }
                other => panic!("{}: {other:?}", fixture.name),
            }
        }
    });
}

#[test]
fn reads_and_fingerprints_repeat_on_many_threads() {
    each(|fixture, dataset| {
        let once: Vec<_> = (0..dataset.len())
            .map(|index| (dataset.read(index).unwrap(), dataset.fingerprint(index).unwrap()))
            .collect();
        let again: Vec<_> = (0..dataset.len() * 8)
            .into_par_iter()
            .map(|n| {
                let index = n % dataset.len();
                (dataset.read(index).unwrap(), dataset.fingerprint(index).unwrap())
            })
            .collect();
        for (n, (value, print)) in again.iter().enumerate() {
            let (first, first_print) = &once[n % dataset.len()];
            assert!(same(value, first) && print == first_print, "{}: sample {n}", fixture.name);
        }
    });
}

#[test]
fn opening_twice_gives_the_same() {
    each(|fixture, dataset| {
        let twin = dataset::open(&fixture.path, &fixture.options).unwrap();
        assert_eq!(twin.kind(), dataset.kind(), "{}", fixture.name);
        assert_eq!(twin.notes(), dataset.notes(), "{}", fixture.name);
        for index in 0..dataset.len() {
            assert_eq!(twin.id(index), dataset.id(index), "{}", fixture.name);
            assert_eq!(twin.label(index), dataset.label(index), "{}", fixture.name);
            assert_eq!(twin.split(index), dataset.split(index), "{}", fixture.name);
            let prints = [&*twin, dataset].map(|d| d.fingerprint(index).unwrap());
            assert_eq!(prints[0], prints[1], "{}", fixture.name);
        }
    });
}

#[test]
fn different_samples_have_different_fingerprints() {
    each(|fixture, dataset| {
        for a in 0..dataset.len() {
            for b in 0..a {
                let equal = same(&dataset.read(a).unwrap(), &dataset.read(b).unwrap());
                let prints = [a, b].map(|index| dataset.fingerprint(index).unwrap());
                assert_eq!(prints[0] == prints[1], equal, "{}: {a} and {b}", fixture.name);
            }
        }
    });
}

#[test]
fn an_archive_and_a_folder_of_the_same_pictures_are_the_same() {
    let root = tempfile::tempdir().unwrap();
    let fixtures = fixture::all(root.path());
    let open = |name: &str| {
        let fixture = fixtures.iter().find(|fixture| fixture.name == name).unwrap();
        dataset::open(&fixture.path, &fixture.options).unwrap()
    };
    let folder = open("folder");
    for name in ["tar", "tar.gz", "tar.zst", "zip"] {
        let archive = open(name);
        for index in 0..folder.len() {
            assert_eq!(archive.id(index), folder.id(index), "{name}");
            assert_eq!(archive.label(index), folder.label(index), "{name}");
            assert_eq!(archive.fingerprint(index).unwrap(), folder.fingerprint(index).unwrap());
        }
    }
}
