//! A merge group: what a merge queue is about to merge is judged before it does.
//!
//! The group's commit is on top of the base, or of the groups before it, and may hold several pull requests.
//! Each of them is judged against what the group was put on, and the worst verdict counts. Where none is
//! known that made it, the group is judged as work of unknown name.

use super::aim::aim;
use super::applied_check::{AppliedCheck, checks};
use super::decisions::Decisions;
use super::desired_check_run::DesiredCheckRun;
use super::owed_hotfixes;
use super::pending_deliveries::PendingDeliveries;
use super::pull_request::{Memory, acceptance_facts, ends, known_deploys, stack_facts};
use crate::engine::commerce_files::found_in_files;
use crate::engine::context::EngineContext;
use crate::engine::inbox::OF_QUEUES;
use crate::engine::judge;
use crate::engine::not_decided::{NotDecided, settled};
use crate::engine::work_error::WorkError;
use crate::github::events::MergeGroupEvent;
use crate::lineage::Repository;
use crate::model::config::RepositoryConfig;
use crate::model::{
    Base, BranchName, CommitId, Facts, Finding, Head, History, Outcome, PullEnds, PullRequest, RepositoryId,
    Role, Undecided, Verdict,
};
use crate::policy::Judged;
use crate::report::{self, NotAgain, Subject, Withdrawn};
use crate::store::{Change, ChecksOf, RepositoryRow, RepositoryState, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
    head: CommitId,
    base: &BranchName,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, item).await?;
    let mut changes = Vec::new();
    let (events, _) = pending.events::<MergeGroupEvent>(&["merge_group"]);
    let Some((repository, introduced)) = pending.repository(ctx, id).await? else {
        return Ok(pending.processed(item));
    };
    changes.extend(introduced);
    if repository.state != RepositoryState::Active {
        changes.extend(pending.processed(item));
        return Ok(changes);
    }
    let (config, unread) = match ctx.repository_config(&repository).await {
        Ok(config) => (config, None),
        Err(error) => (ctx.unread(&error), Some(error)),
    };
    if unread.is_none() {
        // Until then the event stays: it says what the group was put on.
        changes.extend(pending.processed(item));
    }
    let group = Group { ctx, config: &config, repository: &repository, head, base };
    let shown = group.shown().await?;
    if config.path.role(base) == Role::Topic {
        if let Some(error) = unread {
            // The file may name it.
            return Err(error);
        }
        changes.extend(group.taken_back(shown).await?);
        return Ok(changes);
    }
    let put_on = events.last().map(|(_, event)| event.merge_group.base_sha);
    let put_on = put_on.or_else(|| shown.as_ref().and_then(|shown| shown.put_on));
    // Nothing new tells of it: somebody asks for it again, or it was not decided.
    if let (true, Some(shown)) = (events.is_empty(), &shown)
        && let Some(why) = group.is_over().await?
    {
        changes.extend(shown.asked_again(ctx, &why).await?);
        return Ok(changes);
    }
    let (judged, error) = match group.look(put_on).await? {
        Ok(judged) => judged,
        Err(why) => {
            let (verdict, error) = why.verdict();
            (vec![(group.subject(&group.nameless(head)), verdict)], error)
        }
    };
    let text = report::check_of_group(&config.path, &judged);
    let item = WorkItem::Check(id, head, base.clone());
    let name = config.path.check_of_branch(base);
    let (annotations, siblings) = (Vec::new(), Vec::new());
    changes.push(
        DesiredCheckRun { item, commit: head, name, text: &text, annotations, siblings, put_on }.desired()?,
    );
    match error {
        None => Ok(changes),
        Some(error) => Err(WorkError { changes, ..error }),
    }
}

/// What merge queues are about to merge into `base`, to be judged again: what has begun there keeps it out. One that was
/// not let in is out of its queue already. Nothing is fetched for it: the queue's branches came with the last fetch.
pub(super) async fn queued(
    ctx: &EngineContext,
    id: RepositoryId,
    base: &BranchName,
) -> Result<Vec<Change>, WorkError> {
    let mirror = ctx.mirrors.of(id);
    if !mirror.exists() {
        return Ok(Vec::new());
    }
    let mut changes = Vec::new();
    for head in mirror.repository(None).heads_below(&format!("{OF_QUEUES}{base}/")).await? {
        let shown = checks(ctx, id, ChecksOf::Commit(head)).await?;
        if shown.iter().any(|check| check.base() == Some(base) && check.lets_merge()) {
            changes.push(Change::Mark(WorkItem::MergeGroup(id, head, base.clone())));
        }
    }
    Ok(changes)
}

