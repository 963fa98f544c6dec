//! Where everything stands on pages of A4. All measures are in points, from the left and from the top.
//!
//! Blocks become strips, one under the other: a line of text, a line of a row of a table, a row of a
//! picture. No strip is parted; those that belong together share a page if they fit on one.

use std::cell::Cell;

use super::font::Fonts;
use super::letters::{Size, Weight};
use super::text::{Line, Text, lines};
use super::{Anchor, Bar, Block, Document, Figure, Frame, Item, Sign, Table};

/// A4.
pub(super) const WIDTH: f32 = 595.276;
pub(super) const HEIGHT: f32 = 841.89;
/// 14 mm at each side, 13 mm above; below 16 mm, in which the number of the page stands.
pub(super) const SIDE: f32 = 39.685;
const TOP: f32 = 36.85;
const BOTTOM: f32 = 45.354;
/// Between margins.
const ROOM: f32 = WIDTH - 2.0 * SIDE;
const LOWEST: f32 = HEIGHT - BOTTOM;

/// Between a column and the next one.
const GUTTER: f32 = 6.0;
/// Between a frame and what is in it.
const INSET: f32 = 6.0;
/// Between the bar of a point and its text.
const BAR_ROOM: f32 = 9.0;
/// How long the line is on which somebody writes.
const BLANK: f32 = 150.0;
/// How much of the width a picture has; the words beside it have the rest.
const FIGURE_SHARE: f32 = 0.66;

/// What something is to who reads the document aloud, and under what it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub role: Role,
    pub under: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// By its level, and what it says.
    Heading(u16, String),
    Paragraph,
    Typed,
    List,
    Item,
    Label,
    Body,
    Table,
    TableHead,
    TableBody,
    Row,
    ColumnHead,
    RowHead,
    Cell,
    /// By what it shows.
    Figure(String),
}

/// What is drawn, from the top of its strip.
#[derive(Clone, Debug)]
pub(super) enum Ink {
    Rule {
        from: (f32, f32),
        to: (f32, f32),
        pen: Pen,
    },
    /// White behind words, that lines do not cross them.
    Blank { at: (f32, f32), size: (f32, f32) },
    Sign {
        at: (f32, f32),
        scale: f32,
        sign: Sign,
    },
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pen {
    pub width: f32,
    pub colour: Colour,
    /// Drawn and not drawn, in turn.
    pub dash: Option<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Black,
    Grey,
    Pale,
    Green,
    Red,
}

/// A line of text of a node.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub node: usize,
    pub at: (f32, f32),
    pub line: Line,
}

/// What is not parted.
#[derive(Clone, Debug, Default)]
pub(super) struct Strip {
    /// Left free above, unless it is the first of a page.
    before: f32,
    height: f32,
    /// Whether it stays with the next one.
    stays: bool,
    /// The table that it is a row of.
    table: Option<usize>,
    /// The frame that it stands in.
    frame: Option<usize>,
    pub sets: Vec<Set>,
    /// Ornament, or of a picture.
    pub inks: Vec<(Option<usize>, Ink)>,
    /// A heading that the outline names.
    pub heading: Option<String>,
}

/// A strip in its place.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub top: f32,
    pub strip: Strip,
    /// Whether it repeats what was said on an earlier page.
    pub is_repeated: bool,
}

/// A page.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub strips: Vec<Placed>,
    pub frames: Vec<(Frame, f32, f32)>,
}

/// A document in its places.
#[derive(Debug)]
pub(super) struct Laid {
    pub pages: Vec<Page>,
    pub nodes: Vec<Node>,
    /// Whether the fonts lack a letter.
    pub is_lacking: bool,
}

impl Laid {
    pub fn of(document: &Document, fonts: &Fonts) -> Self {
        let mut setter = Setter {
            fonts,
            nodes: Vec::new(),
            strips: Vec::new(),
            heads: Vec::new(),
            frames: Vec::new(),
            inset: 0.0,
            is_lacking: Cell::new(false),
        };
        setter.blocks(&document.blocks);
        Self {
            pages: pages(setter.strips, &setter.heads, &setter.frames),
            nodes: setter.nodes,
            is_lacking: setter.is_lacking.get(),
        }
    }
}

