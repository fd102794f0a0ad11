//! `call: grpc` (DSL Reference, "gRPC Call"): a method of a service that a proto file describes.
//!
//! The proto file and what it imports are read and compiled once in an execution. Messages are
//! protobuf's JSON, with numbers also for 64 bits and with fields that have their default. The
//! output is the method's message; of a method whose server streams, an array of its messages.

mod message;
mod proto;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flowdbg_lang::{
    model::Call,
    suggest,
    value::{self, Value, ValueExt as _},
};
use prost_reflect::{DescriptorPool, MethodDescriptor, ServiceDescriptor};

use super::{
    authentication::{self, Authorized},
    document,
    exchange::wrong,
};
use crate::{
    effect::{Answer, EffectKind, GrpcCall, GrpcReply, GrpcStatus},
    fault::{Fault, Kind},
    machine::{BranchId, Machine, Stop},
};

/// The port of services that name none. It speaks TLS.
const TLS_PORT: i64 = 443;

pub(crate) fn work(machine: &mut Machine, id: BranchId, call: &Call) -> Result<(), Stop> {
    if machine.has_answer(id, |answer| matches!(answer, Answer::Grpc(_))) {
        let kept = std::mem::take(&mut machine.top(id).raw_output);
        let Some(Answer::Grpc(answer)) = machine.take_answer(id) else { return Ok(()) };
        let output = output(&kept, answer)?;
        machine.finish_body(id, output);
        return Ok(());
    }
    if !authentication::before(machine, id, &call.with, &["service", "authentication"])? {
        return Ok(());
    }
    let (depth, input) = (machine.depth(id), machine.top(id).input.clone());
    // What was asked for is kept in the frame until the answer is there.
    let with = match machine.top(id).raw_output.member("with") {
        Some(with) => with.clone(),
        None => machine.fill(id, depth, &call.with, &input, None)?,
    };
    machine.top(id).raw_output = value::object([("with", with.clone())]);
    let address = with.member("proto").and_then(|proto| proto.member("endpoint")).ok_or_else(|| wrong("`proto.endpoint` is missing"))?;
    let Some(root) = document::read(machine, id, address, &input, "the proto file")? else { return Ok(()) };
    let key = format!("proto {}", root.key);
    if machine.document(&key).is_none() {
        let Some(files) = proto::files(machine, id, address, &input, root)? else { return Ok(()) };
        let descriptors = proto::compile(&files)?;
        machine.keep_document(&key, value::string(STANDARD.encode(descriptors)));
    }
    Ok(send(machine, id, &with, &key)?)
}

/// Calls the method and lets the branch wait for its answer.
fn send(machine: &mut Machine, id: BranchId, with: &Value, key: &str) -> Result<(), Fault> {
    let text = |owner: &Value, key: &str| owner.member(key).and_then(Value::as_text);
    let nothing = Value::Null;
    let service = with.member("service").unwrap_or(&nothing);
    let name = text(service, "name").ok_or_else(|| wrong("`service.name` must be a string"))?;
    let host = text(service, "host").ok_or_else(|| wrong("`service.host` must be a string"))?;
    let method = text(with, "method").ok_or_else(|| wrong("`method` must be a string"))?;
    let target = target(&host, service.member("port"))?;
    let encoded = machine.document(key).and_then(Value::as_text).unwrap_or_default();
    let descriptors = STANDARD.decode(encoded).unwrap_or_default();
    let pool = DescriptorPool::decode(&*descriptors).map_err(|error| wrong(format!("the proto file cannot be used: {error}")))?;
    let service_type = find_service(&pool, &name)?;
    let method_type = find_method(&service_type, &method)?;
    let messages = message::requests(&method_type, with.member("arguments"))?;
    let authentication = service.member("authentication").unwrap_or(&nothing);
    let Authorized::Now(header) = authentication::authorize(machine, id, authentication, None)? else { return Ok(()) };
    let metadata = header.map(|header| ("authorization".to_owned(), header)).into_iter().collect();
    let timeout = machine.time_left(id);
    machine.top(id).raw_output = value::object([
        ("target", value::string(&*target)),
        ("method", value::string(format!("{}/{}", service_type.full_name(), method_type.name()))),
        ("streams", Value::Bool(method_type.is_server_streaming())),
    ]);
    machine.wait_for(
        id,
        EffectKind::Grpc(GrpcCall {
            target,
            descriptors: descriptors.into(),
            service: service_type.full_name().to_owned(),
            method: method_type.name().to_owned(),
            messages,
            metadata,
            timeout,
        }),
    );
    Ok(())
}

