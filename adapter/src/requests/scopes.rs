//! `scopes`: the named groups of values of a frame.

use flowdbg_protocol::{
    control::{self, FrameKind, OfFrame, Root, Scope},
    dap::types::{self, ScopesArguments, ScopesResponseBody, command, scope_presentation_hint as hint},
};

use super::Request;
use crate::{
    handles::Place,
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
    values::counts,
};

pub(super) struct Scopes;

impl Request for Scopes {
    const COMMAND: &'static str = command::SCOPES;
    const ABOUT: &'static str = "Lists the scopes of a frame: Input, Output, Context, Locals.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    type Arguments = ScopesArguments;
    type Body = ScopesResponseBody;

    fn run(session: &mut Session, arguments: ScopesArguments) -> Outcome<ScopesResponseBody> {
        let (frame, kind) = *session.frames.get(arguments.frame_id)?;
        if kind == FrameKind::Label {
            return Ok(Next::Reply(ScopesResponseBody::default()));
        }
        let params = OfFrame { execution: session.execution(), frame };
        Ok(Next::ask::<control::Scopes>(params, move |session, list| {
            let mut shown = |info: control::ScopeInfo| {
                let place = Place { frame, root: Root::Scope(info.scope), path: Vec::new() };
                let (named_variables, indexed_variables) = counts(info.children);
                let (name, hint) = label(info.scope);
                types::Scope {
                    name: name.to_owned(),
                    presentation_hint: hint.map(str::to_owned),
                    variables_reference: session.values.id(place, info.children),
                    named_variables,
                    indexed_variables,
                    expensive: info.expensive,
                    ..Default::default()
                }
            };
            let scopes = list.scopes.into_iter().map(&mut shown).collect();
            Ok(Next::Reply(ScopesResponseBody { scopes }))
        }))
    }
}

fn label(scope: Scope) -> (&'static str, Option<&'static str>) {
    match scope {
        Scope::Input => ("Input", Some(hint::ARGUMENTS)),
        Scope::Output => ("Output", Some(hint::RETURN_VALUE)),
        Scope::Context => ("Context", None),
        Scope::Locals => ("Locals", Some(hint::LOCALS)),
    }
}
