//! The one way out: a command gives a [`Report`], and [`Output`] alone writes on standard output.
//!
//! A report is a documented type. Its `Serialize` is the JSON, its `JsonSchema` the schema, whose
//! descriptions are the doc comments of the type and its fields; its [`Report::text`] is what a
//! person reads and its [`Report::exit`] what the shell gets. Every document and every line of
//! events begins with the same head, which is written here, so that no command can forget it.
//!
//! Times of this program are RFC 3339 in UTC, with `Z`: a [`Timestamp`]. What a receipt certifies
//! is quoted and keeps the offset that it states.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::{Map, Value};

use super::catalogue::Catalogue;
use super::fold::Folding;
use super::json;
use super::style::Style;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::timestamp::{Timestamp, UTC};

/// The program and its version, as documents and pages name it.
pub const PROGRAM: &str = concat!("pec ", env!("CARGO_PKG_VERSION"));

/// What a command found out, or one event of many.
///
/// The first line of its doc comment is a heading, `# Results of …`: the title of the schema; what
/// follows is its description. Fields may be added within a version, so objects are open, and
/// a list of words that may grow is open too: see [`known`].
pub trait Report: Serialize + JsonSchema {
    /// Which document: `pec/doctor`.
    const SCHEMA: &'static str;

    /// Raised when a field is removed or means something else.
    const VERSION: u32 = 1;

    /// Writes it for a person.
    ///
    /// # Errors
    /// Those of the stream.
    fn text(&self, page: &mut Page<'_>) -> io::Result<()>;

    /// What the shell gets for it.
    fn exit(&self) -> ExitStatus {
        ExitStatus::Yes
    }

    /// Further documents that its schema tells, with their names in `$defs`.
    fn others() -> Vec<(&'static str, Schema)> {
        Vec::new()
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For a person.
    Text,
    /// As JSON: a document in indented lines, an event on one.
    Json,
}

impl Form {
    /// That of `--json` or `--ndjson`.
    pub const fn of(json: bool) -> Self {
        match json {
            true => Self::Json,
            false => Self::Text,
        }
    }
}

/// A place for texts: lines in one language.
pub struct Page<'a> {
    /// The language.
    pub lang: Lang,
    /// Whether to colour.
    pub style: Style,
    /// Columns of the terminal; none where it is no terminal.
    width: Option<usize>,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    /// The texts of the language.
    pub fn texts(&self) -> &'static Catalogue {
        Catalogue::of(self.lang)
    }

    /// Writes a line, folded where the terminal is narrower.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn line(&mut self, line: impl std::fmt::Display) -> io::Result<()> {
        writeln!(Folding::new(self.out, self.width), "{line}")
    }

    /// Writes lines.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn lines<T: std::fmt::Display>(
        &mut self,
        lines: impl IntoIterator<Item = T>,
    ) -> io::Result<()> {
        lines.into_iter().try_for_each(|line| self.line(line))
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.octets(text.as_bytes())
    }

    /// Writes a file that is no text.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn octets(&mut self, octets: &[u8]) -> io::Result<()> {
        self.out.write_all(octets)
    }
}

/// Standard output: reports go there, in the form that was asked for.
pub struct Output<'a> {
    lang: Lang,
    style: Style,
    /// The machine's clock.
    now: &'a dyn Fn() -> Timestamp,
    /// Columns of the terminal; none where it is no terminal.
    width: Option<usize>,
    out: &'a mut dyn Write,
}

impl<'a> Output<'a> {
    /// Standard output for a language.
    pub fn new(
        lang: Lang,
        style: Style,
        now: &'a dyn Fn() -> Timestamp,
        out: &'a mut dyn Write,
    ) -> Self {
        Self {
            lang,
            style,
            now,
            width: None,
            out,
        }
    }

    /// The same, on a terminal of so many columns.
    pub fn of_width(self, width: Option<usize>) -> Self {
        Self { width, ..self }
    }

