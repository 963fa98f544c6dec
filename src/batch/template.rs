//! Subject and body out of templates (the language of Jinja) and the columns of a row.
//!
//! A variable that no column has is an error, never nothing. Values are put in as they are:
//! nothing in them is read as a template, and a text is never taken for a number that it is not
//! ([`operators`]). Work and size are bounded; files cannot be included.

use std::collections::BTreeSet;
use std::io;

use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

use super::operators::{self, Unclear};
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
    /// Variables that it asks for.
    asked: BTreeSet<String>,
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
        operators::install(&mut environment);
        let source = operators::rewritten(source).map_err(|line| Fault::Template {
            role,
            line,
            reason: "comparisons in a row, write a < b and b < c; or too many brackets".to_owned(),
        })?;
        environment
            .add_template_owned(role, source)
            .map_err(|error| Fault::Template {
                role,
                line: error.line().unwrap_or(1),
                reason: words(&error),
            })?;
        let template = environment.get_template(role);
        let asked = template.map(|template| template.undeclared_variables(false));
        let asked = asked.unwrap_or_default().into_iter().collect();
        Ok(Self {
            environment,
            role,
            asked,
        })
    }

    /// Variables in it that none of these columns gives.
    pub fn unknown(&self, header: &[String]) -> Vec<Fault> {
        let known: BTreeSet<String> = header
            .iter()
            .flat_map(|name| variables(name))
            .chain([ROW.to_owned()])
            .collect();
        self.asked
            .iter()
            .filter(|name| !known.contains(*name) && !ENGINE.contains(&&***name))
            .map(|name| Fault::UnknownVariable {
                role: self.role,
                name: name.clone(),
                known: header
                    .iter()
                    .map(|name| variable(name))
                    .collect::<Vec<_>>()
                    .join(", "),
            })
            .collect()
    }

    /// Whether the text may hold what stands in this column.
    pub fn uses(&self, column: &str) -> bool {
        variables(column)
            .into_iter()
            .chain([ROW.to_owned()])
            .any(|name| self.asked.contains(&name))
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
            Err(error) => Err(self.fault(&error, values)),
        }
    }

    /// The variables of the template that these values do not have.
    fn missing(&self, values: &Values) -> String {
        let is_missing = |name: &&String| {
            !ENGINE.contains(&&***name)
                && values
                    .0
                    .get_attr(name)
                    .is_ok_and(|value| value.is_undefined())
        };
        let names: Vec<&str> = self
            .asked
            .iter()
            .filter(is_missing)
            .map(String::as_str)
            .collect();
        // Which name was asked of the whole row, the engine does not say.
        let of_row = names.is_empty() && self.asked.contains(ROW);
        match of_row {
            true => ROW.to_owned(),
            false => names.join(", "),
        }
    }

    fn fault(&self, error: &minijinja::Error, values: &Values) -> Fault {
        let (role, line) = (self.role, error.line().unwrap_or(1));
        if error.kind() == ErrorKind::UndefinedError {
            let names = self.missing(values);
            if !names.is_empty() {
                return Fault::NoValue { role, line, names };
            }
        }
        match unclear(error) {
            Some(Unclear::NoNumber(value)) => Fault::NoNumber { role, line, value },
            Some(Unclear::TwoNumbers(value)) => Fault::TwoNumbers { role, line, value },
            Some(Unclear::Apart(one, other)) => Fault::NotComparable {
                role,
                line,
                one,
                other,
            },
            None => Fault::Render {
                role,
                line,
                reason: words(error),
            },
        }
    }
}

/// What an operator found unclear, where that is the reason.
fn unclear(error: &minijinja::Error) -> Option<Unclear> {
    let mut reason: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = reason {
        if let Some(unclear) = error.downcast_ref::<Unclear>() {
            return Some(unclear.clone());
        }
        reason = error.source();
    }
    None
}

/// The columns of a row as variables.
pub struct Values(Value);

impl Values {
    /// Each column is a variable under its name, in which all but letters, digits and `_` became
    /// `_`; in small letters too, and in `row["any name"]` as it is written. One that is null is
    /// none: it would be put in as a word.
    pub fn new(columns: &Columns) -> Self {
        let mut all: Vec<(String, Value)> = Vec::with_capacity(2 * columns.len() + 1);
        let given = || columns.iter().filter(|(_, value)| !value.is_null());
        for (name, value) in given() {
            let value = Value::from_serialize(value);
            for name in variables(name).into_iter().rev() {
                all.push((name, value.clone()));
            }
        }
        let row = given().map(|(name, value)| (name.clone(), Value::from_serialize(value)));
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
            matches!(&wrong, Err(Fault::NoValue { line: 2, names, .. }) if names == "importo"),
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

    /// `{% if EXPRESSION %}`, true or false, or the word of the fault.
    fn holds(expression: &str, row: serde_json::Value) -> Result<bool, &'static str> {
        let source = format!("{{% if {expression} %}}si{{% else %}}no{{% endif %}}");
        match fill(&source, row) {
            Ok(text) => Ok(text == "si"),
            Err(fault) => Err(fault.word()),
        }
    }

