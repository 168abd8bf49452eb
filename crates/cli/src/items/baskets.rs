//! The recipe's `[baskets]` table: how lines or rows become baskets, and what is taken out of them to
//! judge by.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use pith_tables::corpus;
use pith_tables::items::{Basket, Groups, LeftOut, Which, leave_one_out};
use pith_tables::train::subword::hash;
use serde::{Deserialize, Serialize};

use super::rows;

/// How items are read. Of plain text every line is a basket; of tables and JSON lines a column says
/// which basket an item lies in, or every row is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// The column (of JSON lines the field) that says which basket: a user, a session. Without it every
    /// row is a basket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basket: Option<String>,
    /// The column of the item. Where every row is a basket it holds all of them, in JSON as a list.
    pub item: String,
    /// What stands between the items of a line or a cell; white space where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
    /// The column that orders the items of a basket; of equal ones a hash decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Items that lie in fewer baskets have no vector.
    pub minimum_count: u64,
    /// Share of the baskets one item of which is not learned from, to judge by.
    pub held_out: f64,
    /// Which item that is. `last` is honest only where the order means time.
    pub left_out: Which,
    /// How large baskets are cut.
    pub groups: Groups,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            basket: None,
            item: "item".to_owned(),
            separator: None,
            time: None,
            minimum_count: 5,
            held_out: 0.1,
            left_out: Which::Random,
            groups: Groups::default(),
        }
    }
}

impl Config {
    /// Refuses what cannot be read.
    pub fn check(&self, name: &str) -> Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.held_out),
            "{name}: baskets.held-out must be within 0 and 1, received {}",
            self.held_out
        );
        ensure!(
            self.separator.as_deref() != Some(""),
            "{name}: baskets.separator must not be empty"
        );
        ensure!(
            self.time.is_none() || self.basket.is_some(),
            "{name}: baskets.time orders the rows of a basket; name the column that says which \
             basket, by baskets.basket"
        );
        Ok(self.groups.check()?)
    }

    /// All baskets of these files and folders.
    pub fn read(&self, paths: &[PathBuf]) -> Result<Vec<Basket>> {
        let mut reading = Reading::new(self);
        for file in corpus::files(paths)? {
            reading.file(&file)?;
        }
        Ok(reading.finish())
    }

    /// What to learn from, and what was taken out.
    pub fn split(&self, mut baskets: Vec<Basket>) -> (Vec<Basket>, Vec<LeftOut>) {
        let left_out = leave_one_out(&mut baskets, self.held_out, self.left_out);
        (baskets, left_out)
    }

    /// One item of each of these baskets taken out.
    pub fn all_left_out(&self, mut baskets: Vec<Basket>) -> Vec<LeftOut> {
        leave_one_out(&mut baskets, 1.0, self.left_out)
    }

    fn items(&self, text: &str) -> Vec<String> {
        let cleaned = |item: &str| item.trim().replace('\n', " ");
        match &self.separator {
            Some(separator) => text.split(separator.as_str()).map(cleaned).collect(),
            None => text.split_whitespace().map(cleaned).collect(),
        }
    }
}

/// Baskets that grow row by row.
struct Reading<'a> {
    config: &'a Config,
    baskets: Vec<Basket>,
    /// When each item came, beside the items.
    times: Vec<Vec<String>>,
    places: HashMap<String, usize>,
}

impl<'a> Reading<'a> {
    fn new(config: &'a Config) -> Self {
        Self { config, baskets: Vec::new(), times: Vec::new(), places: HashMap::new() }
    }

    fn file(&mut self, file: &Path) -> Result<()> {
        let config = self.config;
        if !rows::has_columns(file) {
            corpus::lines(file, &config.item, |line| {
                self.line(config.items(&String::from_utf8_lossy(line)));
            })?;
            return Ok(());
        }
        let mut names = vec![config.item.as_str()];
        names.extend(config.basket.as_deref());
        names.extend(config.time.as_deref());
        rows::columns(file, &names, |cells| {
            let Some(basket) = cells.get(1) else {
                match &cells[0][..] {
                    [text] => self.line(config.items(text)),
                    items => self.line(items.to_vec()),
                }
                return Ok(());
            };
            if basket.len() != 1 {
                return Err(format!("expected one basket, received a list of {}", basket.len()));
            }
            let time = cells.get(2).and_then(|time| time.first()).cloned().unwrap_or_default();
            for item in &cells[0] {
                self.item(&basket[0], item.trim().replace('\n', " "), time.clone());
            }
            Ok(())
        })
    }

