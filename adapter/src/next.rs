//! What a request wants next: to be answered, or to hear something from the engine host first.
//!
//! A handler that needs the host returns [`Next::ask`] with a continuation, which returns a
//! [`Next`] again. So a handler reads from top to bottom, and the session holds what waits.

use flowdbg_protocol::control::Call;
use serde::Serialize;
use serde_json::Value;

use crate::{error::Error, session::Session};

/// A step of a request, or its failure.
pub(crate) type Outcome<B> = Result<Next<B>, Error>;

/// Goes on when the host has answered.
pub(crate) type Then<B> = Box<dyn FnOnce(&mut Session, Result<Value, Error>) -> Outcome<B> + Send>;

/// What a request wants next.
pub(crate) enum Next<B> {
    /// Answer the client.
    Reply(B),
    /// Call the host and go on with its answer.
    Ask {
        /// Method of the control API.
        method: &'static str,
        /// Its parameters.
        params: Value,
        /// The rest of the request.
        then: Then<B>,
    },
}

impl<B: 'static> Next<B> {
    /// Calls the host; a failed call fails the request.
    pub(crate) fn ask<C: Call>(params: C::Params, then: impl FnOnce(&mut Session, C::Result) -> Outcome<B> + Send + 'static) -> Self {
        Self::try_ask::<C>(params, |session, result| then(session, result?))
    }

    /// Calls the host; the continuation looks at the failure itself.
    pub(crate) fn try_ask<C: Call>(
        params: C::Params,
        then: impl FnOnce(&mut Session, Result<C::Result, Error>) -> Outcome<B> + Send + 'static,
    ) -> Self {
        Next::Ask {
            method: C::METHOD,
            params: params_of::<C>(&params),
            then: Box::new(|session, answer| {
                let result = answer.and_then(|value| {
                    serde_json::from_value(value).map_err(|error| Error::HostAnswer { method: C::METHOD, problem: error.to_string() })
                });
                then(session, result)
            }),
        }
    }
}

impl<B: Serialize + 'static> Next<B> {
    /// The same with a body of plain JSON.
    pub(crate) fn into_json(self) -> Next<Value> {
        match self {
            // Bodies are strings, numbers, lists and objects with text keys.
            Next::Reply(body) => Next::Reply(serde_json::to_value(body).unwrap_or_default()),
            Next::Ask { method, params, then } => {
                Next::Ask { method, params, then: Box::new(|session, answer| then(session, answer).map(Next::into_json)) }
            }
        }
    }
}

/// The parameters of a call as JSON.
pub(crate) fn params_of<C: Call>(params: &C::Params) -> Value {
    serde_json::to_value(params).unwrap_or_default()
}
