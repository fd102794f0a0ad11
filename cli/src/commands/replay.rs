//! `flowdbg replay`: runs a recording again and says whether it fits.

use std::path::PathBuf;

use clap::Args;
use flowdbg_engine::{
    machine::Outcome,
    recording::{Ended, Recording},
    replay::{self, Divergence, Report},
};
use flowdbg_server::recording;

use super::{FAULTED, GOOD, UNUSABLE};
use crate::{
    draw,
    term::{self, Stream},
};

/// Runs a recording again, with the answers that are in it, and says whether it fits
#[derive(Args)]
#[command(after_help = "Nothing is performed: no request is made, no process is started, and no time passes.

Exit code: 0 the same happens again, 1 something differs, 2 the recording cannot be read.

Examples:
  flowdbg run order.workflow.yaml --record order.jsonl
  flowdbg replay order.jsonl")]
pub(crate) struct Replay {
    /// The recording: a file that `--record` wrote
    file: PathBuf,
    /// Print nothing but differences and errors
    #[arg(long, short)]
    quiet: bool,
}

impl Replay {
    pub(crate) fn run(self) -> u8 {
        let read = recording::read(&self.file).map_err(|error| error.to_string());
        let recording = match read {
            Ok(recording) => recording,
            Err(why) => {
                term::error(&why);
                return UNUSABLE;
            }
        };
        if !self.quiet {
            term::out(&about(&recording));
        }
        let report = match replay::compare(&recording) {
            Ok(report) => report,
            Err(why) => {
                term::error(&why);
                return UNUSABLE;
            }
        };
        report.divergences.iter().for_each(|found| term::err(&draw_divergence(found)));
        if report.divergences.is_empty() {
            if !self.quiet {
                term::out(&fits(&recording, &report));
            }
            return GOOD;
        }
        let count = report.divergences.len();
        term::error(&format!("the recording does not fit: {count} difference{}", if count == 1 { "" } else { "s" }));
        FAULTED
    }
}

/// What the recording is of.
fn about(recording: &Recording) -> String {
    let journal = &recording.journal;
    let workflow = journal.programs.first().map(|program| {
        let workflow = &program.workflow;
        format!("{} ({})", workflow.full_name(), draw::shown_path(workflow.source.path()))
    });
    let mut about = format!(
        "execution {} of {}, begun {}\n{} events, {} effects, {} inputs; ",
        journal.execution,
        workflow.unwrap_or_default(),
        journal.began.to_rfc3339(),
        recording.events.len(),
        journal.asks.len(),
        journal.entries.len(),
    );
    about.push_str(match recording.ended {
        Some(Ended::Completed) => "it completed",
        Some(Ended::Faulted) => "it ended by an error",
        Some(Ended::Cancelled) => "it was cancelled",
        None => "it breaks off: its host was killed, or still runs",
    });
    if let Some(torn) = &recording.torn {
        about.push_str(&format!("; the last line was torn ({} bytes of it are not read)", torn.len()));
    }
    about
}

fn fits(recording: &Recording, report: &Report) -> String {
    let end = match &report.outcome {
        Some(Outcome::Completed(_)) => ", to its output",
        Some(Outcome::Faulted(_)) => ", to its error",
        Some(Outcome::Cancelled) => ", until it was cancelled",
        None if recording.ended.is_none() => ", up to where the record breaks off",
        None => "",
    };
    format!("the same happens again{end}")
}

fn draw_divergence(found: &Divergence) -> String {
    match &found.place {
        Some((program, span)) => draw::remark(&program.workflow.source, *span, &found.to_string(), Stream::Stderr),
        None => format!("error: {found}"),
    }
}
