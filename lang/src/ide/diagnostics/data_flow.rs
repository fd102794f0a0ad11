//! Data that cannot be what an expression or a task takes it for: types followed through the tasks.
//!
//! Unlike the other checks this one looks at the model, through which the data flows. It speaks
//! only of what goes wrong with every value that can come; a value that is not known is never
//! complained about.

use crate::{
    codes,
    diagnostic::{Diagnostic, Severity},
    model::{PlacedExpression, Workflow},
    read,
    text::Span,
    types::{self, Types, finding::Finding, origin::Origin},
};

/// The codes that this check may report.
pub const CODES: &[&str] = &[codes::ALWAYS_NULL, codes::ALWAYS_FAILS, codes::UNUSABLE_DATA];

/// What is wrong with a workflow's data, besides what was found before: what another check said
/// about the same text is not said again in other words.
pub fn check(workflow: &Workflow, found: &mut Vec<Diagnostic>) {
    let types = types::infer(workflow);
    let said: Vec<Span> = found.iter().filter(|known| !is_mild(known)).map(|known| known.span).collect();
    let new = expressions(workflow, &types).chain(tasks(&types));
    found.extend(new.filter(|new| !said.iter().any(|span| overlaps(*span, new.span))));
}

/// Whether a finding is about something else than what an expression does.
fn is_mild(known: &Diagnostic) -> bool {
    known.severity == Severity::Hint || !known.code.starts_with("OW03")
}

fn overlaps(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end
}

fn expressions<'a>(workflow: &'a Workflow, types: &'a Types) -> impl Iterator<Item = Diagnostic> + 'a {
    types.findings(workflow).map(|(placed, finding)| {
        let code = if finding.raises { codes::ALWAYS_FAILS } else { codes::ALWAYS_NULL };
        let span = span(workflow, placed, finding);
        let diagnostic = of(code, finding.raises && finding.sure, span, &finding.message);
        explained(diagnostic, finding.help.as_deref(), finding.related)
    })
}

fn tasks(types: &Types) -> impl Iterator<Item = Diagnostic> {
    types.troubles().iter().map(|trouble| {
        let diagnostic = of(codes::UNUSABLE_DATA, trouble.sure, trouble.span, &trouble.message);
        explained(diagnostic, trouble.help.as_deref(), trouble.related)
    })
}

fn of(code: &'static str, sure: bool, span: Span, message: &str) -> Diagnostic {
    if sure { Diagnostic::error(code, span, message) } else { Diagnostic::warning(code, span, message) }
}

fn explained(mut diagnostic: Diagnostic, help: Option<&str>, related: Option<Origin>) -> Diagnostic {
    if let Some(help) = help {
        diagnostic = diagnostic.help(help);
    }
    match related {
        Some(origin) => diagnostic.related(origin.span, origin.label()),
        None => diagnostic,
    }
}

/// The bytes of the file that a finding is about.
fn span(workflow: &Workflow, placed: &PlacedExpression, finding: &Finding) -> Span {
    let tree = &workflow.tree;
    let at = |offset: usize| read::source_offset(tree, placed.node, placed.offset + offset) as usize;
    let span = Span::new(at(finding.range.0), at(finding.range.1));
    let kept = tree.source().slice(span).trim_end().len();
    if kept == 0 { tree.span(placed.node) } else { Span::new(span.start as usize, span.start as usize + kept) }
}
