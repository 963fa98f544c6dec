//! Submission by SMTP against a server that does as it is told: what becomes of a message in
//! every way that a conversation can end. Real servers are in `tests/servers.rs`.

mod support;

use std::time::Duration;

use postacert::secret::Secret;
use postacert::transport::smtp::SmtpSubmission;
use postacert::transport::{
    Endpoint, Envelope, Error, Login, Reply, Roots, Security, Stop, Submission, SubmissionOutcome,
    SubmissionReport, Timeouts, TlsFault,
};
use support::scripted::{Peer, Scripted};
use support::tls;

const MESSAGE: &[u8] = b"Subject: prova\r\n\r\n.un punto\r\n..due\r\n.\r\nfine\r\n";

fn timeouts() -> Timeouts {
    let patience = Duration::from_secs(20);
    Timeouts {
        connect: patience,
        answer: patience,
        verdict: patience,
    }
}

fn connect_with(endpoint: &Endpoint, timeouts: Timeouts) -> Result<SmtpSubmission, Error> {
    let login = Login {
        user: "mittente@pec.example.it".to_owned(),
        password: Secret::new("segreto".to_owned()),
    };
    let roots = Roots::BuiltInAnd(tls::root());
    SmtpSubmission::connect(endpoint, &roots, &login, timeouts)
}

fn connect(endpoint: &Endpoint) -> Result<SmtpSubmission, Error> {
    connect_with(endpoint, timeouts())
}

fn refused_by(script: impl FnOnce(&mut Peer) + Send + 'static) -> Error {
    let server = Scripted::start(Security::Tls, script);
    let error = connect(&server.endpoint()).err().expect("refused");
    server.finish();
    error
}

fn envelope(recipients: &[&str]) -> Envelope {
    Envelope {
        sender: "mittente@pec.example.it".to_owned(),
        recipients: recipients.iter().map(ToString::to_string).collect(),
    }
}

fn submit(connection: &mut SmtpSubmission, recipients: &[&str]) -> SubmissionReport {
    connection.submit(&envelope(recipients), MESSAGE, &mut || Ok(()))
}

/// One message to one recipient, at a server that does this after the login.
fn one(script: impl FnOnce(&mut Peer) + Send + 'static) -> SubmissionReport {
    to(&["uno@pec.example.it"], script)
}

fn to(recipients: &[&str], script: impl FnOnce(&mut Peer) + Send + 'static) -> SubmissionReport {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_login("PIPELINING\nSIZE 1000000");
        script(peer);
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    let report = submit(&mut connection, recipients);
    drop(connection);
    server.finish();
    report
}

/// One message to one recipient, whose dot is answered so.
fn verdict(answer: &'static [u8]) -> SubmissionOutcome {
    let report = one(move |peer| {
        peer.smtp_transaction(1);
        assert_eq!(peer.hear_message(), MESSAGE);
        peer.say_octets(answer);
    });
    report.outcome
}

fn codes(report: &SubmissionReport) -> Vec<u16> {
    let code = |reply: &Option<Reply>| reply.as_ref().map_or(0, |reply| reply.code);
    report.recipients.iter().map(code).collect()
}

// What is taken.

#[test]
fn a_message_taken_arrives_octet_for_octet() {
    let outcome = verdict(b"250 2.0.0 accodato\r\n");
    let SubmissionOutcome::Taken(reply) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((reply.code, reply.text.as_str()), (250, "2.0.0 accodato"));
}

#[test]
fn every_shape_of_line_is_stuffed_and_nothing_else() {
    let shapes: [&[u8]; 5] = [
        b".\r\n",
        b"..\r\n.\r\n\r\n",
        b"a.\r\n.b\r\n",
        b"\r\n\r\n",
        b".a\r\n",
    ];
    let long = [b"x".repeat(200_000), b"\r\n.\r\n".to_vec()].concat();
    let blocks = b".0123456789\r\n".repeat(20_000);
    let mut messages: Vec<Vec<u8>> = shapes.iter().map(|shape| shape.to_vec()).collect();
    messages.extend([long, blocks]);
    let expected = messages.clone();
    let server = Scripted::start(Security::Tls, move |peer| {
        peer.smtp_login("PIPELINING");
        for message in expected {
            peer.smtp_transaction(1);
            assert_eq!(peer.hear_message(), message);
            peer.say("250 ok");
        }
        peer.hear("QUIT");
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    for message in &messages {
        let to = envelope(&["uno@pec.example.it"]);
        let report = connection.submit(&to, message, &mut || Ok(()));
        assert!(
            matches!(report.outcome, SubmissionOutcome::Taken(_)),
            "{report:?}"
        );
    }
    connection.quit();
    server.finish();
}

#[test]
fn commands_leave_together_where_the_server_takes_them_so() {
    let report = to(&["uno@pec.example.it", "due@pec.example.it"], |peer| {
        let commands = "MAIL FROM:<mittente@pec.example.it> SIZE=45\r\n\
            RCPT TO:<uno@pec.example.it>\r\nRCPT TO:<due@pec.example.it>\r\nDATA\r\n";
        assert_eq!(MESSAGE.len(), 45);
        assert_eq!(peer.hear_octets(commands.len()), commands.as_bytes());
        peer.hear_nothing();
        peer.say("250 ok\n250 ok\n250 ok\n354 go");
        peer.hear_message();
        peer.say("250 ok");
    });
    assert!(
        matches!(report.outcome, SubmissionOutcome::Taken(_)),
        "{report:?}"
    );
}

#[test]
fn commands_leave_one_by_one_without_pipelining() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_login("8BITMIME");
        for (command, answer) in [
            ("MAIL FROM:<mittente@pec.example.it>\r\n", "250 ok"),
            ("RCPT TO:<uno@pec.example.it>\r\n", "250 ok"),
            ("RCPT TO:<due@pec.example.it>\r\n", "550 no"),
            ("DATA\r\n", "354 go"),
        ] {
            assert_eq!(peer.hear(""), command);
            peer.hear_nothing();
            peer.say(answer);
        }
        peer.hear_message();
        peer.say("250 ok");
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    let report = submit(
        &mut connection,
        &["uno@pec.example.it", "due@pec.example.it"],
    );
    assert_eq!(codes(&report), [250, 550]);
    assert!(
        matches!(report.outcome, SubmissionOutcome::Taken(_)),
        "{report:?}"
    );
    server.finish();
}

#[test]
fn data_is_not_asked_for_when_all_are_refused_one_by_one() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_login("");
        peer.hear("MAIL");
        peer.say("250 ok");
        peer.hear("RCPT");
        peer.say("550 no");
        peer.hear("RSET");
        peer.say("250 ok");
        peer.hear_end();
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    let report = submit(&mut connection, &["uno@pec.example.it"]);
    assert!(
        matches!(report.outcome, SubmissionOutcome::Refused(_)),
        "{report:?}"
    );
    drop(connection);
    server.finish();
}

