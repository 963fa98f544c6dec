//! Step 17: the acceptance of the same transaction, when the user has it.
//!
//! The acceptance is verified on its own first; only a genuine one is compared. It is signed
//! by the sender's provider, so it is a second witness of transaction, recipients and time.

use super::finding::Comparison::{self, Agrees, Differs, NotMade};
use super::finding::Findings;
use super::table::{Case, CheckId};
use crate::pec::{CertificationData, MessageId, MessageKind, RecipientKind};

/// Clock error between two providers: each may be a second off (decree, art. 9); a few for
/// receipts that were made in the same moment.
const CLOCK_TOLERANCE: i64 = 5;
/// RFC 6109, 3.1.6: the first notice comes after 12 hours, the final one not before 22.
const FIRST_NOTICE: i64 = 12 * 3_600;
const FINAL_NOTICE: i64 = 22 * 3_600;

/// Compares a message's data with those of a genuine acceptance.
pub(super) fn check(
    data: &CertificationData,
    acceptance: &CertificationData,
    findings: &mut Findings,
) {
    let is_same = MessageId::new(&data.identifier) == MessageId::new(&acceptance.identifier);
    let transaction = match (is_same, &data.message_id, &acceptance.message_id) {
        (false, _, _) => Differs(
            Case::AcceptanceTransaction
                .both(acceptance.identifier.clone(), data.identifier.clone()),
        ),
        (true, Some(mine), Some(theirs)) if MessageId::new(mine) != MessageId::new(theirs) => {
            Differs(Case::AcceptanceTransaction.both(theirs.clone(), mine.clone()))
        }
        (true, _, _) => Agrees,
    };
    findings.record(CheckId::AcceptanceTransaction, transaction);
    if is_same {
        findings.record(CheckId::AcceptanceRecipient, recipient(data, acceptance));
        findings.record(CheckId::AcceptanceOrder, order(data, acceptance));
    }
}

fn recipient(data: &CertificationData, acceptance: &CertificationData) -> Comparison {
    let Some(address) = &data.delivered_to else {
        return NotMade;
    };
    let listed = acceptance
        .recipients
        .iter()
        .find(|recipient| recipient.address == *address);
    let case = match listed.map(|recipient| recipient.kind) {
        None => Case::AcceptanceRecipientUnlisted,
        Some(RecipientKind::External) if data.kind() == Some(MessageKind::Delivery) => {
            Case::AcceptanceRecipientExternal
        }
        Some(_) => return Agrees,
    };
    Differs(case.found(address.as_str()))
}

fn order(data: &CertificationData, acceptance: &CertificationData) -> Comparison {
    let after = data.time.seconds_since(acceptance.time);
    let too_early = match data.kind() {
        Some(MessageKind::TimeoutNotice) if data.error_code() == Some("5.4.1") => {
            after < FINAL_NOTICE
        }
        Some(MessageKind::TimeoutNotice) => after < FIRST_NOTICE,
        _ => after < -CLOCK_TOLERANCE,
    };
    if !too_early {
        return Agrees;
    }
    Differs(Case::AcceptanceOrder.both(acceptance.time.to_string(), data.time.to_string()))
}
