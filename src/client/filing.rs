//! The copy in the folder of sent mail: which folder, and once.
//!
//! A missing copy is no failure: the ledger has the octets. So nothing here is tried again, and
//! why there is none is only told.

use crate::account::SentCopy;
use crate::transport::{Error, Mailbox};

/// What became of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filed {
    /// It is in this folder.
    In(String),
    /// There is none: the account wants none, or the server marks no folder.
    Nowhere,
    /// Why it could not be filed.
    Failed(String),
}

/// Whether the provider took the message before, for others of its recipients: then a copy may be
/// there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Never before.
    First,
    /// Before, for others.
    Again,
}

/// What is filed.
#[derive(Clone, Copy, Debug)]
pub struct Copied<'a> {
    /// Its Message-ID.
    pub message_id: &'a str,
    /// As it left.
    pub octets: &'a [u8],
    /// Whether a copy may be there.
    pub taken: Taken,
}

/// Files a copy where the account says, over a connection that is opened only for that.
pub fn file(
    copy: Copied<'_>,
    wanted: &SentCopy,
    connect: impl FnOnce() -> Result<Box<dyn Mailbox>, String>,
) -> Filed {
    let named = match wanted {
        SentCopy::NotFiled => return Filed::Nowhere,
        SentCopy::Folder(name) => Some(name.clone()),
        SentCopy::WhereMarked => None,
    };
    let mut mailbox = match connect() {
        Ok(mailbox) => mailbox,
        Err(reason) => return Filed::Failed(reason),
    };
    let filed = put(copy, named, &mut *mailbox);
    mailbox.close();
    match filed {
        Ok(Some(folder)) => Filed::In(folder),
        Ok(None) => Filed::Nowhere,
        Err(error) => Filed::Failed(error.to_string()),
    }
}

fn put(
    copy: Copied<'_>,
    named: Option<String>,
    mailbox: &mut dyn Mailbox,
) -> Result<Option<String>, Error> {
    let folder = match named {
        Some(name) => Some(name),
        None => marked(mailbox)?,
    };
    if let Some(name) = &folder
        && !is_there(copy, name, mailbox)
    {
        mailbox.append(name, copy.octets)?;
    }
    Ok(folder)
}

/// The folder that the server marks (`\Sent`, RFC 6154).
fn marked(mailbox: &mut dyn Mailbox) -> Result<Option<String>, Error> {
    let mut folders = mailbox.folders()?.into_iter();
    Ok(folders.find(|folder| folder.sent).map(|folder| folder.name))
}

/// Whether a folder has the copy of an earlier attempt. Where it does not say, it is filed: two are
/// better than none.
fn is_there(copy: Copied<'_>, folder: &str, mailbox: &mut dyn Mailbox) -> bool {
    if copy.taken == Taken::First {
        return false;
    }
    let found = mailbox
        .examine(folder)
        .and_then(|_| mailbox.search_header("Message-ID", copy.message_id));
    found.is_ok_and(|uids| !uids.is_empty())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::client::practised::{Line, SENT, Servers};

    const OCTETS: &[u8] = b"Message-ID: <uno@pec.mittente.example>\r\n\r\nTesto.\r\n";

    fn filed(servers: &Rc<RefCell<Servers>>, wanted: &SentCopy, taken: Taken) -> Filed {
        let copy = Copied {
            message_id: "<uno@pec.mittente.example>",
            octets: OCTETS,
            taken,
        };
        file(copy, wanted, || Ok(Box::new(Line(Rc::clone(servers)))))
    }

    #[test]
    fn a_copy_is_in_the_folder_that_is_named_or_marked() {
        let servers = Rc::new(RefCell::new(Servers::default()));
        let in_folder = |name: &str| Filed::In(name.to_owned());
        let marked = filed(&servers, &SentCopy::WhereMarked, Taken::First);
        assert_eq!(marked, in_folder(SENT));
        let named = SentCopy::Folder("Altra".to_owned());
        assert_eq!(filed(&servers, &named, Taken::First), in_folder("Altra"));
        assert_eq!(servers.borrow().sent, [OCTETS, OCTETS]);
        servers.borrow_mut().has_no_mark = true;
        let unmarked = filed(&servers, &SentCopy::WhereMarked, Taken::First);
        assert_eq!((unmarked, servers.borrow().sent.len()), (Filed::Nowhere, 2));
    }

    #[test]
    fn nobody_connects_for_a_copy_that_is_not_wanted() {
        let copy = Copied {
            message_id: "",
            octets: OCTETS,
            taken: Taken::First,
        };
        let filed = file(copy, &SentCopy::NotFiled, || unreachable!("not wanted"));
        assert_eq!(filed, Filed::Nowhere);
        let filed = file(copy, &SentCopy::WhereMarked, || Err("no line".to_owned()));
        assert_eq!(filed, Filed::Failed("no line".to_owned()));
    }

    #[test]
    fn the_copy_of_an_earlier_attempt_is_enough() {
        let servers = Rc::new(RefCell::new(Servers::default()));
        // Nothing is there yet: the first one failed, or none was wanted.
        for _ in 0..2 {
            let again = filed(&servers, &SentCopy::WhereMarked, Taken::Again);
            assert_eq!(again, Filed::In(SENT.to_owned()));
            assert_eq!(servers.borrow().sent.len(), 1);
        }
    }
}
