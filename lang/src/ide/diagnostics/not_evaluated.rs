//! `${ }` in places where nothing is evaluated: keys, names and constants.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape},
    expression,
    ide::{
        diagnostics::{Check, CheckContext},
        sites::{Role, Site},
    },
    tree::{NodeId, NodeKind, Tree},
};

pub(super) const CHECK: Check = Check { codes: &[codes::NOT_EVALUATED], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for site in context.sites.list() {
        match &site.resolved {
            Resolved::Leaf(Shape::String | Shape::Component(_) | Shape::Cron | Shape::SchemaFormat) if is_expression(tree, site.node) => {
                let what = constant(context, site);
                let message = format!("{what} is a constant: an expression is not evaluated here");
                found.push(Diagnostic::warning(codes::NOT_EVALUATED, tree.span(site.node), message));
            }
            Resolved::Free(Shape::Data | Shape::DataMap | Shape::FilledDataMap | Shape::ObjectList) => keys(tree, site.node, found, 0),
            Resolved::Map(_) | Resolved::Object(_) => entries(tree, site.node, found),
            _ => {}
        }
    }
}

fn constant(context: &CheckContext<'_>, site: &Site) -> String {
    match (site.role, site.name(context.tree)) {
        (Role::Property(_) | Role::Name, Some(name)) => format!("`{name}`"),
        _ => "this".to_owned(),
    }
}

fn is_expression(tree: &Tree, node: NodeId) -> bool {
    tree.string(node).is_some_and(|text| expression::unwrap(text).is_some())
}

fn entries(tree: &Tree, node: NodeId, found: &mut Vec<Diagnostic>) {
    for entry in tree.entries(node) {
        if is_expression(tree, entry.key) {
            let diagnostic = Diagnostic::warning(codes::NOT_EVALUATED, tree.span(entry.key), "keys are not evaluated");
            found.push(diagnostic.help("make the whole mapping one expression, in which keys can be computed: `${ {(.key): .value} }`"));
        }
    }
}

fn keys(tree: &Tree, node: NodeId, found: &mut Vec<Diagnostic>, depth: usize) {
    if depth > 300 {
        return;
    }
    match &tree.node(node).kind {
        NodeKind::Scalar(_) => {}
        NodeKind::Sequence(items) => items.iter().for_each(|item| keys(tree, *item, found, depth + 1)),
        NodeKind::Mapping(list) => {
            entries(tree, node, found);
            list.iter().for_each(|entry| keys(tree, entry.value, found, depth + 1));
        }
    }
}

/// The scalars of free data.
pub(super) fn leaves(tree: &Tree, node: NodeId, visit: &mut impl FnMut(NodeId)) {
    match &tree.node(node).kind {
        NodeKind::Scalar(_) => visit(node),
        NodeKind::Sequence(items) => items.iter().for_each(|item| leaves(tree, *item, visit)),
        NodeKind::Mapping(entries) => entries.iter().for_each(|entry| leaves(tree, entry.value, visit)),
    }
}
