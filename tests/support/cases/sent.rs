//! Messages as they left the sender, and what the provider makes of them inside a receipt.

use crate::support::digest::{Digest, hex};
use crate::support::message::{Header, Part, multipart};
use crate::support::receipt::{COPIED, MESSAGE_ID, ORDINARY, RECIPIENT, SENDER, SUBJECT};
use crate::support::text::{base64_lines, encoded_word};

const BOUNDARY: &str = "=_parti-della-richiesta";

/// A message as sent.
#[derive(Clone)]
pub struct Sent {
    pub header: Header,
    pub text: String,
    /// File name, and body as transported.
    pub attachments: Vec<Attachment>,
}

#[derive(Clone)]
pub struct Attachment {
    pub name: String,
    pub header: Header,
    pub body: String,
}

/// What a brief receipt's hash is computed from (rules, 2.6: the text does not settle it).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashInput {
    Encoded,
    EncodedWithEnd,
    EncodedLf,
    EncodedLfWithEnd,
    Decoded,
}

impl Sent {
    pub fn new(message_id: &str, subject: &str, text: &str) -> Self {
        let mut header = Header::default();
        header
            .add("From", format!("\"Studio Mittente\" <{SENDER}>"))
            .add("To", format!("{RECIPIENT}, {ORDINARY}"))
            .add("Cc", COPIED)
            .add("Subject", encoded_word(subject))
            .add("Date", "Mon, 4 May 2026 10:14:58 +0200")
            .add("Message-ID", message_id)
            .add("X-TipoRicevuta", "completa")
            .add("MIME-Version", "1.0");
        Sent {
            header,
            text: text.to_owned(),
            attachments: Vec::new(),
        }
    }

    pub fn attach(mut self, name: &str, kind: &str, octets: &[u8]) -> Self {
        self.attachments.push(Attachment {
            name: name.to_owned(),
            header: part_header(kind, name),
            // The line end before the delimiter belongs to the delimiter.
            body: base64_lines(octets, 76).trim_end().to_owned(),
        });
        self
    }

    pub fn to_eml(&self) -> Vec<u8> {
        self.eml_with(self.header.clone())
    }

    /// As the access point passes it on: a trace line on top, the Message-ID replaced, the
    /// sender's own kept at the end of the header (rules, 2.3).
    pub fn delivered(&self, identifier: &str) -> Vec<u8> {
        let message_id = self.header.0.iter().find(|(name, _)| name == "Message-ID");
        let message_id = message_id
            .map(|(_, value)| value.clone())
            .expect("an identifier");
        let mut header = Header::default();
        header.add(
            "Received",
            "from client.mittente.example ([192.0.2.80])\r\n\tby \
                 smtp.gestore-mittente.example with ESMTPA;\r\n\tMon, 4 May 2026 \
                 10:15:02 +0200",
        );
        header
            .0
            .extend(self.header.clone().remove("Message-ID").0.clone());
        header.add(
            "Content-Type",
            format!("multipart/mixed; boundary=\"{BOUNDARY}\""),
        );
        header.add("Message-ID", format!("<{identifier}>"));
        header.add("X-Riferimento-Message-ID", message_id);
        self.octets(&header)
    }

    /// With each attachment replaced by its hash, as in a brief receipt (rules, 2.6).
    pub fn hashed(&self) -> Self {
        self.hashed_from(HashInput::Encoded)
    }

    pub fn hashed_from(&self, input: HashInput) -> Self {
        let mut brief = self.clone();
        for attachment in &mut brief.attachments {
            let hash = hex(&Digest::Sha1.of(&hash_input(&attachment.body, input)));
            *attachment = hash_file(&attachment.name, &hash);
        }
        brief.header.set("X-TipoRicevuta", "breve");
        brief
    }

    /// With another content in all the hash files.
    pub fn with_hash_text(mut self, change: impl Fn(&str) -> String) -> Self {
        for attachment in &mut self.attachments {
            attachment.body = change(&attachment.body);
        }
        self
    }

    fn eml_with(&self, mut header: Header) -> Vec<u8> {
        header.add(
            "Content-Type",
            format!("multipart/mixed; boundary=\"{BOUNDARY}\""),
        );
        self.octets(&header)
    }

