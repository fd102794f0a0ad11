//! The control API over a real WebSocket.

use flowdbg_protocol::control::{
    self, Branches, Cancel, Continue, Evaluate, EvaluateParams, ExceptionInfo, FrameRef, Frames, FramesParams, Get, List, Nothing, Notice,
    OfBranch, OfBranchOnly, OfExecution, OfFrame, PathStep, Pause, PauseParams, Phase, Release, Root, Scope, Scopes, SetBreakpoints,
    SetBreakpointsParams, SetExceptionFilters, SetExceptionFiltersParams, SetVariable, SetVariableParams, SourceBreakpoint, Start,
    StartParams, Step, StepKind, StepParams, StopReason, Variable, Variables, VariablesParams, code,
};
use flowdbg_server::serve::{ServeOptions, Serving};
use serde_json::{Value, json};

use super::support::{Client, FAULTY, Fixture, LISTENER, ORDER, connect, connect_with, host, host_with, next, stopped, within};

fn input() -> Value {
    json!({ "items": [{ "cost": 3 }, { "cost": 4 }] })
}

/// An execution that is held, watched and has breakpoints.
struct Session {
    serving: Serving,
    client: Client,
    execution: String,
    notices: jsonrpsee::core::client::Subscription<Notice>,
    fixture: Fixture,
}

impl Session {
    async fn held(text: &str, input: Value) -> Self {
        let (serving, fixture) = (host().await, Fixture::new(text));
        let client = connect(&serving).await;
        let execution = client.start(&fixture, input, |how| how.hold = true).await;
        let notices = client.watch(&execution).await.unwrap();
        Self { serving, client, execution, notices, fixture }
    }

    fn id(&self) -> OfExecution {
        OfExecution { execution: self.execution.clone() }
    }

    async fn break_at(&self, breakpoints: Vec<SourceBreakpoint>) -> Vec<control::Breakpoint> {
        let params = SetBreakpointsParams { execution: self.execution.clone(), path: self.fixture.program(), breakpoints };
        self.client.call::<SetBreakpoints>(params).await.breakpoints
    }

    async fn release(&self) {
        self.client.call::<Release>(self.id()).await;
    }

    async fn go(&self) {
        self.client.call::<Continue>(OfBranch { execution: self.execution.clone(), branch: None }).await;
    }

    async fn step(&self, branch: u32, kind: StepKind) {
        let execution = self.execution.clone();
        self.client.call::<Step>(StepParams { execution, branch, kind, granularity: Default::default(), single: false }).await;
    }

    async fn frames(&self, branch: u32) -> Vec<control::Frame> {
        let params = FramesParams { execution: self.execution.clone(), branch, start: 0, count: None };
        self.client.call::<Frames>(params).await.frames
    }

    async fn names(&self, branch: u32) -> Vec<String> {
        self.frames(branch).await.into_iter().map(|frame| frame.name).collect()
    }

    async fn variables(&self, frame: FrameRef, root: Root, path: Vec<PathStep>) -> Vec<Variable> {
        let params = VariablesParams { execution: self.execution.clone(), frame, root, path, start: 0, count: None };
        self.client.call::<Variables>(params).await.variables
    }

    async fn evaluate(&self, frame: Option<FrameRef>, expression: &str) -> Result<Variable, control::ControlError> {
        let params = EvaluateParams { execution: self.execution.clone(), frame, expression: expression.into(), whole: false };
        self.client.try_call::<Evaluate>(params).await
    }
}

fn at(line: u32) -> SourceBreakpoint {
    SourceBreakpoint { line, ..Default::default() }
}

