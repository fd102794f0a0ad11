//! Required properties that are not there.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::Since,
    ide::diagnostics::{Check, CheckContext, article, documented, edits, needs},
};

pub(super) const CHECK: Check = Check { codes: &[codes::MISSING_KEY], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for (site, fields) in context.objects() {
        // What a task of no kind, or of two, needs cannot be said.
        if fields.kinds.as_ref().is_some_and(|kinds| kinds.len() != 1) {
            continue;
        }
        for property in fields.properties().filter(|property| property.required) {
            if context.tree.entry(site.node, property.name).is_none() {
                let message = format!("{} {} `{}`", article(fields.object.name), needs(fields.object.name), property.name);
                let help = format!("`{}`: {}", property.name, property.doc);
                let span = site.blame(context.tree);
                let diagnostic = match property.since {
                    Since::Released => Diagnostic::error(codes::MISSING_KEY, span, message),
                    Since::Main => Diagnostic::warning(codes::MISSING_KEY, span, message),
                };
                let own = property.default.and_then(|default| edits::add_entry(context.tree, site.node, property.name, default));
                let (help, fix) = documented::missing(context, fields.object.name, property.name, site).unwrap_or((help, own));
                found.push(fix.into_iter().fold(diagnostic.help(help), Diagnostic::fix));
            }
        }
    }
}
