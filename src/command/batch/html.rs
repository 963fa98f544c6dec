//! The report as one page of HTML: no script, nothing loaded, every text escaped.

use super::events::{Counts, line};
use super::report::{self, Line};
use super::status::state_text;
use crate::command::{Failure, Session};
use crate::ledger::state::Standing;
use crate::ledger::{JobView, Ledger};
use crate::output::catalogue::Catalogue;
use crate::output::layout::shown;
use crate::printable::Printable;

const STYLE: &str = "body{font:14px/1.4 sans-serif;margin:2em}\
table{border-collapse:collapse}\
th,td{border:1px solid #bbb;padding:.2em .5em;text-align:left;vertical-align:top}\
th{background:#eee;position:sticky;top:0}\
.good{background:#dfd}.bad{background:#fdd}.wait{background:#ffd}\
code{font-size:11px;word-break:break-all}";

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
         <p>{}</p>\n<table>",
        lang.code(),
        escaped(&line(&Counts::of(&tally), None, lang)),
    )?;
    let heads = [
        "batch.head.row",
        "batch.head.reference",
        "batch.head.recipient",
        "batch.head.state",
        "batch.head.sent",
        "batch.head.accepted",
        "batch.head.delivered",
        "batch.head.identifier",
        "batch.head.receipts",
    ];
    let heads: String = heads
        .iter()
        .map(|key| format!("<th>{}</th>", escaped(texts.text(key))))
        .collect();
    writeln!(session.out, "<thead><tr>{heads}</tr></thead>\n<tbody>")?;
    let out = &mut *session.out;
    report::lines(ledger, job, &mut |line| {
        Ok(writeln!(out, "{}", row(&line, texts))?)
    })?;
    writeln!(session.out, "</tbody>\n</table>\n</body>\n</html>")?;
    Ok(())
}

fn row(line: &Line, texts: &Catalogue) -> String {
    let state = state_text(line.state, texts);
    let why = line.error.as_ref().or(line.note.as_ref());
    let state = match why {
        Some(why) => format!("{state}: {why}"),
        None => state,
    };
    let cell = |text: &str| format!("<td>{}</td>", escaped(text));
    let maybe = |text: &Option<String>| cell(text.as_deref().unwrap_or_default());
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
    format!(
        "<tr class=\"{}\">{}{}{}{}{}{}{}{}<td>{receipts}</td></tr>",
        class(line.state),
        cell(&line.row.to_string()),
        cell(&line.reference),
        maybe(&line.recipient),
        cell(&state),
        maybe(&line.sent_at),
        maybe(&line.accepted_at),
        maybe(&line.delivered_at),
        maybe(&line.identifier),
    )
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
