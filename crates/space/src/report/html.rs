//! Text that is safe within HTML.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Text for an element or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Begins with a capital and ends with a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.trim().chars();
    let Some(first) = characters.next() else { return String::new() };
    let end = if text.trim_end().ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), characters.as_str())
}

/// A titled part of the page; nothing where it has no content.
pub(super) fn section(title: &str, id: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    format!("<section id=\"{id}\">\n<h2>{title}</h2>\n{content}</section>\n")
}

/// An image within the page.
pub(super) fn data_uri(bytes: &[u8]) -> String {
    let kind = match bytes {
        [0xFF, 0xD8, ..] => "jpeg",
        [b'R', b'I', b'F', b'F', ..] => "webp",
        _ => "png",
    };
    format!("data:image/{kind};base64,{}", STANDARD.encode(bytes))
}

/// The name of a class, as text.
pub(super) fn class_name(classes: &[String], label: Option<u32>) -> String {
    match label {
        None => "no label".into(),
        Some(label) => classes.get(label as usize).cloned().unwrap_or_else(|| label.to_string()),
    }
}

/// A number with three or four figures that count.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if value == 0.0 => "0".into(),
        _ if !(1e-4..1e6).contains(&size) => format!("{value:.2e}"),
        _ if size >= 1000.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// A number on an axis: no zeros behind the point that say nothing.
pub(super) fn short(value: f64) -> String {
    let text = number(value);
    if !text.contains('.') || text.contains('e') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(escape("<a b='1'>&\""), "&lt;a b=&#39;1&#39;&gt;&amp;&quot;");
    }

    #[test]
    fn numbers_keep_what_counts() {
        let shown = [0.0, 0.12345, 1.2345, 41.26, 12345.6, 1e7, -0.00001].map(number);
        assert_eq!(shown, ["0", "0.123", "1.23", "41.3", "12346", "1.00e7", "-1.00e-5"]);
        assert_eq!([15.0, 0.4, 58.0, 1e7, 100.0].map(short), ["15", "0.4", "58", "1.00e7", "100"]);
        assert_eq!(sentence("beats PCA"), "Beats PCA.");
    }
}