#[test]
fn many_recipients_leave_in_groups() {
    let recipients: Vec<String> = (0..120).map(|n| format!("r{n}@pec.example.it")).collect();
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let report = to(&recipients, |peer| {
        peer.hear("MAIL");
        (0..49).for_each(|_| drop(peer.hear("RCPT")));
        peer.hear_nothing();
        (0..50).for_each(|_| peer.say("250 ok"));
        (0..50).for_each(|_| drop(peer.hear("RCPT")));
        peer.hear_nothing();
        (0..50).for_each(|_| peer.say("250 ok"));
        (0..21).for_each(|_| drop(peer.hear("RCPT")));
        peer.hear("DATA");
        (0..20).for_each(|_| peer.say("250 ok"));
        peer.say("550 no\n354 go");
        peer.hear_message();
        peer.say("250 ok");
    });
    assert!(
        matches!(report.outcome, SubmissionOutcome::Taken(_)),
        "{report:?}"
    );
    assert_eq!(codes(&report)[..119], [250; 119]);
    assert_eq!(codes(&report)[119], 550);
}

#[test]
fn one_of_three_refused_does_not_stop_the_others() {
    let three = [
        "uno@pec.example.it",
        "due@pec.example.it",
        "tre@pec.example.it",
    ];
    let report = to(&three, |peer| {
        peer.hear("MAIL");
        (0..3).for_each(|_| drop(peer.hear("RCPT")));
        peer.hear("DATA");
        peer.say("250 ok\n250 ok\n550 5.1.1 casella inesistente\n451 4.2.0 dopo\n354 go");
        peer.hear_message();
        peer.say("250 ok");
    });
    assert!(
        matches!(report.outcome, SubmissionOutcome::Taken(_)),
        "{report:?}"
    );
    assert_eq!(codes(&report), [250, 550, 451]);
    let refused = report.recipients[1].as_ref().unwrap();
    assert_eq!(refused.text, "5.1.1 casella inesistente");
}

// What is refused.

#[test]
fn greylisting_at_rcpt_is_refused_and_the_connection_goes_on() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_login("PIPELINING");
        peer.hear("MAIL");
        peer.hear("RCPT");
        peer.hear("DATA");
        peer.say("250 ok\n450 4.2.0 greylisted\n554 5.5.1 no valid recipients");
        peer.hear("RSET");
        peer.say("250 ok");
        peer.smtp_transaction(1);
        peer.hear_message();
        peer.say("250 ok");
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    let report = submit(&mut connection, &["uno@pec.example.it"]);
    let SubmissionOutcome::Refused(reply) = &report.outcome else {
        panic!("{report:?}");
    };
    assert_eq!(reply.code, 450);
    assert!(reply.is_transient());
    assert_eq!(codes(&report), [450]);
    let report = submit(&mut connection, &["uno@pec.example.it"]);
    assert!(
        matches!(report.outcome, SubmissionOutcome::Taken(_)),
        "{report:?}"
    );
    server.finish();
}

#[test]
fn refused_at_mail_says_nothing_of_the_recipients() {
    let report = one(|peer| {
        peer.hear("MAIL");
        peer.hear("RCPT");
        peer.hear("DATA");
        peer.say("452 4.3.1 pieno\n503 5.5.1 MAIL first\n503 5.5.1 RCPT first");
        peer.hear("RSET");
        peer.say("250 ok");
    });
    let SubmissionOutcome::Refused(reply) = &report.outcome else {
        panic!("{report:?}");
    };
    assert_eq!(reply.code, 452);
    assert_eq!(report.recipients, [None]);
}

