//! What a training leaves: both tables and what they belong to.

use crate::Error;
use crate::corpus::Vocabulary;
use crate::train::Config;
use crate::vectors::{Matrix, Neighbour, Vectors};

/// Vectors of words, of their n-grams where there are any, and of the outputs.
#[derive(Clone, Debug)]
pub struct Model {
    /// The words.
    pub vocabulary: Vocabulary,
    /// How they were trained.
    pub config: Config,
    /// A row for every word, then a row for every bucket of n-grams.
    pub inputs: Matrix,
    /// A row for every word, or for every inner node of the tree; with structure as many for every
    /// relative position, first those of the words before, the nearest first, then of those behind.
    pub outputs: Matrix,
}

impl Model {
    /// The vector of any word; zeros where it is unknown and has no n-grams.
    pub fn vector(&self, word: &str) -> Vec<f32> {
        let mut rows: Vec<usize> =
            self.vocabulary.place(word).map(|place| place as usize).into_iter().collect();
        if let Some(subwords) = &self.config.subwords
            && word != crate::format::END_OF_SENTENCE
        {
            subwords.buckets_of(word, |bucket| rows.push(self.vocabulary.len() + bucket as usize));
        }
        let mut sum = vec![0.0; self.inputs.width()];
        for &row in &rows {
            sum.iter_mut().zip(self.inputs.row(row)).for_each(|(sum, value)| *sum += value);
        }
        let share = 1.0 / rows.len().max(1) as f32;
        sum.iter_mut().for_each(|value| *value *= share);
        sum
    }

    /// The vectors of the vocabulary.
    pub fn vectors(&self) -> Vectors {
        let words = self.vocabulary.words();
        let values = words.iter().flat_map(|word| self.vector(word)).collect();
        Vectors::new(words.to_vec(), Matrix::new(words.len(), self.inputs.width(), values))
    }
    /// The `count` of `among` nearest to any word by cosine, itself left out: with n-grams, also to
    /// one that the vocabulary lacks. `among` are this model's [`vectors`](Self::vectors).
    ///
    /// # Errors
    /// Where the word is unknown and has no n-grams.
    pub fn neighbours(
        &self,
        among: &Vectors,
        word: &str,
        count: usize,
    ) -> Result<Vec<Neighbour>, Error> {
        let vector = self.vector(word);
        if vector.iter().all(|value| *value == 0.0) {
            let words = self.vocabulary.len();
            return Err(Error::UnknownWord { word: word.to_owned(), words });
        }
        let mut near = among.near(&vector, count + 1);
        near.retain(|neighbour| neighbour.word != word);
        near.truncate(count);
        Ok(near)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::subword;

    #[test]
    fn a_word_that_was_never_seen_is_near_those_with_its_ngrams() {
        let subwords = subword::Config { shortest: 3, longest: 3, buckets: 997 };
        let words = ["walking", "talking", "apple"];
        let vocabulary = Vocabulary::new(words.map(|word| (word.into(), 1)));
        // Every bucket has a vector of its own; words themselves have none.
        let width = 1000;
        let value = |k: usize| f32::from(u8::from(k / width >= 3 && k / width - 3 == k % width));
        let inputs = Matrix::new(1000, width, (0..1000 * width).map(value).collect());
        let config = Config { dimensions: width, subwords: Some(subwords), ..Config::default() };
        let outputs = Matrix::new(3, width, vec![0.0; 3 * width]);
        let model = Model { vocabulary, config, inputs, outputs };
        let vectors = model.vectors();
        let near = model.neighbours(&vectors, "stalking", 2).unwrap();
        assert_eq!((&*near[0].word, &*near[1].word), ("talking", "walking"), "{near:?}");
        assert_eq!(model.neighbours(&vectors, "apple", 5).unwrap().len(), 2);
        assert!(model.neighbours(&vectors, "", 1).is_err());
    }
}
