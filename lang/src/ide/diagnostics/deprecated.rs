//! Keys and words that have a newer spelling.

use crate::{
    codes,
    diagnostic::{Diagnostic, Fix},
    dsl::{Resolved, Shape},
    ide::{
        diagnostics::{Check, CheckContext, edits},
        sites::Role,
    },
};

pub(super) const CHECK: Check = Check { codes: &[codes::DEPRECATED], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let tree = context.tree;
    for site in context.sites.list() {
        if let (Role::Property(property), Some(key)) = (site.role, site.key)
            && let Some(instead) = property.instead
        {
            let diagnostic = hint(tree.span(key), property.name, instead);
            // Both spellings together would say two things.
            let other = context.sites.parent(site).and_then(|parent| tree.get(parent.node, instead));
            let fix = if other.is_none() { edits::replace_scalar(tree, key, instead) } else { None };
            found.push(fix.into_iter().fold(diagnostic, Diagnostic::fix));
        }
        if let Resolved::Leaf(Shape::Choice(choices)) = site.resolved
            && let Some(choice) = choices.values.iter().find(|choice| choice.value == context.text(site.node))
            && let Some(instead) = choice.instead
        {
            let diagnostic = hint(tree.span(site.node), choice.value, instead);
            let fix: Option<Fix> = edits::replace_scalar(tree, site.node, instead);
            found.push(fix.into_iter().fold(diagnostic, Diagnostic::fix));
        }
    }
}

fn hint(span: crate::text::Span, old: &str, new: &str) -> Diagnostic {
    Diagnostic::hint(codes::DEPRECATED, span, format!("`{old}` is the older spelling of `{new}`")).help(format!("write `{new}`"))
}
