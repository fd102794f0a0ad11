//! Diagnostics for editors that do not ask for them again when told to: sent after each change, newest text only.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Notify;
use tower_lsp_server::{Client, gen_lsp_types::Uri};

use super::{diagnostics, documents::Documents, position::Encoding};

/// Texts that have changed since their diagnostics were sent.
#[derive(Debug, Default)]
pub(super) struct Publisher {
    changed: Mutex<BTreeSet<String>>,
    wake: Notify,
}

impl Publisher {
    /// Notes that a text was opened, changed or closed.
    pub(super) fn changed(&self, uri: &Uri) {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).insert(uri.0.clone());
        self.wake.notify_one();
    }

    /// Sends diagnostics for ever. One text is looked at at a time, so none is sent out of order;
    /// edits that come meanwhile are covered by one more look.
    pub(super) async fn run(&self, documents: Arc<Documents>, encoding: Encoding, client: Client) {
        loop {
            let next = self.changed.lock().unwrap_or_else(PoisonError::into_inner).pop_first();
            let Some(uri) = next.map(Uri) else {
                self.wake.notified().await;
                continue;
            };
            let Some(snapshot) = documents.snapshot(&uri) else {
                client.publish_diagnostics(uri, Vec::new(), None).await;
                continue;
            };
            let looked_at = snapshot.clone();
            let found = tokio::task::spawn_blocking(move || diagnostics::of(&looked_at, encoding)).await;
            match found {
                // What has changed meanwhile is in the set again.
                Ok(found) if documents.is_current(&snapshot) => client.publish_diagnostics(uri, found, Some(snapshot.version)).await,
                Ok(_) => {}
                Err(error) => tracing::error!("the checks of {} failed: {error}", uri.0),
            }
        }
    }
}
