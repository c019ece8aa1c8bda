//! Deploys: each one try to bring one commit to one environment, as they are kept and shown.

use super::time::as_millis;
use super::{
    AftercareRun, CancelEnd, Cancellation, CommitId, Diagnosis, DriverSettings, Ending, NotCounted, Phase,
    PhaseRun, PullNumber, RefusedStatus, SuspectedPull, ToldFailure, TreeId, UnixMillis,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why there is a deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Trigger {
    /// Pull requests were merged.
    Merge,
    /// The branch was pushed to without a pull request.
    DirectPush {
        /// Who pushed, where that is known.
        by: Option<String>,
    },
    /// The branch has a place beside an environment.
    Active,
    /// Somebody asked for what ran before.
    Rollback {
        /// Who asked.
        by: String,
        /// Why, in their words.
        reason: String,
    },
    /// Somebody asked for what ran before, and the branch has got its files back by a merge.
    Revert {
        /// Who asked.
        by: String,
        /// Why, in their words.
        reason: String,
    },
    /// The operator asked for the branch's tip.
    Requested {
        /// Who asked.
        by: String,
        /// Why, in their words, where they said.
        #[serde(default)]
        reason: Option<String>,
    },
}

/// How far a deploy has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeployState {
    /// It waits for its turn.
    Waiting,
    /// It was handed over, and nobody has taken it up yet.
    Requested,
    /// It is under way.
    Running,
    /// It is being ended before its own end, and keeps the environment until that end is confirmed.
    Cancelling,
    /// It has ended well.
    Succeeded,
    /// It has ended badly.
    Failed,
    /// It came to no end of its own: nobody took it up, or it hangs, or it could not be handed over, or somebody ended it.
    Error,
    /// A newer one has taken its place.
    Superseded,
    /// It may not be done.
    Refused,
    /// Nobody deploys in this repository, so it rests.
    Inactive,
}

impl DeployState {
    /// The word used in data.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Requested => "requested",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Error => "error",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
            Self::Inactive => "inactive",
        }
    }

    /// Whether it is still to come to an end.
    pub fn is_open(self) -> bool {
        self == Self::Waiting || self.is_under_way()
    }

    /// Whether it has the environment to itself.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Requested | Self::Running | Self::Cancelling)
    }
}

