//! Addresses of services and documents.

use super::{Object, Shape, authentication::AUTHENTICATION_USE, optional, required};

/// An endpoint: its address alone, or with authentication.
pub(super) const ENDPOINT_SHAPE: Shape = Shape::OneOf(&[Shape::Uri, Shape::Object(&ENDPOINT)]);

static ENDPOINT: Object = Object::new(
    "endpoint",
    "The address of a service and how to authenticate there.",
    "DSL Reference: Endpoint",
    &[
        required("uri", Shape::Uri, "The address; `{name}` in it is replaced by that member of the task's input."),
        optional("authentication", Shape::Object(&AUTHENTICATION_USE), "How to authenticate at the service."),
    ],
);

pub(super) static EXTERNAL_RESOURCE: Object = Object::new(
    "external resource",
    "A document that lies elsewhere.",
    "DSL Reference: External Resource",
    &[optional("name", Shape::String, "A name for the resource."), required("endpoint", ENDPOINT_SHAPE, "Where the resource is found.")],
);
