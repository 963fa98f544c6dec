//! Reading a mailbox by IMAP (RFC 3501, with RFC 2177 IDLE, RFC 6154 special use, RFC 9208
//! quota), through the package `imap` behind the adapter of `filter.rs`.
//!
//! Folders are opened with EXAMINE and messages read with `BODY.PEEK[]`, so nothing is ever
//! marked; APPEND is the one command that changes a mailbox. One command at a time, and none is
//! repeated. Flags, sorting, threads and changes of other clients' flags are not of interest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::ops::RangeInclusive;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use ::imap::types::{Flag, Name, QuotaResourceName, UnsolicitedResponse};
use ::imap::{Client, Session};

use super::filter::{Board, Expect, Filter, SLICE, code_of};
use super::tls::{self, TlsStream};
use super::{
    Censor, Endpoint, Error, Fetched, Folder, FolderState, Login, Mailbox, Quota, Reply, Roots,
    Security, ServerText, Stop, Summary, Timeouts, Waited, text_of, utf7,
};
use crate::timestamp::Timestamp;

/// Octets of a line before the session begins: a greeting, an answer to STARTTLS.
const MAX_GREETING: usize = 8 * 1024;

/// Lines before the answer to STARTTLS.
const MAX_LINES: usize = 20;

/// UIDs named in one command; servers bound its length, often to 8 KB (RFC 7162, 4).
const MAX_UIDS_AT_ONCE: usize = 500;

/// One IDLE. Servers end it after 30 minutes (RFC 2177); routers forget a quiet connection
/// sooner, many after ten.
const MAX_IDLE: Duration = Duration::from_secs(9 * 60);

/// A mailbox, logged in.
pub struct ImapMailbox {
    session: Session<Filter<TlsStream>>,
    board: Board,
    /// Names that are not modified UTF-7, as the server writes them: it wants them back so.
    odd_names: BTreeMap<String, String>,
    /// Why it cannot be used any more.
    dead: Option<String>,
}

impl ImapMailbox {
    /// Connects, agrees on TLS and logs in, once.
    ///
    /// # Errors
    /// [`Error::LoginRefused`] when the server answered NO for a reason of user or password;
    /// [`Error::Refused`] when it says that it cannot check now (RFC 5530, UNAVAILABLE); the
    /// rest as documented there.
    pub fn connect(
        endpoint: &Endpoint,
        roots: &Roots,
        login: &Login,
        timeouts: Timeouts,
    ) -> Result<Self, Error> {
        let mut socket = tls::connect(endpoint, &timeouts)?;
        let censor = Censor::of(login);
        let mut greeting = String::new();
        if endpoint.security == Security::StartTls {
            greet(&mut socket, &censor)?;
            start_tls(&mut socket)?;
        }
        let mut stream = tls::handshake(&endpoint.host, roots, socket)?;
        if endpoint.security == Security::Tls {
            greeting = greet(&mut stream, &censor)?;
        }
        let board = Board::new(censor);
        // Only what was said under TLS is believed.
        if let Some(("CAPABILITY", capabilities)) = code_of(&greeting) {
            board.lock().learn(capabilities);
        }
        let filter = Filter::new(stream, board.clone(), timeouts.answer);
        let session = log_in(Client::new(filter), &board, login)?;
        let mut mailbox = Self {
            session,
            board,
            odd_names: BTreeMap::new(),
            dead: None,
        };
        if mailbox.board.lock().capabilities.is_empty() {
            mailbox.run("CAPABILITY", Expect::Nothing, |session| {
                session.run_command_and_check_ok("CAPABILITY")
            })?;
        }
        Ok(mailbox)
    }

    /// Warnings and alerts of the server, and what it said that is not understood. May hold
    /// anything: print it escaped.
    pub fn notes(&self) -> Vec<ServerText> {
        self.board.lock().notes.clone()
    }

    /// Says goodbye. What the server answers does not matter.
    pub fn log_out(mut self) {
        let _ = self.run("LOGOUT", Expect::Goodbye, Session::logout);
    }

    fn offers(&self, capability: &str) -> bool {
        let shared = self.board.lock();
        shared.capabilities.iter().any(|word| word == capability)
    }

