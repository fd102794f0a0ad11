//! Findings for a person: drawn into their texts, with a summary.

use flowdbg_lang::diagnostic::Severity;

use super::{Report, Tally};
use crate::{
    draw,
    term::{self, Stream},
};

pub(super) fn show(report: &Report, quiet: bool) {
    for bad in &report.bad_settings {
        for found in &bad.found {
            term::out(&draw::diagnostic(&bad.source, found, Stream::Stdout));
            term::out("");
        }
    }
    for (file, checked) in &report.files {
        for found in &checked.analysis.diagnostics {
            if found.severity == Severity::Error || !quiet {
                term::out(&draw::diagnostic(&file.source, found, Stream::Stdout));
                term::out("");
            }
        }
    }
    if !quiet {
        term::out(&summary(report));
    }
}

fn summary(report: &Report) -> String {
    let Tally { errors, warnings, remarks, fixable } = report.tally();
    if report.files.is_empty() && report.unreadable.is_empty() {
        return "no workflow files found; a file is one if its name ends in .workflow.yaml, .workflow.yml, .workflow.json, .ow.yaml or \
                .ow.yml, or if it has a `document` with a `dsl` near its top"
            .to_owned();
    }
    let mut parts = vec![format!("{} checked", count(report.files.len(), "workflow"))];
    for (number, noun) in [(errors, "error"), (warnings, "warning")] {
        parts.push(if number == 0 { format!("no {noun}s") } else { count(number, noun) });
    }
    if remarks > 0 {
        parts.push(count(remarks, "remark"));
    }
    if !report.unreadable.is_empty() {
        parts.push(format!("{} unreadable", count(report.unreadable.len(), "path")));
    }
    let mut summary = parts.join(", ");
    if report.fixes > 0 {
        summary.push_str(&format!("; {} made", fixes(report.fixes, report.mended_files)));
    }
    match fixable {
        0 => {}
        1 => summary.push_str("; --fix can mend one of them"),
        many => summary.push_str(&format!("; --fix can mend {many} of them")),
    }
    summary
}

/// `3 changes in 2 files`
pub(super) fn fixes(changes: usize, files: usize) -> String {
    format!("{} in {}", count(changes, "change"), count(files, "file"))
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
