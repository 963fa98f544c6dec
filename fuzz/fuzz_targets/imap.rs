//! Any octets as the answers of an IMAP server, each up to a NUL, to every command that reads.
//!
//! A panic of the package below, which the program survives, ends the run here.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use postacert::transport::imap::ImapMailbox;
use postacert::transport::{Mailbox, Stop};

fuzz_target!(|octets: &[u8]| {
    let Some((first, answers)) = octets.split_first() else {
        return;
    };
    let mut mailbox = ImapMailbox::canned(answers);
    // Some of the commands first, so that each meets what stands at the beginning.
    for command in [first % 8, 0, 1, 2, 3, 4, 5, 6, 7] {
        ask(&mut mailbox, command);
    }
});

fn ask(mailbox: &mut ImapMailbox, command: u8) {
    match command {
        0 => {
            for folder in mailbox.folders().unwrap_or_default() {
                assert!(!folder.name.is_empty());
                assert!(!folder.name.chars().any(char::is_control));
            }
        }
        1 => {
            if let Ok(state) = mailbox.examine("INBOX") {
                assert!(state.uid_validity > 0);
            }
        }
        2 => {
            let found = mailbox.uids(3..=9).unwrap_or_default();
            assert!(
                found.is_sorted_by(|a, b| a < b) && found.iter().all(|uid| (3..=9).contains(uid))
            );
        }
        3 => {
            let found = mailbox.summaries(3..=9, &["Subject"]).all;
            assert!(found.is_sorted_by(|a, b| a.uid < b.uid));
            assert!(found.iter().all(|summary| (3..=9).contains(&summary.uid)));
        }
        4 => {
            let found = mailbox.fetch(&[3, 5]).all;
            assert!(found.is_sorted_by(|a, b| a.uid < b.uid));
            assert!(found.iter().all(|message| [3, 5].contains(&message.uid)));
        }
        5 => {
            let found = mailbox
                .search_header("Message-ID", "a@b")
                .unwrap_or_default();
            assert!(found.is_sorted_by(|a, b| a < b));
        }
        6 => drop(mailbox.quota()),
        _ => drop(mailbox.wait(Duration::ZERO, Duration::ZERO, &Stop::default())),
    }
}
