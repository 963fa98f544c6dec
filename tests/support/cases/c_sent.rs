//! Group C: what `--sent` proves and what it does not (cases 39 to 43 and 52).

use super::sent::{self, Attachment, HashInput, Sent};
use super::tools::{replaced, stated};
use super::vector::{Critical, DELIVERY, Group, High, Medium, Vector};
use crate::support::digest::{Digest, hex};
use crate::support::message::{Header, multipart};
use crate::support::receipt::{COPIED, IDENTIFIER, Kind, ORDINARY, RECIPIENT, Receipt, SENDER};

const C: Group = Group("c-message");

pub fn all() -> Vec<Vector> {
    [
        hashes(),
        without_content(),
        incomplete(),
        parts(),
        not_held(),
        whole(),
        unknown_hashes(),
        collisions(),
        spelling(),
        line_ends(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The sender's copies and attachments that are given to `--sent`, under `fixtures/sent`.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    let base = sent::base();
    let with = |name: &str, value: &str| {
        let mut sent = base.clone();
        sent.header.set(name, value);
        sent.to_eml()
    };
    vec![
        (
            "richiesta-altro-oggetto.eml",
            with("Subject", "Disdetta del contratto"),
        ),
        (
            "richiesta-altri-destinatari.eml",
            with("To", "chiunque@altro.example"),
        ),
        (
            "richiesta-altro-mittente.eml",
            with("From", "altri@pec.mittente.example"),
        ),
        ("richiesta-altra-grafia.eml", spelled_otherwise()),
        (
            "richiesta-altro-tipo.eml",
            replaced(
                &base.to_eml(),
                "text/plain; charset=us-ascii",
                "text/html; charset=us-ascii",
            ),
        ),
        (
            "richiesta-altro-nome.eml",
            String::from_utf8(base.to_eml())
                .expect("ASCII")
                .replace("relazione.pdf", "contratto-firmato.pdf")
                .into_bytes(),
        ),
        (
            "richiesta-mille-campi.eml",
            long_part(b"altro contenuto").to_eml(),
        ),
        ("richiesta-mille-parti.eml", many_parts("altro").to_eml()),
        (
            "richiesta-altro-contenuto.eml",
            of_another_content().to_eml(),
        ),
        ("richiesta-due-oggetti.eml", {
            let mut sent = base.clone();
            sent.header.add("Subject", "Disdetta del contratto");
            sent.to_eml()
        }),
        (
            "richiesta-altro-nome-mittente.eml",
            with("From", &format!("\"Altro Studio\" <{SENDER}>")),
        ),
        ("richiesta-altra-risposta.eml", {
            let mut sent = base.clone();
            sent.header.add("Reply-To", "altri@posta.example");
            sent.to_eml()
        }),
        (
            "richiesta-utf-7.eml",
            replaced(&base.to_eml(), "charset=us-ascii", "charset=utf-7"),
        ),
        (
            "richiesta-senza-charset.eml",
            replaced(&base.to_eml(), "text/plain; charset=us-ascii", "Text/Plain"),
        ),
        (
            "richiesta-flowed.eml",
            replaced(
                &base.to_eml(),
                "text/plain; charset=us-ascii",
                "text/plain; charset=us-ascii; format=flowed",
            ),
        ),
        (
            "richiesta-alternative.eml",
            replaced(&base.to_eml(), "multipart/mixed", "multipart/alternative"),
        ),
        ("richiesta-con-preambolo.eml", {
            let mime = String::from_utf8(base.to_eml()).expect("ASCII");
            let (header, body) = mime.split_once("\r\n\r\n").expect("a body");
            format!("{header}\r\n\r\nIl contratto e' disdetto.\r\n{body}").into_bytes()
        }),
        ("richiesta-con-epilogo.eml", {
            let mut octets = base.to_eml();
            octets.extend(b"\r\nIl contratto e' disdetto.\r\n");
            octets
        }),
        ("collisione-a.pdf", collision(COLLISION_A)),
        ("collisione-b.pdf", collision(COLLISION_B)),
        (
            "richiesta-collisione-b.eml",
            with_collision(COLLISION_B).to_eml(),
        ),
        ("nota.txt", NOTE.into()),
        ("fattura.xml", INVOICE.into()),
    ]
}

/// With line ends of Unix, as files on a disk have them.
const NOTE: &str = "riga uno\nriga due: perche' no\n";
const INVOICE: &str = "<?xml version=\"1.0\"?>\n<fattura numero=\"1\">\n  <a>x</a>\n</fattura>\n";

/// The same header lines, another text and no attachment.
fn of_another_content() -> Sent {
    Sent {
        text: "Si disdice il contratto.\n".into(),
        attachments: Vec::new(),
        ..sent::base()
    }
}

/// The beginnings of the two files with one SHA-1 of Stevens, Bursztein, Karpman, Albertini and
/// Markov (SHAttered, 2017): 192 octets that are the same, and two blocks.
pub fn collision(blocks: &str) -> Vec<u8> {
    let hexadecimal = format!("{COLLISION_START}{blocks}");
    let digits: Vec<char> = hexadecimal.chars().collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&String::from_iter(pair), 16).expect("hexadecimal"))
        .collect()
}

