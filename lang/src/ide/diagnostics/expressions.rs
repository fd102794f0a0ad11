//! Expressions that do not compile, or that use what does not exist at their place.

use crate::{
    codes,
    diagnostic::{Diagnostic, Fix},
    expression::{Problem, ProblemKind},
    ide::diagnostics::{Check, CheckContext, partial, placed::Placed},
    text::Span,
};

pub(super) const CHECK: Check = Check { codes: &[codes::EXPRESSION_SYNTAX, codes::UNKNOWN_VARIABLE, codes::UNKNOWN_FUNCTION], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for placed in context.placed() {
        // Two expressions in one string are reported as such.
        if partial::is_several(placed.expression.text()) {
            continue;
        }
        found.extend(placed.expression.problems().iter().map(|problem| diagnostic(context, placed, problem)));
    }
}

fn diagnostic(context: &CheckContext<'_>, placed: &Placed, problem: &Problem) -> Diagnostic {
    let (code, message) = match problem.kind {
        ProblemKind::Syntax if problem.message.starts_with("expected") => {
            (codes::EXPRESSION_SYNTAX, format!("this is not valid jq: {}", problem.message))
        }
        ProblemKind::Syntax => (codes::EXPRESSION_SYNTAX, problem.message.clone()),
        ProblemKind::Variable => (codes::UNKNOWN_VARIABLE, problem.message.clone()),
        ProblemKind::Function => (codes::UNKNOWN_FUNCTION, problem.message.clone()),
    };
    let span = span(context, placed, problem);
    let mut diagnostic = Diagnostic::error(code, span, message);
    if let Some(help) = &problem.help {
        // "did you mean" names what to write in place of what is underlined.
        if let Some(near) = help.strip_prefix("did you mean `").and_then(|rest| rest.strip_suffix("`?"))
            && context.tree.source().slice(span) == &placed.expression.text()[problem.start..problem.end]
        {
            diagnostic = diagnostic.fix(Fix::replace(span, near));
        }
        diagnostic = diagnostic.help(help.clone());
    }
    diagnostic
}

/// The bytes of the file that are to blame: at least one character, without white space at the end;
/// all of an empty expression.
fn span(context: &CheckContext<'_>, placed: &Placed, problem: &Problem) -> Span {
    let tree = context.tree;
    if placed.expression.text().trim().is_empty() {
        return tree.span(placed.node);
    }
    let span = placed.span(context, &(problem.start..problem.end));
    let start = span.start as usize;
    let kept = tree.source().slice(span).trim_end().len();
    if kept > 0 {
        return Span::new(start, start + kept);
    }
    let next = tree.source().text().get(start..).and_then(|rest| rest.chars().next());
    Span::new(start, start + next.map_or(0, char::len_utf8))
}
