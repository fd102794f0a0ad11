//! `flowdbg lsp`: serves an editor on standard input and output.

use clap::Args;
use flowdbg_server::{
    lsp::{Ended, serve},
    transport,
};

use super::{FAULTED, GOOD, UNUSABLE};
use crate::term;

/// Serves an editor: diagnostics, outline and hover (Language Server Protocol on standard input
/// and output)
#[derive(Args)]
#[command(after_help = "Editors start this themselves. Files are looked after whose name ends in .workflow.yaml, .workflow.yml,
.workflow.json, .ow.yaml or .ow.yml, or that have a `document` with a `dsl` near their top.")]
pub(crate) struct Lsp {
    /// Accepted and ignored, as many editors give it
    #[arg(long, hide = true)]
    stdio: bool,
}

impl Lsp {
    pub(crate) async fn run(self) -> u8 {
        let stdin = match transport::stdin() {
            Ok(stdin) => stdin,
            Err(error) => {
                term::error(&format!("standard input cannot be read: {error}"));
                return UNUSABLE;
            }
        };
        match serve(stdin, transport::stdout()).await {
            Ended::Orderly => GOOD,
            Ended::Abruptly => FAULTED,
        }
    }
}
