//! A file in a message, as `pec show` and `pec extract` write it out: what it says of itself, what it is
//! by its content, and what to know before opening it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::mail::MailJson;
use crate::contents::{self, Attachment, Caution, Digest, TNEF, Unwrapped, Visit};
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout::day;
use crate::output::report::{SHA256, known};
use crate::pec::tax::{Invoice, InvoiceHead, Notice, NoticeKind, TaxDocument};
use crate::printable::Printable;
use crate::verify::SignerFacts;
use crate::work::Work;

/// Octets of the text of a mail within another one.
const INNER_TEXT: usize = 16 << 10;

/// Invoices that are shown of one file; the others are counted.
const SHOWN_INVOICES: usize = 5;

/// A file in a message.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "file_in_message")]
pub(in crate::command) struct FileJson {
    /// Where it is: the numbers of the parts on the way to it, counted from 1 (2.1), with those of the
    /// mails that it is in before them (3/2.1).
    pub place: String,
    /// How many attached mails are around it.
    pub depth: usize,
    /// The name that it states, as it is written there; null where it has none. Comes from the message: do
    /// not use it as a path.
    pub name: Option<String>,
    /// A name under which it may be written: without path, signs that deceive, and names that systems
    /// reserve.
    pub file_name: String,
    /// type/subtype as it states it; empty where that cannot be read.
    declared: String,
    /// The type by its first bytes; null where they tell nothing.
    found: Option<&'static str>,
    /// Bytes, without the transfer encoding.
    pub size: u64,
    /// SHA-256 of these, in lower-case hexadecimal.
    #[schemars(regex(pattern = SHA256))]
    pub sha256: String,
    /// Whether some bytes did not fit the transfer encoding and were passed over.
    damaged: bool,
    /// What to know before opening it. type: the content is not of the type that is declared. ending: it is
    /// not what the ending of the name announces. program: opening it runs something. hidden-program: the
    /// ending of a document is before that of a program. deceptive-name: the name has characters that
    /// deceive readers.
    #[schemars(schema_with = "cautions")]
    cautions: Vec<&'static str>,
    /// The signature around it, of a signed file (.p7m) that could be opened; else null.
    signed: Option<SignedJson>,
    /// The document of the tax system that it is, or that it holds signed, as the file says; else null.
    tax: Option<TaxJson>,
    /// The mail that it is, where it was entered; else null.
    pub mail: Option<MailJson>,
}

/// A signature around a file. Whether it is valid is not examined.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "signed_file")]
pub(in crate::command) struct SignedJson {
    /// How many signatures are around the content, one around the other.
    layers: usize,
    /// The subjects of the certificates that the signers name (RFC 4514).
    signers: Vec<String>,
    /// Whether the content is inside; without, the signature is beside it.
    holds_content: bool,
}

/// A document of the tax system: an invoice (FatturaPA) or a notice of the exchange system (SdI). All of
/// it is what the file says.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "document", rename_all = "kebab-case")]
#[schemars(rename = "tax_document")]
pub(in crate::command) enum TaxJson {
    /// One invoice, or several of one sender.
    Invoice {
        /// The version of the format: FPA12, FPR12, FSM10.
        version: String,
        /// Who issued it.
        sender: String,
        /// The sender's country and tax number.
        sender_id: String,
        /// The first hundred invoices.
        invoices: Vec<InvoiceJson>,
        /// How many there are.
        count: usize,
    },
    /// A notice of the exchange system.
    Notice {
        /// Which one.
        #[schemars(schema_with = "notices")]
        kind: &'static str,
        /// IdentificativoSdI.
        identifier: String,
        /// NomeFile: the file that it is about.
        about: String,
    },
}

/// What names an invoice; empty is what is not there.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "invoice")]
pub(in crate::command) struct InvoiceJson {
    /// TipoDocumento: TD01 and so on.
    kind: String,
    /// Numero.
    number: String,
    /// Data.
    date: String,
    /// ImportoTotaleDocumento.
    total: String,
    /// Divisa.
    currency: String,
}

fn cautions(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({ "type": "array", "items": known(Caution::ALL.map(Caution::word)) })
}

fn notices(_: &mut SchemaGenerator) -> Schema {
    known(NoticeKind::ALL.map(NoticeKind::word))
}

impl FileJson {
    /// What was found on the way through a message.
    pub fn of(visit: &Visit<'_, '_, '_>) -> Self {
        let attachment = visit.attachment;
        let opened = attachment.opened(visit.work);
        let mail = visit.mail.map(|mail| MailJson::of(mail, INNER_TEXT));
        Self {
            place: visit.place.clone(),
            depth: visit.depth,
            tax: attachment.tax(opened.as_ref()).map(TaxJson::of),
            signed: opened.as_ref().map(SignedJson::of),
            mail,
            ..Self::plain(attachment)
        }
    }

    fn plain(attachment: &Attachment<'_, '_>) -> Self {
        let Digest {
            size,
            sha256,
            is_damaged,
        } = attachment.digest();
        Self {
            place: attachment.place.clone(),
            depth: 0,
            name: attachment.name.clone(),
            file_name: attachment.file_name(),
            declared: attachment.declared().to_owned(),
            found: attachment.found(),
            size,
            sha256,
            damaged: is_damaged,
            cautions: words(&attachment.cautions()),
            signed: None,
            tax: None,
            mail: None,
        }
    }