const COLLISION_START: &str = "255044462d312e330a25e2e3cfd30a0a0a312030206f626a0a3c3c2f57696474682032203020522f\
4865696768742033203020522f547970652034203020522f537562747970652035203020522f46696c746572203620\
3020522f436f6c6f7253706163652037203020522f4c656e6774682038203020522f42697473506572436f6d706f6e\
656e7420383e3e0a73747265616d0affd8fffe00245348412d3120697320646561642121212121852fec0923397\
59c39b1a1c63c4c97e1fffe01";
pub const COLLISION_A: &str = "7f46dc93a6b67e013b029aaa1db2560b45ca67d688c7f84b8c4c791fe02b3df614f86db1690901c5\
6b45c1530afedfb76038e972722fe7ad728f0e4904e046c230570fe9d41398abe12ef5bc942be33542a4802d98b5d70\
f2a332ec37fac3514e74ddc0f2cc1a874cd0c78305a21566461309789606bd0bf3f98cda8044629a1";
pub const COLLISION_B: &str = "7346dc9166b67e118f029ab621b2560ff9ca67cca8c7f85ba84c79030c2b3de218f86db3a90901d5\
df45c14f26fedfb3dc38e96ac22fe7bd728f0e45bce046d23c570feb141398bb552ef5a0a82be331fea48037b8b5d71\
f0e332edf93ac3500eb4ddc0decc1a864790c782c76215660dd309791d06bd0af3f98cda4bc4629b1";

fn with_collision(blocks: &str) -> Sent {
    let mut sent = sent::base();
    sent.attachments.clear();
    sent.attach("relazione.pdf", "application/pdf", &collision(blocks))
}

/// As a relay writes addresses and dates anew: the same people, the same instant.
fn spelled_otherwise() -> Vec<u8> {
    let mut sent = sent::base();
    sent.header
        .set("From", format!("Studio Mittente\r\n <{}>", SENDER))
        .set("To", format!("<{RECIPIENT}>,{ORDINARY}"))
        .set("Cc", format!("\"Protocollo\"\r\n\t<{COPIED}>"))
        .set("Date", "Mon, 04 May 2026 08:14:58 +0000 (UTC)");
    sent.to_eml()
}

/// An attachment that is not encoded.
fn plain(name: &str, kind: &str, encoding: &str, body: &str) -> Attachment {
    let mut header = Header::default();
    header
        .add("Content-Type", format!("{kind}; name=\"{name}\""))
        .add(
            "Content-Disposition",
            format!("attachment; filename=\"{name}\""),
        )
        .add("Content-Transfer-Encoding", encoding);
    Attachment {
        name: name.to_owned(),
        header,
        body: body.replace('\n', "\r\n").trim_end().to_owned(),
    }
}

fn with_attachments(attachments: Vec<Attachment>) -> Sent {
    Sent {
        attachments,
        ..sent::base()
    }
}

