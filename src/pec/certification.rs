//! daticert.xml read strictly (RFC 6109, 4.4; annex 7.4 of the decree of 2 November 2005).
//!
//! ```text
//! postacert (intestazione, dati)   tipo, errore "nessuno"
//! intestazione (mittente, destinatari+, risposte, oggetto?)
//! dati (gestore-emittente, data, identificativo, msgid?, ricevuta?, consegna?,
//!       ricezione*, errore-esteso?)
//! data (giorno, ora)   zona
//! ```
//!
//! No entities but the five of XML, no namespaces, UTF-8 only, every element in its order and
//! number. Elements that the rules do not know are named and otherwise ignored. So are a
//! document type that declares nothing itself and instructions before the root (I.T. Telecom,
//! 2013), and control characters in texts (Register.it and Cedacri, 2018).

use std::borrow::Cow;

use super::xml::{self, Item, Oddities, Reader};
use super::{DeliveryForm, ErrorClass, MessageKind, RecipientKind};
use crate::address::MailAddress;
use crate::printable::trimmed;
use crate::timestamp::Timestamp;

/// Octets of one file: 500 recipients, the most that a provider takes, come to some 75 KB.
pub const MAX_OCTETS: usize = 1024 * 1024;
/// Equals signs of one file: each attribute has one, 500 recipients 500. The XML reader compares
/// every attribute of an element with every other.
const MAX_EQUALS_SIGNS: usize = 20_000;
/// XML nodes of one file: 500 recipients need some 1,500.
const MAX_NODES: usize = 50_000;

/// What the provider certifies. Only data of verified octets deserve the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificationData {
    /// `tipo` as written.
    pub kind_word: String,
    /// `errore` as written; `nessuno` when absent.
    pub error_word: String,
    /// `mittente`.
    pub sender: MailAddress,
    /// `destinatari`: all recipients of the original.
    pub recipients: Vec<Recipient>,
    /// `risposte`: where answers go.
    pub reply_to: MailAddress,
    /// `oggetto`.
    pub subject: Option<String>,
    /// `gestore-emittente`: the name that the issuer gives itself.
    pub provider: String,
    /// `data`: the certified instant.
    pub time: Timestamp,
    /// `data/@zona`, seconds east of UTC.
    pub zone: i32,
    /// `giorno` and `ora` as written.
    pub clock: (String, String),
    /// `identificativo`: the provider's identifier of the transaction, without brackets.
    pub identifier: String,
    /// `msgid`: the Message-ID that the sender's program gave.
    pub message_id: Option<String>,
    /// `ricevuta/@tipo`: the form of receipt that was asked for.
    pub receipt_form: Option<DeliveryForm>,
    /// `consegna`: the one recipient that the file is about.
    pub delivered_to: Option<MailAddress>,
    /// `ricezione`: recipients whose message was taken in charge.
    pub received_for: Vec<MailAddress>,
    /// `errore-esteso`.
    pub extended_error: Option<String>,
    /// Elements that the rules do not know, by name.
    pub unknown_elements: Vec<String>,
    /// What was passed over or mended in the XML.
    pub oddities: Oddities,
}

/// One of `destinatari`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub address: MailAddress,
    /// Certified or ordinary mail.
    pub kind: RecipientKind,
}

