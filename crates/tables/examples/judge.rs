//! Judges the vectors of a file, whoever made it.
//!
//!     cargo run --release -p pith-tables --example judge -- FILE FOLDER
//!
//! `FOLDER` holds files of similarities `EN-*.txt` and of analogies `questions-words.txt`.

use std::error::Error;
use std::path::PathBuf;

use pith_tables::vectors::Analogy;
use pith_tables::{corpus, evaluate, format};

/// Analogies are asked among so many words, as usual.
const AMONG: usize = 30_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let [file, folder] = &arguments[..] else { return Err("expected FILE FOLDER".into()) };
    let vectors = &format::read(file)?;
    for path in corpus::files(std::slice::from_ref(folder))? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("EN-") {
            let score = evaluate::similarity(vectors, &path)?;
            println!("{name} {:.4} over {} of {}", score.spearman, score.known, score.pairs);
        } else if name == "questions-words.txt" {
            let score = evaluate::analogies(vectors, &path, Analogy::Sum, AMONG)?;
            println!("analogies {:.4} over {}", score.accuracy, score.total.known);
        }
    }
    let known = ["king", "woman", "man"].iter().all(|word| vectors.place(word).is_some());
    if known {
        let found = vectors.analogy(&["king", "woman"], &["man"], Analogy::Sum, 5)?;
        let found: Vec<&str> = found.iter().map(|neighbour| neighbour.word.as_str()).collect();
        println!("king - man + woman = {}", found.join(" "));
    }
    Ok(())
}
