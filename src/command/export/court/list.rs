//! What is written beside the files for a court: the list of them, for people and for the programs that
//! draft a filing; what may not be taken; and what a lawyer would have to declare for a full mailbox.
//! Nothing of it is an act, and nothing of it is signed.

use super::papers::{Paper, Role};
use super::unwritten;
use crate::address::MailAddress;
use crate::batch::cell;
use crate::command::objections;
use crate::court::{Court, Ground, Limit, Objection, Of, Sureness, Weight};
use crate::lang::Lang;
use crate::ledger::MessageView;
use crate::output::catalogue::Catalogue;
use crate::output::layout::{day, on, shown};
use crate::output::legal::Rule;
use crate::providers::Trust;
use crate::providers::trust::Source;
use crate::timestamp::Timestamp;

/// The list for programs. Its titles stay: other programs read them.
pub(super) const TABLE: &str = "elenco.csv";
/// The list for people.
pub(super) const LIST: &str = "elenco.txt";
/// What may not be taken; it is there only if something is objected to.
pub(super) const WARNING: &str = "ATTENZIONE.txt";
/// What would have to be declared on the portal.
pub(super) const DECLARED: &str = "pst/presupposti.txt";

const TITLES: [&str; 9] = [
    "file",
    "uso",
    "tipo",
    "destinatario",
    "ora_certificata",
    "byte",
    "sha256",
    "message_id",
    "identificativo",
];

/// What is listed.
pub(super) struct Written<'a> {
    pub view: &'a MessageView,
    pub court: Court,
    pub papers: &'a [Paper],
    pub objections: &'a [Objection],
    pub full: &'a [MailAddress],
    /// Whose authorities the receipts were verified by.
    pub trust: &'a Trust,
    pub lang: Lang,
}

