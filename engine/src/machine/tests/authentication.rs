//! Stories of authentication: what is asked of whom, in which order, and what is kept.

use super::*;

/// A call with this authentication, twice, so that what is kept is seen.
fn twice(authentication: &str) -> String {
    format!(
        "
do:
  - a: {{ call: http, with: {{ method: get, endpoint: {{ uri: 'http://a.example/x?y', authentication: {authentication} }} }} }}
  - b: {{ call: http, with: {{ method: post, endpoint: {{ uri: 'http://a.example/x?y', authentication: {authentication} }}, body: {{}} }} }}
"
    )
}

/// What was sent, one line each: address, authorization, form.
fn lines(story: &Story) -> Vec<String> {
    let line = |request: &HttpRequest| {
        let find = |name: &str| request.headers.iter().find(|(key, _)| key == name).map(|(_, text)| format!(" [{text}]"));
        let body = request.body.as_deref().map(|body| format!(" {}", String::from_utf8_lossy(body))).unwrap_or_default();
        format!("{} {}{}{body}", request.method, request.url, find("authorization").unwrap_or_default())
    };
    story.sent.iter().map(line).collect()
}

const CLIENT: &str = "oauth2: { authority: 'https://id.example/realms/r/', grant: client_credentials, scopes: [ read, write ], \
    audiences: [ one, two ], client: { id: me, secret: 'very secret' } }";

