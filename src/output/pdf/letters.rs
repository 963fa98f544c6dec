//! How letters look: two weights, five sizes.

/// How large letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// The title of a document.
    Title,
    /// Its headings.
    Heading,
    /// What is read.
    Normal,
    /// What stands beside it.
    Small,
    /// Words in a picture, and the foot of a page.
    Tiny,
}

impl Size {
    /// In points.
    pub(super) const fn points(self) -> f32 {
        match self {
            Self::Title => 12.5,
            Self::Heading => 9.0,
            Self::Normal => 8.0,
            Self::Small => 7.0,
            Self::Tiny => 6.2,
        }
    }

    /// From one line to the next, in points.
    pub(super) const fn leading(self) -> f32 {
        self.points() * 1.3
    }
}

/// How heavy they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// As most are.
    Regular,
    /// As what matters most.
    Bold,
}

/// How letters look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    pub size: Size,
    pub weight: Weight,
}
