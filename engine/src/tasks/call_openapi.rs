//! `call: openapi` (DSL Reference, "OpenAPI Call"): an operation of a Swagger 2.0 or OpenAPI 3
//! document, named by its `operationId`.
//!
//! The document is read once in an execution. Output, redirects and authentication are as for
//! `call: http`.

mod body;
pub(crate) mod operation;
mod parameters;
mod request;

use flowdbg_lang::{
    model::Call,
    text::Source,
    value::{self, Value, ValueExt as _},
};

use super::{
    authentication, document,
    exchange::{describe, output, send, wrong},
};
use crate::{
    effect::Answer,
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &Call) -> Result<(), Stop> {
    // What was asked for is kept in the frame until the response is there.
    match machine.take_answer(id) {
        None => {
            if !authentication::before(machine, id, &call.with, &["authentication"])? {
                return Ok(());
            }
            let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
            let with = match machine.top(id).raw_output.member("with") {
                Some(with) => with.clone(),
                None => machine.fill(id, depth, &call.with, &input, None)?,
            };
            machine.top(id).raw_output = value::object([("with", with.clone())]);
            let address = with.member("document").and_then(|document| document.member("endpoint"));
            let address = address.ok_or_else(|| wrong("`document.endpoint` is missing"))?;
            let Some(read) = document::read(machine, id, address, &input, "the OpenAPI document")? else { return Ok(()) };
            let key = format!("OpenAPI {}", read.key);
            if machine.document(&key).is_none() {
                machine.keep_document(&key, parse(&read.uri, &read.text)?);
            }
            Ok(call_operation(machine, id, &with, &read.uri, &key)?)
        }
        Some(Answer::Http(Ok(response))) => {
            let kept = std::mem::take(&mut machine.top(id).raw_output);
            let output = output(&kept, &response)?;
            machine.finish_body(id, output);
            Ok(())
        }
        Some(Answer::Http(Err(error))) => Err(Fault::new(Kind::Communication, error).into()),
        Some(_) => Err(Fault::new(Kind::Runtime, "the operation was not called").into()),
    }
}

fn parse(uri: &str, text: &str) -> Result<Value, Fault> {
    let (tree, problems) = flowdbg_lang::read::read_foreign(&Source::new(uri, text.to_owned()));
    match (tree.root(), problems.first()) {
        (Some(root), None) => Ok(tree.value(root)),
        (_, Some(problem)) => Err(wrong(format!("the OpenAPI document {uri} is neither JSON nor YAML: {}", problem.message))),
        (None, None) => Err(wrong(format!("the OpenAPI document {uri} is empty"))),
    }
}

/// Makes the request and lets the branch wait for its response.
fn call_operation(machine: &mut Machine, id: BranchId, with: &Value, uri: &str, key: &str) -> Result<(), Fault> {
    let document = machine.document(key).cloned().unwrap_or_default();
    let operation_id = with.member("operationId").and_then(Value::as_text).ok_or_else(|| wrong("`operationId` must be a string"))?;
    let nothing = value::object::<String>([]);
    let given = match with.member("parameters") {
        None | Some(Value::Null) => &nothing,
        Some(given @ Value::Obj(_)) => given,
        Some(other) => return Err(wrong(format!("`parameters` must be an object, but this is {}", other.type_name()))),
    };
    let operation = operation::find(&document, uri, &operation_id)?;
    let request = request::build(&operation, given)?;
    let authentication = with.member("authentication").cloned().unwrap_or_default();
    // The rest of the arguments is not needed any more.
    let shaping = ["output", "redirect"].map(|key| (key, with.member(key).cloned().unwrap_or_default()));
    machine.top(id).raw_output = value::object([("with", value::object(shaping)), ("request", describe(&request, &authentication))]);
    send(machine, id, request, &authentication)
}
