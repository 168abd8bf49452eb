use std::collections::BTreeMap;

use super::*;
use crate::direction::subspace::Subspaces;
use crate::direction::{Arithmetic, Example as Shifted, Found, Pair, Rule, Separation};
use crate::probe::{Better, Unit};
use crate::proof::*;

/// A class, an id and a name that would each break out of the page.
const HOSTILE: &str = "</script><b onclick='x'>\"&";

fn proof(classes: usize) -> Proof {
    let candidate = |name: &str, kind, value: f64| CandidateRecord {
        name: name.into(),
        kind,
        width: 4,
        values: BTreeMap::from([
            ("knn".into(), Estimate { value, low: Some(value - 0.05), high: Some(value + 0.04) }),
            ("rank".into(), Estimate { value: 3.2, low: None, high: None }),
        ]),
        notes: vec![format!("C = 1 of {HOSTILE}")],
        spectrum: vec![1.0, 0.1, 0.01, 0.0],
        confusion: BTreeMap::from([("knn".into(), Confusion { counts: confusions(classes) })]),
        examples: vec![Example {
            query: HOSTILE.into(),
            query_row: 3,
            label: Some(0),
            neighbours: vec![
                ExampleNeighbour { id: "a".into(), row: 1, label: Some(0), cosine: 0.9 },
                ExampleNeighbour { id: "b".into(), row: 2, label: Some(1), cosine: 0.8 },
                ExampleNeighbour { id: "c".into(), row: 4, label: None, cosine: 0.7 },
            ],
        }],
    };
    let measure = |name: &str, title: &str, unit| MeasureRecord {
        name: name.into(),
        title: title.into(),
        probe: name.into(),
        says: HOSTILE.into(),
        better: Better::Higher,
        unit,
        protocol: "k = 20".into(),
    };
    Proof {
        format: FORMAT,
        verdict: Verdict {
            sentence: format!("beats PCA by 18 points on {HOSTILE}"),
            details: vec![HOSTILE.into()],
            beats_baselines: Some(true),
        },
        classes: (0..classes).map(|class| format!("{HOSTILE} {class}")).collect(),
        sizes: Sizes::default(),
        seed: 7,
        resamples: 1000,
        measures: vec![
            measure("knn", "kNN accuracy", Unit::Share),
            measure("rank", "RankMe", Unit::Number),
        ],
        candidates: vec![
            candidate("encoder", CandidateKind::Encoder, 0.91),
            candidate(HOSTILE, CandidateKind::Pca, 0.73),
        ],
        differences: vec![Difference {
            measure: "knn".into(),
            encoder: "encoder".into(),
            baseline: HOSTILE.into(),
            value: 0.18,
            low: 0.15,
            high: 0.21,
        }],
        omitted: vec![Omission { probe: "linear".into(), candidate: None, reason: HOSTILE.into() }],
    }
}

/// 90 right and 10 taken for the next class, in each.
fn confusions(classes: usize) -> Vec<Vec<u32>> {
    let count = |truth: usize, predicted: usize| match predicted {
        _ if predicted == truth => 90,
        _ if predicted == (truth + 1) % classes => 10,
        _ => 0,
    };
    (0..classes).map(|t| (0..classes).map(|p| count(t, p)).collect()).collect()
}

fn page(classes: usize) -> String {
    let thumbnail =
        |source: Source, row: usize| (source == Source::Test && row == 3).then(|| vec![1]);
    let points = (0..5).map(|row| Point {
        row,
        id: HOSTILE.into(),
        label: (row > 0).then_some(1),
        at: [row as f32, 0.0],
    });
    let extras = Extras {
        title: HOSTILE.into(),
        facts: vec![(HOSTILE.into(), HOSTILE.into())],
        curves: vec![Curve {
            title: HOSTILE.into(),
            axis: "step".into(),
            points: vec![(0.0, 2.0), (1.0, 1.0)],
        }],
        picture: Some(Picture { method: HOSTILE.into(), points: points.collect() }),
        directions: directions(),
        sheets: vec![Sheet {
            name: "samples".into(),
            title: HOSTILE.into(),
            caption: HOSTILE.into(),
            columns: vec![HOSTILE.into(), "b".into()],
            rows: vec![HOSTILE.into()],
            png: vec![2],
        }],
        thumbnail: Some(&thumbnail),
        notes: vec![HOSTILE.into()],
        recipe: Some(HOSTILE.into()),
        subject: Subject::default(),
    };
    render(&proof(classes), &extras)
}

