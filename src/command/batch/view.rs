//! How a table was read, and its rows as they will go: what a person looks at before sending.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::order::Show;
use super::prepare::{Origin, Prepared};
use crate::batch::columns::Role;
use crate::batch::notice::{ColumnUse, Notice};
use crate::batch::table::Form;
use crate::client::batch::{Good, View};
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::report::{known, or_null};
use crate::printable::Printable;

/// Rows shown at most: they are kept until all are checked.
const MOST_SHOWN: usize = 1_000;

/// Letters of a line that is shown: less than what is cut off as too long for a value.
const LINE_LETTERS: usize = 500;

impl Show {
    pub(super) fn wants(&self, row: u64, shown: &[Letter]) -> bool {
        match self {
            Self::Nothing => false,
            Self::First => shown.is_empty(),
            Self::These(rows) => rows.contains(row) && shown.len() < MOST_SHOWN,
        }
    }
}

/// A row as it will go.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "letter")]
pub(super) struct Letter {
    /// The row as a spreadsheet numbers it, header 1; in NDJSON the line.
    #[schemars(range(min = 1))]
    row: u64,
    /// The account that sends.
    account: String,
    /// Its address.
    from: String,
    /// Recipients.
    to: Vec<String>,
    /// Recipients in copy.
    cc: Vec<String>,
    /// The sender's own reference, if the row has one.
    reference: Option<String>,
    /// The subject.
    subject: String,
    /// The text.
    text: String,
    /// Files.
    attachments: Vec<FileJson>,
}

/// A file.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "file")]
struct FileJson {
    /// As the recipient will see it.
    name: String,
    /// Its size.
    octets: u64,
}

impl Letter {
    pub fn of(row: u64, good: &Good, prepared: &Prepared) -> Self {
        let Notice {
            to,
            cc,
            reference,
            subject,
            body,
            ..
        } = &good.notice;
        let file = |(name, octets): &(String, u64)| FileJson {
            name: name.clone(),
            octets: *octets,
        };
        Self {
            row,
            account: prepared.name_of(&good.row.account),
            from: good.row.account.to_string(),
            to: to.iter().map(ToString::to_string).collect(),
            cc: cc.iter().map(ToString::to_string).collect(),
            reference: reference.clone(),
            subject: subject.clone(),
            text: body.clone(),
            attachments: good.files.iter().map(file).collect(),
        }
    }
}

/// How the table was read, and how many good rows have how many files, in a few lines.
pub(super) fn lines(
    view: Option<&View>,
    files: &BTreeMap<usize, u64>,
    prepared: &Prepared,
    lang: Lang,
) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let Some(view) = view else {
        return Vec::new();
    };
    let mut lines = match &prepared.origin {
        Origin::Sheet(_, name, others) => {
            let mut lines = vec![texts.fill("batch.view.sheet", &[("sheet", name)])];
            if !others.is_empty() {
                let values = [("sheets", &*others.join(", "))];
                lines.push(texts.fill("batch.view.other-sheets", &values));
            }
            lines
        }
        Origin::Text | Origin::Array => {
            let form = form_of(view.form, &prepared.origin);
            let sign = delimiter_of(view.form, &prepared.origin).unwrap_or_default();
            let form = texts.fill(&format!("batch.view.{form}"), &[("sign", &sign)]);
            let values = [("encoding", prepared.encoding.name()), ("form", &form)];
            vec![texts.fill("batch.view.read", &values)]
        }
    };
    if !view.accented.is_empty() {
        let words = view.accented.join(", ");
        lines.push(texts.fill("batch.view.accented", &[("words", &words)]));
    }
    lines.extend(column_lines(&view.columns, texts));
    // Nothing is said of files where there is neither a column nor a file.
    let has_files = files.keys().any(|count| *count > 0)
        || view
            .columns
            .iter()
            .any(|one| one.roles.contains(&Role::Attach));
    if has_files && !files.is_empty() {
        let counts = files.iter().map(|(files, rows)| {
            let (files, rows) = (files.to_string(), rows.to_string());
            texts.fill("batch.view.count", &[("files", &files), ("rows", &rows)])
        });
        let counts: Vec<String> = counts.collect();
        lines.push(texts.fill("batch.view.files", &[("counts", &counts.join(", "))]));
    }
    lines
}

