//! The code pages of MS-DOS that Excel still writes ("CSV (MS-DOS)"): 850 in Italy, 437 where
//! Windows speaks English.
//!
//! `encoding_rs` has what the web has, and that is neither; the package `oem_cp` has two dozen
//! tables more than are wanted. These two are a line each (unicode.org, MAPPINGS/VENDORS/MICSFT/PC).

/// A code page: the characters of the octets from 128 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePage {
    /// 437.
    Cp437,
    /// 850.
    Cp850,
    /// 850 with the sign of the euro.
    Cp858,
}

const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ\
    áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
    └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
    αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ\
    áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
    └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
    ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

impl CodePage {
    /// The page of a name: `cp850`, `ibm850`, `850`.
    pub fn named(label: &str) -> Option<Self> {
        let label = label.trim().to_ascii_lowercase();
        let bare = ["cp", "ibm", "ibm00", "dos-"]
            .into_iter()
            .rev()
            .find_map(|start| label.strip_prefix(start));
        match bare.unwrap_or(&label).trim_start_matches(['-', '_', '0']) {
            "437" => Some(Self::Cp437),
            "850" => Some(Self::Cp850),
            "858" => Some(Self::Cp858),
            _ => None,
        }
    }

    /// Its usual name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cp437 => "cp437",
            Self::Cp850 => "cp850",
            Self::Cp858 => "cp858",
        }
    }

    /// The characters of the octets from 128.
    pub fn upper(self) -> Vec<char> {
        match self {
            Self::Cp437 => CP437.chars().collect(),
            Self::Cp850 => CP850.chars().collect(),
            Self::Cp858 => CP850
                .chars()
                .map(|c| if c == 'ı' { '€' } else { c })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_has_128_characters_in_their_places() {
        for page in [CodePage::Cp437, CodePage::Cp850, CodePage::Cp858] {
            let upper = page.upper();
            assert_eq!(upper.len(), 128);
            // à è é ì ò ù stand where they stand in both.
            for (octet, letter) in [(0x85, 'à'), (0x8a, 'è'), (0x82, 'é'), (0x8d, 'ì')] {
                assert_eq!(upper[octet - 128], letter);
            }
            assert_eq!((upper[0x95 - 128], upper[0x97 - 128]), ('ò', 'ù'));
            assert_eq!((upper[0xf8 - 128], upper[0xff - 128]), ('°', '\u{a0}'));
        }
        assert_eq!(CodePage::Cp850.upper()[0xb7 - 128], 'À');
        assert_eq!(CodePage::Cp437.upper()[0xb7 - 128], '╖');
        assert_eq!(CodePage::Cp858.upper()[0xd5 - 128], '€');
    }

    #[test]
    fn pages_have_the_names_that_people_use() {
        for name in ["cp850", "CP850", "ibm850", "850", "IBM-850", "cp-850"] {
            assert_eq!(CodePage::named(name), Some(CodePage::Cp850), "{name}");
        }
        assert_eq!(CodePage::named("ibm00858"), Some(CodePage::Cp858));
        assert_eq!(CodePage::named("cp1252"), None);
    }
}
