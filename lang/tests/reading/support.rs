//! What the tests of reading share.

use flowdbg_lang::{
    analysis::Analysis,
    codes,
    diagnostic::Diagnostic,
    read::read,
    text::Source,
    tree::{NodeId, NodeKind, Tree},
    value::ValueExt as _,
};

/// Reads a YAML text.
pub(crate) fn yaml(text: &str) -> (Tree, Vec<Diagnostic>) {
    read(&Source::new("test.yaml", text))
}

/// What a valid text stands for, as JSON.
#[track_caller]
pub(crate) fn json_of(text: &str) -> String {
    let (tree, problems) = yaml(text);
    assert_eq!(problems, Vec::new(), "{text}");
    tree.value(tree.root().unwrap()).to_json()
}

/// Each problem of reading as its code, its line from one, the text that it blames, and what it says.
pub(crate) fn said(tree: &Tree, problems: &[Diagnostic]) -> Vec<String> {
    let source = tree.source();
    let line = |problem: &Diagnostic| source.line_of(problem.span.start) + 1;
    problems
        .iter()
        .map(|problem| format!("{}@{} `{}` {}", problem.code, line(problem), source.slice(problem.span), problem.message))
        .collect()
}

/// Whether a finding is one about syntax.
pub(crate) fn is_syntax(problem: &Diagnostic) -> bool {
    [codes::SYNTAX, codes::TAB].contains(&problem.code)
}

/// The keys of the tasks in the outermost `do`.
pub(crate) fn task_names(analysis: &Analysis) -> Vec<String> {
    let tree = &analysis.tree;
    let Some(list) = tree.root().and_then(|root| tree.get(root, "do")) else { return Vec::new() };
    let entries = tree.items(list).iter().flat_map(|item| tree.entries(*item));
    entries.filter_map(|entry| Some(tree.text(entry.key)?.to_string())).collect()
}

/// A node with all that is below it: kinds, texts and spans.
pub(crate) fn drawn(tree: &Tree, node: NodeId) -> String {
    let mut out = String::new();
    draw(tree, node, 0, &mut out);
    out
}

fn draw(tree: &Tree, node: NodeId, depth: usize, out: &mut String) {
    use std::fmt::Write as _;
    let span = tree.span(node);
    // Where a value that is not written stands is a matter of taste.
    let place = if span.start == span.end { String::new() } else { format!("{}..{}", span.start, span.end) };
    match &tree.node(node).kind {
        NodeKind::Scalar(scalar) => {
            writeln!(out, "{:depth$}{place} {:?} {:?} {}", "", scalar.style, scalar.text, scalar.value.to_json()).unwrap()
        }
        NodeKind::Sequence(items) => {
            // So is where a block list begins and ends: its children tell.
            writeln!(out, "{:depth$}list", "").unwrap();
            items.iter().for_each(|item| draw(tree, *item, depth + 1, out));
        }
        NodeKind::Mapping(entries) => {
            writeln!(out, "{:depth$}{} mapping", "", span.start).unwrap();
            for entry in entries {
                draw(tree, entry.key, depth + 1, out);
                draw(tree, entry.value, depth + 2, out);
            }
        }
    }
}
