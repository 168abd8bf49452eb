//! The live line: where the training stands, how fast it goes, when it will be done.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use super::Reading;

/// Shows a training on standard error: one live line on a terminal, one line per reading elsewhere.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    live: bool,
    started: Instant,
    drawn: Option<Instant>,
    first: usize,
    step: usize,
    steps: usize,
    samples: usize,
    loss: f64,
    reading: String,
}

impl Progress {
    /// Nothing is shown where `shown` is false.
    pub fn new(shown: bool) -> Self {
        Self {
            shown,
            live: std::io::stderr().is_terminal(),
            started: Instant::now(),
            drawn: None,
            first: 0,
            step: 0,
            steps: 0,
            samples: 0,
            loss: f64::NAN,
            reading: String::new(),
        }
    }

    /// The training starts after `step` of `steps`, each of so many samples.
    pub fn begin(&mut self, step: usize, steps: usize, samples: usize) {
        (self.first, self.step, self.steps, self.samples) = (step, step, steps, samples);
        self.started = Instant::now();
    }

    /// A step was taken.
    pub fn step(&mut self, step: usize, loss: f64) {
        self.step = step;
        // A running mean: single losses jump.
        self.loss = if self.loss.is_nan() { loss } else { 0.9 * self.loss + 0.1 * loss };
        let due = self.drawn.is_none_or(|drawn| drawn.elapsed() > Duration::from_millis(100));
        if self.shown && self.live && due {
            self.drawn = Some(Instant::now());
            eprint!("\r\x1b[K{}", self.line());
            let _ = std::io::stderr().flush(); // a terminal that is gone is no reason to stop
        }
    }

    /// The representation was measured.
    pub fn reading(&mut self, reading: &Reading) {
        self.reading = reading.to_string();
        if self.shown && !self.live {
            eprintln!("{}", self.line());
        }
    }

    /// The training is over.
    pub fn end(&mut self) {
        if self.shown && self.live {
            eprintln!("\r\x1b[K{}", self.line());
        }
    }

    fn line(&self) -> String {
        let taken = (self.step - self.first).max(1);
        let seconds = self.started.elapsed().as_secs_f64();
        let remaining = seconds / taken as f64 * (self.steps - self.step) as f64;
        let rate = (taken * self.samples) as f64 / seconds.max(1e-9);
        let mut line = format!(
            "step {}/{}  {rate:.0} samples/s  {} left  loss {:.4}",
            self.step,
            self.steps,
            clock(remaining),
            self.loss
        );
        if !self.reading.is_empty() {
            line.push_str("  ");
            line.push_str(&self.reading);
        }
        line
    }
}

/// Seconds as people read them: `75` as `1:15`, `3675` as `1:01:15`.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn clocks() {
        assert_eq!(super::clock(75.0), "1:15");
        assert_eq!(super::clock(3675.2), "1:01:15");
    }
}
