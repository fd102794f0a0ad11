//! Calls of real services, and of servers that misbehave.

mod agents;
mod authentication;
mod functions;
mod http;
mod support;
mod tools;
