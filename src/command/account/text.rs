//! Accounts and presets for a person, and how sure each value is.

use std::io;

use super::sure::{of_preset, of_server};
use crate::account::presets::{self, Known, LoginForm, Mailboxes, OtherServers, Preset, Sureness};
use crate::account::{
    Account, GUARANTEED_OCTETS, GUARANTEED_RECIPIENTS, IMAP_PORT, Keep, Lists, SMTP_PORT, SentCopy,
};
use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::output::report::Page;
use crate::printable::Printable;
use crate::transport::{Endpoint, Security};

/// Writes accounts for a person, each with whether it is the default.
pub(super) fn accounts(
    accounts: &[(&Account, bool)],
    file: &str,
    page: &mut Page<'_>,
) -> io::Result<()> {
    if accounts.is_empty() {
        page.line(page.texts().fill("accounts.none", &[("file", file)]))?;
    }
    for (number, (account, default)) in accounts.iter().enumerate() {
        if number > 0 {
            page.line("")?;
        }
        page.lines(account_lines(account, *default, page.lang))?;
    }
    Ok(())
}

/// Writes presets for a person.
pub(super) fn presets(presets: &[&Preset], page: &mut Page<'_>) -> io::Result<()> {
    for preset in presets {
        page.lines(preset_lines(preset, page.lang))?;
        page.line("")?;
    }
    page.line(page.texts().text("accounts.presets-letters"))?;
    let as_of = layout::day(presets::as_of(), page.lang);
    let values = [("as_of", &*as_of)];
    page.line(page.texts().fill("accounts.presets-as-of", &values))
}

/// Label and value in columns.
fn row(label: &str, value: &str, lang: Lang) -> String {
    let label = Catalogue::of(lang).text(&format!("label.{label}"));
    format!("  {label:<16} {value}")
}

/// `(AB, the provider's own page or …, 2026-09-19)`, or that the user gave it.
fn sureness(sure: Option<(Sureness, &str)>, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    match sure {
        None => texts.text("sure.given").to_owned(),
        Some((sure, date)) => {
            let words = texts.text(&format!("sure.{}", sure.word()));
            let values = [
                ("letters", sure.letters()),
                ("words", words),
                ("date", &*layout::day(date, lang)),
            ];
            texts.fill("sure.line", &values)
        }
    }
}

fn security(server: &Endpoint, lang: Lang) -> &'static str {
    Catalogue::of(lang).text(match server.security {
        Security::Tls => "security.tls",
        Security::StartTls => "security.starttls",
    })
}

fn account_lines(account: &Account, default: bool, lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let preset = account.preset;
    let values = [
        ("account", &*account.name),
        ("address", account.address.as_str()),
    ];
    let mut lines = vec![texts.fill(
        match default {
            true => "accounts.heading-default",
            false => "accounts.heading",
        },
        &values,
    )];
    if let Some(preset) = preset {
        lines.push(row(
            "preset",
            &format!("{} ({})", preset.name, preset.provider),
            lang,
        ));
    }
    for (label, server, port, known) in [
        (
            "imap",
            &account.imap,
            IMAP_PORT,
            preset.map(|preset| &preset.imap),
        ),
        (
            "smtp",
            &account.smtp,
            SMTP_PORT,
            preset.map(|preset| &preset.smtp),
        ),
    ] {
        let sure = sureness(of_server(server, port, known), lang);
        let value = format!("{server}, {} {sure}", security(server, lang));
        lines.push(row(label, &value, lang));
    }
    lines.push(row("user", &Printable(&account.user).to_string(), lang));
    lines.push(row(
        "password",
        texts.text(&format!("password.{}", account.password.word())),
        lang,
    ));
    lines.push(row("sent-copy", &sent_copy(account, lang), lang));
    if !account.folders.is_empty() {
        let folders = account.folders.join(", ");
        lines.push(row("folders", &Printable(&folders).to_string(), lang));
    }
    if account.office {
        lines.push(row("office", texts.text("archive.office-yes"), lang));
    }
    if account.keep == Keep::Receipts {
        lines.push(row("keep", texts.text("accounts.keep-receipts"), lang));
    }
    if account.lists == Lists::Kept {
        lines.push(row("archive-crl", texts.text("accounts.lists-kept"), lang));
    }
    lines.extend(limit_lines(account, lang));
    for (label, file) in [
        ("ca-file", &account.ca_file),
        ("trust-file", &account.trust_file),
    ] {
        if let Some(file) = file {
            let file = file.display().to_string();
            lines.push(row(label, &Printable(&file).to_string(), lang));
        }
    }
    if let Some(date) = account.app_password_date {
        lines.push(row(
            "app-password",
            &layout::day(&date.italian_day(), lang),
            lang,
        ));
    }
    lines
}

