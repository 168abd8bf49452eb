//! What `pith train FOLDER/` does where no recipe is given.

use std::path::Path;

use super::Kind;

/// Samples per step, where there are enough of them.
const BATCH: usize = 256;
/// Steps that a small set is given at least.
const STEPS: usize = 1000;
/// Passes over a set of any size.
const EPOCHS: usize = 20;

/// A recipe for so many training samples of that kind, as text.
pub(super) fn text(path: &Path, kind: Kind, samples: usize) -> String {
    let path = toml::Value::String(path.display().to_string());
    let rest = match kind {
        Kind::Pictures { large: false } => PICTURES,
        Kind::Pictures { large: true } => LARGE_PICTURES,
        Kind::Rows => ROWS,
    };
    // `views` stands at the top level, so it must come before the first table.
    let batch = BATCH.min(samples / 2).max(2);
    let epochs = (STEPS * batch).div_ceil(samples.max(1)).max(EPOCHS);
    format!("data.path = {path}\n{rest}\n[train]\nepochs = {epochs}\nbatch-size = {batch}\n")
}

/// A recipe that teaches an encoder the classes of so many training samples, as text.
pub(super) fn transfer(
    path: &Path,
    kind: Kind,
    samples: usize,
    from: &Path,
    encoder: &toml::Table,
) -> String {
    let quoted = |path: &Path| toml::Value::String(path.display().to_string());
    let views = match kind {
        Kind::Pictures { .. } => {
            "views = [{ crop-resize = { scale = [0.5, 1.0] } }, { flip = {} }]"
        }
        Kind::Rows => "",
    };
    let encoder = toml::Table::from_iter([("encoder".into(), encoder.clone().into())]);
    let batch = FEW.min(samples / 2).max(2);
    let epochs = (STEPS * batch / 2).div_ceil(samples.max(1)).max(EPOCHS);
    format!(
        "data.path = {}\n{views}\n{encoder}\n[objective.cross-entropy]\n\
         [transfer]\nfrom = {}\n\
         [train]\nepochs = {epochs}\nbatch-size = {batch}\nmonitor = \"accuracy\"\n",
        quoted(path),
        quoted(from)
    )
}

/// Samples per step of a fine-tuning, where labels are few.
const FEW: usize = 64;

/// SimCLR on a narrow ResNet: what a plain CPU trains in minutes to an hour.
const PICTURES: &str = r#"
views = [
    { crop-resize = { scale = [0.3, 1.0] } },
    { flip = {} },
    { colour-jitter = {} },
    { grey = {} },
]

[encoder.resnet]
widths = [32, 64, 128]
blocks = [1, 1, 1]

[objective.simclr]
"#;

const LARGE_PICTURES: &str = r#"
views = [
    { crop-resize = { scale = [0.2, 1.0] } },
    { flip = {} },
    { colour-jitter = {} },
    { grey = {} },
]

[input]
size = 64

[encoder.resnet]
widths = [32, 64, 128, 256]
blocks = [1, 1, 1, 1]

[objective.simclr]
"#;

/// VICReg on rows of which some features were dropped.
const ROWS: &str = r#"
views = [{ feature-dropout = {} }]

[encoder.mlp]

[objective.vicreg]
"#;