#[tokio::test]
async fn an_execution_runs_and_says_how_it_ended() {
    within(async {
        let session = Session::held(ORDER, input()).await;
        let before = session.client.call::<Get>(session.id()).await;
        assert_eq!((before.phase, before.workflow.as_str()), (Phase::Pending, "tests/order:1.0.0"));
        session.release().await;
        let mut notices = session.notices;
        let output = json!({ "state": "refused", "status": 503 });
        assert_eq!(next(&mut notices).await, Notice::Ended { phase: Phase::Completed, output: Some(output.clone()), error: None });
        let list = session.client.call::<List>(Nothing {}).await.executions;
        assert_eq!(list.len(), 1);
        assert_eq!(
            (list[0].phase, list[0].output.as_ref(), list[0].program.as_str()),
            (Phase::Completed, Some(&output), &*session.fixture.program())
        );
        assert!(list[0].last_event > 10 && list[0].started_at.is_some());
        // Who comes late hears the end as well.
        let mut late = session.client.watch(&session.execution).await.unwrap();
        assert!(matches!(next(&mut late).await, Notice::Ended { phase: Phase::Completed, .. }));
        let of = OfExecution { execution: session.execution.clone() };
        assert_eq!(session.client.try_call::<Cancel>(of).await.unwrap_err().code, code::ENDED);
        session.serving.shutdown().await;
    })
    .await;
}

const CATALOGED: &str = "
document: { dsl: '1.0.3', namespace: tests, name: cataloged, version: '1.0.0' }
use: { catalogs: { here: { endpoint: ./catalog } } }
do:
  - greet: { call: 'greet:1.0.0@here', with: { name: Ada } }
";

