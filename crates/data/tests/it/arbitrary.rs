//! No bytes whatever make a reader panic.

use std::path::Path;

use pith_data::dataset::{self, Options};
use pith_data::decode::decode;
use proptest::prelude::*;

use crate::fixture;

/// Opens a file of these bytes and reads all that it offers.
fn exercise(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    std::fs::write(&path, bytes).unwrap();
    let Ok(dataset) = dataset::open(&path, &Options::default()) else { return };
    for index in 0..dataset.len().min(64) {
        let _ = (dataset.id(index), dataset.label(index), dataset.split(index));
        let _ = (dataset.read(index), dataset.fingerprint(index));
    }
}

/// Bytes of a good file, with some changed and the end cut off.
fn damage(good: &[u8], changes: &[(usize, u8)], keep: usize) -> Vec<u8> {
    let mut bytes = good.to_vec();
    for (at, value) in changes {
        let len = bytes.len();
        bytes[at % len] = *value;
    }
    bytes.truncate(bytes.len() - keep % bytes.len().div_ceil(2));
    bytes
}

/// Changes that fall on the first 64 bytes as often as on all others.
fn changes() -> impl Strategy<Value = Vec<(usize, u8)>> {
    let place = prop_oneof![0usize..64, any::<usize>()];
    prop::collection::vec((place, any::<u8>()), 0..8)
}

const NAMES: [&str; 10] = [
    "x-images-idx3-ubyte",
    "x.bin",
    "x.npy",
    "x.npz",
    "x.csv",
    "x.tsv",
    "x.jsonl",
    "x.arff",
    "x.tar",
    "x.zip",
];

/// How files of each format begin.
const MAGICS: [&[u8]; 8] = [
    b"",
    &[0, 0, 8, 3],
    b"\x93NUMPY\x01\x00",
    b"PK\x03\x04",
    &[0x1f, 0x8b, 8, 0],
    &[0x28, 0xb5, 0x2f, 0xfd],
    b"@data\n",
    b"\x93NUMPY\x02\x00",
];

/// Every case writes files, so there are few, unless `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if asked { ProptestConfig::default().cases } else { 64 };
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_files_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        name in prop::sample::select(&NAMES[..]),
        magic in prop::sample::select(&MAGICS[..]),
    ) {
        let root = tempfile::tempdir().unwrap();
        exercise(root.path(), name, &[magic, &bytes].concat());
    }

    #[test]
    fn arbitrary_pictures_are_decoded_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        magic in prop::sample::select(vec![
            &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
            &b"\xff\xd8\xff\xe0"[..],
            &b"RIFF\x40\0\0\0WEBPVP8L"[..],
        ]),
    ) {
        let _ = decode(&[magic, &bytes].concat());
    }

    #[test]
    fn damaged_pictures_are_decoded_or_refused(
        number in 0usize..9, changes in changes(), cut in any::<usize>(),
    ) {
        let good = &fixture::pictures()[number].1;
        let _ = decode(&damage(good, &changes, cut));
    }

    #[test]
    fn damaged_arrays_are_read_or_refused(changes in changes(), cut in any::<usize>()) {
        let root = tempfile::tempdir().unwrap();
        let rows = fixture::npy("<f4", &[5, 2], &fixture::floats(10));
        exercise(root.path(), "x.npy", &damage(&rows, &changes, cut));
        let images = fixture::idx(&[6, 4, 3], &fixture::pixels(1, 72));
        exercise(root.path(), "x-images-idx3-ubyte", &damage(&images, &changes, 0));
    }

    #[test]
    fn damaged_archives_are_read_or_refused(changes in changes(), cut in any::<usize>()) {
        let root = tempfile::tempdir().unwrap();
        let tar = fixture::tar(&fixture::pictures()[..2]);
        exercise(root.path(), "x.tar", &damage(&tar, &changes, cut));
        exercise(root.path(), "x.tar.gz", &damage(&fixture::gzip(&tar), &changes, cut));
        let zst = zstd::encode_all(&tar[..], 1).unwrap();
        exercise(root.path(), "x.tar.zst", &damage(&zst, &changes, cut));
        let zip = fixture::zip(&fixture::pictures()[..2]);
        exercise(root.path(), "x.zip", &damage(&zip, &changes, cut));
    }

    #[test]
    fn damaged_tables_are_read_or_refused(changes in changes(), cut in any::<usize>()) {
        let root = tempfile::tempdir().unwrap();
        let table = fixture::TABLE.as_bytes();
        exercise(root.path(), "x.csv", &damage(table, &changes, cut));
        let lines = b"{\"a\": 1, \"b\": \"x\"}\n{\"a\": 2, \"b\": \"y\"}\n{\"a\": 3, \"c\": [1]}\n";
        exercise(root.path(), "x.jsonl", &damage(lines, &changes, cut));
        let arff = b"@relation x\n@attribute a real\n@attribute b {x,y}\n@data\n1,x\n2,'y'\n";
        exercise(root.path(), "x.arff", &damage(arff, &changes, cut));
    }

    #[test]
    fn damaged_parquet_is_read_or_refused(changes in changes(), cut in any::<usize>()) {
        let root = tempfile::tempdir().unwrap();
        let sizes = arrow_array::Float32Array::from(vec![1.0, 2.0, 3.0]);
        let path = root.path().join("good.parquet");
        fixture::write_parquet(&path, vec![("size", std::sync::Arc::new(sizes))]);
        let good = std::fs::read(&path).unwrap();
        exercise(root.path(), "x.parquet", &damage(&good, &changes, cut % 4));
    }
}
