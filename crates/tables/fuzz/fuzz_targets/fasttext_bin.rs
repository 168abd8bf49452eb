//! fastText's `.bin` of word vectors; what is read answers for any word.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pith_tables::format::fasttext;

fuzz_target!(|data: &[u8]| {
    if let Ok(model) = fasttext::read_from(&mut &*data, Path::new("file")) {
        let _ = model.vector("word");
    }
});
