//! External resources (DSL Reference, "External Resource"): documents that tasks read before they
//! work with them.

use std::sync::Arc;

use flowdbg_lang::value::Value;

use super::{
    authentication,
    exchange::{endpoint, wrong},
};
use crate::{
    effect::Resource,
    fault::Fault,
    machine::{BranchId, Machine},
};

/// The document that an external resource names. Relative addresses are files beside the workflow.
pub(crate) fn named(machine: &mut Machine, id: BranchId, resource: &Value, input: &Value) -> Result<Resource, Fault> {
    use flowdbg_lang::value::ValueExt as _;
    let address = resource.member("endpoint").ok_or_else(|| wrong("an external resource needs an `endpoint`"))?;
    let (uri, authentication) = endpoint(address, input)?;
    let from: Arc<str> = machine.top(id).program().workflow.source.path().into();
    if let Ok(url) = url::Url::parse(&uri)
        && !matches!(url.scheme(), "http" | "https" | "file")
    {
        return Err(wrong(format!("`{uri}`: documents are read from files and by http(s), not by `{}`", url.scheme())));
    }
    let headers = match authentication {
        Some(authentication) => vec![("authorization".to_owned(), authentication::header(machine, id, authentication)?)],
        None => Vec::new(),
    };
    Ok(Resource { uri, from, headers })
}
