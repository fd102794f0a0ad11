//! Members that are read of what is surely a list: what a `listen` gives, and what the last task of
//! a loop's round gives to the next one.

use crate::{
    codes,
    diagnostic::Diagnostic,
    expression::{self, Base},
    ide::diagnostics::{
        Check, CheckContext,
        flow::{List, Task, Way},
    },
    read,
    text::Span,
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::MEMBER_OF_LIST], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for list in &context.lists().all {
        let mut incoming = vec![0_usize; list.tasks.len()];
        for way in list.tasks.iter().flat_map(|task| &task.ways) {
            if let Way::Task(to) = way {
                incoming[*to] += 1;
            }
        }
        for (at, task) in list.tasks.iter().enumerate() {
            let why = "a `listen` gives the list of the events that it consumed";
            if tree.get(task.node, "listen").is_some() {
                report(context, context.below(task.node, &["output", "as"]), why, task.key, found);
            }
            if gives_list(context, task) && !list.is_fork {
                after(context, list, at, &incoming, found);
            }
        }
        in_condition(context, list, found);
    }
}

/// Whether what a task hands on is surely a list.
fn gives_list(context: &CheckContext<'_>, task: &Task<'_>) -> bool {
    match context.below(task.node, &["output", "as"]) {
        Some(node) => expression_at(context, node).is_some_and(|expression| expression.facts().gives_list),
        None => context.tree.get(task.node, "listen").is_some(),
    }
}

fn expression_at<'c>(context: &'c CheckContext<'_>, node: NodeId) -> Option<&'c expression::Expression> {
    context.placed_in(context.tree.span(node)).iter().find(|placed| placed.node == node).map(|placed| &*placed.expression)
}

/// The task that follows, and only it, gets the list as its input.
fn after(context: &CheckContext<'_>, list: &List<'_>, at: usize, incoming: &[usize], found: &mut Vec<Diagnostic>) {
    let task = &list.tasks[at];
    let [Way::Task(next)] = task.ways.as_slice() else { return };
    // A task that is reached by another way, too, may get something else.
    if incoming[*next] > 1 || *next == 0 || *next <= at || context.tree.get(task.node, "if").is_some() {
        return;
    }
    let tree = context.tree;
    let next = &list.tasks[*next];
    let why = "the task before it gives a list";
    report(context, tree.get(next.node, "if"), why, task.key, found);
    if let Some(from) = context.below(next.node, &["input", "from"]) {
        report(context, Some(from), why, task.key, found);
        return;
    }
    for key in ["set", "with", "emit", "raise", "run", "wait"] {
        report(context, tree.get(next.node, key), why, task.key, found);
    }
    report(context, context.below(next.node, &["for", "in"]), why, task.key, found);
    for case in tree.get(next.node, "switch").into_iter().flat_map(|cases| tree.items(cases)).flat_map(|item| tree.entries(*item)) {
        report(context, tree.get(case.value, "when"), why, task.key, found);
    }
}

/// From the second round on, the condition of a loop sees what the last round gave.
fn in_condition(context: &CheckContext<'_>, list: &List<'_>, found: &mut Vec<Diagnostic>) {
    let Some(holder) = context.sites.parent(context.site(list.site)) else { return };
    let (Some(condition), true) = (context.tree.get(holder.node, "while"), context.tree.get(holder.node, "for").is_some()) else { return };
    if let Some(last) = list.tasks.last()
        && gives_list(context, last)
        && context.tree.get(last.node, "if").is_none()
    {
        report(context, Some(condition), "after its first round the loop goes on with a list, which its last task gives", last.key, found);
    }
}

/// Names every member that expressions and URI templates below a node read of their input.
fn report(context: &CheckContext<'_>, node: Option<NodeId>, why: &str, source: NodeId, found: &mut Vec<Diagnostic>) {
    let Some(node) = node else { return };
    let tree = context.tree;
    let whole = tree.span(node);
    let label = tree.text(source).map_or_else(String::new, |name| format!("`{name}` gives a list"));
    let mut add = |span: Span, name: &str| {
        let message = format!("`{name}` is read of a list, which has no members: {why}");
        let diagnostic = Diagnostic::warning(codes::MEMBER_OF_LIST, span, message).related(tree.span(source), label.clone());
        found.push(diagnostic.help(format!("take an item first, such as `.[0].{name}`")));
    };
    for placed in context.placed_in(whole) {
        for reading in placed.expression.facts().readings.iter().filter(|reading| reading.base == Base::Input) {
            if let Some((name, range)) = reading.key(0) {
                add(placed.span(context, &range), name);
            }
        }
    }
    let endpoint = context.below(node, &["endpoint"]).map(|endpoint| tree.get(endpoint, "uri").unwrap_or(endpoint));
    let Some((endpoint, text)) = endpoint.and_then(|endpoint| Some((endpoint, tree.string(endpoint)?))) else { return };
    if expression::unwrap(text).is_some() || text.contains("${") {
        return;
    }
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|at| from + at + 1) {
        let Some(close) = text[open..].find('}').map(|at| open + at) else { break };
        let at = |offset: usize| read::source_offset(tree, endpoint, offset) as usize;
        add(Span::new(at(open), at(close)), &text[open..close]);
        from = close + 1;
    }
}
