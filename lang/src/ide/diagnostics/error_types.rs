//! Types of standard errors on a wrong host or misspelt, and instances that point at nothing.

use crate::{
    codes,
    diagnostic::Diagnostic,
    dsl::Resolved,
    expression,
    ide::diagnostics::{Check, CheckContext, edits},
    suggest,
    tree::NodeId,
};

pub(super) const CHECK: Check = Check { codes: &[codes::ERROR_TYPE, codes::ERROR_INSTANCE], run: check };

const NAMES: &[&str] =
    &["configuration", "validation", "expression", "authentication", "authorization", "timeout", "communication", "runtime"];
/// Where the released specification and its main branch have the standard errors.
const CANONICAL: &[&str] =
    &["https://serverlessworkflow.io/spec/1.0.0/errors/", "https://open-workflow-specification.org/spec/1.0.0/errors/"];
/// The hosts that name them elsewhere, in conformance tests, runtimes and by mistake.
const HOSTS: &[&str] = &["serverlessworkflow.io", "open-workflow-specification.org", "serverlessworkflow.io.io", "zigflow.dev"];

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for site in context.sites.list() {
        let Resolved::Object(fields) = &site.resolved else { continue };
        if !matches!(fields.object.name, "error" | "error filter") {
            continue;
        }
        if let Some(kind) = context.tree.get(site.node, "type") {
            found.extend(kind_of_error(context, kind));
        }
        if let Some(instance) = context.tree.get(site.node, "instance") {
            found.extend(instance_of_error(context, instance));
        }
    }
}

fn kind_of_error(context: &CheckContext<'_>, node: NodeId) -> Option<Diagnostic> {
    let text = context.text(node);
    let (scheme, rest) = text.split_once("://")?;
    let host = rest.split('/').next()?;
    if !matches!(scheme, "http" | "https") || !HOSTS.contains(&host) {
        return None;
    }
    let (base, name) = text.rsplit_once('/')?;
    let warning = |message: String| Diagnostic::warning(codes::ERROR_TYPE, context.tree.span(node), message);
    let home = if host.starts_with("open") { CANONICAL[1] } else { CANONICAL[0] };
    let canonical = CANONICAL.iter().any(|known| known.trim_end_matches('/') == base);
    let (diagnostic, mended) = if NAMES.contains(&name) {
        if canonical {
            return None;
        }
        let mended = format!("{home}{name}");
        (warning("the standard errors have another address".into()).help(format!("the specification writes `{mended}`")), mended)
    } else if canonical {
        let diagnostic = warning(format!("the specification has no standard error `{name}`"));
        let Some(near) = suggest::closest(name, NAMES.iter().copied()) else { return Some(diagnostic) };
        (diagnostic.help(format!("did you mean `{near}`?")), format!("{base}/{near}"))
    } else {
        return None;
    };
    Some(edits::replace_scalar(context.tree, node, &mended).into_iter().fold(diagnostic, Diagnostic::fix))
}

fn instance_of_error(context: &CheckContext<'_>, node: NodeId) -> Option<Diagnostic> {
    let text = context.text(node);
    if text.is_empty() || expression::unwrap(text).is_some() || resolves(context, text) {
        return None;
    }
    let message = if text.starts_with('/') {
        format!("`{text}` points at nothing in this workflow")
    } else {
        format!("`{text}` is not a JSON pointer: it does not begin with `/`")
    };
    let diagnostic = Diagnostic::warning(codes::ERROR_INSTANCE, context.tree.span(node), message);
    let last = text.rsplit('/').next().unwrap_or("");
    let task = context.lists().all.iter().flat_map(|list| &list.tasks).find(|task| task.name == last);
    let Some(task) = task else {
        return Some(diagnostic.help("an instance looks like `/do/0/getPet`: the index in the list comes before the name"));
    };
    let meant = pointer(context, task.site);
    let diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
    Some(edits::replace_scalar(context.tree, node, &meant).into_iter().fold(diagnostic, Diagnostic::fix))
}

fn resolves(context: &CheckContext<'_>, pointer: &str) -> bool {
    let Some(rest) = pointer.strip_prefix('/') else { return false };
    let mut at = context.tree.root();
    for token in rest.split('/') {
        let token = token.replace("~1", "/").replace("~0", "~");
        at = at.and_then(|node| match token.parse::<usize>() {
            Ok(index) if !context.tree.items(node).is_empty() => context.tree.items(node).get(index).copied(),
            _ => context.tree.get(node, &token),
        });
    }
    at.is_some()
}

/// Where a site stands, as a JSON pointer.
fn pointer(context: &CheckContext<'_>, index: usize) -> String {
    let mut tokens = Vec::new();
    for at in context.around(index) {
        let site = context.site(at);
        if let Some(name) = site.name(context.tree) {
            tokens.push(name.replace('~', "~0").replace('/', "~1"));
        } else if let Some(list) = context.sites.parent(site) {
            let place = context.tree.items(list.node).iter().position(|item| *item == site.node);
            tokens.push(place.unwrap_or(0).to_string());
        }
    }
    tokens.iter().rev().fold(String::new(), |pointer, token| pointer + "/" + token)
}
