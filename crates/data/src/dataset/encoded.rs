//! PNG, JPEG and WebP pictures by offset, not decoded: what archives and parquet files become.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_128;

use super::classes::Labels;
use super::ids::Ids;
use super::store::Store;
use super::{Dataset, Kind, Split};
use crate::decode::decode;
use crate::error::{Fault, SampleError};
use crate::sample::Value;

/// Pictures as they came out of their file, decoded each time they are read.
#[derive(Debug)]
pub(super) struct EncodedImages {
    pub(super) store: Store,
    /// Where each picture lies in the store: offset and length.
    pub(super) places: Vec<(u64, u64)>,
    pub(super) ids: Ids,
    pub(super) labels: Labels,
    /// Where the ids do not tell.
    pub(super) splits: Option<Vec<Split>>,
    pub(super) notes: Vec<String>,
}

impl EncodedImages {
    fn bytes(&self, index: usize) -> Result<Cow<'_, [u8]>, SampleError> {
        let (offset, len) = self.places[index];
        let bytes = self.store.read_at(offset, len as usize);
        bytes.map_err(|error| Fault::Io(error).of(self.ids.get(index)))
    }
}

impl Dataset for EncodedImages {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn id(&self, index: usize) -> String {
        self.ids.get(index)
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
        match &self.splits {
            Some(splits) => Some(splits[index]),
            None => self.ids.split(index),
        }
    }

    fn read(&self, index: usize) -> Result<Value, SampleError> {
        let picture = decode(&self.bytes(index)?);
        picture.map(Value::Image).map_err(|fault| fault.of(self.ids.get(index)))
    }

    fn fingerprint(&self, index: usize) -> Result<u128, SampleError> {
        Ok(xxh3_128(&self.bytes(index)?))
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }
}
