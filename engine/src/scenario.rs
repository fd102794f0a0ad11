//! Scenarios: what the outside answers to an execution, what happens to it meanwhile, and what is
//! expected of it. A file of its own beside the workflow, described in `docs/reference/scenario.md`.

mod answers;
mod expectations;
pub mod expected;
pub mod http;
mod mocks;
pub mod pattern;
pub mod play;
mod read;
mod verdict;

use std::{fmt, sync::Arc};

use flowdbg_lang::{
    diagnostic::Diagnostic,
    expression::Expression,
    template::Template,
    text::{Source, Span},
    value::Value,
};

use self::pattern::Pattern;
use crate::time::Timestamp;

/// When an execution begins, unless its scenario says otherwise: 2026-01-01T00:00:00Z.
pub const CLOCK: Timestamp = Timestamp(1_767_225_600_000);

/// A scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its text.
    pub source: Arc<Source>,
    /// `scenario`: what it shows.
    pub title: Option<Arc<str>>,
    /// `workflow`: the file that it is for, from its own folder.
    pub workflow: Option<(Arc<str>, Span)>,
    /// `input`
    pub input: Option<Value>,
    /// `secrets`
    pub secrets: Vec<(Arc<str>, Value)>,
    /// `clock`: when the execution begins.
    pub clock: Timestamp,
    /// `time: virtual`: waiting costs nothing.
    pub is_virtual: bool,
    /// `seed` of random choices.
    pub seed: u64,
    /// `others: real`: what no mock fits is done for real.
    pub others_are_real: bool,
    /// `mocks`
    pub mocks: Vec<Mock>,
    /// `events`
    pub events: Vec<Delivery>,
    /// `cancel.after`, in milliseconds.
    pub cancel: Option<u64>,
    /// `expect`
    pub expect: Expect,
}

/// What is answered to whom.
#[derive(Clone, Debug)]
pub struct Mock {
    /// `name`
    pub name: Option<Arc<str>>,
    /// Where it stands.
    pub span: Span,
    /// `task`: name or reference of the task that asks.
    pub task: Option<Pattern>,
    /// `kind` of the task that asks.
    pub kind: Option<Pattern>,
    /// `request`: over HTTP.
    pub request: Option<RequestMatch>,
    /// `command`: line of a process.
    pub command: Option<Pattern>,
    /// `method`: `service/method` of gRPC.
    pub method: Option<Pattern>,
    /// `channel`: address of a channel, of AsyncAPI.
    pub channel: Option<Pattern>,
    /// `workflow`: `namespace/name:version` of a sub-workflow.
    pub workflow: Option<Pattern>,
    /// `event`: attributes of an event that is published.
    pub event: Option<Template>,
    /// `when`: a condition on what is asked.
    pub when: Option<Arc<Expression>>,
    /// `answers`, one after another; at least one.
    pub answers: Vec<MockAnswer>,
    /// `last: ends`: after its last answer it fits nothing any more.
    pub ends: bool,
}

