//! A picture of the space by t-SNE (van der Maaten and Hinton 2008; Barnes-Hut, van der Maaten 2014).
//!
//! Points are scaled to unit length, reduced to 50 principal components, and laid out from the first two, scaled to a
//! spread of 1e-4 (Kobak and Berens 2019), so that the far structure follows the space and nothing is drawn by chance.
//! Neighbours come from exact search. The layout runs on one thread, so the same points give the same picture.
//! Distances between groups and the sizes of groups mean little: look at who is beside whom.

use bhtsne::{Neighbor, tSNE};

use super::Pca;
use crate::index::Exact;
use crate::{Error, Matrix, Metric};

/// Most points in a picture; of more, every n-th is taken.
pub const MOST: usize = 2000;
/// Principal components before the layout.
const COMPONENTS: usize = 50;
/// Accuracy of the Barnes-Hut approximation; smaller is more exact.
const THETA: f64 = 0.5;
const EPOCHS: usize = 600;

/// Points of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Rows of the points in the matrix given.
    pub rows: Vec<usize>,
    /// Where they lie.
    pub at: Vec<[f32; 2]>,
    /// How it was made, for the reader.
    pub method: String,
}

/// Lays points out in the plane; fewer than ten by their principal components alone.
///
/// # Errors
/// Fewer than two points, values that are not finite.
pub fn layout(points: &Matrix) -> Result<Layout, Error> {
    let rows: Vec<usize> = if points.rows() > MOST {
        (0..MOST).map(|at| at * points.rows() / MOST).collect()
    } else {
        (0..points.rows()).collect()
    };
    let unit = points.select(&rows).normalized();
    let pca = Pca::fit(&unit, COMPONENTS)?;
    let reduced = pca.transform(&unit)?;
    let start = start(&reduced);
    let single = |at: &[f64; 2]| at.map(|v| v as f32);
    if rows.len() < 10 || start.as_flattened().iter().all(|&v| v == 0.0) {
        let method = "the first two principal components".into();
        return Ok(Layout { rows, at: start.iter().map(single).collect(), method });
    }
    let perplexity = 30f64.min((rows.len() - 1) as f64 / 3.0);
    let lists = Exact::new(reduced.clone(), Metric::Euclidean)?.search_all(3 * perplexity as usize);
    let neighbours: Vec<Vec<Neighbor<f64>>> = (0..rows.len())
        .map(|row| {
            let ids = lists.ids_of(row).iter().zip(lists.scores_of(row));
            ids.map(|(&id, &distance)| Neighbor {
                index: id as usize,
                distance: f64::from(distance),
            })
            .collect()
        })
        .collect();
    let samples: Vec<&[f32]> = (0..reduced.rows()).map(|row| reduced.row(row)).collect();
    let run = || {
        let mut tsne: tSNE<f64, &[f32]> = tSNE::new(&samples);
        tsne.perplexity(perplexity)
            .epochs(EPOCHS)
            .initial_embedding(start.as_flattened())
            .barnes_hut_with_neighbors(THETA, &neighbours)
            .embedding()
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| {
        Error::Numeric { what: "the layout", reason: format!("no thread to run it on: {error}") }
    })?;
    let flat = pool.install(run);
    let at = flat.as_chunks::<2>().0.iter().map(single).collect();
    let method = format!(
        "t-SNE of {} of {} points: unit length, {} principal components, perplexity {perplexity:.0}, \
         {EPOCHS} steps from the first two components",
        rows.len(),
        points.rows(),
        pca.width()
    );
    Ok(Layout { rows, at, method })
}

/// The first two components, scaled to a standard deviation of 1e-4.
fn start(reduced: &Matrix) -> Vec<[f64; 2]> {
    let coordinate = |row: usize, axis| f64::from(*reduced.row(row).get(axis).unwrap_or(&0.0));
    let rows = 0..reduced.rows();
    let squares: f64 = rows.clone().map(|row| coordinate(row, 0).powi(2)).sum();
    let spread = (squares / reduced.rows().max(1) as f64).sqrt();
    let scale = if spread > 0.0 { 1e-4 / spread } else { 0.0 };
    rows.map(|row| [scale * coordinate(row, 0), scale * coordinate(row, 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three groups of unit vectors around three axes.
    fn groups(count: usize) -> Matrix {
        let value = |row: usize, axis: usize| {
            let noise = ((row * 31 + axis * 17) as f32 * 12.9898).sin() * 0.15;
            if row % 3 == axis { 1.0 + noise } else { noise }
        };
        Matrix::new(count, 5, (0..count * 5).map(|at| value(at / 5, at % 5)).collect())
    }

    #[test]
    fn neighbours_in_the_picture_are_of_one_group_and_it_is_the_same_twice() {
        let layout = layout(&groups(120)).unwrap();
        let picture = Matrix::new(120, 2, layout.at.as_flattened().to_vec());
        let lists = Exact::new(picture, Metric::Euclidean).unwrap().search_all(5);
        let same = lists.ids.iter().enumerate().filter(|&(at, &id)| at / 5 % 3 == id as usize % 3);
        assert!(same.count() >= 590, "of 600 neighbours");
        assert_eq!(super::layout(&groups(120)).unwrap(), layout);
    }

    #[test]
    fn few_points_and_equal_points_have_a_picture() {
        assert_eq!(layout(&groups(4)).unwrap().at.len(), 4);
        let equal = layout(&Matrix::new(40, 3, vec![1.0; 120])).unwrap();
        assert!(equal.at.as_flattened().iter().all(|v| v.is_finite()));
        assert!(layout(&groups(1)).is_err());
    }
}
