//! Authentication against servers of others: `oidc-provider` (OAuth 2 and OpenID Connect) and
//! `flask-httpauth` (digest).

use flowdbg_tests::services::Service;

use crate::support::{file, node, options, python, run};

fn oidc() -> Option<Service> {
    let (node, modules) = node("oidc-provider/package.json")?;
    Some(Service::start(&node, &[&file("oidc.mjs"), &modules]))
}

/// What the resource of the server says to a call with this authentication.
async fn ask(service: &Service, authentication: &str) -> String {
    let yaml = format!(
        "do: [ {{ ask: {{ call: http, with: {{ method: get, endpoint: {{ uri: '{}/resource', authentication: {authentication} }} }} }} }} ]",
        service.address
    );
    run(options(), &yaml).await
}

const SECRET: &str = "a secret of thirty-two characters";

#[tokio::test]
async fn clients_prove_who_they_are_in_every_way() {
    let Some(service) = oidc() else { return };
    for (method, encoding) in [("client_secret_post", ""), ("client_secret_basic", ""), ("client_secret_jwt", "")] {
        let id = method.rsplit('_').next().unwrap();
        let values = format!(
            "authority: '{}', grant: client_credentials, scopes: [ read ], client: {{ id: {id}, secret: '{SECRET}', authentication: {method} }}{encoding}",
            service.address
        );
        let expected = format!(r#"completed {{"client":"{id}","scope":"read"}}"#);
        assert_eq!(ask(&service, &format!("{{ oidc: {{ {values} }} }}")).await, expected, "by discovery");
        if id != "jwt" {
            // Whom the assertion is for is known only by discovery.
            assert_eq!(ask(&service, &format!("{{ oauth2: {{ {values} }} }}")).await, expected, "by the default path");
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_is_what_the_server_says() {
    let Some(service) = oidc() else { return };
    let values =
        format!("authority: '{}', grant: client_credentials, client: {{ id: post, secret: 'another one altogether' }}", service.address);
    assert_eq!(
        ask(&service, &format!("{{ oauth2: {{ {values} }} }}")).await,
        format!(
            "faulted at /do/0/ask: Authentication error (401): POST {}/oauth2/token answered 401: invalid_client: client authentication failed",
            service.address
        )
    );
}

#[tokio::test]
async fn a_token_is_exchanged_for_another() {
    let Some(service) = oidc() else { return };
    let address = &service.address;
    let yaml = format!(
        "
do:
  - first:
      call: http
      with:
        method: post
        endpoint: {address}/oauth2/token
        headers: {{ content-type: application/x-www-form-urlencoded }}
        body: {{ grant_type: client_credentials, client_id: post, client_secret: '{SECRET}' }}
  - second:
      call: http
      with:
        method: get
        endpoint:
          uri: {address}/resource
          authentication:
            oauth2:
              authority: {address}
              grant: 'urn:ietf:params:oauth:grant-type:token-exchange'
              client: {{ id: basic, secret: '{SECRET}', authentication: client_secret_basic }}
              scopes: [ write ]
              subject: {{ token: '${{ .access_token }}', type: 'urn:ietf:params:oauth:token-type:access_token' }}
"
    );
    assert_eq!(run(options(), &yaml).await, r#"completed {"client":"basic","scope":"write"}"#);
}

#[tokio::test]
async fn a_digest_is_answered() {
    let Some(service) = python("digest.py") else { return };
    let call = |path: &str, password: &str| {
        format!(
            "call: http, with: {{ method: get, endpoint: {{ uri: '{}/{path}?a=b', authentication: {{ digest: {{ username: ada, password: '{password}' }} }} }} }}",
            service.address
        )
    };
    for path in ["simple", "session"] {
        let call = call(path, "lovelace, or so");
        let yaml = format!("do: [ {{ one: {{ {call} }} }}, {{ two: {{ {call} }} }} ]");
        assert_eq!(run(options(), &yaml).await, r#"completed {"user":"ada"}"#, "{path}");
    }
    let wrong = run(options(), &format!("do: [ {{ one: {{ {} }} }} ]", call("simple", "wrong"))).await;
    assert!(wrong.starts_with("faulted at /do/0/one: Authentication error (401)"), "{wrong}");
}
