//! Comparisons that several steps share: addresses of a header, and texts in the forms in which they
//! travel. They judge nothing.

use crate::address::MailAddress;
use crate::mime::{Entity, decode};

/// Addresses of all fields of these names, without empty ones.
pub(super) fn addresses(entity: &Entity<'_>, names: &[&str]) -> Vec<MailAddress> {
    let mut found = Vec::new();
    for field in names.iter().flat_map(|name| entity.header.all(name)) {
        let all = decode::addresses(field.value).into_iter();
        let stated = all.filter(|mailbox| !mailbox.address.is_empty());
        found.extend(stated.map(|mailbox| MailAddress::of(mailbox.address)));
    }
    found
}

/// Addresses to show: twenty say enough, 500 would push the verdict off the screen.
pub(super) fn list(addresses: &[MailAddress]) -> String {
    addresses
        .iter()
        .map(MailAddress::as_str)
        .take(20)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Equality of subjects but for blanks, which folding and XML both change, and for control
/// characters, which XML does not have: there they are U+FFFD.
///
/// Some providers certify the subject as it was encoded; the words are the same.
pub(super) fn same_text(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split_whitespace();
        words
            .map(|word| word.replace(|c: char| c.is_ascii_control(), "\u{fffd}"))
            .collect()
    };
    let same = |a: &str, b: &str| {
        let is_exact = a.trim() == b.trim();
        is_exact || a.split_whitespace().eq(b.split_whitespace()) || words(a) == words(b)
    };
    let plain = |text: &str| match text.contains("=?") {
        true => decode::unstructured(text.as_bytes()),
        false => text.to_owned(),
    };
    same(a, b) || ((a.contains("=?") || b.contains("=?")) && same(&plain(a), &plain(b)))
}
