//! Types of data, from outside: what is inferred, what is said about it, and what never is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::disallowed_methods, reason = "tests read the files of the specification and the examples")]

mod expressions;
mod files;
mod findings;
mod flow;
mod sound;
mod speed;
mod support;
