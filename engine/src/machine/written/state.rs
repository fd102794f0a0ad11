//! Steps and the states of bodies in the document of a machine.

use std::sync::Arc;

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{Down, Up};
use crate::{
    effect::EffectId,
    machine::{BranchId, Extending, ForkChild, ListenState, Part, State, Step, SubscriptionState, Taken, TryPart},
    program::Program,
    time::Timestamp,
    written::{Wrong, as_variant, channel, items, number, object, option, part, plain, truth, tuple, unknown, variant},
};

impl Down {
    pub(super) fn step(&mut self, step: &Step) -> Value {
        match step {
            Step::If => value::string("if"),
            Step::Input => value::string("input"),
            Step::Before => value::string("before"),
            Step::After => value::string("after"),
            Step::Body => value::string("body"),
            Step::Work => value::string("work"),
            Step::Catch => value::string("catch"),
            Step::Output => value::string("output"),
            Step::Export => value::string("export"),
            Step::Leave => value::string("leave"),
            Step::Raise(fault, caught) => {
                variant("raise", object([("fault", Some(self.fault(fault))), ("caught", caught.map(Value::Bool))]))
            }
        }
    }

    /// None for a body that is no further than its step says.
    pub(super) fn state(&mut self, state: &State) -> Option<Value> {
        Some(match state {
            State::None => return None,
            State::For { items, index, begun, outer } => {
                let members = [
                    ("items", self.value(&Value::Arr(items.clone()))),
                    ("index", number::write(*index as u64)),
                    ("begun", Value::Bool(*begun)),
                    ("outer", self.locals(outer)),
                ];
                variant("for", value::object(members))
            }
            State::Fork(children) => variant("fork", children.iter().map(|child| self.fork_child(child)).collect()),
            State::Try { attempt, since, part, limit } => {
                let members = [
                    ("attempt", Some(number::write(*attempt))),
                    ("since", Some(number::write(since.0))),
                    ("part", Some(value::string(part_name(*part)))),
                    ("limit", limit.map(|limit| number::write(limit.0))),
                ];
                variant("try", object(members))
            }
            State::Listen(listen) => variant("listen", self.listen(listen)),
            State::Subscription(subscription) => variant("subscription", self.subscription(subscription)),
            State::Printed => value::string("printed"),
            State::Lookup => value::string("lookup"),
        })
    }

    fn fork_child(&mut self, child: &ForkChild) -> Value {
        let output = child.output.as_ref().map(|(output, context)| [self.value(output), self.value(context)].into_iter().collect());
        object([
            ("branch", Some(number::write(child.branch.0))),
            ("output", output),
            ("fault", child.fault.as_ref().map(|fault| self.fault(fault))),
        ])
    }

    fn listen(&mut self, listen: &ListenState) -> Value {
        let truths = |truths: &[bool]| truths.iter().map(|truth| Value::Bool(*truth)).collect::<Value>();
        let keys = listen.keys.iter().map(|(key, value)| -> Value { [value::string(&**key), self.value(value)].into_iter().collect() });
        let keys = keys.collect();
        value::object([
            ("seen", number::write(listen.seen)),
            ("matched", truths(&listen.matched)),
            ("untilMatched", truths(&listen.until_matched)),
            ("keys", keys),
            ("taken", self.taken(&listen.taken)),
            ("over", Value::Bool(listen.over)),
        ])
    }

    fn taken(&mut self, taken: &Taken) -> Value {
        value::object([
            ("items", self.value(&Value::Arr(taken.items.clone()))),
            ("iterated", number::write(taken.iterated as u64)),
            ("outputs", self.value(&Value::Arr(taken.outputs.clone()))),
        ])
    }

    fn subscription(&mut self, state: &SubscriptionState) -> Value {
        object([
            ("effect", state.effect.map(|effect| number::write(effect.0))),
            ("limit", state.limit.map(|limit| number::write(limit.0))),
            ("unread", Some(state.unread.iter().map(|message| channel::write_message(&mut self.writer, message)).collect())),
            ("ended", state.ended.as_ref().map(|ended| channel::write_end(&mut self.writer, ended))),
            ("taken", Some(self.taken(&state.taken))),
            ("judged", state.judged.map(|judged| number::write(judged as u64))),
        ])
    }
}

/// The extensions of a task run.
pub(super) fn extending(extending: &Extending) -> Value {
    value::object([
        ("applying", extending.applying.iter().map(|at| number::write(*at as u64)).collect()),
        ("at", number::write(extending.at as u64)),
        ("part", value::string(extending_name(extending.part))),
    ])
}

fn extending_name(part: Part) -> &'static str {
    match part {
        Part::Before => "before",
        Part::Body => "body",
        Part::After => "after",
    }
}

fn part_name(part: TryPart) -> &'static str {
    match part {
        TryPart::Start => "start",
        TryPart::Body => "body",
        TryPart::Delay => "delay",
        TryPart::Handler => "handler",
        TryPart::Over => "over",
    }
}

fn try_part(document: &Value) -> Result<TryPart, Wrong> {
    let name = plain(document)?;
    let parts = [TryPart::Start, TryPart::Body, TryPart::Delay, TryPart::Handler, TryPart::Over];
    parts.into_iter().find(|part| part_name(*part) == name).ok_or_else(|| unknown("part of a `try`", &name))
}

