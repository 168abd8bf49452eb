//! Takes the direction from `he` to `she` out of vectors, and says what that changes.
//!
//!     cargo run --release -p pith-tables --example debias -- FILE FOLDER
//!
//! `FOLDER` holds files of similarities `EN-*.txt`. Printed are the mean size of the projections of
//! words for professions, an association test of them, and the similarities, before and after.

use std::error::Error;
use std::path::PathBuf;

use pith_tables::bias::{Direction, hard_debias, project_out, weat};
use pith_tables::{Vectors, corpus, evaluate, format};

/// Definitional pairs of Bolukbasi et al. (2016), in lower case.
const PAIRS: [[&str; 2]; 9] = [
    ["he", "she"],
    ["his", "her"],
    ["man", "woman"],
    ["himself", "herself"],
    ["son", "daughter"],
    ["father", "mother"],
    ["boy", "girl"],
    ["male", "female"],
    ["guy", "gal"],
];
const CAREERS: [&[&str]; 2] = [
    &["engineer", "programmer", "pilot", "captain", "manager", "scientist"],
    &["nurse", "teacher", "secretary", "dancer", "librarian", "singer"],
];
const PEOPLE: [&[&str]; 2] = [
    &["he", "his", "man", "son", "father", "boy"],
    &["she", "her", "woman", "daughter", "mother", "girl"],
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let [file, folder] = &arguments[..] else { return Err("expected FILE FOLDER".into()) };
    let vectors = format::read(file)?;
    let known = |words: &[&'static str]| -> Vec<&'static str> {
        words.iter().copied().filter(|word| vectors.place(word).is_some()).collect()
    };
    let pairs: Vec<[&str; 2]> = PAIRS.into_iter().filter(|pair| known(pair).len() == 2).collect();
    let direction = Direction::of_pairs(&vectors, &pairs)?;
    println!("{} pairs; the direction explains {:.3} of them", pairs.len(), direction.explained);
    let (careers, people) = (CAREERS.map(known), PEOPLE.map(known));
    let about: Vec<&str> = pairs.concat();
    let report = |name: &str, vectors: &Vectors| -> Result<(), Box<dyn Error>> {
        let bias = direction.direct_bias(vectors, &careers.concat(), 1.0)?;
        let [x, y] = &careers;
        let [a, b] = &people;
        let test = weat(vectors, [x, y], [a, b], 1)?;
        println!("{name}: direct bias {bias:.4}, WEAT {:.3} (p {:.4})", test.effect, test.p_value);
        for path in corpus::files(std::slice::from_ref(folder))? {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if file.starts_with("EN-") {
                println!("  {file} {:.4}", evaluate::similarity(vectors, &path)?.spearman);
            }
        }
        Ok(())
    };
    report("before", &vectors)?;
    report("projected out", &project_out(&vectors, &direction))?;
    report("hard debiased", &hard_debias(&vectors, &direction, &about, &pairs)?)
}
