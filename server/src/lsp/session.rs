//! One editor: what it can do, its texts, and the messages that change them.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use tokio_util::task::AbortOnDropHandle;
use tower_lsp_server::{
    Client, LanguageServer, LspServiceBuilder,
    gen_lsp_types::{
        ClientCapabilities, DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWatchedFilesRegistrationOptions,
        DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, FileSystemWatcher, GlobPattern, InitializeParams,
        InitializeResult, InitializedParams, Registration, SaveOptions, ServerCapabilities, ServerInfo, TextDocumentSyncKind,
        TextDocumentSyncOptions, Uri,
    },
    jsonrpc::{Error, Result},
};

use super::{
    documents::Documents,
    position::Encoding,
    publish::Publisher,
    requests::{Context, REQUESTS, Request},
};

/// Files beside a workflow that decide what is said about it: settings, and workflows that it runs.
const WATCHED: [&str; 2] = ["**/flowdbg.toml", "**/*.{yaml,yml,json}"];

/// What matters of the editor's abilities.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Profile {
    pub(super) encoding: Encoding,
    /// Whether it asks for diagnostics itself, and can be told to ask again: when settings change,
    /// one that cannot would go on showing what it has.
    pub(super) pulls: bool,
    /// Whether it can be asked to watch files.
    watches: bool,
    /// Whether it takes edits for a version of a text, and refuses them if that is not the newest.
    versioned: bool,
}

impl Profile {
    fn of(client: &ClientCapabilities) -> Self {
        let workspace = client.workspace.as_ref();
        let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let pulled = workspace.and_then(|workspace| workspace.diagnostics.as_ref());
        Self {
            encoding: Encoding::chosen(client),
            pulls: client.text_document.as_ref().is_some_and(|document| document.diagnostic.is_some())
                && pulled.and_then(|pulled| pulled.refresh_support) == Some(true),
            watches: watched.and_then(|watched| watched.dynamic_registration) == Some(true),
            versioned: edits.and_then(|edits| edits.document_changes) == Some(true),
        }
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
            .custom_method("textDocument/didSave", Self::did_save)
            .custom_method("workspace/didChangeWatchedFiles", Self::did_change_watched_files)
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

    /// An editor that watches no files says at least when it has written one itself.
    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        if !self.profile().watches {
            self.look_again(&[params.text_document.uri]).await;
        }
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let changed: Vec<Uri> = params.changes.into_iter().map(|change| change.uri).collect();
        self.look_again(&changed).await;
    }

    /// Checks all open texts anew, as settings or workflows beside them have changed.
    async fn look_again(&self, changed: &[Uri]) {
        let open = self.documents.renew(changed);
        open.iter().for_each(|uri| self.changed(uri));
        if self.profile().pulls
            && !open.is_empty()
            && let Err(error) = self.client.workspace_diagnostic_refresh().await
        {
            tracing::warn!("the editor does not ask for diagnostics again: {error}");
        }
    }

    async fn nothing_to_do(&self, _: serde_json::Value) {}

    /// Answers a request of the table.
    pub(super) async fn answer<R: Request>(&self, params: R::Params) -> Result<R::Answer> {
        let snapshot = self.documents.snapshot(R::document(&params));
        let Some(snapshot) = snapshot else {
            return Err(Error::invalid_params(format!("the document {} is not open", R::document(&params).0)));
        };
        let Profile { encoding, versioned, .. } = self.profile();
        let looked_at = snapshot.clone();
        let work = move || R::run(&Context { snapshot: &looked_at, encoding, versioned }, &params);
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

    /// Asks to hear of files that decide what is said about a text.
    async fn initialized(&self, _: InitializedParams) {
        if !self.profile().watches {
            return;
        }
        let watch = |glob: &str| FileSystemWatcher { glob_pattern: GlobPattern::Pattern(glob.to_owned()), kind: None };
        let watchers = WATCHED.iter().map(|glob| watch(glob)).collect();
        let registration = Registration {
            id: "watched-files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(DidChangeWatchedFilesRegistrationOptions { watchers }).ok(),
        };
        if let Err(error) = self.client.register_capability(vec![registration]).await {
            tracing::warn!("the editor does not watch files: {error}");
        }
    }

    async fn shutdown(&self) -> Result<()> {
        self.shut_down.store(true, Ordering::Relaxed);
        Ok(())
    }
}
