//! A temporary folder to run the program in, and what came of a run.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::pictures;

/// No run of these tests takes longer, on however busy a machine: one that does hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder that vanishes with the test; the program is started in it.
pub struct Workplace {
    folder: TempDir,
}

impl Workplace {
    /// An empty folder.
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder") }
    }

    /// With 40 pictures of two classes in `photos/`, and `recipe.toml`, which trains on them in
    /// four steps.
    pub fn with_photos() -> Self {
        let place = Self::new();
        pictures::folder(&place.path("photos"), 20, 16);
        place.write("recipe.toml", RECIPE);
        place
    }

    /// With photos, and a run `run/` that was trained on them, proved and indexed.
    pub fn with_run() -> Self {
        let place = Self::with_photos();
        place.pith(&["train", "recipe.toml", "--out", "run"]).succeeds();
        place
    }

    /// With a run `run/` of its `recipe.toml`, trained on one thread.
    pub fn trained(self) -> Self {
        self.pith(&["train", "recipe.toml", "--out", "run", "--threads", "1"]).succeeds();
        self
    }

    /// What was proved of a run, or into a folder.
    pub fn proof(&self, folder: &str) -> Value {
        serde_json::from_str(&self.read(&format!("{folder}/proof.json"))).unwrap()
    }

    /// The measurements of a run without their times.
    pub fn metrics(&self, run: &str) -> Vec<Value> {
        let lines = self.read(&format!("{run}/metrics.jsonl"));
        let timeless = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            assert!(line.as_object_mut().unwrap().remove("seconds").is_some());
            line
        };
        lines.lines().map(timeless).collect()
    }

    /// Trains once without a break and once killed behind its first checkpoint and resumed, on one
    /// thread, and asserts that nothing tells the two apart: neither the model nor a measurement.
    pub fn is_the_same_when_killed(&self, recipe: &str, checkpoint: &str, model: &str) {
        let train = |out| ["train", recipe, "--out", out, "--no-proof", "--threads", "1"];
        self.pith(&train("straight")).succeeds();
        let mut started = self.start(&train("killed"));
        let checkpoint = self.path(format!("killed/checkpoints/{checkpoint}"));
        assert!(started.until(|| checkpoint.exists()), "the training ended before it was killed");
        started.child.kill().unwrap();
        started.wait();
        assert!(!self.path(format!("killed/{model}")).exists(), "make the training longer");
        self.pith(&["train", "--resume", "killed", "--no-proof", "--threads", "1"]).succeeds();
        assert!(self.metrics("killed") == self.metrics("straight"));
        let [killed, straight] =
            ["killed", "straight"].map(|run| self.bytes(format!("{run}/{model}")));
        assert!(killed == straight, "the model differs after the resume");
    }

    /// Stops a training by Ctrl-C behind its first checkpoint, and asserts that it says how to go on
    /// and that it does.
    pub fn goes_on_after_ctrl_c(&self, recipe: &str, checkpoint: &str) {
        let train = ["train", recipe, "--out", "stopped", "--no-proof", "--threads", "1"];
        let mut started = self.start(&train);
        let checkpoint = self.path(format!("stopped/checkpoints/{checkpoint}"));
        assert!(started.until(|| checkpoint.exists()), "the training ended before it was stopped");
        started.interrupt();
        let outcome = started.wait().exits(130).says("pith train --resume stopped");
        let told = outcome.err.split("go on behind epoch ").nth(1).expect("the epoch is told");
        let epochs: usize = told.split(' ').next().unwrap().parse().unwrap();
        assert_eq!(self.metrics("stopped").len(), epochs, "{outcome}");
        self.pith(&["train", "--resume", "stopped", "--no-proof", "--threads", "1"]).succeeds();
    }

    /// A path in the folder.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs_err::create_dir_all(path.parent().expect("a file stands in a folder")).unwrap();
        fs_err::write(path, text).unwrap();
    }

    /// The text of a file.
    pub fn read(&self, name: &str) -> String {
        fs_err::read_to_string(self.path(name)).unwrap()
    }

    /// The bytes of a file.
    pub fn bytes(&self, name: impl AsRef<Path>) -> Vec<u8> {
        fs_err::read(self.path(name)).unwrap()
    }

    /// Starts the program; what it prints goes to files.
    pub fn start(&self, arguments: &[&str]) -> Started {
        let [out, err] = ["out", "err"].map(|name| {
            tempfile::Builder::new().prefix(name).tempfile().expect("a temporary file")
        });
        let stdio = |file: &tempfile::NamedTempFile| -> Stdio {
            File::create(file.path()).expect("a file to print to").into()
        };
        let child = Command::new(env!("CARGO_BIN_EXE_pith"))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(stdio(&out))
            .stderr(stdio(&err))
            .spawn()
            .expect("the program starts");
        Started { child, out, err, asked: arguments.join(" ") }
    }

    /// Runs the program to its end.
    pub fn pith(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).wait()
    }
}

