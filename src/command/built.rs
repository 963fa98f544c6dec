//! `pec --version -v`: of which source, with what and for what this program was built, for whoever
//! reports a fault or compares it with another.

use std::ffi::OsString;

use crate::lang::Lang;
use crate::output::catalogue::Catalogue;
use crate::output::layout;
use crate::output::report::PROGRAM;
use crate::providers::Trust;

/// What can be left out of a program, or added to it, and is in this one.
const FEATURES: [(&str, bool); 3] = [
    ("drop-a-finding", cfg!(feature = "drop-a-finding")),
    ("keyring", cfg!(feature = "keyring")),
    ("pdf", cfg!(feature = "pdf")),
];

/// Whether the arguments ask for the version and for all of it, in any order, and for no command.
pub(super) fn is_asked(arguments: &[OsString]) -> bool {
    let (mut is_version, mut is_all) = (false, false);
    for word in arguments.iter().skip(1) {
        match word.to_str() {
            Some("--version" | "-V") => is_version = true,
            Some("--verbose" | "-v") => is_all = true,
            Some("-vV" | "-Vv") => (is_version, is_all) = (true, true),
            // Those of every command, or the value of one.
            Some(_) | None => {}
        }
    }
    is_version && is_all
}

/// The lines of the answer.
pub(super) fn lines(lang: Lang) -> Vec<String> {
    let texts = Catalogue::of(lang);
    let trust = Trust::built_in();
    let features: Vec<&str> = FEATURES
        .iter()
        .filter_map(|(name, is_built)| is_built.then_some(*name))
        .collect();
    let known = |value: &str, without: &str| match value {
        "" => texts.text(without).to_owned(),
        value => value.to_owned(),
    };
    let as_of = layout::day(trust.as_of.as_deref().unwrap_or_default(), lang);
    let authorities = texts.counted("authorities", trust.anchors.len());
    let data = [("as_of", &*as_of), ("authorities", &*authorities)];
    let line = |key: &str, value: String| texts.fill(key, &[("value", &value)]);
    let unknown = "built.unknown";
    vec![
        PROGRAM.to_owned(),
        line("built.commit", known(env!("PEC_BUILT_COMMIT"), unknown)),
        line(
            "built.features",
            known(&features.join(", "), "built.no-features"),
        ),
        texts.fill("built.trust", &data),
        line("built.rustc", known(env!("PEC_BUILT_RUSTC"), unknown)),
        line("built.target", target(texts)),
    ]
}

/// What it runs on, and whether it brings the system's library along.
fn target(texts: &Catalogue) -> String {
    let target = env!("PEC_BUILT_TARGET");
    match cfg!(target_feature = "crt-static") {
        true => texts.fill("built.static", &[("target", target)]),
        false => target.to_owned(),
    }
}
