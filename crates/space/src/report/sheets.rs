//! Pictures of what the model learned: what it draws, what it attends to.

use serde::{Deserialize, Serialize};

use super::html::{data_uri, escape};

/// Small pictures in rows on one image, with the words beside them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// Keyword, also of its file.
    pub name: String,
    /// What it is.
    pub title: String,
    /// What one sees, and how healthy differs from sick.
    pub caption: String,
    /// What stands above each column; none where there is nothing to say.
    pub columns: Vec<String>,
    /// What stands before each row, all rows being of one height.
    pub rows: Vec<String>,
    /// The image, as PNG.
    #[serde(skip)]
    pub png: Vec<u8>,
}

pub(super) fn render(sheets: &[Sheet]) -> String {
    sheets.iter().map(sheet).collect()
}

fn sheet(sheet: &Sheet) -> String {
    let labelled = sheet.rows.iter().any(|row| !row.is_empty());
    let rows: String =
        sheet.rows.iter().map(|row| format!("<span>{}</span>", escape(row))).collect();
    let rows = if labelled { format!("<div class=\"labels\">{rows}</div>") } else { String::new() };
    let heads: String =
        sheet.columns.iter().map(|column| format!("<span>{}</span>", escape(column))).collect();
    let heads = match sheet.columns.len() {
        0 => String::new(),
        count => format!("<div class=\"heads\" style=\"--columns:{count}\">{heads}</div>"),
    };
    format!(
        "<figure class=\"sheet{}\"><h3>{}</h3>\n<p class=\"note\">{}</p>\n\
         <div class=\"scroll\"><div class=\"cells\">{heads}{rows}<img src=\"{}\" alt=\"{}\"></div></div></figure>\n",
        if labelled { "" } else { " bare" },
        escape(&sheet.title),
        escape(&sheet.caption),
        data_uri(&sheet.png),
        escape(&alternative(sheet)),
    )
}

/// What somebody reads who cannot see the image.
fn alternative(sheet: &Sheet) -> String {
    let rows: Vec<&str> =
        sheet.rows.iter().map(String::as_str).filter(|row| !row.is_empty()).collect();
    match &rows[..] {
        [] => format!("{}: {} rows of pictures", sheet.title, sheet.rows.len()),
        rows => format!("{}: rows of pictures: {}", sheet.title, rows.join("; ")),
    }
}
