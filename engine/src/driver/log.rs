//! The event log of an execution: gapless, readable by anybody at his own pace.
//!
//! It holds the batches that the machine made as they are; an event is not touched again until
//! somebody reads it. What is kept of the past is bounded: the newest events always, and beyond
//! them what a [`Reader`] has still to read. An execution that nobody listens to runs for ever in
//! the same memory.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use flowdbg_lang::value::Value;
use tokio::sync::watch;

use crate::event::{Event, EventKind};

/// How much of the past is kept, whichever bound is met first. The newest batch is always kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// So many events.
    pub events: usize,
    /// Events that hold about so many bytes of data. Data that several events in a row share
    /// counts once.
    pub bytes: usize,
}

impl Default for History {
    /// What is kept for those who may come later.
    fn default() -> Self {
        Self { events: 10_000, bytes: 16 * 1024 * 1024 }
    }
}

/// What is kept for a reader who is behind. One who is further behind has lost the oldest events,
/// and is told so: an execution does not wait for its readers.
const BEHIND: History = History { events: 500_000, bytes: 256 * 1024 * 1024 };

/// Events with their sequence numbers, from 1 on.
#[derive(Debug)]
pub struct EventLog {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    history: History,
    batches: VecDeque<Batch>,
    /// How many events are kept.
    events: usize,
    /// About how many bytes of data they hold.
    bytes: usize,
    /// How many of the oldest were dropped.
    dropped: u64,
    over: bool,
    /// For each reader, the sequence number that it reads next.
    readers: BTreeMap<u64, u64>,
    next_reader: u64,
}

/// Events that happened in one advance.
#[derive(Debug)]
struct Batch {
    /// Sequence number of its first event.
    first: u64,
    events: Arc<Vec<Event>>,
    bytes: usize,
}

impl Batch {
    /// Sequence number of the event after its last.
    fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }
}

/// An event of a log. Cheap to clone; it keeps its whole batch alive.
#[derive(Clone, Debug)]
pub struct Logged {
    batch: Arc<Vec<Event>>,
    at: usize,
}

impl Deref for Logged {
    type Target = Event;

    fn deref(&self) -> &Event {
        &self.batch[self.at]
    }
}

impl Default for EventLog {
    fn default() -> Self {
        Self::new(History::default())
    }
}

impl EventLog {
    /// An empty log that keeps so much.
    #[must_use]
    pub fn new(history: History) -> Self {
        let inner = Inner { history, ..Inner::default() };
        Self { inner: Mutex::new(inner), changed: watch::channel(0).0 }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn append(&self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        let bytes = weight(&events);
        let mut forgotten = Vec::new();
        let last = {
            let mut inner = self.inner();
            let first = inner.last() + 1;
            inner.events += events.len();
            inner.bytes += bytes;
            inner.batches.push_back(Batch { first, events: Arc::new(events), bytes });
            inner.trim(&mut forgotten);
            inner.last()
        };
        // Data is let go where nobody waits for the lock.
        drop(forgotten);
        self.changed.send_replace(last);
    }

    pub(super) fn close(&self) {
        self.inner().over = true;
        self.changed.send_modify(|_| {});
    }

    /// Sequence number of the newest event; 0 if there is none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.inner().last()
    }

    /// Sequence number of the oldest event that is kept.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.inner().dropped + 1
    }

    /// At most `max` events, from sequence number `from` on (or from the oldest kept).
    #[must_use]
    pub fn read(&self, from: u64, max: usize) -> Vec<(u64, Logged)> {
        let inner = self.inner();
        let from = from.max(inner.dropped + 1);
        let begin = inner.batches.partition_point(|batch| batch.end() <= from);
        let mut read = Vec::new();
        for batch in inner.batches.iter().skip(begin) {
            let skip = usize::try_from(from.saturating_sub(batch.first)).unwrap_or(usize::MAX);
            for at in (skip..batch.events.len()).take(max - read.len()) {
                read.push((batch.first + at as u64, Logged { batch: batch.events.clone(), at }));
            }
            if read.len() == max {
                break;
            }
        }
        read
    }

    /// A place in the log, from sequence number `from` on. What comes after it is kept, within
    /// bounds, until the reader moves on or is dropped.
    #[must_use]
    pub fn reader(self: &Arc<Self>, from: u64) -> Reader {
        let mut inner = self.inner();
        let id = inner.next_reader;
        inner.next_reader += 1;
        inner.readers.insert(id, from);
        Reader { log: self.clone(), id, next: from }
    }

    /// Whether the last event has been written.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.inner().over
    }

    /// Tells of news: the newest sequence number, and also when the log is over.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

