use super::*;

const GOOD: &str = "
[data]
path = 'photos'

[encoder.mlp]
width = 8

[objective.simclr]
temperature = 0.5
";

fn error(text: &str, overrides: &[&str]) -> String {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    Recipe::parse(text, "r.toml", &overrides).expect_err("must be refused").to_string()
}

#[test]
fn a_recipe_survives_writing_all_defaults_out() -> Result<(), Error> {
    let recipe = Recipe::parse(GOOD, "r.toml", &[])?;
    assert_eq!(Recipe::parse(&recipe.resolved(), "again", &[])?, recipe);
    Ok(())
}

#[test]
fn overrides_change_values_and_choices() -> Result<(), Error> {
    let lines = ["train.epochs=3", "encoder.mlp.width = 16", "objective = autoencoder"];
    let recipe = Recipe::parse(GOOD, "r.toml", &lines.map(String::from))?;
    assert_eq!(recipe.train.epochs, 3);
    assert_eq!(recipe.objective.keyword(), "autoencoder");
    let encoder::Config::Mlp(config) = &recipe.encoder else { panic!("still an mlp") };
    assert_eq!(config.width, 16);
    Ok(())
}

#[test]
fn another_choice_replaces_the_first() -> Result<(), Error> {
    let recipe = Recipe::parse(GOOD, "r.toml", &["encoder.cnn.depth=1".into()])?;
    assert_eq!(recipe.encoder.keyword(), "cnn");
    Ok(())
}

#[test]
fn a_mistyped_key_names_the_right_one_and_the_line() {
    let told = error(&GOOD.replace("temperature", "temprature"), &[]);
    assert!(told.starts_with("r.toml:9: [objective.simclr] has no `temprature`"), "{told}");
    assert!(told.contains("did you mean `temperature`?"), "{told}");
}

#[test]
fn a_mistyped_method_names_the_right_one() {
    let told = error(&GOOD.replace("objective.simclr", "objective.simcrl"), &[]);
    assert!(told.contains("`simcrl`; did you mean `simclr`?"), "{told}");
}

#[test]
fn a_wrong_type_names_its_place() {
    let told = error(&GOOD.replace("width = 8", "width = 'wide'"), &[]);
    assert!(told.contains("encoder.mlp.width") && told.contains("r.toml:6"), "{told}");
}

#[test]
fn broken_toml_names_the_line() {
    assert!(error("[data\npath = 1", &[]).starts_with("r.toml:1:"));
}

#[test]
fn a_bad_override_shows_the_form() {
    assert!(error(GOOD, &["epochs"]).contains("train.epochs=5"));
}

#[test]
fn settings_out_of_range_are_refused() {
    let told = error(GOOD, &["train.batch-size=1"]);
    assert!(told.contains("train.batch-size") && told.contains("received 1"), "{told}");
}

#[test]
fn default_recipes_are_recipes() -> Result<(), Error> {
    for kind in [Kind::Pictures { large: false }, Kind::Pictures { large: true }, Kind::Rows] {
        let recipe = Recipe::default_for(Path::new("da \"ta/"), kind, 40, &[])?;
        assert_eq!((recipe.train.batch_size, recipe.train.epochs), (20, 500));
        assert_eq!(recipe.data.path, "da \"ta/");
        assert!(!recipe.views.is_empty(), "{kind:?}");
    }
    Ok(())
}

#[test]
fn the_recipes_of_the_repository_are_read() -> Result<(), Error> {
    let texts = [
        include_str!("../../../../recipes/quickstart.toml"),
        include_str!("../../../../recipes/mnist.toml"),
        include_str!("../../../../recipes/cifar10.toml"),
        include_str!("../../../../recipes/shapes.toml"),
        include_str!("../../../../recipes/vae-mnist.toml"),
    ];
    texts.iter().try_for_each(|text| Recipe::parse(text, "recipes", &[]).map(drop))
}

#[test]
fn layers_keep_less_of_the_rate_in_a_vision_transformer_only() -> Result<(), Error> {
    let decay = |changes: &[&str]| {
        let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
        let recipe = Recipe::parse(GOOD, "r.toml", &changes)?;
        let transfer = recipe.transfer.as_ref().expect("a transfer");
        Ok::<_, Error>(transfer.layer_decay(&recipe.encoder))
    };
    let from = "transfer.from='runs/photos'";
    assert_eq!(decay(&[from])?, 1.0);
    assert_eq!(decay(&[from, "encoder.vit.width=8"])?, 0.75);
    assert_eq!(decay(&[from, "transfer.layer-decay=0.5"])?, 0.5);
    assert!(error(GOOD, &[from, "transfer.layer-decay=0"]).contains("transfer.layer-decay"));
    Ok(())
}