    /// The same, into a file that the user named.
    pub fn into_file<'b>(&self, out: &'b mut dyn Write) -> Output<'b>
    where
        'a: 'b,
    {
        Output {
            lang: self.lang,
            style: self.style,
            now: self.now,
            width: None,
            out,
        }
    }

    /// For texts that are no report.
    pub fn page(&mut self) -> Page<'_> {
        Page {
            lang: self.lang,
            style: self.style,
            width: self.width,
            out: self.out,
        }
    }

    /// Writes a line that is no report, at once.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn say(&mut self, line: impl std::fmt::Display) -> io::Result<()> {
        self.page().line(line)?;
        self.out.flush()
    }

    /// For a command that runs another: that one has an output of its own.
    pub fn stream(&mut self) -> &mut dyn Write {
        self.out
    }

    /// Writes the result of a run; gives its exit status.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn show<R: Report>(&mut self, report: &R, form: Form) -> io::Result<ExitStatus> {
        match form {
            Form::Text => report.text(&mut self.page())?,
            Form::Json => {
                let text = json::pretty(&Whole::of(report, (self.now)()))?;
                writeln!(self.out, "{text}")?;
            }
        }
        self.out.flush()?;
        Ok(report.exit())
    }

    /// Writes one event, at once: the reader waits for it.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn tell<R: Report>(&mut self, event: &R, form: Form) -> io::Result<()> {
        match form {
            Form::Text => event.text(&mut self.page())?,
            Form::Json => {
                let text = json::line(&Whole::of(event, (self.now)()))?;
                writeln!(self.out, "{text}")?;
            }
        }
        self.out.flush()
    }

    /// Writes one of many that are at hand: nobody waits for it.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn list<R: Report>(&mut self, one: &R, form: Form) -> io::Result<()> {
        match form {
            Form::Text => one.text(&mut self.page()),
            Form::Json => {
                let text = json::line(&Whole::of(one, (self.now)()))?;
                writeln!(self.out, "{text}")
            }
        }
    }

    /// Lets go of what was written.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Begins a document whose list `name`, empty in `report`, may be longer than memory.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn grow<R: Report>(&mut self, report: &R, name: &str) -> io::Result<Growing<'_>> {
        let empty = format!("\n  \"{name}\": []");
        let text = json::pretty(&Whole::of(report, (self.now)()))?;
        let (before, _) = text.split_once(&empty).unwrap_or_default();
        write!(self.out, "{before}\n  \"{name}\": [")?;
        Ok(Growing {
            out: self.out,
            empty,
            is_empty: true,
        })
    }

    /// Writes the schema of a report: the answer to `--json-schema`.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn schema<R: Report>(&mut self) -> io::Result<ExitStatus> {
        self.schema_of(&schema::<R>())
    }

    /// Writes a schema.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn schema_of(&mut self, schema: &Schema) -> io::Result<ExitStatus> {
        let text = json::pretty(schema)?;
        writeln!(self.out, "{text}")?;
        Ok(ExitStatus::Yes)
    }
}

/// A document that is being written; the same octets as if it had been at hand whole.
pub struct Growing<'o> {
    out: &'o mut dyn Write,
    /// How the list looks where it is empty. No text looks like this: in texts a line end is
    /// escaped.
    empty: String,
    is_empty: bool,
}

impl Growing<'_> {
    /// Adds to the list.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn add<T: Serialize>(&mut self, item: &T) -> io::Result<()> {
        let before = if self.is_empty { "" } else { "," };
        self.is_empty = false;
        let text = json::pretty(item)?.replace('\n', "\n    ");
        write!(self.out, "{before}\n    {text}")
    }

    /// Ends the list and writes what follows it in `report`, in which it is empty.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn close<R: Report>(self, report: &R) -> io::Result<ExitStatus> {
        let end = if self.is_empty { "]" } else { "\n  ]" };
        let text = json::pretty(&Whole::of(report, Timestamp::from_unix(0)))?;
        let (_, after) = text.split_once(&self.empty).unwrap_or_default();
        writeln!(self.out, "{end}{after}")?;
        self.out.flush()?;
        Ok(report.exit())
    }
}

