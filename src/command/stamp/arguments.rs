//! What `pec stamp` is told.

use std::path::PathBuf;

use super::authority::Authority;
use super::within::Which;
use super::{Check, Make, StampOrder, Task, document};
use crate::command::Failure;
use crate::command::order::Order;
use crate::output::report::Form;

/// Obtain a time stamp for a file, or check one
///
/// Asks a time stamp authority (RFC 3161) to attest that the file exists, as it is, at this time. Only
/// its SHA-256 leaves the computer. The answer is checked completely before the time stamp is
/// written beside the file. A container of pec export gets it inside, over the list of its files;
/// with --renew also a later one, which covers the earlier ones. A time stamp proves that these bytes existed at that time; it does not
/// prove who wrote them, or that they were sent or received.
///
/// Exit status: 0 if the time stamp is valid; 1 if it is not; 3 if it cannot be verified, as when
/// its authority is not among those given; 2 if a file cannot be read or written; 4 if the authority
/// cannot be reached; 5 if it refuses.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec stamp [OPTIONS] <FILE> --url <URL>\n       pec stamp [OPTIONS] --check <FILE> --of <FILE>"
)]
pub(in crate::command) struct Arguments {
    /// The file to be time-stamped
    #[arg(
        value_name = "FILE",
        required_unless_present_any = ["check", "json_schema"],
        conflicts_with = "check"
    )]
    file: Option<PathBuf>,

    /// Address of the authority, https:// or http://, or the name of a public one
    #[arg(
        long,
        value_name = "URL",
        required_unless_present_any = ["check", "json_schema"],
        conflicts_with = "check"
    )]
    url: Option<String>,

    /// Where to write the time stamp (default: the name of the file with .tst), or the container with it
    /// (default: in its place)
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    to: Option<PathBuf>,

    /// Add a later time stamp to a container that has one, before its certificate ends or its
    /// algorithms weaken
    #[arg(long, conflicts_with = "check")]
    renew: bool,

    /// Policy to ask for, as the authority names it: 1.2.3.4
    #[arg(long, value_name = "OID", conflicts_with = "check")]
    policy: Option<String>,

    /// User name, where the authority asks for one; the password is in PEC_STAMP_PASSWORD
    #[arg(long, value_name = "NAME", conflicts_with = "check")]
    user: Option<String>,

    /// Proxy, or none (default: the one of the environment)
    #[arg(long, value_name = "URL", conflicts_with = "check")]
    proxy: Option<String>,

    /// Check this time stamp
    #[arg(long, value_name = "FILE", requires = "of")]
    check: Option<PathBuf>,

    /// The file that the time stamp is about
    #[arg(long, value_name = "FILE", requires = "check")]
    of: Option<PathBuf>,

    /// Certificates of authorities to trust for time stamps (PEM or DER); repeatable
    #[arg(long, value_name = "FILE")]
    tsa_anchor: Vec<PathBuf>,

    /// Trust data file with authorities to trust for time stamps
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// Revocation lists: a file or a folder (DER or PEM); repeatable
    #[arg(long, value_name = "FILE|DIR")]
    crl: Vec<PathBuf>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    /// # Errors
    /// A [`Failure`] when address or policy are none.
    pub(in crate::command) fn order(self) -> Result<Order, Failure> {
        if self.json_schema {
            return Ok(Order::schema::<document::Found>());
        }
        let task = match (self.check, self.of) {
            (Some(token), Some(of)) => Task::Check(Check { token, of }),
            (_, _) => Task::Make(Box::new(Make {
                authority: Authority::of(
                    &self.url.unwrap_or_default(),
                    self.policy.as_deref(),
                    self.user,
                    self.proxy,
                )?,
                file: self.file.unwrap_or_default(),
                to: self.to,
                which: match self.renew {
                    true => Which::Later,
                    false => Which::First,
                },
            })),
        };
        Ok(Order::Stamp(StampOrder {
            task,
            anchors: self.tsa_anchor,
            trust: self.trust,
            crls: self.crl,
            form: Form::of(self.json),
        }))
    }
}
