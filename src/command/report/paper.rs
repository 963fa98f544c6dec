//! The report as a PDF: the same sentences in the same order as in `sheet-page.html`. A text that the
//! fonts of the PDF cannot set in full is said to be so.

use super::asked::Circumstances;
use super::course::{Course, Lane, Mark, Shape};
use super::dossier::Dossier;
use super::evidence::FileRow;
use super::matter::{EndClass, EndView, MatterView, Notice};
use super::sheet::{Alarm, Other, Room, Sheet};
use crate::output::catalogue::Catalogue;
use crate::output::pdf::{
    Anchor, Bar, Block, Document, Figure, FigureRow, Frame, Item, Sign, Size, Table, Text,
    Unwritable, Weight, Words,
};
use crate::output::report::PROGRAM;

/// Widths of columns, as shares of the page.
const LABELS: f32 = 0.19;
const POINTS: f32 = 0.8;
const FILES: [f32; 3] = [0.27, 0.19, 0.54];
const FILES_SIGNED: [f32; 4] = [0.23, 0.19, 0.21, 0.37];
const PROOFS: [f32; 3] = [0.2, 0.4, 0.4];

/// Where a lawyer writes, in points.
const ATTESTATION: f32 = 56.0;

/// The page, and whether its fonts lack a letter.
///
/// # Errors
/// When it breaks a bound of the format.
pub(super) fn paper(
    dossier: &Dossier,
    circumstances: &Circumstances<'_>,
) -> Result<(Vec<u8>, bool), Unwritable> {
    let sheet = Sheet::of(dossier, circumstances);
    let mut document = Document {
        title: sheet.title.to_owned(),
        lang: circumstances.lang,
        made: circumstances.made.at(),
        producer: PROGRAM.to_owned(),
        foot: sheet.foot.clone(),
        page_words: [sheet.page_word, sheet.of_word].map(str::to_owned),
        blocks: head(&sheet),
    };
    let after_head = document.blocks.len();
    document.blocks.extend(body(&sheet));
    let is_lacking = document.is_lacking();
    if is_lacking {
        let note = Catalogue::of(circumstances.lang).text("sheet.lacking");
        let note = Block::Paragraph(Text::default().small(note));
        document.blocks.insert(after_head, note);
    }
    Ok((document.write()?, is_lacking))
}

fn head(sheet: &Sheet<'_>) -> Vec<Block> {
    let label = Text::from(&format!("{}: ", sheet.reference_label));
    vec![
        Block::Title(sheet.title.to_owned()),
        Block::Paragraph(Text::default().small(sheet.disclaimer)),
        match sheet.reference {
            Some(reference) => Block::Paragraph(label.and(reference)),
            None => Block::Blank(label),
        },
        Block::Paragraph(Text::default().small(&sheet.made)),
    ]
}

fn body(sheet: &Sheet<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(own_trust) = sheet.own_trust {
        let said = Block::Paragraph(Text::default().bold(own_trust));
        blocks.push(Block::Framed(Frame::Alarm, vec![said]));
    }
    if !sheet.alarms.is_empty() {
        let alarms = sheet.alarms.iter().map(alarm);
        let said = vec![
            Block::Heading(sheet.alarm_title.to_owned()),
            Block::List(alarms.collect()),
        ];
        blocks.push(Block::Framed(Frame::Alarm, said));
    }
    blocks.extend(sheet.others.iter().flat_map(other));
    blocks.extend(sheet.matters.iter().flat_map(matter));
    files(sheet, &mut blocks);
    if !sheet.proofs.is_empty() {
        blocks.push(Block::Heading(sheet.proofs_title.to_owned()));
        let rows = sheet.proofs.iter();
        let rows = rows.map(|row| row.iter().map(|cell| vec![cell.into()]).collect());
        blocks.push(Block::Table(Table {
            columns: columns(&sheet.proofs_heads, &PROOFS),
            rows: rows.collect(),
        }));
        blocks.push(Block::Paragraph(Text::default().small(&sheet.proofs_law)));
    }
    blocks.push(Block::Heading(sheet.open_title.to_owned()));
    let points = sheet.open.iter().map(|point| {
        let mark = match point.is_established {
            true => Text::default().bold(format!("☑ {}", point.mark)),
            false => Text::from(&format!("☐ {}", point.mark)),
        };
        [mark, (&point.text).into()]
    });
    blocks.push(Block::Labelled(LABELS, points.collect()));
    blocks.push(Block::Paragraph(Text::default().small(&sheet.open_law)));
    if let Some(room) = &sheet.register {
        blocks.push(register(room));
    }
    if let Some(room) = &sheet.attestation {
        blocks.push(attestation(room));
    }
    if !sheet.legend.is_empty() {
        blocks.push(Block::Heading(sheet.legend_title.to_owned()));
        let entries = sheet.legend.iter();
        let entries = entries.map(|(kind, meaning)| plain(beside(kind, meaning)));
        blocks.push(Block::List(entries.collect()));
    }
    blocks
}

