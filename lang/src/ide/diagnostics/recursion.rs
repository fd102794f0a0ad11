//! Functions and workflows that run themselves, with no condition that could end that.

use std::collections::{HashMap, HashSet};

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext},
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::RECURSION], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    of_functions(context, found);
    of_workflow(context, found);
}

fn of_functions(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let defined = context.section("functions");
    if defined.is_empty() {
        return;
    }
    // What each function calls, in every run: calls under a condition can end the recursion.
    let mut calls: HashMap<&str, Vec<(&str, NodeId)>> = HashMap::new();
    for (index, site) in context.sites.list().iter().enumerate() {
        let Some(call) = context.tree.get(site.node, "call").filter(|_| matches!(site.shape, crate::dsl::Shape::Task)) else { continue };
        let name = context.text(call);
        if defined.contains_key(name)
            && let Some(holder) = holder(context, index)
            && !is_conditional(context, index)
        {
            calls.entry(holder).or_default().push((name, call));
        }
    }
    let mut starts: Vec<_> = calls.keys().copied().collect();
    starts.sort_unstable();
    for start in starts {
        let mut seen = HashSet::new();
        let mut open: Vec<&str> = calls[start].iter().map(|(name, _)| *name).collect();
        while let Some(name) = open.pop() {
            if seen.insert(name) {
                open.extend(calls.get(name).into_iter().flatten().map(|(name, _)| *name));
            }
        }
        if !seen.contains(start) {
            continue;
        }
        let reaches = |name: &str| {
            name == start || calls.get(name).is_some_and(|calls| calls.iter().any(|(name, _)| *name == start || seen.contains(name)))
        };
        if let Some((name, call)) = calls[start].iter().find(|(name, _)| reaches(name)) {
            let what = if *name == start {
                format!("the function `{start}` calls itself")
            } else {
                format!("the function `{start}` calls itself through `{name}`")
            };
            let diagnostic = Diagnostic::warning(codes::RECURSION, context.tree.span(*call), format!("{what}, each time"));
            found.push(diagnostic.help("let an `if` or a `switch` end it"));
        }
    }
}

/// The function that a task stands in.
fn holder<'a>(context: &CheckContext<'a>, index: usize) -> Option<&'a str> {
    let path: Vec<usize> = context.around(index).collect();
    let [.., function, functions, used, _root] = path.as_slice() else { return None };
    let name = |index: &usize| context.site(*index).name(context.tree);
    (name(functions) == Some("functions") && name(used) == Some("use")).then(|| name(function)).flatten()
}

fn of_workflow(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let own = |key: &str| context.at(&["document", key]).map(|node| context.text(node));
    for (index, site) in context.objects_called("sub-workflow") {
        let says = |key: &str| context.tree.get(site.node, key).map(|node| context.text(node));
        let same = ["namespace", "name"].iter().all(|key| own(key).is_some() && says(key) == own(key));
        let version = says("version") == own("version") || says("version") == Some("latest");
        if same && version && !is_conditional(context, index) {
            let span = context.tree.get(site.node, "name").map_or_else(|| site.blame(context.tree), |name| context.tree.span(name));
            let diagnostic = Diagnostic::warning(codes::RECURSION, span, "the workflow runs itself, each time");
            found.push(diagnostic.help("let an `if` or a `switch` end it"));
        }
    }
}

/// Whether something decides if the task at a site runs: an `if`, a switch beside it, a loop, the
/// handler of an error, or a task before it that may end the list.
fn is_conditional(context: &CheckContext<'_>, index: usize) -> bool {
    context.around(index).any(|at| {
        let site = context.site(at);
        let has = |key: &str| context.tree.get(site.node, key).is_some();
        if matches!(site.shape, crate::dsl::Shape::Task) && (has("if") || has("for") || has("foreach")) {
            return true;
        }
        if site.name(context.tree) == Some("catch") {
            return true;
        }
        context.tree.items(site.node).iter().flat_map(|item| context.tree.entries(*item)).any(|entry| {
            context.tree.get(entry.value, "switch").is_some()
                || (context.tree.get(entry.value, "if").is_some() && context.tree.get(entry.value, "then").is_some())
        })
    })
}
