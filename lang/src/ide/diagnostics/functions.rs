//! Calls of functions and catalogs that nothing defines, and of functions whose files are not there.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{CALLS, Resolved},
    expression,
    ide::diagnostics::{Check, CheckContext, edits},
    lower::call::{catalog_path, cataloged},
    suggest,
    text::Span,
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
            Called::Own(_) if is_known(context, text) => {}
            Called::Address => found.extend(missing(context, span, text, || format!("there is no file {text}"))),
            Called::Versioned => {
                let message = format!("`{text}` names no catalog, and the specification does not say where such a function is found");
                found.push(
                    Diagnostic::warning(codes::UNKNOWN_FUNCTION_CALL, span, message).help(format!("name the catalog: `{text}@default`")),
                );
            }
            Called::Catalog(catalog) if is_known(context, text) => found.extend(in_catalog(context, node, catalog)),
            Called::Catalog(catalog) => {
                let message = format!("no catalog `{catalog}` is defined under `use.catalogs`");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_FUNCTION_CALL, span, message);
                let known = context.section("catalogs");
                found.push(match suggest::closest(catalog, known.keys().copied()) {
                    Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                    None => diagnostic,
                });
            }
            Called::Own(_) => {
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

/// What is wrong with a call of a function of a catalog that is defined.
fn in_catalog(context: &CheckContext<'_>, node: NodeId, catalog: &str) -> Option<Diagnostic> {
    let (text, span) = (context.text(node), context.tree.span(node));
    let Some((name, version, _)) = cataloged(text) else {
        let message = format!("`{text}` does not say which function in which version");
        let diagnostic = Diagnostic::error(codes::UNKNOWN_FUNCTION_CALL, span, message);
        return Some(diagnostic.help(format!("write `name:version@{catalog}`, such as `log:1.0.0@{catalog}`")));
    };
    let endpoint = context.at(&["use", "catalogs", catalog, "endpoint"])?;
    let uri = context.text(context.tree.get(endpoint, "uri").unwrap_or(endpoint));
    let address = format!("{}{}", uri.trim_end_matches('/'), catalog_path(name, version));
    missing(context, span, &address, || {
        format!("the catalog `{catalog}` has no function `{name}` of version `{version}`: there is no file {address}")
    })
}

/// Says that no file is at an address, if that is known. It may be there where the workflow will run.
fn missing(context: &CheckContext<'_>, span: Span, address: &str, message: impl FnOnce() -> String) -> Option<Diagnostic> {
    // An address with expressions or variables is only known when it runs.
    let is_fixed = !address.is_empty() && !address.contains(['{', '}']);
    let there = context.surroundings.files.filter(|_| is_fixed)?.has(address)?;
    (!there).then(|| Diagnostic::warning(codes::UNKNOWN_FUNCTION_CALL, span, message()))
}
