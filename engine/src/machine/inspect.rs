//! Looking into a machine and changing it, for a debugger.

use std::sync::Arc;

use flowdbg_lang::{
    expression::Expression,
    model::Stage,
    text::Span,
    value::{self, Value, ValueExt as _},
};

use super::{Branch, BranchId, Frame, Machine, State, Step, TryPart, scope::FrameScope};
use crate::{effect::Evaluation, fault::Fault};

/// A scope of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScopeName {
    /// The task's input: transformed once `input.from` has run, raw before.
    Input,
    /// The task's output: transformed once `output.as` has run, raw before.
    Output,
    /// `$context`.
    Context,
    /// Loop and error variables.
    Locals,
}

impl ScopeName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Input, Self::Output, Self::Context, Self::Locals];

    /// Its name, as recordings have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Context => "context",
            Self::Locals => "locals",
        }
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug)]
pub enum EvaluateError {
    /// There is no such frame.
    NoFrame,
    /// It does not compile, or it failed.
    Failed(String),
    /// It is not proven to end: it must be evaluated where it can be stopped.
    Unproven(Box<Evaluation>),
}

/// Why a value was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// There is no such frame.
    NoFrame,
    /// The place does not exist or cannot be changed; says why.
    Refused(String),
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathStep {
    /// Item of an array.
    Index(usize),
    /// Member of an object.
    Key(String),
}

impl Branch {
    /// Its frames, outermost first.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

impl Frame {
    /// Number of its task run, unique in the execution.
    #[must_use]
    pub fn run(&self) -> u64 {
        self.run
    }

    /// The stage at which it stands.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self.step {
            Step::If => Stage::If,
            Step::Input => Stage::Input,
            Step::Body | Step::Before | Step::Work | Step::After | Step::Raise(..) => Stage::Body,
            Step::Catch => Stage::Catch,
            Step::Output => Stage::Output,
            Step::Export | Step::Leave => Stage::Export,
        }
    }

    /// The error that is looking for its handler here, and whether there is one.
    #[must_use]
    pub fn raised(&self) -> Option<(&Fault, bool)> {
        match &self.step {
            Step::Raise(fault, caught) => Some((fault, caught.unwrap_or(false))),
            _ => None,
        }
    }

    /// Index of the loop's current iteration and how many there are.
    #[must_use]
    pub fn iteration(&self) -> Option<(usize, usize)> {
        match &self.state {
            State::For { items, index, begun: true, .. } => Some((*index, items.len())),
            _ => None,
        }
    }

    /// Number of the current attempt of a `try`, from 1 on.
    #[must_use]
    pub fn attempt(&self) -> Option<u32> {
        match &self.state {
            State::Try { attempt, part: TryPart::Body | TryPart::Delay | TryPart::Start, .. } => Some(*attempt),
            _ => None,
        }
    }

    /// Whether the frame handles an error that was caught.
    #[must_use]
    pub fn is_handling(&self) -> bool {
        matches!(self.state, State::Try { part: TryPart::Handler, .. })
    }

    /// The text that the frame stands at: its name, or the stage that comes next.
    #[must_use]
    pub fn place(&self) -> Option<Span> {
        let task = self.task()?;
        if let Some(span) = self
            .raised()
            .and_then(|(fault, _)| fault.origin.as_ref())
            .filter(|origin| origin.task == self.task)
            .and_then(|origin| origin.span)
        {
            return Some(span);
        }
        let stage = self.stage();
        let written = task.places.iter().find(|(place, _)| *place == stage && stage != Stage::Body).map(|(_, span)| *span);
        Some(written.unwrap_or(task.name_span))
    }

    fn has_input(&self) -> bool {
        !matches!(self.step, Step::If | Step::Input)
    }

    /// The name and value of each loop and error variable, innermost first.
    pub fn locals(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.locals.iter()
    }
}

impl Machine {
    /// The value of a scope, without secrets.
    #[must_use]
    pub fn scope(&self, id: BranchId, depth: usize, scope: ScopeName) -> Option<Value> {
        self.whole(id, depth, scope).map(|value| self.mask.value(&value))
    }

    fn whole(&self, id: BranchId, depth: usize, scope: ScopeName) -> Option<Value> {
        let branch = self.branches.get(&id)?;
        let frame = branch.frames.get(depth)?;
        Some(match scope {
            ScopeName::Input if frame.has_input() => frame.input.clone(),
            ScopeName::Input => frame.raw_input.clone(),
            ScopeName::Output if matches!(frame.step, Step::After | Step::Output) => frame.raw_output.clone(),
            // While a body runs, what it keeps in the frame is its own business.
            ScopeName::Output if matches!(frame.step, Step::Export | Step::Leave) => frame.output.clone(),
            ScopeName::Output => Value::Null,
            ScopeName::Context => branch.context.clone(),
            ScopeName::Locals => {
                let mut seen: Vec<(&str, Value)> = Vec::new();
                for (name, value) in frame.locals.iter() {
                    if !seen.iter().any(|(known, _)| *known == &**name) {
                        seen.push((name, value.clone()));
                    }
                }
                value::object(seen)
            }
        })
    }

