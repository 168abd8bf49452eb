//! Rows of bytes behind a header that promises two words of three numbers.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pith_tables::format;

fuzz_target!(|data: &[u8]| {
    let file =
        [&b"2 3\nfirst \x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\n"[..], data].concat();
    let _ = format::read_from(&mut &file[..], Path::new("file"));
});
