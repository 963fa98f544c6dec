//! Which column is what: by its name in either language, or by the name that is given.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Fault;
use super::table::Columns;

/// What a column can be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Recipients.
    To,
    /// Recipients in copy.
    Cc,
    /// Files to attach.
    Attach,
    /// The sender's own reference.
    Reference,
    /// The account that sends.
    Account,
    /// The subject, where no template is given.
    Subject,
    /// The text, where no template is given.
    Body,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::To,
        Self::Cc,
        Self::Attach,
        Self::Reference,
        Self::Account,
        Self::Subject,
        Self::Body,
    ];

    /// Its word.
    pub const fn word(self) -> &'static str {
        self.names()[0]
    }

    /// The option that names its column; none for texts, which templates replace.
    pub const fn option(self) -> &'static str {
        match self {
            Self::To => "--to-column",
            Self::Cc => "--cc-column",
            Self::Attach => "--attach-column",
            Self::Reference => "--ref-column",
            Self::Account => "--account-column",
            Self::Subject => "--subject",
            Self::Body => "--body-file",
        }
    }

    /// The names of columns that have this role without being told, in small letters. Capitals,
    /// blanks and signs do not matter (`E-mail`, `indirizzo_pec`).
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::To => &[
                "to",
                "a",
                "pec",
                "destinatario",
                "destinatari",
                "indirizzo pec",
                "posta certificata",
                "domicilio digitale",
                "pec destinatario",
                "recipient",
                "recipients",
            ],
            Self::Cc => &["cc", "copia"],
            Self::Attach => &[
                "attach",
                "allegato",
                "allegati",
                "attachment",
                "attachments",
                "file",
                "pdf",
            ],
            Self::Reference => &["ref", "reference", "riferimento", "rif"],
            Self::Account => &["account", "casella"],
            Self::Subject => &["subject", "oggetto"],
            Self::Body => &["body", "testo"],
        }
    }

    /// Names that count where no other is there: beside a certified address an ordinary one is
    /// often given.
    const fn weak_names(self) -> &'static [&'static str] {
        match self {
            Self::To => &["email", "mail", "indirizzo email"],
            Self::Cc
            | Self::Attach
            | Self::Reference
            | Self::Account
            | Self::Subject
            | Self::Body => &[],
        }
    }

    /// Whether a column may be one of several (`Allegato 1`, `Allegato 2`).
    const fn has_several(self) -> bool {
        matches!(self, Self::Attach)
    }

    fn is_named(self, name: &str, names: &[&str]) -> bool {
        let bare = match self.has_several() {
            true => name
                .trim_end()
                .trim_end_matches(|c: char| c.is_ascii_digit()),
            false => name,
        };
        names.iter().any(|other| letters(bare).eq(letters(other)))
    }
}

/// Letters and digits alone, small.
fn letters(name: &str) -> impl Iterator<Item = char> {
    let kept = name.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase)
}

/// Names of columns that were given for roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// For [`Role::To`].
    pub to: Option<String>,
    /// For [`Role::Cc`].
    pub cc: Option<String>,
    /// For [`Role::Attach`].
    pub attach: Option<String>,
    /// For [`Role::Reference`].
    pub reference: Option<String>,
    /// For [`Role::Account`].
    pub account: Option<String>,
}

impl Given {
    /// The name given for a role.
    pub fn of(&self, role: Role) -> Option<&str> {
        match role {
            Role::To => self.to.as_deref(),
            Role::Cc => self.cc.as_deref(),
            Role::Attach => self.attach.as_deref(),
            Role::Reference => self.reference.as_deref(),
            Role::Account => self.account.as_deref(),
            Role::Subject | Role::Body => None,
        }
    }

    /// The column with a role among these names.
    ///
    /// # Errors
    /// When two have it, or the one given is not there.
    pub fn find<'a>(
        &self,
        role: Role,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Option<&'a str>, Fault> {
        let found = self.find_all(role, names)?;
        match found[..] {
            [one, other, ..] if !role.has_several() => Err(Fault::TwoColumns {
                one: one.to_owned(),
                other: other.to_owned(),
                option: role.option(),
            }),
            _ => Ok(found.first().copied()),
        }
    }

    /// All columns that have a role by their names, in the order of the table.
    ///
    /// # Errors
    /// When the one given is not there.
    pub fn find_all<'a>(
        &self,
        role: Role,
        names: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<Vec<&'a str>, Fault> {
        if let Some(given) = self.of(role) {
            let given = given.trim();
            let found: Vec<&str> = names
                .filter(|name| name.to_lowercase() == given.to_lowercase())
                .collect();
            return match found.is_empty() {
                true => Err(Fault::UnknownColumn {
                    name: given.to_owned(),
                }),
                false => Ok(found),
            };
        }
        let named = |known: &[&str]| -> Vec<&'a str> {
            let fitting = names.clone().filter(|name| role.is_named(name, known));
            fitting.collect()
        };
        let found = named(role.names());
        Ok(match found.is_empty() {
            true => named(role.weak_names()),
            false => found,
        })
    }
}

