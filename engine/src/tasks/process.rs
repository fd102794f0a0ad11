//! What shell commands, scripts and containers have in common: what they are given, and what of
//! them becomes the output (DSL Reference, "Run").
//!
//! An exit code other than zero is a runtime error, unless `return` is `code` or `all`: then the
//! workflow asked to see it.

use std::collections::BTreeMap;

use flowdbg_lang::{
    model::Returns,
    value::{self, Value, ValueExt as _},
};

use super::text;
use crate::{
    effect::{Answer, Command, EffectKind, Process, ProcessError, ProcessOutcome},
    event::Level,
    fault::{Fault, Kind},
    machine::{BranchId, Machine, State, Stop, WaitFor},
};

/// A fault of how a process is written.
pub(super) fn wrong(detail: impl Into<String>) -> Fault {
    Fault::new(Kind::Configuration, detail)
}

/// A process with its arguments, environment and standard input.
pub(super) fn build(command: Command, key: &str, with: &Value) -> Result<Process, Fault> {
    let arguments = match with.member("arguments") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Arr(arguments)) => arguments.iter().map(text).collect(),
        Some(_) => return Err(wrong(format!("`run.{key}.arguments` must be an array"))),
    };
    let environment = match with.member("environment") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(Value::Obj(members)) => members.iter().map(|(key, member)| (text(key), text(member))).collect(),
        Some(_) => return Err(wrong(format!("`run.{key}.environment` must be an object"))),
    };
    if let Some(name) = environment.keys().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
        return Err(wrong(format!("`{name}` in `run.{key}.environment` cannot be the name of a variable")));
    }
    if arguments.iter().chain(environment.values()).any(|text| text.contains('\0')) {
        return Err(wrong(format!("an argument or variable of `run.{key}` holds a NUL character, which no process can be given")));
    }
    let stdin = with.member("stdin").filter(|stdin| **stdin != Value::Null).map(text);
    Ok(Process { command, arguments, stdin, environment })
}

/// Starts a process. If nobody waits for it, the task's input is its output.
pub(super) fn start(machine: &mut Machine, id: BranchId, awaits: bool, process: Process) {
    if awaits {
        machine.wait_for(id, EffectKind::Process(process));
    } else {
        machine.request(id, EffectKind::Process(process), WaitFor::Nobody);
        let input = machine.top(id).input.clone();
        machine.finish_body(id, input);
    }
}

/// The process has ended.
pub(super) fn ended(machine: &mut Machine, id: BranchId, noun: &str, returns: Returns, answer: Answer) -> Result<(), Stop> {
    let outcome = match answer {
        Answer::Process(Ok(outcome)) => outcome,
        Answer::Process(Err(ProcessError::Missing(why))) => return Err(wrong(why).into()),
        Answer::Process(Err(ProcessError::Failed(why))) => return Err(Fault::new(Kind::Runtime, why).into()),
        _ => return Err(Fault::new(Kind::Runtime, format!("the {noun} was not run")).into()),
    };
    if !matches!(machine.top(id).state, State::Printed) {
        for (level, text) in written(&outcome) {
            machine.log(id, level, text.to_owned());
        }
    }
    if outcome.code != 0 && !matches!(returns, Returns::Code | Returns::All) {
        let said = cut(outcome.stderr.trim());
        let said = if said.is_empty() { String::new() } else { format!(": {said}") };
        return Err(Fault::new(Kind::Runtime, format!("the {noun} ended with exit code {}{said}", outcome.code)).into());
    }
    machine.finish_body(id, output(returns, &outcome));
    Ok(())
}

/// What a process wrote, for the person who runs the workflow.
pub(crate) fn written(outcome: &ProcessOutcome) -> impl Iterator<Item = (Level, &str)> {
    [(Level::Stdout, &*outcome.stdout), (Level::Stderr, &*outcome.stderr)].into_iter().filter(|(_, text)| !text.is_empty())
}

/// The end of what a process complained about: the last lines say what went wrong.
fn cut(text: &str) -> String {
    match text.char_indices().rev().nth(1_999) {
        Some((at, _)) if at > 0 => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    }
}

fn output(returns: Returns, outcome: &ProcessOutcome) -> Value {
    let code = Value::from(isize::try_from(outcome.code).unwrap_or_default());
    match returns {
        Returns::Stdout => value::string(&*outcome.stdout),
        Returns::Stderr => value::string(&*outcome.stderr),
        Returns::Code => code,
        Returns::All => {
            value::object([("code", code), ("stdout", value::string(&*outcome.stdout)), ("stderr", value::string(&*outcome.stderr))])
        }
        Returns::None => Value::Null,
    }
}
