//! fastText's classifiers, `.bin` and `.ftz`; what is read predicts.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pith_tables::format::fasttext;

fuzz_target!(|data: &[u8]| {
    if let Ok(classifier) = fasttext::read_classifier_from(&mut &*data, Path::new("file")) {
        let _ = classifier.predict("some words été", 3, 0.0);
    }
});