/// Which requests.
#[derive(Clone, Debug, Default)]
pub struct RequestMatch {
    /// In upper case.
    pub method: Option<String>,
    /// Without the query.
    pub url: Option<Pattern>,
    /// Parameters that must be there.
    pub query: Option<Template>,
    /// Headers that must be there, names in lower case.
    pub headers: Option<Template>,
    /// What the body must have, or a condition on it.
    pub body: Option<Template>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct MockAnswer {
    /// Where it stands.
    pub span: Span,
    /// Milliseconds.
    pub delay: u64,
    /// What it is; none: it succeeds, with nothing to say.
    pub says: Option<Says>,
    /// `events` that are delivered to the execution afterwards.
    pub events: Vec<Delivery>,
}

/// What an answer is.
#[derive(Clone, Debug)]
pub enum Says {
    /// `status`, `headers`, `body` of a response. A document is its body.
    Response {
        /// Status code.
        status: u16,
        /// Names in lower case.
        headers: Vec<(String, Template)>,
        /// A text as it is, anything else as JSON.
        body: Option<Template>,
    },
    /// `code`, `stdout`, `stderr` of a process.
    Process {
        /// Exit code.
        code: i32,
        /// Standard output.
        stdout: Option<Template>,
        /// Standard error.
        stderr: Option<Template>,
    },
    /// `output` of a sub-workflow.
    Output(Template),
    /// `messages` of a gRPC method, or of a subscription.
    Messages {
        /// In their order.
        messages: Vec<Said>,
        /// `open: true`: a subscription stays open after them.
        open: bool,
    },
    /// `error`, a text: the other side cannot be reached.
    Unreachable(Template),
    /// `error`, problem details.
    Error(Template),
    /// `real: true`: done for real.
    Real,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Said {
    /// Milliseconds after the one before.
    pub after: u64,
    /// Its payload.
    pub payload: Template,
    /// Names with values.
    pub headers: Vec<(String, Template)>,
    /// `correlationId`
    pub correlation: Option<Template>,
}

impl Says {
    /// Whether it says the same whatever is asked.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        let literal = |template: &Template| template.expressions().is_empty();
        match self {
            Self::Response { headers, body, .. } => headers.iter().map(|(_, header)| header).chain(body).all(literal),
            Self::Process { stdout, stderr, .. } => stdout.iter().chain(stderr).all(literal),
            Self::Output(template) | Self::Unreachable(template) | Self::Error(template) => literal(template),
            Self::Messages { messages, .. } => messages.iter().all(|said| {
                let headers = said.headers.iter().map(|(_, header)| header);
                headers.chain([&said.payload]).chain(&said.correlation).all(literal)
            }),
            Self::Real => false,
        }
    }
}

/// An event for the execution.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Milliseconds after the beginning, or after what caused it.
    pub after: u64,
    /// Its attributes.
    pub event: Template,
}

/// What is expected of an execution.
#[derive(Clone, Debug, Default)]
pub struct Expect {
    /// How it ends.
    pub ending: Option<(Ending, Span)>,
    /// `tasks`: those whose bodies begin, in their order, all of them.
    pub tasks: Option<(Vec<Pattern>, Span)>,
    /// `ran`: tasks that run, in any order.
    pub ran: Vec<(Pattern, Span)>,
    /// `neverRan`: tasks that do not run.
    pub never_ran: Vec<(Pattern, Span)>,
    /// `emitted`: events in their order, all of them.
    pub emitted: Option<(Vec<Template>, Span)>,
    /// `calls`: how often each mock is used.
    pub calls: Vec<Calls>,
}

/// How an execution ends.
#[derive(Clone, Debug)]
pub enum Ending {
    /// `output`
    Output(Template),
    /// `fault`
    Fault(Template),
    /// `cancelled: true`
    Cancelled,
}

/// How often a mock is used.
#[derive(Clone, Debug)]
pub struct Calls {
    /// Index of the mock.
    pub mock: usize,
    /// At least.
    pub least: u64,
    /// At most.
    pub most: u64,
    /// Where it stands.
    pub span: Span,
}

/// A text that is no scenario.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// The text.
    pub source: Arc<Source>,
    /// What is wrong with it, in the order of the text; at least one thing.
    pub problems: Vec<Diagnostic>,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{}: {}", place(&self.source, problem.span), problem.message)?;
            if let Some(help) = &problem.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Wrong {}

impl Scenario {
    /// Reads a text.
    ///
    /// # Errors
    /// It is wrong; says where, and how to mend it.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Wrong> {
        read::read(source).map_err(|problems| Wrong { source: source.clone(), problems })
    }

    /// A scenario without anything: whatever is asked for is refused.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            source: Source::new("scenario", ""),
            title: None,
            workflow: None,
            input: None,
            secrets: Vec::new(),
            clock: CLOCK,
            is_virtual: true,
            seed: 1,
            others_are_real: false,
            mocks: Vec::new(),
            events: Vec::new(),
            cancel: None,
            expect: Expect::default(),
        }
    }

    /// `file:line:column` of a span, as people count.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        place(&self.source, span)
    }

    /// How a mock is named to a person.
    #[must_use]
    pub fn name_of(&self, mock: usize) -> String {
        match self.mocks.get(mock) {
            Some(Mock { name: Some(name), .. }) => name.to_string(),
            Some(mock) => self.place(mock.span),
            None => String::new(),
        }
    }
}

fn place(source: &Source, span: Span) -> String {
    let at = source.position(span.start);
    format!("{}:{}:{}", source.path(), at.line + 1, at.character + 1)
}

#[cfg(test)]
mod tests;
