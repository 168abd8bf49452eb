//! Changes to a recipe from the command line, and its shorthands.

use toml::{Table, Value};

use crate::Error;

/// Tables that hold one choice among many: naming another replaces the one that was there.
const CHOICES: &[&str] = &["encoder", "objective", "optimizer"];

/// Lays one line such as `train.epochs = 5` over a recipe.
pub(super) fn lay(table: &mut Table, line: &str) -> Result<(), Error> {
    let change: Table =
        line.parse::<Table>().or_else(|error| quoted(line).ok_or(error)).map_err(|error| {
            Error::Recipe(format!(
                "--set {line}: expected KEY=VALUE as a line of TOML, such as train.epochs=5 ({})",
                error.message()
            ))
        })?;
    merge(table, change, true);
    Ok(())
}

/// The line with its value taken as a string: a shell eats quotes.
fn quoted(line: &str) -> Option<Table> {
    let (key, value) = line.split_once('=')?;
    format!("{key} = {}", Value::String(value.trim().to_owned())).parse().ok()
}

fn merge(table: &mut Table, change: Table, top: bool) {
    for (key, value) in change {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => {
                let chosen = top && CHOICES.contains(&key.as_str());
                if chosen && new.keys().any(|keyword| !old.contains_key(keyword)) {
                    old.clear();
                }
                merge(old, new, false);
            }
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

/// `encoder = "resnet"` stands for `[encoder.resnet]` with all defaults.
pub(super) fn spell_out(table: &mut Table) {
    for &choice in CHOICES {
        if let Some(Value::String(keyword)) = table.get(choice) {
            let chosen = Table::from_iter([(keyword.clone(), Value::Table(Table::new()))]);
            table.insert(choice.to_owned(), Value::Table(chosen));
        }
    }
}
