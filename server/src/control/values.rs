//! Scopes, variables and expressions.
//!
//! A call takes a value out of the execution, which is cheap as values are shared, and looks at it
//! here. What it costs depends on what is shown, not on the size of the value.

use flowdbg_engine::{
    effect::Evaluation,
    machine::{BranchId, EditError, EvaluateError, Machine, ScopeName},
};
use flowdbg_lang::{
    expression,
    model::Stage,
    value::{Value, ValueExt as _},
};
use flowdbg_protocol::control::{
    Children, ControlError, Evaluate, EvaluateParams, FrameRef, OfFrame, PathStep, Root, Scope, ScopeInfo, ScopeList, Scopes, SetVariable,
    SetVariableParams, Variable, VariableList, Variables, VariablesParams,
};

use super::{Served, executions::find, problem, wire};
use crate::{host::Host, json, runs::Execution};

/// How much of a value is shown on its line.
const MAX_LINE: usize = 1_000;
/// How many children are listed at a time.
const MAX_PAGE: u64 = 10_000;

const SCOPES: [Scope; 4] = [Scope::Input, Scope::Output, Scope::Context, Scope::Locals];

impl Served for Scopes {
    async fn serve(host: Host, params: OfFrame) -> Result<ScopeList, ControlError> {
        let execution = find(&host, &params.execution)?;
        let mut scopes = Vec::new();
        for scope in SCOPES {
            let value = scope_of(&execution, params.frame, scope).await?.0;
            scopes.push(ScopeInfo { scope, expensive: false, children: children(&value) });
        }
        Ok(ScopeList { scopes })
    }
}

impl Served for Variables {
    async fn serve(host: Host, params: VariablesParams) -> Result<VariableList, ControlError> {
        let execution = find(&host, &params.execution)?;
        let (root, base) = match &params.root {
            Root::Scope(scope) => {
                let (value, base) = scope_of(&execution, params.frame, *scope).await?;
                // What is not there yet has nothing to show, not even `null`.
                let nothing = params.path.is_empty() && base.is_none();
                if nothing && children(&value) == Children::default() {
                    return Ok(VariableList { variables: Vec::new() });
                }
                (value, base)
            }
            Root::Expression(text) => (evaluate(&host, &execution, params.frame, text).await?, Some(as_base(text))),
        };
        let (value, base) = descend(root, base, &params.path)?;
        let start = usize::try_from(params.start).unwrap_or(usize::MAX);
        let count = usize::try_from(params.count.unwrap_or(MAX_PAGE).min(MAX_PAGE)).unwrap_or(usize::MAX);
        Ok(VariableList { variables: list(&value, base.as_deref(), start, count) })
    }
}

impl Served for Evaluate {
    async fn serve(host: Host, params: EvaluateParams) -> Result<Variable, ControlError> {
        let execution = find(&host, &params.execution)?;
        let frame = match params.frame {
            Some(frame) => frame,
            None => innermost(&execution).await?,
        };
        let value = evaluate(&host, &execution, frame, &params.expression).await?;
        let mut variable = show(params.expression.trim(), None, &value, Some(bare(&params.expression).to_owned()));
        if params.whole {
            variable.value = json::text(&value);
        }
        Ok(variable)
    }
}

impl Served for SetVariable {
    async fn serve(host: Host, params: SetVariableParams) -> Result<Variable, ControlError> {
        let execution = find(&host, &params.execution)?;
        let value = evaluate(&host, &execution, params.frame, &params.value).await?;
        let (branch, depth) = place(params.frame);
        let (scope, path, new) = (wire::scope(params.scope), wire::path(&params.path), value.clone());
        let edited = execution.run.with(move |debuggee| {
            if !debuggee.is_stopped() {
                return Err(problem::not_suspended("the execution is not stopped, so its values cannot be replaced; pause it first"));
            }
            debuggee.edit(branch, depth, scope, &path, new).map_err(|error| match error {
                EditError::NoFrame => problem::no_frame(branch, depth),
                EditError::Refused(why) => problem::invalid(why),
            })
        });
        edited.await.unwrap_or_else(|| Err(problem::ended(&params.execution)))?;
        let base = scope_of(&execution, params.frame, params.scope).await?.1;
        let name = params.path.last().map_or_else(String::new, step_name);
        let evaluate_name = params.path.iter().try_fold(base.unwrap_or_default(), |base, step| path_to(Some(&base), step));
        Ok(show(&name, params.path.last().cloned(), &value, evaluate_name.filter(|name| !name.is_empty())))
    }
}

