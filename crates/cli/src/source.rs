//! Which samples a verb works on.

use std::path::Path;

use anyhow::{Context, Result, bail};
use pith_data::collection::{Collection, Subset};
use pith_data::config::Config;
use pith_learn::Recipe;

use crate::arguments::Data;

/// The data named on the command line, or those of the run's recipe.
pub fn config(data: &Data, recipe: Option<&Recipe>, model: &Path) -> Result<Config> {
    let mut table = match (&data.data, recipe) {
        (Some(path), _) => {
            let path = path.display().to_string();
            toml::Table::from_iter([("path".to_owned(), toml::Value::String(path))])
        }
        (None, Some(recipe)) => toml::Table::try_from(&recipe.data)?,
        (None, None) => bail!("{} is no run: name the data too", model.display()),
    };
    for setting in &data.settings {
        let (key, value) = setting
            .split_once('=')
            .with_context(|| format!("--data {setting}: expected KEY=VALUE, such as test=PATH"))?;
        lay(&mut table, key.trim(), value.trim());
    }
    Ok(table.try_into()?)
}

/// Sets `a.b` to a value: a TOML value where it reads as one, a string elsewhere.
fn lay(table: &mut toml::Table, key: &str, value: &str) {
    match key.split_once('.') {
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| toml::Table::new().into());
            if let toml::Value::Table(inner) = inner {
                lay(inner, rest, value);
            }
        }
        None => {
            let read = format!("value = {value}").parse::<toml::Table>().ok();
            let value = read
                .and_then(|mut table| table.remove("value"))
                .unwrap_or_else(|| toml::Value::String(value.to_owned()));
            table.insert(key.to_owned(), value);
        }
    }
}

/// Part of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Samples to learn from
    Train,
    /// Samples to choose with
    Validation,
    /// Samples to judge with
    Test,
    /// All samples
    All,
}

impl Part {
    /// The subsets of a collection, with the names of their splits.
    pub fn of(self, collection: &Collection) -> Vec<Subset> {
        let Collection { train, validation, test, .. } = collection;
        let chosen: &[&Subset] = match self {
            Part::Train => &[train],
            Part::Validation => &[validation],
            Part::Test => &[test],
            Part::All => &[train, validation, test],
        };
        chosen.iter().map(|&subset| subset.clone()).filter(|subset| !subset.is_empty()).collect()
    }
}
