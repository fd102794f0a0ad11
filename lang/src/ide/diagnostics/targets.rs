//! `then` that leads nowhere.

use std::collections::{HashMap, HashSet};

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{DIRECTIVES, Resolved, Shape},
    ide::{
        diagnostics::{Check, CheckContext},
        sites::Role,
    },
    suggest,
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNKNOWN_TARGET], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
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
        found.push(match suggest::closest(target, context.entry_names(list.node).map(|(name, _)| name).chain(words)) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("`then` can name a task of the same list, or be `continue`, `exit` or `end`"),
        });
    }
}
