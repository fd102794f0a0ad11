//! How data comes into a task or workflow and leaves it.

use super::{Object, Rule, Shape, optional, resources::EXTERNAL_RESOURCE};

/// A new value for the data: an expression, or a mapping with expressions in it.
const TRANSFORM: Shape = Shape::OneOf(&[Shape::Expression, Shape::DataMap]);

/// `input`
pub static INPUT: Object = Object::new(
    "input",
    "Validates what comes in, and shapes it.",
    "DSL Reference: Input",
    &[
        optional("schema", Shape::Object(&SCHEMA), "What the raw input must look like; checked before `from`."),
        optional("from", TRANSFORM, "Makes the input that the body sees, from the raw input."),
    ],
);

/// `output`
pub static OUTPUT: Object = Object::new(
    "output",
    "Shapes what goes out, and validates it.",
    "DSL Reference: Output",
    &[
        optional("schema", Shape::Object(&SCHEMA), "What the output must look like; checked after `as`."),
        optional("as", TRANSFORM, "Makes the output, from what the body gave."),
    ],
);

/// `export`
pub static EXPORT: Object = Object::new(
    "export",
    "Replaces the workflow's context, `$context`.",
    "DSL Reference: Export",
    &[
        optional("schema", Shape::Object(&SCHEMA), "What the new context must look like; checked after `as`."),
        optional("as", TRANSFORM, "Makes the new context, from the task's output."),
    ],
);

static SCHEMA: Object = Object::new(
    "schema",
    "Describes data: a JSON Schema, inline or elsewhere.",
    "DSL Reference: Schema",
    &[
        optional("format", Shape::SchemaFormat, "The schema's format, perhaps with a version: `json:2020-12`.").default("json"),
        optional("document", Shape::Any, "The schema itself."),
        optional("resource", Shape::Object(&EXTERNAL_RESOURCE), "Where the schema is found."),
    ],
)
.rules(&[Rule::ExactlyOne(&["document", "resource"])]);