/// The foot of a page, at both sides.
pub(super) fn foot(document: &Document, number: usize, count: usize, fonts: &Fonts) -> Vec<Set> {
    let [page, of] = &document.page_words;
    let set = |text: String, is_right: bool| {
        let text = Text::default().with(text, Size::Tiny, Weight::Regular);
        let lines = lines(&text.settable(fonts).0, ROOM * 0.8, fonts);
        let line = lines.into_iter().next().unwrap_or_default();
        let x = match is_right {
            true => WIDTH - SIDE - line.width,
            false => SIDE,
        };
        let at = (x, HEIGHT - BOTTOM + 18.0);
        Set { node: 0, at, line }
    };
    vec![
        set(document.foot.clone(), false),
        set(format!("{page} {number} {of} {count}"), true),
    ]
}

struct Setter<'f> {
    fonts: &'f Fonts,
    nodes: Vec<Node>,
    strips: Vec<Strip>,
    /// The heads of tables.
    heads: Vec<Vec<Strip>>,
    frames: Vec<Frame>,
    /// How far what is set stands from both margins.
    inset: f32,
    is_lacking: Cell<bool>,
}

impl Setter<'_> {
    fn node(&mut self, role: Role, under: Option<usize>) -> usize {
        self.nodes.push(Node { role, under });
        self.nodes.len() - 1
    }

    fn left(&self) -> f32 {
        SIDE + self.inset
    }

    fn room(&self) -> f32 {
        ROOM - 2.0 * self.inset
    }

    fn lines(&self, text: &Text, width: f32) -> Vec<Line> {
        let (text, is_lacking) = text.settable(self.fonts);
        self.is_lacking.set(self.is_lacking.get() || is_lacking);
        lines(&text, width, self.fonts)
    }

    /// The lines of several texts.
    fn all_lines(&self, texts: &[Text], width: f32) -> Vec<Line> {
        let lines = texts.iter().flat_map(|text| self.lines(text, width));
        lines.collect()
    }

    /// Strips of columns of lines, side by side: one strip for each line.
    fn columns(&self, columns: &[Column]) -> Vec<Strip> {
        let count = columns.iter().map(|column| column.lines.len()).max();
        let mut strips: Vec<Strip> = Vec::new();
        for number in 0..count.unwrap_or_default() {
            let mut strip = Strip {
                stays: true,
                ..Strip::default()
            };
            for column in columns {
                let Some(line) = column.lines.get(number) else {
                    continue;
                };
                strip.height = strip.height.max(line.height);
                strip.sets.push(Set {
                    node: column.node,
                    at: (column.x, line.baseline),
                    line: line.clone(),
                });
            }
            strips.push(strip);
        }
        if let Some(last) = strips.last_mut() {
            last.stays = false;
        }
        strips
    }

    fn push(&mut self, strips: Vec<Strip>, before: f32) {
        let first = self.strips.len();
        self.strips.extend(strips);
        if let Some(first) = self.strips.get_mut(first) {
            first.before = before;
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for block in blocks {
            self.block(block);
        }
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Title(title) => self.heading(title, 1, Size::Title),
            Block::Heading(title) => self.heading(title, 2, Size::Heading),
            Block::Paragraph(text) => {
                let node = self.node(Role::Paragraph, None);
                self.paragraph(text, node);
            }
            Block::Blank(text) => {
                let node = self.node(Role::Paragraph, None);
                self.paragraph(text, node);
                self.blank();
            }
            Block::Typed(line) => {
                let paragraph = self.node(Role::Paragraph, None);
                let node = self.node(Role::Typed, Some(paragraph));
                self.paragraph(&Text::default().small(line), node);
            }
            Block::List(items) => self.list(items),
            Block::Labelled(share, rows) => self.labelled(*share, rows),
            Block::Facts(share, rows) => self.facts(*share, rows),
            Block::Table(table) => self.table(table),
            Block::Figure(figure) => self.figure(figure),
            Block::Framed(frame, blocks) => self.framed(*frame, blocks),
            Block::Together(blocks) => {
                let first = self.strips.len();
                self.blocks(blocks);
                self.together(first);
            }
            Block::Room(height) => {
                let strip = Strip {
                    height: *height,
                    ..Strip::default()
                };
                self.push(vec![strip], 0.0);
            }
        }
    }

    /// All strips from one on stay with each other.
    fn together(&mut self, first: usize) {
        let last = self.strips.len().saturating_sub(1);
        if let Some(strips) = self.strips.get_mut(first..last) {
            for strip in strips {
                strip.stays = true;
            }
        }
    }

    fn heading(&mut self, title: &str, level: u16, size: Size) {
        let text = Text::default().with(title, size, Weight::Bold);
        let node = self.node(Role::Heading(level, title.to_owned()), None);
        let lines = self.lines(&text, self.room());
        let x = self.left();
        let mut strips = self.columns(&[Column { node, x, lines }]);
        if let Some(first) = strips.first_mut() {
            first.heading = Some(title.to_owned());
        }
        let is_ruled = level > 1 && self.inset == 0.0;
        if let Some(last) = strips.last_mut() {
            if is_ruled {
                let y = last.height;
                last.rule((SIDE, y), (WIDTH - SIDE, y), Pen::thin(Colour::Black));
                last.height += 1.5;
            }
            last.stays = true;
        }
        self.push(strips, if is_ruled { 7.0 } else { 0.0 });
    }

    fn paragraph(&mut self, text: &Text, node: usize) {
        let lines = self.lines(text, self.room());
        let x = self.left();
        let strips = self.columns(&[Column { node, x, lines }]);
        self.push(strips, 2.0);
    }

    /// A line on which somebody writes, behind the last words.
    fn blank(&mut self) {
        if let Some(strip) = self.strips.last_mut()
            && let Some(set) = strip.sets.last()
        {
            let (x, y) = (set.at.0 + set.line.width + 3.0, set.at.1 + 1.0);
            let pen = Pen {
                dash: Some(1.0),
                ..Pen::thin(Colour::Black)
            };
            strip.rule((x, y), ((x + BLANK).min(WIDTH - SIDE), y), pen);
        }
    }

    fn list(&mut self, items: &[Item]) {
        if items.is_empty() {
            return;
        }
        let list = self.node(Role::List, None);
        for item in items {
            let point = self.node(Role::Item, Some(list));
            let node = self.node(Role::Body, Some(point));
            let side = match item.bar {
                Bar::None => 0.0,
                Bar::Plain | Bar::Good | Bar::Bad | Bar::Wait => BAR_ROOM,
            };
            let lines = self.all_lines(&item.texts, self.room() - side);
            let x = self.left() + side;
            let mut strips = self.columns(&[Column { node, x, lines }]);
            for strip in &mut strips {
                strip.bar(item.bar, self.left());
            }
            self.push(strips, 2.0);
        }
    }

    fn labelled(&mut self, share: f32, rows: &[[Text; 2]]) {
        if rows.is_empty() {
            return;
        }
        let list = self.node(Role::List, None);
        for [label, body] in rows {
            let point = self.node(Role::Item, Some(list));
            let nodes = [Role::Label, Role::Body].map(|role| self.node(role, Some(point)));
            let strips = self.pair(share, nodes, [label, body]);
            self.push(strips, 1.2);
        }
    }

    fn facts(&mut self, share: f32, rows: &[[Text; 2]]) {
        if rows.is_empty() {
            return;
        }
        let table = self.node(Role::Table, None);
        let body = self.node(Role::TableBody, Some(table));
        for (cells, number) in rows.iter().zip(0..) {
            let row = self.node(Role::Row, Some(body));
            let nodes = [Role::RowHead, Role::Cell].map(|role| self.node(role, Some(row)));
            let mut strips = self.pair(share, nodes, [&cells[0], &cells[1]]);
            if number > 0 {
                self.rule_above(&mut strips);
            }
            self.push(strips, if number > 0 { 2.0 } else { 1.0 });
        }
    }

    /// Two texts side by side.
    fn pair(&self, share: f32, nodes: [usize; 2], texts: [&Text; 2]) -> Vec<Strip> {
        let first = self.room() * share;
        let widths = [first - GUTTER, self.room() - first];
        let left = [self.left(), self.left() + first];
        let columns: Vec<Column> = (0..2)
            .map(|at| Column {
                node: nodes[at],
                x: left[at],
                lines: self.lines(texts[at], widths[at]),
            })
            .collect();
        self.columns(&columns)
    }

    /// The line between a row and the one before.
    fn rule_above(&self, strips: &mut [Strip]) {
        let (left, right) = (self.left(), self.left() + self.room());
        if let Some(first) = strips.first_mut() {
            first.rule((left, -1.0), (right, -1.0), Pen::thin(Colour::Pale));
        }
    }

    fn table(&mut self, table: &Table) {
        let node = self.node(Role::Table, None);
        let head = self.node(Role::TableHead, Some(node));
        let row = self.node(Role::Row, Some(head));
        let number = self.heads.len();
        let mut x = self.left();
        let places: Vec<(f32, f32)> = table
            .columns
            .iter()
            .map(|(_, share)| {
                let width = self.room() * share;
                x += width;
                (x - width, width - GUTTER)
            })
            .collect();
        let mut cells = Vec::new();
        for ((title, _), (x, width)) in table.columns.iter().zip(&places) {
            let node = self.node(Role::ColumnHead, Some(row));
            let lines = self.lines(&Text::default().bold(title), *width);
            cells.push(Column { node, x: *x, lines });
        }
        let mut strips = self.columns(&cells);
        if let Some(last) = strips.last_mut() {
            last.stays = true;
        }
        self.heads.push(strips.clone());
        self.push(strips, 1.0);
        if table.rows.is_empty() {
            return;
        }
        let body = self.node(Role::TableBody, Some(node));
        for row in &table.rows {
            let node = self.node(Role::Row, Some(body));
            let mut cells = Vec::new();
            for (texts, (x, width)) in row.iter().zip(&places) {
                let node = self.node(Role::Cell, Some(node));
                let mut lines = self.all_lines(texts, *width);
                // A cell without a text is a cell.
                if lines.is_empty() {
                    lines = self.lines(&Text::default(), *width);
                }
                cells.push(Column { node, x: *x, lines });
            }
            let mut strips = self.columns(&cells);
            self.rule_above(&mut strips);
            for strip in &mut strips {
                strip.table = Some(number);
            }
            self.push(strips, 2.0);
        }
    }

    fn framed(&mut self, frame: Frame, blocks: &[Block]) {
        let first = self.strips.len();
        let edge = |before| Strip {
            before,
            height: INSET - 2.0,
            ..Strip::default()
        };
        self.strips.push(Strip {
            stays: true,
            ..edge(6.0)
        });
        self.inset += INSET;
        self.blocks(blocks);
        self.inset -= INSET;
        if let Some(last) = self.strips.last_mut() {
            last.stays = true;
        }
        self.strips.push(edge(0.0));
        let number = self.frames.len();
        self.frames.push(frame);
        for strip in self.strips.iter_mut().skip(first) {
            strip.frame = Some(number);
        }
        // What follows stands off.
        self.strips.push(Strip {
            before: 3.0,
            ..Strip::default()
        });
    }

    fn figure(&mut self, figure: &Figure) {
        let node = self.node(Role::Figure(figure.title.clone()), None);
        let list = self.node(Role::List, None);
        let scale = self.room() * FIGURE_SHARE / figure.width;
        let left = self.left();
        let guides: Vec<f32> = figure.scale.iter().map(|(x, _)| left + x * scale).collect();
        let mut head = Strip {
            height: figure.head * scale,
            stays: true,
            ..Strip::default()
        };
        for ((_, words), x) in figure.scale.iter().zip(&guides) {
            let at = (*x, head.height * 0.6);
            self.words(
                &mut head,
                node,
                at,
                (Anchor::Middle, Weight::Regular),
                words,
            );
            head.guide(node, *x, (head.height * 0.8, head.height));
        }
        self.push(vec![head], 2.0);
        for row in &figure.rows {
            let mut strip = Strip {
                height: figure.row * scale,
                ..Strip::default()
            };
            for x in &guides {
                strip.guide(node, *x, (0.0, strip.height));
            }
            let (from, to, y) = figure.across;
            let across = Ink::Rule {
                from: (left + from * scale, y * scale),
                to: (left + to * scale, y * scale),
                pen: Pen::thin(Colour::Black),
            };
            strip.inks.push((Some(node), across));
            for (x, sign) in &row.signs {
                let at = (left + x * scale, y * scale);
                strip.inks.push((
                    Some(node),
                    Ink::Sign {
                        at,
                        scale,
                        sign: *sign,
                    },
                ));
            }
            for words in &row.words {
                let at = (left + words.at.0 * scale, words.at.1 * scale);
                let how = (words.anchor, words.weight);
                self.words(&mut strip, node, at, how, &words.text);
            }
            let x = left + figure.width * scale + GUTTER;
            let width = self.left() + self.room() - x;
            let point = self.node(Role::Item, Some(list));
            let body = self.node(Role::Body, Some(point));
            let lines = self.lines(&row.beside, width);
            self.push(beside(strip, body, x, lines), 0.0);
        }
    }

    /// Words in a picture, in one line; white behind them.
    fn words(
        &self,
        strip: &mut Strip,
        node: usize,
        (x, y): (f32, f32),
        (anchor, weight): (Anchor, Weight),
        words: &str,
    ) {
        let text = Text::default().with(words, Size::Tiny, weight);
        // What does not fit there stands in the words beside.
        let line = self.lines(&text, ROOM * FIGURE_SHARE).into_iter().next();
        let line = line.unwrap_or_default();
        let x = match anchor {
            Anchor::Start => x,
            Anchor::Middle => (x - line.width / 2.0).max(self.left()),
        };
        let points = Size::Tiny.points();
        let behind = Ink::Blank {
            at: (x - 1.0, y - points * 0.8),
            size: (line.width + 2.0, points),
        };
        strip.inks.push((Some(node), behind));
        let at = (x, y);
        strip.sets.push(Set { node, at, line });
    }
}