#[test]
fn a_refusal_of_the_sender_is_told_from_one_of_the_message() {
    let at_mail = |answer: &'static str| {
        one(move |peer| {
            peer.hear("MAIL");
            peer.hear("RCPT");
            peer.hear("DATA");
            peer.say(&format!("{answer}\n503 5.5.1 no\n503 5.5.1 no"));
            peer.hear("RSET");
            peer.say("250 ok");
        })
    };
    let at_recipient = |answer: &'static str| {
        one(move |peer| {
            peer.hear("MAIL");
            peer.hear("RCPT");
            peer.hear("DATA");
            peer.say(&format!("250 ok\n{answer}\n503 5.5.1 no"));
            peer.hear("RSET");
            peer.say("250 ok");
        })
    };
    for report in [
        at_mail("550 5.7.1 no"),
        at_mail("552 5.7.0 Daily sending quota exceeded"),
        at_recipient("550 5.7.1 Limite giornaliero di invio superato"),
    ] {
        assert!(
            matches!(report.outcome, SubmissionOutcome::SenderRefused(_)),
            "{report:?}"
        );
    }
    for report in [
        at_mail("552 5.3.4 Message size exceeds fixed limit"),
        at_mail("555 5.5.4 Unsupported parameter"),
        at_recipient("550 5.1.1 User unknown"),
        at_recipient("552 5.2.2 Mailbox over quota: limit exceeded"),
        at_recipient("550 casella piena: quota superata"),
    ] {
        assert!(
            matches!(report.outcome, SubmissionOutcome::Refused(_)),
            "{report:?}"
        );
    }
}

#[test]
fn refused_at_data_keeps_what_the_recipients_were_told() {
    let report = one(|peer| {
        peer.hear("MAIL");
        peer.hear("RCPT");
        peer.hear("DATA");
        peer.say("250 ok\n250 ok\n554 5.7.1 no");
        peer.hear("RSET");
        peer.say("250 ok");
    });
    assert!(matches!(&report.outcome, SubmissionOutcome::Refused(r) if r.code == 554));
    assert_eq!(codes(&report), [250]);
}

#[test]
fn refused_at_the_dot() {
    for answer in [
        &b"452 4.3.1 pieno\r\n"[..],
        b"554 5.7.1 no\r\n",
        b"552 troppo\r\n",
    ] {
        let outcome = verdict(answer);
        assert!(
            matches!(outcome, SubmissionOutcome::Refused(_)),
            "{outcome:?}"
        );
    }
}

#[test]
fn all_refused_but_the_message_asked_for_gets_no_dot() {
    let report = one(|peer| {
        peer.hear("MAIL");
        peer.hear("RCPT");
        peer.hear("DATA");
        peer.say("250 ok\n550 no\n354 go");
        peer.hear_end();
    });
    assert!(matches!(&report.outcome, SubmissionOutcome::Refused(r) if r.code == 550));
    assert_eq!(codes(&report), [550]);
}

// What is not sent.

#[test]
fn the_step_before_fails_and_no_dot_is_written() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_login("PIPELINING");
        peer.smtp_transaction(1);
        peer.hear_end();
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    let to = envelope(&["uno@pec.example.it"]);
    let mut asked = 0;
    let report = connection.submit(&to, MESSAGE, &mut || {
        asked += 1;
        Err("il registro non si scrive".to_owned())
    });
    let SubmissionOutcome::NotSent(Error::Held(reason)) = &report.outcome else {
        panic!("{report:?}");
    };
    assert_eq!(reason, "il registro non si scrive");
    assert_eq!((asked, codes(&report)), (1, vec![250]));
    let again = submit(&mut connection, &["uno@pec.example.it"]);
    assert!(
        matches!(again.outcome, SubmissionOutcome::NotSent(Error::Broken(_))),
        "{again:?}"
    );
    server.finish();
}

#[test]
fn the_step_before_runs_only_when_the_server_waits_and_somebody_was_taken() {
    for answers in [
        "250 ok\n550 no\n554 no",
        "450 no\n503 no\n503 no",
        "250 ok\n250 ok\n554 no",
    ] {
        let server = Scripted::start(Security::Tls, move |peer| {
            peer.smtp_login("PIPELINING");
            peer.hear("MAIL");
            peer.hear("RCPT");
            peer.hear("DATA");
            peer.say(answers);
            peer.hear("RSET");
            peer.say("250 ok");
        });
        let mut connection = connect(&server.endpoint()).expect("logged in");
        let to = envelope(&["uno@pec.example.it"]);
        connection.submit(&to, MESSAGE, &mut || panic!("it ran"));
        server.finish();
    }
}

#[test]
fn cut_before_data_is_not_sent() {
    let report = to(&["uno@pec.example.it", "due@pec.example.it"], |peer| {
        peer.hear("MAIL");
        peer.say("250 ok\n250 ok");
        peer.hear("RCPT");
        peer.cut();
    });
    assert!(
        matches!(report.outcome, SubmissionOutcome::NotSent(Error::Broken(_))),
        "{report:?}"
    );
    // What was answered is kept, the rest was not.
    assert_eq!(codes(&report), [250, 0]);
}

