//! Analogies in Google's format: four words a line, sections that begin with `:`.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use serde::Serialize;

use crate::vectors::{Analogy, dot};
use crate::{Error, Vectors};

/// The answers to the questions of one section.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Questions whose fourth word came first.
    pub correct: usize,
    /// Questions whose words are all known.
    pub known: usize,
    /// Questions in the file.
    pub questions: usize,
}

/// How many analogies were completed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnalogyScore {
    /// Share of the known questions that were answered correctly.
    pub accuracy: f64,
    /// All sections together.
    pub total: Section,
    /// Each by itself.
    pub sections: Vec<Section>,
}

struct Question {
    section: usize,
    words: [usize; 4],
}

/// Asks every question whose four words, in lower case, are among the first `among` words; the
/// answer is looked for among these as well, the three given words left out.
///
/// # Errors
/// Where the file cannot be read or a line has not four words.
pub fn analogies(
    vectors: &Vectors,
    path: &Path,
    method: Analogy,
    among: usize,
) -> Result<AnalogyScore, Error> {
    let among = among.min(vectors.words().len());
    let (mut sections, mut questions) = (Vec::<Section>::new(), Vec::new());
    for (number, line) in fs_err::read_to_string(path)?.lines().enumerate() {
        if let Some(name) = line.strip_prefix(':') {
            sections.push(Section { name: name.trim().to_owned(), ..Section::default() });
            continue;
        }
        let words: Vec<String> = line.split_whitespace().map(str::to_lowercase).collect();
        let Ok(words) = <[String; 4]>::try_from(words) else {
            if line.trim().is_empty() {
                continue;
            }
            let why = format!("line {}: expected four words, received {line:?}", number + 1);
            return Err(Error::Malformed { path: path.to_path_buf(), why });
        };
        if sections.is_empty() {
            sections.push(Section::default());
        }
        let section = sections.len() - 1;
        sections[section].questions += 1;
        let places = words.map(|word| vectors.place(&word).filter(|place| *place < among));
        if let [Some(a), Some(b), Some(c), Some(d)] = places {
            sections[section].known += 1;
            questions.push(Question { section, words: [a, b, c, d] });
        }
    }
    let correct: Vec<AtomicUsize> = sections.iter().map(|_| AtomicUsize::new(0)).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = questions.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for part in questions.chunks(share) {
            let correct = &correct;
            scope.spawn(move || {
                for question in
                    part.iter().filter(|question| answered(vectors, question, method, among))
                {
                    correct[question.section].fetch_add(1, Relaxed);
                }
            });
        }
    });
    let mut total = Section { name: "total".to_owned(), ..Section::default() };
    for (section, correct) in sections.iter_mut().zip(&correct) {
        section.correct = correct.load(Relaxed);
        total.correct += section.correct;
        total.known += section.known;
        total.questions += section.questions;
    }
    let accuracy = total.correct as f64 / total.known.max(1) as f64;
    Ok(AnalogyScore { accuracy, total, sections })
}

/// Whether the fourth word is the nearest to `b - a + c`.
fn answered(vectors: &Vectors, question: &Question, method: Analogy, among: usize) -> bool {
    let [a, b, c, truth] = question.words;
    let sum = vectors.sum(&[b, c], &[a]);
    let score = |row: usize| match method {
        Analogy::Sum => dot(vectors.unit().row(row), &sum),
        Analogy::Product => vectors.product(&[b, c], &[a], row),
    };
    let bar = score(truth);
    let given = [a, b, c];
    !given.contains(&truth)
        && (0..among).all(|row| row == truth || given.contains(&row) || score(row) < bar)
}
