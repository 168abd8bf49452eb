//! Bad input gives one clear error, or is skipped, counted and told.

use std::path::Path;

use image::ExtendedColorType;
use pith_data::dataset::{self, Options};
use pith_data::error::{Error, Fault};

use crate::fixture::{self, cifar, gzip, idx, npy, pixels, png, tar, write, zip};

fn refused(path: &Path, expected: &[&str]) {
    refused_with(path, &Options::default(), expected);
}

fn refused_with(path: &Path, options: &Options, expected: &[&str]) {
    let message = match dataset::open(path, options) {
        Ok(dataset) => panic!("{} was opened: {} samples", path.display(), dataset.len()),
        Err(error) => error.to_string(),
    };
    for part in expected {
        assert!(message.contains(part), "{message:?} does not say {part:?}");
    }
}

#[test]
fn broken_pictures_are_errors_of_their_own() {
    let root = tempfile::tempdir().unwrap();
    let whole = png(1, 40, ExtendedColorType::Rgb8);
    let (jpeg, webp) = (fixture::jpeg(1), fixture::webp(1));
    let files = [
        ("a/cut.jpg", jpeg[..jpeg.len() / 2].to_vec()),
        ("a/cut.png", whole[..whole.len() / 2].to_vec()),
        ("a/cut.webp", webp[..webp.len() / 2].to_vec()),
        ("a/empty.png", Vec::new()),
        ("a/text.png", b"this is a text".to_vec()),
        ("b/whole.png", whole),
        ("b/grey.png", png(2, 7, ExtendedColorType::L16)),
    ];
    let files = files.map(|(name, bytes)| (name.to_owned(), bytes));
    files.iter().for_each(|(name, bytes)| write(&root.path().join("f").join(name), bytes));
    write(&root.path().join("f/notes.txt"), b"left out");
    write(&root.path().join("f.tar"), &tar(&files));
    for name in ["f", "f.tar"] {
        let dataset = dataset::open(&root.path().join(name), &Options::default()).unwrap();
        assert_eq!(dataset.len(), 7);
        let fault = |index: usize| {
            let error = dataset.read(index).unwrap_err();
            assert_eq!(error.id, dataset.id(index));
            error.fault
        };
        (0..3).for_each(|cut| assert!(matches!(fault(cut), Fault::Damaged(_)), "{cut} in {name}"));
        assert!(matches!(fault(3), Fault::Empty));
        assert!(matches!(fault(4), Fault::NotAnImage));
        assert!(dataset.read(5).is_ok() && dataset.read(6).is_ok());
    }
    let dataset = dataset::open(&root.path().join("f"), &Options::default()).unwrap();
    assert!(dataset.notes()[0].ends_with(": 1"), "{:?}", dataset.notes());
    std::fs::remove_file(root.path().join("f/b/whole.png")).unwrap();
    let gone = dataset.read(6).unwrap_err();
    assert!(matches!(&gone.fault, Fault::Io(error) if error.to_string().contains("whole.png")));
}

#[test]
fn a_missing_path_names_its_neighbour() {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("pictures/a/1.png"), b"");
    refused(&root.path().join("pitcures"), &["does not exist", "did you mean \"pictures\""]);
    refused(&root.path().join("pitcures/a"), &["did you mean \"pictures\""]);
    refused(&root.path().join("wholly-other"), &["does not exist"]);
}

#[test]
fn empty_and_unknown_things_are_refused() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("empty")).unwrap();
    refused(&root.path().join("empty"), &["holds no samples", ".png"]);
    write(&root.path().join("zero.tar"), b"");
    refused(&root.path().join("zero.tar"), &["holds no samples", "0 bytes"]);
    write(&root.path().join("story.docx"), b"once upon a time");
    refused(&root.path().join("story.docx"), &["in no known format", "once upo", "IDX", "parquet"]);
    write(&root.path().join("only.zip"), &zip(&[("a.txt".to_owned(), b"text".to_vec())]));
    refused(&root.path().join("only.zip"), &["holds no samples", ".png"]);
    write(&root.path().join("t.csv"), b"a,b\n");
    refused(&root.path().join("t.csv"), &["no rows"]);
}

#[test]
fn cut_archives_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let archive = tar(&fixture::pictures());
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    for (name, bytes) in [
        ("cut.tar", half(&archive)),
        ("cut.tar.gz", half(&gzip(&archive))),
        ("cut.tar.zst", half(&fixture::zstd_long(&archive))),
        ("cut.zip", half(&zip(&fixture::pictures()))),
    ] {
        write(&root.path().join(name), &bytes);
        refused(&root.path().join(name), &["damaged or not what it says"]);
    }
}

