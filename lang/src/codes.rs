//! The stable codes of all diagnostics, each with one sentence that says what it means.
//!
//! The hundreds tell the layer: 00 reading, 01 shape, 02 meaning, 03 expressions, 09 what this
//! version cannot do yet.

/// A code with its meaning.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Such as `OW0101`.
    pub code: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*
        /// Every code.
        pub const ALL: &[Code] = &[$(Code { code: $code, meaning: $meaning }),*];
    };
}

codes! {
    SYNTAX = "OW0001", "The text is not valid YAML (or JSON).";
    DUPLICATE_KEY = "OW0002", "A mapping has the same key twice.";
    DOCUMENTS = "OW0003", "A file holds more than one YAML document, or none.";
    TOO_LARGE = "OW0004", "The text is too large or too deeply nested to be a workflow.";
    TAB = "OW0005", "A tab is used for indentation, which YAML forbids.";
    UNKNOWN_KEY = "OW0101", "A property is not known at this place.";
    MISSING_KEY = "OW0102", "A required property is missing.";
    WRONG_TYPE = "OW0103", "A value has the wrong type.";
    WRONG_VALUE = "OW0104", "A value is not one of those allowed, or not in the right form.";
    TWO_KINDS = "OW0105", "A task is of two kinds at once.";
    NO_KIND = "OW0106", "A task has no kind.";
    ONE_KEY = "OW0107", "An entry of a task list must have exactly one key, its name.";
    EXCLUSIVE_KEYS = "OW0108", "Properties are given together that exclude each other.";
    NOT_A_WORKFLOW = "OW0109", "The file is not a workflow.";
    UNKNOWN_TARGET = "OW0201", "A `then` names a task that is not in the same list.";
    DUPLICATE_TASK = "OW0202", "Two tasks of a list have the same name.";
    UNKNOWN_COMPONENT = "OW0203", "A name is not defined under `use`.";
    EXPRESSION_SYNTAX = "OW0301", "A runtime expression does not compile.";
    UNKNOWN_VARIABLE = "OW0302", "A runtime expression uses a variable that does not exist here.";
    UNKNOWN_FUNCTION = "OW0303", "A runtime expression calls a function that does not exist.";
    NOT_SUPPORTED = "OW0901", "Valid Open Workflow DSL that this version cannot run yet.";
}