#[test]
fn cut_within_a_large_message_is_not_sent() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_login("PIPELINING");
        peer.smtp_transaction(1);
        peer.hear_octets(300_000);
        peer.cut();
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    // More than the buffers of the system take.
    let message = [b'x'; 70].repeat(400_000);
    let mut message: Vec<u8> = message
        .chunks(70)
        .flat_map(|l| [l, b"\r\n"].concat())
        .collect();
    message.extend_from_slice(b"fine\r\n");
    let to = envelope(&["uno@pec.example.it"]);
    let report = connection.submit(&to, &message, &mut || Ok(()));
    assert!(
        matches!(report.outcome, SubmissionOutcome::NotSent(Error::Broken(_))),
        "{:?}",
        report.outcome
    );
    server.finish();
}

#[test]
fn the_end_of_service_before_the_message_is_not_sent() {
    for answers in [
        "421 4.4.2 arrivederci",
        "250 ok\n421 4.3.2 arrivederci",
        "250 ok\n250 ok\n421 4.3.2 arrivederci",
    ] {
        let report = one(move |peer| {
            peer.hear("MAIL");
            peer.hear("RCPT");
            peer.hear("DATA");
            peer.say(answers);
            peer.close();
        });
        let SubmissionOutcome::NotSent(Error::Refused { reply, .. }) = &report.outcome else {
            panic!("{report:?}");
        };
        assert_eq!(reply.code, 421);
    }
}

#[test]
fn answers_out_of_turn_stop_the_message() {
    for answers in [
        "250 ok\n250 ok\n250 ok",
        "250 ok\n250 ok\n354 go\n250 ok",
        "xyz\n250 ok\n354 go",
    ] {
        let report = one(move |peer| {
            peer.hear("MAIL");
            peer.hear("RCPT");
            peer.hear("DATA");
            let lines = answers.replace('\n', "\r\n") + "\r\n";
            peer.say_octets(lines.as_bytes());
            peer.hear_end();
        });
        assert!(
            matches!(
                report.outcome,
                SubmissionOutcome::NotSent(Error::Protocol(_))
            ),
            "{answers:?}: {report:?}"
        );
    }
}

#[test]
fn what_would_inject_commands_never_reaches_the_wire() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_login("PIPELINING");
        peer.smtp_transaction(1);
        peer.hear_message();
        peer.say("250 ok");
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    let good = "uno@pec.example.it";
    for bad in [
        "a@b>\r\nRCPT TO:<c@d",
        "a@b>",
        "<a@b",
        "a b@c",
        "a@b\n",
        "a@b\0",
        "perché@b",
        "",
    ] {
        let mut from = envelope(&[good]);
        from.sender = bad.to_owned();
        for envelope in [envelope(&[good, bad]), from] {
            let report = connection.submit(&envelope, MESSAGE, &mut || panic!("it ran"));
            assert!(
                matches!(
                    report.outcome,
                    SubmissionOutcome::NotSent(Error::Injection(_))
                ),
                "{bad:?}: {report:?}"
            );
        }
    }
    for bad in [
        &b"a\nb\r\n"[..],
        b"a\r\n.\n\r\n",
        b"a\rb\r\n",
        b"a\r\r\n",
        b"a",
        b"a\n",
        b"perch\xc3\xa9\r\n",
        b"a\0\r\n",
        b"",
    ] {
        let report = connection.submit(&envelope(&[good]), bad, &mut || panic!("it ran"));
        assert!(
            matches!(
                report.outcome,
                SubmissionOutcome::NotSent(Error::Injection(_))
            ),
            "{bad:?}: {report:?}"
        );
    }
    let report = connection.submit(&envelope(&[]), MESSAGE, &mut || panic!("it ran"));
    assert!(matches!(
        report.outcome,
        SubmissionOutcome::NotSent(Error::Held(_))
    ));
    let report = submit(&mut connection, &[good]);
    assert!(
        matches!(report.outcome, SubmissionOutcome::Taken(_)),
        "{report:?}"
    );
    server.finish();
}

#[test]
fn a_new_connection_may_try_what_was_not_sent() {
    let first = |peer: &mut Peer| {
        peer.smtp_login("PIPELINING");
        peer.hear("MAIL");
        peer.cut();
    };
    let second = |peer: &mut Peer| {
        peer.smtp_login("PIPELINING");
        peer.smtp_transaction(1);
        assert_eq!(peer.hear_message(), MESSAGE);
        peer.say("250 ok");
    };
    let server = Scripted::in_turn(Security::Tls, vec![Box::new(first), Box::new(second)]);
    let outcomes = [(); 2].map(|()| {
        let mut connection = connect(&server.endpoint()).expect("logged in");
        submit(&mut connection, &["uno@pec.example.it"]).outcome
    });
    assert!(
        matches!(
            outcomes,
            [
                SubmissionOutcome::NotSent(Error::Broken(_)),
                SubmissionOutcome::Taken(_)
            ]
        ),
        "{outcomes:?}"
    );
    server.finish();
}

/// A message of many blocks, none of which the server reads to its end.
fn large() -> Vec<u8> {
    let line = format!("{}\r\n", "x".repeat(900));
    [MESSAGE, line.repeat(20_000).as_bytes()].concat()
}

