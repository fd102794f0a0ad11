//! The language front end from outside: fixtures, the specification's files, its schema.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::disallowed_methods, reason = "tests read the files of the specification")]

mod checks;
mod fixes;
mod hover;
mod meaning;
mod mutations;
mod pages;
mod recognition;
mod robustness;
mod schema;
mod specification;
mod support;
mod symbols;
mod table;
mod traps;