/// One try to bring one commit to one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is stored by a name of its own")]
pub struct Deploy {
    /// Counts up in its environment, from 1.
    pub number: u64,
    /// The environment's name.
    pub environment: String,
    /// What is to run there.
    pub commit: CommitId,
    /// Its files.
    pub tree: TreeId,
    /// What ran there before, as far as known.
    pub previous: Option<CommitId>,
    /// Why.
    pub trigger: Trigger,
    /// The merged pull requests that it brings, as far as they are known.
    #[serde(default)]
    pub pulls: Vec<PullNumber>,
    /// Names the build: equal for equal files and equal settings that a build can see.
    pub slug: String,
    /// Whether such a build exists already and is used again.
    #[serde(default)]
    pub reuses_slug: bool,
    /// Whether the environment is the one that customers see.
    #[serde(default)]
    pub production: bool,
    /// When it was asked for.
    pub made_at: UnixMillis,
    /// How far it has come.
    pub state: DeployState,
    /// When its turn came, then when it was handed over.
    #[serde(default)]
    pub requested_at: Option<UnixMillis>,
    /// When somebody took it up.
    #[serde(default)]
    pub picked_up_at: Option<UnixMillis>,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<UnixMillis>,
    /// Why it ended without success.
    #[serde(default)]
    pub ending: Option<Ending>,
    /// Its phases, as far as they were told.
    #[serde(default)]
    pub phases: Vec<PhaseRun>,
    /// GitHub's number of its Deployment.
    #[serde(default)]
    pub github_id: Option<u64>,
    /// Whether somebody was about to be told, which may or may not have come about.
    #[serde(default)]
    pub handing_over: bool,
    /// How often it was handed over: more than once only where that was cut off.
    #[serde(default)]
    pub hand_overs: u32,
    /// By which the driver finds it again.
    #[serde(default)]
    pub handle: Option<String>,
    /// The driver that carries it out.
    #[serde(default)]
    pub driver: String,
    /// Its settings when the deploy began: it is followed by them, whatever the repository says later. None where the
    /// operator's programs carry it out.
    #[serde(default)]
    pub driver_settings: Option<DriverSettings>,
    /// The status that GitHub shows, as far as known.
    #[serde(default)]
    pub shown: Option<String>,
    /// GitHub's number of that status: they grow.
    #[serde(default)]
    pub shown_place: u64,
    /// The status that GitHub was about to be told, which may or may not have come about.
    #[serde(default)]
    pub showing: Option<String>,
    /// The status that GitHub does not take.
    #[serde(default)]
    pub refused_status: Option<RefusedStatus>,
    /// When the newest report on it was made, by the clock of whoever made it.
    #[serde(default)]
    pub reported_at: Option<UnixMillis>,
    /// Which of what was said at that moment that report was.
    #[serde(default)]
    pub reported_place: u64,
    /// When it was first heard that somebody says on its own Deployment how it goes.
    #[serde(default)]
    pub spoken_of_at: Option<UnixMillis>,
    /// The newest Deployment of somebody else's that brought the same and does not count.
    #[serde(default)]
    pub not_counted: Option<NotCounted>,
    /// How often in a row GitHub has refused to make its Deployment.
    #[serde(default)]
    pub refusals: u32,
    /// Who carries it out, as far as GitHub tells.
    #[serde(default)]
    pub carried_out_by: Option<String>,
    /// Where its log is.
    #[serde(default)]
    pub log_url: Option<String>,
    /// What its log tells of how it failed, where that could be read.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
    /// What people were told by its log while it ran or when it failed, be it still so or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Box<ToldFailure>>,
    /// What customers see now, by its log, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<String>,
    /// Whether its log was read to the end, whatever came of that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub log_is_read: bool,
    /// Where the site is.
    #[serde(default)]
    pub environment_url: Option<String>,
    /// How it is or was ended before its own end.
    #[serde(default)]
    pub cancellation: Option<Cancellation>,
    /// Of a rollback: the merged pull requests that it takes back.
    #[serde(default)]
    pub takes_back: Vec<PullNumber>,
    /// What ran in the environment when it began, where that was known for sure.
    #[serde(default)]
    pub seen_before: Option<CommitId>,
    /// The number of one that may still have run when it began.
    #[serde(default)]
    pub beside: Option<u64>,
    /// Since when it does nothing but wait for somebody's approval.
    #[serde(default)]
    pub waits_for_approval_since: Option<UnixMillis>,
    /// How long it has waited for approvals before.
    #[serde(default, with = "as_millis")]
    pub waited_for_approval: Duration,
    /// What whoever carries it out says beside how far it has come, in one line.
    #[serde(default)]
    pub remark: Option<String>,
    /// When whoever carries it out was about to be asked for the same again, which may or may not have come about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retried_at: Option<UnixMillis>,
    /// Whether it is live, and something that comes after a deploy has failed.
    #[serde(default)]
    pub degraded: bool,
    /// The times at which its verify step was run again, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aftercare: Vec<AftercareRun>,
}

impl Deploy {
    /// What `driver` has where the operator's programs carry it out.
    pub const BY_PROGRAMS: &str = "command";

    /// A deploy that waits for its turn, with nothing known but what it is.
    pub fn new(
        number: u64,
        environment: impl Into<String>,
        (commit, tree): (CommitId, TreeId),
        trigger: Trigger,
    ) -> Self {
        Self {
            number,
            environment: environment.into(),
            commit,
            tree,
            previous: None,
            trigger,
            pulls: Vec::new(),
            slug: String::new(),
            reuses_slug: false,
            production: false,
            made_at: UnixMillis::default(),
            state: DeployState::Waiting,
            requested_at: None,
            picked_up_at: None,
            ended_at: None,
            ending: None,
            phases: Vec::new(),
            github_id: None,
            handing_over: false,
            hand_overs: 0,
            handle: None,
            driver: String::new(),
            driver_settings: None,
            shown: None,
            shown_place: 0,
            showing: None,
            refused_status: None,
            reported_at: None,
            reported_place: 0,
            spoken_of_at: None,
            not_counted: None,
            refusals: 0,
            carried_out_by: None,
            log_url: None,
            diagnosis: None,
            told: None,
            customers: None,
            log_is_read: false,
            environment_url: None,
            cancellation: None,
            takes_back: Vec::new(),
            seen_before: None,
            beside: None,
            waits_for_approval_since: None,
            waited_for_approval: Duration::ZERO,
            remark: None,
            retried_at: None,
            degraded: false,
            aftercare: Vec::new(),
        }
    }

    /// The phase that it is in, or ended in.
    pub fn phase(&self) -> Option<Phase> {
        self.phases.last().map(|run| run.phase)
    }

    /// Whether its log tells of a failure that is about to end it.
    pub fn is_about_to_fail(&self) -> bool {
        self.state.is_under_way() && self.diagnosis.is_some()
    }

