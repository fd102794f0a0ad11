//! Keys that nothing knows at their place.

use crate::{
    codes,
    diagnostic::{Diagnostic, Fix},
    dsl::{Fields, Others, Property, Resolved, Shape, TASK_COMMON, TASK_KINDS},
    ide::{
        diagnostics::{Check, CheckContext, article, documented, edits},
        sites::{Role, Site},
    },
    suggest,
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNKNOWN_KEY], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for site in context.sites.list() {
        let (Role::Unknown, Some(key)) = (site.role, site.key) else { continue };
        let Some(parent) = context.sites.parent(site) else { continue };
        let Resolved::Object(fields) = &parent.resolved else { continue };
        let name = context.text(key);
        if is_part_of_a_kind(fields, name) {
            continue;
        }
        let message = format!("`{name}` is not known in {}", article(fields.object.name));
        let span = context.tree.span(key);
        let diagnostic = match fields.others() {
            Others::Ignored => Diagnostic::warning(codes::UNKNOWN_KEY, span, message),
            Others::Forbidden | Others::Allowed(_) => Diagnostic::error(codes::UNKNOWN_KEY, span, message),
        };
        let (help, fix) = match documented::unknown_key(context, fields.object.name, key) {
            Some((help, fix)) => (Some(help), fix),
            None => help(context, parent, fields, name, key),
        };
        let removal =
            || matches!(fields.others(), Others::Forbidden).then(|| edits::remove_entry(context.tree, parent.node, key)).flatten();
        let fix = if help.is_none() { fix.or_else(removal) } else { fix };
        let diagnostic = help.into_iter().fold(diagnostic, Diagnostic::help);
        found.push(fix.into_iter().fold(diagnostic, Diagnostic::fix));
    }
}

/// Whether a task has no kind, and the key is one that some kind has besides its keyword: that the
/// task has no kind is said elsewhere.
pub(super) fn is_part_of_a_kind(fields: &Fields, name: &str) -> bool {
    fields.kinds.as_ref().is_some_and(Vec::is_empty) && TASK_KINDS.iter().any(|kind| kind.object.property(name).is_some())
}

/// The keyword of a task without a kind that a key nearly is.
pub(super) fn nearly_keyword(name: &str) -> Option<&'static str> {
    suggest::closest(name, keywords()).filter(|keyword| TASK_KINDS.iter().any(|kind| kind.keyword == *keyword))
}

fn keywords() -> impl Iterator<Item = &'static str> {
    TASK_KINDS.iter().map(|kind| kind.keyword).chain(TASK_COMMON.properties.iter().map(|property| property.name))
}

type Mend = (Option<String>, Option<Fix>);

fn help(context: &CheckContext<'_>, parent: &Site, fields: &Fields, name: &str, key: NodeId) -> Mend {
    let tree = context.tree;
    let only = |help: &str| (Some(help.to_owned()), None);
    if name == "<<" {
        return only("merge keys are not part of YAML 1.2; repeat the keys, or put an alias in place of the whole value");
    }
    let given = |property: &str| tree.get(parent.node, property).is_some();
    if let Some(inner) = fields.properties().find(|property| given(property.name) && inner_property(property, name)) {
        return (Some(format!("`{name}` belongs into `{}`: indent it further", inner.name)), None);
    }
    let without_kind = fields.kinds.as_ref().is_some_and(Vec::is_empty);
    let candidates = fields.properties().map(|property| property.name).filter(|candidate| !given(candidate));
    let near = if without_kind {
        suggest::closest(name, keywords().filter(|candidate| !given(candidate)))
    } else {
        suggest::closest(name, candidates)
    };
    if let Some(near) = near {
        return (Some(format!("did you mean `{near}`?")), edits::replace_scalar(tree, key, near));
    }
    let mut outer = context.sites.parent(parent);
    while let Some(site) = outer {
        if let Resolved::Object(fields) = &site.resolved
            && let Some(property) = fields.property(name)
        {
            let owner = site.name(tree).map_or_else(|| format!("the {}", fields.object.name), |name| format!("`{name}`"));
            return (Some(format!("`{}` belongs to {owner}, further out: indent it less", property.name)), None);
        }
        outer = context.sites.parent(site);
    }
    if fields.properties().next().is_some() && fields.kinds.is_none() {
        let known: Vec<_> = fields.properties().map(|property| format!("`{}`", property.name)).collect();
        let fix = if matches!(fields.others(), Others::Forbidden) { edits::remove_entry(tree, parent.node, key) } else { None };
        return (Some(format!("known here: {}", known.join(", "))), fix);
    }
    (None, None)
}

fn inner_property(property: &Property, name: &str) -> bool {
    match &property.shape {
        Shape::Object(object) => object.property(name).is_some(),
        Shape::OneOf(shapes) => shapes.iter().any(|shape| matches!(shape, Shape::Object(object) if object.property(name).is_some())),
        _ => false,
    }
}
