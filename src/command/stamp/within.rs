//! A time stamp inside a container of evidence: the first one over its manifest, a later one over all
//! there is (ETSI EN 319 162-1, A.7).
//!
//! The container is checked to its end before anything is asked for, all of it is written beside
//! its place before the authority is asked, and it takes the place when the token is in it.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::authority::{Authority, Believed, Obtained};
use super::document::{Found, Kept};
use super::inside::inside;
use super::{digest_of, told};
use crate::asic::{self, Renewal};
use crate::command::{Failure, Session, whole};
use crate::exit::ExitStatus;
use crate::lang::Lang;
use crate::smime::time_stamp::{Imprint, TokenFault};

/// Which time stamps are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The first.
    First,
    /// A later one too.
    Later,
}

/// Whether a file is a container, or is called one.
pub(super) fn is_container(file: &Path) -> bool {
    use std::io::Read;
    let mut head = [0; 128];
    let read = File::open(file).and_then(|mut file| file.read(&mut head));
    read.is_ok_and(|length| asic::is_container(&head[..length]))
        || asic::is_called_container(&file.to_string_lossy())
}

/// Adds a time stamp to a container: in its place, or in a new one.
///
/// # Errors
/// A [`Failure`]; then the container is what it was.
pub(super) fn stamp(
    file: &Path,
    (to, which): (Option<&Path>, Which),
    authority: &Authority,
    believed: &Believed,
    session: &Session<'_>,
) -> anyhow::Result<Found> {
    let (mut container, renewal) = opened(file, which, believed, session.lang)?;
    let digest = digest_of(renewal.imprint());
    let shown = to.unwrap_or(file);
    let kept = |is_kept: bool| Kept {
        file: shown.to_owned(),
        token: is_kept.then(|| PathBuf::from(format!("{}!/{}", shown.display(), renewal.token()))),
        imprint: Imprint::sha256(digest),
    };
    let mut obtained = None;
    let mut content = |out: &mut std::io::BufWriter<File>| -> anyhow::Result<()> {
        renewal.write(&mut container, out, || {
            let (one, token) = match authority.ask(digest, believed, session)? {
                Obtained::Checked(stamped) => {
                    let token = stamped.token.clone();
                    (Obtained::Checked(stamped), token)
                }
                Obtained::Unknown { fault, token } => {
                    let copy = token.clone();
                    (Obtained::Unknown { fault, token }, copy)
                }
                Obtained::Faulty(fault) => return Err(Written::Faulty(fault)),
            };
            obtained = Some(one);
            Ok::<_, Written>(token)
        })?;
        Ok(())
    };
    let written = match to {
        Some(to) => whole::write_new(to, &mut content),
        None => whole::write(file, &mut content),
    };
    match (written, obtained) {
        (Ok(()), Some(Obtained::Checked(stamped))) => {
            let now = session.context.clock.now();
            let found = Found::valid(kept(true), &stamped.checked, now);
            Ok(found.made_now(&stamped).of_container())
        }
        (Ok(()), Some(Obtained::Unknown { fault, token: _ })) => {
            Ok(Found::faulty(kept(true), fault).of_container())
        }
        (Ok(()), Some(Obtained::Faulty(_)) | None) => unreachable!("nothing is written without"),
        (Err(error), _) => match error.downcast::<Written>() {
            Ok(Written::Faulty(fault)) => Ok(Found::faulty(kept(false), fault).of_container()),
            Ok(Written::Container(asic::Error::Io(error))) => {
                Err(whole::failure(shown, &error).into())
            }
            Ok(Written::Container(asic::Error::Fault(fault))) => {
                let values = [("file", file.display().to_string())];
                let too_large = matches!(fault, asic::Fault::TooLarge | asic::Fault::TooMany);
                Err(match too_large {
                    true => Failure::new("export-too-large", []),
                    false => {
                        Failure::new("stamp-container-changed", values).with_status(ExitStatus::No)
                    }
                }
                .into())
            }
            Ok(Written::Other(error)) => Err(error),
            Err(error) => Err(error),
        },
    }
}

/// Why a container was not written.
#[derive(Debug, thiserror::Error)]
enum Written {
    /// The token that came is not kept.
    #[error("{0}")]
    Faulty(TokenFault),
    /// The container, or the disk.
    #[error(transparent)]
    Container(#[from] asic::Error),
    /// The way to the authority.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// A container that is what it says, with what its next time stamp goes over.
fn opened(
    file: &Path,
    which: Which,
    believed: &Believed,
    lang: Lang,
) -> anyhow::Result<(File, Renewal)> {
    let named = || [("file", file.display().to_string())];
    let io = |error: std::io::Error| {
        let reason = crate::command::verify::text::read_error(&error.into(), lang);
        let [name] = named();
        Failure::new("read", [name, ("reason", reason)])
    };
    let mut container = File::open(file).map_err(io)?;
    let checked = match asic::Read::of(&mut container) {
        Ok(asic::Read::Evidence(checked)) => checked,
        Ok(asic::Read::Other(_)) => {
            return Err(Failure::new("stamp-container-other", named()).into());
        }
        Err(asic::Error::Io(error)) => return Err(io(error).into()),
        Err(asic::Error::Fault(_)) => {
            let failure = Failure::new("stamp-container-changed", named());
            return Err(failure.with_status(ExitStatus::No).into());
        }
    };
    let Some(renewal) = Renewal::of(&checked) else {
        let failure = Failure::new("stamp-container-changed", named());
        return Err(failure.with_status(ExitStatus::No).into());
    };
    if which == Which::First && !checked.stamps.is_empty() {
        return Err(Failure::new("stamp-container-stamped", named()).into());
    }
    for one in inside(&checked, &mut container, believed).map_err(io)? {
        // One whose authority nobody named is covered all the same: whoever names it later can check it.
        if let Err(fault) = one.result
            && !fault.is_undecided()
        {
            let [name] = named();
            let values = [
                name,
                ("token", one.token),
                ("reason", told::fault(&fault, lang)),
            ];
            let failure = Failure::new("stamp-container-faulty", values);
            return Err(failure.with_status(ExitStatus::No).into());
        }
    }
    Ok((container, renewal))
}
