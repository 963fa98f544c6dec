//! Sending and reading with real servers: Dovecot and Postfix (see `tests/support/servers.rs`).
//! Skipped, with a line that says so, where they are not installed.

mod support;

use std::time::Duration;

use postacert::account::Keep;
use postacert::client::{self, Judge, SyncReport};
use postacert::ledger::ModSeq;
use postacert::secret::Secret;
use postacert::transport::imap::ImapMailbox;
use postacert::transport::smtp::SmtpSubmission;
use postacert::transport::{
    Endpoint, Envelope, Error, Login, Mailbox, Security, Stop, Submission, SubmissionOutcome,
    Timeouts, Waited,
};
use support::sender::{Desk, account};
use support::servers::{self, Servers};

const BOTH: [Security; 2] = [Security::Tls, Security::StartTls];

fn send(
    servers: &Servers,
    to: &Endpoint,
    recipients: &[&str],
    message: &[u8],
) -> (Vec<u16>, SubmissionOutcome) {
    let login = servers.login("mittente@pec.example.it");
    let connected = SmtpSubmission::connect(to, &servers.roots(), &login, Timeouts::default());
    let mut connection = connected.expect("logged in");
    let envelope = Envelope {
        sender: "mittente@pec.example.it".to_owned(),
        recipients: recipients.iter().map(ToString::to_string).collect(),
    };
    let report = connection.submit(&envelope, message, &mut || Ok(()));
    connection.quit();
    let codes = report.recipients.iter().flatten().map(|reply| reply.code);
    (codes.collect(), report.outcome)
}

fn open(servers: &Servers, user: &str, security: Security) -> ImapMailbox {
    let endpoint = servers.imap(security);
    let login = servers.login(user);
    let connected = ImapMailbox::connect(&endpoint, &servers.roots(), &login, Timeouts::default());
    connected.expect("logged in")
}

/// A message in which lines begin with dots, end it falsely, and are long.
fn awkward(subject: &str) -> Vec<u8> {
    let long = "x".repeat(990);
    let lines = format!(
        "From: mittente@pec.example.it\r\nDate: Sun, 22 Nov 2026 10:00:00 +0100\r\n\
         Subject: {subject}\r\nMessage-ID: <{subject}@pec.example.it>\r\n\r\n.\r\n..\r\n...\r\n\
         .un punto\r\n{long}\r\n.{long}\r\nQUIT\r\n\r\n.\r\n \r\n\t\r\n\r\n\r\n"
    );
    lines.into_bytes()
}

#[test]
fn what_is_sent_arrives_octet_for_octet() {
    let Some(servers) = servers::running() else {
        return;
    };
    let large = {
        let mut large = awkward("grande");
        large.extend_from_slice(b".riga di prova\r\nun'altra\r\n".repeat(40_000).as_slice());
        large
    };
    let mut user = 0;
    for security in BOTH {
        for endpoint in [
            servers.submission(security),
            servers.dovecot_submission(security),
        ] {
            for message in [&awkward("piccolo"), &large] {
                user += 1;
                let to = format!("ottetti{user}@pec.example.it");
                let (codes, outcome) = send(servers, &endpoint, &[&to], message);
                assert_eq!(codes, [250]);
                assert!(
                    matches!(outcome, SubmissionOutcome::Taken(_)),
                    "{outcome:?}"
                );
                servers.settle();
                let mut mailbox = open(servers, &to, security);
                assert_eq!(mailbox.examine("INBOX").unwrap().exists, 1);
                let fetched = mailbox.fetch(&[1]).whole().unwrap();
                // The servers put their lines before it.
                assert!(fetched[0].octets.ends_with(message), "{endpoint}");
                assert_eq!(servers.delivered(&to).len(), 1);
            }
        }
    }
}

#[test]
fn each_recipient_has_an_answer() {
    let Some(servers) = servers::running() else {
        return;
    };
    for endpoint in [
        servers.submission(Security::Tls),
        servers.dovecot_submission(Security::Tls),
    ] {
        let to = format!("risposte{}@pec.example.it", endpoint.port);
        let recipients = [
            &to,
            "rifiutato@altrove.example",
            "temporaneo@altrove.example",
        ];
        let (codes, outcome) = send(servers, &endpoint, &recipients, &awkward("risposte"));
        assert_eq!(codes, [250, 550, 451]);
        assert!(
            matches!(outcome, SubmissionOutcome::Taken(_)),
            "{outcome:?}"
        );
        let (_, outcome) = send(servers, &endpoint, &recipients[1..], &awkward("no"));
        assert!(
            matches!(&outcome, SubmissionOutcome::Refused(r) if r.code == 550),
            "{outcome:?}"
        );
        servers.settle();
        assert_eq!(servers.delivered(&to).len(), 1);
    }
}

