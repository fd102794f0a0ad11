//! Reading from outside: broken texts, merge keys, positions, and other readers as witnesses.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::disallowed_methods, reason = "tests read files of examples and of the YAML test suite")]

mod documents;
mod faults;
mod hostile;
mod json;
mod parts;
mod positions;
mod suite;
mod support;
mod witness;
