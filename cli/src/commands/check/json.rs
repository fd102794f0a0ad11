//! Findings as one JSON document; `docs/reference/check.md` describes it.

use flowdbg_lang::{
    diagnostic::{Diagnostic, Fix},
    text::{Source, Span},
};
use serde_json::{Value, json};

use super::{Report, severity};

/// Grows when a program that reads the document would have to change.
const VERSION: u32 = 1;

pub(super) fn document(report: &Report) -> String {
    let tally = report.tally();
    let settings = report.bad_settings.iter().map(|bad| {
        let found: Vec<Value> = bad.found.iter().map(|found| finding(&bad.source, found)).collect();
        json!({ "path": bad.source.path(), "findings": found })
    });
    let files = report.files.iter().map(|(file, checked)| {
        let found: Vec<Value> = checked.analysis.diagnostics.iter().map(|found| finding(&file.source, found)).collect();
        json!({ "path": file.shown, "findings": found, "allowed": checked.analysis.allowed.len() })
    });
    let document = json!({
        "version": VERSION,
        "tool": { "name": "flowdbg", "version": env!("CARGO_PKG_VERSION") },
        "files": files.collect::<Vec<_>>(),
        "settings": settings.collect::<Vec<_>>(),
        "unreadable": report.unreadable,
        "summary": {
            "files": report.files.len(),
            "errors": tally.errors,
            "warnings": tally.warnings,
            "remarks": tally.remarks,
            "fixable": tally.fixable,
            "fixed": report.fixes,
        },
    });
    format!("{document:#}\n")
}

fn finding(source: &Source, found: &Diagnostic) -> Value {
    let related: Vec<Value> =
        found.related.iter().map(|(span, message)| json!({ "message": message, "range": range(source, *span) })).collect();
    json!({
        "code": found.code,
        "severity": severity(found.severity),
        "message": found.message,
        "help": found.help,
        "range": range(source, found.span),
        "related": related,
        "fix": found.fix.as_ref().map(|fix| change(source, fix)),
    })
}

fn change(source: &Source, fix: &Fix) -> Value {
    let edits: Vec<Value> = fix.edits.iter().map(|edit| json!({ "range": range(source, edit.span), "text": edit.text })).collect();
    json!({ "title": fix.title, "edits": edits })
}

/// Lines and columns count from 1, columns in UTF-16 code units; `offset` in bytes from 0.
fn range(source: &Source, span: Span) -> Value {
    let place = |offset: u32| {
        let position = source.position(offset);
        json!({ "line": position.line + 1, "column": position.character + 1, "offset": offset })
    };
    json!({ "start": place(span.start), "end": place(span.end) })
}
