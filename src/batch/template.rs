//! Subject and body out of templates (the language of Jinja) and the columns of a row.
//!
//! A variable that no column has is an error, never nothing. Values are put in as they are:
//! nothing in them is read as a template. Work and size are bounded; files cannot be included.

use std::collections::BTreeSet;
use std::io;

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use super::table::Columns;
use super::{Fault, MAX_TEXT_OCTETS};

/// Steps of one template: a loop over thousands of values, not one without end.
const FUEL: u64 = 1_000_000;

/// Names that the engine itself has.
const ENGINE: [&str; 5] = ["range", "dict", "namespace", "loop", "debug"];

/// The variable that holds all columns by their names as written.
const ROW: &str = "row";

/// A template that was read.
pub struct Template {
    environment: Environment<'static>,
    role: &'static str,
}

impl Template {
    /// Reads a template for a role (`subject`, `body`).
    ///
    /// # Errors
    /// When it is none.
    pub fn new(role: &'static str, source: &str) -> Result<Self, Fault> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_keep_trailing_newline(true);
        environment.set_fuel(Some(FUEL));
        environment
            .add_template_owned(role, source.to_owned())
            .map_err(|error| Fault::Template {
                role,
                line: error.line().unwrap_or(1),
                reason: words(&error),
            })?;
        Ok(Self { environment, role })
    }

    /// Variables in it that none of these columns gives.
    pub fn unknown(&self, header: &[String]) -> Vec<Fault> {
        let known: BTreeSet<String> = header
            .iter()
            .flat_map(|name| variables(name))
            .chain([ROW.to_owned()])
            .collect();
        let Ok(template) = self.environment.get_template(self.role) else {
            return Vec::new();
        };
        let asked: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
        asked
            .into_iter()
            .filter(|name| !known.contains(name) && !ENGINE.contains(&&**name))
            .map(|name| Fault::UnknownVariable {
                role: self.role,
                name,
                known: header
                    .iter()
                    .map(|name| variable(name))
                    .collect::<Vec<_>>()
                    .join(", "),
            })
            .collect()
    }

    /// The text for a row.
    ///
    /// # Errors
    /// When a variable is missing, the template fails on these values, or the text is too long.
    pub fn fill(&self, values: &Values) -> Result<String, Fault> {
        let mut text = Bounded(Vec::new());
        let template = self.environment.get_template(self.role);
        let filled = template.and_then(|template| {
            template
                .render_captured_to(values.0.clone(), &mut text)
                .map(drop)
        });
        match filled {
            Ok(()) => Ok(String::from_utf8_lossy(&text.0).into_owned()),
            Err(error) => Err(Fault::Render {
                role: self.role,
                line: error.line().unwrap_or(1),
                reason: words(&error),
            }),
        }
    }
}

/// The columns of a row as variables.
pub struct Values(Value);

impl Values {
    /// Each column is a variable under its name, in which all but letters, digits and `_` became
    /// `_`; in small letters too, and in `row["any name"]` as it is written.
    pub fn new(columns: &Columns) -> Self {
        let mut all: Vec<(String, Value)> = Vec::with_capacity(2 * columns.len() + 1);
        for (name, value) in columns {
            let value = Value::from_serialize(value);
            for name in variables(name).into_iter().rev() {
                all.push((name, value.clone()));
            }
        }
        let row = columns
            .iter()
            .map(|(name, value)| (name.clone(), Value::from_serialize(value)));
        let row: Value = row.collect();
        if !columns.contains_key(ROW) {
            all.push((ROW.to_owned(), row));
        }
        Self(all.into_iter().collect())
    }
}

/// A name as a variable of a template.
fn variable(name: &str) -> String {
    let mut variable: String = name
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    if variable.starts_with(|c: char| c.is_numeric()) {
        variable.insert(0, '_');
    }
    variable
}

/// The same, and in small letters.
fn variables(name: &str) -> Vec<String> {
    let variable = variable(name);
    let small = variable.to_lowercase();
    if small == variable {
        vec![variable]
    } else {
        vec![variable, small]
    }
}

fn words(error: &minijinja::Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::WriteFailure, _) => format!("more than {MAX_TEXT_OCTETS} octets"),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

/// A text that refuses to grow too long.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.0.len() + octets.len() > MAX_TEXT_OCTETS {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns(value: serde_json::Value) -> Columns {
        match value {
            serde_json::Value::Object(columns) => columns,
            _ => unreachable!(),
        }
    }

    fn fill(source: &str, value: serde_json::Value) -> Result<String, Fault> {
        Template::new("body", source)?.fill(&Values::new(&columns(value)))
    }

    #[test]
    fn columns_are_variables() {
        let row = json!({"Nome": "Anna {{ x }} <b>", "Ragione sociale": "A & B", "n": 2});
        let filled = fill(
            "{{ nome }}|{{ Nome|upper }}|{{ ragione_sociale }}|{{ row[\"Ragione sociale\"] }}\
             {% if n > 1 %}|due{% endif %}\n",
            row,
        );
        assert_eq!(
            filled.unwrap(),
            "Anna {{ x }} <b>|ANNA {{ X }} <B>|A & B|A & B|due\n"
        );
    }

    #[test]
    fn a_variable_without_a_column_is_an_error() {
        let wrong = fill("a\n{{ importo }}", json!({"nome": "x"}));
        assert!(
            matches!(wrong, Err(Fault::Render { line: 2, .. })),
            "{wrong:?}"
        );
        let template = Template::new(
            "body",
            "{{ importo }}{% for i in range(2) %}{{ i }}{% endfor %}",
        );
        let unknown = template.unwrap().unknown(&["nome".to_owned()]);
        assert_eq!(
            unknown,
            [Fault::UnknownVariable {
                role: "body",
                name: "importo".into(),
                known: "nome".into()
            }]
        );
    }

    #[test]
    fn a_template_that_is_none_is_told_with_its_line() {
        let wrong = Template::new("subject", "a\n{{ nome").map(drop);
        assert!(
            matches!(wrong, Err(Fault::Template { line: 2, .. })),
            "{wrong:?}"
        );
    }

    #[test]
    fn work_and_size_are_bounded() {
        let endless =
            "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
        assert!(matches!(
            fill(endless, json!({})),
            Err(Fault::Render { .. })
        ));
        let long = "{% for a in range(9999) %}{{ t }}{% endfor %}";
        let long = fill(long, json!({"t": "x".repeat(1_000)}));
        let Err(Fault::Render { reason, .. }) = long else {
            panic!("{long:?}")
        };
        assert!(reason.contains("1000000"), "{reason}");
    }
}