/// Lines beside a row of a picture; those that are too many stand under it.
fn beside(mut strip: Strip, node: usize, x: f32, lines: Vec<Line>) -> Vec<Strip> {
    let mut strips = Vec::new();
    let mut y = 0.0;
    let height = strip.height;
    let mut lines = lines.into_iter().peekable();
    while let Some(line) = lines.next_if(|line| y + line.height <= height) {
        let at = (x, y + line.baseline);
        y += line.height;
        strip.sets.push(Set { node, at, line });
    }
    strip.stays = lines.peek().is_some();
    strips.push(strip);
    for line in lines {
        strips.push(Strip {
            height: line.height,
            stays: true,
            sets: vec![Set {
                node,
                at: (x, line.baseline),
                line,
            }],
            ..Strip::default()
        });
    }
    if let Some(last) = strips.last_mut() {
        last.stays = false;
    }
    strips
}

/// Lines of a node, at a place.
struct Column {
    node: usize,
    x: f32,
    lines: Vec<Line>,
}

impl Pen {
    pub(super) const fn thin(colour: Colour) -> Self {
        Self {
            width: 0.6,
            colour,
            dash: None,
        }
    }
}

impl Strip {
    fn rule(&mut self, from: (f32, f32), to: (f32, f32), pen: Pen) {
        self.inks.push((None, Ink::Rule { from, to, pen }));
    }