    #[test]
    fn numbers_compare_as_numbers_as_people_write_them() {
        let row = json!({"importo": "50", "pagato": "1.234,56", "euro": "€ 7,00", "n": 9});
        for (expression, expected) in [
            ("importo > 100", false),
            ("importo < 100", true),
            ("importo == 50", true),
            ("importo != 50", false),
            ("importo == 50.0", true),
            ("importo >= n", true),
            ("n < importo", true),
            ("pagato > 1234", true),
            ("pagato == 1234.56", true),
            ("pagato <= importo", false),
            ("euro == 7", true),
            ("importo in [49, 50]", true),
            ("importo not in [49, 50]", false),
            ("importo is gt 100", false),
            ("importo is gt(49)", true),
            ("not importo > 100 and n == 9", true),
            ("(importo if n > 8 else 1000) > 100", false),
            ("importo * 2 == 100", true),
            ("importo + n > 58", true),
            ("importo - 1 < pagato / 2", true),
            ("[importo, pagato]|select('gt', 100)|list|length == 1", true),
            ("importo|int > 49 and pagato|float > 1234.5", true),
        ] {
            assert_eq!(holds(expression, row.clone()), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn a_text_is_never_compared_with_a_number() {
        let row = json!({"nome": "Anna", "vuoto": "", "mille": "1.234", "cap": "00118",
            "data": "31/12/2025", "altra": "01/01/2026", "si": true});
        for (expression, expected) in [
            ("nome > 100", Err("no-number")),
            ("nome == 100", Err("not-comparable")),
            ("vuoto > 0", Err("no-number")),
            ("vuoto == 0", Ok(false)),
            ("mille > 100", Err("two-numbers")),
            ("mille == 1234", Err("two-numbers")),
            ("mille == 'x'", Ok(false)),
            ("cap == '00118'", Ok(true)),
            ("cap == '118'", Ok(false)),
            ("cap > 100", Err("no-number")),
            ("nome == 'Anna'", Ok(true)),
            ("nome < 'Bice'", Ok(true)),
            ("nome in ['Anna', 'Bice']", Ok(true)),
            ("'nn' in nome", Ok(true)),
            ("5 in nome", Err("not-comparable")),
            ("data < altra", Ok(true)),
            ("data < 'gennaio'", Err("not-comparable")),
            ("si == 'vero'", Err("not-comparable")),
            ("si == true", Ok(true)),
            ("mille|float > 1", Err("two-numbers")),
            ("nome * 2 == 4", Err("not-comparable")),
            ("manca > 3", Err("no-value")),
        ] {
            assert_eq!(holds(expression, row.clone()), expected, "{expression}");
        }
    }

    #[test]
    fn rewriting_keeps_all_else_as_the_engine_has_it() {
        let row = json!({"a": "x", "n": 3, "l": [1, 2, 3], "m": {"k": "v"}});
        for (source, expected) in [
            ("{{ a ~ n }}", "x3"),
            ("{{ -n }}|{{ n - -1 }}|{{ 2 ** n }}", "-3|4|8"),
            (
                "{{ l[1:]|join('+') }}|{{ m.k }}|{{ {'a > b': n}['a > b'] }}",
                "2+3|v|3",
            ),
            ("{% raw %}{{ n > 'a' }}{% endraw %}", "{{ n > 'a' }}"),
            ("{# n > 'a' #}{{ 'n > 3' }}", "n > 3"),
            (
                "{% for i in l if i > 1 %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}",
                "2,3",
            ),
            ("{%- set y = n > 2 -%} {{ y }}", "True"),
            ("{{ 'si' if n > 2 else 'no' }} {{- ' x' }}", "si x"),
            ("{{ a is not none and n is not in [1] }}", "True"),
            ("{{ n is divisibleby 3 }}{{ a is defined }}", "TrueTrue"),
            ("{{ '-' * 3 }}{{ 'a' + 'b' }}", "---ab"),
            ("a < b { {{ 1e3 > 2 }} {{ '}}' }}", "a < b { True }}"),
            ("{{ (n - 1) * 2 + n // 2 }}", "5"),
            ("{{ dict(a=n > 2).a }}", "True"),
        ] {
            assert_eq!(
                fill(source, row.clone()).as_deref(),
                Ok(expected),
                "{source}"
            );
        }
        let third = fill("a\n{% if n\n > 'x' %}{% endif %}", row.clone());
        assert!(
            matches!(third, Err(Fault::NoNumber { line: 2..=3, .. })),
            "{third:?}"
        );
        for wrong in [
            "{{ 1 < n < 5 }}",
            "{{ n > }}",
            "{{ 'a }}",
            "{% if n > 3",
            "{{ (n > 3 }}",
        ] {
            let wrong = Template::new("body", wrong).map(drop);
            assert!(matches!(wrong, Err(Fault::Template { .. })), "{wrong:?}");
        }
    }

    #[test]
    fn accented_names_are_names_and_null_is_no_word() {
        let row = json!({"Città": "Forlì", "nome": null});
        let city = fill(
            "{{ Città }} {{ città|upper }} {{ row['Città'] }}",
            row.clone(),
        );
        assert_eq!(city.as_deref(), Ok("Forlì FORLÌ Forlì"));
        for source in [
            "{{ nome }}",
            "{{ nome|upper }}",
            "{{ 'x' ~ nome }}",
            "{{ row.nome }}",
        ] {
            let wrong = fill(source, row.clone());
            assert!(
                matches!(wrong, Err(Fault::NoValue { .. })),
                "{source}: {wrong:?}"
            );
        }
        assert_eq!(
            fill("{{ nome|default('tutti') }}", row).as_deref(),
            Ok("tutti")
        );
    }
}
