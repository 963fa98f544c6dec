//! Why something failed, as the system and the layers below say it, in the words of the reader.
//!
//! They say it in English: the operating system, SQLite, the template engine, and our own errors,
//! whose words are kept in the ledger too. What is known here is told by the catalogue
//! (`[reason]`); what is not is shown as it came, as are the words of servers.

use std::io::{self, ErrorKind};

/// The text of a key, with values in it.
type Say<'a> = &'a dyn Fn(&str, &[(&str, &str)]) -> String;

/// How deep one reason may stand in another.
const DEPTH: usize = 6;

/// What is known, and the key of its text. `{}` is whatever stands there; in the text it is `{a}`,
/// then `{b}`, told in its turn.
const KNOWN: &[(&str, &str)] = &[
    // transport
    ("{}: no address for this name ({})", "no-address"),
    ("{}: no connection ({})", "no-connection"),
    ("{}: TLS: {}", "tls"),
    ("the file of authorities cannot be used: {}", "roots"),
    ("it holds no certificate", "no-certificate"),
    ("login refused: {}", "login-refused"),
    ("no greeting", "no-greeting"),
    ("the connection broke: {}", "broken"),
    ("the connection ended: {}", "ended"),
    ("the server does not offer {}", "not-offered"),
    ("unexpected answer: {}", "unexpected"),
    (
        "a character that must not go on the wire in {}",
        "injection",
    ),
    (
        "the server gives the messages no lasting numbers (UIDVALIDITY)",
        "unnumbered",
    ),
    ("the sender is refused: {}", "sender-refused"),
    ("no answer in time", "no-answer"),
    ("closed by the server", "closed"),
    ("ended by the server: {}", "ended-by-server"),
    ("ended here", "ended-here"),
    ("no recipient", "no-recipient"),
    ("LOGIN or AUTH=PLAIN", "login-or-plain"),
    ("AUTH PLAIN or LOGIN", "plain-or-login"),
    (
        "AUTH=PLAIN, which a user name or password beyond ASCII needs",
        "plain-for-ascii",
    ),
    ("the name of a folder", "of-folder"),
    ("the name of a header field", "of-field"),
    ("the text to search for", "of-search"),
    ("user name or password", "of-login"),
    ("a value", "of-value"),
    ("the sender's address", "of-sender"),
    ("a recipient's address", "of-recipient"),
    ("the message", "of-message"),
    ("a greeting without end", "greeting-endless"),
    ("a reply without end", "answer-endless"),
    ("an answer without end", "answer-endless"),
    ("a line without end", "line-endless"),
    ("no answer to STARTTLS", "no-starttls"),
    ("an answer to {} nobody expects", "unexpected-for"),
    ("the answer to {}", "answer-to"),
    ("{} was answered {}", "answered"),
    ("AUTH: too many challenges", "challenges"),
    ("octets out of turn: {}", "out-of-turn"),
    ("a literal of {} octets", "literal"),
    ("done before it began: {}", "done-early"),
    ("too much before the continuation", "continuation"),
    // What the resolver and TLS say.
    ("failed to lookup address information: {}", "lookup"),
    ("invalid peer certificate: UnknownIssuer", "unknown-issuer"),
    (
        "invalid peer certificate: certificate expired: {}",
        "certificate-expired",
    ),
    (
        "invalid peer certificate: certificate not valid for name {}",
        "certificate-name",
    ),
    ("invalid peer certificate: {}", "certificate-invalid"),
    ("received fatal alert: {}", "tls-alert"),
    ("received corrupt message of type {}", "tls-corrupt"),
    ("peer is incompatible: {}", "tls-incompatible"),
    // ledger
    (
        "the program was cut off while the message was leaving",
        "cut-off-leaving",
    ),
    (
        "the program was cut off before the message left",
        "cut-off-before",
    ),
    (
        "the ledger had lost what it knew of this attempt",
        "attempt-lost",
    ),
    (
        "sent by another machine, or by another copy of this ledger",
        "sent-elsewhere",
    ),
    (
        "sent by another machine, whose acceptance does not name this recipient",
        "left-out-elsewhere",
    ),
    ("ledger: {}", "ledger"),
    (
        "the ledger has form {}; this program knows forms up to {}",
        "ledger-newer",
    ),
    ("{}: there is something already", "occupied"),
    ("{}: no whole backup", "not-whole"),
    (
        "a message with this Message-ID was recorded already as {}",
        "recorded-already",
    ),
    ("another process is sending {}", "being-sent"),
    (
        "the ledger holds a word that it should not: {}",
        "ledger-corrupt",
    ),
    ("the octets are not those that were stored", "not-stored"),
    ("database is locked", "database-locked"),
    ("database disk image is malformed", "database-malformed"),
    ("disk I/O error", "database-disk"),
    ("attempt to write a readonly database", "database-read-only"),
    ("database or disk is full", "disk-full"),
    ("unable to open database file", "database-unopened"),
    ("file is not a database", "no-database"),
    // client
    ("{} messages did not come", "messages-missing"),
    ("changed since it was checked", "changed"),
    // practice
    ("a key cannot be made", "no-key"),
    ("{} is in use by another", "in-use"),
    ("no thread: {}", "no-thread"),
    ("too many {}", "too-many"),
    // a program that was started
    ("exit status: {}", "exit-status"),
    ("signal: {}", "signal"),
    // files and templates
    ("a pipe or a device, not a file", "no-file"),
    ("more than {} octets", "octets"),
    (
        "comparisons in a row, write a < b and b < c; or too many brackets",
        "comparisons",
    ),
    (
        "syntax error: unexpected end of input, expected {}",
        "template-end",
    ),
    ("syntax error: unexpected {}, expected {}", "template-other"),
    ("unknown filter: filter {} is unknown", "template-filter"),
    ("unknown function: {} is unknown", "template-function"),
    ("syntax error: unexpected {}", "template-unexpected"),
    ("syntax error: unknown statement {}", "template-statement"),
    ("syntax error: {}", "template-syntax"),
    ("unknown test: test {} is unknown", "template-test"),
    ("undefined value", "template-undefined"),
    ("engine ran out of fuel", "template-fuel"),
    ("invalid operation: {}", "template-operation"),
    ("end of variable block", "token-variable-end"),
    ("end of block", "token-block-end"),
    ("start of variable block", "token-variable-start"),
    ("start of block", "token-block-start"),
    ("end of input", "token-end"),
    ("identifier", "token-identifier"),
    ("string", "token-string"),
    ("integer", "token-integer"),
    ("not an address: {}", "no-mail-address"),
    ("a control character in {}", "control"),
];

