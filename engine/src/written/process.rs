//! Processes in documents: what was run, and what it left behind.

use flowdbg_lang::value::{self, Value, ValueExt as _};

use super::{Reader, Writer, Wrong, as_variant, number, object, option, part, plain, unknown, variant};
use crate::effect::{Cleanup, Command, Container, Process, ProcessError, ProcessOutcome, Pull, ScriptLanguage, Stream};

pub(super) fn write(writer: &mut Writer, process: &Process) -> Value {
    let command = match &process.command {
        Command::Shell(line) => variant("shell", writer.text(line)),
        Command::Script { language, code } => {
            let members = [("language", value::string(language_name(*language))), ("code", writer.text(code))];
            variant("script", value::object(members))
        }
        Command::Container(container) => variant("container", write_container(writer, container)),
    };
    object([
        ("command", Some(command)),
        ("arguments", Some(writer.texts(&process.arguments))),
        ("stdin", process.stdin.as_ref().map(|stdin| writer.text(stdin))),
        ("environment", Some(writer.pairs(&process.environment))),
    ])
}

fn language_name(language: ScriptLanguage) -> &'static str {
    match language {
        ScriptLanguage::JavaScript => "javascript",
        ScriptLanguage::Python => "python",
    }
}

fn pull_name(pull: Pull) -> &'static str {
    match pull {
        Pull::IfNotPresent => "ifNotPresent",
        Pull::Always => "always",
        Pull::Never => "never",
    }
}

fn write_container(writer: &mut Writer, container: &Container) -> Value {
    let cleanup = match container.cleanup {
        Cleanup::Never => value::string("never"),
        Cleanup::Always => value::string("always"),
        Cleanup::After(milliseconds) => variant("after", number::write(milliseconds)),
    };
    let pairs = |writer: &mut Writer, pairs: &[(String, String)]| writer.pairs(pairs.iter().map(|(from, to)| (from, to)));
    object([
        ("image", Some(writer.text(&container.image))),
        ("name", container.name.as_ref().map(|name| writer.text(name))),
        ("command", container.command.as_ref().map(|command| writer.text(command))),
        ("ports", Some(pairs(writer, &container.ports))),
        ("volumes", Some(pairs(writer, &container.volumes))),
        ("pull", Some(value::string(pull_name(container.pull)))),
        ("cleanup", Some(cleanup)),
        ("from", Some(value::string(&*container.from))),
    ])
}

pub(super) fn read(reader: &Reader, document: &Value) -> Result<Process, Wrong> {
    Ok(Process {
        command: part(document, "command", |command| read_command(reader, command))?,
        arguments: part(document, "arguments", |texts| reader.texts(texts))?,
        stdin: option(document, "stdin", |stdin| reader.text(stdin))?,
        environment: part(document, "environment", |pairs| reader.pairs(pairs))?,
    })
}

fn read_command(reader: &Reader, document: &Value) -> Result<Command, Wrong> {
    let (name, inner) = as_variant(document)?;
    let command = match name.as_str() {
        "shell" => reader.text(inner).map(Command::Shell),
        "script" => part(inner, "language", language)
            .and_then(|language| Ok(Command::Script { language, code: part(inner, "code", |code| reader.text(code))? })),
        "container" => read_container(reader, inner).map(|container| Command::Container(Box::new(container))),
        other => return Err(unknown("command", other)),
    };
    command.map_err(|wrong| wrong.within(name))
}

fn language(document: &Value) -> Result<ScriptLanguage, Wrong> {
    let name = plain(document)?;
    let languages = [ScriptLanguage::JavaScript, ScriptLanguage::Python];
    languages.into_iter().find(|language| language_name(*language) == name).ok_or_else(|| unknown("language", &name))
}

fn read_container(reader: &Reader, document: &Value) -> Result<Container, Wrong> {
    let text = |key| option(document, key, |text| reader.text(text));
    Ok(Container {
        image: part(document, "image", |image| reader.text(image))?,
        name: text("name")?,
        command: text("command")?,
        ports: part(document, "ports", |pairs| reader.pairs(pairs))?,
        volumes: part(document, "volumes", |pairs| reader.pairs(pairs))?,
        pull: part(document, "pull", |pull| {
            let name = plain(pull)?;
            let pulls = [Pull::IfNotPresent, Pull::Always, Pull::Never];
            pulls.into_iter().find(|pull| pull_name(*pull) == name).ok_or_else(|| unknown("pull policy", &name))
        })?,
        cleanup: part(document, "cleanup", |cleanup| match cleanup.as_text().as_deref() {
            Some("never") => Ok(Cleanup::Never),
            Some("always") => Ok(Cleanup::Always),
            Some(other) => Err(unknown("cleanup", other)),
            None => part(cleanup, "after", number::read).map(Cleanup::After),
        })?,
        from: part(document, "from", plain)?.into(),
    })
}

pub(super) fn write_outcome(writer: &mut Writer, outcome: &ProcessOutcome) -> Value {
    let ProcessOutcome { code, stdout, stderr, processor } = outcome;
    object([
        ("code", Some(number::write(*code))),
        ("stdout", Some(writer.text(stdout))),
        ("stderr", Some(writer.text(stderr))),
        ("processor", processor.map(number::write)),
    ])
}

pub(super) fn read_outcome(reader: &Reader, document: &Value) -> Result<ProcessOutcome, Wrong> {
    Ok(ProcessOutcome {
        code: part(document, "code", number::read)?,
        stdout: part(document, "stdout", |text| reader.text(text))?,
        stderr: part(document, "stderr", |text| reader.text(text))?,
        processor: option(document, "processor", number::read)?,
    })
}

pub(super) fn write_error(writer: &mut Writer, error: &ProcessError) -> Value {
    match error {
        ProcessError::Missing(why) => variant("missing", writer.text(why)),
        ProcessError::Failed(why) => variant("failed", writer.text(why)),
    }
}

pub(super) fn read_error(reader: &Reader, document: &Value) -> Result<ProcessError, Wrong> {
    let (name, inner) = as_variant(document)?;
    match name.as_str() {
        "missing" => reader.text(inner).map(ProcessError::Missing),
        "failed" => reader.text(inner).map(ProcessError::Failed),
        other => Err(unknown("failure of a process", other)),
    }
}

fn stream_name(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
    }
}

pub(super) fn write_printed(writer: &mut Writer, stream: Stream, text: &str) -> Value {
    variant(stream_name(stream), writer.text(text))
}

pub(super) fn read_printed(reader: &Reader, document: &Value) -> Result<(Stream, String), Wrong> {
    let (name, inner) = as_variant(document)?;
    let stream = [Stream::Stdout, Stream::Stderr].into_iter().find(|stream| stream_name(*stream) == name);
    Ok((stream.ok_or_else(|| unknown("stream", &name))?, reader.text(inner).map_err(|wrong| wrong.within(name))?))
}