/// A program that runs.
pub struct Started {
    /// The process.
    pub child: Child,
    out: tempfile::NamedTempFile,
    err: tempfile::NamedTempFile,
    asked: String,
}

impl Started {
    /// Waits for the end.
    pub fn wait(mut self) -> Outcome {
        let started = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child to wait for") {
                break status;
            }
            if started.elapsed() > PATIENCE {
                self.child.kill().expect("a child to kill");
                panic!("pith {} hangs; it said: {}", self.asked, self.said());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let out = fs_err::read_to_string(self.out.path()).expect("output is UTF-8");
        let err = self.said();
        let outcome = Outcome { status, out, err, asked: self.asked };
        assert!(!outcome.err.contains("panicked"), "{outcome}");
        outcome
    }

    /// Waits until a file or folder is there; false where the program ended before.
    pub fn until(&mut self, there: impl Fn() -> bool) -> bool {
        let started = Instant::now();
        while !there() {
            if self.child.try_wait().expect("a child to wait for").is_some() {
                return false;
            }
            assert!(started.elapsed() < PATIENCE, "pith {} hangs", self.asked);
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// Sends Ctrl-C.
    pub fn interrupt(&self) {
        let sent = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status();
        sent.expect("kill is installed");
    }

    fn said(&self) -> String {
        fs_err::read_to_string(self.err.path()).expect("messages are UTF-8")
    }
}

/// What a run of the program printed, and how it ended.
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// Its results.
    pub out: String,
    /// Its progress, warnings and errors.
    pub err: String,
    asked: String,
}

impl Outcome {
    /// Asserts an exit code.
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self}");
        self
    }

    /// Asserts exit code 0.
    pub fn succeeds(self) -> Self {
        self.exits(0)
    }

    /// Asserts exit code 2 and a message of one line that holds all of these words; returns it.
    pub fn fails_with(self, words: &[&str]) -> String {
        let outcome = self.exits(2);
        let errors: Vec<&str> =
            outcome.err.lines().skip_while(|line| !line.starts_with("error: ")).collect();
        assert_eq!(errors.len(), 1, "one line of error is expected\n{outcome}");
        for word in words {
            assert!(errors[0].contains(word), "`{word}` is expected in the error\n{outcome}");
        }
        errors[0].to_owned()
    }

    /// Asserts that a message holds these words.
    pub fn says(self, words: &str) -> Self {
        assert!(self.err.contains(words), "`{words}` is expected\n{self}");
        self
    }

    /// The one JSON document on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, out, err, asked } = self;
        write!(formatter, "pith {asked}: {status}\noutput:\n{out}\nmessages:\n{err}")
    }
}

/// Four steps of SimCLR on `photos/`. So few samples use few directions: no reading is sick.
pub const RECIPE: &str = r#"
views = [{ crop-resize = { scale = [0.6, 1.0] } }, { flip = {} }]

[data]
path = "photos"

[encoder.cnn]
widths = [8]

[objective.simclr]

[train]
steps = 4
batch-size = 8
collapse-after = 1000
"#;
