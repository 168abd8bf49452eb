//! Ctrl-C, whenever it comes, leaves a run that can be completed or no run at all.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use crate::workplace::Workplace;

#[test]
fn ctrl_c_at_any_moment_leaves_what_can_be_completed() {
    let place = Workplace::with_photos();
    let mut folders = Vec::new();
    for milliseconds in [0, 10, 30, 60, 100, 200, 400, 800] {
        let out = format!("run{milliseconds}");
        let arguments =
            ["train", "recipe.toml", "--out", &out, "--set", "train.steps=40", "--threads", "1"];
        let started = place.start(&arguments);
        std::thread::sleep(Duration::from_millis(milliseconds));
        started.interrupt();
        let outcome = started.wait();
        // Before the run is there, the signal ends the program as it ends any other.
        let ended = outcome.status.code().or(outcome.status.signal());
        assert!(matches!(ended, Some(0 | 2 | 130)), "{outcome}");
        assert!(outcome.status.code() != Some(2), "{outcome}");
        folders.push(out);
    }
    for out in folders.into_iter().filter(|out| place.path(out).join("recipe.toml").exists()) {
        place.pith(&["train", "--resume", &out]).succeeds();
        assert!(place.path(&out).join("report.html").exists());
    }
}

#[test]
fn an_embedding_that_was_stopped_leaves_no_file_that_looks_complete() {
    let place = Workplace::with_run();
    for milliseconds in [0, 20, 50, 100] {
        let out = format!("{milliseconds}.npy");
        let started = place.start(&["embed", "run", "--out", &out]);
        std::thread::sleep(Duration::from_millis(milliseconds));
        started.interrupt();
        let outcome = started.wait();
        let done = outcome.status.success();
        assert_eq!(place.path(&out).exists(), done, "{outcome}");
    }
}
