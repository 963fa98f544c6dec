//! Offices out of rows, by the names of their columns.
//!
//! The index publishes its data in two generations. Of now: `Codice_IPA`, `Denominazione_ente`,
//! `Mail1`, `Tipo_Mail1` … `Mail5`; units have `Codice_uni_uo` and `Descrizione_uo`, areas
//! `Codice_uni_aoo` and `Denominazione_aoo`. Before: `amministrazioni.txt` with `cod_amm`, `des_amm`,
//! `mail1`, `tipo_mail1`; `ou.txt` with `cod_ou`, `des_ou` and `cod_uni_ou`, `aoo.txt` with `cod_aoo`,
//! `des_aoo`: cells parted by tabs without quotation marks, and the word `null` for nothing.

use super::{Kind, Mail, Office};
use crate::address::MailAddress;
use crate::batch::columns::text_of;
use crate::batch::table::Columns;
use crate::pec::reach::Declared;
use crate::timestamp::Timestamp;

/// Addresses that a row has at most.
const MOST_MAIL: usize = 5;

/// How the columns of one kind of table are named.
#[derive(Debug, PartialEq, Eq)]
pub struct Names {
    /// What the table has.
    pub kind: Kind,
    /// The code of an office that no other has; empty: it has none.
    code: &'static str,
    /// Its code inside its body, where there is no other.
    own_code: &'static str,
    name: &'static str,
    body: &'static str,
    body_name: &'static str,
    tax_code: &'static str,
}

/// The most particular first: units name their area too, and both their body.
const ALL: [Names; 6] = [
    Names {
        kind: Kind::Unit,
        code: "codice_uni_uo",
        own_code: "",
        name: "descrizione_uo",
        body: "codice_ipa",
        body_name: "denominazione_ente",
        tax_code: "codice_fiscale_ente",
    },
    Names {
        kind: Kind::Area,
        code: "codice_uni_aoo",
        own_code: "cod_aoo",
        name: "denominazione_aoo",
        body: "codice_ipa",
        body_name: "denominazione_ente",
        tax_code: "codice_fiscale_ente",
    },
    Names {
        kind: Kind::Body,
        code: "codice_ipa",
        own_code: "",
        name: "denominazione_ente",
        body: "codice_ipa",
        body_name: "denominazione_ente",
        tax_code: "codice_fiscale_ente",
    },
    Names {
        kind: Kind::Unit,
        code: "cod_uni_ou",
        own_code: "cod_ou",
        name: "des_ou",
        body: "cod_amm",
        body_name: "",
        tax_code: "",
    },
    Names {
        kind: Kind::Area,
        code: "",
        own_code: "cod_aoo",
        name: "des_aoo",
        body: "cod_amm",
        body_name: "",
        tax_code: "",
    },
    Names {
        kind: Kind::Body,
        code: "cod_amm",
        own_code: "",
        name: "des_amm",
        body: "cod_amm",
        body_name: "des_amm",
        tax_code: "cf",
    },
];

impl Names {
    /// The kind of table that has these columns; `None` where it is none of the index, or has no
    /// address.
    pub fn of<'a>(columns: impl IntoIterator<Item = &'a str>) -> Option<&'static Self> {
        let columns: Vec<String> = columns.into_iter().map(str::to_ascii_lowercase).collect();
        let has = |name: &str| columns.iter().any(|column| column == name);
        let mut all = ALL.iter();
        all.find(|names| {
            let is_coded = [names.code, names.own_code].into_iter().any(has);
            is_coded && has(names.name) && has(names.body) && has("mail1")
        })
    }

    /// The office in a row; `None` where it has neither code nor name. One without an address is one
    /// too: whoever looks for it learns that it has none.
    pub fn office(&self, columns: &Columns) -> Option<Office> {
        let cells = Cells::of(columns);
        let body = cells.text(self.body)?;
        let code = cells.text(self.code).or_else(|| {
            let own = cells.text(self.own_code)?;
            Some(format!("{body}/{own}"))
        })?;
        let updated = cells.text("data_aggiornamento");
        Some(Office {
            kind: self.kind,
            code,
            name: cells.text(self.name)?,
            body_name: cells.text(self.body_name).unwrap_or_default(),
            tax_code: cells.text(self.tax_code),
            mail: cells.mail(),
            updated: updated.and_then(|text| day(&text)),
            body,
        })
    }
}

/// The cells of a row by the names of their columns in small letters.
struct Cells<'a>(Vec<(String, &'a serde_json::Value)>);

