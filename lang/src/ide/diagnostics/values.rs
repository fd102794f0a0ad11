//! Values of the right type that are not one of those allowed, or not in the right form.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Choices, Resolved, Shape},
    duration, expression,
    ide::{
        diagnostics::{Check, CheckContext, documented, edits, one_of},
        sites::{Role, Site, first_line},
    },
    suggest,
    value::ValueExt as _,
};

pub(super) const CHECK: Check = Check { codes: &[codes::WRONG_VALUE], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for site in context.sites.list() {
        let problem = match &site.resolved {
            Resolved::Leaf(shape) => leaf(context, site, shape),
            Resolved::Free(shape) => free(context, site, shape),
            Resolved::Named(named) if !named.may_be_empty && context.tree.items(site.node).is_empty() => {
                Some(error(context, site, format!("at least one {} is needed", named.entry)))
            }
            _ => None,
        };
        found.extend(problem);
    }
}

fn error(context: &CheckContext<'_>, site: &Site, message: String) -> Diagnostic {
    Diagnostic::error(codes::WRONG_VALUE, first_line(context.tree, context.tree.span(site.node)), message)
}

fn warning(context: &CheckContext<'_>, site: &Site, message: String) -> Diagnostic {
    Diagnostic::warning(codes::WRONG_VALUE, first_line(context.tree, context.tree.span(site.node)), message)
}

fn leaf(context: &CheckContext<'_>, site: &Site, shape: &Shape) -> Option<Diagnostic> {
    let text = context.text(site.node);
    let wrong = |message: String| Some(error(context, site, message));
    match shape {
        Shape::Choice(choices) => choice(context, site, choices, text),
        Shape::SemVer if !is_semver(text) => {
            wrong(format!("`{text}` is not a semantic version: three numbers with dots, such as \"1.0.0\""))
        }
        Shape::Name if !is_name(text) => {
            let diagnostic = error(
                context,
                site,
                format!("`{text}` is not a name: at most 63 letters, digits and hyphens, with no hyphen at either end"),
            );
            Some(match documented::wrong_value(context, site) {
                Some((help, fix)) => fix.into_iter().fold(diagnostic.help(help), Diagnostic::fix),
                None => diagnostic,
            })
        }
        Shape::Host if !is_host(text) => wrong(format!("`{text}` is not the name of a host")),
        Shape::Duration if expression::unwrap(text).is_none() => {
            let message = duration::parse_iso8601(text).err()?;
            Some(error(context, site, message).help("or write the units out, such as `{ minutes: 5 }`"))
        }
        Shape::Wrapped if expression::unwrap(text).is_none() => {
            let expected = site.shape.expected();
            let diagnostic = error(context, site, format!("expected {expected}; this is a plain string"));
            let number = text.parse::<i64>().is_ok() && shape_takes_numbers(site.shape);
            let help = if number { "leave out the quotes".into() } else { format!("write an expression as ${{ {} }}", text.trim()) };
            let looks = super::forgotten::looks_like_expression(text);
            let fix = if number {
                edits::unquote(context.tree, site.node)
            } else {
                looks.then(|| edits::wrap(context.tree, site.node)).flatten()
            };
            Some(fix.into_iter().fold(diagnostic.help(help), Diagnostic::fix))
        }
        Shape::Integer | Shape::IntegerIn(..) => integer(context, site, shape),
        Shape::Variable if !is_variable(text) => {
            let diagnostic =
                warning(context, site, format!("`{text}` cannot be the name of a variable: expressions could not say `${text}`"));
            Some(match text.strip_prefix('$') {
                Some(bare) if is_variable(bare) => {
                    let diagnostic = diagnostic.help(format!("leave out the `$`: `{bare}`"));
                    edits::replace_scalar(context.tree, site.node, bare).into_iter().fold(diagnostic, Diagnostic::fix)
                }
                _ => diagnostic.help("use letters, digits and `_`, and begin with no digit"),
            })
        }
        _ => None,
    }
}

fn shape_takes_numbers(shape: &Shape) -> bool {
    match shape {
        Shape::Integer | Shape::IntegerIn(..) => true,
        Shape::OneOf(shapes) => shapes.iter().any(shape_takes_numbers),
        _ => false,
    }
}

