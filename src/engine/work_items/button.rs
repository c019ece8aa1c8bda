//! A button that somebody pressed on one of our checks: Retarget and Rebuild branch.
//!
//! Only who may write to the repository may press it: GitHub is asked, whatever it shows to whom. What was
//! carried out is on record and is not done twice for the same head.

use super::pending_deliveries::PendingDeliveries;
use super::pull_request::Memory;
use super::recheck::about;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::engine::work_span;
use crate::github::events::ButtonEvent;
use crate::github::{self, ApiError, CollaboratorJson, NewPull};
use crate::lineage::{BranchError, Committer, Conflict, GitError, Rebuild, Repository};
use crate::model::{
    AuditEntry, BranchName, CheckName, CommitId, ForPeople, PullNumber, Repair, RepositoryId, UserMessage,
};
use crate::report::{self, REBUILD, RETARGET};
use crate::store::{ActRow, Change, JudgedPull, RepositoryRow, RepositoryState, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
    check: u64,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, item).await?;
    let mut changes = pending.processed(item);
    let (events, _) = pending.events::<ButtonEvent>(&["check_run"]);
    let row = ctx.store.repository(id).await?;
    let Some(repository) = row.filter(|row| row.state == RepositoryState::Active) else {
        tracing::warn!(check, "a button was pressed in a repository that is not looked after");
        return Ok(changes);
    };
    let open = ctx.store.open_pulls(id).await?;
    for (delivery, event) in events {
        let (head, name) = (event.check_run.head_sha, event.check_run.name.as_str());
        let is_meant = |it: &&JudgedPull| {
            let base = it.judged_base.as_ref();
            it.judged_head == Some(head) && base.is_some_and(|base| CheckName::is_about(name, base))
        };
        if !open.iter().any(|it| is_meant(&it)) {
            // What it was about is over, though a page still shows the button.
            changes.extend(about(ctx, id, &open, (head, Some(name))).await?);
        }
        for pull in open.iter().filter(is_meant) {
            work_span::note_pull_request(pull.pull.number);
            let (who, delivery) = (&event.sender.login, &delivery.guid);
            let press = Press { ctx, repository: &repository, pull, who, delivery };
            changes.extend(press.carried_out(&event.requested_action.identifier).await?);
        }
    }
    Ok(changes)
}

/// One press of a button, on one pull request.
struct Press<'a> {
    ctx: &'a EngineContext,
    repository: &'a RepositoryRow,
    pull: &'a JudgedPull,
    who: &'a str,
    /// GitHub's id of the delivery that told of it.
    delivery: &'a str,
}

/// What was done, in words for people.
type Done = String;

/// Why nothing was.
enum NotDone {
    /// It will not come of trying again.
    Refused(UserMessage),
    /// It may.
    WorkError(WorkError),
}

impl NotDone {
    fn refused(why: impl AsRef<str>) -> Self {
        Self::Refused(UserMessage::new(why))
    }
}

impl From<WorkError> for NotDone {
    fn from(error: WorkError) -> Self {
        Self::WorkError(error)
    }
}

impl From<GitError> for NotDone {
    fn from(error: GitError) -> Self {
        Self::WorkError(error.into())
    }
}

/// What GitHub does not allow is told to whoever pressed, who may know whom to ask.
impl From<ApiError> for NotDone {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Forbidden { message, .. } | ApiError::Refused { message, .. } => {
                Self::refused(format!("GitHub does not allow it: {message}"))
            }
            error => Self::WorkError(error.into()),
        }
    }
}