    /// A line through all rows of a picture.
    fn guide(&mut self, node: usize, x: f32, (from, to): (f32, f32)) {
        let pen = Pen {
            dash: Some(1.5),
            ..Pen::thin(Colour::Pale)
        };
        let (from, to) = ((x, from), (x, to));
        self.inks.push((Some(node), Ink::Rule { from, to, pen }));
    }

    fn bar(&mut self, bar: Bar, left: f32) {
        let mut line = |x: f32, width: f32, colour: Colour, dash: Option<f32>| {
            let pen = Pen {
                width,
                colour,
                dash,
            };
            let (from, to) = ((left + x, 0.0), (left + x, self.height));
            self.inks.push((None, Ink::Rule { from, to, pen }));
        };
        match bar {
            Bar::None => {}
            Bar::Plain => line(1.5, 3.0, Colour::Grey, None),
            Bar::Good => line(1.5, 3.0, Colour::Green, None),
            Bar::Bad => {
                line(0.5, 1.0, Colour::Red, None);
                line(2.5, 1.0, Colour::Red, None);
            }
            Bar::Wait => line(1.5, 3.0, Colour::Grey, Some(3.0)),
        }
    }
}

/// Strips on pages.
struct Stack<'h> {
    pages: Vec<Page>,
    /// Where the next strip stands.
    y: f32,
    heads: &'h [Vec<Strip>],
}

