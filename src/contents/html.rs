//! HTML as text.

use html5gum::{Token, Tokenizer};

pub(super) fn text(html: &str) -> String {
    let mut text = String::new();
    for token in Tokenizer::new(html) {
        let Ok(token) = token;
        match token {
            Token::String(string) => text.push_str(&String::from_utf8_lossy(&string)),
            Token::StartTag(_)
            | Token::EndTag(_)
            | Token::Comment(_)
            | Token::Doctype(_)
            | Token::Error(_) => text.push('\n'),
        }
    }
    text
}
