//! The page for people, by `pec report`, `pec verify --report` and `pec status --report`: what it says of
//! each outcome and what it must never say, whom it names, that what it prints works as printed.
//! `PEC_BLESS=1 cargo test --test report` writes the pages of `fixtures/report`; look at them.

mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use postacert::command;
use postacert::context::Context;
use postacert::lang::Lang;
use postacert::smime::sha256;
use postacert::timestamp::Timestamp;
use support::cases::sent;
use support::page::text;
use support::practising::Practising;
use support::receipt::{COPIED, Kind, ORDINARY, RECIPIENT, Receipt, SUBJECT};
use support::sender::{Desk, after, freeze, moment};
use support::skipped::skipped;
use support::{blessing, fixtures_folder};

const HOUR: i64 = 3_600;

struct Ran {
    status: u8,
    out: String,
    err: String,
}

fn pec(args: &[OsString], now: Timestamp, lang: Lang) -> Ran {
    let all = [OsString::from("pec")]
        .into_iter()
        .chain(args.iter().cloned());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let context = Context::fixed(now, lang);
    let status = command::run(all.collect(), &context, &mut out, &mut err);
    Ran {
        status: status.expect("written to memory").number(),
        out: String::from_utf8(out).expect("UTF-8"),
        err: String::from_utf8(err).expect("UTF-8"),
    }
}

fn trust() -> PathBuf {
    fixtures_folder().join("pki/trust.toml")
}

/// `pec report` of the message of the base transaction, in a ledger.
fn report(desk: &Desk, lang: Lang, args: &[&str]) -> Ran {
    let mut all: Vec<OsString> = vec!["report".into(), SUBJECT.into(), "--data-dir".into()];
    all.push(desk.folder().into());
    all.extend(["--trust".into(), trust().into()]);
    all.extend(args.iter().map(OsString::from));
    let ran = pec(&all, desk.now, lang);
    if ran.out.contains("<html") {
        is_decent(&ran.out);
        let home = desk.home.path().to_string_lossy().into_owned();
        assert!(!ran.out.contains(&home), "a path in {}", ran.out);
    }
    ran
}

/// `pec verify --report` of receipts of the fixtures; the page, and what was answered.
fn verified(files: &[&str], lang: Lang, args: &[&str]) -> (Ran, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("pagina.html");
    let mut all: Vec<OsString> = vec!["verify".into(), "--trust".into(), trust().into()];
    all.extend(files.iter().map(|file| fixtures_folder().join(file).into()));
    all.extend(["--report".into(), page.clone().into()]);
    all.extend(args.iter().map(OsString::from));
    let now = Timestamp::parse("2026-11-22T12:00:00Z").expect("an instant");
    let ran = pec(&all, now, lang);
    let page = fs::read_to_string(&page).unwrap_or_else(|_| panic!("no page: {}", ran.err));
    is_decent(&page);
    assert!(
        !page.contains(env!("CARGO_MANIFEST_DIR")),
        "a path in {page}"
    );
    (ran, page)
}