fn column_lines(columns: &[ColumnUse], texts: &Catalogue) -> Vec<String> {
    let named = |is: &dyn Fn(&ColumnUse) -> bool| {
        let names = columns.iter().filter(|one| is(one));
        names
            .map(|one| one.name.clone())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let line = |use_: &str, names: String| {
        let what = texts.text(&format!("batch.view.use.{use_}"));
        let values = [("what", what), ("names", &*names)];
        (!names.is_empty()).then(|| texts.fill("batch.view.columns", &values))
    };
    let mut lines = Vec::new();
    for role in Role::ALL {
        lines.extend(line(role.word(), named(&|one| one.roles.contains(&role))));
    }
    lines.extend(line("texts", named(&|one| one.in_texts)));
    lines.extend(line("nothing", named(&|one| !one.is_used())));
    lines
}

/// Rows as they will go.
pub(super) fn letters(letters: &[Letter], lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let mut lines = Vec::new();
    for letter in letters {
        let row = letter.row.to_string();
        lines.push(String::new());
        lines.push(texts.fill("batch.view.row", &[("row", &row)]));
        let files: Vec<String> = letter
            .attachments
            .iter()
            .map(|file| format!("{} ({})", file.name, texts.size(file.octets)))
            .collect();
        let from = format!("{} ({})", letter.from, letter.account);
        for (key, value) in [
            ("from", from),
            ("to", letter.to.join(", ")),
            ("cc", letter.cc.join(", ")),
            ("reference", letter.reference.clone().unwrap_or_default()),
            ("subject", letter.subject.clone()),
            ("attachments", files.join(", ")),
        ] {
            if !value.is_empty() {
                let key = texts.text(&format!("batch.view.field.{key}"));
                lines.push(format!("  {key}: {}", Printable(&value)));
            }
        }
        let text = letter.text.trim_end().lines();
        for line in text {
            // Long paragraphs in pieces: all of it is to be read.
            let all: Vec<char> = line.chars().collect();
            let pieces = all
                .chunks(LINE_LETTERS)
                .map(|piece| piece.iter().collect::<String>());
            let mut pieces: Vec<String> = pieces.collect();
            if pieces.is_empty() {
                pieces.push(String::new());
            }
            lines.extend(
                pieces
                    .iter()
                    .map(|piece| format!("  | {}", Printable(piece))),
            );
        }
    }
    if !letters.is_empty() {
        lines.push(String::new());
    }
    lines
}

const fn form_of(form: Form, origin: &Origin) -> &'static str {
    match (origin, form) {
        (Origin::Sheet(kind, ..), _) => kind,
        (Origin::Array, _) => "json",
        (Origin::Text, Form::Csv(_)) => "csv",
        (Origin::Text, Form::Ndjson) => "ndjson",
    }
}

fn delimiter_of(form: Form, origin: &Origin) -> Option<String> {
    match (origin, form) {
        (Origin::Sheet(..) | Origin::Array, _) | (_, Form::Ndjson) => None,
        (Origin::Text, Form::Csv(b'\t')) => Some("tab".to_owned()),
        (Origin::Text, Form::Csv(sign)) => Some(char::from(sign).to_string()),
    }
}

/// The document of `pec batch check --json`.
#[derive(Default, Serialize, JsonSchema)]
pub(super) struct ViewJson {
    /// What the table is; null where its header cannot be used.
    #[schemars(schema_with = "forms")]
    form: Option<&'static str>,
    /// What stands between cells: a sign, or `tab`; null for other forms than CSV.
    delimiter: Option<String>,
    /// The sheet of a workbook; null for other forms.
    sheet: Option<String>,
    /// The first words with letters beyond ASCII: people see whether the encoding is right.
    accented: Vec<String>,
    /// The columns in the order of the table.
    columns: Vec<ColumnJson>,
    /// How many good rows have how many files to attach.
    files: Vec<CountJson>,
    /// Rows as they will go, those of --show; 1,000 at most.
    #[schemars(with = "Vec<Letter>")]
    shown: Vec<serde_json::Value>,
}

/// A column.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "column")]
struct ColumnJson {
    /// Its name.
    name: String,
    /// What it is for; empty: it is not used. `texts`: a template may put it in.
    #[schemars(schema_with = "uses")]
    uses: Vec<&'static str>,
}

/// Rows with as many files.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "files")]
struct CountJson {
    /// Files of each.
    files: usize,
    /// Rows.
    rows: u64,
}

fn forms(_: &mut SchemaGenerator) -> Schema {
    or_null(known(["csv", "ndjson", "json", "xlsx", "ods"]))
}

fn uses(_: &mut SchemaGenerator) -> Schema {
    let uses = known([
        "to", "cc", "attach", "ref", "account", "subject", "body", "texts",
    ]);
    schemars::json_schema!({ "type": "array", "items": uses })
}

impl ViewJson {
    pub fn of(
        view: Option<&View>,
        files: &BTreeMap<usize, u64>,
        shown: &[Letter],
        prepared: &Prepared,
    ) -> Self {
        let origin = &prepared.origin;
        let column = |one: &ColumnUse| ColumnJson {
            name: one.name.clone(),
            uses: one
                .roles
                .iter()
                .map(|role| role.word())
                .chain(one.in_texts.then_some("texts"))
                .collect(),
        };
        Self {
            form: view.map(|view| form_of(view.form, origin)),
            delimiter: view.and_then(|view| delimiter_of(view.form, origin)),
            sheet: match origin {
                Origin::Sheet(_, name, _) => Some(name.clone()),
                Origin::Text | Origin::Array => None,
            },
            accented: view.map(|view| view.accented.clone()).unwrap_or_default(),
            columns: view
                .map(|view| view.columns.iter().map(column).collect())
                .unwrap_or_default(),
            files: files
                .iter()
                .map(|(files, rows)| CountJson {
                    files: *files,
                    rows: *rows,
                })
                .collect(),
            shown: shown
                .iter()
                .filter_map(|one| serde_json::to_value(one).ok())
                .collect(),
        }
    }
}