    /// One command. An error that leaves the session out of step, a panic included, ends it.
    fn run<T>(
        &mut self,
        what: &'static str,
        expect: Expect,
        command: impl FnOnce(&mut Session<Filter<TlsStream>>) -> ::imap::Result<T>,
    ) -> Result<T, Error> {
        if let Some(reason) = &self.dead {
            return Err(Error::Broken(format!("the connection ended: {reason}")));
        }
        let session = &mut self.session;
        let done = guarded(what, expect, &self.board, || command(session));
        self.session.take_all_unsolicited().for_each(drop);
        if let Err(e @ (Error::Broken(_) | Error::Protocol(_))) = &done {
            self.dead = Some(e.to_string());
        }
        done
    }

    fn name_of(&self, folder: &str) -> Result<String, Error> {
        if folder.is_empty() || folder.chars().any(char::is_control) {
            return Err(Error::Injection("the name of a folder"));
        }
        let odd = self.odd_names.get(folder).cloned();
        Ok(odd.unwrap_or_else(|| utf7::encode(folder)))
    }

    /// One IDLE of so many slices.
    fn idle(&mut self, slices: u64, stop: &Stop) -> Result<(), Error> {
        self.board.lock().wait = Some((stop.clone(), slices));
        self.run("IDLE", Expect::Changes, |session| {
            let mut idle = session.idle();
            idle.keepalive(false);
            idle.wait_while(|response| {
                !matches!(
                    response,
                    UnsolicitedResponse::Exists(_) | UnsolicitedResponse::Expunge(_)
                )
            })
        })?;
        Ok(())
    }

    fn noop(&mut self) -> Result<(), Error> {
        self.run("NOOP", Expect::Nothing, Session::noop)
    }

    /// Asks with NOOP once, after sleeping so many slices or until somebody stops it.
    fn poll(&mut self, slices: u64, stop: &Stop) -> Result<(), Error> {
        for _ in 0..slices {
            if stop.is_asked() {
                return Ok(());
            }
            std::thread::sleep(SLICE);
        }
        self.noop()
    }
}

impl Mailbox for ImapMailbox {
    fn folders(&mut self) -> Result<Vec<Folder>, Error> {
        // Servers that have both may keep the marks back unless asked (RFC 6154, 2).
        let marks = self.offers("SPECIAL-USE") && self.offers("LIST-EXTENDED");
        let pattern = if marks { "* RETURN (SPECIAL-USE)" } else { "*" };
        let names = self.run("LIST", Expect::Folders, |session| {
            session.list(None, Some(pattern))
        })?;
        let mut folders = Vec::with_capacity(names.len());
        for name in names.iter() {
            let raw = unescaped(name.name());
            let decoded = utf7::decode(&raw);
            if decoded.is_none() {
                self.odd_names.insert(raw.clone(), raw.clone());
            }
            folders.push(Folder {
                name: decoded.unwrap_or(raw),
                separator: name.delimiter().map(unescaped),
                selectable: !is_marked(name, "NoSelect") && !is_marked(name, "NonExistent"),
                sent: is_marked(name, "Sent"),
            });
        }
        Ok(folders)
    }

    fn examine(&mut self, folder: &str) -> Result<FolderState, Error> {
        let name = self.name_of(folder)?;
        let state = self.run("EXAMINE", Expect::State, |session| session.examine(&name))?;
        self.board.lock().news = false;
        Ok(FolderState {
            uid_validity: state
                .uid_validity
                .ok_or_else(|| Error::Protocol("a folder without UIDVALIDITY".to_owned()))?,
            uid_next: state.uid_next,
            exists: state.exists,
        })
    }

