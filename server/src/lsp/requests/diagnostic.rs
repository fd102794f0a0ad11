//! `textDocument/diagnostic`: what is wrong with a text, for editors that ask.

use tower_lsp_server::{
    gen_lsp_types::{
        DiagnosticOptions, DocumentDiagnosticParams, DocumentDiagnosticReport, FullDocumentDiagnosticReport,
        RelatedFullDocumentDiagnosticReport, ServerCapabilities, Uri,
    },
    jsonrpc::{Error, ErrorCode},
};

use super::{Context, Profile, Request};
use crate::lsp::diagnostics;

/// `ServerCancelled` of the protocol.
const SERVER_CANCELLED: i64 = -32802;

pub(super) struct Diagnostic;

impl Request for Diagnostic {
    const METHOD: &'static str = "textDocument/diagnostic";
    const ABOUT: &'static str = "Lists what is wrong with a workflow; sent unasked to editors that do not ask.";
    type Params = DocumentDiagnosticParams;
    type Answer = DocumentDiagnosticReport;

    fn document(params: &Self::Params) -> &Uri {
        &params.text_document.uri
    }

    fn advertise(capabilities: &mut ServerCapabilities, profile: Profile) {
        if profile.pulls {
            capabilities.diagnostic_provider =
                Some(DiagnosticOptions { identifier: Some("flowdbg".to_owned()), ..Default::default() }.into());
        }
    }

    fn run(context: &Context<'_>, _: &Self::Params) -> Self::Answer {
        let items = diagnostics::of(context.snapshot, context.encoding);
        let report = FullDocumentDiagnosticReport { items, ..Default::default() };
        RelatedFullDocumentDiagnosticReport { full_document_diagnostic_report: report, ..Default::default() }.into()
    }

    /// Keeps what the editor shows until it has asked again.
    fn stale() -> Error {
        let data = serde_json::json!({ "retriggerRequest": true });
        Error { code: ErrorCode::ServerError(SERVER_CANCELLED), message: "the text has changed".into(), data: Some(data) }
    }
}