/// The complete delivery receipt of another message as sent.
fn delivered(sent: &Sent) -> Vec<u8> {
    stated(|receipt| receipt.original = Some(sent.delivered(IDENTIFIER)))
}

/// An attachment under a thousand and five header lines.
fn long_part(content: &[u8]) -> Sent {
    let mut sent = sent::base();
    sent.attachments.clear();
    let mut sent = sent.attach("relazione.pdf", "application/pdf", content);
    for number in 0..1005 {
        sent.attachments[0].header.add("X-A", format!("{number}"));
    }
    sent
}

/// A text, a multipart of nearly a thousand parts, and behind it the attachment given.
fn many_parts(last: &str) -> Sent {
    let parts = vec![b"\r\nx".to_vec(); 999];
    let body = String::from_utf8(multipart("=_molte", &parts)).expect("ASCII");
    let kind = "multipart/mixed; boundary=\"=_molte\"";
    let many = Attachment {
        name: String::new(),
        header: Header(vec![("Content-Type".into(), kind.into())]),
        body,
    };
    let last = plain("ultimo.txt", "text/plain", "7bit", last);
    with_attachments(vec![many, last])
}

const SENT: &[&str] = &["--sent", "../../sent/richiesta.eml"];
const DOCUMENT: &[&str] = &["--sent", "../../sent/relazione.pdf"];

fn asked(name: &'static str, args: &[&'static str]) -> Vector {
    C.genuine(name).with(args).twin(DELIVERY).twin_with(SENT)
}

fn yes(name: &'static str, args: &[&'static str]) -> Vector {
    asked(name, args).result("sent.matches = true")
}

/// Genuine, but not about it.
fn no(name: &'static str, args: &[&'static str]) -> Vector {
    asked(name, args).result("sent.matches = false").exit(1)
}

/// Genuine; whether about it, cannot be told (`sent.matches` is null).
fn undecided(name: &'static str, args: &[&'static str], rule: &str) -> Vector {
    asked(name, args)
        .result(format!("sent.rule = \"{rule}\""))
        .exit(3)
}

/// Case 42: hashes count where the provider made them, in brief delivery receipts only.
fn hashes() -> Vec<Vector> {
    let hashed = || {
        let mut sent = sent::base().hashed_from(HashInput::Decoded);
        sent.header.set("X-TipoRicevuta", "completa");
        sent
    };
    let envelope = Receipt::with(Kind::Envelope, |receipt| {
        receipt.original = Some(hashed().delivered(IDENTIFIER));
    });
    vec![
        no("hash-by-the-sender-for-a-document", DOCUMENT)
            .case(42, Critical)
            .because(
                "A complete receipt. The sender attached a text called \
                 relazione.pdf.hash with the SHA-1 value of a document that he \
                 kept. The receipt proves the delivery of that text, not of the \
                 document.",
            )
            .message(delivered(&hashed()))
            .twin_with(DOCUMENT)
            .finding("sent.content.attachment"),
        no("hash-by-the-sender-for-a-message", SENT)
            .case(42, Critical)
            .because(
                "The same, asked about a message to which the document itself is \
                 attached.",
            )
            .message(delivered(&hashed()))
            .finding("sent.content.differs"),
        no("hash-by-the-sender-in-an-envelope", DOCUMENT)
            .case(42, High)
            .because("The same text in a transport envelope, which replaces nothing by hashes.")
            .message(envelope.to_eml())
            .twin("posta-certificata")
            .twin_with(DOCUMENT)
            .finding("sent.content.attachment"),
        yes("hash-by-the-provider-for-a-document", DOCUMENT)
            .case(42, High)
            .because("A brief receipt, in which the hash was made by the provider.")
            .receipt("avvenuta-consegna-breve"),
    ]
}

