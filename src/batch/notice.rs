//! One notice out of one row: to whom, what, with which files.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::Fault;
use super::cell::is_error;
use super::columns::{Given, Role, text_of, values};
use super::table::Columns;
use super::template::{Template, Values};
use crate::address::MailAddress;
use crate::smime::sha256;

/// How rows become notices. Whoever has it and a row makes the same notice on another day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// Template of the subject; the column `subject` without one.
    pub subject: Option<String>,
    /// Template of the text; the column `body` without one.
    pub body: Option<String>,
    /// Columns that were named.
    pub columns: Given,
    /// Form of receipt to ask for: the Italian word.
    pub form: String,
    /// Reply-To.
    pub reply_to: Option<String>,
    /// The account of rows that name none.
    pub account: String,
    /// The round, where it is not the first: what another round served counts in that one only.
    pub again: Option<String>,
}

/// A notice before its files are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The account that sends.
    pub account: String,
    /// To.
    pub to: Vec<MailAddress>,
    /// Cc.
    pub cc: Vec<MailAddress>,
    /// Files to attach, as the row names them.
    pub attach: Vec<String>,
    /// The sender's own reference, if the row has one.
    pub reference: Option<String>,
    /// Subject.
    pub subject: String,
    /// Text.
    pub body: String,
}

impl Notice {
    /// Recipients, To before Cc.
    pub fn recipients(&self) -> impl Iterator<Item = &MailAddress> {
        self.to.iter().chain(&self.cc)
    }

    /// Its recipients, sorted, in small letters, a line each.
    pub fn whom(&self) -> String {
        sorted(self.recipients()).join("\n")
    }

    /// The same to some of its recipients alone. One that was in copy is addressed where no other is
    /// left: a message needs somebody in To (RFC 6109, 3.1.1).
    pub fn to_alone(mut self, some: &[MailAddress]) -> Self {
        let is_among = |address: &MailAddress| some.iter().any(|one| one.key() == address.key());
        self.to.retain(is_among);
        self.cc.retain(is_among);
        if self.to.is_empty() {
            self.to = std::mem::take(&mut self.cc);
        }
        self
    }

    /// What identifies the content: recipients, subject, text, and the SHA-256 of each file
    /// with its name; 32 hexadecimal digits.
    pub fn digest<'a>(&self, files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
        digest((&self.to, &self.cc), &self.subject, &self.body, files)
    }

    /// Whether this is the content that was recorded. Earlier versions took the recipients in the
    /// order in which the row names them; what they recorded is the same all the same.
    pub fn has_content<'a>(
        &self,
        recorded: &str,
        files: impl Iterator<Item = (&'a str, &'a str)> + Clone,
    ) -> bool {
        let as_named = (keys(self.to.iter()), keys(self.cc.iter()));
        self.digest(files.clone()) == recorded
            || digest_of(as_named, &self.subject, &self.body, files) == recorded
    }
}

/// What identifies a content: To and Cc, subject, text, and the SHA-256 of each file with its
/// name; 32 hexadecimal digits.
pub fn digest<'a>(
    (to, cc): (&[MailAddress], &[MailAddress]),
    subject: &str,
    body: &str,
    files: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    // In whatever order the row names them.
    let recipients = (sorted(to.iter()), sorted(cc.iter()));
    digest_of(recipients, subject, body, files)
}

fn digest_of<'a>(
    (to, cc): (Vec<String>, Vec<String>),
    subject: &str,
    body: &str,
    files: impl Iterator<Item = (&'a str, &'a str)>,
) -> String {
    let mut all = String::new();
    // Each part with its length before it, so that no two notices read the same.
    let mut add = |kind: char, text: &str| {
        all.push(kind);
        all.push_str(&format!("{}:", text.len()));
        all.push_str(text);
    };
    for (kind, addresses) in [('t', to), ('c', cc)] {
        for key in addresses {
            add(kind, &key);
        }
    }
    add('s', subject);
    add('b', body);
    for (name, digest) in files {
        add('n', name);
        add('f', digest);
    }
    let mut digest = sha256(all.as_bytes());
    digest.truncate(32);
    digest
}

