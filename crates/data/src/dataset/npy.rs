//! One `.npy` array: the header, and elements by position.
//!
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. The header is parsed
//! here because it may come from anywhere: a length or shape that lies must be an error.

use super::store::Store;

/// A header longer than this is not read.
const LONGEST_HEADER: usize = 64 << 10;

/// What the elements of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Bool,
    Unsigned(usize),
    Signed(usize),
    Float(usize),
    /// Text of that many bytes.
    Bytes(usize),
    /// Text of that many code points of four bytes.
    Text(usize),
}

impl Element {
    /// Bytes of one element.
    pub(super) fn size(self) -> usize {
        match self {
            Element::Bool => 1,
            Element::Text(points) => 4 * points,
            Element::Unsigned(size) | Element::Signed(size) => size,
            Element::Float(size) | Element::Bytes(size) => size,
        }
    }
}

/// An array within a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    pub(super) element: Element,
    big_endian: bool,
    /// Where the elements begin.
    pub(super) start: u64,
}

impl Array {
    /// Reads the header of the array that takes `len` bytes of a store from `offset` on.
    pub(super) fn read(store: &Store, offset: u64, len: u64) -> Result<Self, String> {
        let head_len = (LONGEST_HEADER as u64 + 12).min(len) as usize;
        let head = store.read_at(offset, head_len).map_err(|error| error.to_string())?;
        let (header, data) = header(&head)?;
        let value = |key| entry(header, key).ok_or(format!("its header has no {key:?}: {header}"));
        let (element, big_endian) = element(value("descr")?)?;
        let shape = shape(value("shape")?)?;
        let fortran = value("fortran_order")?.starts_with("True");
        if fortran && shape.iter().filter(|&&side| side > 1).count() > 1 {
            let remedy = "save it with numpy.ascontiguousarray";
            return Err(format!("it is in Fortran order, C order was expected; {remedy}"));
        }
        let size = shape
            .iter()
            .try_fold(element.size() as u64, |size, &side| size.checked_mul(side as u64));
        let left = len - data as u64;
        if size.is_none_or(|size| size > left) {
            return Err(format!("its shape {shape:?} needs more than the {left} bytes it has"));
        }
        Ok(Array { shape, element, big_endian, start: offset + data as u64 })
    }

    /// A number of this array from its bytes.
    pub(super) fn number(&self, bytes: &[u8]) -> Option<f64> {
        let little: Vec<u8> = match self.big_endian {
            true => bytes.iter().rev().copied().collect(),
            false => bytes.to_vec(),
        };
        Some(match (self.element, little.as_slice()) {
            (Element::Bool | Element::Unsigned(1), &[a]) => f64::from(a),
            (Element::Signed(1), &[a]) => f64::from(a as i8),
            (Element::Unsigned(2), &[a, b]) => f64::from(u16::from_le_bytes([a, b])),
            (Element::Signed(2), &[a, b]) => f64::from(i16::from_le_bytes([a, b])),
            (Element::Float(2), &[a, b]) => half(u16::from_le_bytes([a, b])),
            (Element::Unsigned(4), &[a, b, c, d]) => f64::from(u32::from_le_bytes([a, b, c, d])),
            (Element::Signed(4), &[a, b, c, d]) => f64::from(i32::from_le_bytes([a, b, c, d])),
            (Element::Float(4), &[a, b, c, d]) => f64::from(f32::from_le_bytes([a, b, c, d])),
            (element, bytes) => {
                let bytes: [u8; 8] = bytes.try_into().ok()?;
                match element {
                    Element::Unsigned(8) => u64::from_le_bytes(bytes) as f64,
                    Element::Signed(8) => i64::from_le_bytes(bytes) as f64,
                    Element::Float(8) => f64::from_le_bytes(bytes),
                    _ => return None,
                }
            }
        })
    }

    /// An element of this array as a text; nothing where it is NaN or an empty text.
    pub(super) fn text(&self, bytes: &[u8]) -> Option<String> {
        let text = match self.element {
            Element::Bytes(_) => String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned(),
            Element::Text(_) => bytes
                .chunks_exact(4)
                .map(|point| {
                    let mut point = [point[0], point[1], point[2], point[3]];
                    if self.big_endian {
                        point.reverse();
                    }
                    char::from_u32(u32::from_le_bytes(point)).unwrap_or(char::REPLACEMENT_CHARACTER)
                })
                .collect::<String>()
                .trim_end_matches('\0')
                .to_owned(),
            _ => self.number(bytes).filter(|number| !number.is_nan())?.to_string(),
        };
        Some(text).filter(|text| !text.is_empty())
    }
}

