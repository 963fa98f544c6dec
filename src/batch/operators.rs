//! Operators of templates that never take a number for a text.
//!
//! All cells of a CSV are texts, and to the engine any text is greater than any number: `importo >
//! 100` would be true of 50. The engine lets nobody change its operators, so they are written
//! anew before it reads the template: `a > b` becomes `(a)|__compare(">", b)`, and the operands of
//! arithmetic become `(a)|__number`. What the rewriting does not understand it leaves to the
//! engine's own words. Lines stay where they are.
//!
//! Two numbers compare as numbers, two days as days, two words as texts. All else is an error,
//! with its values: a person must say what was meant.

use std::cmp::Ordering;
use std::fmt;

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

use super::number::{Reading, day, read};

/// Brackets within brackets: more than anybody writes.
const MAX_DEPTH: usize = 64;

/// Why two values cannot be compared or reckoned with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// A text that is no number where one is needed.
    NoNumber(String),
    /// A text that may be two numbers.
    TwoNumbers(String),
    /// Two values that have no order, or that are of two kinds.
    Apart(String, String),
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoNumber(value) => write!(f, "no number: {value}"),
            Self::TwoNumbers(value) => write!(f, "may be two numbers: {value}"),
            Self::Apart(one, other) => write!(f, "not comparable: {one}, {other}"),
        }
    }
}

impl std::error::Error for Unclear {}

impl From<Unclear> for Error {
    fn from(unclear: Unclear) -> Self {
        Self::new(ErrorKind::InvalidOperation, unclear.to_string()).with_source(unclear)
    }
}

/// The filters and tests that rewritten templates need, and those that would compare as the
/// engine does.
pub fn install(environment: &mut Environment<'_>) {
    environment.add_filter("__number", operand);
    environment.add_filter("__compare", |a: Value, operator: &str, b: Value| {
        compare(&a, operator, &b)
    });
    environment.add_filter("float", |value: Value| converted(&value, false));
    environment.add_filter("int", |value: Value| converted(&value, true));
    for (names, operator) in [
        (&["eq", "equalto", "=="][..], "=="),
        (&["ne", "!="], "!="),
        (&["lt", "lessthan", "<"], "<"),
        (&["le", "<="], "<="),
        (&["gt", "greaterthan", ">"], ">"),
        (&["ge", ">="], ">="),
        (&["in"], "in"),
    ] {
        for name in names {
            environment.add_test(*name, move |a: Value, b: Value| compare(&a, operator, &b));
        }
    }
}

fn defined(value: &Value) -> Result<(), Error> {
    match value.is_undefined() {
        true => Err(Error::from(ErrorKind::UndefinedError)),
        false => Ok(()),
    }
}

fn shown(value: &Value) -> String {
    value.to_string()
}

/// A number of digits and perhaps a point, exact where it is whole.
fn value_of(digits: &str) -> Option<Value> {
    match digits.contains('.') {
        true => digits.parse::<f64>().ok().map(Value::from),
        false => digits.parse::<i128>().ok().map(Value::from),
    }
}

/// The value as a number where it is one or a text of one; `None` for every other value.
fn number(value: &Value) -> Result<Option<Value>, Unclear> {
    let Some(text) = value.as_str() else {
        return Ok(value.is_number().then(|| value.clone()));
    };
    match read(text) {
        Reading::None => Ok(None),
        Reading::Ambiguous => Err(Unclear::TwoNumbers(text.to_owned())),
        Reading::Number(digits) => Ok(value_of(&digits)),
    }
}

/// What arithmetic is done with.
fn operand(value: Value) -> Result<Value, Error> {
    defined(&value)?;
    Ok(number(&value)?.unwrap_or(value))
}

