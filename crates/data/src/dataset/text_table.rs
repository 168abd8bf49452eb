//! From rows of text to a [`Table`]: which column is what, then the packed cells.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;

use xxhash_rust::xxh3::xxh3_128;

use super::Options;
use super::classes::LabelsBuilder;
use super::ids::Ids;
use super::infer::{MOST_CATEGORIES, Seen, Verdict, is_missing, number};
use super::names::Names;
use super::source::Source;
use super::store::{MEMORY_LIMIT, Writer};
use super::table::{Table, pack_category, pack_number};
use crate::error::{Error, nearest};
use crate::schema::{Column, Content, Schema};

/// More classes than this are taken for a mistake.
const MOST_CLASSES: usize = 10_000;

/// What is called with the names of the columns known so far, and a row's cells or what is wrong
/// with the row. Cells that are not there are missing.
pub(super) type Visit<'a> =
    dyn FnMut(&[String], Result<&[Cow<'_, str>], String>) -> Result<(), Error> + 'a;

/// Something that can be gone through row by row, more than once.
pub(super) trait TextRows {
    /// Visits every row in order.
    fn scan(&self, visit: &mut Visit<'_>) -> Result<(), Error>;
}

/// Reads all rows twice: to learn what the columns are, and to pack the cells.
pub(super) fn open(
    source: &Source,
    rows: &dyn TextRows,
    options: &Options,
) -> Result<Table, Error> {
    let first = look(source, rows)?;
    let plan = Plan::new(source, &first, options)?;
    pack(source, rows, &first, plan)
}

/// What the first pass finds.
struct Look {
    names: Vec<String>,
    seen: Vec<Seen>,
    /// Rows, and of these the bad ones.
    rows: usize,
    bad: usize,
}

fn look(source: &Source, rows: &dyn TextRows) -> Result<Look, Error> {
    let mut look = Look { names: Vec::new(), seen: Vec::new(), rows: 0, bad: 0 };
    let mut first_bad = None;
    rows.scan(&mut |names, row| {
        look.names.extend_from_slice(&names[look.names.len()..]);
        look.seen.resize_with(names.len(), Seen::new);
        look.rows += 1;
        match row {
            Ok(cells) => {
                cells.iter().zip(&mut look.seen).for_each(|(cell, seen)| seen.see(cell.trim()));
            }
            Err(why) => {
                look.bad += 1;
                first_bad.get_or_insert((look.rows - 1, why));
            }
        }
        Ok(())
    })?;
    if look.rows == 0 {
        return Err(source.empty("it has no rows"));
    }
    if let Some((row, why)) = first_bad.filter(|_| 2 * look.bad > look.rows) {
        let counts = format!("{} of {} rows do not parse", look.bad, look.rows);
        return Err(source.malformed(format!("{counts}; the first is row {row}: {why}")));
    }
    let mut unique = HashSet::new();
    if let Some(twice) = look.names.iter().find(|name| !unique.insert(name.as_str())) {
        return Err(source.malformed(format!("two columns are called {twice:?}")));
    }
    Ok(look)
}

/// Which column of the file is what.
struct Plan {
    label: Option<usize>,
    id: Option<usize>,
    /// The column was named in the recipe, not found by its name.
    id_is_asked: bool,
    schema: Schema,
    /// For each column of the schema, the column of the file.
    from: Vec<usize>,
    notes: Vec<String>,
}

impl Plan {
    fn new(source: &Source, look: &Look, options: &Options) -> Result<Self, Error> {
        let place = |name: &String| place(source, &look.names, name);
        let columns = &options.columns;
        let ignored = columns.ignore.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let mut notes = Vec::new();
        let mut found = |what: &str, key: &str, names: &[&str]| {
            let named = |name: &String| names.iter().any(|known| name.eq_ignore_ascii_case(known));
            let mut at = (0..look.names.len()).filter(|at| !ignored.contains(at));
            let at = at.find(|&at| named(&look.names[at]))?;
            let name = &look.names[at];
            notes.push(format!(
                "column {name:?} is taken as the {what}; data.columns.{key} names another, \
                 data.columns.ignore leaves it out"
            ));
            Some(at)
        };
        let label = match &columns.label {
            Some(name) => Some(place(name)?),
            None => found("class", "label", &["label", "class", "target"]),
        };
        let id = match &columns.id {
            Some(name) => Some(place(name)?),
            None => found("id", "id", &["id"]),
        };
        let apart = |at: usize| Some(at) == label || Some(at) == id || ignored.contains(&at);
        let mut schema = Schema::default();
        let mut from = Vec::new();
        if let Some(wanted) = &options.schema {
            from = wanted.columns.iter().map(|c| place(&c.name)).collect::<Result<_, _>>()?;
            schema = wanted.clone();
        } else {
            for (at, (name, seen)) in look.names.iter().zip(&look.seen).enumerate() {
                if apart(at) {
                    continue;
                }
                let missing = look.rows - look.bad - seen.present();
                match seen.clone().verdict() {
                    Verdict::Feature(content) => {
                        if missing > 0 {
                            let share = format!("{missing} of {} cells are missing", look.rows);
                            notes.push(format!("column {name:?}: {share}"));
                        }
                        schema.columns.push(Column { name: name.clone(), content });
                        from.push(at);
                    }
                    Verdict::Missing => {
                        notes.push(format!("column {name:?} has no values and is left out"));
                    }
                    Verdict::Text => notes.push(format!(
                        "column {name:?} has more than {MOST_CATEGORIES} different texts \
                         and is left out"
                    )),
                }
            }
        }
        if schema.columns.is_empty() {
            let why =
                "no column of it is a feature: each is the label, the id, ignored, empty or text";
            return Err(source.empty(why));
        }
        Ok(Plan { label, id, id_is_asked: columns.id.is_some(), schema, from, notes })
    }
}

/// Where the column of this name stands.
pub(super) fn place(source: &Source, names: &[String], name: &str) -> Result<usize, Error> {
    names.iter().position(|known| known == name).ok_or_else(|| Error::NoSuchColumn {
        path: source.path.clone(),
        column: name.to_owned(),
        hint: nearest(name, names.iter().map(String::as_str)),
        known: names.join(", "),
    })
}

fn pack(source: &Source, rows: &dyn TextRows, look: &Look, plan: Plan) -> Result<Table, Error> {
    let Plan { label, id, id_is_asked, schema, from, mut notes } = plan;
    let dictionaries: Vec<HashMap<&str, u32>> = schema
        .columns
        .iter()
        .map(|column| match &column.content {
            Content::Number => HashMap::new(),
            Content::Category(values) => {
                values.iter().zip(0..).map(|(value, at)| (value.as_str(), at)).collect()
            }
        })
        .collect();
    let mut writer = Writer::new(MEMORY_LIMIT);
    let mut labels = LabelsBuilder::default();
    let mut ids = id.map(|_| UniqueNames::default());
    let mut bad = BTreeMap::new();
    let mut row = 0;
    rows.scan(&mut |_, cells| {
        let text = |at: usize, cells: &[Cow<'_, str>]| {
            cells.get(at).map_or(String::new(), |cell| cell.trim().to_owned())
        };
        let cells = cells.unwrap_or_else(|why| {
            bad.insert(row, why);
            &[]
        });
        for ((&at, column), dictionary) in from.iter().zip(&schema.columns).zip(&dictionaries) {
            let cell = cells.get(at).map_or("", |cell| cell.trim());
            writer.write_all(&match column.content {
                Content::Number => pack_number(number(cell)),
                Content::Category(_) => pack_category(dictionary.get(cell).copied()),
            })?;
        }
        if let Some(at) = label {
            let name = text(at, cells);
            labels.push(Some(name.as_str()).filter(|name| !is_missing(name)));
            if labels.classes() > MOST_CLASSES {
                return Err(Error::Setting(format!(
                    "label column {:?} has more than {MOST_CLASSES} different values, \
                     so it is no class; name another in data.columns.label, or ignore it",
                    look.names[at]
                )));
            }
        }
        if let (Some(at), Some(unique)) = (id, &mut ids) {
            let name = if bad.contains_key(&row) { String::new() } else { text(at, cells) };
            let name = if name.is_empty() { format!("row/{row}") } else { name };
            if !unique.push(&name) {
                if id_is_asked {
                    return Err(Error::Setting(format!(
                        "id column {:?} has the value {name:?} more than once; \
                         leave data.columns.id out to count rows instead",
                        look.names[at]
                    )));
                }
                let column = &look.names[at];
                notes.push(format!("column {column:?} is not unique: rows are counted instead"));
                ids = None;
            }
        }
        row += 1;
        Ok(())
    })?;
    if row != look.rows {
        return Err(source.malformed(format!("it had {} rows, and now {row}", look.rows)));
    }
    let labels = labels.finish();
    if label.is_some() && labels.labelled() < row {
        notes.push(format!("{} of {row} rows have no label", row - labels.labelled()));
    }
    if !bad.is_empty() {
        notes.push(format!("{} of {row} rows do not parse", bad.len()));
    }
    let ids = ids.map_or_else(|| Ids::counted(row), |unique| Ids::Named(unique.names));
    let cells = writer.finish()?;
    drop(dictionaries);
    Ok(Table { schema, cells, rows: row, ids, labels, bad, notes })
}

/// Names that are all different; a hash of each is kept to see that.
#[derive(Default)]
pub(super) struct UniqueNames {
    pub(super) names: Names,
    hashes: HashSet<u128>,
}

impl UniqueNames {
    /// Adds one; whether it is new.
    pub(super) fn push(&mut self, name: &str) -> bool {
        self.names.push(name);
        self.hashes.insert(xxh3_128(name.as_bytes()))
    }
}
