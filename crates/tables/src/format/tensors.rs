//! Vectors as safetensors: `vectors`, `f32` `[words, width]`; `words`, the bytes of all words with a
//! line end behind each; and, where it is known, `counts`, `i64` `[words]`.

use std::io::{self, Write};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::WIDEST;
use crate::Vectors;
use crate::corpus::Vocabulary;
use crate::vectors::Matrix;

/// Whether a file may be one: eight bytes of length, then an object.
pub(super) fn looks_like(start: &[u8]) -> bool {
    start.get(8) == Some(&b'{') && start[5..8] == [0; 3]
}

pub(super) fn parse(bytes: &[u8]) -> Result<Vectors, String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let words = tensors.tensor("words").map_err(|error| error.to_string())?;
    let words = str::from_utf8(words.data()).map_err(|error| format!("words: {error}"))?;
    let words: Vec<Box<str>> = words.lines().map(Box::from).collect();
    let matrix = matrix(&tensors, "vectors")?;
    if words.len() != matrix.rows() {
        return Err(format!("it holds {} rows and {} words", matrix.rows(), words.len()));
    }
    Ok(Vectors::new(words, matrix))
}

/// How often each word occurred, where the file says it.
pub(super) fn counts(bytes: &[u8], words: &[Box<str>]) -> Result<Option<Vocabulary>, String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    let Ok(view) = tensors.tensor("counts") else { return Ok(None) };
    if view.dtype() != Dtype::I64 || view.shape() != [words.len()] {
        let (kind, shape) = (view.dtype(), view.shape());
        return Err(format!("counts: expected an i64 for every word, received {kind:?} {shape:?}"));
    }
    let (numbers, _) = view.data().as_chunks::<8>();
    let counts = numbers.iter().map(|bytes| i64::from_le_bytes(*bytes));
    let count = |count| u64::try_from(count).map_err(|_| format!("counts: received {count}"));
    let counts: Vec<u64> = counts.map(count).collect::<Result<_, _>>()?;
    Ok(Some(Vocabulary::new(words.iter().cloned().zip(counts))))
}

/// A table of `f32`, `f16` or `bf16`.
pub(super) fn matrix(tensors: &SafeTensors, name: &str) -> Result<Matrix, String> {
    let view = tensors.tensor(name).map_err(|error| error.to_string())?;
    let &[rows, width] = view.shape() else {
        return Err(format!("{name}: expected a table, received the shape {:?}", view.shape()));
    };
    if width == 0 || width > WIDEST {
        return Err(format!("{name}: expected 1 to {WIDEST} numbers a row, received {width}"));
    }
    Ok(Matrix::new(rows, width, numbers(&view, name)?))
}

pub(super) fn numbers(view: &TensorView, name: &str) -> Result<Vec<f32>, String> {
    let (twos, fours, eights) =
        (view.data().as_chunks().0, view.data().as_chunks().0, view.data().as_chunks().0);
    Ok(match view.dtype() {
        Dtype::F32 => fours.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
        Dtype::F64 => eights.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect(),
        Dtype::F16 => twos.iter().map(|bytes| half(u16::from_le_bytes(*bytes))).collect(),
        Dtype::BF16 => {
            let wide =
                |bytes: &[u8; 2]| f32::from_bits(u32::from(u16::from_le_bytes(*bytes)) << 16);
            twos.iter().map(wide).collect()
        }
        other => {
            return Err(format!("{name}: expected floating point numbers, received {other:?}"));
        }
    })
}

/// A number of IEEE 754's binary16.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
    sign * match exponent {
        0 => fraction * 2f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1.0 + fraction) * 2f32.powi(exponent - 15),
    }
}

pub(super) fn write(
    vectors: &Vectors,
    counts: Option<&Vocabulary>,
    file: &mut dyn Write,
) -> io::Result<()> {
    let words: String = vectors.words().iter().flat_map(|word| [&**word, "\n"]).collect();
    let (matrix, failed) = (vectors.matrix(), |error: safetensors::SafeTensorError| {
        io::Error::other(error.to_string())
    });
    let shape = vec![matrix.rows(), matrix.width()];
    let values = bytemuck::cast_slice(matrix.values());
    let count = |word: &str| {
        let known = counts.and_then(|counts| Some(counts.counts()[counts.place(word)? as usize]));
        known.and_then(|count| i64::try_from(count).ok()).unwrap_or_default().to_le_bytes()
    };
    let numbers: Vec<u8> = vectors.words().iter().flat_map(|word| count(word)).collect();
    let mut views = vec![
        ("vectors", TensorView::new(Dtype::F32, shape, values).map_err(failed)?),
        ("words", TensorView::new(Dtype::U8, vec![words.len()], words.as_bytes()).map_err(failed)?),
    ];
    if counts.is_some() {
        let shape = vec![matrix.rows()];
        views.push(("counts", TensorView::new(Dtype::I64, shape, &numbers).map_err(failed)?));
    }
    let bytes = safetensors::serialize(views, None).map_err(failed)?;
    file.write_all(&bytes)
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn halves_are_those_of_the_standard() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0x0001, 5.960_464_5e-8),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half(bits), value, "{bits:x}");
        }
        assert!(half(0x7e00).is_nan());
    }
}
