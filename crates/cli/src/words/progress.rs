//! The live line of a training of word vectors.

use std::io::{IsTerminal, Write};

use pith_learn::train::progress::clock;
use pith_tables::train;

/// Shows a training on standard error: one live line on a terminal, one line an epoch elsewhere.
pub struct Progress {
    shown: bool,
    live: bool,
    held_out: Option<f64>,
}

impl Progress {
    /// Nothing is shown where `shown` is false.
    pub fn new(shown: bool) -> Self {
        Self { shown, live: std::io::stderr().is_terminal(), held_out: None }
    }

    /// A look at the training.
    pub fn look(&mut self, progress: &train::Progress) {
        let ended = progress.ended.is_some();
        if let Some(epoch) = progress.ended {
            self.held_out = epoch.held_out;
        }
        if !self.shown || !(self.live || ended) {
            return;
        }
        let line = line(progress, self.held_out);
        if self.live {
            eprint!("\r\x1b[K{line}{}", if ended { "\n" } else { "" });
            let _ = std::io::stderr().flush(); // a terminal that is gone is no reason to stop
        } else {
            eprintln!("{line}");
        }
    }
}

fn line(progress: &train::Progress, held_out: Option<f64>) -> String {
    let train::Progress { epoch, epochs, words, total, words_per_second, .. } = progress;
    let loss = progress.ended.map_or(progress.loss, |ended| ended.loss);
    let share = 100.0 * *words as f64 / (*total).max(1) as f64;
    let left = clock(progress.remaining.as_secs_f64());
    let mut line = format!(
        "epoch {}/{epochs}  {share:.0} %  {words_per_second:.0} words/s  {left} left  loss {loss:.4}",
        epoch + 1
    );
    if let Some(held_out) = held_out {
        line.push_str(&format!("  held out {held_out:.4}"));
    }
    line
}
