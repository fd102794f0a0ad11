//! Findings against the marks of a fixture.

use flowdbg_lang::{
    diagnostic::{Diagnostic, Severity},
    marked::{File, draw, on_first_line},
};

/// Checks findings against what the marks of a file expect: all of them, and no others. `said` is
/// the whole of what a finding says; a mark names a part of it.
#[track_caller]
pub(crate) fn compare(file: &File, found: &[&Diagnostic], said: impl Fn(&Diagnostic) -> String) {
    let mut unexpected = found.to_vec();
    let mut missing = Vec::new();
    for mark in &file.marks {
        let fits = |found: &&Diagnostic| {
            Some(found.severity) == mark.severity()
                && mark.code.as_deref() == Some(found.code)
                && on_first_line(&file.text, found.span) == mark.span
                && said(found).contains(&mark.text)
        };
        match unexpected.iter().position(fits) {
            Some(at) => drop(unexpected.remove(at)),
            None => missing.push(mark),
        }
    }
    if !missing.is_empty() || !unexpected.is_empty() {
        let word = |found: &Diagnostic| match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "info",
            Severity::Hint => "hint",
        };
        let drawn = |found: &&Diagnostic| (found.span, format!("{}[{}] {}", word(found), found.code, said(found)));
        panic!("missing: {missing:#?}\nfound:\n{}", draw(&file.text, &found.iter().map(drawn).collect::<Vec<_>>()));
    }
}