fn place(frame: FrameRef) -> (BranchId, usize) {
    (BranchId(frame.branch), frame.depth as usize)
}

/// The value of a scope and the expression that gives it. Locals as a whole have none, and so has
/// what is not there yet.
async fn scope_of(execution: &Execution, frame: FrameRef, scope: Scope) -> Result<(Value, Option<String>), ControlError> {
    let (branch, depth) = place(frame);
    let found = execution.run.with(move |debuggee| {
        let machine = debuggee.machine();
        let value = machine.scope(branch, depth, wire::scope(scope))?;
        Some((value, base(machine, branch, depth, wire::scope(scope))))
    });
    found.await.ok_or_else(|| problem::ended(execution.run.id()))?.ok_or_else(|| problem::no_frame(branch, depth))
}

fn base(machine: &Machine, branch: BranchId, depth: usize, scope: ScopeName) -> Option<String> {
    let stage = machine.branch(branch)?.frames().get(depth)?.stage();
    let text = match scope {
        // Before the input is transformed, `$input` does not exist; it is what expressions read.
        ScopeName::Input if matches!(stage, Stage::If | Stage::Input) => ".",
        ScopeName::Input => "$input",
        ScopeName::Output if matches!(stage, Stage::Output | Stage::Export) => "$output",
        ScopeName::Context => "$context",
        ScopeName::Output | ScopeName::Locals => return None,
    };
    Some(text.to_owned())
}

/// The innermost frame of the first branch of a suspended execution.
async fn innermost(execution: &Execution) -> Result<FrameRef, ControlError> {
    let found = execution.run.with(|debuggee| {
        let branch = debuggee.machine().branches().find(|branch| !branch.frames().is_empty()).filter(|_| debuggee.is_stopped())?;
        let depth = u32::try_from(branch.frames().len() - 1).unwrap_or(u32::MAX);
        Some(FrameRef { branch: branch.id.0, depth })
    });
    let frame = found.await.ok_or_else(|| problem::ended(execution.run.id()))?;
    frame.ok_or_else(|| problem::not_suspended("the execution is not stopped; name the frame in which to evaluate"))
}

/// The value of an expression in a frame.
async fn evaluate(host: &Host, execution: &Execution, frame: FrameRef, text: &str) -> Result<Value, ControlError> {
    if text.trim().is_empty() {
        return Err(problem::expression("the expression is empty; `.` is the whole input"));
    }
    let ((branch, depth), text) = (place(frame), text.to_owned());
    let evaluated = execution.run.with(move |debuggee| debuggee.machine().evaluate(branch, depth, &text)).await;
    let unproven: Box<Evaluation> = match evaluated.ok_or_else(|| problem::ended(execution.run.id()))? {
        Ok(value) => return Ok(value),
        Err(EvaluateError::NoFrame) => return Err(problem::no_frame(branch, depth)),
        Err(EvaluateError::Failed(why)) => return Err(problem::expression(why)),
        Err(EvaluateError::Unproven(evaluation)) => evaluation,
    };
    host.engine().evaluate(*unproven).await.map_err(problem::expression)
}

/// An expression without its `${ }`.
fn bare(text: &str) -> &str {
    expression::unwrap(text).map_or(text, |(program, _)| program).trim()
}

