//! What the subscribers of one execution share: its events, serialised once.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::extract::ws::Utf8Bytes;
use flowdbg_engine::driver::{EventLog, Run};

use super::event;

/// How many serialised events are kept at most. Older ones are serialised again for whoever asks.
const MAX_EVENTS: usize = 1_024;
/// How many bytes of them.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// An event as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) text: Utf8Bytes,
    pub(crate) critical: bool,
}

/// The room of one execution.
pub(crate) struct Room {
    run: Run,
    recent: Mutex<Recent>,
}

/// The newest events without a gap. They are kept only while somebody is in the room.
#[derive(Default)]
struct Recent {
    present: usize,
    first: u64,
    items: VecDeque<Item>,
    bytes: usize,
}

impl Room {
    pub(crate) fn new(run: Run) -> Self {
        Self { run, recent: Mutex::default() }
    }

    pub(crate) fn log(&self) -> &Arc<EventLog> {
        self.run.log()
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a subscriber in.
    pub(crate) fn enter(&self) -> Present<'_> {
        self.recent().present += 1;
        Present(self)
    }

    /// At most `max` events from a sequence number on, without a gap; fewer if they are large.
    pub(crate) fn page(&self, from: u64, max: usize) -> Vec<Item> {
        // Held while serialising, so that nobody does the same work beside.
        let mut recent = self.recent();
        if recent.items.is_empty() {
            recent.first = from;
        }
        let next = recent.first + recent.items.len() as u64;
        if from < recent.first || from > next {
            if from > next {
                // Nobody read the events between: begin anew here.
                *recent = Recent { present: recent.present, first: from, ..Recent::default() };
            } else {
                drop(recent);
                return self.serialise(from, max, MAX_BYTES);
            }
        }
        let next = recent.first + recent.items.len() as u64;
        let missing = (from + max as u64).saturating_sub(next);
        for item in self.serialise(next, usize::try_from(missing).unwrap_or(max), MAX_BYTES) {
            recent.bytes += item.text.len();
            recent.items.push_back(item);
        }
        let skip = usize::try_from(from - recent.first).unwrap_or(usize::MAX);
        let page = recent.items.iter().skip(skip).take(max).cloned().collect();
        recent.trim();
        page
    }

    fn serialise(&self, from: u64, max: usize, max_bytes: usize) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut bytes = 0;
        for (expected, (seq, event)) in (from..).zip(self.log().read(from, max)) {
            // The log may have dropped what was asked for; the subscriber is told, not misled.
            if seq != expected || bytes > max_bytes {
                break;
            }
            let text = Utf8Bytes::from(event::to_json(&self.run, seq, &event));
            bytes += text.len();
            items.push(Item { text, critical: event::is_critical(&event.kind) });
        }
        items
    }
}

impl Recent {
    fn trim(&mut self) {
        while self.items.len() > MAX_EVENTS || (self.bytes > MAX_BYTES && self.items.len() > 1) {
            if let Some(oldest) = self.items.pop_front() {
                self.bytes -= oldest.text.len();
                self.first += 1;
            }
        }
    }
}

/// A subscriber's presence in a room; the last to leave turns off the lights.
pub(crate) struct Present<'a>(&'a Room);

impl Drop for Present<'_> {
    fn drop(&mut self) {
        let mut recent = self.0.recent();
        recent.present -= 1;
        if recent.present == 0 {
            *recent = Recent::default();
        }
    }
}
