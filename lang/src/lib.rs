//! The language front end: from a workflow text to spans, a model and answers for an editor.
//!
//! It never fails on bad input: broken text is a value with diagnostics. It knows nothing of
//! tokio, LSP, DAP or the clock, and it reads no files: texts come in, plain data goes out.

pub mod analysis;
pub mod codes;
pub mod diagnostic;
pub mod dsl;
pub mod duration;
pub mod expression;
pub mod form;
pub mod ide;
pub mod lower;
#[doc(hidden)]
pub mod marked;
pub mod mend;
pub mod model;
pub mod read;
pub mod settings;
pub mod suggest;
pub mod template;
pub mod text;
pub mod tree;
pub mod types;
pub mod value;
