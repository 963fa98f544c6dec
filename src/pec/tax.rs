//! Documents of the tax system as certified mail carries them: electronic invoices (FatturaPA,
//! versions FPA12, FPR12 and FSM10 of its format) and the notices of the exchange system (SdI,
//! technical specifications of its messages).
//!
//! Only what names one is read: whose it is, its number, its day, its total. All of that is what the
//! file says; nobody checks it here, neither against the schema nor against a signature. Elements are
//! known by their names, whatever prefix stands before these.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

/// Octets of one document: SdI takes files of 5 MB, and lots of 30 MB.
pub const MAX_DOCUMENT_OCTETS: usize = 32 << 20;

/// Invoices named of one file; a lot may have more, which are counted.
const MAX_INVOICES: usize = 100;

/// Elements around one that is read: the formats have nine.
const MAX_DEPTH: usize = 32;

/// Octets of one value that are read: the longest of the formats has a thousand characters.
const MAX_VALUE: usize = 1_024;

/// A document of the tax system, as it names itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaxDocument {
    /// An invoice, or several of one sender in one file.
    Invoice(Invoice),
    /// A notice of the exchange system.
    Notice(Notice),
}

/// An electronic invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invoice {
    /// `FPA12` (to public offices), `FPR12` (to others), `FSM10` (simplified).
    pub version: String,
    /// Who issued it: the name of the firm, or of the person.
    pub sender: String,
    /// The sender's country and tax number: `IT01234567890`.
    pub sender_id: String,
    /// The invoices in the file.
    pub invoices: Vec<InvoiceHead>,
    /// How many there are in all.
    pub count: usize,
}

/// What names one invoice. What is not there is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvoiceHead {
    /// `TD01` and so on.
    pub kind: String,
    /// Its number, which may have letters.
    pub number: String,
    /// Its day, `2026-05-04`.
    pub date: String,
    /// Its total, `1220.00`.
    pub total: String,
    /// The currency, `EUR`.
    pub currency: String,
}

/// A notice of the exchange system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which one.
    pub kind: NoticeKind,
    /// IdentificativoSdI: the number that the system gave to the file.
    pub identifier: String,
    /// NomeFile: the file that it is about.
    pub file: String,
}

/// Which notice of the exchange system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// The invoice was delivered (RC).
    Delivered,
    /// The file was refused (NS).
    Refused,
    /// It could not be delivered yet (MC), or cannot be (RI).
    NotDelivered,
    /// The office accepted or refused the invoice (NE).
    Outcome,
    /// The office says that it does (EC).
    OutcomeOfOffice,
    /// The answer of the office was refused (SE).
    OutcomeRefused,
    /// The time for an answer is over (DT).
    TimeOver,
    /// The file was sent, and cannot be delivered (AT).
    SentOnly,
    /// What comes beside an invoice (MT).
    Metadata,
}

impl NoticeKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Delivered,
        Self::Refused,
        Self::NotDelivered,
        Self::Outcome,
        Self::OutcomeOfOffice,
        Self::OutcomeRefused,
        Self::TimeOver,
        Self::SentOnly,
        Self::Metadata,
    ];

    /// A stable word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::NotDelivered => "not-delivered",
            Self::Outcome => "outcome",
            Self::OutcomeOfOffice => "outcome-of-office",
            Self::OutcomeRefused => "outcome-refused",
            Self::TimeOver => "time-over",
            Self::SentOnly => "sent-only",
            Self::Metadata => "metadata",
        }
    }

    /// That of a root element.
    fn of_root(name: &str) -> Option<Self> {
        Some(match name {
            "RicevutaConsegna" => Self::Delivered,
            "NotificaScarto" | "RicevutaScarto" => Self::Refused,
            "NotificaMancataConsegna" | "RicevutaImpossibilitaRecapito" => Self::NotDelivered,
            "NotificaEsito" => Self::Outcome,
            "NotificaEsitoCommittente" => Self::OutcomeOfOffice,
            "ScartoEsitoCommittente" => Self::OutcomeRefused,
            "NotificaDecorrenzaTermini" => Self::TimeOver,
            "AttestazioneTrasmissioneFattura" => Self::SentOnly,
            "MetadatiInvioFile" | "FileMetadati" => Self::Metadata,
            _ => return None,
        })
    }
}

