//! fastText's `.bin`: settings, vocabulary and both tables, all little-endian.
//!
//! 1. `i32` `MAGIC`, `i32` version (11 or 12);
//! 2. twelve `i32`: width, window, epochs, minimum count, negatives, word n-grams, loss (1
//!    hierarchical softmax, 2 negative sampling, 3 softmax, 4 one against all), model (1 CBOW, 2
//!    skip-gram, 3 supervised), buckets, shortest and longest n-gram, how often the rate is updated;
//!    `f64` the threshold of subsampling;
//! 3. `i32` entries, words, labels; `i64` tokens, pruned (-1); for each entry its name and a zero,
//!    `i64` count, `u8` kind;
//! 4. for the input and then for the output table: `u8` whether it is quantized, `i64` rows and
//!    columns, the values.

use std::io::{self, BufRead, Read, Write};
use std::path::Path;

use super::{Fault, LONGEST_WORD, WIDEST, at};
use crate::corpus::{self, Vocabulary};
use crate::train::{Config, Method, Output, subword};
use crate::vectors::Matrix;
use crate::{Error, Model};

/// The number that every fastText model begins with.
pub(super) const MAGIC: i32 = 793_712_314;
const VERSION: i32 = 12;
/// The rate is looked at after so many words; fastText's default, written for its reader.
const RATE_UPDATE: i32 = 100;

/// Reads a skip-gram or CBOW model.
///
/// # Errors
/// Where the file cannot be read, is cut off or damaged, or holds a classifier or quantized tables.
pub fn read(path: &Path) -> Result<Model, Error> {
    let mut content = corpus::content(path)?;
    model(&mut content).map_err(|fault| match fault {
        Fault::Io(error) => at(path, &error),
        Fault::Malformed(why) => Error::Malformed { path: path.to_path_buf(), why },
    })
}

fn model(content: &mut dyn BufRead) -> Result<Model, Fault> {
    let expect = |holds: bool, why: String| if holds { Ok(()) } else { Err(Fault::Malformed(why)) };
    let magic = integer(content)?;
    expect(magic == MAGIC, format!("expected a fastText model ({MAGIC}), received {magic}"))?;
    let version = integer(content)?;
    expect(matches!(version, 11 | 12), format!("expected version 11 or 12, received {version}"))?;
    let mut settings = [0; 12];
    for setting in &mut settings {
        *setting = integer(content)?;
    }
    let [width, window, epochs, _, negatives, _, loss, kind, buckets, shortest, longest, _] =
        settings;
    let subsample = f64::from_le_bytes(bytes(content)?);
    expect(
        matches!(kind, 1 | 2) && matches!(loss, 1 | 2),
        format!(
            "expected a skip-gram or CBOW model with negative sampling or hierarchical softmax \
             (model 1 or 2, loss 1 or 2), received model {kind}, loss {loss}"
        ),
    )?;
    expect(
        (1..=WIDEST as i32).contains(&width) && buckets >= 0 && shortest >= 0 && longest >= 0,
        format!("its settings make no sense: width {width}, buckets {buckets}"),
    )?;
    let vocabulary = entries(content)?;
    let rows = vocabulary.len() + buckets as usize;
    let inputs = table(content, rows, width as usize)?;
    let outputs = table(content, vocabulary.len(), width as usize)?;
    // Files of version 11 carry n-grams only where they are supervised, never here.
    let has_subwords = longest > 0 && buckets > 0;
    let whole = |value: i32| value.max(1) as usize;
    let subwords = has_subwords.then(|| subword::Config {
        shortest: whole(shortest),
        longest: whole(longest),
        buckets: buckets as usize,
    });
    let config = Config {
        method: if kind == 1 { Method::Cbow } else { Method::SkipGram },
        output: if loss == 1 { Output::HierarchicalSoftmax } else { Output::NegativeSampling },
        dimensions: width as usize,
        window: whole(window),
        negatives: whole(negatives),
        epochs: whole(epochs),
        subsample,
        subwords,
        ..Config::default()
    };
    Ok(Model { vocabulary, config, inputs, outputs })
}

