//! Undecoded pictures of one size, one after another in a file: what IDX, CIFAR and NumPy share.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128;

use super::classes::Labels;
use super::store::Store;
use super::{Dataset, Kind, Split};
use crate::error::{Fault, SampleError};
use crate::sample::{Image, Value};

/// The size of each picture and the order of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Values stand as `[channels, height, width]`, not as `[height, width, channels]`.
    pub(super) planar: bool,
}

impl Layout {
    /// Bytes of one picture.
    pub(super) fn size(&self) -> usize {
        self.height * self.width * self.channels
    }
}

/// Pictures of one file: the `i`-th begins at `start + i * stride`.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) store: Arc<Store>,
    pub(super) start: u64,
    pub(super) stride: u64,
    pub(super) count: usize,
    pub(super) split: Option<Split>,
    /// The first picture is `name/first`.
    pub(super) name: String,
    pub(super) first: usize,
}

/// All pictures of a data set.
#[derive(Debug)]
pub(super) struct RawImages {
    pub(super) parts: Vec<Part>,
    pub(super) layout: Layout,
    pub(super) labels: Labels,
    pub(super) notes: Vec<String>,
}

impl RawImages {
    /// The part that holds a picture, and its position there.
    fn part(&self, index: usize) -> (&Part, usize) {
        let mut position = index;
        for part in &self.parts {
            if position < part.count {
                return (part, position);
            }
            position -= part.count;
        }
        panic!("sample {index} was asked for, there are {}", self.len());
    }

    fn with_bytes<T>(&self, index: usize, of: impl FnOnce(&[u8]) -> T) -> Result<T, SampleError> {
        let (part, position) = self.part(index);
        let offset = part.start + position as u64 * part.stride;
        let bytes = part.store.read_at(offset, self.layout.size());
        bytes.map(|bytes| of(&bytes)).map_err(|error| Fault::Io(error).of(self.id(index)))
    }
}

impl Dataset for RawImages {
    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.count).sum()
    }

    fn id(&self, index: usize) -> String {
        let (part, position) = self.part(index);
        format!("{}/{}", part.name, part.first + position)
    }

    fn label(&self, index: usize) -> Option<u32> {
        self.labels.get(index)
    }

    fn classes(&self) -> &[String] {
        self.labels.classes()
    }

    fn kind(&self) -> Kind {
        Kind::Image
    }

    fn split(&self, index: usize) -> Option<Split> {
        self.part(index).0.split
    }

    fn read(&self, index: usize) -> Result<Value, SampleError> {
        let Layout { height, width, channels, planar } = self.layout;
        let pixels = self.with_bytes(index, |bytes| {
            if planar { interleave(bytes, channels) } else { bytes.to_vec() }
        })?;
        Ok(Value::Image(Image { width, height, channels, pixels }))
    }

    fn fingerprint(&self, index: usize) -> Result<u128, SampleError> {
        self.with_bytes(index, xxh3_128)
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// `[channels, area]` to `[area, channels]`.
fn interleave(planes: &[u8], channels: usize) -> Vec<u8> {
    let area = planes.len() / channels;
    let mut pixels = Vec::with_capacity(planes.len());
    for at in 0..area {
        pixels.extend((0..channels).map(|channel| planes[channel * area + at]));
    }
    pixels
}
