//! Calls that need a token, in a machine that is written down: the token is not written, so that
//! they begin again and ask for another one.

use crate::{
    effect::{ChannelError, EffectId},
    machine::{BranchId, BranchState, Machine, Need, State, Step, answers::Waiter},
    mask::Secrets,
    written::{Writer, effect},
};

/// What a call that waits has to do again.
enum Lost {
    /// What the innermost task of a branch waits for, or a value for its expressions.
    Wait(BranchId, EffectId),
    /// A subscription of a task run.
    Subscription(BranchId, u64, EffectId),
}

impl Machine {
    /// The same machine, in which every call begins again that has a token under way or waits for
    /// one; none if there is no such call.
    pub(super) fn without_tokens(&self, secrets: &Secrets) -> Option<Self> {
        let lost = self.lost(secrets);
        let answered: Vec<BranchId> = self.branches.iter().filter(|(_, branch)| branch.answer.is_some()).map(|(id, _)| *id).collect();
        let tokens: Vec<BranchId> = answered.into_iter().filter(|id| self.is_given_a_token(*id)).collect();
        if lost.is_empty() && tokens.is_empty() {
            return None;
        }
        let mut machine = self.clone();
        for lost in lost {
            match lost {
                Lost::Wait(id, effect) => {
                    machine.withdraw(effect);
                    machine.begin_again(id);
                    machine.wake(id);
                }
                Lost::Subscription(id, run, effect) => {
                    machine.withdraw(effect);
                    let why = "its token was not written down with the execution".to_owned();
                    machine.break_subscription(id, run, ChannelError { status: None, message: why });
                }
            }
        }
        tokens.into_iter().for_each(|id| machine.begin_again(id));
        Some(machine)
    }

    /// The effects that cannot be written as they are.
    fn lost(&self, secrets: &Secrets) -> Vec<Lost> {
        let mut writer = Writer::naming(secrets.iter().map(|(_, secrets)| secrets), &self.mask);
        if !writer.may_lose() {
            return Vec::new();
        }
        let mut lost = Vec::new();
        for (id, pending) in &self.pending {
            if !crate::written::is_lost(&effect::write(&mut writer, &pending.effect.kind)) {
                continue;
            }
            match &pending.waiter {
                Waiter::Body(branch) | Waiter::Evaluation(branch) => lost.push(Lost::Wait(*branch, *id)),
                Waiter::Subscription(branch, run) => lost.push(Lost::Subscription(*branch, *run, *id)),
                // Timers have no text, and nobody begins again for what nobody waits for.
                Waiter::Timeout(..) | Waiter::Attempt(..) | Waiter::Detached(..) => {}
            }
        }
        lost
    }

    /// Whether a token has come that the innermost task has not taken yet.
    fn is_given_a_token(&self, id: BranchId) -> bool {
        let frame = self.branches.get(&id).and_then(|branch| branch.frames.last());
        let need = frame.and_then(|frame| frame.calling.as_ref()).and_then(|calling| calling.need.as_ref());
        matches!(need, Some(Need::Token { .. }))
    }

    /// Lets the innermost task begin the stage that it is in again, as if nothing had come.
    fn begin_again(&mut self, id: BranchId) {
        let frame = self.top(id);
        frame.calling = None;
        if matches!(frame.step, Step::Work) {
            // A call keeps there what it has asked for.
            frame.raw_output = flowdbg_lang::value::Value::Null;
        }
        if let Some(branch) = self.branches.get_mut(&id) {
            branch.answer = None;
            branch.evaluated.clear();
            branch.cursor = 0;
        }
    }

    /// Ends a subscription that cannot go on. What has come before is still taken.
    fn break_subscription(&mut self, id: BranchId, run: u64, why: ChannelError) {
        let Some(depth) = self.find_run(id, run) else { return };
        let innermost = depth == self.depth(id);
        let Some(State::Subscription(state)) = self.state_at(id, depth) else { return };
        state.ended = Some(Err(why));
        state.effect = None;
        let limit = state.limit.take();
        limit.into_iter().for_each(|limit| self.withdraw(limit));
        if innermost && self.branches.get(&id).is_some_and(|branch| branch.state == BranchState::Listening) {
            self.wake(id);
        }
    }
}
