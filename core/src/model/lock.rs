//! Locks on environments: what a person puts there so that nothing is merged or deployed.

use super::{PullNumber, UnixMillis, UserId, UserKey};
use serde::{Deserialize, Serialize};

/// What keeps an environment as it is, because somebody asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Its number among the locks of its environment: 1, 2, 3.
    pub id: u64,
    /// The login of whoever locked it, or the name that the operator gave.
    pub by: String,
    /// Their account; `None` for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<UserId>,
    /// Why, in their words.
    pub reason: String,
    /// Since when.
    pub since: UnixMillis,
    /// When it ends by itself; `None` where somebody has to end it.
    #[serde(default)]
    pub until: Option<UnixMillis>,
    /// The pull request that ends it when it is closed or merged.
    #[serde(default)]
    pub while_open: Option<PullNumber>,
    /// How it ended, if it has. That `until` was reached need not stand here.
    #[serde(default)]
    pub ended: Option<LockEnd>,
}

/// How a lock ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockEnd {
    /// When.
    pub at: UnixMillis,
    /// Who ended it; `None` where it ended by itself.
    pub by: Option<String>,
}

impl Lock {
    /// Whoever locked it.
    pub fn holder(&self) -> UserKey<'_> {
        UserKey { login: &self.by, id: self.by_id }
    }

    /// Whether it keeps anything out at this moment.
    pub fn is_in_force(&self, now: UnixMillis) -> bool {
        self.ended.is_none() && self.until.is_none_or(|until| now < until)
    }

    /// Whether it keeps this pull request out: not the one for which the environment is locked.
    pub fn keeps_out(&self, number: PullNumber) -> bool {
        self.while_open != Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_in_force_until_it_is_ended_or_its_time_is_over() {
        let (by, reason) = ("rita".to_owned(), "stocktaking".to_owned());
        let lock = Lock {
            id: 1,
            by,
            by_id: None,
            reason,
            since: UnixMillis(5),
            until: None,
            while_open: None,
            ended: None,
        };
        assert!(lock.is_in_force(UnixMillis::MAX));
        let timed = Lock { until: Some(UnixMillis(10)), ..lock.clone() };
        assert_eq!([9, 10, 11].map(|now| timed.is_in_force(UnixMillis(now))), [true, false, false]);
        let for_one = Lock { while_open: Some(PullNumber(3)), ..lock.clone() };
        assert_eq!([3, 4].map(|number| for_one.keeps_out(PullNumber(number))), [false, true]);
        assert!(lock.keeps_out(PullNumber(3)));
        let ended = LockEnd { at: UnixMillis(7), by: None };
        assert!(!Lock { ended: Some(ended), ..timed }.is_in_force(UnixMillis(8)));
        // What an earlier version kept has none of the later fields.
        let least: Lock =
            serde_json::from_str(r#"{"id":1,"by":"rita","reason":"stocktaking","since":5}"#).unwrap();
        assert_eq!(least, lock);
    }
}