/// The header's text, and where the elements begin.
fn header(head: &[u8]) -> Result<(&str, usize), String> {
    let (len, from): (usize, usize) = match head {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => {
            (usize::from(u16::from_le_bytes([*a, *b])), 10)
        }
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _, a, b, c, d, ..] => {
            (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 12)
        }
        _ => return Err("it does not begin like a .npy array of version 1, 2 or 3".to_owned()),
    };
    let text = head.get(from..from.saturating_add(len));
    let text = text.ok_or(format!("its header of {len} bytes is cut off or too long"))?;
    let text = str::from_utf8(text).map_err(|_| "its header is no text".to_owned())?;
    Ok((text, from + len))
}

/// What follows `'key':` in a Python dictionary.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let quoted = [format!("'{key}'"), format!("\"{key}\"")];
    let after = quoted.iter().find_map(|key| header.split_once(key.as_str())).map(|(_, rest)| rest);
    Some(after?.trim_start().strip_prefix(':')?.trim_start())
}

fn element(descr: &str) -> Result<(Element, bool), String> {
    let unknown = || {
        let known = "bool, integers, floats or fixed-width text";
        let found: String = descr.chars().take(24).collect();
        format!("its elements are {found}…, {known} were expected")
    };
    let quote = descr.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or_else(unknown)?;
    let descr = descr[1..].split(quote).next().unwrap_or_default();
    let kind = descr.trim_start_matches(['<', '>', '|', '=']);
    let size = kind.get(1..).and_then(|size| size.parse::<usize>().ok()).ok_or_else(unknown)?;
    let element = match (kind.as_bytes()[0], size) {
        (b'b', 1) => Element::Bool,
        (b'u', 1 | 2 | 4 | 8) => Element::Unsigned(size),
        (b'i', 1 | 2 | 4 | 8) => Element::Signed(size),
        (b'f', 2 | 4 | 8) => Element::Float(size),
        (b'S', 1..=4096) => Element::Bytes(size),
        (b'U', 1..=4096) => Element::Text(size),
        _ => return Err(unknown()),
    };
    Ok((element, descr.starts_with('>')))
}

fn shape(tuple: &str) -> Result<Vec<usize>, String> {
    let inner = tuple.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let (inner, _) = inner.ok_or("its shape is no tuple")?;
    let sides = inner.split(',').map(str::trim).filter(|side| !side.is_empty());
    let sides: Result<Vec<usize>, _> = sides.map(str::parse).collect();
    sides.map_err(|_| format!("its shape is ({inner})"))
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from((bits >> 10) & 31);
    let fraction = f64::from(bits & 1023) / 1024.0;
    sign * match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(descr: &str, shape: &str, data: &[u8]) -> Result<Array, String> {
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        let len = bytes.len() as u64;
        Array::read(&Store::Memory(bytes), 0, len)
    }

    #[test]
    fn numbers_of_every_type_are_read() {
        let number = |descr: &str, data: &[u8]| array(descr, "(1,)", data).unwrap().number(data);
        assert_eq!(number("|b1", &[1]), Some(1.0));
        assert_eq!(number("|i1", &[255]), Some(-1.0));
        assert_eq!(number("<u2", &[1, 2]), Some(513.0));
        assert_eq!(number(">u2", &[1, 2]), Some(258.0));
        assert_eq!(number("<i4", &(-70_000i32).to_le_bytes()), Some(-70_000.0));
        assert_eq!(number(">f8", &0.1f64.to_be_bytes()), Some(0.1));
        assert_eq!(number("<f4", &0.5f32.to_le_bytes()), Some(0.5));
        assert_eq!(number("<f2", &[0x00, 0xc1]), Some(-2.5));
        assert_eq!(number("<f2", &[0x01, 0x00]), Some(2f64.powi(-24)));
        assert_eq!(number("<i8", &(-3i64).to_le_bytes()), Some(-3.0));
    }

    #[test]
    fn texts_are_read() {
        let bytes = [b'h', 0, 0, 0, 0xe9, 0, 0, 0, 0, 0, 0, 0];
        let text = array("<U3", "(1,)", &bytes).unwrap().text(&bytes);
        assert_eq!(text.as_deref(), Some("hé"));
        assert_eq!(array("|S3", "(1,)", b"ab\0").unwrap().text(b"ab\0").as_deref(), Some("ab"));
        let seven = 7i64.to_le_bytes();
        assert_eq!(array("<i8", "(1,)", &seven).unwrap().text(&seven).as_deref(), Some("7"));
    }

    #[test]
    fn headers_that_lie_are_refused() {
        assert!(array("<f4", "(2,)", &[0; 4]).unwrap_err().contains("needs more"));
        assert!(array("<f4", "(99999999999, 99999999999)", &[0; 4]).is_err());
        assert!(array("<f4", "(-1,)", &[0; 4]).is_err());
        assert!(array("|O", "(1,)", &[0; 8]).unwrap_err().contains("were expected"));
        assert!(array("", "(1,)", &[0; 8]).is_err());
        assert!(
            Array::read(&Store::Memory(b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec()), 0, 12)
                .is_err()
        );
    }
}