fn sorted<'a>(addresses: impl Iterator<Item = &'a MailAddress>) -> Vec<String> {
    let mut keys = keys(addresses);
    keys.sort();
    keys
}

fn keys<'a>(addresses: impl Iterator<Item = &'a MailAddress>) -> Vec<String> {
    addresses
        .map(|address| address.as_str().to_ascii_lowercase())
        .collect()
}

/// What a column of a table is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnUse {
    /// Its name.
    pub name: String,
    /// What it says of each notice.
    pub roles: Vec<Role>,
    /// Whether a template puts it into the text or the subject, or may.
    pub in_texts: bool,
}

impl ColumnUse {
    /// Whether it decides anything.
    pub fn is_used(&self) -> bool {
        self.in_texts || !self.roles.is_empty()
    }
}

/// A recipe whose templates were read.
pub struct Writer<'a> {
    recipe: &'a Recipe,
    subject: Option<Template>,
    body: Option<Template>,
    places: OnceLock<Arc<Places>>,
    used: OnceLock<Arc<Used>>,
}

/// Which of these columns decide anything.
struct Used {
    names: Vec<String>,
    is_used: Vec<bool>,
}

/// Which columns have which role among these names.
struct Places {
    names: Vec<String>,
    /// In the order of [`Role::ALL`].
    found: [Result<Vec<String>, Fault>; Role::ALL.len()],
}

impl Places {
    fn of(&self, role: Role) -> &Result<Vec<String>, Fault> {
        let place = Role::ALL.iter().position(|other| *other == role);
        &self.found[place.expect("one of all")]
    }
}

/// A row, and where its columns are.
struct Row<'a> {
    columns: &'a Columns,
    places: &'a Places,
}

