//! A document in its places, as PDF: by `krilla`, which only this module and the fonts know.

use std::num::NonZeroU16;

use krilla::Document as Pdf;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{Path, PathBuilder, Point, Rect, Size as Measure};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node as TagNode, SpanTag,
    TableHeaderScope, Tag, TagGroup, TagKind, TagTree,
};

use super::font::Fonts;
use super::layout::{Colour, HEIGHT, Ink, Laid, Page, Pen, Placed, Role, SIDE, Set, WIDTH, foot};
use super::{Document, Frame, Sign};
use crate::timestamp::Timestamp;

/// What it is, or why it cannot be.
pub(super) fn write(document: &Document, laid: &Laid, fonts: &Fonts) -> Result<Vec<u8>, String> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .expect("both standards are of PDF 1.7");
    let mut pdf = Pdf::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    pdf.set_metadata(metadata(document));
    let mut outline = Outline::new();
    let mut marked: Vec<Vec<Identifier>> = vec![Vec::new(); laid.nodes.len()];
    for (page, index) in laid.pages.iter().zip(0..) {
        let size = Measure::from_wh(WIDTH, HEIGHT).expect("a page has a size");
        let mut sheet = pdf.start_page_with(PageSettings::new(size));
        {
            let surface = sheet.surface();
            let mut brush = Brush { surface, fonts };
            brush.page(page, &mut marked);
            let pages = laid.pages.len();
            for set in foot(document, index + 1, pages, fonts) {
                brush.artifact(ArtifactType::Footer, |brush| brush.set(&set, 0.0));
            }
        }
        sheet.finish();
        for placed in &page.strips {
            if let Some(title) = placed.strip.heading.clone() {
                let place = XyzDestination::new(index, Point::from_xy(SIDE, placed.top));
                outline.push_child(OutlineNode::new(title, place));
            }
        }
    }
    pdf.set_outline(outline);
    pdf.set_tag_tree(tags(laid, marked));
    pdf.finish().map_err(|error| error.to_string())
}

fn metadata(document: &Document) -> Metadata {
    Metadata::new()
        .title(document.title.clone())
        .language(document.lang.code().to_owned())
        .creator(document.producer.clone())
        .producer(document.producer.clone())
        .creation_date(date(document.made))
}

