//! From one format of word vectors to another.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;

use crate::arguments::Common;
use crate::output::print_line;
use crate::words::{Model, file};

/// Reads and writes.
pub fn run(from: &Path, to: &Path, force: bool, common: &Common) -> Result<ExitCode> {
    file::check(to)?;
    let model = Model::open(from)?;
    file::write(&model.vectors, to, force)?;
    let (rows, width) = (model.vectors.words().len(), model.width());
    if common.json {
        print_line!("{}", json!({ "vectors": to, "rows": rows, "width": width }));
    } else {
        print_line!("{rows} vectors of {width} numbers in {}", to.display());
    }
    Ok(ExitCode::SUCCESS)
}