impl TaxDocument {
    /// What a file is, if it is one of these; `None` too where its beginning is no XML, or where it is
    /// larger than the system takes. A file that breaks off is known by what was read of it.
    pub fn of(octets: &[u8]) -> Option<Self> {
        if octets.len() > MAX_DOCUMENT_OCTETS {
            return None;
        }
        let text = text_of(octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets));
        let mut events = Reader::from_str(&text);
        events.config_mut().check_end_names = false;
        let mut reading: Option<Reading> = None;
        let mut path: Vec<String> = Vec::new();
        let mut deeper = 0_usize;
        let mut value = String::new();
        while let Ok(event) = events.read_event() {
            match event {
                Event::Start(_) if path.len() == MAX_DEPTH => deeper += 1,
                Event::Start(start) => {
                    value.clear();
                    match &mut reading {
                        None => reading = Some(Reading::begin(&start)?),
                        Some(reading) => {
                            path.push(start.local_name().into_inner().to_owned());
                            reading.enter(&path);
                        }
                    }
                }
                Event::End(_) if deeper > 0 => deeper -= 1,
                Event::End(_) => {
                    reading.as_mut()?.take(&path, value.trim());
                    value.clear();
                    if path.pop().is_none() {
                        break;
                    }
                }
                Event::Text(text) => add(&text, &mut value),
                Event::CData(text) => add(&text, &mut value),
                Event::GeneralRef(reference) => {
                    let number = reference.resolve_char_ref().ok().flatten();
                    value.extend(number.filter(|_| value.len() < MAX_VALUE));
                    add(
                        resolve_xml_entity(&reference).unwrap_or_default(),
                        &mut value,
                    );
                }
                // What a document type declares is no business of an invoice.
                Event::DocType(_) => return None,
                Event::Eof => break,
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
        reading.map(Reading::end)
    }
}

/// UTF-8, or ISO 8859-1 where it is not that.
fn text_of(octets: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => octets.iter().copied().map(char::from).collect(),
    }
}

/// Adds to a value what there is room for.
fn add(text: &str, value: &mut String) {
    let room = MAX_VALUE.saturating_sub(value.len());
    value.push_str(&text[..text.floor_char_boundary(room)]);
}

/// A document that is being read.
enum Reading {
    Invoice { invoice: Invoice, person: Person },
    Notice(Notice),
}

/// A sender who is no firm.
#[derive(Default)]
struct Person {
    first_name: String,
    last_name: String,
}

impl Reading {
    /// What the root element says; `None` where it is none of these.
    fn begin(root: &BytesStart<'_>) -> Option<Self> {
        let name = root.local_name().into_inner();
        if matches!(
            name,
            "FatturaElettronica" | "FatturaElettronicaSemplificata"
        ) {
            let mut attributes = root.attributes();
            let attributes = attributes.with_checks(false).flatten();
            let version = attributes.take(MAX_DEPTH).find_map(|attribute| {
                let is_it = attribute.key.local_name().into_inner() == "versione";
                is_it.then(|| attribute.value.into_owned())
            });
            let mut invoice = Invoice::default();
            add(&version.unwrap_or_default(), &mut invoice.version);
            let person = Person::default();
            return Some(Self::Invoice { invoice, person });
        }
        Some(Self::Notice(Notice {
            kind: NoticeKind::of_root(name)?,
            identifier: String::new(),
            file: String::new(),
        }))
    }

    /// An element begins.
    fn enter(&mut self, path: &[String]) {
        if let (Self::Invoice { invoice, .. }, Some("FatturaElettronicaBody")) = (self, last(path))
        {
            invoice.count += 1;
            if invoice.invoices.len() < MAX_INVOICES {
                invoice.invoices.push(InvoiceHead::default());
            }
        }
    }

