//! The stable codes of all diagnostics, each with one sentence that says what it means, and its page.
//!
//! The hundreds tell the layer: 00 reading, 01 shape, 02 meaning, 03 expressions, 04 the data that
//! flows, 05 dry runs, 08 settings and comments for the checks themselves, 09 what this version cannot do yet.

use crate::diagnostic::Severity;

/// A code with its meaning.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// Such as `OW0101`.
    pub code: &'static str,
    /// How bad its findings are; some codes have milder cases, too.
    pub severity: Severity,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// Its page of `docs/checks`, in Markdown: what it finds and why, an example that is wrong and
    /// one that is right.
    pub page: &'static str,
}

/// A code by its text, such as `OW0101`, in upper or lower case.
#[must_use]
pub fn find(code: &str) -> Option<&'static Code> {
    ALL.iter().find(|known| known.code.eq_ignore_ascii_case(code))
}

/// Whether it is found by dry runs only, not by reading the text.
#[must_use]
pub fn is_of_dry_runs(code: &str) -> bool {
    code.starts_with("OW05")
}

macro_rules! codes {
    ($($name:ident = $code:literal, $severity:ident, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*
        /// Every code.
        pub const ALL: &[Code] = &[$(Code {
            code: $code,
            severity: Severity::$severity,
            meaning: $meaning,
            page: include_str!(concat!("../../docs/checks/", $code, ".md")),
        }),*];
    };
}

codes! {
    SYNTAX = "OW0001", Error, "The text is not valid YAML (or JSON).";
    DUPLICATE_KEY = "OW0002", Error, "A mapping has the same key twice.";
    DOCUMENTS = "OW0003", Error, "A file holds more than one YAML document, or none.";
    TOO_LARGE = "OW0004", Error, "The text is too large or too deeply nested to be a workflow.";
    TAB = "OW0005", Error, "A tab is used for indentation, which YAML forbids.";
    UNKNOWN_KEY = "OW0101", Error, "A property is not known at this place.";
    MISSING_KEY = "OW0102", Error, "A required property is missing.";
    WRONG_TYPE = "OW0103", Error, "A value has the wrong type.";
    WRONG_VALUE = "OW0104", Error, "A value is not one of those allowed, or not in the right form.";
    TWO_KINDS = "OW0105", Error, "A task is of two kinds at once.";
    NO_KIND = "OW0106", Error, "A task has no kind.";
    ONE_KEY = "OW0107", Error, "An entry of a task list must have exactly one key, its name.";
    EXCLUSIVE_KEYS = "OW0108", Error, "Properties are given together that exclude each other.";
    NOT_A_WORKFLOW = "OW0109", Error, "The file is not a workflow.";
    BAD_URI = "OW0110", Error, "A URI or URI template is malformed.";
    BAD_SCHEMA = "OW0111", Error, "An inline JSON Schema is not valid itself.";
    BAD_CRON = "OW0112", Warning, "A cron expression is malformed.";
    BAD_MEDIA_TYPE = "OW0113", Warning, "A media type is malformed.";
    DEPRECATED = "OW0114", Hint, "A key or word has a newer spelling.";
    UNKNOWN_TARGET = "OW0201", Error, "A `then` names a task that is not in the same list.";
    DUPLICATE_TASK = "OW0202", Error, "Two tasks of a list have the same name.";
    UNKNOWN_COMPONENT = "OW0203", Error, "A name is not defined under `use`.";
    DIRECTIVE_NAME = "OW0204", Warning, "A task is named like one of the words that `then` knows.";
    UNREACHABLE_TASK = "OW0205", Warning, "A task can never run.";
    ENDLESS_LOOP = "OW0206", Warning, "Tasks lead to each other for ever.";
    NO_DEFAULT = "OW0207", Hint, "A switch has no default, and nothing says what happens if no case matches.";
    SWITCH_DEFAULT = "OW0208", Warning, "A switch has several defaults, or one before other cases.";
    UNUSED_COMPONENT = "OW0209", Warning, "Something defined under `use` is never used.";
    UNDECLARED_SECRET = "OW0210", Warning, "A secret is read that `use.secrets` does not declare.";
    EMPTY_CATCH = "OW0211", Warning, "A `catch` catches nothing, or more than it seems to.";
    SHADOWED_VARIABLE = "OW0212", Warning, "A variable hides another of the same name.";
    ENDLESS_RETRY = "OW0213", Warning, "A retry policy has no limit.";
    POINTLESS_COMPETE = "OW0214", Warning, "The branches of a fork compete without effect.";
    LISTEN_END = "OW0215", Warning, "A listener ends at its first event, or never, where it should not.";
    SCHEDULE_KINDS = "OW0216", Warning, "A schedule has no kind, or several.";
    UNKNOWN_FUNCTION_CALL = "OW0217", Error, "A call names a function or catalog that is not defined.";
    RECURSION = "OW0218", Warning, "A function or workflow runs itself without a condition.";
    EXTENDS_NOTHING = "OW0219", Warning, "An extension extends nothing.";
    UNKNOWN_WORKFLOW = "OW0220", Warning, "A sub-workflow is not in the workspace, or not in this version.";
    DSL_VERSION = "OW0221", Warning, "The version of the DSL is not one of those known.";
    ERROR_TYPE = "OW0222", Warning, "A standard error's type stands on another host or is misspelt.";
    ERROR_INSTANCE = "OW0223", Warning, "An error's instance points at nothing.";
    EMPTY_LIST = "OW0224", Warning, "A list of tasks is empty.";
    EMPTY_EVENT = "OW0225", Warning, "An event is emitted without a type.";
    FALLS_THROUGH = "OW0226", Hint, "A task goes on at one that a switch chooses instead of it.";
    EXPRESSION_SYNTAX = "OW0301", Error, "A runtime expression does not compile.";
    UNKNOWN_VARIABLE = "OW0302", Error, "A runtime expression uses a variable that does not exist here.";
    UNKNOWN_FUNCTION = "OW0303", Error, "A runtime expression calls a function that does not exist.";
    CONSTANT_CONDITION = "OW0304", Warning, "A condition is always true or always false.";
    UNKNOWN_MEMBER = "OW0305", Warning, "A runtime argument has no such member.";
    PARTIAL_EXPRESSION = "OW0306", Error, "An expression does not fill its string.";
    FORGOTTEN_EXPRESSION = "OW0307", Warning, "A plain string looks like an expression without `${ }`.";
    NOT_EVALUATED = "OW0308", Warning, "An expression stands where none is evaluated.";
    EXPOSED_SECRET = "OW0309", Warning, "A secret is written into data that others can see.";
    MEMBER_OF_LIST = "OW0310", Warning, "A member is read of what is a list.";
    OUTPUT_OF_OUTPUT = "OW0311", Hint, "`$output` is used in `output.as`, where the specification does not define it.";
    EVENT_DATA = "OW0312", Warning, "The data of an event is asked for its data.";
    ALWAYS_NULL = "OW0401", Warning, "An expression reads a property that its data cannot have.";
    ALWAYS_FAILS = "OW0402", Error, "An expression does with its data what always fails.";
    UNUSABLE_DATA = "OW0403", Error, "A task is given data that it cannot use.";
    DRY_EXPRESSION = "OW0501", Error, "A dry run ends because an expression faults.";
    DRY_SCHEMA = "OW0502", Error, "A dry run ends because data does not fit its schema.";
    DRY_UNCAUGHT = "OW0503", Error, "A dry run ends with another error that nothing catches.";
    DRY_ENDLESS = "OW0504", Error, "A dry run does not end.";
    COMMENT = "OW0801", Warning, "A `# flowdbg:` comment is not understood.";
    UNUSED_ALLOW = "OW0802", Information, "A comment allows what is not reported.";
    SETTINGS = "OW0803", Error, "The settings in `flowdbg.toml` cannot be used.";
    NOT_SUPPORTED = "OW0901", Warning, "Valid Open Workflow DSL that this version cannot run yet.";
}
