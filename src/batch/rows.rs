//! Rows that a person names: `3,7-9`, as a spreadsheet numbers them.

use std::ops::RangeInclusive;

/// Some rows of a table, or all, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Rows {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// These.
    Of(Vec<RangeInclusive<u64>>),
}

impl Rows {
    /// Numbers and ranges of them with commas between; `None` for anything else.
    pub fn read(text: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let range = |part: &str| match part.split_once('-') {
            None => number(part).map(|row| row..=row),
            Some((from, to)) => Some(number(from)?..=number(to)?).filter(|all| !all.is_empty()),
        };
        text.split(',')
            .map(range)
            .collect::<Option<_>>()
            .map(Self::Of)
    }

    /// Whether a row is among them.
    pub fn contains(&self, row: u64) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Of(ranges) => ranges.iter().any(|range| range.contains(&row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn rows_are_numbers_and_ranges() {
        let rows = Rows::read("3, 7-9").unwrap();
        let found: Vec<u64> = (0..12).filter(|row| rows.contains(*row)).collect();
        assert_eq!(found, [3, 7, 8, 9]);
        for wrong in ["", "x", "3,", "9-7", "-3", "3-"] {
            assert_eq!(Rows::read(wrong), None, "{wrong}");
        }
    }
}
