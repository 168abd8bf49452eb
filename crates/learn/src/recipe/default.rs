//! What `pith train FOLDER/` does where no recipe is given.

use std::path::Path;

use super::Kind;

/// A recipe for data of that kind, as text.
pub(super) fn text(path: &Path, kind: Kind) -> String {
    let path = toml::Value::String(path.display().to_string());
    let rest = match kind {
        Kind::Pictures { large: false } => PICTURES,
        Kind::Pictures { large: true } => LARGE_PICTURES,
        Kind::Rows => ROWS,
    };
    // `views` stands at the top level, so it must come before the first table.
    format!("data.path = {path}\n{rest}")
}

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

[train]
epochs = 100
"#;
