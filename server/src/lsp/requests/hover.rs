//! `textDocument/hover`: what the thing under the cursor is.

use flowdbg_lang::ide;
use tower_lsp_server::gen_lsp_types::{self as lsp, HoverParams, MarkupContent, MarkupKind, ServerCapabilities, Uri};

use super::{Context, Profile, Request};

pub(super) struct Hover;

impl Request for Hover {
    const METHOD: &'static str = "textDocument/hover";
    const ABOUT: &'static str = "Documents the property, task or value under the cursor.";
    type Params = HoverParams;
    type Answer = Option<lsp::Hover>;

    fn document(params: &Self::Params) -> &Uri {
        &params.text_document_position_params.text_document.uri
    }

    fn advertise(capabilities: &mut ServerCapabilities, _: Profile) {
        capabilities.hover_provider = Some(true.into());
    }

    fn run(context: &Context<'_>, params: &Self::Params) -> Self::Answer {
        let analysis = context.snapshot.analysis()?;
        let source = &context.snapshot.source;
        let offset = context.encoding.offset(source, params.text_document_position_params.position);
        let hover = ide::hover(&analysis.tree, offset)?;
        Some(lsp::Hover {
            contents: MarkupContent::new(MarkupKind::Markdown, hover.markdown).into(),
            range: Some(context.encoding.range(source, hover.span)),
        })
    }
}
