//! From a decoded sample to the numbers that an encoder sees.

use super::{Config, Error, METHODS, Picture, Row};
use crate::preprocess::{Mismatch, Preprocess};
use crate::random::Random;
use crate::sample::{Shape, Value};

/// The preparation of a model together with the views of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    preprocess: Preprocess,
    views: Vec<Config>,
}

/// The buffers of one thread, kept from sample to sample.
#[derive(Clone, Debug, Default)]
pub struct Scratch(Picture);

impl Pipeline {
    /// Views that act in this order, in front of this preparation.
    ///
    /// # Errors
    /// Where a view does not fit the kind of sample, or a setting is out of its range.
    pub fn new(preprocess: Preprocess, views: Vec<Config>) -> Result<Self, Error> {
        let pictures = matches!(preprocess, Preprocess::Image(_));
        let fits = |fits: super::Fits| if pictures { fits.pictures() } else { fits.rows() };
        for view in &views {
            view.validate()?;
            if !fits(view.method().fits) {
                let kind = if pictures { "pictures" } else { "table rows" };
                let fitting = METHODS.iter().filter(|method| fits(method.fits));
                let fitting = fitting.map(|method| method.keyword).collect();
                return Err(Error::WrongKind { view: view.method().keyword, kind, fitting });
            }
        }
        Ok(Pipeline { preprocess, views })
    }

    /// The preparation alone, without views: what embedding uses.
    pub fn plain(preprocess: Preprocess) -> Self {
        Pipeline { preprocess, views: Vec::new() }
    }

    /// The preparation.
    pub fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    /// The same views in front of another preparation of the same kind.
    pub(crate) fn with_preprocess(self, preprocess: Preprocess) -> Self {
        Pipeline { preprocess, ..self }
    }

    /// The shape of one input.
    pub fn shape(&self) -> Shape {
        self.preprocess.shape()
    }

    /// Writes one view of a sample to `out`, which holds [`Shape::size`] numbers.
    ///
    /// # Errors
    /// Where the sample is not what the preparation was made for.
    pub fn render(
        &self,
        value: &Value,
        random: &mut Random,
        Scratch(picture): &mut Scratch,
        out: &mut [f32],
    ) -> Result<(), Mismatch> {
        match (&self.preprocess, value) {
            (Preprocess::Image(image), Value::Image(pixels)) => {
                image.load(pixels, picture)?;
                if !self.views.iter().any(|view| matches!(view, Config::CropResize(_))) {
                    picture.fit();
                }
                for view in &self.views {
                    view.change_picture(picture, random);
                }
                image.normalize(picture, out);
            }
            (Preprocess::Row(table), Value::Row(cells)) => {
                table.standardize(cells, out)?;
                let mut row = Row { values: out, columns: table.features() };
                for view in &self.views {
                    view.change_row(&mut row, random);
                }
            }
            _ => return Err(Mismatch::Kind),
        }
        Ok(())
    }
}
