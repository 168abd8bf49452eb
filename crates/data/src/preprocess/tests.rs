use std::sync::Arc;

use super::*;
use crate::dataset::Dataset;
use crate::error::Fault;
use crate::random::Random;
use crate::sample::{self, Cell};
use crate::schema::{Column, Content, Schema};
use crate::view::{Pipeline, Scratch};

/// Samples in memory; where there is none, reading fails.
struct Memory {
    kind: Kind,
    values: Vec<Option<Value>>,
}

impl Dataset for Memory {
    fn len(&self) -> usize {
        self.values.len()
    }

    fn id(&self, index: usize) -> String {
        index.to_string()
    }

    fn label(&self, _index: usize) -> Option<u32> {
        None
    }

    fn classes(&self) -> &[String] {
        &[]
    }

    fn kind(&self) -> Kind {
        self.kind.clone()
    }

    fn read(&self, index: usize) -> Result<Value, SampleError> {
        self.values[index].clone().ok_or_else(|| Fault::Empty.of(self.id(index)))
    }

    fn fingerprint(&self, index: usize) -> Result<u128, SampleError> {
        Ok(index as u128)
    }
}

fn subset(kind: Kind, values: Vec<Option<Value>>) -> Subset {
    Subset::all(Arc::new(Memory { kind, values }))
}

fn flat(width: usize, height: usize, colour: &[u8]) -> Option<Value> {
    let (channels, pixels) = (colour.len(), colour.repeat(width * height));
    Some(Value::Image(sample::Image { width, height, channels, pixels }))
}

fn schema() -> Schema {
    let category = Content::Category(["no", "perhaps", "yes"].map(String::from).to_vec());
    Schema {
        columns: vec![
            Column { name: "age".into(), content: Content::Number },
            Column { name: "constant".into(), content: Content::Number },
            Column { name: "smokes".into(), content: category },
        ],
    }
}

fn cells(age: f32, smokes: Option<u32>) -> Value {
    Value::Row(vec![Cell::Number(age), Cell::Number(3.0), Cell::Category(smokes)])
}

fn table() -> Preprocess {
    let rows = [cells(10.0, Some(0)), cells(f32::NAN, Some(2)), cells(30.0, None)];
    let train = subset(Kind::Row(schema()), rows.into_iter().map(Some).collect());
    Preprocess::fit(&train, &Config::default()).unwrap()
}

#[test]
fn colours_are_measured_over_the_readable_pictures() {
    let train =
        subset(Kind::Image, vec![flat(2, 2, &[0, 51, 255]), None, flat(2, 2, &[255, 153, 255])]);
    let Preprocess::Image(image) = Preprocess::fit(&train, &Config::default()).unwrap() else {
        panic!("pictures were given");
    };
    assert_eq!((image.size, image.channels), ([2, 2], 3));
    for (received, expected) in image.mean.iter().zip([0.5, 0.4, 1.0]) {
        assert!((received - expected).abs() < 1e-6, "{:?}", image.mean);
    }
    // The third channel is constant, so there is nothing to scale.
    for (received, expected) in image.std.iter().zip([0.5, 0.2, 1.0]) {
        assert!((received - expected).abs() < 1e-6, "{:?}", image.std);
    }
}

#[test]
fn size_and_channels_follow_the_pictures_or_the_recipe() {
    let image =
        |values, config: &Config| match Preprocess::fit(&subset(Kind::Image, values), config) {
            Ok(Preprocess::Image(image)) => (image.size[0], image.channels),
            other => panic!("{other:?}"),
        };
    let free = Config::default();
    assert_eq!(image(vec![flat(28, 28, &[9]); 3], &free), (28, 1));
    assert_eq!(image(vec![flat(500, 300, &[9]), flat(400, 400, &[1, 2, 3])], &free), (64, 3));
    assert_eq!(
        image(vec![flat(40, 30, &[9]), flat(50, 50, &[9]), flat(60, 80, &[9])], &free),
        (50, 1)
    );
    let fixed = Config { size: Some(24), channels: Some(1), ..Config::default() };
    assert_eq!(image(vec![flat(500, 300, &[1, 2, 3])], &fixed), (24, 1));
}

