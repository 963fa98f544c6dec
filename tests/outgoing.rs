//! What the sender's provider would refuse, and what should make a person stop: each rule with
//! a message that passes and one that differs in exactly that respect (RFC 6109, 3.1.1).

use postacert::address::MailAddress;
use postacert::pec::caution::Warning;
use postacert::pec::outgoing::{Attachment, Fault, Limits, OutgoingMessage, RecipientField};
use postacert::pec::reach::{Evidence, Judgement, Source};
use postacert::pec::{DeliveryForm, RecipientKind};
use postacert::timestamp::Timestamp;

const GOOD: &str = "Message-ID: <1.abc@pec.mittente.example>\r\n\
    Date: Tue, 13 Nov 2018 16:39:27 +0100\r\n\
    From: io@pec.mittente.example\r\n\
    To: a@pec.uno.example, \"B, il secondo\" <b@pec.due.example>\r\n\
    Cc: c@pec.tre.example\r\n\
    Subject: Avviso\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    \r\n\
    Buongiorno.\r\n";

fn freeze_with(text: &str, limits: Limits) -> Result<OutgoingMessage, Vec<Fault>> {
    let mailbox = MailAddress::new("io@pec.mittente.example");
    OutgoingMessage::freeze(text.as_bytes().to_vec(), &mailbox, limits)
}

fn freeze(text: &str) -> Result<OutgoingMessage, Vec<Fault>> {
    freeze_with(text, Limits::default())
}

/// The good message with one text replaced, and the faults that this makes.
fn faults(from: &str, to: &str) -> Vec<Fault> {
    assert!(GOOD.contains(from), "{from} is not in the message");
    freeze(&GOOD.replacen(from, to, 1))
        .err()
        .unwrap_or_default()
}

#[test]
fn a_good_message_is_frozen_as_it_is() {
    let message = freeze(GOOD).unwrap();
    assert_eq!(message.octets(), GOOD.as_bytes());
    assert_eq!(message.message_id(), "<1.abc@pec.mittente.example>");
    assert_eq!(message.sender().as_str(), "io@pec.mittente.example");
    let recipients: Vec<(&str, RecipientField)> = message
        .recipients()
        .iter()
        .map(|recipient| (recipient.address.as_str(), recipient.field))
        .collect();
    assert_eq!(
        recipients,
        [
            ("a@pec.uno.example", RecipientField::To),
            ("b@pec.due.example", RecipientField::To),
            ("c@pec.tre.example", RecipientField::Cc),
        ]
    );
    assert_eq!(message.subject(), "Avviso");
    assert_eq!(message.form(), DeliveryForm::Complete);
    assert!(message.attachments().is_empty());
}

#[test]
fn from_is_one_address_and_ours() {
    let ours = "From: io@pec.mittente.example\r\n";
    assert_eq!(faults(ours, ""), [Fault::Missing("From")]);
    let twice = format!("{ours}{ours}");
    assert_eq!(faults(ours, &twice), [Fault::Doubled("From")]);
    let two = "From: io@pec.mittente.example, tu@pec.mittente.example\r\n";
    assert_eq!(faults(ours, two), [Fault::FromNotOne]);
    let other = "From: tu@pec.mittente.example\r\n";
    assert!(matches!(
        &faults(ours, other)[..],
        [Fault::FromNotOurs { found, .. }] if found == "tu@pec.mittente.example"
    ));
    // The case of letters does not tell mailboxes apart, a display name is no address.
    assert_eq!(faults(ours, "From: Io <IO@PEC.mittente.example>\r\n"), []);
}

#[test]
fn to_names_somebody_and_cc_alone_is_refused() {
    let to = "To: a@pec.uno.example, \"B, il secondo\" <b@pec.due.example>\r\n";
    assert_eq!(faults(to, ""), [Fault::Missing("To")]);
    assert_eq!(
        faults(to, "To: undisclosed-recipients:;\r\n"),
        [Fault::Missing("To")]
    );
    assert_eq!(faults(to, "To: a@pec.uno.example\r\n"), []);
    let broken = faults(to, "To: a@pec.uno.example, nessuno\r\n");
    assert!(
        matches!(&broken[..], [Fault::BadAddress { field: "To", .. }]),
        "{broken:?}"
    );
    let foreign = faults(to, "To: a@p\u{e9}c.example\r\n");
    assert!(foreign.contains(&Fault::NotSevenBit), "{foreign:?}");
}