impl Inner {
    fn last(&self) -> u64 {
        self.dropped + u64::try_from(self.events).unwrap_or(0)
    }

    /// Drops the oldest batches that nobody has a right to.
    fn trim(&mut self, forgotten: &mut Vec<Batch>) {
        let wanted = self.readers.values().min().copied().unwrap_or(u64::MAX);
        while self.batches.len() > 1
            && let Some(oldest) = self.batches.front()
        {
            let bound = if oldest.end() <= wanted { self.history } else { BEHIND };
            let left = self.events - oldest.events.len();
            if left < bound.events && self.bytes <= bound.bytes {
                return;
            }
            self.events = left;
            self.bytes -= oldest.bytes;
            self.dropped += oldest.events.len() as u64;
            forgotten.extend(self.batches.pop_front());
        }
    }
}

/// A place in a log; see [`EventLog::reader`].
#[derive(Debug)]
pub struct Reader {
    log: Arc<EventLog>,
    id: u64,
    next: u64,
}

impl Reader {
    /// The log.
    #[must_use]
    pub fn log(&self) -> &Arc<EventLog> {
        &self.log
    }

    /// Sequence number of the event to read next.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.next
    }

    /// Moves to a sequence number: what is before it was read.
    pub fn move_to(&mut self, next: u64) {
        self.next = next;
        self.log.inner().readers.insert(self.id, next);
    }

    /// At most `max` events, and moves behind them. Their numbers tell if some were lost.
    pub fn read(&mut self, max: usize) -> Vec<(u64, Logged)> {
        let read = self.log.read(self.next, max);
        if let Some((last, _)) = read.last() {
            self.move_to(last + 1);
        }
        read
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.log.inner().readers.remove(&self.id);
    }
}

/// About how many bytes of data events hold.
fn weight(events: &[Event]) -> usize {
    let mut before: Option<&Value> = None;
    let mut bytes = 0;
    for event in events {
        let data = match &event.kind {
            EventKind::WorkflowCompleted(data)
            | EventKind::WorkflowFaulted(data)
            | EventKind::CorrelationCompleted(data)
            | EventKind::TaskCompleted(data)
            | EventKind::TaskFaulted(data)
            | EventKind::RetryScheduled { error: data, .. } => data,
            EventKind::ExchangeStarted(exchange) | EventKind::ExchangeEnded(exchange) => &exchange.content,
            EventKind::Log { text, .. } => {
                bytes += text.len();
                continue;
            }
            EventKind::WorkflowStarted
            | EventKind::WorkflowSuspended
            | EventKind::WorkflowResumed
            | EventKind::CorrelationStarted
            | EventKind::WorkflowCancelled
            | EventKind::WorkflowStatusChanged(_)
            | EventKind::BranchStarted
            | EventKind::BranchEnded
            | EventKind::TaskCreated
            | EventKind::TaskStarted
            | EventKind::TaskSuspended
            | EventKind::TaskResumed
            | EventKind::TaskSkipped
            | EventKind::TaskRetried
            | EventKind::TaskCancelled
            | EventKind::TaskStatusChanged(_)
            | EventKind::StageEntered(_)
            | EventKind::StageLeft(_)
            | EventKind::TaskMeasured(_)
            | EventKind::WorkflowMeasured(_) => continue,
        };
        if !before.is_some_and(|before| is_same(before, data)) {
            bytes += estimate(data);
        }
        before = Some(data);
    }
    bytes
}

/// Whether two values are the same piece of memory.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Arr(one), Value::Arr(other)) => Arc::ptr_eq(one, other),
        (Value::Obj(one), Value::Obj(other)) => Arc::ptr_eq(one, other),
        (Value::TStr(one) | Value::BStr(one), Value::TStr(other) | Value::BStr(other)) => one.as_ptr() == other.as_ptr(),
        _ => false,
    }
}

/// Most parts of a value that are looked at; the others are taken to be like them.
const SAMPLE: usize = 32;

