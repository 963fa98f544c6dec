//! `pec stamp`: a time stamp over a file, asked for and checked, or checked again later.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
mod document;
mod place;
mod told;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use self::document::{Found, Kept};
use self::place::Place;
use super::verify::{load, text::read_error};
use super::{Failure, Session, trusted};
use crate::client::{StampError, Stamping, stamp};
use crate::context::random_octets;
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::report::Form;
use crate::providers::Trust;
use crate::secret::Secret;
use crate::smime::algorithm::DigestAlgorithm;
use crate::smime::chain::Anchor;
use crate::smime::revocation::Crl;
use crate::smime::signed_data::SignatureOctets;
use crate::smime::time_stamp::{
    Answer, Imprint, Nonce, Policy, Token, TokenFault, Trusted, Wanted,
};
use crate::transport::Login;
use crate::transport::stamping::{Address, Way, is_direct};

/// Octets of a file that are hashed at a time.
const CHUNK: usize = 64 * 1024;

/// The order to obtain or to check a time stamp.
pub(super) struct StampOrder {
    task: Task,
    /// Certificates of authorities, and trust data.
    anchors: Vec<PathBuf>,
    trust: Option<PathBuf>,
    /// Files or folders of revocation lists.
    crls: Vec<PathBuf>,
    form: Form,
}

enum Task {
    Make(Box<Make>),
    Check(Check),
}

/// A time stamp that is asked for.
struct Make {
    file: PathBuf,
    address: Address,
    policy: Option<Policy>,
    /// Where it is written; without it beside the file.
    to: Option<PathBuf>,
    user: Option<String>,
    /// In place of the one of the environment; `none` for none.
    proxy: Option<String>,
}

/// A time stamp that was kept.
struct Check {
    token: PathBuf,
    of: PathBuf,
}

/// Whom the user trusts.
struct Believed {
    anchors: Vec<Anchor>,
    crls: Vec<Crl>,
}

pub(super) fn run(order: StampOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let believed = believed(&order, session.lang)?;
    let found = match order.task {
        Task::Make(make) => make_one(*make, &believed, session)?,
        Task::Check(check) => check_one(&check, &believed, session)?,
    };
    Ok(session.out.show(&found, order.form)?)
}

impl Believed {
    fn trusted(&self) -> Trusted<'_> {
        Trusted {
            anchors: &self.anchors,
            crls: &self.crls,
        }
    }
}

/// None is built in: the authorities of certified mail are none of time stamps.
fn believed(order: &StampOrder, lang: Lang) -> anyhow::Result<Believed> {
    let mut anchors = Vec::new();
    if let Some(file) = &order.trust {
        anchors.extend(trusted::trust(file, lang)?.anchors);
    }
    for file in &order.anchors {
        let octets = trusted::read(file, lang)?;
        let trust = Trust::from_certificates(&octets, &file.display().to_string())
            .map_err(|error| trusted::of_anchors(&error, file, lang))?;
        anchors.extend(trust.anchors);
    }
    let crls = load::crls(&order.crls, lang)?;
    // One that cannot be read may be the one that counts.
    if let Some(damaged) = crls.damaged.first() {
        let values = [("file", damaged.to_string())];
        return Err(Failure::new("stamp-crl", values).into());
    }
    let crls = crls.lists.into_iter().map(|(_, crl)| crl).collect();
    Ok(Believed { anchors, crls })
}

