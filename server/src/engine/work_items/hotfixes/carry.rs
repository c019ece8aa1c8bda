//! Carrying a hotfix back: its commits are picked onto the environment that takes topics, each with the name of the one that
//! it was picked from, and a pull request is opened. In a conflict nothing is pushed.

use super::HotfixWork;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::first_free_branch::names;
use crate::engine::work_items::pull_request::Memory;
use crate::github::{ApiError, NewPull};
use crate::lineage::{BranchError, Committer, Downstream, Rebuild};
use crate::model::{
    BranchName, CarryBack, CarryStage, CommitId, Environment, ForPeople, Hotfix, HotfixStanding,
    LandedHotfix, PullNumber, PullRequestState, capitalized,
};
use crate::report;
use crate::store::Change;

/// More commits than this are not picked unasked.
const PICKED_AT_MOST: usize = 100;

impl HotfixWork<'_> {
    /// Sees what became of the pull request that carries it back.
    pub(super) async fn see_carry_back(&self, hotfix: &mut Hotfix) -> Result<(), WorkError> {
        let Some(carry_back) = &mut hotfix.carry_back else { return Ok(()) };
        let (CarryStage::Opened { pull, .. } | CarryStage::Closed { pull }) = &carry_back.stage else {
            return Ok(());
        };
        let (pull, row) = (*pull, self.pull(*pull).await?);
        let was_open = matches!(carry_back.stage, CarryStage::Opened { .. });
        match (row.state, row.merged.and_then(|it| it.commit)) {
            (PullRequestState::Merged, Some(made)) => carry_back.stage = CarryStage::Merged { pull, made },
            (PullRequestState::Closed, _) => carry_back.stage = CarryStage::Closed { pull },
            (PullRequestState::Open, _) if !was_open => {
                carry_back.stage = CarryStage::Opened { branch: row.head_branch, pull };
            }
            _ => {}
        }
        Ok(())
    }

    /// Carries it back where it is missing and nobody has, as far as that goes by itself.
    pub(super) async fn carry(
        &mut self,
        hotfix: &mut Hotfix,
        environment: &Environment,
    ) -> Result<(), WorkError> {
        let (Some(entry), Some(landed)) = (self.path.entry_of(environment).cloned(), hotfix.landed.clone())
        else {
            return Ok(());
        };
        let is_missing = hotfix.account(&entry.name).is_some_and(|it| it.standing == HotfixStanding::Missing);
        let stage = hotfix.carry_back.as_ref().map(|it| it.stage.clone());
        let is_begun = matches!(
            stage,
            Some(CarryStage::Opened { .. } | CarryStage::Closed { .. } | CarryStage::Merged { .. })
        );
        let (true, false, Some(number)) = (is_missing, is_begun, hotfix.pull) else { return Ok(()) };
        match stage {
            Some(CarryStage::Pushing { branch, tip })
                if self.repository.missing(&[tip]).await?.is_empty() =>
            {
                return self.push(hotfix, (&entry.branch, number), (branch, tip)).await;
            }
            // Another pick would be another branch: only its pull request is tried again.
            Some(CarryStage::Refused { branch: Some(branch), .. })
                if self.repository.branch(&branch).await?.is_some() =>
            {
                return self.open_carry_back(hotfix, (&entry.branch, number), branch).await;
            }
            _ => {}
        }
        let stage = self.picked((&entry, number), (environment, &landed)).await?;
        let pushing = match &stage {
            CarryStage::Pushing { branch, tip } => Some((branch.clone(), *tip)),
            _ => None,
        };
        if let CarryStage::Pushing { tip, .. } = &stage
            && self.repository.branch(&entry.branch).await? == Some(*tip)
        {
            // Picking it has made nothing: all of it is there.
            return Ok(());
        }
        hotfix.carry_back = Some(CarryBack { into: entry.branch.clone(), stage });
        match pushing {
            Some(pushing) => self.push(hotfix, (&entry.branch, number), pushing).await,
            None => Ok(()),
        }
    }

    /// What comes of picking its commits onto the environment's branch as it is now.
    async fn picked(
        &self,
        (entry, number): (&Environment, PullNumber),
        (environment, landed): (&Environment, &LandedHotfix),
    ) -> Result<CarryStage, WorkError> {
        if landed.picks.len() > PICKED_AT_MOST {
            return Ok(CarryStage::TooMany);
        }
        let target = self.repository.branch(&entry.branch).await?;
        let target =
            target.ok_or_else(|| WorkError::later(format!("there is no branch {}", entry.branch)))?;
        // What is there in another form, and may have been built upon, would conflict.
        let mut picks = Vec::new();
        for pick in &landed.picks {
            if !self.repository.carried(*pick, target).await?.carried.is_carried() {
                picks.push(*pick);
            }
        }
        // The same commits come of it each time, so an attempt that was cut off is gone on with.
        let at = landed.at.to_seconds();
        let committer = Committer::new("Towpath", "towpath@users.noreply.github.com", at);
        Ok(match self.repository.pick_with_origin(target, &picks, &committer).await? {
            Rebuild::Clean(rebuilt) => {
                let name = BranchName::new(format!("towpath/carry/{number}"));
                let branch =
                    name.map_err(|_| WorkError::give_up("a carry-back has no name for its branch"))?;
                CarryStage::Pushing { branch, tip: rebuilt.tip }
            }
            Rebuild::Conflict(conflict) => CarryStage::Conflict {
                pick: conflict.pick,
                paths: conflict.paths,
                merge: self.may_be_merged(environment, target).await?,
            },
        })
    }

    /// The tip of the environment, where a topic from upstream may merge it: all that is missing there came by pull requests.
    /// Picked instead, what a conflict made of it would conflict again with the next promotion.
    async fn may_be_merged(
        &self,
        environment: &Environment,
        entry: CommitId,
    ) -> Result<Option<CommitId>, WorkError> {
        let survey = self.repository.survey(self.path).await?;
        let Some(tip) = survey.tips.get(&environment.branch) else { return Ok(None) };
        let upstream = self.path.upstream_of(environment);
        let upstream = upstream.iter().filter_map(|it| survey.tips.get(&it.branch)).collect();
        let memory = Memory::of(self.ctx, self.path, self.row.id, &environment.branch).await?;
        let (state, downstream) = (tip.commit, Downstream { tip, upstream });
        let brings = self.repository.brings_back((state, entry), &downstream, &memory.ledger(None)).await?;
        Ok(brings.filter(|it| it.unrecorded.is_empty()).map(|_| state))
    }

    /// Gives what was picked a branch and a pull request. That is on record before it is begun, so what is there afterwards
    /// is known to be ours.
    async fn push(
        &mut self,
        hotfix: &mut Hotfix,
        (into, number): (&BranchName, PullNumber),
        (branch, tip): (BranchName, CommitId),
    ) -> Result<(), WorkError> {
        let mirror = self.ctx.mirror_to_push(self.row).await?;
        let repository = mirror.repository();
        for name in names(&format!("towpath/carry/{number}")).skip_while(|name| *name != branch) {
            let was_noted = matches!(
                hotfix.carry_back.as_ref().map(|it| &it.stage),
                Some(CarryStage::Pushing { branch, .. }) if *branch == name
            ) && self.is_on_record(hotfix).await?;
            let stage = CarryStage::Pushing { branch: name.clone(), tip };
            hotfix.carry_back = Some(CarryBack { into: into.clone(), stage });
            self.note(hotfix).await?;
            match repository.push_new_branch(&name, tip).await {
                Ok(_) => return self.open_carry_back(hotfix, (into, number), name).await,
                // Somebody has gone on with it.
                Err(BranchError::Exists { .. }) if was_noted => {
                    return self.open_carry_back(hotfix, (into, number), name).await;
                }
                Err(BranchError::Exists { .. } | BranchError::InTheWay { .. }) => {}
                Err(error @ (BranchError::Refused { .. } | BranchError::Unfit { .. })) => {
                    let why = capitalized(error.for_people().as_str());
                    let stage = CarryStage::Refused { why, branch: None };
                    hotfix.carry_back = Some(CarryBack { into: into.clone(), stage });
                    return Ok(());
                }
                Err(BranchError::Git(error)) => return Err(error.into()),
            }
        }
        let why = format!("every branch name like towpath/carry/{number} is taken");
        let stage = CarryStage::Refused { why, branch: None };
        hotfix.carry_back = Some(CarryBack { into: into.clone(), stage });
        Ok(())
    }

    /// Whether what it says of its carry-back was stored before this look.
    async fn is_on_record(&self, hotfix: &Hotfix) -> Result<bool, WorkError> {
        let stored = self.ctx.store.hotfixes(self.row.id).await?;
        Ok(stored.iter().any(|it| it.key == hotfix.key && it.carry_back == hotfix.carry_back))
    }

    async fn note(&self, hotfix: &Hotfix) -> Result<(), WorkError> {
        let changes = vec![Change::Hotfix(self.row.id, Box::new(hotfix.clone()))];
        if self.ctx.store.note(self.lease, changes, self.ctx.now()).await? {
            return Ok(());
        }
        Err(WorkError::later("the lease was lost before a branch was pushed"))
    }

    async fn open_carry_back(
        &self,
        hotfix: &mut Hotfix,
        (into, number): (&BranchName, PullNumber),
        branch: BranchName,
    ) -> Result<(), WorkError> {
        let (installation, name) = (self.row.installation, &self.row.full_name);
        let known = self.ctx.api.pulls_between(installation, name, (&branch, into)).await?;
        let (title, body) = (report::carry_title(hotfix, number), report::carry_pull(hotfix, number, into));
        let new = NewPull { head: &branch, base: into, title: &title, body: &body };
        let opened = match known.first() {
            Some(known) => Ok(known.number),
            None => self.ctx.api.create_pull(installation, name, &new).await.map(|made| made.number),
        };
        let pull = match opened {
            Ok(pull) => pull,
            Err(ApiError::Forbidden { message, .. } | ApiError::Refused { message, .. }) => {
                let stage = CarryStage::Refused { why: message, branch: Some(branch) };
                hotfix.carry_back = Some(CarryBack { into: into.clone(), stage });
                return Ok(());
            }
            Err(error @ ApiError::Exists { .. }) => return Err(self.ctx.not_made(error)),
            Err(error) => return Err(error.into()),
        };
        let stage = CarryStage::Opened { branch, pull };
        hotfix.carry_back = Some(CarryBack { into: into.clone(), stage });
        Ok(())
    }

    /// Closes what would carry it back, where nobody misses it any more: it is no more where it went, or its fault was mended
    /// in another way where it was to go.
    pub(super) async fn close_carry_back(
        &mut self,
        hotfix: &mut Hotfix,
        entry: &str,
    ) -> Result<(), WorkError> {
        let Some(CarryStage::Opened { pull, .. }) = hotfix.carry_back.as_ref().map(|it| &it.stage) else {
            return Ok(());
        };
        let pull = *pull;
        let Some(words) = report::carry_back_closed(hotfix, entry) else { return Ok(()) };
        if hotfix.over.is_none() && hotfix.closed == Some(pull) {
            return Ok(());
        }
        let (installation, name) = (self.row.installation, &self.row.full_name);
        match self.ctx.api.close_pull(installation, name, pull).await {
            Ok(()) | Err(ApiError::NotFound { .. }) => hotfix.closed = Some(pull),
            Err(error) => {
                // It is not over before that is done.
                hotfix.over = None;
                return Err(error.into());
            }
        }
        self.comment(pull, words).await
    }
}
