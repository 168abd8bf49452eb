//! The preparation of table rows.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Error, Mismatch, measure};
use crate::collection::Subset;
use crate::error::nearest;
use crate::sample::{Cell, Value};
use crate::schema::{Content, Schema};

/// The most features one column of categories becomes: its most frequent ones.
const MOST_CATEGORIES: usize = 64;

/// Numbers are standardized, missing ones replaced by the mean and announced by a feature of
/// their own; categories become one feature each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Row {
    columns: Vec<Column>,
    features: Vec<Range<usize>>,
}

/// A column and the features that it becomes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Column {
    name: String,
    /// Which cell of the row at hand.
    cell: usize,
    encoding: Encoding,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
enum Encoding {
    /// `(value - mean) / std`, 0 where missing; then 1 where missing and 0 elsewhere, if any was.
    Number { mean: f32, std: f32, missing: bool },
    /// 1 for the category at hand, 0 for the others; all 0 where it is missing or unknown.
    Category { names: Vec<String>, features: Vec<Option<usize>> },
}

impl Encoding {
    fn width(&self) -> usize {
        match self {
            Encoding::Number { missing, .. } => 1 + usize::from(*missing),
            Encoding::Category { names, .. } => names.len(),
        }
    }
}

impl Row {
    pub(super) fn fit(train: &Subset, schema: &Schema) -> Result<Self, Error> {
        let mut tallies: Vec<Tally> =
            schema.columns.iter().map(|c| Tally::of(&c.content)).collect();
        measure(train, |value| {
            let Value::Row(cells) = value else { return Err(Mismatch::Kind) };
            check(&cells, &tallies)?;
            for (tally, cell) in tallies.iter_mut().zip(&cells) {
                tally.add(cell);
            }
            Ok(())
        })?;
        let columns = schema.columns.iter().zip(&tallies).enumerate();
        let columns = columns.filter_map(|(cell, (column, tally))| {
            let encoding = tally.encoding(&column.content)?;
            Some(Column { name: column.name.clone(), cell, encoding })
        });
        let columns: Vec<Column> = columns.collect();
        if columns.is_empty() {
            return Err(Error::NoFeatures { columns: schema.columns.len() });
        }
        let mut end = 0;
        let features = columns.iter().map(|column| {
            let start = end;
            end += column.encoding.width();
            start..end
        });
        Ok(Row { features: features.collect(), columns })
    }

    /// Finds the columns and categories again in another table.
    pub(super) fn bind(&self, schema: &Schema) -> Result<Self, Error> {
        let mut bound = self.clone();
        for column in &mut bound.columns {
            let numeric = matches!(column.encoding, Encoding::Number { .. });
            let found = schema.columns.iter().position(|other| {
                other.name == column.name && numeric == (other.content == Content::Number)
            });
            let Some(cell) = found else {
                let content = if numeric { "number" } else { "category" };
                let hint = nearest(&column.name, schema.columns.iter().map(|c| c.name.as_str()));
                return Err(Error::NoSuchColumn { content, column: column.name.clone(), hint });
            };
            column.cell = cell;
            if let (Encoding::Category { names, features }, Content::Category(theirs)) =
                (&mut column.encoding, &schema.columns[cell].content)
            {
                let ours = |name| names.iter().position(|ours| ours == name);
                *features = theirs.iter().map(ours).collect();
            }
        }
        Ok(bound)
    }

    /// Numbers per sample.
    pub fn width(&self) -> usize {
        self.features.last().map_or(0, |last| last.end)
    }

    /// The features that each column became.
    pub(crate) fn features(&self) -> &[Range<usize>] {
        &self.features
    }

