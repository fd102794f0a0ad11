//! Texts as a person sees them: lines with numbers, an arrow, marks of breakpoints.

use std::{collections::HashMap, fmt::Write as _, path::Path, sync::Arc};

use flowdbg_lang::text::Source;
use flowdbg_server::load;

/// The texts of the workflow and of its sub-workflows.
pub(super) struct Sources(HashMap<String, Option<Arc<Source>>>);

impl Sources {
    pub(super) fn new(main: &Arc<Source>) -> Self {
        Self(HashMap::from([(main.path().to_owned(), Some(main.clone()))]))
    }

    /// The text of a file, if it can be read.
    pub(super) fn get(&mut self, path: &str) -> Option<Arc<Source>> {
        let read = || load::read_text(Path::new(path)).ok().map(|text| Source::new(path, text));
        self.0.entry(path.to_owned()).or_insert_with(read).clone()
    }
}

/// Lines around one, each counted from 1. `arrow` is where the execution stands.
pub(super) fn lines(source: &Source, around: u32, before: u32, after: u32, arrow: Option<u32>, breakpoints: &[u32]) -> String {
    let last = source.line_count();
    let around = around.clamp(1, last);
    let (from, to) = (around.saturating_sub(before).max(1), around.saturating_add(after).min(last));
    let width = to.to_string().len();
    let mut text = String::new();
    for line in from..=to {
        let here = if arrow == Some(line) { "->" } else { "  " };
        let mark = if breakpoints.contains(&line) { '*' } else { ' ' };
        let content = source.slice(source.line_span(line - 1));
        let _ = writeln!(text, "{}", format!("{here}{mark}{line:>width$} | {content}").trim_end());
    }
    text.truncate(text.trim_end_matches('\n').len());
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn lines_are_shown_around_the_stop() {
        let source = flowdbg_lang::text::Source::new("a", "one\ntwo\n\nfour\nfive");
        assert_eq!(super::lines(&source, 3, 1, 1, Some(3), &[2]), "  *2 | two\n-> 3 |\n   4 | four");
        assert_eq!(super::lines(&source, 99, 1, 1, None, &[]), "   4 | four\n   5 | five");
    }
}