#[test]
fn what_is_held_or_refused_never_arrives() {
    let Some(servers) = servers::running() else {
        return;
    };
    let to = "trattenuto@pec.example.it";
    let login = servers.login("mittente@pec.example.it");
    for endpoint in [
        servers.submission(Security::Tls),
        servers.dovecot_submission(Security::Tls),
    ] {
        let connected =
            SmtpSubmission::connect(&endpoint, &servers.roots(), &login, Timeouts::default());
        let mut connection = connected.expect("logged in");
        assert_eq!(connection.size_limit(), Some(104_857_600));
        let mut envelope = Envelope {
            sender: "mittente@pec.example.it".to_owned(),
            recipients: vec!["rifiutato@altrove.example".to_owned()],
        };
        let message = awkward("trattenuto");
        // Refused once, and the connection serves on.
        let report = connection.submit(&envelope, &message, &mut || panic!("it ran"));
        assert!(matches!(report.outcome, SubmissionOutcome::Refused(_)));
        envelope.recipients = vec![to.to_owned()];
        let report = connection.submit(&envelope, &message, &mut || Ok(()));
        assert!(matches!(report.outcome, SubmissionOutcome::Taken(_)));
        let report = connection.submit(&envelope, &message, &mut || Err("no".to_owned()));
        assert!(matches!(
            report.outcome,
            SubmissionOutcome::NotSent(Error::Held(_))
        ));
    }
    servers.settle();
    assert_eq!(servers.delivered(to).len(), 2);
}

#[test]
fn a_wrong_password_is_refused() {
    let Some(servers) = servers::running() else {
        return;
    };
    let login = Login {
        user: "mittente@pec.example.it".to_owned(),
        password: Secret::new("sbagliata".to_owned()),
    };
    let (roots, timeouts) = (servers.roots(), Timeouts::default());
    for security in BOTH {
        for endpoint in [
            servers.submission(security),
            servers.dovecot_submission(security),
        ] {
            let tried = SmtpSubmission::connect(&endpoint, &roots, &login, timeouts);
            let error = tried.err().expect("refused");
            assert!(
                matches!(&error, Error::LoginRefused(r) if r.code == 535),
                "{error:?}"
            );
        }
        let tried = ImapMailbox::connect(&servers.imap(security), &roots, &login, timeouts);
        let error = tried.err().expect("refused");
        assert!(
            matches!(&error, Error::LoginRefused(r) if r.text.contains("AUTHENTICATIONFAILED")),
            "{error:?}"
        );
    }
}

#[test]
fn a_mailbox_is_read_and_stays_as_it_was() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = "lettore@pec.example.it";
    let messages = [awkward("uno"), awkward("due"), awkward("tre")];
    servers.deliver(user, &messages);
    let mut mailbox = open(servers, user, Security::Tls);
    let folders = mailbox.folders().unwrap();
    let sent: Vec<&str> = folders
        .iter()
        .filter(|f| f.sent)
        .map(|f| f.name.as_str())
        .collect();
    assert_eq!(sent, ["Posta inviata"]);
    let state = mailbox.examine("INBOX").unwrap();
    assert_eq!((state.exists, state.uid_next), (3, Some(4)));
    let summaries = mailbox
        .summaries(1..=u32::MAX, &["Subject"])
        .whole()
        .unwrap();
    assert_eq!(summaries.len(), 3);
    assert_eq!(summaries[1].header, b"Subject: due\r\n\r\n");
    assert_eq!(summaries[1].size, messages[1].len() as u64);
    let later = mailbox
        .summaries(4..=u32::MAX, &["Subject"])
        .whole()
        .unwrap();
    assert_eq!(later, []);
    let fetched = mailbox.fetch(&[3, 1, 9]).whole().unwrap();
    assert_eq!(fetched.len(), 2);
    assert_eq!(fetched[0].octets, messages[0]);
    assert_eq!(fetched[1].octets, messages[2]);
    assert!(fetched[0].internal_date.is_some());
    let found = mailbox
        .search_header("Message-ID", "<due@pec.example.it>")
        .unwrap();
    assert_eq!(found, [2]);
    let found = mailbox
        .search_header("Message-ID", "<\"nessuno\"@pec.example.it>")
        .unwrap();
    assert_eq!(found, [] as [u32; 0]);
    let quota = mailbox.quota().unwrap().expect("it is offered");
    assert_eq!(quota.limit, 1 << 30);
    assert!(mailbox.notes().is_empty(), "{:?}", mailbox.notes());
    let (read, written) = mailbox.octets_on_the_wire();
    assert!(read > written && written > 100, "{read} {written}");
    mailbox.log_out();
    // Nobody saw anything: Dovecot writes flags behind ":2,".
    let mut again = open(servers, user, Security::Tls);
    assert_eq!(again.examine("INBOX").unwrap().exists, 3);
}

#[test]
fn a_copy_is_filed_in_a_folder_with_any_name() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = "archivio@pec.example.it";
    let mut mailbox = open(servers, user, Security::Tls);
    let error = mailbox
        .append("Già & \"così\"", &awkward("copia"))
        .unwrap_err();
    assert!(matches!(&error, Error::Refused { reply, .. } if reply.text.contains("TRYCREATE")));
    mailbox.append("Posta inviata", &awkward("copia")).unwrap();
    assert_eq!(mailbox.examine("Posta inviata").unwrap().exists, 1);
    assert_eq!(
        mailbox.fetch(&[1]).whole().unwrap()[0].octets,
        awkward("copia")
    );
}

