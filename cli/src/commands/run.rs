//! `flowdbg run`: runs a workflow and prints its output.

use clap::Args;
use flowdbg_engine::{
    driver::{Options, Run as Execution},
    machine::Outcome,
};
use flowdbg_lang::value::{Value, ValueExt as _};

use super::{CANCELLED, FAULTED, GOOD, Subject, UNUSABLE, refuse};
use crate::{
    draw, host,
    interrupt::Interrupts,
    progress::{self, Style},
    term::{self, Stream},
};

/// Runs a workflow: progress on standard error, its output as JSON on standard output
#[derive(Args)]
#[command(after_help = "Exit code: 0 completed, 1 ended by an error, 2 cannot be run, 130 cancelled.

Examples:
  flowdbg run order.workflow.yaml
  flowdbg run order.workflow.yaml --input '{\"order\": 7}'
  flowdbg run order.workflow.yaml --input @order.json --quiet | jq .total
  curl … | flowdbg run order.workflow.yaml --input -

Ctrl-C cancels the execution: its calls, processes and timers stop. A second one kills flowdbg.")]
pub(crate) struct Run {
    #[command(flatten)]
    subject: Subject,
    /// Print nothing but the output and errors
    #[arg(long, short)]
    quiet: bool,
    /// Print plain lines instead of a live list
    #[arg(long)]
    no_progress: bool,
}

impl Run {
    pub(crate) async fn run(self) -> u8 {
        let (loaded, input) = match self.subject.load(self.quiet) {
            Ok(read) => read,
            Err(code) => return code,
        };
        if loaded.program.workflow.schedule.is_some() && !self.quiet {
            term::err("the workflow has a schedule: it is run once, now; `flowdbg serve FILE` keeps the schedule");
        }
        let interrupts = Interrupts::listen();
        let execution = match host::local().run(&loaded, input, Options::default()).await {
            Ok(execution) => execution,
            Err(error) => {
                refuse(&error);
                return UNUSABLE;
            }
        };
        let watching = tokio::spawn(cancel_when_interrupted(execution.clone(), interrupts, self.quiet));
        progress::follow(&execution, Style::chosen(self.quiet, self.no_progress)).await;
        let outcome = execution.ended().await;
        watching.abort();
        report(&outcome)
    }
}

/// Prints how an execution ended.
fn report(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Completed(output) => {
            term::out(&pretty(output));
            GOOD
        }
        Outcome::Faulted(fault) => {
            term::err(&draw::fault(fault, Stream::Stderr));
            FAULTED
        }
        Outcome::Cancelled => {
            term::err("cancelled");
            CANCELLED
        }
    }
}

/// JSON for a person. What JSON has not (such as NaN) is shown as the engine knows it.
fn pretty(value: &Value) -> String {
    let text = value.to_json();
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) => format!("{value:#}"),
        Err(_) => text,
    }
}

async fn cancel_when_interrupted(execution: Execution, mut interrupts: Interrupts, quiet: bool) {
    interrupts.next().await;
    if !quiet {
        term::err("cancelling; press Ctrl-C again to kill");
    }
    let cancelling = tokio::spawn(async move { execution.with(|debuggee| debuggee.cancel()).await });
    interrupts.next().await;
    cancelling.abort();
    std::process::exit(i32::from(CANCELLED));
}
