//! What these tests share.

#[path = "../shared/files.rs"]
mod shared_files;
#[path = "../shared/marks.rs"]
mod shared_marks;

use std::sync::Arc;

use flowdbg_lang::{
    analysis::Analysis,
    codes,
    diagnostic::{Diagnostic, Severity},
    expression::Expression,
    ide::diagnostics::data_flow,
    marked::Fixture,
    model::{TaskId, Workflow},
    text::Source,
    types::{self, Types},
};

pub(crate) use self::shared_files::{files, specification, workflows_of_feature};
use self::shared_marks::compare;

/// The head of a workflow, so that fixtures show what they are about.
pub(crate) const HEAD: &str = "document: { dsl: '1.0.3', namespace: tests, name: fixture, version: '0.1.0' }\n";

/// A workflow without its head, with its types.
pub(crate) fn infer(rest: &str) -> (Arc<Workflow>, Types) {
    let text = format!("{HEAD}{}", rest.strip_prefix('\n').unwrap_or(rest));
    let analysis = Analysis::of(Source::new("fixture.yaml", text));
    let errors: Vec<_> =
        analysis.diagnostics.iter().filter(|found| !found.code.starts_with("OW04") && found.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let workflow = analysis.workflow.unwrap();
    let types = types::infer(&workflow);
    (workflow, types)
}

/// The task with this name.
pub(crate) fn task(workflow: &Workflow, name: &str) -> TaskId {
    workflow.tasks.iter().find(|task| &*task.name == name).unwrap_or_else(|| panic!("no task `{name}`")).id
}

/// The expression with this text.
pub(crate) fn expression<'w>(workflow: &'w Workflow, text: &str) -> &'w Arc<Expression> {
    let placed = workflow.expressions.iter().find(|placed| placed.expression.text() == text);
    &placed.unwrap_or_else(|| panic!("no expression `{text}`")).expression
}

/// The type of the output of each named task.
#[track_caller]
pub(crate) fn outputs(rest: &str, expected: &[(&str, &str)]) {
    let (workflow, types) = infer(rest);
    let found: Vec<(&str, String)> = expected.iter().map(|(name, _)| (*name, types.output_of(task(&workflow, name)).to_string())).collect();
    let expected: Vec<(&str, String)> = expected.iter().map(|(name, ty)| (*name, (*ty).to_owned())).collect();
    assert_eq!(found, expected);
}

/// What an expression makes of an input with a schema (YAML flow style), with what is said.
pub(crate) fn value(schema: &str, program: &str) -> String {
    let program = program.replace('\'', "''");
    let (workflow, types) = infer(&format!("input: {{ schema: {{ document: {schema} }} }}\ndo:\n  - it: {{ set: '${{ {program} }}' }}\n"));
    types.output_of(task(&workflow, "it")).to_string()
}

/// The findings about data in a text.
pub(crate) fn findings(path: &str, text: &str) -> (Analysis, Vec<Diagnostic>) {
    let analysis = Analysis::of(Source::new(path, text));
    // That a list has no members is also said by a check of its own, which then comes first.
    let of_data = |found: &&Diagnostic| data_flow::CODES.contains(&found.code) || found.code == codes::MEMBER_OF_LIST;
    let found = analysis.diagnostics.iter().filter(of_data).cloned().collect();
    (analysis, found)
}

/// Checks a fixture, the rest of a workflow after its head, against the findings about data that its
/// marks expect: all of them, and no others.
#[track_caller]
pub(crate) fn check(fixture: &str) {
    let fixture = Fixture::parse(&format!("{HEAD}{}", fixture.strip_prefix('\n').unwrap_or(fixture))).unwrap();
    let file = fixture.single().unwrap();
    let (_, found) = findings("fixture.yaml", &file.text);
    let said = |found: &Diagnostic| {
        let help = found.help.as_ref().map_or_else(String::new, |help| format!(" — {help}"));
        let related: String = found
            .related
            .iter()
            .map(|(span, label)| {
                let line = file.text[..span.start as usize].matches('\n').count();
                format!(" (line {line}: {label})")
            })
            .collect();
        format!("{}{help}{related}", found.message)
    };
    compare(file, &found.iter().collect::<Vec<_>>(), said);
}