#[test]
fn nobody_stands_twice_and_nobody_hides() {
    let cc = "Cc: c@pec.tre.example\r\n";
    assert_eq!(
        faults(cc, "Cc: A@PEC.uno.example\r\n"),
        [Fault::Twice("A@PEC.uno.example".into())]
    );
    assert_eq!(
        faults(cc, "Bcc: c@pec.tre.example\r\n"),
        [Fault::Forbidden("Bcc")]
    );
    // Aruba refuses the field even when it is empty.
    assert_eq!(faults(cc, "Bcc:\r\n"), [Fault::Forbidden("Bcc")]);
    assert_eq!(faults(cc, ""), []);
    let twice = format!("{cc}Cc: d@pec.tre.example\r\n");
    assert_eq!(faults(cc, &twice), [Fault::Doubled("Cc")]);
}

#[test]
fn fields_that_are_others_to_write_are_refused() {
    for name in [
        "Sender",
        "Resent-From",
        "Resent-To",
        "X-Ricevuta",
        "X-Trasporto",
        "X-Riferimento-Message-ID",
    ] {
        let with = format!("{name}: io@pec.mittente.example\r\nMIME-Version");
        let found = faults("MIME-Version", &with);
        assert!(
            matches!(&found[..], [Fault::Forbidden(other)] if *other == name),
            "{name}: {found:?}"
        );
    }
    assert_eq!(faults("MIME-Version", "X-Mailer: io\r\nMIME-Version"), []);
}

#[test]
fn message_id_and_date_are_there_once_and_have_their_form() {
    let id = "Message-ID: <1.abc@pec.mittente.example>\r\n";
    assert_eq!(faults(id, ""), [Fault::Missing("Message-ID")]);
    for wrong in [
        "1.abc@pec",
        "<1.abc>",
        "<a b@pec>",
        "<>",
        "<a@b> <c@d>",
        "<\"a\"@b>",
    ] {
        let with = format!("Message-ID: {wrong}\r\n");
        assert_eq!(faults(id, &with), [Fault::BadMessageId], "{wrong}");
    }
    let date = "Date: Tue, 13 Nov 2018 16:39:27 +0100\r\n";
    assert_eq!(faults(date, ""), [Fault::Missing("Date")]);
    assert_eq!(faults(date, "Date: ieri\r\n"), [Fault::BadDate]);
}

#[test]
fn what_people_read_holds_no_control_character() {
    let subject = |text: &str| faults("Subject: Avviso", &format!("Subject: {text}"));
    assert_eq!(subject("=?iso-8859-1?Q?dell=27art?="), []);
    for control in ["=?iso-8859-1?Q?dell=12art?=", "=?utf-8?Q?a=0D=0ABcc:_x?="] {
        assert_eq!(subject(control), [Fault::Control("Subject")], "{control}");
    }
    assert_eq!(
        subject("dell\u{12}art"),
        [Fault::Unreadable, Fault::Control("Subject")]
    );
    // A tab is a blank, here and where a line is folded.
    assert_eq!(subject("un\r\n\tavviso"), []);
    assert_eq!(
        faults("\"B, il secondo\"", "=?utf-8?Q?B=16?="),
        [Fault::Control("To")]
    );
}

#[test]
fn the_form_of_receipt_is_one_of_three_words() {
    for (word, form) in [
        ("completa", DeliveryForm::Complete),
        ("breve", DeliveryForm::Brief),
        ("sintetica", DeliveryForm::Concise),
    ] {
        let with = format!("X-TipoRicevuta: {word}\r\nMIME-Version");
        let message = freeze(&GOOD.replacen("MIME-Version", &with, 1)).unwrap();
        assert_eq!(message.form(), form);
    }
    assert_eq!(
        faults("MIME-Version", "X-TipoRicevuta: lunga\r\nMIME-Version"),
        [Fault::BadForm("lunga".into())]
    );
}

