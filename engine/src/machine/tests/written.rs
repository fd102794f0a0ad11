//! Machines that are written down: at every point, with what does not fit reported.

use super::*;
use crate::machine::written::{Restore, Written, from_text};

/// Every kind of state at once: a loop, a fork with timers, retries, kept events, a sub-task that
/// waits for a value from outside, and timeouts.
const EVERYTHING: &str = "
timeout: { after: { hours: 1 } }
do:
  - loop:
      for: { each: n, in: '[1, 2]' }
      do:
        - sides:
            fork:
              branches:
                - calls:
                    timeout: { after: { seconds: 30 } }
                    try: [ { ask: { call: http, with: { method: get, endpoint: 'http://a.example/{n}' } } } ]
                    catch: { retry: { delay: { seconds: 1 }, jitter: { from: { seconds: 0 }, to: { seconds: 9 } }, limit: { attempt: { count: 3, duration: { minutes: 9 } } } } }
                - waits: { wait: { seconds: 5 } }
                - thinks: { set: { all: '${ [range($n)] }' }, export: { as: '{ thought: .all }' } }
        - heard:
            listen: { to: { any: [ { with: { type: e }, correlate: { k: { from: .data.k } } } ], until: 'length > 1' } }
            foreach: { item: e, do: [ { note: { set: { k: '${ $e.k }', n: '${ $n }' } } } ] }
        - tell: { emit: { event: { with: { type: e, data: { k: 1 } } } } }
  - race: { fork: { compete: true, branches: [ { slow: { wait: { minutes: 1 } } }, { fast: { set: { first: true } } } ] } }
  - last: { try: [ { r: { raise: { error: { type: 'https://x.example/e', status: 418 } } } } ], catch: { as: err, do: [ { s: { set: { e: '${ $err.status }', c: '${ $context }' } } } ] } }
";