impl<'a> Cells<'a> {
    fn of(columns: &'a Columns) -> Self {
        let cells = columns.iter();
        Self(
            cells
                .map(|(name, cell)| (name.to_ascii_lowercase(), cell))
                .collect(),
        )
    }

    /// A text that says something.
    fn text(&self, name: &str) -> Option<String> {
        let (_, cell) = self.0.iter().find(|(known, _)| known == name)?;
        let text = text_of(cell);
        let says_nothing = text.is_empty() || text.eq_ignore_ascii_case("null");
        (!says_nothing).then_some(text)
    }

    fn mail(&self) -> Vec<Mail> {
        let mut all: Vec<Mail> = Vec::new();
        for number in 1..=MOST_MAIL {
            let Some(address) = self.text(&format!("mail{number}")) else {
                continue;
            };
            let declared = match self.text(&format!("tipo_mail{number}")) {
                Some(kind) if kind.eq_ignore_ascii_case("pec") => Declared::Certified,
                Some(_) | None => Declared::Other,
            };
            let is_new = all
                .iter()
                .all(|known| !known.address.eq_ignore_ascii_case(&address));
            if is_new && MailAddress::new(&address).is_well_formed() {
                all.push(Mail { address, declared });
            }
        }
        all
    }
}

/// A day as the tables write it: `2026-03-31`, `31/03/2026`, with or without a time behind it.
fn day(text: &str) -> Option<Timestamp> {
    let day = text.split(['T', ' ']).next()?;
    Timestamp::parse_shown(day).ok()
}

/// Rows with their numbers, as a spreadsheet has them; `None` for one with another number of cells.
pub type FormerRows<'t> = Box<dyn Iterator<Item = (u64, Option<Columns>)> + 't>;