fn directions() -> Directions {
    let estimate = Estimate { value: 0.875, low: Some(0.8), high: Some(0.9) };
    let separation = Separation {
        accuracy: estimate,
        shuffled: Estimate { value: 0.5, low: Some(0.41), high: Some(0.58) },
    };
    let sample = |row: usize, label| ExampleNeighbour {
        id: HOSTILE.into(),
        row,
        label: Some(label),
        cosine: 0.5,
    };
    let example = Shifted { source: sample(3, 0), before: sample(3, 0), after: sample(4, 0) };
    let found = Found {
        name: HOSTILE.into(),
        kind: CandidateKind::Encoder,
        mean_difference: separation.clone(),
        concept: separation,
        cosine: 0.25,
        arithmetic: Arithmetic {
            samples: 9,
            shifted: estimate,
            unshifted: estimate,
            examples: vec![example],
        },
    };
    let subspaces = Subspaces {
        name: HOSTILE.into(),
        dimensions: 5,
        width: 8,
        shares: vec![(0, 0.75), (1, 0.25)],
        elsewhere: 0.125,
        angle: 61.5,
        own_angle: 12.25,
    };
    Directions {
        pairs: vec![Pair { from: 0, to: 1, rule: Rule::Farthest, found: vec![found] }],
        subspaces: vec![subspaces],
    }
}

#[test]
fn sheets_and_directions_are_on_the_page() {
    let page = page(3);
    assert!(page.contains("src=\"data:image/png;base64,Ag==\""), "the sheet's image");
    for text in ["--columns:2", "class=\"labels\"", "rows of pictures"] {
        assert!(page.contains(text), "{text}");
    }
    for text in ["87.5 %", "[80.0, 90.0]", "shuffled 50 % (41 – 58)", "farthest", "61.5°", "50.0 %"]
    {
        assert!(page.contains(text), "{text}");
    }
    let section = page.split("<section id=\"directions\">").nth(1).expect("a section");
    let tiles = ["tile query", "tile good", "tile bad"].map(|tile| section.find(tile));
    assert!(tiles.iter().all(Option::is_some) && tiles.is_sorted(), "{tiles:?}");
}

#[test]
fn text_from_outside_stays_text() {
    for classes in [2, 40] {
        let page = page(classes);
        assert!(!page.contains("<b onclick"));
        let data = page.split("id=\"samples\">").nth(1).unwrap().split("</script>").next().unwrap();
        assert!(!data.contains('<') && data.contains("x'>"));
        assert!(!page.replace(data, "").contains("x'>"), "quotes are escaped outside of the data");
        let scripts = page.matches("</script>").count();
        assert_eq!(scripts, 2, "the two that the page itself closes");
    }
}

#[test]
fn needs_nothing_but_itself() {
    let page = page(3);
    for outside in ["http://", "https://", "src=\"/", "@import", "<link", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("data:image/png;base64,AQ=="));
}

#[test]
fn says_the_numbers_with_their_intervals() {
    let page = page(3);
    for text in ["91.0 %", "86.0 – 95.0 %", "3.20", "+18.0", "1 of 3", "90", "seed 7"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.contains("Beats PCA by 18 points on &lt;/script&gt;"));
}

#[test]
fn many_classes_are_a_list_of_pairs() {
    assert!(page(30).contains("class=\"matrix\""));
    let many = page(31);
    assert!(!many.contains("class=\"matrix\""));
    assert_eq!(many.matches("10 of 100").count(), 30);
}

#[test]
fn an_empty_proof_is_a_page() {
    let mut empty = proof(2);
    empty.candidates.clear();
    empty.measures.clear();
    empty.differences.clear();
    empty.classes.clear();
    let page = render(&empty, &Extras::default());
    assert!(page.contains("<title>Proof</title>") && !page.contains("NaN"));
}