#[test]
fn a_picture_becomes_normalized_planes() {
    let train = subset(Kind::Image, vec![flat(4, 2, &[255, 0, 51])]);
    let config = Config {
        size: Some(2),
        channels: None,
        mean: Some(vec![0.5, 0.5, 0.2]),
        std: Some(vec![0.5, 0.25, 1.0]),
    };
    let preprocess = Preprocess::fit(&train, &config).unwrap();
    assert_eq!(preprocess.shape(), Shape::Pixels { channels: 3, height: 2, width: 2 });
    let out = preprocess.apply(&train.read(0).unwrap()).unwrap();
    let expected = [[1.0; 4], [-2.0; 4], [0.0; 4]].concat();
    assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{out:?}");
}

#[test]
fn settings_out_of_range_are_named() {
    let train = subset(Kind::Image, vec![flat(4, 2, &[255])]);
    let message = |config| Preprocess::fit(&train, &config).unwrap_err().to_string();
    assert_eq!(
        message(Config { size: Some(0), ..Config::default() }),
        "input size must be from 1 to 4096, but is 0"
    );
    assert_eq!(
        message(Config { channels: Some(2), ..Config::default() }),
        "input channels must be 1 (grey) or 3 (red, green, blue), but is 2"
    );
    assert_eq!(
        message(Config { mean: Some(vec![0.1; 3]), ..Config::default() }),
        "input mean must be one number for each of the 1 channels, but is [0.1, 0.1, 0.1]"
    );
    assert_eq!(
        message(Config { std: Some(vec![0.0]), ..Config::default() }),
        "input std must be numbers above 0, but is [0.0]"
    );
}

#[test]
fn where_nothing_can_be_read_the_error_says_why() {
    let error = Preprocess::fit(&subset(Kind::Image, vec![None; 3]), &Config::default());
    assert_eq!(
        error.unwrap_err().to_string(),
        "none of the 3 training samples tried can be read; \
         the first: sample \"0\": is empty (0 bytes)"
    );
}

