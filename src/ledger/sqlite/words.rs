//! What is looked for, as the index of words reads it (SQLite, "FTS5", 3): each word a string that
//! means nothing else there, found by its beginning. Nobody's text is a query.

use crate::ledger::letter::LetterFilter;

/// What a filter looks for in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sought {
    /// It names no words.
    Anything,
    /// Its words have neither letter nor digit: nothing has them.
    Nothing,
    /// A query.
    Words(String),
}

impl Sought {
    /// All words of a filter, each in its columns.
    pub fn of(filter: &LetterFilter) -> Self {
        let all = [
            ("", &filter.words),
            ("sender : ", &filter.sender),
            ("subject : ", &filter.subject),
        ];
        let mut parts = Vec::new();
        for (columns, words) in all {
            if words.is_empty() {
                continue;
            }
            let strings: Vec<String> = words.iter().filter_map(|word| string(word)).collect();
            if strings.is_empty() {
                return Self::Nothing;
            }
            parts.push(format!("({columns}({}))", strings.join(" AND ")));
        }
        match parts.is_empty() {
            true => Self::Anything,
            false => Self::Words(parts.join(" AND ")),
        }
    }
}

/// A word as a string of a query, if there is anything in it that is indexed.
fn string(word: &str) -> Option<String> {
    if !word.chars().any(char::is_alphanumeric) {
        return None;
    }
    // A query ends at NUL.
    let word = word.replace('"', "\"\"").replace('\0', " ");
    Some(format!("\"{word}\" *"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn each_word_is_a_string_in_its_columns() {
        let filter = LetterFilter {
            words: words(&["pratica", "a\"b", "--"]),
            sender: words(&["rossi@pec.example"]),
            ..LetterFilter::default()
        };
        let expected =
            "((\"pratica\" * AND \"a\"\"b\" *)) AND (sender : (\"rossi@pec.example\" *))";
        assert_eq!(Sought::of(&filter), Sought::Words(expected.to_owned()));
    }

    #[test]
    fn what_has_no_letter_is_found_nowhere() {
        let of = |word: &str| {
            Sought::of(&LetterFilter {
                subject: words(&[word]),
                ..LetterFilter::default()
            })
        };
        assert_eq!(of("*"), Sought::Nothing);
        assert_eq!(of("\0"), Sought::Nothing);
        assert_eq!(Sought::of(&LetterFilter::default()), Sought::Anything);
        let expected = Sought::Words("(subject : (\"a b\" *))".to_owned());
        assert_eq!(of("a\0b"), expected);
    }
}
