//! An execution's own clock: it begins at a point of real time and stands still while suspended.

use std::time::Duration;

use tokio::time::Instant;

use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Clock {
    began: Timestamp,
    /// Time that passed before the last suspension.
    passed: Duration,
    /// Since when it runs, unless it stands still.
    since: Option<Instant>,
}

impl Clock {
    pub(super) fn new(began: Timestamp, stopped: bool) -> Self {
        Self { began, passed: Duration::ZERO, since: (!stopped).then(Instant::now) }
    }

    fn elapsed(&self) -> Duration {
        self.passed + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.began.after(u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn stop(&mut self) {
        self.passed = self.elapsed();
        self.since = None;
    }

    pub(super) fn go(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    /// When the clock will show this, if it goes on; `None` while it stands still.
    pub(super) fn instant(&self, at: Timestamp) -> Option<Instant> {
        let since = self.since?;
        let wait = Duration::from_millis(at.since(self.began)).saturating_sub(self.passed);
        // A wait longer than the platform's clock can count is the longest it can.
        Some(since.checked_add(wait).unwrap_or_else(|| since + Duration::from_secs(86_400 * 365 * 30)))
    }
}
