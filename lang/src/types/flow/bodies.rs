//! What the body of each kind of task gives (the engine's `tasks`, with types instead of values).

use super::{Around, Body, Flow, Run, State};
use crate::{
    duration::DurationSpec,
    model::{Case, Cleanup, RunProcess, Stage, TaskKind, Then},
    template::Template,
    text::Span,
    types::{
        known,
        origin::{Maker, Origin},
        shape::Type,
    },
};

impl<'w> Flow<'w> {
    /// Runs the body of a task; nothing, if it never ends without an error.
    pub(super) fn body(&mut self, run: &Run<'w>, around: &Around) -> Option<Body> {
        let task = run.task;
        let place = task.name_span;
        let plain = |output: Type| Some(Body { output, context: run.context.clone(), thens: Vec::new() });
        let entry = || State { data: run.input.clone(), context: run.context.clone() };
        let done = |state: State| Body { output: state.data, context: state.context, thens: Vec::new() };
        match &task.kind {
            TaskKind::Set(template) => {
                let place = self.stage(task, Stage::Body);
                let output = self.fill(template, run, place);
                plain(output)
            }
            TaskKind::Do(list) => self.list(list, entry(), around).map(done),
            TaskKind::Switch(cases) => {
                let thens = self.cases(cases, run);
                Some(Body { output: run.input.clone(), context: run.context.clone(), thens })
            }
            TaskKind::Wait(duration) => {
                if let DurationSpec::Computed(template) = duration {
                    self.fill(template, run, place);
                }
                plain(run.input.clone())
            }
            TaskKind::Raise(template) => {
                self.fill(template, run, place);
                None
            }
            TaskKind::Emit(template) => {
                let output = self.emit(template, run);
                plain(output)
            }
            TaskKind::CallHttp(call) => {
                let output = self.call(call, run);
                self.uri_template(run);
                plain(output)
            }
            TaskKind::CallOpenapi(call) => {
                let output = self.call(call, run);
                plain(output)
            }
            TaskKind::CallA2a(call) | TaskKind::CallMcp(call) => {
                self.fill(&call.with, run, place);
                plain(Type::Unknown)
            }
            TaskKind::CallGrpc(call) => {
                self.fill(&call.with, run, place);
                plain(Type::Unknown)
            }
            TaskKind::CallAsyncapi(call) => {
                self.fill(&call.with, run, place);
                match &call.subscription {
                    Some(subscription) => Some(self.subscription(subscription, run, around)),
                    None => plain(Type::Unknown),
                }
            }
            TaskKind::CallFunction(call) => self.call_function(call, run, around).map(done),
            TaskKind::RunShell(process) | TaskKind::RunScript(process) => plain(self.process(process, run)),
            TaskKind::RunContainer(container) => {
                if let Cleanup::Eventually(DurationSpec::Computed(template)) = &container.cleanup {
                    self.fill(template, run, place);
                }
                plain(self.process(&container.process, run))
            }
            TaskKind::RunWorkflow(sub) => {
                if let Some(input) = &sub.input {
                    self.fill(input, run, place);
                }
                plain(if sub.awaits { Type::Unknown } else { run.input.clone() })
            }
            TaskKind::For(each) => self.for_(each, run, around),
            TaskKind::Fork(fork) => self.fork(fork, run, around),
            TaskKind::Try(try_) => self.try_(try_, run, around),
            TaskKind::Listen(listen) => self.listen(listen, run, around),
            // What it does, and what it may export inside, is not known.
            TaskKind::Broken => Some(Body { output: Type::Unknown, context: Type::Unknown, thens: Vec::new() }),
        }
    }

    /// The output of a process.
    fn process(&mut self, process: &'w RunProcess, run: &Run<'w>) -> Type {
        let place = run.task.name_span;
        self.fill(&process.with, run, place);
        if process.awaits { known::process(process.returns, Origin::new(place, Maker::Process)) } else { run.input.clone() }
    }

    pub(super) fn fill(&mut self, template: &'w Template, run: &Run<'w>, place: Span) -> Type {
        self.template(template, &run.input, &run.environment, place, run.sure)
    }

    fn cases(&mut self, cases: &'w [Case], run: &Run<'w>) -> Vec<Then> {
        let mut sure = run.sure;
        for case in cases {
            if let Some(when) = &case.when {
                self.expression(when, &run.input, &run.environment, case.span, sure);
                sure = false;
            }
        }
        let mut thens: Vec<Then> = cases.iter().map(|case| case.then).collect();
        if cases.iter().all(|case| case.when.is_some()) {
            thens.push(run.task.then);
        }
        thens.dedup();
        thens
    }
}