/// `|int` and `|float`, which read codes and empty cells as little as the engine's.
fn converted(value: &Value, whole: bool) -> Result<Value, Error> {
    defined(value)?;
    let found = match number(value)? {
        Some(found) => Some(found),
        None if value.kind() == ValueKind::Bool => Some(Value::from(i64::from(value.is_true()))),
        None => value
            .as_str()
            .and_then(|text| text.trim().parse::<f64>().ok())
            .map(Value::from),
    };
    let found = found.ok_or_else(|| Unclear::NoNumber(shown(value)))?;
    let real = f64::try_from(found.clone())?;
    Ok(match (whole, found.is_integer()) {
        (true, true) => found,
        #[allow(
            clippy::cast_possible_truncation,
            reason = "towards zero, as the engine does"
        )]
        (true, false) => Value::from(real as i128),
        (false, _) => Value::from(real),
    })
}

/// Whether `a OPERATOR b`.
fn compare(a: &Value, operator: &str, b: &Value) -> Result<bool, Error> {
    defined(a)?;
    defined(b)?;
    Ok(match operator {
        "==" => equal(a, b)?,
        "!=" => !equal(a, b)?,
        "<" => order(a, b)?.is_lt(),
        "<=" => order(a, b)?.is_le(),
        ">" => order(a, b)?.is_gt(),
        ">=" => order(a, b)?.is_ge(),
        "in" => contains(b, a)?,
        "not in" => !contains(b, a)?,
        _ => return Err(Error::new(ErrorKind::InvalidOperation, operator.to_owned())),
    })
}

fn apart(a: &Value, b: &Value) -> Unclear {
    Unclear::Apart(shown(a), shown(b))
}

fn equal(a: &Value, b: &Value) -> Result<bool, Unclear> {
    if let (Some(one), Some(other)) = (a.as_str(), b.as_str()) {
        if one == other {
            return Ok(true);
        }
        // Only where both may be numbers does it matter which.
        return match (read(one), read(other)) {
            (Reading::None, _) | (_, Reading::None) => Ok(false),
            _ => Ok(number(a)? == number(b)?),
        };
    }
    let is_mixed = a.as_str().is_some() || b.as_str().is_some();
    if !is_mixed || a.is_none() || b.is_none() {
        return Ok(a == b);
    }
    let is_empty = |value: &Value| value.as_str().is_some_and(|text| text.trim().is_empty());
    match (number(a)?, number(b)?) {
        (Some(one), Some(other)) => Ok(one == other),
        _ if is_empty(a) || is_empty(b) => Ok(false),
        _ => Err(apart(a, b)),
    }
}

fn order(a: &Value, b: &Value) -> Result<Ordering, Unclear> {
    if let (Some(one), Some(other)) = (number(a)?, number(b)?) {
        return Ok(one.cmp(&other));
    }
    let (Some(one), Some(other)) = (a.as_str(), b.as_str()) else {
        // A text beside a number is what should be one.
        let wrong = [(a, b), (b, a)]
            .into_iter()
            .find(|(text, other)| text.as_str().is_some() && other.is_number());
        return Err(wrong.map_or_else(|| apart(a, b), |(text, _)| Unclear::NoNumber(shown(text))));
    };
    if let (Some(one), Some(other)) = (day(one), day(other)) {
        return Ok(one.cmp(&other));
    }
    let is_word = |text: &str| text.starts_with(char::is_alphabetic);
    match is_word(one) && is_word(other) {
        true => Ok(one.cmp(other)),
        false => Err(apart(a, b)),
    }
}

fn contains(container: &Value, value: &Value) -> Result<bool, Error> {
    if let Some(text) = container.as_str() {
        return match value.as_str() {
            Some(part) => Ok(text.contains(part)),
            None => Err(apart(value, container).into()),
        };
    }
    if container.kind() == ValueKind::Map {
        return Ok(!container.get_item(value)?.is_undefined());
    }
    for one in container.try_iter()? {
        if equal(&one, value)? {
            return Ok(true);
        }
    }
    Ok(false)
}

// The rewriting

