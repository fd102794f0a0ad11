//! `exceptionInfo`: the error at which a branch is stopped.

use flowdbg_protocol::{
    control::{self, Exception, OfBranchOnly},
    dap::types::{Capabilities, ExceptionDetails, ExceptionInfoArguments, ExceptionInfoResponseBody, command, exception_break_mode},
};

use super::Request;
use crate::{
    next::{Next, Outcome},
    phase::Phase,
    session::Session,
};

pub(super) struct ExceptionInfo;

impl Request for ExceptionInfo {
    const COMMAND: &'static str = command::EXCEPTION_INFO;
    const ABOUT: &'static str = "Describes the error at which a branch is stopped: problem \
                                 details, task stack, attempt.";
    const WHEN: &'static [Phase] = &[Phase::Running];
    type Arguments = ExceptionInfoArguments;
    type Body = ExceptionInfoResponseBody;

    fn advertise(capabilities: &mut Capabilities) {
        capabilities.supports_exception_info_request = Some(true);
    }

    fn run(session: &mut Session, arguments: ExceptionInfoArguments) -> Outcome<ExceptionInfoResponseBody> {
        let params = OfBranchOnly { execution: session.execution(), branch: super::branch(arguments.thread_id)? };
        Ok(Next::ask::<control::ExceptionInfo>(params, |_, exception| Ok(Next::Reply(shown(&exception)))))
    }
}

fn shown(exception: &Exception) -> ExceptionInfoResponseBody {
    let text = |key: &str| exception.error.get(key).and_then(|value| value.as_str());
    let id = text("type").unwrap_or("about:blank");
    let title = text("title").unwrap_or(id);
    let description = match text("detail") {
        Some(detail) => format!("{title}: {detail}"),
        None => title.to_owned(),
    };
    let mode = if exception.caught { exception_break_mode::ALWAYS } else { exception_break_mode::UNHANDLED };
    let mut facts = Vec::new();
    if let Some(status) = exception.error.get("status") {
        facts.push(format!("status {status}"));
    }
    if let Some(instance) = text("instance") {
        facts.push(format!("at {instance}"));
    }
    facts.push(format!("attempt {}", exception.attempt));
    facts.push(if exception.caught { "will be caught" } else { "not caught" }.to_owned());
    ExceptionInfoResponseBody {
        exception_id: id.to_owned(),
        description: Some(description),
        break_mode: mode.to_owned(),
        details: Some(ExceptionDetails {
            message: Some(facts.join(", ")),
            type_name: Some(id.rsplit('/').next().unwrap_or(id).to_owned()),
            full_type_name: Some(id.to_owned()),
            stack_trace: Some(exception.stack.join("\n")),
            ..Default::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_error_without_any_member_is_still_described() {
        let exception = Exception { error: json!("odd"), caught: true, attempt: 1, stack: Vec::new() };
        let body = shown(&exception);
        assert_eq!(body.exception_id, "about:blank");
        assert_eq!(body.break_mode, "always");
        assert_eq!(body.details.unwrap().message.unwrap(), "attempt 1, will be caught");
    }
}
