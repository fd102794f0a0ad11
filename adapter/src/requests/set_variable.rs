//! `setVariable`: replaces a value in a scope.

use flowdbg_protocol::{
    control::{self, Children, PathStep, Root, SetVariableParams},
    dap::types::{Capabilities, SetVariableArguments, SetVariableResponseBody, command},
};

use super::{Effect, Request};
use crate::{
    error::Error,
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct SetVariable;

impl Request for SetVariable {
    const COMMAND: &'static str = command::SET_VARIABLE;
    const ABOUT: &'static str = "Replaces a value in a scope with that of a jq expression (JSON \
                                 is jq).";
    const WHEN: &'static [Phase] = &[Phase::Running];
    const EFFECT: Effect = Effect::Changes;
    type Arguments = SetVariableArguments;
    type Body = SetVariableResponseBody;

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_set_variable = Some(true);
    }

    fn run(session: &mut Session, arguments: SetVariableArguments) -> Outcome<SetVariableResponseBody> {
        let (mut place, children) = session.values.get(arguments.variables_reference)?.clone();
        let Root::Scope(scope) = place.root else {
            return Err(Error::NotSettable { problem: "only values in a scope can be replaced, not those of an expression".to_owned() });
        };
        place.path.extend(step(&arguments.name, children)?);
        let params = SetVariableParams {
            execution: session.execution(),
            frame: place.frame,
            scope,
            path: place.path.clone(),
            value: arguments.value,
        };
        Ok(Next::ask::<control::SetVariable>(params, move |session, variable| {
            let shown = session.show(&variable, Some(place));
            Ok(Next::Reply(SetVariableResponseBody {
                value: shown.value,
                r#type: shown.kind,
                variables_reference: Some(shown.reference),
                named_variables: shown.named,
                indexed_variables: shown.indexed,
                ..Default::default()
            }))
        }))
    }
}

/// The way from a parent to the child of this name; none if the parent is shown as its own child.
fn step(name: &str, parent: Children) -> Result<Option<PathStep>, Error> {
    if parent == Children::default() {
        return Ok(None);
    }
    if parent.indexed == 0 {
        return Ok(Some(PathStep::Key(name.to_owned())));
    }
    let digits = name.trim_start_matches('[').trim_end_matches(']');
    match digits.parse() {
        Ok(index) => Ok(Some(PathStep::Index(index))),
        Err(_) => Err(Error::NotSettable { problem: format!("`{name}` is not an index of a list") }),
    }
}
