//! Tables as numbers and as codes. Memory grows with the bytes that are really there.

use std::io::{self, BufRead, Read, Write};

use super::super::Fault;
use super::{expect, integer, long, yes_or_no};
use crate::quantized::{CENTROIDS, Codebook, Quantized, Weights};
use crate::vectors::Matrix;

/// Reads the flag and the table that it announces, which must have this shape.
pub(super) fn read(content: &mut dyn BufRead, shape: (usize, usize)) -> Result<Weights, Fault> {
    Ok(if yes_or_no(content, "whether a table is quantized")? {
        Weights::Quantized(codes(content, shape)?)
    } else {
        Weights::Dense(matrix(content, shape)?)
    })
}

fn expect_shape(content: &mut dyn BufRead, (rows, width): (usize, usize)) -> Result<(), Fault> {
    let shape = [long(content)?, long(content)?];
    expect(shape == [rows as i64, width as i64], || {
        format!("expected a table of {rows} x {width}, received {} x {}", shape[0], shape[1])
    })
}

fn matrix(content: &mut dyn BufRead, (rows, width): (usize, usize)) -> Result<Matrix, Fault> {
    expect_shape(content, (rows, width))?;
    let mut values = Vec::new();
    let mut row = vec![0; width * 4];
    for _ in 0..rows {
        content.read_exact(&mut row)?;
        let (numbers, _) = row.as_chunks::<4>();
        values.extend(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    }
    Ok(Matrix::new(rows, width, values))
}

fn codes(content: &mut dyn BufRead, (rows, width): (usize, usize)) -> Result<Quantized, Fault> {
    let has_norms = yes_or_no(content, "whether lengths have codes of their own")?;
    expect_shape(content, (rows, width))?;
    let count = integer(content)?;
    let most = rows as u64 * width as u64;
    expect(u64::try_from(count).is_ok_and(|count| count <= most), || {
        format!("expected at most {most} codes, received {count}")
    })?;
    let codes = exactly(content, count as u64)?;
    let book = codebook(content, width)?;
    let expected = rows as u64 * book.parts() as u64;
    expect(codes.len() as u64 == expected, || {
        format!("expected {expected} codes, received {count}")
    })?;
    let norms = if has_norms {
        let codes = exactly(content, rows as u64)?;
        Some((codebook(content, 1)?, codes))
    } else {
        None
    };
    Ok(Quantized { rows, codebook: book, codes, norms })
}

fn codebook(content: &mut dyn BufRead, width: usize) -> Result<Codebook, Fault> {
    let [all, parts, part, last] =
        [integer(content)?, integer(content)?, integer(content)?, integer(content)?];
    let whole = width as i32;
    let rest = |part: i32| if whole % part == 0 { part } else { whole % part };
    let fits = all == whole
        && (1..=whole).contains(&part)
        && parts == (whole - 1) / part + 1
        && last == rest(part);
    expect(fits, || {
        format!(
            "expected a codebook for {width} columns, received one for {all} in {parts} parts of \
             {part}, the last of {last}"
        )
    })?;
    let bytes = exactly(content, (width * CENTROIDS * 4) as u64)?;
    let (numbers, _) = bytes.as_chunks::<4>();
    let centroids = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(Codebook { width, part: part as usize, centroids })
}

/// So many bytes, taken only as they come.
fn exactly(content: &mut dyn BufRead, count: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    (&mut *content).take(count).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < count {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(bytes)
}

pub(super) fn write(weights: &Weights, file: &mut dyn Write) -> io::Result<()> {
    match weights {
        Weights::Dense(matrix) => write_matrix(matrix, file),
        Weights::Quantized(codes) => write_codes(codes, file),
    }
}

pub(super) fn write_matrix(matrix: &Matrix, file: &mut dyn Write) -> io::Result<()> {
    file.write_all(&[0])?;
    write_shape(matrix.rows(), matrix.width(), file)?;
    matrix.values().iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))
}

fn write_shape(rows: usize, width: usize, file: &mut dyn Write) -> io::Result<()> {
    [rows, width].iter().try_for_each(|size| file.write_all(&(*size as i64).to_le_bytes()))
}

fn write_codes(codes: &Quantized, file: &mut dyn Write) -> io::Result<()> {
    file.write_all(&[1, u8::from(codes.norms.is_some())])?;
    write_shape(codes.rows, codes.codebook.width, file)?;
    file.write_all(&(codes.codes.len() as i32).to_le_bytes())?;
    file.write_all(&codes.codes)?;
    write_codebook(&codes.codebook, file)?;
    if let Some((codebook, codes)) = &codes.norms {
        file.write_all(codes)?;
        write_codebook(codebook, file)?;
    }
    Ok(())
}

fn write_codebook(codebook: &Codebook, file: &mut dyn Write) -> io::Result<()> {
    let &Codebook { width, part, .. } = codebook;
    let last = width - (codebook.parts() - 1) * part;
    for size in [width, codebook.parts(), part, last] {
        file.write_all(&(size as i32).to_le_bytes())?;
    }
    codebook.centroids.iter().try_for_each(|value| file.write_all(&value.to_le_bytes()))
}
