//! Reading a mailbox by IMAP from a server that does as it is told: what it may say, and what
//! becomes of it. Real servers are in `tests/servers.rs`.

mod support;

use std::time::{Duration, Instant};

use postacert::secret::Secret;
use postacert::transport::imap::ImapMailbox;
use postacert::transport::{
    Endpoint, Error, FolderState, Login, Mailbox, Quota, Roots, Security, Stop, Timeouts, TlsFault,
    Waited,
};
use support::scripted::{Peer, Scripted};
use support::tls;

const POLL: Duration = Duration::from_millis(400);

fn login_of(user: &str, password: &str) -> Login {
    Login {
        user: user.to_owned(),
        password: Secret::new(password.to_owned()),
    }
}

fn connect_as(endpoint: &Endpoint, login: &Login) -> Result<ImapMailbox, Error> {
    let patience = Duration::from_secs(20);
    let timeouts = Timeouts {
        connect: patience,
        answer: patience,
        verdict: patience,
    };
    ImapMailbox::connect(endpoint, &Roots::BuiltInAnd(tls::root()), login, timeouts)
}

fn connect(endpoint: &Endpoint) -> Result<ImapMailbox, Error> {
    connect_as(endpoint, &login_of("mittente@pec.example.it", "segreto"))
}

/// A mailbox at a server that does this after the login, and what the test does with it.
fn with<T>(
    script: impl FnOnce(&mut Peer) + Send + 'static,
    test: impl FnOnce(&mut ImapMailbox) -> T,
) -> T {
    offering("IDLE QUOTA", script, test)
}

fn offering<T>(
    capabilities: &'static str,
    script: impl FnOnce(&mut Peer) + Send + 'static,
    test: impl FnOnce(&mut ImapMailbox) -> T,
) -> T {
    let server = Scripted::start(Security::Tls, move |peer| {
        peer.imap_login(capabilities);
        script(peer);
    });
    let mut mailbox = connect(&server.endpoint()).expect("logged in");
    let result = test(&mut mailbox);
    drop(mailbox);
    server.finish();
    result
}

fn refused_by(script: impl FnOnce(&mut Peer) + Send + 'static) -> Error {
    let server = Scripted::start(Security::Tls, script);
    let error = connect(&server.endpoint()).err().expect("refused");
    server.finish();
    error
}

const EXAMINED: &str = "* 2 EXISTS\n* OK [UIDVALIDITY 7] x\n* OK [UIDNEXT 9] x\nTAG OK done";

fn search(mailbox: &mut ImapMailbox) -> Result<Vec<u32>, Error> {
    mailbox.search_header("Message-ID", "<a@b>")
}

// What a server may say at any time.

