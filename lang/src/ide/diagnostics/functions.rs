//! Calls of functions and catalogs that nothing defines.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{CALLS, Resolved},
    expression,
    ide::diagnostics::{Check, CheckContext, edits},
    suggest,
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNKNOWN_FUNCTION_CALL], run: check };

/// What a call that is none of the built-in ones names.
pub(super) enum Called<'a> {
    /// An entry of `use.functions`.
    Own(&'a str),
    /// A function of a catalog.
    Catalog(&'a str),
    /// A function with a version, but without a catalog.
    Versioned,
    /// A function at an address.
    Address,
}

/// Whom a call names.
pub(super) fn called(text: &str) -> Called<'_> {
    if text.contains("://") || expression::unwrap(text).is_some() {
        return Called::Address;
    }
    match text.rsplit_once('@') {
        Some((_, catalog)) => Called::Catalog(catalog),
        None if text.contains([':', '/']) => Called::Versioned,
        None => Called::Own(text),
    }
}

/// The nodes of all calls that are none of the built-in ones.
pub(super) fn calls(context: &CheckContext<'_>) -> impl Iterator<Item = NodeId> {
    context.sites.list().iter().filter_map(|site| match &site.resolved {
        Resolved::Object(fields) => {
            fields.variant.filter(|variant| fields.object.property("call").is_some() && variant.known.is_none()).map(|variant| variant.node)
        }
        _ => None,
    })
}

/// Whether a call that is none of the built-in ones names something that is there.
pub(super) fn is_known(context: &CheckContext<'_>, text: &str) -> bool {
    match called(text) {
        Called::Own(name) => context.at(&["use", "functions", name]).is_some(),
        Called::Catalog(name) => name == "default" || context.at(&["use", "catalogs", name]).is_some(),
        Called::Versioned | Called::Address => true,
    }
}

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for node in calls(context) {
        let text = context.text(node);
        let span = context.tree.span(node);
        match called(text) {
            _ if is_known(context, text) => {
                if let Called::Versioned = called(text) {
                    let message = format!("`{text}` names no catalog, and the specification does not say where such a function is found");
                    found.push(
                        Diagnostic::warning(codes::UNKNOWN_FUNCTION_CALL, span, message)
                            .help(format!("name the catalog: `{text}@default`")),
                    );
                }
            }
            Called::Catalog(catalog) => {
                let message = format!("no catalog `{catalog}` is defined under `use.catalogs`");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_FUNCTION_CALL, span, message);
                let known = context.section("catalogs");
                found.push(match suggest::closest(catalog, known.keys().copied()) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic,
                });
            }
            _ => {
                let message =
                    format!("`{text}` is none of the built-in calls, and no function of that name is defined under `use.functions`");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_FUNCTION_CALL, span, message);
                let own = context.section("functions");
                let words = CALLS.iter().map(|call| call.value).chain(own.keys().copied());
                found.push(match suggest::closest(text, words) {
                    Some(near) => {
                        let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                        edits::replace_scalar(context.tree, node, near).into_iter().fold(diagnostic, Diagnostic::fix)
                    }
                    None => diagnostic,
                });
            }
        }
    }
}
