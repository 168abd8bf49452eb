//! An index on disk: a folder that any program can look into.
//!
//! | file | holds |
//! |---|---|
//! | `index.json` | the [`Header`] |
//! | `vectors.npy` | the vectors as they are compared: unit length under cosine |
//! | `vectors.ids.jsonl` | the sample of each row |
//! | `graph.hnsw` | the links, where the method is hnsw |

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Exact, Hnsw, Method, Neighbours, Searcher};
use crate::file::{self, Entry, Vectors};
use crate::{Error, Matrix, Metric};

/// Layout of the folder.
const FORMAT: u32 = 1;
/// Queries on which recall is measured where the caller holds none out.
const SAMPLED: usize = 256;
/// Neighbours per query in the measured recall.
const AT: usize = 10;

/// What an index says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Header {
    /// Version of the folder's layout.
    pub format: u32,
    /// How it searches.
    pub method: Method,
    /// What near means.
    pub metric: Metric,
    /// Numbers per vector.
    pub width: usize,
    /// Number of vectors.
    pub count: usize,
    /// Fingerprint of the model that made the vectors; empty where none did.
    pub fingerprint: String,
    /// How many of the true neighbours the search finds, measured when it was built.
    pub recall: Recall,
    /// The file of ids, one line per row.
    pub ids: PathBuf,
}

/// A measured recall.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Recall {
    /// Neighbours asked for per query.
    pub at: usize,
    /// Number of queries.
    pub queries: usize,
    /// Whether the queries were held out; else they are vectors of the index itself.
    pub held_out: bool,
    /// Share of the exact neighbours that were found.
    pub value: f64,
}

/// Vectors with their ids, ready to be asked.
#[derive(Debug)]
pub struct Index {
    header: Header,
    entries: Vec<Entry>,
    searcher: Searcher,
}

impl Index {
    /// Builds an index and measures its recall against exact search, on held-out queries where there are any.
    ///
    /// # Errors
    /// Vectors that are not finite, none at all, queries of another width.
    ///
    /// # Panics
    /// Where there is not one entry per vector.
    pub fn build(
        vectors: Vectors,
        method: Method,
        metric: Metric,
        fingerprint: &str,
        held_out: Option<&Matrix>,
    ) -> Result<Self, Error> {
        let Vectors { entries, matrix } = vectors;
        let (count, width) = (matrix.rows(), matrix.width());
        assert_eq!(entries.len(), count, "one entry per vector");
        let step = count.div_ceil(SAMPLED).max(1);
        let own = matrix.select(&(0..count).step_by(step).collect::<Vec<_>>());
        let queries = held_out.unwrap_or(&own);
        let searcher = Searcher::build(matrix, method, metric)?;
        let recall = Recall {
            at: AT.min(count),
            queries: queries.rows(),
            held_out: held_out.is_some(),
            value: searcher.recall(queries, AT)?,
        };
        let header = Header {
            format: FORMAT,
            method,
            metric,
            width,
            count,
            fingerprint: fingerprint.to_owned(),
            recall,
            ids: "vectors.ids.jsonl".into(),
        };
        Ok(Self { header, entries, searcher })
    }

    /// What the index says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The sample of every row.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The vectors as they are compared: unit length under cosine.
    pub fn vectors(&self) -> &Matrix {
        self.searcher.vectors()
    }

    /// The `k` nearest rows of every query.
    ///
    /// # Errors
    /// Where the queries have another width or are not finite.
    pub fn search(&self, queries: &Matrix, k: usize) -> Result<Neighbours, Error> {
        self.searcher.search(queries, k)
    }

    /// Writes the folder; it appears under its name only when it is whole.
    ///
    /// # Errors
    /// Where `path` stands already and `force` is false, or is something else than an index.
    pub fn save(&self, path: &Path, force: bool) -> Result<(), Error> {
        if path.exists() {
            if !force {
                return Err(Error::Exists { path: path.to_owned() });
            }
            if !path.join("index.json").is_file() {
                let reason = "this is not an index and will not be overwritten; name another place";
                return Err(Error::file(path, reason));
            }
        }
        let Some(name) = path.file_name() else {
            return Err(Error::file(path, "expected the name of a folder to write"));
        };
        let hidden = format!(".{}.partial-{}", name.to_string_lossy(), std::process::id());
        let folder = path.with_file_name(hidden);
        let written = self.write(&folder).and_then(|()| {
            if path.exists() {
                fs_err::remove_dir_all(path)?;
            }
            Ok(fs_err::rename(&folder, path)?)
        });
        if written.is_err() {
            // The first error is the one to tell.
            let _ = fs_err::remove_dir_all(&folder);
        }
        written
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        fs_err::create_dir_all(folder)?;
        let mut writer =
            file::Writer::create(&folder.join("vectors.npy"), self.header.width, true)?;
        writer.push(&self.entries, self.searcher.vectors().values())?;
        writer.finish()?;
        if let Searcher::Hnsw(index) = &self.searcher {
            index.save_graph(&folder.join("graph.hnsw"))?;
        }
        let header = serde_json::to_string_pretty(&self.header).map_err(std::io::Error::from)?;
        Ok(fs_err::write(folder.join("index.json"), header + "\n")?)
    }

    /// Opens a folder. `fingerprint` is that of the model which will make the queries.
    ///
    /// # Errors
    /// Another model's index, a damaged folder.
    pub fn open(path: &Path, fingerprint: Option<&str>) -> Result<Self, Error> {
        let header_path = path.join("index.json");
        let header = fs_err::read_to_string(&header_path)?;
        let header: Header = serde_json::from_str(&header).map_err(|error| {
            Error::file(&header_path, format!("{error}; build the index again"))
        })?;
        if header.format != FORMAT {
            let reason =
                format!("the layout is {}, expected {FORMAT}; build it again", header.format);
            return Err(Error::file(header_path, reason));
        }
        if let Some(received) = fingerprint
            && received != header.fingerprint
        {
            let expected = header.fingerprint;
            let (path, received) = (path.to_owned(), received.to_owned());
            return Err(Error::Fingerprint { path, expected, received });
        }
        let Vectors { entries, matrix } = file::read(&path.join("vectors.npy"))?;
        if (matrix.rows(), matrix.width()) != (header.count, header.width) {
            let reason = format!(
                "expected {} vectors of {}, found {} of {}; build the index again",
                header.count,
                header.width,
                matrix.rows(),
                matrix.width()
            );
            return Err(Error::file(path, reason));
        }
        let searcher = match header.method {
            Method::Exact => Searcher::Exact(Exact::prepared(matrix, header.metric)?),
            Method::Hnsw(options) => {
                let graph = path.join("graph.hnsw");
                Searcher::Hnsw(Hnsw::load(matrix, header.metric, options, &graph)?)
            }
        };
        Ok(Self { header, entries, searcher })
    }
}