#[test]
fn a_warning_of_quota_disturbs_nothing_and_is_noted() {
    const ALERT: &str = "NO [ALERT] Mailbox is at 97% of quota";
    let notes = offering(
        "",
        |peer| {
            peer.imap(
                "EXAMINE \"INBOX\"",
                &format!("* FLAGS (\\Seen)\n* {ALERT}\n{EXAMINED}"),
            );
            peer.hear("UID FETCH 1 ");
            peer.say(&format!("* {ALERT}"));
            peer.say_octets(b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\n");
            peer.say("TAG OK done");
            peer.imap(
                "NOOP",
                &format!("* {ALERT}\n* OK [ALERT] spento stasera\nTAG OK done"),
            );
        },
        |mailbox| {
            assert_eq!(
                mailbox.examine("INBOX").unwrap(),
                FolderState {
                    uid_validity: 7,
                    uid_next: Some(9),
                    exists: 2,
                    mod_seq: None
                }
            );
            assert_eq!(mailbox.fetch(&[1]).whole().unwrap()[0].octets, b"abc");
            let waited = mailbox.wait(POLL, POLL, &Stop::default()).unwrap();
            assert_eq!(waited, Waited::Elapsed);
            mailbox.notes()
        },
    );
    assert_eq!(notes, [ALERT, ALERT, ALERT, "[ALERT] spento stasera"]);
}

#[test]
fn texts_need_not_be_ascii() {
    with(
        |peer| {
            peer.imap(
                "UID SEARCH",
                "* OK perché no\n* SEARCH 4\nTAG OK fatto, così è",
            );
            peer.hear("UID SEARCH");
            peer.say_octets(b"* OK perch\xe8 no\r\n* SEARCH 5\r\n");
            peer.say("TAG OK");
            peer.hear("UID SEARCH");
            peer.say("TAG NO [SERVERBUG] perché no");
        },
        |mailbox| {
            assert_eq!(search(mailbox).unwrap(), [4]);
            assert_eq!(search(mailbox).unwrap(), [5]);
            let error = search(mailbox).unwrap_err();
            assert!(
                matches!(&error, Error::Refused { what: "SEARCH", reply }
                    if reply.text == "[SERVERBUG] perché no"),
                "{error:?}"
            );
        },
    );
}

#[test]
fn what_is_not_known_is_left_out_and_noted() {
    let notes = with(
        |peer| {
            peer.hear("UID SEARCH");
            peer.say("* XYZZY 1 2\n* 3 XYZZY\n* LIST () \"/\" x\n* OK [XFOO (1 2)] x");
            peer.say_octets(b"* XLITERAL {9}\r\n* SEARCH \r {2}\r\n\r\n z\r\n");
            peer.say("* SEARCH 4\n* 3 RECENT\n* 1 FETCH (FLAGS (\\Seen))\nTAG OK done");
        },
        |mailbox| {
            assert_eq!(search(mailbox).unwrap(), [4]);
            mailbox.notes()
        },
    );
    assert_eq!(
        notes,
        [
            "* XYZZY 1 2",
            "* 3 XYZZY",
            "* LIST () \"/\" x",
            "* XLITERAL {9}"
        ]
    );
}

#[test]
fn goodbye_is_the_end() {
    with(
        |peer| peer.imap("UID SEARCH", "* BYE spento per manutenzione"),
        |mailbox| {
            let error = search(mailbox).unwrap_err();
            assert!(
                matches!(&error, Error::Broken(r) if r.contains("manutenzione")),
                "{error:?}"
            );
            let error = search(mailbox).unwrap_err();
            assert!(matches!(error, Error::Broken(_)), "{error:?}");
        },
    );
}

#[test]
fn what_came_whole_before_goodbye_is_still_good() {
    with(
        |peer| {
            peer.hear("UID SEARCH");
            peer.say_octets(b"* SEARCH 4\r\na2 OK done\r\n* BYE spento\r\n");
        },
        |mailbox| {
            assert_eq!(search(mailbox).unwrap(), [4]);
            let error = search(mailbox).unwrap_err();
            assert!(matches!(error, Error::Broken(_)), "{error:?}");
        },
    );
}

#[test]
fn an_answer_before_its_command_ends_the_session() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1] prova");
        peer.hear("LOGIN");
        peer.say_octets(b"a1 OK [CAPABILITY IMAP4rev1] in\r\n* SEARCH 4\r\na2 OK presto\r\n");
    });
    let mut mailbox = connect(&server.endpoint()).expect("logged in");
    let error = search(&mut mailbox).unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    server.finish();
}

#[test]
fn answers_to_somebody_else_end_the_session() {
    for answer in [
        "zz OK done",
        "* SEARCH 99999999999\nTAG OK done",
        "TAG PERHAPS",
        "? ?",
    ] {
        with(
            move |peer| peer.imap("UID SEARCH", answer),
            |mailbox| {
                let error = search(mailbox).unwrap_err();
                assert!(matches!(error, Error::Protocol(_)), "{answer}: {error:?}");
                let error = search(mailbox).unwrap_err();
                assert!(matches!(error, Error::Broken(_)), "{answer}: {error:?}");
            },
        );
    }
}

#[test]
fn lines_and_literals_have_bounds() {
    with(
        |peer| {
            peer.hear("UID FETCH");
            peer.say("* 1 FETCH (UID 1 BODY[] {150000001}");
            peer.hear_end();
        },
        |mailbox| {
            let error = mailbox.fetch(&[1]).whole().unwrap_err();
            assert!(
                matches!(&error, Error::Protocol(r) if r.contains("150000001")),
                "{error:?}"
            );
        },
    );
    with(
        |peer| {
            peer.hear("UID FETCH");
            peer.say("* 1 FETCH (UID 1 BODY[] {99999999999999999999999}");
            peer.hear_end();
        },
        |mailbox| {
            let error = mailbox.fetch(&[1]).whole().unwrap_err();
            assert!(matches!(error, Error::Protocol(_)), "{error:?}");
        },
    );
    with(
        |peer| {
            peer.hear("UID SEARCH");
            for _ in 0..100 {
                peer.say_octets(&[b' '; 65536]);
            }
        },
        |mailbox| {
            let error = search(mailbox).unwrap_err();
            assert!(
                matches!(&error, Error::Protocol(r) if r.contains("line")),
                "{error:?}"
            );
        },
    );
}

// The state of a folder.