/// The values in a column: those of an array, or the parts of a text between `;`, `|` or line
/// ends. A comma divides nothing: it may stand in a file's name, and in an address it is wrong.
pub fn values(columns: &Columns, name: &str) -> Vec<String> {
    match columns.get(name) {
        Some(Value::Array(all)) => all
            .iter()
            .map(text_of)
            .filter(|text| !text.is_empty())
            .collect(),
        Some(value) => text_of(value)
            .split([';', '|', '\n', '\r'])
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect(),
        None => Vec::new(),
    }
}

/// A value as text; nothing for null.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_known_by_name_in_both_languages() {
        let given = Given::default();
        let find = |role, names: &[&'static str]| given.find(role, names.iter().copied());
        assert_eq!(find(Role::To, &["nome", "PEC"]), Ok(Some("PEC")));
        assert_eq!(find(Role::Attach, &["Allegati"]), Ok(Some("Allegati")));
        assert_eq!(find(Role::Reference, &["nome"]), Ok(None));
        let both = find(Role::To, &["pec", "destinatario"]);
        let two = |one: &str, other: &str| {
            Err(Fault::TwoColumns {
                one: one.into(),
                other: other.into(),
                option: "--to-column",
            })
        };
        assert_eq!(both, two("pec", "destinatario"));
    }

    #[test]
    fn columns_are_known_as_clerks_call_them() {
        let given = Given::default();
        for name in [
            "Indirizzo PEC",
            "E-mail",
            "e_mail",
            "Posta certificata",
            "Domicilio digitale",
            "PEC destinatario",
            "PEC_Destinatario",
            "Mail",
        ] {
            let found = given.find(Role::To, ["nome", name].into_iter());
            assert_eq!(found, Ok(Some(name)));
        }
        // An ordinary address beside a certified one is none of a recipient's.
        let found = given.find(Role::To, ["E-mail", "PEC"].into_iter());
        assert_eq!(found, Ok(Some("PEC")));
        let names = ["Allegato 1", "allegato2", "File", "PDF", "nome", "Allegato"];
        let found = given.find_all(Role::Attach, names.into_iter());
        assert_eq!(
            found,
            Ok(vec!["Allegato 1", "allegato2", "File", "PDF", "Allegato"])
        );
        for other in ["PEC 2", "Profilo", "filename", "Data PEC"] {
            assert_eq!(given.find(Role::To, [other].into_iter()), Ok(None));
            assert_eq!(
                given.find_all(Role::Attach, [other].into_iter()),
                Ok(vec![])
            );
        }
    }

    #[test]
    fn a_name_that_is_given_comes_before() {
        let given = Given {
            to: Some("indirizzo".into()),
            ..Given::default()
        };
        let names = ["pec", "Indirizzo"];
        assert_eq!(
            given.find(Role::To, names.into_iter()),
            Ok(Some("Indirizzo"))
        );
        let missing = given.find(Role::To, ["pec"].into_iter());
        assert_eq!(
            missing,
            Err(Fault::UnknownColumn {
                name: "indirizzo".into()
            })
        );
    }

    #[test]
    fn a_cell_may_hold_several_values_and_a_comma_divides_none() {
        let Value::Object(columns) = json!({
            "to": " a@b ; c@d|e@f\n", "attach": ["a;b.pdf", "c.pdf"], "n": 7, "x": "a@b,c@d"
        }) else {
            unreachable!()
        };
        assert_eq!(values(&columns, "to"), ["a@b", "c@d", "e@f"]);
        assert_eq!(values(&columns, "attach"), ["a;b.pdf", "c.pdf"]);
        assert_eq!(values(&columns, "n"), ["7"]);
        assert_eq!(values(&columns, "x"), ["a@b,c@d"]);
        assert!(values(&columns, "none").is_empty());
    }
}
