//! `run: shell`: a command in a shell (DSL Reference, "Shell Process").
//!
//! An exit code other than zero is a runtime error, unless `return` is `code` or `all`: then the
//! workflow asked to see it.

use std::collections::BTreeMap;

use flowdbg_lang::{
    model::{Returns, RunShell},
    value::{self, Value, ValueExt as _},
};

use super::text;
use crate::{
    effect::{Answer, EffectKind, ShellCommand, ShellOutcome},
    event::Level,
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop, WaitFor},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, run: &RunShell) -> Result<(), Stop> {
    let answer = machine.take_answer(id);
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    match answer {
        None => {
            let with = machine.fill(id, depth, &run.with, &input, None)?;
            let command = command(&with)?;
            if run.awaits {
                machine.wait_for(id, EffectKind::Shell(command));
            } else {
                machine.request(id, EffectKind::Shell(command), WaitFor::Nobody);
                machine.finish_body(id, input);
            }
        }
        Some(Answer::Shell(Ok(outcome))) => {
            for (level, output) in [(Level::Stdout, &outcome.stdout), (Level::Stderr, &outcome.stderr)] {
                if !output.is_empty() {
                    machine.log(id, level, output.clone());
                }
            }
            if outcome.code != 0 && !matches!(run.returns, Returns::Code | Returns::All) {
                let said = outcome.stderr.trim();
                let said = if said.is_empty() { String::new() } else { format!(": {said}") };
                return Err(Fault::new(Kind::Runtime, format!("the command ended with exit code {}{said}", outcome.code)).into());
            }
            machine.finish_body(id, output(run.returns, &outcome));
        }
        Some(Answer::Shell(Err(error))) => return Err(Fault::new(Kind::Runtime, error).into()),
        Some(_) => return Err(Fault::new(Kind::Runtime, "the command was not run").into()),
    }
    Ok(())
}

fn command(with: &Value) -> Result<ShellCommand, Fault> {
    let command = with.member("command").and_then(Value::as_text);
    let command = command.ok_or_else(|| Fault::new(Kind::Configuration, "`run.shell.command` must be a string"))?;
    let arguments = match with.member("arguments") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Arr(arguments)) => arguments.iter().map(text).collect(),
        Some(_) => return Err(Fault::new(Kind::Configuration, "`run.shell.arguments` must be an array")),
    };
    let environment = match with.member("environment") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(Value::Obj(members)) => members.iter().map(|(key, member)| (text(key), text(member))).collect(),
        Some(_) => return Err(Fault::new(Kind::Configuration, "`run.shell.environment` must be an object")),
    };
    let stdin = with.member("stdin").filter(|stdin| **stdin != Value::Null).map(text);
    Ok(ShellCommand { command, arguments, stdin, environment })
}

fn output(returns: Returns, outcome: &ShellOutcome) -> Value {
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
