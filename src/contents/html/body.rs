//! HTML as the body of a page that loads nothing.

use super::element::Element;
use super::{MAX_NESTED, Writer, escaped};

/// The body of a page: elements without attributes, each ended, and text.
#[derive(Default)]
pub(super) struct Body {
    pub out: String,
    open: Vec<Element>,
}

impl Body {
    fn close_last(&mut self) {
        if let Some(element) = self.open.pop() {
            self.out.push_str("</");
            self.out.push_str(element.name);
            self.out.push('>');
        }
    }

    /// Ends what is open.
    pub fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close_last();
        }
    }
}

impl Writer for Body {
    fn open(&mut self, element: Element) {
        while self.open.last().is_some_and(|open| element.ends(*open)) {
            self.close_last();
        }
        if self.open.len() < MAX_NESTED {
            self.out.push('<');
            self.out.push_str(element.name);
            self.out.push('>');
            self.open.push(element);
        }
    }

    fn close(&mut self, element: Element) {
        if let Some(at) = self.open.iter().rposition(|open| *open == element) {
            while self.open.len() > at {
                self.close_last();
            }
        }
    }

    fn line_end(&mut self) {
        self.out.push_str("<br>");
    }

    fn rule(&mut self) {
        self.out.push_str("<hr>");
    }

    fn text(&mut self, text: &str) {
        escaped(text, &mut self.out);
    }
}
