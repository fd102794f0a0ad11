//! The subscription to what an execution's debugger says.

use std::sync::Arc;

use flowdbg_engine::debug;
use flowdbg_protocol::control::{NOTICE, Right, UNWATCH, WATCH, Watch};
use jsonrpsee::{RpcModule, core::RegisterMethodError, server::PendingSubscriptionSink};

use super::{allowed, problem, read, to_object, wire};
use crate::{host::Host, runs::Execution};

pub(super) fn register(module: &mut RpcModule<Host>) -> Result<(), RegisterMethodError> {
    module.register_subscription(WATCH, NOTICE, UNWATCH, |params, pending, host: Arc<Host>, extensions| async move {
        let asked = allowed(WATCH, Right::Watch, &extensions).and_then(|()| read::<Watch>(WATCH, &params));
        let found =
            asked.and_then(|watch| host.find(&watch.execution).ok_or_else(|| to_object(problem::unknown_execution(&watch.execution))));
        match found {
            Ok(execution) => tell(&execution, pending).await,
            Err(error) => pending.reject(error).await,
        }
    })?;
    Ok(())
}

/// Hands on the notices in their order, until the last or until nobody listens.
async fn tell(execution: &Execution, pending: PendingSubscriptionSink) {
    // Listening begins before the client knows, so that it misses nothing after that.
    let mut notices = execution.run.notices();
    let Ok(sink) = pending.accept().await else { return };
    loop {
        let notice = tokio::select! {
            notice = notices.recv() => notice.unwrap_or(debug::Notice::Ended),
            () = sink.closed() => return,
        };
        let last = matches!(notice, debug::Notice::Ended);
        let Ok(text) = serde_json::value::to_raw_value(&wire::notice(&execution.run, notice)) else { return };
        if sink.send(text).await.is_err() || last {
            return;
        }
    }
}