impl<'a> Writer<'a> {
    /// Reads the templates.
    ///
    /// # Errors
    /// Those that cannot be read.
    pub fn new(recipe: &'a Recipe) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut read = |role, source: &Option<String>| {
            let template = source.as_ref().map(|source| Template::new(role, source));
            template.transpose().unwrap_or_else(|fault| {
                faults.push(fault);
                None
            })
        };
        let subject = read(Role::Subject.word(), &recipe.subject);
        let body = read(Role::Body.word(), &recipe.body);
        if faults.is_empty() {
            Ok(Self {
                recipe,
                subject,
                body,
                places: OnceLock::new(),
                used: OnceLock::new(),
            })
        } else {
            Err(faults)
        }
    }

    /// What is wrong with the columns of a table whatever stands in them.
    pub fn header_faults(&self, header: &[String]) -> Vec<Fault> {
        let mut faults = Vec::new();
        for role in Role::ALL {
            let needed = match role {
                Role::To => true,
                Role::Subject => self.subject.is_none(),
                Role::Body => self.body.is_none(),
                Role::Cc | Role::Attach | Role::Reference | Role::Account => false,
            };
            let names = header.iter().map(String::as_str);
            match self.recipe.columns.find(role, names) {
                Ok(None) if needed => faults.push(Fault::NoColumn {
                    role: role.word(),
                    names: role.names().join(", "),
                    option: role.option(),
                }),
                Ok(_) => {}
                Err(fault) => faults.push(fault),
            }
        }
        for template in self.templates() {
            faults.extend(template.unknown(header));
        }
        faults
    }

    /// The notice of a row.
    ///
    /// # Errors
    /// All that is wrong with it, never nothing.
    pub fn notice(&self, columns: &Columns) -> Result<Notice, Vec<Fault>> {
        let mut faults = Vec::new();
        let row = &Row {
            columns,
            places: &self.places(columns),
        };
        let to = Self::addresses(Role::To, row, &mut faults);
        let cc = Self::addresses(Role::Cc, row, &mut faults);
        if to.is_empty() && faults.is_empty() {
            faults.push(Fault::NoRecipient);
        }
        let attach = Self::files(row);
        let reference = Self::one(Role::Reference, row, &mut faults);
        let account = Self::one(Role::Account, row, &mut faults);
        faults.extend(self.sheet_errors(columns));
        let values = Values::new(columns);
        let subject = Self::text(Role::Subject, &self.subject, row, &values, &mut faults);
        let body = Self::text(Role::Body, &self.body, row, &values, &mut faults);
        let subject = subject.trim().to_owned();
        for (role, text) in [(Role::Subject, &subject), (Role::Body, &body)] {
            if text.trim().is_empty() && !faults.iter().any(|fault| is_about(fault, role)) {
                faults.push(Fault::Empty { role: role.word() });
            }
        }
        if subject.chars().any(char::is_control) {
            let role = Role::Subject.word();
            faults.push(Fault::Control { role });
        }
        if attach.iter().any(|name| name.chars().any(char::is_control)) {
            let role = Role::Attach.word();
            faults.push(Fault::Control { role });
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Notice {
            account: account.unwrap_or_else(|| self.recipe.account.clone()),
            to,
            cc,
            attach,
            reference,
            subject,
            body,
        })
    }

    /// Errors of a spreadsheet in what is sent; elsewhere they are nobody's.
    fn sheet_errors(&self, columns: &Columns) -> Vec<Fault> {
        let is_wrong = |value: &serde_json::Value| value.as_str().is_some_and(is_error);
        if !columns.values().any(is_wrong) {
            return Vec::new();
        }
        let names: Vec<String> = columns.keys().cloned().collect();
        let used = self.uses(&names).into_iter().filter(ColumnUse::is_used);
        let wrong = used.filter_map(|one| {
            let value = columns.get(&one.name).filter(|value| is_wrong(value))?;
            Some(Fault::SheetError {
                column: one.name,
                value: text_of(value),
            })
        });
        wrong.collect()
    }

    /// What each column is for.
    pub fn uses(&self, names: &[String]) -> Vec<ColumnUse> {
        let mut uses: Vec<ColumnUse> = names
            .iter()
            .map(|name| ColumnUse {
                name: name.clone(),
                roles: Vec::new(),
                in_texts: self.templates().any(|template| template.uses(name)),
            })
            .collect();
        for role in Role::ALL {
            let is_replaced = match role {
                Role::Subject => self.subject.is_some(),
                Role::Body => self.body.is_some(),
                Role::To | Role::Cc | Role::Attach | Role::Reference | Role::Account => false,
            };
            let all = names.iter().map(String::as_str);
            let found = self.recipe.columns.find_all(role, all).unwrap_or_default();
            for one in uses.iter_mut().filter(|one| found.contains(&&*one.name)) {
                if !is_replaced {
                    one.roles.push(role);
                }
            }
        }
        uses
    }

    /// Of the columns of a row those that decide anything: the same notice is made of them alone.
    pub fn kept(&self, columns: &Columns) -> Columns {
        let used = self.used(columns);
        let all = columns.iter().zip(&used.is_used);
        let kept = all.filter(|(_, is_used)| **is_used);
        kept.map(|((name, value), _)| (name.clone(), value.clone()))
            .collect()
    }

    /// Which columns are used, looked for once for all rows that have the same.
    fn used(&self, columns: &Columns) -> Arc<Used> {
        let is_same = |known: &&Arc<Used>| known.names.iter().eq(columns.keys());
        if let Some(known) = self.used.get().filter(is_same) {
            return Arc::clone(known);
        }
        let names: Vec<String> = columns.keys().cloned().collect();
        let uses = self.uses(&names);
        let made = Arc::new(Used {
            is_used: uses.iter().map(ColumnUse::is_used).collect(),
            names,
        });
        // Another thread may have been first.
        let _ = self.used.set(Arc::clone(&made));
        made
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        self.subject.iter().chain(&self.body)
    }

    /// Where the columns of a row are, looked for once for all rows that have the same.
    fn places(&self, columns: &Columns) -> Arc<Places> {
        let is_same = |known: &&Arc<Places>| known.names.iter().eq(columns.keys());
        if let Some(known) = self.places.get().filter(is_same) {
            return Arc::clone(known);
        }
        let names = || columns.keys().map(String::as_str);
        let given = &self.recipe.columns;
        let found = Role::ALL.map(|role| match role {
            Role::Attach => given.find_all(role, names()),
            Role::To | Role::Cc | Role::Reference | Role::Account | Role::Subject | Role::Body => {
                given
                    .find(role, names())
                    .map(|one| one.into_iter().collect())
            }
        });
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        let made = Arc::new(Places {
            names: columns.keys().cloned().collect(),
            found: found.map(|found| found.map(owned)),
        });
        // Another thread may have been first.
        let _ = self.places.set(Arc::clone(&made));
        made
    }

    fn column<'p>(role: Role, row: &'p Row<'_>, faults: &mut Vec<Fault>) -> Option<&'p str> {
        match row.places.of(role) {
            Ok(found) => found.first().map(String::as_str),
            // In NDJSON a row may lack a column that others have.
            Err(Fault::UnknownColumn { .. }) if role != Role::To => None,
            Err(fault) => {
                faults.push(fault.clone());
                None
            }
        }
    }

    /// The files that a row names, whatever else is wrong with it.
    pub fn attached(&self, columns: &Columns) -> Vec<String> {
        let places = self.places(columns);
        let found = places.of(Role::Attach).as_deref().unwrap_or_default();
        let names = found.iter().flat_map(|name| values(columns, name));
        names
            .filter(|name| !name.chars().any(char::is_control))
            .collect()
    }

    /// The files to attach, out of all columns that name some.
    fn files(row: &Row<'_>) -> Vec<String> {
        // In NDJSON a row may lack a column that others have.
        let found = row.places.of(Role::Attach).as_deref().unwrap_or_default();
        found
            .iter()
            .flat_map(|name| values(row.columns, name))
            .collect()
    }

    fn one(role: Role, row: &Row<'_>, faults: &mut Vec<Fault>) -> Option<String> {
        let name = Self::column(role, row, faults)?;
        row.columns
            .get(name)
            .map(text_of)
            .filter(|text| !text.is_empty())
    }

    fn addresses(role: Role, row: &Row<'_>, faults: &mut Vec<Fault>) -> Vec<MailAddress> {
        let Some(column) = Self::column(role, row, faults) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for value in values(row.columns, column) {
            let address = MailAddress::new(&value);
            if address.is_well_formed() && value.is_ascii() {
                found.push(address);
            } else {
                let column = column.to_owned();
                faults.push(Fault::Address { column, value });
            }
        }
        found
    }

    fn text(
        role: Role,
        template: &Option<Template>,
        row: &Row<'_>,
        values: &Values,
        faults: &mut Vec<Fault>,
    ) -> String {
        let Some(template) = template else {
            let name = Self::column(role, row, faults);
            let value = name.and_then(|name| row.columns.get(name));
            return value.map(text_of).unwrap_or_default();
        };
        template.fill(values).unwrap_or_else(|fault| {
            faults.push(fault);
            String::new()
        })
    }
}