impl Up {
    pub(super) fn step(&self, document: &Value) -> Result<Step, Wrong> {
        match document.as_text().as_deref() {
            Some("if") => Ok(Step::If),
            Some("input") => Ok(Step::Input),
            Some("before") => Ok(Step::Before),
            Some("after") => Ok(Step::After),
            Some("body") => Ok(Step::Body),
            Some("work") => Ok(Step::Work),
            Some("catch") => Ok(Step::Catch),
            Some("output") => Ok(Step::Output),
            Some("export") => Ok(Step::Export),
            Some("leave") => Ok(Step::Leave),
            Some(other) => Err(unknown("step", other)),
            None => match as_variant(document)? {
                (name, inner) if name == "raise" => {
                    let fault = part(inner, "fault", |fault| self.fault(fault)).map_err(|wrong| wrong.within(name))?;
                    Ok(Step::Raise(fault, option(inner, "caught", truth)?))
                }
                (name, _) => Err(unknown("step", &name)),
            },
        }
    }

    pub(super) fn state(&self, document: &Value) -> Result<State, Wrong> {
        match document.as_text().as_deref() {
            Some("printed") => return Ok(State::Printed),
            Some("lookup") => return Ok(State::Lookup),
            Some(other) => return Err(unknown("state of a task", other)),
            None => {}
        }
        let (name, inner) = as_variant(document)?;
        let state = match name.as_str() {
            "for" => self.loop_state(inner),
            "fork" => items(inner, |child| self.fork_child(child)).map(State::Fork),
            "try" => try_state(inner),
            "subscription" => self.subscription(inner).map(|state| State::Subscription(Box::new(state))),
            "listen" => self.listen(inner).map(|listen| State::Listen(Box::new(listen))),
            other => return Err(unknown("state of a task", other)),
        };
        state.map_err(|wrong| wrong.within(name))
    }

    fn array(&self, document: &Value) -> Result<Arc<Vec<Value>>, Wrong> {
        match self.value(document)? {
            Value::Arr(items) => Ok(items),
            _ => Err(Wrong::new("this must be an array")),
        }
    }

    pub(super) fn extending(&self, program: &Program, document: &Value) -> Result<Extending, Wrong> {
        let applying: Vec<usize> = part(document, "applying", |all| items(all, number::read))?;
        if applying.iter().any(|at| *at >= program.workflow.extensions.len()) {
            return Err(Wrong::new("there is no such extension").within("applying"));
        }
        Ok(Extending {
            applying,
            at: part(document, "at", number::read)?,
            part: part(document, "part", |name| {
                let name = plain(name)?;
                let parts = [Part::Before, Part::Body, Part::After];
                parts.into_iter().find(|part| extending_name(*part) == name).ok_or_else(|| unknown("part of an extended task", &name))
            })?,
        })
    }

    fn loop_state(&self, document: &Value) -> Result<State, Wrong> {
        Ok(State::For {
            items: part(document, "items", |items| self.array(items))?,
            index: part(document, "index", number::read)?,
            begun: part(document, "begun", truth)?,
            outer: part(document, "outer", |locals| self.locals(locals))?,
        })
    }

    fn fork_child(&self, document: &Value) -> Result<ForkChild, Wrong> {
        Ok(ForkChild {
            branch: BranchId(part(document, "branch", number::read)?),
            output: option(document, "output", |pair| {
                let [output, context] = tuple(pair)?;
                Ok((self.value(output)?, self.value(context)?))
            })?,
            fault: option(document, "fault", |fault| self.fault(fault))?,
        })
    }

    fn listen(&self, document: &Value) -> Result<ListenState, Wrong> {
        let keys = part(document, "keys", |keys| {
            items(keys, |pair| {
                let [key, value] = tuple(pair)?;
                Ok((Arc::from(plain(key)?), self.value(value)?))
            })
        })?;
        Ok(ListenState {
            seen: part(document, "seen", number::read)?,
            matched: part(document, "matched", |all| items(all, truth))?,
            until_matched: part(document, "untilMatched", |all| items(all, truth))?,
            keys,
            taken: part(document, "taken", |taken| self.taken(taken))?,
            over: part(document, "over", truth)?,
        })
    }

    fn taken(&self, document: &Value) -> Result<Taken, Wrong> {
        let all = part(document, "items", |all| self.array(all))?;
        let iterated: usize = part(document, "iterated", number::read)?;
        if iterated > all.len() {
            return Err(Wrong::new(format!("there are only {}", all.len())).within("iterated"));
        }
        Ok(Taken { items: all, iterated, outputs: part(document, "outputs", |all| self.array(all))? })
    }

    fn subscription(&self, document: &Value) -> Result<SubscriptionState, Wrong> {
        let unread = part(document, "unread", |all| items(all, |message| channel::read_message(&self.reader, message)))?;
        Ok(SubscriptionState {
            effect: option(document, "effect", number::read)?.map(EffectId),
            limit: option(document, "limit", number::read)?.map(EffectId),
            unread: unread.into(),
            ended: option(document, "ended", |ended| channel::read_end(&self.reader, ended))?,
            taken: part(document, "taken", |taken| self.taken(taken))?,
            judged: option(document, "judged", number::read)?,
        })
    }
}

fn try_state(document: &Value) -> Result<State, Wrong> {
    Ok(State::Try {
        attempt: part(document, "attempt", number::read)?,
        since: Timestamp(part(document, "since", number::read)?),
        part: part(document, "part", try_part)?,
        limit: option(document, "limit", number::read)?.map(EffectId),
    })
}