    /// An element ends whose text is this.
    fn take(&mut self, path: &[String], value: &str) {
        let Some(name) = last(path) else { return };
        let is_in = |element: &str| path.iter().any(|one| one == element);
        let fill = |field: &mut String| {
            if field.is_empty() {
                field.push_str(value);
            }
        };
        match self {
            Self::Notice(notice) => match name {
                "IdentificativoSdI" => fill(&mut notice.identifier),
                "NomeFile" => fill(&mut notice.file),
                _ => {}
            },
            Self::Invoice { invoice, person } if is_in("CedentePrestatore") => match name {
                "IdPaese" if is_in("IdFiscaleIVA") => fill(&mut invoice.sender_id),
                "IdCodice" if is_in("IdFiscaleIVA") && invoice.sender_id.len() <= 2 => {
                    invoice.sender_id.push_str(value);
                }
                "Denominazione" => fill(&mut invoice.sender),
                "Nome" => fill(&mut person.first_name),
                "Cognome" => fill(&mut person.last_name),
                _ => {}
            },
            Self::Invoice { invoice, .. } => {
                // Of the ones that are counted only, nothing is told.
                let is_named = invoice.count == invoice.invoices.len();
                let Some(head) = invoice.invoices.last_mut().filter(|_| is_named) else {
                    return;
                };
                match name {
                    "TipoDocumento" => fill(&mut head.kind),
                    "Divisa" => fill(&mut head.currency),
                    "Data" if is_in("DatiGeneraliDocumento") => fill(&mut head.date),
                    "Numero" if is_in("DatiGeneraliDocumento") => fill(&mut head.number),
                    "ImportoTotaleDocumento" => fill(&mut head.total),
                    _ => {}
                }
            }
        }
    }

    fn end(self) -> TaxDocument {
        match self {
            Self::Notice(notice) => TaxDocument::Notice(notice),
            Self::Invoice {
                mut invoice,
                person,
            } => {
                if invoice.sender.is_empty() {
                    let name = format!("{} {}", person.first_name, person.last_name);
                    name.trim().clone_into(&mut invoice.sender);
                }
                TaxDocument::Invoice(invoice)
            }
        }
    }
}

