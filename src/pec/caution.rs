//! What a person should think about before sending: nothing that a provider would refuse, all
//! that has made somebody wait in vain for a receipt.

use super::outgoing::{
    Attachment, GUARANTEED_OCTETS, GUARANTEED_RECIPIENTS, Limits, OutgoingMessage, RecipientField,
    product,
};
use super::reach::{Judgement, Reach, Source};
use super::{DeliveryForm, ORIGINAL_FILE};
use crate::address::MailAddress;
use crate::mime::Entity;

/// Why a person may want to stop before sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// The recipient has ordinary mail: no delivery receipt will come.
    Ordinary {
        /// The address.
        address: String,
        /// Whether an earlier acceptance listed it so; else its domain is one of free mail.
        by_acceptance: bool,
    },
    /// An attachment that is not signed: where it comes from, and what it says, may be contested.
    Unsigned(String),
    /// Providers block attachments that can run.
    Blocked {
        /// The attachment.
        name: String,
        /// The name inside it, when it is an archive.
        inside: Option<String>,
    },
    /// Service of a legal notice needs complete receipts.
    NotificationWithoutComplete(DeliveryForm),
    /// The same with a recipient in Cc, whose receipt is concise (RFC 6109, 3.3.2.1).
    NotificationToCopy(String),
    /// The same with a recipient who has ordinary mail.
    NotificationToOrdinary(String),
    /// So many recipients, each of whom sees the addresses of all: there is no blind copy.
    VisibleRecipients(usize),
    /// More recipients than every provider must take, and this one's limit is not known.
    ManyRecipients(usize),
    /// More octets times recipients than every provider must take; limit not known.
    Large(u64),
    /// No subject.
    EmptySubject,
    /// No text.
    EmptyText,
    /// An attachment without an octet.
    EmptyAttachment(String),
    /// Looks like another address: its ASCII form.
    LookAlike {
        /// As written.
        address: String,
        /// In ASCII.
        ascii: String,
    },
}

/// What keeps a message from leaving until a person names it: to agree without looking is not
/// enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// [`Warning::NotificationWithoutComplete`].
    NotificationForm,
    /// [`Warning::NotificationToCopy`].
    NotificationCopy,
    /// [`Warning::NotificationToOrdinary`].
    NotificationOrdinary,
    /// The delivery receipts would not be what a law court asks for.
    CourtReceipt,
    /// A law court would not take the files, and so the receipts that contain them.
    CourtFiles,
}

impl Stop {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::NotificationForm,
        Self::NotificationCopy,
        Self::NotificationOrdinary,
        Self::CourtReceipt,
        Self::CourtFiles,
    ];

    /// The word that names it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotificationForm => "notification-form",
            Self::NotificationCopy => "notification-copy",
            Self::NotificationOrdinary => "notification-ordinary",
            Self::CourtReceipt => "court-receipt",
            Self::CourtFiles => "court-files",
        }
    }

    /// The same in Italian.
    pub const fn italian(self) -> &'static str {
        match self {
            Self::NotificationForm => "notifica-ricevuta",
            Self::NotificationCopy => "notifica-copia",
            Self::NotificationOrdinary => "notifica-ordinaria",
            Self::CourtReceipt => "giudizio-ricevuta",
            Self::CourtFiles => "giudizio-file",
        }
    }

    /// Those of some warnings that nobody has named, each once.
    pub fn left<'w>(warnings: impl IntoIterator<Item = &'w Warning>, named: &[Self]) -> Vec<Self> {
        let mut stops: Vec<Self> = warnings.into_iter().filter_map(Warning::stop).collect();
        stops.retain(|stop| !named.contains(stop));
        stops.sort_unstable();
        stops.dedup();
        stops
    }
}

impl Warning {
    /// The recipient who has ordinary mail, where that is what it warns of.
    pub fn ordinary(&self) -> Option<&str> {
        if let Self::Ordinary { address, .. } = self {
            return Some(address);
        }
        None
    }

    /// What must be named before the message leaves, if that is so.
    pub const fn stop(&self) -> Option<Stop> {
        match self {
            Self::NotificationWithoutComplete(_) => Some(Stop::NotificationForm),
            Self::NotificationToCopy(_) => Some(Stop::NotificationCopy),
            Self::NotificationToOrdinary(_) => Some(Stop::NotificationOrdinary),
            Self::Ordinary { .. }
            | Self::Unsigned(_)
            | Self::Blocked { .. }
            | Self::VisibleRecipients(_)
            | Self::ManyRecipients(_)
            | Self::Large(_)
            | Self::EmptySubject
            | Self::EmptyText
            | Self::EmptyAttachment(_)
            | Self::LookAlike { .. } => None,
        }
    }
}

