//! What is wrong with a time stamp, with an answer, and with the way to the authority, in words.

use crate::command::{Failure, trusted};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::smime::chain::PathFault;
use crate::smime::signed_data::SignatureFault;
use crate::smime::time_stamp::{AnswerFault, Problem, Refusal, Refused, TokenFault};
use crate::transport::stamping::{Address, Fault};

/// The words of faults, as JSON has them.
pub(in crate::command) const FAULTS: [&str; 22] = [
    "unreadable",
    "content",
    "signers",
    "no-certificate",
    "certificate",
    "no-attributes",
    "signature",
    "weak-digest",
    "weak-key",
    "signing-certificate",
    "profile",
    "imprint",
    "weak-imprint",
    "nonce",
    "policy",
    "authority-name",
    "certificate-time",
    "unknown-authority",
    "path",
    "authority-time",
    "revoked",
    "work",
];

/// The word of a fault.
pub(in crate::command) const fn word(fault: &TokenFault) -> &'static str {
    use TokenFault as F;
    match fault {
        F::TooLarge | F::Object(_) | F::After | F::NotTimeStamp => "unreadable",
        F::Info(_) => "content",
        F::Signers(_) => "signers",
        F::NoCertificate => "no-certificate",
        F::Certificate(_) => "certificate",
        F::NoAttributes => "no-attributes",
        F::Signature(_) => "signature",
        F::WeakDigest => "weak-digest",
        F::WeakKey(_) => "weak-key",
        F::SigningCertificate(_) => "signing-certificate",
        F::Profile(_) => "profile",
        F::Imprint => "imprint",
        F::WeakImprint => "weak-imprint",
        F::Nonce => "nonce",
        F::Policy(_) => "policy",
        F::AuthorityName => "authority-name",
        F::CertificateTime { .. } => "certificate-time",
        F::Unknown(_) => "unknown-authority",
        F::Path(_) => "path",
        F::AuthorityTime(_) => "authority-time",
        F::Revoked { .. } => "revoked",
        F::Work => "work",
    }
}

/// The same in a clause.
pub(in crate::command) fn fault(fault: &TokenFault, lang: Lang) -> String {
    use TokenFault as F;
    let texts = Catalogue::of(lang);
    let plain = |key| texts.text(key).to_owned();
    match fault {
        F::TooLarge | F::Object(_) | F::After | F::NotTimeStamp => plain("stamp.fault.unreadable"),
        F::Info(_) => plain("stamp.fault.content"),
        F::Signers(count) => texts.count("stamp.fault.signers", *count, &[]),
        F::NoCertificate => plain("stamp.fault.no-certificate"),
        F::Certificate(_) => plain("stamp.fault.certificate"),
        F::NoAttributes => plain("stamp.fault.no-attributes"),
        F::Signature(SignatureFault::Algorithm(error)) => {
            let why = trusted::algorithm(error, texts);
            texts.fill("stamp.fault.algorithm", &[("why", &why)])
        }
        F::Signature(_) => plain("stamp.fault.signature"),
        F::WeakDigest => plain("stamp.fault.weak-digest"),
        F::WeakKey(bits) => texts.fill("stamp.fault.weak-key", &[("bits", &bits.to_string())]),
        F::SigningCertificate(_) => plain("stamp.fault.signing-certificate"),
        F::Profile(_) => plain("stamp.fault.profile"),
        F::Imprint => plain("stamp.fault.imprint"),
        F::WeakImprint => plain("stamp.fault.weak-imprint"),
        F::Nonce => plain("stamp.fault.nonce"),
        F::Policy(policy) => texts.fill("stamp.fault.policy", &[("policy", &policy.to_string())]),
        F::AuthorityName => plain("stamp.fault.authority-name"),
        F::CertificateTime { at, from, to } => {
            let shown = [at, from, to].map(|time| layout::shown(*time, lang));
            let values = [("time", &*shown[0]), ("from", &shown[1]), ("to", &shown[2])];
            texts.fill("stamp.fault.certificate-time", &values)
        }
        F::Unknown(issuer) => texts.fill("stamp.fault.unknown-authority", &[("issuer", issuer)]),
        F::Path(PathFault::AuthorityEnded(at)) => {
            let time = layout::shown(*at, lang);
            texts.fill("stamp.fault.authority-ended", &[("time", &time)])
        }
        F::Path(_) => plain("stamp.fault.path"),
        F::AuthorityTime(name) => texts.fill("stamp.fault.authority-time", &[("name", name)]),
        F::Revoked {
            subject,
            revocation,
        } => {
            let at = layout::shown(revocation.at, lang);
            let values = [
                ("subject", &**subject),
                ("time", &at),
                ("why", revocation.reason_name()),
            ];
            texts.fill("stamp.fault.revoked", &values)
        }
        F::Work => plain("stamp.fault.work"),
    }
}