    /// A file that is in no message, or that was taken out of another one: so named, with this content.
    pub fn bare(place: &str, name: &str, octets: &[u8], work: &Work) -> Self {
        let found = contents::found(octets);
        let opened = contents::unwrapped(octets, work);
        let inside = opened
            .as_ref()
            .map_or(Some(octets), |one| one.content.as_deref());
        let tax = inside.and_then(TaxDocument::of);
        Self {
            place: place.to_owned(),
            depth: 0,
            name: Some(name.to_owned()),
            file_name: contents::name::safe(name).unwrap_or_default(),
            declared: String::new(),
            found,
            size: octets.len() as u64,
            sha256: crate::smime::sha256(octets),
            damaged: false,
            cautions: words(&contents::cautions(name, "", found)),
            signed: opened.as_ref().map(SignedJson::of),
            tax: tax.map(TaxJson::of),
            mail: None,
        }
    }

    /// All that there is to say of it: its name, what it is, and what to know.
    pub fn lines(&self, name: &str, lang: Lang) -> Vec<String> {
        let texts = Catalogue::of(lang);
        let mut lines = vec![format!("{}  {}", self.place, Printable(name))];
        let unknown = texts.text("preview.type");
        let by_content = self.found.unwrap_or(unknown);
        let found = match (self.found, &*self.declared) {
            _ if self.mail.is_some() => "message/rfc822".to_owned(),
            (Some(found), _) => found.to_owned(),
            (None, "") => unknown.to_owned(),
            (None, declared) => Printable(declared).to_string(),
        };
        let values = [
            ("size", &*texts.size(self.size)),
            ("type", &*found),
            ("sha256", &*self.sha256),
        ];
        lines.push(texts.fill("show.file", &values));
        if self.name.as_deref().is_some_and(|stated| stated != name) {
            let stated = self.name.as_deref().unwrap_or_default();
            lines.push(texts.fill("show.stated-name", &[("name", stated)]));
        }
        for word in &self.cautions {
            let values = [("declared", &*self.declared), ("found", by_content)];
            lines.push(texts.fill(&format!("file-caution.{word}"), &values));
        }
        if self.damaged {
            lines.push(texts.text("show.damaged").to_owned());
        }
        if self.found == Some(TNEF) {
            lines.push(texts.text("show.tnef").to_owned());
        }
        lines.extend(self.signed.as_ref().map(|signed| signed.line(texts)));
        if let Some(tax) = &self.tax {
            lines.extend(tax.lines(lang));
        }
        lines.extend(self.mail.as_ref().map(|mail| mail.line(lang)));
        lines
    }
}

fn words(cautions: &[Caution]) -> Vec<&'static str> {
    cautions.iter().map(|caution| caution.word()).collect()
}

impl SignedJson {
    fn of(opened: &Unwrapped) -> Self {
        let subject = |signer: &SignerFacts| signer.subject.clone();
        Self {
            layers: opened.layers,
            signers: opened.signers.iter().map(subject).collect(),
            holds_content: opened.content.is_some(),
        }
    }

    fn line(&self, texts: &Catalogue) -> String {
        let signers = match &self.signers[..] {
            [] => texts.text("headline.signature-of-nobody").to_owned(),
            some => some.join("; "),
        };
        texts.fill("show.signed", &[("signers", &signers)])
    }
}

impl TaxJson {
    fn of(document: TaxDocument) -> Self {
        match document {
            TaxDocument::Notice(Notice {
                kind,
                identifier,
                file,
            }) => Self::Notice {
                kind: kind.word(),
                identifier,
                about: file,
            },
            TaxDocument::Invoice(Invoice {
                version,
                sender,
                sender_id,
                invoices,
                count,
            }) => Self::Invoice {
                version,
                sender,
                sender_id,
                invoices: invoices.into_iter().map(InvoiceJson::of).collect(),
                count,
            },
        }
    }

    fn lines(&self, lang: Lang) -> Vec<String> {
        let texts = Catalogue::of(lang);
        match self {
            Self::Notice {
                kind,
                identifier,
                about,
            } => {
                let name = texts.text(&format!("tax.{kind}"));
                let values = [("name", name), ("identifier", identifier), ("file", about)];
                vec![texts.fill("tax.notice", &values)]
            }
            Self::Invoice {
                version,
                sender,
                sender_id,
                invoices,
                count,
            } => {
                let values = [
                    ("version", &**version),
                    ("sender", &**sender),
                    ("id", &**sender_id),
                ];
                let mut lines = vec![texts.fill("tax.invoice", &values)];
                let shown = invoices.iter().take(SHOWN_INVOICES);
                lines.extend(shown.map(|invoice| invoice.line(lang)));
                if *count > SHOWN_INVOICES {
                    lines.push(texts.count("value.more", count - SHOWN_INVOICES, &[]));
                }
                lines
            }
        }
    }
}

impl InvoiceJson {
    fn of(head: InvoiceHead) -> Self {
        Self {
            kind: head.kind,
            number: head.number,
            date: head.date,
            total: head.total,
            currency: head.currency,
        }
    }

    fn line(&self, lang: Lang) -> String {
        let texts = Catalogue::of(lang);
        let values = [
            ("number", &*self.number),
            ("date", &*day(&self.date, lang)),
            ("kind", &*self.kind),
            ("total", &*self.total),
            ("currency", &*self.currency),
        ];
        match &*self.total {
            "" => texts.fill("tax.number", &values),
            _ => texts.fill("tax.number-total", &values),
        }
    }
}