fn entries(content: &mut dyn BufRead) -> Result<Vocabulary, Fault> {
    let [entries, words, labels] = [integer(content)?, integer(content)?, integer(content)?];
    let [_, pruned] = [i64::from_le_bytes(bytes(content)?), i64::from_le_bytes(bytes(content)?)];
    if entries < 1 || words != entries || labels != 0 || pruned > 0 {
        return Err(Fault::Malformed(format!(
            "expected words only and no pruned n-grams, received {entries} entries, {words} words, \
             {labels} labels and {pruned} pruned"
        )));
    }
    let mut found = Vec::new();
    for number in 0..entries {
        let mut word = Vec::new();
        (&mut *content).take(LONGEST_WORD as u64).read_until(0, &mut word)?;
        if word.pop() != Some(0) {
            let why = format!("entry {number} of {entries} has no name that ends with a zero");
            return Err(Fault::Malformed(why));
        }
        let count = i64::from_le_bytes(bytes(content)?).max(0) as u64;
        let [_kind] = bytes(content)?;
        found.push((String::from_utf8_lossy(&word).into(), count));
    }
    Ok(Vocabulary::new(found))
}

fn table(content: &mut dyn BufRead, rows: usize, width: usize) -> Result<Matrix, Fault> {
    let [quantized] = bytes(content)?;
    if quantized != 0 {
        return Err(Fault::Malformed(
            "expected tables of numbers, received quantized ones".to_owned(),
        ));
    }
    let shape = [i64::from_le_bytes(bytes(content)?), i64::from_le_bytes(bytes(content)?)];
    if shape != [rows as i64, width as i64] {
        let why =
            format!("expected a table of {rows} x {width}, received {} x {}", shape[0], shape[1]);
        return Err(Fault::Malformed(why));
    }
    let mut values = Vec::new();
    let mut row = vec![0; width * 4];
    for _ in 0..rows {
        content.read_exact(&mut row)?;
        let (numbers, _) = row.as_chunks::<4>();
        values.extend(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    }
    Ok(Matrix::new(rows, width, values))
}

fn bytes<const N: usize>(content: &mut dyn BufRead) -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    content.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn integer(content: &mut dyn BufRead) -> Result<i32, Fault> {
    Ok(i32::from_le_bytes(bytes(content)?))
}

/// Writes a model so that fastText and gensim read it.
///
/// # Errors
/// Where writing fails.
pub fn write(model: &Model, path: &Path) -> Result<(), Error> {
    let mut file = io::BufWriter::new(fs_err::File::create(path)?);
    let Model { config, vocabulary, .. } = model;
    let buckets = model.inputs.rows() - vocabulary.len();
    let [shortest, longest] =
        config.subwords.map_or([0, 0], |grams| [grams.shortest, grams.longest]);
    let loss = if config.output == Output::HierarchicalSoftmax { 1 } else { 2 };
    let kind = if config.method == Method::Cbow { 1 } else { 2 };
    let settings = [
        config.dimensions as i32,
        config.window as i32,
        config.epochs as i32,
        1,
        config.negatives as i32,
        1,
        loss,
        kind,
        buckets as i32,
        shortest as i32,
        longest as i32,
        RATE_UPDATE,
    ];
    for number in [MAGIC, VERSION].into_iter().chain(settings) {
        file.write_all(&number.to_le_bytes())?;
    }
    file.write_all(&config.subsample.to_le_bytes())?;
    let words = vocabulary.len() as i32;
    for number in [words, words, 0] {
        file.write_all(&number.to_le_bytes())?;
    }
    let tokens: u64 = vocabulary.counts().iter().sum();
    file.write_all(&(tokens as i64).to_le_bytes())?;
    file.write_all(&(-1i64).to_le_bytes())?;
    for (word, count) in vocabulary.words().iter().zip(vocabulary.counts()) {
        file.write_all(word.as_bytes())?;
        file.write_all(&[0])?;
        file.write_all(&(*count as i64).to_le_bytes())?;
        file.write_all(&[0])?;
    }
    for table in [&model.inputs, &model.outputs] {
        file.write_all(&[0])?;
        file.write_all(&(table.rows() as i64).to_le_bytes())?;
        file.write_all(&(table.width() as i64).to_le_bytes())?;
        table.values().iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))?;
    }
    file.flush()?;
    Ok(())
}
