//! A folder of 100 000 pictures: opened by walking alone, its paths held compactly.

use std::time::Instant;

use image::ExtendedColorType;
use pith_data::collection;
use pith_data::config::Config;
use pith_data::leakage;

use crate::fixture::png;

/// Peak resident memory in KiB, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
#[ignore = "writes 100 000 files, about 30 s; run it alone, so that the peak is its own"]
fn a_large_folder_opens_fast_and_small() {
    let root = tempfile::tempdir().unwrap();
    let pictures: Vec<_> = (0..100).map(|n| png(n, 8, ExtendedColorType::L8)).collect();
    for class in 0..100 {
        let folder = root.path().join(format!("class-{class:03}"));
        std::fs::create_dir(&folder).unwrap();
        for number in 0..1000 {
            let picture = &pictures[(class + number) % 100];
            std::fs::write(folder.join(format!("picture-{number:06}.png")), picture).unwrap();
        }
    }
    let before = peak();
    let start = Instant::now();
    let collection = collection::open(&Config::new(root.path().to_str().unwrap())).unwrap();
    let opened = start.elapsed();
    let after = peak();
    let subsets = [&collection.train, &collection.validation, &collection.test];
    assert_eq!(subsets.iter().map(|subset| subset.len()).sum::<usize>(), 100_000);
    assert_eq!(collection.classes.len(), 100);
    let start = Instant::now();
    let leakage = leakage::find(&collection);
    assert_eq!((leakage.compared, leakage.overlaps.len()), (100_000, 3));
    eprintln!(
        "opened and divided in {opened:.2?}, compared in {:.2?}; peak in KiB: {before:?} before, \
         {after:?} after opening, {:?} after comparing",
        start.elapsed(),
        peak()
    );
    if let (Some(before), Some(last)) = (before, peak()) {
        assert!(last - before < 100 << 10, "{} KiB for 100 000 pictures", last - before);
    }
}
