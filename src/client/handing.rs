//! A recorded message to the server and its copy into the folder of sent mail.

use super::Now;
use super::desk::Desk;
use super::filing::{Copied, Filed, Taken, file};
use super::submit::{Frozen, Submitted};
use crate::account::SentCopy;
use crate::ledger::fact::What;
use crate::ledger::{self, Claim, Ledger, MessageRef};
use crate::transport::Submission;

/// A message that was handed over, or was to be.
#[derive(Debug)]
pub struct Handed {
    /// Which.
    pub message: MessageRef,
    /// What became of it.
    pub submitted: Submitted,
    /// What became of its copy; none where none was to be filed.
    pub copy: Option<Filed>,
}

/// One recorded message to the server, once. Its octets are read from the ledger here and nowhere
/// else: what is filed is what left.
///
/// # Errors
/// Nothing has left then.
pub(super) fn hand_over<D: Desk>(
    (message, claim): (MessageRef, Claim),
    copy: Option<&SentCopy>,
    submission: &mut dyn Submission,
    ledger: &mut Ledger,
    now: Now<'_>,
    desk: &mut D,
) -> Result<Handed, ledger::Error> {
    let facts = ledger.view(&message)?.facts;
    let was_taken = facts.iter().any(|fact| fact.what() == What::Taken);
    let frozen = Frozen::of(ledger, &message)?;
    let submitted = frozen.submit(ledger, claim, submission, now)?;
    let copied = Copied {
        message_id: &frozen.row.message_id,
        octets: &frozen.octets,
        taken: match was_taken {
            true => Taken::Again,
            false => Taken::First,
        },
    };
    let wanted = copy.filter(|_| submitted.is_taken());
    Ok(Handed {
        copy: wanted.map(|wanted| file(copied, wanted, || desk.mailbox())),
        message,
        submitted,
    })
}
