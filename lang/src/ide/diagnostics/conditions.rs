//! Conditions that are always true or always false.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape},
    expression::Scope,
    ide::{
        diagnostics::{Check, CheckContext, edits},
        sites::{Role, first_line},
    },
    value::{Value, ValueExt as _},
};

pub(super) const CHECK: Check = Check { codes: &[codes::CONSTANT_CONDITION], run: check };

/// What a constant is evaluated with.
struct Nothing;

impl Scope for Nothing {
    fn variable(&self, _: &str) -> Value {
        Value::Null
    }

    fn now(&self) -> f64 {
        0.0
    }
}

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for placed in context.placed() {
        let site = context.site(placed.site);
        let (Role::Property(property), Resolved::Leaf(Shape::Expression)) = (site.role, &site.resolved) else { continue };
        // `until: ${ false }` is how a listener is made to go on for ever.
        if !matches!(property.name, "if" | "when" | "exceptWhen" | "while") {
            continue;
        }
        let expression = &placed.expression;
        if !expression.facts().is_constant || !expression.is_harmless() || !expression.problems().is_empty() {
            continue;
        }
        let Ok(value) = expression.evaluate(Value::Null, &Nothing) else { continue };
        let truth = value.is_truthy();
        let effect = match (property.name, truth) {
            ("if", true) => "the task always runs",
            ("if", false) => "the task never runs",
            ("while", true) => "it never ends the loop",
            ("while", false) => "the loop never runs",
            ("when", true) => "it lets everything pass",
            ("when", false) => "it never matches",
            (_, true) => "it excepts everything",
            (_, false) => "it excepts nothing",
        };
        let span = first_line(context.tree, context.tree.span(placed.node));
        let diagnostic = Diagnostic::warning(codes::CONSTANT_CONDITION, span, format!("this condition is always {truth}: {effect}"));
        // A constant that does nothing can go; one that does something was perhaps meant for a while.
        let idle = matches!((property.name, truth), ("if" | "while" | "when", true) | ("exceptWhen", false));
        let key = site.key.filter(|_| idle);
        let fix = key.and_then(|key| edits::remove_entry(context.tree, context.sites.parent(site)?.node, key));
        let text = value.as_text().filter(|text| super::forgotten::looks_like_expression(text));
        let diagnostic = match text {
            Some(text) => diagnostic.help(format!("it is a string, which counts as true; leave out the quotes: `{text}`")),
            None => diagnostic,
        };
        found.push(fix.into_iter().fold(diagnostic, Diagnostic::fix));
    }
}
