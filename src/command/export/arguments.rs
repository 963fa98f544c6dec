//! What `pec export` is told.

use std::path::PathBuf;

use super::court::{self, CourtOrder};
use super::report::Results;
use super::{ExportOrder, Of, Place, Stamping};
use crate::asic;
use crate::command::Failure;
use crate::command::dates::When;
use crate::command::order::Order;
use crate::command::stamp::authority::Authority;
use crate::court::Court;
use crate::output::report::Form;

/// Export a message with all its receipts to a container that proves itself, or for a court
///
/// The container (ASiC-E, a zip archive) holds the message as it was sent, every receipt as it was
/// received, the certificates and the trust data, the results of the verification, and instructions
/// to check it without this program. Everything is verified again before it is written. A message
/// that was received gets one too, with its transport envelope.
///
/// With --timestamp an authority attests that the files exist at this time; without its answer no
/// container is written. One that is already there gets its time stamp with pec stamp.
///
/// Several messages become one container each in a folder; what is already there and intact is
/// left, so an interrupted export continues where it was. Nothing is ever overwritten. This is not
/// long-term preservation by law (conservazione a norma).
///
/// With --court the message becomes a folder of plain .eml files as that court takes them, named and
/// listed, with the attachments; what the court may not take is reported and is in ATTENZIONE.txt.
///
/// Exit status: 0 if everything is written or already there; 1 if a receipt is not genuine, or is
/// about another message; 3 if a container lacks receipts that arrived after it was written, or its
/// time stamp is missing or cannot be verified; 2 if something cannot be exported; 4 if the authority
/// cannot be reached; 5 if it refuses. With --court: 1 also if a receipt is missing or something does
/// not fit, 3 if something may not fit.
#[derive(Debug, clap::Args)]
#[command(
    args_override_self = true,
    override_usage = "pec export [OPTIONS] <MESSAGE>... --to <FILE|DIR>"
)]
pub(in crate::command) struct Arguments {
    /// Messages, sent or received: short id, Message-ID, or words of the subject
    #[arg(
        value_name = "MESSAGE",
        required_unless_present_any = ["since", "job", "json_schema"],
        conflicts_with_all = ["since", "job"]
    )]
    messages: Vec<String>,

    /// FILE.asice for one message, or a folder for one container per message; with --court the folder of
    /// the message, which must not exist
    #[arg(long, value_name = "FILE|DIR", required_unless_present = "json_schema")]
    to: Option<PathBuf>,

    /// Every message recorded from this date and time on: 28/11/2026, 2026-11-28, yesterday, today
    #[arg(long, value_name = "DATE", conflicts_with = "job")]
    since: Option<String>,

    /// Every message of a job of pec batch: each container is named by the reference of its row
    #[arg(long, value_name = "JOB")]
    job: Option<String>,

    /// A folder of plain files for this law court: civile, tributario, amministrativo
    #[arg(long, value_name = "COURT", hide_possible_values = true)]
    court: Option<Court>,

    /// Verify with the trust data of this file instead of those of the account
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,

    /// Time-stamp each container: address of an authority (RFC 3161), https:// or http://, or the name
    /// of a public one
    #[arg(long, value_name = "URL", conflicts_with = "court")]
    timestamp: Option<String>,

    /// Policy to ask for, as the authority names it: 1.2.3.4
    #[arg(long, value_name = "OID", requires = "timestamp")]
    policy: Option<String>,

    /// User name, where the authority asks for one; the password is in PEC_STAMP_PASSWORD
    #[arg(long, value_name = "NAME", requires = "timestamp")]
    user: Option<String>,

    /// Proxy, or none (default: the one of the environment)
    #[arg(long, value_name = "URL", requires = "timestamp")]
    proxy: Option<String>,

    /// Certificates of authorities to trust for time stamps (PEM or DER), or a trust data file that
    /// names them; repeatable
    #[arg(long, value_name = "FILE", requires = "timestamp")]
    tsa_anchor: Vec<PathBuf>,

    /// Produce one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    /// # Errors
    /// A [`Failure`] when the time is none, or several messages should go into one file.
    pub(in crate::command) fn order(self) -> Result<Order, Failure> {
        let (Some(to), false) = (self.to, self.json_schema) else {
            return Ok(match self.court {
                Some(_) => Order::schema::<court::report::Results>(),
                None => Order::schema::<Results>(),
            });
        };
        let of = match (self.since, self.job) {
            (Some(text), _) => Of::Since(When::of("--since", text)?),
            (None, Some(job)) => Of::Job(job),
            (None, None) => Of::Messages(self.messages),
        };
        let is_one = matches!(&of, Of::Messages(all) if all.len() == 1);
        let is_container = asic::is_called_container(&to.to_string_lossy());
        let place = match (self.court, is_container) {
            // No court takes containers.
            (Some(_), true) => {
                let file = ("file", to.display().to_string());
                return Err(Failure::new("court-container", [file]));
            }
            (Some(court), false) => Place::Court(CourtOrder {
                court,
                place: match is_one {
                    true => court::Place::Own(to),
                    false => court::Place::Within(to),
                },
                form: Form::of(self.json),
            }),
            (None, true) => Place::File(to),
            (None, false) => Place::Folder(to),
        };
        if let (Place::File(to), false) = (&place, is_one) {
            let file = ("file", to.display().to_string());
            return Err(Failure::new("export-one-file", [file]));
        }
        let stamping = match &self.timestamp {
            Some(url) => Some(Box::new(Stamping {
                authority: Authority::of(url, self.policy.as_deref(), self.user, self.proxy)?,
                anchors: self.tsa_anchor,
            })),
            None => None,
        };
        Ok(Order::Export(ExportOrder {
            of,
            place,
            stamping,
            trust: self.trust,
            form: Form::of(self.json),
        }))
    }
}
