//! The one table of the DSL: every object, property, type, default and sentence of documentation.
//!
//! Shape checks, hover, symbols, completion and the reference pages all read this table, and so
//! does the list of what this version cannot run yet. A property is one row. The table covers
//! DSL 1.0.3 and what the specification's main branch has added since ([`Since::Main`]).

mod authentication;
mod calls;
mod components;
mod data_flow;
mod errors;
mod events;
mod reach;
mod resolve;
mod resources;
mod run;
mod schedule;
mod tasks;
mod workflow;

pub use calls::CALLS;
pub use data_flow::{EXPORT, INPUT, OUTPUT};
pub use errors::DURATION;
pub use reach::objects;
pub use resolve::{Fields, Resolved, VariantChoice, resolve};
pub use tasks::{SWITCH_CASE, TASK, TASK_COMMON, TASK_KINDS, TaskKind};
pub use workflow::WORKFLOW;

/// Whether this version can run something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It runs.
    Full,
    /// It is valid, but cannot run yet; the text names it for a message.
    NotYet(&'static str),
}

/// Where something is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// In the released DSL 1.0.3.
    Released,
    /// On the specification's main branch, after 1.0.3.
    Main,
}

/// A mapping with known properties.
#[derive(Debug)]
pub struct Object {
    /// What messages call it, such as `HTTP call`.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub doc: &'static str,
    /// Where the specification describes it.
    pub section: &'static str,
    /// Its properties, in the order in which they are best offered.
    pub properties: &'static [Property],
    /// What other keys mean.
    pub others: Others,
    /// What must hold between its properties.
    pub rules: &'static [Rule],
    /// More exact objects, chosen by the value of one property.
    pub variants: Option<Variants>,
}

/// What keys that are no known property of an object mean.
#[derive(Clone, Copy, Debug)]
pub enum Others {
    /// They are errors.
    Forbidden,
    /// The schema lets them pass, but nothing gives them a meaning.
    Ignored,
    /// They are names of the author's own.
    Allowed(&'static Shape),
}

/// What must hold between the properties of an object.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// Exactly one of these is given.
    ExactlyOne(&'static [&'static str]),
    /// At least one of these should be given, though the schema does not ask for it.
    SomeOf(&'static [&'static str]),
    /// At least one property is given.
    NotEmpty,
    /// The first makes sense only with the second.
    Needs(&'static str, &'static str),
    /// The first has this text exactly if the third is given.
    Pairs(&'static str, &'static str, &'static str),
}

/// Objects chosen by the text of one property.
#[derive(Clone, Copy, Debug)]
pub struct Variants {
    /// The property that decides.
    pub key: &'static str,
    /// Its known texts.
    pub known: &'static [Variant],
    /// For any other text.
    pub other: &'static Object,
    /// Whether those others run.
    pub other_support: Support,
}

/// One object that a text chooses.
#[derive(Clone, Copy, Debug)]
pub struct Variant {
    /// The text.
    pub value: &'static str,
    /// The object it stands for.
    pub object: &'static Object,
    /// Whether it runs.
    pub support: Support,
}

/// One row: a property of an object.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its key.
    pub name: &'static str,
    /// What its value may be.
    pub shape: Shape,
    /// What it is for, in one sentence.
    pub doc: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// What holds if it is not given.
    pub default: Option<&'static str>,
    /// Where it is defined; of a required one, where it is required.
    pub since: Since,
    /// If it is an older spelling: the key that has taken its place.
    pub instead: Option<&'static str>,
    /// Whether it runs.
    pub support: Support,
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Free data that is never evaluated.
    Any,
    /// A mapping of free data that is never evaluated.
    AnyMap,
    /// Free data; strings in `${ }` are evaluated.
    Data,
    /// A mapping of free data; strings in `${ }` are evaluated.
    DataMap,
    /// A mapping of free data with at least one member; strings in `${ }` are evaluated.
    FilledDataMap,
    /// A list of mappings of free data.
    ObjectList,
    /// A constant string.
    String,
    /// A string, which may be an expression in `${ }`.
    Text,
    /// A string; numbers and booleans pass with a warning.
    Scalar,
    /// An expression, bare or in `${ }`.
    Expression,
    /// An expression that must stand in `${ }`.
    Wrapped,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// A whole number between two others.
    IntegerIn(i64, i64),
    /// The name of a variable, without `$`.
    Variable,
    /// Letters, digits and hyphens, as in a host name.
    Name,
    /// The name of a host.
    Host,
    /// A semantic version.
    SemVer,
    /// An ISO 8601 text, an object with units, or an expression in `${ }`.
    Duration,
    /// A URI or URI template, or an expression in `${ }`.
    Uri,
    /// A media type, such as `application/json`, or an expression in `${ }`.
    MediaType,
    /// A schedule in cron's notation.
    Cron,
    /// `json`, perhaps with a version.
    SchemaFormat,
    /// One of some words.
    Choice(&'static Choices),
    /// The name of something defined under `use`.
    Component(Component),
    /// Where to go on: `continue`, `exit`, `end`, or a task of the same list.
    Target,
    /// A mapping with known properties.
    Object(&'static Object),
    /// A mapping from names of the author's own.
    Map(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// A list of mappings with one key each, its name.
    Named(&'static Named),
    /// A task.
    Task,
    /// One of several; the node's type and keys tell which is meant.
    OneOf(&'static [Shape]),
}

/// Words that a property knows.
#[derive(Debug)]
pub struct Choices {
    /// The words.
    pub values: &'static [Choice],
    /// What other words are: errors, if `None`.
    pub others: Option<Support>,
}

/// One word.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// The word.
    pub value: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// If it is an older spelling: the word that has taken its place.
    pub instead: Option<&'static str>,
    /// Whether it runs.
    pub support: Support,
}

/// A list of mappings with one key each.
#[derive(Debug)]
pub struct Named {
    /// What an entry is: `task`, `case`, `extension`.
    pub entry: &'static str,
    /// The shape of what stands under the name.
    pub shape: Shape,
    /// Whether the list may be empty.
    pub may_be_empty: bool,
}

/// What can be defined under `use` and named elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// `use.authentications`
    Authentication,
    /// `use.errors`
    Error,
    /// `use.retries`
    Retry,
    /// `use.secrets`
    Secret,
    /// `use.timeouts`
    Timeout,
}

impl Component {
    /// The key under `use`.
    #[must_use]
    pub fn section(self) -> &'static str {
        match self {
            Self::Authentication => "authentications",
            Self::Error => "errors",
            Self::Retry => "retries",
            Self::Secret => "secrets",
            Self::Timeout => "timeouts",
        }
    }

    /// What one of them is called.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Error => "error",
            Self::Retry => "retry policy",
            Self::Secret => "secret",
            Self::Timeout => "timeout",
        }
    }
}

