//! What commands are told that put files where the system looks for them.

use std::path::PathBuf;

use super::{Deed, InstallOrder};

/// What is asked of such files.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::command) struct InstallArguments {
    /// Write where this user's system looks
    #[arg(long, conflicts_with = "remove")]
    install: bool,

    /// Remove what --install wrote
    #[arg(long)]
    remove: bool,

    /// Write below this folder instead, as below /usr/share (for packages)
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

impl InstallArguments {
    /// What is ordered, if it is.
    pub(in crate::command) fn order(self) -> Option<InstallOrder> {
        let deed = match (self.install || self.to.is_some(), self.remove) {
            (_, true) => Deed::Remove,
            (true, false) => Deed::Write,
            (false, false) => return None,
        };
        Some(InstallOrder {
            deed,
            below: self.to,
        })
    }
}
