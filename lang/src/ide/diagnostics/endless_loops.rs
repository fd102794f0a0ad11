//! Tasks that lead to each other for ever: no way leads out of them.

use std::collections::HashSet;

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{
        Check, CheckContext,
        flow::{List, Way},
    },
    tree::{NodeId, Tree},
};

pub(super) const CHECK: Check = Check { codes: &[codes::ENDLESS_LOOP], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for list in context.lists().all.iter().filter(|list| !list.is_fork) {
        let (reached, _) = list.reached_from_start();
        let leaving = leaving(context.tree, list);
        let caught: Vec<usize> = (0..list.tasks.len()).filter(|at| reached[*at] && !leaving[*at]).collect();
        let Some((first, last)) = caught.first().and_then(|first| Some((*first, *caught.last()?))) else { continue };
        if context.has_timeout(list.site) || caught.iter().any(|at| context.has_timeout(list.tasks[*at].site)) {
            continue;
        }
        // The way that closes the loop is to blame: the last that leads back.
        let closing =
            caught.iter().copied().rev().find(|at| list.tasks[*at].ways.iter().any(|way| matches!(way, Way::Task(to) if to <= at)));
        let closing = &list.tasks[closing.unwrap_or(last)];
        let span = context.tree.get(closing.node, "then").map_or_else(|| context.tree.span(closing.key), |then| context.tree.span(then));
        let names: HashSet<&str> = caught.iter().map(|at| list.tasks[*at].name).collect();
        let what = if names.len() == 1 {
            format!("the task `{}` goes on at itself", closing.name)
        } else {
            format!("the tasks from `{}` to `{}` lead to each other", list.tasks[first].name, list.tasks[last].name)
        };
        let waits = caught.iter().any(|at| waits(context.tree, list.tasks[*at].node, 0));
        let diagnostic = if waits {
            Diagnostic::hint(codes::ENDLESS_LOOP, span, format!("{what} for ever; only an error or a cancellation ends this loop"))
        } else {
            Diagnostic::warning(codes::ENDLESS_LOOP, span, format!("{what} for ever, without waiting for anything"))
        };
        found.push(
            diagnostic.help("lead out of the loop with a `switch`, with `then: exit` in a task that has an `if`, or with a `timeout`"),
        );
    }
}

/// From which tasks a way leads out of the list; an error is a way out.
fn leaving(tree: &Tree, list: &List<'_>) -> Vec<bool> {
    let mut sources: Vec<Vec<usize>> = vec![Vec::new(); list.tasks.len()];
    let mut leaving = vec![false; list.tasks.len()];
    let mut open = Vec::new();
    for (at, task) in list.tasks.iter().enumerate() {
        if task.ways.is_empty() || task.ways.contains(&Way::Out) || tree.get(task.node, "raise").is_some() {
            open.push(at);
        }
        for way in &task.ways {
            if let Way::Task(to) = way {
                sources[*to].push(at);
            }
        }
    }
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut leaving[at], true) {
            open.extend(&sources[at]);
        }
    }
    leaving
}

/// Whether something in a task waits for the outside, or may fail or end the workflow.
fn waits(tree: &Tree, node: NodeId, depth: usize) -> bool {
    const WAITING: &[&str] = &["listen", "wait", "call", "run", "raise", "emit"];
    if depth > 100 {
        return true;
    }
    let here = tree.entries(node).iter().any(|entry| {
        let key = tree.text(entry.key).map_or("", |key| key);
        WAITING.contains(&key) || (key == "then" && tree.text(entry.value).is_some_and(|then| &**then == "end"))
    });
    let values = tree.entries(node).iter().map(|entry| entry.value).chain(tree.items(node).iter().copied());
    here || values.into_iter().any(|value| waits(tree, value, depth + 1))
}