/// An expression to hang paths on. Several results count as one array, so unless it is a plain path
/// it is gathered in the same way.
fn as_base(text: &str) -> String {
    let text = bare(text);
    let is_path = !text.contains("..") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'$' | b'_'));
    if is_path {
        return text.to_owned();
    }
    // A comment ends at the line's end, so the bracket stands on the next.
    let end = if text.contains('#') { "\n" } else { "" };
    format!("([{text}{end}] | if length == 1 then .[0] else . end)")
}

fn descend(mut value: Value, mut base: Option<String>, path: &[PathStep]) -> Result<(Value, Option<String>), ControlError> {
    for step in path {
        let child = match (step, &value) {
            (PathStep::Index(index), Value::Arr(items)) => usize::try_from(*index).ok().and_then(|index| items.get(index)).cloned(),
            (PathStep::Key(key), value) => value.member(key).cloned(),
            (PathStep::Index(_), _) => None,
        };
        value = child.ok_or_else(|| problem::invalid(format!("there is no `{}` in this value any more", step_name(step))))?;
        base = path_to(base.as_deref(), step);
    }
    Ok((value, base))
}

/// The expression for a child, given that for its parent. The variables of Locals are their own.
fn path_to(base: Option<&str>, step: &PathStep) -> Option<String> {
    match (base, step) {
        (None | Some(""), PathStep::Key(key)) if key.starts_with('$') => Some(key.clone()),
        (None | Some(""), _) => None,
        (Some(base), PathStep::Index(index)) => Some(format!("{base}[{index}]")),
        (Some(base), PathStep::Key(key)) if is_identifier(key) => Some(format!("{}.{key}", if base == "." { "" } else { base })),
        (Some(base), PathStep::Key(key)) => {
            let mut text = format!("{base}[");
            json::append_string(&mut text, key);
            text.push(']');
            Some(text)
        }
    }
}

