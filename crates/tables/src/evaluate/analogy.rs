//! Analogies in Google's format: four words a line, sections that begin with `:`.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

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

/// One question and how it was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The section that the question belongs to.
    pub section: String,
    /// Whether the fourth word came first; nothing where one of the four is unknown.
    pub correct: Option<bool>,
}

/// Counts the answers by sections; see [`answers`].
///
/// # Errors
/// Where the file cannot be read or a line has not four words.
pub fn analogies(
    vectors: &Vectors,
    path: &Path,
    method: Analogy,
    among: usize,
) -> Result<AnalogyScore, Error> {
    let mut sections = Vec::<Section>::new();
    let mut total = Section { name: "total".to_owned(), ..Section::default() };
    for Answer { section: name, correct } in answers(vectors, path, method, among)? {
        if sections.last().is_none_or(|section| section.name != name) {
            sections.push(Section { name, ..Section::default() });
        }
        for section in sections.last_mut().into_iter().chain([&mut total]) {
            section.questions += 1;
            section.known += usize::from(correct.is_some());
            section.correct += usize::from(correct == Some(true));
        }
    }
    let accuracy = total.correct as f64 / total.known.max(1) as f64;
    Ok(AnalogyScore { accuracy, total, sections })
}

/// Asks every question whose four words, in lower case, are among the first `among` words; the
/// answer is looked for among these as well, the three given words left out. Answers come in the
/// order of the file.
///
/// # Errors
/// Where the file cannot be read or a line has not four words.
pub fn answers(
    vectors: &Vectors,
    path: &Path,
    method: Analogy,
    among: usize,
) -> Result<Vec<Answer>, Error> {
    let among = among.min(vectors.words().len());
    let (mut section, mut answers, mut asked) = (String::new(), Vec::new(), Vec::new());
    for (number, line) in fs_err::read_to_string(path)?.lines().enumerate() {
        if let Some(name) = line.strip_prefix(':') {
            name.trim().clone_into(&mut section);
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
        let places = words.map(|word| vectors.place(&word).filter(|place| *place < among));
        if let [Some(a), Some(b), Some(c), Some(d)] = places {
            asked.push((answers.len(), [a, b, c, d]));
        }
        answers.push(Answer { section: section.clone(), correct: None });
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = asked.len().div_ceil(threads).max(1);
    let correct: Vec<AtomicBool> = asked.iter().map(|_| AtomicBool::new(false)).collect();
    std::thread::scope(|scope| {
        for (questions, correct) in asked.chunks(share).zip(correct.chunks(share)) {
            scope.spawn(move || {
                for ((_, words), correct) in questions.iter().zip(correct) {
                    correct.store(answered(vectors, *words, method, among), Relaxed);
                }
            });
        }
    });
    for ((place, _), correct) in asked.into_iter().zip(correct) {
        answers[place].correct = Some(correct.into_inner());
    }
    Ok(answers)
}

/// Whether the fourth word is the nearest to `b - a + c`.
fn answered(vectors: &Vectors, words: [usize; 4], method: Analogy, among: usize) -> bool {
    let [a, b, c, truth] = words;
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