    fn summaries(
        &mut self,
        uids: RangeInclusive<u32>,
        fields: &[&str],
    ) -> Result<Vec<Summary>, Error> {
        if !fields.iter().all(|field| is_field_name(field)) {
            return Err(Error::Injection("the name of a header field"));
        }
        if uids.is_empty() || *uids.end() == 0 {
            return Ok(Vec::new());
        }
        let set = match (uids.start().max(&1), uids.end()) {
            (first, &u32::MAX) => format!("{first}:*"),
            (first, last) => format!("{first}:{last}"),
        };
        let items = format!(
            "(UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({})])",
            fields.join(" ")
        );
        let fetches = self.run("FETCH", Expect::Messages, |session| {
            session.uid_fetch(set, items)
        })?;
        let mut found = BTreeMap::new();
        for fetch in fetches.iter() {
            let Some(uid) = fetch.uid.filter(|uid| uids.contains(uid)) else {
                continue;
            };
            // What the server could not give (NIL) is left empty: the message is there.
            found.entry(uid).or_insert_with(|| Summary {
                uid,
                size: fetch.size.map_or(0, u64::from),
                header: fetch.header().unwrap_or_default().to_vec(),
            });
        }
        Ok(found.into_values().collect())
    }

    fn fetch(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, Error> {
        let wanted: BTreeSet<u32> = uids.iter().copied().filter(|uid| *uid > 0).collect();
        let wanted: Vec<u32> = wanted.into_iter().collect();
        let mut found = BTreeMap::new();
        for group in wanted.chunks(MAX_UIDS_AT_ONCE) {
            let set: Vec<String> = group.iter().map(u32::to_string).collect();
            let fetches = self.run("FETCH", Expect::Messages, |session| {
                session.uid_fetch(set.join(","), "(UID INTERNALDATE BODY.PEEK[])")
            })?;
            for fetch in fetches.iter() {
                let (Some(uid), Some(octets)) = (fetch.uid, fetch.body()) else {
                    continue;
                };
                if group.binary_search(&uid).is_ok() {
                    let date = fetch.internal_date();
                    found.entry(uid).or_insert_with(|| Fetched {
                        uid,
                        internal_date: date.map(|date| Timestamp::from_unix(date.timestamp())),
                        octets: octets.to_vec(),
                    });
                }
            }
        }
        Ok(found.into_values().collect())
    }

    fn search_header(&mut self, field: &'static str, text: &str) -> Result<Vec<u32>, Error> {
        if !is_field_name(field) {
            return Err(Error::Injection("the name of a header field"));
        }
        let text = quoted(text).ok_or(Error::Injection("the text to search for"))?;
        let found = self.run("SEARCH", Expect::Numbers, |session| {
            session.uid_search(format!("HEADER {field} {text}"))
        })?;
        let mut found: Vec<u32> = found.into_iter().collect();
        found.sort_unstable();
        Ok(found)
    }

    fn append(&mut self, folder: &str, octets: &[u8]) -> Result<(), Error> {
        // `imap` puts the quotes and nothing else.
        let name = self.name_of(folder)?;
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        self.run("APPEND", Expect::Continuation, |session| {
            session.append(&name, octets).flag(Flag::Seen).finish()
        })?;
        Ok(())
    }

    fn quota(&mut self) -> Result<Option<Quota>, Error> {
        if !self.offers("QUOTA") {
            return Ok(None);
        }
        let answer = self.run("GETQUOTAROOT", Expect::Quota, |session| {
            session.get_quota_root("INBOX")
        })?;
        let resources = answer.quotas().iter().flat_map(|quota| &quota.resources);
        // Several may hold; the one that is fullest decides.
        let storage = resources
            .filter(|resource| resource.name == QuotaResourceName::Storage)
            .min_by_key(|resource| resource.limit.saturating_sub(resource.usage));
        // In units of 1024 octets (RFC 9208, 5.1).
        Ok(storage.map(|resource| Quota {
            used: resource.usage.saturating_mul(1024),
            limit: resource.limit.saturating_mul(1024),
        }))
    }

    fn wait(&mut self, limit: Duration, poll: Duration, stop: &Stop) -> Result<Waited, Error> {
        let by_idle = self.offers("IDLE");
        let once = slices(if by_idle { MAX_IDLE } else { poll });
        let mut left = slices(limit);
        loop {
            if std::mem::take(&mut self.board.lock().news) {
                return Ok(Waited::News);
            }
            if stop.is_asked() {
                return Ok(Waited::Stopped);
            }
            if left == 0 {
                return Ok(Waited::Elapsed);
            }
            let now = once.min(left);
            if by_idle {
                self.idle(now, stop)?;
            } else {
                self.poll(now, stop)?;
            }
            left -= now;
        }
    }

    fn octets_on_the_wire(&self) -> (u64, u64) {
        let shared = self.board.lock();
        (shared.read, shared.written)
    }
}

/// Whether a folder has an attribute. `imap` does not export the type, but shows it: `Sent`, or
/// `Extension("\\NonExistent")` for one that it does not know.
fn is_marked(name: &Name, mark: &str) -> bool {
    name.attributes().iter().any(|attribute| {
        let shown = format!("{attribute:?}");
        let shown = shown
            .trim_start_matches("Extension(\"\\\\")
            .trim_end_matches("\")");
        shown.eq_ignore_ascii_case(mark)
    })
}

/// A duration in slices, at least one.
fn slices(duration: Duration) -> u64 {
    let slices = duration.as_millis().div_ceil(SLICE.as_millis()).max(1);
    u64::try_from(slices).unwrap_or(u64::MAX)
}

/// Reads one line of a stream and nothing behind it.
fn line_of(stream: &mut impl Read) -> Result<String, Error> {
    let mut line = Vec::new();
    let mut octet = [0];
    while line.last() != Some(&b'\n') {
        if line.len() == MAX_GREETING {
            return Err(Error::Protocol("a greeting without end".to_owned()));
        }
        match stream.read(&mut octet).map_err(tls::broken)? {
            0 => return Err(Error::Broken("closed by the server".to_owned())),
            _ => line.push(octet[0]),
        }
    }
    Ok(text_of(&line).trim_end().to_owned())
}

/// Reads the greeting; its words after OK.
fn greet(stream: &mut impl Read, censor: &Censor) -> Result<String, Error> {
    let line = line_of(stream)?;
    let words = line.strip_prefix("* ").unwrap_or("");
    let (status, words) = words.split_once(' ').unwrap_or((words, ""));
    match status.to_ascii_uppercase().as_str() {
        "OK" => Ok(words.to_owned()),
        "BYE" => Err(Error::Refused {
            what: "the greeting",
            reply: reply(censor.text(words)),
        }),
        // PREAUTH too: nobody may log us in but ourselves.
        _ => Err(Error::Protocol(censor.text(&line).to_string())),
    }
}

/// Asks for TLS on a plain connection, reading no octet too many: what was injected behind the
/// answer becomes part of the handshake and makes it fail.
fn start_tls(socket: &mut (impl Read + Write)) -> Result<(), Error> {
    socket.write_all(b"s1 STARTTLS\r\n").map_err(tls::broken)?;
    for _ in 0..MAX_LINES {
        let line = line_of(socket)?;
        let Some(status) = line.strip_prefix("s1 ") else {
            continue;
        };
        return match status.split(' ').next() {
            Some("OK") => Ok(()),
            _ => Err(Error::NotOffered("STARTTLS")),
        };
    }
    Err(Error::Protocol("no answer to STARTTLS".to_owned()))
}

/// LOGIN, or AUTHENTICATE PLAIN for what LOGIN cannot say or the server does not want in it.
fn log_in(
    mut client: Client<Filter<TlsStream>>,
    board: &Board,
    login: &Login,
) -> Result<Session<Filter<TlsStream>>, Error> {
    if board.lock().capabilities.is_empty() {
        guarded("CAPABILITY", Expect::Nothing, board, || {
            client.capabilities().map(drop)
        })?;
    }
    let offers = |word: &str| board.lock().capabilities.iter().any(|c| c == word);
    let (user, password) = (login.user.as_str(), login.password.expose());
    let plain = offers("AUTH=PLAIN");
    let quotable = quoted(user).is_some() && quoted(password).is_some();
    let by_login = quotable && !offers("LOGINDISABLED");
    if !by_login && !plain {
        return Err(match quotable {
            true => Error::NotOffered("LOGIN or AUTH=PLAIN"),
            false => Error::Injection("user name or password"),
        });
    }
    if user.contains('\0') || password.contains('\0') {
        return Err(Error::Injection("user name or password"));
    }
    board.lock().capabilities.clear();
    let session = guarded("LOGIN", Expect::Nothing, board, || {
        let tried = match by_login {
            true => client.login(user, password),
            false => client.authenticate("PLAIN", &Plain(login)),
        };
        tried.map_err(|(e, _)| e)
    });
    session.map_err(|e| match e {
        Error::Refused { reply, .. } if is_about_the_login(&reply.text) => {
            Error::LoginRefused(reply)
        }
        other => other,
    })
}

/// NO means "user or password"; these codes say that it is something else (RFC 5530, 3).
fn is_about_the_login(words: &str) -> bool {
    let code = code_of(words).map(|(code, _)| code.to_ascii_uppercase());
    !matches!(
        code.as_deref(),
        Some("UNAVAILABLE" | "INUSE" | "SERVERBUG" | "LIMIT" | "CONTACTADMIN")
    )
}

/// SASL PLAIN (RFC 4616).
struct Plain<'a>(&'a Login);

