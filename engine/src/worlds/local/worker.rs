//! Expressions that may not end, in processes of their own: with a deadline, a memory limit, and
//! nothing lost if one overflows its stack.
//!
//! A few processes wait for work; one that fails is replaced. On the wire a request is a line,
//! `[program, names, values, input, now, language]`; so is the reply, `{"value": …}` or
//! `{"error": "…"}`.

mod javascript;
mod pool;

use std::{
    collections::HashMap,
    io::{BufRead, Write},
    sync::Arc,
};

use flowdbg_lang::{
    expression::{Expression, Language},
    value::{self, Value, ValueExt as _},
};
pub(super) use pool::Pool;

use crate::effect::Evaluation;

/// How much memory a process may use, in bytes.
const MEMORY: u64 = 2 * 1024 * 1024 * 1024;

fn language_name(language: Language) -> &'static str {
    match language {
        Language::Jq => "jq",
        Language::JavaScript => "js",
    }
}

/// How many programs a process keeps compiled: compiling one costs more than most evaluations.
const MAX_PROGRAMS: usize = 256;

/// The programs in jq that were evaluated before, by text and names.
#[derive(Default)]
struct Programs(HashMap<(String, Vec<String>), Arc<Expression>>);

impl Programs {
    fn find(&mut self, text: String, names: &[String]) -> Arc<Expression> {
        if self.0.len() >= MAX_PROGRAMS {
            self.0.clear();
        }
        let available = || names.iter().map(|name| name.as_str().into()).collect::<Vec<Arc<str>>>();
        let key = (text, names.to_vec());
        if let Some(known) = self.0.get(&key) {
            return known.clone();
        }
        let expression = Expression::new(&key.0, &available());
        self.0.insert(key, expression.clone());
        expression
    }
}

/// A request as it is sent.
fn request(evaluation: &Evaluation) -> String {
    let names = evaluation.expression.variables().iter().map(|name| value::string(&**name)).collect();
    let request: Value = [
        value::string(evaluation.expression.text()),
        names,
        evaluation.variables.iter().cloned().collect(),
        evaluation.input.clone(),
        Value::from(evaluation.now),
        value::string(language_name(evaluation.expression.language())),
    ]
    .into_iter()
    .collect();
    request.to_json()
}

/// The result in a reply.
fn reply(text: &str) -> Result<Value, String> {
    let reply = value::parse_json(text)?;
    match (reply.member("value"), reply.member("error").and_then(Value::as_text)) {
        (Some(result), _) => Ok(result.clone()),
        (None, error) => Err(error.unwrap_or_else(|| "the worker process gave no answer".to_owned())),
    }
}

/// Evaluates an expression in this process, which it may bring down: for tests, and for worlds that
/// are worker processes themselves.
///
/// # Errors
/// It failed.
pub fn evaluate_here(evaluation: &Evaluation) -> Result<Value, String> {
    reply(&answer(&mut Programs::default(), &request(evaluation)))
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

/// What the worker process does: answers requests, a line each, until there are no more.
///
/// # Errors
/// It cannot read or write any more.
pub fn run(requests: impl BufRead, mut replies: impl Write) -> std::io::Result<()> {
    limit_memory();
    let mut programs = Programs::default();
    for request in requests.lines() {
        let reply = answer(&mut programs, &request?);
        replies.write_all(reply.as_bytes())?;
        replies.write_all(b"\n")?;
        replies.flush()?;
    }
    Ok(())
}

fn limit_memory() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // Where the limit cannot be set, the deadline still holds.
        let _ = setrlimit(Resource::As, Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) });
    }
}

fn answer(programs: &mut Programs, request: &str) -> String {
    let reply = match evaluate(programs, request) {
        Ok(result) => value::object([("value", result)]),
        Err(error) => value::object([("error", value::string(error))]),
    };
    reply.to_json()
}

fn evaluate(programs: &mut Programs, request: &str) -> Result<Value, String> {
    let request = value::parse_json(request)?;
    let Value::Arr(parts) = &request else { return Err("a request is an array".to_owned()) };
    let [program, Value::Arr(names), Value::Arr(values), input, now, language] = parts.as_slice() else {
        return Err("a request has six parts".to_owned());
    };
    let program = program.as_text().ok_or("the program is a string")?;
    let names: Vec<String> = names.iter().filter_map(Value::as_text).collect();
    if language.as_text().as_deref() == Some(language_name(Language::JavaScript)) {
        return javascript::evaluate(&program, &names, values, input);
    }
    let now = now.to_json().parse().unwrap_or_default();
    let expression = programs.find(program, &names);
    expression.evaluate(input.clone(), &Given { names, values: values.to_vec(), now })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_answers_line_by_line() {
        let requests = [
            r#"["[range($n)] | length", ["$n"], [5], null, 0, "jq"]"#,
            r#"["[range($n)] | length", ["$n"], [6], null, 0, "jq"]"#,
            r#"["error(\"no\")", [], [], null, 0, "jq"]"#,
            r#"["$.a + $n", ["$n"], [5], {"a": 2}, 0, "js"]"#,
            "nonsense",
        ];
        let mut replies = Vec::new();
        run(requests.join("\n").as_bytes(), &mut replies).expect("it reads and writes");
        let replies = String::from_utf8(replies).expect("text");
        let replies: Vec<&str> = replies.lines().collect();
        assert_eq!(replies[..4], [r#"{"value":5}"#, r#"{"value":6}"#, r#"{"error":"no"}"#, r#"{"value":7}"#]);
        assert!(replies[4].contains("error") && replies.len() == 5, "{replies:?}");
    }
}