/// Cases 39, 40 and 52: a receipt that holds no message, and what it states all the same.
fn without_content() -> Vec<Vector> {
    let about = |name, args, text, finding| {
        no(name, args)
            .case(39, Critical)
            .because(text)
            .receipt("accettazione")
            .twin("accettazione")
            .twin_with(&[])
            .finding(finding)
    };
    vec![
        about(
            "acceptance-of-another-subject",
            &["--sent", "../../sent/richiesta-altro-oggetto.eml"],
            "The message given has the Message-ID of the acceptance, but another \
             subject than the one that is signed there.",
            "sent.message.subject",
        ),
        about(
            "acceptance-for-other-recipients",
            &["--sent", "../../sent/richiesta-altri-destinatari.eml"],
            "The message given has the Message-ID of the acceptance, but another \
             recipient than those that are signed there.",
            "sent.recipient",
        ),
        about(
            "acceptance-of-another-sender",
            &["--sent", "../../sent/richiesta-altro-mittente.eml"],
            "The message given has the Message-ID of the acceptance, but another \
             sender than the one that is signed there.",
            "sent.message.sender",
        ),
        no(
            "concise-delivery-of-another-subject",
            &["--sent", "../../sent/richiesta-altro-oggetto.eml"],
        )
        .case(39, Critical)
        .because(
            "A concise receipt holds no message; the subject signed in it is \
             another than that of the message given.",
        )
        .receipt("avvenuta-consegna-sintetica")
        .twin("avvenuta-consegna-sintetica")
        .twin_with(&[])
        .finding("sent.message.subject"),
        undecided("document-and-a-concise-delivery", DOCUMENT, "no-content")
            .case(52, Critical)
            .because(
                "A concise receipt holds no message, so whether the document given \
                 was in it cannot be told.",
            )
            .receipt("avvenuta-consegna-sintetica")
            .twin_with(DOCUMENT)
            .finding("sent.content.none"),
        undecided("document-and-an-acceptance", DOCUMENT, "no-content")
            .case(52, High)
            .because("An acceptance holds no message.")
            .receipt("accettazione")
            .twin_with(DOCUMENT)
            .finding("sent.content.none"),
        undecided("message-and-an-anomaly-envelope", SENT, "no-data")
            .case(52, Medium)
            .because("An anomaly envelope has no data about any certified message.")
            .receipt("anomalia")
            .finding("sent.message.no-data"),
    ]
}

/// Case 52: what the program does not read whole it does not call equal.
fn incomplete() -> Vec<Vector> {
    let mut long_header = sent::base();
    for number in 0..1005 {
        long_header.header.add("X-A", format!("{number}"));
    }
    let mut of_another = long_header.clone();
    of_another.header.set("From", "altro@pec.altro.example");
    vec![
        undecided(
            "part-with-a-thousand-header-lines",
            &["--sent", "../../sent/richiesta-mille-campi.eml"],
            "too-complex",
        )
        .case(52, Critical)
        .because(
            "The attachment has more header lines than are read, and another \
             content than the one sent. What is not read is not equal.",
        )
        .message(delivered(&long_part(b"contenuto consegnato")))
        .finding("sent.content.too-complex"),
        undecided(
            "last-of-a-thousand-parts-differs",
            &["--sent", "../../sent/richiesta-mille-parti.eml"],
            "too-complex",
        )
        .case(52, Critical)
        .because(
            "The message has a thousand and one parts, and the last one is another \
             than the one sent.",
        )
        .message(delivered(&many_parts("consegnato")))
        .finding("sent.content.too-complex"),
        C.cannot_tell(
            "original-with-a-thousand-header-lines",
            "original.present.unreadable",
        )
        .case(52, Critical)
        .because(
            "The message inside has more header lines than are read, so that \
                 nothing in it can be compared with the data.",
        )
        .message(delivered(&long_header)),
        C.cannot_tell(
            "original-of-another-with-a-thousand-header-lines",
            "original.present.unreadable",
        )
        .case(54, Critical)
        .because(
            "The same, and its From line names another sender: a check that is \
             left out must not be counted as passed.",
        )
        .message(delivered(&of_another)),
    ]
}