    fn octets(&self, header: &Header) -> Vec<u8> {
        let text = Part::new(
            &[
                ("Content-Type", "text/plain; charset=us-ascii"),
                ("Content-Transfer-Encoding", "7bit"),
            ],
            self.text.replace('\n', "\r\n"),
        );
        let mut parts = vec![text.encode()];
        for attachment in &self.attachments {
            let part = Part {
                header: attachment.header.clone(),
                body: attachment.body.clone().into(),
            };
            parts.push(part.encode());
        }
        [
            header.to_text().as_bytes(),
            b"\r\n",
            &multipart(BOUNDARY, &parts),
        ]
        .concat()
    }
}

fn part_header(kind: &str, name: &str) -> Header {
    let mut header = Header::default();
    header
        .add("Content-Type", format!("{kind}; name=\"{name}\""))
        .add(
            "Content-Disposition",
            format!("attachment; filename=\"{name}\""),
        )
        .add("Content-Transfer-Encoding", "base64");
    header
}

fn hash_file(name: &str, hash: &str) -> Attachment {
    let name = format!("{name}.hash");
    let mut header = part_header("text/plain", &name);
    header.set("Content-Transfer-Encoding", "7bit");
    Attachment {
        name,
        header,
        body: hash.to_owned(),
    }
}

fn hash_input(body: &str, input: HashInput) -> Vec<u8> {
    use base64::Engine;
    match input {
        HashInput::Encoded => body.into(),
        HashInput::EncodedWithEnd => format!("{body}\r\n").into(),
        HashInput::EncodedLf => body.replace("\r\n", "\n").into(),
        HashInput::EncodedLfWithEnd => format!("{body}\n").replace("\r\n", "\n").into(),
        HashInput::Decoded => base64::engine::general_purpose::STANDARD
            .decode(body.replace("\r\n", ""))
            .expect("base64"),
    }
}

/// The attachment of the base message: a small document, the same at every run.
pub fn document() -> Vec<u8> {
    let mut out = String::from("%PDF-1.4\n% documento di prova\n");
    for page in 1..=24 {
        out += &format!(
            "{page} 0 obj << /Type /Page /Note (pagina {page} della relazione) \
                 >> endobj\n"
        );
    }
    out += "trailer << /Root 1 0 R >>\n%%EOF\n";
    out.into_bytes()
}

/// The base message.
pub fn base() -> Sent {
    Sent::new(
        MESSAGE_ID,
        SUBJECT,
        "Buongiorno,\n\nsi chiede copia degli atti della pratica in \
                 oggetto.\nLa relazione e' allegata.\n\nStudio Mittente\n",
    )
    .attach("relazione.pdf", "application/pdf", &document())
}

/// The same Message-ID, but another page 7.
pub fn with_other_document() -> Sent {
    let text = String::from_utf8(document())
        .expect("ASCII")
        .replace("pagina 7 ", "pagina 8 ");
    let mut sent = base();
    sent.attachments.clear();
    sent.attach("relazione.pdf", "application/pdf", text.as_bytes())
}

/// Another message with the same subject and the same text.
pub fn twin_of_subject() -> Sent {
    let mut sent = base();
    sent.header
        .set("Message-ID", "<5d02aa10-91cf-43@client.mittente.example>");
    sent
}

/// Ordinary mail, as it arrives from outside.
pub fn from_outside() -> Vec<u8> {
    ordinary(
        "bollette@posta.example",
        "Bolletta di maggio",
        "In allegato nulla, nel testo poco.\r\n",
    )
}

/// An ordinary message of one text part.
pub fn ordinary(from: &str, subject: &str, body: &str) -> Vec<u8> {
    format!(
        "Received: from posta.example (posta.example [192.0.2.99])\r\n\tby \
                 mx.gestore-destinatario.example with ESMTP;\r\n\tMon, 4 May 2026 \
                 10:15:04 +0200\r\nFrom: {from}\r\nTo: {RECIPIENT}\r\nSubject: \
                 {subject}\r\nDate: Mon, 4 May 2026 10:15:03 +0200\r\nMessage-ID: \
                 <4711.bollette@posta.example>\r\nMIME-Version: 1.0\r\n\
                 Content-Type: text/plain; charset=us-ascii\r\n\r\n{body}"
    )
    .into_bytes()
}
