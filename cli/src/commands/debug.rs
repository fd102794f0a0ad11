//! `flowdbg debug`: a debugger in the terminal.

use std::io::IsTerminal as _;

use clap::Args;
use flowdbg_lang::value::ValueExt as _;
use flowdbg_server::transport;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::{Subject, UNUSABLE};
use crate::{
    debugger::{self, Debugger, Next},
    interrupt::Interrupts,
    term,
};

/// What stands before a command.
const PROMPT: &str = "(flowdbg) ";

/// Debugs a workflow in the terminal: breakpoints, steps, values
#[derive(Args)]
#[command(after_help = after_help())]
pub(crate) struct Debug {
    #[command(flatten)]
    subject: Subject,
    /// Begin with this command; can be given several times
    #[arg(long = "command", short = 'x', value_name = "CMD")]
    commands: Vec<String>,
}

fn after_help() -> String {
    format!(
        "Commands, also from a pipe on standard input (its end cancels and leaves):
{}

Exit code: that of the run; 0 if it was never started, 130 if it was left before its end.

Examples:
  flowdbg debug order.workflow.yaml
  printf 'break charge\\nrun\\nprint .total\\ncontinue\\n' | flowdbg debug order.workflow.yaml
  flowdbg debug order.workflow.yaml -x 'break charge if .total > 10' -x run",
        debugger::help()
    )
}

impl Debug {
    pub(crate) async fn run(self) -> u8 {
        let (loaded, input) = match self.subject.load(false) {
            Ok(read) => read,
            Err(code) => return code,
        };
        let input = match serde_json::from_str(&input.to_json()) {
            Ok(input) => input,
            Err(error) => {
                term::error(&format!("the input cannot be handed to the debugger: {error}"));
                return UNUSABLE;
            }
        };
        let stdin = match transport::stdin() {
            Ok(stdin) => stdin,
            Err(error) => {
                term::error(&format!("standard input cannot be read: {error}"));
                return UNUSABLE;
            }
        };
        let mut interrupts = Interrupts::listen();
        let at_terminal = std::io::stdin().is_terminal();
        let mut debugger = Debugger::new(loaded.program.workflow.clone(), input);
        let mut given = self.commands.into_iter();
        let mut lines = BufReader::new(stdin).lines();
        if at_terminal && given.len() == 0 {
            term::out("`help` lists the commands; `run` starts the workflow, `step` goes to its first task");
        }
        loop {
            let line = match given.next() {
                Some(line) => {
                    term::out(&format!("{PROMPT}{line}"));
                    line
                }
                None => {
                    if at_terminal {
                        term::out_raw(PROMPT);
                    }
                    let line = tokio::select! {
                        line = lines.next_line() => line,
                        () = interrupts.next() => {
                            term::out("\n`quit` leaves");
                            continue;
                        }
                    };
                    match line {
                        Ok(Some(line)) => {
                            // So that a transcript reads like a session.
                            if !at_terminal {
                                term::out(format!("{PROMPT}{line}").trim_end());
                            }
                            line
                        }
                        Ok(None) => break,
                        Err(error) => {
                            term::error(&format!("standard input cannot be read: {error}"));
                            break;
                        }
                    }
                }
            };
            if debugger.line(&line, &mut interrupts).await == Next::Leave {
                break;
            }
        }
        debugger.leave().await
    }
}
