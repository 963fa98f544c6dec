//! Which messages are archived: those of ours of which nothing is awaited any more, and nothing is
//! doubtful; of what was received, genuine envelopes.

use crate::address::MailAddress;
use crate::ledger::letter::{LetterFilter, LetterList, LetterRow, LetterStanding};
use crate::ledger::{self, Filter, Ledger, MatchRule, MessageRef, MessageView};
use crate::timestamp::Timestamp;
use crate::verify::Verdict;

/// Rows read at once.
const PAGE: usize = 500;

/// What was chosen.
pub(super) struct Chosen {
    /// Concluded messages whose last event is old enough, oldest first.
    pub concluded: Vec<MessageRef>,
    /// How many others of ours are as old.
    pub open: usize,
    /// What was received in a genuine envelope and is as old, oldest first.
    pub received: Vec<LetterRow>,
    /// How much else was received and is as old: nobody vouches for it.
    pub unproven: usize,
}

/// Looks at every message of an account, or of all.
///
/// # Errors
/// Those of the ledger.
pub(super) fn choose(
    ledger: &Ledger,
    account: Option<MailAddress>,
    before: Timestamp,
) -> Result<Chosen, ledger::Error> {
    let filter = Filter {
        account: account.clone(),
        ..Filter::default()
    };
    let mut chosen = Chosen {
        concluded: Vec::new(),
        open: 0,
        received: Vec::new(),
        unproven: 0,
    };
    for page in 0.. {
        let rows = ledger.list(&filter, PAGE, page * PAGE)?;
        for row in rows.iter().filter(|row| row.frozen_at <= before) {
            let is_pending = row.recipients.iter().any(|(_, one)| one.is_pending());
            if is_pending {
                chosen.open += 1;
                continue;
            }
            let view = ledger.view(&row.message)?;
            if newest(&view) > before {
                continue;
            }
            match is_concluded(&view) {
                true => chosen.concluded.push(row.message.clone()),
                false => chosen.open += 1,
            }
        }
        if rows.len() < PAGE {
            break;
        }
    }
    chosen.concluded.reverse();
    received(ledger, account, before, &mut chosen)?;
    Ok(chosen)
}

/// Looks at every letter that was received; those of a time are indexed before.
fn received(
    ledger: &Ledger,
    account: Option<MailAddress>,
    before: Timestamp,
    chosen: &mut Chosen,
) -> Result<(), ledger::Error> {
    let filter = LetterFilter {
        account,
        // The filter has the end outside, and we know whole seconds.
        until: Some(Timestamp::from_unix(before.unix() + 1)),
        ..LetterFilter::default()
    };
    for page in 0.. {
        let rows = ledger.letters(LetterList::Received, &filter, PAGE, page * PAGE)?;
        let count = rows.len();
        for row in rows {
            match row.standing {
                LetterStanding::Certified | LetterStanding::Anomaly => chosen.received.push(row),
                LetterStanding::CannotTell
                | LetterStanding::NotGenuine
                | LetterStanding::Ordinary => chosen.unproven += 1,
                // None was received.
                LetterStanding::Sent => {}
            }
        }
        if count < PAGE {
            break;
        }
    }
    chosen.received.reverse();
    Ok(())
}

/// Whether there are receipts, and all of them are genuine and about this message. That nothing is
/// awaited follows from the states.
fn is_concluded(view: &MessageView) -> bool {
    let proves = |verdict: &str, rule: Option<MatchRule>| {
        verdict == Verdict::Genuine.word() && rule.is_some_and(MatchRule::is_match)
    };
    let mut receipts = view.receipts.iter();
    let is_pending = view
        .recipients
        .iter()
        .any(|one| one.state.standing.is_pending());
    !view.receipts.is_empty() && !is_pending && receipts.all(|row| proves(&row.verdict, row.rule))
}

/// The last event of a message.
fn newest(view: &MessageView) -> Timestamp {
    let facts = view.facts.iter().map(|fact| fact.at());
    let receipts = view.receipts.iter().filter_map(|row| row.certified_at);
    facts
        .chain(receipts)
        .fold(view.row.frozen_at, Timestamp::max)
}