/// A name, and what is said of it.
fn beside(name: &str, said: &str) -> Text {
    Text::default()
        .with(name, Size::Small, Weight::Bold)
        .small(format!(": {said}"))
}

fn plain(text: Text) -> Item {
    Item {
        bar: Bar::None,
        texts: vec![text],
    }
}

fn alarm(alarm: &Alarm) -> Item {
    let mut text = Text::default().bold(&alarm.file);
    if !alarm.verdict.is_empty() {
        text = text.bold(format!(": {}", alarm.verdict));
    }
    if !alarm.text.is_empty() {
        text = text.and(format!(": {}", alarm.text));
    }
    plain(text)
}

fn facts(rows: &[(String, String)]) -> Block {
    let rows = rows.iter();
    let rows = rows.map(|(label, value)| [label.into(), value.into()]);
    Block::Facts(LABELS, rows.collect())
}

fn other(other: &Other) -> Vec<Block> {
    let mut blocks = vec![
        Block::Heading(other.title.clone()),
        Block::Paragraph((&other.outcome).into()),
    ];
    let doubts = other.doubts.iter();
    blocks.extend(doubts.map(|doubt| Block::Paragraph(doubt.into())));
    blocks.push(facts(&other.rows));
    blocks
}

fn matter(matter: &MatterView) -> Vec<Block> {
    let ends = matter.ends.iter().map(end);
    let beside = matter.others.iter().chain(&matter.doubts).map(|text| Item {
        bar: Bar::Plain,
        texts: vec![text.into()],
    });
    let mut blocks = vec![
        Block::Heading(matter.ends_title.to_owned()),
        Block::List(ends.chain(beside).collect()),
        Block::Heading(matter.about_title.to_owned()),
        facts(&matter.about),
    ];
    if let Some(logs) = &matter.logs {
        blocks.push(Block::Paragraph(Text::default().small(logs)));
    }
    blocks.push(Block::Heading(matter.course_title.to_owned()));
    blocks.push(Block::Figure(figure(&matter.course)));
    if !matter.next.is_empty() {
        blocks.push(Block::Heading(matter.next_title.to_owned()));
        let next = matter.next.iter().map(|next| {
            let text = Text::from(&format!("{}: ", next.whom));
            let text = text.bold(&next.consequence).and(format!(" {} ", next.next));
            Block::Paragraph(text.small(&next.law))
        });
        blocks.extend(next);
    }
    blocks.extend(matter.notice.iter().flat_map(notice));
    blocks
}

fn end(end: &EndView) -> Item {
    let said = Text::from(&format!("{} ", end.mark));
    let mut texts = vec![said.bold(&end.head).and(format!(" {}", end.rest))];
    texts.extend(end.hour.iter().map(|hour| Text::default().small(hour)));
    let bar = match end.class {
        EndClass::Good => Bar::Good,
        EndClass::Bad => Bar::Bad,
        EndClass::Wait => Bar::Wait,
    };
    Item { bar, texts }
}

fn notice(notice: &Notice) -> Vec<Block> {
    let points = notice.points.iter();
    let points = points.map(|point| [(&point.point).into(), (&point.answer).into()]);
    vec![
        Block::Heading(notice.title.clone()),
        Block::Facts(POINTS, points.collect()),
        Block::Paragraph(Text::default().small(&notice.law)),
    ]
}

/// A place in the picture of a course, whose units are few.
const fn place(units: u32) -> f32 {
    units as f32
}

