//! The specification's conformance kit: Gherkin features whose scenarios run on the engine.
//!
//! Scenarios that call public services run in the local world, whose HTTP goes to stand-ins.

use std::{fmt, path::Path, sync::Arc};

use flowdbg_engine::{
    driver::{Engine, Options},
    machine::Outcome,
    worlds::local::{self, Local},
};
use flowdbg_lang::{
    text::Source,
    tree::{NodeId, NodeKind, Tree},
    value::{Value, ValueExt as _},
};
use gherkin::{Feature, GherkinEnv, Step};

use crate::{executions, scripted::Scripted, stand_ins::StandIns, workflows};

/// A scenario and what became of it.
#[derive(Debug)]
pub struct Report {
    /// Feature file and scenario.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of a scenario.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All its steps hold.
    Passed,
    /// All its steps hold, and a service was called; a stand-in answered.
    PassedByStandIn,
    /// A step does not hold.
    Failed(String),
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Passed => write!(f, "pass  {}", self.name),
            Verdict::PassedByStandIn => write!(f, "pass  {} (against a stand-in)", self.name),
            Verdict::Failed(why) => write!(f, "FAIL  {}: {why}", self.name),
        }
    }
}

/// Runs every scenario of a folder. Needs a tokio runtime whose clock runs: services are called.
///
/// # Errors
/// A file cannot be read or is not a feature.
pub async fn run(folder: &Path) -> Result<Vec<Report>, String> {
    let stand_ins = StandIns::start().await.map_err(|error| format!("the stand-ins cannot be started: {error}"))?;
    let mut reports = Vec::new();
    for path in workflows::files(folder, ".feature").map_err(|error| format!("{}: {error}", folder.display()))? {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // The parser wants a line end after the last line.
        let text = workflows::read(&path)? + "\n";
        let feature = Feature::parse(&text, GherkinEnv::default()).map_err(|error| format!("{file}: {error}"))?;
        for scenario in &feature.scenarios {
            let verdict = run_scenario(&scenario.steps, &stand_ins).await.unwrap_or_else(Verdict::Failed);
            reports.push(Report { name: format!("{file}: {}", scenario.name), verdict });
        }
    }
    Ok(reports)
}

/// What the steps of a scenario prepare and then look at.
struct Ran {
    outcome: Outcome,
    started: Vec<String>,
}

async fn run_scenario(steps: &[Step], stand_ins: &StandIns) -> Result<Verdict, String> {
    let (mut definition, mut input, mut ran, mut calls) = (None, Value::Null, None, false);
    for step in steps {
        let text = step.value.trim();
        // The kit writes `And given …`.
        match text.strip_prefix("given ").unwrap_or(text) {
            "a workflow with definition:" => {
                let text = content(step)?;
                if let Some(address) = network(&text) {
                    let known = stand_ins.routes().iter().any(|(from, _)| address.starts_with(from));
                    if !known {
                        return Err(format!("it calls {address}, which has no stand-in"));
                    }
                    calls = true;
                }
                definition = Some(workflows::program("definition", &text)?);
            }
            "the workflow input is:" => input = workflows::data(&content(step)?)?,
            "the workflow is executed" => {
                let program = definition.clone().ok_or("there is no workflow")?;
                let engine = if calls { Engine::new(Arc::new(routed(stand_ins))) } else { Engine::new(Arc::new(Scripted::default())) };
                let run = engine.start(program, input.clone(), Options::default());
                let outcome = run.ended().await;
                ran = Some(Ran { outcome, started: executions::started(&executions::events(&run)) });
            }
            claim => {
                let ran = ran.as_ref().ok_or_else(|| format!("`{claim}` stands before the execution"))?;
                ran.holds(claim, step).map_err(|why| format!("`{claim}`: {why}"))?;
            }
        }
    }
    if ran.is_none() {
        return Err("nothing was executed".to_owned());
    }
    Ok(if calls { Verdict::PassedByStandIn } else { Verdict::Passed })
}

/// The local world, whose requests to public services go to their stand-ins.
fn routed(stand_ins: &StandIns) -> Local {
    Local::new(local::Options { routes: stand_ins.routes().to_vec(), ..local::Options::new(flowdbg_server::load::loader()) })
}

/// The doc string of a step, without its media type.
fn content(step: &Step) -> Result<String, String> {
    let text = step.docstring.as_deref().ok_or_else(|| format!("`{}` has no text below it", step.value))?;
    Ok(text.strip_prefix("yaml").unwrap_or(text).trim_start_matches(['\r', '\n']).to_owned())
}

