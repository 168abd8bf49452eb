//! TEXMEX `.fvecs` (Jegou et al. 2011): every row is its width as a little-endian i32, then as many f32s.
//! <http://corpus-texmex.irisa.fr>

use std::io::{BufReader, Read, Write};
use std::path::Path;

use super::{Partial, npy::write_little_endian};
use crate::{Error, Matrix};

/// Writes rows of one width.
#[derive(Debug)]
pub struct Writer {
    file: Partial,
    width: usize,
}

impl Writer {
    /// Opens the file.
    ///
    /// # Errors
    /// As [`Partial::create`].
    pub fn create(path: &Path, width: usize, force: bool) -> Result<Self, Error> {
        Ok(Self { file: Partial::create(path, force)?, width })
    }

    /// Appends whole rows.
    ///
    /// # Errors
    /// A full disk, for example.
    pub fn push(&mut self, values: &[f32]) -> Result<(), Error> {
        for row in values.chunks_exact(self.width) {
            self.file.write_all(&(self.width as i32).to_le_bytes())?;
            write_little_endian(&mut self.file, row)?;
        }
        Ok(())
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// As [`Partial::finish`].
    pub fn finish(self) -> Result<(), Error> {
        self.file.finish()
    }
}

/// Reads rows of one width.
///
/// # Errors
/// Where the widths differ, make no sense, or the file is cut short.
pub fn read(path: &Path) -> Result<Matrix, Error> {
    let file = fs_err::File::open(path)?;
    let bytes = file.metadata()?.len();
    let mut reader = BufReader::new(file);
    let mut word = [0; 4];
    if bytes < 4 {
        return Err(Error::file(path, "expected vectors, found an empty file"));
    }
    reader.read_exact(&mut word)?;
    let width = i32::from_le_bytes(word);
    let stride = 4 * (i64::from(width) + 1);
    if width <= 0 || !bytes.is_multiple_of(stride as u64) {
        let reason = format!(
            "expected rows that each begin with their width; the first says {width}, \
             which does not divide a file of {bytes} bytes"
        );
        return Err(Error::file(path, reason));
    }
    let (rows, width) = ((bytes / stride as u64) as usize, width as usize);
    let mut values = Vec::with_capacity(rows * width);
    let mut row = vec![0u8; 4 * width];
    for number in 0..rows {
        if number > 0 {
            reader.read_exact(&mut word)?;
        }
        let found = i32::from_le_bytes(word);
        if found as usize != width {
            let reason = format!("expected rows of {width} numbers, row {number} has {found}");
            return Err(Error::file(path, reason));
        }
        reader.read_exact(&mut row)?;
        values.extend(row.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
    }
    Ok(Matrix::new(rows, width, values))
}
