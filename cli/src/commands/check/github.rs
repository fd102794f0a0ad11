//! Findings as workflow commands of GitHub Actions, which shows them beside the changed lines.

use flowdbg_lang::{
    diagnostic::{Diagnostic, Severity},
    text::Source,
};

use super::Report;
use crate::term;

pub(super) fn show(report: &Report, quiet: bool) {
    for bad in &report.bad_settings {
        bad.found.iter().for_each(|found| term::out(&command(bad.source.path(), &bad.source, found)));
    }
    for (file, checked) in &report.files {
        for found in &checked.analysis.diagnostics {
            if found.severity == Severity::Error || !quiet {
                term::out(&command(&file.shown, &file.source, found));
            }
        }
    }
}

fn command(path: &str, source: &Source, found: &Diagnostic) -> String {
    let word = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Information | Severity::Hint => "notice",
    };
    let (start, end) = (source.position(found.span.start), source.position(found.span.end));
    let mut properties = format!("file={},line={},endLine={}", property(path), start.line + 1, end.line + 1);
    // Columns are only understood within one line.
    if start.line == end.line {
        properties.push_str(&format!(",col={},endColumn={}", start.character + 1, end.character.max(start.character + 1) + 1));
    }
    let help = found.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    format!("::{word} {properties},title={}::{}", found.code, data(&format!("{}{help}", found.message)))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use flowdbg_lang::text::Span;

    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_command_is_escaped() {
        let source = Source::new("a,b.yaml", "é: 1\nx: 2\n");
        let found = Diagnostic::warning("OW0101", Span::new(0, 2), "100% of\nthis: odd").help("mend it");
        assert_eq!(
            command("a,b:c.yaml", &source, &found),
            "::warning file=a%2Cb%3Ac.yaml,line=1,endLine=1,col=1,endColumn=2,title=OW0101::100%25 of%0Athis: odd%0Amend it"
        );
        let long = Diagnostic::error("OW0101", Span::new(0, 9), "long");
        assert_eq!(command("a.yaml", &source, &long), "::error file=a.yaml,line=1,endLine=2,title=OW0101::long");
    }
}