#[test]
fn the_number_of_the_last_change_is_told_by_who_numbers_changes() {
    const STATE: &str = "* 2 EXISTS\n* OK [UIDVALIDITY 7] x\n* OK [UIDNEXT 9] x";
    for (capabilities, lines, told) in [
        ("CONDSTORE", "* OK [HIGHESTMODSEQ 12] x", Some(12)),
        ("QRESYNC", "* ok [HighestModSeq 12]", Some(12)),
        (
            "CONDSTORE",
            "* OK [HIGHESTMODSEQ 9223372036854775807] x",
            Some(u64::MAX >> 1),
        ),
        // It did not say that it can.
        ("IDLE", "* OK [HIGHESTMODSEQ 12] x", None),
        ("CONDSTORE", "* OK [NOMODSEQ] not kept", None),
        (
            "CONDSTORE",
            "* OK [HIGHESTMODSEQ 12] x\n* OK [NOMODSEQ] no",
            None,
        ),
        ("CONDSTORE", "* OK [HIGHESTMODSEQ 0] x", None),
        ("CONDSTORE", "* OK [HIGHESTMODSEQ -1] x", None),
        (
            "CONDSTORE",
            "* OK [HIGHESTMODSEQ 99999999999999999999] x",
            None,
        ),
        ("CONDSTORE", "* OK [HIGHESTMODSEQ] x", None),
        ("CONDSTORE", "* OK x", None),
    ] {
        let answer = format!("{STATE}\n{lines}\nTAG OK done");
        let command = match capabilities {
            "IDLE" => "EXAMINE \"INBOX\"\r\n",
            _ => "EXAMINE \"INBOX\" (CONDSTORE)\r\n",
        };
        let state = offering(
            capabilities,
            move |peer| peer.imap(command, &answer),
            |mailbox| mailbox.examine("INBOX").unwrap(),
        );
        let number = state.mod_seq.map(std::num::NonZeroU64::get);
        assert_eq!(number, told, "{capabilities} {lines}");
        assert_eq!((state.exists, state.uid_next), (2, Some(9)));
    }
    // Without all the others it tells nothing.
    for lines in [
        "* OK [UIDVALIDITY 7] x\n* OK [UIDNEXT 9] x",
        "* 2 EXISTS\n* OK [UIDVALIDITY 7] x",
    ] {
        let answer = format!("{lines}\n* OK [HIGHESTMODSEQ 12] x\nTAG OK done");
        let state = offering(
            "CONDSTORE",
            move |peer| peer.imap("EXAMINE", &answer),
            |mailbox| mailbox.examine("INBOX").unwrap(),
        );
        assert_eq!(state.mod_seq, None, "{lines}");
    }
    // Nor that of the folder that was open before.
    offering(
        "CONDSTORE",
        |peer| {
            peer.imap("EXAMINE", &format!("* OK [HIGHESTMODSEQ 12] x\n{EXAMINED}"));
            peer.imap("EXAMINE", EXAMINED);
        },
        |mailbox| {
            assert!(mailbox.examine("A").unwrap().mod_seq.is_some());
            assert_eq!(mailbox.examine("B").unwrap().mod_seq, None);
        },
    );
}

#[test]
fn a_server_that_does_not_take_what_it_offers_is_asked_without() {
    const PLAIN: &str = "EXAMINE \"INBOX\"\r\n";
    for refusal in ["TAG BAD what", "TAG NO what"] {
        offering(
            "CONDSTORE",
            move |peer| {
                peer.imap("EXAMINE \"INBOX\" (CONDSTORE)", refusal);
                peer.imap(PLAIN, &format!("* OK [HIGHESTMODSEQ 12] x\n{EXAMINED}"));
                peer.imap(PLAIN, EXAMINED);
            },
            |mailbox| {
                for _ in 0..2 {
                    let state = mailbox.examine("INBOX").unwrap();
                    assert_eq!((state.exists, state.mod_seq), (2, None), "{refusal}");
                }
            },
        );
    }
    // A folder that is not there says nothing about the others.
    offering(
        "CONDSTORE",
        |peer| {
            peer.imap("EXAMINE \"A\" (CONDSTORE)", "TAG NO [NONEXISTENT] no");
            peer.imap("EXAMINE \"A\"\r\n", "TAG NO [NONEXISTENT] no");
            peer.imap("EXAMINE \"INBOX\" (CONDSTORE)", EXAMINED);
        },
        |mailbox| {
            let error = mailbox.examine("A").unwrap_err();
            assert!(matches!(error, Error::Refused { .. }), "{error:?}");
            assert_eq!(mailbox.examine("INBOX").unwrap().exists, 2);
        },
    );
}

// Searching.

#[test]
fn results_of_a_search_come_sorted_from_any_number_of_lines() {
    for (answer, found) in [
        ("* SEARCH", &[][..]),
        ("* SEARCH ", &[]),
        ("* 5 EXISTS", &[]),
        ("* SEARCH 9 2 5", &[2, 5, 9]),
        ("* SEARCH 3 2\n* SEARCH 1 2", &[1, 2, 3]),
        ("* SEARCH 7 ", &[7]),
    ] {
        with(
            move |peer| peer.imap("UID SEARCH", &format!("{answer}\nTAG OK done")),
            |mailbox| assert_eq!(search(mailbox).unwrap(), found, "{answer}"),
        );
    }
}

