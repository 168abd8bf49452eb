//! NumPy's `.npy`, version 1.0: a short text header, then the numbers.
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

use std::io::{BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use fs_err::File;
use npyz::{NpyFile, Order, TypeChar};

use super::Partial;
use crate::{Error, Matrix};

/// Bytes before the numbers: room for any shape, a multiple of 64 as NumPy aligns it.
const HEADER: usize = 128;

/// Writes f32 `[n, width]`; the number of rows is filled in at the end.
#[derive(Debug)]
pub struct Writer {
    file: Partial,
    width: usize,
    rows: usize,
}

impl Writer {
    /// Opens the file.
    ///
    /// # Errors
    /// As [`Partial::create`].
    pub fn create(path: &Path, width: usize, force: bool) -> Result<Self, Error> {
        let mut file = Partial::create(path, force)?;
        file.write_all(&header(0, width))?;
        Ok(Self { file, width, rows: 0 })
    }

    /// Appends whole rows.
    ///
    /// # Errors
    /// A full disk, for example.
    pub fn push(&mut self, values: &[f32]) -> Result<(), Error> {
        write_little_endian(&mut self.file, values)?;
        self.rows += values.len() / self.width;
        Ok(())
    }

    /// Fills in the number of rows and gives the file its name.
    ///
    /// # Errors
    /// As [`Partial::finish`].
    pub fn finish(mut self) -> Result<(), Error> {
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&header(self.rows, self.width))?;
        self.file.finish()
    }
}

/// Writes f32s as the disk keeps them.
pub(super) fn write_little_endian(file: &mut impl Write, values: &[f32]) -> std::io::Result<()> {
    if cfg!(target_endian = "little") {
        return file.write_all(bytemuck::cast_slice(values));
    }
    values.iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))
}

fn header(rows: usize, width: usize) -> Vec<u8> {
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {width}), }}");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(((HEADER - 10) as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.resize(HEADER - 1, b' ');
    bytes.push(b'\n');
    bytes
}

/// Reads `[n, d]` of f32 or f64 in C order; f64 is rounded to f32.
///
/// # Errors
/// Where the file is something else or cut short.
pub fn read(path: &Path) -> Result<Matrix, Error> {
    let file = File::open(path)?;
    let bytes = file.metadata()?.len();
    let not_npy = |error: std::io::Error| {
        Error::file(path, format!("expected a NumPy array of shape [n, d]: {error}"))
    };
    let array = NpyFile::new(BufReader::new(file)).map_err(not_npy)?;
    let shape = array.shape().to_vec();
    let [rows, width] = shape[..] else {
        return Err(Error::file(
            path,
            format!("expected an array of shape [n, d], found {shape:?}"),
        ));
    };
    if array.order() != Order::C {
        let reason = "expected C order, found Fortran order; save `numpy.ascontiguousarray(x)`";
        return Err(Error::file(path, reason));
    }
    let npyz::DType::Plain(kind) = array.dtype() else {
        return Err(Error::file(path, "expected numbers, found records; save one array of f32"));
    };
    let size = match (kind.type_char(), kind.size_field()) {
        (TypeChar::Float, size @ (4 | 8)) => size,
        _ => {
            let reason = format!("expected f32 or f64, found {kind}; save `x.astype(\"f4\")`");
            return Err(Error::file(path, reason));
        }
    };
    // Before anything is allocated: a damaged header may promise any number of rows.
    let promised = rows.checked_mul(width).and_then(|count| count.checked_mul(size));
    if width == 0 || promised.is_none_or(|promised| promised > bytes) {
        let reason =
            format!("the header promises {rows} x {width} numbers, the file has {bytes} bytes");
        return Err(Error::file(path, reason));
    }
    let values = if size == 4 {
        array.into_vec::<f32>().map_err(not_npy)?
    } else {
        let doubles = array.into_vec::<f64>().map_err(not_npy)?;
        doubles.into_iter().map(|value| value as f32).collect()
    };
    if values.len() as u64 != rows * width {
        return Err(Error::file(path, "the file is cut short; write it again"));
    }
    Ok(Matrix::new(rows as usize, width as usize, values))
}
