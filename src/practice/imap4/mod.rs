//! The IMAP server (RFC 3501): enough for our own client and for common mail programs.
//!
//! Commands are parsed by `imap-codec`; answers are written here, because its dates need a
//! package that nothing else needs. With IDLE (RFC 2177), UIDPLUS (RFC 4315), SPECIAL-USE
//! (RFC 6154), QUOTA (RFC 9208), SASL-IR (RFC 4959) and UNSELECT (RFC 3691). A session sees the
//! messages that it was told of; changes of flags by other sessions are not told.

mod fetch;
mod folder;
mod message;
mod search;
mod sequence;
mod structure;

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use base64_simd::STANDARD;
use imap_codec::CommandCodec;
use imap_codec::decode::{CommandDecodeError, Decoder};
use imap_codec::imap_types::IntoStatic;
use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::command::{Command, CommandBody};
use imap_codec::imap_types::core::LiteralMode;
use imap_codec::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_codec::imap_types::mailbox::Mailbox;
use rustls::ServerConfig;

use super::mailbox::INBOX;
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
                match STANDARD.decode_to_vec(line.trim_ascii()) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_command_has_the_tag_that_it_begins_with() {
        assert_eq!(tag_of(b"a1 FOO\r\n"), "a1");
        assert_eq!(tag_of(b"\x00\xff\r\n"), "*");
    }
}
