//! TensorBoard event files: TFRecord frames around `tensorflow.Event` messages of scalars.
//!
//! A frame is the length as u64, its masked CRC-32C, the message, its masked CRC-32C. The messages
//! are small enough to be encoded by hand: field 1 wall time (double), 2 step (int64), 3 file
//! version (string), 5 summary { 1 value { 1 tag (string), 2 simple value (float) } }.

use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;

/// An event file that is being written.
#[derive(Debug)]
pub struct EventFile {
    file: fs_err::File,
}

impl EventFile {
    /// A new file in the folder, named as TensorBoard looks for it.
    ///
    /// # Errors
    /// Where the folder cannot be written.
    pub fn create(folder: &Path) -> Result<Self, Error> {
        let now = now();
        let name = format!("events.out.tfevents.{:.0}.pith.{}", now, std::process::id());
        let mut events = Self { file: fs_err::File::create(folder.join(name))? };
        let mut message = Vec::new();
        double(&mut message, 1, now);
        bytes(&mut message, 3, b"brain.Event:2");
        events.frame(&message)?;
        Ok(events)
    }

    /// Scalars of a step.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn write(&mut self, step: usize, values: &[(String, f64)]) -> Result<(), Error> {
        let mut summary = Vec::new();
        for (tag, value) in values {
            let mut scalar = Vec::new();
            bytes(&mut scalar, 1, tag.as_bytes());
            scalar.push(2 << 3 | 5);
            scalar.extend((*value as f32).to_le_bytes());
            bytes(&mut summary, 1, &scalar);
        }
        let mut message = Vec::new();
        double(&mut message, 1, now());
        message.push(2 << 3);
        varint(&mut message, step as u64);
        bytes(&mut message, 5, &summary);
        self.frame(&message)
    }

    fn frame(&mut self, message: &[u8]) -> Result<(), Error> {
        let length = (message.len() as u64).to_le_bytes();
        let mut frame = Vec::with_capacity(message.len() + 16);
        frame.extend(length);
        frame.extend(masked(&length));
        frame.extend(message);
        frame.extend(masked(message));
        Ok(self.file.write_all(&frame)?)
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

fn masked(data: &[u8]) -> [u8; 4] {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        message.push(value as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
}

fn double(message: &mut Vec<u8>, field: u8, value: f64) {
    message.push(field << 3 | 1);
    message.extend(value.to_le_bytes());
}

fn bytes(message: &mut Vec<u8>, field: u8, value: &[u8]) {
    message.push(field << 3 | 2);
    varint(message, value.len() as u64);
    message.extend(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_carry_length_and_masked_checksums() -> Result<(), Error> {
        let folder = tempfile::tempdir()?;
        let mut events = EventFile::create(folder.path())?;
        events.write(300, &[("loss".into(), 1.5)])?;
        let path = fs_err::read_dir(folder.path())?.next().expect("one file")?.path();
        let data = fs_err::read(path)?;
        let mut rest = &data[..];
        let mut messages = Vec::new();
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().expect("eight")) as usize;
            assert_eq!(rest[8..12], masked(&rest[..8]));
            let message = &rest[12..12 + length];
            assert_eq!(rest[12 + length..16 + length], masked(message));
            messages.push(message);
            rest = &rest[16 + length..];
        }
        assert_eq!(messages.len(), 2);
        assert!(messages[0].ends_with(b"brain.Event:2"));
        assert_eq!(messages[1][9..12], [2 << 3, 0xac, 0x02], "step 300");
        assert!(messages[1].ends_with(&1.5f32.to_le_bytes()));
        Ok(())
    }
}
