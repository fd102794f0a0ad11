//! What an execution is doing, told to a person on standard error.
//!
//! On a terminal running tasks are shown live with their times, and a line stays of each that has
//! ended. Elsewhere each fact is a plain line.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use flowdbg_engine::{
    driver::{Reader, Run},
    event::{Event, EventKind, Level, TaskRun},
    fault,
};
use flowdbg_lang::model::TaskKind;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::term::{self, Stream};

/// How progress is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Not at all.
    None,
    /// A line for each fact.
    Lines,
    /// Running tasks live, then a line each.
    Live,
}

impl Style {
    pub(crate) fn chosen(quiet: bool, no_progress: bool) -> Self {
        match (quiet, no_progress, term::is_terminal(Stream::Stderr)) {
            (true, ..) => Self::None,
            (false, false, true) => Self::Live,
            (false, ..) => Self::Lines,
        }
    }
}

/// How many running tasks are shown at a time.
const MAX_BARS: usize = 12;
/// How many events are taken at a time.
const BATCH: usize = 1_000;

/// Shows an execution until its end.
pub(crate) async fn follow(run: &Run, style: Style) {
    if style == Style::None {
        return;
    }
    let mut shown = Shown { style, bars: MultiProgress::new(), running: BTreeMap::new(), skipped: BTreeSet::new() };
    let mut reader = run.log().reader(1);
    let mut changed = run.log().changed();
    loop {
        changed.borrow_and_update();
        let over = run.log().is_over();
        shown.take_all(&mut reader);
        if over || changed.changed().await.is_err() {
            break;
        }
    }
    shown.take_all(&mut reader);
    let _ = shown.bars.clear();
}

struct Shown {
    style: Style,
    bars: MultiProgress,
    /// Tasks whose body has begun: since when, and their bar.
    running: BTreeMap<u64, (i64, Option<ProgressBar>)>,
    /// Tasks whose `if` was false and that have not ended yet.
    skipped: BTreeSet<u64>,
}

impl Shown {
    fn take_all(&mut self, reader: &mut Reader) {
        loop {
            let events = reader.read(BATCH);
            if events.is_empty() {
                return;
            }
            for (_, event) in &events {
                self.take(event);
            }
        }
    }

    fn take(&mut self, event: &Event) {
        let Some(task) = &event.task else {
            if let EventKind::Log { level, text } = &event.kind {
                self.log(*level, text, "");
            }
            return;
        };
        let name = name(task);
        match &event.kind {
            EventKind::TaskStarted => {
                let bar = (self.style == Style::Live && self.running.len() < MAX_BARS).then(|| self.bar(&name));
                self.running.insert(task.run, (event.at.0, bar));
                if self.style == Style::Lines {
                    self.line(&format!("started   {name}"));
                }
            }
            EventKind::TaskSkipped => {
                self.skipped.insert(task.run);
                self.ended(event, task, "–", "skipped", "");
            }
            EventKind::TaskCompleted(_) if self.skipped.remove(&task.run) => {}
            EventKind::TaskCompleted(_) => self.ended(event, task, "✓", "done", ""),
            EventKind::TaskFaulted(error) => self.ended(event, task, "✗", "failed", &format!(": {}", fault::summary(error))),
            EventKind::TaskCancelled => self.ended(event, task, "–", "cancelled", ""),
            EventKind::RetryScheduled { attempt, delay, error } => {
                let sign = if self.style == Style::Live { "↻ " } else { "retry     " };
                self.line(&format!("{sign}{name}: attempt {attempt} in {}: {}", time(*delay), fault::summary(error)));
            }
            EventKind::Log { level, text } => self.log(*level, text, &name),
            EventKind::TaskCreated
            | EventKind::TaskRetried
            | EventKind::TaskSuspended
            | EventKind::TaskResumed
            | EventKind::TaskStatusChanged(_)
            | EventKind::StageEntered(_)
            | EventKind::StageLeft(_)
            | EventKind::ExchangeStarted(_)
            | EventKind::ExchangeEnded(_)
            | EventKind::TaskMeasured(_)
            | EventKind::WorkflowMeasured(_)
            | EventKind::WorkflowSuspended
            | EventKind::WorkflowResumed
            | EventKind::CorrelationStarted
            | EventKind::CorrelationCompleted(_)
            | EventKind::WorkflowStatusChanged(_)
            | EventKind::WorkflowStarted
            | EventKind::WorkflowCompleted(_)
            | EventKind::WorkflowFaulted(_)
            | EventKind::WorkflowCancelled
            | EventKind::BranchStarted
            | EventKind::BranchEnded => {}
        }
    }

    fn ended(&mut self, event: &Event, task: &TaskRun, sign: &str, word: &str, why: &str) {
        let name = name(task);
        let since = self.running.remove(&task.run);
        let took = since.as_ref().map(|(since, _)| format!(" {}", time(u64::try_from(event.at.0 - since).unwrap_or(0))));
        if let Some((_, Some(bar))) = since {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
        let begin = if self.style == Style::Live { format!("{sign} ") } else { format!("{word:<9} ") };
        self.line(&format!("{begin}{name}{}{why}", took.unwrap_or_default()));
    }

    fn bar(&self, name: &str) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    fn log(&self, level: Level, text: &str, name: &str) {
        let name = name.trim_start();
        for line in text.lines() {
            match level {
                Level::Stdout | Level::Stderr if name.is_empty() => self.line(&format!("| {line}")),
                Level::Stdout | Level::Stderr => self.line(&format!("{name} | {line}")),
                Level::Info => self.line(line),
                Level::Warning => self.line(&format!("warning: {line}")),
            }
        }
    }

    fn line(&self, line: &str) {
        match self.style {
            Style::Live => self.bars.suspend(|| term::err(line)),
            Style::Lines | Style::None => term::err(line),
        }
    }
}

/// A task with its place in the nesting.
fn name(task: &TaskRun) -> String {
    let of = task.program.workflow.task(task.task);
    let indent = "  ".repeat(task.depth.saturating_sub(1).min(16) as usize);
    match of.kind {
        // What holds other tasks is told apart from what does the work.
        TaskKind::Do(_) | TaskKind::For(_) | TaskKind::Fork(_) | TaskKind::Try(_) => format!("{indent}{} ({})", of.name, of.kind.name()),
        _ => format!("{indent}{}", of.name),
    }
}

/// `12 ms`, `3.4 s`, `2 min 5 s`.
fn time(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!("{} min {} s", milliseconds / 60_000, milliseconds % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_are_short() {
        assert_eq!([0, 999, 1_250, 125_000].map(super::time), ["0 ms", "999 ms", "1.2 s", "2 min 5 s"]);
    }
}
