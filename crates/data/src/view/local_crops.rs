//! Multi-crop: beside the views of full size, small parts of each sample (Caron et al. 2020, SwAV,
//! section 3.3).
//!
//! ```toml
//! [local-crops]
//! count = 6
//! size = 16
//! views = [ { crop-resize = { scale = [0.05, 0.25] } }, { flip = {} } ]
//! ```

use super::{Config as View, Error, colour_jitter, crop_resize, error, flip, grey, size};

/// The recipe's `[local-crops]` table.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct LocalCrops {
    /// Crops of each sample.
    pub count: usize,
    /// Side of the square that they become.
    pub size: usize,
    /// How one is made, in the order of the changes.
    pub views: Vec<View>,
}

/// Half of a picture of 32 pixels; parts and colours as DINO draws them.
impl Default for LocalCrops {
    fn default() -> Self {
        let crop = crop_resize::Config { scale: [0.05, 0.4], ..Default::default() };
        LocalCrops {
            count: 4,
            size: 16,
            views: vec![
                View::CropResize(crop),
                View::Flip(flip::Config::default()),
                View::ColourJitter(colour_jitter::Config::default()),
                View::Grey(grey::Config::default()),
            ],
        }
    }
}

impl LocalCrops {
    /// Checks counts and sizes; the views are checked with the samples that they are for.
    ///
    /// # Errors
    /// Names the first setting out of its range.
    pub fn check(&self) -> Result<(), Error> {
        if !(1..=64).contains(&self.count) {
            let received = self.count.to_string();
            let (view, setting, expected) = ("local-crops", "count", "from 1 to 64");
            return Err(Error::OutOfRange { view, setting, expected, received });
        }
        error::side("local-crops", self.size)?;
        match size(&self.views)? {
            Some(found) if found != self.size => Err(Error::Sizes { found: [self.size, found] }),
            _ => Ok(()),
        }
    }
}