/// The verdicts on what a group holds, and why they have to be worked out again, where that can help.
type Verdicts = (Vec<(Subject, Verdict)>, Option<WorkError>);

struct Group<'a> {
    ctx: &'a EngineContext,
    config: &'a RepositoryConfig,
    repository: &'a RepositoryRow,
    head: CommitId,
    base: &'a BranchName,
}

impl Group<'_> {
    /// What is said of it so far.
    async fn shown(&self) -> Result<Option<AppliedCheck>, WorkError> {
        let all = checks(self.ctx, self.repository.id, ChecksOf::Commit(self.head)).await?;
        Ok(all.into_iter().find(|check| check.base() == Some(self.base)))
    }

    /// The end of what was said of it: its base is on the path no more.
    async fn taken_back(&self, shown: Option<AppliedCheck>) -> Result<Vec<Change>, WorkError> {
        match shown {
            None => Ok(Vec::new()),
            Some(shown) if shown.is_withdrawn() => {
                shown.asked_again(self.ctx, &NotAgain::Unasked(self.base.clone())).await
            }
            Some(shown) => {
                let of = (self.base.as_str(), None);
                Ok(vec![shown.withdrawn(self.ctx, &Withdrawn::OffThePath, of).await?])
            }
        }
    }

    /// What has become of it, where the queue does not have it any more.
    async fn is_over(&self) -> Result<Option<NotAgain>, WorkError> {
        let repository = self.ctx.mirror(self.repository).await?.fetched(&[]).await?;
        let gone = Some(NotAgain::GroupGone(self.base.clone()));
        if !repository.missing(&[self.head]).await?.is_empty() {
            return Ok(gone);
        }
        if let Some(tip) = repository.branch(self.base).await?
            && repository.reaches(tip, self.head).await?
        {
            return Ok(Some(NotAgain::GroupMerged(self.base.clone())));
        }
        let branches = repository.branches_at(&[self.head]).await?;
        let is_queued = branches.iter().any(|(_, branch)| branch.as_str().starts_with(OF_QUEUES));
        Ok(if is_queued { None } else { gone })
    }

    async fn look(&self, put_on: Option<CommitId>) -> Result<Result<Verdicts, NotDecided>, WorkError> {
        let mirror = match self.ctx.mirror(self.repository).await {
            Ok(mirror) => mirror,
            Err(error) => return Ok(Err(NotDecided::by_github(error).like_any_failure())),
        };
        let repository = match mirror.fetched(&[]).await {
            Ok(repository) => repository,
            Err(error) => return Ok(Err(error.into())),
        };
        let put_on = match put_on {
            Some(commit) => Ok(Some(commit)),
            None => repository.branch(self.base).await,
        };
        let put_on = match put_on {
            Ok(Some(commit)) => commit,
            Ok(None) => {
                let missing = vec![self.base.clone()];
                return Ok(Err(Undecided::MissingBranches { missing, start_from: None }.into()));
            }
            Err(error) => return Ok(Err(error.into())),
        };
        let Ok(brought) = repository.brought(self.head, put_on).await else {
            let what = format!("the merge group's commit {}", self.head.short());
            return Ok(Err(Undecided::CommitMissing { what }.into()));
        };
        self.judge(&repository, put_on, &brought).await.map(Ok)
    }

    async fn judge(
        &self,
        repository: &Repository,
        put_on: CommitId,
        brought: &[CommitId],
    ) -> Result<Verdicts, WorkError> {
        let id = self.repository.id;
        let open: Vec<PullRequest> =
            self.ctx.store.open_pulls(id).await?.into_iter().map(|it| it.pull).collect();
        let aims_here = |row: &&PullRequest| {
            brought.contains(&row.head_commit)
                && aim(&self.config.path, row, &open).as_ref() == Some(self.base)
        };
        let (mut judged, mut error) = (Vec::new(), None);
        for row in open.iter().filter(aims_here) {
            let mut pull = ends(row, self.base.clone());
            pull.base.commit = put_on;
            let memory = Memory::of(self.ctx, &self.config.path, id, &row.head_branch).await?;
            let memory = memory.for_topic(self.ctx, id, repository, &pull).await?;
            let ledger = memory.ledger(Some(row.number));
            let subject = Subject { number: row.number.0, ..self.subject(&pull) };
            let (verdict, why) = settled(self.verdict(repository, &pull, &ledger, (Some(row), &open)).await?);
            judged.push((subject, verdict));
            error = error.or(why);
        }
        if judged.is_empty() {
            let pull = self.nameless(put_on);
            let memory = Memory::of(self.ctx, &self.config.path, id, self.base).await?;
            let memory = memory.for_topic(self.ctx, id, repository, &pull).await?;
            let ledger = memory.ledger(None);
            let (verdict, why) = settled(self.verdict(repository, &pull, &ledger, (None, &open)).await?);
            judged.push((self.subject(&pull), verdict));
            error = why;
        }
        Ok((judged, error))
    }

    async fn verdict(
        &self,
        repository: &Repository,
        pull: &PullEnds,
        ledger: &crate::lineage::Ledger,
        (row, open): (Option<&PullRequest>, &[PullRequest]),
    ) -> Result<Result<Verdict, NotDecided>, WorkError> {
        if let Some(cause) = &self.config.invalid {
            return Ok(Ok(Verdict { findings: vec![Finding::new(Outcome::Unknown, cause.clone())] }));
        }
        let path = &self.config.path;
        let survey = match repository.survey(path).await {
            Ok(survey) => survey,
            Err(error) => return Ok(Err(error.into())),
        };
        let snapshot = match judge::snapshot(repository, path, pull, ledger, &survey).await {
            Ok(snapshot) => snapshot,
            Err(why) => return Ok(Err(why)),
        };
        let promoting = snapshot.as_ref().map(|snapshot| pull.promoting(snapshot));
        let ends = promoting.as_ref().unwrap_or(pull);
        // What keeps the pull request back keeps the group back: it may have come up since it was queued.
        let (details, deploys, stacks) = match row {
            Some(row) => {
                let deploys = known_deploys(self.ctx, path, repository, row, ends).await?;
                (row.details.clone(), deploys, stack_facts(path, row, open))
            }
            None => Default::default(),
        };
        let number = (self.repository.id, row.map(|row| row.number));
        let Decisions { lock, freeze, overrides, .. } = Decisions::on(self.ctx, path, number, ends).await?;
        let owed = owed_hotfixes::known(self.ctx, path, repository, self.repository.id, ends);
        let hotfixes = Box::pin(owed).await?.hotfixes;
        let judged = Judged { path, pull: ends, snapshot: None };
        let branch = ends.head.branch.as_ref();
        let files = Box::pin(found_in_files(repository, judged, branch, self.ctx.now())).await;
        let files = match files {
            Ok(files) => files,
            Err(error) => return Ok(Err(NotDecided::by_git(error))),
        };
        let acceptance = acceptance_facts::known(self.ctx, path, repository, number, (ends, &files));
        let acceptance = Box::pin(acceptance).await?.facts;
        let known = Facts {
            details,
            deploys,
            snapshot,
            stacks,
            lock,
            freeze,
            overrides,
            acceptance,
            hotfixes,
            files,
            ..Facts::new(pull.clone(), History::NotNeeded)
        };
        Ok(Box::pin(judge::judge_knowing(repository, path, ledger, &survey, known)).await)
    }

    /// The group as work of unknown name.
    fn nameless(&self, put_on: CommitId) -> PullEnds {
        PullEnds {
            head: Head { branch: None, commit: self.head, fork: false },
            base: Base { branch: self.base.clone(), commit: put_on },
        }
    }

    fn subject(&self, pull: &PullEnds) -> Subject {
        Subject {
            repository: self.repository.full_name.clone(),
            web_url: self.repository.html_url.clone(),
            docs_url: Some(self.ctx.settings.docs.findings()),
            number: 0,
            pull: pull.clone(),
            judged_at: self.ctx.now().to_seconds(),
        }
    }
}
