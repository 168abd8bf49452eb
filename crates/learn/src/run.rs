//! A run: the folder that a training writes.
//!
//! | file | what |
//! |---|---|
//! | `recipe.toml` | the recipe with every default written out |
//! | `metrics.jsonl`, `events.out.tfevents.*` | what was measured, step by step |
//! | `checkpoints/` | the newest state of the training, and the best weights |
//! | `model/` | the folder that can encode |
//! | `proof.json`, `report.html` | the evidence |
//! | `directions.json` | what leads from one class to another, where there are classes |
//! | `pictures/` | what the model draws and looks at, as the report shows it |
//! | `skipped.jsonl` | samples that could not be read, and why |

use std::path::{Path, PathBuf};

use crate::Error;

/// A run folder.
#[derive(Clone, Debug)]
pub struct Run {
    folder: PathBuf,
}

const RECIPE: &str = "recipe.toml";

impl Run {
    /// A new run. An existing run in its place is removed where `force` is set, and never else; a
    /// folder that holds anything but a run is left alone.
    ///
    /// # Errors
    /// Where something is there, or the folder cannot be written.
    pub fn create(folder: &Path, force: bool) -> Result<Self, Error> {
        let run = Self { folder: folder.to_owned() };
        if occupied(folder) {
            if !run.recipe().exists() {
                return Err(Error::format(
                    folder,
                    "holds files and is not a run; name a new folder with --out",
                ));
            }
            if !force {
                return Err(Error::Exists(folder.to_owned()));
            }
            fs_err::remove_dir_all(folder)?;
        }
        fs_err::create_dir_all(run.checkpoints())?;
        Ok(run)
    }

    /// A run that is there.
    ///
    /// # Errors
    /// Where the folder holds no run.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let run = Self { folder: folder.to_owned() };
        match run.recipe().exists() {
            true => Ok(run),
            false => Err(Error::format(folder, "is not a run: it has no recipe.toml")),
        }
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The resolved recipe.
    pub fn recipe(&self) -> PathBuf {
        self.folder.join(RECIPE)
    }

    /// One JSON line per step and per reading.
    pub fn metrics(&self) -> PathBuf {
        self.folder.join("metrics.jsonl")
    }

    /// Where checkpoints are kept.
    pub fn checkpoints(&self) -> PathBuf {
        self.folder.join("checkpoints")
    }

    /// The folder that can encode.
    pub fn model(&self) -> PathBuf {
        self.folder.join("model")
    }

    /// The evidence, for machines.
    pub fn proof(&self) -> PathBuf {
        self.folder.join("proof.json")
    }

    /// The evidence, for people.
    pub fn report(&self) -> PathBuf {
        self.folder.join("report.html")
    }

    /// What the model draws and looks at.
    pub fn pictures(&self) -> PathBuf {
        self.folder.join("pictures")
    }

    /// The index of the training split that `pith train` builds.
    pub fn index(&self) -> PathBuf {
        self.folder.join("index")
    }

    /// Samples that could not be read.
    pub fn skipped(&self) -> PathBuf {
        self.folder.join("skipped.jsonl")
    }

    /// Complete checkpoints, oldest first.
    pub fn step_checkpoints(&self) -> Result<Vec<PathBuf>, Error> {
        let mut found = Vec::new();
        if self.checkpoints().exists() {
            for entry in fs_err::read_dir(self.checkpoints())? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with("step-") {
                    found.push(entry.path());
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// The newest complete checkpoint, where there is one.
    pub fn latest_checkpoint(&self) -> Result<Option<PathBuf>, Error> {
        Ok(self.step_checkpoints()?.pop())
    }
}

fn occupied(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => folder.exists(),
    }
}
