//! Findings as SARIF 2.1.0 (OASIS), which code scanning tools read.

use flowdbg_lang::{
    codes,
    diagnostic::{Diagnostic, Fix, Severity},
    text::{Source, Span},
};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::Report;

pub(super) fn document(report: &Report) -> String {
    let mut results = Vec::new();
    for bad in &report.bad_settings {
        results.extend(bad.found.iter().map(|found| result(bad.source.path(), &bad.source, found)));
    }
    for (file, checked) in &report.files {
        results.extend(checked.analysis.diagnostics.iter().map(|found| result(&file.shown, &file.source, found)));
        for (at, found) in checked.analysis.allowed.iter().enumerate() {
            let mut allowed = result(&file.shown, &file.source, found);
            let kind = if at < checked.allowed_by_comments { "inSource" } else { "external" };
            allowed["suppressions"] = json!([{ "kind": kind }]);
            results.push(allowed);
        }
    }
    let notifications: Vec<Value> = report.unreadable.iter().map(|why| json!({ "level": "error", "message": { "text": why } })).collect();
    let document = json!({
        "version": "2.1.0",
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "runs": [{
            "tool": { "driver": {
                "name": "flowdbg",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes::ALL.iter().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "utf16CodeUnits",
            "invocations": [{
                "executionSuccessful": report.unreadable.is_empty() && report.bad_settings.is_empty(),
                "toolExecutionNotifications": notifications,
            }],
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn rule(code: &codes::Code) -> Value {
    json!({
        "id": code.code,
        "shortDescription": { "text": code.meaning },
        "help": { "text": code.meaning, "markdown": code.page },
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn result(path: &str, source: &Source, found: &Diagnostic) -> Value {
    let text = match &found.help {
        Some(help) => format!("{} ({help})", found.message),
        None => found.message.clone(),
    };
    let mut result = json!({
        "ruleId": found.code,
        "level": level(found.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": { "artifactLocation": artifact(path), "region": region(source, found.span) } }],
    });
    if let Some(at) = codes::ALL.iter().position(|code| code.code == found.code) {
        result["ruleIndex"] = json!(at);
    }
    if !found.related.is_empty() {
        let related = found.related.iter().map(|(span, message)| {
            json!({
                "message": { "text": message },
                "physicalLocation": { "artifactLocation": artifact(path), "region": region(source, *span) },
            })
        });
        result["relatedLocations"] = related.collect();
    }
    if let Some(fix) = &found.fix {
        result["fixes"] = json!([change(path, source, fix)]);
    }
    result
}

fn change(path: &str, source: &Source, fix: &Fix) -> Value {
    let replacements: Vec<Value> = fix
        .edits
        .iter()
        .map(|edit| json!({ "deletedRegion": region(source, edit.span), "insertedContent": { "text": edit.text } }))
        .collect();
    json!({
        "description": { "text": fix.title },
        "artifactChanges": [{ "artifactLocation": artifact(path), "replacements": replacements }],
    })
}

fn region(source: &Source, span: Span) -> Value {
    let (start, end) = (source.position(span.start), source.position(span.end));
    json!({
        "startLine": start.line + 1,
        "startColumn": start.character + 1,
        "endLine": end.line + 1,
        "endColumn": end.character + 1,
    })
}

/// A path as a URI reference: relative paths stay relative, so that tools find them in a checkout.
fn artifact(path: &str) -> Value {
    let uri = match url::Url::from_file_path(path) {
        Ok(absolute) => absolute.to_string(),
        Err(()) => utf8_percent_encode(path, IN_PATH).to_string(),
    };
    json!({ "uri": uri })
}

/// What must be encoded in a relative path. A `:` in its first part would make a scheme of that.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information | Severity::Hint => "note",
    }
}
