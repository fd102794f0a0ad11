//! Tokens that a server gives reach no recording, whenever they come and whatever becomes of them.

use super::*;
use crate::{effect::HttpRequest, event::Details};

/// Gives tokens, each after a second, and says to everybody what his token is.
struct Tokens;

const TOKEN: &str = "fr3sh-token";

impl World for Tokens {
    fn perform(&self, request: Request) -> Performing {
        Box::pin(async move {
            let EffectKind::Http(HttpRequest { url, headers, .. }) = request.effect.kind else { panic!("only requests are made") };
            tokio::time::sleep(Duration::from_secs(1)).await;
            let body = if url.contains("id.example") {
                // Some of it is not a token by its name.
                format!(r#"{{"access_token": "{TOKEN}", "expires_in": 60, "session": "{TOKEN}-session", "key": "{TOKEN}"}}"#)
            } else {
                let token = headers.iter().find(|(key, _)| key == "authorization").map(|(_, text)| text.clone());
                format!("{:?}", token.unwrap_or_default())
            };
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Answer::Http(Ok(HttpResponse { status: 200, headers, body: body.into_bytes() }))
        })
    }

    fn wall_clock(&self) -> i64 {
        1_700_000_000_000
    }

    fn seed(&self) -> u64 {
        7
    }
}

const YAML: &str = "
do:
  - ask:
      call: http
      with:
        method: get
        endpoint: { uri: 'http://a.example/', authentication: { oauth2: { authority: 'https://id.example', grant: client_credentials, client: { id: me, secret: 'not to be shown' } } } }
      output: { as: '{ said: . }' }
  - keep: { set: { kept: '${ .said }' } }
";

/// Runs it with all details, and does this once the token is asked for.
async fn with(errand: impl AsyncFnOnce(&Run)) -> (Run, String) {
    let kept = Arc::new(Kept::default());
    let options = Options { record: Some(Record(kept.clone())), details: Details::ALL, ..Options::default() };
    let run = Engine::new(Arc::new(Tokens)).start(program("/story.yaml", YAML), Value::Null, options);
    tokio::time::sleep(Duration::from_millis(500)).await;
    errand(&run).await;
    run.ended().await;
    let text = kept.0.lock().unwrap().clone();
    (run, text)
}

#[track_caller]
fn check(run: &Run, text: &str) {
    // The text of the workflow is in it as it is.
    let told: Vec<&str> = text.lines().filter(|line| !line.starts_with(r#"{"text""#)).collect();
    let told = told.join("\n");
    for secret in [TOKEN, "not to be shown", "not+to+be+shown"] {
        assert!(!told.contains(secret), "{secret} is in {told}");
        assert!(!log(run).join("\n").contains(secret), "{:#?}", log(run));
    }
    let report = compare(&read_back(text)).unwrap();
    assert_eq!(report.divergences.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new(), "{text}");
    assert_eq!(told_of(text), log(run));
}

fn told_of(text: &str) -> Vec<String> {
    told(&read_back(text).events)
}

#[tokio::test(start_paused = true)]
async fn a_token_is_in_no_recording_and_none_is_needed_to_replay() {
    let (run, text) = with(async |_| {}).await;
    assert!(text.contains(r#"\"access_token\":\"***\",\"expires_in\":60,\"session\":\"***\""#), "{text}");
    assert!(text.contains(r#"{"kept":"Bearer ***"}"#) && text.contains(r#""exchangeEnded":"#), "{text}");
    check(&run, &text);
}

#[tokio::test(start_paused = true)]
async fn nor_one_that_came_while_a_debugger_held_its_call() {
    let (run, text) = with(async |run| {
        assert_eq!(run.with(|debuggee| debuggee.pause(None)).await, Some(true));
        tokio::time::sleep(Duration::from_secs(5)).await;
        run.with(Debuggee::go).await;
    })
    .await;
    assert!(matches!(run.status().outcome, Some(Outcome::Completed(_))));
    check(&run, &text);
}

#[tokio::test(start_paused = true)]
async fn nor_one_that_came_too_late() {
    let (run, text) = with(async |run| {
        run.with(|debuggee| debuggee.pause(None)).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        run.with(Debuggee::cancel).await;
    })
    .await;
    assert!(matches!(run.status().outcome, Some(Outcome::Cancelled)));
    assert!(text.contains(r#"{"late":1,"at":"#) && !text.contains("access_token"), "{text}");
    check(&run, &text);
}
