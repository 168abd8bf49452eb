use std::io::Write;

use super::*;

const TEXT: &str = "the cat and the dog\nThe dog saw the cat\n\nrare\n";

fn config() -> Config {
    Config { minimum_count: 2, lower_case: true, ..Config::default() }
}

fn numbers(corpus: &Corpus) -> Vec<u32> {
    let mut reader = corpus.tokens.reader().unwrap();
    (0..corpus.tokens.chunks())
        .flat_map(|chunk| reader.chunk(chunk).unwrap().into_owned())
        .collect()
}

#[test]
fn words_are_numbered_by_frequency_and_rare_ones_left_out() {
    let corpus = Corpus::from_lines(TEXT.lines(), &config()).unwrap();
    let words: Vec<&str> = corpus.vocabulary.words().iter().map(|word| &**word).collect();
    assert_eq!(words, ["the", "cat", "dog"]);
    assert_eq!(corpus.vocabulary.counts(), [4, 2, 2]);
    assert_eq!(numbers(&corpus), [0, 1, 0, 2, END, 0, 2, 0, 1, END]);
    let Summary { sentences, words, words_kept, replaced, .. } = corpus.summary;
    assert_eq!((sentences, words, words_kept, replaced), (3, 11, 8, 0));
}

#[test]
fn a_temporary_file_holds_the_same_numbers() {
    let lines: Vec<String> = (0..20_000).map(|i| format!("a b w{} c w{}", i % 7, i % 11)).collect();
    let read = |memory_limit| {
        let config = Config { memory_limit, ..config() };
        Corpus::from_lines(lines.iter().map(String::as_str), &config).unwrap()
    };
    let (memory, file) = (read(1 << 20), read(100));
    assert!(memory.tokens.chunks() > 1);
    assert_eq!(memory.tokens.chunks(), file.tokens.chunks());
    assert_eq!(numbers(&memory), numbers(&file));
}

#[test]
fn compressed_files_and_json_lines_hold_the_same_text() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs_err::write(folder.path().join(name), bytes).unwrap();
    write("plain.txt", TEXT.as_bytes());
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(TEXT.as_bytes()).unwrap();
    write("packed.txt.gz", &encoder.finish().unwrap());
    write("packed.txt.zst", &zstd::encode_all(TEXT.as_bytes(), 3).unwrap());
    write("rows.jsonl", format!("{}\n", serde_json::json!({ "text": TEXT, "id": 1 })).as_bytes());
    let one = Corpus::from_lines(TEXT.lines(), &config()).unwrap();
    for name in ["plain.txt", "packed.txt.gz", "packed.txt.zst", "rows.jsonl"] {
        let corpus = Corpus::read(&[folder.path().join(name)], &config()).unwrap();
        assert_eq!(numbers(&corpus), numbers(&one), "{name}");
    }
    let all = Corpus::read(&[folder.path().to_path_buf()], &config()).unwrap();
    assert_eq!((all.summary.files, all.summary.words), (4, 44));
}

#[test]
fn bytes_that_are_not_utf8_are_replaced_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.txt");
    fs_err::write(&path, b"a b\xff \xef\xbf\xbd a\n").unwrap();
    let corpus = Corpus::read(&[path], &Config { minimum_count: 1, ..config() }).unwrap();
    assert_eq!(corpus.summary.replaced, 1);
    assert!(corpus.vocabulary.place("b\u{fffd}").is_some());
}

#[test]
fn a_line_without_end_is_cut_between_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.txt");
    fs_err::write(&path, "word ".repeat(500_000)).unwrap();
    let corpus = Corpus::read(&[path], &config()).unwrap();
    assert_eq!((corpus.vocabulary.len(), corpus.summary.words), (1, 500_000));
}

#[test]
fn unicode_words_leave_punctuation_out() {
    let mut words = Vec::new();
    Tokenizer::Words.words("Don't stop, 3.5 naïve—ÉTÉ!".as_bytes(), true, |word| {
        words.push(word.to_owned());
    });
    assert_eq!(words, ["don't", "stop", "3.5", "naïve", "été"]);
}

#[test]
fn too_many_words_are_forgotten_from_the_rarest() {
    let lines: Vec<String> = (0..3000).map(|i| format!("often w{i}")).collect();
    let config = Config { minimum_count: 1, vocabulary_limit: 100, ..config() };
    let corpus = Corpus::from_lines(lines.iter().map(String::as_str), &config).unwrap();
    assert!(corpus.vocabulary.len() <= 101);
    assert_eq!(corpus.vocabulary.counts()[0], 3000);
}

#[test]
fn an_empty_text_is_an_error_with_a_remedy() {
    let message = Corpus::from_lines(["once"], &config()).err().unwrap().to_string();
    assert!(message.contains("minimum-count"), "{message}");
}

/// A tar archive of these files.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

#[test]
fn an_archive_gives_its_texts_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let json = format!("{}\n", serde_json::json!({ "text": TEXT }));
    let packed = zstd::encode_all(TEXT.as_bytes(), 3).unwrap();
    let files: [(&str, &[u8]); 6] = [
        ("a/one.txt", TEXT.as_bytes()),
        ("a/two", TEXT.as_bytes()),
        ("a/three.jsonl", json.as_bytes()),
        ("four.txt.zst", &packed),
        ("a/picture.png", b"the the the"),
        (".hidden.txt", b"the the the"),
    ];
    let bytes = archive(&files);
    let packed = zstd::encode_all(&bytes[..], 3).unwrap();
    for (name, bytes) in [("t.tar", &bytes), ("t.tar.zst", &packed), ("t.tzst", &packed)] {
        let path = folder.path().join(name);
        fs_err::write(&path, bytes).unwrap();
        let corpus = Corpus::read(&[path], &config()).unwrap();
        assert_eq!((corpus.summary.words, corpus.vocabulary.counts()[0]), (44, 16), "{name}");
    }
    let path = folder.path().join("pictures.tar");
    fs_err::write(&path, archive(&files[4..])).unwrap();
    let told = Corpus::read(std::slice::from_ref(&path), &config()).err().unwrap().to_string();
    assert!(told.contains("holds no text"), "{told}");
    fs_err::write(&path, &bytes[..700]).unwrap();
    let told = Corpus::read(&[path], &config()).err().unwrap().to_string();
    assert!(told.contains("pictures.tar"), "{told}");
}
