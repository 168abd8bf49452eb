//! Files that word vectors are held against: pairs that people judged, and analogies.

use std::path::{Path, PathBuf};

use anyhow::Result;
use pith_tables::corpus;

use crate::path;

/// A file of judgements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Name of its measure, such as `ws353`.
    pub name: String,
    /// Title in a report.
    pub title: String,
    /// The file.
    pub path: PathBuf,
    /// What it asks.
    pub task: Task,
}

/// What a file asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// How alike two words are.
    Similarity,
    /// What is to c as b is to a.
    Analogies,
}

/// How published sets are called: the beginning of the file's name, the measure, the title. Of two
/// beginnings that fit, the first counts.
const KNOWN: [(&str, &str, &str); 10] = [
    ("ws-353-rel", "ws353-rel", "WS-353, relatedness"),
    ("ws-353-sim", "ws353-sim", "WS-353, similarity"),
    ("ws-353", "ws353", "WS-353"),
    ("men-", "men", "MEN"),
    ("simlex-999", "simlex", "SimLex-999"),
    ("rw-", "rw", "RW, rare words"),
    ("rg-65", "rg65", "RG-65"),
    ("mc-30", "mc30", "MC-30"),
    ("mturk-287", "mturk", "MTurk-287"),
    ("questions-words", "analogies", "Google analogies"),
];
/// Measures that may lead a verdict: the larger sets first, for their narrower intervals.
pub const LEADING: [&str; 5] = ["men", "ws353", "simlex", "analogies", "rw"];

/// The folder to look in: the one that was asked for, or `word_eval` below `PITH_DATA`.
pub fn folder(asked: Option<&Path>) -> Result<Option<PathBuf>> {
    if let Some(folder) = asked {
        path::must_exist(folder)?;
        return Ok(Some(folder.to_owned()));
    }
    let data = std::env::var_os("PITH_DATA").map(|data| Path::new(&data).join("word_eval"));
    Ok(data.filter(|folder| folder.is_dir()))
}

/// Every set of a folder, or of a single file.
pub fn find(folder: &Path) -> Result<Vec<Set>> {
    let mut sets = Vec::new();
    for path in corpus::files(&[folder.to_owned()])? {
        let extension = path.extension().unwrap_or_default();
        if ["txt", "tsv", "csv"].iter().any(|known| extension == *known) {
            sets.push(set(path)?);
        }
    }
    let place = |set: &Set| KNOWN.iter().position(|known| known.1 == set.name);
    sets.sort_by_key(|set| place(set).unwrap_or(KNOWN.len()));
    Ok(sets)
}

fn set(path: PathBuf) -> Result<Set> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
    let stem = stem.strip_prefix("en-").unwrap_or(&stem);
    let known = KNOWN.iter().find(|known| stem.starts_with(known.0));
    let (name, title) = known.map_or((stem, stem), |known| (known.1, known.2));
    let (name, title) = (name.replace([' ', ','], "-"), title.to_owned());
    let text = fs_err::read(&path)?;
    let analogies = text.trim_ascii_start().starts_with(b":");
    let task = if analogies { Task::Analogies } else { Task::Similarity };
    Ok(Set { name, title, path, task })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_told_by_name_and_content() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("questions-words.txt", ": capitals\na b c d\n"),
            ("EN-WS-353-ALL.txt", "a b 1\n"),
            ("EN-WS-353-REL.txt", "a b 1\n"),
            ("My Own.csv", "a,b,1\n"),
            ("README.md", "no set\n"),
        ] {
            fs_err::write(folder.path().join(name), text).unwrap();
        }
        let sets = find(folder.path()).unwrap();
        let names: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
        assert_eq!(names, ["ws353-rel", "ws353", "analogies", "my-own"]);
        assert_eq!(sets[2].task, Task::Analogies);
        assert_eq!(sets[3].task, Task::Similarity);
    }
}
