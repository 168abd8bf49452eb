//! Which rows attend to which, and how the work is cut: by shape alone.

use super::{AttentionOptions, Sequences};
use std::ops::Range;

/// Pieces of work aimed at, whatever the number of threads.
const PIECES: usize = 16;

/// Fewest queries for which the keys of a head are rearranged once more.
const FEWEST_QUERIES: usize = 64;

/// The rows of one sequence, padding left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) queries: Range<usize>,
    pub(super) keys: Range<usize>,
}

/// Everything about an attention but its values.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) spans: Vec<Span>,
    /// Rows of queries, and of keys, padding included.
    pub(super) rows: [usize; 2],
    /// Rows of queries and of keys of every sequence, padding included, where both are uniform.
    pub(super) lengths: Option<[usize; 2]>,
    pub(super) heads: usize,
    /// Columns of a head.
    pub(super) dim: usize,
    pub(super) causal: bool,
    pub(super) scale: f32,
    /// Whether the queries of one sequence may be cut into several pieces.
    pub(super) cut: bool,
}

/// Some queries of one sequence, for one head.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) span: usize,
    pub(super) head: usize,
    /// Rows of the queries' array.
    pub(super) queries: Range<usize>,
    /// Pieces that the queries of this sequence are cut into.
    pub(super) parts: usize,
}

impl Plan {
    /// The plan for queries and keys of `rows`, heads together `width` wide.
    ///
    /// # Panics
    /// When sequences, key lengths or heads do not fit.
    pub(super) fn new(
        rows: [usize; 2],
        width: usize,
        sequences: [&Sequences; 2],
        options: &AttentionOptions,
        same: bool,
    ) -> Self {
        let AttentionOptions { heads, causal, scale, ref key_lengths } = *options;
        assert!(
            heads > 0 && width > 0 && width.is_multiple_of(heads),
            "{width} columns do not divide into {heads} heads"
        );
        let [mut queries, mut keys] = [0, 1].map(|side| ranges(sequences[side], rows[side]));
        assert_eq!(queries.len(), keys.len(), "as many sequences of queries as of keys");
        if let Some(lengths) = key_lengths {
            assert!(
                matches!(sequences[1], Sequences::Uniform(_)),
                "key lengths are for uniform sequences, ragged ones have lengths of their own"
            );
            assert_eq!(lengths.len(), keys.len(), "one key length per sequence");
            for ((queries, keys), &length) in queries.iter_mut().zip(&mut keys).zip(&**lengths) {
                keys.end = keys.start + length.min(keys.len());
                if same {
                    *queries = keys.clone();
                }
            }
        }
        let spans = queries.into_iter().zip(keys);
        let dim = width / heads;
        Self {
            spans: spans.map(|(queries, keys)| Span { queries, keys }).collect(),
            rows,
            lengths: match sequences {
                [Sequences::Uniform(queries), Sequences::Uniform(keys)] => Some([*queries, *keys]),
                _ => None,
            },
            heads,
            dim,
            causal,
            scale: scale.unwrap_or_else(|| 1.0 / (dim as f64).sqrt()) as f32,
            cut: true,
        }
    }

    /// Rows of a uniform sequence, padding included: the extent of a bias.
    pub(super) fn length(&self) -> usize {
        self.lengths.map_or(0, |[queries, _]| queries)
    }

    /// Whether some rows of queries (0) or keys (1) belong to no sequence.
    pub(super) fn has_gaps(&self, side: usize) -> bool {
        let rows = |span: &Span| if side == 0 { span.queries.len() } else { span.keys.len() };
        self.spans.iter().map(rows).sum::<usize>() < self.rows[side]
    }

    /// The work: by sequence, then by part of its queries, then by head.
    ///
    /// A sequence has several parts where there are few sequences and heads, or where it is much
    /// longer than the others.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        let work = |span: &Span| span.queries.len() * span.keys.len();
        let total = self.heads * self.spans.iter().map(work).sum::<usize>();
        let mut pieces = Vec::new();
        for (index, span) in self.spans.iter().enumerate() {
            let count = span.queries.len();
            let most = if self.cut { (count / FEWEST_QUERIES).max(1) } else { 1 };
            let parts = (PIECES * work(span)).div_ceil(total.max(1)).clamp(1, most);
            for part in 0..parts {
                let start = span.queries.start;
                let queries = start + part * count / parts..start + (part + 1) * count / parts;
                pieces.extend((0..self.heads).map(|head| Piece {
                    span: index,
                    head,
                    queries: queries.clone(),
                    parts,
                }));
            }
        }
        pieces
    }

    /// Groups of neighbouring sequences over which the gradient of a shared bias is summed.
    pub(super) fn groups(&self) -> usize {
        PIECES.div_ceil(self.heads).min(self.spans.len())
    }
}

/// The rows of each sequence, padding included.
pub(super) fn ranges(sequences: &Sequences, rows: usize) -> Vec<Range<usize>> {
    match sequences {
        Sequences::Uniform(0) => {
            assert_eq!(rows, 0, "{rows} rows do not divide into sequences of none");
            Vec::new()
        }
        Sequences::Uniform(length) => {
            assert!(
                rows.is_multiple_of(*length),
                "{rows} rows do not divide into sequences of {length}"
            );
            (0..rows).step_by(*length).map(|start| start..start + length).collect()
        }
        Sequences::Ragged(lengths) => {
            let total = lengths.iter().sum::<usize>();
            assert_eq!(total, rows, "the sequences have {total} rows together, received {rows}");
            let mut end = 0;
            let range = |length: &usize| {
                end += length;
                end - length..end
            };
            lengths.iter().map(range).collect()
        }
    }
}
