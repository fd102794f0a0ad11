//! Mending files: the changes that findings bring along, made until none is left.

use std::{io::Write as _, path::Path};

use flowdbg_lang::{diagnostic::mended, text::Source};
use flowdbg_server::project::Projects;
use similar::TextDiff;

use super::files::File;

/// A change can bring out a finding that can be mended in turn, but not without end.
const MAX_ROUNDS: usize = 10;

/// A text with what could be mended.
pub(super) struct Fixed {
    pub(super) text: String,
    /// How many changes were made.
    pub(super) count: usize,
}

/// Makes all changes that findings in a text bring along. A round that leaves more errors than it
/// found is not kept.
pub(super) fn mend(projects: &Projects, file: &File) -> Fixed {
    let mut fixed = Fixed { text: file.source.text().to_owned(), count: 0 };
    let mut checked = projects.check(&file.path, file.source.clone());
    for _ in 0..MAX_ROUNDS {
        let (text, count) = mended(&fixed.text, checked.analysis.diagnostics.iter().filter_map(|found| found.fix.as_ref()));
        if count == 0 {
            break;
        }
        let next = projects.check(&file.path, Source::new(file.source.path(), text.as_str()));
        if errors(&next) > errors(&checked) {
            break;
        }
        fixed = Fixed { text, count: fixed.count + count };
        checked = next;
    }
    fixed
}

fn errors(checked: &flowdbg_server::project::Checked) -> usize {
    checked.analysis.diagnostics.iter().filter(|found| found.severity == flowdbg_lang::diagnostic::Severity::Error).count()
}

/// Writes the text in the place of the file's: whole or not at all.
pub(super) fn save(file: &File, text: &str) -> Result<(), String> {
    if file.is_stdin() {
        crate::term::out_raw(text);
        return Ok(());
    }
    // A link stays a link: what it leads to is replaced.
    let path = file.path.canonicalize().map_err(|error| error.to_string())?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    let write = || {
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        new.write_all(text.as_bytes())?;
        new.as_file().set_permissions(path.metadata()?.permissions())?;
        new.persist(&path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error: std::io::Error| error.to_string())
}

/// The change as a unified diff.
pub(super) fn diff(shown: &str, old: &str, new: &str) -> String {
    TextDiff::from_lines(old, new).unified_diff().context_radius(3).header(&format!("a/{shown}"), &format!("b/{shown}")).to_string()
}