fn submit_large(connection: &mut SmtpSubmission) -> SubmissionOutcome {
    let to = envelope(&["uno@pec.example.it"]);
    connection.submit(&to, &large(), &mut || Ok(())).outcome
}

#[test]
fn a_refusal_in_the_middle_of_the_message_is_heard() {
    for (answer, refused) in [("552 5.3.4 too large", true), ("", false)] {
        let server = Scripted::start(Security::Tls, move |peer| {
            peer.smtp_login("PIPELINING");
            peer.smtp_transaction(1);
            peer.hear_octets(100);
            peer.say(answer);
            peer.cut();
        });
        let mut connection = connect(&server.endpoint()).expect("logged in");
        match submit_large(&mut connection) {
            SubmissionOutcome::Refused(reply) if refused => assert_eq!(reply.code, 552),
            SubmissionOutcome::NotSent(Error::Broken(_)) if !refused => {}
            other => panic!("{answer}: {other:?}"),
        }
        // The line is of no more use.
        let report = submit(&mut connection, &["uno@pec.example.it"]);
        assert!(matches!(report.outcome, SubmissionOutcome::NotSent(_)));
        server.finish();
    }
}

#[test]
fn who_ends_it_before_the_dot_has_sent_nothing_and_after_it_is_in_doubt() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_login("PIPELINING");
        peer.smtp_transaction(1);
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    let stop = Stop::default();
    connection.heed(stop.clone());
    stop.ask();
    let outcome = submit_large(&mut connection);
    assert!(
        matches!(outcome, SubmissionOutcome::NotSent(Error::Held(_))),
        "{outcome:?}"
    );
    server.finish();
    let stop = Stop::default();
    let asked = stop.clone();
    let server = Scripted::start(Security::Tls, move |peer| {
        peer.smtp_login("PIPELINING");
        peer.smtp_transaction(1);
        peer.hear_message();
        asked.ask();
        peer.hear_end();
    });
    let mut connection = connect(&server.endpoint()).expect("logged in");
    connection.heed(stop);
    let outcome = submit(&mut connection, &["uno@pec.example.it"]).outcome;
    assert!(
        matches!(outcome, SubmissionOutcome::InDoubt { reply: None, .. }),
        "{outcome:?}"
    );
    server.finish();
}

// What is in doubt.

#[test]
fn cut_after_the_dot_is_in_doubt() {
    let report = one(|peer| {
        peer.smtp_transaction(1);
        peer.hear_message();
        peer.cut();
    });
    assert!(
        matches!(
            report.outcome,
            SubmissionOutcome::InDoubt { reply: None, .. }
        ),
        "{report:?}"
    );
    assert_eq!(codes(&report), [250]);
}

#[test]
fn closed_or_cut_within_the_answer_is_in_doubt() {
    for answer in [&b""[..], b"2", b"250", b"250-ok\r\n", b"250 accodat"] {
        let outcome = verdict(answer);
        assert!(
            matches!(outcome, SubmissionOutcome::InDoubt { reply: None, .. }),
            "{answer:?}: {outcome:?}"
        );
    }
}

#[test]
fn answers_that_relays_give_for_others_are_in_doubt() {
    for (answer, code) in [
        (&b"421 4.4.0 Lost connection to relay server\r\n"[..], 421),
        (b"451 4.3.0 riprovare\r\n", 451),
        (b"354 go\r\n", 354),
    ] {
        let outcome = verdict(answer);
        let SubmissionOutcome::InDoubt { reply, .. } = &outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(reply.as_ref().unwrap().code, code);
    }
}

#[test]
fn garbage_after_the_dot_is_in_doubt() {
    for answer in [
        &b"\r\n"[..],
        b"ok\r\n",
        b"99 ok\r\n",
        b"2500 ok\r\n",
        b"250-ok\r\n550 no\r\n",
        b"\xff\xfe\r\n",
        b"666 ok\r\n",
        b"\x16\x03\x01\r\n",
    ] {
        let outcome = verdict(answer);
        assert!(
            matches!(outcome, SubmissionOutcome::InDoubt { reply: None, .. }),
            "{answer:?}: {outcome:?}"
        );
    }
}

#[test]
fn an_answer_without_end_is_in_doubt_and_not_kept() {
    let report = one(|peer| {
        peer.smtp_transaction(1);
        peer.hear_message();
        for _ in 0..100 {
            peer.say_octets(&[b'2'; 4096]);
        }
    });
    let SubmissionOutcome::InDoubt {
        reply: None,
        reason,
    } = report.outcome
    else {
        panic!("{report:?}");
    };
    assert!(reason.contains("without end"), "{reason}");
    let report = one(|peer| {
        peer.smtp_transaction(1);
        peer.hear_message();
        for _ in 0..20_000 {
            peer.say_octets(b"250-ok\r\n");
        }
    });
    let SubmissionOutcome::InDoubt {
        reply: None,
        reason,
    } = report.outcome
    else {
        panic!("{report:?}");
    };
    assert!(reason.contains("without end"), "{reason}");
}

