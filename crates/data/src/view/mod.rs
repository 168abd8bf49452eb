//! Views: a sample after a change that should not change its meaning.
//!
//! A recipe lists them in the order in which they act:
//!
//! ```toml
//! views = [ { crop-resize = { scale = [0.2, 1.0] } }, { flip = {} }, { grey = {} } ]
//! ```
//!
//! Each file of this folder is one view: its [`Config`](crop_resize::Config) with the defaults of
//! the paper, and the change itself. The list below is all there is to adding one: the recipe
//! keyword, [`METHODS`] and the conformance tests follow from its line.

mod error;
mod local_crops;
mod picture;
mod pipeline;
mod resample;
mod row;

#[cfg(test)]
mod conformance;

pub use error::Error;
pub use local_crops::LocalCrops;
pub use picture::Picture;
pub use pipeline::{Pipeline, Scratch};
pub use resample::Window;
pub use row::Row;

use crate::random::Random;

/// From the list of views: their modules, the configuration enum and the table of methods.
macro_rules! views {
    ($($keyword:literal => $variant:ident in $module:ident,)*) => {
        $(pub mod $module;)*

        /// One view of a recipe, for example `{ flip = { probability = 0.5 } }`.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum Config {
            $(
                #[doc = concat!("`", $keyword, "`")]
                #[serde(rename = $keyword)]
                $variant($module::Config),
            )*
        }

        /// Every view, in the order of the list.
        pub const METHODS: &[Method] = &[$(Method {
            keyword: $keyword,
            summary: <$module::Config as View>::SUMMARY,
            reference: <$module::Config as View>::REFERENCE,
            fits: <$module::Config as View>::FITS,
        }),*];

        impl Config {
            /// Every view with its defaults, in the order of [`METHODS`].
            pub fn defaults() -> Vec<Config> {
                vec![$(Config::$variant($module::Config::default())),*]
            }

            /// Every view with settings under which nothing changes.
            #[cfg(test)]
            fn neutrals() -> Vec<Config> {
                vec![$(Config::$variant(<$module::Config as View>::neutral())),*]
            }

            /// What `pith list` says of it.
            pub fn method(&self) -> Method {
                let keyword = match self { $(Config::$variant(_) => $keyword),* };
                *METHODS.iter().find(|method| method.keyword == keyword).expect("one list")
            }

            /// Checks that every setting is in its range.
            ///
            /// # Errors
            /// Names the first setting that is not.
            pub fn validate(&self) -> Result<(), Error> {
                match self { $(Config::$variant(view) => view.validate()),* }
            }

            /// Changes a picture.
            pub fn change_picture(&self, picture: &mut Picture, random: &mut Random) {
                match self { $(Config::$variant(view) => view.change_picture(picture, random)),* }
            }

            /// Changes a table row.
            pub fn change_row(&self, row: &mut Row<'_>, random: &mut Random) {
                match self { $(Config::$variant(view) => view.change_row(row, random)),* }
            }
        }
    };
}

views! {
    "crop-resize" => CropResize in crop_resize,
    "flip" => Flip in flip,
    "colour-jitter" => ColourJitter in colour_jitter,
    "grey" => Grey in grey,
    "blur" => Blur in blur,
    "solarize" => Solarize in solarize,
    "affine" => Affine in affine,
    "random-masking" => RandomMasking in random_masking,
    "noise" => Noise in noise,
    "binarize" => Binarize in binarize,
    "feature-dropout" => FeatureDropout in feature_dropout,
}

/// The size that views become, where one of them says so.
fn size(views: &[Config]) -> Result<Option<usize>, Error> {
    let sizes = views.iter().filter_map(|view| match view {
        Config::CropResize(crop) => crop.size,
        _ => None,
    });
    let mut size = None;
    for other in sizes {
        match size.replace(other) {
            Some(first) if first != other => return Err(Error::Sizes { found: [first, other] }),
            _ => {}
        }
    }
    Ok(size)
}

/// What every view offers.
pub trait View {
    /// What it does, in one line.
    const SUMMARY: &'static str;
    /// The paper or library that it follows.
    const REFERENCE: &'static str;
    /// What it can change.
    const FITS: Fits;

    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// Names the first setting that is not.
    fn validate(&self) -> Result<(), Error>;

    /// Settings under which nothing changes, for the conformance tests.
    #[cfg(test)]
    fn neutral() -> Self;

    /// Changes a picture.
    fn change_picture(&self, _picture: &mut Picture, _random: &mut Random) {
        unreachable!("a pipeline refuses views that do not fit pictures");
    }

    /// Changes a table row.
    fn change_row(&self, _row: &mut Row<'_>, _random: &mut Random) {
        unreachable!("a pipeline refuses views that do not fit rows");
    }
}

/// The kinds of samples that a view can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fits {
    /// Pictures only.
    Pictures,
    /// Table rows only.
    Rows,
    /// Both.
    Both,
}

impl Fits {
    /// Whether pictures can be changed.
    pub fn pictures(self) -> bool {
        self != Fits::Rows
    }

    /// Whether table rows can be changed.
    pub fn rows(self) -> bool {
        self != Fits::Pictures
    }
}

/// A view as `pith list` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// Its name in a recipe.
    pub keyword: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The paper or library that it follows.
    pub reference: &'static str,
    /// What it can change.
    pub fits: Fits,
}
