//! `flowdbg serve`: a host that others control and watch.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;
use flowdbg_server::serve::{ServeOptions, serve};

use super::{GOOD, UNUSABLE};
use crate::{host, interrupt::Interrupts, term};

/// Runs executions for others: control over JSON-RPC, events over WebSocket
#[derive(Args)]
#[command(after_help = "Examples:
  flowdbg serve                       on a free port, with a random token; both are printed
  flowdbg serve --port 8787 --token \"$TOKEN\"

A client shows its token as `Authorization: Bearer TOKEN`. Control is JSON-RPC 2.0 at /rpc; the events of
an execution come from /executions/ID/events?from=1. Ctrl-C cancels all executions and ends the host.")]
pub(crate) struct Serve {
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
        let serving = match serve(host::local(), options).await {
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
        interrupts.next().await;
        serving.host.cancel_all().await;
        serving.shutdown().await;
        GOOD
    }
}
