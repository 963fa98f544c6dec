//! stub until status lands
use super::Session;
use crate::ledger::{Ledger, MessageRef};
pub(super) fn show(
    _m: &[MessageRef],
    _l: &Ledger,
    _j: bool,
    _s: &mut Session<'_>,
) -> anyhow::Result<()> {
    Ok(())
}
