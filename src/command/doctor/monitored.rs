//! What `pec doctor` found, for programs that watch: a plugin's line (Monitoring Plugins Development
//! Guidelines, 2 and 2.6) and metrics (Prometheus, text format 0.0.4).

use std::fmt::Write;

use super::{Results, Totals};
use crate::command::check::{Check, End, Measure, Unit};
use crate::exit::ExitStatus;
use crate::output::catalogue::Catalogue;
use crate::timestamp::Timestamp;

/// What a plugin answers: the numbers are exit statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Ok,
    Warning,
    Critical,
}

impl Service {
    fn of(totals: &Totals) -> Self {
        match (totals.failed, totals.warning) {
            (1.., _) => Self::Critical,
            (0, 1..) => Self::Warning,
            (0, 0) => Self::Ok,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }

    /// 0, 1 and 2.
    const fn exit(self) -> ExitStatus {
        match self {
            Self::Ok => ExitStatus::Yes,
            Self::Warning => ExitStatus::No,
            Self::Critical => ExitStatus::Unusable,
        }
    }
}

/// The line of a plugin, and its exit status: the worst first, then all numbers.
pub(super) fn plugin_line(results: &Results, texts: &Catalogue) -> (String, ExitStatus) {
    let service = Service::of(&results.totals);
    let said = |wanted: fn(&End) -> bool| {
        let wanted = results.checks.iter().filter(move |one| wanted(&one.end));
        wanted.map(|check| match &check.account {
            Some(account) => format!("{account}: {}", check.text),
            None => check.text.clone(),
        })
    };
    let failed = said(|end| matches!(end, End::Failed { .. }));
    let wrong: Vec<String> = failed
        .chain(said(|end| matches!(end, End::Warning { .. })))
        .collect();
    let text = match wrong.is_empty() {
        true => texts.text("nagios.ok").to_owned(),
        false => wrong.join("; "),
    };
    // What follows a bar is numbers, and there is one line.
    let text = text.replace('|', "/").replace('\n', " ");
    let mut line = format!("PEC {}: {text}", service.word());
    let measured = results.checks.iter().filter_map(performance);
    for (at, number) in measured.enumerate() {
        line.push_str(if at == 0 { " | " } else { " " });
        line.push_str(&number);
    }
    line.push('\n');
    (line, service.exit())
}

/// `'label'=value[unit];warn;critical`, where a range `10:` alerts below ten.
fn performance(check: &Check) -> Option<String> {
    let measure = check.measure?;
    let label = match &check.account {
        Some(account) => format!("{account}.{}", check.id),
        None => check.id.to_owned(),
    };
    let label = label.replace(['\'', '=', '|', '\n'], "_");
    let unit = match measure.unit {
        Unit::Bytes => "B",
        Unit::Days
        | Unit::DaysPassed
        | Unit::Hours
        | Unit::Recipients
        | Unit::Messages
        | Unit::Files => "",
    };
    let range = |limit: Option<i64>| match (limit, measure.unit.is_left()) {
        (None, _) => String::new(),
        (Some(limit), true) => format!("{limit}:"),
        // A range ends with the last value that is right.
        (Some(limit), false) => format!("{}", limit - 1),
    };
    let Measure { value, .. } = measure;
    let (warn, fail) = (range(measure.warn_at), range(measure.fail_at));
    Some(format!("'{label}'={value}{unit};{warn};{fail}"))
}

/// All checks as metrics.
pub(super) fn metrics(results: &Results, now: Timestamp) -> String {
    let mut text = String::new();
    let version = env!("CARGO_PKG_VERSION");
    let _ = write!(
        text,
        "# HELP pec_build_info The program.\n# TYPE pec_build_info gauge\n\
         pec_build_info{{version=\"{version}\"}} 1\n\
         # HELP pec_doctor_time_seconds When this was written.\n\
         # TYPE pec_doctor_time_seconds gauge\n\
         pec_doctor_time_seconds {}\n\
         # HELP pec_check_state 0 ok, 1 warning, 2 failed, 3 skipped.\n\
         # TYPE pec_check_state gauge\n",
        now.unix()
    );
    for check in &results.checks {
        let state = match check.end {
            End::Ok { .. } => 0,
            End::Warning { .. } => 1,
            End::Failed { .. } => 2,
            End::Skipped { .. } => 3,
        };
        let account = escaped(check.account.as_deref().unwrap_or_default());
        let id = check.id;
        let _ = writeln!(
            text,
            "pec_check_state{{check=\"{id}\",account=\"{account}\"}} {state}"
        );
    }
    let measured = |check: &Check| check.measure.map(|measure| (check.id, measure.unit));
    let mut written = Vec::new();
    for (id, unit) in results.checks.iter().filter_map(measured) {
        // All of one metric stand together.
        if written.contains(&id) {
            continue;
        }
        written.push(id);
        let name = metric(id, unit);
        let _ = writeln!(text, "# HELP {name} {id}, see pec-doctor(1).");
        let _ = writeln!(text, "# TYPE {name} gauge");
        for check in results.checks.iter().filter(|check| check.id == id) {
            if let Some(measure) = check.measure {
                let account = escaped(check.account.as_deref().unwrap_or_default());
                let value = measure.value;
                let _ = writeln!(text, "{name}{{account=\"{account}\"}} {value}");
            }
        }
    }
    text
}

fn metric(id: &str, unit: Unit) -> String {
    let unit = match unit {
        Unit::Bytes => "bytes",
        Unit::Days => "days_left",
        Unit::DaysPassed => "days",
        Unit::Hours => "hours",
        Unit::Recipients => "recipients",
        Unit::Messages => "messages",
        Unit::Files => "files",
    };
    format!("pec_{}_{unit}", id.replace(['.', '-'], "_"))
}

/// The value of a label.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
