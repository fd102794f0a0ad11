//! Tasks of no kind, and tasks of two.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::TASK_KINDS,
    ide::diagnostics::{Check, CheckContext, keys, one_of},
};

pub(super) const CHECK: Check = Check { codes: &[codes::TWO_KINDS, codes::NO_KIND], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for (site, fields) in context.objects() {
        let Some(kinds) = &fields.kinds else { continue };
        let Some(first) = kinds.first() else {
            // A misspelt keyword is reported where it stands.
            let misspelt = tree.entries(site.node).iter().any(|entry| {
                let name = context.text(entry.key);
                let unknown = fields.property(name).is_none() && !keys::is_part_of_a_kind(fields, name);
                unknown && keys::nearly_keyword(name).is_some()
            });
            if !misspelt {
                // A key that only tasks of some kind have tells which kind was meant.
                let names: Vec<_> = tree.entries(site.node).iter().map(|entry| context.text(entry.key)).collect();
                let hinted = TASK_KINDS.iter().filter(|kind| names.iter().any(|name| kind.object.property(name).is_some()));
                let mut meant: Vec<_> = hinted.map(|kind| kind.keyword).collect();
                if meant.is_empty() {
                    meant = TASK_KINDS.iter().map(|kind| kind.keyword).collect();
                }
                let help = if meant.len() == 1 { format!("add `{}`", meant[0]) } else { format!("add one of {}", one_of(meant)) };
                let message = "this task does nothing: it has no kind";
                found.push(Diagnostic::error(codes::NO_KIND, site.blame(tree), message).help(help));
            }
            continue;
        };
        for second in &kinds[1..] {
            let key = |keyword| tree.entry(site.node, keyword).map(|entry| tree.span(entry.key));
            let (Some(one), Some(other)) = (key(first.keyword), key(second.keyword)) else { continue };
            let message = format!("the task is of two kinds: `{}` and `{}`", first.keyword, second.keyword);
            let diagnostic = Diagnostic::error(codes::TWO_KINDS, other, message).related(one, "the first kind");
            found.push(diagnostic.help(format!("make a task of its own of `{}`", second.keyword)));
        }
    }
}
