//! Findings and errors drawn into the text they are about.

use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Snippet};
use flowdbg_engine::fault::Fault;
use flowdbg_lang::{
    diagnostic::{Diagnostic, Severity},
    text::{Source, Span},
    value::{Value, ValueExt as _},
};

use crate::term::{self, Stream};

/// A finding, drawn.
pub(crate) fn diagnostic(source: &Source, found: &Diagnostic, stream: Stream) -> String {
    let level = match found.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Information => Level::INFO,
        Severity::Hint => Level::NOTE,
    };
    let title = level.primary_title(found.message.as_str()).id(found.code);
    let mut group = title.element(snippet(source, found.span, None, &found.related));
    if let Some(help) = &found.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    term::renderer(stream).render(&[group])
}

/// An error that ended an execution, drawn where it was raised.
pub(crate) fn fault(fault: &Fault, stream: Stream) -> String {
    let summary = fault.summary();
    let title = Level::ERROR.primary_title(summary.as_str());
    let place = fault.origin.as_ref().map(|origin| {
        let workflow = &origin.program.workflow;
        let task = origin.task.map(|task| workflow.task(task));
        let span = origin.span.or_else(|| task.map(|task| task.name_span)).unwrap_or_default();
        let label = task.map(|task| format!("raised by the task `{}`", task.name));
        (workflow.source.clone(), span, label)
    });
    let notes = notes(&fault.error);
    let mut group = match &place {
        Some((source, span, label)) => title.element(snippet(source, *span, label.as_deref(), &[])),
        None => Group::with_title(title),
    };
    for note in &notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    term::renderer(stream).render(&[group])
}

/// An error about a stretch of a text, drawn.
pub(crate) fn remark(source: &Source, span: Span, message: &str, stream: Stream) -> String {
    let group = Level::ERROR.primary_title(message).element(snippet(source, span, None, &[]));
    term::renderer(stream).render(&[group])
}

/// The problem details that the summary does not show.
fn notes(error: &Value) -> Vec<String> {
    let Value::Obj(members) = error else { return Vec::new() };
    let mut notes = Vec::new();
    for (key, member) in members.iter() {
        let text = member.as_text().unwrap_or_else(|| member.to_json());
        match key.as_text().unwrap_or_default().as_str() {
            "title" | "detail" | "status" => {}
            "instance" => notes.push(format!("task {text}")),
            "type" => notes.push(format!("type {text}")),
            other => notes.push(format!("{other} {text}")),
        }
    }
    notes
}

/// The lines of a span and of what explains it.
fn snippet<'a>(
    source: &'a Source,
    span: Span,
    label: Option<&'a str>,
    related: &'a [(Span, String)],
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let span = first_line(source, span);
    let related: Vec<(Span, &str)> = related.iter().map(|(span, label)| (first_line(source, *span), label.as_str())).collect();
    let spans = || related.iter().map(|(span, _)| *span).chain([span]);
    let first = spans().map(|span| source.line_of(span.start)).min().unwrap_or(0);
    let last = spans().map(|span| source.line_of(span.end)).max().unwrap_or(first);
    // Only a window of the text, as drawing costs by its size.
    let window = Span::new(source.line_span(first).start as usize, source.line_span(last).end as usize);
    let local = |span: Span| (span.start - window.start) as usize..(span.end - window.start) as usize;
    let main = AnnotationKind::Primary.span(local(span)).label(label);
    let others = related.into_iter().map(|(span, label)| AnnotationKind::Context.span(local(span)).label(label));
    Snippet::source(source.slice(window))
        .line_start(first as usize + 1)
        .path(shown_path(source.path()))
        .annotation(main)
        .annotations(others)
}

/// The part of a span on its first line.
fn first_line(source: &Source, span: Span) -> Span {
    let line = source.line_span(source.line_of(span.start));
    let start = span.start.min(line.end);
    Span { start, end: span.end.clamp(start, line.end) }
}

/// A path as a person here would write it.
pub(crate) fn shown_path(path: &str) -> String {
    let here = std::env::current_dir().ok();
    let below = here.as_deref().and_then(|here| Path::new(path).strip_prefix(here).ok());
    below.map_or_else(|| path.to_owned(), |below| below.display().to_string())
}
