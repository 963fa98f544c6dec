//! `pec stamp`: a time stamp over a file, asked for and checked, or checked again later.

// A new case is thought about wherever cases are told apart.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub(super) mod arguments;
pub(super) mod authority;
pub(super) mod document;
pub(super) mod inside;
mod place;
mod presets;
pub(super) mod told;
mod within;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use self::authority::{Authority, Believed, Obtained};
use self::document::{Found, Kept};
use self::place::Place;
use self::within::Which;
use super::verify::{load, text::read_error};
use super::{Failure, Session, trusted};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::output::report::Form;
use crate::smime::algorithm::DigestAlgorithm;
use crate::smime::revocation::Crl;
use crate::smime::signed_data::SignatureOctets;
use crate::smime::time_stamp::{Answer, Imprint, Token, TokenFault, Wanted};

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
    authority: Authority,
    /// Where it is written; without it beside the file, or in the container.
    to: Option<PathBuf>,
    /// Of a container.
    which: Which,
}

/// A time stamp that was kept.
struct Check {
    token: PathBuf,
    of: PathBuf,
}

pub(super) fn run(order: StampOrder, session: &mut Session<'_>) -> anyhow::Result<ExitStatus> {
    let believed = Believed::by(&order.anchors, session.lang)?
        .and_trust(order.trust.as_deref(), session.lang)?
        .unless_revoked(lists(&order.crls, session.lang)?);
    let found = match order.task {
        Task::Make(make) => make_one(*make, &believed, session)?,
        Task::Check(check) => check_one(&check, &believed, session)?,
    };
    Ok(session.out.show(&found, order.form)?)
}

/// Revocation lists, every one of which must be readable: it may be the one that counts.
fn lists(files: &[PathBuf], lang: Lang) -> anyhow::Result<Vec<Crl>> {
    let crls = load::crls(files, lang)?;
    if let Some(damaged) = crls.damaged.first() {
        let values = [("file", damaged.to_string())];
        return Err(Failure::new("stamp-crl", values).into());
    }
    Ok(crls.lists.into_iter().map(|(_, crl)| crl).collect())
}

fn make_one(make: Make, believed: &Believed, session: &mut Session<'_>) -> anyhow::Result<Found> {
    if within::is_container(&make.file) {
        let where_to = (make.to.as_deref(), make.which);
        return within::stamp(&make.file, where_to, &make.authority, believed, session);
    }
    let imprint = hash(&make.file, DigestAlgorithm::Sha256, session.lang)?;
    let to = make.to.clone().unwrap_or_else(|| beside(&make.file));
    let place = Place::reserve(to)?;
    let digest = <[u8; 32]>::try_from(&*imprint.digest).expect("a SHA-256 has 32 octets");
    let kept = |token: Option<PathBuf>| Kept {
        file: make.file.clone(),
        token,
        imprint: imprint.clone(),
    };
    match make.authority.ask(digest, believed, session)? {
        Obtained::Checked(stamped) => {
            let to = place.keep(&stamped.token)?;
            let now = session.context.clock.now();
            Ok(Found::valid(kept(Some(to)), &stamped.checked, now).made_now(&stamped))
        }
        Obtained::Unknown { fault, token } => {
            let to = place.keep(&token)?;
            Ok(Found::faulty(kept(Some(to)), fault))
        }
        Obtained::Faulty(fault) => Ok(Found::faulty(kept(None), fault)),
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

/// The octets of a SHA-256 in hexadecimal.
pub(in crate::command) fn digest_of(hexadecimal: &str) -> [u8; 32] {
    let mut digest = [0; 32];
    for (octet, at) in digest.iter_mut().zip((0..).step_by(2)) {
        let pair = hexadecimal.get(at..at + 2);
        *octet = pair
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .expect("a SHA-256");
    }
    digest
}
