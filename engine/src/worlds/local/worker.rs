//! Expressions that may not end, each in a process of its own: with a deadline, a memory limit,
//! and nothing lost if it overflows its stack.
//!
//! On the wire: one JSON array in, `[program, names, values, input, now]`; one JSON object out,
//! `{"value": …}` or `{"error": "…"}`.

use std::{path::PathBuf, process::Stdio, time::Duration};

use flowdbg_lang::{
    expression::Expression,
    value::{self, Value, ValueExt as _},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
};

use crate::effect::Evaluation;

/// How long an expression may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How much memory it may use, in bytes.
const MEMORY: u64 = 2 * 1024 * 1024 * 1024;

#[expect(clippy::disallowed_methods, reason = "this is the world that starts processes")]
pub(super) async fn evaluate(worker: Option<&(PathBuf, Vec<String>)>, evaluation: &Evaluation) -> Result<Value, String> {
    let Some((program, arguments)) = worker else {
        return Err("the expression may never end, and there is no worker process to evaluate it in".to_owned());
    };
    let names = evaluation.expression.variables().iter().map(|name| value::string(&**name)).collect();
    let request: Value = [
        value::string(evaluation.expression.text()),
        names,
        evaluation.variables.iter().cloned().collect(),
        evaluation.input.clone(),
        Value::from(evaluation.now),
    ]
    .into_iter()
    .collect();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("the worker process did not start: {error}"))?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let exchange = async {
        let feed = async {
            if let Some(mut stdin) = stdin {
                // A worker that died says so by its missing reply.
                let _ = stdin.write_all(request.to_json().as_bytes()).await;
            }
        };
        let read = async {
            let mut reply = String::new();
            if let Some(mut stdout) = stdout {
                stdout.read_to_string(&mut reply).await.map_err(|error| error.to_string())?;
            }
            Ok::<String, String>(reply)
        };
        tokio::join!(feed, read).1
    };
    let reply = tokio::time::timeout(DEADLINE, exchange)
        .await
        .map_err(|_| format!("the expression did not end within {} seconds and was stopped", DEADLINE.as_secs()))??;
    if reply.is_empty() {
        return Err("the expression used up its stack or its memory and was stopped".to_owned());
    }
    let reply = value::parse_json(&reply)?;
    match (reply.member("value"), reply.member("error").and_then(Value::as_text)) {
        (Some(result), _) => Ok(result.clone()),
        (None, error) => Err(error.unwrap_or_else(|| "the worker process gave no answer".to_owned())),
    }
}

struct Given {
    names: Vec<String>,
    values: Vec<Value>,
    now: f64,
}

impl flowdbg_lang::expression::Scope for Given {
    fn variable(&self, name: &str) -> Value {
        self.names.iter().position(|known| known == name).and_then(|at| self.values.get(at)).cloned().unwrap_or_default()
    }

    fn now(&self) -> f64 {
        self.now
    }
}

/// What the worker process does: takes a request, gives a reply.
#[must_use]
pub fn run(request: &str) -> String {
    limit_memory();
    let reply = match answer(request) {
        Ok(result) => value::object([("value", result)]),
        Err(error) => value::object([("error", value::string(error))]),
    };
    reply.to_json()
}

fn limit_memory() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Where the limit cannot be set, the deadline still holds.
        let _ = setrlimit(Resource::As, Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) });
    }
}

fn answer(request: &str) -> Result<Value, String> {
    let request = value::parse_json(request)?;
    let Value::Arr(parts) = &request else { return Err("a request is an array".to_owned()) };
    let [program, Value::Arr(names), Value::Arr(values), input, now] = parts.as_slice() else {
        return Err("a request has five parts".to_owned());
    };
    let program = program.as_text().ok_or("the program is a string")?;
    let names: Vec<String> = names.iter().filter_map(Value::as_text).collect();
    let available: Vec<std::sync::Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
    let now = now.to_json().parse().unwrap_or_default();
    Expression::new(&program, &available).evaluate(input.clone(), &Given { names, values: values.to_vec(), now })
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn the_worker_answers() {
        assert_eq!(run(r#"["[range($n)] | length", ["$n"], [5], null, 0]"#), r#"{"value":5}"#);
        assert_eq!(run(r#"["error(\"no\")", [], [], null, 0]"#), r#"{"error":"no"}"#);
        assert!(run("nonsense").contains("error"));
    }
}