fn everything() -> Story {
    let mut story = Story::new(EVERYTHING, r#"{"n": 7}"#).http(&[(500, "{}"), (200, "1"), (500, "{}"), (500, "{}"), (200, "2")]);
    for _ in 0..6 {
        story.machine.feed(Timestamp(0), Input::Event(flowdbg_lang::value::parse_json(r#"{"type": "e", "data": {"k": 1}}"#).unwrap()));
    }
    story
}

#[test]
fn every_kind_of_state_goes_on_as_it_would_have() {
    let story = everything().run();
    assert_eq!(story.output(), r#"{"e":418,"c":{"thought":[0,1]}}"#);
    assert!(story.told.iter().any(|line| line.contains("attempt 3")), "{:?}", story.told);
}

/// Runs a story until it waits for a request.
fn waiting(story: &mut Story) -> Vec<Effect> {
    let (_, output) = story.machine.advance(&mut Open, 10_000);
    output.effects
}

#[test]
fn what_it_waits_for_is_in_it() {
    let mut story = everything();
    let effects = waiting(&mut story);
    let expected: Vec<String> =
        effects.iter().filter(|effect| !matches!(effect.kind, EffectKind::Cancel(_))).map(|effect| format!("{effect:?}")).collect();
    assert!(expected.len() >= 4, "{expected:?}");
    story.rewrite();
    assert_eq!(story.machine.pending().map(|effect| format!("{effect:?}")).collect::<Vec<_>>(), expected);
}

#[track_caller]
fn refused(text: &str) -> String {
    let restore = Restore { load: &mut from_text, secrets: &mut |_| Err("there are none here".to_owned()) };
    match Written::parse(text).and_then(|written| Machine::restore(&written, restore)) {
        Ok(_) => panic!("it was taken: {text}"),
        Err(wrong) => wrong.to_string(),
    }
}

#[test]
fn what_does_not_fit_is_said_with_its_place() {
    let mut story = Story::new("use: { secrets: [ token ] }\ndo:\n  - a: { wait: { seconds: 1 } }\n", "{}").secret("token", "\"s3cret\"");
    for _ in 0..3 {
        for effect in waiting(&mut story) {
            story.perform(effect);
        }
    }
    let text = story.machine.write_down().unwrap().to_string();
    assert!(refused("{").starts_with("it is not JSON: "));
    assert!(refused("[]").contains("not a machine that was written down"));
    assert_eq!(refused(r#"{"machine": 99}"#), "this machine is of version 99; this flowdbg reads version 1");
    assert_eq!(refused(&text), "`secrets/0`: the secrets `token` are needed again: there are none here");
    assert_eq!(
        refused(&text.replace("seconds: 1", "seconds: 2")),
        "`texts/0`: the text of story.yaml does not have the digest that was written down: it has been changed"
    );
    let without = text.replace(r#""names":["token"]"#, r#""names":[]"#);
    let broken = |from: &str, to: &str| {
        assert!(without.contains(from), "{from} is not in {without}");
        let restore = Restore { load: &mut from_text, secrets: &mut |_| Ok(Vec::new()) };
        Written::parse(&without.replace(from, to)).and_then(|written| Machine::restore(&written, restore)).unwrap_err().to_string()
    };
    assert_eq!(broken(r#""state":"waiting""#, r#""state":"asleep""#), "`branches/0/state`: `asleep` is no state that this version knows");
    assert!(broken(r#""task":"/do/0/a"},"step""#, r#""task":"/do/0/b"},"step""#).contains("has no task /do/0/b with the number 0"));
    assert_eq!(broken(r#""nextRun":3"#, r#""nextRun":-3"#), "`nextRun`: -3 is out of range");
    assert_eq!(broken(r#""ready":[]"#, r#""ready":[7]"#), "`ready`: there is no branch 7");
}

/// Every prefix and every version with one byte changed is refused or taken, and nothing panics.
#[test]
fn damage_never_panics() {
    let mut story = everything();
    waiting(&mut story);
    let text = story.machine.write_down().unwrap().to_string();
    let program = story.machine.program().clone();
    let read = |text: &str| {
        let restore = Restore { load: &mut |_| Ok(program.clone()), secrets: &mut |_| Ok(Vec::new()) };
        if let Ok(mut machine) = Written::parse(text).and_then(|written| Machine::restore(&written, restore)) {
            machine.advance(&mut Open, 100);
            machine.feed(Timestamp(1), Input::Cancel);
            machine.advance(&mut Open, 100);
        }
    };
    let places: Vec<usize> = (0..text.len()).filter(|at| text.is_char_boundary(*at)).step_by(47).collect();
    for at in places {
        read(&text[..at]);
        for with in ["0", "9", "\"", "}", "null"] {
            let end = (at + 1..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
            read(&format!("{}{with}{}", &text[..at], &text[end..]));
        }
    }
}

/// A server of tokens, each another one, and a service that takes the newest of them.
#[derive(Clone, Default)]
struct Service {
    given: usize,
    served: Vec<String>,
    timers: BTreeMap<(Timestamp, EffectId), ()>,
}

impl Service {
    fn answer(&mut self, request: &HttpRequest) -> (u16, String) {
        if request.url.contains("id.example") {
            self.given += 1;
            return (
                200,
                format!(r#"{{"access_token": "t0ken-{}", "expires_in": 3600, "refresh_token": "m0re-{}"}}"#, self.given, self.given),
            );
        }
        let known = format!("Bearer t0ken-{}", self.given);
        if !request.headers.iter().any(|(key, text)| key == "authorization" && *text == known) {
            return (401, "{}".to_owned());
        }
        self.served.push(request.url.clone());
        (200, format!("\"{} times\"", self.served.len()))
    }

    /// Goes on to the end. After so many transitions and answers the machine is written down, and
    /// goes on in a process that has nothing else. Gives how many there were.
    fn run(&mut self, story: &mut Story, rewrite_at: usize) -> usize {
        let mut steps = 0;
        let mut step = |story: &mut Story| {
            let rewrites = steps == rewrite_at;
            if rewrites {
                let text = story.machine.write_down().expect("it can be written").to_string();
                assert!(!text.contains("t0ken") && !text.contains("m0re"), "{text}");
                let restore = Restore { load: &mut from_text, secrets: &mut |_| Ok(vec![flowdbg_lang::value::string("very s3cret")]) };
                assert!(!text.replace(story.machine.program().workflow.source.text(), "").contains("s3cret"), "{text}");
                story.machine = Machine::restore(&Written::parse(&text).expect("it can be read"), restore).expect("it can be restored");
            }
            steps += 1;
            rewrites
        };
        let mut effects: Vec<Effect> = Vec::new();
        for _ in 0..1_000 {
            if step(story) {
                effects = story.machine.pending().cloned().collect();
                self.timers.clear();
            }
            let (progress, output) = story.machine.advance(&mut Open, 1);
            effects.extend(output.effects);
            if progress == Progress::Done {
                return steps;
            }
            if progress == Progress::More {
                continue;
            }
            let (now, waiting) = (story.machine.now(), std::mem::take(&mut effects));
            if waiting.is_empty() {
                let ((at, effect), ()) = self.timers.pop_first().expect("it waits for a timer");
                story.machine.feed(at, Input::Answer(effect, Answer::Slept));
            }
            for effect in waiting {
                if step(story) {
                    effects = story.machine.pending().cloned().collect();
                    self.timers.clear();
                    break;
                }
                let answer = match effect.kind {
                    EffectKind::Http(request) => {
                        let (status, body) = self.answer(&request);
                        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
                        Answer::Http(Ok(HttpResponse { status, headers, body: body.into_bytes() }))
                    }
                    EffectKind::Secrets { .. } => Answer::Secrets(Ok(vec![flowdbg_lang::value::string("very s3cret")])),
                    EffectKind::Resource(resource) => {
                        let right = resource.headers.iter().any(|(_, text)| *text == format!("Bearer t0ken-{}", self.given));
                        Answer::Resource(if right {
                            Ok("{ set: { from: '${ .n }' } }".to_owned())
                        } else {
                            Err(ResourceError { status: Some(401), challenges: Vec::new(), message: "no".to_owned() })
                        })
                    }
                    EffectKind::Mcp(call) => {
                        let crate::effect::McpTransport::Http { headers, .. } = call.transport else { panic!("it has no process") };
                        let right = headers.iter().any(|(_, text)| *text == format!("Bearer t0ken-{}", self.given));
                        let kind = crate::effect::McpErrorKind::Status(401);
                        let refusal = crate::effect::McpError { kind, message: "no".to_owned() };
                        Answer::Mcp(if right { Ok(call.parameters) } else { Err(refusal) })
                    }
                    EffectKind::Sleep(until) => {
                        self.timers.insert((until, effect.id), ());
                        continue;
                    }
                    EffectKind::Cancel(other) => {
                        self.timers.retain(|(_, id), ()| *id != other);
                        continue;
                    }
                    other => panic!("it asks for {other:?}"),
                };
                story.machine.feed(now, Input::Answer(effect.id, answer));
            }
        }
        panic!("it does not end");
    }
}

/// Tokens are not written down: wherever an execution is written down, its calls get another one
/// and end as they would have.
#[test]
fn tokens_are_not_written_down_and_asked_for_again() {
    let yaml = "
use:
  secrets: [ key ]
  authentications:
    id: { oauth2: { authority: 'https://id.example', grant: client_credentials, client: { id: me, secret: '${ $secrets.key }', authentication: client_secret_basic } } }
  catalogs: { c: { endpoint: { uri: 'https://f.example/', authentication: { use: id } } } }
do:
  - ask: { call: http, with: { method: get, endpoint: { uri: 'http://a.example/1', authentication: { use: id } }, headers: { x: '${ $authorization.scheme }' } } }
  - sides:
      fork:
        branches:
          - left: { call: http, with: { method: get, endpoint: { uri: 'http://a.example/2', authentication: { use: id } } } }
          - right: { wait: { seconds: 1 } }
  - tool: { call: mcp, with: { method: tools/call, parameters: { name: x }, transport: { http: { endpoint: { uri: 'http://t.example/', authentication: { use: id } } } } } }
  - fetched: { call: 'f:1.0.0@c', with: { n: 3 } }
  - last: { call: http, with: { method: get, endpoint: { uri: 'http://a.example/3', authentication: { use: id } } } }
";
    let mut plain = Story::new(yaml, "{}");
    let mut service = Service::default();
    let steps = service.run(&mut plain, usize::MAX);
    assert_eq!((plain.output().as_str(), service.given), (r#""3 times""#, 1));
    assert!(steps > 15, "{steps}");
    let mut asked_again = 0;
    for at in 0..steps {
        let mut again = Story::new(yaml, "{}");
        let mut service = Service::default();
        service.run(&mut again, at);
        assert_eq!(again.output(), plain.output(), "written down after {at} steps");
        assert_eq!(service.served, ["http://a.example/1", "http://a.example/2", "http://a.example/3"]);
        asked_again += service.given - 1;
    }
    assert!(asked_again > steps / 2, "{asked_again} of {steps}");
}

/// A subscription cannot begin again without losing messages: where its token is gone, it ends with
/// an error, and what came before is still taken.
#[test]
fn a_subscription_that_was_made_with_a_token_breaks() {
    let yaml = "
do:
  - take:
      try:
        - hear:
            call: asyncapi
            with:
              document: { endpoint: chat.json }
              operation: chat
              authentication: { oauth2: { authority: 'https://id.example', grant: client_credentials, client: { id: me, authentication: none } } }
              subscription: { consume: { amount: 3 }, foreach: { item: m, do: [ { note: { set: { got: '${ $m.payload.n }' }, export: { as: '${ $context + {last: .got} }' } } } ] } }
      catch: { as: e, do: [ { why: { set: { why: '${ $e.detail }', last: '${ $context.last }' } } } ] }
";
    let document = r##"{"asyncapi":"3.0.0","servers":{"main":{"host":"chat.example","protocol":"wss"}},"channels":{"chat":{"address":"/rooms","messages":{"said":{}}}},"operations":{"chat":{"action":"send","channel":{"$ref":"#/channels/chat"}}}}"##;
    let mut story = Story::new(yaml, "{}").http(&[(200, r#"{"access_token": "t0ken"}"#)]).document("chat.json", document);
    let mut subscription = None;
    while subscription.is_none() {
        for effect in waiting(&mut story) {
            match &effect.kind {
                EffectKind::Subscribe(channel) => {
                    assert_eq!(channel.headers, [("authorization".to_owned(), "Bearer t0ken".to_owned())]);
                    subscription = Some(effect.id);
                }
                _ => drop(story.perform(effect)),
            }
        }
    }
    let message = |n: u8| crate::effect::Message { payload: format!("{{\"n\": {n}}}").into_bytes(), ..Default::default() };
    let effect = subscription.expect("it subscribes");
    story.machine.feed(Timestamp(1), Input::Answer(effect, Answer::Message(message(1))));
    waiting(&mut story);
    story.machine.feed(Timestamp(2), Input::Answer(effect, Answer::Message(message(2))));
    let text = story.machine.write_down().expect("it can be written").to_string();
    assert!(!text.contains("t0ken"), "{text}");
    let restore = Restore { load: &mut from_text, secrets: &mut |_| Ok(Vec::new()) };
    story.machine = Machine::restore(&Written::parse(&text).expect("it can be read"), restore).expect("it can be restored");
    assert_eq!(story.machine.pending().count(), 0, "the connection is not made again");
    waiting(&mut story);
    let why = "the subscription broke: its token was not written down with the execution";
    assert_eq!(story.output(), format!(r#"{{"why":"{why}","last":2}}"#));
}

/// A credential that stands in the data is data: it is hidden from people, and it is written down.
#[test]
fn credentials_in_the_data_come_back_and_stay_hidden() {
    let yaml = "
do:
  - wait: { wait: { seconds: 1 }, output: { as: . } }
  - ask: { call: http, with: { method: get, endpoint: { uri: 'http://a.example/', authentication: { bearer: { token: '${ .token }' } } }, output: response } }
  - keep: { set: { sent: '${ .content }' } }
";
    let story = Story::new(yaml, r#"{"token": "long-lived-token"}"#).http(&[(200, r#""it was long-lived-token""#)]).run();
    assert_eq!(story.sent[0].headers.last().map(|(_, text)| text.as_str()), Some("Bearer long-lived-token"));
    assert_eq!(story.output(), r#"{"sent":"it was ***"}"#);
}

/// The program of a function is made again from its text.
#[test]
fn functions_of_other_files_go_on() {
    let yaml =
        "do: [ { a: { call: 'https://f.example/f.yaml', with: { n: 3 } } }, { b: { call: 'https://f.example/f.yaml', with: { n: 4 } } } ]";
    let function = "{ do: [ { one: { wait: { seconds: 1 } } }, { two: { set: { got: '${ .n }' } } } ] }";
    let story = Story::new(yaml, "{}").document("https://f.example/f.yaml", function).run();
    assert_eq!(story.output(), r#"{"got":4}"#);
    assert_eq!(story.told.iter().filter(|line| line.starts_with("read ")).count(), 1);
}

/// What an execution without effects does not know stays unknown.
#[test]
fn unknown_values_go_on() {
    let mut story = Story::new(
        "do: [ { ask: { call: http, with: { method: get, endpoint: 'http://a.example/' } } }, { s: { set: { a: '${ .b }', c: 1 } } } ]",
        "{}",
    );
    story.machine.allow_unknown();
    let effects = waiting(&mut story);
    story.machine.feed(Timestamp(1), Input::Answer(effects[0].id, Answer::Unknown));
    story.rewrite();
    waiting(&mut story);
    let Some(Outcome::Completed(output)) = story.machine.outcome() else { panic!("{:?}", story.machine.outcome()) };
    assert!(is_unknown(output.member("a").expect("it is set")), "{output}");
}

#[test]
fn a_payload_in_many_places_is_written_once() {
    let payload = "x".repeat(100_000);
    let yaml = "do: [ { a: { do: [ { b: { do: [ { c: { wait: { seconds: 1 } } } ] } } ] } } ]";
    let mut story = Story::new(yaml, &format!("{{\"payload\": \"{payload}\"}}"));
    for effect in waiting(&mut story) {
        story.perform(effect);
    }
    let text = story.machine.write_down().unwrap().to_string();
    assert!(text.len() < 110_000, "{} bytes", text.len());
    story.rewrite();
    assert_eq!(story.run().output().len(), payload.len() + 14);
}