#[test]
fn files_whose_header_lies_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    write(&at("a-images-idx3-ubyte"), &idx(&[9, 4, 3], &pixels(1, 72)));
    refused(&at("a-images-idx3-ubyte"), &["promises 9 pictures of 4×3×1", "has 72 bytes"]);
    write(&at("b-images-idx3-ubyte"), &idx(&[u32::MAX, u32::MAX, u32::MAX], &[]));
    refused(&at("b-images-idx3-ubyte"), &["promises"]);
    write(&at("c-images-idx3-ubyte"), &idx(&[6, 4, 3], &pixels(1, 72)));
    write(&at("c-labels-idx1-ubyte"), &idx(&[5], &[0; 5]));
    refused(&at("c-images-idx3-ubyte"), &["6 labels were expected", "[5]"]);
    write(&at("cut.bin"), &cifar(2, false, 0)[..5000]);
    refused(&at("cut.bin"), &["3073", "it has 5000 bytes"]);
    let mut wrong = cifar(2, false, 0);
    wrong[3073] = 77;
    write(&at("wrong.bin"), &wrong);
    refused(&at("wrong.bin"), &["below 10", "record 1 has 77"]);
    write(&at("short.npy"), &npy("<f4", &[5, 2], &[0; 8]));
    refused(&at("short.npy"), &["[5, 2] needs more"]);
    write(&at("float.npy"), &npy("<f4", &[1, 2, 2], &[0; 16]));
    refused(&at("float.npy"), &["uint8", "0..255"]);
    let arrays = [("x", npy("|u1", &[4, 2], &[0; 8])), ("y", npy("|u1", &[3], &[0; 3]))];
    write(&at("few.npz"), &zip(&arrays.map(|(name, bytes)| (format!("{name}.npy"), bytes))));
    refused(&at("few.npz"), &["one label for each of the 4 samples"]);
    write(&at("other.npz"), &zip(&[("weights.npy".to_owned(), npy("|u1", &[1], &[0]))]));
    refused(&at("other.npz"), &["no array is called", "weights"]);
    write(&at("cut.parquet"), b"PAR1 and no more");
    refused(&at("cut.parquet"), &["damaged"]);
}

#[test]
fn tables_tell_what_does_not_fit() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("t.csv");
    let mut options = Options::default();
    write(&path, fixture::TABLE.as_bytes());
    options.columns.label = Some("lable".to_owned());
    refused_with(&path, &options, &["no column \"lable\"", "did you mean \"label\"", "size"]);
    options.columns.label = None;
    options.columns.id = Some("colour".to_owned());
    refused_with(&path, &options, &["\"colour\" has the value \"red\" more than once"]);
    write(&path, b"a,a\n1,2\n");
    refused(&path, &["two columns are called \"a\""]);
    write(&path, b"a,b\n1\n2\n3,4\n");
    refused(&path, &["2 of 3 rows do not parse", "2 cells were expected, it has 1"]);
    let many: String = (0..10_002).map(|i| format!("1,{i}.5\n")).collect();
    write(&path, format!("a,label\n{many}").as_bytes());
    refused(&path, &["more than 10000 different values", "data.columns.label"]);
    let lines = root.path().join("t.jsonl");
    write(&lines, b"[1, 2]\nnot json\n");
    refused(&lines, &["2 of 2 rows do not parse", "an object was expected"]);
}

#[test]
fn ragged_rows_are_errors_of_their_own() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("t.csv");
    write(&path, b"a,label\n1,x\n2\n3,y\n");
    let dataset = dataset::open(&path, &Options::default()).unwrap();
    assert!(dataset.notes().iter().any(|note| note == "1 of 3 rows do not parse"));
    let error = dataset.read(1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "sample \"row/1\": is a malformed row: 2 cells were expected, it has 1"
    );
    assert!(dataset.fingerprint(1).is_err());
    assert_eq!(
        (dataset.label(1), dataset.label(2), dataset.id(2)),
        (None, Some(1), "row/2".into())
    );
}

#[test]
fn labels_that_fit_nothing_are_refused() {
    let root = tempfile::tempdir().unwrap();
    fixture::write_folder(&root.path().join("f"));
    let labels = root.path().join("labels.csv");
    let options = Options { labels: Some(labels.clone()), ..Options::default() };
    let folder = root.path().join("f");
    refused_with(&folder, &options, &["labels.csv", "does not exist"]);
    write(&labels, b"file,label\nx.png,1\n");
    refused_with(&folder, &options, &["none of its 1 rows names a sample", "x.png", "ant/1.png"]);
    write(&labels, b"file,label\n1.png,1\n");
    refused_with(&folder, &options, &["\"1.png\" fits 3 samples", "ant/1.png"]);
    write(&labels, b"file,label\nant/1.png,1\nant/1.png,2\n");
    refused_with(&folder, &options, &["\"ant/1.png\" has more than one row"]);
    write(&labels, b"who,what\nant/1.png,1\n");
    refused_with(&folder, &options, &["id or file", "label or class", "who, what"]);
}

#[test]
fn errors_are_typed() {
    let missing = dataset::open(Path::new("/no/such/place"), &Options::default());
    assert!(matches!(missing.err(), Some(Error::NoSuchPath { .. })));
}
