//! What the tests of the language front end share.

#[path = "../shared/files.rs"]
mod shared_files;
#[path = "../shared/marks.rs"]
mod shared_marks;

use std::sync::Arc;

use flowdbg_lang::{analysis::Analysis, codes, diagnostic::Diagnostic, marked::Fixture, text::Source, tree::Tree};

pub(crate) use self::shared_files::{files, say, specification, workflows_of_feature};
use self::shared_marks::compare;

/// Reads and checks a text.
pub(crate) fn check(path: &str, text: &str) -> (Arc<Tree>, Vec<Diagnostic>) {
    let analysis = Analysis::of(Source::new(path, text));
    (analysis.tree, analysis.diagnostics)
}

/// A diagnostic in one line, with the text that it blames.
pub(crate) fn line(tree: &Tree, diagnostic: &Diagnostic) -> String {
    let source = tree.source();
    let at = source.position(diagnostic.span.start);
    let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
    format!(
        "{}:{}:{} {:?}[{}] `{}` {}{help}",
        source.path(),
        at.line + 1,
        at.character + 1,
        diagnostic.severity,
        diagnostic.code,
        source.slice(diagnostic.span),
        diagnostic.message
    )
}

/// Checks a fixture against the diagnostics that its marks expect: all of them, and no others. What
/// this version cannot run yet counts only where a mark says so: it changes as the engine grows.
#[track_caller]
pub(crate) fn check_fixture(fixture: &str) {
    let fixture = Fixture::parse(fixture).unwrap();
    let file = fixture.single().unwrap();
    let (_, found) = check("fixture.yaml", &file.text);
    let of_support = file.marks.iter().any(|mark| mark.code.as_deref() == Some(codes::NOT_SUPPORTED));
    let found: Vec<_> = found.iter().filter(|found| of_support || found.code != codes::NOT_SUPPORTED).collect();
    compare(file, &found, said);
}

/// The whole of what a diagnostic says.
fn said(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!(" — {help}"));
    format!("{}{help}", diagnostic.message)
}

/// The head of a workflow, so that fixtures show what they are about.
pub(crate) const HEAD: &str = "document: { dsl: '1.0.3', namespace: tests, name: fixture, version: '0.1.0' }\n";

/// Checks a fixture that is the rest of a workflow after its `document`.
#[track_caller]
pub(crate) fn check_tasks(fixture: &str) {
    check_fixture(&format!("{HEAD}{}", fixture.strip_prefix('\n').unwrap_or(fixture)));
}
