//! What crosses a process: message framing, the Debug Adapter Protocol, the control API and
//! the event stream.
//!
//! This room only describes. It never decides anything: no state, no sockets, no policy.

pub mod control;
pub mod dap;
pub mod framing;
pub mod stream;
