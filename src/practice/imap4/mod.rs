//! The IMAP server (RFC 3501): enough for our own client and for common mail programs.
//!
//! Commands are parsed by `imap-codec`; answers are written here, because its dates need a
//! package that nothing else needs. With IDLE (RFC 2177), UIDPLUS (RFC 4315), SPECIAL-USE
//! (RFC 6154), QUOTA (RFC 9208), SASL-IR (RFC 4959) and UNSELECT (RFC 3691). A session sees the
//! messages that it was told of; changes of flags by other sessions are not told.

mod fetch;
mod search;
mod structure;

use std::fmt::Write as _;
use std::io;
use std::net::TcpStream;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use imap_codec::CommandCodec;
use imap_codec::decode::{CommandDecodeError, Decoder};
use imap_codec::imap_types::IntoStatic;
use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::command::{Command, CommandBody};
use imap_codec::imap_types::core::{Charset, LiteralMode};
use imap_codec::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_codec::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_codec::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_codec::imap_types::search::SearchKey;
use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};
use imap_codec::imap_types::status::StatusDataItemName;
use rustls::ServerConfig;

use super::mailbox::{Flags, Folder, INBOX, SENT, SEPARATOR};
use super::provider::Provider;
use super::server::Line;
use crate::timestamp::Timestamp;

/// One line of a command: sets of UIDs are long (RFC 7162, 4 asks for 8,192).
const LINE_OCTETS: usize = 64 * 1024;
/// A literal before login: a password.
const EARLY_LITERAL_OCTETS: u32 = 4_096;
/// What is gathered before it is sent.
const BATCH_OCTETS: usize = 256 * 1024;
/// Commands that are not understood, and logins refused, before the line is closed.
const MAX_ERRORS: usize = 50;
const MAX_LOGINS: usize = 3;
/// RFC 3501, 5.4: not under 30 minutes.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// How soon news are told during IDLE.
const IDLE_STEP: Duration = Duration::from_millis(25);
/// How long one IDLE may last (RFC 2177 lets clients begin anew before 29 minutes).
const IDLE_STEPS: u32 = 30 * 60 * 40;

const CAPABILITIES: &str = "IMAP4rev1 AUTH=PLAIN SASL-IR IDLE UIDPLUS SPECIAL-USE QUOTA UNSELECT";

/// Serves one connection to its end.
pub(super) fn serve(stream: TcpStream, config: &Arc<ServerConfig>, provider: &Arc<Provider>) {
    let Ok(line) = Line::tls(stream, config) else {
        return;
    };
    let mut session = Session {
        line,
        provider,
        user: None,
        selected: None,
        errors: 0,
        logins: 0,
        out: Vec::new(),
    };
    // A line that broke is no failure of ours.
    drop(session.run());
}

struct Session<'a> {
    line: Line,
    provider: &'a Arc<Provider>,
    user: Option<String>,
    selected: Option<Selected>,
    errors: usize,
    logins: usize,
    /// Answers that were not sent yet.
    out: Vec<u8>,
}

/// The open folder as the client knows it.
struct Selected {
    name: String,
    read_only: bool,
    uid_validity: u32,
    /// UIDs by sequence number.
    view: Vec<u32>,
    /// The state of the store that `view` shows.
    seen: u64,
}