/// About how many bytes a value holds.
fn estimate(value: &Value) -> usize {
    let mut left = SAMPLE;
    sample(value, &mut left)
}

fn sample(value: &Value, left: &mut usize) -> usize {
    /// A part in its container.
    const PART: usize = size_of::<Value>();
    *left = left.saturating_sub(1);
    let (mut bytes, mut seen) = (0, 0);
    let parts = match value {
        Value::Null | Value::Bool(_) | Value::Num(_) => return PART,
        Value::TStr(text) | Value::BStr(text) => return PART + text.len(),
        Value::Arr(items) => {
            for item in items.iter() {
                if *left == 0 {
                    break;
                }
                bytes += sample(item, left);
                seen += 1;
            }
            items.len()
        }
        Value::Obj(members) => {
            for (key, member) in members.iter() {
                if *left == 0 {
                    break;
                }
                bytes += sample(key, left) + sample(member, left);
                seen += 1;
            }
            members.len()
        }
    };
    PART + bytes + (parts - seen).saturating_mul(bytes.checked_div(seen).unwrap_or(PART))
}

#[cfg(test)]
mod tests {
    use flowdbg_lang::value::string;

    use super::*;
    use crate::{machine::ROOT, time::Timestamp};

    fn event(kind: EventKind) -> Event {
        Event { at: Timestamp(0), branch: ROOT, task: None, kind }
    }

    fn plain(count: usize) -> Vec<Event> {
        (0..count).map(|_| event(EventKind::BranchStarted)).collect()
    }

    fn numbers(read: &[(u64, Logged)]) -> Vec<u64> {
        read.iter().map(|(seq, _)| *seq).collect()
    }

    #[test]
    fn what_nobody_reads_is_bounded_and_numbers_go_on() {
        let log = Arc::new(EventLog::new(History { events: 10, bytes: 1_000 }));
        for _ in 0..100 {
            log.append(plain(3));
        }
        assert_eq!((log.first(), log.last()), (289, 300));
        assert_eq!(numbers(&log.read(1, 4)), [289, 290, 291, 292]);
        assert_eq!(numbers(&log.read(299, 10)), [299, 300]);
        assert_eq!(log.read(301, 10).len(), 0);
    }

    #[test]
    fn a_reader_finds_what_it_has_not_read() {
        let log = Arc::new(EventLog::new(History { events: 10, bytes: 1_000 }));
        let mut reader = log.reader(1);
        for _ in 0..100 {
            log.append(plain(3));
        }
        assert_eq!(log.first(), 1);
        assert_eq!(numbers(&reader.read(200)), (1..=200).collect::<Vec<_>>());
        log.append(plain(3));
        // Whole batches go.
        assert_eq!(log.first(), 199);
        assert_eq!(reader.read(1_000).len(), 103);
        assert_eq!(reader.position(), 304);
        drop(reader);
        log.append(plain(3));
        assert_eq!(log.first(), 295);
    }

    #[test]
    fn a_reader_who_stays_behind_too_far_loses_the_oldest() {
        let log = Arc::new(EventLog::default());
        let mut reader = log.reader(1);
        for _ in 0..6 {
            log.append(plain(100_000));
        }
        let read = reader.read(1);
        assert_eq!(numbers(&read), [100_001]);
    }

    #[test]
    fn large_data_counts_and_shared_data_counts_once() {
        let log = Arc::new(EventLog::new(History { events: 1_000, bytes: 10_000 }));
        for n in 0..100 {
            log.append(vec![event(EventKind::TaskCompleted(string(format!("{n}{}", "x".repeat(1_000)))))]);
        }
        assert_eq!(log.last() - log.first() + 1, 9);
        let shared = string("x".repeat(5_000));
        log.append((0..900).map(|_| event(EventKind::TaskCompleted(shared.clone()))).collect());
        assert!(log.first() < 101, "{}", log.first());
    }

    #[test]
    fn the_estimate_looks_at_a_part() {
        let items: Value = (0..10_000).map(|_| string("0123456789")).collect();
        let estimated = estimate(&items);
        assert!((250_000..400_000).contains(&estimated), "{estimated}");
        let deep: Value = (0..3).map(|_| items.clone()).collect();
        assert!(estimate(&deep) >= 250_000, "{}", estimate(&deep));
    }
}
