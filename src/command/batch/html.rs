//! The report as one page of HTML: no script, nothing loaded, every text escaped.

use std::path::Path;

use super::events::{Counts, line};
use super::lines::{Line, header, lines, state_of, written};
use crate::command::{Failure, Session};
use crate::lang::Lang;
use crate::ledger::state::Standing;
use crate::ledger::{JobView, Ledger};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::output::report::PROGRAM;
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// The table is as wide as the page, whatever stands in it: digests and addresses are folded. What
/// is long opens on request, and is open on paper. The inputs choose which rows are shown.
const STYLE: &str = "body{font:14px/1.4 sans-serif;margin:1.5em}\
h1{font-size:1.5em;overflow-wrap:anywhere}\
p{margin:.3em 0;overflow-wrap:anywhere}\
table{border-collapse:collapse;margin-top:1em;width:100%;table-layout:fixed}\
th,td{border:1px solid #bbb;padding:.2em .4em;text-align:left;vertical-align:top;\
overflow-wrap:anywhere}\
th{background:#eee;position:sticky;top:0}\
.row{width:5%}.ref{width:12%}.data{width:18%}.to{width:19%}.time{width:16%}\
.good{background:#dfd}.bad{background:#fdd}.wait{background:#ffd}\
code{font-size:11px}\
#good:checked~table tbody tr:not(.good),\
#bad:checked~table tbody tr:not(.bad),\
#wait:checked~table tbody tr:not(.wait){display:none}\
@page{size:A4 landscape;margin:10mm}\
@media print{body{font-size:9px;margin:0}code{font-size:7px}input,label{display:none}\
tr{break-inside:avoid}th{position:static}\
tr,th{print-color-adjust:exact;-webkit-print-color-adjust:exact}\
details::details-content{content-visibility:visible;display:block;block-size:auto}}";

/// Which rows are shown, with the words for it; the first one is all.
const CHOICES: [(&str, &str); 4] = [
    ("all", "batch.choice.all"),
    ("good", "batch.choice.good"),
    ("bad", "batch.choice.bad"),
    ("wait", "batch.choice.wait"),
];

/// Cells of a row that are shown before it is opened.
const SHOWN_CELLS: usize = 2;

/// Writes the page.
///
/// # Errors
/// Those of the ledger and of writing.
pub(super) fn write(
    ledger: &Ledger,
    job: &JobView,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let lang = session.lang;
    let texts = Catalogue::of(lang);
    let tally = ledger
        .tally(&job.job, None)
        .map_err(|error| Failure::of_ledger(&error))?;
    let of_ledger = |error| Failure::of_ledger(&error);
    let accounts = ledger.accounts_of(&job.job).map_err(of_ledger)?;
    let accounts: Vec<String> = accounts.iter().map(ToString::to_string).collect();
    let values = [
        ("job", &*job.job.short),
        ("path", &*job.path),
        ("time", &*shown(job.recorded_at, lang)),
        ("rows", &*job.rows.to_string()),
        ("accounts", &*accounts.join(", ")),
        ("program", PROGRAM),
        ("now", &*shown(session.context.clock.now(), lang)),
    ];
    let table = Path::new(&job.path).file_name().unwrap_or_default();
    let title = escaped(&table.to_string_lossy());
    let paragraphs: String = [
        line(&Counts::of(&tally), None, lang),
        texts.fill("batch.made", &values),
        texts.fill("batch.job", &values),
    ]
    .iter()
    .map(|text| format!("<p>{}</p>\n", escaped(text)))
    .collect();
    let mut page = session.out.page();
    page.line(format_args!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         {paragraphs}{}\n<table>",
        lang.code(),
        choices(texts),
    ))?;
    let columns = header(ledger, job)?;
    let heads = [
        ("row", "batch.head.row"),
        ("ref", "batch.head.reference"),
        ("data", "batch.head.data"),
        ("to", "batch.head.recipient"),
        ("state", "batch.head.state"),
        ("time", "batch.head.times"),
    ];
    let heads: String = heads
        .iter()
        .map(|(class, key)| {
            let text = escaped(texts.text(key));
            format!("<th class=\"{class}\">{text}</th>")
        })
        .collect();
    page.line(format_args!("<thead><tr>{heads}</tr></thead>\n<tbody>"))?;
    lines(ledger, job, &mut |line| {
        Ok(page.line(row(&line, &columns, lang))?)
    })?;
    page.line("</tbody>\n</table>\n</body>\n</html>")?;
    Ok(())
}

/// Inputs that choose rows, without a script.
fn choices(texts: &Catalogue) -> String {
    let one = |(place, (name, key)): (usize, &(&str, &str))| {
        let checked = if place == 0 { " checked" } else { "" };
        let label = escaped(texts.text(key));
        format!(
            "<input type=\"radio\" name=\"rows\" id=\"{name}\"{checked}>\
             <label for=\"{name}\">{label}</label>"
        )
    };
    CHOICES.iter().enumerate().map(one).collect()
}

