//! What must hold between the properties of a mapping.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Fields, Rule},
    ide::{
        diagnostics::{Check, CheckContext, article, needs, one_of},
        sites::Site,
    },
};

pub(super) const CHECK: Check = Check { codes: &[codes::MISSING_KEY, codes::EXCLUSIVE_KEYS], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for (site, fields) in context.objects() {
        for rule in fields.object.rules {
            found.extend(broken(context, site, fields, rule));
        }
    }
}

fn broken(context: &CheckContext<'_>, site: &Site, fields: &Fields, rule: &Rule) -> Option<Diagnostic> {
    let tree = context.tree;
    let key = |name: &str| tree.entry(site.node, name).map(|entry| tree.span(entry.key));
    let (object, verb) = (article(fields.object.name), needs(fields.object.name));
    match *rule {
        Rule::ExactlyOne(names) => {
            let mut given: Vec<_> = names.iter().filter_map(|name| Some((key(name)?, *name))).collect();
            given.sort_unstable();
            match given.as_slice() {
                [] => {
                    let message = format!("{object} {verb} {}", choice_of(names));
                    Some(Diagnostic::error(codes::MISSING_KEY, site.blame(tree), message))
                }
                [_] => None,
                [(first, name), (second, other), ..] => {
                    let message = format!(
                        "`{other}` cannot stand beside `{name}`: {object} {} one of them",
                        if verb == "need" { "have" } else { "has" }
                    );
                    Some(Diagnostic::error(codes::EXCLUSIVE_KEYS, *second, message).related(*first, format!("`{name}` is given here")))
                }
            }
        }
        Rule::SomeOf(names) => names.iter().all(|name| key(name).is_none()).then(|| {
            let message = format!("{object} should have {}", choice_of(names));
            Diagnostic::warning(codes::MISSING_KEY, site.blame(tree), message)
        }),
        Rule::NotEmpty => tree
            .entries(site.node)
            .is_empty()
            .then(|| Diagnostic::error(codes::MISSING_KEY, site.blame(tree), format!("{object} {verb} at least one property"))),
        Rule::Needs(name, other) => {
            let span = key(name).filter(|_| key(other).is_none())?;
            Some(Diagnostic::error(codes::MISSING_KEY, span, format!("`{name}` has a meaning only with `{other}`")))
        }
        Rule::Pairs(name, value, other) => {
            let chosen = tree.get(site.node, name).is_some_and(|node| context.text(node) == value);
            match (chosen, key(other)) {
                (true, None) => {
                    let message = format!("`{name}: {value}` needs `{other}`");
                    Some(Diagnostic::error(codes::MISSING_KEY, key(name)?, message))
                }
                (false, Some(span)) => {
                    let message = format!("`{other}` has a meaning only with `{name}: {value}`");
                    Some(Diagnostic::error(codes::EXCLUSIVE_KEYS, span, message))
                }
                _ => None,
            }
        }
    }
}

fn choice_of(names: &[&str]) -> String {
    let words = one_of(names.iter().copied());
    if names.len() == 2 { format!("either {words}") } else { format!("one of {words}") }
}
