//! Expressions in JavaScript, by QuickJS.
//!
//! The arguments of the specification are globals under their names, `$context` and so on; `$` is
//! the data that the expression is about. The result is what JSON makes of the program's value.

use flowdbg_lang::value::{self, Value, ValueExt as _};
use rquickjs::{CatchResultExt as _, Context, Ctx, Runtime};

/// How much memory a program may use, in bytes.
const MEMORY: usize = 512 * 1024 * 1024;
/// How deep it may call, in bytes of stack.
const STACK: usize = 512 * 1024;

pub(super) fn evaluate(program: &str, names: &[String], values: &[Value], input: &Value) -> Result<Value, String> {
    let broken = |error: rquickjs::Error| format!("the JavaScript engine did not start: {error}");
    let runtime = Runtime::new().map_err(broken)?;
    runtime.set_memory_limit(MEMORY);
    runtime.set_max_stack_size(STACK);
    let context = Context::full(&runtime).map_err(broken)?;
    context.with(|ctx| {
        let globals = ctx.globals();
        let given = names.iter().map(String::as_str).zip(values).chain([("$", input)]);
        for (name, given) in given {
            let parsed = ctx.json_parse(given.to_json()).catch(&ctx).map_err(|error| format!("`{name}`: {error}"))?;
            globals.set(name, parsed).map_err(broken)?;
        }
        let result = run(&ctx, program)?;
        let text = ctx.json_stringify(result).catch(&ctx).map_err(|error| said(&error))?;
        match text {
            // `undefined`, and what JSON does not have.
            None => Ok(Value::Null),
            Some(text) => value::parse_json(&text.to_string().map_err(|error| error.to_string())?),
        }
    })
}

/// An expression may be an object, which looks like a block; a program of several statements is
/// none.
fn run<'js>(ctx: &Ctx<'js>, program: &str) -> Result<rquickjs::Value<'js>, String> {
    let parses = |source: &str| ctx.eval::<rquickjs::Value<'_>, _>(format!("(() => {{ return {source} }})")).catch(ctx).is_ok();
    let wrapped = format!("(\n{program}\n)");
    let source = if parses(&wrapped) { wrapped } else { program.to_owned() };
    ctx.eval::<rquickjs::Value<'js>, _>(source).catch(ctx).map_err(|error| said(&error))
}

/// One line about an error, without our own frames.
fn said(error: &rquickjs::CaughtError<'_>) -> String {
    match error {
        rquickjs::CaughtError::Exception(exception) => {
            let message = exception.message().unwrap_or_default();
            let name = exception.get::<_, String>("name").unwrap_or_default();
            if name.is_empty() { message } else { format!("{name}: {message}") }
        }
        rquickjs::CaughtError::Value(thrown) => {
            let text = thrown.as_string().and_then(|text| text.to_string().ok());
            text.unwrap_or_else(|| "something that is no error was thrown".to_owned())
        }
        rquickjs::CaughtError::Error(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn js(program: &str, input: &str) -> Result<String, String> {
        let names = ["$context".to_owned()];
        let values = [value::parse_json(r#"{"user": "Ann"}"#).expect("json")];
        evaluate(program, &names, &values, &value::parse_json(input).expect("json")).map(|result| result.to_json())
    }

    #[test]
    fn programs_see_their_data_and_arguments() {
        assert_eq!(js("$.items.map(i => i * 2)", r#"{"items": [1, 2]}"#).as_deref(), Ok("[2,4]"));
        assert_eq!(js("{ hello: $context.user }", "null").as_deref(), Ok(r#"{"hello":"Ann"}"#));
        assert_eq!(js("const a = $.n; a + 1", r#"{"n": 1}"#).as_deref(), Ok("2"));
        assert_eq!(js("`${$.n} €`", r#"{"n": 1}"#).as_deref(), Ok("\"1 €\""));
        assert_eq!(js("undefined", "null").as_deref(), Ok("null"));
        assert_eq!(js("[NaN, () => 1, undefined]", "null").as_deref(), Ok("[null,null,null]"));
    }

    #[test]
    fn errors_are_told_in_one_line() {
        assert_eq!(js("nope", "null"), Err("ReferenceError: nope is not defined".to_owned()));
        assert_eq!(js("throw 'x'", "null"), Err("x".to_owned()));
        assert!(js("1 +", "null").is_err_and(|error| error.starts_with("SyntaxError: ")));
        assert!(js("(function f() { return f() + 1 })()", "null").is_err_and(|error| error.contains("stack")));
        assert!(js("let a = {}; a.a = a; a", "null").is_err_and(|error| error.starts_with("TypeError: ")));
        for outside in ["require('fs')", "process.exit(1)", "fetch('http://x.example')", "std.exit(1)"] {
            assert!(js(outside, "null").is_err_and(|error| error.starts_with("ReferenceError: ")), "{outside}");
        }
    }
}
