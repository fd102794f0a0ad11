//! Sending requests: authorized, and made again if a service wants it otherwise.

use flowdbg_lang::value::Value;

use super::said;
use crate::{
    effect::{Answer, EffectKind, HttpRequest},
    fault::{Fault, Kind},
    machine::{BranchId, Exchange, Machine, Need},
    tasks::{
        authentication::{self, Authorized, Refused},
        document,
    },
};

/// Makes a request and lets the branch wait for its response, which comes as `Answer::Http`.
pub(crate) fn send(machine: &mut Machine, id: BranchId, request: HttpRequest, authentication: &Value) -> Result<(), Fault> {
    let exchange = Exchange { request, policy: authentication.clone(), sent: false, fresh: false, again: false };
    go(machine, id, exchange)
}

fn go(machine: &mut Machine, id: BranchId, mut exchange: Exchange) -> Result<(), Fault> {
    match authentication::authorize(machine, id, &exchange.policy, Some(&exchange.request))? {
        Authorized::Later => exchange.fresh = true,
        Authorized::Now(header) => {
            exchange.sent = true;
            let mut request = exchange.request.clone();
            request.headers.extend(header.map(|header| ("authorization".to_owned(), header)));
            machine.wait_for(id, EffectKind::Http(request));
        }
    }
    machine.calling(id).exchange = Some(exchange);
    Ok(())
}

/// What a call needs before its own work goes on: tokens, documents, its request made again.
/// Whether it may go on.
pub(crate) fn settle(machine: &mut Machine, id: BranchId) -> Result<bool, Fault> {
    let Some(calling) = machine.top(id).calling.as_deref_mut() else { return Ok(true) };
    let need = calling.need.take();
    if let Some(need) = need {
        let Some(answer) = machine.take_answer(id) else {
            // It is not there yet.
            machine.calling(id).need = Some(need);
            return Ok(false);
        };
        let waits = match need {
            Need::Document { .. } => !document::met(machine, id, need, answer)?,
            need => {
                authentication::met(machine, id, need, answer)?;
                false
            }
        };
        if waits {
            return Ok(false);
        }
        return match machine.calling(id).exchange.take_if(|exchange| !exchange.sent) {
            Some(exchange) => go(machine, id, exchange).map(|()| false),
            None => Ok(true),
        };
    }
    match calling.exchange.take_if(|exchange| exchange.sent) {
        Some(exchange) => answered(machine, id, exchange),
        None => Ok(true),
    }
}

/// Whether the answer is for the task; if not, the request is made again.
fn answered(machine: &mut Machine, id: BranchId, mut exchange: Exchange) -> Result<bool, Fault> {
    let answer = machine.take_answer(id);
    let (Some(Answer::Http(Ok(response))), true) = (&answer, exchange.policy != Value::Null) else {
        if let Some(answer) = answer {
            machine.leave_answer(id, answer);
        }
        return Ok(true);
    };
    if response.status != 401 {
        machine.leave_answer(id, Answer::Http(Ok(response.clone())));
        return Ok(true);
    }
    let challenges: Vec<String> =
        response.headers.iter().filter(|(key, _)| key == "www-authenticate").map(|(_, text)| text.clone()).collect();
    let url = exchange.request.url.clone();
    let tried = (exchange.fresh, exchange.again);
    match authentication::refused(machine, id, &exchange.policy, &url, &challenges, tried)? {
        Refused::Again => {
            exchange.again = true;
            go(machine, id, exchange).map(|()| false)
        }
        Refused::Finally => {
            let said = said(response).map_or_else(String::new, |said| format!(": {said}"));
            let detail = format!("{} {url} answered 401, so it does not accept the call's authentication{said}", exchange.request.method);
            Err(Fault::new(Kind::Authentication, detail))
        }
    }
}