/// The template with its operators written anew.
///
/// # Errors
/// The line in which comparisons stand in a row (`a < b < c`), or more brackets than anybody
/// writes.
pub fn rewritten(source: &str) -> Result<String, usize> {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = from;
        let end = match from.as_bytes().get(1) {
            Some(b'#') => from.find("#}").map(|at| at + 2),
            Some(b'%') if is_tag(from, "raw") => end_of_raw(from),
            Some(b'{' | b'%') => {
                let Some((tokens, end)) = tokens(from) else {
                    break;
                };
                let line = 1 + source[..source.len() - from.len()].matches('\n').count();
                let is_block = from.as_bytes()[1] == b'%';
                out.push_str(&from[..2]);
                out.push_str(&expressions(&tokens, is_block, 0).ok_or(line)?);
                out.push_str(&from[end - 2..end]);
                rest = &from[end..];
                continue;
            }
            _ => Some(1),
        };
        let Some(end) = end else {
            break;
        };
        out.push_str(&from[..end]);
        rest = &from[end..];
    }
    // What has no end is told by the engine.
    let at = source.len() - rest.len();
    out.push_str(&source[at..]);
    Ok(out)
}

/// Whether a text begins with a block of this name alone.
fn is_tag(text: &str, name: &str) -> bool {
    let inner = text.get(2..).unwrap_or_default();
    let inner = inner.strip_prefix(['-', '+']).unwrap_or(inner).trim_start();
    let Some(behind) = inner.strip_prefix(name) else {
        return false;
    };
    let behind = behind.trim_start();
    behind
        .strip_prefix(['-', '+'])
        .unwrap_or(behind)
        .starts_with("%}")
}

fn end_of_raw(text: &str) -> Option<usize> {
    let ends = text
        .match_indices("{%")
        .find(|(at, _)| is_tag(&text[*at..], "endraw"));
    ends.and_then(|(at, _)| Some(at + text[at..].find("%}")? + 2))
}

/// A piece of an expression, with the blanks before it.
#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    blank: &'a str,
    text: &'a str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    /// A number or a string.
    Literal,
    Sign,
    /// `-` or `+` beside a delimiter: how blanks around it are treated.
    Trim,
}