impl ::imap::Authenticator for Plain<'_> {
    type Response = String;

    fn process(&self, _: &[u8]) -> String {
        format!("\0{}\0{}", self.0.user, self.0.password.expose())
    }
}

/// Runs a call of `imap`. It panics on some answers that nobody foresaw; those that are known
/// never reach it, and the rest ends here instead of ending the program.
fn guarded<T>(
    what: &'static str,
    expect: Expect,
    board: &Board,
    call: impl FnOnce() -> ::imap::Result<T>,
) -> Result<T, Error> {
    {
        let mut shared = board.lock();
        shared.expect = expect;
        shared.said = ServerText::default();
    }
    let done = std::panic::catch_unwind(AssertUnwindSafe(call));
    let mut shared = board.lock();
    shared.expect = Expect::Nothing;
    shared.wait = None;
    let done = done.map_err(|_| Error::Protocol(format!("an answer to {what} nobody expects")))?;
    let failure = shared.failure.clone();
    done.map_err(|e| match (e, failure) {
        (::imap::Error::No(_) | ::imap::Error::Bad(_) | ::imap::Error::Append, None) => {
            Error::Refused {
                what,
                reply: reply(std::mem::take(&mut shared.said)),
            }
        }
        (_, Some(failure)) => failure.into(),
        (::imap::Error::Io(e), None) => tls::broken(e),
        (::imap::Error::ConnectionLost, None) => Error::Broken("closed by the server".to_owned()),
        (::imap::Error::Validate(_), None) => Error::Injection("a value"),
        // Its texts may hold a whole mailbox: not repeated.
        (_, None) => Error::Protocol(format!("the answer to {what}")),
    })
}

