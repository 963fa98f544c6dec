//! Group E of the list of tricks: daticert.xml and the readable text (cases 76 to 84).

use super::sent;
use super::tools::{delivery, replaced, stated, with_xml, xml};
use super::vector::{Critical, DELIVERY, Group, High, Low, Medium, Vector};
use crate::support::receipt::{IDENTIFIER, Kind, RECIPIENT, Receipt};

const E: Group = Group("e-xml");

pub fn all() -> Vec<Vector> {
    [
        forbidden(),
        structure(),
        fields(),
        encodings(),
        addresses(),
        controls(),
        text(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn refused(
    name: &'static str,
    case: u8,
    headline: &'static str,
    text: &'static str,
    xml: impl Into<Vec<u8>>,
) -> Vector {
    E.cannot_tell(name, headline)
        .case(case, High)
        .because(text)
        .message(with_xml(xml))
}

/// Cases 76 and 77: XML that a provider's file never has.
fn forbidden() -> Vec<Vector> {
    let declared =
        |doctype: &str, text: String| text.replacen("?>\n", &format!("?>\n{doctype}\n"), 1);
    let laughs = "<!DOCTYPE postacert [<!ENTITY a \"ha\"><!ENTITY b \
                 \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \
                 \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \
                 \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \
                 \"&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \
                 \"&e;&e;&e;&e;&e;&e;&e;&e;\"><!ENTITY g \
                 \"&f;&f;&f;&f;&f;&f;&f;&f;\">]>";
    vec![
        refused(
            "entities-that-multiply",
            76,
            "daticert.xml",
            "A document type declares entities that multiply (two million \
                 laughs); a provider's file has no document type.",
            declared(laughs, xml("Pratica n. 42", "&g;")),
        ),
        refused(
            "external-entity",
            76,
            "daticert.xml",
            "A document type declares an entity whose text is in a file of the \
                 reader's machine.",
            declared(
                "<!DOCTYPE postacert [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>",
                xml("Pratica n. 42", "&x;"),
            ),
        ),
        refused(
            "parameter-entity",
            76,
            "daticert.xml",
            "A document type asks for another one over the network.",
            declared(
                "<!DOCTYPE postacert [<!ENTITY % x SYSTEM \
                 \"http://dtd.example/x.dtd\"> %x;]>",
                xml("Pratica", "Pratica"),
            ),
        ),
        refused(
            "document-type-that-declares-nothing",
            76,
            "daticert.xml",
            "A document type with brackets for declarations and none between \
                 them. What stands there is not read at all.",
            declared("<!DOCTYPE postacert []>", xml("Pratica", "Pratica")),
        ),
        E.genuine("plain-document-type")
            .case(76, Medium)
            .because("A document type that declares nothing is passed over.")
            .message(with_xml(declared(
                "<!DOCTYPE postacert>",
                xml("Pratica", "Pratica"),
            )))
            .finding("daticert.xml.passed-over note"),
        E.genuine("document-type-and-style-sheet-elsewhere")
            .case(76, High)
            .because(
                "The document names a style sheet and a document type on a server, \
                 as one provider did in 2013. Neither is fetched, neither changes \
                 what the elements say.",
            )
            .message(with_xml(declared(
                "<?xml-stylesheet type=\"text/xsl\" \
                 href=\"https://dtd.example/postacert.xsl\"?>\n\
                 <!DOCTYPE postacert PUBLIC \"posta certificata\" \
                 \"https://dtd.example/postacert.dtd\">",
                xml("Pratica", "Pratica"),
            )))
            .finding("daticert.xml.passed-over note")
            .fact("delivered_to", RECIPIENT),
        refused(
            "entity-of-a-document-type-elsewhere",
            76,
            "daticert.xml",
            "The document type on a server might declare the entity that the \
                 subject is. Nobody asks it.",
            declared(
                "<!DOCTYPE postacert SYSTEM \"https://dtd.example/postacert.dtd\">",
                xml("Pratica n. 42", "&pratica;"),
            ),
        ),
        refused(
            "instruction-inside-the-data",
            76,
            "daticert.xml",
            "A processing instruction stands inside the data, where it might \
                 mean something to somebody.",
            xml("<consegna>", "<?consegna altro?><consegna>"),
        ),
        refused(
            "entity-not-declared",
            76,
            "daticert.xml",
            "An entity that XML does not know by itself.",
            xml("richiesta di copia", "richiesta&nbsp;di&nbsp;copia"),
        ),
        refused(
            "elements-of-a-namespace",
            77,
            "daticert.xml",
            "All elements are in a namespace: they have the names of the \
                 rules, and are others.",
            xml("<postacert ", "<postacert xmlns=\"urn:altro\" "),
        ),
        refused(
            "inclusion",
            77,
            "daticert.xml",
            "An XInclude element stands in the place of the recipient.",
            xml(
                "<consegna>ufficio@pec.destinatario.example</consegna>",
                "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" \
                 href=\"file:///etc/hostname\" parse=\"text\"/>",
            ),
        ),
    ]
}

/// Case 78: elements of the declaration in the rules (3.1).
fn structure() -> Vec<Vector> {
    let consegna = "        <consegna>ufficio@pec.destinatario.example</consegna>\n";
    let whole = delivery().daticert.to_xml();
    let data = &whole
        [whole.find("    <dati>").expect("dati")..whole.find("</postacert>").expect("the end")];
    let head = &whole
        [whole.find("    <intestazione>").expect("head")..whole.find("    <dati>").expect("dati")];
    let zone = "<data zona=\"+0200\">\n            <giorno>04/05/2026</giorno>\n            \
                 <ora>10:15:07</ora>\n        </data>";
    vec![
        refused(
            "two-recipients",
            78,
            "daticert.structure",
            "Two consegna elements for two recipients. One reader takes the \
                 first, another the last.",
            xml(
                consegna,
                &format!("{consegna}        <consegna>protocollo@pec.comune.example</consegna>\n"),
            ),
        ),
        refused(
            "two-data-elements",
            78,
            "daticert.structure",
            "Two dati elements, which differ in the recipient.",
            xml(
                "</postacert>",
                &format!(
                    "{}</postacert>",
                    data.replace("ufficio@pec.destinatario", "protocollo@pec.comune")
                ),
            ),
        ),
        refused(
            "two-roots",
            78,
            "daticert.xml",
            "A second postacert element follows the first.",
            format!(
                "{whole}{}",
                &whole[whole.find("<postacert").expect("root")..]
            ),
        ),
        refused(
            "data-before-the-heading",
            78,
            "daticert.structure",
            "dati stands before intestazione.",
            whole
                .replace(head, "")
                .replace("</postacert>", &format!("{head}</postacert>")),
        ),
        refused(
            "recipient-before-the-date",
            78,
            "daticert.structure",
            "consegna stands before data.",
            whole.replace(consegna, "").replace(
                "        <data zona",
                &format!("{consegna}        <data zona"),
            ),
        ),
        refused(
            "sender-missing",
            78,
            "daticert.structure",
            "There is no mittente.",
            xml(
                "        <mittente>studio@pec.mittente.example</mittente>\n",
                "",
            ),
        ),
        refused(
            "recipients-missing",
            78,
            "daticert.structure",
            "There are no destinatari.",
            whole
                .lines()
                .filter(|line| !line.contains("destinatari "))
                .map(|line| format!("{line}\n"))
                .collect::<String>(),
        ),
        refused(
            "time-missing",
            78,
            "daticert.structure",
            "There is no data element.",
            xml(zone, ""),
        ),
        refused(
            "identifier-missing",
            78,
            "daticert.structure",
            "There is no identificativo.",
            xml(
                &format!("        <identificativo>{IDENTIFIER}</identificativo>\n"),
                "",
            ),
        ),
        refused(
            "element-inside-a-text",
            78,
            "daticert.structure",
            "An element stands inside the recipient's address.",
            xml("<consegna>ufficio@", "<consegna>ufficio<b>@</b>"),
        ),
        refused(
            "another-root",
            78,
            "daticert.structure",
            "The root element is not postacert.",
            whole
                .replace("<postacert", "<posta-certificata")
                .replace("</postacert>", "</posta-certificata>"),
        ),
        refused(
            "message-id-not-escaped",
            78,
            "daticert.xml",
            "The angle brackets of msgid are not escaped, as one provider is \
                 said to have written: then it is no XML.",
            xml(
                "&lt;0b1f6c2e-77aa-42@client.mittente.example&gt;",
                "<0b1f6c2e-77aa-42@client.mittente.example>",
            ),
        ),
        refused(
            "document-cut-short",
            78,
            "daticert.xml",
            "The document ends in the middle.",
            whole[..whole.len() / 2].to_owned(),
        ),
        refused(
            "document-empty",
            78,
            "daticert.xml",
            "The part named daticert.xml is empty.",
            "",
        ),
    ]
}

/// Case 83 and the contents of elements.
fn fields() -> Vec<Vector> {
    let kind = |name, text, old: &str, new: &str| {
        refused(name, 83, "daticert.kind", text, xml(old, new))
            // What an unknown word states cannot be contradicted.
            .absent("content.text")
            .absent("content.html")
    };
    let field = |name, text, old: &str, new: &str| {
        refused(name, 0, "daticert.fields.value", text, xml(old, new))
    };
    vec![
        kind(
            "unknown-kind",
            "A tipo that the rules do not know, although third-party programs \
                 do. It is not taken for the nearest one.",
            "\"avvenuta-consegna\"",
            "\"mancata-consegna\"",
        ),
        kind(
            "kind-in-capitals",
            "A tipo in capitals: XML tells them apart.",
            "\"avvenuta-consegna\"",
            "\"AVVENUTA-CONSEGNA\"",
        ),
        kind(
            "unknown-error",
            "An errore that the rules do not know.",
            "\"nessuno\"",
            "\"superamento-tempi-massimi\"",
        ),
        field(
            "day-that-does-not-exist",
            "The 31st of April.",
            "04/05/2026",
            "31/04/2026",
        ),
        field(
            "hour-that-does-not-exist",
            "Twenty-five o'clock.",
            "10:15:07",
            "25:15:07",
        ),
        refused(
            "zone-with-a-colon",
            86,
            "daticert.fields.value",
            "The zone is written +02:00; the rules have sign and four digits.",
            xml("+0200", "+02:00"),
        ),
        refused(
            "zone-as-a-letter",
            86,
            "daticert.fields.value",
            "The zone is written Z; the rules have sign and four digits.",
            xml("+0200", "Z"),
        ),
        refused(
            "delivery-without-a-recipient",
            0,
            "daticert.fields.missing",
            "A delivery receipt that does not say for whom (consegna is missing).",
            xml(
                "        <consegna>ufficio@pec.destinatario.example</consegna>\n",
                "",
            ),
        ),
        refused(
            "delivery-with-an-error",
            83,
            "daticert.fields.error",
            "A delivery receipt with an error (no-dest). The rules have none there; a \
             delivery that failed is no delivery.",
            xml("\"nessuno\"", "\"no-dest\""),
        ),
        E.genuine("non-delivery-without-an-error")
            .case(83, Medium)
            .because("A notice of non-delivery says nessuno, and why it is one is not said.")
            .message(
                Receipt::with(Kind::NonDelivery, |receipt| {
                    receipt.daticert.error = Some("nessuno".into());
                })
                .to_eml(),
            )
            .finding("daticert.fields.error doubt")
            .twin("errore-consegna"),
        E.genuine("acceptance-that-says-for-whom-it-was-delivered")
            .case(83, Medium)
            .because("An acceptance has a consegna, which only receipts about one recipient have.")
            .message(
                Receipt::with(Kind::Acceptance, |receipt| {
                    receipt.daticert.delivered_to = Some(RECIPIENT.into());
                })
                .to_eml(),
            )
            .finding("daticert.fields.unexpected doubt")
            .twin("accettazione"),
        E.genuine("element-that-the-rules-do-not-have")
            .case(78, Low)
            .because(
                "dati ends with an element that the rules do not have. What they have is \
                 there once and in its order, so it is read and the other one told.",
            )
            .message(with_xml(xml(
                "    </dati>",
                "        <protocollo>42/2026</protocollo>\n    </dati>",
            )))
            .finding("daticert.structure.unknown-element note")
            .twin(DELIVERY),
        E.genuine("error-attribute-left-out")
            .case(0, Medium)
            .because("errore is left out, which means nessuno.")
            .message(with_xml(xml(" errore=\"nessuno\"", "")))
            .fact("error", "nessuno"),
        E.genuine("blanks-around-texts")
            .case(0, Medium)
            .because("Blanks and line ends stand around the texts of elements.")
            .message(with_xml(xml(
                "<consegna>ufficio@pec.destinatario.example</consegna>",
                "<consegna>\n            ufficio@pec.destinatario.example\n        \
                 </consegna>",
            )))
            .fact("delivered_to", RECIPIENT),
        E.genuine("without-a-subject")
            .case(0, Medium)
            .because(
                "oggetto is missing, which the rules allow; so is the subject of \
                 the message.",
            )
            .message(without_subject()),
        E.genuine("document-in-one-line")
            .case(0, Low)
            .because(
                "The document has no line ends and no indentation; attributes are \
                 in single quotes.",
            )
            .message(with_xml(
                delivery()
                    .daticert
                    .to_xml()
                    .lines()
                    .map(str::trim)
                    .collect::<String>()
                    .replace("tipo=\"completa\"", "tipo='completa'"),
            )),
        E.genuine("numeric-references")
            .case(0, Medium)
            .because("Characters are written as numbers, which XML knows by itself.")
            .message(with_xml(xml(
                "<consegna>ufficio@",
                "<consegna>&#117;fficio&#x40;",
            )))
            .fact("delivered_to", RECIPIENT),
    ]
}

fn without_subject() -> Vec<u8> {
    stated(|receipt| {
        receipt.daticert.subject = None;
        let mut sent = sent::base();
        sent.header.remove("Subject");
        receipt.original = Some(sent.delivered(IDENTIFIER));
    })
}

/// Case 79.
fn encodings() -> Vec<Vector> {
    let utf16: Vec<u8> = [0xfffe_u16.swap_bytes()]
        .into_iter()
        .chain(xml("UTF-8", "UTF-16").encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let latin: Vec<u8> = xml("richiesta di copia", "perch\u{e9}")
        .replace("UTF-8", "ISO-8859-1")
        .chars()
        .map(|letter| letter as u8)
        .collect();
    let lying: Vec<u8> = xml("richiesta di copia", "perch\u{e9}")
        .chars()
        .map(|letter| letter as u8)
        .collect();
    let overlong = replaced(
        delivery().daticert.to_xml().as_bytes(),
        "<consegna>ufficio@",
        b"<consegna>\xc1\xb5fficio@",
    );
    vec![
        refused(
            "document-in-utf-16",
            79,
            "daticert.xml",
            "The document is in UTF-16; the rules know UTF-8 only.",
            utf16,
        ),
        refused(
            "document-in-iso-8859-1",
            79,
            "daticert.xml",
            "The document says that it is in ISO-8859-1, and is.",
            latin,
        ),
        refused(
            "document-not-in-utf-8",
            79,
            "daticert.xml",
            "The document says UTF-8 and has an octet of ISO-8859-1 in the subject.",
            lying,
        ),
        refused(
            "overlong-utf-8",
            79,
            "daticert.xml",
            "A letter of the recipient is written in two octets where UTF-8 \
                 has one.",
            overlong,
        ),
        E.genuine("byte-order-mark")
            .case(79, Medium)
            .because("The document begins with the byte order mark of UTF-8.")
            .message(with_xml(format!(
                "\u{feff}{}",
                delivery().daticert.to_xml()
            ))),
    ]
}

/// Cases 80 and 81: addresses that look like others.
fn addresses() -> Vec<Vector> {
    let looks_like = |name, text, address: &'static str| {
        E.genuine(name)
            .case(80, High)
            .because(text)
            .message(to(address))
            .finding("address.lookalike doubt")
            .twin(DELIVERY)
    };
    vec![
        looks_like(
            "cyrillic-letter-in-the-recipient",
            "One letter of the recipient's domain is Cyrillic. The provider \
                 signed it so; it is another domain.",
            "ufficio@pec.destin\u{430}tario.example",
        ),
        looks_like(
            "zero-width-sign-in-the-recipient",
            "A sign without width stands in the recipient's name.",
            "uff\u{200b}icio@pec.destinatario.example",
        ),
        looks_like(
            "right-to-left-sign-in-the-recipient",
            "A sign that turns the direction of writing stands in the \
                 recipient's name.",
            "ufficio\u{202e}tset@pec.destinatario.example",
        ),
    ]
}

/// A delivery to that address, which all signed places name alike.
fn to(address: &'static str) -> Vec<u8> {
    let mut receipt = Receipt::new(Kind::Delivery);
    receipt.daticert.recipients[0].0 = address.into();
    receipt.daticert.delivered_to = Some(address.into());
    // The text is ISO-8859-1 and cannot name it; the message inside is UTF-8.
    receipt.text = receipt.text.replace(RECIPIENT, "(v. daticert.xml)");
    receipt.html = None;
    let original = String::from_utf8(sent::base().delivered(IDENTIFIER)).expect("text");
    receipt.original = Some(
        original
            .replace(&format!("To: {RECIPIENT}"), &format!("To: {address}"))
            .into_bytes(),
    );
    receipt.to_eml()
}

/// Control characters, which word processors leave behind in subjects: two providers of 2018 signed
/// them as they came.
fn controls() -> Vec<Vector> {
    let subject = "Pratica n. 42: copia dell\u{16}atto";
    // In the signed data as one of them writes it, or the other.
    let with = |written: &str, header: fn(&str) -> String| {
        let mut receipt = Receipt::with(Kind::Delivery, |receipt| {
            receipt.daticert.subject = Some(subject.into());
            let mut sent = sent::base();
            sent.header.set("Subject", subject);
            receipt.original = Some(sent.delivered(IDENTIFIER));
        });
        let xml = receipt.daticert.to_xml().replace('\u{16}', written);
        receipt.xml = Some(xml.into_bytes());
        let mut message = receipt.message();
        message.header.set("Subject", header(subject));
        message.to_eml()
    };
    vec![
        E.genuine("control-character-in-the-subject")
            .case(0, High)
            .because(
                "The subject holds a control character, raw in the header, in \
                 the data and in the message inside. XML knows no such character; \
                 it is read as U+FFFD, and the signature holds.",
            )
            .message(with("\u{16}", |subject| format!("CONSEGNA: {subject}")))
            .finding("daticert.xml.control note")
            .finding("header.ambiguous.control-in-text note")
            .absent("header.subject")
            .absent("original.subject")
            .fact("subject", "Pratica n. 42: copia dell\u{fffd}atto"),
        E.genuine("control-character-by-number")
            .case(0, High)
            .because(
                "The same character, written as a number in the data and in an \
                 encoded word in the header.",
            )
            .message(with("&#22;", |subject| {
                let word = subject.replace(' ', "_").replace('\u{16}', "=16");
                format!("CONSEGNA: =?utf-8?Q?{word}?=")
            }))
            .finding("daticert.xml.control note")
            .absent("header.ambiguous")
            .absent("header.subject")
            .fact("subject", "Pratica n. 42: copia dell\u{fffd}atto"),
        refused(
            "control-character-in-an-element-name",
            0,
            "daticert.xml",
            "A control character stands in the name of an element: then it is \
                 another element, or none.",
            delivery()
                .daticert
                .to_xml()
                .replace("consegna>", "con\u{16}segna>"),
        ),
        refused(
            "control-character-in-the-kind",
            0,
            "daticert.kind",
            "A control character stands in tipo: then it is another word.",
            xml("\"avvenuta-consegna\"", "\"avvenuta&#22;consegna\""),
        ),
    ]
}

/// Cases 82 and 84: what people read.
fn text() -> Vec<Vector> {
    let says = |name, importance, text, change: fn(&mut Receipt)| {
        let mut receipt = delivery();
        change(&mut receipt);
        E.genuine(name)
            .case(82, importance)
            .because(text)
            .message(receipt.to_eml())
            .twin(DELIVERY)
    };
    vec![
        says(
            "text-names-another-recipient",
            Critical,
            "The signed text names another recipient than the signed data. The \
                 data decide.",
            |receipt| {
                receipt.text = receipt
                    .text
                    .replace(RECIPIENT, "protocollo@pec.comune.example")
            },
        )
        .finding("content.text.other doubt"),
        says(
            "text-names-another-transaction",
            High,
            "The signed text names another identifier than the signed data.",
            |receipt| receipt.text = receipt.text.replace("opec1042.", "opec1043."),
        )
        .finding("content.text.other doubt"),
        says(
            "text-names-another-day",
            High,
            "The signed text says another day than the signed data.",
            |receipt| receipt.text = receipt.text.replace("04/05/2026", "03/05/2026"),
        )
        .finding("content.text.other doubt"),
        says(
            "html-names-another-recipient",
            High,
            "The HTML twin names another recipient than text and data; most \
                 programs show the HTML.",
            |receipt| {
                receipt.html = receipt
                    .html
                    .as_ref()
                    .map(|html| html.replace(RECIPIENT, "protocollo@pec.comune.example"))
            },
        )
        .finding("content.html.other doubt"),
        says(
            "html-loads-an-image",
            High,
            "The HTML twin loads an image over the network, which the rules forbid.",
            |receipt| {
                receipt.html = receipt.html.as_ref().map(|html| {
                    html.replace(
                        "<body>",
                        "<body><img src=\"http://conta.example/letto.png\">",
                    )
                })
            },
        )
        .case(84, High)
        .finding("content.html.active doubt"),
        says(
            "html-runs-a-script",
            High,
            "The HTML twin has a script, which the rules forbid.",
            |receipt| {
                receipt.html = receipt.html.as_ref().map(|html| {
                    html.replace(
                        "<body>",
                        "<body><script>document.title='Consegnato'</script>",
                    )
                })
            },
        )
        .case(84, High)
        .finding("content.html.active doubt"),
        says(
            "html-leads-to-another-page",
            High,
            "The HTML twin leads to another page when it is opened.",
            |receipt| {
                receipt.html = receipt.html.as_ref().map(|html| {
                    html.replace(
                        "<head>",
                        "<head><meta content=\"0; url=http://altro.example/\" \
                         http-equiv=\"refresh\">",
                    )
                })
            },
        )
        .case(84, High)
        .finding("content.html.active doubt"),
        says(
            "html-names-its-charset",
            Medium,
            "The HTML twin names its type and charset in its head, which loads nothing.",
            |receipt| {
                receipt.html = receipt.html.as_ref().map(|html| {
                    html.replace(
                        "<head>",
                        "<head><meta http-equiv=\"Content-Type\" \
                         content=\"text/html; charset=iso-8859-1\">",
                    )
                })
            },
        )
        .absent("content.html"),
        says(
            "html-with-places-to-break-the-identifier",
            Medium,
            "The HTML twin has marks in the identifier where a line may be broken, \
             which nobody sees.",
            |receipt| {
                receipt.html = receipt.html.as_ref().map(|html| {
                    html.replace("opec1042.", "opec1042.<wbr>")
                        .replace(".63@", ".63<wbr/>@")
                })
            },
        )
        .absent("content.html"),
        E.genuine("text-in-other-words")
            .case(0, Medium)
            .because(
                "The text is worded otherwise than at other providers and names \
                 the same facts.",
            )
            .message({
                let mut receipt = delivery();
                receipt.html = None;
                receipt.text = format!(
                    "Consegna effettuata.\n\nData: 04/05/2026 10:15:07 (+02:00)\n\
                 Mittente: studio@pec.mittente.example\nDestinatario: {RECIPIENT}\n\
                 Identificativo messaggio: {IDENTIFIER}\n"
                );
                receipt.to_eml()
            })
            .absent("content.text"),
    ]
}
