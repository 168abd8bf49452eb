//! What the path of a picture says: its class and its split.

use super::Split;
use super::classes::Labels;
use super::names::Names;

/// Whether a file name ends like that of a picture.
pub(crate) fn is_picture(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["png", "jpg", "jpeg", "webp"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// Whether a file or folder is hidden, or left by a file manager.
pub(crate) fn is_hidden(name: &str) -> bool {
    name.starts_with('.') || name == "__MACOSX" || name == "Thumbs.db"
}

/// The class of each picture (the folder it lies in, relative to the root) and its split (where all
/// top folders are called `train`, `test`, `validation` or the like).
pub(crate) fn arrange(paths: &Names) -> (Labels, Option<Vec<Split>>) {
    let splits: Option<Vec<Split>> = paths.iter().map(top_split).collect();
    let splits = splits.filter(|splits| splits.contains(&Split::Train));
    let folder = |path: &str| -> usize { path.rfind('/').unwrap_or(0) };
    // Bytes of a path before the part that names the class.
    let common = paths.iter().next().map_or(0, |first| {
        let shared =
            |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
        let shared = paths
            .iter()
            .fold(folder(first), |len, path| len.min(shared(&first[..len], &path[..folder(path)])));
        let whole = paths.iter().all(|path| folder(path) > shared);
        match first.as_bytes().get(shared) {
            Some(b'/') if whole => shared + 1,
            _ => first.as_bytes()[..shared].iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1),
        }
    });
    let labels = Labels::from_names(paths.iter().map(|path| {
        let start = if splits.is_some() { path.find('/').map_or(0, |at| at + 1) } else { common };
        path.get(start..folder(path)).filter(|class| !class.is_empty())
    }));
    (labels, splits)
}

fn top_split(path: &str) -> Option<Split> {
    split_named(path.split_once('/')?.0)
}

/// The split that a word names.
pub(crate) fn split_named(word: &str) -> Option<Split> {
    match word.to_lowercase().as_str() {
        "train" | "training" => Some(Split::Train),
        "val" | "valid" | "validation" | "dev" => Some(Split::Validation),
        "test" | "testing" => Some(Split::Test),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(paths: &[&str]) -> Vec<String> {
        arrange(&paths.iter().copied().collect()).0.classes().to_vec()
    }

    #[test]
    fn the_class_is_the_folder_without_what_all_share() {
        assert_eq!(classes(&["cat/1.png", "dog/1.png"]), ["cat", "dog"]);
        assert_eq!(
            classes(&["all/Greek/c01/1.png", "all/Greek/c02/1.png", "all/Latin/c01/1.png"]),
            ["Greek/c01", "Greek/c02", "Latin/c01"]
        );
        assert_eq!(classes(&["set/cat/1.png", "set/cab/1.png"]), ["cab", "cat"]);
        assert_eq!(classes(&["cat/1.png", "cat/2.png"]), ["cat"]);
        assert_eq!(classes(&["set/cat/1.png", "set/cat/2.png"]), ["cat"]);
        assert_eq!(classes(&["a/1.png", "a/b/2.png"]), ["a", "a/b"]);
        assert!(classes(&["1.png", "2.png"]).is_empty());
        assert!(classes(&[]).is_empty());
    }

    #[test]
    fn a_picture_outside_any_folder_has_no_class() {
        let (labels, splits) = arrange(&["1.png", "cat/2.png"].into_iter().collect());
        assert_eq!(labels.classes(), ["cat"]);
        assert_eq!((labels.get(0), labels.get(1), splits), (None, Some(0), None));
    }

    #[test]
    fn top_folders_named_for_splits_are_splits() {
        let paths = ["test/a/1.png", "train/a/1.png", "train/b/1.png", "val/b/1.png"];
        let (labels, splits) = arrange(&paths.into_iter().collect());
        assert_eq!(labels.classes(), ["a", "b"]);
        let expected = vec![Split::Test, Split::Train, Split::Train, Split::Validation];
        assert_eq!(splits, Some(expected));
    }
}