impl Press<'_> {
    async fn carried_out(&self, what: &str) -> Result<Vec<Change>, WorkError> {
        let row = &self.pull.pull;
        let known = self.ctx.store.acts(row.repository, row.number).await?;
        if known.iter().any(|act| act.done && act.what == what && act.head == row.head_commit) {
            // It is not done twice, and what came of it is shown once more.
            return Ok(self.shown_again().collect());
        }
        let RepositoryRow { installation, full_name, .. } = self.repository;
        let person = self.ctx.api.collaborator(*installation, full_name, self.who).await?;
        let (done, outcome) = match self.act(what, person.as_ref()).await {
            Ok(outcome) => (true, outcome),
            Err(NotDone::Refused(why)) => (false, String::from(why)),
            Err(NotDone::WorkError(error)) => return Err(error),
        };
        tracing::info!(what, who = self.who, done, outcome, "a button was pressed");
        let entry = AuditEntry {
            at: self.ctx.now(),
            actor: self.who.to_owned(),
            role: person.map_or_else(|| "none".to_owned(), |it| it.role().to_owned()),
            action: what.to_owned(),
            repository: row.repository,
            environment: None,
            pull_request: Some(row.number),
            reason: None,
            head: Some(row.head_commit),
            base: None,
            done,
            result: outcome.clone(),
            delivery: Some(self.delivery.to_owned()),
        };
        let act = ActRow {
            repository: row.repository,
            number: row.number,
            head: row.head_commit,
            what: what.to_owned(),
            who: self.who.to_owned(),
            at: self.ctx.now(),
            outcome,
            done,
        };
        // The check and the comment then say what came of it.
        let kept = [Change::Act(act), Change::Audit(Box::new(entry))];
        Ok(kept.into_iter().chain(self.shown_again()).collect())
    }

    /// Something is shown for each press, even if it comes to the same as one before.
    fn shown_again(&self) -> impl Iterator<Item = Change> {
        let row = &self.pull.pull;
        let base = self.pull.judged_base.clone();
        let check = base.map(|base| WorkItem::Check(row.repository, row.head_commit, base));
        let check = check.map(Change::Outdated);
        check.into_iter().chain([Change::Mark(WorkItem::PullRequest(row.repository, row.number))])
    }

    async fn act(&self, what: &str, person: Option<&CollaboratorJson>) -> Result<Done, NotDone> {
        let RepositoryRow { installation, full_name, .. } = self.repository;
        let row = &self.pull.pull;
        if !person.is_some_and(CollaboratorJson::may_write) {
            return Err(NotDone::refused(format!("{} cannot write to this repository", self.who)));
        }
        // What was judged may not be what is there any more.
        let now = self.ctx.api.pull(*installation, full_name, row.number).await.map_err(WorkError::from)?;
        if now.head.sha != row.head_commit || now.state != "open" {
            return Err(NotDone::refused("the pull request has changed since; press the button again"));
        }
        if what == RETARGET.identifier {
            return self.retarget(&now.base.branch).await;
        }
        if what == REBUILD.identifier {
            return self.rebuild(&now).await;
        }
        Err(NotDone::refused(format!("there is no button {what:?}")))
    }

    async fn retarget(&self, base: &str) -> Result<Done, NotDone> {
        let to = self.belongs_on();
        let to = to.ok_or_else(|| NotDone::refused("its base is already the right one"))?;
        if base != to.as_str() {
            let RepositoryRow { installation, full_name, .. } = self.repository;
            self.ctx.api.retarget(*installation, full_name, self.pull.pull.number, &to).await?;
        }
        Ok(format!("changed the base to {to}"))
    }

    fn belongs_on(&self) -> Option<BranchName> {
        let verdict = super::pull_request::last_verdict(self.pull)?;
        verdict.findings.iter().find_map(|finding| finding.cause.retarget_to().cloned())
    }

    /// A clean branch with the topic's own commits, and a pull request from it. Nothing is made where a
    /// commit would conflict.
    async fn rebuild(&self, now: &github::PullJson) -> Result<Done, NotDone> {
        let (Some(repair), Some(aimed)) = (self.repair(), self.pull.judged_base.clone()) else {
            return Err(NotDone::refused("nothing is left to rebuild"));
        };
        // By number: a fork may have any name. One whose repository is gone is from elsewhere too.
        if now.head.repo.map(|it| it.id) != Some(self.repository.id) {
            return Err(NotDone::refused(FROM_A_FORK));
        }
        let mirror = self.ctx.mirror_to_push(self.repository).await?;
        let repository = mirror.fetched(&[self.pull.pull.number.0]).await?;
        let target = self.target(&repository, &aimed).await?;
        // The same commits come of it each time, so an attempt that was cut off is gone on with.
        let made_at = self.pull.judged_at.unwrap_or_default().to_seconds();
        let committer = Committer::new("Towpath", "towpath@users.noreply.github.com", made_at);
        let picks: Vec<CommitId> = repair.picks.iter().map(|commit| commit.id).collect();
        let rebuilt = match repository.rebuild(target, &picks, &committer).await? {
            Rebuild::Clean(rebuilt) if !rebuilt.made.is_empty() => rebuilt,
            Rebuild::Clean(_) => {
                return Err(NotDone::refused(format!("{aimed} already has all of its own changes")));
            }
            Rebuild::Conflict(conflict) => return Err(NotDone::refused(conflicts(&conflict, &aimed))),
        };
        let branch = self.pushed(&repository, &aimed, rebuilt.tip).await?;
        let number = self.open(now, &branch, &aimed, rebuilt.made.len()).await?;
        Ok(format!("made the branch {branch} and opened #{number} from it"))
    }

    fn repair(&self) -> Option<Repair> {
        let verdict = super::pull_request::last_verdict(self.pull)?;
        verdict.findings.iter().find_map(|finding| finding.cause.repair().cloned())
    }

    /// Where the base was when the pull request was judged; where it is, if that is not known.
    async fn target(&self, repository: &Repository, aimed: &BranchName) -> Result<CommitId, WorkError> {
        let row = &self.pull.pull;
        let path = self.ctx.repository_config(self.repository).await?.path;
        let ledger = Memory::of(self.ctx, &path, row.repository, &row.head_branch).await?.ledger(None);
        let judged_at = self.pull.judged_at.unwrap_or_default().to_seconds();
        let present = repository.branch(aimed).await?;
        let present = present.ok_or_else(|| WorkError::later(format!("there is no branch {aimed}")))?;
        let Some(then) = ledger.tip_at(aimed, judged_at).map(|tip| tip.commit) else { return Ok(present) };
        let still_there =
            repository.missing(&[then]).await?.is_empty() && repository.reaches(present, then).await?;
        Ok(if still_there { then } else { present })
    }

    /// Gives the commits a branch of their own: of those names the first that is free, or has them already.
    async fn pushed(
        &self,
        repository: &Repository,
        aimed: &BranchName,
        tip: CommitId,
    ) -> Result<BranchName, NotDone> {
        let head = &self.pull.pull.head_branch;
        for name in std::iter::once(String::new()).chain((2..=NAMES_TRIED).map(|number| format!("-{number}")))
        {
            let Ok(branch) = BranchName::new(format!("{head}-on-{aimed}{name}")) else { break };
            match repository.push_new_branch(&branch, tip).await {
                Ok(()) => return Ok(branch),
                Err(BranchError::Exists { .. } | BranchError::InTheWay { .. }) => {}
                Err(error @ (BranchError::Refused { .. } | BranchError::Unfit { .. })) => {
                    return Err(NotDone::Refused(error.for_people()));
                }
                Err(BranchError::Git(error)) => return Err(error.into()),
            }
        }
        Err(NotDone::refused(format!("every branch name like {head}-on-{aimed} is taken")))
    }

    async fn open(
        &self,
        now: &github::PullJson,
        branch: &BranchName,
        aimed: &BranchName,
        kept: usize,
    ) -> Result<PullNumber, NotDone> {
        let number = self.pull.pull.number;
        let title = now.details.title.clone().unwrap_or_else(|| format!("Instead of #{number}"));
        let body = report::replacement(number.0, aimed, kept, self.who);
        let RepositoryRow { installation, full_name, .. } = self.repository;
        let new = NewPull { head: branch, base: aimed, title: &title, body: &body };
        Ok(self.ctx.api.open_pull(*installation, full_name, &new).await?)
    }
}

/// Whoever may open a pull request from a fork may not have code of theirs run with this repository's secrets.
const FROM_A_FORK: &str = "it comes from a fork: workflows would run a branch made from it here with this repository's \
                           secrets; its author can run the check's commands in the fork";

/// How many names are tried for a branch.
const NAMES_TRIED: u32 = 9;

fn conflicts(conflict: &Conflict, aimed: &BranchName) -> String {
    const SHOWN: usize = 5;
    let paths: Vec<&str> = conflict.paths.iter().take(SHOWN).map(String::as_str).collect();
    let more = match conflict.paths.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "its commit {} conflicts with {aimed} in {}{more}; nothing was changed",
        conflict.pick.short(),
        paths.join(", ")
    )
}
