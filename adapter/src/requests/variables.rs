//! `variables`: the children of a value, in pages.

use flowdbg_protocol::{
    control::{self, Children, VariablesParams},
    dap::types::{
        self, VariablePresentationHint, VariablesArguments, VariablesResponseBody, command, variable_presentation_hint_kind,
        variables_filter,
    },
};

use super::Request;
use crate::{
    handles::Place,
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

/// How many children are listed if the client does not say how many it wants.
const UNPAGED: u64 = 10_000;

pub(super) struct Variables;

impl Request for Variables {
    const COMMAND: &'static str = command::VARIABLES;
    const ABOUT: &'static str = "Lists the children of a scope or value, in pages if asked.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    type Arguments = VariablesArguments;
    type Body = VariablesResponseBody;

    fn run(session: &mut Session, arguments: VariablesArguments) -> Outcome<VariablesResponseBody> {
        let (place, children) = session.values.get(arguments.variables_reference)?.clone();
        let filter = arguments.filter.as_deref();
        let none_of_these = match filter {
            Some(variables_filter::INDEXED) => children.indexed == 0,
            Some(variables_filter::NAMED) => children.named == 0 && children.indexed > 0,
            _ => false,
        };
        let total = total(children);
        let start = u64::from(arguments.start.unwrap_or_default());
        let wanted = arguments.count.filter(|count| *count > 0).map(u64::from);
        let end = start.saturating_add(wanted.unwrap_or(UNPAGED)).min(total);
        if none_of_these || start >= end {
            return Ok(Next::Reply(VariablesResponseBody::default()));
        }
        let untold = if wanted.is_none() { total - end } else { 0 };
        Ok(page(session, place, start, end, untold, Vec::new()))
    }
}

/// How many variables there can be: a scope whose value has no children may list the value.
fn total(children: Children) -> u64 {
    children.named.saturating_add(children.indexed).max(1)
}

/// Asks until all from `start` to `end` are there, as the host may list fewer at a time.
fn page(
    session: &Session,
    place: Place,
    start: u64,
    end: u64,
    untold: u64,
    mut listed: Vec<control::Variable>,
) -> Next<VariablesResponseBody> {
    let at = start + listed.len() as u64;
    let params = VariablesParams {
        execution: session.execution(),
        frame: place.frame,
        root: place.root.clone(),
        path: place.path.clone(),
        start: at,
        count: Some(end - at),
    };
    Next::ask::<control::Variables>(params, move |session, list| {
        let wanted = (end - at) as usize;
        let came = list.variables.len();
        listed.extend(list.variables.into_iter().take(wanted));
        if came > 0 && came < wanted {
            return Ok(page(session, place, start, end, untold, listed));
        }
        let mut variables: Vec<types::Variable> = listed.iter().map(|variable| session.show_child(&place, variable)).collect();
        if untold > 0 {
            variables.push(rest(untold));
        }
        Ok(Next::Reply(VariablesResponseBody { variables }))
    })
}

/// Says that there are more, for clients that do not ask for pages.
fn rest(untold: u64) -> types::Variable {
    types::Variable {
        name: "…".to_owned(),
        value: format!("{untold} more are not shown"),
        presentation_hint: Some(VariablePresentationHint {
            kind: Some(variable_presentation_hint_kind::VIRTUAL.to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    }
}
