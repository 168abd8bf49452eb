//! Where tensors live.

pub use burn::tensor::Device;

use crate::Error;

/// The devices this build can name.
pub const DEVICES: &[&str] = &["cpu"];

/// The device of that name.
///
/// # Errors
/// Where this build has no such device.
pub fn named(name: &str) -> Result<Device, Error> {
    match name {
        "cpu" => Ok(Device::flex()),
        other => Err(Error::Device(format!(
            "device `{other}` is not in this build, which has: {}",
            DEVICES.join(", ")
        ))),
    }
}
