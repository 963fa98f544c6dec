//! Reading a mailbox by IMAP (RFC 3501, with RFC 2177 IDLE, RFC 6154 special use, RFC 9208
//! quota), through the package `imap` behind the adapter of `filter.rs`; what a folder holds is read by
//! `data.rs`.
//!
//! Folders are opened with EXAMINE and messages read with `BODY.PEEK[]`, so nothing is ever
//! marked; APPEND is the one command here that changes a mailbox (`removal.rs` has those that take
//! messages out of it). One command at a time, and none is
//! repeated. Flags, sorting, threads and changes of other clients' flags are not of interest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::ops::RangeInclusive;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use ::imap::types::{Flag, QuotaResourceName, UnsolicitedResponse};
use ::imap::{Client, Session};

use super::canned::Canned;
use super::data::Item;
use super::filter::{Board, Expect, Filter, code_of};
use super::scribe::Protocol;
use super::tls::{self, SLICE, Wire};
use super::{
    Came, Censor, Endpoint, Error, Fetched, Folder, FolderState, Login, Mailbox, Manner, Meter,
    Quota, Reply, Roots, Security, ServerText, Stop, Summary, Waited, Weight, text_of, utf7,
};

/// Octets of a line before the session begins: a greeting, an answer to STARTTLS.
const MAX_GREETING: usize = 8 * 1024;

/// Lines before the answer to STARTTLS.
const MAX_LINES: usize = 20;

/// Asks for the number of the last change of a folder, too (RFC 7162, 3.1.8): some servers tell it only
/// then.
const NUMBERED: &str = " (CONDSTORE)";

/// UIDs named in one command; servers bound its length, often to 8 KB (RFC 7162, 4).
const MAX_UIDS_AT_ONCE: usize = 500;

/// One IDLE. Servers end it after 30 minutes (RFC 2177); routers forget a quiet connection
/// sooner, many after ten.
const MAX_IDLE: Duration = Duration::from_secs(9 * 60);