#[test]
fn a_token_is_got_once_and_used_until_it_expires() {
    let yaml = format!("{}  - w: {{ wait: PT86S }}\n{}", twice(&format!("{{ {CLIENT} }}")), &twice(&format!("{{ {CLIENT} }}"))[5..]);
    let story = Story::new(&yaml, "{}")
        .http(&[
            (200, r#"{"access_token": "first token", "token_type": "bearer", "expires_in": 95}"#),
            (200, "1"),
            (200, "2"),
            (200, r#"{"access_token": "second token"}"#),
        ])
        .run();
    let ask = "POST https://id.example/realms/r/oauth2/token \
        grant_type=client_credentials&scope=read+write&audience=one&audience=two&client_id=me&client_secret=very+secret";
    assert_eq!(
        lines(&story),
        [
            ask,
            "GET http://a.example/x?y [Bearer first token]",
            "POST http://a.example/x?y [Bearer first token] {}",
            // It lives for 95 seconds, less the margin of 9.5.
            ask,
            "GET http://a.example/x?y [Bearer second token]",
            "POST http://a.example/x?y [Bearer second token] {}",
        ]
    );
}

#[test]
fn a_refused_token_is_got_anew_once() {
    let token = r#"{"access_token": "a token"}"#;
    let story =
        Story::new(&twice(&format!("{{ {CLIENT} }}")), "{}").http(&[(200, token), (200, "1"), (401, "{}"), (200, token), (200, "2")]).run();
    assert_eq!(story.output(), "2");
    assert_eq!(story.sent.len(), 5);
    // One that was just got is refused for good.
    let story = Story::new(&twice(&format!("{{ {CLIENT} }}")), "{}").http(&[(200, token), (401, r#"{"why": "no"}"#)]).run();
    assert_eq!(
        crate::fault::summary(&story.error()),
        "Authentication error (401): GET http://a.example/x?y answered 401, so it does not accept the call's authentication: {\"why\":\"no\"}"
    );
    let story = Story::new(&twice(&format!("{{ {CLIENT} }}")), "{}")
        .http(&[(200, token), (200, "1"), (401, "{}"), (200, token), (401, "{}")])
        .run();
    assert_eq!(story.error().member("status").map(Value::to_json).as_deref(), Some("401"));
}

#[test]
fn a_refresh_token_renews() {
    let grant = "{ oauth2: { authority: 'https://id.example', endpoints: { token: /t }, grant: password, username: u, password: p, \
        client: { id: me, authentication: none } } }";
    let yaml = format!("{}  - w: {{ wait: PT60S }}\n{}", twice(grant), &twice(grant)[5..]);
    let answers = [
        (200, r#"{"access_token": "one", "expires_in": "60", "refresh_token": "again"}"#),
        (200, "1"),
        (200, "2"),
        (200, r#"{"access_token": "two", "expires_in": 60}"#),
    ];
    let story = Story::new(&yaml, "{}").http(&answers).run();
    assert_eq!(story.sent[3].body.as_deref(), Some(&b"grant_type=refresh_token&refresh_token=again&client_id=me"[..]));
    assert_eq!(story.sent[4].headers[0].1, "Bearer two");
    // One that is not accepted any more: the grant itself.
    let mut answers = answers.to_vec();
    answers[3] = (400, r#"{"error": "invalid_grant"}"#);
    answers.push((200, r#"{"access_token": "three"}"#));
    let story = Story::new(&yaml, "{}").http(&answers).run();
    assert_eq!(story.sent[4].body, story.sent[0].body);
    assert_eq!(story.sent[5].headers[0].1, "Bearer three");
}

/// The token request of an authentication, or why there is none.
fn request(values: &str) -> String {
    let authority = if values.contains("authority:") { "" } else { "authority: 'http://id.example', " };
    let yaml = format!(
        "do: [ {{ a: {{ call: http, with: {{ method: get, endpoint: {{ uri: 'http://a.example/', \
         authentication: {{ oauth2: {{ {authority}{values} }} }} }} }} }} }} ]"
    );
    let story = Story::new(&yaml, "{}").http(&[(200, r#"{"access_token": "t"}"#)]).run();
    match story.sent.first() {
        Some(_) => lines(&story).remove(0).replacen("POST http://id.example/oauth2/token ", "", 1),
        None => crate::fault::summary(&story.error()),
    }
}

#[test]
fn grants_and_client_authentications_have_their_requests() {
    let secret = "client: { id: 'm:e', secret: s%s, authentication: ";
    assert_eq!(
        request(&format!("grant: client_credentials, {secret} client_secret_basic }}")),
        "[Basic bSUzQWU6cyUyNXM=] grant_type=client_credentials"
    );
    assert_eq!(request("grant: client_credentials, client: { id: x, authentication: none }"), "grant_type=client_credentials&client_id=x");
    assert_eq!(
        request("grant: client_credentials, client: { id: x, assertion: a.b.c, authentication: private_key_jwt }"),
        "grant_type=client_credentials&client_id=x&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c"
    );
    let signed = request(&format!("grant: client_credentials, {secret} client_secret_jwt }}"));
    let assertion = signed.rsplit("client_assertion=").next().expect("an assertion");
    assert!(assertion.split('.').count() == 3, "{signed}");
    assert_eq!(
        request("grant: 'urn:ietf:params:oauth:grant-type:token-exchange', subject: { token: s, type: a }, actor: { token: t, type: b }"),
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=s&subject_token_type=a&actor_token=t&actor_token_type=b"
    );
    assert_eq!(
        request("grant: refresh_token, subject: { token: r, type: refresh }, request: { encoding: application/json }, audiences: [ a, b ]"),
        r#"{"grant_type":"refresh_token","refresh_token":"r","audience":["a","b"]}"#
    );
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(request("grant: password, username: u"), "Configuration error (400): the oauth2 authentication needs a `password`");
    assert_eq!(
        request("grant: refresh_token"),
        "Configuration error (400): the grant `refresh_token` needs `subject.token` in the oauth2 authentication"
    );
    assert_eq!(
        request("grant: client_credentials, client: { id: x, authentication: private_key_jwt }"),
        "Configuration error (400): the client authentication `private_key_jwt` needs `client.assertion` in the oauth2 authentication"
    );
    assert!(request("grant: authorization_code").contains("needs a person who consents in a browser"));
    assert!(request("grant: client_credentials, client: { id: x, authentication: other }").contains("`other` is not known"));
    assert!(request("grant: client_credentials, authority: nowhere").contains("`nowhere`"));
}

#[test]
fn a_server_that_gives_no_token_is_quoted() {
    let fault = |answer: (u16, &'static str)| {
        let story = Story::new(&twice(&format!("{{ {CLIENT} }}")), "{}").http(&[answer]).run();
        crate::fault::summary(&story.error())
    };
    assert_eq!(
        fault((400, r#"{"error": "invalid_client", "error_description": "very secret is wrong"}"#)),
        "Authentication error (401): POST https://id.example/realms/r/oauth2/token answered 400: invalid_client: *** is wrong"
    );
    assert_eq!(
        fault((200, "{}")),
        "Authentication error (401): POST https://id.example/realms/r/oauth2/token answered 200 without a token: {}"
    );
    assert_eq!(fault((503, "")), "Authentication error (401): POST https://id.example/realms/r/oauth2/token answered 503");
}

#[test]
fn tokens_and_secrets_are_shown_nowhere() {
    let yaml = "
do:
  - a:
      call: http
      with:
        method: get
        endpoint:
          uri: http://a.example/
          authentication: { oauth2: { authority: 'https://id.example', grant: client_credentials, client: { id: me, secret: 'very secret', authentication: client_secret_basic } } }
        headers: { x-token: '${ \"\\($authorization.scheme) \\($authorization.parameter)\" }' }
        output: response
      output: { as: '{ sent: .request.headers, got: .content, same: ($authorization.parameter | length) }' }
";
    let story = Story::new(yaml, "{}")
        .http(&[
            (200, r#"{"access_token": "t0ken", "refresh_token": "m0re", "id_token": "wh0"}"#),
            (200, r#"["t0ken", "m0re", "very secret"]"#),
        ])
        .run();
    assert_eq!(story.sent.len(), 2);
    assert_eq!(
        story.sent[1].headers,
        [("x-token".to_owned(), "Bearer t0ken".to_owned()), ("authorization".to_owned(), "Bearer t0ken".to_owned())]
    );
    assert_eq!(story.output(), r#"{"sent":{"x-token":"Bearer ***","authorization":"***"},"got":["***","***","***"],"same":5}"#);
    for secret in ["t0ken", "m0re", "very secret"] {
        assert!(!story.seen.contains(secret), "{secret}: {}", story.seen);
    }
}

#[test]
fn issuers_are_checked_where_a_token_names_one() {
    // {"iss":"https://id.example/"} as payload
    let jwt = r#"{"access_token": "e30.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUvIn0.x"}"#;
    let with =
        |issuers: &str| format!("{{ oauth2: {{ authority: 'https://id.example', grant: client_credentials, issuers: [ {issuers} ] }} }}");
    let run = |issuers: &str, token| Story::new(&twice(&with(issuers)), "{}").http(&[(200, token), (200, "1"), (200, "2")]).run();
    assert_eq!(run("'https://other.example', 'https://id.example'", jwt).output(), "2");
    assert_eq!(run("'https://other.example'", r#"{"access_token": "opaque"}"#).output(), "2");
    assert_eq!(
        crate::fault::summary(&run("'https://other.example'", jwt).error()),
        "Authentication error (401): the token comes from the issuer `https://id.example/`, and only https://other.example may issue tokens here"
    );
}

#[test]
fn openid_connect_servers_are_discovered_once() {
    let oidc =
        |authority: &str| format!("{{ oidc: {{ authority: '{authority}', grant: client_credentials, client: {{ id: me, secret: s }} }} }}");
    let about = r#"{"issuer": "https://id.example", "token_endpoint": "https://id.example/other/token"}"#;
    for authority in ["https://id.example/", "https://id.example/.well-known/openid-configuration"] {
        let story = Story::new(&twice(&oidc(authority)), "{}").http(&[(200, about), (200, r#"{"access_token": "t"}"#)]).run();
        assert_eq!(
            lines(&story),
            [
                "GET https://id.example/.well-known/openid-configuration",
                "POST https://id.example/other/token grant_type=client_credentials&client_id=me&client_secret=s",
                "GET http://a.example/x?y [Bearer t]",
                "POST http://a.example/x?y [Bearer t] {}",
            ]
        );
    }
    let story = Story::new(&twice(&oidc("https://id.example")), "{}").http(&[(404, "\"lost\"")]).run();
    assert_eq!(
        crate::fault::summary(&story.error()),
        "Authentication error (401): GET https://id.example/.well-known/openid-configuration answered 404 without a description of an OpenID Connect server: lost"
    );
}

#[test]
fn a_digest_answers_the_challenge_and_counts() {
    let challenge = r#"Digest realm="r", nonce="n1", qop="auth", algorithm=SHA-256, opaque="o""#;
    let digest = "{ digest: { username: u, password: p } }";
    let story = Story::new(&twice(digest), "{}").challenge(challenge).http(&[(401, "{}"), (200, "1"), (200, "2")]).run();
    let sent = lines(&story);
    assert_eq!((sent[0].as_str(), story.output().as_str()), ("GET http://a.example/x?y", "2"));
    assert!(
        sent[1].contains(r#"Digest username="u", realm="r", nonce="n1", uri="/x?y", response=""#) && sent[1].contains("nc=00000001"),
        "{sent:?}"
    );
    assert!(sent[2].starts_with("POST ") && sent[2].contains("nc=00000002"), "the challenge is kept: {sent:?}");
    // A nonce that has grown old.
    let story = Story::new(&twice(digest), "{}").challenge(challenge).http(&[(401, "{}"), (200, "1"), (401, "{}"), (200, "2")]).run();
    assert_eq!((story.sent.len(), story.output().as_str()), (4, "2"));
    let story = Story::new(&twice(digest), "{}").challenge(challenge).http(&[(401, "{}"), (401, "{}")]).run();
    assert_eq!(
        crate::fault::summary(&story.error()),
        "Authentication error (401): GET http://a.example/x?y answered 401, so it does not accept the call's authentication: {}"
    );
    let story = Story::new(&twice(digest), "{}").challenge("Basic realm=\"r\"").http(&[(401, "{}")]).run();
    assert_eq!(
        crate::fault::summary(&story.error()),
        "Authentication error (401): http://a.example/x?y offers no digest that is understood (MD5, SHA-256, SHA-512-256): Basic realm=\"r\""
    );
}

#[test]
fn documents_are_read_with_any_authentication() {
    let yaml = format!(
        "do: [ {{ a: {{ call: openapi, with: {{ document: {{ endpoint: {{ uri: 'https://api.example/d', authentication: {{ {CLIENT} }} }} }}, operationId: x }} }} }} ]"
    );
    let story = Story::new(&yaml, "{}")
        .http(&[(200, r#"{"access_token": "t"}"#)])
        .document("https://api.example/d", "{ swagger: '2.0', paths: {} }")
        .run();
    assert_eq!(story.told[1..3], ["POST https://id.example/realms/r/oauth2/token", "read https://api.example/d from story.yaml"]);
    let summary = crate::fault::summary(&story.error());
    assert!(summary.contains("`x`") && !summary.contains("cannot be read"), "{summary}");
}

#[test]
fn values_of_a_scheme_come_from_a_secret() {
    let yaml = format!("use: {{ secrets: [ s ] }}\n{}", twice("{ oauth2: { use: s } }"));
    let secret = r#"{"authority": "https://id.example", "grant": "client_credentials", "client": {"id": "me", "secret": "x"}}"#;
    let story = Story::new(&yaml, "{}").secret("s", secret).http(&[(200, r#"{"access_token": "t"}"#)]).run();
    assert_eq!(lines(&story)[0], "POST https://id.example/oauth2/token grant_type=client_credentials&client_id=me&client_secret=x");
    let secret = r#"{"authority": "https://id.example", "grant": "authorization_code"}"#;
    let story = Story::new(&yaml, "{}").secret("s", secret).run();
    assert!(crate::fault::summary(&story.error()).contains("consents in a browser"));
}