fn make_one(make: Make, believed: &Believed, session: &mut Session<'_>) -> anyhow::Result<Found> {
    let imprint = hash(&make.file, DigestAlgorithm::Sha256, session.lang)?;
    let to = make.to.clone().unwrap_or_else(|| beside(&make.file));
    let place = Place::reserve(to)?;
    let digest = <[u8; 32]>::try_from(&*imprint.digest).expect("a SHA-256 has 32 octets");
    let nonce = Nonce::new(&random_octets()).map_err(|error| anyhow::anyhow!(error))?;
    let way = way(&make, session)?;
    let stamping = Stamping {
        address: &make.address,
        way: &way,
        policy: make.policy,
        trusted: believed.trusted(),
    };
    let now = session.context.clock.now();
    let kept = |token: Option<PathBuf>| Kept {
        file: make.file.clone(),
        token,
        imprint: imprint.clone(),
    };
    match stamp(digest, nonce, now, &stamping) {
        Ok(stamped) => {
            let to = place.keep(&stamped.token)?;
            Ok(Found::valid(kept(Some(to)), &stamped.checked, now).made_now(&stamped))
        }
        // Paid for, perhaps, and good for those who trust its authority.
        Err(StampError::Token { fault, token }) if fault.is_of_trust() => {
            let to = place.keep(&token)?;
            Ok(Found::faulty(kept(Some(to)), fault))
        }
        Err(StampError::Token { fault, token: _ }) => Ok(Found::faulty(kept(None), fault)),
        Err(StampError::Way(fault)) => Err(told::way(&fault, &make.address).into()),
        Err(StampError::Answer(fault)) => {
            Err(told::answer(&fault, &make.address, session.lang).into())
        }
    }
}

fn check_one(
    check: &Check,
    believed: &Believed,
    session: &mut Session<'_>,
) -> anyhow::Result<Found> {
    let octets = trusted::read(&check.token, session.lang)?;
    let unreadable = || {
        let values = [("file", check.token.display().to_string())];
        Failure::new("stamp-unreadable", values)
    };
    // An answer of a server, kept as it came, has the token in it.
    let token = Answer::parse(&octets).map_or(&*octets, |answer| answer.token);
    let octets = SignatureOctets::new(token).map_err(|_| unreadable())?;
    let parsed = Token::parse(&octets);
    if let Err(
        TokenFault::Object(_) | TokenFault::TooLarge | TokenFault::After | TokenFault::NotTimeStamp,
    ) = parsed
    {
        return Err(unreadable().into());
    }
    let algorithm = match &parsed {
        Ok(token) => token.info().imprint.algorithm,
        Err(_) => DigestAlgorithm::Sha256,
    };
    let imprint = hash(&check.of, algorithm, session.lang)?;
    let checked = parsed.and_then(|token| token.check(&Wanted::of(&imprint), &believed.trusted()));
    let kept = Kept {
        file: check.of.clone(),
        token: Some(check.token.clone()),
        imprint,
    };
    Ok(match checked {
        Ok(checked) => Found::valid(kept, &checked, session.context.clock.now()),
        Err(fault) => Found::faulty(kept, fault),
    })
}

/// `contract.pdf.tst` of `contract.pdf`.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".tst");
    PathBuf::from(name)
}

/// The digest of a file of any length.
fn hash(file: &Path, algorithm: DigestAlgorithm, lang: Lang) -> anyhow::Result<Imprint> {
    let hashed = || -> io::Result<Imprint> {
        let mut file = File::open(file)?;
        let mut context = algorithm.context();
        let mut chunk = vec![0; CHUNK];
        loop {
            match file.read(&mut chunk)? {
                0 => break,
                length => context.update(&chunk[..length]),
            }
        }
        let digest = context.finish().as_ref().into();
        Ok(Imprint { algorithm, digest })
    };
    hashed().map_err(|error| {
        let reason = read_error(&error.into(), lang);
        let values = [("file", file.display().to_string()), ("reason", reason)];
        Failure::new("read", values).into()
    })
}

fn way(make: &Make, session: &Session<'_>) -> anyhow::Result<Way> {
    let login = match &make.user {
        Some(user) => Some(Login {
            user: user.clone(),
            password: session
                .context
                .stamp_password
                .clone()
                .ok_or_else(|| Failure::new("stamp-password", []))?,
        }),
        None => None,
    };
    Ok(Way {
        login,
        proxy: proxy(make, session),
        ..Way::default()
    })
}

fn proxy(make: &Make, session: &Session<'_>) -> Option<Secret> {
    let proxies = &session.context.proxies;
    match make.proxy.as_deref() {
        Some("none") => None,
        Some(given) => Some(Secret::new(given.to_owned())),
        None if is_direct(&make.address, &proxies.except) => None,
        None if make.address.is_secure() => proxies.https.clone(),
        None => proxies.http.clone(),
    }
}
