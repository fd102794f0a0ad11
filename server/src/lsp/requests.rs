//! The requests that are served: one file each, one row each.

mod code_action;
mod diagnostic;
mod document_symbol;
mod hover;

use serde::{Serialize, de::DeserializeOwned};
use tower_lsp_server::{
    LspServiceBuilder,
    gen_lsp_types::{ServerCapabilities, Uri},
    jsonrpc::Error,
};

use super::{
    documents::Snapshot,
    position::Encoding,
    session::{Profile, Session},
};

/// A request about one text.
pub(super) trait Request: Send + Sync + 'static {
    /// Its name in the protocol.
    const METHOD: &'static str;
    /// What it does, in one sentence.
    const ABOUT: &'static str;
    /// What the editor sends.
    type Params: DeserializeOwned + Send + 'static;
    /// What it gets.
    type Answer: Serialize + Send + 'static;

    /// Which text it is about.
    fn document(params: &Self::Params) -> &Uri;

    /// Tells the editor that this is served.
    fn advertise(capabilities: &mut ServerCapabilities, profile: Profile);

    /// Answers; runs off the loop.
    fn run(context: &Context<'_>, params: &Self::Params) -> Self::Answer;

    /// What is said instead of an answer about a text that is no longer there.
    fn stale() -> Error {
        Error::content_modified()
    }
}

/// What a request may look at.
pub(super) struct Context<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) encoding: Encoding,
    /// Whether an edit can name the version of the text that it is for.
    pub(super) versioned: bool,
}

/// A row of the table of requests.
pub struct Row {
    /// Name in the protocol.
    pub method: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    pub(super) advertise: fn(&mut ServerCapabilities, Profile),
    pub(super) register: fn(LspServiceBuilder<Session>) -> LspServiceBuilder<Session>,
}

impl Row {
    const fn of<R: Request>() -> Self {
        Self {
            method: R::METHOD,
            about: R::ABOUT,
            advertise: R::advertise,
            register: |service| service.custom_method(R::METHOD, Session::answer::<R>),
        }
    }
}

/// Every request that is served.
pub const REQUESTS: &[Row] = &[
    Row::of::<code_action::CodeAction>(),
    Row::of::<diagnostic::Diagnostic>(),
    Row::of::<document_symbol::DocumentSymbol>(),
    Row::of::<hover::Hover>(),
];
