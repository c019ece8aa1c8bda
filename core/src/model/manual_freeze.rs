//! Freezes that people have put on an environment by a command.

use super::calendar::{Freeze, FreezeTime, Scope, Span};
use super::{LockEnd, PullNumber, UnixMillis, UserId, UserKey};
use serde::{Deserialize, Serialize};

/// A freeze of one environment that somebody has asked for. Several can be in force at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManualFreeze {
    /// Its number among those of its environment: 1, 2, 3.
    pub id: u64,
    /// The login of whoever asked for it, or the name that the operator gave.
    pub by: String,
    /// Their account; `None` for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_id: Option<UserId>,
    /// Why, in their words.
    pub reason: String,
    /// Whether the reason is for the operator alone.
    #[serde(default)]
    pub private: bool,
    /// Since when.
    pub since: UnixMillis,
    /// When it ends by itself.
    pub until: UnixMillis,
    /// The pull requests that it does not keep back.
    #[serde(default)]
    pub allow: Vec<PullNumber>,
    /// Whether it keeps hotfixes back as little.
    #[serde(default)]
    pub hotfixes: bool,
    /// How it ended, if it has. That `until` was reached need not stand here.
    #[serde(default)]
    pub ended: Option<LockEnd>,
}

/// What everybody reads in place of a reason that is not public.
const PRIVATE: &str = "the operator knows why";

impl ManualFreeze {
    /// Whoever asked for it.
    pub fn giver(&self) -> UserKey<'_> {
        UserKey { login: &self.by, id: self.by_id }
    }

    /// Whether it keeps anything back at this moment.
    pub fn is_in_force(&self, now: UnixMillis) -> bool {
        self.ended.is_none() && now < self.until
    }

    /// Why, as everybody may read it.
    pub fn public_reason(&self) -> &str {
        if self.private { PRIVATE } else { &self.reason }
    }

    /// The same as the calendar has freezes.
    pub fn in_calendar(&self, environment: &str) -> Freeze {
        Freeze {
            // Ends are told in whole seconds: it is over once the last of them is.
            when: FreezeTime::Once(Span {
                from: self.since.to_seconds(),
                until: UnixMillis(self.until.0.saturating_add(999)).to_seconds(),
            }),
            reason: self.public_reason().to_owned(),
            scope: Scope {
                environments: vec![environment.to_owned()],
                allow: self.allow.iter().copied().collect(),
                hotfixes: self.hotfixes,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_that_is_not_public_is_told_to_nobody() {
        let freeze = ManualFreeze {
            id: 1,
            by: "operator".to_owned(),
            by_id: None,
            reason: "the takeover".to_owned(),
            private: true,
            since: UnixMillis(1_500),
            until: UnixMillis(9_500),
            allow: vec![PullNumber(3)],
            hotfixes: true,
            ended: None,
        };
        let shown = freeze.in_calendar("production");
        assert_eq!(shown.reason, PRIVATE);
        assert!(shown.scope.hotfixes && shown.scope.allow.contains(&PullNumber(3)));
        let FreezeTime::Once(span) = shown.when else { panic!("it comes once") };
        assert_eq!((span.from.0, span.until.0), (1, 10));
        assert_eq!([9_499, 9_500].map(|now| freeze.is_in_force(UnixMillis(now))), [true, false]);
        let ended = LockEnd { at: UnixMillis(2_000), by: None };
        assert!(!ManualFreeze { ended: Some(ended), ..freeze }.is_in_force(UnixMillis(2_500)));
    }
}
