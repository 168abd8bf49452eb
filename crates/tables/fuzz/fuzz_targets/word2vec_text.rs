//! Rows of text behind a header that promises two words of three numbers.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pith_tables::format;

fuzz_target!(|data: &[u8]| {
    let file = [&b"2 3\nfirst 1 2 3\n"[..], data].concat();
    let _ = format::read_from(&mut &file[..], Path::new("file"));
});
