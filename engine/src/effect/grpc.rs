//! Calls of gRPC methods.

use std::sync::Arc;

use flowdbg_lang::value::Value;

/// A call of a gRPC method.
#[derive(Clone, Debug, PartialEq)]
pub struct GrpcCall {
    /// Where the service runs: `http://host:port`, or `https` for TLS.
    pub target: String,
    /// The proto files, as a `google.protobuf.FileDescriptorSet`.
    pub descriptors: Arc<[u8]>,
    /// Full name of the service, with its package.
    pub service: String,
    /// Name of the method.
    pub method: String,
    /// What is sent, in protobuf's JSON: one message, or several if the client streams.
    pub messages: Vec<Value>,
    /// Metadata of the request.
    pub metadata: Vec<(String, String)>,
    /// Milliseconds until nobody waits for the answer any more, to tell the service.
    pub timeout: Option<u64>,
}

/// What a gRPC method answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GrpcReply {
    /// Its messages, in protobuf's JSON: one, or any number if the server streams.
    pub messages: Vec<Value>,
}

/// How a call of a gRPC method failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrpcStatus {
    /// The status code of gRPC; 14 (`UNAVAILABLE`) also if the service could not be reached.
    pub code: i32,
    /// What the service says about it, or why it could not be reached.
    pub message: String,
}
