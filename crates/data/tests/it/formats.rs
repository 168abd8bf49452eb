//! What single formats promise beyond what all do.

use std::sync::Arc;

use pith_data::config::Columns;
use pith_data::dataset::{self, Dataset, Kind, Options, Split};
use pith_data::sample::{Cell, Value};
use pith_data::schema::{Column, Content, Schema};
use tempfile::TempDir;

use crate::fixture::{self, write};

fn open(root: &TempDir, name: &str) -> Arc<dyn Dataset> {
    let fixture = fixture::all(root.path()).into_iter().find(|f| f.name == name).unwrap();
    dataset::open(&fixture.path, &fixture.options).unwrap()
}

fn splits(dataset: &dyn Dataset) -> String {
    let letter = |split| match split {
        None => '-',
        Some(Split::Train) => 't',
        Some(Split::Validation) => 'v',
        Some(Split::Test) => 'e',
    };
    (0..dataset.len()).map(|index| letter(dataset.split(index))).collect()
}

fn pixels(dataset: &dyn Dataset, index: usize) -> Vec<u8> {
    match dataset.read(index).unwrap() {
        Value::Image(image) => image.pixels,
        other => panic!("{other:?}"),
    }
}

fn cells(dataset: &dyn Dataset, index: usize) -> Vec<Cell> {
    match dataset.read(index).unwrap() {
        Value::Row(cells) => cells,
        other => panic!("{other:?}"),
    }
}

#[test]
fn official_splits_and_ids_are_kept() {
    let root = tempfile::tempdir().unwrap();
    let cases = [
        ("idx folder", "ttttttee", ["train/0", "test/1"]),
        ("cifar folder", "ttttttee", ["train/0", "test/1"]),
        ("npz pictures", "ttttvee", ["train/0", "test/1"]),
        ("parquet shards", "ttttteeee", ["train/0", "test/3"]),
        ("folder", "---------", ["ant/1.png", "cat/wild/3.webp"]),
        ("csv", "------", ["a", "f"]),
        ("jsonl", "---", ["row/0", "row/2"]),
    ];
    for (name, expected, [first, last]) in cases {
        let dataset = open(&root, name);
        assert_eq!(splits(&*dataset), expected, "{name}");
        assert_eq!(dataset.id(0), first, "{name}");
        assert_eq!(dataset.id(dataset.len() - 1), last, "{name}");
    }
}

#[test]
fn idx_pixels_and_labels_stand_in_order() {
    let root = tempfile::tempdir().unwrap();
    let dataset = open(&root, "idx folder");
    assert_eq!(pixels(&*dataset, 2), fixture::pixels(1, 72)[24..36]);
    assert_eq!(pixels(&*dataset, 7), fixture::pixels(2, 24)[12..]);
    let labels: Vec<_> = (0..8).map(|index| dataset.label(index).unwrap()).collect();
    assert_eq!(labels, [0, 1, 2, 0, 1, 2, 1, 0]);
}

#[test]
fn cifar_planes_become_pixels() {
    let root = tempfile::tempdir().unwrap();
    let dataset = open(&root, "cifar folder");
    // The fifth picture is the second of the second file.
    let planes = fixture::pixels(4, 3072);
    let pixels = pixels(&*dataset, 4);
    assert_eq!(pixels[..3], [planes[0], planes[1024], planes[2048]]);
    assert_eq!(pixels[3069..], [planes[1023], planes[2047], planes[3071]]);
    assert_eq!((dataset.label(4), dataset.id(4)), (Some(1), "train/4".to_owned()));
}

#[test]
fn cifar_100_takes_the_fine_label_and_its_name() {
    let root = tempfile::tempdir().unwrap();
    let names: String = (0..100).map(|class| format!("class {class}\n")).collect();
    write(&root.path().join("fine_label_names.txt"), names.as_bytes());
    write(&root.path().join("train.bin"), &fixture::cifar(5, true, 0));
    let dataset = dataset::open(root.path(), &Options::default()).unwrap();
    assert_eq!((dataset.len(), dataset.label(2)), (5, Some(2)));
    assert_eq!(dataset.classes()[2], "class 2");
    assert_eq!(pixels(&*dataset, 3)[0], fixture::pixels(3, 1)[0]);
}

#[test]
fn csv_cells_are_typed() {
    let root = tempfile::tempdir().unwrap();
    for name in ["csv", "tsv", "csv.gz"] {
        let dataset = open(&root, name);
        let Kind::Row(schema) = dataset.kind() else { panic!("{name} holds no rows") };
        let colours = ["blue", "green", "red"].map(str::to_owned).to_vec();
        let column = |name: &str, content| Column { name: name.to_owned(), content };
        let expected =
            vec![column("size", Content::Number), column("colour", Content::Category(colours))];
        assert_eq!(schema.columns, expected, "{name}");
        assert_eq!(cells(&*dataset, 2), [Cell::Number(-2.0), Cell::Category(Some(2))]);
        assert_eq!(cells(&*dataset, 3), [Cell::Number(1000.0), Cell::Category(None)]);
        assert!(matches!(cells(&*dataset, 4)[0], Cell::Number(number) if number.is_nan()));
        assert_eq!(dataset.label(4), None);
        let notes = dataset.notes().join("\n");
        assert!(notes.contains("\"size\": 2 of 6 cells are missing"), "{notes}");
        assert!(notes.contains("1 of 6 rows have no label"), "{notes}");
        assert!(notes.contains("\"label\" is taken as the class"), "{notes}");
    }
}

