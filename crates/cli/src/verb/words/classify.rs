//! Labels of texts, and how often they are right.

use std::io::BufRead;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use pith_tables::supervised::{self, Classifier, Report};
use serde_json::json;

use crate::arguments::Common;
use crate::classifier::model::Model;
use crate::output::print_line;
use crate::path;

/// How many labels, and from which probability on.
#[derive(clap::Args, Debug)]
pub struct Choice {
    /// Labels to give
    #[arg(short, default_value_t = 1)]
    k: usize,
    /// Leaves out labels that are less probable
    #[arg(long, default_value_t = 0.0, value_name = "PROBABILITY")]
    threshold: f32,
}

impl Choice {
    fn check(&self) -> Result<()> {
        ensure!(self.k > 0, "-k must be above zero, received 0");
        ensure!(
            (0.0..=1.0).contains(&self.threshold),
            "--threshold must be within 0 and 1, received {}",
            self.threshold
        );
        Ok(())
    }
}

/// The most probable labels of each text; of standard input, line by line as it comes.
pub fn predict(
    model: &Path,
    texts: &[String],
    choice: &Choice,
    common: &Common,
) -> Result<ExitCode> {
    choice.check()?;
    let classifier = Model::open(model)?.classifier;
    if texts.is_empty() || texts == ["-"] {
        for line in std::io::stdin().lock().split(b'\n') {
            show(&classifier, &String::from_utf8_lossy(&line?), choice, common)?;
        }
    } else {
        texts.iter().try_for_each(|text| show(&classifier, text, choice, common))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn show(classifier: &Classifier, text: &str, choice: &Choice, common: &Common) -> Result<()> {
    let found = classifier.predict(text, choice.k, choice.threshold);
    if common.json {
        print_line!("{}", json!({ "text": text, "labels": found }));
    } else {
        let told = found.iter().map(|one| format!("{} {:.5}", one.label, one.probability));
        print_line!("{}", told.collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

/// Precision and recall on labelled lines, as fastText prints them.
pub fn test(
    model: &Path,
    file: &Path,
    choice: &Choice,
    by_label: bool,
    common: &Common,
) -> Result<ExitCode> {
    choice.check()?;
    path::must_exist(file)?;
    let classifier = Model::open(model)?.classifier;
    let lines = supervised::lines(file, &classifier.config.label)?;
    let report = classifier.test(&lines, choice.k, choice.threshold);
    ensure!(
        report.examples > 0,
        "none of the {} lines of {} has a label that the model knows; labels begin with {:?}",
        lines.len(),
        file.display(),
        classifier.config.label
    );
    if common.json {
        print_line!("{}", json!(report));
        return Ok(ExitCode::SUCCESS);
    }
    let (k, Report { examples, precision, recall, labels, .. }) = (choice.k, report);
    if by_label {
        for label in &labels {
            let [f1, precision, recall] = [label.f1, label.precision, label.recall];
            print_line!(
                "F1-Score : {f1:.6}  Precision : {precision:.6}  Recall : {recall:.6}   {}",
                label.label
            );
        }
    }
    print_line!("N\t{examples}");
    print_line!("P@{k}\t{}", three_digits(precision));
    print_line!("R@{k}\t{}", three_digits(recall));
    Ok(ExitCode::SUCCESS)
}

/// A share with three significant digits and no zeros behind them.
fn three_digits(value: f64) -> String {
    if value <= 0.0 {
        return "0".to_owned();
    }
    let places = (2.0 - value.log10().floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::three_digits;

    #[test]
    fn shares_are_printed_as_fasttext_prints_them() {
        for (value, text) in
            [(0.0, "0"), (1.0, "1"), (0.5, "0.5"), (0.93449, "0.934"), (0.012_345, "0.0123")]
        {
            assert_eq!(three_digits(value), text);
        }
    }
}
