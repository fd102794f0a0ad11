//! Stories of what is told beside the course of a workflow: suspending, exchanges, figures, phases.

use super::*;
use crate::event::Metrics;

/// Runs a machine as far as it goes and names what happened.
fn advance(machine: &mut Machine) -> (Vec<String>, Vec<Effect>) {
    let (_, output) = machine.advance(&mut Open, 1_000);
    (output.events.iter().map(line).collect(), output.effects)
}

fn line(event: &Event) -> String {
    let name = event.task.as_ref().map(|run| format!("{} ", run.program.workflow.task(run.task).name)).unwrap_or_default();
    match &event.kind {
        EventKind::TaskMeasured(metrics) | EventKind::WorkflowMeasured(metrics) => {
            let Metrics { duration, waiting, transitions, input, output, processor } = **metrics;
            format!("{name}took {duration} waiting {waiting} moves {transitions} in {input:?} out {output:?} processor {processor:?}")
        }
        EventKind::ExchangeStarted(exchange) | EventKind::ExchangeEnded(exchange) => {
            format!("{name}{} {:?} {}", exchange.means, exchange.duration, exchange.content.to_json())
        }
        kind => format!("{name}{kind:?}"),
    }
}

#[test]
fn a_suspended_execution_does_not_move_whatever_comes_and_goes_on_where_it_was() {
    let story = Story::new("do: [ { outer: { do: [ { pause: { wait: PT1H } }, { after: { set: { a: 1 } } } ] } } ]", "{}");
    let mut machine = story.machine;
    let (_, effects) = advance(&mut machine);
    machine.feed(Timestamp(5), Input::Suspend);
    machine.feed(Timestamp(5), Input::Suspend);
    assert!(machine.is_suspended());
    let (told, _) = advance(&mut machine);
    assert_eq!(told, ["outer TaskSuspended", "pause TaskSuspended", "WorkflowSuspended"]);
    machine.feed(Timestamp(6), Input::Answer(effects[0].id, Answer::Slept));
    assert_eq!(advance(&mut machine).0, Vec::<String>::new());
    machine.feed(Timestamp(7), Input::Resume);
    machine.feed(Timestamp(7), Input::Resume);
    let (told, _) = advance(&mut machine);
    assert_eq!(told[..3], ["WorkflowResumed", "outer TaskResumed", "pause TaskResumed"]);
    assert!(matches!(machine.outcome(), Some(Outcome::Completed(_))), "{told:?}");
    assert_eq!(told.iter().filter(|line| line.contains("Resumed")).count(), 3);
}

#[test]
fn a_suspended_execution_can_be_cancelled() {
    let mut machine = Story::new("do: [ { pause: { wait: PT1H } } ]", "{}").machine;
    advance(&mut machine);
    machine.feed(Timestamp(5), Input::Suspend);
    machine.feed(Timestamp(5), Input::Cancel);
    let (told, effects) = advance(&mut machine);
    assert_eq!(told[told.len() - 3..], ["pause TaskCancelled", "BranchEnded", "WorkflowCancelled"]);
    assert!(matches!(effects[..], [Effect { kind: EffectKind::Cancel(_), .. }]));
    machine.feed(Timestamp(5), Input::Resume);
    assert_eq!(advance(&mut machine).0, Vec::<String>::new());
}

