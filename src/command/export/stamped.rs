//! The time stamp of a container that is being written: over its manifest, asked for when all else is on
//! the disk.

use std::cell::Cell;
use std::path::PathBuf;

use crate::command::stamp::authority::{Authority, Believed, Obtained};
use crate::command::stamp::told;
use crate::command::{Failure, Session};
use crate::exit::ExitStatus;

/// Where time stamps are asked for, as it was ordered.
pub(super) struct Stamping {
    pub authority: Authority,
    /// Files that name whom to believe.
    pub anchors: Vec<PathBuf>,
}

/// Who stamps the containers of one run.
pub(super) struct Stamper<'a> {
    authority: &'a Authority,
    believed: Believed,
    /// Whether the authority has failed us once: it is not asked again in this run.
    has_failed: Cell<bool>,
}

impl<'a> Stamper<'a> {
    /// # Errors
    /// When a file that names whom to believe cannot be read.
    pub fn new(stamping: &'a Stamping, session: &Session<'_>) -> anyhow::Result<Self> {
        Ok(Self {
            authority: &stamping.authority,
            believed: Believed::by(&stamping.anchors, session.lang)?,
            has_failed: Cell::new(false),
        })
    }

    /// A time stamp over a SHA-256.
    ///
    /// # Errors
    /// A [`Failure`] where there is none that may be kept; the authority is left alone from then on.
    pub fn obtain(&self, digest: [u8; 32], session: &Session<'_>) -> anyhow::Result<Obtained> {
        if self.has_failed.get() {
            let failure = Failure::new("export-stamp-stopped", []);
            return Err(failure.with_status(ExitStatus::NotNow).into());
        }
        let obtained = match self.authority.ask(digest, &self.believed, session) {
            Ok(Obtained::Faulty(fault)) => {
                let reason = told::fault(&fault, session.lang);
                let failure = Failure::new("export-stamp-faulty", [("reason", reason)]);
                Err(failure.with_status(ExitStatus::No).into())
            }
            asked => asked,
        };
        self.has_failed.set(obtained.is_err());
        obtained
    }
}

/// The token of a time stamp that is kept.
pub(super) fn token(obtained: &Obtained) -> &[u8] {
    match obtained {
        Obtained::Checked(stamped) => &stamped.token,
        Obtained::Unknown { fault: _, token } => token,
        Obtained::Faulty(_) => &[],
    }
}
