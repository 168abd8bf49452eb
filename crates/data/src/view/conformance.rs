//! What is asked of every view, whatever it does.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

const COLUMNS: [std::ops::Range<usize>; 3] = [0..1, 1..4, 4..6];

/// A picture of pseudo-random colours.
fn picture(channels: usize, height: usize, width: usize) -> Picture {
    let mut random = Random::keyed(&[11]);
    Picture {
        channels,
        height,
        width,
        values: (0..channels * height * width).map(|_| random.uniform(0.0, 1.0)).collect(),
        target: [height, width],
        mean: vec![0.5; channels],
        ..Picture::default()
    }
}

/// The bits of a sample of the view's kind after the view.
fn changed(view: &Config, key: u64) -> Vec<u32> {
    let mut random = Random::keyed(&[key]);
    let values = if view.method().fits.pictures() {
        let mut picture = picture(3, 16, 16);
        view.change_picture(&mut picture, &mut random);
        picture.values
    } else {
        row(view, &mut random)
    };
    values.into_iter().map(f32::to_bits).collect()
}

fn row(view: &Config, random: &mut Random) -> Vec<f32> {
    let mut values = vec![-1.5, 0.25, 1.0, 2.0, 0.5, 1.0];
    view.change_row(&mut Row { values: &mut values, columns: &COLUMNS }, random);
    values
}

#[test]
fn keywords_are_unique_and_lines_are_there() {
    let keywords: BTreeSet<&str> = METHODS.iter().map(|method| method.keyword).collect();
    assert_eq!(keywords.len(), METHODS.len());
    for method in METHODS {
        assert!(!method.summary.is_empty() && !method.reference.is_empty(), "{method:?}");
    }
}

#[test]
fn an_empty_table_is_the_defaults_and_settings_survive_a_round_trip() {
    for view in Config::defaults().into_iter().chain(Config::neutrals()) {
        view.validate().unwrap();
        let written = serde_json::to_string(&view).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&written).unwrap(), view);
    }
    for view in Config::defaults() {
        let empty = json!({ view.method().keyword: {} });
        assert_eq!(serde_json::from_value::<Config>(empty).unwrap(), view);
    }
}

#[test]
fn unknown_settings_are_refused() {
    for method in METHODS {
        let written = json!({ method.keyword: { "probabillity": 0.5 } });
        let error = serde_json::from_value::<Config>(written).unwrap_err().to_string();
        assert!(error.contains("unknown field `probabillity`, expected"), "{error}");
    }
}

#[test]
fn every_setting_has_a_range_and_the_error_names_it() {
    for view in Config::defaults() {
        let keyword = view.method().keyword;
        let written = serde_json::to_value(&view).unwrap();
        for (setting, value) in written[keyword].as_object().unwrap() {
            let low = if value.is_array() { json!([-5.0, -5.0]) } else { json!(-5.0) };
            let written: Value = json!({ keyword: { setting: low } });
            // A count cannot even be read from a negative number.
            let Ok(view) = serde_json::from_value::<Config>(written) else { continue };
            let error = view.validate().unwrap_err().to_string();
            assert!(error.starts_with(&format!("view {keyword}: {setting} must be ")), "{error}");
        }
    }
}

#[test]
fn the_same_key_gives_the_same_bits_and_others_give_others() {
    for view in Config::defaults() {
        let draws: Vec<_> = (0..40).map(|key| changed(&view, key)).collect();
        let again: Vec<_> = (0..40).map(|key| changed(&view, key)).collect();
        assert_eq!(draws, again, "{view:?}");
        assert!(draws.iter().any(|draw| draw != &draws[0]), "{view:?} never differs");
    }
}

#[test]
fn neutral_settings_change_nothing() {
    for view in Config::neutrals() {
        if view.method().fits.pictures() {
            for channels in [1, 3] {
                let mut after = picture(channels, 16, 16);
                view.change_picture(&mut after, &mut Random::keyed(&[1]));
                assert_eq!(after.values, picture(channels, 16, 16).values, "{view:?}");
            }
        }
        if view.method().fits.rows() {
            let after = row(&view, &mut Random::keyed(&[1]));
            assert_eq!(after, [-1.5, 0.25, 1.0, 2.0, 0.5, 1.0], "{view:?}");
        }
    }
}

#[test]
fn pictures_keep_their_shape_and_range_whatever_their_size() {
    for view in Config::defaults().iter().filter(|view| view.method().fits.pictures()) {
        for (channels, height, width) in [(3, 16, 16), (1, 16, 16), (3, 1, 1), (1, 2, 9), (3, 7, 1)]
        {
            for key in 0..20 {
                let mut picture = picture(channels, height, width);
                view.change_picture(&mut picture, &mut Random::keyed(&[key]));
                let shape = (picture.channels, picture.height, picture.width);
                assert_eq!(shape, (channels, height, width), "{view:?}");
                assert_eq!(picture.values.len(), channels * height * width);
                // Weights that sum to 1 may do so up to the last bits.
                let fine = picture.values.iter().all(|value| (-1e-6..=1.000_001).contains(value));
                assert!(fine, "{view:?} leaves [0, 1]");
            }
        }
    }
}

#[test]
fn rows_stay_finite() {
    for view in Config::defaults().iter().filter(|view| view.method().fits.rows()) {
        for key in 0..20 {
            let values = row(view, &mut Random::keyed(&[key]));
            assert!(values.iter().all(|value| value.is_finite()), "{view:?}");
        }
    }
}
