//! Components that `use` defines and nothing uses.

use std::collections::HashSet;

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Component, Resolved, Shape},
    ide::diagnostics::{Check, CheckContext, functions, placed},
    suggest,
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNUSED_COMPONENT], run: check };

const COMPONENTS: &[Component] = &[Component::Authentication, Component::Error, Component::Retry, Component::Secret, Component::Timeout];

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    if context.at(&["use"]).is_none() {
        return;
    }
    let mut used: HashSet<(&str, &str)> = HashSet::new();
    for site in context.sites.list() {
        if let Resolved::Leaf(Shape::Component(component)) = site.resolved {
            used.insert((component.section(), context.text(site.node)));
        }
    }
    for call in functions::calls(context) {
        used.insert(("functions", context.text(call)));
        if let Some((_, catalog)) = context.text(call).rsplit_once('@') {
            used.insert(("catalogs", catalog));
        }
    }
    // Whoever takes `$secrets` as a whole may use each of them; so may another language.
    let (mut any_secret, mut read) = (!placed::is_jq(context), HashSet::new());
    for reading in context.placed().iter().flat_map(|placed| &placed.expression.facts().readings) {
        if reading.is_of("$secrets") {
            match reading.key(0) {
                Some((name, _)) => {
                    read.insert(name);
                }
                None => any_secret = true,
            }
        }
    }
    for (section, noun) in COMPONENTS.iter().map(|it| (it.section(), it.noun())).chain([("functions", "function"), ("catalogs", "catalog")])
    {
        if section == "secrets" && any_secret {
            continue;
        }
        let mut names: Vec<_> = context.section(section).into_iter().collect();
        names.sort_by_key(|(_, node)| *node);
        let defined: HashSet<&str> = names.iter().map(|(name, _)| *name).collect();
        let undefined: Vec<&str> =
            used.iter().filter(|(of, name)| *of == section && !defined.contains(name)).map(|(_, name)| *name).collect();
        for (name, node) in names {
            // A misspelt name means this one, and is reported itself.
            if undefined.iter().any(|undefined| suggest::closest(undefined, [name].into_iter()).is_some()) {
                continue;
            }
            if used.contains(&(section, name)) || (section == "secrets" && read.contains(name)) {
                continue;
            }
            let message = format!("the {noun} `{name}` is never used");
            // It may be meant for a place that does not name it yet, so no fix takes it away.
            found.push(Diagnostic::warning(codes::UNUSED_COMPONENT, context.tree.span(node), message));
        }
    }
}
