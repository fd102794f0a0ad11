//! Entries of lists of named things that have no name, or several.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::{
        diagnostics::{Check, CheckContext},
        sites::{Role, first_line},
    },
    tree::NodeKind,
};

pub(super) const CHECK: Check = Check { codes: &[codes::ONE_KEY], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for site in context.sites.list() {
        let Role::Entry(named) = site.role else { continue };
        let NodeKind::Mapping(entries) = &tree.node(site.node).kind else {
            let message = format!("expected a named {0}: a mapping with one key, the name of the {0}", named.entry);
            let span = tree.span(site.node);
            let span = match context.sites.parent(site) {
                Some(list) if span.start == span.end => list.blame(tree),
                _ => first_line(tree, span),
            };
            found.push(Diagnostic::error(codes::ONE_KEY, span, message));
            continue;
        };
        match entries.as_slice() {
            [] => {
                let message = format!("this {0} has no name: a mapping with one key is expected, the name of the {0}", named.entry);
                found.push(Diagnostic::error(codes::ONE_KEY, tree.span(site.node), message));
            }
            [_] => {}
            [first, more @ ..] => {
                for entry in more {
                    // The same key twice is an error of its own.
                    if context.text(entry.key) == context.text(first.key) {
                        continue;
                    }
                    let message = format!("`{}` is a second key in the entry of `{}`", context.text(entry.key), context.text(first.key));
                    let help = format!(
                        "put `- ` before it to make it a {} of its own, or indent it to make it part of `{}`",
                        named.entry,
                        context.text(first.key)
                    );
                    found.push(
                        Diagnostic::error(codes::ONE_KEY, tree.span(entry.key), message)
                            .related(tree.span(first.key), "the entry's first key")
                            .help(help),
                    );
                }
            }
        }
    }
}
