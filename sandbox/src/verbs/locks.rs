//! Locks on conversations.

use std::sync::Arc;

use super::{IssueHandle, PullHandle, SOMEBODY, by_whom, sentence};
use crate::Refused;
use crate::acts::locks;
use crate::hub::Hub;

impl PullHandle {
    /// Locks the conversation: only who may write to the repository can comment from now on, and nobody can react.
    pub fn lock(&self) -> LockConversation {
        LockConversation::of(&self.hub, (self.repository, self.number), true)
    }

    /// Unlocks the conversation.
    pub fn unlock(&self) -> LockConversation {
        LockConversation::of(&self.hub, (self.repository, self.number), false)
    }
}

impl IssueHandle {
    /// Locks the conversation: only who may write to the repository can comment from now on, and nobody can react.
    pub fn lock(&self) -> LockConversation {
        LockConversation::of(&self.hub, (self.repository, self.number), true)
    }

    /// Unlocks the conversation.
    pub fn unlock(&self) -> LockConversation {
        LockConversation::of(&self.hub, (self.repository, self.number), false)
    }
}

/// A conversation to be locked or unlocked.
#[derive(Debug)]
#[must_use = "nothing happens before `.await`"]
pub struct LockConversation {
    hub: Arc<Hub>,
    place: (u64, u64),
    locked: bool,
    reason: Option<String>,
    by: String,
}

impl LockConversation {
    fn of(hub: &Arc<Hub>, place: (u64, u64), locked: bool) -> Self {
        Self { hub: Arc::clone(hub), place, locked, reason: None, by: SOMEBODY.to_owned() }
    }

    /// Says why: `off-topic`, `too heated`, `resolved` or `spam`.
    pub fn because(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }

    async fn run(self) -> Result<(), Refused> {
        let sender = self.hub.with(|world| world.person(&self.by));
        if self.locked {
            locks::lock(&self.hub, self.place, self.reason, sender)
        } else {
            locks::unlock(&self.hub, self.place, sender)
        }
    }
}

by_whom!(LockConversation);
sentence!(LockConversation => ());
