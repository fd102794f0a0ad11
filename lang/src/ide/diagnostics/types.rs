//! Values of the wrong type.

use crate::{
    codes,
    diagnostic::{Diagnostic, Fix},
    dsl::{Resolved, Shape},
    ide::{
        diagnostics::{Check, CheckContext, documented, edits},
        sites::{Role, Site, first_line},
    },
    tree::{NodeKind, ScalarStyle},
    value::ValueExt as _,
};

pub(super) const CHECK: Check = Check { codes: &[codes::WRONG_TYPE], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for site in context.sites.list() {
        match site.resolved {
            // That an entry of a list of tasks is no mapping is said elsewhere.
            Resolved::Mismatch if !matches!(site.role, Role::Entry(_)) => found.push(mismatch(context, site)),
            Resolved::Leaf(Shape::Scalar) if context.tree.string(site.node).is_none() => {
                let message = format!("the specification wants a string here, not {}", described(context, site));
                let diagnostic = Diagnostic::warning(codes::WRONG_TYPE, context.tree.span(site.node), message);
                let diagnostic = diagnostic.help(format!("put it in quotes: \"{}\"", context.text(site.node)));
                found.push(edits::quote(context.tree, site.node).into_iter().fold(diagnostic, Diagnostic::fix));
            }
            _ => {}
        }
    }
}

fn mismatch(context: &CheckContext<'_>, site: &Site) -> Diagnostic {
    let tree = context.tree;
    let expected = site.shape.expected();
    let span = tree.span(site.node);
    if tree.is_null(site.node) {
        let span = if span.start == span.end { site.blame(tree) } else { span };
        let what = site.name(tree).map_or_else(|| "the value".to_owned(), |name| format!("`{name}`"));
        let diagnostic = Diagnostic::error(codes::WRONG_TYPE, span, format!("{what} has no value; expected {expected}"));
        return match only_empty(site.shape) {
            Some(example) => diagnostic.help(example),
            None => diagnostic,
        };
    }
    // A collection is blamed by its key: underlining all of it would say less.
    let span = match (&tree.node(site.node).kind, site.key) {
        (NodeKind::Scalar(_), _) | (_, None) => first_line(tree, span),
        (NodeKind::Mapping(_) | NodeKind::Sequence(_), Some(key)) => tree.span(key),
    };
    let diagnostic = Diagnostic::error(codes::WRONG_TYPE, span, format!("expected {expected}, not {}", described(context, site)));
    let (help, fix) = match documented::wrong_type(context, site) {
        Some((help, fix)) => (Some(help), fix),
        None => (help(context, site), fix(context, site)),
    };
    let diagnostic = help.into_iter().fold(diagnostic, Diagnostic::help);
    fix.into_iter().fold(diagnostic, Diagnostic::fix)
}

fn fix(context: &CheckContext<'_>, site: &Site) -> Option<Fix> {
    let tree = context.tree;
    let scalar = tree.scalar(site.node)?;
    let string = scalar.value.is_utf8_str();
    match site.shape {
        Shape::Bool if string => match scalar.text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => edits::rewrite_scalar(tree, site.node, "true"),
            "false" | "no" | "off" | "n" => edits::rewrite_scalar(tree, site.node, "false"),
            _ => None,
        },
        Shape::Integer | Shape::IntegerIn(..) if string && scalar.text.parse::<i64>().is_ok() => edits::unquote(tree, site.node),
        Shape::Duration if scalar.value.as_i64().is_some() => edits::rewrite_scalar(tree, site.node, format!("PT{}S", scalar.text)),
        Shape::Expression => edits::wrap(tree, site.node),
        shape if !string && takes_strings(shape) => edits::quote(tree, site.node),
        _ => None,
    }
}

fn only_empty(shape: &Shape) -> Option<&'static str> {
    matches!(shape, Shape::AnyMap).then_some("write `{}` for an empty mapping")
}

fn described(context: &CheckContext<'_>, site: &Site) -> String {
    match &context.tree.node(site.node).kind {
        NodeKind::Mapping(_) => "a mapping".into(),
        NodeKind::Sequence(_) => "a list".into(),
        NodeKind::Scalar(scalar) => match scalar.value.type_name() {
            "number" => format!("the number {}", scalar.text),
            "boolean" => format!("the boolean {}", scalar.text),
            "null" => "null".into(),
            _ => "a string".into(),
        },
    }
}

fn help(context: &CheckContext<'_>, site: &Site) -> Option<String> {
    let tree = context.tree;
    match (&tree.node(site.node).kind, site.shape) {
        (NodeKind::Scalar(scalar), Shape::Bool) if scalar.value.is_utf8_str() => {
            if scalar.style != ScalarStyle::Plain && matches!(&*scalar.text, "true" | "false") {
                return Some("leave out the quotes".into());
            }
            matches!(scalar.text.to_ascii_lowercase().as_str(), "yes" | "no" | "on" | "off" | "y" | "n")
                .then(|| "in YAML 1.2 only `true` and `false` are booleans".into())
        }
        (NodeKind::Scalar(scalar), Shape::Integer | Shape::IntegerIn(..)) if scalar.value.is_utf8_str() => {
            scalar.text.parse::<i64>().is_ok().then(|| "leave out the quotes".into())
        }
        (NodeKind::Scalar(scalar), Shape::Duration) if scalar.value.as_i64().is_some() => {
            Some(format!("say the unit: `{{ seconds: {0} }}` or `PT{0}S`", scalar.text))
        }
        (NodeKind::Scalar(scalar), Shape::Expression) => Some(format!("write it as an expression: ${{ {} }}", scalar.text)),
        (NodeKind::Scalar(scalar), shape) if !scalar.value.is_utf8_str() && takes_strings(shape) => {
            Some(format!("put it in quotes: \"{}\"", scalar.text))
        }
        (NodeKind::Mapping(_), Shape::Named(named)) => {
            Some(format!("begin each {} with `- `: the order counts, so it is a list", named.entry))
        }
        (NodeKind::Mapping(entries), Shape::Duration) if entries.is_empty() => Some("write for example `{ seconds: 5 }`".into()),
        _ => None,
    }
}

fn takes_strings(shape: &Shape) -> bool {
    match shape {
        Shape::String
        | Shape::Text
        | Shape::SemVer
        | Shape::Name
        | Shape::Choice(_)
        | Shape::Variable
        | Shape::Component(_)
        | Shape::MediaType => true,
        Shape::OneOf(shapes) => shapes.iter().any(takes_strings),
        _ => false,
    }
}
