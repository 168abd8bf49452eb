//! A proof out of readings that the caller took: of what no probe of this crate can ask.

use super::measure::{Findings, differences};
use super::{CandidateRecord, FORMAT, MeasureRecord, Omission, Proof, Sizes, Verdict, verdict};
use crate::bootstrap::{Bootstrap, Statistic};

/// A candidate and what was read of it.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Who it is; its values are filled in by [`Assembly::proof`].
    pub record: CandidateRecord,
    /// Measure name to statistic. One measure has the same units for every candidate.
    pub readings: Vec<(String, Statistic)>,
}

/// All that a proof is made of.
#[derive(Clone, Debug)]
pub struct Assembly<'a> {
    /// The encoder first, then its baselines.
    pub candidates: Vec<Measured>,
    /// Every measure that may have been taken, in the order to show them.
    pub measures: Vec<MeasureRecord>,
    /// What was not measured, and why.
    pub omitted: Vec<Omission>,
    /// The draws behind the intervals.
    pub bootstrap: Bootstrap,
    /// Measures that may lead the verdict, the most telling first.
    pub leading: &'a [&'a str],
    /// What the verdict says where none of them was taken.
    pub nothing: &'a str,
}

impl Assembly<'_> {
    /// Puts intervals on the readings and on the paired differences, and draws the conclusion.
    pub fn proof(self) -> Proof {
        let Self { candidates, mut measures, omitted, bootstrap, leading, nothing } = self;
        let mut found = Vec::new();
        for Measured { record, readings } in candidates {
            let mut findings = Findings::of(record);
            for (name, statistic) in &readings {
                findings.take(name, statistic, &bootstrap);
            }
            found.push(findings);
        }
        measures
            .retain(|measure| found.iter().any(|f| f.record.values.contains_key(&measure.name)));
        let mut proof = Proof {
            format: FORMAT,
            verdict: Verdict::default(),
            classes: Vec::new(),
            sizes: Sizes::default(),
            seed: bootstrap.seed,
            resamples: bootstrap.resamples,
            omitted,
            differences: differences(&found, &measures),
            measures,
            candidates: found.into_iter().map(|findings| findings.record).collect(),
        };
        proof.verdict = verdict::by_leading(&proof, leading, nothing, None);
        proof
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Better, Unit};
    use crate::proof::{Bar, CandidateKind};

    fn measured(name: &str, kind: CandidateKind, found: Vec<f64>) -> Measured {
        let record = CandidateRecord { name: name.into(), kind, ..CandidateRecord::default() };
        let truth = (0..40).map(f64::from).collect();
        Measured { record, readings: vec![("pairs".into(), Statistic::Ranks { found, truth })] }
    }

    #[test]
    fn ranks_are_compared_on_the_same_resamples() {
        let good = (0..40).map(|at| f64::from(at) + f64::from(at % 7)).collect();
        let poor = (0..40).map(|at| f64::from(at * 17 % 40)).collect();
        let measure = |name: &str| MeasureRecord {
            name: name.into(),
            title: name.into(),
            probe: "similarity".into(),
            says: String::new(),
            better: Better::Higher,
            unit: Unit::Number,
            protocol: String::new(),
        };
        let proof = Assembly {
            candidates: vec![
                measured("ours", CandidateKind::Encoder, good),
                measured("random", CandidateKind::Untrained, poor),
            ],
            measures: vec![measure("pairs"), measure("never-taken")],
            omitted: Vec::new(),
            bootstrap: Bootstrap { seed: 1, resamples: 200 },
            leading: &["never-taken", "pairs"],
            nothing: "nothing",
        }
        .proof();
        assert_eq!(proof.measures.len(), 1, "what nobody measured is not shown");
        let value = proof.candidates[0].values["pairs"];
        assert!(value.low.unwrap() < value.value && value.value < 1.0, "{value:?}");
        assert!(proof.differences[0].low > 0.0, "{:?}", proof.differences);
        assert_eq!(proof.verdict.beats_baselines, Some(true));
        assert!(
            proof.verdict.sentence.contains("ours beats random by"),
            "{}",
            proof.verdict.sentence
        );
        let bars = Bar::parse_any("pairs >= 0.5, other > 1").unwrap();
        assert_eq!(proof.missed(&bars).len(), 1, "a measure that was not taken is not cleared");
        assert!(
            bars[1].known_among(&["pairs", "others"]).unwrap_err().to_string().contains("others")
        );
    }
}
