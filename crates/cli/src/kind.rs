//! Whether something is about samples or about words: the one place that decides it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use pith_learn::run::Run;
use pith_tables::corpus;
use pith_tables::format::fasttext;

/// What a recipe, data or a model is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Samples and an encoder: `pith-data` and `pith-learn`.
    Samples,
    /// Text and word vectors, and items that are learned as words are: `pith-tables`.
    Words,
    /// Labelled text and a classifier: `pith-tables`.
    Classifier,
    /// Whole documents and their vectors: `pith-tables`.
    Documents,
}

/// Extensions of running text, those of its compression taken off.
const TEXT: [&str; 3] = ["txt", "text", "tokens"];
/// Tables of a recipe of words, or of items.
const WORDS: [&str; 8] =
    ["words", "corpus", "glove", "ppmi", "phrases", "baskets", "graph", "walks"];
/// Tables that say how items are read: they are never told by data alone.
const ITEMS: [&str; 3] = ["baskets", "graph", "walks"];
/// Tables of a recipe of a classifier.
const CLASSIFIER: [&str; 3] = ["classifier", "autotune", "quantize"];
/// Tables of a recipe of documents.
const DOCUMENTS: [&str; 1] = ["documents"];
/// What labels begin with, where no recipe says it.
const LABEL: &[u8] = b"__label__";

impl Kind {
    /// Of a recipe, by its tables.
    pub fn of_recipe(file: &Path) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        // What cannot be read or is no TOML is told by whoever reads the recipe.
        let table: toml::Table = text.parse().unwrap_or_default();
        let has = |keys: &[&str]| keys.iter().any(|key| table.contains_key(*key));
        Self::of_tables(has).unwrap_or(Self::Samples)
    }

    /// Of the changes to a default recipe, where one is to a table that says it.
    pub fn of_changes(changes: &[String]) -> Option<Self> {
        Self::of_tables(|tables| changes_one_of(changes, tables))
    }

    /// Of a recipe or changes that have one of some tables, where one of them says it.
    fn of_tables(has: impl Fn(&[&str]) -> bool) -> Option<Self> {
        if has(&DOCUMENTS) {
            Some(Self::Documents)
        } else if has(&CLASSIFIER) {
            Some(Self::Classifier)
        } else {
            has(&WORDS).then_some(Self::Words)
        }
    }

    /// Of data: text is known by its name, JSON lines by a field `text`, an archive by its first file;
    /// labelled text begins with a label.
    pub fn of_data(path: &Path) -> Self {
        if path.is_dir() {
            let files = corpus::files(&[path.to_owned()]).unwrap_or_default();
            let all = !files.is_empty() && files.iter().all(|file| ends_with(file, &TEXT));
            return Self::words_if(all);
        }
        if ends_with(path, &TEXT) && begins_with_label(path) {
            return Self::Classifier;
        }
        let json_of_text = || ends_with(path, &["jsonl", "ndjson"]) && has_text(path);
        let archive_of_text = || corpus::is_archive(path) && corpus::holds_text(path);
        Self::words_if(ends_with(path, &TEXT) || json_of_text() || archive_of_text())
    }

    /// Of a model: a run by its recipe; a model that is a file can only be of words or a classifier.
    pub fn of_model(path: &Path) -> Self {
        match Run::open(path) {
            Ok(run) => Self::of_recipe(&run.recipe()),
            Err(_) if path.is_file() => match fasttext::is_classifier(path) {
                Ok(true) => Self::Classifier,
                _ => Self::Words,
            },
            Err(_) => Self::Samples,
        }
    }

    fn words_if(words: bool) -> Self {
        if words { Self::Words } else { Self::Samples }
    }
}

/// Whether changes to a recipe say how items are read.
pub fn items_in(changes: &[String]) -> bool {
    changes_one_of(changes, &ITEMS)
}

fn changes_one_of(changes: &[String], tables: &[&str]) -> bool {
    let mut changed = changes.iter().filter_map(|change| change.split(['.', '=']).next());
    changed.any(|table| tables.contains(&table.trim()))
}

/// Whether a name ends so, with or without compression.
pub fn ends_with(path: &Path, endings: &[&str]) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    let name = [".zst", ".gz"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| endings.contains(&extension))
}

/// Whether a file begins with a label; of a compressed one that is not looked for.
fn begins_with_label(path: &Path) -> bool {
    let mut start = [0; LABEL.len()];
    std::fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok())
        && start == LABEL
}

/// Whether the first line is an object with a text under `text`. Of compressed lines that is
/// believed: no other data come so.
fn has_text(path: &Path) -> bool {
    if path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("zst") || end.eq_ignore_ascii_case("gz"))
    {
        return true;
    }
    let Ok(file) = std::fs::File::open(path) else { return false };
    let mut line = String::new();
    if BufReader::new(file).read_line(&mut line).is_err() {
        return false;
    }
    let first: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
    first["text"].is_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_told_by_name_and_content() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(&path, text).unwrap();
            path
        };
        for (path, kind) in [
            (at("a.txt", ""), Kind::Words),
            (at("labelled.txt", "__label__a b c\n"), Kind::Classifier),
            (at("pictures.tar", ""), Kind::Samples),
            (at("b.TXT.zst", ""), Kind::Words),
            (at("c.jsonl", "{\"title\": 1, \"text\": \"words\"}\n"), Kind::Words),
            (at("d.jsonl", "{\"x\": 1, \"y\": 2}\n"), Kind::Samples),
            (at("e.jsonl.gz", ""), Kind::Words),
            (at("f.csv", "text\n"), Kind::Samples),
        ] {
            assert_eq!(Kind::of_data(&path), kind, "{}", path.display());
        }
        at("texts/a.txt", "");
        assert_eq!(Kind::of_data(&folder.path().join("texts")), Kind::Words);
        assert_eq!(Kind::of_data(folder.path()), Kind::Samples);
    }

    #[test]
    fn changes_say_what_the_data_are() {
        for (change, kind) in [
            ("corpus.field=review", Some(Kind::Words)),
            ("words.dimensions=10", Some(Kind::Words)),
            ("baskets.basket=user", Some(Kind::Words)),
            ("classifier.epochs=2", Some(Kind::Classifier)),
            ("documents={}", Some(Kind::Documents)),
            ("train.epochs=2", None),
        ] {
            assert_eq!(Kind::of_changes(&[change.to_owned()]), kind, "{change}");
        }
    }

    #[test]
    fn recipes_are_told_by_their_tables() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, kind) in [
            ("[words]\n", Kind::Words),
            ("[corpus]\n[wrods]\n", Kind::Words),
            ("[glove]\n", Kind::Words),
            ("[baskets]\n", Kind::Words),
            ("[walks]\n", Kind::Words),
            ("[corpus]\n[documents]\n", Kind::Documents),
            ("[classifier]\n", Kind::Classifier),
            ("[encoder.mlp]\n", Kind::Samples),
            ("[data\n", Kind::Samples),
        ] {
            fs_err::write(file.path(), text).unwrap();
            assert_eq!(Kind::of_recipe(file.path()), kind, "{text}");
        }
    }
}