#[test]
fn silence_after_the_dot_is_in_doubt() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_login("PIPELINING");
        peer.smtp_transaction(1);
        peer.hear_message();
        peer.hear_end();
    });
    let timeouts = Timeouts {
        verdict: Duration::from_millis(100),
        ..timeouts()
    };
    let mut connection = connect_with(&server.endpoint(), timeouts).expect("logged in");
    let report = submit(&mut connection, &["uno@pec.example.it"]);
    let SubmissionOutcome::InDoubt {
        reply: None,
        reason,
    } = report.outcome
    else {
        panic!("{report:?}");
    };
    assert_eq!(reason, "the connection broke: no answer in time");
    server.finish();
}

// How answers are read.

#[test]
fn answers_may_be_in_latin_1_in_many_lines_or_bare() {
    for (answer, text) in [
        (&b"250 \xe8 accodato\r\n"[..], "è accodato"),
        (b"250 \xc3\xa8 accodato\r\n", "è accodato"),
        (b"250-uno\r\n250-due\r\n250 tre\r\n", "uno due tre"),
        (b"250\r\n", ""),
        (b"250 \r\n", ""),
        (b"250 ok\n", "ok"),
        (b"250 \x1b[31mrosso\r\n", "\u{1b}[31mrosso"),
    ] {
        let outcome = verdict(answer);
        let SubmissionOutcome::Taken(reply) = &outcome else {
            panic!("{answer:?}: {outcome:?}");
        };
        assert_eq!(reply.text, text);
    }
}

#[test]
fn the_limit_of_size_is_read() {
    for (keywords, limit) in [
        ("SIZE 31457280", Some(31_457_280)),
        ("size 10", Some(10)),
        ("SIZE 0", None),
        ("SIZE", None),
        ("SIZE molto", None),
        ("XSIZE 7", None),
    ] {
        let server = Scripted::start(Security::Tls, move |peer| peer.smtp_login(keywords));
        let connection = connect(&server.endpoint()).expect("logged in");
        assert_eq!(connection.size_limit(), limit, "{keywords}");
        server.finish();
    }
}

// Logging in.

#[test]
fn a_login_is_refused_once() {
    for (answer, code) in [
        ("535 5.7.8 credenziali errate", 535),
        ("534 5.7.9 password per applicazioni", 534),
        ("530 5.7.0 no", 530),
    ] {
        let error = refused_by(move |peer| {
            peer.smtp_hello("AUTH PLAIN LOGIN");
            peer.hear("AUTH PLAIN ");
            peer.say(answer);
            peer.hear_end();
        });
        assert!(
            matches!(&error, Error::LoginRefused(reply) if reply.code == code),
            "{error:?}"
        );
    }
}