#[test]
fn octets_are_7_bit_in_crlf_lines_of_998() {
    assert_eq!(faults("Buongiorno.", "Perch\u{e9}."), [Fault::NotSevenBit]);
    assert_eq!(
        faults("Buongiorno.\r\n", "Buongiorno.\n"),
        [Fault::BareLineEnd]
    );
    assert_eq!(faults("Buongiorno.", "Buon\rgiorno."), [Fault::BareLineEnd]);
    assert_eq!(faults("Buongiorno.", "Buon\0giorno."), [Fault::BareLineEnd]);
    assert_eq!(
        faults("Buongiorno.\r\n", "Buongiorno."),
        [Fault::BareLineEnd]
    );
    assert_eq!(faults("Buongiorno.", &"x".repeat(998)), []);
    assert_eq!(
        faults("Buongiorno.", &"x".repeat(999)),
        [Fault::LongLine(10)]
    );
}

#[test]
fn limits_are_the_providers() {
    let limits = |recipients, octets| Limits { recipients, octets };
    assert!(freeze_with(GOOD, limits(Some(3), None)).is_ok());
    assert_eq!(
        freeze_with(GOOD, limits(Some(2), None)).unwrap_err(),
        [Fault::TooManyRecipients { found: 3, limit: 2 }]
    );
    // Size counts once for each recipient.
    let product = GOOD.len() as u64 * 3;
    assert!(freeze_with(GOOD, limits(None, Some(product))).is_ok());
    assert_eq!(
        freeze_with(GOOD, limits(None, Some(product - 1))).unwrap_err(),
        [Fault::TooLarge {
            found: product,
            limit: product - 1
        }]
    );
}

#[test]
fn all_faults_are_told_at_once() {
    let text = GOOD
        .replace("Date: Tue, 13 Nov 2018 16:39:27 +0100\r\n", "")
        .replace("Cc:", "Bcc:")
        .replace("Buongiorno", "Perch\u{e9}");
    assert_eq!(
        freeze(&text).unwrap_err(),
        [
            Fault::NotSevenBit,
            Fault::Forbidden("Bcc"),
            Fault::Missing("Date")
        ]
    );
}

#[test]
fn whatever_the_octets_there_is_an_answer() {
    let mailbox = MailAddress::new("io@pec.mittente.example");
    for end in 0..GOOD.len() {
        let cut = GOOD.as_bytes()[..end].to_vec();
        let _ = OutgoingMessage::freeze(cut, &mailbox, Limits::default());
        let mut changed = GOOD.as_bytes().to_vec();
        for octet in [0, b'\r', b'\n', b':', b'<', 0xff] {
            changed[end] = octet;
            let _ = OutgoingMessage::freeze(changed.clone(), &mailbox, Limits::default());
        }
    }
}

// What should make a person stop

fn warnings_of(text: &str, limits: Limits, known: &[&str]) -> Vec<Warning> {
    let acceptance = Evidence {
        source: Source::Acceptance(RecipientKind::External),
        dated: Timestamp::from_unix(0),
    };
    let reach = |address: &MailAddress| {
        let listed = known.contains(&address.as_str());
        Judgement::of(address, listed.then(|| acceptance.clone()))
    };
    let names = |attachment: &Attachment| match attachment.name.as_str() {
        "archivio.zip" => vec!["leggimi.txt".to_owned(), "cartella/avvia.EXE".to_owned()],
        _ => Vec::new(),
    };
    let message = freeze_with(text, limits).unwrap();
    let mut warnings = message.warnings(limits, &reach, &names);
    // Told of each message to several.
    let several = message.recipients().len();
    let visible = Warning::VisibleRecipients(several);
    assert_eq!(warnings.contains(&visible), several > 1);
    warnings.retain(|warning| *warning != visible);
    warnings
}

fn warnings(text: &str) -> Vec<Warning> {
    warnings_of(text, Limits::default(), &[])
}

fn with_attachment(name: &str, content: &str) -> String {
    let parts = format!(
        "multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntesto\r\n--b\r\n\
         Content-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{content}\r\n--b--\r\n"
    );
    GOOD.replace("text/plain; charset=utf-8\r\n\r\nBuongiorno.\r\n", &parts)
}

#[test]
fn what_is_empty_is_told() {
    let subject = GOOD.replace("Subject: Avviso", "Subject: ");
    assert_eq!(warnings(&subject), [Warning::EmptySubject]);
    let text = GOOD.replace("Buongiorno.\r\n", " \r\n");
    assert_eq!(warnings(&text), [Warning::EmptyText]);
    let named = |content: &str| warnings(&with_attachment("a.pdf.p7m", content));
    assert_eq!(named(""), [Warning::EmptyAttachment("a.pdf.p7m".into())]);
    assert_eq!(named("x"), []);
}