fn pages(strips: Vec<Strip>, heads: &[Vec<Strip>], frames: &[Frame]) -> Vec<Page> {
    let mut stack = Stack {
        pages: vec![Page::default()],
        y: TOP,
        heads,
    };
    let mut group: Vec<Strip> = Vec::new();
    for strip in strips {
        let stays = strip.stays;
        group.push(strip);
        if !stays {
            stack.group(std::mem::take(&mut group));
        }
    }
    stack.group(group);
    let mut pages = stack.pages;
    for page in &mut pages {
        page.frames = page.framed(frames);
    }
    pages
}

impl Stack<'_> {
    /// Strips that belong together: on this page, on the next one, or from here on.
    fn group(&mut self, group: Vec<Strip>) {
        let mut height = 0.0;
        for strip in &group {
            height += strip.before + strip.height;
        }
        let fits_here = self.y + height <= LOWEST;
        let fits_on_one = TOP + self.head_of(group.first()) + height <= LOWEST;
        if !fits_here && fits_on_one {
            self.turn(group.first());
        }
        for strip in group {
            self.place(strip);
        }
    }

    fn place(&mut self, mut strip: Strip) {
        let is_first = self.pages.last().is_none_or(|page| page.strips.is_empty());
        if !is_first && self.y + strip.before + strip.height > LOWEST {
            self.turn(Some(&strip));
        }
        let is_first = self.pages.last().is_none_or(|page| page.strips.is_empty());
        if is_first {
            strip.before = 0.0;
        }
        self.put(strip, false);
    }

    fn put(&mut self, strip: Strip, is_repeated: bool) {
        let top = self.y + strip.before;
        self.y = top + strip.height;
        if let Some(page) = self.pages.last_mut() {
            page.strips.push(Placed {
                top,
                strip,
                is_repeated,
            });
        }
    }

    /// A new page, for a strip: in a table, its head comes first.
    fn turn(&mut self, next: Option<&Strip>) {
        self.pages.push(Page::default());
        self.y = TOP;
        let table = next.and_then(|strip| strip.table);
        let head = table.and_then(|table| self.heads.get(table));
        for strip in head.into_iter().flatten() {
            self.put(strip.clone(), true);
        }
    }

    /// How high the head is that a strip needs on a new page.
    fn head_of(&self, next: Option<&Strip>) -> f32 {
        let table = next.and_then(|strip| strip.table);
        let head = table.and_then(|table| self.heads.get(table));
        head.into_iter().flatten().map(|strip| strip.height).sum()
    }
}

impl Page {
    /// The frames on it, each from its top to its foot.
    fn framed(&self, frames: &[Frame]) -> Vec<(Frame, f32, f32)> {
        let mut found: Vec<(usize, f32, f32)> = Vec::new();
        for placed in &self.strips {
            let Some(frame) = placed.strip.frame else {
                continue;
            };
            let foot = placed.top + placed.strip.height;
            match found.last_mut() {
                Some((last, _, end)) if *last == frame => *end = foot,
                _ => found.push((frame, placed.top, foot)),
            }
        }
        let framed = found.into_iter();
        framed
            .filter_map(|(frame, top, foot)| Some((*frames.get(frame)?, top, foot)))
            .collect()
    }
}
