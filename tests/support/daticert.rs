//! daticert.xml (rules, 3).

use super::receipt::{COPIED, IDENTIFIER, Kind, MESSAGE_ID, ORDINARY, RECIPIENT, SENDER, SUBJECT};
use super::text::{Moment, escaped};

/// daticert.xml (rules, 3).
#[derive(Clone, Debug)]
pub struct Daticert {
    pub kind: String,
    /// None: the attribute is left out.
    pub error: Option<String>,
    pub sender: String,
    pub recipients: Vec<(String, String)>,
    pub reply_to: String,
    pub subject: Option<String>,
    pub provider: String,
    pub zone: String,
    pub day: String,
    pub clock: String,
    pub identifier: String,
    pub message_id: Option<String>,
    pub receipt_form: Option<String>,
    pub delivered_to: Option<String>,
    pub taken_for: Vec<String>,
    pub extended_error: Option<String>,
}

impl Daticert {
    pub fn new(kind: Kind, at: &Moment) -> Self {
        let recipient = |address: &str, kind: &str| (address.to_owned(), kind.to_owned());
        Daticert {
            kind: kind.literal().to_owned(),
            error: Some(kind.error().to_owned()),
            sender: SENDER.to_owned(),
            recipients: vec![
                recipient(RECIPIENT, "certificato"),
                recipient(ORDINARY, "esterno"),
                recipient(COPIED, "certificato"),
            ],
            reply_to: SENDER.to_owned(),
            subject: Some(
                match kind {
                    // Of what arrived from outside.
                    Kind::Anomaly => "Bolletta di maggio",
                    _ => SUBJECT,
                }
                .to_owned(),
            ),
            provider: kind.provider().name.to_owned(),
            zone: at.zone(),
            day: at.day(),
            clock: at.clock(),
            identifier: IDENTIFIER.to_owned(),
            message_id: Some(MESSAGE_ID.to_owned()),
            receipt_form: kind.receipt_form().map(str::to_owned),
            delivered_to: kind.names_one_recipient().then(|| RECIPIENT.to_owned()),
            taken_for: match kind {
                Kind::TakenInCharge => vec![RECIPIENT.to_owned(), COPIED.to_owned()],
                _ => Vec::new(),
            },
            extended_error: kind.extended_error().map(str::to_owned),
        }
    }

    pub fn set_time(&mut self, at: &Moment) {
        (self.zone, self.day, self.clock) = (at.zone(), at.day(), at.clock());
    }

    /// The document, four spaces deep per level, as at a large provider.
    pub fn to_xml(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let error = self
            .error
            .as_ref()
            .map(|e| format!(" errore=\"{e}\""))
            .unwrap_or_default();
        out += &format!(
            "<postacert tipo=\"{}\"{error}>\n    <intestazione>\n",
            self.kind
        );
        line(&mut out, "mittente", &self.sender);
        for (address, kind) in &self.recipients {
            out += &format!(
                "        <destinatari tipo=\"{kind}\">{}</destinatari>\n",
                escaped(address)
            );
        }
        line(&mut out, "risposte", &self.reply_to);
        optional(&mut out, "oggetto", &self.subject);
        out += "    </intestazione>\n    <dati>\n";
        line(&mut out, "gestore-emittente", &self.provider);
        out += &format!(
            "        <data zona=\"{}\">\n            <giorno>{}</giorno>\n            \
                 <ora>{}</ora>\n        </data>\n",
            self.zone, self.day, self.clock
        );
        line(&mut out, "identificativo", &self.identifier);
        optional(&mut out, "msgid", &self.message_id);
        if let Some(form) = &self.receipt_form {
            out += &format!("        <ricevuta tipo=\"{form}\" />\n");
        }
        optional(&mut out, "consegna", &self.delivered_to);
        self.taken_for
            .iter()
            .for_each(|address| line(&mut out, "ricezione", address));
        optional(&mut out, "errore-esteso", &self.extended_error);
        out + "    </dati>\n</postacert>\n"
    }
}

fn line(out: &mut String, element: &str, text: &str) {
    *out += &format!("        <{element}>{}</{element}>\n", escaped(text));
}

fn optional(out: &mut String, element: &str, text: &Option<String>) {
    if let Some(text) = text {
        line(out, element, text);
    }
}