    /// A whole basket, under the number of its line.
    fn line(&mut self, mut items: Vec<String>) {
        items.retain(|item| !item.is_empty());
        let id = (self.baskets.len() + 1).to_string();
        self.times.push(Vec::new());
        self.baskets.push(Basket { id, items });
    }

    fn item(&mut self, basket: &str, item: String, time: String) {
        if item.is_empty() {
            return;
        }
        let place = match self.places.get(basket) {
            Some(&place) => place,
            None => {
                self.places.insert(basket.to_owned(), self.baskets.len());
                self.times.push(Vec::new());
                self.baskets.push(Basket { id: basket.to_owned(), items: Vec::new() });
                self.baskets.len() - 1
            }
        };
        self.baskets[place].items.push(item);
        self.times[place].push(time);
    }

    fn finish(self) -> Vec<Basket> {
        let Self { config, mut baskets, times, .. } = self;
        if config.time.is_some() {
            for (basket, times) in baskets.iter_mut().zip(times) {
                let items = std::mem::take(&mut basket.items);
                let mut timed: Vec<(String, String)> = times.into_iter().zip(items).collect();
                timed.sort_by(|(a, one), (b, other)| {
                    // Nothing of the names: low ids are often the popular items.
                    let place = |item: &str| hash(item.as_bytes());
                    earlier(a, b).then_with(|| place(one).cmp(&place(other)))
                });
                basket.items = timed.into_iter().map(|(_, item)| item).collect();
            }
        }
        baskets.retain(|basket| !basket.items.is_empty());
        baskets
    }
}

/// As numbers where both are some, else as texts: dates such as 2024-05-01 sort so.
fn earlier(one: &str, other: &str) -> Ordering {
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other),
        _ => one.cmp(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &Config, name: &str, text: &str) -> Result<Vec<(String, String)>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join(name);
        fs_err::write(&path, text)?;
        let baskets = config.read(&[path])?;
        Ok(baskets.into_iter().map(|basket| (basket.id, basket.items.join("|"))).collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(id, items)| ((*id).to_owned(), (*items).to_owned())).collect()
    }

    #[test]
    fn lines_rows_and_lists_are_baskets() -> Result<()> {
        let lines = read(&Config::default(), "a.txt", "tea milk\n\nsaw\n")?;
        assert_eq!(lines, pairs(&[("1", "tea|milk"), ("3", "saw")]));
        let comma = Config { separator: Some(",".into()), ..Config::default() };
        assert_eq!(read(&comma, "a.txt", "green tea, milk\n")?, pairs(&[("1", "green tea|milk")]));
        let json = "{\"item\": [\"green tea\", 7]}\n";
        assert_eq!(read(&Config::default(), "a.jsonl", json)?, pairs(&[("1", "green tea|7")]));
        let columns = Config { basket: Some("user".into()), ..Config::default() };
        let table = "item,user\n\"tea, green\",u\nsaw,v\nmilk,u\n";
        let found = read(&columns, "a.csv", table)?;
        assert_eq!(found, pairs(&[("u", "tea, green|milk"), ("v", "saw")]));
        let json = "{\"user\": 1, \"item\": \"a\"}\n{\"user\": 1, \"item\": \"b\"}\n";
        assert_eq!(read(&columns, "a.jsonl", json)?, pairs(&[("1", "a|b")]));
        let wrong = read(&columns, "a.jsonl", "{\"user\": 1, \"item\": \"a\"}\n{\"usr\": 1}\n");
        let told = wrong.unwrap_err().to_string();
        assert!(told.contains("a.jsonl") && told.contains("line 2"), "{told}");
        Ok(())
    }

    #[test]
    fn time_orders_a_basket() -> Result<()> {
        let config =
            Config { basket: Some("u".into()), time: Some("at".into()), ..Config::default() };
        let table = "u,item,at\n1,c,20\n1,a,3\n1,b,100\n";
        assert_eq!(read(&config, "a.csv", table)?, pairs(&[("1", "a|c|b")]));
        let told = Config { basket: None, ..config }.check("r.toml").unwrap_err().to_string();
        assert!(told.contains("baskets.basket"), "{told}");
        Ok(())
    }
}