/// Why a daticert.xml is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Larger than [`MAX_OCTETS`], or with more attributes than any provider's.
    #[error("larger than {MAX_OCTETS} octets, or with too many attributes")]
    TooLarge,
    /// Not UTF-8, or declared to be something else.
    #[error("not UTF-8")]
    Encoding,
    /// Not well-formed XML; where.
    #[error("not well-formed: {0}")]
    Xml(String),
    /// A construct that no provider writes and that could hide something.
    #[error("forbidden construct: {0}")]
    Forbidden(&'static str),
    /// An element is missing, doubled, out of order, or has children where it has text.
    #[error("element {0} is not where or as often as the rules say")]
    Structure(&'static str),
    /// A value that the rules do not allow there.
    #[error("{0} has a value that the rules do not allow")]
    Value(&'static str),
}

impl Error {
    /// What is at fault, in no language: an element, a field, a construct, a place in the XML.
    pub fn place(&self) -> String {
        match self {
            Self::TooLarge => format!("> {MAX_OCTETS}"),
            Self::Encoding => "encoding".into(),
            Self::Xml(place) => place.clone(),
            Self::Forbidden(name) | Self::Structure(name) | Self::Value(name) => (*name).into(),
        }
    }

    /// Whether the XML itself is at fault, and not what it says.
    pub fn is_xml(&self) -> bool {
        matches!(
            self,
            Self::TooLarge | Self::Encoding | Self::Xml(_) | Self::Forbidden(_)
        )
    }
}

impl From<xml::Error> for Error {
    fn from(error: xml::Error) -> Self {
        match error {
            xml::Error::Forbidden(construct) => Self::Forbidden(construct),
            error @ (xml::Error::Malformed { .. } | xml::Error::TooManyNodes) => {
                Self::Xml(error.to_string())
            }
        }
    }
}

impl CertificationData {
    /// Reads the octets of one daticert.xml.
    ///
    /// # Errors
    /// For anything that the rules do not say; nothing is guessed.
    pub fn parse(octets: &[u8]) -> Result<Self, Error> {
        if octets.len() > MAX_OCTETS {
            return Err(Error::TooLarge);
        }
        let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
        let text = std::str::from_utf8(octets).map_err(|_| Error::Encoding)?;
        check_declaration(text)?;
        if memchr::memchr_iter(b'=', octets).count() > MAX_EQUALS_SIGNS {
            return Err(Error::TooLarge);
        }
        let mut source = Source {
            xml: Reader::new(text, MAX_NODES)?,
            unknown: Vec::new(),
        };
        let mut data = read_root(&mut source);
        match &mut data {
            Ok(data) => {
                data.oddities = source.xml.finish()?;
                data.unknown_elements = source.unknown;
            }
            // What is no XML says nothing: a fault of that kind comes first, wherever it stands.
            Err(error) if !error.is_xml() => {
                source.xml.finish()?;
            }
            Err(_) => {}
        }
        data
    }

    /// The kind, if `tipo` is one of the rules' words.
    pub fn kind(&self) -> Option<MessageKind> {
        MessageKind::from_word(&self.kind_word)
    }

    /// The class of error, if `errore` is one of the rules' words.
    pub fn error(&self) -> Option<ErrorClass> {
        ErrorClass::from_word(&self.error_word)
    }

    /// The enhanced status code at the beginning of the extended error: `5.1.1`
    /// (Note integrative, 2015; the form of RFC 3463).
    pub fn error_code(&self) -> Option<&str> {
        let text = self.extended_error.as_deref()?.trim_start();
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let code = &text[..end];
        let numbers: Vec<&str> = code.split('.').collect();
        let fits = matches!(numbers[..], [class, subject, detail]
            if matches!(class, "2" | "4" | "5")
                && (1..=3).contains(&subject.len()) && (1..=3).contains(&detail.len()));
        fits.then_some(code)
    }

    /// What the table of RFC 6109, 4.4 asks of this kind and the data do not give.
    pub fn profile_faults(&self) -> Vec<ProfileFault> {
        use ErrorClass as E;
        use MessageKind as K;
        let (Some(kind), Some(error)) = (self.kind(), self.error()) else {
            return vec![ProfileFault::UnknownWord];
        };
        let mut faults = Vec::new();
        let fitting: &[ErrorClass] = match kind {
            K::Acceptance
            | K::TakingCharge
            | K::Delivery
            | K::TransportEnvelope
            | K::AnomalyEnvelope => &[E::None],
            K::NonAcceptance => &[E::Other, E::Virus],
            K::NonDelivery => &[E::NoRecipient, E::NoDomain, E::Other, E::Virus],
            K::TimeoutNotice => &[E::None, E::Other],
            K::VirusDetection => &[E::Virus],
        };
        if !fitting.contains(&error) {
            faults.push(ProfileFault::Error);
        }
        let about_one = matches!(kind, K::Delivery | K::NonDelivery | K::TimeoutNotice);
        if about_one && self.delivered_to.is_none() {
            faults.push(ProfileFault::Missing("consegna"));
        }
        // A log of 2006 shows `ricezione` in virus notices, the rules `consegna`.
        if kind == K::VirusDetection && self.delivered_to.is_none() && self.received_for.is_empty()
        {
            faults.push(ProfileFault::Missing("consegna"));
        }
        if kind == K::TakingCharge && self.received_for.is_empty() {
            faults.push(ProfileFault::Missing("ricezione"));
        }
        if matches!(
            kind,
            K::Acceptance | K::NonAcceptance | K::TakingCharge | K::TransportEnvelope
        ) && self.delivered_to.is_some()
        {
            faults.push(ProfileFault::Unexpected("consegna"));
        }
        faults
    }
}

/// A disagreement between a kind and what its file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProfileFault {
    /// `tipo` or `errore` is none of the rules' words.
    UnknownWord,
    /// `errore` does not fit `tipo`.
    Error,
    /// An element that the kind needs.
    Missing(&'static str),
    /// An element that the kind does not have.
    Unexpected(&'static str),
}

/// The XML declaration may name UTF-8, or another superset of ASCII if the text is ASCII.
fn check_declaration(text: &str) -> Result<(), Error> {
    // As nearly every provider writes it.
    if text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>") {
        return Ok(());
    }
    let Some(declaration) = text
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
        .map(|(d, _)| d)
    else {
        return Ok(());
    };
    let Some((_, value)) = declaration.split_once("encoding") else {
        return Ok(());
    };
    let value = value.trim_start().trim_start_matches('=').trim_start();
    let encoding = value
        .get(1..)
        .and_then(|rest| rest.split(['"', '\'']).next())
        .unwrap_or_default();
    let is = |name: &str| encoding.eq_ignore_ascii_case(name);
    let superset = ["ISO-8859-1", "ISO-8859-15", "US-ASCII", "windows-1252"]
        .into_iter()
        .any(is);
    if is("UTF-8") || (superset && text.is_ascii()) {
        Ok(())
    } else {
        Err(Error::Encoding)
    }
}

/// The XML, and what of it the rules do not know.
struct Source<'a> {
    xml: Reader<'a>,
    /// Names of elements.
    unknown: Vec<String>,
}

fn read_root(source: &mut Source<'_>) -> Result<CertificationData, Error> {
    let name = loop {
        if let Some(Item::Start(name)) = source.xml.read()? {
            break name;
        }
    };
    if name != "postacert" {
        return Err(Error::Structure("postacert"));
    }
    let kind_word = source.attribute("tipo").ok_or(Error::Value("tipo"))?;
    let kind_word = kind_word.to_owned();
    let error_word = source.attribute("errore").unwrap_or("nessuno").to_owned();
    let mut parts = Ordered::of(&["intestazione", "dati"]);

    parts.one(source, "intestazione")?;
    let mut heading = Ordered::of(&["mittente", "destinatari", "risposte", "oggetto"]);
    let sender = heading.text(source, "mittente")?;
    let mut recipients = Vec::new();
    while heading.next_if(source, "destinatari")? {
        let kind = match source.attribute("tipo") {
            None | Some("certificato") => RecipientKind::Certified,
            Some("esterno") => RecipientKind::External,
            Some(_) => return Err(Error::Value("destinatari/@tipo")),
        };
        recipients.push(Recipient {
            address: address(&source.text("destinatari")?),
            kind,
        });
    }
    if recipients.is_empty() {
        return Err(Error::Structure("destinatari"));
    }
    let reply_to = heading.text(source, "risposte")?;
    let subject = heading.text_if(source, "oggetto")?;
    heading.end(source, "intestazione")?;

    parts.one(source, "dati")?;
    let mut data = Ordered::of(&[
        "gestore-emittente",
        "data",
        "identificativo",
        "msgid",
        "ricevuta",
        "consegna",
        "ricezione",
        "errore-esteso",
    ]);
    let provider = data.text(source, "gestore-emittente")?;
    data.one(source, "data")?;
    let (time, zone, clock) = read_time(source)?;
    let identifier = data.text(source, "identificativo")?;
    let message_id = data.text_if(source, "msgid")?;
    let receipt_form = match data.next_if(source, "ricevuta")? {
        true => {
            let word = source.attribute("tipo");
            let word = word.ok_or(Error::Value("ricevuta/@tipo"))?;
            let form = DeliveryForm::from_word(word).ok_or(Error::Value("ricevuta/@tipo"))?;
            source.pass()?;
            Some(form)
        }
        false => None,
    };
    let delivered_to = data.text_if(source, "consegna")?;
    let mut received_for = Vec::new();
    while let Some(address) = data.text_if(source, "ricezione")? {
        received_for.push(MailAddress::new(&address));
    }
    let extended_error = data.text_if(source, "errore-esteso")?;
    data.end(source, "dati")?;
    parts.end(source, "postacert")?;

    Ok(CertificationData {
        kind_word,
        error_word,
        sender: address(&sender),
        recipients,
        reply_to: address(&reply_to),
        subject: subject.map(Cow::into_owned),
        provider: provider.into_owned(),
        time,
        zone,
        clock,
        identifier: identifier.into_owned(),
        message_id: message_id.map(Cow::into_owned),
        receipt_form,
        delivered_to: delivered_to.as_deref().map(address),
        received_for,
        extended_error: extended_error.map(Cow::into_owned),
        unknown_elements: Vec::new(),
        oddities: Oddities::default(),
    })
}

/// `data`, which has begun: day, hour and zone. Elements that the rules do not know are passed over.
#[allow(clippy::type_complexity)]
fn read_time(source: &mut Source<'_>) -> Result<(Timestamp, i32, (String, String)), Error> {
    let zone = source.attribute("zona").and_then(zone_seconds);
    let zone = zone.ok_or(Error::Value("zona"))?;
    let known = source.unknown.len();
    let mut parts = Ordered::of(&["giorno", "ora"]);
    let day = parts.text(source, "giorno")?;
    let hour = parts.text(source, "ora")?;
    parts.end(source, "data")?;
    source.unknown.truncate(known);
    let date = numbers(&day, b'/', [2, 2, 4]).ok_or(Error::Value("giorno"))?;
    let clock = numbers(&hour, b':', [2, 2, 2]).ok_or(Error::Value("ora"))?;
    let [d, m, y] = date;
    let [h, min, s] = clock;
    // Two digits always fit; the year has four.
    let time = Timestamp::from_civil((y, m as i8, d as i8), (h as i8, min as i8, s as i8), zone)
        .ok_or(Error::Value("giorno"))?;
    Ok((time, zone, (day.into_owned(), hour.into_owned())))
}

/// `[+-]hhmm` in seconds.
fn zone_seconds(text: &str) -> Option<i32> {
    let (sign, digits) = match text.trim().split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = (number / 100, number % 100);
    (hours <= 14 && minutes <= 59).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Three numbers of so many digits each.
fn numbers(text: &str, separator: u8, digits: [usize; 3]) -> Option<[i16; 3]> {
    let mut out = [0; 3];
    let mut pieces = text.as_bytes().split(|&octet| octet == separator);
    for (slot, count) in out.iter_mut().zip(digits) {
        let piece = pieces.next().filter(|piece| piece.len() == count)?;
        for digit in piece {
            let digit = char::from(*digit).to_digit(10)?;
            *slot = *slot * 10 + digit as i16;
        }
    }
    pieces.next().is_none().then_some(out)
}

/// Octets for which room is made at first in a text with references: more than most have.
const TEXT_ROOM: usize = 128;

impl<'a> Source<'a> {
    /// Of the element that has just begun.
    fn attribute(&self, name: &str) -> Option<&str> {
        self.xml.attribute(name)
    }

    /// The text of an element that has begun and has nothing else, trimmed; the element ends with it.
    fn text(&mut self, name: &'static str) -> Result<Cow<'a, str>, Error> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.item()? {
                Item::Text(piece) => text += piece,
                Item::Character(c) => {
                    if text.is_empty() {
                        text = Cow::Owned(String::with_capacity(TEXT_ROOM));
                    }
                    text.to_mut().push(c);
                }
                Item::End => break,
                Item::Start(_) | Item::Comment => return Err(Error::Structure(name)),
            }
        }
        Ok(match text {
            Cow::Borrowed(text) => Cow::Borrowed(trimmed(text)),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        })
    }

    /// Passes over an element that has begun.
    fn pass(&mut self) -> Result<(), Error> {
        let mut open = 1usize;
        while open > 0 {
            match self.item()? {
                Item::Start(_) => open += 1,
                Item::End => open -= 1,
                Item::Text(_) | Item::Character(_) | Item::Comment => {}
            }
        }
        Ok(())
    }

    #[inline(always)]
    fn item(&mut self) -> Result<Item<'a>, Error> {
        let item = self.xml.read()?;
        Ok(item.expect("a document does not end inside an element"))
    }
}

