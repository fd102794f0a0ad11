//! Processes: shell commands, scripts in the user's own interpreters, containers by the command
//! line of docker or podman.

mod container;
mod group;
mod programs;
mod script;

pub use programs::{Limits, Programs};

use super::super::Messages;
use crate::effect::{Command, EffectId, Process, ProcessError, ProcessOutcome};

/// Runs a process to its end. Dropping the future stops it.
pub(super) async fn run(
    programs: &Programs,
    execution: &str,
    effect: EffectId,
    told: &Messages,
    process: Process,
) -> Result<ProcessOutcome, ProcessError> {
    let Process { command, arguments, stdin, environment } = process;
    match command {
        Command::Shell(line) => {
            let mut shell = group::command("sh".as_ref());
            shell.arg("-c").arg(line).arg("sh").args(arguments).envs(environment);
            group::run(shell, stdin, "command", told, &|text| text).await.map(group::Ended::outcome)
        }
        Command::Script { language, code } => script::run(programs, language, &code, arguments, environment, stdin, told).await,
        Command::Container(wanted) => {
            let name = format!("flowdbg-{execution}-{}", effect.0);
            container::run(programs, *wanted, name, arguments, environment, stdin, told).await
        }
    }
}

#[cfg(all(test, unix))]
mod tests;
