use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::dataset::{Dataset, Kind};
use crate::error::{Fault, SampleError};
use crate::preprocess::{self, Preprocess};
use crate::sample::{Image, Value};
use crate::view::Config as View;

/// Pictures of 12 x 10 made from their index; some are bad, and every reading is counted.
struct Pictures {
    len: usize,
    bad: fn(usize) -> bool,
    panics: bool,
    reads: AtomicUsize,
}

impl Dataset for Pictures {
    fn len(&self) -> usize {
        self.len
    }

    fn id(&self, index: usize) -> String {
        format!("picture/{index}")
    }

    fn label(&self, index: usize) -> Option<u32> {
        Some(index as u32 % 3)
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn kind(&self) -> Kind {
        Kind::Image
    }

    fn read(&self, index: usize) -> Result<Value, SampleError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if (self.bad)(index) {
            assert!(!self.panics, "a decoder that stumbles");
            return Err(Fault::Empty.of(self.id(index)));
        }
        let pixels = (0..12 * 10 * 3).map(|at| (at * 7 + index * 31) as u8).collect();
        Ok(Value::Image(Image { width: 12, height: 10, channels: 3, pixels }))
    }

    fn fingerprint(&self, index: usize) -> Result<u128, SampleError> {
        Ok(index as u128)
    }
}

fn pictures(len: usize, bad: fn(usize) -> bool) -> Arc<Pictures> {
    Arc::new(Pictures { len, bad, panics: false, reads: AtomicUsize::new(0) })
}

