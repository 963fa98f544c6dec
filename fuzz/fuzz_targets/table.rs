//! Any octets as a table of notices or of offices: its encoding, its rows, their columns.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use postacert::batch::encoding::{Decoded, Survey};
use postacert::batch::table::Table;
use postacert::offices::table::{Names, former};

fuzz_target!(|octets: &[u8]| {
    let surveyed = |pieces: &[&[u8]]| {
        let mut survey = Survey::default();
        pieces.iter().for_each(|piece| survey.feed(piece));
        survey.finish()
    };
    let encoding = surveyed(&[octets]);
    let (start, end) = octets.split_at(octets.len() / 2);
    assert_eq!(encoding, surveyed(&[start, end]), "however it is read");
    let Ok(encoding) = encoding else { return };
    let mut text = String::new();
    let mut decoded = Decoded::new(octets, encoding);
    decoded
        .read_to_string(&mut text)
        .expect("memory, and UTF-8");
    if let Some((header, rows)) = former(&text) {
        let names = Names::of(header.iter().map(String::as_str));
        for (_, columns) in rows {
            let _ = names
                .zip(columns)
                .map(|(names, columns)| names.office(&columns));
        }
    }
    let table = Table::open(text.as_bytes(), None).expect("memory");
    let Ok(mut table) = table else { return };
    let header: Vec<String> = table.header().unwrap_or_default().to_vec();
    let names = Names::of(header.iter().map(String::as_str));
    let (mut before, mut from) = (0, table.header_place().end);
    while let Some(row) = table.row().expect("memory") {
        assert!(row.number > before, "{} after {before}", row.number);
        assert!(row.place.start >= from && row.place.end <= text.len() as u64);
        (before, from) = (row.number, row.place.end);
        if let (Ok(columns), Some(names)) = (&row.columns, names) {
            let _ = names.office(columns);
        }
    }
});
