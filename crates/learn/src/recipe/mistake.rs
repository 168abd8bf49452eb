//! Mistakes in a recipe, told so that they can be mended: file, line, key, nearest valid key.

use crate::Error;

/// Text that is not TOML.
pub(super) fn syntax(name: &str, text: &str, error: &toml::de::Error) -> Error {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    Error::Recipe(format!("{name}:{line}: {}", error.message()))
}

/// TOML that is no recipe.
pub(super) fn value(
    name: &str,
    text: &str,
    error: &serde_path_to_error::Error<toml::de::Error>,
) -> Error {
    let message = error.inner().message().to_owned();
    let path = error.path().to_string();
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown field") || message.starts_with("unknown variant");
    let (key, known): (Option<&str>, Vec<&str>) = match unknown {
        true => (names.next(), names.collect()),
        false => (path.rsplit('.').next(), Vec::new()),
    };
    let place = match key.and_then(|key| line_with(text, key)) {
        Some(line) => format!("{name}:{line}"),
        None => name.to_owned(),
    };
    let Some(key) = key.filter(|_| unknown) else {
        return Error::Recipe(format!("{place}: {path}: {message}"));
    };
    let path = path.strip_suffix(key).unwrap_or(&path).trim_end_matches('.');
    let table = if path.is_empty() || path == "?" { "recipe".into() } else { format!("[{path}]") };
    let mut told = format!("{place}: {table} has no `{key}`");
    if let Some(nearest) = nearest(key, &known) {
        told.push_str(&format!("; did you mean `{nearest}`?"));
    }
    if !known.is_empty() {
        told.push_str(&format!(" (valid: {})", known.join(", ")));
    }
    Error::Recipe(told)
}

/// The candidate most like a name, where one is like it.
pub fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    candidates
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|&byte| byte == b'\n').count() + 1
}

/// The first line that sets a key or opens its table.
fn line_with(text: &str, key: &str) -> Option<usize> {
    text.lines()
        .position(|line| {
            let line = line.trim_start();
            let word = |part: &str| part.trim_matches(|c: char| " []{}\"'".contains(c)) == key;
            let header =
                line.starts_with('[') && line.trim_matches(['[', ']', ' ']).split('.').any(word);
            header || line.split(['=', ',', '{']).any(word)
        })
        .map(|line| line + 1)
}
