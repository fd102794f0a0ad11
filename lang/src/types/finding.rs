//! What is wrong with an expression, before it is a diagnostic.

use super::origin::Origin;

/// Something that must go wrong, at a stretch of a program's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Whether jq raises an error; otherwise the value can only be null.
    pub raises: bool,
    /// Whether it happens each time the task is reached, with every conforming runtime.
    pub sure: bool,
    /// First byte and the byte after the last, in the program's text.
    pub range: (usize, usize),
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// Where the value comes from.
    pub related: Option<Origin>,
}
