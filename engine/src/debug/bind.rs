//! Which checkpoint a line of the text belongs to.

use flowdbg_lang::{
    model::{Stage, Task, TaskId},
    text::Span,
};

use crate::program::Program;

/// The checkpoint that a line was bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The task.
    pub task: TaskId,
    /// The stage before which it stops.
    pub stage: Stage,
    /// The text of that checkpoint.
    pub span: Span,
    /// Where it went, if not to the line that was asked for.
    pub message: Option<String>,
}

/// Binds a line (and a byte column in it) to a checkpoint: the stage written there, else the task
/// it belongs to, else the next task below.
///
/// # Errors
/// Says why there is none.
pub fn locate(program: &Program, line: u32, column: Option<u32>) -> Result<Location, String> {
    let source = &program.workflow.source;
    if line >= source.line_count() {
        return Err(format!("the file has only {} lines", source.line_count()));
    }
    let text = source.line_span(line);
    let tasks = &program.workflow.tasks;
    let first = text.start + u32::try_from(source.slice(text).len() - source.slice(text).trim_start_matches([' ', '-']).len()).unwrap_or(0);
    let wanted = column.map_or(first, |column| (text.start + column).min(text.end));
    let blank = source.slice(text).trim_start();
    if (blank.is_empty() || blank.starts_with('#')) && !in_block_scalar(program, first) {
        return next_below(program, text.end).ok_or_else(|| "no task begins at or below this line".to_owned());
    }
    // The innermost task around the place; on a line with several, the one whose name begins it.
    let around =
        tasks.iter().filter(|task| task.span.start <= wanted && wanted < last_line_end(program, task)).max_by_key(|task| task.span.start);
    let starting = tasks.iter().find(|task| column.is_none() && source.line_of(task.name_span.start) == line);
    match starting.or(around) {
        Some(task) => Ok(place(task, if starting.is_some() { task.name_span.start } else { wanted })),
        None => next_below(program, text.start).ok_or_else(|| "no task begins at or below this line".to_owned()),
    }
}

/// A task's text ends with the last line that has anything in it.
fn last_line_end(program: &Program, task: &Task) -> u32 {
    let source = &program.workflow.source;
    let text = source.slice(task.span).trim_end();
    let end = task.span.start + u32::try_from(text.len()).unwrap_or(0);
    source.line_span(source.line_of(end.saturating_sub(1))).end.max(end) + 1
}

fn in_block_scalar(program: &Program, offset: u32) -> bool {
    program.workflow.tasks.iter().any(|task| task.span.start <= offset && offset < task.span.end)
        && program.workflow.expressions.iter().any(|placed| {
            let span = program.workflow.tree.span(placed.node);
            span.start <= offset && offset < span.end
        })
}

fn place(task: &Task, offset: u32) -> Location {
    let written = task.places.iter().find(|(_, span)| span.start <= offset && offset <= span.end);
    let (stage, span) = match written {
        Some((Stage::Body, _)) | None => (Stage::Body, task.name_span),
        Some((stage, span)) => (*stage, *span),
    };
    Location { task: task.id, stage, span, message: None }
}

fn next_below(program: &Program, offset: u32) -> Option<Location> {
    let task = program.workflow.tasks.iter().filter(|task| task.name_span.start >= offset).min_by_key(|task| task.name_span.start)?;
    let message = format!("moved to the task `{}`, the next below", task.name);
    Some(Location { message: Some(message), ..place(task, task.name_span.start) })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use flowdbg_lang::{lower::lower, read::read, text::Source};

    use super::*;

    const TEXT: &str = "\
document: { dsl: '1.0.3', namespace: a, name: b, version: '1.0.0' }
do:
  - first:
      if: .go
      input:
        from: .x
      set:
        a: 1

  # a remark
  - loop:
      for: { each: i, in: .list }
      do:
        - inner: { set: { b: 2 } }
      output:
        as: .b
  - one: { set: 1 }
";

    fn at(line: u32, column: Option<u32>) -> String {
        let (tree, _) = read(&Source::new("a.yaml", TEXT));
        let program = Program::new(lower(&Arc::new(tree)).expect("a workflow"));
        match locate(&program, line - 1, column) {
            Ok(location) => {
                let moved = if location.message.is_some() { " moved" } else { "" };
                format!("{} {}{moved}", program.workflow.task(location.task).name, location.stage.name())
            }
            Err(message) => message,
        }
    }

    #[test]
    fn a_line_binds_to_the_stage_written_there() {
        assert_eq!(at(1, None), "first body moved");
        assert_eq!(at(3, None), "first body");
        assert_eq!(at(4, None), "first if");
        assert_eq!(at(5, None), "first input");
        assert_eq!(at(6, None), "first input");
        assert_eq!(at(8, None), "first body");
        assert_eq!(at(9, None), "loop body moved");
        assert_eq!(at(10, None), "loop body moved");
        assert_eq!(at(12, None), "loop body");
        assert_eq!(at(14, None), "inner body");
        assert_eq!(at(15, None), "loop output");
        assert_eq!(at(17, None), "one body");
        assert_eq!(at(18, None), "no task begins at or below this line");
        assert_eq!(at(99, None), "the file has only 18 lines");
    }
}
