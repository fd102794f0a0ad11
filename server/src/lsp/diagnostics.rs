//! Findings as the editor shows them.

use flowdbg_lang::diagnostic::{self, Severity};
use tower_lsp_server::gen_lsp_types::{Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location};

use super::{documents::Snapshot, position::Encoding};

/// What an editor shows as the origin of our findings.
const SOURCE: &str = "flowdbg";

/// The findings of a text; none if it is no workflow.
pub(super) fn of(snapshot: &Snapshot, encoding: Encoding) -> Vec<Diagnostic> {
    let Some(analysis) = snapshot.analysis() else { return Vec::new() };
    analysis.diagnostics.iter().map(|found| convert(found, snapshot, encoding)).collect()
}

pub(super) fn convert(found: &diagnostic::Diagnostic, snapshot: &Snapshot, encoding: Encoding) -> Diagnostic {
    let range = |span| encoding.range(&snapshot.source, span);
    let related: Vec<_> = found
        .related
        .iter()
        .map(|(span, label)| DiagnosticRelatedInformation {
            location: Location { uri: snapshot.uri.clone(), range: range(*span) },
            message: label.clone(),
        })
        .collect();
    let message = match &found.help {
        Some(help) => format!("{}\n{help}", found.message),
        None => found.message.clone(),
    };
    Diagnostic {
        range: range(found.span),
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::Error,
            Severity::Warning => DiagnosticSeverity::Warning,
            Severity::Information => DiagnosticSeverity::Information,
            Severity::Hint => DiagnosticSeverity::Hint,
        }),
        code: Some(found.code.to_owned().into()),
        source: Some(SOURCE.to_owned()),
        message: message.into(),
        related_information: (!related.is_empty()).then_some(related),
        ..Default::default()
    }
}