fn loader(pictures: &Arc<Pictures>, options: Options) -> Result<Loader, Error> {
    let input = preprocess::Config {
        size: Some(8),
        channels: Some(3),
        mean: Some(vec![0.5; 3]),
        std: Some(vec![0.25; 3]),
    };
    let subset = Subset::all(Arc::clone(pictures) as Arc<dyn Dataset>);
    let views = [r#"{"crop-resize": {}}"#, r#"{"flip": {}}"#, r#"{"colour-jitter": {}}"#];
    let views = views.map(|view| serde_json::from_str::<View>(view).unwrap()).to_vec();
    let pipeline = Pipeline::new(Preprocess::fit(&subset, &input)?, views)?;
    Loader::new(subset, pipeline, options)
}

const SHUFFLED: Options = Options {
    batch_size: 8,
    views: 2,
    shuffle: true,
    drop_last: false,
    classes: None,
    seed: 7,
    workers: 1,
};

fn ids(batches: &[Batch]) -> Vec<&str> {
    batches.iter().flat_map(|batch| &batch.ids).map(String::as_str).collect()
}

#[test]
fn batches_are_the_same_bits_whatever_the_number_of_workers() {
    let pictures = pictures(50, |index| index % 11 == 3);
    let one: Vec<Batch> = loader(&pictures, SHUFFLED).unwrap().epoch(3, 0).collect();
    assert_eq!(one.len(), 7);
    for workers in [2, 3, 16] {
        let options = Options { workers, ..SHUFFLED };
        let many: Vec<Batch> = loader(&pictures, options).unwrap().epoch(3, 0).collect();
        assert!(one == many, "{workers} workers make other batches than one");
    }
}

#[test]
fn local_crops_are_small_the_same_bits_and_leave_the_views_alone() {
    let pictures = pictures(20, |index| index == 7);
    let crops = LocalCrops { count: 3, size: 5, ..LocalCrops::default() };
    let made = |workers| loader(&pictures, Options { workers, ..SHUFFLED }).unwrap();
    let batches = |workers, skip| -> Vec<Batch> {
        made(workers).with_local_crops(&crops).unwrap().epoch(2, skip).collect()
    };
    let (plain, whole): (Vec<Batch>, _) = (made(1).epoch(2, 0).collect(), batches(1, 0));
    for (with, without) in whole.iter().zip(&plain) {
        assert!(with.views == without.views, "local crops change the views");
        assert_eq!((with.local.len(), without.local.len()), (3, 0));
        for crop in &with.local {
            assert_eq!(crop.shape(), Shape::Pixels { channels: 3, height: 5, width: 5 });
            assert_eq!(crop.samples(), with.ids.len());
        }
        assert_ne!(with.local[0], with.local[1]);
    }
    for workers in [2, 5] {
        assert!(batches(workers, 0) == whole, "{workers} workers make other crops than one");
        assert!(batches(workers, 1) == whole[1..], "skipping changes the crops");
    }
}

#[test]
fn local_crops_that_cannot_be_are_refused() {
    let told = |crops: &LocalCrops| {
        let loader = loader(&pictures(5, |_| false), SHUFFLED).unwrap();
        loader.with_local_crops(crops).err().expect("no such crops").to_string()
    };
    let default = LocalCrops::default;
    let none = told(&LocalCrops { count: 0, ..default() });
    assert_eq!(none, "view local-crops: count must be from 1 to 64, but is 0");
    assert!(told(&LocalCrops { size: 0, ..default() }).contains("size must be from 1 to 4096"));
    let views = serde_json::from_str(r#"[{"feature-dropout": {}}]"#).unwrap();
    assert!(told(&LocalCrops { views, ..default() }).contains("does not fit pictures"));
}

#[test]
fn the_middle_of_an_epoch_is_its_tail_and_costs_no_more() {
    let pictures = pictures(50, |_| false);
    let loader = loader(&pictures, Options { workers: 2, ..SHUFFLED }).unwrap();
    let whole: Vec<Batch> = loader.epoch(1, 0).collect();
    for skip in 0..=8 {
        let before = pictures.reads.load(Ordering::Relaxed);
        let tail: Vec<Batch> = loader.epoch(1, skip).collect();
        assert!(tail == whole[skip.min(7)..], "skipping {skip} batches changes the others");
        let reads = pictures.reads.load(Ordering::Relaxed) - before;
        assert_eq!(reads, 50usize.saturating_sub(skip * 8));
    }
}

#[test]
fn an_epoch_holds_every_sample_once_in_an_order_of_its_own() {
    let loader = loader(&pictures(50, |_| false), SHUFFLED).unwrap();
    let (first, second): (Vec<_>, Vec<_>) =
        (loader.epoch(0, 0).collect(), loader.epoch(1, 0).collect());
    assert_ne!(ids(&first), ids(&second));
    for epoch in [&first, &second] {
        let mut seen = ids(epoch);
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 50);
        for batch in epoch {
            for (id, label) in batch.ids.iter().zip(&batch.labels) {
                let index: u32 = id.strip_prefix("picture/").unwrap().parse().unwrap();
                assert_eq!(*label, Some(index % 3));
            }
        }
    }
}

#[test]
fn two_views_of_a_sample_and_two_epochs_and_two_seeds_differ() {
    let pictures = pictures(8, |_| false);
    let in_order = Options { shuffle: false, ..SHUFFLED };
    let batch =
        |options, epoch| loader(&pictures, options).unwrap().epoch(epoch, 0).next().unwrap();
    let (first, later) = (batch(in_order, 0), batch(in_order, 1));
    let other = batch(Options { seed: 8, ..in_order }, 0);
    assert_eq!(first.ids, later.ids);
    assert_ne!(first.views[0], first.views[1]);
    assert_ne!(first.views[0], later.views[0]);
    assert_ne!(first.views[0], other.views[0]);
}

#[test]
fn bad_samples_are_left_out_and_listed_once() {
    let pictures = pictures(24, |index| index == 5 || (8..16).contains(&index));
    let loader = loader(&pictures, Options { shuffle: false, ..SHUFFLED }).unwrap();
    assert_eq!(loader.batches_per_epoch(), 3);
    for epoch in 0..2 {
        let batches: Vec<Batch> = loader.epoch(epoch, 0).collect();
        // The second batch has no readable sample and is left out.
        let sizes: Vec<usize> = batches.iter().map(|batch| batch.ids.len()).collect();
        assert_eq!(sizes, [7, 8]);
        for batch in &batches {
            assert_eq!(batch.labels.len(), batch.ids.len());
            for view in &batch.views {
                assert_eq!(view.samples(), batch.ids.len());
                assert_eq!(view.values().len(), batch.ids.len() * 3 * 8 * 8);
            }
        }
    }
    let mut epoch = loader.epoch(0, 0);
    let positions = [0, 1, 3].map(|expected| {
        assert_eq!(epoch.position(), expected);
        epoch.next().map(|batch| batch.ids)
    });
    for (from, ids) in [0, 1, 3].into_iter().zip(positions) {
        assert_eq!(loader.epoch(0, from).next().map(|batch| batch.ids), ids);
    }
    let skipped = loader.skipped();
    assert_eq!(skipped.len(), 9);
    assert!(skipped.iter().any(|s| s.id == "picture/5" && s.reason.contains("0 bytes")));
}

#[test]
fn a_reader_that_panics_costs_one_sample() {
    let pictures =
        Arc::new(Pictures { len: 8, bad: |i| i == 2, panics: true, reads: AtomicUsize::new(0) });
    let input =
        Preprocess::fit(&Subset::all(pictures_of(4)), &preprocess::Config::default()).unwrap();
    let subset = Subset::all(pictures as Arc<dyn Dataset>);
    let loader = Loader::new(subset, Pipeline::plain(input), Options::default()).unwrap();
    let batches: Vec<Batch> = loader.epoch(0, 0).collect();
    assert_eq!(batches[0].ids.len(), 7);
    assert!(loader.skipped()[0].reason.contains("a decoder that stumbles"));
}

fn pictures_of(len: usize) -> Arc<dyn Dataset> {
    pictures(len, |_| false)
}

#[test]
fn fewer_samples_than_a_batch_are_one_small_batch_or_a_clear_error() {
    let pictures = pictures(5, |_| false);
    let batches: Vec<Batch> = loader(&pictures, SHUFFLED).unwrap().epoch(0, 0).collect();
    assert_eq!((batches.len(), batches[0].ids.len()), (1, 5));
    let Err(error) = loader(&pictures, Options { drop_last: true, ..SHUFFLED }) else {
        panic!("a loader without a batch");
    };
    assert_eq!(
        error.to_string(),
        "there are 5 samples, fewer than one batch of 8; \
         use a batch size of at most 5, or more data"
    );
}

#[test]
fn the_last_small_batch_can_be_left_out() {
    let loader = loader(&pictures(50, |_| false), Options { drop_last: true, ..SHUFFLED }).unwrap();
    assert_eq!(loader.batches_per_epoch(), 6);
    assert!(loader.epoch(0, 0).all(|batch| batch.ids.len() == 8));
    assert_eq!(loader.epoch(0, 0).count(), 6);
}

#[test]
fn workers_run_ahead_only_as_far_as_the_queue_and_stop_when_dropped() {
    let pictures = pictures(100_000, |_| false);
    let loader = loader(&pictures, Options { workers: 2, ..SHUFFLED }).unwrap();
    let mut epoch = loader.epoch(0, 0);
    assert!(epoch.next().is_some());
    std::thread::sleep(std::time::Duration::from_millis(200));
    // One taken; per worker, two in the queue and one in its hands.
    let read = pictures.reads.load(Ordering::Relaxed);
    assert!(read <= 8 * (1 + 2 * 3), "{read} samples were read ahead");
    drop(epoch);
    let at_drop = pictures.reads.load(Ordering::Relaxed);
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(pictures.reads.load(Ordering::Relaxed), at_drop);
}

#[test]
fn without_views_a_batch_is_what_preprocessing_gives() {
    let dataset = pictures_of(6);
    let subset = Subset::all(dataset);
    let input = Preprocess::fit(&subset, &preprocess::Config::default()).unwrap();
    let options = Options { batch_size: 4, ..Options::default() };
    let loader = Loader::new(subset.clone(), Pipeline::plain(input.clone()), options).unwrap();
    let mut position = 0;
    for batch in loader.epoch(0, 0) {
        for values in batch.views[0].values().chunks_exact(input.shape().size()) {
            assert_eq!(values, input.apply(&subset.read(position).unwrap()).unwrap());
            position += 1;
        }
    }
    assert_eq!(position, 6);
}

#[test]
fn a_count_of_zero_is_an_error() {
    let pictures = pictures(5, |_| false);
    for options in [
        Options { batch_size: 0, ..SHUFFLED },
        Options { views: 0, ..SHUFFLED },
        Options { workers: 0, ..SHUFFLED },
    ] {
        assert!(matches!(loader(&pictures, options), Err(Error::Zero { .. })));
    }
}

#[test]
fn batches_of_classes_hold_equally_many_samples_of_each() {
    let pictures = pictures(50, |_| false); // 17, 17 and 16 of three classes
    let options = Options { classes: Some(2), drop_last: true, workers: 2, ..SHUFFLED };
    let loader = loader(&pictures, options).unwrap();
    assert_eq!(loader.batches_per_epoch(), 6);
    let batches: Vec<Batch> = loader.epoch(3, 0).collect();
    let mut classes = std::collections::BTreeSet::new();
    for batch in &batches {
        let mut labels: Vec<u32> = batch.labels.iter().flatten().copied().collect();
        labels.sort_unstable();
        assert!(labels[0] == labels[3] && labels[3] != labels[4] && labels[4] == labels[7]);
        classes.extend(labels);
        let mut ids = batch.ids.clone();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 8, "no sample stands twice in a batch");
    }
    assert_eq!((batches.len(), classes.len()), (6, 3));
    for skip in 0..6 {
        let rest: Vec<Batch> = loader.epoch(3, skip).collect();
        assert_eq!(ids(&rest), ids(&batches[skip..]), "the same from the middle");
    }
    assert_ne!(ids(&loader.epoch(4, 0).collect::<Vec<_>>()), ids(&batches));
}

#[test]
fn batches_of_classes_that_cannot_be_made_are_an_error() {
    let pictures = pictures(20, |_| false);
    let told = |classes| match loader(&pictures, Options { classes: Some(classes), ..SHUFFLED }) {
        Ok(_) => panic!("a loader of {classes} classes"),
        Err(error) => error.to_string(),
    };
    assert_eq!(told(3), "a batch of 8 samples cannot hold equally many of 3 classes");
    assert_eq!(told(4), "batches of 4 classes were asked for, and the samples have labels of 3");
}
