//! Documents: files, from the folder of the workflow that asks, and what HTTP servers have.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use flowdbg_lang::text::Source;
use url::Url;

use super::{
    Options,
    http::{self, Clients},
};
use crate::effect::{DEFAULT_CATALOG, HttpRequest, Resource, ResourceError};

/// How many redirections are followed.
const MAX_REDIRECTIONS: usize = 5;

fn error(message: impl Into<String>) -> ResourceError {
    ResourceError { status: None, challenges: Vec::new(), message: message.into() }
}

pub(super) async fn read(clients: &Clients, mut resource: Resource, options: &Options) -> Result<String, ResourceError> {
    if let Some(path) = resource.uri.strip_prefix(DEFAULT_CATALOG) {
        let root = options.catalog.as_deref().ok_or_else(|| {
            error("this host has no catalog of its own; name its folder or address in FLOWDBG_CATALOG, or define `default` under `use.catalogs`")
        })?;
        let address = format!("{}{path}", root.trim_end_matches('/'));
        if Url::parse(root).is_ok() {
            resource.uri = address;
        } else {
            return open(PathBuf::from(address)).await;
        }
    }
    let routes = options.routes.as_slice();
    if let Some(path) = file_at(&resource.uri, Path::new(&*resource.from)) {
        return open(path).await;
    }
    match Url::parse(&resource.uri) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => download(clients, url, resource.headers, routes).await,
        Ok(url) if url.scheme() == "file" => Err(error(format!("{url} does not name a file of this machine"))),
        Ok(url) => Err(error(format!("{url}: documents are read from files and by http(s), not by `{}`", url.scheme()))),
        Err(why) => Err(error(format!("{}: {why}", resource.uri))),
    }
}

/// The file that an address in a workflow means, if it means one of this machine: a relative path is
/// one below the folder of the workflow's own file.
#[must_use]
pub fn file_at(address: &str, workflow: &Path) -> Option<PathBuf> {
    match Url::parse(address) {
        Ok(url) => url.to_file_path().ok().filter(|_| url.scheme() == "file"),
        Err(_) => Some(workflow.parent().unwrap_or_else(|| Path::new("")).join(address)),
    }
}

async fn open(path: PathBuf) -> Result<String, ResourceError> {
    let reading = tokio::task::spawn_blocking(move || read_file(&path).map_err(|why| error(format!("{}: {why}", path.display()))));
    reading.await.unwrap_or_else(|failed| Err(error(failed.to_string())))
}

/// Reads a text file of a size that a document may have.
pub(super) fn read_file(path: &Path) -> Result<String, String> {
    let file = std::fs::OpenOptions::new().read(true).open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => error.to_string(),
    })?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err("this is a folder".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(u64::try_from(Source::MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() > Source::MAX_BYTES {
        return Err(format!("it is larger than the {} bytes that are read", Source::MAX_BYTES));
    }
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

async fn download(
    clients: &Clients,
    mut url: Url,
    mut headers: Vec<(String, String)>,
    routes: &[(String, String)],
) -> Result<String, ResourceError> {
    for _ in 0..=MAX_REDIRECTIONS {
        let request = HttpRequest { method: "GET".to_owned(), url: url.to_string(), headers: headers.clone(), body: None };
        let response = http::send(clients, request, routes).await.map_err(error)?;
        let status = response.status;
        match status {
            200..300 => return String::from_utf8(response.body).map_err(|_| error(format!("{url}: it is not UTF-8 text"))),
            300..400 => {
                let location = response.headers.iter().find(|(key, _)| key == "location").map(|(_, location)| location);
                let target = location.and_then(|location| url.join(location).ok()).filter(|url| matches!(url.scheme(), "http" | "https"));
                let Some(target) = target else {
                    return Err(ResourceError {
                        status: Some(status),
                        challenges: Vec::new(),
                        message: format!("GET {url} answered {status} and names no other address"),
                    });
                };
                if target.origin() != url.origin() {
                    // Credentials are for the server that they were meant for.
                    headers.clear();
                }
                url = target;
            }
            _ => {
                let asked = response.headers.into_iter().filter(|(key, _)| key == "www-authenticate");
                let challenges = asked.map(|(_, challenge)| challenge).collect();
                return Err(ResourceError { status: Some(status), challenges, message: format!("GET {url} answered {status}") });
            }
        }
    }
    Err(error(format!("GET {url}: more than {MAX_REDIRECTIONS} redirections")))
}
