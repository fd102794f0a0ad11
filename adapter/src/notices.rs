//! What the engine host says unasked, told to the client as events.

use flowdbg_protocol::{
    control::{Notice, OutputCategory, Phase as Status, StopReason},
    dap::types::{
        ContinuedEventBody, ExitedEventBody, OutputEventBody, StoppedEventBody, ThreadEventBody, event, output_event_category as category,
        stopped_event_reason as reason, thread_event_reason,
    },
};
use serde_json::Value;

use crate::{phase::Phase, session::Session};

impl Session {
    /// Tells the client.
    pub(crate) fn on_notice(&mut self, notice: Notice) {
        if !matches!(self.phase, Phase::Launching | Phase::Configuring | Phase::Running) {
            return;
        }
        match notice {
            Notice::Stopped { branch, reason, breakpoints, description, text, all } => {
                let hit = self.breakpoints.ids(&breakpoints);
                let body = StoppedEventBody {
                    reason: stop_reason(reason).to_owned(),
                    description: Some(description),
                    thread_id: Some(thread_id(branch)),
                    text,
                    all_threads_stopped: Some(all),
                    hit_breakpoint_ids: (!hit.is_empty()).then_some(hit),
                    ..Default::default()
                };
                self.event(event::STOPPED, body);
            }
            Notice::Continued { branch } => {
                self.resumed(branch);
                let body = ContinuedEventBody {
                    // The protocol wants a thread even if all go on: the root is always there.
                    thread_id: thread_id(branch.unwrap_or(1)),
                    all_threads_continued: Some(branch.is_none()),
                };
                self.event(event::CONTINUED, body);
            }
            Notice::BranchStarted { branch } => self.thread(branch, thread_event_reason::STARTED),
            Notice::BranchExited { branch } => {
                self.resumed(Some(branch));
                self.thread(branch, thread_event_reason::EXITED);
            }
            Notice::Output { category, text, path, position } => {
                let at = position.filter(|_| path.is_some());
                let body = OutputEventBody {
                    category: Some(output_category(category).to_owned()),
                    output: text,
                    source: path.map(|path| self.client.source(&path)),
                    line: at.map(|position| self.client.line_out(position)),
                    column: at.map(|position| self.client.column_out(position)),
                    ..Default::default()
                };
                self.event(event::OUTPUT, body);
            }
            Notice::Ended { phase, output, error } => self.ended(phase, output, error),
        }
    }

    fn thread(&mut self, branch: u32, reason: &str) {
        let body = ThreadEventBody { reason: reason.to_owned(), thread_id: thread_id(branch) };
        self.event(event::THREAD, body);
    }

    /// Shows the result, then says that it is over, once.
    fn ended(&mut self, phase: Status, output: Option<Value>, error: Option<Value>) {
        if let Some(output) = output {
            self.print(category::STDOUT, pretty(&output));
        }
        if let Some(error) = error {
            self.print(category::STDERR, pretty(&error));
        }
        let exit_code = match phase {
            Status::Completed => 0,
            Status::Cancelled => 2,
            Status::Faulted | Status::Pending | Status::Running | Status::Waiting | Status::Suspended => 1,
        };
        self.event(event::EXITED, ExitedEventBody { exit_code });
        self.end();
    }
}

/// A branch as a thread id.
pub(crate) fn thread_id(branch: u32) -> i32 {
    i32::try_from(branch).unwrap_or(i32::MAX)
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn stop_reason(stop: StopReason) -> &'static str {
    match stop {
        StopReason::Entry => reason::ENTRY,
        StopReason::Breakpoint => reason::BREAKPOINT,
        StopReason::Step => reason::STEP,
        StopReason::Pause => reason::PAUSE,
        StopReason::Exception => reason::EXCEPTION,
    }
}

fn output_category(output: OutputCategory) -> &'static str {
    match output {
        OutputCategory::Console => category::CONSOLE,
        OutputCategory::Stdout => category::STDOUT,
        OutputCategory::Stderr => category::STDERR,
        OutputCategory::Important => category::IMPORTANT,
    }
}