/// What came.
enum Input {
    Command(Box<Command<'static>>),
    /// Something that is no command; it was answered.
    Refused,
    End,
}

/// The end of a command: `OK`, `NO` or `BAD` and its text.
type Answer = (&'static str, String);

fn ok(text: &str) -> Answer {
    ("OK", text.to_owned())
}

fn no(text: &str) -> Answer {
    ("NO", text.to_owned())
}

fn bad(text: &str) -> Answer {
    ("BAD", text.to_owned())
}

impl Session<'_> {
    fn run(&mut self) -> io::Result<()> {
        self.line.wait_at_most(PATIENCE)?;
        self.say(&format!(
            "* OK [CAPABILITY {CAPABILITIES}] PROVA, nessun valore legale"
        ));
        self.flush()?;
        loop {
            match self.read()? {
                Input::End => break,
                Input::Refused => {
                    self.errors += 1;
                    if self.errors > MAX_ERRORS {
                        self.say("* BYE troppi errori");
                        break;
                    }
                }
                Input::Command(command) => {
                    if !self.obey(*command)? {
                        break;
                    }
                }
            }
            self.flush()?;
        }
        self.flush()?;
        self.line.close();
        Ok(())
    }

    /// Adds a line to what will be sent.
    fn say(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    fn flush(&mut self) -> io::Result<()> {
        let out = std::mem::take(&mut self.out);
        self.line.send(&out)
    }

    /// One command, its literals asked for.
    fn read(&mut self) -> io::Result<Input> {
        let mut octets = Vec::new();
        loop {
            let limit = octets.len() + LINE_OCTETS;
            self.line.read_line(&mut octets, limit)?;
            if !octets.ends_with(b"\n") {
                return Ok(Input::End);
            }
            let decoded = CommandCodec::default().decode(&octets);
            let (tag, length, mode) = match decoded {
                Ok((_, command)) => return Ok(Input::Command(Box::new(command.into_static()))),
                Err(CommandDecodeError::LiteralFound { tag, length, mode }) => {
                    (tag.inner().to_owned(), length, mode)
                }
                Err(_) => {
                    let tag = tag_of(&octets);
                    self.say(&format!("{tag} BAD non si capisce"));
                    return Ok(Input::Refused);
                }
            };
            if u64::from(length) + octets.len() as u64 > self.literal_limit() {
                self.say(&format!("{tag} NO [TOOBIG] troppo grande"));
                // Without being asked for, the octets come all the same.
                return Ok(match mode {
                    LiteralMode::Sync => Input::Refused,
                    LiteralMode::NonSync => Input::End,
                });
            }
            if mode == LiteralMode::Sync {
                self.say("+ ok");
                self.flush()?;
            }
            self.line.read_octets(&mut octets, length as usize)?;
        }
    }

    fn literal_limit(&self) -> u64 {
        match self.user {
            Some(_) => self.provider.config().size_limit + LINE_OCTETS as u64,
            None => u64::from(EARLY_LITERAL_OCTETS),
        }
    }

    /// Does one command; false at the end of the session.
    fn obey(&mut self, command: Command<'static>) -> io::Result<bool> {
        let tag = command.tag.inner().to_owned();
        let by_number = is_by_number(&command.body);
        let is_logout = matches!(command.body, CommandBody::Logout);
        let answer = self.answer(command.body)?;
        if !by_number && !self.tell_news() {
            self.say("* BYE la cartella ha nuovi numeri");
            return Ok(false);
        }
        let (word, text) = answer;
        self.say(&format!("{tag} {word} {text}"));
        Ok(!is_logout && self.logins < MAX_LOGINS)
    }

    fn answer(&mut self, body: CommandBody<'static>) -> io::Result<Answer> {
        use CommandBody as C;
        Ok(match body {
            C::Capability => {
                self.say(&format!("* CAPABILITY {CAPABILITIES}"));
                ok("fatto")
            }
            C::Noop | C::Check => ok("fatto"),
            C::Logout => {
                self.say("* BYE arrivederci");
                ok("fatto")
            }
            C::Login { username, password } => {
                let password = password.declassify();
                let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
                self.login(&text(username.as_ref()), &text(password.as_ref()))
            }
            C::Authenticate {
                mechanism,
                initial_response,
            } => {
                let given = initial_response.map(|given| given.declassify().to_vec());
                self.authenticate(&mechanism, given)?
            }
            other if self.user.is_some() => self.answer_user(other)?,
            _ => no("prima l'accesso"),
        })
    }

    fn login(&mut self, user: &str, password: &str) -> Answer {
        if self.user.is_some() {
            return bad("accesso gia' fatto");
        }
        if self.provider.admits(user, password) {
            self.user = Some(user.to_owned());
            return ok(&format!("[CAPABILITY {CAPABILITIES}] accesso riuscito"));
        }
        self.logins += 1;
        no("[AUTHENTICATIONFAILED] nome utente o password errati")
    }

    /// AUTHENTICATE PLAIN (RFC 4616).
    fn authenticate(
        &mut self,
        mechanism: &AuthMechanism<'_>,
        given: Option<Vec<u8>>,
    ) -> io::Result<Answer> {
        if *mechanism != AuthMechanism::Plain {
            return Ok(no("meccanismo sconosciuto"));
        }
        let octets = match given {
            Some(octets) => octets,
            None => {
                self.say("+ ");
                self.flush()?;
                let mut line = Vec::new();
                self.line.read_line(&mut line, LINE_OCTETS)?;
                match STANDARD.decode(line.trim_ascii()) {
                    Ok(octets) => octets,
                    Err(_) => return Ok(bad("annullato")),
                }
            }
        };
        let text = String::from_utf8_lossy(&octets).into_owned();
        let mut pieces = text.splitn(3, '\0').skip(1);
        Ok(match (pieces.next(), pieces.next()) {
            (Some(user), Some(password)) => self.login(user, password),
            _ => bad("AUTHENTICATE PLAIN"),
        })
    }

    fn user(&self) -> String {
        self.user.clone().unwrap_or_default()
    }

    /// Commands of somebody who has logged in.
    fn answer_user(&mut self, body: CommandBody<'static>) -> io::Result<Answer> {
        use CommandBody as C;
        Ok(match body {
            C::Select { mailbox } => self.select(&name_of(&mailbox), false),
            C::Examine { mailbox } => self.select(&name_of(&mailbox), true),
            C::List {
                reference,
                mailbox_wildcard,
            } => self.list("LIST", &reference, &mailbox_wildcard),
            C::Lsub {
                reference,
                mailbox_wildcard,
            } => self.list("LSUB", &reference, &mailbox_wildcard),
            C::Status {
                mailbox,
                item_names,
            } => self.status(&name_of(&mailbox), &item_names),
            C::Create { mailbox } => self.create(&name_of(&mailbox)),
            C::Subscribe { .. } | C::Unsubscribe { .. } => ok("fatto"),
            C::Delete { .. } | C::Rename { .. } => no("[NOPERM] non si fa in un gestore di prova"),
            C::Append {
                mailbox,
                flags,
                date,
                message,
            } => {
                let date = date.map(|date| Timestamp::from_unix(date.as_ref().timestamp()));
                let octets = match &message {
                    LiteralOrLiteral8::Literal(literal) => literal.data(),
                    LiteralOrLiteral8::Literal8(literal) => &literal.data,
                };
                self.append(&name_of(&mailbox), &flags, date, octets)
            }
            C::GetQuotaRoot { mailbox } => {
                self.say(&format!("* QUOTAROOT {} \"\"", quoted(&name_of(&mailbox))));
                self.quota()
            }
            C::GetQuota { .. } => self.quota(),
            C::Idle => self.idle()?,
            other if self.selected.is_some() => self.answer_selected(other)?,
            _ => bad("prima SELECT, o comando sconosciuto"),
        })
    }

    /// Commands about the open folder.
    fn answer_selected(&mut self, body: CommandBody<'static>) -> io::Result<Answer> {
        use CommandBody as C;
        Ok(match body {
            C::Close => {
                self.expunge(|_| true);
                self.selected = None;
                ok("chiusa")
            }
            C::Unselect => {
                self.selected = None;
                ok("chiusa")
            }
            C::Expunge => {
                self.expunge(|_| true);
                ok("fatto")
            }
            C::ExpungeUid { sequence_set } => {
                let uids: Vec<u32> = self
                    .resolve(&sequence_set, true)
                    .into_iter()
                    .flatten()
                    .filter_map(|at| self.selected.as_ref()?.view.get(at).copied())
                    .collect();
                self.expunge(|uid| uids.contains(&uid));
                ok("fatto")
            }
            C::Fetch {
                sequence_set,
                macro_or_item_names,
                uid,
            } => self.fetch(&sequence_set, &macro_or_item_names, uid)?,
            C::Search {
                charset,
                criteria,
                uid,
            } => self.search(charset.as_ref(), criteria.as_ref(), uid),
            C::Store {
                sequence_set,
                kind,
                response,
                flags,
                uid,
            } => self.store(&sequence_set, kind, response, &flags, uid),
            C::Copy {
                sequence_set,
                mailbox,
                uid,
            } => self.copy(&sequence_set, &name_of(&mailbox), uid),
            _ => bad("comando sconosciuto"),
        })
    }

    fn select(&mut self, name: &str, read_only: bool) -> Answer {
        self.selected = None;
        let seen = self.provider.store().changes();
        let look = |folder: &mut Folder| {
            let view: Vec<u32> = folder.messages.iter().map(|one| one.uid).collect();
            (folder.uid_validity, folder.uid_next, view)
        };
        let found = self.provider.store().with(&self.user(), name, look);
        let Some((uid_validity, uid_next, view)) = found else {
            return no("[NONEXISTENT] nessuna cartella con questo nome");
        };
        let all = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
        self.say(&format!("* FLAGS ({all})"));
        self.say(&format!("* {} EXISTS", view.len()));
        self.say("* 0 RECENT");
        self.say(&format!("* OK [UIDVALIDITY {uid_validity}] ok"));
        self.say(&format!("* OK [UIDNEXT {uid_next}] ok"));
        let permanent = if read_only { "" } else { all };
        self.say(&format!("* OK [PERMANENTFLAGS ({permanent})] ok"));
        self.selected = Some(Selected {
            name: name.to_owned(),
            read_only,
            uid_validity,
            view,
            seen,
        });
        match read_only {
            true => ok("[READ-ONLY] aperta"),
            false => ok("[READ-WRITE] aperta"),
        }
    }

    /// Tells what changed in the open folder since the client was last told; false when it has
    /// another UIDVALIDITY.
    fn tell_news(&mut self) -> bool {
        let user = self.user();
        let Some(selected) = &mut self.selected else {
            return true;
        };
        let changes = self.provider.store().changes();
        if changes == selected.seen {
            return true;
        }
        selected.seen = changes;
        let look = |folder: &mut Folder| {
            let uids: Vec<u32> = folder.messages.iter().map(|one| one.uid).collect();
            (folder.uid_validity, uids)
        };
        let found = self.provider.store().with(&user, &selected.name, look);
        let Some((uid_validity, uids)) = found else {
            return false;
        };
        if uid_validity != selected.uid_validity {
            return false;
        }
        let mut text = String::new();
        // From the end, so that the numbers before stay.
        for at in (0..selected.view.len()).rev() {
            if uids.binary_search(&selected.view[at]).is_err() {
                selected.view.remove(at);
                let _ = write!(text, "* {} EXPUNGE\r\n", at + 1);
            }
        }
        if selected.view.len() != uids.len() {
            let _ = write!(text, "* {} EXISTS\r\n", uids.len());
        }
        selected.view = uids;
        self.out.extend_from_slice(text.as_bytes());
        true
    }

    fn list(&mut self, word: &str, reference: &Mailbox<'_>, wildcard: &ListMailbox<'_>) -> Answer {
        let wildcard = match wildcard {
            ListMailbox::Token(token) => token.as_ref(),
            ListMailbox::String(text) => text.as_ref(),
        };
        if wildcard.is_empty() {
            self.say(&format!("* {word} (\\Noselect) \"{SEPARATOR}\" \"\""));
            return ok("fatto");
        }
        let reference = match reference {
            Mailbox::Inbox => INBOX.to_owned(),
            Mailbox::Other(other) => String::from_utf8_lossy(other.as_ref()).into_owned(),
        };
        let pattern = format!("{reference}{}", String::from_utf8_lossy(wildcard));
        for name in self.provider.store().folders(&self.user()) {
            if !matches(pattern.as_bytes(), name.as_bytes()) {
                continue;
            }
            let marks = match &*name {
                INBOX => "\\HasChildren",
                SENT => "\\HasNoChildren \\Sent",
                _ => "\\HasNoChildren",
            };
            self.say(&format!(
                "* {word} ({marks}) \"{SEPARATOR}\" {}",
                quoted(&name)
            ));
        }
        ok("fatto")
    }

    fn status(&mut self, name: &str, items: &[StatusDataItemName]) -> Answer {
        let look = |folder: &mut Folder| {
            let with = |flag: Flags| {
                folder
                    .messages
                    .iter()
                    .filter(move |one| one.flags.has(flag))
            };
            let seen = with(Flags::SEEN).count();
            let deleted = with(Flags::DELETED);
            let size: u64 = with(Flags::DELETED)
                .map(|one| one.octets.len() as u64)
                .sum();
            let mut values = Vec::new();
            for item in items {
                values.push(match item {
                    StatusDataItemName::Messages => format!("MESSAGES {}", folder.messages.len()),
                    StatusDataItemName::Recent => "RECENT 0".to_owned(),
                    StatusDataItemName::UidNext => format!("UIDNEXT {}", folder.uid_next),
                    StatusDataItemName::UidValidity => {
                        format!("UIDVALIDITY {}", folder.uid_validity)
                    }
                    StatusDataItemName::Unseen => {
                        format!("UNSEEN {}", folder.messages.len() - seen)
                    }
                    StatusDataItemName::Deleted => format!("DELETED {}", deleted.clone().count()),
                    StatusDataItemName::DeletedStorage => format!("DELETED-STORAGE {size}"),
                });
            }
            values.join(" ")
        };
        match self.provider.store().with(&self.user(), name, look) {
            Some(values) => {
                self.say(&format!("* STATUS {} ({values})", quoted(name)));
                ok("fatto")
            }
            None => no("[NONEXISTENT] nessuna cartella con questo nome"),
        }
    }

    fn create(&mut self, name: &str) -> Answer {
        let plain = name.bytes().all(|octet| (b' '..=b'~').contains(&octet));
        let name = name.trim_end_matches(SEPARATOR);
        if !plain || name.is_empty() || name.len() > 200 {
            return no("[CANNOT] nome non ammesso");
        }
        let exists = self
            .provider
            .store()
            .folders(&self.user())
            .iter()
            .any(|one| one == name);
        if exists {
            return no("[ALREADYEXISTS] esiste gia'");
        }
        match self.provider.store().make_folder(&self.user(), name) {
            Ok(()) => ok("fatto"),
            Err(_) => no("[LIMIT] troppe cartelle"),
        }
    }

    fn append(
        &mut self,
        name: &str,
        flags: &[Flag<'_>],
        date: Option<Timestamp>,
        octets: &[u8],
    ) -> Answer {
        let store = self.provider.store();
        let user = self.user();
        if store.with(&user, name, |_| ()).is_none() {
            return no("[TRYCREATE] nessuna cartella con questo nome");
        }
        let at = date.unwrap_or_else(|| self.provider.now());
        match store.deliver(&user, name, octets, at, flags_of(flags)) {
            Ok((validity, uid)) => ok(&format!("[APPENDUID {validity} {uid}] fatto")),
            Err(_) => no("non si puo' scrivere"),
        }
    }

    fn quota(&mut self) -> Answer {
        let used = self.provider.store().octets(&self.user()).div_ceil(1_024);
        let limit = self.provider.config().quota / 1_024;
        self.say(&format!("* QUOTA \"\" (STORAGE {used} {limit})"));
        ok("fatto")
    }

    /// Tells news until the client says DONE.
    fn idle(&mut self) -> io::Result<Answer> {
        self.say("+ in attesa");
        self.flush()?;
        self.line.wait_at_most(IDLE_STEP)?;
        let mut line = Vec::new();
        let mut answer = no("troppo a lungo");
        for _ in 0..IDLE_STEPS {
            match self.line.read_line(&mut line, LINE_OCTETS) {
                Ok(()) if line.ends_with(b"\n") => {
                    answer = match line.trim_ascii().eq_ignore_ascii_case(b"DONE") {
                        true => ok("fatto"),
                        false => bad("DONE"),
                    };
                    break;
                }
                Ok(()) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(error),
            }
            if !self.tell_news() {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            if !self.out.is_empty() {
                self.flush()?;
            }
        }
        self.line.wait_at_most(PATIENCE)?;
        Ok(answer)
    }

    /// The places in the view that a set names, in order and each once.
    fn resolve(&self, set: &SequenceSet, by_uid: bool) -> Vec<Range<usize>> {
        let Some(selected) = &self.selected else {
            return Vec::new();
        };
        let view = &selected.view;
        let last = match by_uid {
            true => view.last().copied().unwrap_or_default(),
            false => view.len() as u32,
        };
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (low, high) in set.0.as_ref().iter().map(|one| bounds(one, last)) {
            let range = match by_uid {
                true => {
                    view.partition_point(|&uid| uid < low)..view.partition_point(|&uid| uid <= high)
                }
                false => (low as usize - 1).min(view.len())..(high as usize).min(view.len()),
            };
            if !range.is_empty() {
                ranges.push(range);
            }
        }
        ranges.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in ranges {
            match merged.last_mut() {
                Some(before) if range.start <= before.end => {
                    before.end = before.end.max(range.end);
                }
                _ => merged.push(range),
            }
        }
        merged
    }

    fn search(
        &mut self,
        charset: Option<&Charset<'_>>,
        criteria: &[SearchKey<'_>],
        uid: bool,
    ) -> Answer {
        let known = charset.is_none_or(|charset| {
            let name = charset.as_ref();
            name.eq_ignore_ascii_case("UTF-8") || name.eq_ignore_ascii_case("US-ASCII")
        });
        if !known {
            return no("[BADCHARSET (UTF-8)] insieme di caratteri sconosciuto");
        }
        let user = self.user();
        let Some(selected) = &self.selected else {
            return bad("prima SELECT");
        };
        let view = &selected.view;
        let find = |folder: &mut Folder| {
            let mut found = String::new();
            for (number, one) in (1u32..).zip(view) {
                let Some(message) = folder.find(*one) else {
                    continue;
                };
                let place = search::Place {
                    number,
                    count: view.len() as u32,
                    last_uid: view.last().copied().unwrap_or_default(),
                    message,
                };
                if criteria.iter().all(|key| place.fits(key)) {
                    let _ = write!(found, " {}", if uid { *one } else { number });
                }
            }
            found
        };
        let found = self.provider.store().with(&user, &selected.name, find);
        self.say(&format!("* SEARCH{}", found.unwrap_or_default()));
        ok("fatto")
    }

    fn store(
        &mut self,
        set: &SequenceSet,
        kind: StoreType,
        response: StoreResponse,
        flags: &[Flag<'_>],
        uid: bool,
    ) -> Answer {
        let places = self.resolve(set, uid);
        let (user, given) = (self.user(), flags_of(flags));
        let Some(selected) = &self.selected else {
            return bad("prima SELECT");
        };
        if selected.read_only {
            return no("aperta in sola lettura");
        }
        let change = |flags: Flags| match kind {
            StoreType::Replace => given,
            StoreType::Add => Flags(flags.0 | given.0),
            StoreType::Remove => Flags(flags.0 & !given.0),
        };
        let mut lines = String::new();
        let view = &selected.view;
        let act = |folder: &mut Folder| {
            for at in places.into_iter().flatten() {
                if let Ok(Some(flags)) = folder.mark(view[at], change)
                    && response == StoreResponse::Answer
                {
                    let own = if uid {
                        format!("UID {} ", view[at])
                    } else {
                        String::new()
                    };
                    let names = fetch::flag_names(flags);
                    let _ = write!(lines, "* {} FETCH ({own}FLAGS ({names}))\r\n", at + 1);
                }
            }
        };
        let done = self.provider.store().with(&user, &selected.name, act);
        self.out.extend_from_slice(lines.as_bytes());
        match done {
            Some(()) => ok("fatto"),
            None => no("[NONEXISTENT] la cartella non c'e' piu'"),
        }
    }

    fn copy(&mut self, set: &SequenceSet, to: &str, uid: bool) -> Answer {
        let places = self.resolve(set, uid);
        let user = self.user();
        let store = self.provider.store();
        let Some(selected) = &self.selected else {
            return bad("prima SELECT");
        };
        if store.with(&user, to, |_| ()).is_none() {
            return no("[TRYCREATE] nessuna cartella con questo nome");
        }
        for at in places.into_iter().flatten() {
            let find = |folder: &mut Folder| folder.find(selected.view[at]).cloned();
            if let Some(Some(one)) = store.with(&user, &selected.name, find)
                && store
                    .deliver(&user, to, &one.octets, one.at, one.flags)
                    .is_err()
            {
                return no("non si puo' scrivere");
            }
        }
        ok("fatto")
    }

    fn expunge(&mut self, only: impl Fn(u32) -> bool) {
        let user = self.user();
        if let Some(selected) = &self.selected
            && !selected.read_only
        {
            let act = |folder: &mut Folder| folder.expunge(only);
            let _ = self.provider.store().with(&user, &selected.name, act);
            self.provider.store().touch();
        }
    }
}

/// What the tag would be of something that is no command (RFC 3501, 7.1.3: `*` without one).
fn tag_of(octets: &[u8]) -> String {
    let tag: Vec<u8> = octets
        .iter()
        .copied()
        .take_while(|octet| octet.is_ascii_alphanumeric() || b".-_".contains(octet))
        .take(64)
        .collect();
    match tag.is_empty() {
        true => "*".to_owned(),
        false => String::from_utf8_lossy(&tag).into_owned(),
    }
}

/// RFC 3501, 7.4.1: no EXPUNGE while a command with sequence numbers is answered.
fn is_by_number(body: &CommandBody<'_>) -> bool {
    matches!(
        body,
        CommandBody::Fetch { uid: false, .. }
            | CommandBody::Store { uid: false, .. }
            | CommandBody::Search { uid: false, .. }
    )
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

fn name_of(mailbox: &Mailbox<'_>) -> String {
    match mailbox {
        Mailbox::Inbox => INBOX.to_owned(),
        Mailbox::Other(other) => String::from_utf8_lossy(other.as_ref()).into_owned(),
    }
}

/// A quoted string (RFC 3501, 4.3); names that are kept are printable ASCII.
fn quoted(text: &str) -> String {
    let plain = text.chars().filter(|c| (' '..='~').contains(c));
    let mut out = String::from('"');
    for letter in plain {
        if matches!(letter, '"' | '\\') {
            out.push('\\');
        }
        out.push(letter);
    }
    out + "\""
}

fn flags_of(flags: &[Flag<'_>]) -> Flags {
    let known = flags.iter().filter_map(|flag| {
        let name = flag.to_string();
        Flags::ALL
            .iter()
            .find(|(.., own)| own.eq_ignore_ascii_case(&name))
    });
    Flags(known.fold(0, |bits, (flag, ..)| bits | flag.0))
}

/// Both ends of a range, the lower first; `*` is the last number in use (RFC 3501, 9).
fn bounds(sequence: &Sequence, last: u32) -> (u32, u32) {
    let number = |one: &SeqOrUid| match one {
        SeqOrUid::Value(number) => number.get(),
        SeqOrUid::Asterisk => last.max(1),
    };
    let (a, b) = match sequence {
        Sequence::Single(one) => (number(one), number(one)),
        Sequence::Range(a, b) => (number(a), number(b)),
    };
    (a.min(b), a.max(b))
}

/// Whether a name fits a pattern of LIST: `*` is anything, `%` anything within one level.
///
/// One walk that goes back to the last wildcard, so that no pattern takes long.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    let mut wide: Option<(usize, usize)> = None;
    loop {
        let step = match (pattern.get(p), name.get(n)) {
            (Some(b'*'), _) => {
                wide = Some((p, n));
                back = None;
                p += 1;
                continue;
            }
            (Some(b'%'), _) => {
                back = Some((p, n));
                p += 1;
                continue;
            }
            (None, None) => return true,
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        };
        if step {
            (p, n) = (p + 1, n + 1);
            continue;
        }
        let longer = |(at, taken): (usize, usize)| {
            let next = *name.get(taken)?;
            (pattern[at] == b'*' || next != SEPARATOR as u8).then_some((at, taken + 1))
        };
        if let Some(grown) = back.and_then(longer) {
            back = Some(grown);
            (p, n) = (grown.0 + 1, grown.1);
        } else if let Some(grown) = wide.and_then(longer) {
            wide = Some(grown);
            back = None;
            (p, n) = (grown.0 + 1, grown.1);
        } else {
            return false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_list_know_levels() {
        for (pattern, name, fits) in [
            ("*", "INBOX.Inviata", true),
            ("%", "INBOX.Inviata", false),
            ("%", "INBOX", true),
            ("INBOX.%", "INBOX.Inviata", true),
            ("INBOX.%", "INBOX.a.b", false),
            ("INBOX.*", "INBOX.a.b", true),
            ("*.b", "INBOX.a.b", true),
            ("%.%", "INBOX.a", true),
            ("%.%", "INBOX.a.b", false),
            ("inbox", "INBOX", true),
            ("", "INBOX", false),
            ("*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                fits,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn what_is_no_command_has_the_tag_that_it_begins_with() {
        assert_eq!(tag_of(b"a1 FOO\r\n"), "a1");
        assert_eq!(tag_of(b"\x00\xff\r\n"), "*");
    }
}