#[test]
fn an_ordinary_message_between_certified_mailboxes_is_no_worry() {
    assert_eq!(warnings(GOOD), []);
}

#[test]
fn ordinary_mail_is_told_by_domain_and_by_earlier_acceptances() {
    let gmail = GOOD.replace("c@pec.tre.example", "C@Gmail.com");
    assert_eq!(
        warnings(&gmail),
        [Warning::Ordinary {
            address: "C@Gmail.com".into(),
            by_acceptance: false
        }]
    );
    assert_eq!(
        warnings_of(GOOD, Limits::default(), &["a@pec.uno.example"]),
        [Warning::Ordinary {
            address: "a@pec.uno.example".into(),
            by_acceptance: true
        }]
    );
}

#[test]
fn attachments_that_nobody_signed_are_pointed_out() {
    let unsigned = |name: &str| vec![Warning::Unsigned(name.into())];
    assert_eq!(
        warnings(&with_attachment("atto.pdf", "%PDF-1.4 testo")),
        unsigned("atto.pdf")
    );
    let signed = "%PDF-1.4 /ByteRange [0 1 2 3] /Contents <00>";
    assert_eq!(warnings(&with_attachment("atto.pdf", signed)), []);
    assert_eq!(warnings(&with_attachment("atto.pdf.p7m", "MIIB")), []);
    assert_eq!(
        warnings(&with_attachment("nota.txt", "ciao")),
        unsigned("nota.txt")
    );
    assert_eq!(
        warnings(&with_attachment("fattura.xml", "<a/>")),
        unsigned("fattura.xml")
    );
    let signed = "<a xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>";
    assert_eq!(warnings(&with_attachment("fattura.xml", signed)), []);
}

#[test]
fn attachments_that_can_run_are_pointed_out_also_renamed_and_in_archives() {
    let blocked = |name: &str, inside: Option<&str>| Warning::Blocked {
        name: name.into(),
        inside: inside.map(str::to_owned),
    };
    let has = |text: &str, warning: Warning| warnings(text).contains(&warning);
    assert!(has(
        &with_attachment("avvia.EXE", "x"),
        blocked("avvia.EXE", None)
    ));
    assert!(has(
        &with_attachment("foto.jpg", "\u{7f}ELF"),
        blocked("foto.jpg", None)
    ));
    assert!(!has(
        &with_attachment("foto.jpg", "JFIF"),
        blocked("foto.jpg", None)
    ));
    assert!(has(
        &with_attachment("archivio.zip", "PK"),
        blocked("archivio.zip", Some("cartella/avvia.EXE"))
    ));
}

#[test]
fn a_legal_notification_wants_complete_receipts_and_nobody_in_copy() {
    let subject = "Subject: Notificazione ai sensi della legge n. 53 del 1994\r\n";
    let notification = GOOD.replace("Subject: Avviso\r\n", subject);
    assert_eq!(
        warnings(&notification),
        [Warning::NotificationToCopy("c@pec.tre.example".into())]
    );
    let alone = notification.replace("Cc: c@pec.tre.example\r\n", "");
    assert_eq!(warnings(&alone), []);
    let brief = alone.replace("MIME-Version", "X-TipoRicevuta: breve\r\nMIME-Version");
    assert_eq!(
        warnings(&brief),
        [Warning::NotificationWithoutComplete(DeliveryForm::Brief)]
    );
    let other = brief.replace("legge n. 53 del 1994", "legge n. 54 del 1994");
    assert_eq!(warnings(&other), []);
    let tax = "art. 16-bis, comma 3, D.Lgs. 546/92";
    let tax = brief.replace("della legge n. 53 del 1994", tax);
    assert_eq!(
        warnings(&tax),
        [Warning::NotificationWithoutComplete(DeliveryForm::Brief)]
    );
    // Whom an earlier acceptance listed as ordinary mail, and whose domain is one of free mail.
    let known = warnings_of(&alone, Limits::default(), &["a@pec.uno.example"]);
    let ordinary = Warning::NotificationToOrdinary("a@pec.uno.example".into());
    assert!(known.contains(&ordinary), "{known:?}");
    assert!(!warnings(&alone).contains(&ordinary));
    let free = warnings(&alone.replace("a@pec.uno.example", "a@gmail.com"));
    let ordinary = Warning::NotificationToOrdinary("a@gmail.com".into());
    assert!(free.contains(&ordinary), "{free:?}");
}