/// Child elements taken in the order of the document type, of an element that has only elements.
struct Ordered<'a> {
    known: &'static [&'static str],
    /// Where in `known` the element that began last stands.
    place: usize,
    /// It, until it is taken; who takes it reads it to its end.
    next: Option<&'a str>,
    /// The parent has ended.
    is_over: bool,
}

impl<'a> Ordered<'a> {
    fn of(known: &'static [&'static str]) -> Self {
        Self {
            known,
            place: 0,
            next: None,
            is_over: false,
        }
    }

    /// The known element that comes next; unknown ones before it are set aside.
    fn next(&mut self, source: &mut Source<'a>) -> Result<Option<&'a str>, Error> {
        while self.next.is_none() && !self.is_over {
            match source.item()? {
                Item::Start(name) => match self.place_of(name) {
                    Some(place) => (self.place, self.next) = (place, Some(name)),
                    None => {
                        source.unknown.push(name.to_owned());
                        source.pass()?;
                    }
                },
                Item::End => self.is_over = true,
                // Looked at as ASCII first, which all indentation is.
                Item::Text(text) => {
                    let is_blank = text.bytes().all(|octet| octet.is_ascii_whitespace());
                    if !is_blank && !text.trim().is_empty() {
                        return Err(Error::Structure("text between elements"));
                    }
                }
                Item::Character(c) if c.is_whitespace() => {}
                Item::Character(_) => return Err(Error::Structure("text between elements")),
                Item::Comment => {}
            }
        }
        Ok(self.next)
    }

    /// Looked for where the last one was found and after it: there it is in nearly every file.
    fn place_of(&self, name: &str) -> Option<usize> {
        let mut places = (self.place..self.known.len()).chain(0..self.place);
        places.find(|&place| self.known[place] == name)
    }

    /// Takes the next element if it has this name.
    fn next_if(&mut self, source: &mut Source<'a>, name: &str) -> Result<bool, Error> {
        let is_it = self.next(source)? == Some(name);
        if is_it {
            self.next = None;
        }
        Ok(is_it)
    }

    fn one(&mut self, source: &mut Source<'a>, name: &'static str) -> Result<(), Error> {
        match self.next_if(source, name)? {
            true => Ok(()),
            false => Err(Error::Structure(name)),
        }
    }

    /// The text of the next element, if it has this name.
    fn text_if(
        &mut self,
        source: &mut Source<'a>,
        name: &'static str,
    ) -> Result<Option<Cow<'a, str>>, Error> {
        match self.next_if(source, name)? {
            true => source.text(name).map(Some),
            false => Ok(None),
        }
    }

    fn text(&mut self, source: &mut Source<'a>, name: &'static str) -> Result<Cow<'a, str>, Error> {
        self.one(source, name)?;
        source.text(name)
    }

    /// Nothing known is left.
    fn end(&mut self, source: &mut Source<'a>, parent: &'static str) -> Result<(), Error> {
        match self.next(source)? {
            Some(_) => Err(Error::Structure(parent)),
            None => Ok(()),
        }
    }
}

