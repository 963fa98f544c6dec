//! Trees of XML documents in one form: as the program reads them, and as `roxmltree` does.

use postacert::pec::xml::{Error, Item, Reader};

/// Nodes that a document may have here.
const MOST: usize = 50_000;

/// The tree as the program reads it: `(name attribute="value" "text" !)`.
pub fn read(text: &str) -> Result<String, Error> {
    let mut reader = Reader::new(text, MOST)?;
    let (mut out, mut depth) = (String::new(), 0);
    // The witness gives pieces of one text as one.
    let mut so_far = String::new();
    while let Some(item) = reader.read()? {
        match item {
            Item::Text(piece) => so_far.push_str(&piece),
            Item::Character(c) => so_far.push(c),
            Item::Start(name) => {
                show_text(&std::mem::take(&mut so_far), &mut out);
                out.push_str(&format!("({name}"));
                for (name, value) in reader.attributes() {
                    out.push_str(&format!(" {name}={value:?}"));
                }
                depth += 1;
            }
            Item::End => {
                show_text(&std::mem::take(&mut so_far), &mut out);
                out.push(')');
                depth -= 1;
            }
            Item::Comment => {
                show_text(&std::mem::take(&mut so_far), &mut out);
                // Only those inside the root element.
                out.push_str(if depth > 0 { "!" } else { "" });
            }
        }
    }
    Ok(out)
}

fn show_text(text: &str, out: &mut String) {
    if !text.is_empty() {
        out.push_str(&format!("{text:?}"));
    }
}

/// Both read the text alike, or both refuse it. Where the program passes something over or mends
/// it, only what it takes is compared: the witness then reads the mended text so too.
pub fn agree(text: &str) {
    if is_disputed(text) {
        return;
    }
    let read = read(text).ok();
    let mended = mended(text);
    if mended == text && !text.contains("<!DOCTYPE") && !has_instruction(text) {
        assert_eq!(read, witnessed(text), "{text:?}");
    } else if read.is_some() && !(text.contains("&#") && text.contains("<![CDATA[")) {
        assert_eq!(read, witnessed(&mended), "{text:?}");
    }
}

fn has_instruction(text: &str) -> bool {
    let after = text.strip_prefix("<?xml ").unwrap_or(text);
    after.contains("<?")
}

/// The text with U+FFFD for all controls that are no blanks, raw or by number.
fn mended(text: &str) -> String {
    let is_control = |c: char| c.is_ascii_control() && !matches!(c, '\0' | '\t' | '\n' | '\r');
    let mut pieces = text.split("&#");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, rest) = piece.split_once(';').unwrap_or(("", ""));
        match code_of(number)
            .and_then(char::from_u32)
            .filter(|&c| is_control(c))
        {
            Some(_) => out.extend(["\u{fffd}", rest]),
            None => out.extend(["&#", piece]),
        }
    }
    out.replace(is_control, "\u{fffd}")
}

/// The tree as the witness reads it; `None` where it refuses the text, or where a namespace is in
/// it or a processing instruction that is not before the root element.
fn witnessed(text: &str) -> Option<String> {
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let document = roxmltree::Document::parse_with_options(text, options).ok()?;
    let mut around = document.root().children();
    if around.any(|node| node.is_element()) && around.any(|node| node.is_pi()) {
        return None;
    }
    let mut out = String::new();
    show_witnessed(document.root_element(), &mut out)?;
    Some(out)
}

fn show_witnessed(node: roxmltree::Node<'_, '_>, out: &mut String) -> Option<()> {
    let in_namespace = node.tag_name().namespace().is_some()
        || node
            .namespaces()
            .any(|namespace| namespace.name().is_some())
        || node
            .attributes()
            .any(|attribute| attribute.namespace().is_some());
    if in_namespace {
        return None;
    }
    out.push_str(&format!("({}", node.tag_name().name()));
    for attribute in node.attributes() {
        out.push_str(&format!(" {}={:?}", attribute.name(), attribute.value()));
    }
    for child in node.children() {
        if child.is_element() {
            show_witnessed(child, out)?;
        } else if child.is_pi() {
            return None;
        } else if child.is_comment() {
            out.push('!');
        } else {
            show_text(child.text().unwrap_or_default(), out);
        }
    }
    out.push(')');
    Some(())
}

/// Whether the witness is more lenient than XML about something in the text, or at fault: it
/// takes the number of a surrogate for U+FFFD, a name that begins with a colon for one without,
/// a second byte order mark for nothing, does not turn every CR into LF where references are
/// near, and looks at names and values of the declaration less than strictly.
fn is_disputed(text: &str) -> bool {
    let mut around_colons = text.match_indices(':').map(|(at, _)| &text[..at]);
    text.contains('\u{feff}')
        || text.contains('\r') && text.contains('&')
        || is_surrogate_named(text)
        || around_colons.any(|before| before.ends_with(['<', '/', ' ', '\t', '\r', '\n']))
        || text.starts_with("<?xml ") && is_declared_oddly(text)
}

fn is_declared_oddly(text: &str) -> bool {
    let declaration = text.split("?>").next().unwrap_or_default();
    let lacks_sign = |word: &str| {
        let mut places = declaration.match_indices(word);
        places.any(|(at, _)| !declaration[at + word.len()..].trim_start().starts_with('='))
    };
    declaration.contains('&')
        || ["version", "encoding", "standalone"]
            .into_iter()
            .any(lacks_sign)
}

fn is_surrogate_named(text: &str) -> bool {
    let numbers = text.split("&#").skip(1);
    let mut codes = numbers.filter_map(|rest| code_of(rest.split(';').next().unwrap_or_default()));
    codes.any(|code| char::from_u32(code).is_none())
}

/// The number of a reference, `233` or `xE9`.
fn code_of(number: &str) -> Option<u32> {
    match number.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    }
}