/// The first address that a call of the workflow would go to.
fn network(text: &str) -> Option<String> {
    let (tree, _) = flowdbg_lang::read::read(&Source::new("definition", text));
    let mut open = vec![tree.root()?];
    while let Some(node) = open.pop() {
        if tree.get(node, "call").is_some()
            && let Some(address) = tree.get(node, "with").and_then(|with| address(&tree, with))
        {
            return Some(address);
        }
        open.extend(children(&tree, node));
    }
    None
}

fn address(tree: &Tree, node: NodeId) -> Option<String> {
    let own = tree.string(node).filter(|text| text.starts_with("http://") || text.starts_with("https://"));
    own.map(ToString::to_string).or_else(|| children(tree, node).into_iter().find_map(|child| address(tree, child)))
}

fn children(tree: &Tree, node: NodeId) -> Vec<NodeId> {
    match &tree.node(node).kind {
        NodeKind::Scalar(_) => Vec::new(),
        NodeKind::Sequence(items) => items.clone(),
        NodeKind::Mapping(entries) => entries.iter().map(|entry| entry.value).collect(),
    }
}

impl Ran {
    /// Whether a claim about the execution holds.
    fn holds(&self, claim: &str, step: &Step) -> Result<(), String> {
        match claim {
            "the workflow should complete" => return self.output().map(|_| ()),
            "the workflow should complete with output:" => {
                let expected = workflows::data(&content(step)?)?;
                let output = self.output()?;
                return same(output, &expected);
            }
            "the workflow should cancel" => return self.ended(matches!(self.outcome, Outcome::Cancelled)),
            "the workflow should fault" => return self.ended(matches!(self.outcome, Outcome::Faulted(_))),
            "the workflow should fault with error:" => {
                let Outcome::Faulted(fault) = &self.outcome else { return self.ended(false) };
                let Value::Obj(expected) = workflows::data(&content(step)?)? else { return Err("an error is a mapping".to_owned()) };
                let members = expected.iter().map(|(key, member)| (key.as_text().unwrap_or_default(), member));
                for (key, member) in members {
                    same(fault.error.member(&key).unwrap_or(&Value::Null), member).map_err(|why| format!("`{key}`: {why}"))?;
                }
                return Ok(());
            }
            _ => {}
        }
        if let Some(rest) = claim.strip_prefix("the workflow output should have ") {
            return self.output_has(rest, step);
        }
        self.ran(claim)
    }

    fn output_has(&self, claim: &str, step: &Step) -> Result<(), String> {
        let names: Vec<&str> = claim.split('\'').skip(1).step_by(2).collect();
        let output = self.output()?;
        let member = |name: &str| {
            let found = name.split('.').try_fold(output, |value, key| value.member(key));
            found.ok_or_else(|| format!("there is no `{name}` in {}", output.to_json()))
        };
        if claim.starts_with("properties ") {
            return names.iter().try_for_each(|name| member(name).map(|_| ()));
        }
        let [name] = names.as_slice() else { return Err("one property was expected".to_owned()) };
        let found = member(name)?;
        if claim.ends_with(" property with value:") {
            return same(found, &workflows::data(&content(step)?)?);
        }
        let count = claim.rsplit_once(" property containing ").and_then(|(_, count)| count.strip_suffix(" items"));
        let count: usize = count.and_then(|count| count.parse().ok()).ok_or("this step is not known")?;
        match found {
            Value::Arr(items) if items.len() == count => Ok(()),
            other => Err(format!("it is {}", other.to_json())),
        }
    }

    /// Claims about the order of tasks.
    fn ran(&self, claim: &str) -> Result<(), String> {
        let place = |task: &str| {
            let found = self.started.iter().position(|name| name == task);
            found.ok_or_else(|| format!("`{task}` did not run; what ran: {}", self.started.join(", ")))
        };
        let (task, order) = claim.split_once(" should run ").ok_or("this step is not known")?;
        let at = place(task)?;
        let holds = match order.split_once(' ') {
            None if order == "first" => at == 0,
            None if order == "last" => self.started.last().is_some_and(|last| last == task),
            Some(("before", other)) => at < place(other)?,
            Some(("after", other)) => at > place(other)?,
            _ => return Err("this step is not known".to_owned()),
        };
        if holds { Ok(()) } else { Err(format!("what ran: {}", self.started.join(", "))) }
    }

    fn output(&self) -> Result<&Value, String> {
        match &self.outcome {
            Outcome::Completed(output) => Ok(output),
            other => Err(executions::ending(other)),
        }
    }

    fn ended(&self, as_expected: bool) -> Result<(), String> {
        if as_expected { Ok(()) } else { Err(executions::ending(&self.outcome)) }
    }
}

fn same(actual: &Value, expected: &Value) -> Result<(), String> {
    if actual == expected { Ok(()) } else { Err(format!("it is {}, not {}", actual.to_json(), expected.to_json())) }
}
