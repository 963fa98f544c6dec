//! Pages of HTML from templates (the language of Jinja) that are compiled in. Whatever is put into one
//! is a text, and never markup.

use minijinja::{Environment, Error, Output, State, UndefinedBehavior, Value};
use serde::Serialize;

use crate::lang::Lang;
use crate::printable::undeceptive;

/// Templates by name.
pub struct Pages {
    environment: Environment<'static>,
}

const OPENING_NAME: &str = "opening";
/// What every page begins with: it loads nothing and runs nothing.
const OPENING: &str = include_str!("opening.html");

#[derive(Serialize)]
struct Opening<'a> {
    lang: &'a str,
    title: &'a str,
}

impl Pages {
    /// Reads templates.
    pub fn new(templates: &[(&'static str, &'static str)]) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_formatter(put);
        let opening = [(OPENING_NAME, OPENING)];
        for (name, source) in opening.iter().chain(templates) {
            environment
                .add_template(name, source)
                .expect("templates compiled in are tested");
        }
        Self { environment }
    }

    /// The lines up to the title; what follows is still in the head of the page.
    pub fn opening(&self, lang: Lang, title: &str) -> String {
        let lang = lang.code();
        self.fill(OPENING_NAME, &Opening { lang, title })
    }

    /// A template with these values in it.
    pub fn fill(&self, name: &str, values: &impl Serialize) -> String {
        let template = self.environment.get_template(name);
        template
            .and_then(|template| template.render(values))
            .expect("templates compiled in are tested")
    }
}

/// Puts one value in.
fn put(out: &mut Output<'_>, _: &State<'_, '_>, value: &Value) -> Result<(), Error> {
    Ok(out.write_str(&escaped(&value.to_string()))?)
}

/// A text that HTML cannot take for its own, and that deceives no reader.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in undeceptive(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_whole() {
        let pages = Pages::new(&[("a", "{{ text }}")]);
        #[derive(Serialize)]
        struct Values {
            text: String,
        }
        let text = "ufficio@pec.example; ".repeat(400);
        let filled = pages.fill("a", &Values { text: text.clone() });
        assert_eq!(filled, text);
    }

    #[test]
    fn nothing_in_a_text_is_markup() {
        let pages = Pages::new(&[("a", "<b>{{ text }}</b>")]);
        #[derive(Serialize)]
        struct Values {
            text: &'static str,
        }
        let text = "<script>'&\"\u{202e}";
        assert_eq!(
            pages.fill("a", &Values { text }),
            "<b>&lt;script&gt;&#39;&amp;&quot;\\u{202e}</b>"
        );
    }
}
