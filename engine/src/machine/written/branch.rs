//! Branches and their frames in the document of a machine.

use std::sync::Arc;

use flowdbg_lang::{
    model::{TaskId, Then},
    text::Span,
    value::{self, Value, ValueExt as _},
};

use super::{Down, Up, state, told};
use crate::{
    effect::{Answer, EffectId},
    fault::Origin,
    machine::{Branch, BranchId, BranchState, Child, Frame, Locals, State},
    program::Program,
    time::Timestamp,
    written::{
        Wrong,
        answer::{self, Programs as _},
        as_variant, event, items, number, object, option, part, plain, truth, tuple, unknown, variant,
    },
};

const STATES: [(BranchState, &str); 5] = [
    (BranchState::Ready, "ready"),
    (BranchState::Waiting, "waiting"),
    (BranchState::Listening, "listening"),
    (BranchState::Joining, "joining"),
    (BranchState::Held, "held"),
];

fn state_name(state: BranchState) -> &'static str {
    match state {
        BranchState::Ready => "ready",
        BranchState::Waiting => "waiting",
        BranchState::Listening => "listening",
        BranchState::Joining => "joining",
        BranchState::Held => "held",
    }
}

/// A task by its number and reference.
pub(super) fn task(program: &Program, id: TaskId) -> Value {
    value::object([("id", number::write(id.0)), ("task", value::string(&*program.workflow.task(id).reference))])
}

impl Down {
    pub(super) fn branch(&mut self, branch: &Branch) -> Value {
        let evaluated = branch.evaluated.iter().map(|result| match result {
            Ok(value) => variant("ok", self.writer.value(value)),
            Err(error) => variant("error", self.writer.text(error)),
        });
        let evaluated = evaluated.collect();
        // Secrets that were found out stand among the secrets, and are asked for again.
        let answer = branch.answer.as_ref().filter(|answer| !matches!(answer, Answer::Secrets(Ok(_))));
        object([
            ("id", Some(number::write(branch.id.0))),
            ("parent", branch.parent.map(|parent| number::write(parent.0))),
            ("state", Some(value::string(state_name(branch.state)))),
            ("context", Some(self.value(&branch.context))),
            ("baseDepth", Some(number::write(branch.base_depth))),
            ("passed", Some(Value::Bool(branch.passed))),
            ("asked", Some(Value::Bool(branch.asked))),
            ("first", Some(Value::Bool(branch.first))),
            ("answer", answer.map(|answer| answer::write(&mut self.writer, &mut self.programs, answer))),
            ("evaluated", Some(evaluated)),
            ("cursor", Some(number::write(branch.cursor as u64))),
            ("counts", Some(told::counts(branch.counts))),
            ("idleSince", branch.idle_since.map(|since| number::write(since.0))),
            ("sleeps", Some(Value::Bool(branch.sleeps))),
            ("toldWaiting", Some(Value::Bool(branch.told_waiting))),
            ("frames", Some(branch.frames.iter().map(|frame| self.frame(frame)).collect())),
        ])
    }

    fn frame(&mut self, frame: &Frame) -> Value {
        let program = frame.program();
        object([
            ("run", Some(number::write(frame.run))),
            ("of", Some(self.run(&frame.workflow))),
            ("task", frame.task.map(|id| task(program, id))),
            ("step", Some(self.step(&frame.step))),
            ("rawInput", Some(self.value(&frame.raw_input))),
            ("input", Some(self.value(&frame.input))),
            ("rawOutput", Some(self.value(&frame.raw_output))),
            ("output", Some(self.value(&frame.output))),
            ("locals", Some(self.locals(&frame.locals))),
            ("startedAt", Some(number::write(frame.started_at.0))),
            ("state", self.state(&frame.state)),
            ("extending", frame.extending.as_ref().map(|extending| state::extending(extending))),
            ("child", frame.child.as_ref().map(|child| self.child(program, child))),
            ("then", frame.then.map(|to| then(program, to))),
            ("timeout", frame.timeout.map(|effect| number::write(effect.0))),
            ("deadline", frame.deadline.map(|deadline| number::write(deadline.0))),
            ("calling", frame.calling.as_ref().map(|calling| self.calling(calling))),
            ("outerContext", frame.outer_context.as_ref().map(|context| self.value(context))),
            ("before", Some(told::counts(frame.before))),
        ])
    }

    pub(super) fn locals(&mut self, locals: &Locals) -> Value {
        locals.iter().map(|(name, local)| -> Value { [value::string(&**name), self.value(local)].into_iter().collect() }).collect()
    }

    fn child(&mut self, program: &Program, child: &Child) -> Value {
        value::object([("of", task(program, child.task)), ("output", self.value(&child.output)), ("then", then(program, child.then))])
    }

    pub(super) fn origin(&mut self, origin: &Origin) -> Value {
        object([
            ("text", Some(number::write(self.programs.index(&origin.program) as u64))),
            ("of", origin.task.map(|id| task(&origin.program, id))),
            ("span", origin.span.map(|span| [number::write(span.start), number::write(span.end)].into_iter().collect())),
        ])
    }
}

fn then(program: &Program, then: Then) -> Value {
    match then {
        Then::Continue => value::string("continue"),
        Then::Exit => value::string("exit"),
        Then::End => value::string("end"),
        Then::Task(id) => variant("to", task(program, id)),
    }
}

