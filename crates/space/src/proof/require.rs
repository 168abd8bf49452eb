//! Bars that a space must clear: `knn >= 0.9`.

use std::fmt;
use std::str::FromStr;

use super::{CandidateKind, Proof};
use crate::Error;
use crate::probe;

/// How a measure is held against a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
}

/// Longer signs first, so that `>=` is not read as `>`.
const COMPARISONS: [(&str, Comparison); 4] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::Above),
    ("<", Comparison::Below),
];

/// One bar: a measure of the encoder, a comparison, a number.
///
/// Read from text such as `knn >= 0.9`, `linear > 98.5 %` or `hubness <= 2`.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    measure: String,
    comparison: Comparison,
    value: f64,
}

/// A bar that was not cleared.
#[derive(Clone, Debug, PartialEq)]
pub struct Miss {
    /// The bar.
    pub bar: Bar,
    /// What was measured; `None` where the measure was not taken.
    pub measured: Option<f64>,
    /// Why it was not taken.
    pub reason: Option<String>,
}

impl Bar {
    /// Reads several bars, separated by commas.
    ///
    /// # Errors
    /// Names the first that cannot be read.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, Error> {
        text.split(',').map(str::parse).collect()
    }

    /// Reads several bars of any measures, for proofs whose measures follow from the data; whether
    /// one was taken is told by [`Bar::known_among`].
    ///
    /// # Errors
    /// Names the first that cannot be read.
    pub fn parse_any(text: &str) -> Result<Vec<Self>, Error> {
        text.split(',').map(Self::read).collect()
    }

    /// Refuses a measure that is none of these.
    ///
    /// # Errors
    /// Names the nearest one.
    pub fn known_among(&self, known: &[&str]) -> Result<(), Error> {
        if known.contains(&&*self.measure) {
            return Ok(());
        }
        Err(Error::unknown("the measure", &self.measure, known))
    }

    /// The measure's name.
    pub fn measure(&self) -> &str {
        &self.measure
    }

    fn clears(&self, measured: f64) -> bool {
        match self.comparison {
            Comparison::AtLeast => measured >= self.value,
            Comparison::AtMost => measured <= self.value,
            Comparison::Above => measured > self.value,
            Comparison::Below => measured < self.value,
        }
    }
}

impl Bar {
    fn read(text: &str) -> Result<Self, Error> {
        let unreadable = || Error::Numeric {
            what: "reading the bar",
            reason: format!(
                "`{}` is not a measure, one of >= > <= <, and a number; write for example \
                 `knn >= 0.9`",
                text.trim()
            ),
        };
        let (place, (sign, comparison)) = COMPARISONS
            .iter()
            .filter_map(|known| Some((text.find(known.0)?, known)))
            .min_by_key(|(place, (sign, _))| (*place, 2 - sign.len()))
            .ok_or_else(unreadable)?;
        let (name, number) = (text[..place].trim(), text[place + sign.len()..].trim());
        let (digits, scale) = match number.strip_suffix('%') {
            Some(percent) => (percent.trim(), 0.01),
            None => (number, 1.0),
        };
        let value: f64 = digits.parse().map_err(|_| unreadable())?;
        if !value.is_finite() {
            return Err(unreadable());
        }
        Ok(Self { measure: name.into(), comparison: *comparison, value: value * scale })
    }
}

impl FromStr for Bar {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bar = Self::read(text)?;
        let known: Vec<&str> =
            probe::ALL.iter().flat_map(|p| p.measures).map(|measure| measure.name).collect();
        bar.known_among(&known)?;
        Ok(bar)
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = COMPARISONS.iter().find(|known| known.1 == self.comparison);
        write!(f, "{} {} {}", self.measure, sign.map_or("", |known| known.0), self.value)
    }
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.measured, &self.reason) {
            (Some(measured), _) => write!(f, "{} is required, measured {measured:.4}", self.bar),
            (None, Some(reason)) => write!(f, "{} is required, not measured: {reason}", self.bar),
            (None, None) => write!(f, "{} is required, but it was not measured", self.bar),
        }
    }
}

impl Proof {
    /// The bars that the encoder (or the only candidate) does not clear, in their order.
    ///
    /// A measure that was not taken is not cleared.
    pub fn missed(&self, bars: &[Bar]) -> Vec<Miss> {
        let encoder = self.candidates.iter().find(|c| c.kind == CandidateKind::Encoder);
        let subject = encoder.or(self.candidates.first());
        let miss = |bar: &Bar| {
            let measured =
                subject.and_then(|s| s.values.get(&bar.measure)).map(|estimate| estimate.value);
            if measured.is_some_and(|value| bar.clears(value)) {
                return None;
            }
            let probe = probe::ALL
                .iter()
                .find(|probe| probe.measures.iter().any(|measure| measure.name == bar.measure));
            let omission =
                self.omitted.iter().find(|o| probe.is_some_and(|probe| probe.name == o.probe));
            let reason = omission.map(|omission| omission.reason.clone());
            Some(Miss { bar: bar.clone(), measured, reason })
        };
        bars.iter().filter_map(miss).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bars() {
        for (text, shown) in [
            ("knn >= 0.9", "knn >= 0.9"),
            ("linear>98.5%", "linear > 0.985"),
            (" recall@1 <= 1 ", "recall@1 <= 1"),
            ("hubness < 2e0", "hubness < 2"),
        ] {
            assert_eq!(text.parse::<Bar>().unwrap().to_string(), shown);
        }
        assert_eq!(Bar::parse_all("knn >= 0.9, rank > 20").unwrap().len(), 2);
    }

    #[test]
    fn says_what_is_wrong_with_a_bar() {
        let error = |text: &str| text.parse::<Bar>().unwrap_err().to_string();
        assert!(error("kn >= 0.9").contains("did you mean `knn`?"), "{}", error("kn >= 0.9"));
        for text in ["knn = 0.9", "knn >=", "knn >= NaN", "knn >= 0.9.1", ""] {
            assert!(error(text).contains("write for example `knn >= 0.9`"), "{}", error(text));
        }
    }

    #[test]
    fn bars_at_the_measured_value() {
        let clears = |text: &str| text.parse::<Bar>().unwrap().clears(0.9);
        assert!(clears("knn >= 0.9") && clears("knn <= 0.9"));
        assert!(!clears("knn > 0.9") && !clears("knn < 0.9"));
    }
}