    /// The data that expressions of a frame have as their input: what its stage works on.
    fn subject(frame: &Frame) -> Value {
        match frame.step {
            Step::If | Step::Input => frame.raw_input.clone(),
            Step::After | Step::Output => frame.raw_output.clone(),
            Step::Export | Step::Leave => frame.output.clone(),
            Step::Body | Step::Before | Step::Work | Step::Catch | Step::Raise(..) => frame.input.clone(),
        }
    }

    /// Evaluates a jq expression as if it stood in the task of a frame. Secrets are not shown.
    ///
    /// # Errors
    /// It does not compile, fails, or must be evaluated elsewhere.
    pub fn evaluate(&self, id: BranchId, depth: usize, text: &str) -> Result<Value, EvaluateError> {
        let branch = self.branches.get(&id).ok_or(EvaluateError::NoFrame)?;
        let frame = branch.frames.get(depth).ok_or(EvaluateError::NoFrame)?;
        let text = flowdbg_lang::expression::unwrap(text).map_or_else(|| text.trim(), |(program, _)| program);
        let mut available: Vec<Arc<str>> =
            ["$context", "$input", "$output", "$secrets", "$authorization", "$task", "$workflow", "$runtime"].map(Arc::from).to_vec();
        available.extend(frame.locals.iter().map(|(name, _)| name.clone()));
        let raised = frame.raised().map(|(fault, _)| fault.error.clone());
        if raised.is_some() && !available.iter().any(|name| &**name == "$error") {
            available.push("$error".into());
        }
        let expression = Expression::new(text, &available);
        if let Some(problem) = expression.problems().first() {
            let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            return Err(EvaluateError::Failed(format!("{} (at column {}){help}", problem.message, problem.start + 1)));
        }
        let extra = raised.as_ref().map(|error| ("$error", error));
        let scope = FrameScope { branch, frame, extra, now: self.now, secrets: &self.secrets, shown: true };
        let input = Self::subject(frame);
        if expression.is_harmless() {
            let result = expression.evaluate(input, &scope);
            return result.map(|value| self.mask.value(&value)).map_err(|why| EvaluateError::Failed(self.mask.text(&why).unwrap_or(why)));
        }
        use flowdbg_lang::expression::Scope as _;
        let variables = expression.variables().iter().map(|name| scope.variable(name)).collect();
        let (now, mask) = (self.now.seconds(), self.mask.clone());
        Err(EvaluateError::Unproven(Box::new(Evaluation { expression, input, variables, now, mask })))
    }

    /// Replaces a value in a scope; an empty path replaces the scope's whole value.
    ///
    /// # Errors
    /// The frame or the place is not there.
    pub fn edit(&mut self, id: BranchId, depth: usize, scope: ScopeName, path: &[PathStep], new: Value) -> Result<(), EditError> {
        let whole = self.whole(id, depth, scope).ok_or(EditError::NoFrame)?;
        let branch = self.branches.get_mut(&id).ok_or(EditError::NoFrame)?;
        let frame = branch.frames.get_mut(depth).ok_or(EditError::NoFrame)?;
        if scope == ScopeName::Locals {
            let Some((PathStep::Key(name), rest)) = path.split_first() else {
                return Err(EditError::Refused("the variables as a whole cannot be replaced; name one of them".into()));
            };
            let old = frame.locals.get(name).cloned().ok_or_else(|| EditError::Refused(format!("there is no variable `{name}` here")))?;
            let value = replace(&old, rest, new)?;
            frame.locals = frame.locals.replaced(name, &value);
            return Ok(());
        }
        let value = replace(&whole, path, new)?;
        match scope {
            ScopeName::Input if frame.has_input() => {
                if !matches!(frame.step, Step::Body) {
                    return Err(EditError::Refused("this task has already used its input; set it where the task begins".into()));
                }
                frame.input = value;
            }
            ScopeName::Input => frame.raw_input = value,
            ScopeName::Output if matches!(frame.step, Step::Output) => frame.raw_output = value,
            ScopeName::Output if matches!(frame.step, Step::Export | Step::Leave) => frame.output = value,
            ScopeName::Output => return Err(EditError::Refused("the task has no output yet".into())),
            ScopeName::Context => branch.context = value,
            ScopeName::Locals => {}
        }
        Ok(())
    }
}

/// The same data with the value at a path replaced. A new member may be added to an object.
fn replace(whole: &Value, path: &[PathStep], new: Value) -> Result<Value, EditError> {
    let Some((step, rest)) = path.split_first() else { return Ok(new) };
    match (step, whole) {
        (PathStep::Key(key), Value::Obj(members)) => {
            let old = whole.member(key).cloned().unwrap_or_default();
            let mut members = (**members).clone();
            members.insert(value::string(&**key), replace(&old, rest, new)?);
            Ok(Value::obj(members))
        }
        (PathStep::Key(key), Value::Null) => Ok(value::object([(key.as_str(), replace(&Value::Null, rest, new)?)])),
        (PathStep::Index(index), Value::Arr(items)) => {
            let old = items.get(*index).ok_or_else(|| EditError::Refused(format!("the array has no item {index}")))?;
            let mut items = (**items).clone();
            items[*index] = replace(old, rest, new)?;
            Ok(items.into_iter().collect())
        }
        (PathStep::Key(key), other) => Err(EditError::Refused(format!("`{key}` cannot be set: this is {}", other.type_name()))),
        (PathStep::Index(index), other) => Err(EditError::Refused(format!("item {index} cannot be set: this is {}", other.type_name()))),
    }
}
