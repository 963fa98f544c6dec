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

    /// The names of columns that have this role without being told, in small letters.
    pub const fn names(self) -> &'static [&'static str] {
        match self {
            Self::To => &["to", "a", "pec", "destinatario", "destinatari", "recipient"],
            Self::Cc => &["cc", "copia"],
            Self::Attach => &[
                "attach",
                "allegato",
                "allegati",
                "attachment",
                "attachments",
            ],
            Self::Reference => &["ref", "reference", "riferimento", "rif"],
            Self::Account => &["account", "casella"],
            Self::Subject => &["subject", "oggetto"],
            Self::Body => &["body", "testo"],
        }
    }
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
        names: impl Iterator<Item = &'a str>,
    ) -> Result<Option<&'a str>, Fault> {
        let mut found: Option<&str> = None;
        let given = self.of(role);
        for name in names {
            let fits = match given {
                Some(given) => name.eq_ignore_ascii_case(given.trim()),
                None => role
                    .names()
                    .iter()
                    .any(|other| name.eq_ignore_ascii_case(other)),
            };
            match found {
                Some(one) if fits => {
                    let (one, other) = (one.to_owned(), name.to_owned());
                    return Err(Fault::SameColumns { one, other });
                }
                _ if fits => found = Some(name),
                _ => {}
            }
        }
        match (found, given) {
            (None, Some(name)) => Err(Fault::UnknownColumn {
                name: name.to_owned(),
            }),
            _ => Ok(found),
        }
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
        assert!(matches!(both, Err(Fault::SameColumns { .. })));
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
