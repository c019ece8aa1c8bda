//! Taking an environment back where whoever deploys brings what its branch has and nothing older: a pull request is
//! prepared whose files are the old ones, and people merge it.
//!
//! Interruptions: the hold, the branch's name and what it stands on are on record before anything is pushed. The same
//! commit comes of it each time, and the pull request is looked for before it is opened, so whoever asks twice, or goes on
//! after a restart, makes nothing twice.

use super::EnvironmentWork;
use crate::deploy::drivers::{DriverError, RollbackWay, asks_for_rollback_way};
use crate::deploy::{RollbackPlan, deploy_record};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::first_free_branch::names;
use crate::engine::work_items::not_done::NotDone;
use crate::engine::work_items::pull_request::is_prepared;
use crate::github::{ApiError, NewPull};
use crate::lineage::{BranchError, Committer, Repository};
use crate::model::{
    BranchName, CommitId, Deploy, Ending, ForPeople, Hold, Phase, PullNumber, PullRequestState, RevertPull,
    TreeId, Trigger, UserMessage,
};
use crate::policy::ROLLBACK_BRANCHES;
use crate::report::{self, AskedFor};
use crate::store::{ActOutcome, Change};

/// A rollback by a merge, once it was merged.
pub(super) struct Reverted {
    /// What its deploy is made by.
    pub(super) trigger: Trigger,
    /// The pull requests that it takes back.
    pub(super) takes_back: Vec<PullNumber>,
    /// The hold, which says that it was merged.
    pub(super) hold: Hold,
}

