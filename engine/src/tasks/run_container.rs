//! `run: container`: a container of docker or podman (DSL Reference, "Container Process").

use flowdbg_lang::{
    model::{Cleanup as Written, RunContainer},
    value::{Value, ValueExt as _},
};

use super::{
    process::{self, wrong},
    text,
};
use crate::{
    effect::{Cleanup, Command, Container, Process, Pull},
    fault::Fault,
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, run: &RunContainer) -> Result<(), Stop> {
    if let Some(answer) = machine.take_answer(id) {
        return process::ended(machine, id, "container", run.process.returns, answer);
    }
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    let with = machine.fill(id, depth, &run.process.with, &input, None)?;
    let cleanup = match &run.cleanup {
        Written::Never => Cleanup::Never,
        Written::Always => Cleanup::Always,
        Written::Eventually(after) => Cleanup::After(machine.duration(id, depth, after, &input)?),
    };
    let container = container(machine, id, &with, cleanup)?;
    process::start(machine, id, run.process.awaits, container);
    Ok(())
}

fn container(machine: &mut Machine, id: BranchId, with: &Value, cleanup: Cleanup) -> Result<Process, Fault> {
    let given = |key: &str| with.member(key).filter(|value| **value != Value::Null);
    let optional = |key: &str| match given(key) {
        None => Ok(None),
        Some(value) => value.as_text().map(Some).ok_or_else(|| wrong(format!("`run.container.{key}` must be a string"))),
    };
    let pairs = |key: &str| match given(key) {
        None => Ok(Vec::new()),
        Some(Value::Obj(members)) => Ok(members.iter().map(|(key, member)| (text(key), text(member))).collect()),
        Some(_) => Err(wrong(format!("`run.container.{key}` must be an object"))),
    };
    let image = optional("image")?.filter(|image| !image.is_empty()).ok_or_else(|| wrong("`run.container.image` must be a string"))?;
    let name = optional("name")?.filter(|name| !name.is_empty());
    // The command line of the engine takes what begins with a hyphen for an option.
    if image.starts_with('-') || name.as_ref().is_some_and(|name| name.starts_with('-')) {
        return Err(wrong("`run.container.image` and `name` must not begin with a hyphen"));
    }
    let pull = match optional("pullPolicy")?.as_deref() {
        None | Some("ifNotPresent") => Pull::IfNotPresent,
        Some("always") => Pull::Always,
        Some("never") => Pull::Never,
        Some(other) => return Err(wrong(format!("`run.container.pullPolicy` is `ifNotPresent`, `always` or `never`, not `{other}`"))),
    };
    let container = Container {
        image,
        name,
        command: optional("command")?,
        ports: pairs("ports")?,
        volumes: pairs("volumes")?,
        pull,
        cleanup,
        from: machine.top(id).program().workflow.source.path().into(),
    };
    process::build(Command::Container(Box::new(container)), "container", with)
}
