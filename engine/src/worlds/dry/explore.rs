//! The paths of a dry run.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use flowdbg_lang::{
    form::NoVariables,
    model::{TaskId, TaskKind},
    value::{self, Value, ValueExt as _},
};

use super::{Assumption, Finding, Findings, Options, Supposed, openapi};
use crate::{
    effect::{Answer, Effect, EffectId, EffectKind},
    event::EventKind,
    fault::{Fault, Kind, Origin},
    machine::{BranchId, Input, MARK, Machine, Open, Outcome, Progress, holds_unknown, is_unknown, unknown},
    program::Program,
    scenario::{CLOCK, Says, Scenario},
    tasks::document::place,
    time::Timestamp,
    worlds::mock::{Asked, find, made_up},
};

/// How often each way at a place is explored.
const TIMES: u32 = 3;
/// Transitions between two looks at what was reached.
const STRIDE: usize = 1_000;

/// A place with a way to go on from there: a condition that holds or not, a call that fails.
type Way = (Arc<str>, Supposed);

struct Explorer<'o> {
    options: &'o Options,
    scenario: Arc<Scenario>,
    program: Arc<Program>,
    findings: Findings,
    waiting: Vec<Path>,
    taken: HashMap<(Arc<str>, String), u32>,
    /// Other texts that were asked for: the text and the reference of the task that asked first.
    callers: HashMap<String, (Arc<str>, Arc<str>)>,
}

#[derive(Clone)]
struct Path {
    machine: Machine,
    now: Timestamp,
    due: BTreeMap<(Timestamp, u64), Due>,
    next: u64,
    counts: Vec<u64>,
    assumptions: Vec<Assumption>,
    /// Transitions since something came from outside.
    alone: usize,
}

#[derive(Clone)]
enum Due {
    Answer(EffectId, Answer),
    Event(Value),
}

impl Path {
    fn add(&mut self, after: u64, due: Due) {
        self.due.insert((self.now.after(after), self.next), due);
        self.next += 1;
    }

    /// Whether nothing happens any more until a timeout strikes.
    fn next_is_timeout(&self) -> bool {
        let next = self.due.first_key_value();
        next.is_some_and(|(_, due)| matches!(due, Due::Answer(effect, _) if self.machine.is_timeout(*effect)))
    }

    fn answer(&mut self, effect: EffectId, answer: Answer) {
        self.add(0, Due::Answer(effect, answer));
    }
}

pub(super) fn explore(program: &Arc<Program>, input: Value, options: &Options) -> Findings {
    let scenario = options.scenario.clone().unwrap_or_else(|| Arc::new(Scenario::empty()));
    let now = if options.scenario.is_some() { scenario.clock } else { CLOCK };
    let mut machine = Machine::new("dry-run", program.clone(), input, now, scenario.seed);
    machine.allow_unknown();
    let mut path =
        Path { machine, now, due: BTreeMap::new(), next: 0, counts: vec![0; scenario.mocks.len()], assumptions: Vec::new(), alone: 0 };
    for delivery in &scenario.events {
        if let Ok(event) = delivery.event.evaluate(&Value::Null, &NoVariables) {
            path.add(delivery.after, Due::Event(event));
        }
    }
    let mut explorer = Explorer {
        options,
        scenario,
        program: program.clone(),
        findings: Findings::default(),
        waiting: vec![path],
        taken: HashMap::new(),
        callers: HashMap::new(),
    };
    while let Some(path) = explorer.waiting.pop() {
        if explorer.findings.paths >= options.paths {
            explorer.findings.is_cut = true;
            break;
        }
        explorer.findings.paths += 1;
        explorer.follow(path);
    }
    explorer.finish()
}