    /// Writes a row as features.
    pub(crate) fn standardize(&self, cells: &[Cell], out: &mut [f32]) -> Result<(), Mismatch> {
        out.fill(0.0);
        for (column, features) in self.columns.iter().zip(&self.features) {
            let out = &mut out[features.clone()];
            match (&column.encoding, cells.get(column.cell)) {
                (&Encoding::Number { mean, std, missing }, Some(Cell::Number(number))) => {
                    if number.is_finite() {
                        out[0] = (number - mean) / std;
                    } else if missing {
                        out[1] = 1.0;
                    }
                }
                (Encoding::Category { features, .. }, Some(Cell::Category(category))) => {
                    let feature = category.and_then(|c| *features.get(c as usize)?);
                    if let Some(feature) = feature {
                        out[feature] = 1.0;
                    }
                }
                (encoding, _) => {
                    let numeric = matches!(encoding, Encoding::Number { .. });
                    let content = if numeric { "number" } else { "category" };
                    return Err(Mismatch::Cell { content, cell: column.cell, cells: cells.len() });
                }
            }
        }
        Ok(())
    }
}

/// What is counted of one column.
enum Tally {
    /// Welford's running mean and sum of squared deviations.
    Number { count: f64, mean: f64, deviations: f64, missing: bool },
    /// How often each category was seen.
    Category { counts: Vec<usize> },
}

impl Tally {
    fn of(content: &Content) -> Self {
        match content {
            Content::Number => {
                Tally::Number { count: 0.0, mean: 0.0, deviations: 0.0, missing: false }
            }
            Content::Category(names) => Tally::Category { counts: vec![0; names.len()] },
        }
    }

    fn add(&mut self, cell: &Cell) {
        match (self, cell) {
            (Tally::Number { count, mean, deviations, .. }, Cell::Number(x)) if x.is_finite() => {
                *count += 1.0;
                let deviation = f64::from(*x) - *mean;
                *mean += deviation / *count;
                *deviations += deviation * (f64::from(*x) - *mean);
            }
            (Tally::Number { missing, .. }, _) => *missing = true,
            (Tally::Category { counts }, Cell::Category(Some(category))) => {
                if let Some(count) = counts.get_mut(*category as usize) {
                    *count += 1;
                }
            }
            (Tally::Category { .. }, _) => {}
        }
    }

    /// The encoding of the column, or nothing where it tells samples apart in no way.
    fn encoding(&self, content: &Content) -> Option<Encoding> {
        match (self, content) {
            (&Tally::Number { count, mean, deviations, missing }, _) => {
                let std = (deviations / count.max(1.0)).sqrt() as f32;
                let varies = std > 1e-6 * (mean.abs() as f32);
                let std = if varies { std } else { 1.0 };
                (varies || (missing && count > 0.0)).then_some(Encoding::Number {
                    mean: mean as f32,
                    std,
                    missing,
                })
            }
            (Tally::Category { counts }, Content::Category(names)) => {
                let mut seen: Vec<usize> = (0..names.len()).filter(|&i| counts[i] > 0).collect();
                seen.sort_by_key(|&category| (std::cmp::Reverse(counts[category]), category));
                seen.truncate(MOST_CATEGORIES);
                seen.sort_unstable();
                let feature = |category| seen.binary_search(&category).ok();
                let features = (0..names.len()).map(feature).collect();
                let names: Vec<_> = seen.iter().map(|&category| names[category].clone()).collect();
                (!names.is_empty()).then_some(Encoding::Category { names, features })
            }
            (Tally::Category { .. }, Content::Number) => None,
        }
    }
}

fn check(cells: &[Cell], tallies: &[Tally]) -> Result<(), Mismatch> {
    let cell_count = cells.len();
    for (cell, tally) in tallies.iter().enumerate() {
        let content = match (tally, cells.get(cell)) {
            (Tally::Number { .. }, Some(Cell::Number(_))) => continue,
            (Tally::Category { .. }, Some(Cell::Category(_))) => continue,
            (Tally::Number { .. }, _) => "number",
            (Tally::Category { .. }, _) => "category",
        };
        return Err(Mismatch::Cell { content, cell, cells: cell_count });
    }
    Ok(())
}
