//! The typed columns of a table.

use serde::{Deserialize, Serialize};

/// The feature columns of a table, in order. Label, id and ignored columns are not part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Schema {
    /// One entry per cell of a row.
    pub columns: Vec<Column>,
}

/// One feature column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Column {
    /// Its name in the header.
    pub name: String,
    /// What its cells are.
    pub content: Content,
}

/// What the cells of a column are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Content {
    /// Finite numbers; a missing one is NaN.
    Number,
    /// One of these texts, sorted. A cell holds the position in this list.
    Category(Vec<String>),
}
