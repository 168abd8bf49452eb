//! Queries per second beside recall@10: `cargo run --release -p pith-space --example search_speed`.
//!
//! 200 000 x 128 unit vectors in 500 clusters of intrinsic dimension 16 with noise, 1 000 held-out queries of the same
//! distribution; five repeats, the median. Set `RAYON_NUM_THREADS`.

use std::time::Instant;

use pith_space::index::{Exact, Hnsw, hnsw};
use pith_space::{Matrix, Metric};
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

const ROWS: usize = 200_000;
const QUERIES: usize = 1_000;
const WIDTH: usize = 128;
const CLUSTERS: usize = 500;
const INTRINSIC: usize = 16;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (rows, queries) = vectors();
    let exact = Exact::new(rows.clone(), Metric::Cosine)?;
    let truth = exact.search(&queries, 10)?;
    let rate = rate(|| exact.search(&queries, 10).map(|_| ()))?;
    println!("exact: {rate:.0} queries per second");
    let started = Instant::now();
    let options = hnsw::Options { seed: 1, ..Default::default() };
    let graph = Hnsw::build(rows, Metric::Cosine, options)?;
    println!("hnsw: built in {:.1} s", started.elapsed().as_secs_f64());
    for width in [16, 32, 64, 128, 256] {
        let recall = graph.search_with(&queries, 10, width)?.recall(&truth);
        let rate = self::rate(|| graph.search_with(&queries, 10, width).map(|_| ()))?;
        println!("hnsw: ef {width}: {rate:.0} queries per second at recall {recall:.4}");
    }
    Ok(())
}

/// Median of five.
fn rate<E>(mut search: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let mut seconds = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        search()?;
        seconds.push(started.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(QUERIES as f64 / seconds[2])
}

fn vectors() -> (Matrix, Matrix) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
    let mut normal = move || {
        let (a, b): (f32, f32) = (1.0 - random.random::<f32>(), random.random());
        (-2.0 * a.ln()).sqrt() * (std::f32::consts::TAU * b).cos()
    };
    let centres: Vec<f32> = (0..CLUSTERS * WIDTH).map(|_| normal()).collect();
    let bases: Vec<f32> = (0..CLUSTERS * INTRINSIC * WIDTH).map(|_| normal()).collect();
    let mut draw = |count: usize| {
        let mut values = Vec::with_capacity(count * WIDTH);
        for row in 0..count {
            let cluster = row * 7919 % CLUSTERS;
            let mut point = centres[cluster * WIDTH..(cluster + 1) * WIDTH].to_vec();
            for basis in bases[cluster * INTRINSIC * WIDTH..].chunks_exact(WIDTH).take(INTRINSIC) {
                let along = 0.25 * normal();
                point.iter_mut().zip(basis).for_each(|(value, axis)| *value += along * axis);
            }
            point.iter_mut().for_each(|value| *value += 0.05 * normal());
            values.extend(point);
        }
        Matrix::new(count, WIDTH, values).normalized()
    };
    (draw(ROWS), draw(QUERIES))
}
