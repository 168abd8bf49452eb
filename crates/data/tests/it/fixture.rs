//! Small data sets, written in every format that can be read.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Float32Array, Int64Array, RecordBatch, StringArray};
use arrow_array::{StructArray, builder::BinaryBuilder};
use arrow_schema::{DataType, Field};
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder};
use parquet::arrow::ArrowWriter;
use pith_data::dataset::Options;

/// A data set on disk, and what must be found in it.
pub struct Fixture {
    pub name: &'static str,
    pub path: PathBuf,
    pub options: Options,
    pub samples: usize,
    pub classes: &'static [&'static str],
}

/// A picture whose values depend on its number.
pub fn pixels(number: usize, len: usize) -> Vec<u8> {
    (0..len).map(|at| (number * 37 + at * 11 + number * at) as u8).collect()
}

pub fn png(number: usize, side: u32, colour: ExtendedColorType) -> Vec<u8> {
    let len = (side * side) as usize * usize::from(colour.bits_per_pixel() / 8);
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    encoder.write_image(&pixels(number, len), side, side, colour).unwrap();
    bytes
}

pub fn jpeg(number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new(&mut bytes);
    encoder.write_image(&pixels(number, 300), 10, 10, ExtendedColorType::Rgb8).unwrap();
    bytes
}

pub fn webp(number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder.write_image(&pixels(number + 5, 108), 6, 6, ExtendedColorType::Rgb8).unwrap();
    bytes
}

/// Nine pictures of three classes, of mixed formats, sizes and channels.
pub fn pictures() -> Vec<(String, Vec<u8>)> {
    let colours = [ExtendedColorType::L8, ExtendedColorType::Rgb8, ExtendedColorType::Rgba8];
    let mut pictures = Vec::new();
    for (class, name) in ["ant", "bee", "cat/wild"].into_iter().enumerate() {
        let png = png(class, 5 + class as u32, colours[class]);
        pictures.push((format!("{name}/1.png"), png));
        pictures.push((format!("{name}/2.JPG"), jpeg(class)));
        pictures.push((format!("{name}/3.webp"), webp(class)));
    }
    pictures
}

pub const CLASSES: &[&str] = &["ant", "bee", "cat/wild"];

