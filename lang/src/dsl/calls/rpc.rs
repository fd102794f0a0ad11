//! Arguments of gRPC calls.

use crate::dsl::{Object, Shape, authentication::AUTHENTICATION_USE, optional, required, resources::EXTERNAL_RESOURCE};

pub(super) static GRPC_ARGUMENTS: Object = Object::new(
    "gRPC call arguments",
    "The method to call and what to call it with.",
    "DSL Reference: gRPC Call",
    &[
        required("proto", Shape::Object(&EXTERNAL_RESOURCE), "The proto file that describes the service."),
        required("service", Shape::Object(&SERVICE), "The service and where it runs."),
        required("method", Shape::Text, "The name of the method."),
        optional("arguments", Shape::DataMap, "The fields of the request message."),
    ],
);

static SERVICE: Object = Object::new(
    "gRPC service",
    "The service and where it runs.",
    "DSL Reference: gRPC Call",
    &[
        required("name", Shape::Text, "The name of the service in the proto file."),
        required("host", Shape::Host, "The host that it runs on."),
        optional("port", Shape::IntegerIn(0, 65_535), "The port that it listens on."),
        optional("authentication", Shape::Object(&AUTHENTICATION_USE), "How to authenticate at the service."),
    ],
);
