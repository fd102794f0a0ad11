//! What a person can say.

use std::fmt::Write as _;

/// A command, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Break { at: String, condition: Option<String> },
    Delete(Option<u32>),
    Run,
    Continue,
    Next,
    Step,
    Out,
    Stage,
    Where,
    List(Option<u32>),
    Print(String),
    Set { path: String, value: String },
    Variables,
    Threads,
    Thread(i64),
    Info,
    Help,
    Quit,
}

impl Command {
    /// Whether an empty line says it again.
    pub(super) fn repeats(&self) -> bool {
        matches!(self, Self::Continue | Self::Next | Self::Step | Self::Out | Self::Stage)
    }
}

/// A row of the table of commands.
struct Row {
    names: &'static [&'static str],
    arguments: &'static str,
    about: &'static str,
    read: fn(&str) -> Result<Command, &'static str>,
}

fn alone(rest: &str, command: Command) -> Result<Command, &'static str> {
    if rest.is_empty() { Ok(command) } else { Err("it takes no arguments") }
}

const TABLE: &[Row] = &[
    Row {
        names: &["break", "b"],
        arguments: "LINE|TASK [if JQ]",
        about: "stop at a line, or at a task given by its name or reference; only if the expression is true",
        read: read_break,
    },
    Row {
        names: &["delete", "d"],
        arguments: "[N]",
        about: "remove breakpoint N, or all",
        read: |rest| match rest {
            "" => Ok(Command::Delete(None)),
            number => number.parse().map(|number| Command::Delete(Some(number))).map_err(|_| "it takes the number of a breakpoint"),
        },
    },
    Row { names: &["run", "r"], arguments: "", about: "start the workflow, or start it again", read: |rest| alone(rest, Command::Run) },
    Row { names: &["continue", "c"], arguments: "", about: "go on to the next stop", read: |rest| alone(rest, Command::Continue) },
    Row {
        names: &["next", "n"],
        arguments: "",
        about: "go on to the next task, over those inside of this one",
        read: |rest| alone(rest, Command::Next),
    },
    Row {
        names: &["step", "s"],
        arguments: "",
        about: "go on to the next task, into those inside of this one",
        read: |rest| alone(rest, Command::Step),
    },
    Row { names: &["out", "o"], arguments: "", about: "go on to the next task of the parent", read: |rest| alone(rest, Command::Out) },
    Row {
        names: &["stage", "g"],
        arguments: "",
        about: "go on to the next stage of this task: if, input, body, output, export",
        read: |rest| alone(rest, Command::Stage),
    },
    Row {
        names: &["where", "w", "bt"],
        arguments: "",
        about: "show the task, and those around it",
        read: |rest| alone(rest, Command::Where),
    },
    Row {
        names: &["list", "l"],
        arguments: "[LINE]",
        about: "show the text around the stop, or around a line",
        read: |rest| match rest {
            "" => Ok(Command::List(None)),
            line => line.parse().map(|line| Command::List(Some(line))).map_err(|_| "it takes the number of a line"),
        },
    },
    Row {
        names: &["print", "p"],
        arguments: "JQ",
        about: "show the value of an expression: `print .total`, `print $context`",
        read: |rest| if rest.is_empty() { Err("it takes a jq expression") } else { Ok(Command::Print(rest.to_owned())) },
    },
    Row {
        names: &["set"],
        arguments: "PATH JQ",
        about: "replace a value: `set .total 10`, `set $context.user.name \"x\"`",
        read: read_set,
    },
    Row {
        names: &["vars", "v"],
        arguments: "",
        about: "show input, output, context and local variables",
        read: |rest| alone(rest, Command::Variables),
    },
    Row { names: &["threads"], arguments: "", about: "list the branches", read: |rest| alone(rest, Command::Threads) },
    Row {
        names: &["thread", "t"],
        arguments: "N",
        about: "look at branch N",
        read: |rest| rest.parse().map(Command::Thread).map_err(|_| "it takes the number of a branch"),
    },
    Row { names: &["info", "i"], arguments: "", about: "list the breakpoints", read: |rest| alone(rest, Command::Info) },
    Row { names: &["help", "h", "?"], arguments: "", about: "show this list", read: |_| Ok(Command::Help) },
    Row { names: &["quit", "q", "exit"], arguments: "", about: "cancel the workflow and leave", read: |rest| alone(rest, Command::Quit) },
];

