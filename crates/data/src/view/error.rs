//! What can be wrong with a list of views.

/// A view that a recipe asks for and that cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting out of its range.
    #[error("view {view}: {setting} must be {expected}, but is {received}")]
    OutOfRange {
        /// The view's name in a recipe.
        view: &'static str,
        /// The setting.
        setting: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        received: String,
    },
    /// A view of another kind of sample.
    #[error(
        "view {view} does not fit {kind}; take it out of `views`, or use one of: {}",
        fitting.join(", ")
    )]
    WrongKind {
        /// The view's name in a recipe.
        view: &'static str,
        /// What the samples are.
        kind: &'static str,
        /// The views that fit.
        fitting: Vec<&'static str>,
    },
    /// Views of different sizes, which make no batch.
    #[error("crop-resize: one size for all views, but found {} and {}", found[0], found[1])]
    Sizes {
        /// Two of them.
        found: [usize; 2],
    },
    /// Small parts of what has no size.
    #[error("local-crops are parts of pictures, and the data are table rows; take them out")]
    LocalRows,
}

/// Checks that a setting lies in `[low, high]`; NaN does not.
pub(super) fn within(
    view: &'static str,
    setting: &'static str,
    received: f32,
    (low, high): (f32, f32),
    expected: &'static str,
) -> Result<(), Error> {
    if (low..=high).contains(&received) {
        return Ok(());
    }
    Err(Error::OutOfRange { view, setting, expected, received: received.to_string() })
}

/// Checks a probability.
pub(super) fn probability(view: &'static str, received: f32) -> Result<(), Error> {
    within(view, "probability", received, (0.0, 1.0), "from 0 to 1")
}

/// Checks the side of a square in pixels.
pub(super) fn side(view: &'static str, received: usize) -> Result<(), Error> {
    if (1..=4096).contains(&received) {
        return Ok(());
    }
    let received = received.to_string();
    Err(Error::OutOfRange { view, setting: "size", expected: "from 1 to 4096", received })
}

/// Checks that a range `[low, high]` is in order and within limits.
pub(super) fn range(
    view: &'static str,
    setting: &'static str,
    [low, high]: [f32; 2],
    (lowest, highest): (f32, f32),
    expected: &'static str,
) -> Result<(), Error> {
    if lowest <= low && low <= high && high <= highest {
        return Ok(());
    }
    Err(Error::OutOfRange { view, setting, expected, received: format!("[{low}, {high}]") })
}
