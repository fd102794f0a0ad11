//! `textDocument/codeAction`: changes that mend what was found, or say that it is meant.

use std::collections::HashMap;

use flowdbg_lang::{
    diagnostic::{self, Edit, Fix},
    mend::mend,
    settings,
    text::Span,
};
use similar::{DiffTag, TextDiff};
use tower_lsp_server::gen_lsp_types::{
    self as lsp, CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionResponse, OptionalVersionedTextDocumentIdentifier,
    ServerCapabilities, TextDocumentEdit, TextDocumentIdentifier, TextEdit, Uri, WorkspaceEdit,
};

use super::{Context, Profile, Request};
use crate::lsp::diagnostics;

/// Mends all of a text that can be mended; asked for by name, or on saving.
const FIX_ALL: &str = "source.fixAll.flowdbg";

pub(super) struct CodeAction;

impl Request for CodeAction {
    const METHOD: &'static str = "textDocument/codeAction";
    const ABOUT: &'static str = "Offers changes that mend what was found, for one place or the whole text, or that allow it by a comment.";
    type Params = CodeActionParams;
    type Answer = Vec<CodeActionResponse>;

    fn document(params: &Self::Params) -> &Uri {
        &params.text_document.uri
    }

    fn advertise(capabilities: &mut ServerCapabilities, _: Profile) {
        let kinds = vec![CodeActionKind::QuickFix, CodeActionKind::Custom(FIX_ALL.into())];
        let options = CodeActionOptions { code_action_kinds: Some(kinds), resolve_provider: Some(false), ..Default::default() };
        capabilities.code_action_provider = Some(options.into());
    }

    fn run(context: &Context<'_>, params: &Self::Params) -> Self::Answer {
        let Some(analysis) = context.snapshot.analysis() else { return Vec::new() };
        let source = &context.snapshot.source;
        let only: Option<Vec<String>> = params.context.only.clone().map(|kinds| kinds.into_iter().map(String::from).collect());
        // A kind that is asked for includes those below it.
        let wanted = |kind: &str| {
            let within = |asked: &String| {
                asked.is_empty() || kind == asked || kind.strip_prefix(asked.as_str()).is_some_and(|rest| rest.starts_with('.'))
            };
            only.as_ref().is_none_or(|only| only.iter().any(within))
        };
        let offset = |position| context.encoding.offset(source, position);
        let asked = Span { start: offset(params.range.start), end: offset(params.range.end) };
        let touched = |found: &&diagnostic::Diagnostic| found.span.start <= asked.end && asked.start <= found.span.end;
        let mut actions = Vec::new();
        if wanted("quickfix") {
            for found in analysis.diagnostics.iter().filter(touched) {
                let offered = found.fix.clone().map(|fix| (fix, true)).into_iter();
                let allowed = settings::allowance(source, found).map(|fix| (fix, false));
                actions.extend(offered.chain(allowed).map(|(fix, preferred)| action(context, &fix, found, preferred)));
            }
        }
        // Editors list this one everywhere if they are not told to ask for it.
        if only.is_some() && wanted(FIX_ALL) {
            let mended = mend(analysis, |source| context.snapshot.check(source).analysis);
            if mended.count > 0 {
                actions.push(lsp::CodeAction {
                    title: "Mend all that can be mended".to_owned(),
                    kind: Some(CodeActionKind::Custom(FIX_ALL.into())),
                    edit: Some(change(context, &difference(source.text(), &mended.text))),
                    ..Default::default()
                });
            }
        }
        actions.into_iter().map(Into::into).collect()
    }
}

fn action(context: &Context<'_>, fix: &Fix, found: &diagnostic::Diagnostic, preferred: bool) -> lsp::CodeAction {
    lsp::CodeAction {
        title: fix.title.clone(),
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![diagnostics::convert(found, context.snapshot, context.encoding)]),
        is_preferred: preferred.then_some(true),
        edit: Some(change(context, &fix.edits)),
        ..Default::default()
    }
}

fn change(context: &Context<'_>, edits: &[Edit]) -> WorkspaceEdit {
    let snapshot = context.snapshot;
    let edits =
        edits.iter().map(|edit| TextEdit { range: context.encoding.range(&snapshot.source, edit.span), new_text: edit.text.clone() });
    if !context.versioned {
        let changes = HashMap::from([(snapshot.uri.clone(), edits.collect())]);
        return WorkspaceEdit { changes: Some(changes), ..Default::default() };
    }
    // The editor refuses it if the text has been edited since.
    let text_document = OptionalVersionedTextDocumentIdentifier {
        version: Some(snapshot.version),
        text_document_identifier: TextDocumentIdentifier { uri: snapshot.uri.clone() },
    };
    let edit = TextDocumentEdit { text_document, edits: edits.map(Into::into).collect() };
    WorkspaceEdit { document_changes: Some(vec![edit.into()]), ..Default::default() }
}

/// The lines in which two texts differ. Whoever replaces a whole text moves every mark of its reader:
/// cursors, folds, breakpoints.
fn difference(old: &str, new: &str) -> Vec<Edit> {
    let diff = TextDiff::from_lines(old, new);
    // Where each line of a text begins, and where its last one ends.
    let starts = |lines: &[&str]| -> Vec<usize> {
        let ends = lines.iter().scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        });
        std::iter::once(0).chain(ends).collect()
    };
    let (old_starts, new_starts) = (starts(diff.old_slices()), starts(diff.new_slices()));
    let changed = diff.ops().iter().filter(|part| part.tag() != DiffTag::Equal);
    changed
        .map(|part| {
            let (before, after) = (part.old_range(), part.new_range());
            Edit {
                span: Span::new(old_starts[before.start], old_starts[before.end]),
                text: new[new_starts[after.start]..new_starts[after.end]].to_owned(),
            }
        })
        .collect()
}
