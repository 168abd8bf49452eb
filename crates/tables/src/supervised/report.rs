//! How a classifier does on labelled lines.

use serde::Serialize;

use super::Classifier;

/// What a classifier gets right. As in fastText, labels that it does not know count nowhere, and
/// lines without a known label or a known word are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Lines judged.
    pub examples: usize,
    /// Labels of the lines.
    pub true_labels: usize,
    /// Labels predicted.
    pub predicted: usize,
    /// Predicted labels that are true, of all predicted: precision at k.
    pub precision: f64,
    /// Predicted labels that are true, of all true ones: recall at k.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
    /// The same for every label, in the order of the dictionary.
    pub labels: Vec<LabelScore>,
}

/// What a classifier gets right of one label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelScore {
    /// The label.
    pub label: String,
    /// Lines that have it.
    pub examples: usize,
    /// Lines it was predicted for.
    pub predicted: usize,
    /// Of the lines it was predicted for, those that have it; 0 where it never was predicted.
    pub precision: f64,
    /// Of the lines that have it, those it was predicted for; 0 where no line has it.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

#[derive(Clone, Copy, Default)]
struct Count {
    truth: usize,
    predicted: usize,
    both: usize,
}

impl Count {
    /// Precision, recall and F1.
    fn scores(self) -> [f64; 3] {
        let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
        [
            share(self.both, self.predicted),
            share(self.both, self.truth),
            share(2 * self.both, self.predicted + self.truth),
        ]
    }
}

/// The labels of a line, as numbers of the dictionary: those it has and those predicted for it, the
/// most probable first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Labels that the line has.
    pub truth: Vec<u32>,
    /// Labels predicted.
    pub predicted: Vec<u32>,
}

impl Classifier {
    /// Predicts `k` labels of at least `threshold` for every line that has a known label and a known
    /// word; the others are left out.
    pub fn answers(&self, lines: &[String], k: usize, threshold: f32) -> Vec<Answer> {
        let line = |text: &String| {
            let line = self.features.line(text, &self.dictionary, &self.config.label);
            let judged = !line.rows.is_empty() && !line.labels.is_empty();
            judged.then(|| Answer {
                predicted: self.best(&line.rows, k, threshold).into_iter().map(|b| b.0).collect(),
                truth: line.labels,
            })
        };
        lines.iter().filter_map(line).collect()
    }

    /// Predicts `k` labels of at least `threshold` for every line, and compares them with those that
    /// the line has.
    pub fn test(&self, lines: &[String], k: usize, threshold: f32) -> Report {
        self.report(&self.answers(lines, k, threshold))
    }

    /// The figures of answers, whoever gave them.
    pub fn report(&self, answers: &[Answer]) -> Report {
        let labels = self.dictionary.labels.words();
        let (mut all, mut counts) = (Count::default(), vec![Count::default(); labels.len()]);
        for Answer { truth, predicted } in answers {
            for &label in predicted {
                let right = usize::from(truth.contains(&label));
                for count in [&mut all, &mut counts[label as usize]] {
                    count.predicted += 1;
                    count.both += right;
                }
            }
            for &label in truth {
                all.truth += 1;
                counts[label as usize].truth += 1;
            }
        }
        let examples = answers.len();
        let of_label = |(label, count): (usize, Count)| {
            let [precision, recall, f1] = count.scores();
            let Count { truth: examples, predicted, .. } = count;
            let label = labels[label].to_string();
            LabelScore { label, examples, predicted, precision, recall, f1 }
        };
        let [precision, recall, f1] = all.scores();
        let Count { truth: true_labels, predicted, .. } = all;
        let labels = counts.into_iter().enumerate().map(of_label).collect();
        Report { examples, true_labels, predicted, precision, recall, f1, labels }
    }
}
