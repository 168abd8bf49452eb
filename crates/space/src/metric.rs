//! What "near" means.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Error;

/// How two vectors are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Inner product `a . b`; larger is nearer.
    Dot,
    /// Inner product of the unit vectors, `a . b / (|a| |b|)`; larger is nearer. A zero vector is 0 from everything.
    #[default]
    Cosine,
    /// Length of the difference, `|a - b|`; smaller is nearer.
    Euclidean,
}

impl Metric {
    /// Every metric, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Dot, Self::Cosine, Self::Euclidean];

    /// The name in recipes and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dot => "dot",
            Self::Cosine => "cosine",
            Self::Euclidean => "euclidean",
        }
    }

    /// Whether a larger score is nearer.
    pub fn larger_is_nearer(self) -> bool {
        !matches!(self, Self::Euclidean)
    }

    /// The score of two vectors of one width, summed in f64.
    pub fn score(self, a: &[f32], b: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| {
            a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum::<f64>()
        };
        let score = match self {
            Self::Dot => dot(a, b),
            Self::Cosine => {
                let norms = (dot(a, a) * dot(b, b)).sqrt();
                if norms > 0.0 { dot(a, b) / norms } else { 0.0 }
            }
            Self::Euclidean => {
                let squares = a.iter().zip(b).map(|(&x, &y)| (f64::from(x) - f64::from(y)).powi(2));
                squares.sum::<f64>().sqrt()
            }
        };
        score as f32
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let known = Self::ALL.map(Self::name);
        let found = Self::ALL.into_iter().find(|metric| metric.name() == name);
        found.ok_or_else(|| Error::unknown("the metric", name, &known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_by_hand() {
        let (a, b) = ([3.0, 4.0], [4.0, 3.0]);
        assert_eq!(Metric::Dot.score(&a, &b), 24.0);
        assert_eq!(Metric::Cosine.score(&a, &b), 0.96);
        assert_eq!(Metric::Euclidean.score(&a, &b), 2f32.sqrt());
        assert_eq!(Metric::Cosine.score(&a, &[0.0, 0.0]), 0.0);
    }

    #[test]
    fn names_are_the_serde_names_and_a_slip_gets_a_hint() {
        for metric in Metric::ALL {
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
            assert_eq!(metric.name().parse::<Metric>().unwrap(), metric);
        }
        let error = "cosin".parse::<Metric>().unwrap_err().to_string();
        assert_eq!(
            error,
            "the metric `cosin` is not known; did you mean `cosine`? there are: dot, cosine, euclidean"
        );
    }
}
