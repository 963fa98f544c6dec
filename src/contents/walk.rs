//! All that is in a mail, and in the mails in it: one bounded way through them for everybody.

use super::{Attachment, Contents};
use crate::mime::MAX_DEPTH;
use crate::work::Work;

/// How many messages within messages are entered.
pub const MAX_MAILS_DEEP: usize = MAX_DEPTH;

/// Files of one message, all those of the mails in it counted: as many as parts of one mail.
pub const MAX_FILES: usize = 1_000;

/// Units of [`Work`] for each octet of a mail that is entered: its parts are found, and what it holds is
/// decoded and hashed once more.
const WORK_PER_OCTET: usize = 3;

/// How far a walk goes, and whether that was far enough.
#[derive(Debug)]
pub struct Reach {
    work: Work,
    files: usize,
    is_whole: bool,
}

/// A file on the way through a mail.
#[derive(Debug)]
pub struct Visit<'v, 'a, 'm> {
    /// The file.
    pub attachment: &'v Attachment<'v, 'a>,
    /// Its place, with those of the mails that it is in: `3/2.1`.
    pub place: String,
    /// How many mails around it are within another.
    pub depth: usize,
    /// The mail that it is, where it is entered next.
    pub mail: Option<&'v Contents<'m>>,
    /// What opening it draws on.
    pub work: &'v Work,
}

impl Reach {
    /// That for a message of so many octets.
    pub fn of_message(octets: usize) -> Self {
        Self {
            work: Work::of_message(octets),
            files: MAX_FILES,
            is_whole: true,
        }
    }

    /// Visits what is attached to a mail, each mail before what is attached to it. Ends early where a
    /// visit fails.
    ///
    /// # Errors
    /// That of the visit.
    pub fn through<E>(
        &mut self,
        contents: &Contents<'_>,
        visit: &mut dyn FnMut(Visit<'_, '_, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.within(contents, "", 0, visit)
    }

    fn within<E>(
        &mut self,
        contents: &Contents<'_>,
        around: &str,
        depth: usize,
        visit: &mut dyn FnMut(Visit<'_, '_, '_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.is_whole &= contents.is_whole();
        for attachment in contents.attachments() {
            if self.files == 0 {
                self.is_whole = false;
                break;
            }
            self.files -= 1;
            let place = match around {
                "" => attachment.place.clone(),
                around => format!("{around}/{}", attachment.place),
            };
            let octets = attachment.mail();
            let enters = octets.as_ref().is_some_and(|octets| {
                depth < MAX_MAILS_DEEP && self.work.draw(WORK_PER_OCTET * octets.len())
            });
            self.is_whole &= enters || octets.is_none();
            let mail = octets.as_deref().filter(|_| enters);
            let mail = mail.and_then(|octets| Contents::within(octets, &self.work));
            visit(Visit {
                attachment: &attachment,
                place: place.clone(),
                depth,
                mail: mail.as_ref(),
                work: &self.work,
            })?;
            if let Some(mail) = &mail {
                self.within(mail, &place, depth + 1, visit)?;
            }
        }
        Ok(())
    }

    /// Whether everything was visited: no bound was met, and every mail could be cut into its parts.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(octets: &[u8]) -> (Vec<String>, bool) {
        let contents = Contents::of(octets).unwrap();
        let mut reach = Reach::of_message(octets.len());
        let mut places = Vec::new();
        let walked: Result<(), ()> = reach.through(&contents, &mut |visit| {
            places.push(visit.place);
            Ok(())
        });
        walked.unwrap();
        (places, reach.is_whole())
    }

    fn nested(depth: usize) -> Vec<u8> {
        let mut inside = "Subject: fondo\r\n\r\nx".to_owned();
        for level in 0..depth {
            inside = format!(
                "Subject: {level}\r\nContent-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n\
                 Content-Type: message/rfc822\r\n\r\n{inside}\r\n--b{level}\r\n\
                 Content-Type: image/png; name=a.png\r\n\r\ny\r\n--b{level}--\r\n"
            );
        }
        inside.into_bytes()
    }

    #[test]
    fn mails_in_mails_are_entered() {
        let (places, is_whole) = places(&nested(2));
        assert_eq!(places, ["1", "1/1", "1/2", "2"]);
        assert!(is_whole);
    }

    #[test]
    fn depth_and_number_have_an_end_which_is_told() {
        let (deep, is_whole) = places(&nested(60));
        assert!(
            deep.len() <= 2 * (MAX_MAILS_DEEP + 1) && !is_whole,
            "{deep:?}"
        );
        // A mail that is nothing but another one.
        let start = "Content-Type: message/rfc822\r\n\r\n".repeat(1_000);
        let (deep, is_whole) = places(start.as_bytes());
        assert!(deep.len() <= MAX_MAILS_DEEP + 1 && !is_whole);
        let part = "--b\r\nContent-Type: image/png\r\n\r\n";
        let head = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
        let (many, is_whole) = places(format!("{head}{}", part.repeat(MAX_FILES)).as_bytes());
        assert!(many.len() == MAX_FILES && is_whole);
        let (many, is_whole) = places(format!("{head}{}", part.repeat(100_000)).as_bytes());
        assert!(many.len() <= 1 && !is_whole);
    }
}
