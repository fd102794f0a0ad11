//! Tasks of one list with the same name.

use std::collections::{HashMap, HashSet};

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape},
    ide::diagnostics::{Check, CheckContext},
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::DUPLICATE_TASK], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let mut aimed: Option<HashSet<(NodeId, &str)>> = None;
    for site in context.sites.list() {
        let Resolved::Named(named) = site.resolved else { continue };
        if named.entry != "task" {
            continue;
        }
        let mut seen: HashMap<&str, NodeId> = HashMap::new();
        for (name, key) in context.entry_names(site.node) {
            let Some(first) = seen.get(name).copied() else {
                seen.insert(name, key);
                continue;
            };
            let (span, first) = (context.tree.span(key), context.tree.span(first));
            let ambiguous = aimed.get_or_insert_with(|| targets(context)).contains(&(site.node, name));
            let diagnostic = if ambiguous {
                let message = format!("two tasks of this list are called `{name}`, and a `then` names one of them");
                Diagnostic::error(codes::DUPLICATE_TASK, span, message)
            } else {
                Diagnostic::warning(codes::DUPLICATE_TASK, span, format!("two tasks of this list are called `{name}`"))
            };
            found.push(diagnostic.related(first, "the first of that name").help("give each task of a list a name of its own"));
        }
    }
}

/// What every `then` names, with the list that it looks in.
fn targets<'a>(context: &CheckContext<'a>) -> HashSet<(NodeId, &'a str)> {
    let sites = context.sites.list().iter().enumerate();
    let thens = sites.filter(|(_, site)| matches!(site.resolved, Resolved::Leaf(Shape::Target)));
    let aims = thens.filter_map(|(index, site)| Some((context.list_of(context.enclosing_task(index)?)?.node, context.text(site.node))));
    aims.collect()
}
