//! `raise`: an error of the workflow's own (DSL Reference, "Raise").

use flowdbg_lang::{
    template::Template,
    value::{Value, ValueExt as _},
};

use crate::{
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, error: &Template) -> Result<(), Stop> {
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    let error = machine.fill(id, depth, error, &input, None)?;
    if error.member("type").and_then(Value::as_text).is_none() || error.member("status").and_then(Value::as_i64).is_none() {
        let detail = format!("a raised error needs a `type` (a URI) and a `status` (a number); this one is {}", error.to_json());
        return Err(Fault::new(Kind::Configuration, detail).into());
    }
    Err(Fault::from_error(error).into())
}
