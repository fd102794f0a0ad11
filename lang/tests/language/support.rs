//! What the tests of the language front end share.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use flowdbg_lang::{
    analysis::Analysis,
    codes,
    diagnostic::{Diagnostic, Severity},
    marked::{Fixture, draw, on_first_line},
    text::Source,
    tree::Tree,
};

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

/// The folder with the specification's data, if the environment names it.
pub(crate) fn specification() -> Option<PathBuf> {
    let folder = std::env::var_os("FLOWDBG_SPEC").map(PathBuf::from);
    if folder.is_none() {
        say("SKIPPED: FLOWDBG_SPEC does not name the folder with the specification's schema, examples and conformance kit");
    }
    folder
}

/// Says something to whoever runs the tests. Not by a macro: the test harness would hide it.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The files of a folder and its sub-folders whose names end so, in their order.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The workflows of a conformance feature: its doc strings that declare a document.
pub(crate) fn workflows_of_feature(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<(usize, String)> = None;
    for line in text.lines() {
        let trimmed = line.trim_start();
        match (&mut block, trimmed.starts_with("\"\"\"")) {
            (None, true) => block = Some((line.len() - trimmed.len(), String::new())),
            (Some(_), true) => found.extend(block.take().map(|(_, text)| text)),
            (Some((indent, text)), false) => {
                text.push_str(line.get(*indent..).unwrap_or(trimmed));
                text.push('\n');
            }
            (None, false) => {}
        }
    }
    found.retain(|text| text.lines().any(|line| line.starts_with("document:")));
    found
}

/// Checks a fixture against the diagnostics that its marks expect: all of them, and no others. What
/// this version cannot run yet counts only where a mark says so: it changes as the engine grows.
#[track_caller]
pub(crate) fn check_fixture(fixture: &str) {
    let fixture = Fixture::parse(fixture).unwrap();
    let file = fixture.single().unwrap();
    let (_, found) = check("fixture.yaml", &file.text);
    let of_support = file.marks.iter().any(|mark| mark.code.as_deref() == Some(codes::NOT_SUPPORTED));
    let mut unexpected: Vec<_> = found.iter().filter(|found| of_support || found.code != codes::NOT_SUPPORTED).collect();
    let mut missing = Vec::new();
    for mark in &file.marks {
        let fits = |diagnostic: &&Diagnostic| {
            Some(diagnostic.severity) == mark.severity()
                && mark.code.as_deref() == Some(diagnostic.code)
                && on_first_line(&file.text, diagnostic.span) == mark.span
                && said(diagnostic).contains(&mark.text)
        };
        match unexpected.iter().position(fits) {
            Some(at) => {
                unexpected.remove(at);
            }
            None => missing.push(mark),
        }
    }
    if !missing.is_empty() || !unexpected.is_empty() {
        let marks: Vec<_> = found.iter().map(|diagnostic| (diagnostic.span, drawn(diagnostic))).collect();
        panic!("missing: {missing:#?}\nfound:\n{}", draw(&file.text, &marks));
    }
}

/// The whole of what a diagnostic says.
fn said(diagnostic: &Diagnostic) -> String {
    let help = diagnostic.help.as_ref().map_or_else(String::new, |help| format!(" — {help}"));
    format!("{}{help}", diagnostic.message)
}

fn drawn(diagnostic: &Diagnostic) -> String {
    let word = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information => "info",
        Severity::Hint => "hint",
    };
    format!("{word}[{}] {}", diagnostic.code, said(diagnostic))
}

/// The head of a workflow, so that fixtures show what they are about.
pub(crate) const HEAD: &str = "document: { dsl: '1.0.3', namespace: tests, name: fixture, version: '0.1.0' }\n";

/// Checks a fixture that is the rest of a workflow after its `document`.
#[track_caller]
pub(crate) fn check_tasks(fixture: &str) {
    check_fixture(&format!("{HEAD}{}", fixture.strip_prefix('\n').unwrap_or(fixture)));
}
