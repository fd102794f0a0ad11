//! The event log of an execution: append-only, gapless, readable by anybody at his own pace.

use std::{
    collections::VecDeque,
    sync::{Arc, PoisonError, RwLock},
};

use tokio::sync::watch;

use crate::event::Event;

/// How many events are kept. An execution that never ends must not use up the memory.
const MAX_EVENTS: usize = 500_000;

/// Events with their sequence numbers, from 1 on.
#[derive(Debug)]
pub struct EventLog {
    inner: RwLock<Inner>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    events: VecDeque<Arc<Event>>,
    /// How many of the oldest were dropped.
    dropped: u64,
    over: bool,
}

impl Default for EventLog {
    fn default() -> Self {
        Self { inner: RwLock::default(), changed: watch::channel(0).0 }
    }
}

impl EventLog {
    pub(super) fn append(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let last = {
            let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
            inner.events.extend(events.into_iter().map(Arc::new));
            while inner.events.len() > MAX_EVENTS {
                inner.events.pop_front();
                inner.dropped += 1;
            }
            inner.last()
        };
        self.changed.send_replace(last);
    }

    pub(super) fn close(&self) {
        self.inner.write().unwrap_or_else(PoisonError::into_inner).over = true;
        self.changed.send_modify(|_| {});
    }

    /// Sequence number of the newest event; 0 if there is none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).last()
    }

    /// Sequence number of the oldest event that is kept.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).dropped + 1
    }

    /// At most `max` events, from sequence number `from` on (or from the oldest kept).
    #[must_use]
    pub fn read(&self, from: u64, max: usize) -> Vec<(u64, Arc<Event>)> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let from = from.max(inner.dropped + 1);
        let skip = usize::try_from(from - inner.dropped - 1).unwrap_or(usize::MAX);
        (from..).zip(inner.events.iter().skip(skip).take(max).cloned()).collect()
    }

    /// Whether the last event has been written.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.inner.read().unwrap_or_else(PoisonError::into_inner).over
    }

    /// Tells of news: the newest sequence number, and also when the log is over.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

impl Inner {
    fn last(&self) -> u64 {
        self.dropped + u64::try_from(self.events.len()).unwrap_or(0)
    }
}
