//! Breakpoints and exception filters.

use std::{path::Path, sync::Arc};

use flowdbg_engine::{
    debug::{Bound, BreakpointSpec},
    driver::Run,
};
use flowdbg_lang::text::{Position, Source};
use flowdbg_protocol::control::{
    Breakpoint, Breakpoints, ControlError, EXCEPTION_FILTERS, Nothing, SetBreakpoints, SetBreakpointsParams, SetExceptionFilters,
    SetExceptionFiltersParams, SourceBreakpoint,
};

use super::{Served, executions::find, problem, wire};
use crate::{host::Host, load};

impl Served for SetBreakpoints {
    async fn serve(host: Host, params: SetBreakpointsParams) -> Result<Breakpoints, ControlError> {
        let execution = find(&host, &params.execution)?;
        let run = execution.run.clone();
        // Looking at the disk must not hold up others.
        let resolving = tokio::task::spawn_blocking(move || resolve(&run, &params.path));
        let (path, source) = resolving.await.map_err(|_| problem::internal("breakpoints.set"))?;
        let wanted = params.breakpoints.into_iter().map(|wanted| spec(wanted, source.as_deref())).collect();
        let bound = execution.run.with(move |debuggee| debuggee.set_breakpoints(&path, wanted)).await;
        let bound = bound.ok_or_else(|| problem::ended(&params.execution))?;
        Ok(Breakpoints { breakpoints: bound.into_iter().map(|bound| tell(bound, source.as_deref())).collect() })
    }
}

/// The path as the execution's workflows name it, and the file's text: that of the execution if
/// it is its own file, else what is on disk.
fn resolve(run: &Run, path: &str) -> (String, Option<Arc<Source>>) {
    let own = &run.program().workflow.source;
    let normal = load::normal(Path::new(path)).to_string_lossy().into_owned();
    let real = |path: &str| std::path::Path::new(path).canonicalize().ok();
    if normal == own.path() || real(&normal).is_some_and(|file| real(own.path()) == Some(file)) {
        return (own.path().to_owned(), Some(own.clone()));
    }
    let text = load::read_text(Path::new(&normal)).ok();
    let source = text.map(|text| Source::new(normal.as_str(), text));
    (normal, source)
}

fn spec(wanted: SourceBreakpoint, source: Option<&Source>) -> BreakpointSpec {
    let column = wanted.column.map(|character| match source {
        Some(source) if wanted.line < source.line_count() => {
            let start = source.line_span(wanted.line).start;
            source.offset(Position { line: wanted.line, character }).saturating_sub(start)
        }
        _ => character,
    });
    BreakpointSpec {
        line: wanted.line,
        column,
        condition: wanted.condition,
        hit_condition: wanted.hit_condition,
        log_message: wanted.log_message,
    }
}

fn tell(bound: Bound, source: Option<&Source>) -> Breakpoint {
    Breakpoint {
        id: bound.id,
        verified: bound.verified,
        message: bound.message,
        range: source.zip(bound.span).map(|(source, span)| wire::range(source, span)),
        reference: bound.reference.map(|reference| reference.to_string()),
    }
}

impl Served for SetExceptionFilters {
    async fn serve(host: Host, params: SetExceptionFiltersParams) -> Result<Nothing, ControlError> {
        let execution = find(&host, &params.execution)?;
        if let Some(unknown) = params.filters.iter().find(|name| EXCEPTION_FILTERS.iter().all(|filter| filter.name != name.as_str())) {
            let known: Vec<&str> = EXCEPTION_FILTERS.iter().map(|filter| filter.name).collect();
            return Err(problem::invalid(format!("there is no exception filter `{unknown}`; there are: {}", known.join(", "))));
        }
        let set = execution.run.with(move |debuggee| debuggee.set_exception_filters(&params.filters)).await;
        set.map(|()| Nothing {}).ok_or_else(|| problem::ended(&params.execution))
    }
}
