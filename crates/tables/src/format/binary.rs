//! Rows as word2vec writes them with `-binary 1`.

use std::io::{BufRead, Read, Write};

use super::{Fault, LONGEST_WORD, Rows, WIDEST};
use crate::Vectors;

pub(super) fn read(content: &mut dyn BufRead, header: (usize, usize)) -> Result<Rows, Fault> {
    let (count, width) = header;
    if width == 0 || width > WIDEST {
        let why = format!("its header promises vectors of {width} numbers, expected 1 to {WIDEST}");
        return Err(Fault::Malformed(why));
    }
    let (mut words, mut values) = (Vec::new(), Vec::new());
    let mut row = vec![0; width * 4];
    let mut word = Vec::new();
    for number in 0..count {
        word.clear();
        let mut limited = (&mut *content).take(LONGEST_WORD as u64);
        limited.read_until(b' ', &mut word)?;
        if word.pop() != Some(b' ') {
            return Err(Fault::Malformed(format!(
                "its header promises {count} words, row {} has no word that ends with a space",
                number + 1
            )));
        }
        // The line end of the row before, which gensim leaves out.
        let begin = usize::from(word.first() == Some(&b'\n'));
        words.push(String::from_utf8_lossy(&word[begin..]).into());
        content.read_exact(&mut row)?;
        let (numbers, _) = row.as_chunks::<4>();
        values.extend(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    }
    if words.is_empty() {
        return Err(Fault::Malformed("its header promises no words".to_owned()));
    }
    Ok((words, width, values))
}

pub(super) fn write(vectors: &Vectors, file: &mut dyn Write) -> std::io::Result<()> {
    let matrix = vectors.matrix();
    writeln!(file, "{} {}", matrix.rows(), matrix.width())?;
    for (row, word) in vectors.words().iter().enumerate() {
        write!(file, "{word} ")?;
        matrix.row(row).iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))?;
        writeln!(file)?;
    }
    Ok(())
}
