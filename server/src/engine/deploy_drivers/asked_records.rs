//! What platforms have told of their own records of deploys, remembered for a while: a forecast is made at every verdict.

use crate::model::{PhaseLengths, RepositoryId, UnixMillis};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// For how long an answer is good.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);

/// What was asked of platforms lately. An answer is good for an hour, and so is that there was none.
#[derive(Debug, Default)]
pub(in crate::engine) struct AskedRecords(Mutex<HashMap<(RepositoryId, String), Asked>>);

/// What the platform has said, and when.
pub(in crate::engine) type Asked = (Option<PhaseLengths>, UnixMillis);

impl AskedRecords {
    /// What was answered of an environment, and when, as long as that is good.
    pub(in crate::engine) fn known(
        &self,
        (id, name): (RepositoryId, &str),
        now: UnixMillis,
    ) -> Option<Asked> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = known.get(&(id, name.to_owned())).copied()?;
        (now.since(asked.1) < GOOD_FOR).then_some(asked)
    }

    /// Keeps an answer.
    pub(in crate::engine) fn keep(&self, (id, name): (RepositoryId, &str), asked: Asked) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, (_, at)| asked.1.since(*at) < GOOD_FOR);
        known.insert((id, name.to_owned()), asked);
    }
}