#[test]
fn who_waits_is_told() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = "attesa@pec.example.it";
    let mut mailbox = open(servers, user, Security::Tls);
    mailbox.examine("INBOX").unwrap();
    let (limit, poll) = (Duration::from_secs(20), Duration::from_secs(1));
    let slice = Duration::from_millis(1);
    assert_eq!(
        mailbox.wait(slice, poll, &Stop::default()).unwrap(),
        Waited::Elapsed
    );
    let sender = std::thread::spawn(move || servers.deliver(user, [awkward("arrivo")]));
    assert_eq!(
        mailbox.wait(limit, poll, &Stop::default()).unwrap(),
        Waited::News
    );
    sender.join().unwrap();
    let summaries = mailbox
        .summaries(1..=u32::MAX, &["Subject"])
        .whole()
        .unwrap();
    assert_eq!(summaries.len(), 1);
}

#[test]
fn a_large_mailbox_is_listed() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = "grande@pec.example.it";
    servers.deliver(user, (0..2000).map(|n| awkward(&n.to_string())));
    let mut mailbox = open(servers, user, Security::Tls);
    assert_eq!(mailbox.examine("INBOX").unwrap().exists, 2000);
    let summaries = mailbox
        .summaries(1..=u32::MAX, &["Subject"])
        .whole()
        .unwrap();
    assert_eq!(summaries.len(), 2000);
    for (n, summary) in summaries.iter().enumerate() {
        let expected = format!("Subject: {n}\r\n\r\n");
        assert_eq!(summary.header, expected.as_bytes());
    }
    let uids: Vec<u32> = (1..=2000).collect();
    assert_eq!(mailbox.fetch(&uids).whole().unwrap().len(), 2000);
}

/// A reading of INBOX: what it found, and how many octets it took in both directions.
fn read(servers: &Servers, user: &str, desk: &mut Desk) -> (SyncReport, u64, u64) {
    let mut mailbox = open(servers, user, Security::Tls);
    let before = mailbox.octets_on_the_wire();
    let now = desk.now;
    let judge = Judge {
        account: &account(),
        verifier: &desk.verifier,
        keep: Keep::All,
    };
    let folders = ["INBOX".to_owned()];
    let (ledger, tell) = (&mut desk.ledger, &mut |_| {});
    let report = client::sync(ledger, judge, &mut mailbox, &folders, &|| now, tell);
    let (read, written) = mailbox.octets_on_the_wire();
    mailbox.log_out();
    let report = report.expect("it is read");
    (report, read - before.0, written - before.1)
}

#[test]
fn nothing_new_costs_one_round_trip_and_less_than_two_thousand_octets() {
    let Some(servers) = servers::running() else {
        return;
    };
    let user = "fermo@pec.example.it";
    let mut desk = Desk::new();
    servers.deliver(user, (0..600).map(|n| awkward(&n.to_string())));
    assert_eq!(read(servers, user, &mut desk).0.looked_at, 600);
    let reading = desk.ledger.reading(&account(), "INBOX").unwrap();
    let number = reading.expect("it was read").mod_seq;
    assert!(matches!(number, ModSeq::At(_)), "{number:?}");
    // One command, of some thirty octets: a second one would be about as long.
    let is_one = |written: u64| written < 40;
    for _ in 0..2 {
        let (report, read, written) = read(servers, user, &mut desk);
        println!("nothing new in a folder: {read} octets read, {written} written");
        assert_eq!((report.folders, report.looked_at), (1, 0));
        assert!(
            is_one(written) && read + written < 2_000,
            "{read} {written}"
        );
    }
    // One that came is read, one that is marked or gone makes us ask; then all is quiet again.
    let mark = || {
        let file = servers.files(user).swap_remove(3);
        let marked = file.to_string_lossy().replace("/new/", "/cur/") + ":2,F";
        std::fs::rename(&file, marked).expect("one file system");
    };
    type Change<'a> = &'a dyn Fn();
    let changes: [(&str, Change<'_>, usize, usize); 3] = [
        ("came", &|| servers.deliver(user, [awkward("nuovo")]), 1, 1),
        ("is marked", &mark, 0, 1),
        (
            "is gone",
            &|| std::fs::remove_file(&servers.files(user)[5]).expect("a file"),
            0,
            2,
        ),
    ];
    for (what, change, found, until_quiet) in changes {
        change();
        for turn in 0..=until_quiet {
            let (report, _, written) = read(servers, user, &mut desk);
            let looked_at = if turn == 0 { found } else { 0 };
            assert_eq!(report.looked_at, looked_at, "{what} {turn}");
            assert_eq!(is_one(written), turn == until_quiet, "{what} {turn}");
        }
    }
}
