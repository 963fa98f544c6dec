//! The report as one page of HTML: no script, nothing loaded, every text escaped.

use super::events::{Counts, line};
use super::report::{self, Line};
use crate::command::{Failure, Session};
use crate::lang::Lang;
use crate::ledger::state::Standing;
use crate::ledger::{JobView, Ledger};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::printable::Printable;
use crate::timestamp::Timestamp;

/// Rows are one line high: what is long opens on request. The inputs choose which rows are shown.
const STYLE: &str = "body{font:14px/1.4 sans-serif;margin:2em}\
table{border-collapse:collapse;margin-top:1em}\
th,td{border:1px solid #bbb;padding:.2em .5em;text-align:left;vertical-align:top}\
th{background:#eee;position:sticky;top:0}\
.good{background:#dfd}.bad{background:#fdd}.wait{background:#ffd}\
.time{white-space:nowrap}\
summary{white-space:nowrap;max-width:24em;overflow:hidden;text-overflow:ellipsis}\
code{font-size:11px;white-space:nowrap}\
#good:checked~table tbody tr:not(.good),\
#bad:checked~table tbody tr:not(.bad),\
#wait:checked~table tbody tr:not(.wait){display:none}\
@media print{input,label{display:none}}";

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
    let values = [
        ("job", &*job.job.short),
        ("path", &*job.path),
        ("time", &*shown(job.recorded_at, lang)),
        ("rows", &*job.rows.to_string()),
    ];
    let title = escaped(&texts.fill("batch.job", &values));
    writeln!(
        session.out,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>{}</p>\n<p>{}</p>\n{}\n<table>",
        lang.code(),
        escaped(&line(&Counts::of(&tally), None, lang)),
        escaped(&texts.fill(
            "batch.made",
            &[("time", &shown(session.context.clock.now(), lang))]
        )),
        choices(texts),
    )?;
    let columns = report::header(ledger, job)?;
    let heads = [
        "batch.head.row",
        "batch.head.reference",
        "batch.head.data",
        "batch.head.recipient",
        "batch.head.state",
        "batch.head.sent",
        "batch.head.accepted",
        "batch.head.delivered",
        "batch.head.failed",
        "batch.head.identifier",
        "batch.head.receipts",
    ];
    let heads: String = heads
        .iter()
        .map(|key| format!("<th>{}</th>", escaped(texts.text(key))))
        .collect();
    writeln!(session.out, "<thead><tr>{heads}</tr></thead>\n<tbody>")?;
    let out = &mut session.out;
    report::lines(ledger, job, &mut |line| {
        Ok(writeln!(out, "{}", row(&line, &columns, lang))?)
    })?;
    writeln!(session.out, "</tbody>\n</table>\n</body>\n</html>")?;
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

/// The cells of the table, the first of them as what is seen.
fn data(line: &Line, columns: &[String]) -> String {
    let cells = columns.iter().filter_map(|name| {
        let text = report::written(line.columns.get(name)?);
        (!text.is_empty()).then_some((name, text))
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
    let mut state = report::state_of(line, texts);
    if let Some(why) = line.error.as_ref().or(line.note.as_ref()) {
        state = format!("{state}: {why}");
    }
    if let Some(mark) = mark(line, texts) {
        state = format!("{state} ({mark})");
    }
    let cell = |text: &str| format!("<td>{}</td>", escaped(text));
    let maybe = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
    let time = |text: &Option<String>| {
        let at = text.as_deref().and_then(|text| Timestamp::parse(text).ok());
        let at = at.map(|at| shown(at, lang)).unwrap_or_default();
        format!("<td class=\"time\">{}</td>", escaped(&at))
    };
    let receipts: String = line
        .receipts
        .iter()
        .map(|receipt| {
            let name = texts.text(&format!("fact.{}", receipt.what));
            format!(
                "{} <code>{}</code><br>",
                escaped(name),
                escaped(&receipt.sha256)
            )
        })
        .collect();
    let receipts = match line.receipts.len() {
        0 => String::new(),
        count => folded(&count.to_string(), &receipts),
    };
    format!(
        "<tr class=\"{}\">{}{}<td>{}</td>{}{}{}{}{}{}{}<td>{receipts}</td></tr>",
        class(line.state),
        cell(&line.row.to_string()),
        cell(&line.reference),
        data(line, columns),
        maybe(&line.recipient),
        cell(&state),
        time(&line.sent_at),
        time(&line.accepted_at),
        time(&line.delivered_at),
        time(&line.failed_at),
        maybe(&line.identifier),
    )
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

fn class(state: &str) -> &'static str {
    match Standing::from_word(state) {
        Some(Standing::Delivered | Standing::Ordinary) => "good",
        Some(standing) if standing.is_failure() => "bad",
        None if state == "bad" => "bad",
        _ => "wait",
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
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            escaped("<script>'&\"\u{202e}"),
            "&lt;script&gt;&#39;&amp;&quot;\\u{202e}"
        );
    }
}
