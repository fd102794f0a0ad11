//! `run: script`: a script in the user's own interpreter (DSL Reference, "Script Process").
//!
//! Its text stands in the workflow, or is read from elsewhere before it runs.

use flowdbg_lang::{
    model::RunProcess,
    value::{Value, ValueExt as _},
};

use super::{
    process::{self, wrong},
    resource,
};
use crate::{
    effect::{Answer, Command, Process, ScriptLanguage},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, run: &RunProcess) -> Result<(), Stop> {
    match machine.take_answer(id) {
        None => {
            let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
            let with = machine.fill(id, depth, &run.with, &input, None)?;
            match with.member("source").filter(|source| **source != Value::Null) {
                None => {
                    let code = with.member("code").and_then(Value::as_text).ok_or_else(|| wrong("`run.script.code` must be a string"))?;
                    process::start(machine, id, run.awaits, script(&with, code)?);
                }
                Some(source) => {
                    // What is wrong with the rest is said before anything is read.
                    script(&with, String::new())?;
                    let resource = resource::named(machine, id, source, &input)?;
                    // Kept in the frame until the text is there.
                    machine.top(id).raw_output = with;
                    machine.wait_for(id, crate::effect::EffectKind::Resource(resource));
                }
            }
            Ok(())
        }
        Some(Answer::Resource(Ok(code))) => {
            let with = std::mem::take(&mut machine.top(id).raw_output);
            process::start(machine, id, run.awaits, script(&with, code)?);
            Ok(())
        }
        Some(Answer::Resource(Err(error))) => {
            let detail = format!("the script cannot be read: {}", error.message);
            Err(Fault::with_status(Kind::Communication, error.status.map_or(500, i64::from), detail).into())
        }
        Some(answer) => process::ended(machine, id, "script", run.returns, answer),
    }
}

fn script(with: &Value, code: String) -> Result<Process, Fault> {
    let language = match with.member("language").and_then(Value::as_text).as_deref() {
        Some("js" | "javascript") => ScriptLanguage::JavaScript,
        Some("python") => ScriptLanguage::Python,
        Some(other) => return Err(wrong(format!("scripts in `{other}` cannot be run: `run.script.language` is `js` or `python`"))),
        None => return Err(wrong("`run.script.language` must be a string: `js` or `python`")),
    };
    process::build(Command::Script { language, code }, "script", with)
}