#[tokio::test]
async fn a_breakpoint_stops_in_the_file_of_a_function() {
    within(async {
        let mut session = Session::held(CATALOGED, Value::Null).await;
        let file = session.fixture.path.parent().unwrap().join("catalog/functions/greet/1.0.0/function.yaml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "do:\n  - hello: { set: { text: '${ .name }' } }\n  - bye: { set: { last: '${ .text }' } }\n").unwrap();
        let path = file.to_str().unwrap().to_owned();
        let params = SetBreakpointsParams { execution: session.execution.clone(), path: path.clone(), breakpoints: vec![at(2)] };
        let bound = session.client.call::<SetBreakpoints>(params).await.breakpoints;
        assert!(!bound[0].verified, "the function is not read yet: {bound:?}");
        session.release().await;
        assert_eq!(stopped(&mut session.notices).await, (1, StopReason::Breakpoint));
        let frames = session.frames(1).await;
        let names: Vec<&str> = frames.iter().map(|frame| frame.name.as_str()).collect();
        assert_eq!((names, frames[0].path.as_str(), frames[0].range.start.line), (vec!["bye", "greet", "greet", "cataloged"], &*path, 2));
        session.go().await;
        assert!(matches!(next(&mut session.notices).await, Notice::Ended { phase: Phase::Completed, .. }));
        session.serving.shutdown().await;
    })
    .await;
}

#[tokio::test]
async fn a_breakpoint_in_a_loop_shows_frames_and_values() {
    within(async {
        let mut session = Session::held(ORDER, input()).await;
        let line = session.fixture.line("- price:");
        let second = SourceBreakpoint { condition: Some("$item.cost == 4".into()), ..at(line) };
        let bound = session.break_at(vec![second]).await;
        assert!(bound[0].verified, "{bound:?}");
        assert_eq!((bound[0].range.unwrap().start.line, bound[0].reference.as_deref()), (line, Some("/do/1/eachItem/do/0/price")));
        session.release().await;
        assert_eq!(stopped(&mut session.notices).await, (1, StopReason::Breakpoint));
        let frames = session.frames(1).await;
        let names: Vec<&str> = frames.iter().map(|frame| frame.name.as_str()).collect();
        assert_eq!(names, ["price", "eachItem [2/2]", "order"]);
        assert_eq!((frames[0].range.start.line, frames[0].range.start.character), (line, 10));
        assert_eq!((frames[0].path.as_str(), frames[2].reference.as_str()), (&*session.fixture.program(), ""));
        let top = frames[0].frame;
        assert_eq!(top, FrameRef { branch: 1, depth: 2 });

        let scopes = session.client.call::<Scopes>(OfFrame { execution: session.execution.clone(), frame: top }).await.scopes;
        assert_eq!(scopes.iter().map(|info| info.scope).collect::<Vec<_>>(), [Scope::Input, Scope::Output, Scope::Context, Scope::Locals]);
        let locals = session.variables(top, Root::Scope(Scope::Locals), Vec::new()).await;
        let item = locals.iter().find(|local| local.name == "$item").unwrap();
        assert_eq!((item.value.as_str(), item.evaluate_name.as_deref(), item.children.named), (r#"{"cost":4}"#, Some("$item"), 1));
        let context = session.variables(top, Root::Scope(Scope::Context), Vec::new()).await;
        assert_eq!((context[0].value.as_str(), context[0].evaluate_name.as_deref()), ("2", Some("$context.count")));
        assert!(session.variables(top, Root::Scope(Scope::Output), Vec::new()).await.is_empty());

        // Every path that is offered evaluates to the value it was offered for.
        for root in
            [Root::Scope(Scope::Locals), Root::Scope(Scope::Input), Root::Scope(Scope::Context), Root::Expression("$item, 1".into())]
        {
            for variable in session.variables(top, root, Vec::new()).await {
                let again = session.evaluate(Some(top), variable.evaluate_name.as_deref().unwrap()).await.unwrap();
                assert_eq!(again.value, variable.value);
            }
        }
        assert_eq!(session.evaluate(None, "${ $item.cost + 1 }").await.unwrap().value, "5");
        let broken = session.evaluate(Some(top), "1 +").await.unwrap_err();
        assert_eq!(broken.code, code::EXPRESSION);
        let gone = session.evaluate(Some(FrameRef { branch: 1, depth: 9 }), ".").await.unwrap_err();
        assert_eq!(gone.code, code::NOT_SUSPENDED);
        session.go().await;
        assert!(matches!(next(&mut session.notices).await, Notice::Ended { phase: Phase::Completed, .. }));
    })
    .await;
}

#[tokio::test]
async fn steps_go_over_into_forks_and_into_catch() {
    within(async {
        let mut session = Session::held(ORDER, input()).await;
        session.break_at(vec![at(session.fixture.line("- sides:"))]).await;
        session.release().await;
        assert_eq!(stopped(&mut session.notices).await, (1, StopReason::Breakpoint));
        session.step(1, StepKind::In).await;
        let (branch, reason) = stopped(&mut session.notices).await;
        assert_eq!(reason, StopReason::Step);
        assert_ne!(branch, 1);
        let frames = session.frames(branch).await;
        assert!(["left", "right"].contains(&frames[0].name.as_str()), "{frames:?}");
        assert_eq!(
            frames[1..].iter().map(|frame| (frame.name.as_str(), frame.kind)).collect::<Vec<_>>(),
            [("sides", control::FrameKind::Label), ("order", control::FrameKind::Label)]
        );
        let branches = session.client.call::<Branches>(session.id()).await.branches;
        let names: Vec<&str> = branches.iter().map(|branch| branch.name.as_str()).collect();
        assert_eq!(names, ["order (waiting for branches)", "order / sides / left", "order / sides / right"]);
        assert!(branches.iter().all(|branch| branch.suspended));

        session.break_at(vec![at(session.fixture.line("- pay:"))]).await;
        session.go().await;
        assert_eq!(stopped(&mut session.notices).await, (1, StopReason::Breakpoint));
        session.step(1, StepKind::In).await;
        stopped(&mut session.notices).await;
        assert_eq!(session.names(1).await, ["charge", "pay", "order"]);
        // The step over the failing task lands in the handler.
        session.step(1, StepKind::Over).await;
        stopped(&mut session.notices).await;
        assert_eq!(session.names(1).await, ["note", "pay catch", "order"]);
        let locals = session.variables(FrameRef { branch: 1, depth: 2 }, Root::Scope(Scope::Locals), Vec::new()).await;
        assert_eq!(locals[0].name, "$problem");
        session.go().await;
        assert!(matches!(next(&mut session.notices).await, Notice::Ended { .. }));
        // Nothing can be asked of it any more, but it is still known.
        let gone = session.client.try_call::<Branches>(session.id()).await.unwrap_err();
        assert_eq!(gone.code, code::ENDED);
    })
    .await;
}

#[tokio::test]
async fn values_can_be_replaced_and_looked_at_deeply() {
    within(async {
        let mut session = Session::held(ORDER, input()).await;
        session.break_at(vec![at(session.fixture.line("- prepare:")), at(session.fixture.line("- note:"))]).await;
        session.release().await;
        stopped(&mut session.notices).await;
        let top = session.frames(1).await[0].frame;
        let path = vec![PathStep::Key("items".into()), PathStep::Index(0), PathStep::Key("odd key".into())];
        let params = SetVariableParams {
            execution: session.execution.clone(),
            frame: top,
            scope: Scope::Input,
            path: path.clone(),
            value: "[.items[].cost] | add".into(),
        };
        let set = session.client.call::<SetVariable>(params.clone()).await;
        assert_eq!((set.value.as_str(), set.evaluate_name.as_deref()), ("7", Some(r#"$input.items[0]["odd key"]"#)));
        let seen = session.variables(top, Root::Scope(Scope::Input), path[..2].to_vec()).await;
        assert_eq!(seen[1].evaluate_name.as_deref(), Some(r#"$input.items[0]["odd key"]"#));
        assert_eq!(seen[1].value, "7");
        let nowhere = SetVariableParams { path: vec![PathStep::Key("items".into()), PathStep::Index(9)], ..params };
        assert!(session.client.try_call::<SetVariable>(nowhere).await.unwrap_err().message.contains("no item 9"));
        session.go().await;
        stopped(&mut session.notices).await;
        assert_eq!(session.names(1).await[0], "note");
    })
    .await;
}

#[tokio::test]
async fn large_values_are_paged_and_cut() {
    within(async {
        let items: Vec<Value> = (0..20_000).map(|n| json!({ "n": n, "text": "x".repeat(50) })).collect();
        let mut session = Session::held(ORDER, json!({ "items": items, "long": "é".repeat(5_000) })).await;
        session.break_at(vec![at(session.fixture.line("- prepare:"))]).await;
        session.release().await;
        stopped(&mut session.notices).await;
        let frame = session.frames(1).await[0].frame;
        let top = session.variables(frame, Root::Scope(Scope::Input), Vec::new()).await;
        assert_eq!((top[0].children.indexed, top[0].value.chars().count()), (20_000, 1_000));
        assert!(top[1].value.ends_with('…') && top[1].value.chars().count() == 1_000);
        let path = vec![PathStep::Key("items".into())];
        let params = VariablesParams {
            execution: session.execution.clone(),
            frame,
            root: Root::Scope(Scope::Input),
            path,
            start: 19_998,
            count: Some(50),
        };
        let page = session.client.call::<Variables>(params.clone()).await.variables;
        assert_eq!(page.iter().map(|item| item.name.as_str()).collect::<Vec<_>>(), ["[19998]", "[19999]"]);
        let all = session.client.call::<Variables>(VariablesParams { start: 0, count: None, ..params }).await.variables;
        assert_eq!(all.len(), 10_000);
        let whole = EvaluateParams { execution: session.execution.clone(), frame: Some(frame), expression: ".long".into(), whole: true };
        assert_eq!(session.client.call::<Evaluate>(whole).await.value.chars().count(), 5_002);
    })
    .await;
}

#[tokio::test]
async fn an_uncaught_error_stops_where_it_is_raised() {
    within(async {
        let mut session = Session::held(FAULTY, Value::Null).await;
        let filters = |name: &str| SetExceptionFiltersParams { execution: session.execution.clone(), filters: vec![name.into()] };
        let unknown = session.client.try_call::<SetExceptionFilters>(filters("caugth")).await.unwrap_err();
        assert_eq!(unknown.message, "there is no exception filter `caugth`; there are: uncaught");
        session.client.call::<SetExceptionFilters>(filters("uncaught")).await;
        session.release().await;
        let Notice::Stopped { branch: 1, reason: StopReason::Exception, text, .. } = next(&mut session.notices).await else {
            panic!("no stop")
        };
        assert_eq!(text.as_deref(), Some("No tea (418)"));
        let info = session.client.call::<ExceptionInfo>(OfBranchOnly { execution: session.execution.clone(), branch: 1 }).await;
        assert_eq!(
            (info.caught, info.attempt, &info.error["status"], &info.error["instance"]),
            (false, 1, &json!(418), &json!("/do/0/outer/do/0/fail"))
        );
        assert!(info.stack[0].starts_with("fail (test.workflow.yaml:"), "{:?}", info.stack);
        assert_eq!(info.stack.len(), 3);
        session.go().await;
        let Notice::Ended { phase: Phase::Faulted, error: Some(error), .. } = next(&mut session.notices).await else { panic!("no fault") };
        assert_eq!(error["title"], "No tea");
    })
    .await;
}

#[tokio::test]
async fn a_waiting_execution_is_paused_continued_and_cancelled() {
    within(async {
        let mut session = Session::held(LISTENER, Value::Null).await;
        let early = session.client.try_call::<Pause>(PauseParams { execution: session.execution.clone(), branch: None }).await.unwrap_err();
        assert!(early.message.contains("has not begun"), "{early}");
        session.release().await;
        session.client.call::<Pause>(PauseParams { execution: session.execution.clone(), branch: None }).await;
        assert_eq!(stopped(&mut session.notices).await, (1, StopReason::Pause));
        let stopped = session.client.call::<Get>(session.id()).await;
        // A stop belongs to the debugger: it is not the phase `suspended`.
        assert_eq!((stopped.phase, stopped.stopped), (Phase::Waiting, true));
        session.go().await;
        let again = session.client.try_call::<Continue>(OfBranch { execution: session.execution.clone(), branch: None }).await.unwrap_err();
        assert_eq!(again.code, code::NOT_SUSPENDED);
        session.client.call::<Cancel>(session.id()).await;
        assert_eq!(next(&mut session.notices).await, Notice::Ended { phase: Phase::Cancelled, output: None, error: None });
    })
    .await;
}

#[tokio::test]
async fn bad_programs_and_unknown_ids_are_named() {
    within(async {
        let serving = host().await;
        let client = connect(&serving).await;
        let start = |program: String| StartParams { program, input: Value::Null, hold: false, stop_on_entry: false, details: Vec::new() };
        let error = client.try_call::<Start>(start("no/such.yaml".into())).await.unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            (code::UNREADABLE, "cannot read the workflow file no/such.yaml: there is no such file")
        );
        let broken = Fixture::new(&FAULTY.replace("- outer:\n      do:", "- outer:\n      then: nowhere\n      do:"));
        let error = client.try_call::<Start>(start(broken.program())).await.unwrap_err();
        assert_eq!(error.code, code::INVALID_WORKFLOW);
        let data = error.data.unwrap();
        let found: Vec<control::Diagnostic> = serde_json::from_value(data["diagnostics"].clone()).unwrap();
        assert_eq!((found[0].code.as_str(), found[0].range.start.line), ("OW0201", broken.line("nowhere")));
        let of = |id: &str| OfExecution { execution: id.to_owned() };
        assert_eq!(client.try_call::<Get>(of("nobody")).await.unwrap_err().code, code::UNKNOWN_EXECUTION);
        let refused = client.watch("nobody").await.unwrap_err().to_string();
        assert!(refused.contains("no execution `nobody`"), "{refused}");
        assert_eq!(client.raw("debug.fly", json!({})).await.unwrap_err().code, -32601);
        let bad = client.raw("execution.get", json!({ "execution": 5 })).await.unwrap_err();
        assert_eq!(bad.code, -32602);
        assert!(bad.message.starts_with("bad parameters for `execution.get`"), "{bad}");
    })
    .await;
}

#[tokio::test]
async fn a_watching_token_only_watches() {
    within(async {
        let serving = host_with(ServeOptions { watch_token: Some("look".into()), ..ServeOptions::default() }).await;
        let fixture = Fixture::new(ORDER);
        let (owner, guest) = (connect(&serving).await, connect_with(&serving, "look").await.unwrap());
        let execution = owner.start(&fixture, input(), |how| how.hold = true).await;
        let of = OfExecution { execution: execution.clone() };
        assert_eq!(guest.call::<Get>(of.clone()).await.phase, Phase::Pending);
        let refused = guest.try_call::<Release>(of.clone()).await.unwrap_err();
        assert_eq!(refused.code, code::FORBIDDEN);
        let mut notices = guest.watch(&execution).await.unwrap();
        owner.call::<Release>(of).await;
        assert!(matches!(next(&mut notices).await, Notice::Ended { .. }));
    })
    .await;
}
