//! TLS as this world speaks it: certificates are trusted as the system trusts them.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, crypto::aws_lc_rs};
use rustls_platform_verifier::BuilderVerifierExt as _;

/// Lets libraries that ask for no settings use the same cryptography.
pub(super) fn prepare() {
    // Another one may have been chosen by the program that this engine is part of.
    let _ = aws_lc_rs::default_provider().install_default();
}

/// The settings of a client.
pub(super) fn client() -> Result<Arc<ClientConfig>, String> {
    static CLIENT: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    CLIENT.get_or_init(|| build().map(Arc::new).map_err(|error| format!("TLS cannot be spoken: {error}"))).clone()
}

fn build() -> Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    Ok(builder.with_safe_default_protocol_versions()?.with_platform_verifier()?.with_no_client_auth())
}
