//! The processes that wait for expressions.

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use flowdbg_lang::value::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Semaphore,
};

use super::{reply, request};
use crate::effect::Evaluation;

/// How long an expression may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How many expressions a process evaluates before it is replaced: what it may have kept goes.
const MAX_USES: u32 = 10_000;

/// Processes that evaluate expressions, at most as many as the machine has processors.
pub(in super::super) struct Pool {
    idle: Mutex<Vec<Worker>>,
    seats: Semaphore,
    deadline: Duration,
}

impl Default for Pool {
    fn default() -> Self {
        Self::new(DEADLINE)
    }
}

/// A process, with the lines to and from it.
struct Worker {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    uses: u32,
}

impl Pool {
    fn new(deadline: Duration) -> Self {
        let seats = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        Self { idle: Mutex::default(), seats: Semaphore::new(seats), deadline }
    }

    /// Evaluates an expression in one of the processes. One that does not answer in time, or ends,
    /// is not used again; nor is one whose answer nobody waits for any more.
    pub(in super::super) async fn evaluate(
        &self,
        worker: Option<&(PathBuf, Vec<String>)>,
        evaluation: &Evaluation,
    ) -> Result<Value, String> {
        let Some((program, arguments)) = worker else {
            return Err("the expression may never end, and there is no worker process to evaluate it in".to_owned());
        };
        let request = request(evaluation);
        let _seat = self.seats.acquire().await.map_err(|error| error.to_string())?;
        let mut worker = match self.take() {
            Some(worker) => worker,
            None => start(program, arguments)?,
        };
        match tokio::time::timeout(self.deadline, worker.ask(&request)).await {
            Err(_) => Err(format!("the expression did not end within {} seconds and was stopped", self.deadline.as_secs())),
            Ok(None) => Err("the expression used up its stack or its memory and was stopped".to_owned()),
            Ok(Some(text)) => {
                self.give_back(worker);
                reply(&text)
            }
        }
    }

    /// A process that waits and still lives.
    fn take(&self) -> Option<Worker> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(mut worker) = idle.pop() {
            if matches!(worker.child.try_wait(), Ok(None)) {
                return Some(worker);
            }
        }
        None
    }

    fn give_back(&self, mut worker: Worker) {
        worker.uses += 1;
        if worker.uses < MAX_USES {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the world that starts processes")]
fn start(program: &PathBuf, arguments: &[String]) -> Result<Worker, String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("the worker process did not start: {error}"))?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(stdin), Some(stdout)) => Ok(Worker { child, stdin, stdout: BufReader::new(stdout), uses: 0 }),
        _ => Err("the worker process has no pipes".to_owned()),
    }
}

impl Worker {
    /// Its reply; none if it ended instead.
    async fn ask(&mut self, request: &str) -> Option<String> {
        self.stdin.write_all(request.as_bytes()).await.ok()?;
        self.stdin.write_all(b"\n").await.ok()?;
        self.stdin.flush().await.ok()?;
        let mut reply = String::new();
        match self.stdout.read_line(&mut reply).await {
            Ok(read) if read > 0 && reply.ends_with('\n') => Some(reply),
            _ => None,
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Arc;

    use flowdbg_lang::{expression::Expression, value::ValueExt as _};

    use super::*;
    use crate::mask::Mask;

    /// A stand-in for the worker: a shell that answers with its id and the request's program, and
    /// does what some programs say.
    fn stand_in() -> (PathBuf, Vec<String>) {
        let script = r#"while read -r line; do case "$line" in
            *hang*) sleep 600;;
            *die*) exit 1;;
            *) echo "{\"value\":$$}";;
        esac; done"#;
        ("sh".into(), vec!["-c".to_owned(), script.to_owned()])
    }

    fn asks(text: &str) -> Evaluation {
        let expression: Arc<Expression> = Expression::new(text, &[]);
        Evaluation { expression, input: Value::Null, variables: Vec::new(), now: 0.0, mask: Mask::default() }
    }

    #[tokio::test]
    async fn processes_are_used_again_and_replaced_when_they_fail() {
        let (pool, worker) = (Pool::new(Duration::from_millis(500)), stand_in());
        let ask = |text: &'static str| async { pool.evaluate(Some(&worker), &asks(text)).await.map(|value| value.to_json()) };
        let first = ask("one").await.expect("an id");
        assert_eq!(ask("two").await.as_deref(), Ok(&*first));
        assert_eq!(ask("die").await, Err("the expression used up its stack or its memory and was stopped".to_owned()));
        let second = ask("one").await.expect("an id");
        assert_ne!(first, second);
        assert_eq!(ask("hang").await, Err("the expression did not end within 0 seconds and was stopped".to_owned()));
        let third = ask("one").await.expect("an id");
        assert_ne!(second, third);
        // An evaluation that nobody waits for any more takes its process along.
        assert!(tokio::time::timeout(Duration::from_millis(50), ask("hang")).await.is_err());
        assert_ne!(ask("one").await, Ok(third));
    }

    #[tokio::test]
    async fn many_at_a_time_share_a_few_processes() {
        let (pool, worker) = (Pool::new(Duration::from_secs(60)), stand_in());
        let question = asks("one");
        let all = (0..200).map(|_| pool.evaluate(Some(&worker), &question));
        let ids: std::collections::BTreeSet<String> =
            futures::future::join_all(all).await.into_iter().map(|id| id.expect("an id").to_json()).collect();
        assert!(ids.len() <= std::thread::available_parallelism().map_or(2, usize::from).max(2), "{ids:?}");
    }

    #[tokio::test]
    async fn without_a_worker_it_is_refused() {
        let refused = Pool::default().evaluate(None, &asks("one")).await;
        assert!(refused.is_err_and(|why| why.contains("there is no worker process")));
    }
}
