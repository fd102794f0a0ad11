//! Runtime expressions, in jq if the workflow does not say otherwise: parsed and checked when a file is read, compiled when first run.
//!
//! Every problem carries its byte offset inside the program, so that it can be underlined in the
//! workflow file. An expression also knows which variables it uses, so that the others need not
//! be built, and whether it is *harmless*: proven by its syntax to end. Others must be evaluated
//! where they can be stopped (jaq has no fuel, and runaway recursion aborts the process).

mod analysis;
mod builtins;
mod facts;
mod reads;

use std::sync::{Arc, OnceLock};

use jaq_core::{
    Compiler, Ctx, Vars,
    load::{Arena, File, Loader},
    unwrap_valr,
};

use crate::value::{Value, ValueExt as _};
pub use builtins::functions;
pub use facts::{Base, Facts, Member, Reading};
pub use reads::{Read, Reads};

/// What is wrong with an expression's text, at a byte offset inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem.
    pub kind: ProblemKind,
    /// First byte of the blamed part, in the program's text.
    pub start: usize,
    /// Byte after its last.
    pub end: usize,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

/// What kind of problem an expression has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// It is not jq.
    Syntax,
    /// A variable that is not there.
    Variable,
    /// A function that is not there.
    Function,
}

/// A language of expressions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// jq.
    #[default]
    Jq,
    /// JavaScript. Nothing here runs it: it is evaluated outside, where it can be stopped.
    JavaScript,
}

/// A program with what its text tells.
pub struct Expression {
    language: Language,
    text: Arc<str>,
    variables: Vec<Arc<str>>,
    harmless: bool,
    problems: Vec<Problem>,
    facts: Facts,
    program: OnceLock<Result<builtins::Program, String>>,
}

/// Gives an expression the values of the variables it uses.
pub trait Scope {
    /// The value of a variable, named with its `$`.
    fn variable(&self, name: &str) -> Value;
    /// Seconds since the Unix epoch, for jq's `now`.
    fn now(&self) -> f64;
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "${{ {} }}", self.text)
    }
}

impl Expression {
    /// Reads a program. `available` lists the variables of its place, each with its `$`.
    #[must_use]
    pub fn new(text: &str, available: &[Arc<str>]) -> Arc<Self> {
        let found = analysis::analyse(text, available);
        Arc::new(Self {
            language: Language::Jq,
            text: text.into(),
            variables: found.variables,
            harmless: found.harmless && found.problems.is_empty(),
            problems: found.problems,
            facts: found.facts,
            program: OnceLock::new(),
        })
    }

    /// Takes a program in JavaScript as it is. It may use the variables of its place as globals, and
    /// `$` for what jq calls `.`.
    #[must_use]
    pub fn javascript(text: &str, available: &[Arc<str>]) -> Arc<Self> {
        let variables = available.iter().filter(|name| mentions(text, name)).cloned().collect();
        Arc::new(Self {
            language: Language::JavaScript,
            text: text.into(),
            variables,
            harmless: false,
            problems: Vec::new(),
            facts: Facts::default(),
            program: OnceLock::new(),
        })
    }

    /// Its language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// The program.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is wrong with it; it can run only if there is nothing.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The global variables it uses.
    #[must_use]
    pub fn variables(&self) -> &[Arc<str>] {
        &self.variables
    }

    /// Whether reading it where other variables are available gives the same.
    pub(crate) fn is_same_among(&self, available: &[Arc<str>]) -> bool {
        let all_there = || self.variables.iter().all(|name| available.contains(name));
        self.language == Language::Jq && self.problems.is_empty() && all_there()
    }

    /// What its syntax tells of what it reads and gives.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Whether its syntax proves that it ends.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        self.harmless
    }

    /// What of its input and variables it reads; none if its text does not tell.
    #[must_use]
    pub fn reads(&self) -> Option<Reads> {
        reads::of(&self.text)
    }

    /// Runs it: no result is `null`, several are an array.
    ///
    /// # Errors
    /// Says why it does not compile or what it raised.
    pub fn evaluate(&self, input: Value, scope: &dyn Scope) -> Result<Value, String> {
        let values: Vec<Value> = self.variables.iter().map(|name| scope.variable(name)).collect();
        self.evaluate_with(input, values, scope.now())
    }

    /// Runs it with the values of [`Self::variables`], in that order.
    ///
    /// # Errors
    /// Says why it does not compile or what it raised.
    pub fn evaluate_with(&self, input: Value, variables: Vec<Value>, now: f64) -> Result<Value, String> {
        if self.language == Language::JavaScript {
            return Err("JavaScript is evaluated in a process of its own, and there is none here".to_owned());
        }
        let program = self.program.get_or_init(|| self.compile()).as_ref().map_err(Clone::clone)?;
        let env = builtins::Env { lut: &program.lut, now };
        let mut results = program.id.run((Ctx::<builtins::Kind>::new(env, Vars::new(variables)), input)).map(unwrap_valr);
        let first = match results.next() {
            None => return Ok(Value::Null),
            Some(result) => result.map_err(raised)?,
        };
        match results.next() {
            None => Ok(first),
            Some(second) => {
                let mut all = vec![first, second.map_err(raised)?];
                for result in results {
                    all.push(result.map_err(raised)?);
                }
                Ok(all.into_iter().collect())
            }
        }
    }

    fn compile(&self) -> Result<builtins::Program, String> {
        if let Some(problem) = self.problems.first() {
            return Err(problem.message.clone());
        }
        let arena = Arena::default();
        let file = File { code: &*self.text, path: () };
        let modules = Loader::new(builtins::definitions()).load(&arena, file).map_err(|_| self.refused())?;
        Compiler::default()
            .with_funs(builtins::natives())
            .with_global_vars(self.variables.iter().map(|name| &**name))
            .compile(modules)
            .map_err(|_| self.refused())
    }

    fn refused(&self) -> String {
        format!("the expression `{}` does not compile", self.text)
    }
}

/// Whether a text names a variable: too often is harmless.
fn mentions(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let after = text[at + name.len()..].chars().next();
        after.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != '$')
    })
}

/// The text of a jq error: a string as it is, any other value as JSON.
fn raised(error: jaq_json::Error) -> String {
    let value = error.into_val();
    value.as_text().unwrap_or_else(|| value.to_json())
}

/// The program inside `${ }`, with its byte offset in the string; `None` for a plain string.
#[must_use]
pub fn unwrap(text: &str) -> Option<(&str, usize)> {
    let trimmed = text.trim();
    let inner = trimmed.strip_prefix("${")?.strip_suffix('}')?;
    let lead = text.len() - text.trim_start().len() + 2;
    let program = inner.trim();
    Some((program, lead + inner.len() - inner.trim_start().len()))
}

#[cfg(test)]
mod tests;