/// What every page keeps to, whatever it says.
fn is_decent(page: &str) {
    for never in [
        "src=", "href=", "<script", "url(", "http:", "https:", "@import", "<a ", "<img", "<link",
        "onload", "/tmp/", "/home/",
    ] {
        assert!(!page.contains(never), "{never} in {page}");
    }
    assert!(page.contains("default-src 'none'"));
    // The practice provider says of itself that it has none.
    let said = text(page)
        .to_lowercase()
        .replace("di prova senza valore legale", "");
    for never in [
        "si certifica",
        "valore legale",
        "legal value",
        "si attesta",
        "notifica valida",
        "valid notification",
        // The text of the message.
        "buongiorno",
        "si chiede copia",
        "…",
    ] {
        assert!(!said.contains(never), "{never} in {said}");
    }
    for tag in [
        "ul", "li", "table", "tr", "td", "section", "svg", "g", "p", "small",
    ] {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

fn has(page: &str, words: &[&str]) {
    let said = text(page);
    for word in words {
        assert!(said.contains(word), "no {word} in {said}");
    }
}

fn has_not(page: &str, words: &[&str]) {
    let said = text(page);
    for word in words {
        assert!(!said.contains(word), "{word} in {said}");
    }
}

/// How many recipients were reached, not reached, neither.
fn ends(page: &str) -> [usize; 3] {
    ["good", "bad", "wait"].map(|class| page.matches(&format!("<li class=\"{class}\">")).count())
}

/// The base message in a ledger, sent.
fn sent_from_a_desk() -> Desk {
    let mut desk = Desk::new();
    desk.send(&freeze(sent::base().to_eml()));
    desk
}

/// A receipt about a recipient, so many seconds after the acceptance.
fn about(kind: Kind, to: &str, seconds: i64) -> Vec<u8> {
    let receipt = Receipt::with(kind, |receipt| {
        receipt.set_time(&moment(seconds));
        receipt.daticert.delivered_to = Some(to.to_owned());
    });
    receipt.to_eml()
}

/// An acceptance that lists all three as certified mail.
fn accepted_for_all() -> Vec<u8> {
    all_certified(Kind::Acceptance, None)
}

fn all_certified(kind: Kind, to: Option<&str>) -> Vec<u8> {
    let receipt = Receipt::with(kind, |receipt| {
        for (_, kind) in &mut receipt.daticert.recipients {
            *kind = "certificato".to_owned();
        }
        if let Some(to) = to {
            receipt.daticert.delivered_to = Some(to.to_owned());
        }
    });
    receipt.to_eml()
}

/// The base message with receipts, read after all of them were issued.
fn desk_with(receipts: &[Vec<u8>], read_at: i64) -> Desk {
    let mut desk = sent_from_a_desk();
    desk.now = after(read_at);
    let octets: Vec<&[u8]> = receipts.iter().map(|octets| &octets[..]).collect();
    desk.receive(&octets);
    desk
}

#[test]
fn one_that_reached_three_says_so_three_times_and_names_every_file() {
    let receipts = [
        accepted_for_all(),
        all_certified(Kind::Delivery, Some(RECIPIENT)),
        all_certified(Kind::Delivery, Some(ORDINARY)),
        all_certified(Kind::Delivery, Some(COPIED)),
    ];
    let desk = desk_with(&receipts, HOUR);
    let ran = report(&desk, Lang::It, &[]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(ends(&ran.out), [3, 0, 0]);
    for to in [RECIPIENT, ORDINARY, COPIED] {
        let said = format!("Consegnato a {to} il 4 maggio 2026 alle ore 10:15:07");
        has(&ran.out, &[&said]);
    }
    // Each file once, by the digest of its octets.
    for octets in receipts.iter().chain([&sent::base().to_eml()]) {
        let row = format!("<small>SHA-256 {}</small>", sha256(octets));
        assert_eq!(ran.out.matches(&row).count(), 1, "{row}");
    }
    has(
        &ran.out,
        &[
            "01_messaggio_inviato.eml",
            "02_accettazione_20260504T101502.eml",
            "03_consegna_01_ufficio_20260504T101507.eml",
            SUBJECT,
            "relazione.pdf",
            &sha256(&sent::document()),
            "nessuna firma riconosciuta",
            "Ricevuta di avvenuta consegna (completa)",
            "consegna 04/05/2026 10:15:07 (dopo 5 s)",
            "☑ accertato Contenuto delle ricevute",
            "☐ non accertato Revoca",
            "☐ non accertato Lettura",
            "per 30 mesi: fino al 04/11/2028",
        ],
    );
    has_not(
        &ran.out,
        &[
            "ATTENZIONE",
            "(breve)",
            "(sintetica)",
            "Avviso",
            "Altri destinatari",
        ],
    );
    // The proof of a kind stands once, however many there are.
    assert_eq!(ran.out.matches("<td data-head=\"Dimostra\">").count(), 2);
}

#[test]
fn one_unknown_and_one_with_ordinary_mail_are_told_apart_from_one_delivered() {
    let receipts = [
        Receipt::new(Kind::Acceptance).to_eml(),
        about(Kind::NonDelivery, RECIPIENT, 5),
        about(Kind::Delivery, COPIED, 5),
    ];
    let desk = desk_with(&receipts, HOUR);
    for (lang, words) in [
        (
            Lang::It,
            [
                "✖ Non consegnato, indirizzo inesistente a ufficio@pec.destinatario.example: avviso emesso il 4 maggio 2026",
                "Causa dichiarata: 5.1.1 - Gestore Destinatario SRL - indirizzo non valido.",
                "Accettato verso posta ordinaria per collega@posta.example",
                "✔ Consegnato a protocollo@pec.comune.example",
                "Confrontarlo con il pubblico elenco",
                "Cercare l'indirizzo PEC del destinatario",
                "collega@posta.example (posta ordinaria)",
            ],
        ),
        (
            Lang::En,
            [
                "✖ Not delivered, no such address to ufficio@pec.destinatario.example: notice issued on 4 May 2026",
                "Stated cause: 5.1.1 - Gestore Destinatario SRL - indirizzo non valido.",
                "Dispatched to ordinary mail to collega@posta.example",
                "✔ Delivered to protocollo@pec.comune.example",
                "What to do now",
                "Notice of non-delivery",
                "☐ not established Reading",
            ],
        ),
    ] {
        let ran = report(&desk, lang, &[]);
        assert_eq!(ran.status, 1, "{}", ran.err);
        assert_eq!(ends(&ran.out), [1, 1, 1]);
        has(&ran.out, &words);
    }
}

#[test]
fn a_first_notice_is_no_outcome_and_the_final_one_is() {
    let accepted = Receipt::new(Kind::Acceptance).to_eml();
    let first = about(Kind::NoticeAfter12Hours, RECIPIENT, 12 * HOUR);
    let last = about(Kind::NoticeAfter24Hours, RECIPIENT, 23 * HOUR);
    let waiting = desk_with(&[accepted.clone(), first.clone()], 13 * HOUR);
    let ran = report(&waiting, Lang::It, &[]);
    assert_eq!(ran.status, 3, "{}", ran.err);
    has(
        &ran.out,
        &[
            "In ritardo, in attesa per ufficio",
            "Non è un esito",
            "primo avviso 04/05/2026 22:15:02 (dopo 12 h 0 min)",
        ],
    );
    has_not(&ran.out, &["entro 24 ore", "avviso finale 0"]);

    let over = desk_with(&[accepted, first, last], 40 * HOUR);
    let ran = report(&over, Lang::It, &[]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    has(
        &ran.out,
        &[
            "Non consegnato entro 24 ore a ufficio",
            "avviso finale, emesso il 5 maggio 2026 alle ore 09:15:02",
            "primo avviso 04/05/2026 22:15:02",
            "avviso finale 05/05/2026 09:15:02 (dopo 23 h 0 min)",
            "03_avviso_12h_01_ufficio",
            "03_avviso_24h_01_ufficio",
        ],
    );
    has_not(&ran.out, &["In ritardo"]);
}

#[test]
fn a_late_delivery_counts_and_the_notice_before_it_stays() {
    let receipts = [
        Receipt::new(Kind::Acceptance).to_eml(),
        about(Kind::NoticeAfter24Hours, RECIPIENT, 23 * HOUR),
        about(Kind::Delivery, RECIPIENT, 30 * HOUR),
        about(Kind::Delivery, COPIED, 5),
    ];
    let ran = report(&desk_with(&receipts, 40 * HOUR), Lang::It, &[]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(ends(&ran.out), [2, 0, 1]);
    has(
        &ran.out,
        &[
            "Consegnato in ritardo a ufficio",
            "dopo l'avviso finale",
            "avviso finale 05/05/2026",
            "consegna 05/05/2026 16:15:02 (dopo 30 h 0 min)",
            "l'avviso finale di prima resta agli atti",
        ],
    );
    // Not late for the other.
    has(&ran.out, &["Consegnato a protocollo"]);
}

const ALTERED: &str = "vectors/a-signature/recipient-changed-after-signing.eml";

#[test]
fn a_file_that_is_not_genuine_stands_in_front_of_all_else() {
    let acceptance = "receipts/accettazione.eml";
    let (ran, page) = verified(&[acceptance, ALTERED], Lang::It, &[]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    let said = text(&page);
    let alarm = said.find("ATTENZIONE").expect("a box");
    assert!(
        alarm < said.find("Conclusione").expect("a conclusion"),
        "{said}"
    );
    has(
        &page,
        &[
            "recipient-changed-after-signing.eml: NON AUTENTICO",
            "☐ non accertato Firma del gestore integra",
            "Esito non presente",
        ],
    );
    has_not(&page, &["Consegnato", "(completa)"]);
    // The same with the receipt as it was signed.
    let complete = "receipts/avvenuta-consegna-completa.eml";
    let (ran, page) = verified(&[acceptance, complete], Lang::It, &[]);
    assert_eq!(ran.status, 0, "{}", ran.err);
    has(
        &page,
        &[
            "Consegnato a ufficio",
            "☑ accertato Firma del gestore integra",
        ],
    );
    has_not(&page, &["ATTENZIONE", "NON AUTENTICO"]);
    // What is not among some files is not said to be missing.
    has(&page, &["Esito non presente"]);
    has_not(&page, &["Esito mancante", "pec sync"]);
}

#[test]
fn a_receipt_in_the_ledger_that_is_no_longer_genuine_moves_nothing() {
    let receipts = [
        accepted_for_all(),
        all_certified(Kind::Delivery, Some(RECIPIENT)),
    ];
    let desk = desk_with(&receipts, HOUR);
    let with = report(&desk, Lang::It, &[]);
    has(&with.out, &["Consegnato a ufficio"]);
    // By the authorities compiled in, which do not know the test authority.
    let mut all: Vec<OsString> = vec!["report".into(), SUBJECT.into(), "--data-dir".into()];
    all.push(desk.folder().into());
    let ran = pec(&all, desk.now, Lang::It);
    is_decent(&ran.out);
    assert_eq!(ran.status, 3, "{}", ran.err);
    has(
        &ran.out,
        &[
            "ATTENZIONE",
            "NON VERIFICABILE",
            "non_autentici/ricevuta.eml",
            "Inviato, ",
        ],
    );
    has_not(&ran.out, &["Consegnato a"]);
}

#[test]
fn a_brief_and_a_concise_receipt_are_said_to_prove_less() {
    let (ran, page) = verified(
        &[
            "receipts/accettazione.eml",
            "receipts/avvenuta-consegna-breve.eml",
        ],
        Lang::It,
        &["--for", "avvocato"],
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    has(
        &page,
        &[
            "Ricevuta di avvenuta consegna (breve)",
            "gli allegati da sola",
            "Ogni ricevuta di avvenuta consegna è completa no",
            "☐ non accertato Contenuto delle ricevute",
        ],
    );
    has_not(&page, &["(completa)", "(sintetica)", "Allegato n. 1"]);

    let (_, page) = verified(&["receipts/avvenuta-consegna-sintetica.eml"], Lang::It, &[]);
    has(
        &page,
        &[
            "Ricevuta di avvenuta consegna (sintetica)",
            "che cosa è stato consegnato: né il testo né gli allegati",
            "senza accettazione",
        ],
    );
    has_not(
        &page,
        &["(completa)", "(breve)", "Ricevuta di accettazione"],
    );

    let (_, page) = verified(
        &[
            "receipts/accettazione.eml",
            "receipts/avvenuta-consegna-completa.eml",
        ],
        Lang::It,
        &["--for", "avvocato"],
    );
    has(
        &page,
        &[
            "Ogni ricevuta di avvenuta consegna è completa sì",
            "Allegato n. 1",
        ],
    );
}

#[test]
fn whoever_is_not_asked_for_is_counted_and_not_named() {
    let receipts = [
        Receipt::new(Kind::Acceptance).to_eml(),
        about(Kind::Delivery, RECIPIENT, 5),
        about(Kind::NonDelivery, COPIED, 5),
    ];
    let desk = desk_with(&receipts, HOUR);
    let all = report(&desk, Lang::It, &[]);
    assert_eq!(all.status, 1);
    has(&all.out, &[RECIPIENT, COPIED, ORDINARY]);
    let ran = report(&desk, Lang::It, &["--recipient", &RECIPIENT.to_uppercase()]);
    // The answer is that for this one alone.
    assert_eq!(ran.status, 0, "{}", ran.err);
    has(&ran.out, &["Altri destinatari: 2", RECIPIENT]);
    for word in [
        COPIED,
        ORDINARY,
        "protocollo@",
        "_protocollo",
        "collega",
        "comune.example",
    ] {
        assert!(!ran.out.contains(word), "{word} in {}", ran.out);
    }
    assert_eq!(ends(&ran.out), [1, 0, 0]);
    let ran = report(
        &desk,
        Lang::It,
        &["--recipient", "nessuno@pec.altrove.example"],
    );
    assert_eq!((ran.status, &*ran.out), (2, ""));
    // The same of files, one of which is not genuine and names somebody.
    let files = [
        "receipts/accettazione.eml",
        "receipts/avvenuta-consegna-completa.eml",
        ALTERED,
    ];
    let (_, page) = verified(&files, Lang::It, &["--recipient", RECIPIENT]);
    has(&page, &["Altri destinatari: 2", "Consegnato a ufficio"]);
    for word in [COPIED, ORDINARY] {
        assert!(!page.contains(word), "{word} in {page}");
    }
}

#[test]
fn each_reader_gets_what_is_for_it() {
    let accepted = Receipt::new(Kind::Acceptance).to_eml();
    // 10:15 at night is 12 hours after the acceptance.
    let by_night = desk_with(
        &[
            accepted.clone(),
            about(Kind::Delivery, RECIPIENT, 12 * HOUR),
        ],
        13 * HOUR,
    );
    let by_day = desk_with(&[accepted, about(Kind::Delivery, RECIPIENT, 5)], HOUR);
    let frame = "Spazio per l'attestazione di conformità dell'avvocato";
    for (reader, words, not) in [
        (
            "cittadino",
            &["Legenda"][..],
            &[
                frame,
                "Registrazione di protocollo",
                "ore 7 del",
                "Firmato da",
            ][..],
        ),
        ("citizen", &["Legenda"], &[frame]),
        (
            "ufficio",
            &[
                "Registrazione di protocollo n.",
                "Firmato da",
                "certificato valido dal",
            ],
            &[frame, "Legenda", "ore 7 del"],
        ),
        (
            "avvocato",
            &[
                frame,
                "alle ore 7 del 05/05/2026",
                "Firmato da",
                "Gli indirizzi risultavano in un pubblico elenco il giorno dell'invio non accertato",
            ],
            &["Legenda", "Registrazione di protocollo"],
        ),
        ("lawyer", &[frame], &["Legenda"]),
    ] {
        let ran = report(&by_night, Lang::It, &["--for", reader]);
        has(&ran.out, words);
        has_not(&ran.out, not);
    }
    let ran = report(&by_day, Lang::It, &["--for", "avvocato"]);
    has_not(&ran.out, &["ore 7 del"]);
    // Nothing is written where the lawyer writes.
    let (_, inside) = ran
        .out
        .split_once("<section class=\"frame\">")
        .expect("a frame");
    let (inside, _) = inside.split_once("</section>").expect("its end");
    assert_eq!(inside.matches("<p").count(), 2, "{inside}");
    let ran = report(&by_day, Lang::It, &["--case", "R.G. 1042/2026 <b>"]);
    has(
        &ran.out,
        &["Riferimento (fascicolo, protocollo, R.G.): R.G. 1042/2026 <b>"],
    );
    assert!(!ran.out.contains("<b>R.G") && ran.out.contains("&lt;b&gt;"));
    assert_eq!(report(&by_day, Lang::It, &["--for", "giudice"]).status, 2);
}

#[test]
fn the_same_ledger_gives_the_same_page_but_for_the_line_that_says_when() {
    let receipts = [
        accepted_for_all(),
        all_certified(Kind::Delivery, Some(RECIPIENT)),
    ];
    let mut desk = desk_with(&receipts, 48 * HOUR);
    let first = report(&desk, Lang::En, &[]).out;
    desk.now = after(400 * HOUR);
    let second = report(&desk, Lang::En, &[]).out;
    let differing: Vec<(&str, &str)> = first
        .lines()
        .zip(second.lines())
        .filter(|(one, other)| one != other)
        .collect();
    assert_eq!(differing.len(), 1, "{differing:?}");
    assert!(differing[0].0.contains("class=\"made\""), "{differing:?}");
    assert_eq!(first.lines().count(), second.lines().count());
}

#[test]
fn a_page_is_its_owners_and_replaces_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let desk = desk_with(&[Receipt::new(Kind::Acceptance).to_eml()], HOUR);
    let page = desk.home.path().join("rapporto.html");
    let to = page.to_string_lossy().into_owned();
    let ran = report(&desk, Lang::It, &["--to", &to]);
    assert_eq!((ran.status, &*ran.out), (3, ""), "{}", ran.err);
    let written = fs::read_to_string(&page).expect("a page");
    is_decent(&written);
    let mode = fs::metadata(&page).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::write(&page, "qualcosa").expect("written");
    let again = report(&desk, Lang::It, &["--to", &to]);
    assert_eq!(again.status, 2);
    assert!(again.err.contains("esiste già"), "{}", again.err);
    assert_eq!(fs::read_to_string(&page).expect("a file"), "qualcosa");
    // What is about a page needs one.
    for args in [
        &["status", "x", "--for", "ufficio"][..],
        &["status", "--report", "x.html"],
    ] {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        let mut args = args;
        args.extend(["--data-dir".into(), desk.folder().into()]);
        assert_eq!(pec(&args, desk.now, Lang::It).status, 2, "{args:?}");
    }
    assert!(!Path::new("x.html").exists());
}

#[cfg(not(feature = "pdf"))]
#[test]
fn a_program_without_pdf_says_so_before_it_does_anything() {
    let desk = desk_with(&[Receipt::new(Kind::Acceptance).to_eml()], HOUR);
    let page = desk.home.path().join("rapporto.PDF");
    let to = page.to_string_lossy().into_owned();
    let ran = report(&desk, Lang::It, &["--to", &to]);
    assert_eq!((ran.status, &*ran.out), (2, ""), "{}", ran.err);
    assert!(ran.err.contains("compilato senza PDF"), "{}", ran.err);
    assert!(ran.err.contains("stamparlo dal browser"), "{}", ran.err);
    assert!(!page.exists());
    let file = fixtures_folder().join("receipts/accettazione.eml");
    let mut args: Vec<OsString> = vec!["verify".into(), file.into(), "--report".into()];
    args.push(page.clone().into());
    assert_eq!(pec(&args, desk.now, Lang::It).status, 2);
    assert!(!page.exists());
}

/// Text of a page as it is typed.
fn commands(page: &str) -> Vec<String> {
    let (_, body) = page.split_once("<body>").expect("a body");
    let pieces = body.split("<pre>").skip(1);
    let typed = pieces.map(|piece| piece.split("</pre>").next().unwrap_or_default());
    typed
        .map(|one| one.replace("&#39;", "'").replace("&amp;", "&"))
        .collect()
}

#[test]
fn what_it_prints_to_check_the_files_works_as_it_is_printed() {
    if Command::new("openssl").arg("version").output().is_err() {
        return skipped("the commands of a page: openssl is not here");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let odd = "la consegna di 'ufficio' $1.eml";
    let copy = |from: &str, to: &str| {
        fs::copy(fixtures_folder().join(from), folder.path().join(to)).expect("a fixture");
    };
    copy("pki/trust.toml", "trust.toml");
    copy("receipts/accettazione.eml", "accettazione.eml");
    copy("receipts/avvenuta-consegna-completa.eml", odd);
    let bin = Path::new(env!("CARGO_BIN_EXE_pec"))
        .parent()
        .expect("a folder");
    let path = format!(
        "{}:{}",
        bin.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let shell = |line: &str| {
        let output = Command::new("sh")
            .args(["-c", line])
            .current_dir(folder.path())
            .env("PATH", &path)
            .output()
            .expect("a shell");
        output.status.success()
    };
    for files in [&["accettazione.eml", odd][..], &[odd]] {
        let page = format!("{}.html", files.len());
        let made = Command::new(env!("CARGO_BIN_EXE_pec"))
            .args(["verify", "--trust", "trust.toml", "--report", &page])
            .args(files)
            .current_dir(folder.path())
            .output()
            .expect("the program starts");
        assert!(made.status.success(), "{made:?}");
        let page = fs::read_to_string(folder.path().join(page)).expect("a page");
        let typed = commands(&page);
        assert_eq!(typed.len(), 2, "{typed:?}");
        assert!(
            typed[0].starts_with("pec verify --trust trust.toml "),
            "{typed:?}"
        );
        assert!(typed[1].starts_with("openssl cms -verify "), "{typed:?}");
        for line in &typed {
            assert!(shell(line), "{line}");
        }
        // One letter of the signed part is another: neither passes.
        let file = folder.path().join(files[0]);
        let whole = fs::read(&file).expect("a receipt");
        let mut changed = whole.clone();
        let at = memchr::memmem::find(&whole, b"\r\n\r\nContent")
            .or_else(|| memchr::memmem::find(&whole, b"text/plain"));
        let at = at.expect("the signed part");
        let at = at + memchr::memmem::find(&whole[at + 20..], b"e").expect("a letter") + 20;
        changed[at] = b'a';
        fs::write(&file, changed).expect("written");
        for line in &typed {
            assert!(!shell(line), "{line}");
        }
        fs::write(&file, whole).expect("written");
    }
}

#[test]
fn status_and_verify_write_the_page_beside_what_they_show() {
    let world = Practising::new();
    let message = world.send("Avviso n. 1", &["delivered", "unknown"]);
    let waited = world.run(&["wait", &message, "--timeout", "20s", "--poll", "1s"]);
    assert_eq!(waited.exit, 1, "{waited:?}");
    let page = world.path("pagina.html").to_string_lossy().into_owned();
    let ran = world.run(&["status", &message, "--report", &page, "--for", "office"]);
    let plain = world.run(&["status", &message]);
    assert_eq!((ran.exit, &ran.out), (1, &plain.out), "{ran:?}");
    let written = fs::read_to_string(&page).expect("a page");
    is_decent(&written);
    has(
        &written,
        &[
            "Delivered to delivered@",
            "Not delivered, no such address to unknown@",
        ],
    );
    assert!(!written.contains(&*world.folder.path().to_string_lossy()));
    // As JSON too; the page goes elsewhere.
    let other = world.path("altra.html").to_string_lossy().into_owned();
    let ran = world.run(&["status", &message, "--json", "--report", &other]);
    assert_eq!(ran.json()["messages"][0]["id"], *message, "{ran:?}");

    let files = [
        "receipts/accettazione.eml",
        "receipts/avvenuta-consegna-completa.eml",
    ];
    let (ran, _) = verified(&files, Lang::It, &["--json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(document["results"].as_array().map(Vec::len), Some(2));
    let (ran, _) = verified(&files[..1], Lang::It, &[]);
    assert!(ran.out.starts_with("ACCETTATO"), "{}", ran.out);
    let (ran, _) = verified(&files, Lang::It, &["--quiet"]);
    assert_eq!(ran.out, "");
}

#[test]
fn what_is_no_receipt_of_a_sender_has_its_line() {
    let (ran, page) = verified(
        &[
            "receipts/posta-certificata.eml",
            "receipts/presa-in-carico.eml",
        ],
        Lang::It,
        &[],
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    has(
        &page,
        &[
            "Busta di trasporto",
            "chi sedeva alla tastiera",
            "Ricevuta di presa in carico",
        ],
    );
    has_not(&page, &["ATTENZIONE", "Svolgimento", "Che cosa fare ora"]);
    let (ran, page) = verified(&["sent/richiesta.eml"], Lang::It, &[]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    has(
        &page,
        &[
            "ATTENZIONE",
            "richiesta.eml: NON È POSTA CERTIFICATA",
            "è un messaggio di posta ordinaria, non firmato",
        ],
    );
    has_not(&page, &["Dimostra"]);
}

#[test]
fn files_of_a_folder_that_are_no_mail_are_counted() {
    let (ran, page) = verified(&["receipts/accettazione.eml", "batch"], Lang::It, &[]);
    assert_eq!(ran.status, 1, "{}", ran.err);
    has(
        &page,
        &["file che non sono messaggi di posta", "accettazione.eml"],
    );
    has_not(&page, &["avvisi.csv"]);
    let (_, page) = verified(&["batch/avvisi.csv"], Lang::It, &[]);
    has(&page, &["avvisi.csv: NON È POSTA CERTIFICATA"]);
}

#[test]
fn a_container_holds_the_page_and_what_it_prints_works_in_there() {
    let world = Practising::new();
    let message = world.send("Avviso n. 1", &["delivered", "unknown"]);
    let waited = world.run(&["wait", &message, "--timeout", "20s", "--poll", "1s"]);
    assert_eq!(waited.exit, 1, "{waited:?}");
    let to = world.path("fascicolo.asice");
    let ran = world.run(&["export", &message, "--to", &to.to_string_lossy()]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let folder = world.path("estratto");
    let file = fs::File::open(&to).expect("a container");
    let mut zip = zip::ZipArchive::new(file).expect("a zip archive");
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).expect("an entry");
        let path = folder.join(entry.name().expect("a name").as_ref());
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        let mut out = fs::File::create(&path).expect("a file");
        std::io::copy(&mut entry, &mut out).expect("written");
    }
    let page = fs::read_to_string(folder.join("rapporto.html")).expect("a page");
    is_decent(&page);
    has(
        &page,
        &[
            "Situazione al",
            "Consegnato a delivered@",
            "Non consegnato, indirizzo inesistente a unknown@",
        ],
    );
    has_not(&page, &["Prodotto il", "pec export"]);
    let bin = Path::new(env!("CARGO_BIN_EXE_pec"))
        .parent()
        .expect("a folder");
    let path = format!(
        "{}:{}",
        bin.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let typed = commands(&page);
    assert_eq!(typed.len(), 2, "{typed:?}");
    for line in typed.iter().filter(|line| line.starts_with("pec ")) {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", line])
            .current_dir(&folder)
            .env("PATH", &path);
        let output = shell.output().expect("a shell");
        assert!(output.status.success(), "{line}: {output:?}");
    }
}

/// Pages that somebody looked at: what is changed in one is read as code is.
#[test]
fn pages_are_those_that_were_looked_at() {
    let mut wrong = Vec::new();
    for (name, files, args) in [
        (
            "consegnato",
            &[
                "receipts/accettazione.eml",
                "receipts/avvenuta-consegna-completa.eml",
            ][..],
            &["--recipient", RECIPIENT][..],
        ),
        (
            "non-consegnato",
            &[
                "receipts/accettazione.eml",
                "receipts/errore-consegna.eml",
                ALTERED,
            ],
            &["--for", "avvocato"],
        ),
    ] {
        for lang in [Lang::It, Lang::En] {
            let (_, page) = verified(files, lang, args);
            let path = fixtures_folder().join(format!("report/{}/{name}.html", lang.code()));
            if blessing() {
                fs::create_dir_all(path.parent().expect("a folder")).expect("made");
                fs::write(&path, &page).expect("written");
            }
            if fs::read_to_string(&path).ok().as_ref() != Some(&page) {
                wrong.push(path);
            }
        }
    }
    assert!(wrong.is_empty(), "differ: {wrong:?}");
    // Nobody else's stand there.
    let names: BTreeSet<String> = fs::read_dir(fixtures_folder().join("report/it"))
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let wanted = ["consegnato.html", "non-consegnato.html"].map(str::to_owned);
    assert_eq!(names, BTreeSet::from(wanted));
}
