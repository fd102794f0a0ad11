//! The host of debug sessions: on loopback, behind a random token, started when first needed.

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::{
    host::Host,
    serve::{Limits, ServeError, ServeOptions, Serving, serve},
};

/// A host that starts when it is first needed.
pub struct Loopback {
    host: Box<dyn Fn() -> Host + Send + Sync>,
    serving: OnceCell<Serving>,
}

impl Loopback {
    /// A host that is made then, or runs on the engine that is made then.
    #[must_use]
    pub fn new<H: Into<Host>>(host: impl Fn() -> H + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { host: Box::new(move || host().into()), serving: OnceCell::new() })
    }

    /// The host, started if it was not.
    pub(super) async fn serving(&self) -> Result<&Serving, ServeError> {
        let start = || {
            // A launch may carry an input as large as a frame.
            let request_bytes = u32::try_from(flowdbg_protocol::framing::BODY_LIMIT).unwrap_or(u32::MAX);
            let limits = Limits { request_bytes, ..Limits::default() };
            serve((self.host)(), ServeOptions { limits, ..ServeOptions::default() })
        };
        self.serving.get_or_try_init(start).await
    }

    /// Waits until every execution has ended; at once if none was started.
    pub async fn idle(&self) {
        if let Some(serving) = self.serving.get() {
            serving.host.idle().await;
        }
    }
}
