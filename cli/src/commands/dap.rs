//! `flowdbg dap`: serves debug clients.

use std::net::SocketAddr;

use clap::Args;
use flowdbg_server::dap::{self, Loopback};

use super::{FAULTED, GOOD, UNUSABLE};
use crate::{host, interrupt::Interrupts, term};

/// Serves a debugger's user interface (Debug Adapter Protocol on standard input and output, or TCP)
#[derive(Args)]
#[command(after_help = "Examples:
  flowdbg dap                  for one client on standard input and output
  flowdbg dap --port 4711      for any number of clients, one after another or at once
  flowdbg dap --port 0         on a free port, which is printed on standard error")]
pub(crate) struct Dap {
    /// Listen on this port of the loopback interface; 0 takes a free one
    #[arg(long)]
    port: Option<u16>,
}

impl Dap {
    pub(crate) async fn run(self) -> u8 {
        let host = Loopback::new(host::local);
        let Some(port) = self.port else {
            return match dap::serve_stdio(host).await {
                Ok(()) => GOOD,
                Err(error) => {
                    term::error(&error.to_string());
                    FAULTED
                }
            };
        };
        let mut interrupts = Interrupts::listen();
        match dap::listen(SocketAddr::from(([127, 0, 0, 1], port)), host).await {
            Ok(listening) => {
                term::err(&format!("listening on {}", listening.addr));
                tokio::select! {
                    () = listening.serve() => {}
                    () = interrupts.next() => {}
                }
                GOOD
            }
            Err(error) => {
                term::error(&error.to_string());
                UNUSABLE
            }
        }
    }
}
