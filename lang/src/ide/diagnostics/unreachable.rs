//! Tasks that no way leads to.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext},
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNREACHABLE_TASK], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for list in context.lists().all.iter().filter(|list| !list.is_fork) {
        let (reached, _) = list.reached_from_start();
        let mut said = false;
        for (at, task) in list.tasks.iter().enumerate() {
            if reached[at] {
                said = false;
                continue;
            }
            // Of several in a row the first is named: the others follow from it.
            if std::mem::replace(&mut said, true) && list.tasks[at - 1].ways.contains(&super::flow::Way::Task(at)) {
                continue;
            }
            let message = format!("the task `{}` is never reached", task.name);
            let diagnostic = Diagnostic::warning(codes::UNREACHABLE_TASK, context.tree.span(task.key), message);
            let before = at.checked_sub(1).map(|before| &list.tasks[before]);
            let diagnostic = before.into_iter().fold(diagnostic, |diagnostic, before| {
                diagnostic.related(context.tree.span(before.key), format!("`{}` does not go on here", before.name))
            });
            found.push(diagnostic.help("let a `then` or a `switch` lead to it, or take it out"));
        }
    }
}