/// Case 52: type and name of a part are content too.
fn parts() -> Vec<Vector> {
    vec![
        no(
            "part-sent-as-another-type",
            &["--sent", "../../sent/richiesta-altro-tipo.eml"],
        )
        .case(52, High)
        .because(
            "The text that was sent is text/html, the one delivered text/plain, \
             with the same octets.",
        )
        .receipt(DELIVERY)
        .finding("sent.content.differs"),
        no(
            "part-sent-under-another-name",
            &["--sent", "../../sent/richiesta-altro-nome.eml"],
        )
        .case(52, High)
        .because(
            "The attachment that was sent is called contratto-firmato.pdf, the one \
             delivered relazione.pdf, with the same octets.",
        )
        .receipt(DELIVERY)
        .finding("sent.content.differs"),
    ]
}

/// Cases 39 and 52: a receipt that holds no content says nothing about it.
fn not_held() -> Vec<Vector> {
    const OTHER: &[&str] = &["--sent", "../../sent/richiesta-altro-contenuto.eml"];
    let held = |name, args, receipt: &str| {
        undecided(name, args, "message-id")
            .case(39, Critical)
            .because(
                "The message given has the Message-ID, sender, recipients and \
                 subject that are signed. The receipt holds no content, so whether \
                 that is the one sent cannot be told.",
            )
            .receipt(receipt)
            .finding("sent.content.not-held")
            .absent("sent.message")
    };
    vec![
        held("sent-message-and-an-acceptance", SENT, "accettazione"),
        undecided(
            "sent-message-and-an-acceptance-without-its-identifier",
            SENT,
            "no-id",
        )
        .case(39, High)
        .because(
            "The acceptance does not say the Message-ID (msgid), as one provider did \
                 in 2012, and holds no message: sender, recipients and subject agree, \
                 and more there is not.",
        )
        .message(
            Receipt::with(Kind::Acceptance, |receipt| {
                receipt.daticert.message_id = None
            })
            .to_eml(),
        )
        .finding("sent.message.no-id"),
        held("another-content-and-an-acceptance", OTHER, "accettazione"),
        held(
            "another-content-and-a-concise-delivery",
            OTHER,
            "avvenuta-consegna-sintetica",
        ),
        held(
            "another-content-and-a-non-delivery",
            OTHER,
            "errore-consegna",
        ),
        no("another-content-and-a-complete-delivery", OTHER)
            .case(52, Critical)
            .because("The complete receipt holds the content, and it is another one.")
            .receipt(DELIVERY)
            .finding("sent.content.differs"),
    ]
}

/// Case 52: what decides how a message reads is content too.
fn whole() -> Vec<Vector> {
    let other = |name, file: &'static [&'static str], text| {
        no(name, file)
            .case(52, High)
            .because(text)
            .receipt(DELIVERY)
    };
    macro_rules! sent {
        ($file:literal) => {
            &["--sent", concat!("../../sent/richiesta-", $file, ".eml")]
        };
    }
    vec![
        other(
            "sent-with-two-subjects",
            sent!("due-oggetti"),
            "The message given has a second Subject, which some programs show.",
        )
        .finding("sent.message.subject"),
        other(
            "sent-by-another-name",
            sent!("altro-nome-mittente"),
            "From has another display name.",
        )
        .finding("sent.content.differs"),
        other(
            "sent-with-another-reply-to",
            sent!("altra-risposta"),
            "The message given wants answers somewhere else.",
        )
        .finding("sent.content.differs"),
        other(
            "sent-in-another-character-set",
            sent!("utf-7"),
            "The same octets in another character set are another text.",
        )
        .finding("sent.content.differs"),
        other(
            "sent-in-another-format",
            sent!("flowed"),
            "The same octets with format=flowed are other lines.",
        )
        .finding("sent.content.differs"),
        other(
            "sent-as-alternatives",
            sent!("alternative"),
            "The same parts as alternatives: readers show one of them.",
        )
        .finding("sent.content.differs"),
        other(
            "sent-with-a-preamble",
            sent!("con-preambolo"),
            "A text before the first part, which old programs show.",
        )
        .finding("sent.content.differs"),
        other(
            "sent-with-an-epilogue",
            sent!("con-epilogo"),
            "A text after the last part.",
        )
        .finding("sent.content.differs"),
        yes(
            "sent-with-the-character-set-left-out",
            sent!("senza-charset"),
        )
        .case(52, Medium)
        .because("us-ascii is what a text without a character set is in.")
        .receipt(DELIVERY)
        .absent("sent.content"),
    ]
}

