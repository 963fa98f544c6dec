//! How a letter begins that answers a received one, or passes it on: whom it goes to, its subject, which
//! messages its header names, and the text that is quoted.
//!
//! Whom an answer goes to is certified, never what a header says. All else is what the writer of
//! the original wrote, and is made fit for a header of ours here.

use crate::address::MailAddress;
use crate::ledger::Answered;

/// Message-IDs that References names at most: the first, which began it all, and the last ones. Real
/// threads have some ten; a line of the header must not grow with what strangers write.
const MAX_REFERENCES: usize = 20;
/// Octets of a Message-ID that is named (RFC 5322, 2.1.1, leaves 998 for a line).
const MAX_ID_OCTETS: usize = 250;
/// Characters of the original's subject that go on: three lines of a screen.
const MAX_SUBJECT: usize = 250;
/// What people's programs put before the subject of an answer, and of what is passed on.
const ANSWERING: [&str; 4] = ["re", "r", "rif", "aw"];
const PASSING_ON: [&str; 4] = ["i", "fwd", "fw", "tr"];

/// A certified message that was received, as far as an answer needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Its sender, as certified.
    pub sender: MailAddress,
    /// Its recipients, as certified.
    pub recipients: Vec<MailAddress>,
    /// Its subject.
    pub subject: String,
    /// The Message-ID that its writer gave it, as certified.
    pub message_id: Option<String>,
    /// That of its sender's provider.
    pub identifier: Option<String>,
    /// What it refers to itself.
    pub references: Vec<String>,
}

/// How a letter begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Recipients.
    pub to: Vec<String>,
    /// Recipients in copy.
    pub cc: Vec<String>,
    /// The subject.
    pub subject: String,
    /// What it answers.
    pub answered: Option<Answered>,
}

/// Whom an answer goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The certified sender.
    Sender,
    /// The sender, and in copy whoever else got the original.
    All,
}

impl Original {
    /// The beginning of an answer from a mailbox that got it.
    pub fn answer(&self, own: &MailAddress, whom: Whom, prefix: &str) -> Beginning {
        let others = match whom {
            Whom::Sender => &[][..],
            Whom::All => &self.recipients,
        };
        let mut cc: Vec<&MailAddress> = Vec::new();
        for other in others {
            if *other != *own && *other != self.sender && !cc.contains(&other) {
                cc.push(other);
            }
        }
        Beginning {
            to: vec![self.sender.as_str().to_owned()],
            cc: cc.iter().map(|other| other.as_str().to_owned()).collect(),
            subject: subject(&self.subject, prefix, &ANSWERING),
            answered: self.answered(),
        }
    }

    /// The beginning of a letter that passes it on. It answers nothing.
    pub fn passed_on(&self, prefix: &str) -> Beginning {
        Beginning {
            to: Vec::new(),
            cc: Vec::new(),
            subject: subject(&self.subject, prefix, &PASSING_ON),
            answered: None,
        }
    }

    /// Its sender knows it by the Message-ID that he gave it; other programs than his know only that
    /// of the provider, which stands in the header of what they got (RFC 6109, 2.2.1).
    fn answered(&self) -> Option<Answered> {
        let own = self.message_id.as_deref().and_then(named);
        let given = self.identifier.as_deref().and_then(named);
        let message_id = own.clone().or(given.clone())?;
        let before = self.references.iter().filter_map(|id| named(id));
        let mut references: Vec<String> = Vec::new();
        for id in before.chain(given).chain(own) {
            references.retain(|other| *other != id);
            references.push(id);
        }
        let excess = references.len().saturating_sub(MAX_REFERENCES);
        references.drain(1..1 + excess);
        Some(Answered {
            message_id,
            references: references.join(" "),
        })
    }
}

/// A Message-ID in brackets; `None` for what would be none in a header of ours.
fn named(id: &str) -> Option<String> {
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    let is_usable = !id.is_empty()
        && id.len() <= MAX_ID_OCTETS
        && id
            .bytes()
            .all(|c| c.is_ascii_graphic() && !b"<>".contains(&c));
    is_usable.then(|| format!("<{id}>"))
}

/// A subject with a prefix, unless one of its kind stands there. What would be refused in a subject
/// of ours is left out, and one that nobody reads to its end is cut.
fn subject(of: &str, prefix: &str, kind: &[&str]) -> String {
    let mut of: String = of.chars().filter(|c| !c.is_control()).collect();
    if let Some((end, _)) = of.char_indices().nth(MAX_SUBJECT) {
        of.truncate(end);
        of.push('…');
    }
    let of = of.trim();
    let word = of.split_once(':').map(|(word, _)| word.trim());
    let has_one = word.is_some_and(|word| kind.iter().any(|one| word.eq_ignore_ascii_case(one)));
    match has_one {
        true => of.to_owned(),
        false => format!("{prefix} {of}").trim().to_owned(),
    }
}