impl Written<'_> {
    /// The files of lists; a page for people (`rapporto.html`) would be one more of them.
    pub fn papers(&self, now: Timestamp) -> Vec<Paper> {
        let made = |name, text: String| Paper::made(name, Role::List, text.into_bytes());
        let mut lists = vec![made(TABLE, self.table()), made(LIST, self.list())];
        if !self.objections.is_empty() {
            lists.push(made(WARNING, self.warning(now)));
        }
        if !self.full.is_empty() {
            lists.push(made(DECLARED, self.declared()));
        }
        lists
    }

    fn texts(&self) -> &'static Catalogue {
        Catalogue::of(self.lang)
    }

    /// A row for each file, as spreadsheets in Italian read it.
    fn table(&self) -> String {
        let line = |cells: [&str; TITLES.len()]| cells.map(cell::csv).join(";") + "\r\n";
        // Excel takes a CSV for UTF-8 by this mark only.
        let mut text = "\u{feff}".to_owned() + &line(TITLES);
        for paper in self.papers {
            let certified = paper.certified.as_ref();
            let size = paper.size.to_string();
            text += &line([
                &paper.name,
                use_of(paper.role),
                certified.map_or("", |one| &*one.kind),
                certified
                    .and_then(|one| one.recipient.as_deref())
                    .unwrap_or_default(),
                certified.map_or("", |one| &*one.stated),
                &size,
                &paper.sha256,
                &self.view.row.message_id,
                certified.map_or("", |one| &*one.identifier),
            ]);
        }
        text
    }

    fn list(&self) -> String {
        let texts = self.texts();
        let row = &self.view.row;
        let recipients = self.view.recipients.iter();
        let recipients: Vec<&str> = recipients.map(|one| one.address.as_str()).collect();
        let values = [
            ("court", self.court.word()),
            ("subject", &*row.subject),
            ("sender", &row.sender),
            ("recipients", &recipients.join(", ")),
            ("message-id", &row.message_id),
        ];
        let mut text = texts.fill("court.list.head", &values) + "\n\n";
        match self.trust.source {
            Source::BuiltIn | Source::Kept(_) => {}
            Source::Files(_) => text += &format!("{}\n\n", texts.text("court.list.own-trust")),
        }
        for paper in self.papers {
            text += &self.entry(paper);
        }
        text += &texts.fill("court.list.rules", &[("court", self.court.word())]);
        text += "\n\n";
        for rule in self.rules() {
            text += &format!("- {rule}\n");
        }
        text += "\n";
        let unwritten = texts.text(unwritten(self.court));
        text += &texts.fill("court.list.limits", &[("unwritten", unwritten)]);
        text + "\n"
    }

    fn entry(&self, paper: &Paper) -> String {
        let texts = self.texts();
        let size = paper.size.to_string();
        let values = [
            ("file", &*paper.name),
            ("use", use_of(paper.role)),
            ("size", &*size),
            ("sha256", &paper.sha256),
        ];
        let mut text = texts.fill("court.list.file", &values) + "\n";
        if let Some(certified) = &paper.certified {
            let values = [
                ("kind", &*certified.kind),
                ("to", certified.recipient.as_deref().unwrap_or_default()),
                ("time", &*on(certified.time, self.lang)),
                ("identifier", &certified.identifier),
            ];
            let key = match certified.recipient {
                Some(_) => "court.list.certified-to",
                None => "court.list.certified",
            };
            text += &texts.fill(key, &values);
            text += "\n";
        }
        text + "\n"
    }

    /// The rules by which was looked, each with its source.
    fn rules(&self) -> Vec<String> {
        let texts = self.texts();
        let rules = self.court.rules();
        let mut lines = Vec::new();
        for of in Of::ALL {
            let mut limits: Vec<&Limit> = rules.limits.iter().filter(|one| one.of == of).collect();
            limits.sort_by_key(|limit| limit.most);
            lines.extend(self.limit(&limits));
        }
        let endings = rules.formats.endings.join(", ");
        let rule = texts.fill("court.rule.formats", &[("endings", &*endings)]);
        lines.push(self.with_ground(&rule, &rules.formats.ground));
        lines
    }

    /// The limits of one kind, from the least, as one rule: beyond the least it is doubtful, beyond the
    /// most it is not taken.
    fn limit(&self, limits: &[&Limit]) -> Option<String> {
        let texts = self.texts();
        let most = limits.last()?;
        let told = |limit: &Limit| texts.number(limit.most);
        let key = format!("court.rule.{}", most.of.word());
        let rule = texts.fill(&key, &[("most", &*told(most))]);
        let least = match limits {
            [least, .., _] => least,
            [_] | [] => return Some(self.with_ground(&rule, &most.ground)),
        };
        let values = [
            ("sentence", &*rule),
            ("source", &most.ground.source),
            ("least", &told(least)),
            ("soft-source", &least.ground.source),
            ("day", &day(&most.ground.checked_on, self.lang)),
        ];
        Some(texts.fill("court.with-both-sources", &values))
    }

    fn with_ground(&self, rule: &str, ground: &Ground) -> String {
        let key = match ground.sure {
            Sureness::Read => "court.with-source",
            Sureness::Soft => "court.with-soft-source",
        };
        let values = [
            ("sentence", rule),
            ("source", &*ground.source),
            ("day", &*day(&ground.checked_on, self.lang)),
        ];
        self.texts().fill(key, &values)
    }

    fn warning(&self, now: Timestamp) -> String {
        let texts = self.texts();
        let values = [
            ("court", self.court.word()),
            ("subject", &*self.view.row.subject),
            ("message-id", &self.view.row.message_id),
            ("day", &day(self.court.rules().checked_on(), self.lang)),
            ("now", &shown(now, self.lang)),
        ];
        let mut text = texts.fill("court.warning.head", &values) + "\n\n";
        for one in self.objections {
            let key = match one.weight {
                Weight::Failure => "court.warning.fails",
                Weight::Doubt => "court.warning.doubt",
            };
            let sentence = objections::sentence(one, self.lang);
            text += &texts.fill(key, &[("sentence", &*sentence)]);
            text += "\n";
        }
        text += "\n";
        text += texts.text("court.warning.never");
        text + "\n"
    }

    /// What law 53 of 1994, art. 3-ter, asks a lawyer to declare; nothing is declared here.
    fn declared(&self) -> String {
        let texts = self.texts();
        let mut text = texts.text("court.portal.head").to_owned() + "\n\n";
        let notices = self
            .papers
            .iter()
            .filter(|paper| paper.role == Role::Portal);
        for paper in notices {
            let Some(certified) = &paper.certified else {
                continue;
            };
            let values = [
                ("file", &*paper.name),
                ("kind", &*certified.kind),
                ("to", certified.recipient.as_deref().unwrap_or("-")),
                ("time", &*on(certified.time, self.lang)),
                ("identifier", &certified.identifier),
                ("sha256", &paper.sha256),
            ];
            text += &texts.fill("court.portal.receipt", &values);
            text += "\n\n";
        }
        text += texts.text("court.portal.declared");
        text += "\n\n";
        for key in ["cause", "since", "register"] {
            text += &format!("[ ] {}\n", self.of_portal(key));
        }
        text += &format!("\n{}\n\n", self.of_portal("effect"));
        text += texts.text("court.portal.end");
        text + "\n"
    }
}

impl Written<'_> {
    /// What the law says of the web area, with its source.
    fn of_portal(&self, key: &str) -> String {
        let rule = Rule::of(&format!("portal.{key}"), &[], self.lang);
        let values = [
            ("sentence", rule.text.trim_end_matches('.')),
            ("source", rule.source),
        ];
        self.texts().fill("court.portal.rule", &values)
    }
}

/// What a file is there for, in the words of those who file it.
fn use_of(role: Role) -> &'static str {
    match role {
        Role::Message => "fascicolo",
        Role::Receipt | Role::Act => "deposito",
        Role::Portal => "portale",
        Role::List => "elenco",
    }
}
