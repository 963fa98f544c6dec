//! Sequence sets (RFC 3501, 9): numbers and ranges of messages.

use imap_codec::imap_types::sequence::{SeqOrUid, Sequence};

/// Both ends of a range, the lower first; `*` is the last number in use (RFC 3501, 9).
pub(super) fn bounds(sequence: &Sequence, last: u32) -> (u32, u32) {
    let number = |one: &SeqOrUid| match one {
        SeqOrUid::Value(number) => number.get(),
        SeqOrUid::Asterisk => last.max(1),
    };
    let (a, b) = match sequence {
        Sequence::Single(one) => (number(one), number(one)),
        Sequence::Range(a, b) => (number(a), number(b)),
    };
    (a.min(b), a.max(b))
}