#[test]
fn a_search_cannot_inject_commands() {
    with(
        |peer| {
            let line = peer.hear("UID SEARCH");
            assert!(
                line.ends_with("UID SEARCH HEADER Message-ID \"<a\\\" ALL\\\\@b>\"\r\n"),
                "{line}"
            );
            peer.say("* SEARCH\nTAG OK done");
            peer.hear_end();
        },
        |mailbox| {
            for text in [
                "<a@b>\"\r\nx DELETE INBOX",
                "a\nb",
                "a\0b",
                "perché",
                "a\u{7f}",
            ] {
                let error = mailbox.search_header("Message-ID", text).unwrap_err();
                assert!(matches!(error, Error::Injection(_)), "{text:?}: {error:?}");
            }
            mailbox
                .search_header("Message-ID", "<a\" ALL\\@b>")
                .unwrap();
        },
    );
}

// Fetching.

#[test]
fn messages_of_other_uids_are_left_out() {
    with(
        |peer| {
            peer.hear("UID FETCH 3,7 (UID INTERNALDATE BODY.PEEK[])");
            for (n, uid, text) in [(9, 8, "x"), (2, 7, "sette"), (1, 3, "tre"), (2, 7, "dopo")] {
                peer.say(&format!(
                    "* {n} FETCH (INTERNALDATE \" 1-Nov-2026 10:00:00 +0100\" UID {uid} BODY[] {{{}}}",
                    text.len()
                ));
                peer.say_octets(format!("{text})\r\n").as_bytes());
            }
            peer.say(
                "* 5 EXISTS\n* 4 FETCH (FLAGS (\\Seen))\n* 4 FETCH (UID 4 FLAGS (così))\nTAG OK done",
            );
            peer.hear(
                "UID FETCH 5:9 (UID RFC822.SIZE BODY.PEEK[HEADER.FIELDS (Subject X-Ricevuta)])",
            );
            // What cannot be given is there all the same.
            peer.say(
                "* 6 FETCH (UID 7 RFC822.SIZE 12 BODY[HEADER.FIELDS (Subject X-Ricevuta)] NIL)",
            );
            for (n, uid) in [(2, 9), (1, 5), (3, 4), (4, 10)] {
                peer.say(&format!(
                    "* {n} FETCH (UID {uid} RFC822.SIZE 1234 BODY[HEADER.FIELDS (Subject X-Ricevuta)] {{4}}"
                ));
                peer.say_octets(b"A:\r\n)\r\n");
            }
            peer.say("TAG OK done");
        },
        |mailbox| {
            let messages = mailbox.fetch(&[7, 3, 7, 0]).whole().unwrap();
            let uids: Vec<u32> = messages.iter().map(|message| message.uid).collect();
            assert_eq!(uids, [3, 7]);
            assert_eq!(messages[1].octets, b"sette");
            // 2026-11-01T09:00:00Z
            assert_eq!(messages[0].internal_date.unwrap().unix(), 1_793_523_600);
            let summaries = mailbox
                .summaries(5..=9, &["Subject", "X-Ricevuta"])
                .whole()
                .unwrap();
            let uids: Vec<u32> = summaries.iter().map(|summary| summary.uid).collect();
            assert_eq!(uids, [5, 7, 9]);
            assert!(summaries[1].header.is_empty());
            assert_eq!(
                (summaries[0].size, &summaries[0].header[..]),
                (1234, &b"A:\r\n"[..])
            );
        },
    );
}

#[test]
fn a_message_may_come_in_any_kind_of_string_or_be_gone() {
    with(
        |peer| {
            peer.hear("UID FETCH 1,2,3,4,5 ");
            peer.say("* 1 FETCH (UID 1 BODY[] NIL)\n* 2 FETCH (UID 2 BODY[] \"due\")");
            peer.say("* 4 FETCH (BODY[] {0}\n UID 4)\n* 5 FETCH (UID 5 BODY[] {14}");
            peer.say_octets(b"a {5}\r\n* BYE\r\n)\r\n");
            peer.say("TAG OK done");
        },
        |mailbox| {
            let messages = mailbox.fetch(&[1, 2, 3, 4, 5]).whole().unwrap();
            let found: Vec<(u32, &[u8])> = messages
                .iter()
                .map(|m| (m.uid, m.octets.as_slice()))
                .collect();
            assert_eq!(
                found,
                [(2, &b"due"[..]), (4, b""), (5, b"a {5}\r\n* BYE\r\n")]
            );
        },
    );
}

#[test]
fn cut_within_a_literal_is_broken() {
    with(
        |peer| {
            peer.hear("UID FETCH");
            peer.say("* 1 FETCH (UID 1 BODY[] {300}");
            peer.say_octets(b"abc");
            peer.cut();
        },
        |mailbox| {
            let error = mailbox.fetch(&[1]).whole().unwrap_err();
            assert!(matches!(error, Error::Broken(_)), "{error:?}");
        },
    );
}

