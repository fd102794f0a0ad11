//! The language front end from outside: fixtures, the specification's files, its schema.

mod schema;
mod specification;
mod support;
