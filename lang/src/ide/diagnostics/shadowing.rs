//! Loop and error variables that hide others.

use std::collections::HashMap;

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape},
    ide::{
        diagnostics::{Check, CheckContext},
        sites::Role,
    },
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::SHADOWED_VARIABLE], run: check };

/// What the runtime itself gives to expressions.
const ARGUMENTS: &[&str] = &["context", "input", "output", "secrets", "authorization", "task", "workflow", "runtime"];

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for (index, site) in context.sites.list().iter().enumerate() {
        let Resolved::Leaf(Shape::Variable) = site.resolved else { continue };
        let Role::Property(property) = site.role else { continue };
        let name = context.text(site.node).trim_start_matches('$');
        let span = context.tree.span(site.node);
        if ARGUMENTS.contains(&name) {
            let message = format!("the variable `${name}` hides the `${name}` that the runtime gives to every expression");
            found.push(Diagnostic::warning(codes::SHADOWED_VARIABLE, span, message).help("give it another name"));
            continue;
        }
        if let Some(other) = sibling(context, index, property.name, name) {
            let message = format!("`each` and `at` name the same variable, `${name}`");
            found.push(Diagnostic::warning(codes::SHADOWED_VARIABLE, span, message).related(context.tree.span(other), "the other one"));
            continue;
        }
        if let Some(outer) = declared_outside(context, index).get(name) {
            let message = format!("the variable `${name}` hides an outer one of the same name");
            let diagnostic = Diagnostic::warning(codes::SHADOWED_VARIABLE, span, message);
            found.push(diagnostic.related(context.tree.span(*outer), "the outer one").help("give one of them another name"));
        }
    }
}

/// The other variable of the same loop, if it has the same name; reported at the second.
fn sibling(context: &CheckContext<'_>, index: usize, key: &str, name: &str) -> Option<NodeId> {
    let parent = context.sites.parent(context.site(index))?;
    let other = match key {
        "at" => context.tree.get(parent.node, "each").or_else(|| context.tree.get(parent.node, "item"))?,
        _ => return None,
    };
    (context.text(other).trim_start_matches('$') == name).then_some(other)
}

/// The variables written by the author that are visible where this one is declared.
fn declared_outside<'a>(context: &CheckContext<'a>, index: usize) -> HashMap<&'a str, NodeId> {
    let mut names = HashMap::new();
    let mut declare = |owner: Option<NodeId>, keys: &[&str]| {
        for key in keys {
            if let Some(node) = owner.and_then(|owner| context.tree.get(owner, key)) {
                names.entry(context.text(node).trim_start_matches('$')).or_insert(node);
            }
        }
    };
    // From a list of tasks outwards: whoever holds the list declares what is visible in it.
    for at in context.around(index) {
        let site = context.site(at);
        let (Role::Property(property), Some(parent)) = (site.role, context.sites.parent(site)) else { continue };
        if property.name != "do" || !matches!(site.resolved, Resolved::Named(_)) {
            continue;
        }
        match &parent.resolved {
            Resolved::Object(fields) if fields.object.name == "for task" => declare(context.tree.get(parent.node, "for"), &["each", "at"]),
            Resolved::Object(fields) if fields.object.name == "subscription iterator" => declare(Some(parent.node), &["item", "at"]),
            Resolved::Object(fields) if fields.object.name == "catch" => declare(Some(parent.node), &["as"]),
            _ => {}
        }
    }
    names
}