fn sent_copy(account: &Account, lang: Lang) -> String {
    let texts = Catalogue::of(lang);
    let known = account
        .preset
        .and_then(|preset| preset.sent_folder.as_ref());
    match &account.sent_copy {
        SentCopy::NotFiled => texts.text("accounts.sent-not-filed").to_owned(),
        SentCopy::WhereMarked => texts.text("accounts.sent-where-marked").to_owned(),
        SentCopy::Folder(folder) => {
            let sure = sureness(of_preset(folder, known), lang);
            format!("{} {sure}", Printable(folder))
        }
    }
}

fn limit_lines(account: &Account, lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let (limits, preset) = (account.limits, account.preset);
    let of = |known: Option<(Sureness, &str)>| sureness(known, lang);
    let guaranteed = texts.text("sure.guaranteed");
    let recipients = preset.and_then(|preset| preset.recipients.as_ref());
    let octets = preset.and_then(|preset| preset.octets_total.as_ref());
    let minute = preset.and_then(|preset| preset.messages_per_minute.as_ref());
    let mut lines = vec![
        match limits.recipients {
            Some(number) => format!("{number} {}", of(of_preset(&number, recipients))),
            None => format!("{GUARANTEED_RECIPIENTS} {guaranteed}"),
        },
        match limits.octets_total {
            Some(number) => {
                format!("{} {}", texts.size(number), of(of_preset(&number, octets)))
            }
            None => format!("{} {guaranteed}", texts.size(GUARANTEED_OCTETS)),
        },
    ];
    lines[0] = row("max-recipients", &lines[0], lang);
    lines[1] = row("max-size", &lines[1], lang);
    if let Some(number) = limits.messages_per_minute {
        let value = format!("{number} {}", of(of_preset(&number, minute)));
        lines.push(row("per-minute", &value, lang));
    }
    if let Some(number) = limits.recipients_per_hour {
        lines.push(row("per-hour", &format!("{number} {}", of(None)), lang));
    }
    lines
}

fn preset_lines(preset: &Preset, lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    fn known<T>(known: &Known<T>, lang: Lang) -> String {
        sureness(Some((known.sure, &*known.date)), lang)
    }
    let mut lines = vec![format!("{}: {}", preset.name, preset.provider)];
    for (label, server, port) in [
        ("imap", &preset.imap, IMAP_PORT),
        ("smtp", &preset.smtp, SMTP_PORT),
    ] {
        let value = format!("{}:{port} {}", server.value, known(server, lang));
        lines.push(row(label, &value, lang));
    }
    let login = texts.text(match preset.login.value {
        LoginForm::Address => "login.address",
        LoginForm::Code => "login.code",
    });
    lines.push(row(
        "user",
        &format!("{login} {}", known(&preset.login, lang)),
        lang,
    ));
    if let Some(folder) = &preset.sent_folder {
        lines.push(row(
            "sent-copy",
            &format!("{} {}", folder.value, known(folder, lang)),
            lang,
        ));
    }
    if let Some(limit) = &preset.recipients {
        let value = format!("{} {}", limit.value, known(limit, lang));
        lines.push(row("max-recipients", &value, lang));
    }
    if let Some(limit) = &preset.octets_total {
        let value = format!("{} {}", texts.size(limit.value), known(limit, lang));
        lines.push(row("max-size", &value, lang));
    }
    if let Some(limit) = &preset.messages_per_minute {
        let value = format!("{} {}", limit.value, known(limit, lang));
        lines.push(row("per-minute", &value, lang));
    }
    if let Some(days) = &preset.password_days {
        let value = texts.count("accounts.days", days.value, &[]);
        lines.push(row(
            "app-password",
            &format!("{value} {}", known(days, lang)),
            lang,
        ));
    }
    for other in &preset.other {
        lines.push(row("other-servers", &other_servers(other, lang), lang));
    }
    lines.push(row("domains", &preset.domains.join(", "), lang));
    lines
}

fn other_servers(other: &OtherServers, lang: Lang) -> String {
    let mailboxes = Catalogue::of(lang).text(match other.mailboxes {
        Mailboxes::Pro => "mailboxes.pro",
        Mailboxes::Older => "mailboxes.older",
    });
    let mut servers = Vec::new();
    for (protocol, host) in [("IMAP", &other.imap), ("SMTP", &other.smtp)] {
        if let Some(host) = host {
            servers.push(format!("{protocol} {host}"));
        }
    }
    let sure = sureness(Some((other.sure, &other.date)), lang);
    format!("{mailboxes}: {} {sure}", servers.join(", "))
}
