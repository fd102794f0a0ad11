//! Writing mended files, and showing what would be written.

use std::{io::Write as _, path::Path};

use similar::TextDiff;

use super::files::File;

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