#[test]
fn beyond_what_every_provider_takes_is_told_where_the_limit_is_not_known() {
    let many: Vec<String> = (0..51).map(|n| format!("u{n}@pec.example")).collect();
    let to = "a@pec.uno.example, \"B, il secondo\" <b@pec.due.example>";
    let text = |count: usize| {
        let folded = many[..count].join(",\r\n ");
        GOOD.replace(to, &folded)
            .replace("Cc: c@pec.tre.example\r\n", "")
    };
    assert_eq!(warnings(&text(50)), []);
    assert_eq!(warnings(&text(51)), [Warning::ManyRecipients(51)]);
    let known = Limits {
        recipients: Some(500),
        octets: Some(100_000_000),
    };
    assert_eq!(warnings_of(&text(51), known, &[]), []);
    let large = GOOD.replace(
        "Buongiorno.\r\n",
        &"riga di sessanta ottetti, per far numero, e altri.\r\n".repeat(200_000),
    );
    let product = large.len() as u64 * 3;
    assert_eq!(warnings(&large), [Warning::Large(product)]);
    assert_eq!(warnings_of(&large, known, &[]), []);
}

#[test]
fn an_address_that_looks_like_another_is_told() {
    let punycode = GOOD.replace("c@pec.tre.example", "c@xn--pc-nlc.example");
    assert!(matches!(
        &warnings(&punycode)[..],
        [Warning::LookAlike { .. }]
    ));
}

/// What says the same to the same people, whatever a program writes anew each time.
#[test]
fn the_same_content_is_known_through_all_that_changes_each_time() {
    const MIXED: &str = "MIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=BBB\r\n\
        \r\n\
        --BBB\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        \r\n\
        Buongiorno.\r\n\
        --BBB\r\n\
        Content-Type: application/pdf; name=\"atto.pdf\"\r\n\
        Content-Disposition: attachment; filename=\"atto.pdf\"\r\n\
        Content-Transfer-Encoding: base64\r\n\
        \r\n\
        QUJD\r\n\
        --BBB--\r\n";
    let head = GOOD.split("MIME-Version").next().unwrap();
    let mixed = format!("{head}{MIXED}");
    let message = freeze(&mixed).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(mixed.contains(from), "{from}");
        freeze(&mixed.replace(from, to)).unwrap()
    };
    for (from, to) in [
        ("<1.abc@", "<2.def@"),
        ("13 Nov 2018", "14 Nov 2018"),
        ("BBB", "CCC"),
        ("QUJD", "QU\r\nJD"),
        ("To: a@", "To: A@"),
        ("MIME-Version", "User-Agent: x\r\nMIME-Version"),
    ] {
        let other = changed(from, to);
        assert!(message.is_alike(&other), "{to}");
        assert_eq!(message.likeness(), other.likeness(), "{to}");
    }
    for (from, to) in [
        ("c@pec.tre.example", "d@pec.tre.example"),
        ("Cc: c@pec.tre.example\r\n", ""),
        (
            "Cc: c@pec.tre.example\r\nSubject",
            "X-TipoRicevuta: breve\r\nCc: c@pec.tre.example\r\nSubject",
        ),
        ("Avviso", "avviso"),
        ("Buongiorno.", "Buongiorno!"),
        ("atto.pdf", "Atto.pdf"),
        ("application/pdf", "application/octet-stream"),
        ("QUJD", "QUJE"),
    ] {
        let other = changed(from, to);
        assert!(!message.is_alike(&other), "{to}");
        assert_ne!(message.likeness(), other.likeness(), "{to}");
    }
    // In Cc instead of To: another receipt comes for it.
    let people = "To: a@pec.uno.example, \"B, il secondo\" <b@pec.due.example>\r\n\
        Cc: c@pec.tre.example\r\n";
    let moved = "To: a@pec.uno.example, c@pec.tre.example\r\nCc: b@pec.due.example\r\n";
    assert!(!message.is_alike(&changed(people, moved)));
    // What a person wrote is plain text without a file name, and nothing else is.
    assert_eq!(message.texts(), ["Buongiorno."]);
    assert_eq!(
        changed("application/pdf", "text/plain").texts(),
        ["Buongiorno."]
    );
    assert_eq!(changed("text/plain", "text/html").texts(), [""; 0]);
}
