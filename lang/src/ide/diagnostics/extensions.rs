//! Extensions that extend nothing.

use std::collections::HashSet;

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, TaskKind},
    ide::diagnostics::{Check, CheckContext},
};

pub(super) const CHECK: Check = Check { codes: &[codes::EXTENDS_NOTHING], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let mut kinds: Option<HashSet<&str>> = None;
    for (_, site) in context.objects_called("extension") {
        let tree = context.tree;
        let Some(extend) = tree.get(site.node, "extend") else { continue };
        let empty = |key: &str| tree.get(site.node, key).is_none_or(|list| tree.items(list).is_empty());
        if empty("before") && empty("after") {
            let message = "this extension adds nothing: it has tasks neither before nor after the extended one";
            found.push(Diagnostic::warning(codes::EXTENDS_NOTHING, site.blame(tree), message).help("add `before` or `after`"));
            continue;
        }
        let kind = context.text(extend);
        let there = kinds.get_or_insert_with(|| tasks_outside_extensions(context));
        // A kind that cannot be extended at all is reported elsewhere.
        let extends = match kind {
            "all" => true,
            "composite" => ["do", "for", "fork", "try", "listen"].iter().any(|kind| there.contains(kind)),
            kind => there.contains(kind) || TaskKind::of(kind).is_none() || matches!(kind, "do" | "fork"),
        };
        if !extends {
            let message = format!("this extension extends nothing: the workflow has no `{kind}` task");
            found.push(Diagnostic::warning(codes::EXTENDS_NOTHING, tree.span(extend), message));
        }
    }
}

/// The kinds of tasks that the workflow has besides those of its extensions.
fn tasks_outside_extensions(context: &CheckContext<'_>) -> HashSet<&'static str> {
    let mut kinds = HashSet::new();
    for (index, site) in context.sites.list().iter().enumerate() {
        let Resolved::Object(fields) = &site.resolved else { continue };
        let Some(own) = &fields.kinds else { continue };
        if !context.around(index).any(|at| context.site(at).name(context.tree) == Some("extensions")) {
            kinds.extend(own.iter().map(|kind| kind.keyword));
        }
    }
    kinds
}
