//! `flowdbg run`: runs a workflow and prints its output.

use std::{path::PathBuf, sync::Arc};

use clap::Args;
use flowdbg_engine::{
    driver::{Options, Run as Execution},
    machine::Outcome,
    scenario::Scenario,
};
use flowdbg_lang::value::{Value, ValueExt as _};
use flowdbg_server::{host::Host, load::Loaded, recording::RecordingFile};

use super::{CANCELLED, FAULTED, GOOD, Subject, UNUSABLE, refuse, scenario};
use crate::{
    draw, host,
    interrupt::Interrupts,
    progress::{self, Style},
    term::{self, Stream},
};

/// Runs a workflow: progress on standard error, its output as JSON on standard output
#[derive(Args)]
#[command(after_help = "Exit code: 0 completed, 1 ended by an error, 2 cannot be run, 3 not as the scenario expects, 130 cancelled.
An end that the scenario expects is 0, also if it is an error.

Examples:
  flowdbg run order.workflow.yaml
  flowdbg run order.workflow.yaml --input '{\"order\": 7}'
  flowdbg run order.workflow.yaml --input @order.json --quiet | jq .total
  flowdbg run order.workflow.yaml --scenario declined.scenario.yaml
  curl … | flowdbg run order.workflow.yaml --input -
  flowdbg run order.workflow.yaml --record order.jsonl      then: flowdbg replay order.jsonl

Ctrl-C cancels the execution: its calls, processes and timers stop. A second one kills flowdbg.")]
pub(crate) struct Run {
    #[command(flatten)]
    subject: Subject,
    /// Answer what the workflow asks for as this scenario file says, and check what it expects
    #[arg(long, short, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// Virtual time: waits and timeouts cost nothing
    #[arg(long)]
    fast: bool,
    /// Print nothing but the output and errors
    #[arg(long, short)]
    quiet: bool,
    /// Print plain lines instead of a live list
    #[arg(long)]
    no_progress: bool,
    /// Write all that happens to this new file, line by line; `flowdbg replay` runs it again
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
}

impl Run {
    pub(crate) async fn run(self) -> u8 {
        let scenario = match self.scenario.as_deref().map(|path| scenario::load(path, self.fast)).transpose() {
            Ok(scenario) => scenario,
            Err(code) => return code,
        };
        let input = scenario.as_ref().and_then(|scenario| scenario.input.as_ref());
        let (loaded, input) = match self.subject.load_or(self.quiet, input) {
            Ok(read) => read,
            Err(code) => return code,
        };
        if loaded.program.workflow.schedule.is_some() && !self.quiet {
            term::err("the workflow has a schedule: it is run once, now; `flowdbg serve FILE` keeps the schedule");
        }
        let recording = match self.record.as_deref().map(RecordingFile::create).transpose() {
            Ok(recording) => recording,
            Err(error) => {
                term::error(&error.to_string());
                return UNUSABLE;
            }
        };
        let is_virtual = self.fast || scenario.as_ref().is_some_and(|scenario| scenario.is_virtual);
        let work = async move {
            let options = Options { record: recording.as_ref().map(RecordingFile::record), ..Options::default() };
            let code = match scenario {
                Some(scenario) => self.play(&scenario, &loaded, input, options).await,
                None => self.really(&loaded, input, options).await,
            };
            if let Some(why) = recording.and_then(|recording| recording.failed()) {
                term::error(&why);
            }
            code
        };
        if is_virtual { scenario::in_virtual_time(work).await } else { work.await }
    }

    /// Runs it in the local world.
    async fn really(&self, loaded: &Loaded, input: Value, options: Options) -> u8 {
        let interrupts = Interrupts::listen();
        let host = if self.fast { Host::in_virtual_time(host::world()) } else { host::local() };
        let execution = match host.run(loaded, input, options).await {
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

    /// Runs it in the world of a scenario.
    async fn play(&self, scenario: &Arc<Scenario>, loaded: &Loaded, input: Value, options: Options) -> u8 {
        let interrupts = Interrupts::listen();
        let play = scenario::start(scenario, loaded, input, options);
        let execution = play.run().clone();
        let watching = tokio::spawn(cancel_when_interrupted(execution.clone(), interrupts, self.quiet));
        progress::follow(&execution, Style::chosen(self.quiet, self.no_progress)).await;
        let verdict = play.ended().await;
        watching.abort();
        let code = report(&verdict.outcome);
        scenario::report(scenario, &verdict, self.quiet).unwrap_or(code)
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
