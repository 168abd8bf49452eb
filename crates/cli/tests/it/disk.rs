//! Places that cannot be written: read-only, full, closed.

use std::io::Write;
use std::path::Path;
use std::process::Command;

use crate::workplace::Workplace;

/// Says past the test runner, which swallows what a passing test prints, that a test was not run.
fn skip(why: &str) {
    let thread = std::thread::current();
    let _ = writeln!(std::io::stderr(), "skipped {}: {why}", thread.name().unwrap_or("a test"));
}

#[test]
fn a_run_below_a_file_is_refused() {
    let place = Workplace::with_photos();
    place.write("file", "");
    let asked = ["train", "recipe.toml", "--out", "file/run"];
    let told = place.pith(&asked).fails_with(&["file/run"]);
    assert_eq!(told.matches("file/run").count(), 1, "said once: {told}");
}

#[cfg(unix)]
#[test]
fn a_read_only_folder_is_refused() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let place = Workplace::with_photos();
    let folder = place.path("closed");
    fs_err::create_dir(&folder).unwrap();
    if fs_err::metadata(&folder).unwrap().uid() == 0 {
        skip("root may write everywhere, see a_run_below_a_file_is_refused");
        return;
    }
    fs_err::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let asked = ["train", "recipe.toml", "--out", "closed/run"];
    place.pith(&asked).fails_with(&["closed/run", "ermission"]);
}

#[test]
fn outputs_below_a_file_are_refused() {
    let place = Workplace::with_run();
    place.write("file", "");
    place.pith(&["embed", "run", "--out", "file/v.npy"]).fails_with(&["file"]);
    place.pith(&["index", "run", "--out", "file/index"]).fails_with(&["file"]);
    place.pith(&["prove", "run", "--out", "file/proof"]).fails_with(&["file"]);
}

/// A small file system; unmounted when dropped.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// None where mounting is not permitted, with the reason printed.
    fn mount(folder: &'a Path, size: &str) -> Option<Self> {
        fs_err::create_dir_all(folder).unwrap();
        let options = format!("size={size}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(folder)),
            Ok(output) => {
                let why = String::from_utf8_lossy(&output.stderr).into_owned();
                skip(&format!("a small disk cannot be mounted here: {}", why.trim()));
                None
            }
            Err(error) => {
                skip(&format!("a small disk cannot be mounted here: {error}"));
                None
            }
        }
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "{} stays", self.0.display());
    }
}

#[test]
fn a_full_disk_is_told_and_the_run_goes_on_once_there_is_room() {
    let place = Workplace::with_photos();
    let folder = place.path("disk");
    let Some(disk) = SmallDisk::mount(&folder, "64k") else { return };
    place.write("disk/ballast", vec![0; 30 << 10]);
    let asked = [
        "train",
        "recipe.toml",
        "--out",
        "disk/run",
        "--no-proof",
        "--set",
        "train.steps=40",
        "--set",
        "train.checkpoint-every=5",
    ];
    place.pith(&asked).fails_with(&["disk/run", "No space left"]);
    fs_err::remove_file(place.path("disk/ballast")).unwrap();
    let resumed = place.pith(&["train", "--resume", "disk/run", "--no-proof"]);
    resumed.fails_with(&["disk/run", "No space left"]);

    // Moved to where there is room, the run is completed.
    let moved =
        Command::new("cp").arg("-r").arg(folder.join("run")).arg(place.path("run")).status();
    assert!(moved.unwrap().success());
    drop(disk);
    place.pith(&["train", "--resume", "run", "--no-proof"]).succeeds();
    let mut straight = asked;
    straight[3] = "straight";
    place.pith(&straight).succeeds();
    let [resumed, straight] =
        ["run", "straight"].map(|run| format!("{run}/model/model.safetensors"));
    assert!(place.bytes(resumed) == place.bytes(straight), "the full disk left a mark");
}

#[test]
fn a_full_disk_leaves_no_file_of_vectors_that_looks_complete() {
    let place = Workplace::with_run();
    let folder = place.path("disk");
    let Some(_disk) = SmallDisk::mount(&folder, "4k") else { return };
    place.write("disk/ballast", vec![0; 4 << 10]);
    for out in ["disk/v.npy", "disk/v.parquet", "disk/v.fvecs"] {
        place.pith(&["embed", "run", "--out", out]).fails_with(&["disk/", "No space left"]);
        assert!(!place.path(out).exists(), "{out}");
    }
    place.pith(&["index", "run", "--out", "disk/index"]).fails_with(&["disk/", "No space left"]);
    place.pith(&["prove", "run", "--out", "disk/proof"]).fails_with(&["disk/", "No space left"]);
}

#[cfg(unix)]
#[test]
fn a_reader_that_went_away_is_no_reason_to_panic() {
    let place = Workplace::new();
    for verb in [&["list"][..], &["list", "--json"], &["completions", "bash"]] {
        let line = format!("'{}' {} | true", env!("CARGO_BIN_EXE_pith"), verb.join(" "));
        let output = Command::new("sh").args(["-c", &line]).output().expect("sh is there");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{said}");
    }
    if Path::new("/dev/full").exists() {
        let line = format!("'{}' list >/dev/full", env!("CARGO_BIN_EXE_pith"));
        let output = Command::new("sh").args(["-c", &line]).output().expect("sh is there");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{said}");
        assert_eq!(output.status.code(), Some(2), "{said}");
    }
    drop(place);
}
