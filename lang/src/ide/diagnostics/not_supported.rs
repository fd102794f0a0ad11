//! Valid parts of the DSL that this version cannot run yet.
//!
//! Each is named where it stands; nothing that would be ignored at run time passes in silence.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape, Support},
    ide::{
        diagnostics::{Check, CheckContext, functions},
        sites::{Role, Site},
    },
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::NOT_SUPPORTED], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for site in context.sites.list() {
        // What lies inside of something unsupported is not named again.
        if !context.sites.parent(site).is_none_or(|parent| parent.supported) {
            continue;
        }
        if let (Role::Property(property), Some(key)) = (site.role, site.key)
            && let Support::NotYet(what) = property.support
        {
            found.push(Diagnostic::warning(codes::NOT_SUPPORTED, tree.span(key), format!("not supported yet: {what}")));
        }
        if !site.supported {
            continue;
        }
        if let Resolved::Object(fields) = &site.resolved
            && let Some(variant) = fields.variant
            && let Support::NotYet(what) = variant.support
            && !(variant.known.is_none() && is_own_function(context, variant.node))
        {
            // That a function does not exist is an error of its own.
            if variant.known.is_some() || functions::is_known(context, context.text(variant.node)) {
                found.push(Diagnostic::warning(codes::NOT_SUPPORTED, tree.span(variant.node), format!("not supported yet: {what}")));
            }
        }
        found.extend(choice(context, site));
        found.extend(format(context, site));
    }
}

/// Whether `use.functions` defines what is called.
fn is_own_function(context: &CheckContext<'_>, name: NodeId) -> bool {
    let tree = context.tree;
    let functions = tree.root().and_then(|root| tree.get(root, "use")).and_then(|used| tree.get(used, "functions"));
    functions.is_some_and(|functions| tree.get(functions, context.text(name)).is_some())
}

/// The formats of schemas have no list: all but JSON Schema.
fn format(context: &CheckContext<'_>, site: &Site) -> Option<Diagnostic> {
    let Resolved::Leaf(Shape::SchemaFormat) = site.resolved else { return None };
    let text = context.text(site.node);
    let json = text == "json" || text.strip_prefix("json:").is_some_and(|version| !version.is_empty());
    let message = format!("not supported yet: schemas in the format `{text}`, only JSON Schema");
    (!json).then(|| Diagnostic::warning(codes::NOT_SUPPORTED, context.tree.span(site.node), message))
}

fn choice(context: &CheckContext<'_>, site: &Site) -> Option<Diagnostic> {
    let Resolved::Leaf(Shape::Choice(choices)) = site.resolved else { return None };
    let text = context.text(site.node);
    let known = choices.values.iter().find(|choice| choice.value == text).map(|choice| choice.support);
    match known.or(choices.others)? {
        Support::NotYet(what) => {
            Some(Diagnostic::warning(codes::NOT_SUPPORTED, context.tree.span(site.node), format!("not supported yet: {what}")))
        }
        Support::Full => None,
    }
}
