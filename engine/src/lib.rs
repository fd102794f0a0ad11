//! The engine: an execution is a value.
//!
//! [`machine::Machine`] holds branches, frames and data, and performs no effect itself:
//! `advance` runs until every branch waits for an answer or stands at a checkpoint that the
//! debugger wants, and returns effects and events. The only asynchronous parts are [`driver`],
//! which keeps one machine going, and the [`worlds`], which perform effects.
//!
//! It never serialises for a wire, formats for a person, or listens on a socket.

pub mod debug;
pub mod driver;
pub mod effect;
pub mod event;
pub mod fault;
pub mod journal;
pub mod machine;
pub mod mask;
pub mod program;
pub mod recording;
pub mod replay;
pub mod scenario;
mod sse;
mod tasks;
pub mod time;
pub mod worlds;
mod written;
