//! Every probe on every candidate, then intervals, differences and the verdict.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{
    Candidate, CandidateKind, CandidateRecord, Confusion, Difference, Estimate, FORMAT, Inputs,
    MeasureRecord, Omission, Options, Proof, Sizes, Split, SplitSize, examples, subset, verdict,
};
use crate::bootstrap::{Bootstrap, Statistic, interval};
use crate::probe::{Labelled, Outcome, Settings, Space};
use crate::{Error, Matrix, health};

/// Classes beyond which a confusion table is too large to read, and is left out.
const CONFUSION_CLASSES: usize = 256;

/// The rows in use of every split, and the test samples to show.
struct Rows {
    train: Vec<usize>,
    validation: Vec<usize>,
    test: Vec<usize>,
    shown: Vec<usize>,
}

/// What the probes said of one candidate, in the order of [`Options::probes`].
#[derive(Default)]
pub(super) struct Findings {
    outcomes: Vec<Result<Outcome, String>>,
    pub(super) record: CandidateRecord,
    /// Measure name to its values on every resample.
    resampled: BTreeMap<String, Vec<f64>>,
}

impl Findings {
    /// Nothing was read of this candidate yet.
    pub(super) fn of(record: CandidateRecord) -> Self {
        Self { record, ..Self::default() }
    }

    /// Takes a reading with its interval; leaves out what is not finite.
    pub(super) fn take(&mut self, name: &str, statistic: &Statistic, bootstrap: &Bootstrap) {
        let draws = bootstrap.distribution(statistic);
        if let Some(estimate) = estimate(statistic, &draws) {
            self.record.values.insert(name.into(), estimate);
            self.resampled.insert(name.into(), draws);
        }
    }
}

impl Proof {
    /// Measures all candidates on the same samples. Name the encoder among them first.
    ///
    /// Probes that need labels are omitted, with the reason, where there are none.
    ///
    /// # Errors
    /// Where vectors, ids and labels do not belong together, or a vector is not finite.
    pub fn measure(
        inputs: &Inputs,
        candidates: &[Candidate],
        options: &Options,
    ) -> Result<Self, Error> {
        inputs.check(candidates)?;
        let test = subset::subset(&inputs.test.ids, options.max_test, options.seed);
        let rows = Rows {
            train: subset::subset(&inputs.train.ids, options.max_train, options.seed),
            validation: subset::subset(
                &inputs.validation.ids,
                options.max_validation,
                options.seed,
            ),
            shown: examples::choose(&inputs.test, &test, options.examples, options.seed),
            test,
        };
        let findings: Vec<Findings> = candidates
            .iter()
            .map(|candidate| find(inputs, &rows, candidate, options))
            .collect::<Result<_, _>>()?;
        let measures = measures(&findings, options);
        let sizes = Sizes {
            train: size(&inputs.train, &rows.train),
            validation: size(&inputs.validation, &rows.validation),
            test: size(&inputs.test, &rows.test),
        };
        let mut proof = Self {
            format: FORMAT,
            verdict: super::Verdict::default(),
            classes: inputs.classes.clone(),
            sizes,
            seed: options.seed,
            resamples: options.resamples,
            omitted: omitted(&findings, options),
            differences: differences(&findings, &measures),
            measures,
            candidates: findings.into_iter().map(|finding| finding.record).collect(),
        };
        proof.verdict = verdict::verdict(&proof, diagnosis(candidates, &rows).as_ref());
        Ok(proof)
    }
}

fn find(
    inputs: &Inputs,
    rows: &Rows,
    candidate: &Candidate,
    options: &Options,
) -> Result<Findings, Error> {
    let train = chosen(&candidate.train, &rows.train);
    let validation = chosen(&candidate.validation, &rows.validation);
    let test = chosen(&candidate.test, &rows.test);
    let labels = |split: &Split, rows: &[usize]| -> Vec<Option<u32>> {
        rows.iter().map(|&row| split.labels[row]).collect()
    };
    let space = Space {
        train: Labelled::new(&train, &labels(&inputs.train, &rows.train)),
        validation: Labelled::new(&validation, &labels(&inputs.validation, &rows.validation)),
        test: Labelled::new(&test, &labels(&inputs.test, &rows.test)),
        all_test: &test,
        classes: inputs.classes.len(),
    };
    let settings =
        Settings { seed: options.seed, neighbours: options.neighbours, episodes: options.episodes };
    let outcomes: Vec<Result<Outcome, String>> = options
        .probes
        .iter()
        .map(|probe| probe.run(&space, &settings).map_err(|error| error.to_string()))
        .collect();
    let record = CandidateRecord {
        name: candidate.name.clone(),
        kind: candidate.kind,
        width: candidate.test.width(),
        values: BTreeMap::new(),
        notes: Vec::new(),
        spectrum: Vec::new(),
        confusion: BTreeMap::new(),
        examples: examples::find(
            &train,
            (&inputs.train, &rows.train),
            &candidate.test,
            (&inputs.test, &rows.shown),
            options.example_neighbours,
        )?,
    };
    let bootstrap = Bootstrap { seed: options.seed, resamples: options.resamples };
    let mut findings = Findings::of(record);
    for (probe, outcome) in options.probes.iter().zip(&outcomes) {
        let Ok(outcome) = outcome else { continue };
        for (name, statistic) in &outcome.readings {
            findings.take(name, statistic, &bootstrap);
        }
        let record = &mut findings.record;
        let few_enough = space.classes <= CONFUSION_CLASSES;
        if let Some(predicted) = outcome.predictions.as_ref().filter(|_| few_enough) {
            let table = confusion(&space.test.labels, predicted, space.classes);
            record.confusion.insert(probe.name.into(), table);
        }
        record.notes.extend(outcome.notes.iter().cloned());
        record.spectrum.extend(&outcome.spectrum);
    }
    Ok(Findings { outcomes, ..findings })
}

