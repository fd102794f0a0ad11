//! The texts of workflows in documents: each with its path and a digest, so that it is noticed
//! when another text is given for it.

use std::{fmt::Write as _, sync::Arc};

use flowdbg_lang::{
    analysis::Analysis,
    text::Source,
    value::{self, Value},
};
use sha2::{Digest as _, Sha256};

use super::{Wrong, option, part, plain, truth};
use crate::program::Program;

/// The text of a workflow, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The path of its file.
    pub path: String,
    /// The text itself.
    pub text: String,
    /// `sha256:` and the digest of the text.
    pub digest: String,
    /// Whether it is the text of a function, which is one task.
    pub is_function: bool,
}

/// Makes a program of a text that was written down. [`from_text`] does; another may take the file
/// of today, and is told if that is not the same.
pub type Load<'a> = &'a mut dyn FnMut(&Text) -> Result<Arc<Program>, String>;

/// Makes a program of a text that was written down, as it is.
///
/// # Errors
/// The checks of this version find a mistake in it.
pub fn from_text(text: &Text) -> Result<Arc<Program>, String> {
    let source = Source::new(text.path.as_str(), text.text.as_str());
    let analysis = if text.is_function { Analysis::of_function(source) } else { Analysis::of(source) };
    match analysis.runnable() {
        Some(workflow) => Ok(Program::new(workflow.clone())),
        None => {
            let lines = analysis.diagnostics.iter().map(|found| {
                let at = analysis.source.position(found.span.start);
                format!("{}:{}:{}: [{}] {}", text.path, at.line + 1, at.character + 1, found.code, found.message)
            });
            Err(lines.collect::<Vec<_>>().join("; "))
        }
    }
}

pub(crate) fn digest(text: &str) -> String {
    digest_of(text.as_bytes())
}

pub(super) fn digest_of(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold("sha256:".to_owned(), |mut all, byte| {
        let _ = write!(all, "{byte:02x}");
        all
    })
}

pub(crate) fn write(program: &Program) -> Vec<(&'static str, Value)> {
    let source = &program.workflow.source;
    let mut members = vec![
        ("path", value::string(source.path())),
        ("digest", value::string(digest(source.text()))),
        ("text", value::string(source.text())),
    ];
    if program.workflow.function.is_some() {
        members.push(("function", Value::Bool(true)));
    }
    members
}

pub(crate) fn read(document: &Value, load: Load<'_>) -> Result<Arc<Program>, Wrong> {
    read_as(document, "text", load)
}

/// The same where the text stands in another member.
pub(crate) fn read_as(document: &Value, member: &str, load: Load<'_>) -> Result<Arc<Program>, Wrong> {
    let text = Text {
        path: part(document, "path", plain)?,
        text: part(document, member, plain)?,
        digest: part(document, "digest", plain)?,
        is_function: option(document, "function", truth)?.unwrap_or(false),
    };
    if digest(&text.text) != text.digest {
        return Err(Wrong::new(format!("the text of {} does not have the digest that was written down: it has been changed", text.path)));
    }
    let program = load(&text).map_err(|why| Wrong::new(format!("the workflow {} cannot be made ready again: {why}", text.path)))?;
    let source = &program.workflow.source;
    if source.text() != text.text {
        let line = 1 + text.text.lines().zip(source.text().lines()).take_while(|(old, new)| old == new).count();
        return Err(Wrong::new(format!("the workflow {} is not the one that was written down: it differs from line {line} on", text.path)));
    }
    Ok(program)
}