/// A text that opens on request; nothing where there is none.
fn folded(summary: &str, inside: &str) -> String {
    format!(
        "<details><summary>{}</summary>{inside}</details>",
        escaped(summary)
    )
}

/// The cells of the table that stand in no other column, the first of them as what is seen.
fn data(line: &Line, columns: &[String]) -> String {
    let cells = columns.iter().filter_map(|name| {
        let text = written(line.columns.get(name)?);
        let is_beside = text == line.reference || Some(&text) == line.recipient.as_ref();
        (!text.is_empty() && !is_beside).then_some((name, text))
    });
    let cells: Vec<(&String, String)> = cells.collect();
    let seen: Vec<&str> = cells
        .iter()
        .map(|(_, text)| &**text)
        .take(SHOWN_CELLS)
        .collect();
    let all: Vec<String> = cells
        .iter()
        .map(|(name, text)| format!("{}: {}", escaped(name), escaped(text)))
        .collect();
    match cells.is_empty() {
        true => String::new(),
        false => folded(&seen.join(", "), &all.join("<br>")),
    }
}

fn row(line: &Line, columns: &[String], lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let mut state = state_of(line, texts);
    if let Some(why) = line.error.as_ref().or(line.note.as_ref()) {
        state = format!("{state}: {why}");
    }
    if let Some(mark) = mark(line, texts) {
        state = format!("{state} ({mark})");
    }
    let cell = |text: &str| format!("<td>{}</td>", escaped(text));
    let times: Vec<String> = [
        ("batch.head.sent", &line.sent_at),
        ("batch.head.accepted", &line.accepted_at),
        ("batch.head.delivered", &line.delivered_at),
        ("batch.head.failed", &line.failed_at),
    ]
    .into_iter()
    .filter_map(|(key, text)| {
        let at = Timestamp::parse(text.as_deref()?).ok()?;
        let words = format!("{}: {}", texts.text(key), shown(at, lang));
        Some(escaped(&words))
    })
    .collect();
    format!(
        "<tr class=\"{}\">{}{}<td>{}</td>{}<td>{}{}</td><td>{}</td></tr>",
        class(line.state),
        cell(&line.row.to_string()),
        cell(&line.reference),
        data(line, columns),
        cell(line.recipient.as_deref().unwrap_or_default()),
        escaped(&state),
        proof(line, texts),
        times.join("<br>"),
    )
}

/// The identifier and the digests of the receipts, folded.
fn proof(line: &Line, texts: &Catalogue) -> String {
    if line.receipts.is_empty() {
        return String::new();
    }
    let identifier = line.identifier.as_deref().unwrap_or_default();
    let mut inside = format!(
        "{}: <code>{}</code>",
        escaped(texts.text("batch.head.identifier")),
        escaped(identifier)
    );
    for receipt in &line.receipts {
        let name = escaped(texts.text(&format!("fact.{}", receipt.what)));
        let digest = escaped(&receipt.sha256);
        inside.push_str(&format!("<br>{name}, SHA-256 <code>{digest}</code>"));
    }
    let summary = texts.text("batch.head.receipts");
    folded(&format!("{summary}: {}", line.receipts.len()), &inside)
}

/// By whom it was sent, where not by this job.
fn mark(line: &Line, texts: &Catalogue) -> Option<String> {
    if line.elsewhere {
        return Some(texts.text("batch.by-elsewhere").to_owned());
    }
    let job = line.served_by.as_deref().unwrap_or_default();
    line.served
        .then(|| texts.fill("batch.by-before", &[("job", job)]))
}

/// Ordinary mail is not reached: nothing will ever prove it.
fn class(state: &str) -> &'static str {
    match Standing::from_word(state) {
        Some(Standing::Delivered) => "good",
        Some(
            Standing::Refused
            | Standing::NotAccepted
            | Standing::TimedOut
            | Standing::NotDelivered
            | Standing::Contradictory,
        ) => "bad",
        Some(
            Standing::Recorded
            | Standing::Sending
            | Standing::RefusedForNow
            | Standing::Withdrawn
            | Standing::InDoubt
            | Standing::Sent
            | Standing::Accepted
            | Standing::Ordinary
            | Standing::Delayed,
        ) => "wait",
        None if state == "bad" => "bad",
        None => "wait",
    }
}

/// A text that HTML cannot take for its own, and that deceives no reader.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in Printable(text).to_string().chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_delivered_looks_reached() {
        for (state, expected) in [
            ("delivered", "good"),
            ("ordinary", "wait"),
            ("delayed", "wait"),
            ("timed-out", "bad"),
            ("bad", "bad"),
            ("held", "wait"),
        ] {
            assert_eq!(class(state), expected, "{state}");
        }
    }

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            escaped("<script>'&\"\u{202e}"),
            "&lt;script&gt;&#39;&amp;&quot;\\u{202e}"
        );
    }
}
