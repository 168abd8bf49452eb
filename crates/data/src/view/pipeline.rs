//! From a decoded sample to the numbers that an encoder sees.

use super::{Config, Error, LocalCrops, METHODS, Picture, Row, Window};
use crate::preprocess::{Mismatch, Preprocess, image};
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
    /// Where a view does not fit the kind of sample, a setting is out of its range, or views
    /// become of different sizes.
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
        let preprocess = match (preprocess, super::size(&views)?) {
            (Preprocess::Image(image), Some(size)) => {
                Preprocess::Image(image::Image { size: [size; 2], ..image })
            }
            (preprocess, _) => preprocess,
        };
        Ok(Pipeline { preprocess, views })
    }

    /// The preparation alone, without views: what embedding uses.
    pub fn plain(preprocess: Preprocess) -> Self {
        Pipeline { preprocess, views: Vec::new() }
    }

    /// What makes local crops of the samples of this preparation.
    ///
    /// # Errors
    /// Where samples are no pictures, a view does not fit them, or a setting is out of its range.
    pub fn local(preprocess: &Preprocess, crops: &LocalCrops) -> Result<Self, Error> {
        crops.check()?;
        let Preprocess::Image(image) = preprocess else { return Err(Error::LocalRows) };
        let smaller = image::Image { size: [crops.size; 2], ..image.clone() };
        Self::new(Preprocess::Image(smaller), crops.views.clone())
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
                image.check(pixels)?;
                let (height, width) = (pixels.height, pixels.width);
                let crops = |view: &Config| matches!(view, Config::CropResize(_));
                // Only the part that the encoder will see is taken in and resized, unless a view
                // in front of the first crop has to change the whole picture.
                let views = match self.views.split_first() {
                    Some((Config::CropResize(crop), rest)) => {
                        image.load(pixels, crop.draw(height, width, random), picture);
                        picture.resize_whole();
                        rest
                    }
                    Some((_, rest)) if rest.iter().any(crops) => {
                        image.load(pixels, Window::whole(height, width), picture);
                        &self.views
                    }
                    _ => {
                        image.load_centre(pixels, picture);
                        &self.views
                    }
                };
                for view in views {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn pictures() -> Preprocess {
        let (mean, std) = (vec![0.5], vec![0.25]);
        Preprocess::Image(image::Image { size: [4, 4], channels: 1, mean, std })
    }

    fn views(written: &str) -> Vec<Config> {
        serde_json::from_str(written).unwrap()
    }

    #[test]
    fn a_view_of_another_kind_is_refused_when_the_pipeline_is_made() {
        let error = Pipeline::new(pictures(), views(r#"[{"feature-dropout": {}}]"#)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "view feature-dropout does not fit pictures; take it out of `views`, or use one of: \
             crop-resize, flip, colour-jitter, grey, blur, solarize, affine, random-masking, \
             noise, binarize"
        );
    }

    #[test]
    fn a_setting_out_of_range_is_refused_when_the_pipeline_is_made() {
        let error = Pipeline::new(pictures(), views(r#"[{"flip": {"probability": 2}}]"#));
        assert_eq!(
            error.unwrap_err().to_string(),
            "view flip: probability must be from 0 to 1, but is 2"
        );
    }

    #[test]
    fn views_act_in_order_and_before_normalization() {
        // Black stays below the first threshold and is inverted by the second; white by both.
        let written = r#"[
            {"solarize": {"threshold": 0.9, "probability": 1}},
            {"solarize": {"threshold": 0, "probability": 1}}
        ]"#;
        let pipeline = Pipeline::new(pictures(), views(written)).unwrap();
        let pixels = [0, 0, 0, 255].repeat(4);
        let value = Value::Image(sample::Image { width: 4, height: 4, channels: 1, pixels });
        let mut out = [9.0; 16];
        let mut random = Random::keyed(&[1]);
        pipeline.render(&value, &mut random, &mut Scratch::default(), &mut out).unwrap();
        assert_eq!(out, [2.0; 16]);
    }

    #[test]
    fn pictures_of_any_size_come_out_in_one() {
        let written = r#"[{"flip": {}}, {"crop-resize": {}}, {"grey": {}}]"#;
        let mut scratch = Scratch::default();
        for pipeline in
            [Pipeline::plain(pictures()), Pipeline::new(pictures(), views(written)).unwrap()]
        {
            for (width, height, channels) in [(1, 1, 1), (4, 4, 3), (30, 7, 3), (2, 50, 1)] {
                let pixels = vec![255; width * height * channels];
                let value = Value::Image(sample::Image { width, height, channels, pixels });
                let mut out = [9.0; 16];
                let mut random = Random::keyed(&[2]);
                pipeline.render(&value, &mut random, &mut scratch, &mut out).unwrap();
                assert!(out.iter().all(|v| (v - 2.0).abs() < 1e-5), "{out:?}");
            }
        }
    }

    #[test]
    fn what_is_not_a_picture_is_a_mismatch() {
        let render = |value| {
            let mut random = Random::keyed(&[3]);
            let pipeline = Pipeline::plain(pictures());
            pipeline.render(&value, &mut random, &mut Scratch::default(), &mut [0.0; 16])
        };
        assert_eq!(render(Value::Row(vec![])), Err(Mismatch::Kind));
        for (width, height, channels, values) in [(2, 2, 1, 3), (0, 0, 1, 0), (1, 1, 2, 2)] {
            let pixels = vec![0; values];
            let image = sample::Image { width, height, channels, pixels };
            let expected = Mismatch::Picture { width, height, channels, values };
            assert_eq!(render(Value::Image(image)), Err(expected));
        }
    }
}