/// A time of UTC.
fn date(time: Timestamp) -> DateTime {
    let stated = time.to_string();
    let number = |from: usize, to: usize| stated.get(from..to).and_then(|part| part.parse().ok());
    let small = |from, to| number(from, to).and_then(|number: u16| u8::try_from(number).ok());
    DateTime::new(number(0, 4).unwrap_or_default())
        .month(small(5, 7).unwrap_or(1))
        .day(small(8, 10).unwrap_or(1))
        .hour(small(11, 13).unwrap_or_default())
        .minute(small(14, 16).unwrap_or_default())
        .second(small(17, 19).unwrap_or_default())
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// What everything is, in the order in which it is read.
fn tags(laid: &Laid, marked: Vec<Vec<Identifier>>) -> TagTree {
    let mut groups: Vec<TagGroup> = laid
        .nodes
        .iter()
        .zip(marked)
        .map(|(node, marked)| {
            let leaves = marked.into_iter().map(TagNode::Leaf);
            TagGroup::with_children(tag(&node.role), leaves.collect())
        })
        .collect();
    let mut tree = TagTree::new();
    let mut first = Vec::new();
    // What stands under another one comes after it: from the last to the first, all are whole.
    while let Some(mut group) = groups.pop() {
        if let Some(TagNode::Group(_)) = group.children.first() {
            group.children.reverse();
        }
        match laid.nodes[groups.len()].under {
            Some(above) => groups[above].push(group),
            None => first.push(group),
        }
    }
    for group in first.into_iter().rev() {
        tree.push(group);
    }
    tree
}

fn tag(role: &Role) -> TagKind {
    match role {
        Role::Heading(level, title) => {
            let level = NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN);
            Tag::Hn(level, Some(title.clone())).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::Typed => Tag::Code.into(),
        Role::List => Tag::L(ListNumbering::None).into(),
        Role::Item => Tag::LI.into(),
        Role::Label => Tag::Lbl.into(),
        Role::Body => Tag::LBody.into(),
        Role::Table => Tag::Table.into(),
        Role::TableHead => Tag::THead.into(),
        Role::TableBody => Tag::TBody.into(),
        Role::Row => Tag::TR.into(),
        Role::ColumnHead => Tag::TH(TableHeaderScope::Column).into(),
        Role::RowHead => Tag::TH(TableHeaderScope::Row).into(),
        Role::Cell => Tag::TD.into(),
        Role::Figure(title) => Tag::Figure(Some(title.clone())).into(),
    }
}

struct Brush<'s, 'f> {
    surface: Surface<'s>,
    fonts: &'f Fonts,
}

impl Brush<'_, '_> {
    /// All but the foot: ornaments and pictures under the words, and words in the order in which they
    /// are read.
    fn page(&mut self, page: &Page, marked: &mut [Vec<Identifier>]) {
        for (frame, top, foot) in &page.frames {
            self.artifact(ArtifactType::Layout, |brush| {
                brush.frame(*frame, *top, *foot)
            });
        }
        for placed in &page.strips {
            for (node, ink) in &placed.strip.inks {
                match node.filter(|_| !placed.is_repeated) {
                    Some(node) => {
                        marked[node].push(self.surface.start_tagged(ContentTag::Other));
                        self.ink(ink, placed.top);
                        self.surface.end_tagged();
                    }
                    None => self.artifact(ArtifactType::Layout, |brush| brush.ink(ink, placed.top)),
                }
            }
        }
        let (repeated, said): (Vec<&Placed>, Vec<&Placed>) =
            page.strips.iter().partition(|placed| placed.is_repeated);
        for placed in repeated {
            for set in &placed.strip.sets {
                self.artifact(ArtifactType::Header, |brush| brush.set(set, placed.top));
            }
        }
        let sets = said.iter().flat_map(|placed| {
            let sets = placed.strip.sets.iter();
            sets.map(|set| (set, placed.top))
        });
        let mut sets: Vec<(&Set, f32)> = sets.collect();
        sets.sort_by_key(|(set, _)| set.node);
        for (set, top) in sets {
            let span = ContentTag::Span(SpanTag::empty());
            marked[set.node].push(self.surface.start_tagged(span));
            self.set(set, top);
            self.surface.end_tagged();
        }
    }

    /// What is not read aloud.
    fn artifact(&mut self, kind: ArtifactType, draw: impl FnOnce(&mut Self)) {
        let artifact = Artifact::with_kind(kind);
        self.surface.start_tagged(ContentTag::Artifact(artifact));
        draw(self);
        self.surface.end_tagged();
    }

    fn set(&mut self, set: &Set, top: f32) {
        self.fill(Some(Colour::Black));
        self.surface.set_stroke(None);
        for piece in &set.line.pieces {
            let start = Point::from_xy(set.at.0 + piece.x, top + set.at.1);
            let weight = piece.style.weight;
            let glyphs = self.fonts.glyphs(&piece.text, weight);
            let font = self.fonts.font(weight);
            let points = piece.style.size.points();
            self.surface
                .draw_glyphs(start, &glyphs, font, &piece.text, points, false);
        }
    }

    fn ink(&mut self, ink: &Ink, top: f32) {
        match ink {
            Ink::Rule { from, to, pen } => {
                let path = path(|path| {
                    path.move_to(from.0, top + from.1);
                    path.line_to(to.0, top + to.1);
                });
                self.stroke(*pen, path);
            }
            Ink::Blank { at, size } => {
                let rect = Rect::from_xywh(at.0, top + at.1, size.0, size.1);
                let rect = rect.and_then(|rect| path(|path| path.push_rect(rect)));
                self.shape(rect, None, None);
            }
            Ink::Sign { at, scale, sign } => self.sign(*sign, (at.0, top + at.1), *scale),
        }
    }

    fn frame(&mut self, frame: Frame, top: f32, foot: f32) {
        let around = |off: f32| {
            let (left, right) = (SIDE + off, WIDTH - SIDE - off);
            let rect = Rect::from_ltrb(left, top + off - FREE, right, foot - off + FREE);
            rect.and_then(|rect| path(|path| path.push_rect(rect)))
        };
        let pen = |width, colour| Pen {
            width,
            ..Pen::thin(colour)
        };
        match frame {
            Frame::Plain => self.stroke(pen(0.8, Colour::Black), around(0.0)),
            Frame::Alarm => {
                self.stroke(pen(0.8, Colour::Red), around(0.0));
                self.stroke(pen(0.8, Colour::Red), around(2.0));
            }
        }
    }

    /// A sign around a place, in the measures of its picture.
    fn sign(&mut self, sign: Sign, (x, y): (f32, f32), scale: f32) {
        let pen = Pen {
            width: 2.0 * scale,
            ..Pen::thin(Colour::Black)
        };
        let dashed = Pen {
            dash: Some(2.0 * scale),
            ..pen
        };
        let disc = |radius: f32| circle((x, y), radius * scale);
        let square = |half: f32| {
            let (from, side) = (half * scale, 2.0 * half * scale);
            let rect = Rect::from_xywh(x - from, y - from, side, side);
            rect.and_then(|rect| path(|path| path.push_rect(rect)))
        };
        let through = |points: &[(f32, f32)]| {
            path(|path| {
                for ((right, down), number) in points.iter().zip(0..) {
                    let (x, y) = (x + right * scale, y + down * scale);
                    match number {
                        0 => path.move_to(x, y),
                        _ => path.line_to(x, y),
                    }
                }
            })
        };
        match sign {
            Sign::Disc => self.shape(disc(6.0), Some(pen), Some(Colour::Black)),
            Sign::Ring => self.shape(disc(6.0), Some(pen), None),
            Sign::Gap => self.shape(disc(6.0), Some(dashed), None),
            Sign::Half => {
                self.shape(disc(7.0), Some(pen), None);
                self.shape(half((x, y), 7.0 * scale), Some(pen), Some(Colour::Black));
            }
            Sign::Square => self.shape(square(6.0), Some(pen), Some(Colour::Black)),
            Sign::Hook => {
                self.shape(disc(9.0), Some(pen), None);
                self.stroke(pen, through(&[(-5.0, 0.0), (-1.0, 4.0), (5.0, -4.0)]));
            }
            Sign::Cross => {
                self.shape(square(8.0), Some(pen), None);
                self.stroke(pen, through(&[(-5.0, -5.0), (5.0, 5.0)]));
                self.stroke(pen, through(&[(5.0, -5.0), (-5.0, 5.0)]));
            }
        }
    }

    /// Filled, with white where no colour is named; with or without an edge.
    fn shape(&mut self, path: Option<Path>, pen: Option<Pen>, inside: Option<Colour>) {
        self.fill(inside);
        self.surface.set_stroke(pen.map(stroke));
        self.draw(path);
    }

    fn stroke(&mut self, pen: Pen, path: Option<Path>) {
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(stroke(pen)));
        self.draw(path);
    }

    fn draw(&mut self, path: Option<Path>) {
        if let Some(path) = path {
            self.surface.draw_path(&path);
        }
    }

    fn fill(&mut self, colour: Option<Colour>) {
        let colour = colour.map_or_else(rgb::Color::white, rgb_of);
        self.surface.set_fill(Some(Fill {
            paint: colour.into(),
            opacity: NormalizedF32::ONE,
            rule: FillRule::NonZero,
        }));
    }
}

