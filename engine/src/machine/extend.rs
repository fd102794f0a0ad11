//! Extensions: tasks that run before and after the body of others (DSL Reference, "Extension").
//!
//! They are frames inside the frame of the extended task, so that a debugger steps into them, and
//! an error in them is one of the extended task. Before and after it they run in the order in which
//! the workflow lists them. They see the extended task as `$task`. What they give is dropped, but
//! for `then: exit` among the tasks before: that skips the rest of them and the body, and the
//! output so far stands for the body's.

use flowdbg_lang::{model::Then, value::Value};

use super::{BranchId, Extending, Frame, Locals, Machine, Part, Step, Stop, scope::FrameScope};

impl Frame {
    /// Whether extensions follow the body that has ended.
    pub(super) fn begin_after(&mut self) -> bool {
        match &mut self.extending {
            Some(extending) => {
                (extending.at, extending.part) = (0, Part::After);
                true
            }
            None => false,
        }
    }
}

impl Machine {
    /// Runs what comes before the body, then the body.
    pub(super) fn before(&mut self, id: BranchId) -> Result<(), Stop> {
        let (depth, input) = (self.depth(id), self.top(id).input.clone());
        let workflow = self.top(id).program().workflow.clone();
        if self.top(id).extending.is_none() {
            let extensions = self.top(id).task().map(|task| task.extensions.clone()).unwrap_or_default();
            let mut applying = Vec::with_capacity(extensions.len());
            for extension in extensions {
                let applies = match &workflow.extensions[extension].when {
                    Some(when) => self.holds(id, depth, when, &input, None)?,
                    None => true,
                };
                if applies {
                    applying.push(extension);
                }
            }
            if applying.is_empty() {
                self.set_step(id, Step::Work);
                return self.work(id);
            }
            self.top(id).extending = Some(Box::new(Extending { applying, at: 0, part: Part::Before }));
            self.commit(id);
        }
        while let Some(extension) = self.extension(id) {
            if let Some(child) = self.top(id).child.take_if(|child| child.then == Then::Exit) {
                self.finish_body(id, child.output);
                return Ok(());
            }
            let locals = self.with_task(id);
            if self.step_list(id, &workflow.extensions[extension].before, input.clone(), Some(locals)).is_none() {
                return Ok(());
            }
            self.next_extension(id);
        }
        if let Some(extending) = &mut self.top(id).extending {
            extending.part = Part::Body;
        }
        self.set_step(id, Step::Work);
        self.work(id)
    }

    /// Runs what comes after the body.
    pub(super) fn after(&mut self, id: BranchId) {
        let workflow = self.top(id).program().workflow.clone();
        while let Some(extension) = self.extension(id) {
            let (locals, output) = (self.with_task(id), self.top(id).raw_output.clone());
            if self.step_list(id, &workflow.extensions[extension].after, output, Some(locals)).is_none() {
                return;
            }
            self.next_extension(id);
        }
        self.top(id).extending = None;
        self.set_step(id, Step::Output);
    }

    /// The extension whose turn it is.
    fn extension(&mut self, id: BranchId) -> Option<usize> {
        self.top(id).extending.as_ref().and_then(|extending| extending.applying.get(extending.at).copied())
    }

    fn next_extension(&mut self, id: BranchId) {
        if let Some(extending) = &mut self.top(id).extending {
            extending.at += 1;
        }
    }

    /// The variables of a task in an extension: those around the extended one, and that itself.
    fn with_task(&mut self, id: BranchId) -> Locals {
        let task = self.describe_task(id);
        self.top(id).locals.with(&"$task".into(), task)
    }

    /// The innermost task as `$task`.
    fn describe_task(&mut self, id: BranchId) -> Value {
        let Some(branch) = self.branches.get(&id) else { return Value::Null };
        let Some(frame) = branch.frames.last() else { return Value::Null };
        FrameScope { branch, frame, extra: None, now: self.now, secrets: &self.secrets, shown: false }.task()
    }
}