fn choice(context: &CheckContext<'_>, site: &Site, choices: &Choices, text: &str) -> Option<Diagnostic> {
    if choices.others.is_some() && is_script_language(site) {
        return script_language(context, site, choices, text);
    }
    if choices.others.is_some() || choices.values.iter().any(|choice| choice.value == text) {
        return None;
    }
    let words = || choices.values.iter().map(|choice| choice.value);
    let diagnostic = error(context, site, format!("`{text}` is not one of the allowed values"));
    if let Some((help, fix)) = documented::wrong_value(context, site) {
        return Some(fix.into_iter().fold(diagnostic.help(help), Diagnostic::fix));
    }
    Some(match suggest::closest(text, words()) {
        Some(near) => changed(context, site, diagnostic, near),
        None => diagnostic.help(format!("allowed: {}", one_of(words()))),
    })
}

fn changed(context: &CheckContext<'_>, site: &Site, diagnostic: Diagnostic, near: &str) -> Diagnostic {
    let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    edits::replace_scalar(context.tree, site.node, near).into_iter().fold(diagnostic, Diagnostic::fix)
}

fn is_script_language(site: &Site) -> bool {
    matches!(site.role, Role::Property(property) if property.name == "language" && property.required)
}

/// The schema takes any language, but the specification names two.
fn script_language(context: &CheckContext<'_>, site: &Site, choices: &Choices, text: &str) -> Option<Diagnostic> {
    if choices.values.iter().any(|choice| choice.value == text) {
        return None;
    }
    let words = || choices.values.iter().filter(|choice| choice.instead.is_none()).map(|choice| choice.value);
    let diagnostic = warning(context, site, format!("`{text}` is not a script language that the specification names"));
    let near = match text.to_ascii_lowercase().as_str() {
        "ecmascript" | "node" | "nodejs" => Some("js"),
        "py" | "python3" => Some("python"),
        _ => suggest::closest(text, words()),
    };
    Some(match near {
        Some(near) => changed(context, site, diagnostic, near),
        None => diagnostic.help(format!("it names {}", one_of(words()).replace(" or ", " and "))),
    })
}

fn integer(context: &CheckContext<'_>, site: &Site, shape: &Shape) -> Option<Diagnostic> {
    let value = &context.tree.scalar(site.node)?.value;
    match (value.as_i64(), shape) {
        (Some(number), Shape::IntegerIn(from, to)) if !(*from..=*to).contains(&number) => {
            Some(error(context, site, format!("{number} is not between {from} and {to}")))
        }
        (Some(number), _) if number < 0 && is_duration_unit(context, site) => {
            Some(warning(context, site, format!("a duration must not be negative, but this is {number}")))
        }
        (Some(_), _) => None,
        (None, _) => Some(error(context, site, format!("expected {}, not {}", shape.expected(), context.text(site.node)))),
    }
}

fn is_duration_unit(context: &CheckContext<'_>, site: &Site) -> bool {
    context
        .sites
        .parent(site)
        .is_some_and(|parent| matches!(&parent.resolved, Resolved::Object(fields) if fields.object.name == "duration"))
}

fn free(context: &CheckContext<'_>, site: &Site, shape: &Shape) -> Option<Diagnostic> {
    match shape {
        Shape::FilledDataMap if context.tree.entries(site.node).is_empty() => {
            Some(error(context, site, "at least one member is needed".into()))
        }
        Shape::ObjectList => {
            let tree = context.tree;
            let item = tree.items(site.node).iter().find(|item| !matches!(tree.node(**item).kind, crate::tree::NodeKind::Mapping(_)))?;
            let message = "the items of an inline collection must be mappings";
            let diagnostic = Diagnostic::error(codes::WRONG_VALUE, first_line(tree, tree.span(*item)), message);
            Some(diagnostic.help("write other items as an expression, such as `${ [1, 2, 3] }`"))
        }
        _ => None,
    }
}

/// The form of <https://semver.org>.
fn is_semver(text: &str) -> bool {
    let (rest, build) = text.split_once('+').map_or((text, None), |(rest, build)| (rest, Some(build)));
    let (core, before) = rest.split_once('-').map_or((rest, None), |(core, before)| (core, Some(before)));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'));
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let identifier = |part: &str| word(part) && (number(part) || !part.bytes().all(|b| b.is_ascii_digit()));
    core.split('.').count() == 3
        && core.split('.').all(number)
        && before.is_none_or(|before| before.split('.').all(identifier))
        && build.is_none_or(|build| build.split('.').all(word))
}

fn is_name(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

fn is_host(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'))
        && !text.starts_with(['-', '.'])
        && !text.ends_with(['-', '.'])
}

pub(super) fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
