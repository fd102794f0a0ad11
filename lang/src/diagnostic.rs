//! What a check has to say: plain data with a stable code and an exact span.

use crate::text::Span;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A conforming runtime must refuse or fail this.
    Error,
    /// Likely a mistake.
    Warning,
    /// A remark.
    Information,
    /// A suggestion.
    Hint,
}

/// One finding about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, such as `OW0101`; see [`crate::codes`].
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The text that is to blame.
    pub span: Span,
    /// What is wrong, in one sentence.
    pub message: String,
    /// How to mend it, if there is something to add.
    pub help: Option<String>,
    /// Other places that explain it.
    pub related: Vec<(Span, String)>,
    /// A change of the text that mends it, if that is mechanical.
    pub fix: Option<Fix>,
}

/// A change of the text that mends what a diagnostic found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as an editor offers it: `Change to `endpoint``.
    pub title: String,
    /// The parts of the text that are replaced, in their order; they do not overlap.
    pub edits: Vec<Edit>,
}

/// A part of the text and what takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that are replaced; none, to insert.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Fix {
    /// Puts a text in the place of another.
    #[must_use]
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { title: format!("Change to `{text}`"), edits: vec![Edit { span, text }] }
    }

    /// Takes a part of the text away.
    #[must_use]
    pub fn remove(span: Span, what: &str) -> Self {
        Self { title: format!("Remove {what}"), edits: vec![Edit { span, text: String::new() }] }
    }

    /// Adds a text at a place.
    #[must_use]
    pub fn insert(at: usize, text: impl Into<String>, title: impl Into<String>) -> Self {
        Self { title: title.into(), edits: vec![Edit { span: Span::empty(at), text: text.into() }] }
    }

    /// Gives it another title.
    #[must_use]
    pub fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }
}

impl Diagnostic {
    /// An error with this code.
    #[must_use]
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, span, message: message.into(), help: None, related: Vec::new(), fix: None }
    }

    /// A warning with this code.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// A suggestion with this code.
    #[must_use]
    pub fn hint(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Hint, ..Self::error(code, span, message) }
    }

    /// Adds a change of the text that mends it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}