/// An address; some providers write `<a@b>` or `Name <a@b>`.
fn address(text: &str) -> MailAddress {
    let inside = text
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once('<'))
        .map(|(_, inside)| inside);
    MailAddress::new(inside.unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELIVERY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<postacert tipo="avvenuta-consegna" errore="nessuno">
    <intestazione>
        <mittente>studio@pec.mittente.example</mittente>
        <destinatari tipo="certificato">ufficio@pec.destinatario.example</destinatari>
        <destinatari tipo="esterno">collega@posta.example</destinatari>
        <risposte>studio@pec.mittente.example</risposte>
        <oggetto>Perch&#233; no &amp; s&#xEC;</oggetto>
    </intestazione>
    <dati>
        <gestore-emittente>Gestore Esempio S.p.A.</gestore-emittente>
        <data zona="+0100"><giorno>13/11/2026</giorno><ora>16:39:27</ora></data>
        <identificativo>opec999.1@gestore.example</identificativo>
        <msgid>&lt;0b1f@client.example&gt;</msgid>
        <ricevuta tipo="completa" />
        <consegna>ufficio@pec.destinatario.example</consegna>
    </dati>
</postacert>"#;

    fn changed(from: &str, to: &str) -> Result<CertificationData, Error> {
        assert!(DELIVERY.contains(from), "{from}");
        CertificationData::parse(DELIVERY.replace(from, to).as_bytes())
    }

    #[test]
    fn a_delivery_receipt_is_read_whole() {
        let data = CertificationData::parse(DELIVERY.as_bytes()).unwrap();
        assert_eq!(data.kind(), Some(MessageKind::Delivery));
        assert_eq!(data.error(), Some(ErrorClass::None));
        assert_eq!(data.recipients.len(), 2);
        assert_eq!(data.recipients[1].kind, RecipientKind::External);
        assert_eq!(data.subject.as_deref(), Some("Perché no & sì"));
        assert_eq!(data.time.to_string(), "2026-11-13T15:39:27Z");
        assert_eq!(data.message_id.as_deref(), Some("<0b1f@client.example>"));
        assert_eq!(data.receipt_form, Some(DeliveryForm::Complete));
        assert!(data.profile_faults().is_empty());
        assert!(data.unknown_elements.is_empty());
    }

    #[test]
    fn a_byte_order_mark_and_an_absent_errore_are_taken() {
        let text = format!("\u{feff}{}", DELIVERY.replace(" errore=\"nessuno\"", ""));
        assert_eq!(
            CertificationData::parse(text.as_bytes()).unwrap().error(),
            Some(ErrorClass::None)
        );
    }

    #[test]
    fn constructs_that_could_hide_something_are_refused() {
        let root = "<postacert ";
        for (from, to) in [
            (root, "<!DOCTYPE postacert [<!ENTITY a \"b\">]><postacert "),
            ("</postacert>", "<?php x?></postacert>"),
            (root, "<postacert xmlns=\"urn:x\" "),
            (
                "<oggetto>",
                "<oggetto xmlns:xi=\"http://www.w3.org/2001/XInclude\">",
            ),
        ] {
            assert!(
                matches!(changed(from, to), Err(Error::Forbidden(_))),
                "{to}"
            );
        }
        for (from, to) in [
            ("encoding=\"UTF-8\"", "encoding=\"UTF-16\""),
            ("encoding=\"UTF-8\"", "encoding='latin9'"),
        ] {
            assert_eq!(changed(from, to), Err(Error::Encoding), "{to}");
        }
        assert!(matches!(
            changed("&lt;0b1f@client.example&gt;", "<0b1f@client.example>"),
            Err(Error::Xml(_))
        ));
        assert!(matches!(
            changed(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                "\u{feff}\u{feff}"
            ),
            Err(Error::Xml(_))
        ));
        let mut invalid = DELIVERY.as_bytes().to_vec();
        invalid.extend(b"\xc0\xaf");
        assert_eq!(CertificationData::parse(&invalid), Err(Error::Encoding));
        let attributes = changed(
            "<dati>",
            &format!("<dati {}>", "a=\"1\" ".repeat(MAX_EQUALS_SIGNS)),
        );
        assert_eq!(attributes, Err(Error::TooLarge));
        assert_eq!(
            CertificationData::parse(&vec![b' '; MAX_OCTETS + 1]),
            Err(Error::TooLarge)
        );
    }

    #[test]
    fn what_providers_have_written_around_the_data_changes_nothing() {
        let plain = CertificationData::parse(DELIVERY.as_bytes()).unwrap();
        assert_eq!(plain.oddities, Oddities::default());
        let mut odd = changed(
            "<postacert ",
            "<?xml-stylesheet type=\"text/xsl\" href=\"https://dtd.example/postacert.xsl\"?>\n\
             <!DOCTYPE postacert PUBLIC \"posta certificata\" \"https://dtd.example/postacert.dtd\">\n\
             <postacert ",
        )
        .unwrap();
        assert!(odd.oddities.document_type && odd.oddities.instructions);
        odd.oddities = plain.oddities;
        assert_eq!(odd, plain);
        for control in ["\u{16}", "&#18;", "&#x12;"] {
            let data = changed("Perch&#233;", &format!("L{control}atto")).unwrap();
            assert_eq!(data.subject.as_deref(), Some("L\u{fffd}atto no & sì"));
            assert!(data.oddities.control_characters);
            // Where a word of the rules is asked for, it is another word.
            let kind = changed("avvenuta-consegna", &format!("avvenuta{control}consegna"));
            assert_eq!(kind.unwrap().kind(), None);
        }
    }

    #[test]
    fn order_and_number_are_those_of_the_document_type() {
        let consegna = "<consegna>ufficio@pec.destinatario.example</consegna>";
        let ricevuta = "<ricevuta tipo=\"completa\" />";
        for (from, to) in [
            (consegna, consegna.repeat(2)),
            (ricevuta, format!("{consegna}{ricevuta}")),
            ("</postacert>", "<dati/></postacert>".to_owned()),
            (
                "<mittente>studio@pec.mittente.example</mittente>",
                String::new(),
            ),
            ("<oggetto>", "<oggetto><b>x</b>".to_owned()),
            ("<dati>", "<dati>testo".to_owned()),
            ("<oggetto>", "<!-- x --><oggetto><!-- y -->".to_owned()),
        ] {
            assert!(
                matches!(changed(from, &to), Err(Error::Structure(_))),
                "{to}"
            );
        }
        assert!(matches!(
            changed("</postacert>", "</postacert><postacert/>"),
            Err(Error::Xml(_))
        ));
        let data = changed("<oggetto>", "<nota>x</nota><oggetto>").unwrap();
        assert_eq!(data.unknown_elements, ["nota"]);
    }

    #[test]
    fn times_are_real_and_zones_have_four_digits() {
        for (from, to) in [
            ("13/11/2026", "31/02/2026"),
            ("13/11/2026", "2026-11-13"),
            ("16:39:27", "24:00:00"),
            ("+0100", "Z"),
            ("+0100", "+01:00"),
            ("+0100", "0100"),
        ] {
            assert!(matches!(changed(from, to), Err(Error::Value(_))), "{to}");
        }
        assert_eq!(
            changed("+0100", "-0330").unwrap().time.to_string(),
            "2026-11-13T20:09:27Z"
        );
    }

    #[test]
    fn the_table_of_kinds_is_asked() {
        assert_eq!(
            changed("errore=\"nessuno\"", "errore=\"virus\"")
                .unwrap()
                .profile_faults(),
            [ProfileFault::Error]
        );
        assert_eq!(
            changed("<consegna>ufficio@pec.destinatario.example</consegna>", "")
                .unwrap()
                .profile_faults(),
            [ProfileFault::Missing("consegna")]
        );
        assert_eq!(
            changed("avvenuta-consegna", "mancata-consegna")
                .unwrap()
                .profile_faults(),
            [ProfileFault::UnknownWord]
        );
        assert_eq!(
            changed("avvenuta-consegna", "accettazione")
                .unwrap()
                .profile_faults(),
            [ProfileFault::Unexpected("consegna")]
        );
    }

    #[test]
    fn the_code_of_an_extended_error_is_read() {
        let code = |text: &str| {
            let data = changed(
                "</dati>",
                &format!("<errore-esteso>{text}</errore-esteso></dati>"),
            )
            .unwrap();
            data.error_code().map(str::to_owned)
        };
        assert_eq!(
            code(" 5.1.1 - GESTORE - indirizzo non valido").as_deref(),
            Some("5.1.1")
        );
        assert_eq!(code("5.5.1, Gestore, virus").as_deref(), Some("5.5.1"));
        assert_eq!(code("casella piena"), None);
        assert_eq!(code("7.1.1 - x"), None);
        assert_eq!(code("5.1 - x"), None);
    }
}
