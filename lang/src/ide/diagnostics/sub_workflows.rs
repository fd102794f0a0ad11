//! Sub-workflows that are not in the workspace, where that is known.

use crate::{
    codes,
    diagnostic::Diagnostic,
    expression,
    ide::diagnostics::{Check, CheckContext, edits, one_of},
    suggest,
};

pub(super) const CHECK: Check = Check { codes: &[codes::UNKNOWN_WORKFLOW], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    let Some(workflows) = context.surroundings.workflows else { return };
    let tree = context.tree;
    for (_, site) in context.objects_called("sub-workflow") {
        let node = |key: &str| tree.get(site.node, key).filter(|node| expression::unwrap(context.text(*node)).is_none());
        let (Some(namespace), Some(name), Some(version)) = (node("namespace"), node("name"), node("version")) else { continue };
        let (in_namespace, called) = (context.text(namespace), context.text(name));
        let same_space = || workflows.iter().filter(|workflow| workflow.namespace == in_namespace);
        let versions: Vec<&str> = same_space().filter(|workflow| workflow.name == called).map(|workflow| &*workflow.version).collect();
        let warning = |node, message: String| Diagnostic::warning(codes::UNKNOWN_WORKFLOW, tree.span(node), message);
        if !versions.is_empty() {
            let wanted = context.text(version);
            if wanted != "latest" && !versions.contains(&wanted) {
                let message = format!("the workflow `{in_namespace}/{called}` has no version `{wanted}` here");
                let diagnostic =
                    warning(version, message).help(format!("there is {}", one_of(versions.iter().copied()).replace(" or ", " and ")));
                let only = if let [only] = versions.as_slice() { edits::replace_scalar(tree, version, only) } else { None };
                found.push(only.into_iter().fold(diagnostic, Diagnostic::fix));
            }
        } else if same_space().next().is_some() {
            let diagnostic = warning(name, format!("no workflow `{called}` of the namespace `{in_namespace}` is in the workspace"));
            found.push(match suggest::closest(called, same_space().map(|workflow| &*workflow.name)) {
                Some(near) => {
                    let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                    edits::replace_scalar(tree, name, near).into_iter().fold(diagnostic, Diagnostic::fix)
                }
                None => diagnostic,
            });
        } else {
            let diagnostic = warning(namespace, format!("no workflow of the namespace `{in_namespace}` is in the workspace"));
            found.push(match suggest::closest(in_namespace, workflows.iter().map(|workflow| &*workflow.namespace)) {
                Some(near) => {
                    let diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
                    edits::replace_scalar(tree, namespace, near).into_iter().fold(diagnostic, Diagnostic::fix)
                }
                None => diagnostic,
            });
        }
    }
}
