//! One editor: what it can do, its texts, and the messages that change them.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use tokio_util::task::AbortOnDropHandle;
use tower_lsp_server::{
    Client, LanguageServer, LspServiceBuilder,
    gen_lsp_types::{
        ClientCapabilities, DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, InitializeParams,
        InitializeResult, SaveOptions, ServerCapabilities, ServerInfo, TextDocumentSyncKind, TextDocumentSyncOptions, Uri,
    },
    jsonrpc::{Error, Result},
};

use super::{
    documents::Documents,
    position::Encoding,
    publish::Publisher,
    requests::{Context, REQUESTS, Request},
};

/// What matters of the editor's abilities.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Profile {
    pub(super) encoding: Encoding,
    /// Whether it asks for diagnostics itself.
    pub(super) pulls: bool,
}

impl Profile {
    fn of(client: &ClientCapabilities) -> Self {
        let pulls = client.text_document.as_ref().is_some_and(|document| document.diagnostic.is_some());
        Self { encoding: Encoding::chosen(client), pulls }
    }
}

/// The session of one editor.
pub(super) struct Session {
    client: Client,
    profile: OnceLock<Profile>,
    documents: Arc<Documents>,
    publisher: Arc<Publisher>,
    publishing: OnceLock<AbortOnDropHandle<()>>,
    shut_down: Arc<AtomicBool>,
}

impl Session {
    pub(super) fn new(client: Client, shut_down: Arc<AtomicBool>) -> Self {
        Self {
            client,
            profile: OnceLock::new(),
            documents: Arc::default(),
            publisher: Arc::default(),
            publishing: OnceLock::new(),
            shut_down,
        }
    }

    /// Names the messages that are served.
    pub(super) fn register(service: LspServiceBuilder<Self>) -> LspServiceBuilder<Self> {
        let service = service
            .custom_method("textDocument/didOpen", Self::did_open)
            .custom_method("textDocument/didChange", Self::did_change)
            .custom_method("textDocument/didClose", Self::did_close)
            .custom_method("textDocument/didSave", Self::nothing_to_do)
            .custom_method("workspace/didChangeConfiguration", Self::nothing_to_do);
        REQUESTS.iter().fold(service, |service, row| (row.register)(service))
    }

    fn profile(&self) -> Profile {
        self.profile.get().copied().unwrap_or_default()
    }

    fn changed(&self, uri: &Uri) {
        if !self.profile().pulls {
            self.publisher.changed(uri);
        }
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        self.documents.open(document.uri.clone(), document.version, document.text);
        self.changed(&document.uri);
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let version = params.text_document.version;
        let uri = params.text_document.text_document_identifier.uri;
        if self.documents.change(&uri, version, params.content_changes, self.profile().encoding) {
            self.changed(&uri);
        } else {
            tracing::warn!("a change of {}, which is not open", uri.0);
        }
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.documents.close(&params.text_document.uri);
        self.changed(&params.text_document.uri);
    }

    async fn nothing_to_do(&self, _: serde_json::Value) {}

    /// Answers a request of the table.
    pub(super) async fn answer<R: Request>(&self, params: R::Params) -> Result<R::Answer> {
        let snapshot = self.documents.snapshot(R::document(&params));
        let Some(snapshot) = snapshot else {
            return Err(Error::invalid_params(format!("the document {} is not open", R::document(&params).0)));
        };
        let encoding = self.profile().encoding;
        let looked_at = snapshot.clone();
        let work = move || R::run(&Context { snapshot: &looked_at, encoding }, &params);
        let answer = tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!("{} failed: {error}", R::METHOD);
            Error::internal_error()
        })?;
        if self.documents.is_current(&snapshot) { Ok(answer) } else { Err(R::stale()) }
    }
}

impl LanguageServer for Session {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let profile = *self.profile.get_or_init(|| Profile::of(&params.capabilities));
        if !profile.pulls {
            let (publisher, documents, client) = (self.publisher.clone(), self.documents.clone(), self.client.clone());
            self.publishing.get_or_init(|| {
                AbortOnDropHandle::new(tokio::spawn(async move { publisher.run(documents, profile.encoding, client).await }))
            });
        }
        let mut capabilities = ServerCapabilities {
            position_encoding: Some(profile.encoding.kind()),
            text_document_sync: Some(
                TextDocumentSyncOptions {
                    open_close: Some(true),
                    change: Some(TextDocumentSyncKind::Incremental),
                    save: Some(SaveOptions { include_text: Some(false) }.into()),
                    ..Default::default()
                }
                .into(),
            ),
            ..Default::default()
        };
        for row in REQUESTS {
            (row.advertise)(&mut capabilities, profile);
        }
        let version = Some(env!("CARGO_PKG_VERSION").to_owned());
        Ok(InitializeResult { capabilities, server_info: Some(ServerInfo { name: "flowdbg".to_owned(), version }) })
    }

    async fn shutdown(&self) -> Result<()> {
        self.shut_down.store(true, Ordering::Relaxed);
        Ok(())
    }
}
