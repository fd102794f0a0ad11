//! Answers for an editor: diagnostics, hover, symbols. One file a feature or check.
//!
//! Answers are plain data in byte spans of the text; whoever talks to an editor converts them.

pub mod diagnostics;
mod hover;
mod recognise;
mod sites;
mod symbols;

pub use diagnostics::diagnostics;
pub use hover::{Hover, hover};
pub use recognise::is_workflow;
pub use sites::{Part, Place, Role, Site, Sites};
pub use symbols::{Symbol, SymbolKind, symbols};
