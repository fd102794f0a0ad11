//! One debug client as a value.
//!
//! [`Session::handle`] takes what came in, an [`Inbox`], and returns what is to be done, a list
//! of [`Outbox`]. The server shell reads frames from the client, performs the commands on the
//! engine host one after another in the order given, and brings the answers back. So a debug
//! session can be tested, recorded and replayed without a runtime.
//!
//! What the shell promises: commands and watches are performed in order, one at a time; a watch
//! is in effect before the next command is sent; each answer comes back once, or
//! [`Inbox::Lost`] does; notices are handed in in the order in which the host said them; after
//! [`Outbox::Close`] nothing is handed in any more, and if it is, nothing comes back.
//!
//! What is served stands in one table, [`REQUESTS`]: dispatch, the refusal of requests that come
//! at the wrong time, the advertised capabilities and the reference page all follow from it.
//!
//! This room never blocks, sleeps, reads a file, opens a socket or looks at a clock. It never
//! sees the engine: it speaks the control API of the protocol room, and what it knows of
//! workflows is what that API tells.

mod breakpoints;
mod client;
mod error;
mod handles;
mod next;
mod notices;
mod paths;
mod phase;
mod requests;
mod session;
mod values;

pub use error::{Error, KINDS, Kind, Reach};
pub use phase::Phase;
pub use requests::{Effect, LAUNCH_ATTRIBUTES, LaunchAttribute, REQUESTS, Row};
pub use session::{Inbox, Outbox, Session};
