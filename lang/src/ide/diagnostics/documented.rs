//! Help for text that the specification's documentation shows but its schema refuses, so that a
//! person who copied it learns why it does not pass and what does.

use crate::{
    diagnostic::Fix,
    expression,
    ide::{
        diagnostics::{CheckContext, edits},
        sites::{Role, Site},
    },
    tree::NodeKind,
};

/// Help for a value of the wrong type.
pub(super) fn wrong_type(context: &CheckContext<'_>, site: &Site) -> Option<(String, Option<Fix>)> {
    let tree = context.tree;
    let Role::Property(property) = site.role else { return None };
    let text = context.text(site.node);
    let scalar = tree.scalar(site.node).is_some();
    match property.name {
        "authentication" if scalar => {
            let mended = format!("{{ use: {text} }}");
            Some((
                format!("an entry of `use.authentications` is named with `use`: `{mended}`"),
                edits::rewrite_scalar(tree, site.node, mended),
            ))
        }
        "bearer" if expression::unwrap(text).is_some() => {
            let mended = format!("{{ token: {} }}", edits::quoted(text));
            Some(("the token stands one level deeper: `{ token: ${ … } }`".into(), edits::rewrite_scalar(tree, site.node, mended)))
        }
        "try" if matches!(tree.node(site.node).kind, NodeKind::Mapping(_)) => {
            Some(("`try` holds a list of named tasks, even if it is only one: begin it with `- name:`".into(), None))
        }
        "arguments" if !tree.entries(site.node).is_empty() => {
            Some(("arguments are a list, in the order in which the process gets them: begin each with `- `".into(), None))
        }
        _ => None,
    }
}

/// Help for a key that is not known.
pub(super) fn unknown_key(context: &CheckContext<'_>, object: &str, key: crate::tree::NodeId) -> Option<(String, Option<Fix>)> {
    let rename = |to: &str| edits::replace_scalar(context.tree, key, to);
    match (object, context.text(key)) {
        ("HTTP call arguments", "uri" | "url") => Some(("the address is called `endpoint` here".into(), rename("endpoint"))),
        ("caught errors", "type" | "status" | "instance" | "title" | "detail" | "details") => {
            Some(("what an error must have stands under `with`: without it, every error is caught".into(), None))
        }
        ("error", "details") => Some(("did you mean `detail`?".into(), rename("detail"))),
        _ => None,
    }
}

/// Help for a property that is missing.
pub(super) fn missing(context: &CheckContext<'_>, object: &str, property: &str, site: &Site) -> Option<(String, Option<Fix>)> {
    match (object, property) {
        ("sub-workflow", "version") => {
            let help = "the schema wants a version, though the reference shows calls without; `latest` takes the newest";
            Some((help.into(), edits::add_entry(context.tree, site.node, "version", "latest")))
        }
        ("sub-workflow", "namespace") => Some(("the schema wants the namespace, though the reference does not list it".into(), None)),
        _ => None,
    }
}

/// Help for a value that is not allowed.
pub(super) fn wrong_value(context: &CheckContext<'_>, site: &Site) -> Option<(String, Option<Fix>)> {
    let Role::Property(property) = site.role else { return None };
    let text = context.text(site.node);
    match property.name {
        "extend" if matches!(text, "do" | "fork") => Some((
            format!("tasks made of others, such as `{text}`, are extended as `composite`"),
            edits::replace_scalar(context.tree, site.node, "composite"),
        )),
        "namespace" | "name" if text.contains(['.', '_', ' ']) => {
            let mended = text.replace(['.', '_', ' '], "-");
            let sound =
                mended.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !mended.starts_with('-') && !mended.ends_with('-');
            let fix = if sound { edits::replace_scalar(context.tree, site.node, &mended) } else { None };
            Some((format!("only hyphens may join its parts: `{mended}`"), fix))
        }
        "grant" => {
            let mended = text.replace('-', "_");
            let known = ["authorization_code", "client_credentials", "refresh_token"].contains(&mended.as_str());
            known.then(|| (format!("did you mean `{mended}`?"), edits::replace_scalar(context.tree, site.node, &mended)))
        }
        _ => None,
    }
}
