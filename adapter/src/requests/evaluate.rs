//! `evaluate`: the value of a jq expression.

use flowdbg_protocol::{
    control::{self, EvaluateParams, Root},
    dap::types::{Capabilities, EvaluateArguments, EvaluateResponseBody, command, evaluate_context},
};

use super::Request;
use crate::{
    handles::Place,
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct Evaluate;

impl Request for Evaluate {
    const COMMAND: &'static str = command::EVALUATE;
    const ABOUT: &'static str = "Evaluates a jq expression in a frame: console, watch, hover, \
                                 clipboard.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    type Arguments = EvaluateArguments;
    type Body = EvaluateResponseBody;

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_evaluate_for_hovers = Some(true);
        capabilities.supports_clipboard_context = Some(true);
    }

    fn run(session: &mut Session, arguments: EvaluateArguments) -> Outcome<EvaluateResponseBody> {
        let frame = match arguments.frame_id {
            Some(id) => Some(session.frames.get(id)?.0),
            None => None,
        };
        let expression = arguments.expression;
        let params = EvaluateParams {
            execution: session.execution(),
            frame,
            expression: expression.clone(),
            whole: arguments.context.as_deref() == Some(evaluate_context::CLIPBOARD),
        };
        Ok(Next::ask::<control::Evaluate>(params, move |session, variable| {
            // Children can only be asked for where a frame is known.
            let place = frame.map(|frame| Place { frame, root: Root::Expression(expression), path: Vec::new() });
            let shown = session.show(&variable, place);
            Ok(Next::Reply(EvaluateResponseBody {
                result: shown.value,
                r#type: shown.kind,
                variables_reference: shown.reference,
                named_variables: shown.named,
                indexed_variables: shown.indexed,
                ..Default::default()
            }))
        }))
    }
}
