//! Documents that calls need: read once in an execution, with authentication (DSL Reference,
//! "External Resource").

use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{
    authentication::{self, Authorized, Refused},
    exchange::{endpoint, wrong},
};
use crate::{
    effect::{Answer, DEFAULT_CATALOG, EffectKind, HttpRequest, Resource, ResourceError},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Need},
};

/// A document that was read.
pub(crate) struct Document {
    /// Its address as the workflow has it, expanded.
    pub(crate) uri: String,
    /// The name under which it is kept in the execution.
    pub(crate) key: String,
    /// Its text.
    pub(crate) text: String,
}

/// The document at an endpoint. If it was not read yet it is asked for, and the branch waits: the
/// task is called again. `what` names it for a person: `the OpenAPI document`.
pub(crate) fn read(machine: &mut Machine, id: BranchId, address: &Value, input: &Value, what: &str) -> Result<Option<Document>, Fault> {
    let (uri, policy) = endpoint(address, input)?;
    let policy = policy.cloned().unwrap_or_default();
    let from: Arc<str> = machine.top(id).program().workflow.source.path().into();
    let uri = beside(uri, &from);
    let key = key(&uri, &from)?;
    if let Some(text) = machine.document(&key).and_then(Value::as_text) {
        return Ok(Some(Document { uri, key, text }));
    }
    let resource = Resource { uri, from, headers: Vec::new() };
    ask(machine, id, Need::Document { key, resource, policy, what: what.to_owned() })?;
    Ok(None)
}

/// What lies beside a file that was fetched, such as a function, is fetched from there.
fn beside(uri: String, from: &str) -> String {
    let base = url::Url::parse(from).ok().filter(|base| matches!(base.scheme(), "http" | "https" | "file"));
    match (url::Url::parse(&uri), base) {
        (Err(_), Some(base)) => base.join(&uri).map_or(uri, Into::into),
        _ => uri,
    }
}

/// Where a text lies: the path of a file, else its address. Editors open it, and what it names by a
/// relative path lies beside it.
pub(crate) fn place(uri: &str, from: &str) -> String {
    let path = match url::Url::parse(uri) {
        Ok(url) if url.scheme() == "file" => url.to_file_path().ok(),
        Ok(_) => None,
        Err(_) => Some(Path::new(from).parent().unwrap_or_else(|| Path::new("")).join(uri)),
    };
    let Some(path) = path else { return uri.to_owned() };
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain.to_string_lossy().into_owned()
}

/// The name under which a document is kept. A relative path is that of its workflow.
fn key(uri: &str, from: &str) -> Result<String, Fault> {
    match url::Url::parse(uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https" | "file") => Ok(uri.to_owned()),
        Ok(_) if uri.starts_with(DEFAULT_CATALOG) => Ok(uri.to_owned()),
        Ok(url) => Err(wrong(format!("`{uri}`: documents are read from files and by http(s), not by `{}`", url.scheme()))),
        Err(_) => Ok(format!("{from} {uri}")),
    }
}

fn ask(machine: &mut Machine, id: BranchId, need: Need) -> Result<(), Fault> {
    let Need::Document { resource, policy, .. } = &need else { return Ok(()) };
    let request = HttpRequest { method: "GET".to_owned(), url: resource.uri.clone(), headers: Vec::new(), body: None };
    let mut resource = resource.clone();
    match authentication::authorize(machine, id, policy, Some(&request))? {
        // The task asks again when the token has come.
        Authorized::Later => return Ok(()),
        Authorized::Now(header) => resource.headers.extend(header.map(|header| ("authorization".to_owned(), header))),
    }
    machine.calling(id).need = Some(need);
    machine.wait_for(id, EffectKind::Resource(resource));
    Ok(())
}

/// Takes in a document. False if it is asked for again.
pub(super) fn met(machine: &mut Machine, id: BranchId, need: Need, answer: Answer) -> Result<bool, Fault> {
    let Need::Document { key, resource, policy, what } = need else { return Ok(true) };
    match answer {
        Answer::Resource(Ok(text)) => {
            machine.calling(id).refused = false;
            machine.keep_document(&key, value::string(text));
            Ok(true)
        }
        Answer::Resource(Err(ResourceError { status, challenges, message })) => {
            if status == Some(401) && policy != Value::Null {
                let again = std::mem::replace(&mut machine.calling(id).refused, true);
                let refused = authentication::refused(machine, id, &policy, &resource.uri, &challenges, (false, again))?;
                if refused == Refused::Again {
                    // With a new token, if there must be one, the task asks by itself.
                    ask(machine, id, Need::Document { key, resource, policy, what })?;
                    return Ok(false);
                }
                return Err(Fault::new(Kind::Authentication, format!("{what} cannot be read: {message}")));
            }
            Err(Fault::with_status(Kind::Communication, status.map_or(500, i64::from), format!("{what} cannot be read: {message}")))
        }
        Answer::Failed(error) => Err(Fault::from_error(error)),
        // In a body the machine goes on without it; a schema that is not known fits all.
        Answer::Unknown => {
            machine.keep_document(&key, value::string("true"));
            Ok(true)
        }
        _ => Err(Fault::new(Kind::Runtime, format!("{what} was not read"))),
    }
}
