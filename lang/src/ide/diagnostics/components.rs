//! Names of components that `use` does not define.

use std::collections::{HashMap, HashSet};

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape},
    expression,
    ide::diagnostics::{Check, CheckContext, edits},
    suggest,
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNKNOWN_COMPONENT], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let mut sections: HashMap<&str, HashSet<&str>> = HashMap::new();
    for site in context.sites.list() {
        let Resolved::Leaf(Shape::Component(component)) = site.resolved else { continue };
        let name = context.text(site.node);
        let section = component.section();
        let defined = sections.entry(section).or_insert_with(|| context.defined(*component));
        if defined.contains(name) || expression::unwrap(name).is_some() {
            continue;
        }
        let message = format!("no {} `{name}` is defined under `use.{section}`", component.noun());
        let diagnostic = Diagnostic::error(codes::UNKNOWN_COMPONENT, context.tree.span(site.node), message);
        found.push(match suggest::closest(name, defined.iter().copied()) {
            Some(near) => {
                let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                edits::replace_scalar(context.tree, site.node, near).into_iter().fold(diagnostic, Diagnostic::fix)
            }
            None => diagnostic,
        });
    }
}
