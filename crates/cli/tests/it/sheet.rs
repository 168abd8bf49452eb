//! Pictures of what was learned, in the run and on its page.

use crate::workplace::{RECIPE, Workplace};

/// Trains on the photos of a workplace with other parts of the recipe.
fn trained(encoder: &str, objective: &str) -> Workplace {
    let place = Workplace::with_photos();
    let recipe = RECIPE.replace("[encoder.cnn]\nwidths = [8]", encoder);
    let recipe = recipe.replace("\"photos\"", "\"photos\"\ntest-fraction = 0.4");
    place.write("recipe.toml", recipe.replace("[objective.simclr]", objective));
    place.pith(&["train", "recipe.toml", "--out", "run"]).succeeds();
    place
}

/// The page shows these sheets, each with its file; nothing else is among the pictures.
fn shows(place: &Workplace, sheets: &[(&str, &str)]) {
    let page = place.read("run/report.html");
    for (name, title) in sheets {
        let png = place.bytes(format!("run/pictures/{name}.png"));
        assert!(png.starts_with(b"\x89PNG"), "{name}");
        assert!(page.contains(&format!("<h3>{title}</h3>")), "{name}");
    }
    let files = fs_err::read_dir(place.path("run/pictures")).unwrap().count();
    assert_eq!(files, sheets.len() + 1, "one PNG a sheet, and the words");
}

#[test]
fn a_variational_autoencoder_shows_what_it_draws() {
    let objective =
        "[objective.vae]\nlatents = 4\ndecoder = { convolutional = { widths = [8, 8] } }";
    let place = trained("[encoder.cnn]\nwidths = [8]", objective);
    shows(
        &place,
        &[
            ("reconstructions", "Reconstructions"),
            ("samples", "Samples of the prior"),
            ("traversals", "Latent traversals"),
            ("interpolations", "Interpolations"),
        ],
    );
    let page = place.read("run/report.html");
    assert!(page.contains("<section id=\"directions\">") && page.contains("stripes"));
    assert!(place.read("run/directions.json").contains("mean-difference"));

    // The same seed draws the same pictures, and a proof keeps them.
    let before = place.bytes("run/pictures/samples.png");
    place.pith(&["prove", "run"]).succeeds();
    assert!(place.read("run/report.html").contains("<h3>Latent traversals</h3>"));
    place.pith(&["train", "recipe.toml", "--out", "run", "--force"]).succeeds();
    assert!(place.bytes("run/pictures/samples.png") == before);
}

#[test]
fn a_masked_autoencoder_shows_what_was_hidden_and_where_it_looks() {
    let encoder = "[encoder.vit]\nwidth = 16\ndepth = 1\nheads = 2";
    let objective = "[objective.mae]\ndecoder-width = 16\ndecoder-depth = 1\ndecoder-heads = 2";
    let place = trained(encoder, objective);
    shows(
        &place,
        &[("masked", "Masked reconstructions"), ("attention", "Attention of the class token")],
    );
    assert!(place.read("run/report.html").contains("mean and the deviation of the true patch"));
}

#[test]
fn what_draws_nothing_shows_nothing() {
    let place = Workplace::with_run();
    assert!(!place.path("run/pictures").exists());
    assert!(!place.read("run/report.html").contains("id=\"sheets\""));
}
