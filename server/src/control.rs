//! The control API, served: JSON-RPC over WebSocket (and HTTP) at `/rpc`.
//!
//! Each call of [`flowdbg_protocol::control`] is a `Served` of its own; `ROWS` lists them, and
//! registration follows from that list. An execution's actor puts calls in order; here nothing
//! has state.

mod breakpoints;
mod exception;
mod executions;
mod look;
mod motion;
mod names;
mod problem;
mod values;
mod watch;
mod wire;

use std::{panic::AssertUnwindSafe, sync::Arc};

use flowdbg_protocol::control::{Call, ControlError, Right, code};
use futures::FutureExt as _;
use jsonrpsee::{
    Extensions, RpcModule,
    core::RegisterMethodError,
    types::{ErrorObjectOwned, Params, error::INVALID_PARAMS_CODE},
};

use crate::host::Host;
pub use wire::diagnostic as diagnostic_to_wire;

/// Subprotocol that a browser names beside its token, as it insists on one being chosen.
pub const RPC_PROTOCOL: &str = "flowdbg.rpc.v1";

/// A call that this host answers.
pub(crate) trait Served: Call {
    /// Answers it.
    fn serve(host: Host, params: Self::Params) -> impl Future<Output = Result<Self::Result, ControlError>> + Send;
}

/// A call with what is needed to register it.
struct Row {
    #[cfg(test)]
    method: &'static str,
    register: fn(&mut RpcModule<Host>) -> Result<(), RegisterMethodError>,
}

impl Row {
    const fn of<C: Served + 'static>() -> Self {
        Self {
            #[cfg(test)]
            method: C::METHOD,
            register: register::<C>,
        }
    }
}

/// Every call that is served.
const ROWS: &[Row] = {
    use flowdbg_protocol::control as call;
    &[
        Row::of::<call::Start>(),
        Row::of::<call::Release>(),
        Row::of::<call::List>(),
        Row::of::<call::Get>(),
        Row::of::<call::Cancel>(),
        Row::of::<call::Suspend>(),
        Row::of::<call::Resume>(),
        Row::of::<call::SetBreakpoints>(),
        Row::of::<call::SetExceptionFilters>(),
        Row::of::<call::Continue>(),
        Row::of::<call::Step>(),
        Row::of::<call::Pause>(),
        Row::of::<call::Branches>(),
        Row::of::<call::Frames>(),
        Row::of::<call::Scopes>(),
        Row::of::<call::Variables>(),
        Row::of::<call::Evaluate>(),
        Row::of::<call::SetVariable>(),
        Row::of::<call::ExceptionInfo>(),
    ]
};

/// All methods of a host.
pub(crate) fn methods(host: Host) -> Result<RpcModule<Host>, RegisterMethodError> {
    let mut module = RpcModule::new(host);
    for row in ROWS {
        (row.register)(&mut module)?;
    }
    watch::register(&mut module)?;
    Ok(module)
}

fn register<C: Served + 'static>(module: &mut RpcModule<Host>) -> Result<(), RegisterMethodError> {
    module.register_async_method(C::METHOD, |params, host: Arc<Host>, extensions| async move {
        allowed(C::METHOD, C::RIGHT, &extensions)?;
        let params = read::<C::Params>(C::METHOD, &params)?;
        // A panic costs one answer, not the connection.
        let answer = AssertUnwindSafe(C::serve(Host::clone(&host), params)).catch_unwind().await;
        let answer = answer.unwrap_or_else(|_| {
            tracing::error!(method = C::METHOD, "a call panicked");
            Err(problem::internal(C::METHOD))
        });
        let answer = answer.map_err(to_object)?;
        serde_json::value::to_raw_value(&answer).map_err(|_| to_object(problem::internal(C::METHOD)))
    })?;
    Ok(())
}

/// Whether the token with which the connection was opened allows the call.
fn allowed(method: &str, needed: Right, extensions: &Extensions) -> Result<(), ErrorObjectOwned> {
    if extensions.get::<Right>().is_some_and(|right| *right >= needed) {
        return Ok(());
    }
    let message = format!("the token only allows to watch; `{method}` needs one that allows to control");
    Err(ErrorObjectOwned::owned(code::FORBIDDEN, message, None::<()>))
}

fn read<T: serde::de::DeserializeOwned>(method: &str, params: &Params<'_>) -> Result<T, ErrorObjectOwned> {
    let text = params.as_str().unwrap_or("{}");
    let text = if text == "[]" || text == "null" { "{}" } else { text };
    serde_json::from_str(text)
        .map_err(|error| ErrorObjectOwned::owned(INVALID_PARAMS_CODE, format!("bad parameters for `{method}`: {error}"), None::<()>))
}

fn to_object(error: ControlError) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(error.code, error.message, error.data)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use flowdbg_protocol::control::CALLS;

    use super::*;

    #[test]
    fn every_call_of_the_protocol_is_served() {
        let served: BTreeSet<&str> = ROWS.iter().map(|row| row.method).collect();
        let described: BTreeSet<&str> = CALLS.iter().map(|call| call.method).collect();
        assert_eq!(served, described);
        assert_eq!(served.len(), ROWS.len());
    }

    #[test]
    fn absent_parameters_are_none() {
        use flowdbg_protocol::control::{Nothing, OfExecution};
        for text in [None, Some("{}"), Some("[]"), Some("null")] {
            assert!(read::<Nothing>("x", &Params::new(text)).is_ok());
        }
        let error = read::<OfExecution>("execution.get", &Params::new(Some("{}"))).unwrap_err();
        assert_eq!(error.code(), INVALID_PARAMS_CODE);
        assert!(error.message().contains("`execution.get`: missing field `execution`"), "{}", error.message());
    }
}