impl Explorer<'_> {
    fn finish(mut self) -> Findings {
        let reached = &self.findings.reached;
        let tasks = self.program.workflow.tasks.iter().filter(|task| !reached.contains(&task.reference));
        self.findings.not_reached = tasks.map(|task| task.id).collect();
        self.findings
    }

    /// Follows a path to its end; where it parts, the other way waits.
    fn follow(&mut self, mut path: Path) {
        loop {
            let (progress, output) = path.machine.advance(&mut Open, STRIDE);
            for event in output.events {
                if let (EventKind::TaskStarted, Some(run)) = (&event.kind, &event.task) {
                    self.findings.reached.insert(run.program.workflow.task(run.task).reference.clone());
                }
            }
            for effect in output.effects {
                self.perform(&mut path, effect);
            }
            match progress {
                Progress::Done => return self.ended(&path),
                Progress::More | Progress::Held => {
                    path.alone += STRIDE;
                    if path.alone > self.options.transitions {
                        return self.endless(&path);
                    }
                }
                // Events that are not known may come before any time is up.
                Progress::Idle if path.next_is_timeout() && path.machine.suppose_events() => path.alone = 0,
                Progress::Idle => match path.due.pop_first() {
                    Some(((at, _), due)) => {
                        path.now = path.now.max(at);
                        let input = match due {
                            Due::Answer(effect, answer) => Input::Answer(effect, answer),
                            Due::Event(event) => Input::Event(event),
                        };
                        path.machine.feed(path.now, input);
                    }
                    None if path.machine.suppose_events() => path.alone = 0,
                    // Nothing can move it any more; where it waits for is not for us to judge.
                    None => return,
                },
            }
        }
    }

    fn ended(&mut self, path: &Path) {
        if let Some(Outcome::Faulted(fault)) = path.machine.outcome() {
            let known = |key| fault.error.member(key).is_some_and(|member| !holds_unknown(member));
            if known("type") && known("status") {
                self.report(path, fault.clone(), false);
            }
        }
    }

    fn endless(&mut self, path: &Path) {
        let place = path.machine.branches().next().and_then(|branch| path.machine.task_of(branch.id));
        let detail =
            format!("after {} transitions without anything from outside it has not ended: a loop has no end", self.options.transitions);
        let mut fault = Fault::new(Kind::Runtime, detail);
        let (program, task) = place.unwrap_or_else(|| (self.program.clone(), None));
        fault.origin = Some(Origin { program, task, span: None });
        self.report(path, fault, true);
    }

    /// The task of the workflow itself that led to another text.
    fn caller(&self, program: &Arc<Program>) -> Option<TaskId> {
        let main = self.program.workflow.source.path();
        let mut at = program.workflow.source.path();
        // A workflow may run itself; each step leads to one that was asked for earlier.
        for _ in 0..self.callers.len() {
            let (from, reference) = self.callers.get(at)?;
            if &**from == main {
                let mut tasks = self.program.workflow.tasks.iter();
                return tasks.find(|task| task.reference == *reference).map(|task| task.id);
            }
            at = from;
        }
        None
    }

    fn report(&mut self, path: &Path, fault: Fault, is_endless: bool) {
        let Some(origin) = fault.origin else { return };
        let workflow = &origin.program.workflow;
        let task = origin.task.map(|task| workflow.task(task));
        let span = origin.span.or(task.map(|task| task.name_span)).unwrap_or_default();
        let is_raised = task.is_some_and(|task| matches!(task.kind, TaskKind::Raise(_)));
        let found = Finding {
            program: origin.program.clone(),
            task: origin.task,
            span,
            error: shown(&fault.error),
            assumptions: path.assumptions.clone(),
            is_raised,
            is_endless,
            caller: if Arc::ptr_eq(&origin.program, &self.program) { None } else { self.caller(&origin.program) },
        };
        let same = |other: &&mut Finding| other.reference() == found.reference() && other.span == found.span && kind(other) == kind(&found);
        match self.findings.faults.iter_mut().find(same) {
            // The way there that supposes the least is kept.
            Some(other) if other.assumptions.len() > found.assumptions.len() => *other = found,
            Some(_) => {}
            None => self.findings.faults.push(found),
        }
    }

    fn perform(&mut self, path: &mut Path, effect: Effect) {
        if !matches!(effect.kind, EffectKind::Evaluate(_) | EffectKind::Cancel(_)) {
            path.alone = 0;
        }
        let id = effect.id;
        if let EffectKind::Resource(document) = &effect.kind {
            self.callers.entry(place(&document.uri, &document.from)).or_insert_with(|| (document.from.clone(), effect.reference.clone()));
        }
        match &effect.kind {
            EffectKind::Sleep(until) => {
                let after = until.since(path.now);
                path.add(after, Due::Answer(id, Answer::Slept));
            }
            EffectKind::Cancel(other) => path.due.retain(|_, due| !matches!(due, Due::Answer(effect, _) if effect == other)),
            EffectKind::Evaluate(evaluation) if is_unknown(&evaluation.input) => {
                let text: Arc<str> = evaluation.expression.text().into();
                let way = |holds| (effect.reference.clone(), Supposed::Condition(text.clone(), holds));
                self.part(path, way(true), way(false), |holds| (id, Answer::Evaluated(Ok(Value::Bool(holds)))));
            }
            EffectKind::Evaluate(_) => {
                let known = self.known(&effect.kind).unwrap_or_else(|| Answer::Evaluated(Ok(unknown())));
                path.answer(id, known);
            }
            EffectKind::Secrets { names, .. } => {
                let known =
                    |name: &Arc<str>| self.scenario.secrets.iter().find(|(other, _)| other == name).map(|(_, secret)| secret.clone());
                let found = names.iter().map(|name| known(name).unwrap_or_else(unknown)).collect();
                path.answer(id, Answer::Secrets(Ok(found)));
            }
            EffectKind::Emit(event) => {
                let (delay, answer) = self.mocked(path, &effect).unwrap_or((0, Answer::Emitted(Ok(()))));
                if matches!(answer, Answer::Emitted(Ok(()))) {
                    path.add(delay, Due::Event(event.clone()));
                }
                path.add(delay, Due::Answer(id, answer));
            }
            _ => match self.mocked(path, &effect) {
                Some((delay, answer)) => path.add(delay, Due::Answer(id, answer)),
                None => match self.known(&effect.kind).or_else(|| openapi::answer(&path.machine, &effect)) {
                    Some(answer) => {
                        if let (EffectKind::Workflow { from, .. }, Answer::Workflow(Ok(program))) = (&effect.kind, &answer) {
                            let asked = || (from.clone(), effect.reference.clone());
                            self.callers.entry(program.workflow.source.path().to_owned()).or_insert_with(asked);
                        }
                        path.answer(id, answer);
                    }
                    None => self.not_known(path, &effect),
                },
            },
        }
    }

    fn known(&self, kind: &EffectKind) -> Option<Answer> {
        self.options.known.as_ref().and_then(|known| known(kind))
    }

    /// An answer that is not known; if a `try` is around, it may be a failure.
    fn not_known(&mut self, path: &mut Path, effect: &Effect) {
        let fails = (effect.reference.clone(), Supposed::Fails);
        if path.machine.is_tried(effect.branch) && self.may_take(&fails) {
            self.take(&fails);
            let error = value::object([("type", unknown()), ("status", unknown()), ("title", unknown()), ("detail", unknown())]);
            let mut other = path.clone();
            other.answer(effect.id, Answer::Failed(error));
            other.assumptions.push(Assumption { reference: fails.0, what: fails.1 });
            self.waiting.push(other);
        }
        path.answer(effect.id, Answer::Unknown);
    }

    /// Goes one way, and lets the other wait, as far as they have not been gone often enough.
    fn part(&mut self, path: &mut Path, yes: Way, no: Way, answer: impl Fn(bool) -> (EffectId, Answer)) {
        let both = self.may_take(&yes) && self.may_take(&no);
        let first = self.times(&yes) <= self.times(&no);
        if both {
            let other = if first { &no } else { &yes };
            self.take(other);
            let mut waiting = path.clone();
            let (id, given) = answer(!first);
            waiting.answer(id, given);
            waiting.assumptions.push(Assumption { reference: other.0.clone(), what: other.1.clone() });
            waiting.alone = 0;
            self.waiting.push(waiting);
        }
        let chosen = if first { yes } else { no };
        self.take(&chosen);
        let (id, given) = answer(first);
        path.answer(id, given);
        path.assumptions.push(Assumption { reference: chosen.0, what: chosen.1 });
        path.alone = 0;
    }

    fn key(way: &Way) -> (Arc<str>, String) {
        (way.0.clone(), format!("{:?}", way.1))
    }

    fn times(&self, way: &Way) -> u32 {
        self.taken.get(&Self::key(way)).copied().unwrap_or(0)
    }

    fn may_take(&self, way: &Way) -> bool {
        self.times(way) < TIMES
    }

    fn take(&mut self, way: &Way) {
        *self.taken.entry(Self::key(way)).or_default() += 1;
    }

    /// What a mock of the scenario answers, and after how long.
    fn mocked(&self, path: &mut Path, effect: &Effect) -> Option<(u64, Answer)> {
        let asked = Asked::of(effect)?;
        let found = find(&self.scenario, &path.counts, &asked)?;
        path.counts[found.mock] += 1;
        let answer = match &found.answer.says {
            Some(Says::Real) => Answer::Unknown,
            // What is made from something unknown is unknown.
            Some(says) if mentions_unknown(&found.view) && !says.is_literal() => Answer::Unknown,
            says => made_up(&self.scenario, &effect.kind, says.as_ref(), &found),
        };
        for delivery in &found.answer.events {
            if let Ok(event) = delivery.event.evaluate(&found.view, &NoVariables) {
                let at = (path.now.after(found.answer.delay.saturating_add(delivery.after)), path.next);
                path.due.insert(at, Due::Event(event));
                path.next += 1;
            }
        }
        Some((found.answer.delay, answer))
    }
}

fn kind(finding: &Finding) -> Option<String> {
    finding.error.member("type").and_then(Value::as_text)
}

/// Whether a text of a request was made from something unknown.
fn mentions_unknown(view: &Value) -> bool {
    holds_unknown(view) || view.to_json().contains(MARK)
}

/// An error in which what is unknown is called so.
fn shown(error: &Value) -> Value {
    match error {
        error if is_unknown(error) => value::string("unknown"),
        Value::Obj(members) => Value::obj(members.iter().map(|(key, member)| (key.clone(), shown(member))).collect()),
        Value::Arr(items) => items.iter().map(shown).collect(),
        error => error.clone(),
    }
}

impl Machine {
    /// The innermost task of a branch.
    fn task_of(&self, id: BranchId) -> Option<(Arc<Program>, Option<TaskId>)> {
        let frame = self.branch(id)?.frames.last()?;
        Some((frame.program().clone(), frame.task))
    }
}
