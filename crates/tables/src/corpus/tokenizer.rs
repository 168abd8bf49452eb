//! Lines to words.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// Where one word ends and the next begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tokenizer {
    /// At ASCII white space, as word2vec and fastText do: the text is already tokenized.
    #[default]
    Whitespace,
    /// At the word boundaries of Unicode (UAX 29); what holds no letter and no digit is dropped.
    Words,
}

impl Tokenizer {
    /// Calls `each` with every word of the line; gives the number of places where the bytes were
    /// not UTF-8 and were replaced.
    pub fn words(self, line: &[u8], lower_case: bool, mut each: impl FnMut(&str)) -> u64 {
        let text = String::from_utf8_lossy(line);
        let replaced = match &text {
            Cow::Borrowed(_) => 0,
            Cow::Owned(text) => replacements(line, text),
        };
        let text = if lower_case { lower_cased(text) } else { text };
        match self {
            Self::Whitespace => {
                text.split(is_space).filter(|word| !word.is_empty()).for_each(each);
            }
            Self::Words => text.unicode_words().for_each(&mut each),
        }
        replaced
    }
}

/// What ends a word for fastText.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\0')
}

fn lower_cased(text: Cow<str>) -> Cow<str> {
    if text.is_ascii() && !text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return text;
    }
    Cow::Owned(text.to_lowercase())
}

/// Replacement characters that were not in the bytes before.
fn replacements(line: &[u8], text: &str) -> u64 {
    let marks = |bytes: &[u8]| bytes.windows(3).filter(|window| window == b"\xef\xbf\xbd").count();
    (marks(text.as_bytes()) - marks(line)) as u64
}
