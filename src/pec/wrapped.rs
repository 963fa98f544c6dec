//! Ordinary mail in an anomaly envelope (RFC 6109, 3.2.2), and the delivery report that it may
//! be (RFC 3464): so does a bounce from outside certified mail reach its sender.
//!
//! The provider's signature proves that this mail came, and vouches for nothing in it: all that
//! is read here is a claim of whoever wrote it.

use super::original::original_in;
use crate::mime::header::Header;
use crate::mime::tree::{Bounds, Tree};
use crate::mime::{Entity, decode};
use crate::work::Work;

/// Recipients read from one report; more than any message has.
const MAX_RECIPIENTS: usize = 1_000;

/// A mail that a provider wrapped, as it claims to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrappedMail {
    /// The address in From, or the field as it is.
    pub sender: String,
    /// Subject, decoded.
    pub subject: String,
    /// What it reports, if it is a delivery report.
    pub report: Option<DeliveryReport>,
}

/// What a mail system says of a message that it could not, or could, deliver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The Message-ID that it is about, without brackets; of a message that a provider wrapped
    /// in an envelope, that of the message.
    pub about: Option<String>,
    /// Whom it names.
    pub recipients: Vec<ReportedRecipient>,
}

/// One recipient of a report (RFC 3464, 2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportedRecipient {
    /// Final-Recipient.
    pub address: String,
    /// Action, in small letters: `failed`, `delayed`, `delivered`, `relayed`, `expanded`.
    pub action: String,
    /// Status: `5.1.1`.
    pub status: String,
    /// Diagnostic-Code without its type.
    pub reason: String,
}

impl WrappedMail {
    /// The mail in an anomaly envelope. Whether that is genuine is asked of
    /// [`verify`](crate::verify), not here.
    pub fn inside(envelope: &[u8]) -> Option<Self> {
        Some(Self::read(&original_in(envelope)?))
    }

    /// What a mail says of itself.
    pub fn read(octets: &[u8]) -> Self {
        let Some(tree) = tree(octets) else {
            return Self::default();
        };
        let mail = &tree.root().entity;
        let first = |name: &str| mail.header.first(name);
        let sender = first("From").map(|from| {
            let named = decode::addresses(from.value).into_iter();
            let address = named.map(|one| one.address).find(|one| !one.is_empty());
            address.unwrap_or_else(|| from.decoded().into_owned())
        });
        let subject = first("Subject").map(|subject| subject.decoded().into_owned());
        Self {
            sender: sender.unwrap_or_default(),
            subject: subject.unwrap_or_default(),
            report: DeliveryReport::of(&tree),
        }
    }
}

impl DeliveryReport {
    fn of(tree: &Tree<'_>) -> Option<Self> {
        let root = tree.root();
        let (mail, media) = (&root.entity, root.media.as_ref().ok()?);
        let is_of_delivery = media
            .parameter("report-type")
            .is_some_and(|kind| kind.eq_ignore_ascii_case("delivery-status"));
        let is_report = media.essence == "multipart/report" && is_of_delivery;
        let named = failed_recipients(mail);
        if !is_report && named.is_empty() {
            return None;
        }
        let mut report = Self {
            about: referred_to(mail),
            recipients: named,
        };
        if is_report && root.frame().is_none() {
            return None;
        }
        for part in tree.parts_of(root) {
            let Ok(content) = part.entity.decoded() else {
                continue;
            };
            match part.essence() {
                "message/delivery-status" => report.recipients = recipients(&content),
                "message/rfc822" | "text/rfc822-headers" => {
                    report.about = about(&content).or(report.about);
                }
                _ => {}
            }
        }
        Some(report)
    }
}

/// The Message-ID of a message that came back: the one that its writer gave it, which the
/// provider moved to another field (RFC 6109, 3.1.5).
fn about(returned: &[u8]) -> Option<String> {
    let (header, _) = Header::parse(returned).ok()?;
    let of = |name: &str| header.first(name).map(|field| field.text().into_owned());
    let id = of("X-Riferimento-Message-ID").or_else(|| of("Message-ID"))?;
    let id = id.trim().trim_start_matches('<').trim_end_matches('>');
    (!id.is_empty()).then(|| id.to_owned())
}

/// Recipients that a bounce names in its own header, as Exim writes it where it makes no report
/// after RFC 3464.
fn failed_recipients(mail: &Entity<'_>) -> Vec<ReportedRecipient> {
    let fields = mail.header.all("X-Failed-Recipients");
    let addresses = fields.flat_map(|field| decode::addresses(field.value));
    let addresses = addresses
        .map(|one| one.address)
        .filter(|one| !one.is_empty());
    let failed = |address| ReportedRecipient {
        address,
        action: "failed".to_owned(),
        ..ReportedRecipient::default()
    };
    addresses.map(failed).take(MAX_RECIPIENTS).collect()
}

/// The message that a mail answers (RFC 5322, 3.6.4): where nothing came back with it, that is all
/// that says what it is about.
fn referred_to(mail: &Entity<'_>) -> Option<String> {
    let of = |name: &str| {
        mail.header
            .first(name)
            .map(|field| field.text().into_owned())
    };
    let text = of("In-Reply-To").or_else(|| of("References"))?;
    let id = text.split_ascii_whitespace().last()?;
    let id = id.trim_start_matches('<').trim_end_matches('>');
    (!id.is_empty()).then(|| id.to_owned())
}

