//! Step 17: the acceptance of the same transaction, when the user has it.
//!
//! The acceptance is verified on its own first; only a genuine one is compared. It is signed
//! by the sender's provider, so it is a second witness of transaction, recipients and time.

use super::finding::{CheckId, Findings, Weight};
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
    findings.pass(CheckId::AcceptanceTransaction);
    if MessageId::new(&data.identifier) != MessageId::new(&acceptance.identifier) {
        findings.add_both(
            CheckId::AcceptanceTransaction,
            Weight::OtherMessage,
            "acceptance.transaction",
            acceptance.identifier.clone(),
            data.identifier.clone(),
        );
        return;
    }
    if let (Some(mine), Some(theirs)) = (&data.message_id, &acceptance.message_id)
        && MessageId::new(mine) != MessageId::new(theirs)
    {
        findings.add_both(
            CheckId::AcceptanceTransaction,
            Weight::OtherMessage,
            "acceptance.transaction",
            theirs.clone(),
            mine.clone(),
        );
    }
    check_recipient(data, acceptance, findings);
    check_order(data, acceptance, findings);
}

fn check_recipient(
    data: &CertificationData,
    acceptance: &CertificationData,
    findings: &mut Findings,
) {
    let Some(address) = &data.delivered_to else {
        return;
    };
    findings.pass(CheckId::AcceptanceRecipient);
    let listed = acceptance
        .recipients
        .iter()
        .find(|recipient| recipient.address == *address);
    let key = match listed.map(|recipient| recipient.kind) {
        None => "acceptance.recipient.unlisted",
        Some(RecipientKind::External) if data.kind() == Some(MessageKind::Delivery) => {
            "acceptance.recipient.external"
        }
        Some(_) => return,
    };
    findings.add_found(
        CheckId::AcceptanceRecipient,
        Weight::Refutes,
        key,
        address.as_str(),
    );
}

fn check_order(data: &CertificationData, acceptance: &CertificationData, findings: &mut Findings) {
    let after = data.time.seconds_since(acceptance.time);
    let too_early = match data.kind() {
        Some(MessageKind::TimeoutNotice) if data.error_code() == Some("5.4.1") => {
            after < FINAL_NOTICE
        }
        Some(MessageKind::TimeoutNotice) => after < FIRST_NOTICE,
        _ => after < -CLOCK_TOLERANCE,
    };
    findings.pass(CheckId::AcceptanceOrder);
    if too_early {
        findings.add_both(
            CheckId::AcceptanceOrder,
            Weight::Doubt,
            "acceptance.order",
            acceptance.time.to_string(),
            data.time.to_string(),
        );
    }
}
