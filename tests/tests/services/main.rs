//! Calls of real services, and of servers that misbehave.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod agents;
mod authentication;
mod brokers;
mod channels;
mod functions;
mod grpc;
mod http;
mod support;
mod tools;
mod wires;
