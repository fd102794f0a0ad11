//! Secrets that are not declared, and secrets that are written where others can see them.

use crate::{
    codes,
    diagnostic::{Diagnostic, Fix},
    dsl::Resolved,
    ide::{
        diagnostics::{Check, CheckContext, placed::Placed},
        sites::Role,
    },
    lower::scope::Site,
    suggest,
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNDECLARED_SECRET, codes::EXPOSED_SECRET], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let mut declared = None;
    for placed in context.placed() {
        for reading in placed.expression.facts().readings.iter().filter(|reading| reading.is_of("$secrets")) {
            if let Some(place) = exposes(context, placed) {
                let message = format!("this writes a secret into {place}, where others can see it");
                let diagnostic = Diagnostic::warning(codes::EXPOSED_SECRET, placed.span(context, &reading.range), message);
                found.push(diagnostic.help("use secrets only where they are needed: in the arguments and the authentication of a call"));
            }
            let Some((name, range)) = reading.key(0) else { continue };
            let declared = declared.get_or_insert_with(|| context.section("secrets"));
            if declared.contains_key(name) {
                continue;
            }
            let span = placed.span(context, &range);
            let message = format!("the secret `{name}` is not declared under `use.secrets`, so reading it is refused");
            // Only if it is evaluated, and a `catch` may handle what follows: no reason not to start.
            let diagnostic = Diagnostic::warning(codes::UNDECLARED_SECRET, span, message);
            found.push(match suggest::closest(name, declared.keys().copied()) {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(Fix::replace(span, near)),
                None => diagnostic.help(format!("declare it: `use: {{ secrets: [ {name} ] }}`")),
            });
        }
    }
}

/// What a place writes that others can see.
fn exposes(context: &CheckContext<'_>, placed: &Placed) -> Option<&'static str> {
    match placed.place {
        Site::WorkflowOutput => return Some("the workflow's output"),
        Site::Output => return Some("the task's output"),
        Site::Export => return Some("the context"),
        Site::WorkflowInput | Site::Input | Site::Body => {}
    }
    context.around(placed.site).find_map(|index| {
        let site = context.site(index);
        let Role::Property(property) = site.role else { return None };
        let parent = context.sites.parent(site)?;
        let in_task = matches!(&parent.resolved, Resolved::Object(fields) if fields.kinds.is_some());
        match property.name {
            "set" if in_task => Some("the task's output"),
            "emit" if in_task => Some("an event"),
            "raise" if in_task => Some("an error"),
            _ => None,
        }
    })
}
