//! Retry policies without any limit.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext},
};

pub(super) const CHECK: Check = Check { codes: &[codes::ENDLESS_RETRY], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for (index, site) in context.objects_called("retry policy") {
        let has = |path: &[&str]| context.below(site.node, path).is_some();
        let limited = has(&["limit", "attempt", "count"]) || has(&["limit", "duration"]) || has(&["when"]) || has(&["exceptWhen"]);
        if limited || context.has_timeout(index) {
            continue;
        }
        let limit = context.tree.entry(site.node, "limit");
        let span = limit.map_or_else(|| site.blame(context.tree), |limit| context.tree.span(limit.key));
        let message = "this retry policy has no limit: an error that stays is tried again for ever";
        let diagnostic = Diagnostic::warning(codes::ENDLESS_RETRY, span, message);
        found.push(diagnostic.help("add for example `limit: { attempt: { count: 5 } }`"));
    }
}