/// The header and the rows of a table of the former generation, whose cells have no quotation marks: `None` where a
/// text is none.
pub fn former(text: &str) -> Option<(Vec<String>, FormerRows<'_>)> {
    let text = text.trim_start_matches('\u{feff}');
    let (header, rows) = text.split_once('\n')?;
    let header: Vec<String> = header.trim_end().split('\t').map(str::to_owned).collect();
    let is_former = header.len() > 1
        && !header.iter().any(|name| name.contains('"'))
        && header
            .iter()
            .any(|name| name.eq_ignore_ascii_case("cod_amm"));
    if !is_former {
        return None;
    }
    let rows = (2..)
        .zip(rows.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    let names = header.clone();
    let named = move |(number, line): (u64, &str)| {
        let cells: Vec<&str> = line.trim_end_matches('\r').split('\t').collect();
        let is_whole = cells.len() == names.len();
        let cells = names.iter().zip(cells).map(|(name, cell)| {
            let cell = serde_json::Value::from(cell.trim());
            (name.clone(), cell)
        });
        (number, is_whole.then(|| cells.collect()))
    };
    Some((header, Box::new(rows.map(named))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn columns(value: Value) -> Columns {
        match value {
            Value::Object(columns) => columns,
            other => panic!("{other}"),
        }
    }

    fn office(row: &Value) -> Option<Office> {
        let columns = columns(row.clone());
        let names = Names::of(columns.keys().map(String::as_str))?;
        names.office(&columns)
    }

    #[test]
    fn a_body_of_either_generation_is_the_same() {
        let new = office(&json!({
            "Codice_IPA": "c_c407", "Denominazione_ente": "Comune di Cavriglia",
            "Codice_fiscale_ente": "00242200517", "Mail1": "comune.cavriglia@postacert.example",
            "Tipo_Mail1": "Pec", "Mail2": "info@comune.example", "Tipo_Mail2": "Altro",
            "Mail3": "", "Tipo_Mail3": "", "Data_aggiornamento": "2026-03-31"
        }))
        .unwrap();
        let old = office(&json!({
            "cod_amm": "c_c407", "des_amm": "Comune di Cavriglia", "Comune": "Cavriglia",
            "Cf": "00242200517", "mail1": "comune.cavriglia@postacert.example",
            "tipo_mail1": "pec", "mail2": "info@comune.example", "tipo_mail2": "altro",
            "mail3": "null", "tipo_mail3": "null"
        }))
        .unwrap();
        let undated = Office {
            updated: None,
            ..new.clone()
        };
        assert_eq!(old, undated);
        assert_eq!(new.kind, Kind::Body);
        assert_eq!(
            new.certified().collect::<Vec<_>>(),
            ["comune.cavriglia@postacert.example"]
        );
        assert_eq!(new.mail.len(), 2);
        assert_eq!(new.updated, Timestamp::parse("2026-03-31").ok());
    }

    #[test]
    fn units_and_areas_are_told_from_their_bodies() {
        let unit = office(&json!({
            "Codice_IPA": "c_c407", "Denominazione_ente": "Comune di Cavriglia",
            "Codice_fiscale_ente": "1", "Codice_uni_uo": "UFABCD", "Codice_uni_aoo": "A1B2C3D",
            "Descrizione_uo": "Ufficio tributi", "Mail1": "tributi@pec.example",
            "Tipo_Mail1": "Pec"
        }))
        .unwrap();
        assert_eq!(
            (unit.kind, &*unit.code, &*unit.body),
            (Kind::Unit, "UFABCD", "c_c407")
        );
        assert_eq!(unit.body_name, "Comune di Cavriglia");
        let area = office(&json!({
            "Codice_IPA": "c_c407", "Denominazione_ente": "Comune di Cavriglia",
            "Codice_uni_aoo": "A1B2C3D", "Denominazione_aoo": "Protocollo", "Mail1": ""
        }))
        .unwrap();
        assert_eq!((area.kind, &*area.code), (Kind::Area, "A1B2C3D"));
        assert_eq!(area.mail, []);
        let former = office(&json!({
            "cod_ou": "serfin", "cod_aoo": "aooac", "des_ou": "Risorse finanziarie",
            "cod_amm": "c_f335", "cod_uni_ou": "E6QQA8", "mail1": "a@cert.example",
            "tipo_mail1": "pec"
        }))
        .unwrap();
        assert_eq!((former.kind, &*former.code), (Kind::Unit, "E6QQA8"));
        let former = office(&json!({
            "cod_amm": "055", "cod_aoo": "AOO1", "des_aoo": "Protocollo", "mail1": "null"
        }))
        .unwrap();
        assert_eq!((former.kind, &*former.code), (Kind::Area, "055/AOO1"));
    }

    #[test]
    fn only_what_is_declared_certified_counts_and_each_address_once() {
        let of = |kind: Value| {
            let found = office(&json!({
                "cod_amm": "x", "des_amm": "X", "mail1": "a@b.example", "tipo_mail1": kind,
                "mail2": "A@B.example", "tipo_mail2": "pec", "mail3": "no address"
            }));
            found.unwrap().mail
        };
        let one = |declared| {
            let address = "a@b.example".to_owned();
            vec![Mail { address, declared }]
        };
        assert_eq!(of(json!("PEC")), one(Declared::Certified));
        for other in [json!("altro"), json!("cecpac"), json!("pec2"), json!(null)] {
            assert_eq!(of(other), one(Declared::Other));
        }
    }

    #[test]
    fn what_is_no_table_of_the_index_is_none() {
        for row in [
            json!({"to": "a@b.example", "nome": "X"}),
            json!({"Codice_IPA": "x", "Denominazione_ente": "X"}),
            json!({"Codice_IPA": "x", "Mail1": "a@b.example"}),
            json!({}),
        ] {
            assert_eq!(office(&row), None, "{row}");
        }
        for row in [
            json!({"Codice_IPA": "", "Denominazione_ente": "X", "Mail1": "a@b.example"}),
            json!({"Codice_IPA": "x", "Denominazione_ente": "null", "Mail1": "a@b.example"}),
        ] {
            assert_eq!(office(&row), None, "{row}");
        }
    }

    #[test]
    fn former_rows_have_their_quotation_marks() {
        let text =
            "\u{feff}cod_amm\tdes_amm\tmail1\r\nx\tCasa \"Rossi\tnull\r\n\r\ny\tzu wenig\r\n";
        let (header, rows) = former(text).unwrap();
        assert_eq!(header, ["cod_amm", "des_amm", "mail1"]);
        let rows: Vec<_> = rows.collect();
        assert_eq!(rows[0].0, 2);
        assert_eq!(rows[0].1.as_ref().unwrap()["des_amm"], "Casa \"Rossi");
        assert_eq!((rows[1].0, &rows[1].1), (4, &None));
        assert_eq!(rows.len(), 2);
        for other in ["", "cod_amm;des_amm\nx;y\n", "Codice_IPA\tMail1\nx\ty\n"] {
            assert!(former(other).is_none(), "{other}");
        }
    }

    #[test]
    fn days_are_read_in_both_forms() {
        for text in [
            "2026-03-31",
            "31/03/2026",
            "2026-03-31T00:00:00",
            "2026-03-31 10:00",
        ] {
            assert_eq!(day(text), Timestamp::parse("2026-03-31").ok(), "{text}");
        }
        assert_eq!((day("ieri"), day("")), (None, None));
    }
}
