//! The embedded host: the engine in the local world, with a process for expressions that may not end.

use flowdbg_engine::worlds::local::{Local, Options};
use flowdbg_server::{host::Host, load};

/// Name of the hidden command that evaluates one expression.
pub(crate) const WORKER: &str = "evaluate-worker";

/// A host in the local world.
pub(crate) fn local() -> Host {
    // Without a path to ourselves there is no worker, and such expressions are refused.
    let worker = std::env::current_exe().ok().map(|program| (program, vec![WORKER.to_owned()]));
    Host::local(Local::new(Options { loader: load::loader(), worker, routes: Vec::new() }))
}
