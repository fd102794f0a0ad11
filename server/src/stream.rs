//! The event stream: an execution's events to any number of subscribers.
//!
//! A subscriber is a task with a cursor into the event log. It reads a page, writes it, and flushes
//! once; then it waits for news. So a slow one reads at its own pace, and what it has not read yet
//! stays in the log, once for all. Each event is serialised once, in its [`Room`].

mod event;
mod feed;
mod intake;
mod room;

pub(crate) use feed::Feeds;
pub(crate) use feed::subscribe;
pub(crate) use intake::publish;
pub(crate) use room::Room;
