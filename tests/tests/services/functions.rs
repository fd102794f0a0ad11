//! Functions of catalogs: in folders, at URLs, and that of the host.

use flowdbg_engine::worlds::local;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support::{options, run};

const GREET: &str = "
input: { schema: { document: { type: object, required: [ name ] } } }
do:
  - say: { set: { text: '${ \"Hello, \" + .name }' } }
output: { as: .text }
";

fn catalog() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("functions/greet/1.0.0");
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("function.yaml"), GREET).unwrap();
    folder
}

#[tokio::test]
async fn a_function_lies_in_a_folder() {
    let folder = catalog();
    let root = folder.path().display();
    let yaml = format!(
        "use: {{ catalogs: {{ here: {{ endpoint: 'file://{root}' }} }} }}\ndo: [ {{ a: {{ call: 'greet:1.0.0@here', with: {{ name: Ada }} }} }} ]"
    );
    assert_eq!(run(options(), &yaml).await, r#"completed "Hello, Ada""#);
    let yaml = format!("do: [ {{ a: {{ call: 'file://{root}/functions/greet/1.0.0/function.yaml', with: {{ name: Ada }} }} }} ]");
    assert_eq!(run(options(), &yaml).await, r#"completed "Hello, Ada""#);
    let wrong = run(options(), &yaml.replace("name: Ada", "nam: Ada")).await;
    assert!(wrong.contains("function.yaml#: Validation error (400)") && wrong.contains("\"name\" is a required property"), "{wrong}");
}

#[tokio::test]
async fn the_host_has_a_catalog_of_its_own() {
    let folder = catalog();
    let yaml = "do: [ { a: { call: 'greet:1.0.0@default', with: { name: Ada } } } ]";
    let with = local::Options { catalog: Some(folder.path().display().to_string()), ..options() };
    assert_eq!(run(with, yaml).await, r#"completed "Hello, Ada""#);
    let none = run(options(), yaml).await;
    assert!(none.contains("this host has no catalog of its own; name its folder or address in FLOWDBG_CATALOG"), "{none}");
}

/// Answers every request with the function, and says how many there were.
#[tokio::test]
async fn a_function_is_fetched_once_from_where_its_text_is() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let served = tokio::spawn(async move {
        let mut asked = Vec::new();
        while let Ok(Ok((mut stream, _))) = tokio::time::timeout(std::time::Duration::from_secs(5), listener.accept()).await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            asked.push(String::from_utf8_lossy(&head).lines().next().unwrap().to_owned());
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{GREET}", GREET.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    let routes = vec![("https://raw.githubusercontent.com".to_owned(), format!("http://127.0.0.1:{port}"))];
    let yaml = "
use: { catalogs: { official: { endpoint: 'https://github.com/serverlessworkflow/catalog/tree/main' } } }
do:
  - each:
      for: { in: '[1, 2, 3]' }
      do: [ { a: { call: 'greet:1.0.0@official', with: { name: Ada } } } ]
";
    assert_eq!(run(local::Options { routes, ..options() }, yaml).await, r#"completed "Hello, Ada""#);
    let asked = served.await.unwrap();
    assert_eq!(asked, ["GET /serverlessworkflow/catalog/refs/heads/main/functions/greet/1.0.0/function.yaml HTTP/1.1"]);
}
