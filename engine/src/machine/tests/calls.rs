//! Stories of calls: OpenAPI operations, named authentications, functions.

use super::*;

/// Runs one OpenAPI call and gives its request as a few lines, or the error.
fn request(document: &'static str, with: &str, input: &str) -> String {
    let yaml =
        format!("do: [ {{ a: {{ call: openapi, with: {{ document: {{ endpoint: https://api.example/v1/doc.json }}, {with} }} }} }} ]");
    let story = Story::new(&yaml, input).document("https://api.example/v1/doc.json", document).run();
    match story.sent.first() {
        Some(request) => {
            let headers = request.headers.iter().map(|(key, member)| format!("\n{key}: {member}"));
            let body = request.body.as_ref().map(|body| format!("\n\n{}", String::from_utf8_lossy(body))).unwrap_or_default();
            format!("{} {}{}{body}", request.method, request.url, headers.collect::<String>())
        }
        None => crate::fault::summary(&story.error()),
    }
}

const SWAGGER: &str = r##"{
  "swagger": "2.0", "host": "pets.example", "basePath": "/v2", "schemes": ["http", "https"],
  "securityDefinitions": { "key": { "type": "apiKey", "name": "api_key", "in": "header" } },
  "parameters": { "id": { "name": "petId", "in": "path", "required": true, "type": "integer" } },
  "paths": {
    "/pet/find": { "get": { "operationId": "find", "produces": ["application/xml", "application/json"],
      "parameters": [ { "name": "status", "in": "query", "required": true, "type": "array", "collectionFormat": "multi" } ] } },
    "/pet/{petId}": {
      "parameters": [ { "$ref": "#/parameters/id" } ],
      "get": { "operationId": "get", "security": [ { "key": [] } ] },
      "post": { "operationId": "form", "consumes": ["application/x-www-form-urlencoded"],
        "parameters": [ { "name": "name", "in": "formData", "type": "string" }, { "name": "x-trace", "in": "header", "type": "string" } ] },
      "put": { "operationId": "put", "parameters": [ { "name": "pet", "in": "body", "required": true } ] },
      "patch": { "operationId": "upload", "parameters": [ { "name": "photo", "in": "formData", "type": "file" } ] }
    }
  }
}"##;