/// What the system refuses, in kinds.
const SYSTEM: &[(ErrorKind, &str)] = &[
    (ErrorKind::NotFound, "not-found"),
    (ErrorKind::PermissionDenied, "permission"),
    (ErrorKind::ConnectionRefused, "refused"),
    (ErrorKind::ConnectionReset, "reset"),
    (ErrorKind::ConnectionAborted, "aborted"),
    (ErrorKind::HostUnreachable, "host-unreachable"),
    (ErrorKind::NetworkUnreachable, "network-unreachable"),
    (ErrorKind::NetworkDown, "network-unreachable"),
    (ErrorKind::NotConnected, "aborted"),
    (ErrorKind::AddrInUse, "port-in-use"),
    (ErrorKind::AddrNotAvailable, "address-unavailable"),
    (ErrorKind::BrokenPipe, "broken-pipe"),
    (ErrorKind::AlreadyExists, "exists"),
    (ErrorKind::WouldBlock, "no-answer"),
    (ErrorKind::TimedOut, "no-answer"),
    (ErrorKind::NotADirectory, "no-folder"),
    (ErrorKind::IsADirectory, "folder"),
    (ErrorKind::DirectoryNotEmpty, "folder-not-empty"),
    (ErrorKind::ReadOnlyFilesystem, "read-only"),
    (ErrorKind::InvalidInput, "invalid-input"),
    (ErrorKind::InvalidFilename, "invalid-name"),
    (ErrorKind::InvalidData, "invalid-data"),
    (ErrorKind::WriteZero, "write-zero"),
    (ErrorKind::StorageFull, "disk-full"),
    (ErrorKind::QuotaExceeded, "quota"),
    (ErrorKind::FileTooLarge, "too-large"),
    (ErrorKind::ResourceBusy, "busy"),
    (ErrorKind::ExecutableFileBusy, "busy"),
    (ErrorKind::ArgumentListTooLong, "too-long"),
    (ErrorKind::Interrupted, "interrupted"),
    (ErrorKind::Unsupported, "unsupported"),
    (ErrorKind::UnexpectedEof, "truncated"),
    (ErrorKind::OutOfMemory, "memory"),
];

/// Keys of the texts that may be asked for here.
pub fn keys() -> impl Iterator<Item = String> {
    let known = KNOWN.iter().map(|(_, key)| *key);
    let system = SYSTEM.iter().map(|(_, key)| *key);
    let all = known.chain(system).chain(["system"]);
    all.map(|key| format!("reason.{key}"))
}

/// A reason in the words of a language, whose texts `say` has; several with `; ` between.
pub(super) fn told(words: &str, say: Say<'_>) -> String {
    whole(words, say, DEPTH).unwrap_or_else(|| {
        let each = words.split("; ").map(|one| part(one, say, DEPTH));
        each.collect::<Vec<_>>().join("; ")
    })
}

/// One of them, which may say first what it is about: a file, a folder, a server.
fn part(words: &str, say: Say<'_>, depth: usize) -> String {
    if let Some(told) = whole(words, say, depth) {
        return told;
    }
    let mut colons = words.match_indices(": ");
    let told = colons.find_map(|(at, colon)| {
        let why = whole(&words[at + colon.len()..], say, depth)?;
        Some(format!("{}{colon}{why}", &words[..at]))
    });
    told.unwrap_or_else(|| words.to_owned())
}

