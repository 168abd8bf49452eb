//! The recipe's `[graph]` table: how lines or rows become edges, and what is taken out of them to judge
//! by.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use pith_tables::corpus;
use pith_tables::items::links::{self, Edge};
use pith_tables::items::{self, Graph};
use serde::{Deserialize, Serialize};

use super::rows;

/// How edges are read: of plain text `from to` or `from to weight` a line, of tables and JSON lines
/// from columns. An edge that comes twice has the sum of the weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Config {
    /// The column (of JSON lines the field) of the node that an edge comes from.
    pub from: String,
    /// The column of the node that it leads to.
    pub to: String,
    /// The column of its weight; every row weighs 1 where left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Whether edges lead one way only.
    pub directed: bool,
    /// Share of the edges that are not walked on, to judge by; every node keeps one.
    pub held_out: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            from: "from".to_owned(),
            to: "to".to_owned(),
            weight: None,
            directed: false,
            held_out: 0.1,
        }
    }
}

impl Config {
    /// Refuses what cannot be read.
    pub fn check(&self, name: &str) -> Result<()> {
        ensure!(
            (0.0..=0.9).contains(&self.held_out),
            "{name}: graph.held-out must be within 0 and 0.9, received {}",
            self.held_out
        );
        Ok(())
    }

    /// All edges of these files and folders, one for every pair of nodes.
    pub fn read(&self, paths: &[PathBuf]) -> Result<Vec<Edge>> {
        let mut edges = Vec::new();
        for file in corpus::files(paths)? {
            if !rows::has_columns(&file) {
                edges.extend(items::edges(&file)?);
                continue;
            }
            let mut names = vec![self.from.as_str(), self.to.as_str()];
            names.extend(self.weight.as_deref());
            rows::columns(&file, &names, |cells| {
                edges.extend(edge(cells)?);
                Ok(())
            })?;
        }
        Ok(links::merged(edges, self.directed))
    }

    /// The graph to walk on, and the edges that were taken out.
    pub fn split(&self, edges: Vec<Edge>) -> Result<(Graph, Vec<Edge>)> {
        let (kept, out) = links::hold_out(edges, self.held_out);
        Ok((Graph::of(&kept, self.directed)?, out))
    }
}

/// The edge of a row; none where an end is missing.
fn edge(cells: &[Vec<String>]) -> Result<Option<Edge>, String> {
    let name = |cell: &Vec<String>| match &cell[..] {
        [name] => Ok(name.trim().replace('\n', " ")),
        others => Err(format!("expected one node, received a list of {}", others.len())),
    };
    let (from, to) = (name(&cells[0])?, name(&cells[1])?);
    let weight = match cells.get(2).and_then(|cell| cell.first()) {
        None => 1.0,
        Some(text) => match text.trim().parse::<f64>() {
            Ok(weight) if weight > 0.0 && weight.is_finite() => weight,
            _ => return Err(format!("expected a weight above 0, received {text:?}")),
        },
    };
    Ok((!from.is_empty() && !to.is_empty()).then_some(Edge { from, to, weight }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_come_in_lines_and_in_columns() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs_err::write(&path, text).unwrap();
            [path]
        };
        let edge = |from: &str, to: &str, weight| Edge { from: from.into(), to: to.into(), weight };
        let lines = Config::default().read(&at("a.txt", "a b\nb a 2\n# c d\na c\n"))?;
        assert_eq!(lines, [edge("a", "b", 3.0), edge("a", "c", 1.0)]);
        let config = Config {
            from: "white".into(),
            to: "black".into(),
            weight: Some("games".into()),
            directed: true,
            ..Config::default()
        };
        let table = "black,white,games\n\"Tal, M\",Fischer,2\nFischer,\"Tal, M\",1\n,Fischer,1\n";
        let found = config.read(&at("a.csv", table))?;
        assert_eq!(found, [edge("Fischer", "Tal, M", 2.0), edge("Tal, M", "Fischer", 1.0)]);
        let wrong = config.read(&at("b.csv", "white,black,games\na,b,1\na,c,none\n"));
        let told = wrong.unwrap_err().to_string();
        assert!(told.contains("b.csv") && told.contains("row 2"), "{told}");
        Ok(())
    }
}
