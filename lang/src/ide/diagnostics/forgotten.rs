//! Plain strings that look like expressions whose `${ }` was forgotten.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::{Resolved, Shape},
    ide::diagnostics::{Check, CheckContext, edits, not_evaluated, placed},
    tree::{NodeId, ScalarStyle},
};

pub(super) const CHECK: Check = Check { codes: &[codes::FORGOTTEN_EXPRESSION], run: check };

/// The variables that are known everywhere.
const VARIABLES: &[&str] =
    &["context", "input", "output", "secrets", "authorization", "task", "workflow", "runtime", "item", "index", "error"];
/// Ends of file names, and files, that begin with a dot.
const FILES: &[&str] = &[
    "bash",
    "bashrc",
    "bin",
    "cfg",
    "conf",
    "config",
    "css",
    "csv",
    "dockerignore",
    "editorconfig",
    "env",
    "git",
    "gitignore",
    "go",
    "gz",
    "html",
    "ini",
    "jar",
    "java",
    "jpeg",
    "jpg",
    "js",
    "json",
    "log",
    "md",
    "net",
    "npmrc",
    "pdf",
    "png",
    "profile",
    "py",
    "rs",
    "sh",
    "sql",
    "ssh",
    "svg",
    "tar",
    "toml",
    "ts",
    "txt",
    "xml",
    "yaml",
    "yml",
    "zip",
];

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    if !placed::is_jq(context) || placed::is_loose(context) {
        return;
    }
    let locals: Vec<&str> = context
        .sites
        .list()
        .iter()
        .filter(|site| matches!(site.resolved, Resolved::Leaf(Shape::Variable)))
        .map(|site| context.text(site.node))
        .collect();
    for site in context.sites.list() {
        match &site.resolved {
            Resolved::Leaf(Shape::Text | Shape::Scalar | Shape::Uri) => found.extend(scalar(context, site.node, &locals)),
            Resolved::Free(Shape::Data | Shape::DataMap | Shape::FilledDataMap | Shape::ObjectList) => {
                not_evaluated::leaves(context.tree, site.node, &mut |node| found.extend(scalar(context, node, &locals)));
            }
            _ => {}
        }
    }
}

fn scalar(context: &CheckContext<'_>, node: NodeId, locals: &[&str]) -> Option<Diagnostic> {
    let text = context.tree.string(node)?;
    let style = context.tree.scalar(node)?.style;
    if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
        return None;
    }
    let variable = text.strip_prefix('$').map(first_word);
    let known = variable.is_some_and(|name| VARIABLES.contains(&name) || locals.contains(&name));
    if !looks_like_expression(text) || (variable.is_some() && !known) {
        return None;
    }
    let message = format!("`{}` is plain text here, not an expression", text.trim());
    let diagnostic = Diagnostic::warning(codes::FORGOTTEN_EXPRESSION, context.tree.span(node), message);
    let diagnostic = diagnostic.help(format!("to evaluate it, write `${{ {} }}`", text.trim()));
    Some(edits::wrap(context.tree, node).into_iter().fold(diagnostic, Diagnostic::fix))
}

/// Whether a text is a path of jq from `.` or from a variable, and hardly anything else:
/// `.customer.name`, `.items[0]`, `$error`.
pub(super) fn looks_like_expression(text: &str) -> bool {
    let text = text.trim();
    let rest = match (text.strip_prefix('$'), text.strip_prefix('.')) {
        (Some(rest), _) => rest,
        (None, Some(rest)) if FILES.contains(&rest.to_ascii_lowercase().as_str()) => return false,
        (None, Some(rest)) => rest,
        (None, None) => return false,
    };
    if first_word(rest).is_empty() {
        return false;
    }
    let mut rest = &rest[first_word(rest).len()..];
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let word = first_word(after);
            if word.is_empty() {
                return false;
            }
            rest = &after[word.len()..];
        } else if let Some((index, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            if !index.bytes().all(|b| b.is_ascii_digit()) {
                return false;
            }
            rest = after;
        } else {
            return false;
        }
    }
    true
}

/// The identifier that a text begins with.
fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) { "" } else { &text[..end] }
}
