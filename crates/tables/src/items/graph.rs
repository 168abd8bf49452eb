//! A graph by its edges.

use std::path::Path;

use super::links::Edge;
use crate::corpus::vocabulary::WordMap;
use crate::{Error, corpus};

/// Nodes with names, and the neighbours of each with the weights of the edges.
#[derive(Clone, Debug)]
pub struct Graph {
    names: Vec<Box<str>>,
    places: WordMap<u32>,
    starts: Vec<usize>,
    neighbours: Vec<u32>,
    /// The sums of the weights of a node's edges, up to and with each.
    reach: Vec<f64>,
}

impl Graph {
    /// From edges and their weights; an edge that comes twice has the sum. Undirected edges lead both
    /// ways.
    ///
    /// # Errors
    /// Where there is no edge, or a weight is not above 0.
    pub fn new<S: AsRef<str>>(
        edges: impl IntoIterator<Item = (S, S, f64)>,
        directed: bool,
    ) -> Result<Self, Error> {
        let mut places: WordMap<u32> = WordMap::default();
        let mut names: Vec<Box<str>> = Vec::new();
        let mut place = |name: &str| {
            *places.entry(name.into()).or_insert_with(|| {
                names.push(name.into());
                names.len() as u32 - 1
            })
        };
        let mut all = Vec::new();
        for (from, to, weight) in edges {
            let (from, to) = (from.as_ref(), to.as_ref());
            if !(weight > 0.0 && weight.is_finite()) {
                return Err(Error::Setting(format!(
                    "the edge from {from:?} to {to:?} must have a weight above 0, received {weight}"
                )));
            }
            let (from, to) = (place(from), place(to));
            all.push((from, to, weight));
            if !directed && from != to {
                all.push((to, from, weight));
            }
        }
        if all.is_empty() {
            return Err(Error::Setting("expected a graph with edges, received none".to_owned()));
        }
        all.sort_by_key(|(from, to, _)| (*from, *to));
        all.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            kept.2 += if same { next.2 } else { 0.0 };
            same
        });
        let (starts, neighbours, reach) = (vec![0], Vec::new(), Vec::new());
        let mut graph = Self { starts, neighbours, reach, places, names };
        for node in 0..graph.names.len() {
            let first = graph.neighbours.len();
            let mut sum = 0.0;
            for (_, to, weight) in all[first..].iter().take_while(|edge| edge.0 as usize == node) {
                sum += weight;
                graph.neighbours.push(*to);
                graph.reach.push(sum);
            }
            graph.starts.push(graph.neighbours.len());
        }
        Ok(graph)
    }

    /// From edges.
    ///
    /// # Errors
    /// As [`Graph::new`].
    pub fn of(edges: &[Edge], directed: bool) -> Result<Self, Error> {
        Self::new(edges.iter().map(|edge| (&*edge.from, &*edge.to, edge.weight)), directed)
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no node; never so, as a graph has an edge.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The names, in the order in which they first came.
    pub fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// Whether an edge leads from one name to the other.
    pub fn joins(&self, from: &str, to: &str) -> bool {
        self.place(from).zip(self.place(to)).is_some_and(|(from, to)| self.leads(from, to))
    }

    /// The number of a name.
    pub fn place(&self, name: &str) -> Option<u32> {
        self.places.get(name).copied()
    }

    /// Where the edges of a node lead, in order.
    pub(super) fn neighbours(&self, node: u32) -> &[u32] {
        &self.neighbours[self.starts[node as usize]..self.starts[node as usize + 1]]
    }

    /// The sums of the weights up to each neighbour.
    pub(super) fn reach(&self, node: u32) -> &[f64] {
        &self.reach[self.starts[node as usize]..self.starts[node as usize + 1]]
    }

    /// Whether an edge leads from one node to the other.
    pub(super) fn leads(&self, from: u32, to: u32) -> bool {
        self.neighbours(from).binary_search(&to).is_ok()
    }
}

/// Reads an edge a line: `from to` or `from to weight`, in columns by white space or commas. Lines that
/// begin with `#` are skipped.
///
/// # Errors
/// Where the file cannot be read, or a line is no edge; the line is named.
pub fn edges(path: &Path) -> Result<Vec<Edge>, Error> {
    let (mut edges, mut wrong, mut number) = (Vec::new(), None, 0);
    corpus::lines(path, "text", |line| {
        number += 1;
        match edge(&String::from_utf8_lossy(line)) {
            Ok(edge) => edges.extend(edge),
            Err(why) => {
                wrong.get_or_insert(format!("line {number}: {why}"));
            }
        }
    })?;
    match wrong {
        Some(why) => Err(Error::Malformed { path: path.to_path_buf(), why }),
        None => Ok(edges),
    }
}

/// The edge of a line, if it holds one.
fn edge(line: &str) -> Result<Option<Edge>, String> {
    let columns = line.split([' ', '\t', ',', '\r', '\n']).filter(|column| !column.is_empty());
    let columns: Vec<&str> = columns.collect();
    let named = |from: &str, to: &str, weight| {
        Ok(Some(Edge { from: from.to_owned(), to: to.to_owned(), weight }))
    };
    match columns[..] {
        _ if line.starts_with('#') => Ok(None),
        [] => Ok(None),
        [from, to] => named(from, to, 1.0),
        [from, to, weight] if weight.parse::<f64>().is_ok_and(|weight| weight > 0.0) => {
            named(from, to, weight.parse().unwrap_or(1.0))
        }
        _ => Err(format!("expected two nodes and perhaps a weight above 0, received {line:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_edges_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), "# a graph\na b 2\nb\tc\n\nb,a,0.5\n").unwrap();
        let edges = edges(file.path()).unwrap();
        let graph = Graph::of(&edges, false).unwrap();
        assert_eq!(graph.names(), ["a", "b", "c"].map(Box::from));
        assert_eq!((graph.neighbours(1), graph.reach(1)), (&[0, 2][..], &[2.5, 3.5][..]));
        let directed = Graph::of(&edges, true).unwrap();
        assert!(directed.leads(1, 2) && !directed.leads(2, 1));
        assert_eq!(directed.reach(0), [2.0]);
    }

    #[test]
    fn what_is_no_graph_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, part) in [("a b\na\n", "line 2"), ("a b -1\n", "line 1"), ("", "none")] {
            fs_err::write(file.path(), text).unwrap();
            let read = edges(file.path()).and_then(|edges| Graph::of(&edges, false));
            let message = read.unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