impl OutgoingMessage {
    /// What a person should know before sending. `reach` says what is known of an address;
    /// `names_in` lists the file names in an archive, empty for what is none.
    pub fn warnings(
        &self,
        limits: Limits,
        reach: &dyn Fn(&MailAddress) -> Judgement,
        names_in: &dyn Fn(&Attachment) -> Vec<String>,
    ) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for recipient in self.recipients() {
            let address = &recipient.address;
            warnings.extend(ordinary(address, &reach(address)));
            if let Some(ascii) = address.ascii_form() {
                warnings.push(Warning::LookAlike {
                    address: address.to_string(),
                    ascii,
                });
            }
        }
        if self.subject().trim().is_empty() {
            warnings.push(Warning::EmptySubject);
        }
        if !self.has_text() {
            warnings.push(Warning::EmptyText);
        }
        for attachment in self.attachments() {
            warnings.extend(attachment_warnings(attachment, names_in));
        }
        warnings.extend(self.notification_warnings(reach));
        if self.recipients().len() > 1 {
            warnings.push(Warning::VisibleRecipients(self.recipients().len()));
        }
        if limits.recipients.is_none() && self.recipients().len() > GUARANTEED_RECIPIENTS {
            warnings.push(Warning::ManyRecipients(self.recipients().len()));
        }
        let product = product(self.octets().len(), self.recipients().len());
        if limits.octets.is_none() && product > GUARANTEED_OCTETS {
            warnings.push(Warning::Large(product));
        }
        warnings
    }

    fn notification_warnings(&self, reach: &dyn Fn(&MailAddress) -> Judgement) -> Vec<Warning> {
        if !announces_notification(self.subject()) {
            return Vec::new();
        }
        let form = (self.form() != DeliveryForm::Complete)
            .then_some(Warning::NotificationWithoutComplete(self.form()));
        let copies = self
            .recipients()
            .iter()
            .filter(|recipient| recipient.field == RecipientField::Cc)
            .map(|recipient| Warning::NotificationToCopy(recipient.address.to_string()));
        let addresses = self.recipients().iter().map(|recipient| &recipient.address);
        let ordinary = to_ordinary(addresses, reach);
        form.into_iter().chain(copies).chain(ordinary).collect()
    }
}

/// The warning of a recipient who has ordinary mail, by what is known of the address.
pub fn ordinary(address: &MailAddress, known: &Judgement) -> Option<Warning> {
    let decisive = known.decisive()?;
    (known.reach() == Reach::Ordinary).then(|| Warning::Ordinary {
        address: address.to_string(),
        by_acceptance: matches!(decisive.source, Source::Acceptance(_)),
    })
}

/// Of the recipients of a notification, those whose mail is ordinary.
pub fn to_ordinary<'a>(
    addresses: impl IntoIterator<Item = &'a MailAddress>,
    reach: &dyn Fn(&MailAddress) -> Judgement,
) -> Vec<Warning> {
    let addresses = addresses.into_iter();
    addresses
        .filter(|address| reach(address).reach() == Reach::Ordinary)
        .map(|address| Warning::NotificationToOrdinary(address.to_string()))
        .collect()
}

/// What a person should know of an attachment; `names_in` as for a message.
pub fn attachment_warnings(
    attachment: &Attachment,
    names_in: &dyn Fn(&Attachment) -> Vec<String>,
) -> Vec<Warning> {
    let blocked = |inside| Warning::Blocked {
        name: attachment.name.clone(),
        inside,
    };
    if attachment.content.is_empty() {
        return vec![Warning::EmptyAttachment(attachment.name.clone())];
    }
    let mut warnings = Vec::new();
    if !is_signed_document(attachment) {
        warnings.push(Warning::Unsigned(attachment.name.clone()));
    }
    if can_run(&attachment.name) || is_program(&attachment.content) {
        warnings.push(blocked(None));
    }
    if let Some(inside) = names_in(attachment).into_iter().find(|name| can_run(name)) {
        warnings.push(blocked(Some(inside)));
    }
    warnings
}