/// Where the service runs. The DSL has no word for TLS: it is spoken where the port is 443, which
/// is also that of services that name none, or where the host says `https://`.
fn target(host: &str, port: Option<&Value>) -> Result<String, Fault> {
    let (scheme, name) = match host.split_once("://") {
        Some((scheme @ ("http" | "https"), name)) => (Some(scheme), name),
        Some((scheme, _)) => return Err(wrong(format!("`service.host`: gRPC is not spoken over `{scheme}`"))),
        None => (None, host),
    };
    let port = match port {
        None | Some(Value::Null) => None,
        Some(port) => Some(
            port.as_i64()
                .filter(|port| (1..=65_535).contains(port))
                .ok_or_else(|| wrong(format!("`service.port` must be a number from 1 to 65535, not {}", port.to_json())))?,
        ),
    };
    let port = port.unwrap_or(if scheme == Some("http") { 80 } else { TLS_PORT });
    let scheme = scheme.unwrap_or(if port == TLS_PORT { "https" } else { "http" });
    let target = format!("{scheme}://{name}:{port}");
    let fits = url::Url::parse(&target).is_ok_and(|url| url.path() == "/" && url.query().is_none() && url.username().is_empty());
    if fits { Ok(target) } else { Err(wrong(format!("`service.host`: `{host}` is not the name of a host"))) }
}

fn find_service(pool: &DescriptorPool, name: &str) -> Result<ServiceDescriptor, Fault> {
    let services: Vec<ServiceDescriptor> = pool.services().collect();
    if let Some(found) = services.iter().find(|service| service.full_name() == name) {
        return Ok(found.clone());
    }
    // The package may be left out where that is clear.
    let mut short = services.iter().filter(|service| service.name() == name);
    if let (Some(found), None) = (short.next(), short.next()) {
        return Ok(found.clone());
    }
    let near = suggest::closest(name, services.iter().map(ServiceDescriptor::full_name));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let names: Vec<&str> = services.iter().map(ServiceDescriptor::full_name).collect();
    let known = if names.is_empty() { "it has none".to_owned() } else { format!("it has {}", names.join(", ")) };
    Err(wrong(format!("the proto file has no service `{name}` ({known}){near}")))
}

fn find_method(service: &ServiceDescriptor, name: &str) -> Result<MethodDescriptor, Fault> {
    if let Some(found) = service.methods().find(|method| method.name() == name) {
        return Ok(found);
    }
    let names: Vec<String> = service.methods().map(|method| method.name().to_owned()).collect();
    let near = suggest::closest(name, names.iter().map(String::as_str));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Err(wrong(format!("the service `{}` has no method `{name}` (it has {}){near}", service.full_name(), names.join(", "))))
}

fn output(kept: &Value, answer: Result<GrpcReply, GrpcStatus>) -> Result<Value, Fault> {
    let text = |key| kept.member(key).and_then(Value::as_text).unwrap_or_default();
    match answer {
        Ok(reply) if kept.member("streams").is_some_and(Value::is_truthy) => Ok(reply.messages.into_iter().collect()),
        Ok(reply) => Ok(reply.messages.into_iter().next().unwrap_or_default()),
        Err(GrpcStatus { code, message }) => {
            let (name, status) = status(code);
            let said = if message.is_empty() { String::new() } else { format!(": {message}") };
            let detail = format!("gRPC {} at {} answered {name} ({code}){said}", text("method"), text("target"));
            Err(Fault::with_status(Kind::Communication, status, detail))
        }
    }
}

/// The name of a status code of gRPC, and the status of HTTP that says the same.
fn status(code: i32) -> (&'static str, i64) {
    match code {
        1 => ("CANCELLED", 499),
        3 => ("INVALID_ARGUMENT", 400),
        4 => ("DEADLINE_EXCEEDED", 504),
        5 => ("NOT_FOUND", 404),
        6 => ("ALREADY_EXISTS", 409),
        7 => ("PERMISSION_DENIED", 403),
        8 => ("RESOURCE_EXHAUSTED", 429),
        9 => ("FAILED_PRECONDITION", 400),
        10 => ("ABORTED", 409),
        11 => ("OUT_OF_RANGE", 400),
        12 => ("UNIMPLEMENTED", 501),
        13 => ("INTERNAL", 500),
        14 => ("UNAVAILABLE", 503),
        15 => ("DATA_LOSS", 500),
        16 => ("UNAUTHENTICATED", 401),
        _ => ("UNKNOWN", 500),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_is_spoken_where_the_port_or_the_host_says_so() {
        let target = |host: &str, port: Option<usize>| target(host, port.map(Value::from).as_ref()).map_err(|fault| fault.summary());
        assert_eq!(target("localhost", Some(5011)).as_deref(), Ok("http://localhost:5011"));
        assert_eq!(target("api.example", None).as_deref(), Ok("https://api.example:443"));
        assert_eq!(target("api.example", Some(443)).as_deref(), Ok("https://api.example:443"));
        assert_eq!(target("https://api.example", Some(8443)).as_deref(), Ok("https://api.example:8443"));
        assert_eq!(target("http://api.example", None).as_deref(), Ok("http://api.example:80"));
        for (host, port) in [("a/b", Some(1)), ("ftp://a", None), ("a", Some(0)), ("a", Some(70_000)), ("user@a", Some(1))] {
            assert!(target(host, port).is_err(), "{host} {port:?}");
        }
    }
}