/// What is known from end to end.
fn whole(words: &str, say: Say<'_>, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    if let Some(key) = system(words) {
        return Some(say(&format!("reason.{key}"), &[]));
    }
    if let Some((text, number)) = numbered(words).filter(|(text, _)| !text.contains(": ")) {
        let values = [("a", text), ("b", &*number.to_string())];
        return Some(say("reason.system", &values));
    }
    KNOWN.iter().find_map(|(pattern, key)| {
        let parts = parts(words, pattern)?;
        let parts: Vec<String> = (parts.iter().map(|one| part(one, say, depth))).collect();
        let names = ["a", "b"].into_iter();
        let values: Vec<(&str, &str)> = names.zip(parts.iter().map(String::as_str)).collect();
        Some(say(&format!("reason.{key}"), &values))
    })
}

/// The key of what the system said, be it by its number or by the kind alone.
fn system(words: &str) -> Option<&'static str> {
    let mut kinds = SYSTEM.iter();
    let found = match numbered(words) {
        Some((text, _)) if text.contains(": ") => None,
        Some((_, number)) => {
            let kind = io::Error::from_raw_os_error(number).kind();
            kinds.find(|(known, _)| *known == kind)
        }
        None => kinds.find(|(known, _)| known.to_string() == words),
    };
    found.map(|(_, key)| *key)
}

/// `No such file or directory (os error 2)`, apart.
fn numbered(words: &str) -> Option<(&str, i32)> {
    let (text, rest) = words.rsplit_once(" (os error ")?;
    Some((text, rest.strip_suffix(')')?.parse().ok()?))
}

/// What stands in the places of a pattern that fits from end to end: each as short as may be, the
/// last one whatever is left.
fn parts<'w>(words: &'w str, pattern: &str) -> Option<Vec<&'w str>> {
    let mut fixed = pattern.split("{}");
    let mut rest = words.strip_prefix(fixed.next()?)?;
    let fixed: Vec<&str> = fixed.collect();
    let mut found = Vec::with_capacity(fixed.len());
    for (place, text) in fixed.iter().enumerate() {
        let (part, after) = match (place + 1 == fixed.len(), text.is_empty()) {
            (true, true) => (rest, ""),
            (true, false) => (rest.strip_suffix(text)?, ""),
            (false, _) => rest.split_once(text)?,
        };
        found.push(part);
        rest = after;
    }
    let is_whole = rest.is_empty() && found.iter().all(|part| !part.is_empty());
    is_whole.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;
    use crate::output::catalogue::Catalogue;

    fn italian(words: &str) -> String {
        Catalogue::of(Lang::It).reason(words)
    }

    #[test]
    fn what_the_system_refuses_is_told_by_its_number_and_by_its_kind() {
        for words in [
            io::Error::from_raw_os_error(2).to_string(),
            io::Error::from(ErrorKind::NotFound).to_string(),
        ] {
            assert_eq!(italian(&words), "file o cartella inesistente", "{words}");
        }
        let english = Catalogue::of(Lang::En).reason("No such file or directory (os error 2)");
        assert_eq!(english, "no such file or folder");
        // One that has no text keeps its words and its number.
        let other = io::Error::from_raw_os_error(40).to_string();
        assert!(italian(&other).contains("40"), "{}", italian(&other));
    }

    #[test]
    fn every_kind_has_one_text_and_no_two_kinds_the_same_words() {
        let mut words: Vec<String> = SYSTEM.iter().map(|(kind, _)| kind.to_string()).collect();
        words.sort();
        words.dedup();
        assert_eq!(words.len(), SYSTEM.len());
    }

    #[test]
    fn a_reason_in_a_reason_is_told_too() {
        assert_eq!(
            italian("localhost:4777: no connection (Connection refused (os error 111))"),
            "localhost:4777: connessione impossibile (connessione rifiutata)"
        );
        assert_eq!(
            italian(
                "imap.x.example: no address for this name (failed to lookup address information: Name or service not known)"
            ),
            "imap.x.example: server non trovato (nome inesistente o rete assente)"
        );
        assert_eq!(
            italian("/a/b: No such file or directory (os error 2)"),
            "/a/b: file o cartella inesistente"
        );
        assert_eq!(
            italian("a.pdf: permission denied; b.pdf: No such file or directory (os error 2)"),
            "a.pdf: permesso di accesso negato; b.pdf: file o cartella inesistente"
        );
        assert_eq!(
            italian("the connection broke: closed by the server"),
            "connessione interrotta: chiusa dal server"
        );
    }

    #[test]
    fn what_nobody_knows_stays_as_it_came() {
        for words in [
            "",
            "550 5.1.1 casella inesistente",
            "(os error x)",
            ": ",
            "a: b (c)",
        ] {
            assert_eq!(italian(words), words);
        }
        // A server may say what it likes, as deep as it likes.
        let deep = "the connection broke: ".repeat(1_000);
        assert!(italian(&deep).len() <= 2 * deep.len() + 100);
    }
}
