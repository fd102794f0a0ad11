//! Runtime expressions that do not compile, or use what does not exist where they stand.
//!
//! Unlike the other checks this one looks at the model, which knows each expression's variables.

use crate::{
    codes,
    diagnostic::Diagnostic,
    expression::{Problem, ProblemKind},
    model::{PlacedExpression, Workflow},
    read,
    text::Span,
    tree::Tree,
};

/// The codes that these checks may report.
pub const CODES: &[&str] = &[codes::EXPRESSION_SYNTAX, codes::UNKNOWN_VARIABLE, codes::UNKNOWN_FUNCTION];

/// What is wrong with a workflow's expressions, each thing at its place inside the scalar.
#[must_use]
pub fn expressions(workflow: &Workflow) -> Vec<Diagnostic> {
    let tree = &*workflow.tree;
    if !is_jq(tree) {
        return Vec::new();
    }
    let problems = workflow.expressions.iter().flat_map(|placed| placed.expression.problems().iter().map(move |problem| (placed, problem)));
    let mut found: Vec<Diagnostic> = problems.map(|(placed, problem)| diagnostic(tree, placed, problem)).collect();
    super::sort(&mut found);
    found
}

/// Whether the workflow's expressions are jq; another language is reported as not supported.
fn is_jq(tree: &Tree) -> bool {
    let language = tree.root().and_then(|root| tree.get(root, "evaluate")).and_then(|evaluate| tree.get(evaluate, "language"));
    language.and_then(|language| tree.text(language)).is_none_or(|language| &**language == "jq")
}

fn diagnostic(tree: &Tree, placed: &PlacedExpression, problem: &Problem) -> Diagnostic {
    let (code, message) = match problem.kind {
        ProblemKind::Syntax if problem.message.starts_with("expected") => {
            (codes::EXPRESSION_SYNTAX, format!("this is not valid jq: {}", problem.message))
        }
        ProblemKind::Syntax => (codes::EXPRESSION_SYNTAX, problem.message.clone()),
        ProblemKind::Variable => (codes::UNKNOWN_VARIABLE, problem.message.clone()),
        ProblemKind::Function => (codes::UNKNOWN_FUNCTION, problem.message.clone()),
    };
    let diagnostic = Diagnostic::error(code, span(tree, placed, problem), message);
    match &problem.help {
        Some(help) => diagnostic.help(help.clone()),
        None => diagnostic,
    }
}

/// The bytes of the file that are to blame: at least one character, without white space at the end;
/// all of an empty expression.
fn span(tree: &Tree, placed: &PlacedExpression, problem: &Problem) -> Span {
    if placed.expression.text().trim().is_empty() {
        return tree.span(placed.node);
    }
    let at = |offset: usize| read::source_offset(tree, placed.node, placed.offset + offset);
    let (start, end) = (at(problem.start) as usize, at(problem.end) as usize);
    let span = Span::new(start, end);
    let kept = tree.source().slice(span).trim_end().len();
    if kept > 0 {
        return Span::new(start, start + kept);
    }
    let next = tree.source().text().get(start..).and_then(|rest| rest.chars().next());
    Span::new(start, start + next.map_or(0, char::len_utf8))
}
