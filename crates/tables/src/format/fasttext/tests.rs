use proptest::prelude::*;

use super::*;
use crate::supervised::{self, Config, Examples, Loss, Quantization};

/// Written by fastText 0.9.3; `tools/golden/fasttext_classifiers.py` says how.
const GOLDEN: [(&str, &[u8]); 6] = [
    ("softmax.bin", include_bytes!("golden/softmax.bin")),
    ("hierarchical.bin", include_bytes!("golden/hierarchical.bin")),
    ("negative.bin", include_bytes!("golden/negative.bin")),
    ("one-vs-all.bin", include_bytes!("golden/one-vs-all.bin")),
    ("norms.ftz", include_bytes!("golden/norms.ftz")),
    ("pruned.ftz", include_bytes!("golden/pruned.ftz")),
];
const PREDICTIONS: &str = include_str!("golden/predictions.tsv");
/// Where the number of entries stands, behind the settings.
const ENTRIES: usize = 64;
/// Where the first name stands.
const NAMES: usize = 92;

fn golden(name: &str) -> &'static [u8] {
    GOLDEN.iter().find(|(known, _)| *known == name).unwrap().1
}

fn parse(mut bytes: &[u8]) -> Result<Classifier, Error> {
    read_classifier_from(&mut bytes, Path::new("model"))
}

fn bytes_of(classifier: &Classifier) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    write_classifier(classifier, file.path()).unwrap();
    fs_err::read(file.path()).unwrap()
}

fn message_of(bytes: &[u8]) -> String {
    let Err(Error::Malformed { why, .. }) = parse(bytes) else { panic!("it was read") };
    why
}

#[test]
fn files_of_fasttext_predict_as_there() {
    let mut asked = 0;
    for line in PREDICTIONS.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [file, text, expected @ ..] = &columns[..] else { panic!("{line}") };
        let classifier = parse(golden(file)).unwrap();
        let found = classifier.predict(text, 3, 0.0);
        assert_eq!(found.len(), 3);
        // fastText's table of σ has steps of 1/32, the steepest slope is 1/4; 1e-5 is added twice at
        // most, and one digit more is printed.
        let one_by_one = matches!(classifier.config.loss, Loss::OneVsAll | Loss::NegativeSampling);
        let tolerance = if one_by_one { 1.0 / 128.0 + 1e-4 } else { 5e-5 };
        for pair in expected {
            let (label, probability) = pair.split_once(' ').unwrap();
            let ours = found.iter().find(|prediction| prediction.label == label).unwrap();
            let probability: f32 = probability.parse().unwrap();
            let difference = (ours.probability - probability).abs();
            assert!(difference < tolerance, "{line}: {found:?}");
            asked += 1;
        }
    }
    assert_eq!(asked, 6 * 6 * 3);
}

#[test]
fn files_of_fasttext_are_written_as_the_same_bytes() {
    for (name, bytes) in GOLDEN {
        let again = bytes_of(&parse(bytes).unwrap());
        assert_eq!(again.len(), bytes.len(), "{name}");
        // fastText writes kept buckets in the order of a hash map.
        if name == "pruned.ftz" {
            assert_eq!(bytes_of(&parse(&again).unwrap()), again);
        } else {
            assert!(again == bytes, "{name}");
        }
    }
}

#[test]
fn our_own_come_back_whole() {
    let lines: Vec<String> =
        (0..200).map(|line| format!("__label__{} w{} x{}", line % 3, line % 3, line % 7)).collect();
    for loss in [Loss::Softmax, Loss::HierarchicalSoftmax, Loss::NegativeSampling, Loss::OneVsAll] {
        let config = Config {
            loss,
            word_ngrams: 2,
            buckets: 300,
            dimensions: 5,
            epochs: 2,
            threads: 1,
            ..Config::default()
        };
        let examples = Examples::from_lines(lines.iter().map(String::as_str), &config).unwrap();
        let go_on = &mut |_: &_| std::ops::ControlFlow::Continue(());
        let classifier = supervised::train(&examples, &config, &[], go_on).unwrap();
        let smallest = Quantization { norms: true, outputs: true, keep: Some(100), part: 2 };
        let small = classifier.quantize(&smallest, None).unwrap();
        for whole in [classifier, small] {
            let back = parse(&bytes_of(&whole)).unwrap();
            for line in &lines[..20] {
                assert_eq!(back.predict(line, 3, 0.0), whole.predict(line, 3, 0.0));
            }
            assert_eq!(back.dictionary.tokens, whole.dictionary.tokens);
        }
    }
}

