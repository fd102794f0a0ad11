//! `textDocument/documentSymbol`: the outline of a workflow.

use flowdbg_lang::ide::{self, Symbol, SymbolKind};
use tower_lsp_server::gen_lsp_types::{self as lsp, DocumentSymbolParams, ServerCapabilities, Uri};

use super::{Context, Profile, Request};

pub(super) struct DocumentSymbol;

impl Request for DocumentSymbol {
    const METHOD: &'static str = "textDocument/documentSymbol";
    const ABOUT: &'static str = "Lists tasks, cases and components, nested as they are written.";
    type Params = DocumentSymbolParams;
    type Answer = Vec<lsp::DocumentSymbol>;

    fn document(params: &Self::Params) -> &Uri {
        &params.text_document.uri
    }

    fn advertise(capabilities: &mut ServerCapabilities, _: Profile) {
        capabilities.document_symbol_provider = Some(true.into());
    }

    fn run(context: &Context<'_>, _: &Self::Params) -> Self::Answer {
        let Some(analysis) = context.snapshot.analysis() else { return Vec::new() };
        ide::symbols(&analysis.tree).into_iter().map(|symbol| convert(symbol, context)).collect()
    }
}

fn convert(symbol: Symbol, context: &Context<'_>) -> lsp::DocumentSymbol {
    let range = |span| context.encoding.range(&context.snapshot.source, span);
    let children: Vec<_> = symbol.children.into_iter().map(|child| convert(child, context)).collect();
    let kind = match symbol.kind {
        SymbolKind::Composite => lsp::SymbolKind::Class,
        SymbolKind::Task => lsp::SymbolKind::Function,
        SymbolKind::Block => lsp::SymbolKind::Namespace,
        SymbolKind::Case => lsp::SymbolKind::EnumMember,
        SymbolKind::Component => lsp::SymbolKind::Constant,
    };
    lsp::DocumentSymbol::new(
        symbol.name,
        (!symbol.detail.is_empty()).then_some(symbol.detail),
        kind,
        None,
        None,
        range(symbol.span),
        range(symbol.name_span),
        (!children.is_empty()).then_some(children),
    )
}
