//! Any octets as a mail that a person reads: its text, its page, everything attached to it.
#![no_main]

use std::convert::Infallible;

use libfuzzer_sys::fuzz_target;
use postacert::contents::{Contents, MAX_FILES, Reach, name};
use postacert::printable::is_deceptive;

fuzz_target!(|octets: &[u8]| {
    let Some(contents) = Contents::of(octets) else {
        return;
    };
    assert!(contents.text(1_000).len() <= 1_000);
    // Nothing in a page has an attribute, and every sign of markup is ours.
    let page = contents.page().body;
    for tag in page.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        assert!(
            !tag.is_empty()
                && tag
                    .bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || octet == b'/')
        );
    }
    let mut files = 0;
    let mut reach = Reach::of_message(octets.len());
    let walked: Result<(), Infallible> = reach.through(&contents, &mut |visit| {
        files += 1;
        let attachment = visit.attachment;
        let written = attachment.file_name();
        assert!(!written.is_empty() && written.len() <= 255);
        assert!(!written.contains(['/', '\\']) && !written.starts_with('.'));
        assert!(!written.chars().any(is_deceptive));
        assert_eq!(name::safe(&written).as_deref(), Some(&*written));
        let whole: usize = attachment.pieces().map(|piece| piece.len()).sum();
        assert_eq!(attachment.digest().size, whole as u64);
        attachment.cautions();
        let opened = attachment.opened(visit.work);
        attachment.tax(opened.as_ref());
        Ok(())
    });
    let Ok(()) = walked;
    assert!(files <= MAX_FILES);
});
