//! Stand-ins on loopback for the public services that the conformance kit names. They belong to the
//! runner: the engine only finds its HTTP routed to them.

use std::collections::BTreeMap;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// The pet store describes itself in Swagger 2.0, and its paths have a base.
const PET_STORE: &str = r##"{
  "swagger": "2.0",
  "info": { "title": "Stand-in for a pet store", "version": "1.0.0" },
  "host": "petstore.swagger.io",
  "basePath": "/v2",
  "schemes": ["https", "http"],
  "paths": {
    "/pet/findByStatus": { "get": {
      "operationId": "findPetsByStatus", "produces": ["application/json", "application/xml"],
      "parameters": [ { "name": "status", "in": "query", "required": true, "type": "array", "items": { "type": "string" }, "collectionFormat": "multi" } ],
      "responses": { "200": { "description": "the pets" } } } },
    "/pet/{petId}": { "get": {
      "operationId": "getPetById", "produces": ["application/json", "application/xml"],
      "parameters": [ { "name": "petId", "in": "path", "required": true, "type": "integer" } ],
      "responses": { "200": { "description": "the pet" } } } }
  }
}"##;

/// Services that answer until this is dropped.
pub struct StandIns {
    routes: Vec<(String, String)>,
    tasks: Vec<JoinHandle<()>>,
}

/// A request, as far as the stand-ins look at it.
struct Request {
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
}

type Answer = fn(&Request) -> (u16, String);

impl StandIns {
    /// Starts them, each on a free port.
    ///
    /// # Errors
    /// No port is to be had.
    pub async fn start() -> std::io::Result<Self> {
        let services: [(&str, Answer); 2] = [("https://petstore.swagger.io", pet_store), ("https://httpbin.org", echo)];
        let mut started = Self { routes: Vec::new(), tasks: Vec::new() };
        for (address, answer) in services {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            started.routes.push((address.to_owned(), format!("http://{}", listener.local_addr()?)));
            started.tasks.push(tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, answer));
                }
            }));
        }
        Ok(started)
    }

    /// Where requests for the services go.
    #[must_use]
    pub fn routes(&self) -> &[(String, String)] {
        &self.routes
    }
}

impl Drop for StandIns {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// Answers one request of a connection; a client that breaks off gets none.
async fn serve(mut stream: TcpStream, answer: Answer) {
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 && head.len() < MAX_HEAD => head.extend_from_slice(&piece[..read]),
            _ => return,
        }
    }
    let (status, body) = read(&String::from_utf8_lossy(&head)).map_or_else(|| (400, "null".to_owned()), |request| answer(&request));
    let head =
        format!("HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    // Whoever asked may have gone away.
    let _ = stream.write_all((head + &body).as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn read(head: &str) -> Option<Request> {
    let mut lines = head.split("\r\n");
    let target = lines.next()?.strip_prefix("GET ")?.split(' ').next()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines.filter_map(|line| line.split_once(':')).map(|(key, member)| (key.to_ascii_lowercase(), member.trim().to_owned()));
    Some(Request { path: path.to_owned(), query: query.to_owned(), headers: headers.collect() })
}

fn pet(id: u32) -> String {
    format!(r#"{{"id": {id}, "name": "pet {id}", "photoUrls": [], "status": "available"}}"#)
}

fn pet_store(request: &Request) -> (u16, String) {
    match request.path.as_str() {
        "/v2/swagger.json" => (200, PET_STORE.to_owned()),
        "/v2/pet/findByStatus" if request.query == "status=available" => (200, format!("[{}, {}]", pet(1), pet(2))),
        "/v2/pet/findByStatus" => (200, "[]".to_owned()),
        path => match path.strip_prefix("/v2/pet/").and_then(|id| id.parse().ok()) {
            Some(id @ 1..=2) => (200, pet(id)),
            _ => (404, r#"{"message": "Pet not found"}"#.to_owned()),
        },
    }
}

/// `/basic-auth/user/password` wants just these.
fn echo(request: &Request) -> (u16, String) {
    let Some((user, password)) = request.path.strip_prefix("/basic-auth/").and_then(|rest| rest.split_once('/')) else {
        return (404, "null".to_owned());
    };
    let expected = format!("Basic {}", base64(format!("{user}:{password}").as_bytes()));
    match request.headers.get("authorization") {
        Some(given) if *given == expected => (200, format!(r#"{{"authenticated": true, "user": "{user}"}}"#)),
        _ => (401, "null".to_owned()),
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut encoded = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().chain(&[0, 0]).take(3).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        for at in 0..4 {
            let symbol = ALPHABET[(bits >> (18 - 6 * at)) as usize & 63];
            encoded.push(if at <= chunk.len() { char::from(symbol) } else { '=' });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_credentials_are_taken() {
        let ask = |authorization: &str| {
            let head = format!("GET /basic-auth/user/pw HTTP/1.1\r\nAuthorization: {authorization}\r\n\r\n");
            echo(&read(&head).unwrap()).0
        };
        assert_eq!([ask("Basic dXNlcjpwdw=="), ask("Basic dXNlcjpvdGhlcg=="), ask("Bearer x")], [200, 401, 401]);
    }
}