#[test]
fn a_login_that_cannot_be_checked_now_is_not_a_wrong_password() {
    for answer in ["454 4.7.0 riprovare", "421 4.3.0 chiuso"] {
        let error = refused_by(move |peer| {
            peer.smtp_hello("AUTH PLAIN LOGIN");
            peer.hear("AUTH PLAIN ");
            peer.say(answer);
        });
        assert!(
            matches!(&error, Error::Refused { what: "AUTH", .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_secret_that_a_server_repeats_is_not_repeated() {
    // base64 of "\0mittente@pec.example.it\0segreto", which is what was sent.
    const SENT: &str = "AG1pdHRlbnRlQHBlYy5leGFtcGxlLml0AHNlZ3JldG8=";
    let twice = format!("535-5.7.8 no:\n535 AUTH PLAIN {SENT}");
    let torn = format!("501-no: {}\n501 {}", &SENT[..36], &SENT[36..]);
    for (answer, expected) in [
        (
            format!("501 5.5.2 in \"AUTH PLAIN {SENT}\""),
            "5.5.2 in \"AUTH PLAIN ***\"",
        ),
        (twice, "5.7.8 no: AUTH PLAIN ***"),
        (torn, "no: ***"),
        (
            "535 segreto is no password".to_owned(),
            "*** is no password",
        ),
        (
            "454 SEGRETO cannot be checked".to_owned(),
            "*** cannot be checked",
        ),
    ] {
        let error = refused_by(move |peer| {
            peer.smtp_hello("AUTH PLAIN LOGIN");
            assert!(peer.hear("AUTH PLAIN ").contains(SENT));
            peer.say(&answer);
        });
        let (Error::LoginRefused(reply) | Error::Refused { reply, .. }) = &error else {
            panic!("{error:?}");
        };
        assert_eq!(reply.text, expected);
    }
    // A greeting that remembers the last time, and a line that is no reply at all.
    let error = refused_by(|peer| peer.say("421 4.7.0 no more tries with segreto"));
    assert_eq!(
        error.to_string(),
        "the greeting: 421 4.7.0 no more tries with ***"
    );
    let error = refused_by(|peer| {
        peer.smtp_hello("AUTH PLAIN");
        peer.hear("AUTH PLAIN ");
        peer.say(&format!("?? AUTH PLAIN {SENT}"));
    });
    assert_eq!(error.to_string(), "unexpected answer: ?? AUTH PLAIN ***");
    let report = one(|peer| {
        peer.hear("MAIL FROM:<");
        peer.say("550 5.7.1 you logged in with segreto");
        for command in ["RCPT", "DATA"] {
            peer.hear(command);
            peer.say("503 no");
        }
        peer.hear("RSET");
        peer.say("250 ok");
    });
    let SubmissionOutcome::SenderRefused(reply) = &report.outcome else {
        panic!("{report:?}");
    };
    assert_eq!(reply.text, "5.7.1 you logged in with ***");
}

#[test]
fn auth_is_known_however_it_is_written() {
    for keywords in [
        "auth plain login",
        "Auth=Plain",
        "AUTH=PLAIN LOGIN",
        "AUTH LOGIN PLAIN",
    ] {
        let server = Scripted::start(Security::Tls, move |peer| {
            peer.smtp_hello(keywords);
            peer.hear("AUTH PLAIN ");
            peer.say("235 ok");
        });
        connect(&server.endpoint()).expect("logged in");
        server.finish();
    }
    let error = refused_by(|peer| {
        peer.smtp_hello("AUTH CRAM-MD5\nXAUTH PLAIN");
        peer.hear_end();
    });
    assert!(matches!(error, Error::NotOffered(_)), "{error:?}");
}

#[test]
fn login_asks_in_whatever_words() {
    for prompts in [
        ["334", "334 "],
        ["334 Username", "334 ???"],
        ["334 VXNlciBOYW1lAA==", "334 x"],
    ] {
        let server = Scripted::start(Security::Tls, move |peer| {
            peer.smtp_hello("auth=login");
            assert_eq!(peer.hear("AUTH"), "AUTH LOGIN\r\n");
            peer.say(prompts[0]);
            assert_eq!(peer.hear(""), "bWl0dGVudGVAcGVjLmV4YW1wbGUuaXQ=\r\n");
            peer.say(prompts[1]);
            assert_eq!(peer.hear(""), "c2VncmV0bw==\r\n");
            peer.say("235 ok");
        });
        connect(&server.endpoint()).expect("logged in");
        server.finish();
    }
    // One who asks for more gets nothing more.
    let error = refused_by(|peer| {
        peer.smtp_hello("AUTH LOGIN");
        for _ in 0..3 {
            peer.hear("");
            peer.say("334 x");
        }
        peer.hear_end();
    });
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[test]
fn the_old_mechanism_serves_where_there_is_no_other() {
    let server = Scripted::start(Security::Tls, |peer| {
        peer.smtp_hello("AUTH LOGIN");
        assert_eq!(peer.hear("AUTH"), "AUTH LOGIN\r\n");
        peer.say("334 VXNlcm5hbWU6");
        assert_eq!(peer.hear(""), "bWl0dGVudGVAcGVjLmV4YW1wbGUuaXQ=\r\n");
        peer.say("334 UGFzc3dvcmQ6");
        assert_eq!(peer.hear(""), "c2VncmV0bw==\r\n");
        peer.say("235 ok");
    });
    connect(&server.endpoint()).expect("logged in");
    server.finish();
}

#[test]
fn challenges_without_end_are_no_login() {
    let error = refused_by(|peer| {
        peer.smtp_hello("AUTH LOGIN");
        peer.hear("AUTH LOGIN");
        for _ in 0..2 {
            peer.say("334 VXNlcm5hbWU6");
            peer.hear("");
        }
        peer.say("334 VXNlcm5hbWU6");
        peer.hear_end();
    });
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
}

#[test]
fn a_server_without_a_mechanism_we_have() {
    for keywords in ["AUTH GSSAPI CRAM-MD5", ""] {
        let error = refused_by(move |peer| {
            peer.smtp_hello(keywords);
            peer.hear_end();
        });
        assert!(matches!(error, Error::NotOffered(_)), "{error:?}");
    }
}

#[test]
fn a_server_that_does_not_want_us() {
    let error = refused_by(|peer| peer.say("554 5.3.2 no"));
    assert!(
        matches!(&error, Error::Refused { reply, .. } if reply.code == 554),
        "{error:?}"
    );
    let error = refused_by(|peer| peer.say("* OK IMAP4rev1"));
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    let error = refused_by(Peer::cut);
    assert!(matches!(error, Error::Broken(_)), "{error:?}");
}

// TLS.

#[test]
fn a_certificate_under_an_unknown_authority_ends_it_before_a_word() {
    let server = Scripted::start(Security::Tls, Peer::hear_end);
    let login = Login {
        user: "mittente@pec.example.it".to_owned(),
        password: Secret::new("segreto".to_owned()),
    };
    let tried = SmtpSubmission::connect(&server.endpoint(), &Roots::BuiltIn, &login, timeouts());
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
fn a_certificate_of_another_host_ends_it_before_a_word() {
    let other = tls::certificate(&["altro.example"], &[]);
    let server = Scripted::with_certificate(Security::Tls, other, Peer::hear_end);
    let error = connect(&server.endpoint()).err().expect("refused");
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
fn a_certificate_for_an_address_serves_who_asks_by_address() {
    let server = Scripted::start(Security::Tls, |peer| peer.smtp_login(""));
    let endpoint = Endpoint {
        host: "127.0.0.1".to_owned(),
        ..server.endpoint()
    };
    connect(&endpoint).expect("logged in");
    server.finish();
}

#[test]
fn plain_text_where_tls_was_asked_for() {
    let server = Scripted::start(Security::StartTls, |peer| peer.say("220 prova ESMTP"));
    let endpoint = Endpoint {
        security: Security::Tls,
        ..server.endpoint()
    };
    let error = connect(&endpoint).err().expect("refused");
    assert!(
        matches!(
            error,
            Error::Tls {
                fault: TlsFault::Other,
                ..
            }
        ),
        "{error:?}"
    );
    server.finish();
}

#[test]
fn silence_where_a_greeting_comes_first_is_told_as_such() {
    let server = Scripted::start(Security::StartTls, Peer::hear_end);
    let timeouts = Timeouts {
        answer: Duration::from_millis(100),
        ..timeouts()
    };
    let error = connect_with(&server.endpoint(), timeouts).err();
    assert!(matches!(error, Some(Error::Silent)), "{error:?}");
    server.finish();
    // One that closes is not silent.
    let server = Scripted::start(Security::StartTls, Peer::cut);
    let error = connect(&server.endpoint()).err().expect("refused");
    assert!(matches!(error, Error::Broken(_)), "{error:?}");
    server.finish();
}

#[test]
fn a_server_of_old_versions_or_ciphers_is_told_from_one_without_tls() {
    // Alerts of RFC 8446, 6.2: handshake_failure, protocol_version, insufficient_security.
    for (alert, fault) in [
        (40, TlsFault::NothingInCommon),
        (70, TlsFault::NothingInCommon),
        (71, TlsFault::NothingInCommon),
        (80, TlsFault::Other),
    ] {
        let server = Scripted::start(Security::StartTls, move |peer| {
            peer.hear_octets(5);
            peer.say_octets(&[21, 3, 1, 0, 2, 2, alert]);
        });
        let endpoint = Endpoint {
            security: Security::Tls,
            ..server.endpoint()
        };
        let error = connect(&endpoint).err().expect("refused");
        assert!(
            matches!(error, Error::Tls { fault: found, .. } if found == fault),
            "{alert}: {error:?}"
        );
        server.finish();
    }
}

#[test]
fn a_self_signed_certificate_is_told_from_one_that_nobody_knows() {
    let own = tls::own_certificate("localhost");
    let pem = tls::pem(&own);
    for (roots, fault) in [
        (Roots::BuiltInAnd(pem), TlsFault::Authority),
        (Roots::BuiltIn, TlsFault::Authority),
    ] {
        let server = Scripted::with_certificate(Security::Tls, own.clone(), Peer::hear_end);
        let login = Login {
            user: "mittente@pec.example.it".to_owned(),
            password: Secret::new("segreto".to_owned()),
        };
        let error = SmtpSubmission::connect(&server.endpoint(), &roots, &login, timeouts());
        let error = error.err().expect("refused");
        assert!(
            matches!(error, Error::Tls { fault: found, .. } if found == fault),
            "{error:?}"
        );
        server.finish();
    }
}

#[test]
fn start_tls_comes_before_the_login() {
    let server = Scripted::start(Security::StartTls, |peer| {
        peer.smtp_hello("STARTTLS\nAUTH GSSAPI");
        peer.hear("STARTTLS");
        peer.say("220 go");
        peer.start_tls();
        peer.smtp_hello_again("AUTH PLAIN");
        peer.hear("AUTH PLAIN ");
        peer.say("235 ok");
    });
    connect(&server.endpoint()).expect("logged in");
    server.finish();
}

#[test]
fn start_tls_not_offered_ends_it_before_the_login() {
    let server = Scripted::start(Security::StartTls, |peer| {
        peer.smtp_hello("AUTH PLAIN LOGIN");
        peer.hear_end();
    });
    let error = connect(&server.endpoint()).err().expect("refused");
    assert!(matches!(error, Error::NotOffered("STARTTLS")), "{error:?}");
    server.finish();
}

#[test]
fn start_tls_refused_ends_it_before_the_login() {
    let server = Scripted::start(Security::StartTls, |peer| {
        peer.smtp_hello("STARTTLS\nAUTH PLAIN LOGIN");
        peer.hear("STARTTLS");
        peer.say("454 4.7.0 TLS not available");
        peer.hear_end();
    });
    let error = connect(&server.endpoint()).err().expect("refused");
    assert!(
        matches!(
            error,
            Error::Refused {
                what: "STARTTLS",
                ..
            }
        ),
        "{error:?}"
    );
    server.finish();
}

#[test]
fn octets_injected_before_tls_end_it() {
    let server = Scripted::start(Security::StartTls, |peer| {
        peer.smtp_hello("STARTTLS\nAUTH PLAIN");
        peer.hear("STARTTLS");
        peer.say_octets(b"220 go\r\n250-finto\r\n250 AUTH PLAIN\r\n");
        peer.hear_end();
    });
    let error = connect(&server.endpoint()).err().expect("refused");
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    server.finish();
}

// The way there.

#[test]
fn nobody_there() {
    let server = Scripted::start(Security::Tls, |peer| peer.smtp_login(""));
    let endpoint = server.endpoint();
    connect(&endpoint).expect("logged in");
    server.finish();
    let error = connect(&endpoint).err().expect("refused");
    assert!(matches!(error, Error::Connect { .. }), "{error:?}");
    let endpoint = Endpoint {
        host: "nessuno.invalid".to_owned(),
        ..endpoint
    };
    let error = connect(&endpoint).err().expect("refused");
    assert!(matches!(error, Error::Resolve { .. }), "{error:?}");
}
