//! The embedded host: the engine in the local world, with a process for expressions that may not end.

use flowdbg_engine::worlds::local::{Local, Options, Programs};
use flowdbg_server::{host::Host, load};

use crate::term;

/// Name of the hidden command that evaluates one expression.
pub(crate) const WORKER: &str = "evaluate-worker";

/// A host in the local world.
pub(crate) fn local() -> Host {
    Host::local(world())
}

/// The local world.
pub(crate) fn world() -> Local {
    // Without a path to ourselves there is no worker, and such expressions are refused.
    let worker = std::env::current_exe().ok().map(|program| (program, vec![WORKER.to_owned()]));
    let programs = Programs::from_environment(|name| std::env::var_os(name)).unwrap_or_else(|why| {
        term::error(&format!("{why}; the usual limits hold"));
        Programs::default()
    });
    // The root of the catalog `default`: a folder or an address.
    let catalog = std::env::var("FLOWDBG_CATALOG").ok().filter(|root| !root.is_empty());
    Local::new(Options { worker, programs, catalog, ..Options::new(load::loader()) })
}
