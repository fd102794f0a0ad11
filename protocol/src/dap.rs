//! The Debug Adapter Protocol, version 1.71: envelope and message types of our own.
//!
//! Read tolerantly, written exactly: unknown fields are passed over, `null` is an absent field,
//! `1.0` is an integer, enumerations are open strings with constants beside them; what is
//! written has no `null` for an absent field.

pub mod envelope;
pub mod tolerant;
#[expect(missing_docs, reason = "generated: fields and constants are described by the protocol's own specification")]
pub mod types;

pub use envelope::{Incoming, Message, ReadError, Request};