fn figure(course: &Course) -> Figure {
    let scale = course.scale.iter();
    let (from, to, height) = course.across;
    Figure {
        title: course.title.clone(),
        width: place(course.width),
        head: place(course.head),
        row: place(course.lane),
        scale: scale.map(|(x, word)| (place(*x), word.clone())).collect(),
        rows: course.lanes.iter().map(|one| lane(one, course)).collect(),
        across: (place(from), place(to), place(height)),
    }
}

fn lane(lane: &Lane, course: &Course) -> FigureRow {
    let (x, y) = course.name;
    let name = Words {
        at: (place(x), place(y)),
        anchor: Anchor::Start,
        weight: Weight::Bold,
        text: lane.name.clone(),
    };
    let marks = || lane.marks.iter();
    FigureRow {
        signs: marks().map(|one| (place(one.x), sign(one.shape))).collect(),
        words: [name]
            .into_iter()
            .chain(marks().flat_map(|one| words(one, course.below)))
            .collect(),
        beside: beside(&lane.name, &lane.words),
    }
}

fn words(mark: &Mark, below: [u32; 3]) -> Vec<Words> {
    let texts = [&mark.word, &mark.clock, &mark.day].into_iter().zip(below);
    let texts = texts.filter(|(text, _)| !text.is_empty());
    texts
        .map(|(text, height)| Words {
            at: (place(mark.x), place(height)),
            anchor: Anchor::Middle,
            weight: Weight::Regular,
            text: text.clone(),
        })
        .collect()
}

/// The same forms as on the page of HTML.
const fn sign(shape: Shape) -> Sign {
    match shape {
        Shape::Accepted => Sign::Disc,
        Shape::Ordinary => Sign::Ring,
        Shape::Missing => Sign::Gap,
        Shape::First => Sign::Half,
        Shape::Final => Sign::Square,
        Shape::Delivered => Sign::Hook,
        Shape::NotAccepted | Shape::NotDelivered => Sign::Cross,
    }
}

fn columns(heads: &[&str], shares: &[f32]) -> Vec<(String, f32)> {
    let columns = heads.iter().zip(shares);
    columns
        .map(|(head, share)| ((*head).to_owned(), *share))
        .collect()
}

fn files(sheet: &Sheet<'_>, blocks: &mut Vec<Block>) {
    let shares = match sheet.files_heads.len() {
        3 => &FILES[..],
        _ => &FILES_SIGNED,
    };
    blocks.push(Block::Heading(sheet.files_title.to_owned()));
    blocks.push(Block::Table(Table {
        columns: columns(&sheet.files_heads, shares),
        rows: sheet.files.iter().map(file).collect(),
    }));
    blocks.push(Block::Paragraph(Text::default().bold(sheet.keep)));
    let export = sheet.export.iter();
    blocks.extend(export.map(|export| Block::Paragraph(export.into())));
    if !sheet.commands.is_empty() {
        let mut check = vec![Block::Paragraph(sheet.check.into())];
        let commands = sheet.commands.iter();
        check.extend(commands.map(|command| Block::Typed(command.clone())));
        blocks.push(Block::Together(check));
    }
}

fn file(file: &FileRow) -> Vec<Vec<Text>> {
    let small = |text: &String| Text::default().small(text);
    let first_large = |lines: &[String]| -> Vec<Text> {
        let lines = lines.iter().zip(0..);
        lines
            .map(|(line, number)| match number {
                0 => line.into(),
                _ => small(line),
            })
            .collect()
    };
    let mut what = vec![Text::from(&file.what)];
    if !file.verdict.is_empty() {
        what.push(small(&file.verdict));
    }
    let mut cells = vec![what, first_large(&file.times)];
    cells.extend(file.signer.iter().map(|signer| first_large(signer)));
    cells.push(vec![
        (&file.name).into(),
        small(&format!("SHA-256 {}", file.sha256)),
    ]);
    cells
}

fn register(room: &Room) -> Block {
    let rule = format!("{} {}", room.title, room.law);
    Block::Together(vec![
        Block::Room(8.0),
        Block::Paragraph((&room.line).into()),
        Block::Paragraph(Text::default().small(rule)),
    ])
}

fn attestation(room: &Room) -> Block {
    let title = Text::from(&format!("{} ", room.title)).small(&room.law);
    let inside = vec![
        Block::Paragraph(title),
        Block::Room(ATTESTATION),
        Block::Paragraph((&room.line).into()),
    ];
    Block::Together(vec![Block::Framed(Frame::Plain, inside)])
}