/// A mailbox, logged in.
pub struct ImapMailbox {
    session: Session<Filter<Box<dyn Wire>>>,
    board: Board,
    /// Names that are not modified UTF-7, as the server writes them: it wants them back so.
    odd_names: BTreeMap<String, String>,
    /// Lines of the last LIST that name no folder.
    odd_folders: Vec<String>,
    /// Whether it offers to number changes, and opened a folder only without.
    refuses_numbers: bool,
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
        manner: impl Into<Manner>,
    ) -> Result<Self, Error> {
        let manner = manner.into();
        let censor = Censor::of(login);
        let mut socket = tls::connect(endpoint, &manner, Protocol::Imap, &censor)?;
        let mut greeting = String::new();
        if endpoint.security == Security::StartTls {
            greet(&mut socket, &censor).map_err(tls::greeting)?;
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
        // A read comes back so often; how long an answer may take is decided by the filter.
        stream.set_read_timeout(SLICE).map_err(tls::broken)?;
        let stream: Box<dyn Wire> = Box::new(stream);
        let filter = Filter::new(stream, board.clone(), manner.timeouts.answer);
        let session = log_in(Client::new(filter), &board, login)?;
        let mut mailbox = Self {
            session,
            board,
            odd_names: BTreeMap::new(),
            odd_folders: Vec::new(),
            refuses_numbers: false,
            dead: None,
        };
        if mailbox.board.lock().capabilities.is_empty() {
            mailbox.run("CAPABILITY", Expect::Nothing, |session| {
                session.run_command_and_check_ok("CAPABILITY")
            })?;
        }
        Ok(mailbox)
    }

    /// A mailbox whose server answers each command by the octets up to the next NUL, where `TAG`
    /// stands for its tag: for the fuzzer, which has no network.
    #[doc(hidden)]
    pub fn canned(answers: &[u8]) -> Self {
        let login = Login {
            user: "a".to_owned(),
            password: crate::secret::Secret::new("b".to_owned()),
        };
        let board = Board::new(Censor::of(&login));
        let greeted = [
            b"TAG OK [CAPABILITY IMAP4rev1 IDLE QUOTA] in\r\n\0",
            answers,
        ]
        .concat();
        let stream: Box<dyn Wire> = Box::new(Canned::new(greeted));
        let filter = Filter::new(stream, board.clone(), Duration::ZERO);
        board.lock().learn("IMAP4rev1");
        let session = log_in(Client::new(filter), &board, &login).expect("it says OK");
        Self {
            session,
            board,
            odd_names: BTreeMap::new(),
            odd_folders: Vec::new(),
            refuses_numbers: false,
            dead: None,
        }
    }

    /// Octets that are read from now on are counted here.
    pub fn count(&mut self, meter: Meter) {
        self.board.lock().meter = meter;
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

    pub(super) fn offers(&self, capability: &str) -> bool {
        let shared = self.board.lock();
        shared.capabilities.iter().any(|word| word == capability)
    }

    /// One command. An error that leaves the session out of step, a panic included, ends it.
    fn run<T>(
        &mut self,
        what: &'static str,
        expect: Expect,
        command: impl FnOnce(&mut Session<Filter<Box<dyn Wire>>>) -> ::imap::Result<T>,
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

    /// One command of which all answers are kept on the board.
    pub(super) fn ask(
        &mut self,
        what: &'static str,
        expect: Expect,
        command: &str,
    ) -> Result<(), Error> {
        self.run(what, expect, |session| {
            session.run_command_and_check_ok(command)
        })
    }

    /// Opens a folder by EXAMINE or SELECT, with a parameter or none.
    pub(super) fn open(
        &mut self,
        how: &'static str,
        folder: &str,
        parameter: &str,
    ) -> Result<FolderState, Error> {
        let name = in_quotes(&self.name_of(folder)?);
        self.ask(how, Expect::State, &format!("{how} {name}{parameter}"))?;
        let mut shared = self.board.lock();
        shared.news = false;
        let state = shared.state;
        let is_asked = parameter == NUMBERED;
        let is_told = is_asked && state.exists.is_some() && state.uid_next.is_some();
        Ok(FolderState {
            uid_validity: state.uid_validity.ok_or(Error::Unnumbered)?,
            uid_next: state.uid_next,
            exists: state.exists.unwrap_or(0),
            mod_seq: state.mod_seq.filter(|_| is_told),
        })
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
        {
            let mut shared = self.board.lock();
            shared.wait = Some((stop.clone(), slices));
            shared.lively = true;
        }
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

    /// What the last FETCH told of these messages. Where one was asked for, what has no UID is
    /// about it: some servers leave it out.
    fn items(&self, uids: &RangeInclusive<u32>) -> Vec<Item> {
        let mut items = std::mem::take(&mut self.board.lock().items);
        if uids.start() == uids.end() {
            for item in &mut items {
                item.uid.get_or_insert(*uids.start());
            }
        }
        items.retain(|item| item.uid.is_some_and(|uid| uids.contains(&uid)));
        items
    }

    /// Whether something is new, and the server still there.
    fn noop(&mut self) -> Result<(), Error> {
        self.board.lock().lively = true;
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
        self.ask("LIST", Expect::Folders, &format!("LIST \"\" {pattern}"))?;
        let (listed, odd) = {
            let mut shared = self.board.lock();
            let odd = std::mem::take(&mut shared.odd_folders);
            (std::mem::take(&mut shared.folders), odd)
        };
        self.odd_folders = odd;
        let mut folders = Vec::with_capacity(listed.len());
        for folder in listed {
            let decoded = utf7::decode(&folder.name);
            if decoded.is_none() {
                let name = folder.name.clone();
                self.odd_names.insert(name.clone(), name);
            }
            let is_marked = |mark: &str| folder.marks.iter().any(|m| m.eq_ignore_ascii_case(mark));
            folders.push(Folder {
                selectable: !is_marked("NoSelect") && !is_marked("NonExistent"),
                sent: is_marked("Sent"),
                name: decoded.unwrap_or(folder.name),
                separator: folder.separator,
            });
        }
        Ok(folders)
    }

    fn odd_folders(&self) -> &[String] {
        &self.odd_folders
    }

    fn examine(&mut self, folder: &str) -> Result<FolderState, Error> {
        // QRESYNC includes it (RFC 7162, 3.2.3).
        let is_offered = self.offers("CONDSTORE") || self.offers("QRESYNC");
        if !is_offered || self.refuses_numbers {
            return self.open("EXAMINE", folder, "");
        }
        match self.open("EXAMINE", folder, NUMBERED) {
            // It is the folder that cannot be opened, or the parameter that is not taken.
            Err(Error::Refused { .. }) => {
                let state = self.open("EXAMINE", folder, "")?;
                self.refuses_numbers = true;
                Ok(state)
            }
            opened => opened,
        }
    }

    fn uids(&mut self, uids: RangeInclusive<u32>) -> Result<Vec<u32>, Error> {
        let Some(set) = set_of(&uids) else {
            return Ok(Vec::new());
        };
        self.ask("SEARCH", Expect::Numbers, &format!("UID SEARCH UID {set}"))?;
        let found = std::mem::take(&mut self.board.lock().numbers);
        let found: BTreeSet<u32> = found.into_iter().filter(|uid| uids.contains(uid)).collect();
        Ok(found.into_iter().collect())
    }

    fn summaries(&mut self, uids: RangeInclusive<u32>, fields: &[&str]) -> Came<Summary> {
        if !fields.iter().all(|field| is_field_name(field)) {
            return Came::nothing(Error::Injection("the name of a header field"));
        }
        let Some(set) = set_of(&uids) else {
            return Came::default();
        };
        let command = format!(
            "UID FETCH {set} (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({})])",
            fields.join(" ")
        );
        let fault = self.ask("FETCH", Expect::Messages, &command).err();
        let mut found: BTreeMap<u32, Summary> = BTreeMap::new();
        for item in self.items(&uids) {
            // News of flags, which nobody asked for, name a message too.
            let (Some(uid), true) = (item.uid, item.size.is_some() || item.header.is_some()) else {
                continue;
            };
            let summary = found.entry(uid).or_insert_with(|| Summary {
                uid,
                size: 0,
                header: Vec::new(),
            });
            // What the server could not give (NIL) is left empty: the message is there.
            if summary.header.is_empty() {
                summary.header = item.header.unwrap_or_default();
            }
            if summary.size == 0 {
                summary.size = item.size.unwrap_or(0);
            }
        }
        Came {
            all: found.into_values().collect(),
            fault,
        }
    }

    fn weights(&mut self, uids: RangeInclusive<u32>) -> Came<Weight> {
        let Some(set) = set_of(&uids) else {
            return Came::default();
        };
        let command = format!("UID FETCH {set} (UID RFC822.SIZE INTERNALDATE)");
        let fault = self.ask("FETCH", Expect::Messages, &command).err();
        let mut found: BTreeMap<u32, Weight> = BTreeMap::new();
        for item in self.items(&uids) {
            if let (Some(uid), Some(octets)) = (item.uid, item.size) {
                let came = item.date;
                found.insert(uid, Weight { octets, came });
            }
        }
        Came {
            all: found.into_values().collect(),
            fault,
        }
    }

    fn fetch(&mut self, uids: &[u32]) -> Came<Fetched> {
        let wanted: BTreeSet<u32> = uids.iter().copied().filter(|uid| *uid > 0).collect();
        let wanted: Vec<u32> = wanted.into_iter().collect();
        let mut found: BTreeMap<u32, Fetched> = BTreeMap::new();
        let mut fault = None;
        for group in wanted.chunks(MAX_UIDS_AT_ONCE) {
            let set: Vec<String> = group.iter().map(u32::to_string).collect();
            let set = set.join(",");
            let command = format!("UID FETCH {set} (UID INTERNALDATE BODY.PEEK[])");
            fault = self.ask("FETCH", Expect::Messages, &command).err();
            let mut dates = BTreeMap::new();
            for item in self.items(&(group[0]..=group[group.len() - 1])) {
                let Some(uid) = item.uid.filter(|uid| group.binary_search(uid).is_ok()) else {
                    continue;
                };
                if let Some(date) = item.date {
                    dates.insert(uid, date);
                }
                if let Some(octets) = item.body {
                    found.entry(uid).or_insert(Fetched {
                        uid,
                        internal_date: None,
                        octets,
                    });
                }
            }
            for (uid, date) in dates {
                if let Some(message) = found.get_mut(&uid) {
                    message.internal_date.get_or_insert(date);
                }
            }
            if fault.is_some() {
                break;
            }
        }
        Came {
            all: found.into_values().collect(),
            fault,
        }
    }

    fn search_header(&mut self, field: &'static str, text: &str) -> Result<Vec<u32>, Error> {
        if !is_field_name(field) {
            return Err(Error::Injection("the name of a header field"));
        }
        let text = quoted(text).ok_or(Error::Injection("the text to search for"))?;
        let command = format!("UID SEARCH HEADER {field} {text}");
        self.ask("SEARCH", Expect::Numbers, &command)?;
        let found = std::mem::take(&mut self.board.lock().numbers);
        let found: BTreeSet<u32> = found.into_iter().collect();
        Ok(found.into_iter().collect())
    }

    fn append(&mut self, folder: &str, octets: &[u8]) -> Result<(), Error> {
        // `imap` puts the quotes and nothing else.
        let name = escaped(&self.name_of(folder)?);
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

    fn heed(&mut self, hurry: Option<&Stop>, cut: &Stop) {
        let mut shared = self.board.lock();
        shared.hurry = hurry.cloned();
        shared.cut = Some(cut.clone());
    }

    fn close(self: Box<Self>) {
        self.log_out();
    }

    fn octets_on_the_wire(&self) -> (u64, u64) {
        let shared = self.board.lock();
        (shared.read, shared.written)
    }
}

/// What FETCH is asked for; `None` when nothing is.
fn set_of(uids: &RangeInclusive<u32>) -> Option<String> {
    if uids.is_empty() || *uids.end() == 0 {
        return None;
    }
    Some(match (uids.start().max(&1), uids.end()) {
        (first, &u32::MAX) => format!("{first}:*"),
        (first, last) => format!("{first}:{last}"),
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
    mut client: Client<Filter<Box<dyn Wire>>>,
    board: &Board,
    login: &Login,
) -> Result<Session<Filter<Box<dyn Wire>>>, Error> {
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
        let mut letters = user.chars().chain(password.chars());
        let has_controls = letters.any(char::is_control);
        return Err(match (quotable, has_controls) {
            (true, _) => Error::NotOffered("LOGIN or AUTH=PLAIN"),
            (false, false) => {
                Error::NotOffered("AUTH=PLAIN, which a user name or password beyond ASCII needs")
            }
            (false, true) => Error::Injection("user name or password"),
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
    board.lock().begin(expect);
    let done = std::panic::catch_unwind(AssertUnwindSafe(call));
    let mut shared = board.lock();
    shared.expect = Expect::Nothing;
    shared.wait = None;
    shared.lively = false;
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
    fits.then(|| in_quotes(text))
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
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
    use super::{Board, Censor, Error, Expect, guarded, is_field_name, quoted};

    #[test]
    fn what_cannot_be_quoted_is_refused() {
        assert_eq!(quoted(r#"<a"b\c@d>"#).unwrap(), r#""<a\"b\\c@d>""#);
        for text in ["a\r\nb", "a\0", "è", "\u{7f}"] {
            assert_eq!(quoted(text), None, "{text:?}");
        }
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
