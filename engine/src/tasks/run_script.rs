//! `run: script`: a script in the user's own interpreter (DSL Reference, "Script Process").
//!
//! Its text stands in the workflow, or is read from elsewhere before it runs.

use flowdbg_lang::{
    model::RunProcess,
    value::{Value, ValueExt as _},
};

use super::{
    document,
    process::{self, wrong},
};
use crate::{
    effect::{Command, Process, ScriptLanguage},
    fault::Fault,
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, run: &RunProcess) -> Result<(), Stop> {
    match machine.take_answer(id) {
        None => {
            let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
            // The arguments are kept in the frame until the text is there.
            let with = match machine.top(id).raw_output.clone() {
                Value::Null => machine.fill(id, depth, &run.with, &input, None)?,
                with => with,
            };
            let code = match with.member("source").filter(|source| **source != Value::Null) {
                None => with.member("code").and_then(Value::as_text).ok_or_else(|| wrong("`run.script.code` must be a string"))?,
                Some(source) => {
                    // What is wrong with the rest is said before anything is read.
                    script(&with, String::new())?;
                    let address = source.member("endpoint").ok_or_else(|| wrong("`run.script.source` needs an `endpoint`"))?;
                    machine.top(id).raw_output = with.clone();
                    let Some(read) = document::read(machine, id, address, &input, "the script")? else { return Ok(()) };
                    machine.top(id).raw_output = Value::Null;
                    read.text
                }
            };
            process::start(machine, id, run.awaits, script(&with, code)?);
            Ok(())
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
