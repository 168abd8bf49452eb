//! What a sample is: a value typed by its kind, before and after it is made ready for an encoder.

/// One decoded sample, as it stands in the data. New kinds of data are new variants.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A picture of any size.
    Image(Image),
    /// A table row: one cell per column of the [`Schema`](crate::schema::Schema).
    Row(Vec<Cell>),
}

/// An 8-bit picture, row by row, channels interleaved: `pixels[(y * width + x) * channels + c]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Columns, in pixels.
    pub width: usize,
    /// Rows, in pixels.
    pub height: usize,
    /// 1 (grey), 3 (RGB); alpha is composited away when the picture is read.
    pub channels: usize,
    /// `height * width * channels` values.
    pub pixels: Vec<u8>,
}

/// One typed cell of a table row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A finite number, or NaN where the cell is missing.
    Number(f32),
    /// A category by its position in the column's dictionary; `None` where missing or never seen.
    Category(Option<u32>),
}

/// A batch of inputs of one kind, ready for an encoder.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// Pictures of one size.
    Pixels(Pixels),
    /// Table rows of one width.
    Features(Features),
}

/// `[samples, channels, height, width]`, contiguous in that order.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// Samples in the batch.
    pub samples: usize,
    /// Channels per sample.
    pub channels: usize,
    /// Rows per sample.
    pub height: usize,
    /// Columns per sample.
    pub width: usize,
    /// The values, normalised as the model's preprocessing says.
    pub values: Vec<f32>,
}

/// `[samples, width]`, contiguous.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Samples in the batch.
    pub samples: usize,
    /// Features per sample.
    pub width: usize,
    /// The values, normalised as the model's preprocessing says.
    pub values: Vec<f32>,
}

impl Input {
    /// Samples in the batch.
    pub fn samples(&self) -> usize {
        match self {
            Input::Pixels(pixels) => pixels.samples,
            Input::Features(features) => features.samples,
        }
    }

    /// The shape of one sample.
    pub fn shape(&self) -> Shape {
        match self {
            Input::Pixels(p) => {
                Shape::Pixels { channels: p.channels, height: p.height, width: p.width }
            }
            Input::Features(f) => Shape::Features { width: f.width },
        }
    }

    /// All values, sample by sample.
    pub fn values(&self) -> &[f32] {
        match self {
            Input::Pixels(pixels) => &pixels.values,
            Input::Features(features) => &features.values,
        }
    }
}

/// The shape of one input, known before the first sample is read: what an encoder is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Shape {
    /// `[channels, height, width]`.
    Pixels {
        /// Channels.
        channels: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
    /// `[width]`.
    Features {
        /// Features.
        width: usize,
    },
}

impl Shape {
    /// Numbers per sample.
    pub fn size(&self) -> usize {
        match *self {
            Shape::Pixels { channels, height, width } => channels * height * width,
            Shape::Features { width } => width,
        }
    }
}

/// The views of a batch of samples, with what is known of each sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// One input per view, each of all samples in the same order.
    pub views: Vec<Input>,
    /// One input per local crop, smaller than the views, of the same samples.
    pub local: Vec<Input>,
    /// The class of each sample, where it has one.
    pub labels: Vec<Option<u32>>,
    /// The id of each sample.
    pub ids: Vec<String>,
}