/// Case 42: the rules leave open what exactly is hashed.
fn unknown_hashes() -> Vec<Vector> {
    let named = |end: &str, change: fn(&str) -> String| {
        let mut sent = sent::base()
            .hashed_from(HashInput::Decoded)
            .with_hash_text(change);
        for attachment in &mut sent.attachments {
            let name = attachment.name.replace("hash", end);
            for (_, value) in &mut attachment.header.0 {
                *value = value.replace(&attachment.name, &name);
            }
            attachment.name = name;
        }
        Receipt::with(Kind::DeliveryBrief, |receipt| {
            receipt.original = Some(sent.delivered(IDENTIFIER));
        })
        .to_eml()
    };
    // Of something nobody here knows how to make.
    let other: fn(&str) -> String = |text| text.chars().rev().collect();
    let unknown = |name, args| {
        undecided(name, args, "hash")
            .case(42, High)
            .because(
                "A brief receipt whose hash is of no known form of the attachment; \
                 all else agrees. Providers may hash another form: that is no \
                 other message.",
            )
            .message(named("hash", other))
            .finding("sent.content.hash")
    };
    let capitals = |name, args| {
        yes(name, args)
            .case(43, High)
            .because("The hash file ends in .HASH.")
            .message(named("HASH", str::to_owned))
            .absent("sent.content")
    };
    vec![
        unknown("hash-of-no-known-form-and-the-message", SENT),
        unknown("hash-of-no-known-form-and-the-document", DOCUMENT),
        capitals("hash-file-in-capitals-and-the-message", SENT),
        capitals("hash-file-in-capitals-and-the-document", DOCUMENT),
    ]
}

/// Case 41: two files made to have one SHA-1.
fn collisions() -> Vec<Vector> {
    let brief = || {
        let sent = with_collision(COLLISION_A).hashed_from(HashInput::Decoded);
        Receipt::with(Kind::DeliveryBrief, |receipt| {
            receipt.original = Some(sent.delivered(IDENTIFIER));
        })
        .to_eml()
    };
    let collides = |name, args, text| {
        no(name, args)
            .case(41, Critical)
            .because(text)
            .message(brief())
            .finding("sent.content.collision")
            .result("sent.rule = \"collision\"")
    };
    vec![
        collides(
            "collision-and-the-other-document",
            &["--sent", "../../sent/collisione-b.pdf"],
            "The sender made two documents with one SHA-1 and sent the other one. \
             The brief receipt fits both and proves neither.",
        ),
        collides(
            "collision-and-the-document",
            &["--sent", "../../sent/collisione-a.pdf"],
            "The same, and the document that was sent: nothing tells it apart.",
        ),
        collides(
            "collision-and-the-other-message",
            &["--sent", "../../sent/richiesta-collisione-b.eml"],
            "The same, and the whole message with the other document.",
        ),
        yes(
            "collision-in-a-complete-receipt",
            &["--sent", "../../sent/collisione-a.pdf"],
        )
        .case(41, Medium)
        .because("A complete receipt holds the document itself.")
        .message(delivered(&with_collision(COLLISION_A))),
        no(
            "collision-and-a-complete-receipt-of-the-other",
            &["--sent", "../../sent/collisione-b.pdf"],
        )
        .case(41, High)
        .because("A complete receipt holds the other document.")
        .message(delivered(&with_collision(COLLISION_A)))
        .finding("sent.content.attachment"),
    ]
}

