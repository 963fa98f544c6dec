//! The elements of HTML, by what becomes of them: those that are written and how they divide the text,
//! those that nobody reads, those of what is no HTML.

/// An element that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub name: &'static str,
    pub layout: Layout,
}

/// How an element divides the text around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Inline,
    /// On lines of its own.
    Block,
    /// With an empty line around it.
    Paragraph,
    Item,
    Cell,
    Quotation,
    /// Blanks and line ends count.
    Preformatted,
}

/// The elements that are written.
const ELEMENTS: &[(Layout, &[&str])] = &[
    (
        Layout::Inline,
        &[
            "b", "strong", "i", "em", "u", "s", "sub", "sup", "small", "code",
        ],
    ),
    (
        Layout::Block,
        &[
            "div", "section", "article", "header", "footer", "main", "center", "address", "dl",
            "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "caption",
        ],
    ),
    (
        Layout::Paragraph,
        &["p", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"],
    ),
    (Layout::Item, &["li"]),
    (Layout::Cell, &["td", "th"]),
    (Layout::Quotation, &["blockquote"]),
    (Layout::Preformatted, &["pre"]),
];

/// Elements whose content is no text for a reader.
pub(super) const UNREAD: &[&str] = &["script", "style", "title", "iframe", "noembed", "noframes"];

/// Roots of what is no HTML (WHATWG HTML, 13.2.6.5): in it a tag may end itself, and script and style
/// hold tags.
pub(super) const FOREIGN: &[&str] = &["svg", "math"];

/// Elements in those that hold HTML again.
pub(super) const INTEGRATING: &[&str] = &[
    "foreignobject",
    "desc",
    "annotation-xml",
    "mi",
    "mo",
    "mn",
    "ms",
    "mtext",
];

/// Elements that end what is no HTML.
pub(super) const LEAVING: &[&str] = &[
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "dd",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "hr",
    "i",
    "img",
    "li",
    "listing",
    "menu",
    "meta",
    "nobr",
    "ol",
    "p",
    "pre",
    "ruby",
    "s",
    "small",
    "span",
    "strong",
    "strike",
    "sub",
    "sup",
    "table",
    "tt",
    "u",
    "ul",
    "var",
];

/// Whether a name is among those.
pub(super) fn is_one_of(names: &[&str], name: &[u8]) -> bool {
    names.iter().any(|one| one.as_bytes() == name)
}

impl Element {
    /// The element of a name, if it is one that is written.
    pub fn named(name: &[u8]) -> Option<Self> {
        let of = |(layout, names): &(Layout, &'static [&'static str])| {
            let name = names.iter().find(|one| one.as_bytes() == name)?;
            Some(Self {
                name,
                layout: *layout,
            })
        };
        ELEMENTS.iter().find_map(of)
    }

    /// Whether it ends one that was not ended, as items and cells often are not.
    pub fn ends(self, open: Self) -> bool {
        match self.name {
            "td" | "th" => matches!(open.name, "td" | "th"),
            "tr" => matches!(open.name, "td" | "th" | "tr"),
            "dt" | "dd" => matches!(open.name, "dt" | "dd" | "p"),
            "li" => matches!(open.name, "li" | "p"),
            _ => open.name == "p" && !matches!(self.layout, Layout::Inline | Layout::Cell),
        }
    }
}
