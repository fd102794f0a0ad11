//! A file that is no workflow at all is told so once, instead of key by key.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::{diagnostics::CheckContext, sites::first_line},
    tree::NodeKind,
};

/// Whether the file is a workflow, so that the other checks have a meaning.
pub(super) fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) -> bool {
    let tree = context.tree;
    let Some(root) = tree.root() else { return false };
    let NodeKind::Mapping(entries) = &tree.node(root).kind else {
        let message = "this is not a workflow: a workflow is a mapping with `document` and `do`";
        found.push(Diagnostic::error(codes::NOT_A_WORKFLOW, first_line(tree, tree.span(root)), message));
        return false;
    };
    let has = |key| tree.entry(root, key).is_some();
    if has("document") || has("do") {
        return true;
    }
    // A text of which reading gave up early may have lost them.
    if found.iter().any(|problem| problem.code == codes::SYNTAX || problem.code == codes::TAB) {
        return false;
    }
    let span = entries.first().map_or_else(|| first_line(tree, tree.span(root)), |entry| tree.span(entry.key));
    let old = has("specVersion") || has("states");
    let help = if old {
        "it looks like Serverless Workflow 0.8, an older language; in DSL 1.0 a workflow begins with `document:`"
    } else {
        "begin with `document:` (with `dsl`, `namespace`, `name` and `version`) and `do:` with a list of tasks"
    };
    found.push(Diagnostic::error(codes::NOT_A_WORKFLOW, span, "this is not a workflow: it has no `document`").help(help));
    false
}
