//! `catch` that catches nothing, or everything where that hides what went wrong.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext, edits},
    text::Span,
};

pub(super) const CHECK: Check = Check { codes: &[codes::EMPTY_CATCH], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for (index, site) in context.objects_called("try task") {
        let _ = index;
        let warning = |span: Span, message: &str| Diagnostic::warning(codes::EMPTY_CATCH, span, message);
        if let Some(body) = tree.entry(site.node, "try")
            && tree.scalar(body.value).is_none()
            && tree.entries(body.value).is_empty()
            && tree.items(body.value).is_empty()
        {
            found.push(warning(tree.span(body.key), "there is nothing to try: the list is empty, so nothing can be caught"));
        }
        let Some(catch) = tree.entry(site.node, "catch") else { continue };
        if tree.scalar(catch.value).is_some() {
            continue;
        }
        if let Some(errors) = tree.entry(catch.value, "errors")
            && tree.get(errors.value, "with").is_none()
            && tree.scalar(errors.value).is_none()
        {
            // Keys that belong under `with` are reported where they stand.
            if tree.entries(errors.value).is_empty() {
                let diagnostic = warning(tree.span(errors.key), "`errors` says nothing, so every error is caught");
                let fix = edits::remove_entry(tree, catch.value, errors.key);
                found.push(
                    fix.into_iter()
                        .fold(diagnostic.help("say under `with` which errors are meant, or leave `errors` out"), Diagnostic::fix),
                );
            }
        }
        let handles = ["do", "retry", "then"].iter().any(|key| tree.get(catch.value, key).is_some());
        let empty = tree.entry(catch.value, "do").filter(|entry| tree.items(entry.value).is_empty() && tree.scalar(entry.value).is_none());
        let filters = ["errors", "when", "exceptWhen"].iter().any(|key| tree.get(catch.value, key).is_some());
        if !handles && !filters {
            let message = "every error is caught here, and nothing is done about it";
            found.push(
                warning(tree.span(catch.key), message)
                    .help("handle it with `do`, try again with `retry`, or say under `errors` which ones to ignore"),
            );
        } else if let Some(empty) = empty
            && !filters
            && tree.get(catch.value, "retry").is_none()
        {
            found.push(warning(tree.span(empty.key), "every error is caught here, and no task handles it"));
        }
    }
}
