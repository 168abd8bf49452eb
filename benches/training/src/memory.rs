//! What the kernel counts of this process's memory (Linux), in MiB.

use anyhow::{Context, Result};

/// Forgets the peak; what is in use now.
pub fn reset() -> Result<f64> {
    std::fs::write("/proc/self/clear_refs", "5")?;
    field("VmRSS:")
}

/// The most that was in use since [`reset`].
pub fn peak() -> Result<f64> {
    field("VmHWM:")
}

fn field(name: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with(name)).context("no such field")?;
    let kibibytes: f64 = line.split_whitespace().nth(1).context("a number")?.parse()?;
    Ok(kibibytes / 1024.0)
}
