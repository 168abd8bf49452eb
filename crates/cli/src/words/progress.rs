//! The live lines of reading text and of a training of word vectors.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use pith_learn::train::progress::clock;
use pith_tables::corpus::Summary;
use pith_tables::{glove, train};

/// A terminal is told so often how far the reading is, anything else so often.
const TOLD: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(10)];
/// Lines between two looks at the clock.
const LINES: u64 = 256;

/// Shows on standard error how far text was read while its words are counted.
pub struct Reading {
    shown: bool,
    live: bool,
    files: usize,
    started: Instant,
    told: Option<Instant>,
    lines: u64,
}

impl Reading {
    /// So many files are to be read; nothing is shown where `shown` is false.
    pub fn new(shown: bool, files: usize) -> Self {
        let live = std::io::stderr().is_terminal();
        Self { shown, live, files, started: Instant::now(), told: None, lines: 0 }
    }

    /// A look at what was read so far.
    pub fn look(&mut self, summary: &Summary) {
        self.lines += 1;
        if !self.shown || !self.lines.is_multiple_of(LINES) {
            return;
        }
        let wait = TOLD[usize::from(!self.live)];
        if self.told.unwrap_or(self.started).elapsed() < wait {
            return;
        }
        self.told = Some(Instant::now());
        let line = reading(summary, self.files, self.started.elapsed());
        if self.live {
            eprint!("\r\x1b[K{line}");
            let _ = std::io::stderr().flush(); // a terminal that is gone is no reason to stop
        } else {
            eprintln!("{line}");
        }
    }

    /// Makes room for what is told next.
    pub fn end(&self) {
        if self.live && self.told.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

fn reading(summary: &Summary, files: usize, elapsed: Duration) -> String {
    let words = summary.words;
    let rate = words as f64 / elapsed.as_secs_f64().max(1e-9);
    let file = (summary.files + 1).min(files);
    format!("reading  file {file}/{files}  {words} words  {rate:.0} words/s")
}

/// The line of an epoch of GloVe, with the speed and what is left at that speed.
pub fn pairs(progress: &glove::Progress) -> String {
    let glove::Progress { epoch, epochs, pairs, loss, resumed, elapsed } = progress;
    let (here, seconds) = (epoch + 1 - resumed, elapsed.as_secs_f64());
    let rate = (here * pairs) as f64 / seconds.max(1e-9);
    let left = clock(seconds / here as f64 * (epochs - epoch - 1) as f64);
    format!("epoch {}/{epochs}  {rate:.0} pairs/s  {left} left  loss {loss:.4}", epoch + 1)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_tells_file_words_and_speed() {
        let summary = Summary { files: 1, words: 5000, ..Summary::default() };
        let line = reading(&summary, 3, Duration::from_secs(2));
        assert_eq!(line, "reading  file 2/3  5000 words  2500 words/s");
    }

    #[test]
    fn an_epoch_of_pairs_tells_what_is_left() {
        let elapsed = Duration::from_secs(10);
        let progress =
            glove::Progress { epoch: 2, epochs: 5, pairs: 500, loss: 0.25, resumed: 1, elapsed };
        let line = pairs(&progress);
        assert!(line.starts_with("epoch 3/5  100 pairs/s  "), "{line}");
        assert!(line.contains("0:10 left") && line.ends_with("loss 0.2500"), "{line}");
    }
}