fn is_identifier(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn children(value: &Value) -> Children {
    let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
    match value {
        Value::Arr(items) => Children { named: 0, indexed: count(items.len()) },
        Value::Obj(members) => Children { named: count(members.len()), indexed: 0 },
        _ => Children::default(),
    }
}

/// A page of a value's children. A value without any is shown itself.
fn list(value: &Value, base: Option<&str>, start: usize, count: usize) -> Vec<Variable> {
    match value {
        Value::Arr(items) if !items.is_empty() => {
            let page = items.iter().enumerate().skip(start).take(count);
            page.map(|(index, item)| {
                let step = PathStep::Index(index as u64);
                show(&step_name(&step), Some(step.clone()), item, path_to(base, &step))
            })
            .collect()
        }
        Value::Obj(members) if !members.is_empty() => {
            let end = start.saturating_add(count).min(members.len());
            let page = (start..end).filter_map(|index| members.get_index(index));
            page.map(|(key, member)| match key.as_text() {
                Some(name) => {
                    let step = PathStep::Key(name.clone());
                    let path = path_to(base, &step);
                    show(&name, Some(step), member, path)
                }
                // jq knows keys of any type; no path of ours leads there, so it is shown whole.
                None => Variable { children: Children::default(), ..show(&json::line(key, MAX_LINE), None, member, None) },
            })
            .collect()
        }
        _ if start == 0 && count > 0 => vec![show("value", None, value, base.map(str::to_owned))],
        _ => Vec::new(),
    }
}

fn show(name: &str, step: Option<PathStep>, value: &Value, evaluate_name: Option<String>) -> Variable {
    Variable {
        name: name.to_owned(),
        step,
        value: json::line(value, MAX_LINE),
        kind: value.type_name().to_owned(),
        evaluate_name,
        children: children(value),
    }
}

fn step_name(step: &PathStep) -> String {
    match step {
        PathStep::Index(index) => format!("[{index}]"),
        PathStep::Key(key) => key.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flowdbg_lang::{expression::Expression, value};

    use super::*;

    fn read(text: &str) -> Value {
        value::parse_json(text).unwrap()
    }

    /// Walks down everywhere and checks that each variable's path evaluates to it.
    fn walk(whole: &Value, variables: Vec<Variable>, value: &Value) {
        for variable in variables {
            let step = variable.step.unwrap();
            let name = variable.evaluate_name.unwrap();
            let (child, _) = descend(value.clone(), None, &[step]).unwrap();
            let program = Expression::new(&name, &[Arc::from("$input")]);
            assert!(program.problems().is_empty(), "{name}: {:?}", program.problems());
            let values = program.variables().iter().map(|_| whole.clone()).collect();
            assert_eq!(program.evaluate_with(whole.clone(), values, 0.0).unwrap(), child, "{name}");
            if children(&child) != Children::default() {
                walk(whole, list(&child, Some(&name), 0, 100), &child);
            }
        }
    }

    #[test]
    fn every_path_evaluates_to_its_value() {
        let whole = read(r#"{"items":[{"odd key":1,"a\"b\\(1)":[true,[2]]},null],"and":{"if":3},"_x9":{"é":4,"":5,"9":6,"$v":7}}"#);
        for base in [".", "$input"] {
            walk(&whole, list(&whole, Some(base), 0, 100), &whole);
        }
        let listed = list(&whole, Some("$input"), 0, 1);
        assert_eq!(listed[0].evaluate_name.as_deref(), Some("$input.items"));
        let odd = descend(whole, Some(".".into()), &[PathStep::Key("items".into()), PathStep::Index(0), PathStep::Key("odd key".into())]);
        assert_eq!(odd.unwrap().1.as_deref(), Some(r#".items[0]["odd key"]"#));
    }

    #[test]
    fn locals_are_reached_by_their_names() {
        let locals = read(r#"{"$item":{"id":1}}"#);
        let listed = list(&locals, None, 0, 10);
        assert_eq!((listed[0].name.as_str(), listed[0].evaluate_name.as_deref()), ("$item", Some("$item")));
        let (_, base) = descend(locals, None, &[PathStep::Key("$item".into()), PathStep::Key("id".into())]).unwrap();
        assert_eq!(base.as_deref(), Some("$item.id"));
    }

    #[test]
    fn paths_hang_on_any_expression() {
        assert_eq!((as_base("${ .a.b }"), as_base("$input")), (".a.b".to_owned(), "$input".to_owned()));
        let data = read(r#"{"a":[{"b":1}],"c":2}"#);
        for text in [".a", ".a # c", "[.c, .c]", "..", ".a, .c", ".a[]", "{x: .c}"] {
            let program = Expression::new(text, &[]);
            let whole = program.evaluate_with(data.clone(), Vec::new(), 0.0).unwrap();
            for child in list(&whole, Some(&as_base(text)), 0, 10) {
                let path = Expression::new(child.evaluate_name.as_deref().unwrap(), &[]);
                let found = path.evaluate_with(data.clone(), Vec::new(), 0.0).unwrap_or_else(|error| panic!("{text}: {error}"));
                assert_eq!(json::line(&found, MAX_LINE), child.value, "{text}");
            }
        }
    }

    #[test]
    fn pages_and_childless_values() {
        let hundred: Value = (0..100_isize).map(Value::from).collect();
        let names = |start, count| list(&hundred, Some("."), start, count).into_iter().map(|v| v.name).collect::<Vec<_>>();
        assert_eq!(names(98, 10), ["[98]", "[99]"]);
        assert!(names(100, 10).is_empty());
        let single = list(&read("5"), Some("$input"), 0, 10);
        assert_eq!((single[0].value.as_str(), single[0].step.as_ref(), single[0].evaluate_name.as_deref()), ("5", None, Some("$input")));
        assert!(list(&read("{}"), None, 1, 10).is_empty());
    }
}
