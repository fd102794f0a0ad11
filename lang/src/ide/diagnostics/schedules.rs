//! Schedules of no kind, and of several.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext, one_of},
};

pub(super) const CHECK: Check = Check { codes: &[codes::SCHEDULE_KINDS], run: check };

const KINDS: &[&str] = &["every", "cron", "after", "on"];

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for (_, site) in context.objects_called("schedule") {
        let mut given: Vec<_> = KINDS.iter().filter_map(|kind| Some((tree.span(tree.entry(site.node, kind)?.key), *kind))).collect();
        given.sort_unstable();
        match given.as_slice() {
            [] => {
                let message = "this schedule never starts the workflow: it does not say when";
                let diagnostic = Diagnostic::warning(codes::SCHEDULE_KINDS, site.blame(tree), message);
                found.push(diagnostic.help(format!("add one of {}", one_of(KINDS.iter().copied()))));
            }
            [_] => {}
            [(first, kind), others @ ..] => {
                for (span, other) in others {
                    let message = format!("a schedule is of one kind, but this is of two: `{kind}` and `{other}`");
                    let diagnostic = Diagnostic::warning(codes::SCHEDULE_KINDS, *span, message);
                    found.push(diagnostic.related(*first, "the first kind").help("runtimes differ in which of them counts: keep one"));
                }
            }
        }
    }
}
