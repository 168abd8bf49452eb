//! Ctrl-C: the first asks the work to stop where it can be resumed, the second ends the program.
//! Where nothing listens any more, as in a proof, the first one does.

use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);
static LISTENING: AtomicBool = AtomicBool::new(false);

/// Starts to listen; true once somebody asked to stop.
pub fn listen() -> &'static AtomicBool {
    LISTENING.store(true, Ordering::SeqCst);
    let listening = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) || !LISTENING.load(Ordering::SeqCst) {
            std::process::exit(130);
        }
        eprintln!("\nstopping after this step; press Ctrl-C again to end at once");
    });
    if let Err(error) = listening {
        eprintln!("warning: Ctrl-C will end the program at once: {error}");
    }
    &STOP
}

/// From here on nothing looks whether it should stop, so Ctrl-C ends the program at once.
pub fn end() {
    LISTENING.store(false, Ordering::SeqCst);
}
