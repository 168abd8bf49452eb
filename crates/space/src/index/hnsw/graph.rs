//! Who is linked to whom, in memory and on disk.

use std::io::{Read, Write};
use std::path::Path;

use crate::Error;
use crate::file::Partial;

/// Ends a list of links that is not full.
const NONE: u32 = u32::MAX;
/// First bytes of the file.
const MAGIC: &[u8; 8] = b"PITHHNSW";
/// Layout of the file.
const VERSION: u32 = 1;
/// No node is linked above this layer.
pub(super) const HIGHEST: u8 = 15;

/// Links of every node in every layer it stands in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Graph {
    connections: usize,
    /// Highest layer of every node.
    levels: Vec<u8>,
    /// Links in layer 0, `[nodes, 2 connections]`.
    ground: Vec<u32>,
    /// Links of each node in the layers from 1 on, `[level, connections]`.
    upper: Vec<Vec<u32>>,
    /// Where every search begins: a node of the highest layer.
    entry: u32,
}

impl Graph {
    /// Nobody linked yet.
    pub(super) fn new(connections: usize, levels: Vec<u8>, entry: u32) -> Self {
        let ground = vec![NONE; levels.len() * 2 * connections];
        let upper =
            levels.iter().map(|&level| vec![NONE; usize::from(level) * connections]).collect();
        Self { connections, levels, ground, upper, entry }
    }

    pub(super) fn len(&self) -> usize {
        self.levels.len()
    }

    pub(super) fn level(&self, node: u32) -> usize {
        usize::from(self.levels[node as usize])
    }

    pub(super) fn entry(&self) -> u32 {
        self.entry
    }

    pub(super) fn set_entry(&mut self, node: u32) {
        self.entry = node;
    }

    /// Most links of a node in a layer.
    pub(super) fn capacity(&self, layer: usize) -> usize {
        if layer == 0 { 2 * self.connections } else { self.connections }
    }

    /// The nodes linked from one.
    pub(super) fn links(&self, layer: usize, node: u32) -> &[u32] {
        let (node, capacity) = (node as usize, self.capacity(layer));
        let slots = match layer {
            0 => &self.ground[node * capacity..(node + 1) * capacity],
            _ => &self.upper[node][(layer - 1) * capacity..layer * capacity],
        };
        let count = slots.iter().position(|&link| link == NONE).unwrap_or(capacity);
        &slots[..count]
    }

    pub(super) fn set_links(&mut self, layer: usize, node: u32, links: &[u32]) {
        let (node, capacity) = (node as usize, self.capacity(layer));
        let slots = match layer {
            0 => &mut self.ground[node * capacity..(node + 1) * capacity],
            _ => &mut self.upper[node][(layer - 1) * capacity..layer * capacity],
        };
        slots[..links.len()].copy_from_slice(links);
        slots[links.len()..].fill(NONE);
    }

    pub(super) fn save(&self, path: &Path) -> Result<(), Error> {
        let mut file = Partial::create(path, false)?;
        file.write_all(MAGIC)?;
        let words = [VERSION, self.connections as u32, self.levels.len() as u32, self.entry];
        write_words(&mut file, &words)?;
        file.write_all(&self.levels)?;
        write_words(&mut file, &self.ground)?;
        self.upper.iter().try_for_each(|links| write_words(&mut file, links))?;
        file.finish()
    }

    /// Reads a graph of `nodes`, and checks every link: a damaged file is an error, never a wild jump.
    pub(super) fn load(path: &Path, nodes: usize) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        fs_err::File::open(path)?.read_to_end(&mut bytes)?;
        let wrong = |what: &str| Error::file(path, format!("{what}; build the index again"));
        let mut rest = bytes.strip_prefix(MAGIC).ok_or_else(|| wrong("not an HNSW graph"))?;
        let short = || wrong("the graph is cut short");
        let head = take_words(&mut rest, 4).ok_or_else(short)?;
        let (connections, entry) = (head[1] as usize, head[3]);
        if head[0] != VERSION {
            return Err(wrong(&format!("the graph has layout {}, expected {VERSION}", head[0])));
        }
        if head[2] as usize != nodes
            || entry as usize >= nodes
            || !(2..=1024).contains(&connections)
        {
            return Err(wrong(&format!("the graph is not one of {nodes} vectors")));
        }
        let (levels, tail) = rest.split_at_checked(nodes).ok_or_else(short)?;
        let levels = levels.to_vec();
        rest = tail;
        if levels.iter().any(|&level| level > HIGHEST) {
            return Err(wrong("a node stands in an impossible layer"));
        }
        let ground = take_words(&mut rest, nodes * 2 * connections).ok_or_else(short)?;
        let upper = levels
            .iter()
            .map(|&level| take_words(&mut rest, usize::from(level) * connections))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(short)?;
        if !rest.is_empty() {
            return Err(wrong("the graph has bytes behind its end"));
        }
        let graph = Self { connections, levels, ground, upper, entry };
        if graph.is_sound() { Ok(graph) } else { Err(wrong("a link leads nowhere")) }
    }

    /// Whether every link leads to a node that stands in its layer.
    fn is_sound(&self) -> bool {
        (0..self.len() as u32).all(|node| {
            (0..=self.level(node)).all(|layer| {
                let links = self.links(layer, node).iter();
                links.copied().all(|l| (l as usize) < self.len() && self.level(l) >= layer)
            })
        })
    }
}

fn write_words(file: &mut impl Write, words: &[u32]) -> std::io::Result<()> {
    if cfg!(target_endian = "little") {
        return file.write_all(bytemuck::cast_slice(words));
    }
    words.iter().try_for_each(|word| file.write_all(&word.to_le_bytes()))
}

/// Takes little-endian words from the front; `None` where there are too few.
fn take_words(bytes: &mut &[u8], count: usize) -> Option<Vec<u32>> {
    let (head, tail) = bytes.split_at_checked(count.checked_mul(4)?)?;
    *bytes = tail;
    let (words, _) = head.as_chunks::<4>();
    Some(words.iter().map(|&word| u32::from_le_bytes(word)).collect())
}