fn last(path: &[String]) -> Option<&str> {
    path.last().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVOICE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<p:FatturaElettronica xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2" versione="FPA12">
 <FatturaElettronicaHeader>
  <DatiTrasmissione><IdTrasmittente><IdPaese>IT</IdPaese><IdCodice>99999999999</IdCodice></IdTrasmittente></DatiTrasmissione>
  <CedentePrestatore><DatiAnagrafici>
   <IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234567890</IdCodice></IdFiscaleIVA>
   <Anagrafica><Denominazione>Ditta &amp; Figli S.r.l.</Denominazione></Anagrafica>
  </DatiAnagrafici></CedentePrestatore>
  <CessionarioCommittente><DatiAnagrafici><Anagrafica><Denominazione>Comune</Denominazione></Anagrafica></DatiAnagrafici></CessionarioCommittente>
 </FatturaElettronicaHeader>
 <FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento>
  <TipoDocumento>TD01</TipoDocumento><Divisa>EUR</Divisa><Data>2026-05-04</Data><Numero>12/A</Numero>
  <ImportoTotaleDocumento>1220.00</ImportoTotaleDocumento>
 </DatiGeneraliDocumento></DatiGenerali><DatiBeniServizi><DettaglioLinee><Numero>9</Numero></DettaglioLinee></DatiBeniServizi></FatturaElettronicaBody>
 <FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento><Numero>13</Numero></DatiGeneraliDocumento></DatiGenerali></FatturaElettronicaBody>
</p:FatturaElettronica>"#;

    fn invoice(text: &str) -> Invoice {
        match TaxDocument::of(text.as_bytes()) {
            Some(TaxDocument::Invoice(invoice)) => invoice,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_invoice_is_named_by_its_sender_and_number() {
        let found = invoice(INVOICE);
        assert_eq!(found.version, "FPA12");
        assert_eq!(found.sender, "Ditta & Figli S.r.l.");
        assert_eq!(found.sender_id, "IT01234567890");
        assert_eq!(found.count, 2);
        let head = &found.invoices[0];
        assert_eq!((&*head.kind, &*head.number), ("TD01", "12/A"));
        assert_eq!((&*head.date, &*head.total), ("2026-05-04", "1220.00"));
        assert_eq!(head.currency, "EUR");
        assert_eq!(found.invoices[1].number, "13");
        let latin: Vec<u8> = INVOICE
            .replace("Ditta", "Citt\u{e0}")
            .chars()
            .map(|c| c as u8)
            .collect();
        let Some(TaxDocument::Invoice(found)) = TaxDocument::of(&latin) else {
            panic!("an invoice");
        };
        assert_eq!(found.sender, "Città & Figli S.r.l.");
    }

    #[test]
    fn a_simplified_invoice_of_a_person_is_named_too() {
        let found = invoice(
            "<FatturaElettronicaSemplificata versione='FSM10'><FatturaElettronicaHeader><CedentePrestatore>\
             <IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>1</IdCodice></IdFiscaleIVA><Nome>Ada</Nome>\
             <Cognome>Rossi</Cognome></CedentePrestatore></FatturaElettronicaHeader><FatturaElettronicaBody>\
             <DatiGenerali><DatiGeneraliDocumento><TipoDocumento>TD07</TipoDocumento><Numero>7</Numero>",
        );
        assert_eq!(found.version, "FSM10");
        assert_eq!(found.sender, "Ada Rossi");
        assert_eq!(found.invoices[0].number, "7");
    }

    #[test]
    fn notices_of_the_exchange_system_are_named() {
        let root = "ns3:NotificaEsito xmlns:ns3='http://www.fatturapa.gov.it/sdi/messaggi/v1.0'";
        let text = format!(
            "<{root}><IdentificativoSdI>111</IdentificativoSdI><NomeFile>IT01_1.xml</NomeFile></ns3:NotificaEsito>"
        );
        let Some(TaxDocument::Notice(notice)) = TaxDocument::of(text.as_bytes()) else {
            panic!("a notice");
        };
        assert_eq!(notice.kind, NoticeKind::Outcome);
        assert_eq!((&*notice.identifier, &*notice.file), ("111", "IT01_1.xml"));
    }

    #[test]
    fn each_notice_is_known_by_its_root() {
        use NoticeKind as K;
        for (root, kind) in [
            ("RicevutaConsegna", K::Delivered),
            ("NotificaScarto", K::Refused),
            ("RicevutaScarto", K::Refused),
            ("NotificaMancataConsegna", K::NotDelivered),
            ("RicevutaImpossibilitaRecapito", K::NotDelivered),
            ("NotificaEsito", K::Outcome),
            ("NotificaEsitoCommittente", K::OutcomeOfOffice),
            ("ScartoEsitoCommittente", K::OutcomeRefused),
            ("NotificaDecorrenzaTermini", K::TimeOver),
            ("AttestazioneTrasmissioneFattura", K::SentOnly),
            ("MetadatiInvioFile", K::Metadata),
            ("FileMetadati", K::Metadata),
        ] {
            let found = TaxDocument::of(format!("<{root}></{root}>").as_bytes());
            let Some(TaxDocument::Notice(notice)) = found else {
                panic!("{root}: {found:?}");
            };
            assert_eq!(notice.kind, kind, "{root}");
        }
    }

    #[test]
    fn what_is_neither_is_nothing_and_no_file_is_a_danger() {
        for other in [
            "",
            "<a/>",
            "<Fattura/>",
            "%PDF-1.7",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><FatturaElettronica>",
        ] {
            assert_eq!(TaxDocument::of(other.as_bytes()), None, "{other}");
        }
        let deep = format!("<FatturaElettronica>{}", "<a>".repeat(200_000));
        assert_eq!(invoice(&deep), Invoice::default());
        let many = format!(
            "<FatturaElettronica>{}",
            "<FatturaElettronicaBody></FatturaElettronicaBody>".repeat(5_000)
        );
        let found = invoice(&many);
        assert_eq!((found.count, found.invoices.len()), (5_000, MAX_INVOICES));
        let long = format!(
            "<FatturaElettronica><CedentePrestatore><Denominazione>{}</Denominazione>",
            "&amp;".repeat(50_000)
        );
        assert!(invoice(&long).sender.len() <= MAX_VALUE);
    }
}
