//! The host of debug sessions: on loopback, behind a random token, started when first needed.

use std::sync::Arc;

use flowdbg_engine::driver::Engine;
use tokio::sync::OnceCell;

use crate::{
    host::Host,
    serve::{Limits, ServeError, ServeOptions, Serving, serve},
};

/// Makes the engine of a host.
pub type MakeEngine = Box<dyn Fn() -> Engine + Send + Sync>;

/// A host that starts when it is first needed.
pub struct Loopback {
    engine: MakeEngine,
    serving: OnceCell<Serving>,
}

impl Loopback {
    /// A host that will run on the engine that is made then.
    #[must_use]
    pub fn new(engine: impl Fn() -> Engine + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { engine: Box::new(engine), serving: OnceCell::new() })
    }

    /// The host, started if it was not.
    pub(super) async fn serving(&self) -> Result<&Serving, ServeError> {
        let start = || {
            // A launch may carry an input as large as a frame.
            let request_bytes = u32::try_from(flowdbg_protocol::framing::BODY_LIMIT).unwrap_or(u32::MAX);
            let limits = Limits { request_bytes, ..Limits::default() };
            serve(Host::new((self.engine)()), ServeOptions { limits, ..ServeOptions::default() })
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
