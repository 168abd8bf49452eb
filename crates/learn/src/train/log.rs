//! What was measured, step by step: `metrics.jsonl` and a TensorBoard event file.
//!
//! A resumed run drops the lines after its checkpoint, so the file reads as if it never stopped.
//! Times stand under `seconds` alone; everything else repeats bit for bit.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::tensorboard::EventFile;
use super::{Reading, Terms};
use crate::Error;
use crate::run::Run;

/// The run's measurements.
#[derive(Debug)]
pub struct Log {
    lines: fs_err::File,
    events: EventFile,
    started: Instant,
}

impl Log {
    /// Opens the log of a run that stands at `step`.
    ///
    /// # Errors
    /// Where the run folder cannot be written.
    pub fn open(run: &Run, step: usize) -> Result<Self, Error> {
        let file = run.metrics();
        let kept = if step > 0 { until(&file, step)? } else { String::new() };
        fs_err::write(&file, kept)?;
        let lines = fs_err::OpenOptions::new().append(true).open(&file)?;
        Ok(Self { lines, events: EventFile::create(run.folder())?, started: Instant::now() })
    }

    /// The loss of a step.
    pub fn step(
        &mut self,
        step: usize,
        terms: &Terms,
        rate: f64,
        gradient_norm: f64,
    ) -> Result<(), Error> {
        let mut values = vec![("loss".to_owned(), terms.loss)];
        values.extend(terms.parts.iter().map(|(name, value)| (format!("loss/{name}"), *value)));
        values.push(("learning-rate".into(), rate));
        values.push(("gradient-norm".into(), gradient_norm));
        self.write(step, &values)
    }

    /// A reading of the representation.
    pub fn reading(&mut self, step: usize, reading: &Reading) -> Result<(), Error> {
        self.write(step, &reading.values())
    }

    fn write(&mut self, step: usize, values: &[(String, f64)]) -> Result<(), Error> {
        let mut line = Map::new();
        line.insert("step".into(), json!(step));
        for (name, value) in values {
            // A number that is not finite has no JSON; it stands as null.
            line.insert(name.clone(), json!(value));
        }
        line.insert("seconds".into(), json!(self.started.elapsed().as_secs_f64()));
        writeln!(self.lines, "{}", Value::Object(line))?;
        self.events.write(step, values)
    }
}

/// The lines of a metrics file up to a step.
fn until(file: &Path, step: usize) -> Result<String, Error> {
    if !file.exists() {
        return Ok(String::new());
    }
    let text = fs_err::read_to_string(file)?;
    let within = |line: &&str| {
        serde_json::from_str::<Value>(line)
            .ok()
            .and_then(|value| value.get("step")?.as_u64())
            .is_some_and(|at| at <= step as u64)
    };
    Ok(text.lines().filter(within).flat_map(|line| [line, "\n"]).collect())
}
