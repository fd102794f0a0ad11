//! Listeners that end at their first event though they look as if they went on, and those that
//! never end.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext},
    text::Span,
};

pub(super) const CHECK: Check = Check { codes: &[codes::LISTEN_END], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for (index, site) in context.objects_called("listen task") {
        let Some(to) = context.below(site.node, &["listen", "to"]) else { continue };
        let foreach = tree.entry(site.node, "foreach");
        if let (Some(any), None) = (tree.entry(to, "any"), tree.entry(to, "until")) {
            if let Some(foreach) = foreach {
                let message = "this runs once: without `until`, `any` takes one event and ends";
                let diagnostic = Diagnostic::warning(codes::LISTEN_END, tree.span(foreach.key), message);
                let diagnostic = diagnostic.related(tree.span(any.key), "the listener ends after its first event");
                found.push(
                    diagnostic.help("say beside `any` when to stop, such as `until: ${ length >= 3 }`, or `until: ${ false }` for never"),
                );
            } else if tree.items(any.value).is_empty() && tree.scalar(any.value).is_none() {
                let message = "without `until`, `any: []` ends at the first event of whatever kind";
                let diagnostic = Diagnostic::hint(codes::LISTEN_END, tree.span(any.key), message);
                found.push(diagnostic.help("name the events to wait for, or say with `until` when to stop"));
            }
        }
        if let Some(until) = tree.entry(to, "until")
            && is_constant(context, until.value, "false")
            && foreach.is_none()
            && !context.has_timeout(index)
        {
            let message = "this listener never ends, and nothing is done with its events";
            found.push(endless(tree.span(until.key), message));
        }
    }
    for (index, site) in context.objects_called("AsyncAPI subscription") {
        let Some(consume) = tree.get(site.node, "consume") else { continue };
        let forever = tree.entry(consume, "while").filter(|entry| is_constant(context, entry.value, "true"));
        let forever = forever.or_else(|| tree.entry(consume, "until").filter(|entry| is_constant(context, entry.value, "false")));
        if let Some(forever) = forever
            && tree.get(site.node, "foreach").is_none()
            && tree.get(consume, "for").is_none()
            && !context.has_timeout(index)
        {
            found.push(endless(tree.span(forever.key), "this subscription never ends, and nothing is done with its messages"));
        }
    }
}

fn endless(span: Span, message: &str) -> Diagnostic {
    Diagnostic::warning(codes::LISTEN_END, span, message).help("handle each with `foreach`, or set a `timeout`")
}

fn is_constant(context: &CheckContext<'_>, node: crate::tree::NodeId, word: &str) -> bool {
    let text = context.text(node);
    crate::expression::unwrap(text).map_or(text.trim(), |(program, _)| program) == word
}
