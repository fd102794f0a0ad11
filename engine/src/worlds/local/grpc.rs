//! gRPC calls: messages that are known only at run time, over one connection a call.

use std::time::Duration;

use flowdbg_lang::value::{self, Value};
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, MethodDescriptor, SerializeOptions, prost::Message as _,
};
use tonic::{
    Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::{Ascii, MetadataKey, MetadataValue},
    transport::{ClientTlsConfig, Endpoint},
};

use super::tls;
use crate::effect::{GrpcCall, GrpcReply, GrpcStatus};

/// Largest message that is read, in bytes.
const MAX_MESSAGE: usize = 16 * 1024 * 1024;
/// Most bytes of messages that are read in one call.
const MAX_TOTAL: usize = 256 * 1024 * 1024;
/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(30);
/// How often a silent server is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);

/// Status codes that this side finds out by itself.
const RESOURCE_EXHAUSTED: i32 = 8;
const INTERNAL: i32 = 13;
const UNAVAILABLE: i32 = 14;

pub(super) async fn call(call: GrpcCall, routes: &[(String, String)]) -> Result<GrpcReply, GrpcStatus> {
    let broken = |message: String| GrpcStatus { code: INTERNAL, message };
    let pool = DescriptorPool::decode(&*call.descriptors).map_err(|error| broken(format!("the proto files cannot be used: {error}")))?;
    let method = pool
        .get_service_by_name(&call.service)
        .and_then(|service| service.methods().find(|method| method.name() == call.method))
        .ok_or_else(|| broken(format!("the proto files have no method {}/{}", call.service, call.method)))?;
    let messages: Vec<DynamicMessage> = call
        .messages
        .iter()
        .map(|message| read(&method.input(), message).map_err(|why| broken(format!("the message cannot be written: {why}"))))
        .collect::<Result<_, _>>()?;
    let target = super::http::route(&call.target, routes).unwrap_or_else(|| call.target.clone());
    let channel = connect(&target).await?;
    let mut request = tonic::Request::new(futures::stream::iter(messages));
    for (key, member) in &call.metadata {
        let key = MetadataKey::<Ascii>::from_bytes(key.to_ascii_lowercase().as_bytes())
            .map_err(|error| broken(format!("metadata `{key}`: {error}")))?;
        let member = MetadataValue::try_from(member.as_str()).map_err(|error| broken(format!("metadata `{key}`: {error}")))?;
        request.metadata_mut().append(key, member);
    }
    if let Some(timeout) = call.timeout {
        request.set_timeout(Duration::from_millis(timeout));
    }
    let mut client = Grpc::new(channel).max_decoding_message_size(MAX_MESSAGE);
    client.ready().await.map_err(|error| unreachable(&target, &error))?;
    let path = format!("/{}/{}", call.service, call.method);
    let path = path.parse().map_err(|error| broken(format!("`{path}` is not the path of a method: {error}")))?;
    // All kinds of methods are streams on the wire.
    let response = client.streaming(request, path, Dynamic { output: method.output() }).await.map_err(|status| said(&status))?;
    let mut stream = response.into_inner();
    let (mut reply, mut total) = (GrpcReply::default(), 0_usize);
    while let Some(message) = stream.message().await.map_err(|status| said(&status))? {
        total = total.saturating_add(message.encoded_len());
        if total > MAX_TOTAL {
            let message = format!("the answer is larger than {} MiB", MAX_TOTAL / 1024 / 1024);
            return Err(GrpcStatus { code: RESOURCE_EXHAUSTED, message });
        }
        reply.messages.push(write(&message).map_err(|why| broken(format!("the answer cannot be read: {why}")))?);
    }
    complete(&method, reply)
}

/// A method whose server does not stream answers with one message.
fn complete(method: &MethodDescriptor, reply: GrpcReply) -> Result<GrpcReply, GrpcStatus> {
    match reply.messages.len() {
        1 => Ok(reply),
        _ if method.is_server_streaming() => Ok(reply),
        count => Err(GrpcStatus { code: INTERNAL, message: format!("the method answered with {count} messages instead of one") }),
    }
}

async fn connect(target: &str) -> Result<tonic::transport::Channel, GrpcStatus> {
    let mut endpoint = Endpoint::from_shared(target.to_owned())
        .map_err(|error| unreachable(target, &error))?
        .connect_timeout(CONNECT)
        .http2_keep_alive_interval(PING)
        .user_agent(concat!("flowdbg/", env!("CARGO_PKG_VERSION")))
        .map_err(|error| unreachable(target, &error))?;
    if target.starts_with("https:") {
        tls::prepare();
        endpoint = endpoint.tls_config(ClientTlsConfig::new().with_native_roots()).map_err(|error| unreachable(target, &error))?;
    }
    endpoint.connect().await.map_err(|error| unreachable(target, &error))
}

fn unreachable(target: &str, error: &dyn std::error::Error) -> GrpcStatus {
    GrpcStatus { code: UNAVAILABLE, message: format!("{target} cannot be reached: {}", innermost(error)) }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// A status that the server sent, or that stands for a connection that broke.
fn said(status: &Status) -> GrpcStatus {
    let message = match std::error::Error::source(status) {
        Some(source) if status.message().is_empty() || status.code() == tonic::Code::Unknown => innermost(source),
        _ => status.message().to_owned(),
    };
    GrpcStatus { code: status.code().into(), message }
}

fn read(message: &MessageDescriptor, value: &Value) -> Result<DynamicMessage, String> {
    let json = crate::program::to_json(value)?;
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    DynamicMessage::deserialize_with_options(message.clone(), json, &options).map_err(|error| error.to_string())
}

fn write(message: &DynamicMessage) -> Result<Value, String> {
    let options = SerializeOptions::new().stringify_64_bit_integers(false).skip_default_fields(false);
    let mut json = Vec::new();
    message.serialize_with_options(&mut serde_json::Serializer::new(&mut json), &options).map_err(|error| error.to_string())?;
    value::parse_json(&String::from_utf8_lossy(&json))
}

/// Writes and reads messages whose types are known at run time.
struct Dynamic {
    output: MessageDescriptor,
}

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Write;
    type Decoder = Read;

    fn encoder(&mut self) -> Write {
        Write
    }

    fn decoder(&mut self) -> Read {
        Read(self.output.clone())
    }
}

struct Write;

impl Encoder for Write {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, item: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        item.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

struct Read(MessageDescriptor);

impl Decoder for Read {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let message = DynamicMessage::decode(self.0.clone(), buffer);
        message.map(Some).map_err(|error| Status::internal(format!("the server's message does not fit the proto file: {error}")))
    }
}
