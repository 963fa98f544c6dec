//! The two faces that a document is set in, as they are compiled in, and what their letters measure.
//!
//! One letter is one glyph at its own advance: no kerning, no ligatures, no script whose letters join or
//! run from right to left. What the faces lack is set as U+FFFD.

use krilla::Data;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::Charmap;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider};

use super::letters::{Style, Weight};

/// `fonts/README.md` says what they are and how they were made.
const REGULAR: &[u8] = include_bytes!("fonts/dejavu-sans.ttf");
const BOLD: &[u8] = include_bytes!("fonts/dejavu-sans-bold.ttf");

/// What stands for a letter that a face lacks.
pub(super) const LACKING: char = '\u{fffd}';

/// Both faces.
pub(super) struct Fonts {
    regular: Face,
    bold: Face,
}

struct Face {
    font: Font,
    letters: Charmap<'static>,
    advances: GlyphMetrics<'static>,
}

impl Fonts {
    pub fn new() -> Self {
        Self {
            regular: Face::new(REGULAR),
            bold: Face::new(BOLD),
        }
    }

    fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// Whether both faces have a letter.
    pub fn have(&self, letter: char) -> bool {
        let faces = [&self.regular, &self.bold];
        faces.iter().all(|face| face.letters.map(letter).is_some())
    }

    /// How wide a letter is, in points.
    pub fn width(&self, letter: char, style: Style) -> f32 {
        self.face(style.weight).advance(letter) * style.size.points()
    }

    /// The font of a weight, for who draws.
    pub fn font(&self, weight: Weight) -> Font {
        self.face(weight).font.clone()
    }

    /// A text as glyphs, one for each letter.
    pub fn glyphs(&self, text: &str, weight: Weight) -> Vec<KrillaGlyph> {
        let face = self.face(weight);
        let letters = text.char_indices();
        let glyphs = letters.map(|(at, letter)| KrillaGlyph {
            glyph_id: GlyphId::new(face.glyph(letter)),
            text_range: at..at + letter.len_utf8(),
            x_advance: face.advance(letter),
            x_offset: 0.0,
            y_offset: 0.0,
            y_advance: 0.0,
            location: None,
        });
        glyphs.collect()
    }
}

impl Face {
    fn new(octets: &'static [u8]) -> Self {
        let font = Font::new(Data::from(octets), 0).expect("the face compiled in is a font");
        let face = FontRef::new(octets).expect("the face compiled in is a font");
        Self {
            font,
            letters: face.charmap(),
            // In parts of the size.
            advances: face.glyph_metrics(Size::new(1.0), LocationRef::default()),
        }
    }

    /// Its glyph: that of U+FFFD where it has none.
    fn glyph(&self, letter: char) -> u32 {
        let glyph = self.letters.map(letter);
        let glyph = glyph.or_else(|| self.letters.map(LACKING));
        glyph.map_or(0, skrifa::GlyphId::to_u32)
    }

    fn advance(&self, letter: char) -> f32 {
        let glyph = skrifa::GlyphId::new(self.glyph(letter));
        self.advances.advance_width(glyph).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faces_have_what_occurs_in_names_and_what_a_page_draws() {
        let fonts = Fonts::new();
        let all = "àèéìòùÀÈ°€–—«»“”’…ßøłŁčžşğőűțșåæœđħıñçÿ αβγΩ άέ Жиїђљ ẵệ №→✔✖◌☑☐\u{fffd}";
        for letter in all.chars() {
            assert!(fonts.have(letter), "{letter}");
        }
        for letter in ['中', 'あ', '😀', 'ع', '\u{e000}'] {
            assert!(!fonts.have(letter), "{letter}");
        }
    }
}
