//! Trains, tunes, shrinks, tests and asks text classifiers; files are fastText's.
//!
//!     cargo run --release -p pith-tables --example classify -- train FILE [SETTING=VALUE …] \
//!         [--validation FILE] [--test FILE] [--out MODEL.bin]
//!     … autotune FILE --validation FILE [SETTING=VALUE …] [--search JSON] [--test FILE] [--out …]
//!     … quantize MODEL.bin [SETTING=VALUE …] --out MODEL.ftz
//!     … test MODEL FILE [K [THRESHOLD]]
//!     … predict MODEL FILE [K [THRESHOLD]]
//!
//! A setting is a key of the configuration, such as `epochs=25` or `loss="one-vs-all"`; the value is
//! JSON. `predict` prints a line of labels and probabilities for every line of the file.

use std::error::Error;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use pith_tables::format::fasttext;
use pith_tables::supervised::{self, Classifier, Config, Examples, autotune};
use serde::de::DeserializeOwned;

/// What labels begin with in fastText's files.
const LABEL: &str = "__label__";

/// Options `--name value`, settings `key=value`, and what is neither.
#[derive(Default)]
struct Arguments {
    options: Vec<(String, String)>,
    settings: serde_json::Map<String, serde_json::Value>,
    plain: Vec<String>,
}

impl Arguments {
    fn read() -> Result<Self, Box<dyn Error>> {
        let (mut found, mut arguments) = (Self::default(), std::env::args().skip(1));
        while let Some(argument) = arguments.next() {
            if let Some(name) = argument.strip_prefix("--") {
                let value = arguments.next().ok_or(format!("expected a value after --{name}"))?;
                found.options.push((name.to_owned(), value));
            } else if let Some((key, value)) = argument.split_once('=') {
                found.settings.insert(key.to_owned(), serde_json::from_str(value)?);
            } else {
                found.plain.push(argument);
            }
        }
        Ok(found)
    }

    fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    fn settings<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(self.settings.clone().into())
    }

    fn plain(&self, place: usize, what: &str) -> Result<PathBuf, String> {
        self.plain.get(place).map(PathBuf::from).ok_or(format!("expected {what}"))
    }

    fn lines(&self, name: &str) -> Result<Vec<String>, pith_tables::Error> {
        self.option(name).map_or(Ok(Vec::new()), |path| supervised::lines(path.as_ref(), LABEL))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read()?;
    let verb = arguments.plain.first().map_or("", |verb| &**verb);
    let (k, threshold) = match &arguments.plain[..] {
        [_, _, _, k, threshold] => (k.parse()?, threshold.parse()?),
        [_, _, _, k] => (k.parse()?, 0.0),
        _ => (1, 0.0),
    };
    match verb {
        "train" | "autotune" => learn(&arguments, verb == "autotune"),
        "quantize" => {
            let model = fasttext::read_classifier(&arguments.plain(1, "a model")?)?;
            write(&model.quantize(&arguments.settings()?, None)?, &arguments)
        }
        "test" => {
            let model = fasttext::read_classifier(&arguments.plain(1, "a model")?)?;
            let lines = supervised::lines(&arguments.plain(2, "labelled lines")?, LABEL)?;
            println!("{}", serde_json::to_string_pretty(&model.test(&lines, k, threshold))?);
            Ok(())
        }
        "predict" => {
            let model = fasttext::read_classifier(&arguments.plain(1, "a model")?)?;
            for line in supervised::lines(&arguments.plain(2, "lines")?, LABEL)? {
                let found = model.predict(&line, k, threshold);
                let found: Vec<String> =
                    found.iter().map(|one| format!("{} {}", one.label, one.probability)).collect();
                println!("{}", found.join(" "));
            }
            Ok(())
        }
        _ => Err("expected train, autotune, quantize, test or predict".into()),
    }
}

fn learn(arguments: &Arguments, tune: bool) -> Result<(), Box<dyn Error>> {
    let config: Config = arguments.settings()?;
    let validation = arguments.lines("validation")?;
    let start = Instant::now();
    let examples = Examples::read(&[arguments.plain(1, "a file to learn from")?], &config)?;
    let model = if tune {
        let search = serde_json::from_str(arguments.option("search").unwrap_or("{}"))?;
        let heard = &mut |trial: &autotune::Trial| {
            println!("{}", serde_json::to_string(trial).unwrap_or_default());
            ControlFlow::Continue(())
        };
        autotune(&examples, &config, &validation, &search, heard)?.classifier
    } else {
        supervised::train(&examples, &config, &validation, &mut |progress| {
            if let Some(epoch) = progress.ended {
                let held_out = epoch.held_out.unwrap_or(f64::NAN);
                let number = progress.epoch + 1;
                println!("epoch {number} loss {:.4} validation {held_out:.4}", epoch.loss);
            }
            ControlFlow::Continue(())
        })?
    };
    println!("trained in {:.3} s", start.elapsed().as_secs_f64());
    if arguments.option("test").is_some() {
        let report = model.test(&arguments.lines("test")?, 1, 0.0);
        println!("precision at 1 {:.5} over {}", report.precision, report.examples);
    }
    write(&model, arguments)
}

fn write(model: &Classifier, arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if let Some(path) = arguments.option("out") {
        fasttext::write_classifier(model, path.as_ref())?;
    }
    Ok(())
}
