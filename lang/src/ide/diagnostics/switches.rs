//! Switches with several defaults, with one before other cases, or with none where that matters.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext},
    tree::Entry,
};

pub(super) const CHECK: Check = Check { codes: &[codes::SWITCH_DEFAULT, codes::NO_DEFAULT], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for list in &context.lists().all {
        for (at, task) in list.tasks.iter().enumerate() {
            let Some(switch) = tree.entry(task.node, "switch") else { continue };
            let cases: Vec<Entry> = tree.items(switch.value).iter().flat_map(|item| tree.entries(*item).iter().copied()).collect();
            let is_default = |case: &Entry| tree.get(case.value, "when").is_none() && tree.get(case.value, "then").is_some();
            let mut defaults = cases.iter().filter(|case| is_default(case));
            if let Some(first) = defaults.next() {
                for other in defaults {
                    let message = format!(
                        "`{}` is a second default: it has no `when`, as `{}` has none",
                        context.text(other.key),
                        context.text(first.key)
                    );
                    let diagnostic = Diagnostic::warning(codes::SWITCH_DEFAULT, tree.span(other.key), message);
                    found.push(diagnostic.related(tree.span(first.key), "the first default").help("give it a `when`, or take it out"));
                }
                let behind = cases.iter().skip_while(|case| case.key != first.key).skip(1).find(|case| !is_default(case));
                if let Some(behind) = behind {
                    let message =
                        format!("the default `{}` stands before other cases, which some runtimes then never try", context.text(first.key));
                    let diagnostic = Diagnostic::warning(codes::SWITCH_DEFAULT, tree.span(first.key), message);
                    let label = format!("`{}` is tried after it", context.text(behind.key));
                    found.push(diagnostic.related(tree.span(behind.key), label).help("move it to the end"));
                }
                continue;
            }
            // Without a match, the flow goes on behind the switch: harmless at the end of a list.
            let Some(next) = list.tasks.get(at + 1).filter(|_| tree.get(task.node, "then").is_none() && !cases.is_empty()) else {
                continue;
            };
            let aim = |case: &Entry| tree.get(case.value, "then").map_or("", |then| context.text(then));
            let span = tree.span(switch.key);
            if cases.iter().any(|case| aim(case) == next.name) && cases.iter().any(|case| ![next.name, "continue"].contains(&aim(case))) {
                let message =
                    format!("if no case matches, this switch goes on at `{}`, as if the case that leads there had matched", next.name);
                let diagnostic = Diagnostic::warning(codes::NO_DEFAULT, span, message);
                found.push(diagnostic.help("add a case without `when`, or say with the switch's own `then` where to go on"));
            } else if !cases.iter().any(|case| aim(case) == next.name) {
                let message = format!("if no case matches, this switch goes on at `{}`", next.name);
                found.push(Diagnostic::hint(codes::NO_DEFAULT, span, message).help("if that is meant, say so with a case without `when`"));
            }
        }
    }
}
