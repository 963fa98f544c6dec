//! Whether waiting may help, and how long to wait: for all that goes on by itself.

use std::time::Duration;

use crate::transport::Error;

/// Whether the same may go well later without anybody's doing: the network, a server that has
/// trouble. A login that was refused, a certificate, or what a server does not offer stay as they
/// are; repeated, the first locks accounts.
pub fn may_pass(error: &Error) -> bool {
    match error {
        Error::Resolve { .. }
        | Error::Connect { .. }
        | Error::Silent
        | Error::Broken(_)
        | Error::Protocol(_) => true,
        // A NO of IMAP (RFC 3501, 7.1.2) does not say for how long; a code of SMTP does.
        Error::Refused { reply, .. } => reply.code == 0 || reply.is_for_now(),
        Error::Tls { fault, .. } => !fault.is_of_certificate(),
        Error::Roots(_)
        | Error::LoginRefused(_)
        | Error::NotOffered(_)
        | Error::Injection(_)
        | Error::Unnumbered
        | Error::Held(_)
        | Error::SenderRefused(_) => false,
    }
}

/// The pauses after broken lines: each twice as long as the one before, up to the longest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Pauses {
    pub(super) const fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            next: first,
        }
    }

    /// The line held: the next one that breaks begins with a short pause again.
    pub(super) fn begin_again(&mut self) {
        self.next = self.first;
    }

    /// How long to wait now.
    pub(super) fn take(&mut self) -> Duration {
        let pause = self.next;
        self.next = self.longest.min(pause * 2);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Censor, Reply, TlsFault};

    #[test]
    fn pauses_grow_to_the_longest_and_begin_again() {
        let seconds = Duration::from_secs;
        let mut pauses = Pauses::new(seconds(2), seconds(10));
        let taken: Vec<Duration> = (0..5).map(|_| pauses.take()).collect();
        assert_eq!(taken, [2, 4, 8, 10, 10].map(seconds));
        pauses.begin_again();
        assert_eq!(pauses.take(), seconds(2));
    }

    #[test]
    fn what_somebody_must_change_does_not_pass() {
        let refused = |code, text: &str| Error::Refused {
            what: "MAIL",
            reply: Reply {
                code,
                text: Censor::none().text(text),
            },
        };
        let tls = |fault| Error::Tls {
            host: "h".into(),
            reason: "r".into(),
            fault,
        };
        for (passes, error) in [
            (true, Error::Broken("reset".into())),
            (true, refused(451, "4.3.0 try later")),
            (false, refused(550, "5.1.1 no such user")),
            (true, refused(0, "NO [UNAVAILABLE]")),
            (true, tls(TlsFault::Other)),
            (false, tls(TlsFault::Certificate)),
            (
                false,
                Error::LoginRefused(Reply {
                    code: 535,
                    text: Censor::none().text("5.7.8"),
                }),
            ),
            (false, Error::NotOffered("STARTTLS")),
        ] {
            assert_eq!(may_pass(&error), passes, "{error:?}");
        }
    }
}
