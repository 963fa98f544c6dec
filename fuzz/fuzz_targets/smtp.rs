//! Any octets as the answers of a submission server, each up to a NUL: to EHLO, to the login, and to what
//! is written of two messages.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postacert::secret::Secret;
use postacert::transport::smtp::SmtpSubmission;
use postacert::transport::{Envelope, Login, Submission, SubmissionOutcome};

const MESSAGE: &[u8] = b"Subject: a\r\n\r\n.b\r\n";
const PASSWORD: &str = "parola-segreta-4711";
/// As AUTH LOGIN writes it.
const CODED: &str = "cGFyb2xhLXNlZ3JldGEtNDcxMQ==";

fuzz_target!(|octets: &[u8]| {
    let login = Login {
        user: "a@pec.example".to_owned(),
        password: Secret::new(PASSWORD.to_owned()),
    };
    let mut line = match SmtpSubmission::canned(octets, &login) {
        Ok(line) => line,
        Err(error) => return check(&error.to_string()),
    };
    let envelope = Envelope {
        sender: "a@pec.example".to_owned(),
        recipients: ["b@pec.example", "c@pec.example"].map(str::to_owned).into(),
    };
    let mut is_over = false;
    for _ in 0..2 {
        let mut handed = false;
        let report = line.submit(&envelope, MESSAGE, &mut || {
            handed = true;
            Ok(())
        });
        assert_eq!(report.recipients.len(), 2);
        for reply in report.recipients.iter().flatten() {
            check(&reply.to_string());
        }
        match report.outcome {
            SubmissionOutcome::Taken(reply) => {
                assert!(handed && !is_over && (200..300).contains(&reply.code));
                let mut recipients = report.recipients.iter().flatten();
                assert!(recipients.any(|reply| (200..300).contains(&reply.code)));
                check(&reply.to_string());
            }
            SubmissionOutcome::InDoubt { reason, .. } => {
                assert!(handed && !is_over);
                check(&reason);
                is_over = true;
            }
            SubmissionOutcome::Refused(reply) | SubmissionOutcome::SenderRefused(reply) => {
                assert!(!is_over && reply.code >= 400);
                check(&reply.to_string());
            }
            SubmissionOutcome::NotSent(error) => {
                check(&error.to_string());
                is_over = true;
            }
        }
    }
});

/// No secret that the server echoes. Control characters are the matter of who shows it.
fn check(text: &str) {
    assert!(!text.contains(PASSWORD) && !text.contains(CODED), "{text}");
}