#[test]
fn names_of_fields_cannot_inject_commands() {
    with(Peer::hear_end, |mailbox| {
        for field in ["Subject)\r\nx DELETE INBOX", "A B", ""] {
            let error = mailbox.summaries(1..=2, &[field]).whole().unwrap_err();
            assert!(matches!(error, Error::Injection(_)), "{error:?}");
        }
    });
}

// Folders.

#[test]
fn folders_have_names_marks_and_separators() {
    with(
        |peer| {
            peer.hear("LIST \"\" *");
            peer.say("* LIST (\\HasNoChildren) \"/\" INBOX");
            peer.say("* LIST (\\Sent \\HasNoChildren) \"/\" \"Posta &AOg- inviata\"");
            peer.say("* LIST (\\Noselect) \"\\\\\" \"A\\\"B\"\n* LIST (\\NonExistent) NIL x");
            peer.say("* LIST () \"/\" {5}");
            peer.say_octets(b"A b&c\r\n");
            peer.say_octets("* LIST () \"/\" \"perché\"\r\n".as_bytes());
            peer.say("TAG OK done");
            // A name that is not as the standard wants it goes back as it came.
            let line = peer.hear("EXAMINE");
            assert!(line.ends_with("EXAMINE \"A b&c\"\r\n"), "{line}");
            peer.say(EXAMINED);
            let line = peer.hear("EXAMINE");
            assert!(
                line.ends_with("EXAMINE \"Posta &AOg- inviata\"\r\n"),
                "{line}"
            );
            peer.say("TAG NO [NONEXISTENT] non c'è");
            let line = peer.hear("EXAMINE");
            assert!(line.ends_with("EXAMINE \"A\\\"B\"\r\n"), "{line}");
            peer.say("TAG OK ma senza UIDVALIDITY");
        },
        |mailbox| {
            let folders = mailbox.folders().unwrap();
            let shown: Vec<_> = folders
                .iter()
                .map(|f| {
                    (
                        f.name.as_str(),
                        f.separator.as_deref(),
                        f.selectable,
                        f.sent,
                    )
                })
                .collect();
            assert_eq!(
                shown,
                [
                    ("INBOX", Some("/"), true, false),
                    ("Posta è inviata", Some("/"), true, true),
                    ("A\"B", Some("\\"), false, false),
                    ("x", None, false, false),
                    ("A b&c", Some("/"), true, false),
                    ("perché", Some("/"), true, false),
                ]
            );
            assert_eq!(mailbox.examine("A b&c").unwrap().exists, 2);
            let error = mailbox.examine("Posta è inviata").unwrap_err();
            assert!(
                matches!(
                    error,
                    Error::Refused {
                        what: "EXAMINE",
                        ..
                    }
                ),
                "{error:?}"
            );
            let error = mailbox.examine("A\"B").unwrap_err();
            assert!(matches!(error, Error::Unnumbered), "{error:?}");
            for name in ["", "a\r\nb"] {
                let error = mailbox.examine(name).unwrap_err();
                assert!(matches!(error, Error::Injection(_)), "{error:?}");
            }
        },
    );
}

#[test]
fn marks_are_asked_for_where_they_may_be_kept_back() {
    offering(
        "SPECIAL-USE LIST-EXTENDED",
        |peer| {
            let line = peer.hear("LIST");
            assert!(
                line.ends_with("LIST \"\" * RETURN (SPECIAL-USE)\r\n"),
                "{line}"
            );
            peer.say("TAG OK done");
        },
        |mailbox| assert_eq!(mailbox.folders().unwrap(), []),
    );
}

#[test]
fn a_message_is_filed_as_read() {
    with(
        |peer| {
            let line = peer.hear("APPEND");
            assert!(
                line.ends_with("APPEND \"Inviata &AOg-\" (\\Seen) {6}\r\n"),
                "{line}"
            );
            peer.say("* 5 EXISTS\n+ go");
            assert_eq!(peer.hear_octets(8), b".a\r\nb\n\r\n");
            peer.say("* 6 EXISTS\nTAG OK [APPENDUID 7 9] done");
            peer.hear("APPEND");
            peer.say("* 6 EXISTS\nTAG NO [OVERQUOTA] piena");
            peer.imap("UID SEARCH", "* SEARCH 4\nTAG OK done");
        },
        |mailbox| {
            mailbox.append("Inviata è", b".a\r\nb\n").unwrap();
            let error = mailbox.append("INBOX", b"a\r\n").unwrap_err();
            assert!(
                matches!(&error, Error::Refused { what: "APPEND", reply }
                    if reply.text == "[OVERQUOTA] piena"),
                "{error:?}"
            );
            assert_eq!(search(mailbox).unwrap(), [4]);
        },
    );
}

