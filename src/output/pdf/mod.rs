//! Documents for paper: PDF of one fixed form (A4; headings, paragraphs, tables, a picture), by the
//! package `krilla`, which checks that it is PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1).
//!
//! What is in a document is known when it is made: nothing in it acts, links or is loaded, its fonts are
//! inside, and the same document gives the same octets. What must be right by its sense (that a heading is
//! one) is told by [`Block`]; nobody checks that.

mod font;
mod ink;
mod layout;
mod letters;
mod text;

pub use letters::{Size, Weight};
pub use text::Text;

use crate::lang::Lang;
use crate::timestamp::Timestamp;

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its title, which a reader shows in place of the name of the file.
    pub title: String,
    /// Its language.
    pub lang: Lang,
    /// When it was made.
    pub made: Timestamp,
    /// The program that made it.
    pub producer: String,
    /// What stands at the foot of each page, at the left.
    pub foot: String,
    /// The words around the number of a page, `pag.` and `di`.
    pub page_words: [String; 2],
    /// What is in it.
    pub blocks: Vec<Block>,
}

/// A part of a document. Widths are shares of the width of a page.
#[derive(Clone, Debug)]
pub enum Block {
    /// The title.
    Title(String),
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(Text),
    /// A paragraph with a line behind it on which somebody writes.
    Blank(Text),
    /// A line that is typed.
    Typed(String),
    /// Points, each with a sign at its side.
    List(Vec<Item>),
    /// Points whose first words are a column, with its width.
    Labelled(f32, Vec<[Text; 2]>),
    /// What is said of what: a table whose first column names its rows, with its width.
    Facts(f32, Vec<[Text; 2]>),
    /// A table.
    Table(Table),
    /// A picture in rows.
    Figure(Figure),
    /// What is in a frame.
    Framed(Frame, Vec<Block>),
    /// What stays on one page if it fits on one.
    Together(Vec<Block>),
    /// Room to write by hand, in points.
    Room(f32),
}

/// A point of a list.
#[derive(Clone, Debug)]
pub struct Item {
    /// The bar at its side.
    pub bar: Bar,
    /// What it says; each text begins a line.
    pub texts: Vec<Text>,
}

/// The bar at the side of a point: each has a form of its own, beside its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// None.
    None,
    /// Of one thing among others.
    Plain,
    /// Of what is good.
    Good,
    /// Of what is bad.
    Bad,
    /// Of what is not known yet.
    Wait,
}

/// What is around blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A line.
    Plain,
    /// A line that warns.
    Alarm,
}

/// A table whose head is repeated on each page.
#[derive(Clone, Debug)]
pub struct Table {
    /// The columns: their heads, and how wide they are.
    pub columns: Vec<(String, f32)>,
    /// In each row as many cells as there are columns; each text begins a line.
    pub rows: Vec<Vec<Vec<Text>>>,
}

/// A picture in rows. Its measures have their own unit.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it shows.
    pub title: String,
    /// How wide it is.
    pub width: f32,
    /// How high what is above its rows is.
    pub head: f32,
    /// How high a row is.
    pub row: f32,
    /// Words above the rows, each over a line through all of them.
    pub scale: Vec<(f32, String)>,
    /// The rows.
    pub rows: Vec<FigureRow>,
    /// From where to where the line across a row goes, and at which height.
    pub across: (f32, f32, f32),
}

/// A row of a picture.
#[derive(Clone, Debug)]
pub struct FigureRow {
    /// Signs on its line, by their places.
    pub signs: Vec<(f32, Sign)>,
    /// Words.
    pub words: Vec<Words>,
    /// The same for who does not see it.
    pub beside: Text,
}

/// Words in a picture.
#[derive(Clone, Debug)]
pub struct Words {
    /// Their place: the foot of the letters.
    pub at: (f32, f32),
    /// Where the place is in them.
    pub anchor: Anchor,
    /// How heavy they are.
    pub weight: Weight,
    /// The words.
    pub text: String,
}

/// Where words begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At their place.
    Start,
    /// Half their width before it.
    Middle,
}

/// A sign on the line of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A black disc.
    Disc,
    /// A ring.
    Ring,
    /// A ring in dashes.
    Gap,
    /// A disc of which one half is black.
    Half,
    /// A black square.
    Square,
    /// A hook in a ring.
    Hook,
    /// A cross in a square.
    Cross,
}

/// A document cannot be written: it breaks a bound of PDF/A, by what is said here (in English).
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unwritable(String);

impl Document {
    /// The file.
    ///
    /// # Errors
    /// When it breaks a bound of the format: more than 8,388,607 parts.
    pub fn write(&self) -> Result<Vec<u8>, Unwritable> {
        let fonts = font::Fonts::new();
        let laid = layout::Laid::of(self, &fonts);
        ink::write(self, &laid, &fonts).map_err(Unwritable)
    }

    /// Whether the fonts lack a letter of it; such a letter is set as U+FFFD.
    pub fn is_lacking(&self) -> bool {
        layout::Laid::of(self, &font::Fonts::new()).is_lacking
    }
}
