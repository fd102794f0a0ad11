//! Subscriptions: effects with several answers. Messages wait in the frame of the task run that
//! subscribed, in the order in which they came; its waiter stays until the subscription is over.

use super::{BranchId, BranchState, EffectId, Machine, State, SubscriptionState, WaitFor, Waiter};
use crate::{
    effect::{Answer, Channel, ChannelError, EffectKind, Message},
    time::Timestamp,
};

impl Machine {
    /// Subscribes for the innermost task run, which stays subscribed until it ends, or until this
    /// time has come.
    pub(crate) fn subscribe(&mut self, id: BranchId, channel: Channel, until: Option<Timestamp>) {
        let run = self.top(id).run;
        let effect = self.request(id, EffectKind::Subscribe(channel), WaitFor::Subscription(run));
        let limit = until.map(|until| self.request(id, EffectKind::Sleep(until), WaitFor::Subscription(run)));
        self.top(id).state = State::Subscription(Box::new(SubscriptionState { effect: Some(effect), limit, ..Default::default() }));
    }

    /// Ends the subscription of the innermost task run. What it has taken stays.
    pub(crate) fn unsubscribe(&mut self, id: BranchId) {
        let State::Subscription(state) = &mut self.top(id).state else { return };
        let under_way = [state.effect.take(), state.limit.take()];
        under_way.into_iter().flatten().for_each(|effect| self.withdraw(effect));
    }

    /// How many messages of a subscription wait to be read.
    #[must_use]
    pub fn unread(&self, effect: EffectId) -> usize {
        let Some(Waiter::Subscription(id, run)) = self.pending.get(&effect).map(|pending| &pending.waiter) else { return 0 };
        let frame = self.find_run(*id, *run).and_then(|depth| self.branches.get(id)?.frames.get(depth));
        match frame.map(|frame| &frame.state) {
            Some(State::Subscription(state)) => state.unread.len(),
            _ => 0,
        }
    }

    pub(super) fn message_came(&mut self, effect: EffectId, message: Message) {
        let Some(Waiter::Subscription(id, run)) = self.pending.get(&effect).map(|pending| &pending.waiter) else { return };
        let (id, run) = (*id, *run);
        self.change(id, run, |state| state.unread.push_back(message));
    }

    /// The other side has ended it, it broke, or its time is up. Messages that came before stay.
    pub(super) fn subscription_over(&mut self, id: BranchId, run: u64, answer: Answer) {
        if matches!(answer, Answer::Unknown) {
            return self.suppose_messages(id, run);
        }
        let ended = match answer {
            Answer::Unsubscribed(ended) => ended,
            Answer::Slept => Ok(()),
            Answer::Failed(error) => Err(ChannelError { status: None, message: crate::fault::summary(&error) }),
            _ => Err(ChannelError { status: None, message: "the subscription was not made".to_owned() }),
        };
        let left = self.change(id, run, |state| {
            state.ended = Some(ended);
            [state.effect.take(), state.limit.take()]
        });
        // The one that has been answered is not pending any more.
        left.into_iter().flatten().flatten().for_each(|effect| self.withdraw(effect));
    }

    /// Changes the state of a subscription and lets its task look at it, if it waits for that.
    fn change<R>(&mut self, id: BranchId, run: u64, change: impl FnOnce(&mut SubscriptionState) -> R) -> Option<R> {
        let depth = self.find_run(id, run)?;
        let branch = self.branches.get_mut(&id)?;
        let innermost = depth + 1 == branch.frames.len();
        let State::Subscription(state) = &mut branch.frames.get_mut(depth)?.state else { return None };
        let changed = change(state);
        if innermost && branch.state == BranchState::Listening {
            self.make_ready(id);
        }
        Some(changed)
    }
}
