//! Results on standard output.

/// As `println!`, but a reader that went away is an error of the calling function and no panic.
macro_rules! print_line {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout(), $($text)*)?
    }};
}

pub(crate) use print_line;

/// Whether an error only says that nobody reads the output any more, as in `pith list | head`.
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    kind == Some(std::io::ErrorKind::BrokenPipe)
}