pub fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub fn write_folder(root: &Path) {
    for (name, bytes) in pictures() {
        write(&root.join(name), &bytes);
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Compressed with a window of 128 MiB, more than a decoder allows by itself.
pub fn zstd_long(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.long_distance_matching(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

pub fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub fn idx(dimensions: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    dimensions.iter().for_each(|side| bytes.extend(side.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// `count` records of CIFAR with labels 0, 1, 2, 0, …
pub fn cifar(count: usize, coarse: bool, first: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in 0..count {
        if coarse {
            bytes.push(1);
        }
        bytes.push((record % 3) as u8);
        bytes.extend(pixels(first + record, 3072));
    }
    bytes
}

pub fn npy(descr: &str, shape: &[usize], data: &[u8]) -> Vec<u8> {
    let sides: String = shape.iter().map(|side| format!("{side},")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sides}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

pub fn write_parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter_with_nullable(
        columns.into_iter().map(|(name, array)| (name, array, true)),
    )
    .unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// Pictures as Hugging Face stores them.
fn struct_of_bytes(pictures: &[Vec<u8>]) -> ArrayRef {
    let mut bytes = BinaryBuilder::new();
    pictures.iter().for_each(|picture| bytes.append_value(picture));
    let bytes: ArrayRef = Arc::new(bytes.finish());
    let paths: ArrayRef = Arc::new(StringArray::from(vec!["x.png"; pictures.len()]));
    Arc::new(StructArray::from(vec![
        (Arc::new(Field::new("bytes", DataType::Binary, true)), bytes),
        (Arc::new(Field::new("path", DataType::Utf8, true)), paths),
    ]))
}

pub const TABLE: &str = "id,size,colour,label\n\
    a,1.5,red,yes\nb,,blue,no\nc,-2,\"red\",yes\nd,1e3,,no\ne,NaN,green,\nf,0,blue,yes\n";

/// One fixture of every format, with its variants.
pub fn all(root: &Path) -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    let mut add = |name, path: PathBuf, samples, classes| {
        fixtures.push(Fixture { name, path, options: Options::default(), samples, classes });
    };
    let at = |name: &str| root.join(name);

    write_folder(&at("folder"));
    add("folder", at("folder"), 9, CLASSES);
    let archive = tar(&pictures());
    write(&at("pictures.tar"), &archive);
    add("tar", at("pictures.tar"), 9, CLASSES);
    write(&at("pictures.tar.gz"), &gzip(&archive));
    add("tar.gz", at("pictures.tar.gz"), 9, CLASSES);
    write(&at("pictures.tar.zst"), &zstd_long(&archive));
    add("tar.zst", at("pictures.tar.zst"), 9, CLASSES);
    write(&at("pictures.zip"), &zip(&pictures()));
    add("zip", at("pictures.zip"), 9, CLASSES);

    let images = idx(&[6, 4, 3], &pixels(1, 72));
    let labels = idx(&[6], &[0, 1, 2, 0, 1, 2]);
    write(&at("idx/train-images-idx3-ubyte.gz"), &gzip(&images));
    write(&at("idx/train-labels-idx1-ubyte.gz"), &gzip(&labels));
    write(&at("idx/t10k-images-idx3-ubyte"), &idx(&[2, 4, 3], &pixels(2, 24)));
    write(&at("idx/t10k-labels-idx1-ubyte"), &idx(&[2], &[1, 0]));
    add("idx folder", at("idx"), 8, &["0", "1", "2"]);
    add("idx.gz", at("idx/train-images-idx3-ubyte.gz"), 6, &["0", "1", "2"]);
    add("idx", at("idx/t10k-images-idx3-ubyte"), 2, &["0", "1"]);

    write(&at("cifar/data_batch_1.bin"), &cifar(3, false, 0));
    write(&at("cifar/data_batch_2.bin"), &cifar(3, false, 3));
    write(&at("cifar/test_batch.bin"), &cifar(2, false, 6));
    let ten = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    add("cifar folder", at("cifar"), 8, ten);
    add("cifar file", at("cifar/test_batch.bin"), 2, ten);

    write(&at("rows.npy"), &npy("<f4", &[5, 2], &floats(10)));
    add("npy rows", at("rows.npy"), 5, &[]);
    write(&at("pictures.npy"), &npy("|u1", &[4, 3, 5, 3], &pixels(3, 180)));
    add("npy pictures", at("pictures.npy"), 4, &[]);
    let longs = |labels: &[i64]| labels.iter().flat_map(|l| l.to_le_bytes()).collect::<Vec<_>>();
    let arrays = [
        ("train_images.npy", npy("|u1", &[4, 3, 5], &pixels(4, 60))),
        ("train_labels.npy", npy("|u1", &[4, 1], &[0, 1, 1, 0])),
        ("val_images.npy", npy("|u1", &[1, 3, 5], &pixels(5, 15))),
        ("val_labels.npy", npy("|u1", &[1, 1], &[1])),
        ("test_images.npy", npy("|u1", &[2, 3, 5], &pixels(6, 30))),
        ("test_labels.npy", npy("|u1", &[2, 1], &[1, 0])),
    ];
    write(&at("medmnist.npz"), &zip(&arrays.map(|(name, bytes)| (name.to_owned(), bytes))));
    add("npz pictures", at("medmnist.npz"), 7, &["0", "1"]);
    let arrays = [
        (
            "x.npy",
            npy(
                ">f8",
                &[3, 2],
                &(0..6).flat_map(|i| f64::from(i).to_be_bytes()).collect::<Vec<_>>(),
            ),
        ),
        ("y.npy", npy("<i8", &[3], &longs(&[10, 2, 10]))),
    ];
    write(&at("rows.npz"), &zip(&arrays.map(|(name, bytes)| (name.to_owned(), bytes))));
    add("npz rows", at("rows.npz"), 3, &["2", "10"]);

    write(&at("table.csv"), TABLE.as_bytes());
    add("csv", at("table.csv"), 6, &["no", "yes"]);
    write(&at("table.csv.gz"), &gzip(TABLE.as_bytes()));
    add("csv.gz", at("table.csv.gz"), 6, &["no", "yes"]);
    write(&at("table.tsv"), TABLE.replace(',', "\t").as_bytes());
    add("tsv", at("table.tsv"), 6, &["no", "yes"]);
    write(
        &at("table.jsonl"),
        b"{\"size\": 1.5, \"colour\": \"red\", \"label\": 1}\n\n{\"colour\": null, \"label\": 0}\n\
          {\"late\": true, \"size\": -2, \"label\": 1}\n",
    );
    add("jsonl", at("table.jsonl"), 3, &["0", "1"]);
    write(
        &at("table.arff"),
        b"% a comment\n@RELATION x\n@attribute 'the size' real\n\
          @attribute colour {red, 'light blue'}\n@attribute class {a,b}\n@DATA\n1,'light blue',a\n?,red,b\n% in between\n3, red, a\n",
    );
    add("arff", at("table.arff"), 3, &["a", "b"]);

    let pictures: Vec<Vec<u8>> = pictures().into_iter().map(|(_, bytes)| bytes).collect();
    let labels: ArrayRef = Arc::new(Int64Array::from(vec![0, 1, 2, 0, 1, 2, 0, 1, 2]));
    write_parquet(
        &at("hf.parquet"),
        vec![("image", struct_of_bytes(&pictures)), ("label", labels)],
    );
    add("parquet pictures", at("hf.parquet"), 9, &["0", "1", "2"]);
    for (shard, range) in [("train-00000", 0..3), ("train-00001", 3..5), ("test-00000", 5..9)] {
        let bytes = BinaryArray::from_iter_values(pictures[range.clone()].iter());
        let labels = Int64Array::from_iter_values(range.map(|number| number as i64 % 2));
        let columns: Vec<(&str, ArrayRef)> =
            vec![("img", Arc::new(bytes)), ("fine_label", Arc::new(labels))];
        write_parquet(&at(&format!("shards/{shard}.parquet")), columns);
    }
    add("parquet shards", at("shards"), 9, &["0", "1"]);
    let sizes = Float32Array::from(vec![Some(1.5), None, Some(f32::NAN), Some(0.1)]);
    let colours = StringArray::from(vec![Some("red"), Some("blue"), None, Some("red")]);
    let labels = StringArray::from(vec!["x", "y", "y", "x"]);
    write_parquet(
        &at("table.parquet"),
        vec![
            ("size", Arc::new(sizes)),
            ("colour", Arc::new(colours)),
            ("target", Arc::new(labels)),
        ],
    );
    add("parquet table", at("table.parquet"), 4, &["x", "y"]);

    write(
        &at("labels.csv"),
        b"file,label\nant/1.png,small\nbee/2.JPG,big\nbee/3.webp,\nnowhere.png,big\n\
          cat/wild/1.png,big\n",
    );
    fixtures.push(Fixture {
        name: "folder with labels",
        path: at("folder"),
        options: Options { labels: Some(at("labels.csv")), ..Options::default() },
        samples: 9,
        classes: &["big", "small"],
    });
    fixtures
}

pub fn floats(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| (number as f32 / 4.0).to_le_bytes()).collect()
}