/// The words that `then` knows besides task names.
pub static DIRECTIVES: &[Choice] = &[
    choice("continue", "Goes on with the next task of the list."),
    choice("exit", "Leaves the current list of tasks and goes on after the task that holds it."),
    choice("end", "Ends the whole workflow, successfully."),
];

impl Object {
    /// An object that knows all its keys.
    const fn new(name: &'static str, doc: &'static str, section: &'static str, properties: &'static [Property]) -> Self {
        Self { name, doc, section, properties, others: Others::Forbidden, rules: &[], variants: None }
    }

    const fn others(mut self, others: Others) -> Self {
        self.others = others;
        self
    }

    const fn rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    const fn variants(mut self, variants: Variants) -> Self {
        self.variants = Some(variants);
        self
    }

    /// The property with this key.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

/// A property that must be given.
const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Property {
    Property { required: true, ..optional(name, shape, doc) }
}

/// A property that may be left out.
const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Property {
    Property { name, shape, doc, required: false, default: None, since: Since::Released, instead: None, support: Support::Full }
}

impl Property {
    const fn default(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    const fn instead(mut self, instead: &'static str) -> Self {
        self.instead = Some(instead);
        self
    }

    const fn main(mut self) -> Self {
        self.since = Since::Main;
        self
    }
}

const fn choice(value: &'static str, doc: &'static str) -> Choice {
    Choice { value, doc, instead: None, support: Support::Full }
}

impl Choice {
    const fn not_yet(mut self, what: &'static str) -> Self {
        self.support = Support::NotYet(what);
        self
    }

    const fn instead(mut self, instead: &'static str) -> Self {
        self.instead = Some(instead);
        self
    }
}

/// Only these words.
const fn only(values: &'static [Choice]) -> Choices {
    Choices { values, others: None }
}

impl Shape {
    /// What messages say was expected, with its article.
    #[must_use]
    pub fn expected(&self) -> String {
        match self {
            Self::Any | Self::Data => "any value".into(),
            Self::AnyMap | Self::DataMap | Self::Map(_) => "a mapping".into(),
            Self::FilledDataMap => "a mapping with at least one member".into(),
            Self::ObjectList => "a list of mappings".into(),
            Self::String | Self::Text | Self::Scalar => "a string".into(),
            Self::Expression => "an expression (a string)".into(),
            Self::Wrapped => "an expression in `${ }`".into(),
            Self::Bool => "`true` or `false`".into(),
            Self::Integer => "a whole number".into(),
            Self::IntegerIn(from, to) => format!("a whole number from {from} to {to}"),
            Self::Variable => "the name of a variable".into(),
            Self::Name => "a name of letters, digits and hyphens".into(),
            Self::Host => "the name of a host".into(),
            Self::SemVer => "a semantic version such as \"1.0.0\"".into(),
            Self::Duration => "a duration such as `PT30S` or `{ seconds: 30 }`".into(),
            Self::Uri => "a URI or URI template".into(),
            Self::MediaType => "a media type such as `application/json`".into(),
            Self::Cron => "a cron expression such as `0 0 * * *`".into(),
            Self::SchemaFormat => "a schema format such as `json`".into(),
            Self::Choice(choices) => {
                let words: Vec<_> = choices.values.iter().map(|choice| format!("`{}`", choice.value)).collect();
                join_or(&words)
            }
            Self::Component(component) => format!("the name of an entry of `use.{}`", component.section()),
            Self::Target => "`continue`, `exit`, `end` or the name of a task".into(),
            Self::Object(object) => format!("a mapping ({})", object.name),
            Self::List(_) => "a list".into(),
            Self::Named(named) => format!("a list of named {}s", named.entry),
            Self::Task => "a task (a mapping)".into(),
            Self::OneOf(shapes) => join_or(&shapes.iter().map(Self::expected).collect::<Vec<_>>()),
        }
    }
}

fn join_or(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests;