#[test]
fn columns_of_the_recipe_go_before_their_names() {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("t.csv"), fixture::TABLE.as_bytes());
    let columns = Columns {
        label: Some("colour".to_owned()),
        ignore: vec!["label".to_owned(), "id".to_owned()],
        ..Columns::default()
    };
    let options = Options { columns, ..Options::default() };
    let dataset = dataset::open(&root.path().join("t.csv"), &options).unwrap();
    assert_eq!(dataset.classes(), ["blue", "green", "red"]);
    assert_eq!((dataset.id(0), cells(&*dataset, 0).len()), ("row/0".to_owned(), 1));
}

#[test]
fn a_given_schema_decides_the_columns_and_categories() {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("t.csv"), b"extra,colour,size\n1,green,red\n2,violet,7\n");
    let category = Content::Category(vec!["blue".to_owned(), "green".to_owned()]);
    let columns = vec![
        Column { name: "size".to_owned(), content: Content::Number },
        Column { name: "colour".to_owned(), content: category },
    ];
    let options = Options { schema: Some(Schema { columns }), ..Options::default() };
    let dataset = dataset::open(&root.path().join("t.csv"), &options).unwrap();
    assert!(
        matches!(cells(&*dataset, 0)[..], [Cell::Number(n), Cell::Category(Some(1))] if n.is_nan())
    );
    assert_eq!(cells(&*dataset, 1), [Cell::Number(7.0), Cell::Category(None)]);
}

#[test]
fn quotes_line_ends_semicolons_and_a_missing_header_are_understood() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("t.csv");
    let open = |text: &[u8]| {
        write(&path, text);
        dataset::open(&path, &Options::default()).unwrap()
    };
    let quoted = open(b"\xef\xbb\xbfa;b\r\n1;\"x;\ny\"\r\n\r\n2;z");
    let Kind::Row(schema) = quoted.kind() else { panic!("no rows") };
    assert_eq!(schema.columns[0].name, "a");
    assert_eq!(schema.columns[1].content, Content::Category(vec!["x;\ny".into(), "z".into()]));
    assert_eq!(
        (quoted.len(), cells(&*quoted, 1)),
        (2, vec![Cell::Number(2.0), Cell::Category(Some(1))])
    );
    let headless = open(b"5,6\n7,8\n");
    let Kind::Row(schema) = headless.kind() else { panic!("no rows") };
    assert_eq!((headless.len(), schema.columns[1].name.as_str()), (2, "column-2"));
    assert_eq!(cells(&*headless, 0), [Cell::Number(5.0), Cell::Number(6.0)]);
}

#[test]
fn json_lines_grow_columns_and_arff_quotes() {
    let root = tempfile::tempdir().unwrap();
    let lines = open(&root, "jsonl");
    let Kind::Row(schema) = lines.kind() else { panic!("no rows") };
    let names: Vec<&str> = schema.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["size", "colour", "late"]);
    assert!(matches!(cells(&*lines, 1)[0], Cell::Number(number) if number.is_nan()));
    assert_eq!(cells(&*lines, 2)[2], Cell::Category(Some(0)));
    let arff = open(&root, "arff");
    let Kind::Row(schema) = arff.kind() else { panic!("no rows") };
    assert_eq!(schema.columns[0].name, "the size");
    assert_eq!(cells(&*arff, 0), [Cell::Number(1.0), Cell::Category(Some(0))]);
    assert_eq!(cells(&*arff, 2), [Cell::Number(3.0), Cell::Category(Some(1))]);
}

#[test]
fn arrays_keep_their_values_and_labels() {
    let root = tempfile::tempdir().unwrap();
    let rows = open(&root, "npy rows");
    assert_eq!(cells(&*rows, 3), [Cell::Number(1.5), Cell::Number(1.75)]);
    let doubles = open(&root, "npz rows");
    assert_eq!(cells(&*doubles, 2), [Cell::Number(4.0), Cell::Number(5.0)]);
    assert_eq!((doubles.label(0), doubles.label(1)), (Some(1), Some(0)));
    let pictures = open(&root, "npz pictures");
    assert_eq!(pixels(&*pictures, 4), fixture::pixels(5, 15));
    assert_eq!(pixels(&*pictures, 6), fixture::pixels(6, 30)[15..]);
    assert_eq!((pictures.label(1), pictures.label(6)), (Some(1), Some(0)));
}

#[test]
fn parquet_tables_and_pictures_keep_their_values() {
    let root = tempfile::tempdir().unwrap();
    let table = open(&root, "parquet table");
    assert_eq!(cells(&*table, 3), [Cell::Number(0.1), Cell::Category(Some(1))]);
    assert!(matches!(cells(&*table, 2)[..], [Cell::Number(n), Cell::Category(None)] if n.is_nan()));
    let pictures = open(&root, "parquet pictures");
    let folder = open(&root, "folder");
    for index in 0..9 {
        assert_eq!(pixels(&*pictures, index), pixels(&*folder, index));
    }
}

#[test]
fn a_csv_of_labels_leaves_out_and_reports_what_it_misses() {
    let root = tempfile::tempdir().unwrap();
    let dataset = open(&root, "folder with labels");
    let labels: Vec<_> = (0..9).map(|index| dataset.label(index)).collect();
    let (big, small) = (Some(0), Some(1));
    assert_eq!(labels, [small, None, None, None, big, None, big, None, None]);
    let notes = dataset.notes().join("\n");
    assert!(notes.contains("6 of 9 samples have no label"), "{notes}");
    assert!(notes.contains("1 of 5 rows of labels name no sample"), "{notes}");
}
