//! `then` that leads nowhere.

use std::collections::{HashMap, HashSet};

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{DIRECTIVES, Resolved, Shape},
    expression,
    ide::{
        diagnostics::{Check, CheckContext, edits},
        sites::Role,
    },
    suggest,
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNKNOWN_TARGET, codes::DIRECTIVE_NAME], run: check };

/// How many names are compared at the most to find what was meant, over the whole text: where so many
/// targets are wrong, nobody reads the last proposals, and the time stays linear.
const MAX_COMPARED: usize = 1_000_000;

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    directive_names(context, found);
    let mut left_to_compare = MAX_COMPARED;
    let mut names: HashMap<NodeId, HashSet<&str>> = HashMap::new();
    for (index, site) in context.sites.list().iter().enumerate() {
        if !matches!(site.resolved, Resolved::Leaf(Shape::Target)) {
            continue;
        }
        let target = context.text(site.node);
        if DIRECTIVES.iter().any(|directive| directive.value == target) {
            continue;
        }
        let span = context.tree.span(site.node);
        let words = DIRECTIVES.iter().map(|directive| directive.value);
        let Some(list) = context.enclosing_task(index).and_then(|task| context.list_of(task)) else {
            let message = format!("there is no task `{target}` to go to: this task does not stand in a list");
            found.push(Diagnostic::error(codes::UNKNOWN_TARGET, span, message));
            continue;
        };
        let siblings = names.entry(list.node).or_insert_with(|| context.entry_names(list.node).map(|(name, _)| name).collect());
        if siblings.contains(target) {
            if matches!(list.role, Role::Property(property) if property.name == "branches") {
                let message = format!("`{target}` is another branch of the fork; branches run side by side, so it cannot be gone to");
                found.push(Diagnostic::warning(codes::UNKNOWN_TARGET, span, message));
            }
            continue;
        }
        let diagnostic = Diagnostic::error(codes::UNKNOWN_TARGET, span, format!("no task `{target}` stands in the same list"));
        if expression::unwrap(target).is_some() {
            found.push(diagnostic.help("`then` takes no expression; a `switch` chooses where to go on"));
            continue;
        }
        // A task of that name in another list is what was meant, but it cannot be gone to.
        if let Some(task) = elsewhere(context, target) {
            let diagnostic = diagnostic.related(context.tree.span(task), format!("`{target}` stands in another list"));
            found.push(
                diagnostic
                    .help("`then` cannot lead into or out of a list; `exit` leaves the list, and goes on after the task that holds it"),
            );
            continue;
        }
        let names = context.entry_names(list.node).map(|(name, _)| name).take(left_to_compare);
        left_to_compare = left_to_compare.saturating_sub(context.tree.items(list.node).len());
        found.push(match suggest::closest(target, names.chain(words)) {
            Some(near) => {
                let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                edits::replace_scalar(context.tree, site.node, near).into_iter().fold(diagnostic, Diagnostic::fix)
            }
            None => diagnostic.help("`then` can name a task of the same list, or be `continue`, `exit` or `end`"),
        });
    }
}

/// A task of this name, in any list.
fn elsewhere(context: &CheckContext<'_>, name: &str) -> Option<NodeId> {
    context.lists().named(name)
}

/// Tasks that no `then` can name, because the word means something else there.
fn directive_names(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for task in context.lists().all.iter().flat_map(|list| &list.tasks) {
        if DIRECTIVES.iter().any(|directive| directive.value == task.name) {
            let message =
                format!("a task is called `{0}`, but `then: {0}` does not lead to it: the word has a meaning of its own", task.name);
            let diagnostic = Diagnostic::warning(codes::DIRECTIVE_NAME, context.tree.span(task.key), message);
            found.push(diagnostic.help("give the task another name"));
        }
    }
}
