//! Errors of workflows: the specification's problem details, with where they come from.

use std::sync::Arc;

use flowdbg_lang::{
    model::TaskId,
    text::Span,
    value::{self, Value, ValueExt as _},
};

use crate::program::Program;

/// The address under which the standard error types stand (DSL 1.0.3, "Standard Error Types").
pub const TYPES: &str = "https://serverlessworkflow.io/spec/1.0.0/errors/";

/// Addresses under which runtimes and versions of the specification put the same types.
const FAMILIES: &[&str] = &[
    TYPES,
    "https://serverlessworkflow.io/dsl/errors/types/",
    "https://serverlessworkflow.io.io/dsl/errors/types/",
    "https://open-workflow-specification.org/spec/1.0.0/errors/",
    "https://open-workflow-specification.org/dsl/errors/types/",
    "https://zigflow.dev/spec/1.0.0/errors/",
];

/// A standard error type with its default status and title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The workflow or its host is set up wrongly.
    Configuration,
    /// Data does not fit its schema.
    Validation,
    /// An expression did not yield a value.
    Expression,
    /// Who asks is not known.
    Authentication,
    /// Who asks may not.
    Authorization,
    /// It took too long.
    Timeout,
    /// Another service could not be reached, or refused.
    Communication,
    /// Anything else.
    Runtime,
}

impl Kind {
    /// Every standard type.
    pub const ALL: [Self; 8] = [
        Self::Configuration,
        Self::Validation,
        Self::Expression,
        Self::Authentication,
        Self::Authorization,
        Self::Timeout,
        Self::Communication,
        Self::Runtime,
    ];

    /// The last part of its address.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The type of such a name, or under one of the addresses of such a name.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        let name = standard_name(text).unwrap_or(text);
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    fn row(self) -> (&'static str, i64, &'static str) {
        match self {
            Self::Configuration => ("configuration", 400, "Configuration error"),
            Self::Validation => ("validation", 400, "Validation error"),
            Self::Expression => ("expression", 400, "Expression error"),
            Self::Authentication => ("authentication", 401, "Authentication error"),
            Self::Authorization => ("authorization", 403, "Authorization error"),
            Self::Timeout => ("timeout", 408, "Timeout"),
            Self::Communication => ("communication", 500, "Communication error"),
            Self::Runtime => ("runtime", 500, "Runtime error"),
        }
    }
}

/// A fault on its way through an execution.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Problem details: `type`, `status`, `title`, `detail`, `instance`.
    pub error: Value,
    /// Where it was raised.
    pub origin: Option<Origin>,
}

/// Where a fault was raised.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The workflow.
    pub program: Arc<Program>,
    /// The task; none for the workflow itself.
    pub task: Option<TaskId>,
    /// The text to blame, if it is more exact than the task.
    pub span: Option<Span>,
}

impl Fault {
    /// A fault of a standard type with its default status.
    #[must_use]
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self::with_status(kind, kind.row().1, detail)
    }

    /// A fault of a standard type with another status.
    #[must_use]
    pub fn with_status(kind: Kind, status: i64, detail: impl Into<String>) -> Self {
        let (name, _, title) = kind.row();
        Self::from_error(value::object([
            ("type", value::string(format!("{TYPES}{name}"))),
            ("status", isize::try_from(status).map_or(Value::Null, Value::from)),
            ("title", value::string(title)),
            ("detail", value::string(detail)),
        ]))
    }

    /// A fault with these problem details.
    #[must_use]
    pub fn from_error(error: Value) -> Self {
        Self { error, origin: None }
    }

    /// Blames a stretch of the text. The task is filled in when it is raised.
    #[must_use]
    pub fn at(mut self, program: &Arc<Program>, span: Span) -> Self {
        self.origin = Some(Origin { program: program.clone(), task: None, span: Some(span) });
        self
    }

    /// One line for a person: `Communication error (404): no such pet`.
    #[must_use]
    pub fn summary(&self) -> String {
        summary(&self.error)
    }

    pub(crate) fn set_instance(&mut self, reference: &str) {
        let members = match &self.error {
            Value::Obj(members) => members.iter().map(|(key, member)| (key.as_text().unwrap_or_default(), member.clone())).collect(),
            _ => Vec::new(),
        };
        let kept = members.into_iter().filter(|(key, _)| key != "instance");
        self.error = value::object(kept.chain([("instance".to_owned(), value::string(reference))]));
    }
}

/// One line for a person about problem details.
#[must_use]
pub fn summary(error: &Value) -> String {
    let text = |key| error.member(key).and_then(Value::as_text);
    let title = text("title").or_else(|| text("type")).unwrap_or_else(|| "error".to_owned());
    let status = error.member("status").and_then(Value::as_i64).map(|status| format!(" ({status})")).unwrap_or_default();
    let detail = text("detail").map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("{title}{status}{detail}")
}

/// Whether two error types mean the same: equal, or the same standard type under the addresses
/// that specification, conformance kit and runtimes have used for it.
#[must_use]
pub fn same_type(a: &str, b: &str) -> bool {
    a == b || standard_name(a).is_some_and(|name| standard_name(b) == Some(name))
}

fn standard_name(address: &str) -> Option<&str> {
    let address = address.trim_end_matches('/');
    FAMILIES.iter().find_map(|family| address.strip_prefix(family))
}

#[cfg(test)]
mod tests {
    use super::same_type;

    #[test]
    fn standard_types_match_across_their_addresses() {
        let canonical = "https://serverlessworkflow.io/spec/1.0.0/errors/communication";
        assert!(same_type(canonical, "https://serverlessworkflow.io/dsl/errors/types/communication"));
        assert!(same_type("https://open-workflow-specification.org/spec/1.0.0/errors/communication", canonical));
        assert!(!same_type(canonical, "https://serverlessworkflow.io/spec/1.0.0/errors/timeout"));
        assert!(!same_type("https://shop.example/errors/communication", canonical));
        assert!(same_type("https://shop.example/errors/x", "https://shop.example/errors/x"));
    }
}
