//! How samples are shared out among prototypes, where an objective assigns them: the space in which
//! such an objective collapses first.

use serde::{Deserialize, Serialize};

use super::diagnosis::{Diagnosis, ENOUGH_ROWS, Kind};
use crate::Matrix;

/// Nats below which the prototypes tell nothing of the sample. Trainings that collapse are soon at a
/// thousandth; the slow start of a healthy one, with a large teacher momentum, stays above 0.02.
const SILENT: f64 = 0.005;

/// Samples' probabilities over `k` prototypes, summed up. Entropies are in nats; their exponential
/// is a number of prototypes, from 1 to `k`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Assignments {
    /// Samples measured; those with a number that is not finite are left out.
    pub rows: usize,
    /// `k`.
    pub prototypes: usize,
    /// Prototypes in use by all samples together: `exp H(mean p)`.
    pub used: f64,
    /// Prototypes that one sample is divided among: `exp mean H(p)`.
    pub per_sample: f64,
    /// What an assignment tells of its sample, in nats: `H(mean p) - mean H(p)`.
    pub information: f64,
}

impl Assignments {
    /// Measures batches of probabilities, `[n, k]` each, rows summing to one.
    pub fn measure(batches: impl IntoIterator<Item = Matrix>) -> Self {
        let (mut sums, mut entropies, mut rows) = (Vec::new(), 0.0, 0);
        for batch in batches {
            sums.resize(batch.width(), 0.0);
            for row in (0..batch.rows()).map(|row| batch.row(row)) {
                if row.iter().all(|p| p.is_finite()) {
                    rows += 1;
                    entropies += entropy(row.iter().map(|&p| f64::from(p)));
                    sums.iter_mut().zip(row).for_each(|(sum, &p)| *sum += f64::from(p));
                }
            }
        }
        let count = rows.max(1) as f64;
        let (together, each) = (entropy(sums.iter().map(|sum| sum / count)), entropies / count);
        Self {
            rows,
            prototypes: sums.len(),
            used: together.exp(),
            per_sample: each.exp(),
            information: (together - each).max(0.0),
        }
    }
}

fn entropy(probabilities: impl Iterator<Item = f64>) -> f64 {
    -probabilities.filter(|p| *p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}

/// Whether all samples have the same assignment; `None` where the assignments tell them apart.
///
/// That is so where an assignment tells less than 0.005 nats of its sample, of the `ln k` that it
/// could. Fewer than 16 samples say too little.
pub fn diagnose_assignments(assignments: &Assignments) -> Option<Diagnosis> {
    let Assignments { rows, prototypes, used, per_sample, information } = *assignments;
    let most = (prototypes as f64).ln();
    if rows < ENOUGH_ROWS || prototypes < 2 || information >= SILENT {
        return None;
    }
    let told = format!(
        "all samples together use {used:.1} of {prototypes} prototypes and each is divided among \
         {per_sample:.1}, so that an assignment tells {information:.4} of {most:.1} nats"
    );
    let (kind, name, cause, remedy) = match used < (prototypes as f64).sqrt() {
        true => (
            Kind::OnePrototype,
            "one prototype",
            "nothing takes from a prototype what it has too much of (with DINO: centring is off \
             or too slow beside a sharp teacher), or the learning rate is too high",
            "with DINO and iBOT lower centre-momentum (0.9) or raise teacher-temperature; with \
             others lower the learning rate",
        ),
        false => (
            Kind::EvenAssignment,
            "an even assignment",
            "the teacher is not sharper than the student, so that agreeing on nothing is the \
             easiest way to agree",
            "with DINO and iBOT lower teacher-temperature (0.04 beside a student-temperature of \
             0.1); with SwAV lower epsilon (0.05)",
        ),
    };
    let finding = format!("collapse to {name}: {told}");
    Some(Diagnosis { kind, finding, cause: cause.into(), remedy: remedy.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 32 samples over 4 prototypes.
    fn measured(row: impl Fn(usize) -> [f32; 4]) -> Assignments {
        let batch = |first: usize| Matrix::new(16, 4, (first..first + 16).flat_map(&row).collect());
        Assignments::measure([batch(0), batch(16)])
    }

    fn kind(assignments: &Assignments) -> Option<Kind> {
        diagnose_assignments(assignments).map(|diagnosis| diagnosis.kind)
    }

    fn one(of: usize) -> [f32; 4] {
        std::array::from_fn(|at| if at == of { 1.0 } else { 0.0 })
    }

    #[test]
    fn sure_and_spread_is_healthy() {
        let found = measured(|sample| one(sample % 4));
        assert_eq!((found.rows, found.prototypes), (32, 4));
        assert!((found.used - 4.0).abs() < 1e-12 && (found.per_sample - 1.0).abs() < 1e-12);
        assert!((found.information - 4f64.ln()).abs() < 1e-12);
        assert_eq!(kind(&found), None);
    }

    #[test]
    fn two_of_four_prototypes_by_hand() {
        let found = measured(|sample| match sample % 2 {
            0 => [0.5, 0.5, 0.0, 0.0],
            _ => one(0),
        });
        let together = -(0.75 * 0.75f64.ln() + 0.25 * 0.25f64.ln());
        assert!((found.used - together.exp()).abs() < 1e-12);
        assert!((found.per_sample - 2f64.sqrt()).abs() < 1e-12);
        assert!((found.information - (together - 0.5 * 2f64.ln())).abs() < 1e-12);
    }

    #[test]
    fn one_for_all_and_all_for_each_are_caught() {
        assert_eq!(kind(&measured(|_| one(2))), Some(Kind::OnePrototype));
        let even = measured(|_| [0.25; 4]);
        assert_eq!(kind(&even), Some(Kind::EvenAssignment));
        assert!((even.per_sample - 4.0).abs() < 1e-12);
    }

    #[test]
    fn too_little_to_tell_is_not_a_finding() {
        assert_eq!(kind(&Assignments::measure([])), None);
        let broken = Assignments::measure([Matrix::new(20, 2, vec![f32::NAN; 40])]);
        assert_eq!((broken.rows, kind(&broken)), (0, None));
    }
}