fn read_break(rest: &str) -> Result<Command, &'static str> {
    // A task may be called `if`; only what follows the name counts.
    let (at, condition) = match rest.split_once(" if ") {
        Some((at, condition)) => (at.trim(), Some(condition.trim().to_owned())),
        None => (rest, None),
    };
    if at.is_empty() || condition.as_ref().is_some_and(String::is_empty) {
        return Err("it takes a line or a task, and perhaps `if` with an expression");
    }
    Ok(Command::Break { at: at.to_owned(), condition })
}

fn read_set(rest: &str) -> Result<Command, &'static str> {
    let (path, value) = super::path::split(rest);
    let value = value.trim_start();
    // `set .a = 1` is meant as `set .a 1`.
    let value = value.strip_prefix('=').filter(|value| !value.starts_with('=')).unwrap_or(value).trim();
    if path.is_empty() || value.is_empty() {
        return Err("it takes a path and an expression");
    }
    Ok(Command::Set { path: path.to_owned(), value: value.to_owned() })
}

/// Understands a line.
pub(super) fn read(line: &str) -> Result<Command, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let Some(row) = TABLE.iter().find(|row| row.names.contains(&word)) else {
        let names = TABLE.iter().map(|row| row.names[0]);
        let near = flowdbg_lang::suggest::closest(word, names).map_or_else(String::new, |near| format!("did you mean `{near}`? "));
        return Err(format!("there is no command `{word}`; {near}`help` lists them"));
    };
    (row.read)(rest.trim()).map_err(|why| format!("{}: {why}", row.names[0]))
}

/// The list of commands.
pub(crate) fn help() -> String {
    let mut text = String::new();
    for row in TABLE {
        let (name, others) = row.names.split_first().unwrap_or((&"", &[]));
        let short = if others.is_empty() { String::new() } else { format!(" ({})", others.join(", ")) };
        let usage = format!("{name} {}", row.arguments);
        let _ = writeln!(text, "  {usage:<26} {}{short}", row.about);
    }
    text.push_str("  an empty line              say the last step again");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_understood() {
        let conditional = Command::Break { at: "charge".into(), condition: Some(".total > 5".into()) };
        assert_eq!(read("  b charge  if .total > 5 "), Ok(conditional));
        assert_eq!(read("break 12"), Ok(Command::Break { at: "12".into(), condition: None }));
        assert_eq!(
            read("set $context.a[\"b c\"] = .x == 1"),
            Ok(Command::Set { path: "$context.a[\"b c\"]".into(), value: ".x == 1".into() })
        );
        assert_eq!(read("set .total 10"), Ok(Command::Set { path: ".total".into(), value: "10".into() }));
        assert_eq!(read("p .a | length"), Ok(Command::Print(".a | length".into())));
        for (line, wrong) in [
            ("brake 3", "there is no command `brake`; did you mean `break`? `help` lists them"),
            ("break", "break: it takes a line or a task, and perhaps `if` with an expression"),
            ("n 3", "next: it takes no arguments"),
            ("set .x", "set: it takes a path and an expression"),
            ("thread x", "thread: it takes the number of a branch"),
        ] {
            assert_eq!(read(line), Err(wrong.to_owned()));
        }
    }

    #[test]
    fn names_are_given_once_and_all_are_in_the_help() {
        let names: Vec<_> = TABLE.iter().flat_map(|row| row.names).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name) && help().contains(**name), "{name}");
        }
    }
}