impl EnvironmentWork<'_> {
    /// How whoever deploys here takes the environment back to what this deploy has brought.
    pub(super) async fn rollback_way(&self, target: &Deploy) -> Result<RollbackWay, DriverError> {
        let site = self.site;
        let settings = &site.environment.deploy.driver;
        if self.has_programs() || !asks_for_rollback_way(settings) {
            return Ok(RollbackWay::Deploy);
        }
        site.ctx.driver(site.repository, settings)?.rollback_way(target).await
    }

    /// Holds the environment, and prepares what takes it back. What is under way and only builds is ended first.
    pub(super) async fn revert(&mut self, plan: &RollbackPlan, hold: Hold) -> Result<ActOutcome, WorkError> {
        let name = &self.site.environment.name;
        if self.site.of_branch.is_some() {
            return Ok(ActOutcome::refused(report::no_revert_beside(name)));
        }
        let (tip, tree) = match self.branch_now().await {
            Ok(now) => now,
            Err(error) => {
                self.hold_for_later(plan, hold).await?;
                return Err(error);
            }
        };
        if tree == plan.target.tree {
            // Its files were brought back before, and their deploy has failed.
            let revert = self.queue.hold().and_then(|it| it.revert.clone());
            let hold = Hold { revert, ..hold };
            return self.begin_rollback(plan, hold, tip).await;
        }
        let instead_of =
            self.queue.hold().and_then(Hold::to_merge).and_then(|it| it.number.or(it.instead_of));
        let revert = RevertPull::new(self.name_for(tip)?, tip, plan.target.tree);
        let hold = Hold { revert: Some(RevertPull { instead_of, ..revert }), ..hold };
        self.hold(plan, hold.clone()).await?;
        let going = plan.cancels.and_then(|number| self.queue.get(number).cloned());
        if let Some(going) = going.filter(|it| self.only_builds(it)) {
            let why = Ending::CancelledByPerson { by: hold.by.clone(), phase: going.phase() };
            self.queue.cancel(going.number, why, self.site.ctx.now());
        }
        self.prepare(hold).await
    }

    /// Holds the environment while it cannot be told how it is taken back: nothing else is to go there meanwhile. A hold
    /// that is in force stays as it is.
    pub(super) async fn hold_for_later(&mut self, plan: &RollbackPlan, hold: Hold) -> Result<(), WorkError> {
        if self.queue.hold().is_some() || self.site.of_branch.is_some() {
            return Ok(());
        }
        self.hold(plan, hold).await
    }

    /// What the environment is to go back to, where it is held and nothing was begun for that so far.
    pub(super) fn held_for_later(&self) -> Option<CommitId> {
        let hold = self.queue.hold().filter(|it| it.revert.is_none())?;
        let was_begun = |it: &Deploy| it.is_rollback() && it.made_at >= hold.since;
        (!self.queue.deploys().iter().any(was_begun)).then_some(hold.to)
    }

    /// What is answered where whoever deploys takes nothing back.
    pub(super) fn not_from_here(&self, why: &UserMessage) -> ActOutcome {
        let name = &self.site.environment.name;
        let refused = ActOutcome::refused(format!("{name} is not rolled back from here: {why}"));
        match self.held_for_later() {
            Some(_) => {
                refused.next(format!("{name} stays held; `{}` lifts the hold.", self.asked_for().lift()))
            }
            None => refused,
        }
    }

    /// Goes on with what takes the environment back already, where it is asked for once more and was not merged yet.
    pub(super) async fn go_on_reverting(
        &mut self,
        to: Option<CommitId>,
    ) -> Result<Option<ActOutcome>, WorkError> {
        let Some(hold) = self.queue.hold().filter(|it| to.is_none_or(|to| to == it.to)).cloned() else {
            return Ok(None);
        };
        let Some(revert) = hold.to_merge().cloned() else { return Ok(None) };
        let (tip, tree) = self.branch_now().await?;
        if tree == revert.tree {
            let words = report::reverted_already(self.asked_for(), (&hold, tip));
            return Ok(Some(ActOutcome::refused(words)));
        }
        if tip == revert.onto {
            return self.prepare(hold).await.map(Some);
        }
        let instead_of = revert.number.or(revert.instead_of);
        let anew = RevertPull::new(self.name_for(tip)?, tip, revert.tree);
        let pulls = self.pulls_between(tip, hold.to).await?;
        let hold = Hold { pulls, revert: Some(RevertPull { instead_of, ..anew }), ..hold };
        self.keep_hold(&hold);
        self.prepare(hold).await.map(Some)
    }

    /// Where the environment's branch is now, and with which files.
    async fn branch_now(&self) -> Result<(CommitId, TreeId), WorkError> {
        let branch = &self.site.environment.branch;
        let repository = self.site.ctx.mirror(self.site.repository).await?.fetched(&[]).await?;
        let tip = repository.branch(branch).await?;
        let tip = tip.ok_or_else(|| WorkError::later(format!("there is no branch {branch}")))?;
        let tree = repository.tree(tip).await?;
        Ok((tip, tree.ok_or_else(|| WorkError::later(format!("{} is not here yet", tip.short())))?))
    }

    /// The first of the names for the branch of a pull request that stands on this commit.
    fn name_for(&self, onto: CommitId) -> Result<BranchName, WorkError> {
        let name = BranchName::new(self.plain_name_for(onto));
        name.map_err(|_| WorkError::give_up("a rollback has no name for its branch"))
    }

    fn plain_name_for(&self, onto: CommitId) -> String {
        format!("{ROLLBACK_BRANCHES}{}-{}", self.site.environment.branch, onto.short())
    }

    pub(super) fn keep_hold(&mut self, hold: &Hold) {
        let site = self.site;
        self.queue.set_hold(hold.clone());
        self.others_wait = true;
        let name = site.environment.name.clone();
        self.changes.push(Change::Hold(site.repository.id, name, hold.clone()));
    }

    /// Forgets a prepared pull request that somebody has closed: nobody is to be told to merge it.
    pub(super) async fn forget_closed(&mut self) -> Result<(), WorkError> {
        let site = self.site;
        let Some(hold) = self.queue.hold().cloned() else { return Ok(()) };
        let Some(revert) = hold.to_merge().cloned() else { return Ok(()) };
        let Some(number) = revert.number else { return Ok(()) };
        let known = site.ctx.store.pull(site.repository.id, number).await?;
        if known.is_some_and(|it| it.pull.state == PullRequestState::Closed) {
            self.keep_hold(&Hold { revert: Some(RevertPull { number: None, ..revert }), ..hold });
        }
        Ok(())
    }

    /// Makes the branch and the pull request, as far as Towpath may. Either way it is no rollback yet.
    async fn prepare(&mut self, mut hold: Hold) -> Result<ActOutcome, WorkError> {
        let pushed = self.pushed(&mut hold).await;
        let is_pushed = pushed.is_ok();
        let made = match pushed {
            Ok(()) => self.opened(&hold).await,
            Err(why) => Err(why),
        };
        let said = match made {
            Ok(number) => {
                let instead_of = hold.revert.as_mut().and_then(|it| {
                    it.number = Some(number);
                    it.instead_of.take_if(|before| *before != number)
                });
                if let Some(before) = instead_of {
                    self.close(before).await?;
                }
                self.keep_hold(&hold);
                let words = report::revert_prepared(self.asked_for(), &hold, (number, self.said_of_going()));
                (words, Some(number))
            }
            Err(NotDone::WorkError(error)) => return Err(error),
            Err(NotDone::Refused(why)) => {
                let Some(revert) = &hold.revert else { return Err(WorkError::give_up("nothing to revert")) };
                let about = (why.as_str(), self.said_of_going());
                (report::revert_by_hand(self.asked_for(), (&hold, revert, is_pushed), about), None)
            }
        };
        let ((words, next), number) = said;
        let outcome = if self.in_a_comment {
            ActOutcome::refused(words).next(next)
        } else {
            ActOutcome::refused(format!("{words}. {next}"))
        };
        Ok(number.into_iter().fold(outcome, ActOutcome::by_pull_request))
    }

    /// Pushes the commit with the old files to the branch that is on record, or to the next free name, on record before.
    async fn pushed(&mut self, hold: &mut Hold) -> Result<(), NotDone> {
        let site = self.site;
        let Some(revert) = hold.revert.clone() else {
            return Err(NotDone::refused("nothing is to be reverted"));
        };
        // Whoever goes on after a kill has to know what this is about to make.
        self.note().await?;
        if self.is_made_by_hand(&revert).await? {
            return Ok(());
        }
        let mirror = site.ctx.mirror_to_push(site.repository).await?;
        let repository = mirror.fetched(&[]).await?;
        let commit = self.made(&repository, hold, &revert).await?;
        let tried = self.plain_name_for(revert.onto);
        for branch in names(&tried).skip_while(|it| *it != revert.branch) {
            if hold.revert.as_ref().is_some_and(|it| it.branch != branch) {
                // Somebody has gone on with the branch, so its pull request is another change.
                let instead_of = revert.number.or(revert.instead_of);
                hold.revert =
                    Some(RevertPull { branch: branch.clone(), number: None, instead_of, ..revert.clone() });
                self.keep_hold(hold);
                self.note().await?;
            }
            match repository.push_new_branch(&branch, commit).await {
                Ok(_) => return Ok(()),
                Err(BranchError::Exists { .. } | BranchError::InTheWay { .. }) => {}
                Err(error @ (BranchError::Refused { .. } | BranchError::Unfit { .. })) => {
                    return Err(NotDone::Refused(error.for_people()));
                }
                Err(BranchError::Git(error)) => return Err(error.into()),
            }
        }
        Err(NotDone::refused(format!("every branch name like {tried} is taken")))
    }

    /// Whether the branch that is on record has such a commit already. One that people have made by the commands is another
    /// one than Towpath's, and does the same.
    async fn is_made_by_hand(&self, revert: &RevertPull) -> Result<bool, WorkError> {
        let repository = self.with(revert.onto).await?;
        match repository.branch(&revert.branch).await? {
            Some(tip) => Ok(is_prepared(&repository, tip, revert).await?),
            None => Ok(false),
        }
    }

    /// The commit with the old files: the same each time.
    async fn made(
        &self,
        repository: &Repository,
        hold: &Hold,
        revert: &RevertPull,
    ) -> Result<CommitId, WorkError> {
        let at = hold.since.to_seconds();
        let committer = Committer::new("Towpath", "towpath@users.noreply.github.com", at);
        let message = report::revert_title(&self.site.environment.name, hold.to);
        Ok(repository.with_tree(revert.onto, revert.tree, (&message, &committer)).await?)
    }

    /// The pull request; one that is open already is found.
    async fn opened(&self, hold: &Hold) -> Result<PullNumber, NotDone> {
        let site = self.site;
        let Some(revert) = &hold.revert else { return Err(NotDone::refused("nothing is to be reverted")) };
        let (installation, full_name) = (site.repository.installation, &site.repository.full_name);
        let ends = (&revert.branch, &site.environment.branch);
        if let Some(known) = site.ctx.api.open_pull_between(installation, full_name, ends).await? {
            return Ok(known.number);
        }
        let asked = AskedFor { in_comments: Some(self.comment_commands()), ..self.asked_for() };
        let entry = site.path.entry_of(site.environment).map(|it| &it.branch);
        let title = report::revert_title(&site.environment.name, hold.to);
        let body = report::revert_pull(asked, hold, entry);
        let new = NewPull { head: ends.0, base: ends.1, title: &title, body: &body };
        match site.ctx.api.create_pull(installation, full_name, &new).await {
            Ok(made) => Ok(made.number),
            Err(error @ ApiError::Exists { .. }) => Err(site.ctx.not_made(error).into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Closes the one in whose place another one was prepared.
    async fn close(&self, number: PullNumber) -> Result<(), WorkError> {
        let site = self.site;
        let closed =
            site.ctx.api.close_pull(site.repository.installation, &site.repository.full_name, number).await;
        match closed {
            Ok(()) | Err(ApiError::NotFound { .. } | ApiError::Refused { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a deploy under way can still be ended: it builds, and has not begun to change the site.
    fn only_builds(&self, going: &Deploy) -> bool {
        going.phase() == Some(Phase::Build) && self.can_cancel(going)
    }

    /// What happens to the deploy under way.
    fn said_of_going(&self) -> Option<String> {
        let going = self.queue.under_way()?;
        Some(if going.cancellation.is_some() {
            report::ends_first(going)
        } else {
            report::goes_first(going, &deploy_record(self.queue.deploys().iter().rev()))
        })
    }

    /// What a move of the branch is, where it has got the old files: the rollback that somebody has asked for. Whoever makes
    /// its deploy keeps the hold along with that, and not before: what was merged is not looked for again.
    pub(super) async fn reverted_by(
        &self,
        repository: &Repository,
        (commit, tree): (CommitId, TreeId),
    ) -> Result<Option<Reverted>, WorkError> {
        let Some(hold) = self.queue.hold().cloned() else { return Ok(None) };
        let Some(revert) = hold.to_merge().filter(|it| it.tree == tree && it.onto != commit) else {
            return Ok(None);
        };
        let is_here = repository.missing(&[revert.onto]).await?.is_empty();
        if !is_here || !repository.reaches(commit, revert.onto).await? {
            return Ok(None);
        }
        let takes_back = self.pulls_between(revert.onto, hold.to).await?;
        let merged = RevertPull { merged: Some(commit), ..revert.clone() };
        let trigger = Trigger::Revert { by: hold.by.clone(), reason: hold.reason.clone() };
        Ok(Some(Reverted { trigger, takes_back, hold: Hold { revert: Some(merged), ..hold } }))
    }
}
