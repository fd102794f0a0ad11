//! `flowdbg serve`: a host that others control and watch.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use flowdbg_server::{
    host::Host,
    load::{self, Loaded},
    serve::{ServeOptions, serve},
};

use super::{GOOD, UNUSABLE, refuse};
use crate::{host, interrupt::Interrupts, term};

/// Runs executions for others: control over JSON-RPC, events over WebSocket
#[derive(Args)]
#[command(after_help = "Examples:
  flowdbg serve                       on a free port, with a random token; both are printed
  flowdbg serve --port 8787 --token \"$TOKEN\"
  flowdbg serve workflows/            keeps the schedules of these workflows

Workflows that are named can be run by others with `run: workflow`. The ones with a `schedule` start by
themselves: `every` and `cron` at their times (UTC), `after` at once and after each end, `on` when their
events arrive at /events or are emitted. Each start is an execution of its own.

A client shows its token as `Authorization: Bearer TOKEN`. Control is JSON-RPC 2.0 at /rpc; the events of
an execution come from /executions/ID/events?from=1. Ctrl-C cancels all executions and ends the host.")]
pub(crate) struct Serve {
    /// Workflow files, or folders with workflow files, that the host knows and whose schedules it keeps
    workflows: Vec<PathBuf>,
    /// Port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Address to listen on
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Token that allows to control; a random one if absent
    #[arg(long, env = "FLOWDBG_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// Token that only allows to watch
    #[arg(long, env = "FLOWDBG_WATCH_TOKEN", hide_env_values = true)]
    watch_token: Option<String>,
    /// A name by which clients may call this host, beside those of the loopback interface
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
    /// Write a recording of every execution to a file in this folder
    #[arg(long, value_name = "FOLDER")]
    record: Option<PathBuf>,
}

impl Serve {
    pub(crate) async fn run(self) -> u8 {
        for (option, token) in [("--token", &self.token), ("--watch-token", &self.watch_token)] {
            if token.as_ref().is_some_and(|token| token.trim().is_empty()) {
                term::error(&format!("{option} is empty: that would let everybody in"));
                return UNUSABLE;
            }
        }
        let random = self.token.is_none();
        let options = ServeOptions {
            addr: SocketAddr::new(self.host, self.port),
            token: self.token,
            watch_token: self.watch_token,
            hosts: self.name,
            ..ServeOptions::default()
        };
        let mut interrupts = Interrupts::listen();
        let host = host::local().recording_to(self.record);
        let Ok(known) = gather(&self.workflows) else { return UNUSABLE };
        for loaded in &known {
            if let Some(other) = host.register(loaded) {
                let (name, file) = (other.workflow.full_name(), other.workflow.source.path());
                term::error(&format!("{name} is defined twice: in {file} and in {}", loaded.program.workflow.source.path()));
                return UNUSABLE;
            }
        }
        let serving = match serve(host, options).await {
            Ok(serving) => serving,
            Err(error) => {
                term::error(&error.to_string());
                return UNUSABLE;
            }
        };
        term::out(&format!("listening on {}", serving.addr));
        term::out(&format!("control      {}", serving.rpc_url()));
        term::out(&format!("events       ws://{}/executions/ID/events?from=1", serving.addr));
        // A token that was given is known to who gave it.
        term::out(&format!("token        {}", if random { &serving.token } else { "as given" }));
        for loaded in &known {
            if keep(&serving.host, loaded).is_err() {
                serving.host.cancel_all().await;
                return UNUSABLE;
            }
        }
        interrupts.next().await;
        serving.host.cancel_all().await;
        serving.shutdown().await;
        GOOD
    }
}

/// Reads the workflows; says what is wrong with them. A file that is named must be able to run, one
/// that is found in a folder need not.
fn gather(paths: &[PathBuf]) -> Result<Vec<Loaded>, ()> {
    let mut known = Vec::new();
    for path in paths {
        let read = load::load_all(path).map_err(|error| refuse(&error))?;
        for loaded in read {
            match loaded {
                Ok(loaded) => known.push(loaded),
                Err(error) => {
                    refuse(&error);
                    term::err("it is left out");
                }
            }
        }
    }
    Ok(known)
}

/// Begins to keep a workflow's schedule, and says so.
fn keep(host: &Host, loaded: &Loaded) -> Result<(), ()> {
    let name = loaded.program.workflow.full_name();
    match host.schedule(loaded) {
        Ok(Some(said)) => term::out(&format!("scheduled    {name} {said}")),
        Ok(None) => term::out(&format!("known        {name}")),
        Err(error) => {
            refuse(&error);
            return Err(());
        }
    }
    Ok(())
}