/// What every document and every line of events begins with.
#[derive(Serialize, JsonSchema)]
struct Head {
    /// Which document this is.
    schema: &'static str,
    /// Version of this form. Adding a field keeps it; removing one or changing its meaning raises
    /// it. Readers must ignore fields that they do not know.
    version: u32,
    /// Name and version of the program that wrote it.
    #[schemars(regex(pattern = "^pec [0-9]"))]
    program: &'static str,
    /// The machine's clock when it was written. RFC 3339, UTC, whole seconds.
    at: Timestamp,
}

impl Head {
    fn of<R: Report>(at: Timestamp) -> Self {
        Self {
            schema: R::SCHEMA,
            version: R::VERSION,
            program: PROGRAM,
            at,
        }
    }
}

/// A report with its head.
#[derive(Serialize)]
struct Whole<'r, R> {
    #[serde(flatten)]
    head: Head,
    #[serde(flatten)]
    report: &'r R,
}

impl<'r, R: Report> Whole<'r, R> {
    fn of(report: &'r R, at: Timestamp) -> Self {
        Self {
            head: Head::of::<R>(at),
            report,
        }
    }
}

/// The schema of a report, as JSON Schema 2020-12: its own fields after those of the head.
pub fn schema<R: Report>() -> Schema {
    let mut head = root::<Head>();
    // The head states which of its values these are.
    let constants = [
        ("schema", Value::from(R::SCHEMA)),
        ("version", R::VERSION.into()),
    ];
    for (name, constant) in constants {
        if let Some(field) = head.pointer_mut(&format!("/properties/{name}")) {
            field["const"] = constant;
        }
    }
    let mut whole = root::<R>();
    let name = R::SCHEMA.replace("pec/", "urn:postacert:schema:");
    whole.insert("$id".to_owned(), format!("{name}:{}", R::VERSION).into());
    whole.insert("type".to_owned(), "object".into());
    for name in ["properties", "required"] {
        let own = whole.remove(name);
        let both = match (head.remove(name), own) {
            (Some(Value::Object(mut all)), Some(Value::Object(own))) => {
                all.extend(own);
                all.into()
            }
            (Some(Value::Array(mut all)), Some(Value::Array(own))) => {
                all.extend(own);
                all.into()
            }
            (head, _) => head.unwrap_or_default(),
        };
        whole.insert(name.to_owned(), both);
    }
    for (name, other) in R::others() {
        add(&mut whole, name, other);
    }
    whole
}

/// The schema of any of several documents, told apart by `schema`; `name` is that of all of them.
pub fn any(name: &str, title: &str, about: &str, of: Vec<(&'static str, Schema)>) -> Schema {
    let cases = of.iter().map(|(name, _)| format!("#/$defs/{name}"));
    let cases: Vec<Value> = cases.map(|to| serde_json::json!({ "$ref": to })).collect();
    let mut whole = schemars::json_schema!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:postacert:schema:{name}"),
        "title": title,
        "description": about,
        "oneOf": cases,
    });
    for (name, one) in of {
        add(&mut whole, name, one);
    }
    whole
}

/// Adds a document to the definitions of another, with its own definitions; a type has the same
/// schema wherever it stands.
pub fn add(whole: &mut Schema, name: &str, mut other: Schema) {
    for own in ["$schema", "$id", "title"] {
        other.remove(own);
    }
    let theirs = other.remove("$defs");
    let definitions = whole.ensure_object().entry("$defs");
    if let Value::Object(definitions) = definitions.or_insert_with(|| Value::Object(Map::new())) {
        if let Some(Value::Object(theirs)) = theirs {
            definitions.extend(theirs);
        }
        definitions.insert(name.to_owned(), other.into());
    }
}

/// The schema of what a type writes.
fn root<T: JsonSchema>() -> Schema {
    let generator = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = generator.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(tidy).transform(&mut schema);
    schema
}

