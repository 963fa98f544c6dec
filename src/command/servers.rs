//! The servers as commands meet them: how they are reached, and what is wrong with them in words.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

use std::net::IpAddr;

use super::Failure;
use crate::exit::ExitStatus;
use crate::transport::imap::ImapMailbox;
use crate::transport::smtp::SmtpSubmission;
use crate::transport::{
    Endpoint, Error, Login, Mailbox, Manner, Roots, Submission, TlsFault, probe,
};

/// Connects to a server and logs in, once.
type Connect<T> = fn(&Endpoint, &Roots, &Login, &Manner) -> Result<Box<T>, Error>;

/// How servers are reached; tests hand in others than [`Servers::ON_THE_WIRE`].
pub(super) struct Servers {
    /// The addresses of a name.
    pub resolve: fn(&Endpoint) -> Result<Vec<IpAddr>, Error>,
    /// For reading.
    pub mailbox: Connect<dyn Mailbox>,
    /// For sending.
    pub submission: Connect<dyn Submission>,
}

impl Servers {
    /// The real ones.
    pub const ON_THE_WIRE: Self = Self {
        resolve: probe::resolve,
        mailbox: |endpoint, roots, login, manner| {
            let mailbox = ImapMailbox::connect(endpoint, roots, login, manner.clone())?;
            Ok(Box::new(mailbox))
        },
        submission: |endpoint, roots, login, manner| {
            let submission = SmtpSubmission::connect(endpoint, roots, login, manner.clone())?;
            Ok(Box::new(submission))
        },
    };
}

/// Words for a fault of a server, and the exit status that goes with it: 4 where trying again is
/// safe, 5 where the server refused us, 2 where the configuration is wrong.
pub(super) fn failure(error: &Error, endpoint: &Endpoint) -> Failure {
    let server = ("server", endpoint.to_string());
    match error {
        Error::Resolve { host, reason } => Failure::new(
            "server-name",
            [("host", host.clone()), ("reason", reason.clone())],
        )
        .with_status(ExitStatus::NotNow),
        Error::Connect { reason, .. } => {
            Failure::new("server-connection", [server, ("reason", reason.clone())])
                .with_status(ExitStatus::NotNow)
        }
        Error::Tls { reason, fault, .. } => {
            let values = [server, ("reason", reason.clone())];
            let failure = match fault {
                TlsFault::Certificate => Failure::new("server-certificate", values),
                TlsFault::Authority => Failure::new("server-certificate-own", values),
                TlsFault::NothingInCommon => Failure::new("server-tls-old", values),
                TlsFault::Other => Failure::new("server-tls", values),
            };
            failure.with_status(ExitStatus::NotNow)
        }
        Error::Silent => Failure::new("server-silent", [server]).with_status(ExitStatus::NotNow),
        Error::Roots(reason) => Failure::new("server-roots", [("reason", reason.clone())]),
        Error::LoginRefused(reply) => {
            Failure::new("server-login", [server, ("reply", reply.to_string())])
                .with_status(ExitStatus::Refused)
        }
        Error::Refused { what, reply } => {
            let status = match reply.code {
                500.. => ExitStatus::Refused,
                _ => ExitStatus::NotNow,
            };
            let what = ("what", (*what).to_owned());
            Failure::new(
                "server-refused",
                [server, what, ("reply", reply.to_string())],
            )
            .with_status(status)
        }
        Error::Broken(reason) => {
            Failure::new("server-broken", [server, ("reason", reason.clone())])
                .with_status(ExitStatus::NotNow)
        }
        Error::NotOffered(what) => {
            Failure::new("server-not-offered", [server, ("what", (*what).to_owned())])
        }
        Error::Protocol(answer) => {
            Failure::new("server-protocol", [server, ("answer", answer.clone())])
                .with_status(ExitStatus::NotNow)
        }
        Error::Injection(what) => Failure::new("server-injection", [("what", (*what).to_owned())]),
        Error::Unnumbered => {
            Failure::new("server-unnumbered", [server]).with_status(ExitStatus::NotNow)
        }
        Error::SenderRefused(reply) => {
            Failure::new("sender-refused", [server, ("reply", reply.to_string())])
                .with_status(ExitStatus::Refused)
        }
        Error::Held(reason) => Failure::new("server-held", [("reason", reason.clone())])
            .with_status(ExitStatus::NotNow),
    }
}
