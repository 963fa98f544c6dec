//! Reaching the servers of an account: names, TLS, login, folders, space; each once.
//!
//! A login that was refused is not tried again, at the other server neither: some providers lock
//! an account after a few wrong ones.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::net::IpAddr;

use super::Failure;
use super::check::Check;
use super::servers::{self, Servers};
use crate::account::{Account, Protocol, SentCopy};
use crate::client;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::secret::Secret;
use crate::transport::{Endpoint, Error, Folder, Login, Mailbox, Manner, Roots};

/// Part of the allowed space from which on it is called nearly full, in percent.
const NEARLY_FULL: u64 = 90;

/// Folders shown by name.
const SHOWN_FOLDERS: usize = 12;

/// What was found at both servers. `password` is asked for when names and authorities are known
/// to be right; its failure leaves the rest undone.
pub(super) fn checks(
    account: &Account,
    (servers, manner): (&Servers, &Manner),
    lang: Lang,
    password: impl FnOnce() -> Result<Secret, Failure>,
) -> Vec<Check> {
    let mut found = Vec::new();
    let imap_known = name(&account.imap, Protocol::Imap, servers, lang, &mut found);
    let smtp_known = name(&account.smtp, Protocol::Smtp, servers, lang, &mut found);
    let roots = match account.roots() {
        Ok(roots) => roots,
        Err(error) => {
            let failure = super::configuration::failure(&error, lang);
            found.push(Check::of_failure("account.ca-file", lang, &failure));
            return found;
        }
    };
    if !imap_known && !smtp_known {
        return found;
    }
    let login = match password() {
        Ok(password) => {
            found.push(Check::ok("account.password", lang, "password-ok", &[]));
            account.login(password)
        }
        Err(failure) => {
            found.push(Check::of_failure("account.password", lang, &failure));
            return found;
        }
    };
    let visit = Visit {
        account,
        servers,
        manner,
        lang,
        roots,
        login,
    };
    let refused = imap_known && visit.imap(&mut found).is_err();
    if refused {
        found.push(Check::skipped(
            "smtp.login",
            lang,
            "login-not-repeated",
            &[],
        ));
    } else if smtp_known {
        visit.smtp(&mut found);
    }
    found
}

/// Whether the name has an address, or was not looked at because it is one.
fn name(
    endpoint: &Endpoint,
    protocol: Protocol,
    servers: &Servers,
    lang: Lang,
    found: &mut Vec<Check>,
) -> bool {
    let id = match protocol {
        Protocol::Imap => "imap.name",
        Protocol::Smtp => "smtp.name",
    };
    match (servers.resolve)(endpoint) {
        Ok(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
            let values = [
                ("host", &*endpoint.host),
                ("addresses", &addresses.join(", ")),
            ];
            found.push(Check::ok(id, lang, "name-ok", &values));
            true
        }
        Err(error) => {
            let failure = servers::failure(&error, endpoint);
            found.push(Check::of_failure(id, lang, &failure));
            false
        }
    }
}

struct Visit<'a> {
    account: &'a Account,
    servers: &'a Servers,
    manner: &'a Manner,
    lang: Lang,
    roots: Roots,
    login: Login,
}

/// The login was refused.
struct LoginRefused;