/// Why the authority gave no answer that could be read.
pub(super) fn way(fault: &Fault, address: &Address) -> Failure {
    let url = || ("url", address.as_str().to_owned());
    let because = |reason: &String| [url(), ("reason", reason.clone())];
    let now = ExitStatus::NotNow;
    match fault {
        Fault::Unsecured => Failure::new("stamp-unsecured", [url()]),
        Fault::Proxy => Failure::new("stamp-proxy", []),
        Fault::ProxyRefuses(reason) => {
            Failure::new("stamp-proxy-refuses", because(reason)).with_status(now)
        }
        Fault::Resolve => Failure::new("stamp-resolve", [url()]).with_status(now),
        Fault::Connect(reason) => Failure::new("stamp-connect", because(reason)).with_status(now),
        Fault::Tls(reason) => Failure::new("stamp-tls", because(reason)).with_status(now),
        Fault::Silent => Failure::new("stamp-silent", [url()]).with_status(now),
        Fault::Broken(reason) => Failure::new("stamp-broken", because(reason)).with_status(now),
        Fault::Status(code) => {
            let failure = Failure::new("stamp-status", [url(), ("code", code.to_string())]);
            failure.with_status(match code {
                401..=403 | 407 | 429 => ExitStatus::Refused,
                _ => now,
            })
        }
        Fault::Redirect(to) => {
            Failure::new("stamp-redirect", [url(), ("to", to.clone())]).with_status(now)
        }
        Fault::ContentType(kind) => {
            Failure::new("stamp-content-type", [url(), ("type", kind.clone())]).with_status(now)
        }
        Fault::TooLarge => Failure::new("stamp-too-large", [url()]).with_status(now),
    }
}

/// Why an answer gives no token.
pub(super) fn answer(fault: &AnswerFault, address: &Address, lang: Lang) -> Failure {
    let url = ("url", address.as_str().to_owned());
    match fault {
        AnswerFault::Refused(refusal) => {
            let why = ("why", refused(refusal, Catalogue::of(lang)));
            let status = match refusal.refused {
                Refused::Waiting => ExitStatus::NotNow,
                Refused::Rejection if is_passing(refusal) => ExitStatus::NotNow,
                Refused::Rejection
                | Refused::RevocationWarning
                | Refused::RevocationNotification => ExitStatus::Refused,
            };
            Failure::new("stamp-refused", [url, why]).with_status(status)
        }
        AnswerFault::TooLarge
        | AnswerFault::Object(_)
        | AnswerFault::Status
        | AnswerFault::Text
        | AnswerFault::Problems
        | AnswerFault::NoToken
        | AnswerFault::After => {
            Failure::new("stamp-no-answer", [url]).with_status(ExitStatus::NotNow)
        }
    }
}

/// Whether the reason is one that passes by itself.
fn is_passing(refusal: &Refusal) -> bool {
    let passes =
        |problem: &Problem| matches!(problem, Problem::TimeNotAvailable | Problem::SystemFailure);
    refusal.problems.iter().any(passes)
}

/// In the words of the standard, and in those of the authority.
fn refused(refusal: &Refusal, texts: &Catalogue) -> String {
    let kind = match refusal.refused {
        Refused::Rejection => "rejection",
        Refused::Waiting => "waiting",
        Refused::RevocationWarning => "revocationWarning",
        Refused::RevocationNotification => "revocationNotification",
    };
    let problems = refusal.problems.iter().map(|problem| match problem {
        Problem::BadAlgorithm => "badAlg".to_owned(),
        Problem::BadRequest => "badRequest".to_owned(),
        Problem::BadDataFormat => "badDataFormat".to_owned(),
        Problem::TimeNotAvailable => "timeNotAvailable".to_owned(),
        Problem::UnacceptedPolicy => "unacceptedPolicy".to_owned(),
        Problem::UnacceptedExtension => "unacceptedExtension".to_owned(),
        Problem::AdditionalInformation => "addInfoNotAvailable".to_owned(),
        Problem::SystemFailure => "systemFailure".to_owned(),
        Problem::Other(bit) => format!("failure {bit}"),
    });
    let mut words: Vec<String> = [kind.to_owned()].into_iter().chain(problems).collect();
    if !refusal.texts.is_empty() {
        let said = refusal.texts.join("; ");
        words.push(texts.fill("stamp.quoted", &[("text", &said)]));
    }
    words.join(", ")
}
