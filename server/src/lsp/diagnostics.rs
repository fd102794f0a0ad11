//! Findings as the editor shows them.

use flowdbg_lang::{
    diagnostic::{self, Severity},
    settings::Settings,
};
use tower_lsp_server::gen_lsp_types::{Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, Uri};
use url::Url;

use super::{documents::Snapshot, position::Encoding};
use crate::project::BadSettings;

/// What an editor shows as the origin of our findings.
const SOURCE: &str = "flowdbg";

/// The findings of a text; none if it is neither a workflow nor the settings of a project.
pub(super) fn of(snapshot: &Snapshot, encoding: Encoding) -> Vec<Diagnostic> {
    if snapshot.is_settings() {
        let found = Settings::parse(&snapshot.source).err().unwrap_or_default();
        return found.iter().map(|found| convert(found, snapshot, encoding)).collect();
    }
    let Some(checked) = snapshot.checked() else { return Vec::new() };
    let own = checked.analysis.diagnostics.iter().map(|found| convert(found, snapshot, encoding));
    let settings = checked.bad_settings.iter().flat_map(|bad| bad.found.iter().map(|found| elsewhere(bad, found, encoding)));
    settings.chain(own).collect()
}

/// What is wrong with the settings that should count for a workflow. Nobody may have opened them, so it
/// is told where it matters, at the top of the workflow, with their place beside it.
fn elsewhere(bad: &BadSettings, found: &diagnostic::Diagnostic, encoding: Encoding) -> Diagnostic {
    let source = &bad.source;
    let range = encoding.range(source, found.span);
    let message = whole_message(found);
    let place = Url::from_file_path(source.path())
        .ok()
        .map(|uri| DiagnosticRelatedInformation { location: Location { uri: Uri(uri.into()), range }, message: found.message.clone() });
    Diagnostic {
        severity: Some(DiagnosticSeverity::Error),
        code: Some(found.code.to_owned().into()),
        source: Some(SOURCE.to_owned()),
        message: format!("{}:{}:{}: {message}", source.path(), range.start.line + 1, range.start.character + 1).into(),
        related_information: place.map(|place| vec![place]),
        ..Default::default()
    }
}

fn whole_message(found: &diagnostic::Diagnostic) -> String {
    match &found.help {
        Some(help) => format!("{}\n{help}", found.message),
        None => found.message.clone(),
    }
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
        message: whole_message(found).into(),
        related_information: (!related.is_empty()).then_some(related),
        ..Default::default()
    }
}
