//! The certificates that came along with a signature (RFC 5652, 10.2.3), each read at most once.

use std::cell::OnceCell;
use std::sync::Arc;

use super::Error;
use super::certificate::Certificate;
use crate::work::Work;

/// Units of [`Work`] for each octet of a certificate that is read: names and lists of names are
/// taken apart.
pub const WORK_PER_OCTET: usize = 16;

/// Certificates as they came; none of them is trusted.
#[derive(Debug, Default)]
pub struct Bag<'a>(Vec<Entry<'a>>);

#[derive(Debug)]
struct Entry<'a> {
    der: &'a [u8],
    read: OnceCell<Result<Arc<Certificate>, Error>>,
}

impl<'a> Bag<'a> {
    pub(super) fn add(&mut self, der: &'a [u8]) {
        self.0.push(Entry {
            der,
            read: OnceCell::new(),
        });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// DER of all, in their order.
    pub fn octets(&self) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().map(|entry| entry.der)
    }

    /// One certificate, read when it is first asked for. `None` when it is not among them, or the
    /// work for it is used up.
    ///
    /// # Errors
    /// As [`Certificate::parse`].
    pub fn certificate(
        &self,
        index: usize,
        work: &Work,
    ) -> Option<Result<Arc<Certificate>, Error>> {
        let entry = self.0.get(index)?;
        if entry.read.get().is_none() && !work.draw(entry.der.len() * WORK_PER_OCTET) {
            return None;
        }
        let read = || Certificate::parse(entry.der).map(Arc::new);
        Some(entry.read.get_or_init(read).clone())
    }

    /// All that can be read.
    pub fn certificates(&self, work: &Work) -> Vec<Arc<Certificate>> {
        let all = 0..self.len();
        all.filter_map(|index| self.certificate(index, work)?.ok())
            .collect()
    }
}