/// Whether a fault says already why a text is missing.
fn is_about(fault: &Fault, role: Role) -> bool {
    matches!(
        fault,
        Fault::Render { role: other, .. }
            | Fault::NoValue { role: other, .. }
            | Fault::NoNumber { role: other, .. }
            | Fault::TwoNumbers { role: other, .. }
            | Fault::NotComparable { role: other, .. } if *other == role.word()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recipe() -> Recipe {
        Recipe {
            subject: Some("Avviso {{ n }}".into()),
            body: Some("Gentile {{ nome }},\n".into()),
            account: "studio".into(),
            ..Recipe::default()
        }
    }

    fn notice(recipe: &Recipe, row: serde_json::Value) -> Result<Notice, Vec<Fault>> {
        let serde_json::Value::Object(columns) = row else {
            unreachable!()
        };
        Writer::new(recipe).ok().unwrap().notice(&columns)
    }

    #[test]
    fn a_row_becomes_a_notice() {
        let row = json!({"pec": "a@b.it;c@d.it", "nome": "Anna", "n": "7", "rif": "A-7",
            "allegati": "a.pdf; b/c.pdf", "casella": "altra"});
        let made = notice(&recipe(), row).unwrap();
        assert_eq!(made.to.len(), 2);
        assert_eq!(made.attach, ["a.pdf", "b/c.pdf"]);
        assert_eq!(made.reference.as_deref(), Some("A-7"));
        assert_eq!(made.account, "altra");
        assert_eq!(
            (&*made.subject, &*made.body),
            ("Avviso 7", "Gentile Anna,\n")
        );
    }

    #[test]
    fn all_that_is_wrong_with_a_row_is_told_at_once() {
        let row = json!({"to": "rossi,mario@pec.it; x", "n": "7\r\nBcc: e@f.it"});
        let faults = notice(&recipe(), row).unwrap_err();
        let words: Vec<&str> = faults.iter().map(Fault::word).collect();
        assert_eq!(words, ["address", "address", "no-value", "control"]);
        let faults = notice(&recipe(), json!({"to": " ", "nome": "A", "n": 1})).unwrap_err();
        assert_eq!(faults, [Fault::NoRecipient]);
    }

    #[test]
    fn without_templates_the_columns_are_the_texts() {
        let recipe = Recipe::default();
        let header: Vec<String> = ["to", "oggetto"].map(str::to_owned).into();
        let faults = Writer::new(&recipe).ok().unwrap().header_faults(&header);
        assert!(matches!(
            &faults[..],
            [Fault::NoColumn { role: "body", .. }]
        ));
        let row = json!({"to": "a@b.it", "oggetto": "{{ x }}", "testo": "y"});
        assert_eq!(notice(&recipe, row).unwrap().subject, "{{ x }}");
        let row = json!({"to": "a@b.it", "oggetto": " ", "testo": "y"});
        let empty = Fault::Empty { role: "subject" };
        assert_eq!(notice(&recipe, row), Err(vec![empty]));
    }

    #[test]
    fn what_an_earlier_version_recorded_is_the_same_content() {
        let made = |to: &str| notice(&recipe(), json!({"to": to, "nome": "A", "n": 1})).unwrap();
        let files = || [("a.pdf", "00")].into_iter();
        // As it was until recipients were sorted.
        let recorded =
            crate::smime::sha256(b"t6:z@b.itt6:a@b.its8:Avviso 1b11:Gentile A,\nn5:a.pdff2:00");
        let recorded = &recorded[..32];
        let now = made("z@b.it;a@b.it");
        assert_ne!(now.digest(files()), recorded);
        assert!(now.has_content(recorded, files()));
        assert!(now.has_content(&now.digest(files()), files()));
        assert!(!made("z@b.it;c@b.it").has_content(recorded, files()));
    }

    #[test]
    fn the_digest_is_of_the_content_and_of_nothing_else() {
        let made = |row| notice(&recipe(), row).unwrap();
        let one = made(json!({"to": "a@b.it", "nome": "A", "n": 1, "rif": "x"}));
        let same = made(json!({"to": "A@b.it", "nome": "A", "n": "1", "rif": "y"}));
        let other = made(json!({"to": "a@b.it", "nome": "B", "n": 1}));
        let none = || std::iter::empty();
        assert_eq!(one.digest(none()), same.digest(none()));
        assert_ne!(one.digest(none()), other.digest(none()));
        assert_ne!(
            one.digest([("a.pdf", "00")].into_iter()),
            one.digest(none())
        );
    }
}
