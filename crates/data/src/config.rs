//! The `[data]` table of a recipe.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::dataset::shapes;
use crate::error::Error;

/// Which data, and how they are divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// A file or folder, relative to the current folder; `${NAME}` is an environment variable.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Shapes that the program draws, in place of a path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shapes: Option<shapes::Config>,
    /// The official test data, where they are apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// A CSV with a column `id` or `file` and a column `label`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// Which columns of a table are not features.
    #[serde(default, skip_serializing_if = "Columns::is_default")]
    pub columns: Columns,
    /// The share of what is not for the test that is kept for validation, unless the data have
    /// validation samples of their own.
    #[serde(default = "default_validation")]
    pub validation: f64,
    /// The share that is kept for the test, unless the data have test samples of their own.
    #[serde(default = "default_test_fraction")]
    pub test_fraction: f64,
    /// At most this many training samples, chosen by the hash of their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Another seed is another division.
    #[serde(default)]
    pub split_seed: u64,
}

/// The columns of a table that are not features.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Columns {
    /// The class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// A unique name of each row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The bytes of a picture (parquet).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
}

impl Columns {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

fn default_validation() -> f64 {
    0.1
}

fn default_test_fraction() -> f64 {
    0.2
}

impl Config {
    /// The data at a path, divided by the defaults.
    pub fn new(path: impl Into<String>) -> Self {
        Config {
            path: path.into(),
            shapes: None,
            test: None,
            labels: None,
            columns: Columns::default(),
            validation: default_validation(),
            test_fraction: default_test_fraction(),
            limit: None,
            split_seed: 0,
        }
    }

    /// Checks what can be checked without looking at the data.
    ///
    /// # Errors
    /// Where there is no path, a share is not in [0, 1) or the limit is 0.
    pub fn check(&self) -> Result<(), Error> {
        if self.path.is_empty() == self.shapes.is_none() {
            let why = "data needs a path, or shapes to draw in its place, and not both";
            return Err(Error::Setting(why.to_owned()));
        }
        let shares = [("validation", self.validation), ("test-fraction", self.test_fraction)];
        for (name, share) in shares {
            if !(0.0..1.0).contains(&share) {
                return Err(Error::Setting(format!(
                    "data.{name} is a share in [0, 1), {share} was given"
                )));
            }
        }
        if self.limit == Some(0) {
            let why = "data.limit is at least 1, 0 was given; leave it out to train on all samples";
            return Err(Error::Setting(why.to_owned()));
        }
        Ok(())
    }
}

/// Replaces each `${NAME}` of a path by the environment variable.
///
/// # Errors
/// Where a variable is not set, or a `${` is not closed.
pub fn expand(path: &str) -> Result<PathBuf, Error> {
    expand_with(path, |name| std::env::var(name).ok())
}

fn expand_with(path: &str, variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, Error> {
    let mut expanded = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else {
            return Err(Error::Setting(format!("data path {path:?} has a ${{ without its }}")));
        };
        let Some(value) = variable(name) else {
            return Err(Error::NoSuchVariable { path: path.to_owned(), name: name.to_owned() });
        };
        expanded.push_str(before);
        expanded.push_str(&value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_and_named_where_unset() {
        let variable = |name: &str| (name == "PITH_DATA").then(|| "/data".to_owned());
        let path = expand_with("${PITH_DATA}/images/mnist", variable).unwrap();
        assert_eq!(path, PathBuf::from("/data/images/mnist"));
        assert_eq!(expand_with("plain", variable).unwrap(), PathBuf::from("plain"));
        let error = expand_with("${PITHDATA}/x", variable).unwrap_err().to_string();
        assert!(error.contains("environment variable PITHDATA"), "{error}");
        assert!(expand_with("${PITH_DATA/x", variable).is_err());
    }

    #[test]
    fn shares_and_limits_are_checked() {
        assert!(Config::new("x").check().is_ok());
        assert!(Config { validation: 1.0, ..Config::new("x") }.check().is_err());
        assert!(Config { test_fraction: -0.1, ..Config::new("x") }.check().is_err());
        assert!(Config { validation: f64::NAN, ..Config::new("x") }.check().is_err());
        assert!(Config { limit: Some(0), ..Config::new("x") }.check().is_err());
        assert!(Config::new("").check().is_err());
        let shapes = Some(shapes::Config::default());
        assert!(Config { shapes: shapes.clone(), ..Config::new("x") }.check().is_err());
        assert!(Config { shapes, ..Config::new("") }.check().is_ok());
    }
}