    /// Whether the platform of Adobe Commerce carries it out.
    pub fn is_on_platform(&self) -> bool {
        let platform = DriverSettings::CommerceCloud { project: None, environment: None };
        self.driver == platform.as_str()
    }

    /// The last lines of what was said of it, as far as they are known.
    pub fn log_tail(&self) -> Option<&str> {
        let tail = match &self.ending {
            Some(Ending::NotHandedOver { log_tail: Some(tail), .. }) => Some(tail),
            _ => self.phases.last().and_then(|run| run.log_tail.as_ref()),
        };
        tail.map(|tail| tail.trim_end()).filter(|tail| !tail.is_empty())
    }

    /// Whether it holds something that its log itself has said.
    pub fn quotes_its_log(&self) -> bool {
        let is_said = |run: &PhaseRun| run.log_tail.as_ref().is_some_and(|tail| !tail.trim().is_empty());
        let names = self.told.iter().flat_map(|it| &it.suspects).any(SuspectedPull::is_named);
        let is_from_outside = self.is_worded_outside() && matches!(self.ending, Some(Ending::Failed { .. }));
        let names = names || self.aftercare.iter().any(AftercareRun::names_by_log);
        names || is_from_outside || self.log_tail().is_some() || self.phases.iter().any(is_said)
    }

    /// Whether a service of somebody's words how it goes.
    fn is_worded_outside(&self) -> bool {
        matches!(self.driver_settings, Some(DriverSettings::Webhook { .. }))
    }

    /// Takes out all that its log itself has said: codes, and words that nobody else has written, are left.
    pub fn leave_out_log(&mut self) {
        for run in &mut self.phases {
            run.log_tail = None;
        }
        if let Some(Ending::NotHandedOver { log_tail, .. }) = &mut self.ending {
            *log_tail = None;
        }
        for suspect in self.told.iter_mut().flat_map(|it| &mut it.suspects).filter(|it| it.is_named()) {
            suspect.clue = None;
        }
        self.aftercare.iter_mut().for_each(AftercareRun::leave_out_log);
        let is_from_outside = self.is_worded_outside();
        if let Some(Ending::Failed { words, .. }) = self.ending.as_mut().filter(|_| is_from_outside) {
            *words = None;
        }
    }

    /// Whether it takes the environment back to what ran before.
    pub fn is_rollback(&self) -> bool {
        matches!(self.trigger, Trigger::Rollback { .. } | Trigger::Revert { .. })
    }

    /// Whether its commit came to it by the branch: of a rollback only where that was given the old files.
    pub fn is_of_branch(&self) -> bool {
        !matches!(self.trigger, Trigger::Rollback { .. })
    }

    /// Whether the operator asked for this one by name: it goes where an ordinary one does not.
    pub fn was_requested(&self) -> bool {
        matches!(self.trigger, Trigger::Rollback { .. } | Trigger::Requested { .. })
    }

    /// Who has asked for it by name.
    pub fn asked_for_by(&self) -> Option<&str> {
        match &self.trigger {
            Trigger::Rollback { by, .. } | Trigger::Revert { by, .. } | Trigger::Requested { by, .. } => {
                Some(by)
            }
            Trigger::Merge | Trigger::DirectPush { .. } | Trigger::Active => None,
        }
    }

    /// Whether it was begun, however it ended.
    pub fn was_begun(&self) -> bool {
        self.requested_at.is_some()
    }

    /// Why nobody knows that it has ended, in words, though it counts as over.
    pub fn unconfirmed(&self) -> Option<&str> {
        match &self.cancellation.as_ref()?.end {
            Some(CancelEnd::Unconfirmed { words }) => Some(words),
            _ => None,
        }
    }

    /// Whether it counts as over and may run all the same.
    pub fn may_still_run(&self) -> bool {
        self.unconfirmed().is_some()
    }

    /// Whether it may have changed what runs in the environment, or may still do so.
    pub fn may_have_touched_the_site(&self) -> bool {
        // One that was handed over anew may have come further the first time.
        let before_the_site = |phase: Option<Phase>| phase == Some(Phase::Build) && self.hand_overs <= 1;
        if !self.was_begun() {
            return false;
        }
        if self.state.is_under_way() || self.may_still_run() || self.state == DeployState::Succeeded {
            return true;
        }
        match &self.ending {
            None | Some(Ending::CutOff { .. }) => true,
            Some(Ending::Failed { phase, .. } | Ending::Stuck { phase, .. }) => !before_the_site(*phase),
            Some(_) => self.picked_up_at.is_some() && !before_the_site(self.phase()),
        }
    }
}

#[cfg(test)]
mod tests;