#[test]
fn the_fullest_quota_counts() {
    for (answer, quota) in [
        (
            "* QUOTAROOT INBOX \"\"\n* QUOTA \"\" (STORAGE 10 512)",
            Some((10, 512)),
        ),
        (
            "* QUOTAROOT INBOX \"a\" \"b\"\n* QUOTA \"a\" (STORAGE 1 100 MESSAGE 2 9)\n* QUOTA \"b\" (STORAGE 90 100)",
            Some((90, 100)),
        ),
        ("* QUOTAROOT INBOX \"\"\n* QUOTA \"\" ()", None),
        ("* QUOTAROOT INBOX", None),
    ] {
        let found = with(
            move |peer| peer.imap("GETQUOTAROOT \"INBOX\"", &format!("{answer}\nTAG OK done")),
            |mailbox| mailbox.quota().unwrap(),
        );
        let expected = quota.map(|(used, limit)| Quota {
            used: used * 1024,
            limit: limit * 1024,
        });
        assert_eq!(found, expected, "{answer}");
    }
    let found = offering("IDLE", Peer::hear_end, |mailbox| {
        let found = mailbox.quota().unwrap();
        drop(mailbox.examine("\n"));
        found
    });
    assert_eq!(found, None);
}

// Waiting.

const LONG: Duration = Duration::from_secs(8);

fn wait(mailbox: &mut ImapMailbox, limit: Duration) -> Result<Waited, Error> {
    mailbox.wait(limit, POLL, &Stop::default())
}

#[test]
fn news_end_a_wait() {
    for news in ["* 3 EXISTS", "* 1 EXPUNGE"] {
        let waited = with(
            move |peer| {
                peer.imap(
                    "IDLE",
                    &format!("+ idling\n* OK Still here\n* 3 RECENT\n{news}"),
                );
                peer.hear("DONE");
                peer.say("TAG OK done");
            },
            |mailbox| wait(mailbox, LONG).unwrap(),
        );
        assert_eq!(waited, Waited::News);
    }
}

#[test]
fn news_before_the_continuation_are_not_lost() {
    let waited = with(
        |peer| {
            peer.imap("IDLE", "* 3 EXISTS\n* NO [ALERT] piena\n+ idling");
            peer.hear("DONE");
            peer.say("TAG OK done");
        },
        |mailbox| wait(mailbox, LONG).unwrap(),
    );
    assert_eq!(waited, Waited::News);
}

#[test]
fn news_while_another_command_runs_are_not_lost() {
    let waited = with(
        |peer| {
            peer.imap("EXAMINE", EXAMINED);
            peer.imap("UID SEARCH", "* SEARCH 1\n* 3 EXISTS\nTAG OK done");
            peer.hear_end();
        },
        |mailbox| {
            mailbox.examine("INBOX").unwrap();
            search(mailbox).unwrap();
            wait(mailbox, LONG).unwrap()
        },
    );
    assert_eq!(waited, Waited::News);
}

#[test]
fn news_as_the_wait_ends_are_not_lost() {
    let waited = with(
        |peer| {
            peer.imap("IDLE", "+ idling");
            peer.hear("DONE");
            peer.say("* 3 EXISTS\nTAG OK done");
        },
        |mailbox| wait(mailbox, POLL).unwrap(),
    );
    assert_eq!(waited, Waited::News);
}

#[test]
fn a_wait_ends_when_its_time_is_over_and_when_somebody_stops_it() {
    let quiet = |peer: &mut Peer| {
        peer.imap("IDLE", "+ idling");
        peer.hear("DONE");
        peer.say("TAG OK done");
        peer.imap("UID SEARCH", "* SEARCH 4\nTAG OK done");
    };
    let waited = with(quiet, |mailbox| {
        let waited = wait(mailbox, POLL).unwrap();
        assert_eq!(search(mailbox).unwrap(), [4]);
        waited
    });
    assert_eq!(waited, Waited::Elapsed);
    let stop = Stop::default();
    let other = stop.clone();
    let server = Scripted::start(Security::Tls, move |peer| {
        peer.imap_login("IDLE");
        peer.imap("IDLE", "+ idling");
        other.ask();
        let asked = Instant::now();
        peer.hear("DONE");
        peer.say("TAG OK done");
        asked.elapsed()
    });
    let mut mailbox = connect(&server.endpoint()).expect("logged in");
    let waited = mailbox.wait(LONG, POLL, &stop).unwrap();
    assert_eq!(waited, Waited::Stopped);
    let took = server.finish();
    assert!(took < Duration::from_secs(2), "{took:?}");
    // It says so from the beginning, too.
    assert_eq!(mailbox.wait(LONG, POLL, &stop).unwrap(), Waited::Stopped);
}