/// Doc comments are broken into lines, and widths of integers are no format of JSON Schema.
fn tidy(schema: &mut Schema) {
    let is_width = |format: &Value| {
        let format = format.as_str().unwrap_or_default();
        format.starts_with("uint") || format.starts_with("int")
    };
    if schema.get("format").is_some_and(is_width) {
        schema.remove("format");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
}

/// The schema of a word of a list that may grow within a version: a pattern, and the words known
/// today as examples. Readers must expect others.
pub fn known(words: impl IntoIterator<Item = &'static str>) -> Schema {
    let words: Vec<&str> = words.into_iter().collect();
    schemars::json_schema!({
        "type": "string",
        "pattern": "^[a-z0-9-]+([.:][a-z0-9-]+)*$",
        "examples": words,
    })
}

/// The schema of one of these words and no other: a list that the rules close.
pub fn only(words: impl IntoIterator<Item = &'static str>) -> Schema {
    let words: Vec<&str> = words.into_iter().collect();
    schemars::json_schema!({ "type": "string", "enum": words })
}

/// The schema of such a word, or null.
pub fn or_null(mut schema: Schema) -> Schema {
    schema.insert("type".to_owned(), Value::from(["string", "null"].to_vec()));
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    schema
}

/// A SHA-256 in lower-case hexadecimal.
pub const SHA256: &str = "^[0-9a-f]{64}$";

/// A short id of a message or a job.
pub const SHORT_ID: &str = "^[0-9a-f]{8,64}$";

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "pattern": UTC })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document with a list between other fields.
    #[derive(Clone, Serialize, JsonSchema)]
    struct Sample {
        /// Before the list.
        before: &'static str,
        /// The list.
        items: Vec<Vec<u32>>,
        /// After it.
        after: Vec<u32>,
    }

    impl Report for Sample {
        const SCHEMA: &'static str = "pec/sample";

        fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
            page.line(self.before)
        }

        fn exit(&self) -> ExitStatus {
            ExitStatus::No
        }
    }

    fn written(write: impl FnOnce(&mut Output<'_>) -> io::Result<ExitStatus>) -> String {
        let mut octets = Vec::new();
        let now = || Timestamp::from_unix(1_777_882_507);
        let mut out = Output::new(Lang::En, Style::Plain, &now, &mut octets);
        let status = write(&mut out).expect("in memory");
        assert_eq!(status, ExitStatus::No);
        String::from_utf8(octets).expect("text")
    }

    fn sample(items: &[Vec<u32>]) -> Sample {
        Sample {
            // What marks the place of the list is no mark inside a text.
            before: "\n  \"items\": []",
            items: items.to_vec(),
            after: vec![1],
        }
    }

    #[test]
    fn a_document_that_grows_is_written_as_one_that_is_whole() {
        for items in [&[][..], &[vec![1, 2]], &[vec![], vec![3]]] {
            let whole = written(|out| out.show(&sample(items), Form::Json));
            let grown = written(|out| {
                let mut growing = out.grow(&sample(&[]), "items")?;
                for item in items {
                    growing.add(item)?;
                }
                growing.close(&sample(&[]))
            });
            assert_eq!(grown, whole);
        }
    }

    #[test]
    fn every_form_has_the_same_head() {
        let head = "{\"schema\":\"pec/sample\",\"version\":1,\"program\":\"pec ";
        let line = written(|out| {
            out.tell(&sample(&[]), Form::Json)?;
            Ok(ExitStatus::No)
        });
        assert!(line.starts_with(head), "{line}");
        assert!(line.contains("\"at\":\"2026-05-04T08:15:07Z\""), "{line}");
        assert_eq!(line.matches('\n').count(), 1);
        let schema = schema::<Sample>();
        let names = |place: &str| -> Vec<String> {
            let fields = schema.pointer(place).and_then(Value::as_object);
            fields
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone())
                .collect()
        };
        let all = [
            "schema", "version", "program", "at", "before", "items", "after",
        ];
        assert_eq!(names("/properties"), all);
        assert_eq!(schema.get("required"), Some(&Value::from(all.to_vec())));
        let name = schema.get("$id").and_then(Value::as_str);
        assert_eq!(name, Some("urn:postacert:schema:sample:1"));
    }
}
