//! Trees of XML documents in one form: as the program reads them, and as `roxmltree` does.

use postacert::pec::xml::{Child, Document, Element, Error};

/// Nodes that a document may have here.
const MOST: usize = 50_000;

/// The tree as the program reads it: `(name attribute="value" "text" !)`.
pub fn read(text: &str) -> Result<String, Error> {
    let mut out = String::new();
    show(Document::parse(text, MOST)?.root(), &mut out);
    Ok(out)
}

fn show(element: Element<'_, '_>, out: &mut String) {
    out.push_str(&format!("({}", element.name()));
    for (name, value) in element.attributes() {
        out.push_str(&format!(" {name}={value:?}"));
    }
    // The witness gives pieces of one text as one.
    let mut text = String::new();
    for child in element.children() {
        if let Child::Text(piece) = child {
            text.push_str(piece);
            continue;
        }
        show_text(&std::mem::take(&mut text), out);
        match child {
            Child::Element(element) => show(element, out),
            _ => out.push('!'),
        }
    }
    show_text(&text, out);
    out.push(')');
}

fn show_text(text: &str, out: &mut String) {
    if !text.is_empty() {
        out.push_str(&format!("{text:?}"));
    }
}

/// The tree as the witness reads it; `None` where it refuses the text, or where a processing
/// instruction or a namespace is in it.
pub fn witnessed(text: &str) -> Option<String> {
    let document = roxmltree::Document::parse(text).ok()?;
    if document.root().children().any(|node| node.is_pi()) {
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
pub fn is_disputed(text: &str) -> bool {
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
    text.split("&#").skip(1).any(|rest| {
        let number = rest.split(';').next().unwrap_or_default();
        let code = match number.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        code.is_ok_and(|code| char::from_u32(code).is_none())
    })
}