#[test]
fn swagger_parameters_go_to_their_places() {
    let sent = |with| request(SWAGGER, with, r#"{"s": ["a b", "c"]}"#);
    assert_eq!(
        sent("operationId: find, parameters: { status: '${ .s }' }"),
        "GET https://pets.example/v2/pet/find?status=a+b&status=c\naccept: application/json"
    );
    assert_eq!(sent("operationId: get, parameters: { petId: 7, api_key: k }"), "GET https://pets.example/v2/pet/7\napi_key: k");
    assert_eq!(
        sent("operationId: form, parameters: { petId: 7, name: 'a&b', x-trace: t }"),
        "POST https://pets.example/v2/pet/7\nx-trace: t\ncontent-type: application/x-www-form-urlencoded\n\nname=a%26b"
    );
    assert_eq!(
        sent("operationId: put, parameters: { petId: a/b, pet: { name: x } }"),
        "PUT https://pets.example/v2/pet/a%2Fb\ncontent-type: application/json\n\n{\"name\":\"x\"}"
    );
    assert_eq!(
        sent("operationId: upload, parameters: { petId: 1, photo: bits }"),
        "PATCH https://pets.example/v2/pet/1\ncontent-type: multipart/form-data; boundary=flowdbg-part\n\n\
         --flowdbg-part\r\ncontent-disposition: form-data; name=\"photo\"\r\n\r\nbits\r\n--flowdbg-part--\r\n"
    );
}

const OPENAPI: &str = "
openapi: 3.1.0
servers: [ { url: 'https://{stage}.example/{base}', variables: { stage: { default: test }, base: { default: api } } } ]
paths:
  /things:
    post:
      operationId: add
      parameters: [ { name: session, in: cookie, schema: {} } ]
      requestBody: { $ref: '#/components/requestBodies/thing' }
    get: { operationId: list, servers: [ { url: ../other } ], parameters: [ { name: f, in: query, style: deepObject } ] }
components:
  requestBodies: { thing: { required: true, content: { application/merge-patch+json: {} } } }
";

#[test]
fn openapi_servers_have_variables_and_bodies_have_types() {
    let sent = |with| request(OPENAPI, with, "{}");
    let body = "POST https://test.example/api/things\ncookie: session=s%201\ncontent-type: application/merge-patch+json\n\n{\"a\":1}";
    assert_eq!(sent("operationId: add, parameters: { session: 's 1', body: { a: 1 } }"), body);
    assert_eq!(sent("operationId: add, parameters: { session: 's 1', a: 1 }"), body, "what no parameter takes is the body");
    assert_eq!(sent("operationId: list, parameters: { f: { n: 1 } }"), "GET https://api.example/other/things?f%5Bn%5D=1");
}

#[test]
fn an_operation_that_cannot_be_called_says_why() {
    let sent = |with| request(SWAGGER, with, "{}");
    assert_eq!(sent("operationId: find"), "Validation error (400): the operation `find` needs the parameter `status`");
    assert_eq!(
        sent("operationId: finds"),
        "Configuration error (400): https://api.example/v1/doc.json has no operation `finds`; did you mean `find`?"
    );
    assert_eq!(
        sent("operationId: find, parameters: { status: x, statu: y }"),
        "Configuration error (400): the operation `find` has no parameter `statu`; did you mean `status`?"
    );
    assert_eq!(
        request(OPENAPI, "operationId: add", "{}"),
        "Validation error (400): the operation `add` needs the parameter `body`: its request body"
    );
    assert_eq!(
        request("{ swagger: '1.2' }", "operationId: x", "{}"),
        "Configuration error (400): https://api.example/v1/doc.json has the version 1.2; Swagger 2.0 and OpenAPI 3 documents are understood"
    );
    assert!(request("a: [", "operationId: x", "{}").starts_with("Configuration error (400): the OpenAPI document"));
    let yaml = "do: [ { a: { call: openapi, with: { document: { endpoint: api.yaml }, operationId: x } } } ]";
    let story = Story::new(yaml, "{}").run();
    assert_eq!(crate::fault::summary(&story.error()), "Communication error (404): the OpenAPI document cannot be read: there is none");
    assert_eq!(story.told[1], "read api.yaml from story.yaml");
}

#[test]
fn a_document_is_read_once_and_outputs_are_shaped() {
    let yaml = "
do:
  - all:
      for: { in: '[1, 2, 3]' }
      do:
        - get:
            call: openapi
            with: { document: { endpoint: 'https://api.example/{doc}' }, operationId: get, parameters: { petId: '${ $item }' }, output: response }
            output: { as: '{ doc: \"doc.json\", status: .statusCode, uri: .request.uri, content: .content }' }
";
    let story = Story::new(yaml, r#"{"doc": "doc.json"}"#).document("https://api.example/doc.json", SWAGGER).http(&[
        (200, "1"),
        (200, "2"),
        (200, "3"),
    ]);
    let story = story.run();
    assert_eq!(story.told.iter().filter(|line| line.starts_with("read ")).count(), 1);
    assert_eq!(story.output(), r#"{"doc":"doc.json","status":200,"uri":"https://pets.example/v2/pet/3","content":3}"#);
    let yaml = "do: [ { a: { call: openapi, with: { document: { endpoint: d }, operationId: get, parameters: { petId: 1 } } } } ]";
    let fault = Story::new(yaml, "{}").document("d", SWAGGER).http(&[(503, "\"later\"")]).run().error();
    assert_eq!(fault.member("status").map(Value::to_json).as_deref(), Some("503"));
}

#[test]
fn authentications_are_named() {
    let yaml = "
use:
  authentications:
    user: { basic: { username: '${ .name }', password: p } }
    token: { bearer: { token: t } }
do:
  - a: { call: http, with: { method: get, endpoint: { uri: 'http://a.example/', authentication: { use: user } } }, output: { as: '{ name: 1 }' } }
  - b:
      call: openapi
      with:
        document: { endpoint: { uri: 'https://api.example/d', authentication: { use: token } } }
        operationId: get
        parameters: { petId: 1 }
        authentication: { use: user }
";
    let story = Story::new(yaml, r#"{"name": "u"}"#).document("https://api.example/d", SWAGGER).run();
    let sent: Vec<&str> = story
        .sent
        .iter()
        .flat_map(|request| &request.headers)
        .filter(|(key, _)| key == "authorization")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(sent, ["Basic dTpw", "Basic MTpw"]);
}

#[test]
fn functions_are_tasks_with_an_input_of_their_own() {
    let yaml = "
use:
  functions:
    add:
      input: { schema: { document: { type: object, required: [ a ] } }, from: '{ sum: (.a + .b) }' }
      set: { sum: '${ .sum }', by: '${ $task.reference }' }
    twice:
      do:
        - first: { call: add, with: { a: '${ .n }', b: '${ .n }' } }
        - second: { call: add, with: { a: '${ .sum }', b: 0 }, then: exit }
        - never: { set: wrong }
do:
  - loop:
      for: { each: x, in: '[1, 2]' }
      do: [ { call: { call: twice, with: { n: '${ $x }' }, output: { as: .sum } } } ]
";
    assert_eq!(output(yaml, "{}"), "4");
    let fault = Story::new(&yaml.replace("call: twice, with: { n: '${ $x }' }", "call: add"), "{}").run().error();
    assert_eq!(fault.member("instance").and_then(Value::as_text).as_deref(), Some("/use/functions/add"));
    assert_eq!(fault.member("status").map(Value::to_json).as_deref(), Some("400"));
}

#[test]
fn what_lies_beside_a_fetched_function_is_fetched_from_there() {
    let function = "{ call: openapi, with: { document: { endpoint: ./api.json }, operationId: get, parameters: { petId: 1 } } }";
    let yaml = "do: [ { a: { call: 'https://f.example/pets/function.yaml' } } ]";
    let story = Story::new(yaml, "{}")
        .document("https://f.example/pets/function.yaml", function)
        .document("https://f.example/pets/api.json", SWAGGER);
    let story = story.http(&[(200, "7")]).run();
    assert_eq!(story.output(), "7");
    assert!(
        story.told.iter().any(|line| line == "read https://f.example/pets/api.json from https://f.example/pets/function.yaml"),
        "{:?}",
        story.told
    );
}

#[test]
fn a_function_that_calls_itself_is_stopped() {
    let yaml = "
use: { functions: { f: { do: [ { again: { call: f } } ] } } }
do: [ { start: { call: f } } ]
";
    let fault = Story::new(yaml, "{}").run().error();
    assert!(crate::fault::summary(&fault).contains("more than 64 functions"), "{}", fault.to_json());
}

#[test]
fn errors_of_a_function_are_caught_by_its_caller() {
    let yaml = "
use: { functions: { f: { raise: { error: { type: 'https://x.example/e', status: 418 } } } } }
do:
  - t: { try: [ { c: { call: f } } ], catch: { as: e, do: [ { s: { set: { at: '${ $e.instance }', status: '${ $e.status }' } } } ] } }
";
    assert_eq!(output(yaml, "{}"), r#"{"at":"/use/functions/f","status":418}"#);
}