fn read_then(program: &Program, document: &Value) -> Result<Then, Wrong> {
    match document.as_text().as_deref() {
        Some("continue") => Ok(Then::Continue),
        Some("exit") => Ok(Then::Exit),
        Some("end") => Ok(Then::End),
        Some(other) => Err(unknown("flow directive", other)),
        None => match as_variant(document)? {
            (name, inner) if name == "to" => event::task(program, inner).map(Then::Task).map_err(|wrong| wrong.within(name)),
            (name, _) => Err(unknown("flow directive", &name)),
        },
    }
}

impl Branch {
    /// The branches that its `fork`s made.
    pub(super) fn children(&self) -> impl Iterator<Item = BranchId> {
        let children = |frame: &Frame| match &frame.state {
            State::Fork(children) => children.iter().map(|child| child.branch).collect(),
            _ => Vec::new(),
        };
        self.frames.iter().flat_map(children)
    }
}

impl Up {
    pub(super) fn branch(&self, document: &Value) -> Result<Branch, Wrong> {
        let frames = part(document, "frames", |frames| items(frames, |frame| self.frame(frame)))?;
        if frames.is_empty() {
            return Err(Wrong::new("a branch has at least one frame").within("frames"));
        }
        Ok(Branch {
            id: BranchId(part(document, "id", number::read)?),
            parent: option(document, "parent", number::read)?.map(BranchId),
            state: part(document, "state", |name| {
                let name = plain(name)?;
                STATES.iter().find(|(_, known)| *known == name).map(|(state, _)| *state).ok_or_else(|| unknown("state", &name))
            })?,
            context: part(document, "context", |context| self.value(context))?,
            base_depth: part(document, "baseDepth", number::read)?,
            passed: part(document, "passed", truth)?,
            asked: part(document, "asked", truth)?,
            first: part(document, "first", truth)?,
            answer: option(document, "answer", |answer| answer::read(&self.reader, &self.programs, answer))?,
            evaluated: part(document, "evaluated", |all| items(all, |one| self.reader.result(one, |value| self.value(value))))?,
            cursor: part(document, "cursor", number::read)?,
            counts: part(document, "counts", told::read_counts)?,
            idle_since: option(document, "idleSince", number::read)?.map(Timestamp),
            sleeps: part(document, "sleeps", truth)?,
            told_waiting: part(document, "toldWaiting", truth)?,
            frames,
        })
    }

    fn frame(&self, document: &Value) -> Result<Frame, Wrong> {
        let workflow = part(document, "of", |run| self.known_run(run))?;
        let program: Arc<Program> = workflow.program.clone();
        let value = |key| part(document, key, |value| self.value(value));
        Ok(Frame {
            run: part(document, "run", number::read)?,
            task: option(document, "task", |task| event::task(&program, task))?,
            step: part(document, "step", |step| self.step(step))?,
            raw_input: value("rawInput")?,
            input: value("input")?,
            raw_output: value("rawOutput")?,
            output: value("output")?,
            locals: part(document, "locals", |locals| self.locals(locals))?,
            started_at: Timestamp(part(document, "startedAt", number::read)?),
            state: option(document, "state", |state| self.state(state))?.unwrap_or_default(),
            extending: option(document, "extending", |extending| self.extending(&program, extending))?.map(Box::new),
            child: option(document, "child", |child| self.child(&program, child))?,
            then: option(document, "then", |then| read_then(&program, then))?,
            timeout: option(document, "timeout", number::read)?.map(EffectId),
            deadline: option(document, "deadline", number::read)?.map(Timestamp),
            calling: option(document, "calling", |calling| self.calling(calling))?.map(Box::new),
            before: part(document, "before", told::read_counts)?,
            outer_context: option(document, "outerContext", |context| self.value(context))?,
            workflow,
        })
    }

    pub(super) fn locals(&self, document: &Value) -> Result<Locals, Wrong> {
        let locals = items(document, |local| {
            let [name, value] = tuple(local)?;
            Ok((Arc::from(plain(name)?), self.value(value)?))
        })?;
        Ok(locals.into_iter().rev().fold(Locals::default(), |outer, (name, value)| outer.with(&name, value)))
    }

    fn child(&self, program: &Program, document: &Value) -> Result<Child, Wrong> {
        Ok(Child {
            task: part(document, "of", |task| event::task(program, task))?,
            output: part(document, "output", |output| self.value(output))?,
            then: part(document, "then", |then| read_then(program, then))?,
        })
    }

    pub(super) fn origin(&self, document: &Value) -> Result<Origin, Wrong> {
        let program = part(document, "text", |index| answer::program(&self.programs, index))?;
        let task = option(document, "of", |task| event::task(&program, task))?;
        let span = option(document, "span", |span| {
            let [start, end] = tuple(span)?;
            let (start, end) = (number::read::<usize>(start)?, number::read::<usize>(end)?);
            let text = program.workflow.source.text();
            if start > end || !text.is_char_boundary(start) || !text.is_char_boundary(end) {
                return Err(Wrong::new("this stretch is not in the text"));
            }
            Ok(Span::new(start, end))
        })?;
        Ok(Origin { program, task, span })
    }
}