/// Whether a public office takes the document as signed: a CMS envelope (`.p7m`), a PDF with a
/// signature field (ISO 32000-1, 12.8), an XML with a signature, a certified message. The
/// signature itself is not checked here.
pub fn is_signed_document(attachment: &Attachment) -> bool {
    let name = attachment.name.to_ascii_lowercase();
    let has = |text: &[u8]| memchr::memmem::find(&attachment.content, text).is_some();
    if name.ends_with(".p7m") || name == ORIGINAL_FILE {
        return true;
    }
    if name.ends_with(".eml") {
        let mail = Entity::parse(&attachment.content);
        let media = mail.as_ref().map(Entity::media_type);
        return media.is_ok_and(|media| media.is_ok_and(|it| it.essence == "multipart/signed"));
    }
    if attachment.content.starts_with(b"%PDF-") {
        return has(b"/ByteRange") && has(b"/Contents");
    }
    name.ends_with(".xml") && has(b"http://www.w3.org/2000/09/xmldsig#")
}

/// Whether the name ends as those of files that run, which providers block.
pub fn can_run(name: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "ade", "adp", "apk", "app", "bat", "chm", "cmd", "com", "cpl", "dll", "exe", "hta", "ins",
        "isp", "jar", "js", "jse", "lib", "lnk", "mde", "msc", "msi", "msp", "mst", "pif", "ps1",
        "reg", "scr", "sct", "shb", "sys", "vb", "vbe", "vbs", "vxd", "wsc", "wsf", "wsh",
    ];
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.contains(&&*ending.to_ascii_lowercase())
}

/// Whether the octets begin as a program of Windows, Linux or macOS does, whatever its name.
fn is_program(content: &[u8]) -> bool {
    // The PE header follows the MS-DOS stub within its first page.
    let start = &content[..content.len().min(4_096)];
    let windows = start.starts_with(b"MZ") && memchr::memmem::find(start, b"PE\0\0").is_some();
    let others = [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe"];
    windows || others.iter().any(|magic| content.starts_with(*magic))
}

/// Whether the subject announces service of a legal notice, in the words that the rules prescribe:
/// law 53 of 1994 (art. 3-bis, 4), or decree 546 of 1992 (art. 16-bis, 3) in tax matters.
pub fn announces_notification(subject: &str) -> bool {
    let lower = subject.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let has = |all: [&str; 2]| words.contains(&all[0]) || words.contains(&all[1]);
    words.iter().any(|word| word.starts_with("notific"))
        && (words.contains(&"53") && has(["1994", "94"])
            || words.contains(&"546") && has(["1992", "92"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_warnings_one_names_whom_with_ordinary_mail() {
        let address = "a@posta.example".to_owned();
        let ordinary = Warning::Ordinary {
            address: address.clone(),
            by_acceptance: false,
        };
        assert_eq!(ordinary.ordinary(), Some(&*address));
        assert_eq!(Warning::Unsigned(address).ordinary(), None);
    }

    #[test]
    fn the_words_of_both_laws_announce_a_notification_and_nothing_near_them() {
        for subject in [
            "notificazione ai sensi della legge n. 53 del 1994",
            "NOTIFICAZIONE AI SENSI DELLA LEGGE N. 53 DEL 1994",
            "Notifica ex L. 53/94",
            "notificazione ai sensi dell'art. 16-bis, comma 3, D.Lgs. 546/92",
            "Notificazione ai sensi dell'art. 16-bis, comma 3, d.lgs. 31 dicembre 1992, n. 546",
        ] {
            assert!(announces_notification(subject), "{subject}");
        }
        for subject in [
            "legge n. 53 del 1994",
            "notifica n. 53",
            "notifica del 1994",
            "Notifica: fattura 546",
            "rinnovo ex d.lgs. 546/92",
            "notifica n. 153 del 1994",
        ] {
            assert!(!announces_notification(subject), "{subject}");
        }
    }

    #[test]
    fn what_was_named_stops_no_more_and_the_rest_does_each_once() {
        let warnings = [
            Warning::NotificationToCopy("a@pec.example".to_owned()),
            Warning::NotificationToCopy("b@pec.example".to_owned()),
            Warning::NotificationWithoutComplete(DeliveryForm::Brief),
            Warning::Unsigned("a.pdf".to_owned()),
        ];
        let left = |named: &[Stop]| Stop::left(&warnings, named);
        let (form, copy) = (Stop::NotificationForm, Stop::NotificationCopy);
        assert_eq!(left(&[]), [form, copy]);
        assert_eq!(left(&[form]), [copy]);
        assert_eq!(left(&[form, copy]), []);
        assert_eq!(left(&[Stop::NotificationOrdinary]), [form, copy]);
    }
}
