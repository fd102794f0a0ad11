//! What a call does besides its own work, in the document of a machine.

use flowdbg_lang::value::{self, Value};

use super::{Down, Up};
use crate::{
    machine::{Calling, Exchange, Need},
    written::{Wrong, as_variant, effect, object, option, part, truth, unknown, variant},
};

impl Down {
    pub(super) fn calling(&mut self, calling: &Calling) -> Value {
        let Calling { authorization, need, refused, exchange } = calling;
        object([
            ("authorization", Some(self.value(authorization))),
            ("need", need.as_ref().map(|need| self.need(need))),
            ("refused", Some(Value::Bool(*refused))),
            ("exchange", exchange.as_ref().map(|exchange| self.exchange(exchange))),
        ])
    }

    fn need(&mut self, need: &Need) -> Value {
        match need {
            Need::Discovery { policy, address } => {
                variant("discovery", value::object([("policy", self.value(policy)), ("address", self.writer.text(address))]))
            }
            Need::Token { policy, endpoint, renews } => {
                let members = [("policy", self.value(policy)), ("endpoint", self.writer.text(endpoint)), ("renews", Value::Bool(*renews))];
                variant("token", value::object(members))
            }
            Need::Document { key, resource, policy, what } => {
                let members = [
                    ("key", self.writer.text(key)),
                    ("resource", effect::write_resource(&mut self.writer, resource)),
                    ("policy", self.value(policy)),
                    ("what", value::string(&**what)),
                ];
                variant("document", value::object(members))
            }
        }
    }

    fn exchange(&mut self, exchange: &Exchange) -> Value {
        let Exchange { request, policy, sent, fresh, again } = exchange;
        value::object([
            ("request", effect::write_request(&mut self.writer, request)),
            ("policy", self.value(policy)),
            ("sent", Value::Bool(*sent)),
            ("fresh", Value::Bool(*fresh)),
            ("again", Value::Bool(*again)),
        ])
    }
}

impl Up {
    pub(super) fn calling(&self, document: &Value) -> Result<Calling, Wrong> {
        Ok(Calling {
            authorization: part(document, "authorization", |value| self.value(value))?,
            need: option(document, "need", |need| self.need(need))?,
            refused: part(document, "refused", truth)?,
            exchange: option(document, "exchange", |exchange| self.exchange(exchange))?,
        })
    }

    fn need(&self, document: &Value) -> Result<Need, Wrong> {
        let (name, inner) = as_variant(document)?;
        let text = |key| part(inner, key, |text| self.reader.text(text));
        let policy = || part(inner, "policy", |policy| self.value(policy));
        let need = match name.as_str() {
            "discovery" => policy().and_then(|policy| Ok(Need::Discovery { policy, address: text("address")? })),
            "token" => policy().and_then(|policy| {
                let renews = part(inner, "renews", truth)?;
                Ok(Need::Token { policy, endpoint: text("endpoint")?, renews })
            }),
            "document" => policy().and_then(|policy| {
                let resource = part(inner, "resource", |resource| effect::read_resource(&self.reader, resource))?;
                Ok(Need::Document { key: text("key")?, resource, policy, what: text("what")? })
            }),
            other => return Err(unknown("need of a call", other)),
        };
        need.map_err(|wrong| wrong.within(name))
    }

    fn exchange(&self, document: &Value) -> Result<Exchange, Wrong> {
        Ok(Exchange {
            request: part(document, "request", |request| effect::read_request(&self.reader, request))?,
            policy: part(document, "policy", |policy| self.value(policy))?,
            sent: part(document, "sent", truth)?,
            fresh: part(document, "fresh", truth)?,
            again: part(document, "again", truth)?,
        })
    }
}
