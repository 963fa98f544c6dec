//! What `pec sandbox` is told.

use std::path::PathBuf;
use std::time::Duration;

use super::{Place, SandboxOrder};
use crate::command::order::Order;
use crate::output::report::Form;
use crate::practice;

/// Run a practice provider of certified mail on this computer; nothing it signs has legal value
///
/// Accepts messages over SMTP, issues the receipts that a real provider would, and delivers them to
/// mailboxes for IMAP. Other mail programs can use it too. It listens on 127.0.0.1 only, and its
/// receipts are genuine only according to its own trust file.
///
/// Runs until Ctrl-C, or for the time set with --for.
#[derive(Debug, clap::Args)]
pub(in crate::command) struct Arguments {
    /// Folder for its keys and mail (default: sandbox in the data folder)
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// SMTP port with TLS; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = practice::SMTP_PORT)]
    smtp_port: u16,

    /// IMAP port with TLS; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = practice::IMAP_PORT)]
    imap_port: u16,

    /// Simulated length of an hour, for the notices after 12 and 24 hours: 500ms, 10s, 1m
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    hour: Duration,

    /// Stop after this time: 500ms, 10s, 1m
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    r#for: Option<Duration>,

    /// Append a line of JSON to this file for every message received
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,

    /// Produce addresses, ports and files as one JSON document
    #[arg(long)]
    json: bool,

    /// Print the JSON schema of the document and exit
    #[arg(long)]
    json_schema: bool,
}

impl Arguments {
    pub(in crate::command) fn order(self) -> Order {
        if self.json_schema {
            return Order::schema::<Place>();
        }
        Order::Sandbox(SandboxOrder {
            folder: self.dir,
            smtp_port: self.smtp_port,
            imap_port: self.imap_port,
            hour: self.hour,
            lasts: self.r#for,
            log: self.log,
            form: Form::of(self.json),
        })
    }
}

/// `500ms`, `10s`, `5m`, `2h`.
fn duration(text: &str) -> Result<Duration, String> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(String::new()),
    };
    let number: u64 = number.parse().map_err(|_| String::new())?;
    let most = Duration::from_secs(100 * 86_400);
    let time = Duration::from_millis(number.saturating_mul(factor));
    (time <= most).then_some(time).ok_or_else(String::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_number_and_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7_200)));
        for wrong in [
            "",
            "s",
            "5",
            "5 s",
            "-1s",
            "1d",
            "99999999999999999999s",
            "9999h",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