fn reply(text: ServerText) -> Reply {
    Reply { code: 0, text }
}

/// A quoted string (RFC 3501, 4.3); `None` for what cannot be one: controls and what is not
/// ASCII.
fn quoted(text: &str) -> Option<String> {
    let fits = text.bytes().all(|c| matches!(c, b' '..=b'~'));
    fits.then(|| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A quoted string's text: `imap` leaves the backslashes in. A name given as a literal that
/// holds a backslash cannot be told from it; no server in use does that.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => chars.next().unwrap_or('\\'),
            c => c,
        });
    }
    plain
}

/// RFC 5322, 3.6.8, without what IMAP reads as its own.
fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::{Board, Censor, Error, Expect, guarded, is_field_name, quoted, unescaped};

    #[test]
    fn what_cannot_be_quoted_is_refused() {
        assert_eq!(quoted(r#"<a"b\c@d>"#).unwrap(), r#""<a\"b\\c@d>""#);
        for text in ["a\r\nb", "a\0", "è", "\u{7f}"] {
            assert_eq!(quoted(text), None, "{text:?}");
        }
        assert_eq!(unescaped(r#"a\"b\\c"#), r#"a"b\c"#);
    }

    #[test]
    fn a_panic_ends_the_session_and_nothing_else() {
        let board = Board::new(Censor::none());
        let call = || -> imap::Result<()> { panic!("entered unreachable code") };
        let error = guarded("NOOP", Expect::Nothing, &board, call).unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    }

    #[test]
    fn names_of_fields_are_plain() {
        assert!(is_field_name("X-Riferimento-Message-ID"));
        for name in ["", "A B", "A)", "A\r\n", "A\"", "à"] {
            assert!(!is_field_name(name), "{name:?}");
        }
    }
}