#[test]
fn a_cut_anywhere_is_one_clear_error() {
    for (name, bytes) in GOLDEN {
        for end in 0..bytes.len() {
            let why = message_of(&bytes[..end]);
            let clear = why.contains("the file ends before") || why.contains("ends with a zero");
            assert!(clear, "{name} cut at {end}: {why}");
        }
    }
}

#[test]
fn lies_are_named() {
    let softmax = golden("softmax.bin");
    let places = |name: &str| {
        let classifier = parse(golden(name)).unwrap();
        let entries = |words: &corpus::Vocabulary| -> usize {
            words.words().iter().map(|word| word.len() + 10).sum()
        };
        let dictionary = &classifier.dictionary;
        NAMES + entries(&dictionary.words) + entries(&dictionary.labels)
    };
    let (table, codes) = (places("softmax.bin"), places("norms.ftz"));
    let [int, long] = [4, 8];
    let first = parse(softmax).unwrap().dictionary.words.words()[0].len();
    let kind = NAMES + first + 1 + long;
    let cases: &[(&str, usize, usize, i64, &str)] = &[
        ("softmax.bin", 0, int, 1, "expected a fastText model"),
        ("softmax.bin", 4, int, 13, "received 13"),
        ("softmax.bin", 8, int, 0, "width 0"),
        ("softmax.bin", 8, int, i64::from(i32::MAX), "width 2147483647"),
        ("softmax.bin", 32, int, 9, "loss 9"),
        ("softmax.bin", 36, int, 2, "model 2"),
        ("softmax.bin", 40, int, i64::from(i32::MAX), "expected a table of 2147483658 x 10"),
        ("softmax.bin", 40, int, -1, "buckets -1"),
        ("softmax.bin", ENTRIES, int, i64::from(i32::MAX), "2147483647 entries"),
        ("softmax.bin", ENTRIES + 4, int, -1, "-1 words"),
        ("softmax.bin", ENTRIES + 20, long, i64::MAX, "received the bucket"),
        ("softmax.bin", kind, 1, 1, "expected the kind 0, received 1"),
        ("softmax.bin", table, 1, 7, "expected 0 or 1"),
        ("softmax.bin", table + 1, long, i64::MAX, "received 9223372036854775807 x 10"),
        ("softmax.bin", table + 9, long, -1, "x -1"),
        ("norms.ftz", codes + 1, 1, 2, "lengths"),
        ("norms.ftz", codes + 2, long, 1 << 40, "1099511627776 x 5"),
        ("norms.ftz", codes + 18, int, i64::from(i32::MAX), "received 2147483647"),
        ("norms.ftz", codes + 18, int, -1, "received -1"),
        ("hierarchical.bin", places("hierarchical.bin") - 9, long, 1 << 40, "by falling count"),
        ("hierarchical.bin", places("hierarchical.bin") - 9, long, 0, "each 1 or more"),
    ];
    for (name, place, size, lie, part) in cases {
        let mut bytes = golden(name).to_vec();
        bytes[*place..place + size].copy_from_slice(&lie.to_le_bytes()[..*size]);
        let why = message_of(&bytes);
        assert!(why.contains(part), "{name} {place}: {why}");
    }
    // A codebook for other columns, and a number of codes that it contradicts.
    let norms = golden("norms.ftz");
    let count = i32::from_le_bytes(norms[codes + 18..codes + 22].try_into().unwrap()) as usize;
    for (place, lie, part) in [(0, 6, "for 6 in"), (8, 0, "parts of 0"), (12, 2, "the last of 2")] {
        let mut bytes = norms.to_vec();
        bytes[codes + 22 + count + place] = lie;
        let why = message_of(&bytes);
        assert!(why.contains(part), "{place}: {why}");
    }
    let mut vectors = softmax.to_vec();
    vectors[36] = 1;
    vectors[32] = 1;
    assert!(message_of(&vectors).contains("received word vectors"));
    let why = read_from(&mut &*softmax, Path::new("model")).unwrap_err().to_string();
    assert!(why.contains("a classifier is model 3"), "{why}");
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        file in 0usize..GOLDEN.len(),
        flips in prop::collection::vec((0usize..9000, any::<u8>()), 0..6),
        cut in prop_oneof![3 => Just(usize::MAX), 1 => 0usize..9000],
        more in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut bytes = GOLDEN[file].1.to_vec();
        for (place, value) in flips {
            // Most of a file is numbers, which may be anything; what matters stands in front.
            let len = bytes.len();
            bytes[if place % 2 == 0 { place % len } else { place % 400.min(len) }] = value;
        }
        bytes.truncate(cut);
        bytes.extend(more);
        if let Ok(classifier) = parse(&bytes) {
            let found = classifier.predict("a1 b2 été c1", 3, 0.0);
            prop_assert!(found.len() <= 3);
        }
    }
}
