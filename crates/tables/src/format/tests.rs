use proptest::prelude::*;

use super::*;
use crate::Model;
use crate::corpus::Vocabulary;
use crate::train::{Config, subword};

fn vectors() -> Vectors {
    let words = ["the", "naïve", "3.5"].map(Box::from).to_vec();
    let values = vec![1.0, -0.25, 1e-20, 0.1, 3.0e7, -0.0, f32::MIN_POSITIVE, 2.0, 5.5];
    Vectors::new(words, Matrix::new(3, 3, values))
}

fn model() -> Model {
    let subwords = subword::Config { shortest: 3, longest: 4, buckets: 5 };
    let random =
        |rows: usize| Matrix::new(rows, 2, (0..rows * 2).map(|i| (i as f32).sin()).collect());
    Model {
        vocabulary: Vocabulary::new([("word".into(), 7), (END_OF_SENTENCE.into(), 3)]),
        config: Config { dimensions: 2, subwords: Some(subwords), ..Config::default() },
        inputs: random(7),
        outputs: random(2),
    }
}

fn bytes_of(write: impl Fn(&Path)) -> Vec<u8> {
    let file = tempfile::NamedTempFile::new().unwrap();
    write(file.path());
    fs_err::read(file.path()).unwrap()
}

fn read_bytes(bytes: &[u8]) -> Result<Vectors, Error> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), bytes).unwrap();
    read(file.path())
}

#[test]
fn what_is_written_reads_back_as_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let path = &folder.path().join("vectors.npy");
    for format in [Format::Text, Format::Binary, Format::Glove, Format::Npy, Format::Safetensors] {
        write(&vectors(), path, format).unwrap();
        let read = read(path).unwrap();
        assert_eq!(read.words(), vectors().words(), "{format:?}");
        let bits = |vectors: &Vectors| -> Vec<u32> {
            vectors.matrix().values().iter().map(|value| value.to_bits()).collect()
        };
        assert_eq!(bits(&read), bits(&vectors()), "{format:?}");
    }
}

#[test]
fn files_of_others_are_read() {
    // fastText's .vec has a space at the end of a row; gensim's binary has no line end.
    let vec = read_bytes(b"2 2\n</s> 0.5 -1 \na b 1e-3 2 \n").unwrap();
    assert_eq!(vec.get("a b").unwrap(), [1e-3, 2.0]);
    let mut gensim = b"2 1\n".to_vec();
    for (word, value) in [("x", 1.5f32), ("y", -2.0)] {
        gensim.extend(word.bytes().chain([b' ']).chain(value.to_le_bytes()));
    }
    assert_eq!(read_bytes(&gensim).unwrap().get("y").unwrap(), [-2.0]);
    let glove = read_bytes(b"1999 0.5 1\n. . 2 3\n").unwrap();
    assert_eq!(glove.get("1999").unwrap(), [0.5, 1.0]);
    assert_eq!(glove.get(". .").unwrap(), [2.0, 3.0]);
}

#[test]
fn a_model_of_fasttext_comes_back_whole() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fasttext::write(&model(), file.path()).unwrap();
    let read = fasttext::read(file.path()).unwrap();
    assert_eq!((&read.inputs, &read.outputs), (&model().inputs, &model().outputs));
    assert_eq!(read.vocabulary.words(), model().vocabulary.words());
    assert_eq!(read.config.subwords, model().config.subwords);
    assert_eq!(read.vector("unseen"), model().vector("unseen"));
    assert_eq!(super::read(file.path()).unwrap().get("word").unwrap(), model().vector("word"));
}

