//! Paths that are not there.

use std::path::Path;

use anyhow::{Result, bail};

/// Refuses a path that does not exist, naming what stands beside it under a similar name.
pub fn must_exist(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    match nearest(path) {
        Some(name) => bail!("{} does not exist; did you mean {name:?}?", path.display()),
        None => bail!("{} does not exist", path.display()),
    }
}

fn nearest(path: &Path) -> Option<String> {
    let folder = match path.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let name = path.file_name()?.to_str()?;
    let beside = std::fs::read_dir(folder).ok()?.flatten();
    let beside = beside.filter_map(|entry| entry.file_name().into_string().ok());
    beside
        .map(|beside| (strsim::jaro_winkler(name, &beside), beside))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
