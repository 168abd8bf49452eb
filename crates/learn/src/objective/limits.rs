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

/// [`weight`], of several settings of an objective.
pub(super) fn weights(objective: &str, settings: &[(&str, f64)]) -> Result<(), Error> {
    settings.iter().try_for_each(|(key, value)| weight(&format!("{objective}.{key}"), *value))
}

/// From nothing to all of something.
pub(super) fn share(key: &str, value: f64) -> Result<(), Error> {
    within(key, value, (0.0..=1.0).contains(&value), "from 0 to 1")
}

/// From nothing to almost all of something.
pub(super) fn below_one(key: &str, value: f64) -> Result<(), Error> {
    within(key, value, (0.0..1.0).contains(&value), "from 0 to below 1")
}

/// How much of a teacher stays at a step: at the first, and at the last.
pub(super) fn momentum(key: &str, values: [f64; 2]) -> Result<(), Error> {
    values.iter().try_for_each(|value| share(key, *value))
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
