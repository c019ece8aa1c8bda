//! What is remembered of deploys on the platform while the server runs. All of it can be found out anew.

use super::tokens::Tokens;
use crate::commerce::log::LogReader;
use crate::deploy::drivers::programs::remove_folder;
use crate::model::UnixMillis;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What all drivers of the platform share.
pub struct CloudShared {
    tokens: Tokens,
    look_every: Duration,
    pushes: Pushes,
    deploys: Mutex<HashMap<String, Followed>>,
}

/// How the platform's git servers are pushed to.
#[derive(Debug, Clone, Default)]
pub struct Pushes {
    /// The folder in which each push has one of its own. Nothing else may be in it.
    pub folder: PathBuf,
    /// The program that speaks SSH; `None` for the `ssh` that is found in `PATH`.
    pub ssh: Option<PathBuf>,
}

/// What is remembered of one deploy.
#[derive(Default)]
pub(super) struct Followed {
    /// The log that is read, by its activity.
    pub(super) log: Option<FollowedLog>,
    /// Since when the activity that was seen is gone.
    pub(super) gone_since: Option<UnixMillis>,
    /// The activity of which the platform says success while it runs other files, and since when.
    differs: Option<(String, UnixMillis)>,
    /// Whether it is kept that the same is asked for again, and it was not asked for yet.
    pub(super) retry_is_due: bool,
    /// Since when the API does not answer.
    unseen_since: Option<UnixMillis>,
}

/// A log, as far as it was read.
#[derive(Clone)]
pub(super) struct FollowedLog {
    pub(super) activity: String,
    /// How many of its lines were read.
    pub(super) lines: u64,
    pub(super) reader: LogReader,
}

impl Followed {
    /// Since when the platform says that this activity ended well and runs other files, which it does now.
    pub(super) fn differs_since(&mut self, activity: &str, now: UnixMillis) -> UnixMillis {
        match &self.differs {
            Some((known, since)) if known == activity => *since,
            _ => {
                self.differs = Some((activity.to_owned(), now));
                now
            }
        }
    }
}

impl CloudShared {
    /// A memory of nothing. The platform is asked about what is under way once in `look_every`.
    pub fn new(look_every: Duration, pushes: Pushes) -> Self {
        Self { tokens: Tokens::default(), look_every, pushes, deploys: Mutex::default() }
    }

    /// Removes what pushes of a server that was killed have left; before anything is pushed.
    ///
    /// # Errors
    /// If something cannot be removed.
    pub async fn remove_leftovers(&self) -> io::Result<()> {
        remove_folder(self.pushes()).await
    }

    /// Where each push has a folder.
    pub(super) fn pushes(&self) -> &Path {
        &self.pushes.folder
    }

    /// The program that speaks SSH.
    pub(super) fn ssh(&self) -> Option<&Path> {
        self.pushes.ssh.as_deref()
    }

    pub(super) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    pub(super) fn look_every(&self) -> Duration {
        self.look_every
    }

    fn deploys(&self) -> MutexGuard<'_, HashMap<String, Followed>> {
        self.deploys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at or changes what is remembered of a deploy.
    pub(super) fn with<T>(&self, key: &str, act: impl FnOnce(&mut Followed) -> T) -> T {
        act(self.deploys().entry(key.to_owned()).or_default())
    }

    /// Since when the API does not answer, which it does not now.
    pub(super) fn unseen_since(&self, key: &str, now: UnixMillis) -> UnixMillis {
        self.with(key, |it| *it.unseen_since.get_or_insert(now))
    }

    /// The API has answered.
    pub(super) fn seen(&self, key: &str) {
        self.with(key, |it| it.unseen_since = None);
    }

    /// Nothing more is to be known of a deploy.
    pub(super) fn forget(&self, key: &str) {
        self.deploys().remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_activity_has_its_own_time_until_its_files_have_to_run() {
        let mut followed = Followed::default();
        assert_eq!(followed.differs_since("push", UnixMillis(10)), UnixMillis(10));
        assert_eq!(followed.differs_since("push", UnixMillis(20)), UnixMillis(10));
        assert_eq!(followed.differs_since("redeploy", UnixMillis(30)), UnixMillis(30));
        assert_eq!(followed.differs_since("redeploy", UnixMillis(40)), UnixMillis(30));
    }
}
