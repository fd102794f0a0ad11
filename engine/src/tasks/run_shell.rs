//! `run: shell`: a command in a shell (DSL Reference, "Shell Process").

use flowdbg_lang::{
    model::RunProcess,
    value::{Value, ValueExt as _},
};

use super::process::{self, wrong};
use crate::{
    effect::{Command, Process},
    fault::Fault,
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, run: &RunProcess) -> Result<(), Stop> {
    if let Some(answer) = machine.take_answer(id) {
        return process::ended(machine, id, "command", run.returns, answer);
    }
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    let with = machine.fill(id, depth, &run.with, &input, None)?;
    process::start(machine, id, run.awaits, command(&with)?);
    Ok(())
}

fn command(with: &Value) -> Result<Process, Fault> {
    let command = with.member("command").and_then(Value::as_text).ok_or_else(|| wrong("`run.shell.command` must be a string"))?;
    process::build(Command::Shell(command), "shell", with)
}
