//! What a project wants of the checks: the text of `flowdbg.toml`, and comments in a workflow.
//!
//! Nothing is looked for here: whoever reads files finds the settings of a workflow and passes
//! their text on. Comments are applied in every [`Analysis`](crate::analysis::Analysis).

pub(crate) mod comments;
mod glob;
mod parse;

use std::{collections::BTreeMap, sync::Arc};

pub use self::comments::allowance;
use self::glob::Glob;
use crate::{
    codes::{self, Code},
    diagnostic::{Diagnostic, Severity},
    suggest,
    text::Source,
};

/// What the file with the settings is called.
pub const FILE_NAME: &str = "flowdbg.toml";

/// What is wanted of findings with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// They are not reported.
    Allow,
    /// They are warnings.
    Warn,
    /// They are errors.
    Deny,
}

/// The settings of one `flowdbg.toml`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    levels: BTreeMap<&'static str, Level>,
    exclude: Vec<Glob>,
}

impl Settings {
    /// Reads settings.
    ///
    /// # Errors
    /// All that is wrong with the text, in its order.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Vec<Diagnostic>> {
        parse::parse(source.text())
    }

    /// What is wanted of a code, if the settings say something about it.
    #[must_use]
    pub fn level(&self, code: &str) -> Option<Level> {
        self.levels.get(code).copied()
    }

    /// Whether a file is left out, given its path below the folder of the settings, with `/`
    /// between its parts.
    #[must_use]
    pub fn excludes(&self, path: &str) -> bool {
        self.exclude.iter().any(|glob| glob.matches(path))
    }

    /// Gives findings the severity that is wanted, and takes out those that are allowed.
    pub fn apply(&self, found: &mut Vec<Diagnostic>) -> Vec<Diagnostic> {
        if self.levels.is_empty() {
            return Vec::new();
        }
        for diagnostic in found.iter_mut() {
            match self.level(diagnostic.code) {
                Some(Level::Warn) => diagnostic.severity = Severity::Warning,
                Some(Level::Deny) => diagnostic.severity = Severity::Error,
                Some(Level::Allow) | None => {}
            }
        }
        found.extract_if(.., |diagnostic| self.level(diagnostic.code) == Some(Level::Allow)).collect()
    }
}

/// The code that a person wrote to allow it or to make it milder, or what is wrong with it.
fn milder(written: &str) -> Result<&'static Code, (String, Option<String>)> {
    let code = known(written)?;
    if code.code.starts_with("OW00") {
        let message = format!("`{}` cannot be allowed: {}", code.code, lower_first(code.meaning).trim_end_matches('.'));
        return Err((message, Some("what cannot be read cannot be checked".to_owned())));
    }
    Ok(code)
}

/// The code that a person wrote, or what is wrong with it.
fn known(written: &str) -> Result<&'static Code, (String, Option<String>)> {
    codes::find(written).ok_or_else(|| {
        let nearest = suggest::closest(written, codes::ALL.iter().map(|code| code.code));
        let help = nearest.map(|code| format!("did you mean `{code}`?"));
        (format!("`{written}` is not the code of a check"), help)
    })
}

fn lower_first(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next().map_or_else(String::new, |first| first.to_lowercase().chain(rest).collect())
}

#[cfg(test)]
mod tests;
