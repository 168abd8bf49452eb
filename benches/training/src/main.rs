//! One case of the comparison with PyTorch, driven line by line by `run.py`.
//!
//!     pith-bench-training CASE FOLDER THREADS
//!
//! Writes the initial weights to `FOLDER/weights.safetensors`, waits for `FOLDER/inputs.safetensors`
//! and then answers each line on standard input with one JSON line:
//!
//! - `load`: reads the inputs; the memory the process then has is where the peak is counted from
//! - `losses N`: the loss before each of `N` training steps
//! - `train N`, `forward N`: seconds that `N` of them took
//! - `memory`: the most memory, in MiB, that was in use above that of `load`

mod case;
mod memory;

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use pith_kernels::allocator::{self, Caching};

#[global_allocator]
static ALLOCATOR: Caching = Caching;

fn main() -> Result<()> {
    allocator::keep_freed_memory();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder, threads] = &arguments[..] else {
        bail!("usage: pith-bench-training CASE FOLDER THREADS");
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.parse()?)
        .use_current_thread()
        .build_global()?;
    let folder = Path::new(folder);
    let mut case = case::named(name)?;
    pith_learn::weights::write(&case.weights(), &folder.join("weights.safetensors"))?;
    let mut output = std::io::stdout().lock();
    writeln!(output, "\"ready\"")?;
    output.flush()?;
    let mut start = 0.0;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let verb = words.next().context("an empty line")?;
        let count: usize = words.next().map_or(Ok(1), str::parse)?;
        let answer = match verb {
            "load" => {
                case.load(&pith_learn::weights::read(&folder.join("inputs.safetensors"))?)?;
                start = memory::reset()?;
                serde_json::json!(start)
            }
            "losses" => serde_json::json!((0..count).map(|_| case.train()).collect::<Vec<_>>()),
            "train" => serde_json::json!(seconds(count, || _ = case.train())),
            "forward" => serde_json::json!(seconds(count, || case.forward())),
            "memory" => serde_json::json!(memory::peak()? - start),
            other => bail!("unknown command `{other}`"),
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn seconds(count: usize, mut body: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..count).for_each(|_| body());
    start.elapsed().as_secs_f64()
}
