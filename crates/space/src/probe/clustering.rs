//! Clustering: do groups found without labels agree with the classes?
//!
//! k-means on the unit test vectors, as many clusters as classes occur, the best of 10 starts.

use super::{Better, Measure, Outcome, Probe, Settings, Space, Unit};
use crate::Error;
use crate::bootstrap::Statistic;
use crate::cluster::{Contingency, k_means};

/// The probe.
pub const PROBE: Probe = Probe {
    name: "clustering",
    says: "whether groups found without labels agree with the classes",
    needs_labels: true,
    measures: &[
        number("nmi", "NMI", "information that cluster and class share, 1 where they are equal"),
        number("ari", "adjusted Rand index", "pairs put together rightly, 0 by chance"),
        Measure {
            name: "purity",
            title: "purity",
            says: "share of samples that are of the commonest class of their cluster",
            better: Better::Higher,
            unit: Unit::Share,
        },
    ],
    run,
};

/// Tries of k-means.
const STARTS: usize = 10;

const fn number(name: &'static str, title: &'static str, says: &'static str) -> Measure {
    Measure { name, title, says, better: Better::Higher, unit: Unit::Number }
}

fn run(space: &Space, settings: &Settings) -> Result<Outcome, Error> {
    let test = &space.test;
    let classes = test.distinct_classes();
    if classes < 2 {
        let what = "labelled classes in the test split for clustering".into();
        return Err(Error::TooFew { what, needed: 2, received: classes });
    }
    let found = k_means(&test.vectors.normalized(), classes, STARTS, settings.seed)?;
    let reading = |index: fn(&Contingency) -> f64| Statistic::Agreement {
        clusters: found.clusters.clone(),
        classes: test.labels.clone(),
        index,
    };
    let readings = vec![
        ("nmi", reading(Contingency::nmi)),
        ("ari", reading(Contingency::ari)),
        ("purity", reading(Contingency::purity)),
    ];
    let protocol = format!(
        "k-means on unit vectors, {classes} clusters, best of {STARTS} k-means++ starts, {} test \
         samples; NMI with the arithmetic mean; the interval keeps the clusters",
        test.labels.len()
    );
    Ok(Outcome::new(readings, protocol))
}