#[test]
fn without_idle_it_asks_again_and_again() {
    let polled = |peer: &mut Peer| {
        peer.imap("NOOP", "TAG OK done");
        peer.imap("NOOP", "* 3 EXISTS\nTAG OK done");
    };
    let waited = offering("QUOTA", polled, |mailbox| wait(mailbox, LONG).unwrap());
    assert_eq!(waited, Waited::News);
    let stop = Stop::default();
    stop.ask();
    let waited = offering("QUOTA", Peer::hear_end, |mailbox| {
        let waited = mailbox.wait(LONG, LONG, &stop).unwrap();
        drop(mailbox.examine("\n"));
        waited
    });
    assert_eq!(waited, Waited::Stopped);
}

#[test]
fn goodbye_or_a_cut_while_idling_is_broken() {
    for (last, words) in [
        ("* BYE autologout", "autologout"),
        ("", "closed by the server"),
    ] {
        with(
            move |peer| {
                peer.imap("IDLE", &format!("+ idling\n{last}"));
                peer.close();
            },
            |mailbox| {
                let error = wait(mailbox, LONG).unwrap_err();
                assert!(
                    matches!(&error, Error::Broken(r) if r.contains(words)),
                    "{error:?}"
                );
            },
        );
    }
}

#[test]
fn idle_refused_is_refused_and_nothing_panics() {
    for answer in ["TAG NO not now", "TAG BAD what"] {
        with(
            move |peer| peer.imap("IDLE", answer),
            |mailbox| {
                let error = wait(mailbox, LONG).unwrap_err();
                assert!(
                    matches!(error, Error::Refused { what: "IDLE", .. }),
                    "{error:?}"
                );
            },
        );
    }
    with(
        |peer| peer.imap("IDLE", "TAG OK done before it began"),
        |mailbox| {
            let error = wait(mailbox, LONG).unwrap_err();
            assert!(matches!(error, Error::Protocol(_)), "{error:?}");
        },
    );
}

// Logging in.

#[test]
fn a_login_is_refused_with_the_words_of_the_server() {
    let error = refused_by(|peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1] prova");
        peer.hear("LOGIN \"mittente@pec.example.it\" \"segreto\"");
        peer.say("TAG NO [AUTHENTICATIONFAILED] credenziali errate, perché scadute");
        peer.hear_end();
    });
    let Error::LoginRefused(reply) = &error else {
        panic!("{error:?}");
    };
    assert_eq!(
        (reply.code, reply.text.as_str()),
        (
            0,
            "[AUTHENTICATIONFAILED] credenziali errate, perché scadute"
        )
    );
}

#[test]
fn a_secret_that_a_server_repeats_is_not_repeated() {
    const SENT: &str = "LOGIN \"mittente@pec.example.it\" \"segreto\"";
    let no = |words: &str| format!("TAG NO {words}");
    for (answer, expected) in [
        (no(&format!("Unknown: {SENT}")), "Unknown: LOGIN ***\""),
        (
            no(&format!("Unknown: {}", &SENT[..38])),
            "Unknown: LOGIN ***",
        ),
        (
            no("[AUTHENTICATIONFAILED] segreto"),
            "[AUTHENTICATIONFAILED] ***",
        ),
        (no("AHNlZ3JldG8="), "***"),
    ] {
        let error = refused_by(move |peer| {
            peer.say("* OK [CAPABILITY IMAP4rev1] prova");
            peer.hear(SENT);
            peer.say(&answer);
        });
        let Error::LoginRefused(reply) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(reply.text, expected);
    }
    for (answer, expected) in [
        (
            "* BYE segreto is wrong",
            "ended by the server: *** is wrong",
        ),
        ("?? segreto", "?? ***"),
    ] {
        let error = refused_by(move |peer| {
            peer.say("* OK [CAPABILITY IMAP4rev1] prova");
            peer.hear(SENT);
            peer.say(answer);
        });
        assert!(error.to_string().ends_with(expected), "{error}");
        let error = refused_by(move |peer| peer.say(answer));
        assert!(!error.to_string().contains("segreto"), "{error}");
    }
    // In a warning, which is kept as a note, and in an answer to another command.
    with(
        |peer| {
            let answer = "* NO segreto is weak\n* X-ODD segreto\nTAG BAD segreto";
            peer.imap("UID SEARCH", answer);
        },
        |mailbox| {
            let error = search(mailbox).unwrap_err();
            assert_eq!(error.to_string(), "SEARCH: ***");
            assert_eq!(mailbox.notes(), ["NO *** is weak", "* X-ODD ***"]);
        },
    );
}