fn stroke(pen: Pen) -> Stroke {
    Stroke {
        paint: rgb_of(pen.colour).into(),
        width: pen.width,
        dash: pen.dash.map(|dash| StrokeDash {
            array: vec![dash, dash],
            offset: 0.0,
        }),
        ..Stroke::default()
    }
}

fn rgb_of(colour: Colour) -> rgb::Color {
    match colour {
        Colour::Black => rgb::Color::black(),
        Colour::Grey => rgb::Color::new(0x77, 0x77, 0x77),
        Colour::Pale => rgb::Color::new(0xbb, 0xbb, 0xbb),
        Colour::Green => rgb::Color::new(0x2a, 0x7d, 0x2a),
        Colour::Red => rgb::Color::new(0xb3, 0x26, 0x1e),
    }
}

fn path(draw: impl FnOnce(&mut PathBuilder)) -> Option<Path> {
    let mut path = PathBuilder::new();
    draw(&mut path);
    path.finish()
}

/// Between a frame and the letters in it, where it begins or ends with a page.
const FREE: f32 = 2.0;

/// How far the handles of a quarter of a circle are, in parts of its radius.
const HANDLE: f32 = 0.552_285;

fn circle((x, y): (f32, f32), r: f32) -> Option<Path> {
    let h = r * HANDLE;
    path(|path| {
        path.move_to(x, y - r);
        path.cubic_to(x + h, y - r, x + r, y - h, x + r, y);
        path.cubic_to(x + r, y + h, x + h, y + r, x, y + r);
        path.cubic_to(x - h, y + r, x - r, y + h, x - r, y);
        path.cubic_to(x - r, y - h, x - h, y - r, x, y - r);
        path.close();
    })
}

/// The left half of it.
fn half((x, y): (f32, f32), r: f32) -> Option<Path> {
    let h = r * HANDLE;
    path(|path| {
        path.move_to(x, y + r);
        path.cubic_to(x - h, y + r, x - r, y + h, x - r, y);
        path.cubic_to(x - r, y - h, x - h, y - r, x, y - r);
        path.close();
    })
}
