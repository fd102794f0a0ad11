//! Where a type comes from, for messages: "the array is what `listen` gives, here".

use crate::text::Span;

/// Who made a value, and where in the text.
///
/// Origins explain types but are no part of them: any two are equal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    /// The text that made it; empty if there is none.
    pub span: Span,
    /// Who made it.
    pub maker: Maker,
}

/// Who made a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Maker {
    /// Nobody in particular.
    #[default]
    Unsaid,
    /// A `set`, or data written elsewhere in the workflow.
    Set,
    /// An expression.
    Expression,
    /// A schema that the data is validated against.
    Schema,
    /// `emit`.
    Emit,
    /// A call, with `output: response`.
    Response,
    /// A process.
    Process,
    /// `listen`.
    Listen,
    /// `fork`.
    Fork,
    /// A loop's variables.
    Loop,
    /// A caught error.
    Error,
    /// The runtime's own variables.
    Runtime,
    /// `$context` before anything was exported.
    Context,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Origin {
    /// An origin.
    #[must_use]
    pub fn new(span: Span, maker: Maker) -> Self {
        Self { span, maker }
    }

    /// The origin of what may come from either: the one that is less certain, else the first.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.is_firm() && !other.is_firm() { other } else { self }
    }

    /// Whether every conforming runtime makes such a value. The specification's own examples take
    /// the output of `listen` for one event, and runtimes differ about what `emit` gives and about
    /// the first `$context`.
    #[must_use]
    pub fn is_firm(self) -> bool {
        !matches!(self.maker, Maker::Listen | Maker::Emit | Maker::Context)
    }

    /// A sentence for a diagnostic's related place.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self.maker {
            Maker::Unsaid => "it comes from here",
            Maker::Set => "it is set here",
            Maker::Expression => "it is made by this expression",
            Maker::Schema => "this schema says so",
            Maker::Emit => "`emit` gives the event that it published",
            Maker::Response => "`output: response` gives the whole response",
            Maker::Process => "the process gives it",
            Maker::Listen => "`listen` gives an array of the events that it took, even of one",
            Maker::Fork => "`fork` gives an array with the output of each branch",
            Maker::Loop => "the loop gives it",
            Maker::Error => "the error is caught here",
            Maker::Runtime => "the runtime gives it",
            Maker::Context => "nothing was exported before",
        }
    }
}
