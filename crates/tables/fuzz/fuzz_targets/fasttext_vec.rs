//! Whatever begins with a header of its own choice: `.vec`, or any other format.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pith_tables::format;

fuzz_target!(|data: &[u8]| {
    let _ = format::read_from(&mut &*data, Path::new("file"));
});
