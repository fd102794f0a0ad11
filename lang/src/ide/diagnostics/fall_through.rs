//! Tasks that a switch chooses between, of which one goes on at the next.

use std::collections::BTreeSet;

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext, flow::Way},
    tree::{Entry, NodeId},
};

pub(super) const CHECK: Check = Check { codes: &[codes::FALLS_THROUGH], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for list in context.lists().all.iter().filter(|list| !list.is_fork) {
        for (at, switch) in list.tasks.iter().enumerate() {
            let Some(cases) = tree.get(switch.node, "switch") else { continue };
            // A default that leads to what comes next is how a step is made optional.
            let conditional = |entry: &Entry| tree.get(entry.value, "when").is_some();
            let cases = || tree.items(cases).iter().flat_map(|item| tree.entries(*item)).copied();
            let chosen = |task: usize, wanted: &dyn Fn(&Entry) -> bool| -> Option<NodeId> {
                let name = list.tasks[task].name;
                cases().filter(|case| wanted(case)).find_map(|case| {
                    let then = tree.get(case.value, "then")?;
                    (context.text(then) == name).then_some(case.key)
                })
            };
            let targets = cases().filter_map(|case| list.named(context.text(tree.get(case.value, "then")?)));
            for first in targets.filter(|first| *first > at).collect::<BTreeSet<_>>() {
                let (task, next) = (&list.tasks[first], first + 1);
                if tree.get(task.node, "then").is_some() || task.ways != [Way::Task(next)] {
                    continue;
                }
                if let (Some(own), Some(other)) = (chosen(first, &|_| true), chosen(next, &conditional))
                    && own != other
                {
                    let (name, after) = (task.name, list.tasks[next].name);
                    let message = format!("`{name}` goes on at `{after}`, which `{}` chooses in another case", switch.name);
                    let diagnostic = Diagnostic::hint(codes::FALLS_THROUGH, tree.span(task.key), message);
                    let diagnostic = diagnostic.related(tree.span(other), "the other case");
                    found.push(diagnostic.help("say with `then` where to go on; if it is meant, with `then: continue`"));
                }
            }
        }
    }
}