/// The groups of fields after the first, which is about the message (RFC 3464, 2.1).
fn recipients(status: &[u8]) -> Vec<ReportedRecipient> {
    let mut found = Vec::new();
    let mut rest = status;
    while !rest.is_empty() && found.len() < MAX_RECIPIENTS {
        let Ok((header, after)) = Header::parse(rest) else {
            break;
        };
        if after.len() >= rest.len() {
            break;
        }
        rest = after;
        // `rfc822; user@host`: the type is of no interest.
        let of = |name: &str| {
            let text = header.first(name)?.text().into_owned();
            let (_, value) = text.split_once(';').unwrap_or(("", &text));
            Some(value.trim().to_owned())
        };
        let Some(address) = of("Final-Recipient").or_else(|| of("Original-Recipient")) else {
            continue;
        };
        found.push(ReportedRecipient {
            address,
            action: of("Action").unwrap_or_default().to_ascii_lowercase(),
            status: of("Status").unwrap_or_default(),
            reason: of("Diagnostic-Code").unwrap_or_default(),
        });
    }
    found
}

/// A message with its own parts.
fn tree(octets: &[u8]) -> Option<Tree<'_>> {
    let work = Work::of_message(octets.len());
    let bounds = Bounds::first_level(&work);
    Some(Tree::of(Entity::parse(octets).ok()?, bounds))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bounce, in lines that end as mail's do.
    fn bounce(status: &str, returned: &str) -> Vec<u8> {
        let text = format!(
            "From: MAILER-DAEMON@posta.example (Mail Delivery System)\nSubject: Undelivered\n\
             Content-Type: multipart/report; report-type=Delivery-Status; boundary=b\n\n\
             --b\n\nno\n--b\nContent-Type: message/delivery-status\n\n{status}\n\
             --b\nContent-Type: text/rfc822-headers\n\n{returned}\n--b--\n"
        );
        text.replace('\n', "\r\n").into_bytes()
    }

    const STATUS: &str = "Reporting-MTA: dns; posta.example\n\n\
        Final-Recipient: rfc822; a@posta.example\nAction: Failed\nStatus: 5.1.1\n\
        Diagnostic-Code: smtp; 550 5.1.1 no;\n such user\n\n\
        Original-Recipient: rfc822;b@posta.example\n\n";

    #[test]
    fn a_bounce_says_of_which_message_and_of_whom_it_is() {
        let mail = WrappedMail::read(&bounce(STATUS, "Message-ID: <1@a.example>\n"));
        assert_eq!(mail.sender, "MAILER-DAEMON@posta.example");
        assert_eq!(mail.subject, "Undelivered");
        let report = mail.report.expect("a report");
        assert_eq!(report.about.as_deref(), Some("1@a.example"));
        let [first, second] = &report.recipients[..] else {
            panic!("{report:?}");
        };
        assert_eq!(
            (&*first.address, &*first.action),
            ("a@posta.example", "failed")
        );
        assert_eq!(first.status, "5.1.1");
        assert_eq!(first.reason, "550 5.1.1 no; such user");
        assert_eq!((&*second.address, &*second.action), ("b@posta.example", ""));
    }

    #[test]
    fn of_an_envelope_that_came_back_the_message_inside_counts() {
        let returned = "Message-ID: <opec1@gestore.example>\n\
                        X-Riferimento-Message-ID: <1@a.example>\n";
        let report = WrappedMail::read(&bounce(STATUS, returned)).report;
        assert_eq!(
            report.expect("a report").about.as_deref(),
            Some("1@a.example")
        );
    }

    #[test]
    fn a_bounce_that_is_no_report_is_known_by_whom_it_failed_for() {
        let text = "From: Mail Delivery System <Mailer-Daemon@posta.example>\r\n\
             X-Failed-Recipients: a@posta.example, b@posta.example\r\n\
             References: <0@a.example>\r\n <1@a.example>\r\nAuto-Submitted: auto-replied\r\n\r\n\
             This message was created automatically by mail delivery software.\r\n";
        let report = WrappedMail::read(text.as_bytes()).report.expect("a bounce");
        assert_eq!(report.about.as_deref(), Some("1@a.example"));
        let failed: Vec<(&str, &str)> = report
            .recipients
            .iter()
            .map(|one| (&*one.address, &*one.action))
            .collect();
        let both = [("a@posta.example", "failed"), ("b@posta.example", "failed")];
        assert_eq!(failed, both);
        // An answer of a person is none.
        let answer = text.replace("X-Failed-Recipients", "X-Others");
        assert_eq!(WrappedMail::read(answer.as_bytes()).report, None);
    }

    #[test]
    fn a_report_to_which_nothing_is_attached_is_about_what_it_answers() {
        let bare = |field: &str| {
            let text = String::from_utf8(bounce(STATUS, "Subject: x\n")).unwrap();
            let text = text.replacen("Subject: Undelivered", field, 1);
            WrappedMail::read(text.as_bytes()).report.expect("a report")
        };
        let answering = bare("In-Reply-To: <1@a.example>");
        assert_eq!(answering.about.as_deref(), Some("1@a.example"));
        assert_eq!(answering.recipients.len(), 2);
        assert_eq!(bare("Subject: Undelivered").about, None);
    }

    #[test]
    fn what_is_no_report_reports_nothing() {
        for text in [
            "From: a@b.example\r\n\r\nx",
            "From: a@b.example\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b--\r\n",
            "Content-Type: multipart/report; report-type=delivery-status\r\n\r\n--b--\r\n",
            "",
        ] {
            assert_eq!(WrappedMail::read(text.as_bytes()).report, None, "{text}");
        }
    }
}