impl Visit<'_> {
    fn imap(&self, found: &mut Vec<Check>) -> Result<(), LoginRefused> {
        let endpoint = &self.account.imap;
        let ids = ["imap.tls", "imap.login"];
        match (self.servers.mailbox)(endpoint, &self.roots, &self.login, self.manner) {
            Ok(mut mailbox) => {
                self.reached(ids, endpoint, found);
                self.folders(&mut *mailbox, found);
                self.quota(&mut *mailbox, found);
                Ok(())
            }
            Err(error) => self.not_reached(ids, endpoint, &error, found),
        }
    }

    fn smtp(&self, found: &mut Vec<Check>) {
        let endpoint = &self.account.smtp;
        let ids = ["smtp.tls", "smtp.login"];
        match (self.servers.submission)(endpoint, &self.roots, &self.login, self.manner) {
            Ok(submission) => {
                self.reached(ids, endpoint, found);
                found.push(match submission.size_limit() {
                    Some(octets) => {
                        let size = Catalogue::of(self.lang).size(octets);
                        Check::ok("smtp.size", self.lang, "size-ok", &[("size", &size)])
                    }
                    None => Check::ok("smtp.size", self.lang, "size-unknown", &[]),
                });
            }
            // Nothing comes after it that would try again.
            Err(error) => drop(self.not_reached(ids, endpoint, &error, found)),
        }
    }

    fn reached(&self, [tls, login]: [&'static str; 2], at: &Endpoint, found: &mut Vec<Check>) {
        let server = at.to_string();
        found.push(Check::ok(tls, self.lang, "tls-ok", &[("server", &server)]));
        let values = [("server", &*server), ("user", &self.account.user)];
        found.push(Check::ok(login, self.lang, "login-ok", &values));
    }

    fn not_reached(
        &self,
        [tls, login]: [&'static str; 2],
        at: &Endpoint,
        error: &Error,
        found: &mut Vec<Check>,
    ) -> Result<(), LoginRefused> {
        let failure = servers::failure(error, at);
        let (id, result) = match error {
            Error::LoginRefused(_) => (login, Err(LoginRefused)),
            Error::Refused { .. } => (login, Ok(())),
            Error::NotOffered(what) if *what != "STARTTLS" => (login, Ok(())),
            Error::Resolve { .. }
            | Error::Connect { .. }
            | Error::Tls { .. }
            | Error::Roots(_)
            | Error::Silent
            | Error::Broken(_)
            | Error::NotOffered(_)
            | Error::Protocol(_)
            | Error::Injection(_)
            | Error::Unnumbered
            | Error::Held(_)
            | Error::SenderRefused(_) => (tls, Ok(())),
        };
        if id == login {
            let server = at.to_string();
            found.push(Check::ok(tls, self.lang, "tls-ok", &[("server", &server)]));
        }
        found.push(Check::of_failure(id, self.lang, &failure));
        result
    }

    fn folders(&self, mailbox: &mut dyn Mailbox, found: &mut Vec<Check>) {
        let folders = match mailbox.folders() {
            Ok(folders) => folders,
            Err(error) => {
                let failure = servers::failure(&error, &self.account.imap);
                found.push(Check::of_failure("imap.folders", self.lang, &failure));
                return;
            }
        };
        let missing: Vec<&str> = self
            .account
            .folders
            .iter()
            .filter(|wanted| !is_there(&folders, wanted))
            .map(String::as_str)
            .collect();
        let read = client::folders_to_read(&folders, &self.account.folders);
        let not_read = client::folders_not_read(&folders, &read);
        let (count, names) = (
            Catalogue::of(self.lang).number(folders.len()),
            names(&folders),
        );
        let values = [
            ("count", &*count),
            ("names", &names),
            ("missing", &missing.join(", ")),
            ("not-read", &names_of(&not_read)),
        ];
        let check = match (missing.is_empty(), not_read.is_empty()) {
            (true, true) => Check::ok("imap.folders", self.lang, "folders-ok", &values),
            (true, false) => Check::ok("imap.folders", self.lang, "folders-not-read", &values),
            (false, _) => Check::failed("imap.folders", self.lang, "folders-missing", &values),
        };
        found.push(check.with_not_read(not_read));
        let odd = mailbox.odd_folders();
        if !odd.is_empty() {
            let lines = odd.join("; ");
            let values = [("lines", &*lines)];
            let check = Check::warning("imap.folder-list", self.lang, "folders-odd", &values);
            found.push(check);
        }
        found.push(self.sent_folder(&folders));
    }

    fn sent_folder(&self, folders: &[Folder]) -> Check {
        let id = "imap.sent-folder";
        let marked = folders.iter().find(|folder| folder.sent);
        let marked = marked.map_or("", |folder| &*folder.name);
        match &self.account.sent_copy {
            SentCopy::NotFiled => Check::ok(id, self.lang, "sent-not-filed", &[]),
            SentCopy::Folder(name) => {
                let values = [("folder", &**name), ("marked", marked)];
                match (is_there(folders, name), marked.is_empty()) {
                    (true, _) => Check::ok(id, self.lang, "sent-ok", &values),
                    (false, true) => Check::warning(id, self.lang, "sent-missing", &values),
                    (false, false) => Check::warning(id, self.lang, "sent-elsewhere", &values),
                }
            }
            SentCopy::WhereMarked if marked.is_empty() => {
                let values = [("names", &*names(folders))];
                Check::warning(id, self.lang, "sent-unmarked", &values)
            }
            SentCopy::WhereMarked => Check::ok(id, self.lang, "sent-ok", &[("folder", marked)]),
        }
    }

    fn quota(&self, mailbox: &mut dyn Mailbox, found: &mut Vec<Check>) {
        let id = "imap.quota";
        found.push(match mailbox.quota() {
            Ok(None) => Check::ok(id, self.lang, "quota-unknown", &[]),
            Ok(Some(quota)) => {
                let free = quota.limit.saturating_sub(quota.used);
                let texts = Catalogue::of(self.lang);
                let (free, limit) = (texts.size(free), texts.size(quota.limit));
                let values = [("free", &*free), ("limit", &*limit)];
                let full =
                    quota.used.saturating_mul(100) >= quota.limit.saturating_mul(NEARLY_FULL);
                match full {
                    true => Check::warning(id, self.lang, "quota-low", &values),
                    false => Check::ok(id, self.lang, "quota-ok", &values),
                }
            }
            Err(error) => {
                let failure = servers::failure(&error, &self.account.imap);
                Check::of_failure(id, self.lang, &failure)
            }
        });
    }
}

/// Whether there is a folder of this name that can be opened; INBOX in any case (RFC 3501, 5.1).
fn is_there(folders: &[Folder], name: &str) -> bool {
    let is_inbox = |text: &str| text.eq_ignore_ascii_case("INBOX");
    folders
        .iter()
        .filter(|folder| folder.selectable)
        .any(|folder| folder.name == name || is_inbox(&folder.name) && is_inbox(name))
}

fn names(folders: &[Folder]) -> String {
    let names: Vec<String> = folders.iter().map(|folder| folder.name.clone()).collect();
    names_of(&names)
}

/// The first names of many.
pub(super) fn names_of(names: &[String]) -> String {
    let shown = names.iter().map(String::as_str).take(SHOWN_FOLDERS);
    let more = (names.len() > SHOWN_FOLDERS).then_some("…");
    shown.chain(more).collect::<Vec<_>>().join(", ")
}

/// The exit status of a command that makes only these checks: the worst one.
pub(super) fn status(checks: &[Check]) -> ExitStatus {
    let each = checks.iter().map(|check| check.status);
    each.fold(ExitStatus::Yes, ExitStatus::worse)
}

#[cfg(test)]
mod tests {
    use std::ops::RangeInclusive;
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::account::Config;
    use crate::transport::{
        Came, Censor, Envelope, Fetched, FolderState, Quota, Reply, Stop, Submission,
        SubmissionReport, Summary, Waited,
    };

    /// A mailbox with four folders and little space.
    #[derive(Default)]
    struct Scripted {
        /// Lines of LIST from which no folder is read.
        odd: Vec<String>,
    }

    impl Mailbox for Scripted {
        fn folders(&mut self) -> Result<Vec<Folder>, Error> {
            let folder = |name: &str, sent| Folder {
                name: name.to_owned(),
                separator: Some(".".to_owned()),
                selectable: true,
                sent,
            };
            Ok(vec![
                folder("INBOX", false),
                folder("INBOX.Inviata", true),
                folder("INBOX.Ricevute", false),
                folder("INBOX.Archivio", false),
            ])
        }
        fn odd_folders(&self) -> &[String] {
            &self.odd
        }
        fn examine(&mut self, _: &str) -> Result<FolderState, Error> {
            Err(Error::NotOffered("EXAMINE"))
        }
        fn uids(&mut self, _: RangeInclusive<u32>) -> Result<Vec<u32>, Error> {
            Err(Error::NotOffered("SEARCH"))
        }
        fn summaries(&mut self, _: RangeInclusive<u32>, _: &[&str]) -> Came<Summary> {
            Came::default()
        }
        fn fetch(&mut self, _: &[u32]) -> Came<Fetched> {
            Came::default()
        }
        fn search_header(&mut self, _: &'static str, _: &str) -> Result<Vec<u32>, Error> {
            Err(Error::NotOffered("SEARCH"))
        }
        fn append(&mut self, _: &str, _: &[u8]) -> Result<(), Error> {
            Err(Error::NotOffered("APPEND"))
        }
        fn quota(&mut self) -> Result<Option<Quota>, Error> {
            Ok(Some(Quota {
                used: 950_000_000,
                limit: 1_000_000_000,
            }))
        }
        fn wait(&mut self, _: Duration, _: Duration, _: &Stop) -> Result<Waited, Error> {
            Ok(Waited::Stopped)
        }
        fn octets_on_the_wire(&self) -> (u64, u64) {
            (0, 0)
        }
    }

    impl Submission for Scripted {
        fn submit(
            &mut self,
            _: &Envelope,
            _: &[u8],
            _: &mut dyn FnMut() -> Result<(), String>,
        ) -> SubmissionReport {
            unreachable!("nothing is sent")
        }
        fn size_limit(&self) -> Option<u64> {
            Some(104_857_600)
        }
    }

    fn refused() -> Error {
        Error::LoginRefused(Reply {
            code: 535,
            text: Censor::none().text("no\u{1b}[31m"),
        })
    }

    const GOOD: Servers = Servers {
        resolve: |_| Ok(vec![IpAddr::from([127, 0, 0, 1])]),
        mailbox: |_, _, _, _| Ok(Box::new(Scripted::default())),
        submission: |_, _, _, _| Ok(Box::new(Scripted::default())),
    };

    fn account(more: &str) -> Account {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("config.toml");
        let text =
            format!("[account.a]\naddress = \"a@b.example\"\nimap = \"i\"\nsmtp = \"s\"\n{more}\n");
        std::fs::write(&file, text).expect("a file");
        let config = Config::load(Path::new(&file)).expect("a configuration");
        config.account(None).expect("an account").clone()
    }

    fn states(account: &Account, servers: &Servers) -> Vec<(&'static str, &'static str)> {
        let found = checks(account, (servers, &Manner::default()), Lang::En, || {
            Ok(Secret::new("segreto".to_owned()))
        });
        for check in &found {
            assert!(!check.text.contains('\u{1b}') && !check.text.contains("segreto"));
            let advice = check.end.advice().map(String::as_str);
            assert!(!matches!(advice, Some("" | "…")), "{check:?}");
        }
        let states = found.iter().map(|check| (check.id, check.end.word().0));
        states.collect()
    }

    fn state(states: &[(&'static str, &'static str)], id: &str) -> Option<&'static str> {
        let found = states.iter().find(|(known, _)| *known == id);
        found.map(|(_, state)| *state)
    }

    #[test]
    fn a_good_account_is_looked_at_from_end_to_end() {
        let found = states(&account("folders = [\"INBOX.Ricevute\", \"inbox\"]"), &GOOD);
        let names: Vec<&str> = found.iter().map(|(id, _)| *id).collect();
        assert_eq!(
            names,
            [
                "imap.name",
                "smtp.name",
                "account.password",
                "imap.tls",
                "imap.login",
                "imap.folders",
                "imap.sent-folder",
                "imap.quota",
                "smtp.tls",
                "smtp.login",
                "smtp.size"
            ]
        );
        let not_ok: Vec<&str> = found
            .iter()
            .filter(|(_, state)| *state != "state.ok")
            .map(|(id, _)| *id)
            .collect();
        assert_eq!(not_ok, ["imap.quota"]);
    }

    #[test]
    fn a_refused_login_is_not_repeated_at_the_other_server() {
        let servers = Servers {
            mailbox: |_, _, _, _| Err(refused()),
            submission: |_, _, _, _| unreachable!("a second login"),
            ..GOOD
        };
        let found = states(&account(""), &servers);
        assert_eq!(state(&found, "imap.tls"), Some("state.ok"));
        assert_eq!(state(&found, "imap.login"), Some("state.failed"));
        assert_eq!(state(&found, "smtp.login"), Some("state.skipped"));
    }

    #[test]
    fn a_server_that_is_away_does_not_hide_the_other() {
        let servers = Servers {
            mailbox: |_, _, _, _| Err(Error::Broken("away".to_owned())),
            submission: |_, _, _, _| Err(refused()),
            ..GOOD
        };
        let found = states(&account(""), &servers);
        assert_eq!(state(&found, "imap.tls"), Some("state.failed"));
        assert_eq!(state(&found, "smtp.login"), Some("state.failed"));
        let found = checks(
            &account(""),
            (&servers, &Manner::default()),
            Lang::En,
            || Ok(Secret::new("segreto".to_owned())),
        );
        assert_eq!(status(&found), ExitStatus::Refused);
    }

    #[test]
    fn without_an_address_nobody_is_asked_for_a_password() {
        let servers = Servers {
            resolve: |endpoint| {
                Err(Error::Resolve {
                    host: endpoint.host.clone(),
                    reason: "unknown".to_owned(),
                })
            },
            ..GOOD
        };
        let found = checks(
            &account(""),
            (&servers, &Manner::default()),
            Lang::It,
            || unreachable!("a password"),
        );
        assert_eq!(found.len(), 2);
        assert_eq!(status(&found), ExitStatus::NotNow);
    }

    #[test]
    fn lines_of_which_no_folder_can_be_read_are_told() {
        let servers = Servers {
            mailbox: |_, _, _, _| {
                let odd = vec!["() \"/\" INBOX/Da\tOggetto".to_owned()];
                Ok(Box::new(Scripted { odd }))
            },
            ..GOOD
        };
        let odd = states(&account(""), &servers);
        assert_eq!(state(&odd, "imap.folder-list"), Some("state.warning"));
        assert_eq!(state(&odd, "imap.folders"), Some("state.ok"));
        let good = states(&account(""), &GOOD);
        assert_eq!(state(&good, "imap.folder-list"), None);
    }

    #[test]
    fn folders_that_are_not_there_are_named() {
        for (more, id, expected) in [
            ("folders = [\"Ricevute\"]", "imap.folders", "state.failed"),
            ("", "imap.sent-folder", "state.ok"),
            (
                "sent_folder = \"INBOX.Inviata\"",
                "imap.sent-folder",
                "state.ok",
            ),
            (
                "sent_folder = \"Inviata\"",
                "imap.sent-folder",
                "state.warning",
            ),
            ("file_sent_copy = false", "imap.sent-folder", "state.ok"),
        ] {
            let found = states(&account(more), &GOOD);
            assert_eq!(state(&found, id), Some(expected), "{more}");
        }
    }

    #[test]
    fn folders_that_are_not_read_are_named_without_that_of_sent_mail() {
        let servers = Servers {
            mailbox: |_, _, _, _| Ok(Box::new(Scripted::default())),
            ..GOOD
        };
        let not_read = |more: &str| {
            let found = checks(
                &account(more),
                (&servers, &Manner::default()),
                Lang::En,
                || Ok(Secret::new("segreto".to_owned())),
            );
            let check = found.into_iter().find(|check| check.id == "imap.folders");
            check.expect("a check").not_read.expect("a list")
        };
        assert_eq!(not_read(""), ["INBOX.Archivio"]);
        let empty: [&str; 0] = [];
        assert_eq!(not_read("folders = [\"INBOX.Archivio\"]"), empty);
    }
}