/// Case 39: the same message in another spelling is the same message.
fn spelling() -> Vec<Vector> {
    const SPELLED: &[&str] = &["--sent", "../../sent/richiesta-altra-grafia.eml"];
    let same = |name, text, receipt: &str| {
        yes(name, SPELLED)
            .case(39, High)
            .because(text)
            .receipt(receipt)
            .absent("sent.message")
            .absent("sent.content")
    };
    vec![
        same(
            "sent-message-spelled-otherwise",
            "The sender's copy has other quotation marks, blanks and folds around \
             the addresses, and the date in another zone: the same people, the \
             same instant, the same content.",
            DELIVERY,
        ),
        undecided(
            "sent-message-spelled-otherwise-and-an-acceptance",
            SPELLED,
            "message-id",
        )
        .case(39, High)
        .because("The same copy and the acceptance, which holds no content.")
        .receipt("accettazione")
        .absent("sent.message"),
        same(
            "sent-message-spelled-otherwise-and-a-brief-delivery",
            "The same copy and the brief receipt.",
            "avvenuta-consegna-breve",
        ),
    ]
}

/// Case 52: line ends of text are the transport's.
fn line_ends() -> Vec<Vector> {
    const TEXT: &[&str] = &["--sent", "../../sent/nota.txt"];
    const XML: &[&str] = &["--sent", "../../sent/fattura.xml"];
    let attached = |attachment| delivered(&with_attachments(vec![attachment]));
    let same = |name, args, text, octets| {
        yes(name, args)
            .case(52, High)
            .because(text)
            .message(octets)
            .absent("sent.content")
    };
    let brief = |text: &str| {
        let hash = hex(&Digest::Sha1.of(text.as_bytes()));
        let attachment = plain("nota.txt.hash", "text/plain", "7bit", &hash);
        Receipt::with(Kind::DeliveryBrief, |receipt| {
            let mut sent = with_attachments(vec![attachment]);
            sent.header.set("X-TipoRicevuta", "breve");
            receipt.original = Some(sent.delivered(IDENTIFIER));
        })
        .to_eml()
    };
    vec![
        same(
            "text-attachment-and-a-file-of-unix",
            TEXT,
            "A text was attached as it is, 7bit. The file on the disk has LF, mail \
             has CRLF.",
            attached(plain("nota.txt", "text/plain", "7bit", NOTE)),
        ),
        same(
            "text-attachment-in-quoted-printable-and-a-file-of-unix",
            XML,
            "A text/xml was attached as quoted-printable. The file has LF, mail \
             has CRLF.",
            attached(plain(
                "fattura.xml",
                "text/xml",
                "quoted-printable",
                &INVOICE.replace('=', "=3D"),
            )),
        ),
        same(
            "xml-attachment-and-a-file-of-unix",
            XML,
            "An application/xml was attached as it is, 7bit.",
            attached(plain("fattura.xml", "application/xml", "7bit", INVOICE)),
        ),
        same(
            "hash-of-a-text-with-the-line-ends-of-mail",
            TEXT,
            "A brief receipt with the hash of a text as mail transports it, with \
             CRLF; the file has LF.",
            brief(&NOTE.replace('\n', "\r\n")),
        ),
        same(
            "hash-of-a-text-with-the-line-ends-of-unix",
            TEXT,
            "A brief receipt with the hash of a text with LF, as the file has it.",
            brief(NOTE),
        ),
        no("document-in-quoted-printable-and-a-file-of-unix", XML)
            .case(52, High)
            .because(
                "An application/octet-stream was attached as quoted-printable, with CRLF. In \
                 quoted-printable, as in base64, every octet is the sender's (RFC 2045, 6.7): the \
                 file with LF is another one.",
            )
            .message(attached(plain(
                "fattura.xml",
                "application/octet-stream",
                "quoted-printable",
                &INVOICE.replace('=', "=3D"),
            )))
            .finding("sent.content.attachment"),
        no("text-attachment-with-another-line", TEXT)
            .case(52, High)
            .because("The attached text has a word more than the file.")
            .message(attached(plain(
                "nota.txt",
                "text/plain",
                "7bit",
                &NOTE.replace("due", "due bis"),
            )))
            .finding("sent.content.attachment"),
        no("text-attachment-with-an-empty-line-inside", TEXT)
            .case(52, Medium)
            .because("The attached text has an empty line that the file has not.")
            .message(attached(plain(
                "nota.txt",
                "text/plain",
                "7bit",
                &NOTE.replace("uno\n", "uno\n\n"),
            )))
            .finding("sent.content.attachment"),
    ]
}
