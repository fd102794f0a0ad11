//! `$output` in `output.as`: the specification does not define it there, though runtimes do.

use crate::{
    codes,
    diagnostic::Diagnostic,
    ide::diagnostics::{Check, CheckContext},
    lower::scope::Site,
};

pub(super) const CHECK: Check = Check { codes: &[codes::OUTPUT_OF_OUTPUT], run: check };

fn check(context: &CheckContext<'_>, found: &mut Vec<Diagnostic>) {
    for placed in context.placed().iter().filter(|placed| placed.place == Site::Output) {
        for reading in placed.expression.facts().readings.iter().filter(|reading| reading.is_of("$output")) {
            let message = "the specification gives `output.as` no `$output`: the raw output is `.`";
            let diagnostic = Diagnostic::hint(codes::OUTPUT_OF_OUTPUT, placed.span(context, &reading.range), message);
            found.push(diagnostic.help("write `.`; some runtimes know `$output` here, others do not"));
        }
    }
}