/// The tokens between two delimiters, and where the second ends; `None` where it is missing.
fn tokens(text: &str) -> Option<(Vec<Token<'_>>, usize)> {
    const SIGNS: [&str; 6] = ["==", "!=", "<=", ">=", "**", "//"];
    let close = if text.starts_with("{{") { "}}" } else { "%}" };
    let mut tokens = Vec::new();
    let mut depth = 0usize;
    let mut at = 2;
    if let Some(sign @ ('-' | '+')) = text[at..].chars().next() {
        tokens.push(Token {
            blank: "",
            text: &text[at..=at],
            kind: Kind::Trim,
        });
        at += sign.len_utf8();
    }
    loop {
        let rest = &text[at..];
        let inner = rest.trim_start();
        let blank = &rest[..rest.len() - inner.len()];
        at += blank.len();
        let first = inner.chars().next()?;
        let trims = matches!(first, '-' | '+') && inner[1..].starts_with(close);
        // A dictionary may end right before the delimiter.
        if inner.starts_with(close) && depth == 0 || trims {
            if trims {
                tokens.push(Token {
                    blank,
                    text: &inner[..1],
                    kind: Kind::Trim,
                });
            } else {
                tokens.push(Token {
                    blank,
                    text: "",
                    kind: Kind::Trim,
                });
            }
            return Some((tokens, at + usize::from(trims) + 2));
        }
        let (length, kind) = match first {
            '"' | '\'' => (string_length(inner, first)?, Kind::Literal),
            c if c.is_alphabetic() || c == '_' => {
                let word = |c: char| c.is_alphanumeric() || c == '_';
                (inner.find(|c| !word(c)).unwrap_or(inner.len()), Kind::Word)
            }
            c if c.is_ascii_digit() => (number_length(inner), Kind::Literal),
            _ => {
                let two = SIGNS.iter().any(|sign| inner.starts_with(sign));
                (if two { 2 } else { first.len_utf8() }, Kind::Sign)
            }
        };
        match first {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        tokens.push(Token {
            blank,
            text: &inner[..length],
            kind,
        });
        at += length;
    }
}

fn string_length(text: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Digits with a fraction and an exponent, or in another base.
fn number_length(text: &str) -> usize {
    let octets = text.as_bytes();
    let mut at = 0;
    while at < octets.len() {
        let goes_on = match octets[at] {
            octet if octet.is_ascii_alphanumeric() || octet == b'_' => true,
            b'.' => octets.get(at + 1).is_some_and(u8::is_ascii_digit),
            b'-' | b'+' => {
                matches!(octets[at - 1], b'e' | b'E') && !text.starts_with("0x") && at > 1
            }
            _ => false,
        };
        if !goes_on {
            break;
        }
        at += 1;
    }
    at
}

/// What stands between expressions.
fn is_boundary(tokens: &[Token<'_>], at: usize, is_block: bool) -> bool {
    let token = tokens[at];
    let before = at.checked_sub(1).map(|at| tokens[at]);
    let follows = |text: &str| before.is_some_and(|before| before.text == text);
    match (token.kind, token.text) {
        (Kind::Trim, _) | (Kind::Sign, "," | ":" | "=") => true,
        // The name of an attribute, a filter or a test.
        (Kind::Word, _) if follows(".") || follows("|") || follows("is") => false,
        (Kind::Word, "not") => tokens.get(at + 1).is_none_or(|next| next.text != "in"),
        (Kind::Word, "and" | "or" | "if" | "else") => true,
        // The keyword of a block, and the words of its own.
        (Kind::Word, _) if is_block && !tokens[..at].iter().any(|one| one.kind != Kind::Trim) => {
            true
        }
        (Kind::Word, "recursive") => is_block,
        (Kind::Word, "in") => {
            let mut words = tokens[..at].iter().filter(|one| one.kind != Kind::Trim);
            let is_loop = is_block && words.next().is_some_and(|one| one.text == "for");
            // Its first one divides names from what is walked over.
            is_loop && !tokens[..at].iter().skip(1).any(|one| one.text == "in")
        }
        _ => false,
    }
}

/// Expressions between boundaries, at one level of brackets; `None` where comparisons stand in
/// a row, or brackets are too deep.
fn expressions(tokens: &[Token<'_>], is_block: bool, depth: usize) -> Option<String> {
    let mut out = String::new();
    let mut start = 0;
    let mut at = 0;
    while at <= tokens.len() {
        if at == tokens.len() || is_boundary(tokens, at, is_block) {
            out.push_str(&comparison(&tokens[start..at], depth)?);
            if let Some(token) = tokens.get(at) {
                out.push_str(token.blank);
                out.push_str(token.text);
            }
            start = at + 1;
        }
        at = end_of_group(tokens, at);
    }
    Some(out)
}

/// Behind a token, or behind the bracket that closes it.
fn end_of_group(tokens: &[Token<'_>], at: usize) -> usize {
    let opens =
        |token: &Token<'_>| token.kind == Kind::Sign && matches!(token.text, "(" | "[" | "{");
    let closes =
        |token: &Token<'_>| token.kind == Kind::Sign && matches!(token.text, ")" | "]" | "}");
    if !tokens.get(at).is_some_and(opens) {
        return at + 1;
    }
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(at) {
        depth += usize::from(opens(token));
        depth -= usize::from(closes(token)).min(depth);
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The tokens that an operator of these divides, at this level; with the operator behind each.
fn divided<'t, 'a>(
    tokens: &'t [Token<'a>],
    operator: fn(&[Token<'_>], usize) -> usize,
) -> Vec<(&'t [Token<'a>], &'t [Token<'a>])> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < tokens.len() {
        let length = operator(tokens, at);
        // An operator with nothing before it is a sign of its number.
        if length > 0 && at > start {
            parts.push((&tokens[start..at], &tokens[at..at + length]));
            at += length;
            start = at;
        } else {
            at = end_of_group(tokens, at);
        }
    }
    parts.push((&tokens[start.min(tokens.len())..], &[]));
    parts
}

fn follows_name(tokens: &[Token<'_>], at: usize) -> bool {
    at > 0 && matches!(tokens[at - 1].text, "." | "|" | "is")
        || at > 1 && tokens[at - 1].text == "not" && tokens[at - 2].text == "is"
}

/// How many tokens a comparison takes here; 0 for none.
fn comparing(tokens: &[Token<'_>], at: usize) -> usize {
    let token = tokens[at];
    match (token.kind, token.text) {
        (Kind::Sign, "==" | "!=" | "<" | "<=" | ">" | ">=") => 1,
        (Kind::Word, "in") if !follows_name(tokens, at) => 1,
        (Kind::Word, "not") => {
            let next = tokens.get(at + 1).is_some_and(|next| next.text == "in");
            if next && !follows_name(tokens, at) {
                2
            } else {
                0
            }
        }
        _ => 0,
    }
}

fn reckoning(tokens: &[Token<'_>], at: usize) -> usize {
    let token = tokens[at];
    let is = token.kind == Kind::Sign
        && matches!(token.text, "+" | "-" | "*" | "/" | "//" | "%" | "**" | "~");
    usize::from(is)
}

fn comparison(tokens: &[Token<'_>], depth: usize) -> Option<String> {
    match &divided(tokens, comparing)[..] {
        [(whole, _)] => arithmetic(whole, depth),
        [(left, operator), (right, _)] => {
            let words: Vec<&str> = operator.iter().map(|token| token.text).collect();
            let (left, right) = (arithmetic(left, depth)?, arithmetic(right, depth)?);
            let blank = operator[0].blank;
            // Blanks, and the lines in them, stay where they are.
            let inner = left.trim_start();
            let before = &left[..left.len() - inner.len()];
            let operator = words.join(" ");
            if inner.is_empty() || right.trim().is_empty() {
                return Some(format!("{left}{blank}{operator}{right}"));
            }
            Some(format!(
                "{before}(({inner}){blank}|__compare(\"{operator}\",{right}))"
            ))
        }
        _ => None,
    }
}

fn arithmetic(tokens: &[Token<'_>], depth: usize) -> Option<String> {
    let parts = divided(tokens, reckoning);
    let mut out = String::new();
    let mut before: Option<&str> = None;
    for (tokens, operator) in &parts {
        let operator = operator.first();
        let text = leaf(tokens, depth)?;
        let reckons = [before, operator.map(|one| one.text)];
        // `~` joins texts; beside another operator its operand is one of that.
        let is_reckoned = reckons.into_iter().flatten().any(|sign| sign != "~");
        if is_reckoned && !text.trim().is_empty() {
            let inner = text.trim_start();
            let blank = &text[..text.len() - inner.len()];
            out.push_str(&format!("{blank}(({inner})|__number)"));
        } else {
            out.push_str(&text);
        }
        if let Some(operator) = operator {
            out.push_str(operator.blank);
            out.push_str(operator.text);
        }
        before = operator.map(|one| one.text);
    }
    Some(out)
}

/// Names, literals, calls: as they are, but for what stands in brackets.
fn leaf(tokens: &[Token<'_>], depth: usize) -> Option<String> {
    let mut out = String::new();
    let mut at = 0;
    while at < tokens.len() {
        let end = end_of_group(tokens, at);
        out.push_str(tokens[at].blank);
        out.push_str(tokens[at].text);
        if end > at + 1 {
            if depth == MAX_DEPTH {
                return None;
            }
            out.push_str(&expressions(&tokens[at + 1..end - 1], false, depth + 1)?);
            out.push_str(tokens[end - 1].blank);
            out.push_str(tokens[end - 1].text);
        }
        at = end;
    }
    Some(out)
}
