//! Any octets as a workbook, and what is read of one as a table.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postacert::batch::table::Table;
use postacert::batch::workbook::{self, DELIMITER};
use postacert::input::unfolds_within;

/// Little, so that a run is many.
const MOST: u64 = 10_000_000;

fuzz_target!(|octets: &[u8]| {
    if !unfolds_within(octets, MOST) {
        return;
    }
    let Ok(sheet) = workbook::read(octets, None) else {
        return;
    };
    assert!(!sheet.csv.is_empty() && !sheet.others.contains(&sheet.name));
    // By its name it is the same.
    assert_eq!(
        workbook::read(octets, Some(&sheet.name)).map(|same| same.name),
        Ok(sheet.name)
    );
    let table = Table::open(sheet.csv.as_bytes(), Some(DELIMITER)).expect("in memory");
    let Ok(mut table) = table else {
        return;
    };
    while let Some(row) = table.row().expect("in memory") {
        assert!(row.number > 0);
    }
});