fn chosen<'a>(vectors: &'a Matrix, rows: &[usize]) -> Cow<'a, Matrix> {
    if rows.len() == vectors.rows() {
        Cow::Borrowed(vectors)
    } else {
        Cow::Owned(vectors.select(rows))
    }
}

/// `None` where the number is not finite, which no reader of JSON could take.
fn estimate(statistic: &Statistic, draws: &[f64]) -> Option<Estimate> {
    let value = Some(statistic.value()).filter(|value| value.is_finite())?;
    let ends = interval(draws.to_vec()).filter(|(low, high)| low.is_finite() && high.is_finite());
    Some(Estimate { value, low: ends.map(|ends| ends.0), high: ends.map(|ends| ends.1) })
}

fn confusion(truth: &[u32], predicted: &[u32], classes: usize) -> Confusion {
    let mut counts = vec![vec![0; classes]; classes];
    for (&truth, &predicted) in truth.iter().zip(predicted) {
        counts[truth as usize][predicted as usize] += 1;
    }
    Confusion { counts }
}

fn size(split: &Split, rows: &[usize]) -> SplitSize {
    let labelled = rows.iter().filter(|&&row| split.labels[row].is_some()).count();
    SplitSize { given: split.ids.len(), used: rows.len(), labelled }
}

/// Measures that at least one candidate has, with the protocol of the first that has it.
fn measures(findings: &[Findings], options: &Options) -> Vec<MeasureRecord> {
    let mut records = Vec::new();
    for (place, probe) in options.probes.iter().enumerate() {
        let Some(outcome) = findings.iter().find_map(|f| f.outcomes[place].as_ref().ok()) else {
            continue;
        };
        for measure in probe.measures {
            if findings.iter().any(|finding| finding.record.values.contains_key(measure.name)) {
                records.push(MeasureRecord {
                    name: measure.name.into(),
                    title: measure.title.into(),
                    probe: probe.name.into(),
                    says: measure.says.into(),
                    better: measure.better,
                    unit: measure.unit,
                    protocol: outcome.protocol.clone(),
                });
            }
        }
    }
    records
}

/// Probes without an answer; once for all candidates where they share the reason.
fn omitted(findings: &[Findings], options: &Options) -> Vec<Omission> {
    let mut omissions = Vec::new();
    for (place, probe) in options.probes.iter().enumerate() {
        let reasons: Vec<(&str, &String)> = findings
            .iter()
            .filter_map(|f| Some((f.record.name.as_str(), f.outcomes[place].as_ref().err()?)))
            .collect();
        let shared = reasons.len() == findings.len()
            && reasons.windows(2).all(|pair| pair[0].1 == pair[1].1);
        for &(name, reason) in &reasons[..if shared { 1 } else { reasons.len() }] {
            omissions.push(Omission {
                probe: probe.name.into(),
                candidate: (!shared).then(|| name.into()),
                reason: reason.clone(),
            });
        }
    }
    omissions
}

pub(super) fn differences(findings: &[Findings], measures: &[MeasureRecord]) -> Vec<Difference> {
    let is_encoder = |finding: &&Findings| finding.record.kind == CandidateKind::Encoder;
    let Some(encoder) = findings.iter().find(is_encoder) else { return Vec::new() };
    let mut differences = Vec::new();
    for measure in measures {
        for baseline in findings.iter().filter(|finding| !is_encoder(finding)) {
            let name = measure.name.as_str();
            let (Some(ours), Some(theirs)) =
                (encoder.resampled.get(name), baseline.resampled.get(name))
            else {
                continue;
            };
            // Queries that count are the same for all; were they not, draws would not be pairs.
            let gaps: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
            let finite = |(low, high): &(f64, f64)| low.is_finite() && high.is_finite();
            let Some((low, high)) = interval(gaps).filter(finite) else { continue };
            let value = encoder.record.values[name].value - baseline.record.values[name].value;
            differences.push(Difference {
                measure: name.into(),
                encoder: encoder.record.name.clone(),
                baseline: baseline.record.name.clone(),
                value,
                low,
                high,
            });
        }
    }
    differences
}

/// Whether the encoder's test vectors have collapsed, from at most 1024 of them.
fn diagnosis(candidates: &[Candidate], rows: &Rows) -> Option<health::Diagnosis> {
    let encoder = candidates.iter().find(|c| c.kind == CandidateKind::Encoder)?;
    let sample: Vec<usize> = rows.test.iter().copied().take(1024).collect();
    health::diagnose(&health::Health::measure(&encoder.test.select(&sample), None))
}