#[test]
fn a_row_becomes_standardized_features() {
    let preprocess = table();
    // Age and whether it is missing, then "no" and "yes"; "perhaps" was never seen and the
    // constant column says nothing.
    assert_eq!(preprocess.shape(), Shape::Features { width: 4 });
    let apply = |value| preprocess.apply(&value).unwrap();
    assert_eq!(apply(cells(30.0, Some(2))), [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(apply(cells(15.0, Some(0))), [-0.5, 0.0, 1.0, 0.0]);
    assert_eq!(apply(cells(f32::NAN, None)), [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(apply(cells(20.0, Some(1))), [0.0; 4]);
    assert_eq!(apply(cells(20.0, Some(77))), [0.0; 4]);
}

#[test]
fn a_row_of_other_cells_is_a_mismatch() {
    let preprocess = table();
    let short = Value::Row(vec![Cell::Number(1.0)]);
    assert_eq!(
        preprocess.apply(&short).unwrap_err().to_string(),
        "has no category in cell 2 of its 1, where the model expects one"
    );
    assert_eq!(preprocess.apply(&flat(1, 1, &[0]).unwrap()), Err(Mismatch::Kind));
}

#[test]
fn another_table_may_order_and_number_otherwise() {
    let mut other = schema();
    other.columns.reverse();
    other.columns[0].content =
        Content::Category(vec!["yes".into(), "sometimes".into(), "no".into()]);
    let bound = table().bind(&Kind::Row(other)).unwrap();
    let row = |smokes| {
        Value::Row(vec![Cell::Category(Some(smokes)), Cell::Number(3.0), Cell::Number(30.0)])
    };
    assert_eq!(bound.apply(&row(0)).unwrap(), [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(bound.apply(&row(1)).unwrap(), [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(bound.apply(&row(2)).unwrap(), [1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn data_that_do_not_fit_the_model_are_refused() {
    let mut other = schema();
    other.columns[0].name = "agee".into();
    assert_eq!(
        table().bind(&Kind::Row(other)).unwrap_err().to_string(),
        "the table has no number column \"age\", which the model needs; did you mean \"agee\"?"
    );
    assert_eq!(
        table().bind(&Kind::Image).unwrap_err().to_string(),
        "the model was made for table rows, but the data are pictures"
    );
}

#[test]
fn only_the_most_frequent_categories_become_features() {
    let names: Vec<String> = (0..100).map(|name| format!("{name:03}")).collect();
    let content = Content::Category(names);
    let schema = Schema { columns: vec![Column { name: "town".into(), content }] };
    // Category k is seen 100 - k times.
    let rows = (0..100u32).flat_map(|k| (0..100 - k).map(move |_| k));
    let rows = rows.map(|k| Some(Value::Row(vec![Cell::Category(Some(k))]))).collect();
    let preprocess = Preprocess::fit(&subset(Kind::Row(schema), rows), &Config::default()).unwrap();
    assert_eq!(preprocess.shape(), Shape::Features { width: 64 });
    let ones = |k| {
        let out = preprocess.apply(&Value::Row(vec![Cell::Category(Some(k))])).unwrap();
        out.iter().sum::<f32>()
    };
    // 5050 rows are sampled at 2000 places: the most frequent are kept, the rarest are not.
    assert_eq!([ones(0), ones(30), ones(99)], [1.0, 1.0, 0.0]);
}

#[test]
fn a_table_that_never_varies_is_refused() {
    let rows = vec![Some(Value::Row(vec![Cell::Number(3.0)])); 4];
    let columns = vec![Column { name: "constant".into(), content: Content::Number }];
    let error = Preprocess::fit(&subset(Kind::Row(Schema { columns }), rows), &Config::default());
    assert!(matches!(error, Err(Error::NoFeatures { columns: 1 })));
}

#[test]
fn what_was_fitted_survives_a_round_trip() {
    let train = subset(Kind::Image, vec![flat(5, 4, &[3, 30, 200]), flat(5, 4, &[90, 31, 1])]);
    for preprocess in [table(), Preprocess::fit(&train, &Config::default()).unwrap()] {
        let written = serde_json::to_string(&preprocess).unwrap();
        assert_eq!(serde_json::from_str::<Preprocess>(&written).unwrap(), preprocess);
    }
}

#[test]
fn views_change_a_row_after_its_standardization() {
    let pipeline = |written: &str| Pipeline::new(table(), serde_json::from_str(written).unwrap());
    let render = |written: &str| {
        let (mut random, mut out) = (Random::keyed(&[1]), vec![9.0; 4]);
        let pipeline = pipeline(written).unwrap();
        pipeline
            .render(&cells(30.0, Some(2)), &mut random, &mut Scratch::default(), &mut out)
            .unwrap();
        out
    };
    assert_eq!(render("[]"), [1.0, 0.0, 0.0, 1.0]);
    assert_eq!(render(r#"[{"feature-dropout": {"probability": 1}}]"#), [0.0; 4]);
    let disturbed = render(r#"[{"noise": {"sigma": 0.01}}]"#);
    assert!(
        disturbed.iter().zip([1.0, 0.0, 0.0, 1.0]).all(|(a, b)| a != &b && (a - b).abs() < 0.1)
    );
    assert_eq!(
        pipeline(r#"[{"noise": {}}, {"flip": {}}]"#).unwrap_err().to_string(),
        "view flip does not fit table rows; take it out of `views`, or use one of: \
         noise, feature-dropout"
    );
}

#[test]
fn table_rows_have_no_local_crops() {
    use crate::view::LocalCrops;
    let refused = Pipeline::local(&table(), &LocalCrops::default()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "local-crops are parts of pictures, and the data are table rows; take them out"
    );
}

#[test]
fn a_picture_of_the_input_size_is_restored_exactly() {
    for channels in [1, 3] {
        let pixels: Vec<u8> = (0..16 * 16 * channels).map(|i| (i * 37 % 256) as u8).collect();
        let picture = sample::Image { width: 16, height: 16, channels, pixels };
        let preprocess = Preprocess::Image(image::Image {
            size: [16, 16],
            channels,
            mean: vec![0.485, 0.456, 0.406][..channels].to_vec(),
            std: vec![0.229, 0.224, 0.225][..channels].to_vec(),
        });
        let mut input = preprocess.apply(&Value::Image(picture.clone())).unwrap();
        assert_eq!(preprocess.restore(&input).unwrap(), picture);
        // What was drawn may be brighter than white, darker than black, or nothing at all.
        input[..3].copy_from_slice(&[50.0, -50.0, f32::NAN]);
        let drawn = preprocess.restore(&input).unwrap();
        assert_eq!([0, 1, 2].map(|pixel| drawn.pixels[pixel * channels]), [255, 0, 128]);
    }
    assert_eq!(table().restore(&[0.0; 4]), None);
}
