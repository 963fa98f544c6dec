//! What a command line asks, in types of the program: nothing here knows how it was written.
//!
//! Each command has an order of its own, beside what it does; what excludes each other on the
//! command line is an enum there.

use std::io;
use std::path::PathBuf;

use super::account::AccountOrder;
use super::addresses::CheckOrder;
use super::archive::ArchiveOrder;
use super::batch::BatchOrder;
use super::completions::CompletionsOrder;
use super::demo::DemoOrder;
use super::doctor::DoctorOrder;
use super::draft::DraftOrder;
use super::export::ExportOrder;
use super::extract::ExtractOrder;
use super::forget::ForgetOrder;
use super::import::ImportOrder;
use super::inbox::InboxOrder;
use super::ledger::LedgerOrder;
use super::man::ManOrder;
use super::offices::OfficesOrder;
use super::prove::ProveOrder;
use super::report::ReportOrder;
use super::sandbox::SandboxOrder;
use super::search::SearchOrder;
use super::send::SendOrder;
use super::show::ShowOrder;
use super::stamp::StampOrder;
use super::status::StatusOrder;
use super::sync::SyncOrder;
use super::trust::TrustOrder;
use super::verify::VerifyOrder;
use super::wait::WaitOrder;
use super::watch::WatchOrder;
use crate::context::Context;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::report::{Output, Report};
use crate::output::style::Style;

/// What holds for every command.
#[derive(Debug)]
pub(super) struct Common {
    /// The language of the texts; without it that of the system.
    pub lang: Option<Lang>,
    /// When to colour.
    pub color: Color,
    /// The account, by name or address; without it the default one.
    pub account: Option<String>,
    /// The configuration file; without it the usual one.
    pub config: Option<PathBuf>,
    /// The folder of ledger and messages; without it the usual one.
    pub data_dir: Option<PathBuf>,
    /// What is not shown if all is well.
    pub held: Held,
    /// Whether the conversation with servers is shown.
    pub is_verbose: bool,
}

/// What is not shown if all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Everything is shown.
    Nothing,
    /// What is beside the results.
    Remarks,
    /// Results too.
    All,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    /// On a terminal of somebody who wants colours.
    Auto,
    /// In any case.
    Always,
    /// Not at all.
    Never,
}

impl Color {
    /// How texts look on this standard output.
    pub fn style(self, context: &Context) -> Style {
        let colored = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => context.stdout_is_terminal && !context.no_color,
        };
        match colored {
            true => Style::Colored,
            false => Style::Plain,
        }
    }
}

/// One command with all that it was told.
pub(super) enum Order {
    Send(SendOrder),
    Batch(BatchOrder),
    Draft(DraftOrder),
    Sync(SyncOrder),
    Watch(WatchOrder),
    Wait(WaitOrder),
    Status(StatusOrder),
    Inbox(InboxOrder),
    Search(SearchOrder),
    Show(ShowOrder),
    Extract(ExtractOrder),
    Verify(VerifyOrder),
    Import(ImportOrder),
    Archive(ArchiveOrder),
    Stamp(StampOrder),
    Export(ExportOrder),
    Prove(ProveOrder),
    Report(ReportOrder),
    Forget(ForgetOrder),
    Account(AccountOrder),
    Doctor(DoctorOrder),
    Ledger(LedgerOrder),
    Trust(TrustOrder),
    Check(CheckOrder),
    Offices(OfficesOrder),
    Demo(DemoOrder),
    Sandbox(SandboxOrder),
    Completions(CompletionsOrder),
    Man(ManOrder),
    /// The schema of what a command writes, whatever else was said.
    Schema(fn(&mut Output<'_>) -> io::Result<ExitStatus>),
}

impl Order {
    /// The answer to `--json-schema`.
    pub fn schema<R: Report>() -> Self {
        Self::Schema(|out| out.schema::<R>())
    }

    /// Whether it is answered without looking at a clock.
    pub const fn is_timeless(&self) -> bool {
        matches!(self, Self::Completions(_) | Self::Man(_))
    }
}
