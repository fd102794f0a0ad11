//! `setExceptionBreakpoints`: chooses the errors at which to stop.

use flowdbg_protocol::{
    control::{self, EXCEPTION_FILTERS, SetExceptionFiltersParams},
    dap::types::{
        Breakpoint, Capabilities, ExceptionBreakpointsFilter, SetExceptionBreakpointsArguments,
        SetExceptionBreakpointsResponseBody as Body, command,
    },
};

use super::{Effect, Request};
use crate::{
    error::Error,
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct SetExceptionBreakpoints;

impl Request for SetExceptionBreakpoints {
    const COMMAND: &'static str = command::SET_EXCEPTION_BREAKPOINTS;
    const ABOUT: &'static str = "Chooses the errors at which to stop.";
    const WHEN: &'static [Phase] = &[Phase::Initialized, Phase::Launching, Phase::Configuring, Phase::Running, Phase::Ended];
    const EFFECT: Effect = Effect::Changes;
    type Arguments = SetExceptionBreakpointsArguments;
    type Body = Body;

    fn advertise(capabilities: &mut Capabilities) {
        let filters = EXCEPTION_FILTERS.iter().map(|filter| ExceptionBreakpointsFilter {
            filter: filter.name.to_owned(),
            label: filter.label.to_owned(),
            description: Some(filter.description.to_owned()),
            default: Some(filter.default),
            ..Default::default()
        });
        capabilities.exception_breakpoint_filters = Some(filters.collect());
    }

    fn run(session: &mut Session, arguments: SetExceptionBreakpointsArguments) -> Outcome<Body> {
        let mut filters = arguments.filters;
        let options = arguments.filter_options.unwrap_or_default();
        filters.extend(options.into_iter().map(|option| option.filter_id));
        for name in &filters {
            if !EXCEPTION_FILTERS.iter().any(|filter| filter.name == name) {
                let known: Vec<&str> = EXCEPTION_FILTERS.iter().map(|filter| filter.name).collect();
                return Err(Error::Filter { name: name.clone(), known: known.join(", ") });
            }
        }
        let one = |_: &String| Breakpoint { verified: true, ..Default::default() };
        let body = Body { breakpoints: Some(filters.iter().map(one).collect()) };
        session.filters = Some(filters.clone());
        let live = matches!(session.phase, Phase::Configuring | Phase::Running);
        if !live || session.no_debug {
            return Ok(Next::Reply(body));
        }
        let params = SetExceptionFiltersParams { execution: session.execution(), filters };
        Ok(Next::ask::<control::SetExceptionFilters>(params, |_, _| Ok(Next::Reply(body))))
    }
}
