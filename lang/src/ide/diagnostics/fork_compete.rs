//! Forks whose branches compete without effect, or with effects that are dropped.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext, edits},
    value::Value,
};

pub(super) const CHECK: Check = Check { codes: &[codes::POINTLESS_COMPETE], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for list in context.lists().all.iter().filter(|list| list.is_fork) {
        let Some(fork) = context.sites.parent(context.site(list.site)) else { continue };
        let Some(compete) = tree.entry(fork.node, "compete") else { continue };
        if !matches!(tree.value(compete.value), Value::Bool(true)) {
            continue;
        }
        if list.tasks.len() == 1 {
            let message = "a single branch has nothing to compete with";
            let diagnostic = Diagnostic::warning(codes::POINTLESS_COMPETE, tree.span(compete.key), message);
            let fix = edits::remove_entry(tree, fork.node, compete.key);
            found.push(fix.into_iter().fold(diagnostic.help("add a branch, or leave out `compete`"), Diagnostic::fix));
            continue;
        }
        for task in &list.tasks {
            if let Some(export) = tree.entry(task.node, "export") {
                let message =
                    format!("what `{}` exports is dropped unless it wins: of competing branches only the first to end counts", task.name);
                let diagnostic = Diagnostic::warning(codes::POINTLESS_COMPETE, tree.span(export.key), message);
                let diagnostic = diagnostic.related(tree.span(compete.key), "the branches compete");
                found.push(diagnostic.help("export what the winner gave, on the fork itself"));
            }
        }
        // The winner's output is all that a race gives: a constant in its place ignores it.
        let Some(task) = fork.parent.map(|task| context.site(task)) else { continue };
        if let Some(entry) = context.below(task.node, &["output"]).and_then(|output| tree.entry(output, "as"))
            && reads_nothing(context, entry.value)
        {
            let message = "the output of the branch that wins is ignored: this makes the same of each";
            let diagnostic = Diagnostic::warning(codes::POINTLESS_COMPETE, tree.span(entry.key), message);
            found.push(diagnostic.related(tree.span(compete.key), "the branches compete"));
        }
    }
}

/// Whether data is the same whatever comes in.
fn reads_nothing(context: &CheckContext<'_>, node: crate::tree::NodeId) -> bool {
    context.placed_in(context.tree.span(node)).iter().all(|placed| placed.expression.facts().is_constant)
}
