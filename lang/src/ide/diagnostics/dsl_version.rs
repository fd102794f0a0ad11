//! Versions of the DSL that are not known.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext, edits},
};

pub(super) const CHECK: Check = Check { codes: &[codes::DSL_VERSION], run: check };

/// The newest version that the table describes.
const NEWEST: &str = "1.0.3";

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(node) = context.at(&["document", "dsl"]) else { return };
    let text = context.text(node);
    let core = text.split(['-', '+']).next().unwrap_or("");
    let numbers: Option<Vec<u64>> = core.split('.').map(|part| part.parse().ok()).collect();
    // What is no version at all is reported elsewhere.
    let Some([major, minor, patch]) = numbers.as_deref() else { return };
    let message = match (major, minor, patch) {
        (1, 0, 0..=3) => return,
        (0, ..) => format!("DSL {text} is an older language; this file is read as DSL {NEWEST}"),
        _ => format!("DSL {text} is not known; this file is read as DSL {NEWEST}"),
    };
    let diagnostic = Diagnostic::warning(codes::DSL_VERSION, context.tree.span(node), message);
    found.push(edits::replace_scalar(context.tree, node, NEWEST).into_iter().fold(diagnostic, Diagnostic::fix));
}
