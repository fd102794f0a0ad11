//! What the tests across rooms share: a world that does what a script says, executions under a
//! clock that jumps, pages that are tests, and the specification's conformance scenarios.

pub mod conformance;
pub mod executions;
pub mod pages;
pub mod scripted;
pub mod services;
pub mod specification;
pub mod stand_ins;
pub mod workflows;
