//! Ctrl-C: the first asks the work to stop where it can be resumed, the second ends the program.

use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// Starts to listen; true once somebody asked to stop.
pub fn listen() -> &'static AtomicBool {
    let listening = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after this step; press Ctrl-C again to end at once");
    });
    if let Err(error) = listening {
        eprintln!("warning: Ctrl-C will end the program at once: {error}");
    }
    &STOP
}