#[test]
fn an_exchange_tells_what_went_and_came_and_how_long_it_took() {
    let call = "do: [ { ask: { call: http, with: { method: post, endpoint: 'http://a.example/x', body: { n: 1 } } } } ]";
    let mut machine = Story::new(call, "{}").machine;
    machine.want(Details { exchanges: true, ..Details::NONE });
    let (told, effects) = advance(&mut machine);
    let request = r#"ask http None {"method":"POST","uri":"http://a.example/x","headers":{"content-type":"application/json"},"bodyBytes":7,"body":"{\"n\":1}"}"#;
    assert!(told.contains(&request.to_owned()), "{told:#?}");
    let response = HttpResponse { status: 201, headers: vec![("set-cookie".into(), "id=1".into())], body: b"fine".to_vec() };
    machine.feed(Timestamp(30), Input::Answer(effects[0].id, Answer::Http(Ok(response))));
    let (told, _) = advance(&mut machine);
    let came = r#"ask http Some(30) {"outcome":"answered","status":201,"headers":{"set-cookie":"***"},"bodyBytes":4,"body":"fine"}"#;
    assert_eq!(told[0], came);
    // One that is cut off is told too, and nothing is told that nobody wants.
    let mut machine = Story::new(call, "{}").machine;
    machine.want(Details { exchanges: true, ..Details::NONE });
    advance(&mut machine);
    machine.feed(Timestamp(9), Input::Cancel);
    assert!(advance(&mut machine).0.contains(&r#"ask http Some(9) {"outcome":"abandoned"}"#.to_owned()));
    let mut machine = Story::new(call, "{}").machine;
    assert!(!advance(&mut machine).0.iter().any(|line| line.contains("http")));
}

#[test]
fn figures_tell_waiting_from_working_and_count_what_a_fork_joined() {
    let yaml = "
do:
  - both: { fork: { branches: [ { short: { wait: { milliseconds: 10 } } }, { long: { wait: { milliseconds: 30 } } } ] } }
  - sum: { set: { text: 'four' } }
";
    let mut story = Story::new(yaml, r#"{"a":1}"#);
    story.machine.want(Details { metrics: true, ..Details::NONE });
    let mut lines = Vec::new();
    let mut timers: BTreeMap<Timestamp, EffectId> = BTreeMap::new();
    while story.machine.outcome().is_none() {
        let (told, effects) = advance(&mut story.machine);
        lines.extend(told.into_iter().filter(|line| line.contains(" took ") || line.starts_with("took")));
        timers.extend(effects.iter().filter_map(|effect| match effect.kind {
            EffectKind::Sleep(until) => Some((until, effect.id)),
            _ => None,
        }));
        if let Some((at, effect)) = timers.pop_first() {
            story.machine.feed(at, Input::Answer(effect, Answer::Slept));
        }
    }
    assert_eq!(
        lines,
        [
            r#"short took 10 waiting 10 moves 2 in Some(7) out Some(7) processor None"#,
            r#"long took 30 waiting 30 moves 2 in Some(7) out Some(7) processor None"#,
            r#"both took 30 waiting 30 moves 6 in Some(7) out Some(17) processor None"#,
            r#"sum took 0 waiting 0 moves 1 in Some(17) out Some(15) processor None"#,
            r#"took 30 waiting 30 moves 11 in Some(7) out Some(15) processor None"#,
        ]
    );
}

#[test]
fn phases_are_told_when_they_change() {
    let mut machine = Story::new("do: [ { a: { set: { n: 1 } } }, { hear: { listen: { to: { any: [] } } } } ]", "{}").machine;
    machine.want(Details { status: true, ..Details::NONE });
    let phases = |told: Vec<String>| -> Vec<String> { told.into_iter().filter(|line| line.contains("StatusChanged")).collect() };
    assert_eq!(
        phases(advance(&mut machine).0),
        [
            "WorkflowStatusChanged(Running)",
            "a TaskStatusChanged(Pending)",
            "a TaskStatusChanged(Running)",
            "a TaskStatusChanged(Completed)",
            "hear TaskStatusChanged(Pending)",
            "hear TaskStatusChanged(Running)",
            "hear TaskStatusChanged(Waiting)",
            "WorkflowStatusChanged(Waiting)",
        ]
    );
    machine.feed(Timestamp(1), Input::Suspend);
    machine.feed(Timestamp(1), Input::Resume);
    assert_eq!(
        phases(advance(&mut machine).0),
        [
            "hear TaskStatusChanged(Suspended)",
            "WorkflowStatusChanged(Suspended)",
            "WorkflowStatusChanged(Running)",
            "hear TaskStatusChanged(Running)",
            "hear TaskStatusChanged(Waiting)",
            "WorkflowStatusChanged(Waiting)",
        ]
    );
    machine.feed(Timestamp(2), Input::Event(flowdbg_lang::value::parse_json("{}").expect("json")));
    assert_eq!(
        phases(advance(&mut machine).0),
        [
            "WorkflowStatusChanged(Running)",
            "hear TaskStatusChanged(Running)",
            "hear TaskStatusChanged(Completed)",
            "WorkflowStatusChanged(Completed)",
        ]
    );
    // Who comes later hears how it stands.
    let mut machine = Story::new("do: [ { hear: { listen: { to: { any: [] } } } } ]", "{}").machine;
    advance(&mut machine);
    machine.want(Details { status: true, ..Details::NONE });
    assert_eq!(advance(&mut machine).0[0], "WorkflowStatusChanged(Running)");
}