/// A text, each line marked as somebody else's.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + text.len() / 16);
    for line in text.trim_end().lines() {
        // What is quoted already needs no blank between the marks (RFC 3676, 4.5).
        quoted.push_str(if line.starts_with('>') { ">" } else { "> " });
        quoted.push_str(line.trim_end());
        while quoted.ends_with(' ') {
            quoted.pop();
        }
        quoted.push('\n');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original() -> Original {
        Original {
            sender: MailAddress::new("ufficio@pec.comune.example"),
            recipients: [
                "io@pec.example",
                "Altra@pec.example",
                "ufficio@pec.comune.example",
            ]
            .map(MailAddress::new)
            .to_vec(),
            subject: "Convocazione".to_owned(),
            message_id: Some("<1@comune.example>".to_owned()),
            identifier: Some("opec1@gestore.example".to_owned()),
            references: vec!["<0@pec.example>".to_owned()],
        }
    }

    fn answer(original: &Original, whom: Whom) -> Beginning {
        original.answer(&MailAddress::new("IO@pec.example"), whom, "Re:")
    }

    #[test]
    fn an_answer_goes_to_the_certified_sender_and_to_others_only_when_asked() {
        let one = answer(&original(), Whom::Sender);
        assert_eq!(one.to, ["ufficio@pec.comune.example"]);
        assert!(one.cc.is_empty());
        let all = answer(&original(), Whom::All);
        assert_eq!(
            (all.to, all.cc),
            (one.to, vec!["Altra@pec.example".to_owned()])
        );
    }

    #[test]
    fn an_answer_names_what_its_sender_knows_and_what_stands_in_the_header() {
        let answered = answer(&original(), Whom::Sender).answered.expect("known");
        assert_eq!(answered.message_id, "<1@comune.example>");
        assert_eq!(
            answered.references,
            "<0@pec.example> <opec1@gestore.example> <1@comune.example>"
        );
        // One that states no Message-ID of its own is known by the provider's.
        let of = |message_id: Option<&str>, identifier: Option<&str>| {
            let original = Original {
                message_id: message_id.map(str::to_owned),
                identifier: identifier.map(str::to_owned),
                ..original()
            };
            answer(&original, Whom::Sender).answered
        };
        let given = of(None, Some("opec1@gestore.example")).expect("known");
        assert_eq!(given.message_id, "<opec1@gestore.example>");
        assert_eq!(of(None, None), None);
    }

    #[test]
    fn what_strangers_write_as_message_id_does_not_break_our_header() {
        for bad in [
            "<a b@c>",
            "a\r\nBcc: x@y.example",
            "",
            "<>",
            "è@c",
            "<a>b@c>",
            &"x".repeat(300),
        ] {
            let original = Original {
                message_id: Some(bad.to_owned()),
                references: vec![bad.to_owned(); 3],
                ..original()
            };
            let answered = answer(&original, Whom::Sender)
                .answered
                .expect("the provider's");
            assert_eq!(answered.references, "<opec1@gestore.example>", "{bad:?}");
        }
        let long = Original {
            references: (0..1_000)
                .map(|number| format!("<{number}@a.example>"))
                .collect(),
            ..original()
        };
        let references = answer(&long, Whom::Sender)
            .answered
            .expect("known")
            .references;
        let named: Vec<&str> = references.split(' ').collect();
        assert_eq!(named.len(), MAX_REFERENCES);
        assert_eq!((named[0], named[1]), ("<0@a.example>", "<983@a.example>"));
    }

    #[test]
    fn a_subject_is_marked_once() {
        for (of, marked) in [
            ("Convocazione", "Re: Convocazione"),
            ("RE: Convocazione", "RE: Convocazione"),
            ("R: Convocazione", "R: Convocazione"),
            ("I: Convocazione", "Re: I: Convocazione"),
            ("Roma: sede", "Re: Roma: sede"),
            ("a\r\nBcc: x@y.example", "Re: aBcc: x@y.example"),
            ("", "Re:"),
        ] {
            assert_eq!(subject(of, "Re:", &ANSWERING), marked);
        }
        let long = subject(&"è".repeat(300), "Re:", &ANSWERING);
        assert_eq!(long, format!("Re: {}…", "è".repeat(MAX_SUBJECT)));
        let passed_on = |of: &str| {
            let original = Original {
                subject: of.to_owned(),
                ..original()
            };
            original.passed_on("I:")
        };
        assert_eq!(passed_on("Fwd: x").subject, "Fwd: x");
        assert_eq!(passed_on("Re: x").subject, "I: Re: x");
        assert_eq!(
            (passed_on("x").to, passed_on("x").answered),
            (Vec::new(), None)
        );
    }

    #[test]
    fn each_line_of_another_is_marked() {
        assert_eq!(
            quoted("uno \n\n> due\r\ntre\n\n"),
            "> uno\n>\n>> due\n> tre\n"
        );
        assert_eq!(quoted(""), "");
    }
}
