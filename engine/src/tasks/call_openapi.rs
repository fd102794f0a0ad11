//! `call: openapi` (DSL Reference, "OpenAPI Call"): an operation of a Swagger 2.0 or OpenAPI 3
//! document, named by its `operationId`.
//!
//! The document is read once in an execution. Output, redirects and authentication are as for
//! `call: http`.

mod body;
mod operation;
mod parameters;
mod request;

use std::sync::Arc;

use flowdbg_lang::{
    model::Call,
    text::Source,
    value::{self, Value, ValueExt as _},
};

use super::{
    authentication,
    exchange::{describe, endpoint, output, wrong},
};
use crate::{
    effect::{Answer, EffectKind, Resource, ResourceError},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &Call) -> Result<(), Stop> {
    // What was asked for is kept in the frame until the response is there.
    match machine.take_answer(id) {
        None => {
            let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
            let with = machine.fill(id, depth, &call.with, &input, None)?;
            let (resource, key) = resource(machine, id, &with, &input)?;
            if machine.document(&key).is_some() {
                return Ok(send(machine, id, with, &resource.uri, &key)?);
            }
            let address = value::object([("uri", value::string(&*resource.uri)), ("key", value::string(&*key))]);
            machine.top(id).raw_output = value::object([("with", with), ("document", address)]);
            machine.wait_for(id, EffectKind::Resource(resource));
            Ok(())
        }
        Some(Answer::Resource(Ok(text))) => {
            let kept = std::mem::take(&mut machine.top(id).raw_output);
            let address = |name| kept.member("document").and_then(|document| document.member(name)).and_then(Value::as_text);
            let (uri, key) = (address("uri").unwrap_or_default(), address("key").unwrap_or_default());
            machine.keep_document(&key, parse(&uri, &text)?);
            Ok(send(machine, id, kept.member("with").cloned().unwrap_or_default(), &uri, &key)?)
        }
        Some(Answer::Resource(Err(ResourceError { status, message }))) => {
            let detail = format!("the OpenAPI document cannot be read: {message}");
            Err(Fault::with_status(Kind::Communication, status.map_or(500, i64::from), detail).into())
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

/// The document to read, and the name under which it is kept.
fn resource(machine: &mut Machine, id: BranchId, with: &Value, input: &Value) -> Result<(Resource, String), Fault> {
    let address = with.member("document").and_then(|document| document.member("endpoint"));
    let (uri, authentication) = endpoint(address.ok_or_else(|| wrong("`document.endpoint` is missing"))?, input)?;
    let from: Arc<str> = machine.top(id).program().workflow.source.path().into();
    let key = match url::Url::parse(&uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https" | "file") => uri.clone(),
        Ok(url) => return Err(wrong(format!("`{uri}`: documents are read from files and by http(s), not by `{}`", url.scheme()))),
        Err(_) => format!("{from} {uri}"),
    };
    let headers = match authentication {
        Some(authentication) => vec![("authorization".to_owned(), authentication::header(machine, id, authentication)?)],
        None => Vec::new(),
    };
    Ok((Resource { uri, from, headers }, key))
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
fn send(machine: &mut Machine, id: BranchId, with: Value, uri: &str, key: &str) -> Result<(), Fault> {
    let document = machine.document(key).cloned().unwrap_or_default();
    let operation_id = with.member("operationId").and_then(Value::as_text).ok_or_else(|| wrong("`operationId` must be a string"))?;
    let nothing = value::object::<String>([]);
    let given = match with.member("parameters") {
        None | Some(Value::Null) => &nothing,
        Some(given @ Value::Obj(_)) => given,
        Some(other) => return Err(wrong(format!("`parameters` must be an object, but this is {}", other.type_name()))),
    };
    let operation = operation::find(&document, uri, &operation_id)?;
    let mut request = request::build(&operation, given)?;
    if let Some(authentication) = with.member("authentication").filter(|authentication| **authentication != Value::Null) {
        request.headers.push(("authorization".to_owned(), authentication::header(machine, id, authentication)?));
    }
    // The rest of the arguments is not needed any more.
    let shaping = ["output", "redirect"].map(|key| (key, with.member(key).cloned().unwrap_or_default()));
    machine.top(id).raw_output = value::object([("with", value::object(shaping)), ("request", describe(&request))]);
    machine.wait_for(id, EffectKind::Http(request));
    Ok(())
}
