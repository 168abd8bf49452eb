//! Refusals of settings out of range, with the key and what was received.

use crate::Error;

/// A finite number above zero.
pub(super) fn above_zero(key: &str, value: f64) -> Result<(), Error> {
    within(key, value, value.is_finite() && value > 0.0, "above zero")
}

/// A finite number, zero or above.
pub(super) fn weight(key: &str, value: f64) -> Result<(), Error> {
    within(key, value, value.is_finite() && value >= 0.0, "zero or more")
}

/// From nothing to all of something.
pub(super) fn share(key: &str, value: f64) -> Result<(), Error> {
    within(key, value, (0.0..=1.0).contains(&value), "from 0 to 1")
}

/// A number of things of which there must be some.
pub(super) fn at_least(key: &str, value: usize, least: usize) -> Result<(), Error> {
    within(key, value, value >= least, &format!("{least} or more"))
}

fn within<T: std::fmt::Display>(
    key: &str,
    value: T,
    good: bool,
    expected: &str,
) -> Result<(), Error> {
    match good {
        true => Ok(()),
        false => Err(Error::Recipe(format!("{key} must be {expected}, received {value}"))),
    }
}