#[test]
fn an_array_is_written_as_numpy_does() {
    // numpy.save of the same three rows of two, in version 2.4.
    let words = ["a", "b", "c"].map(Box::from).to_vec();
    let vectors = Vectors::new(words, Matrix::new(3, 2, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    write(&vectors, &path, Format::Npy).unwrap();
    let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    expected.extend(b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }");
    expected.resize(127, b' ');
    expected.push(b'\n');
    expected.extend((0..6).flat_map(|value| (value as f32).to_le_bytes()));
    assert_eq!(fs_err::read(&path).unwrap(), expected);
    fs_err::write(path.with_extension("words"), "a\nb\n").unwrap();
    let message = read(&path).unwrap_err().to_string();
    assert!(message.contains("3 rows") && message.contains("2 words"), "{message}");
}

#[test]
fn lying_headers_are_named() {
    for (bytes, part) in [
        (&b"3 2\na 1 2\nb 3 4\n"[..], "promises 3 words, it holds 2"),
        (b"9999999999 9999999999\na 1 2\n", "9999999999"),
        (b"2 2\na 1 2\nb 3\n", "row 2"),
        (b"a x y\n", "numbers"),
        (b"", "received none"),
        (b"2 2\na \x01\x02\x03", "ends before"),
    ] {
        let message = read_bytes(bytes).err().unwrap().to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_word_with_a_space_is_not_written() {
    let vectors = Vectors::new(vec!["a b".into()], Matrix::new(1, 1, vec![1.0]));
    let message = write(&vectors, Path::new("unused"), Format::Text).unwrap_err().to_string();
    assert!(message.contains("\"a b\""), "{message}");
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Npy, Format::Safetensors] {
        let path = folder.path().join("spaces");
        write(&vectors, &path, format).unwrap();
        assert_eq!(read(&path).unwrap().words(), ["a b".into()]);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        flips in prop::collection::vec((0usize..400, any::<u8>()), 0..6),
        kind in 0usize..6,
        cut in prop_oneof![Just(usize::MAX), 0usize..400],
        more in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut bytes = match kind {
            0 => bytes_of(|path| write(&vectors(), path, Format::Text).unwrap()),
            1 => bytes_of(|path| write(&vectors(), path, Format::Binary).unwrap()),
            2 => bytes_of(|path| write(&vectors(), path, Format::Safetensors).unwrap()),
            3 => {
                let mut bytes = Vec::new();
                npy::write(&vectors(), &mut bytes).unwrap();
                bytes
            }
            4 => bytes_of(|path| write(&vectors(), path, Format::Glove).unwrap()),
            _ => bytes_of(|path| fasttext::write(&model(), path).unwrap()),
        };
        for (place, value) in flips {
            if place < bytes.len() {
                bytes[place] = value;
            }
        }
        bytes.truncate(cut);
        bytes.extend(more);
        let _ = npy::read(&mut &bytes[..], "the\nnaïve\n3.5\n");
        let _ = read_from(&mut &bytes[..], Path::new("vectors"));
    }
}

#[test]
fn a_cut_anywhere_is_one_clear_error() {
    let binary = bytes_of(|path| write(&vectors(), path, Format::Binary).unwrap());
    let words = bytes_of(|path| fasttext::write(&model(), path).unwrap());
    // The last byte of word2vec's binary is a line end that gensim leaves out.
    for whole in [&binary[..binary.len() - 1], &words] {
        for end in 4..whole.len() {
            let read = read_from(&mut &whole[..end], Path::new("vectors"));
            assert!(
                matches!(read, Err(Error::Malformed { .. })),
                "cut at {end} of {}",
                whole.len()
            );
        }
    }
}

#[test]
fn counts_stand_beside_the_vectors_where_they_are_known() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let words = vectors().words().to_vec();
    let counts = Vocabulary::new(words.into_iter().zip([9, 5, 2]));
    write_counted(&vectors(), &counts, file.path()).unwrap();
    let (read_again, found) = read_counted(file.path()).unwrap();
    assert_eq!(read_again.matrix(), vectors().matrix());
    assert_eq!(found.unwrap().counts(), counts.counts());
    assert_eq!(read(file.path()).unwrap().words(), vectors().words());
    write(&vectors(), file.path(), Format::Safetensors).unwrap();
    assert!(read_counted(file.path()).unwrap().1.is_none());
    write(&vectors(), file.path(), Format::Text).unwrap();
    assert!(read_counted(file.path()).unwrap().1.is_none());
}

#[test]
fn a_structured_model_is_no_fasttext_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.bin");
    let mut model = model();
    model.config.method = crate::train::Method::StructuredSkipGram;
    let told = fasttext::write(&model, &path).unwrap_err().to_string();
    assert!(told.contains("structured skip-gram") && told.contains(".vec"), "{told}");
    assert!(!path.exists(), "nothing is left of a refused file");
}