#[test]
fn a_login_that_cannot_be_checked_now_is_not_a_wrong_password() {
    for code in ["UNAVAILABLE", "INUSE", "LIMIT"] {
        let error = refused_by(move |peer| {
            peer.say("* OK [CAPABILITY IMAP4rev1] prova");
            peer.hear("LOGIN");
            peer.say(&format!("TAG NO [{code}] dopo"));
        });
        assert!(
            matches!(error, Error::Refused { what: "LOGIN", .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_server_where_nobody_may_log_in_gets_no_password() {
    let error = refused_by(|peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] prova");
        peer.hear_end();
    });
    assert!(matches!(error, Error::NotOffered(_)), "{error:?}");
}

#[test]
fn what_login_cannot_say_goes_by_sasl() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.say("* OK prova");
        peer.imap(
            "CAPABILITY",
            "* CAPABILITY IMAP4rev1 AUTH=PLAIN\nTAG OK done",
        );
        peer.hear("AUTHENTICATE PLAIN");
        peer.say("+ ");
        assert_eq!(peer.hear(""), "AHVubwBwZXJjaMOp\r\n");
        peer.say("TAG OK in");
        peer.imap(
            "CAPABILITY",
            "* CAPABILITY IMAP4rev1 AUTH=PLAIN QUOTA\nTAG OK done",
        );
    });
    connect_as(&server.endpoint(), &login_of("uno", "perché")).expect("logged in");
    server.finish();
    let server = Scripted::start(Security::Tls, |peer| {
        peer.say("* OK [CAPABILITY IMAP4rev1] prova");
        peer.hear_end();
    });
    let tried = connect_as(&server.endpoint(), &login_of("uno", "perché")).err();
    let needed = matches!(tried, Some(Error::NotOffered(what)) if what.starts_with("AUTH=PLAIN"));
    assert!(needed, "{tried:?}");
    server.finish();
    for (user, password) in [("uno\r\nx DELETE INBOX", "segreto"), ("uno", "a\0b")] {
        let server = Scripted::start(Security::Tls, |peer| {
            peer.say("* OK [CAPABILITY IMAP4rev1] prova");
            peer.hear_end();
        });
        let tried = connect_as(&server.endpoint(), &login_of(user, password));
        assert!(matches!(tried.err(), Some(Error::Injection(_))));
        server.finish();
    }
}

#[test]
fn a_server_that_does_not_want_us() {
    let error = refused_by(|peer| peer.say("* BYE troppi"));
    assert!(
        matches!(&error, Error::Refused { reply, .. } if reply.text == "troppi"),
        "{error:?}"
    );
    for greeting in ["* PREAUTH chiunque", "220 prova ESMTP"] {
        let error = refused_by(move |peer| peer.say(greeting));
        assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    }
    let error = refused_by(|peer| peer.say_octets(&[b'*'; 20_000]));
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

// TLS.

#[test]
fn a_certificate_under_an_unknown_authority_ends_it_before_a_word() {
    let server = Scripted::start(Security::Tls, Peer::hear_end);
    let login = login_of("mittente@pec.example.it", "segreto");
    let timeouts = Timeouts::default();
    let tried = ImapMailbox::connect(&server.endpoint(), &Roots::BuiltIn, &login, timeouts);
    let error = tried.err().expect("refused");
    assert!(
        matches!(
            error,
            Error::Tls {
                fault: TlsFault::Certificate,
                ..
            }
        ),
        "{error:?}"
    );
    server.finish();
}

#[test]
fn start_tls_comes_before_the_login() {
    let server = Scripted::start(Security::StartTls, |peer| {
        // What was said in the clear is not believed.
        peer.say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] prova");
        peer.hear("STARTTLS");
        peer.say("* OK un momento\nTAG OK go");
        peer.start_tls();
        peer.imap("CAPABILITY", "* CAPABILITY IMAP4rev1\nTAG OK done");
        peer.imap("LOGIN", "TAG OK [CAPABILITY IMAP4rev1 IDLE] in");
    });
    connect(&server.endpoint()).expect("logged in");
    server.finish();
}

#[test]
fn start_tls_not_offered_ends_it_before_the_login() {
    for answer in ["TAG NO no", "TAG BAD what"] {
        let server = Scripted::start(Security::StartTls, move |peer| {
            peer.say("* OK [CAPABILITY IMAP4rev1] prova");
            peer.imap("STARTTLS", answer);
            peer.hear_end();
        });
        let error = connect(&server.endpoint()).err().expect("refused");
        assert!(matches!(error, Error::NotOffered("STARTTLS")), "{error:?}");
        server.finish();
    }
}

#[test]
fn octets_injected_before_tls_end_it() {
    let server = Scripted::start(Security::StartTls, |peer| {
        peer.say("* OK prova");
        peer.hear("STARTTLS");
        peer.say_octets(b"s1 OK go\r\n* CAPABILITY IMAP4rev1\r\na1 OK finto\r\n");
        peer.start_tls();
    });
    let error = connect(&server.endpoint()).err().expect("refused");
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    server.finish();
}
