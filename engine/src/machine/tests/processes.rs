//! What processes write, and when it is told.

use super::*;
use crate::effect::{ProcessOutcome, Stream};

fn outcome() -> Answer {
    Answer::Process(Ok(ProcessOutcome { code: 0, stdout: "one\ntwo\n".to_owned(), stderr: String::new(), processor: None }))
}

/// Starts a workflow with a process, answers its effect, and gives what was told.
fn answered(yaml: &str, answers: impl IntoIterator<Item = Answer>) -> Vec<String> {
    let mut story = Story::new(yaml, "{}");
    let (_, output) = story.machine.advance(&mut Open, 1_000);
    let effect = output.effects.iter().find(|effect| matches!(effect.kind, EffectKind::Process(_))).expect("a process").id;
    for event in &output.events {
        story.tell(event);
    }
    for answer in answers {
        story.machine.feed(Timestamp(0), Input::Answer(effect, answer));
        let (_, output) = story.machine.advance(&mut Open, 1_000);
        for event in &output.events {
            story.tell(event);
        }
    }
    story.told
}

#[test]
fn output_is_told_once_as_it_comes_or_at_the_end() {
    let yaml = "do: [ { p: { run: { shell: { command: x } } } } ]";
    let printed = |text: &str| Answer::Printed(Stream::Stdout, text.to_owned());
    assert_eq!(answered(yaml, [printed("one\n"), printed("two\n"), outcome()]), ["p at 0", "log one\n", "log two\n"]);
    assert_eq!(answered(yaml, [outcome()]), ["p at 0", "log one\ntwo\n"]);
    let detached = "do: [ { p: { run: { shell: { command: x }, await: false } } }, { q: { set: 1 } } ]";
    assert_eq!(answered(detached, [printed("one\n"), outcome()]), ["p at 0", "q at 0", "log one\n"]);
    assert_eq!(answered(detached, [outcome()]), ["p at 0", "q at 0", "log one\ntwo\n"]);
}
