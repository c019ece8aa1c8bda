//! A pull request to judge.
//!
//! Races, and how they end: a push while judging leaves a verdict on a commit that is no longer the
//! head, and marks the work item again; a retarget does the same by another check name; two pull requests
//! that share a check are worded together, and whoever commits second is told that its picture of the
//! other was stale and words anew. Nothing here relies on the order in which deliveries come.

pub(super) mod acceptance_facts;
mod aftermath;
mod annotations;
mod deploy_facts;
mod effects;
mod follows;
mod hotfix;
mod latest;
mod memory;
mod overrides_over;
mod stacked;
mod withdrawn;

use super::active_places;
use super::aim::{aim, own_base};
use super::decisions::Decisions;
use super::owed_hotfixes;
use super::pending_deliveries::PendingDeliveries;
use crate::engine::commerce_files::{Foreseen, foreseen};
use crate::engine::context::EngineContext;
use crate::engine::judge;
use crate::engine::not_decided::{NotDecided, error_in, settled};
use crate::engine::work_error::WorkError;
use crate::lineage::{FetchedTips, Repository, Survey};
use crate::model::config::RepositoryConfig;
use crate::model::{
    Base, BranchName, DeployFacts, EnvironmentName, Facts, Finding, Forecast, Head, History, MergeMethods,
    Outcome, PromotionPath, PullEnds, PullNumber, PullRequest, PullRequestState, RepositoryId, Role,
    Undecided, UnixMillis, Verdict, error_chain,
};
use crate::policy::{self, Fact, Reach, Trigger};
use crate::store::{Change, JudgedPull, RepositoryRow, RepositoryState, WorkItem};
pub(super) use deploy_facts::{is_prepared, known as known_deploys};
use effects::left;
pub(super) use effects::{check_run, last_verdict};
pub(super) use follows::{found_ended, has_changed, preview};
use latest::Latest;
pub(super) use memory::Memory;
pub(super) use stacked::{is_chain, is_of_path, is_with, stack_facts};

pub(super) async fn run(
    ctx: &EngineContext,
    item: &WorkItem,
    id: RepositoryId,
    number: PullNumber,
) -> Result<Vec<Change>, WorkError> {
    let pending = PendingDeliveries::of(ctx, item).await?;
    let before = ctx.store.pull(id, number).await?;
    let Latest { repository, pull, settings, told, mut changes } =
        Latest::of(ctx, &pending, id, number, before.as_ref()).await?;
    if is_first_look(before.as_ref(), &pull) {
        ctx.first_looks.begin(id, number);
    }
    changes.extend(pending.processed(item));
    if repository.state == RepositoryState::Gone {
        return Ok(changes);
    }
    let (config, unread) = match ctx.repository_config(&repository).await {
        Ok(config) => (config, None),
        // Nothing is judged by rules that are not known, and the check says why.
        Err(error) => (ctx.unread(&error), Some(error)),
    };
    let open = ctx.store.open_pulls_alone(id).await?;
    let nothing_new = pending.deliveries.is_empty();
    let (repository, before) = (&repository, before.as_ref());
    let places = active_places::concerning(ctx, id, number).await?;
    let work = PullRequestWork { ctx, config, open, repository, before, settings, places, nothing_new };
    if work.before.is_some_and(|before| before.judged_base != work.aim(&pull)) {
        // What it finally aims at depends on other pull requests as well.
        ctx.first_looks.begin(id, number);
    }
    let overrides = overrides_over::Alive::on(ctx, id, number).await?;
    let is_path_known = unread.is_none() && work.config.invalid.is_none();
    changes.extend(overrides.over_by_news(&told, |row| is_path_known.then(|| work.aim(row))));
    let takes_reviews = match work.config.path.role(&pull.base_branch) {
        Role::Environment(base) => base.requires.reviews,
        _ => false,
    };
    if takes_reviews && work.before.is_none() && pull.state == PullRequestState::Open {
        // It may have been reviewed before anybody listened.
        changes.push(Change::Mark(WorkItem::Reviews(id, number)));
    }
    changes.extend(work.follows(&pull).await?);
    if pull.state != PullRequestState::Open {
        changes.extend(work.ended(&pull).await?);
        return Ok(changes);
    }
    let judged = match work.look(pull).await {
        Ok(judged) => judged,
        Err(NotJudged(row)) => {
            if let Some(error) = unread {
                // The file may say that it goes into an environment.
                return Err(error);
            }
            if row.state == PullRequestState::Open {
                changes.extend(work.withdrawn(&row, None).await?);
                changes.extend(work.withdrawn_comment(&row).await?);
                changes.extend(work.left(&row, None).await?);
                changes.extend(work.passed_on(&row, None));
                changes.push(Change::Unjudged(id, number));
            } else {
                // GitHub was asked, and its event is still to come.
                changes.extend(work.follows(&row).await?);
                changes.extend(work.ended(&row).await?);
            }
            changes.push(Change::Pull(row));
            return Ok(changes);
        }
    };
    changes.extend(work.left(&judged.row, Some(&judged.pull.base.branch)).await?);
    changes.extend(work.passed_on(&judged.row, Some(&judged.pull.base.branch)));
    changes.push(Change::Pull(judged.row.clone()));
    changes.extend(overrides.over_by_verdict(&judged));
    changes.extend(work.effects(&judged).await?);
    changes.extend(work.check_for_own_base(&judged).await?);
    match judged.error {
        None => {
            changes.extend(judged.look_again.map(|at| Change::MarkAt(item.clone(), at)));
            Ok(changes)
        }
        Some(error) => Err(WorkError { changes, ..error }),
    }
}

/// Whether the store does not know it as it is, with a verdict.
fn is_first_look(before: Option<&JudgedPull>, now: &PullRequest) -> bool {
    let is_judged = |before: &JudgedPull| {
        before.judged_base.is_some()
            && before.judged_head == Some(now.head_commit)
            && before.pull.head_branch == now.head_branch
            && before.pull.base_branch == now.base_branch
            && before.pull.state == now.state
            && before.pull.stack == now.stack
    };
    !before.is_some_and(is_judged)
}

/// One pull request, looked at once.
struct PullRequestWork<'a> {
    ctx: &'a EngineContext,
    config: RepositoryConfig,
    /// The open pull requests of the repository as they were when it was begun with.
    open: Vec<PullRequest>,
    repository: &'a RepositoryRow,
    before: Option<&'a JudgedPull>,
    /// How the repository's own settings let it be merged, where GitHub has told.
    settings: Option<MergeMethods>,
    /// The environments beside which it has a place, or waits for one.
    places: Vec<EnvironmentName>,
    /// Whether no event came with the work: something else has changed.
    nothing_new: bool,
}

/// What came of looking at it.
struct Judged {
    /// The pull request as it stood when it was judged.
    row: PullRequest,
    /// Its two ends: the base is what it finally aims at, whose commit is unknown when it could not be fetched.
    pull: PullEnds,
    verdict: Verdict,
    /// What it will do to a shop of Adobe Commerce, where it is a promotion of one.
    forecast: Option<Forecast>,
    /// The same for the branch that it goes into itself, where a stack has it judged for another one.
    for_own_base: Option<(PullEnds, Verdict, Option<Forecast>)>,
    /// When the calendar, or something that people have decided about it, may have it otherwise by itself.
    look_again: Option<UnixMillis>,
    /// Why it has to be tried again.
    error: Option<WorkError>,
}

/// A pull request on which nothing is to be said: it is closed, or goes to a branch that is on no path.
struct NotJudged(PullRequest);

impl PullRequestWork<'_> {
    /// What it finally aims at; `None` where that is no branch of the path.
    fn aim(&self, row: &PullRequest) -> Option<BranchName> {
        aim(&self.config.path, row, &self.open)
    }

    async fn look(&self, row: PullRequest) -> Result<Judged, NotJudged> {
        let Some(aimed) = self.aim(&row) else { return Err(NotJudged(row)) };
        let mirror = match self.ctx.mirror(self.repository).await {
            Ok(mirror) => mirror,
            Err(error) => return Ok(undecided(row, aimed, NotDecided::by_github(error))),
        };
        let fetched = match mirror.has_environments(&self.config.path).await {
            Ok(false) if matches!(self.config.path.role(&aimed), Role::Copy(_)) => {
                return Err(NotJudged(row));
            }
            Ok(_) => mirror.fetched_for(&row, &self.config.path, self.nothing_new).await,
            Err(error) => Err(error),
        };
        let looked = match fetched {
            Ok(found) => self.look_at(row.clone(), aimed.clone(), found).await,
            Err(error) => return Ok(undecided(row, aimed, NotDecided::not_fetched(error))),
        };
        if !mirror.is_suspect() {
            return looked;
        }
        // What a damaged mirror says is no answer; the fetch mends it.
        match mirror.fetched_now_for(&row, &self.config.path).await {
            Ok(found) => self.look_at(row, aimed, found).await,
            Err(error) => Ok(undecided(row, aimed, NotDecided::not_fetched(error))),
        }
    }

    async fn look_at(
        &self,
        row: PullRequest,
        aimed: BranchName,
        (repository, standing): (Repository, FetchedTips),
    ) -> Result<Judged, NotJudged> {
        let row = match self.settled(row, &aimed, &repository, &standing).await {
            Ok(row) => row,
            Err(judged) => return Ok(*judged),
        };
        let aimed = self.aim(&row).filter(|_| row.state == PullRequestState::Open);
        let Some(aimed) = aimed else { return Err(NotJudged(row)) };
        if self.is_off_path(&aimed, &standing.survey) {
            return Err(NotJudged(row));
        }
        let own_base = own_base(&self.config.path, &row, &aimed).cloned();
        let mut judged = self.judge(row.clone(), aimed, &repository, &standing.survey).await;
        if let Some(base) = own_base {
            let Judged { pull, verdict, forecast, look_again, .. } =
                self.judge(row, base, &repository, &standing.survey).await;
            judged.for_own_base = Some((pull, verdict, forecast));
            judged.look_again = judged.look_again.into_iter().chain(look_again).min();
        }
        Ok(judged)
    }

    /// Whether none of the path's environments exists: then whoever has a branch with the copy branch's name
    /// never asked for a verdict.
    fn is_off_path(&self, aimed: &BranchName, survey: &Survey) -> bool {
        let path = &self.config.path;
        match path.role(aimed) {
            Role::Topic => true,
            Role::Environment(_) => false,
            Role::Copy(_) => path.environments.iter().all(|it| !survey.tips.contains_key(&it.branch)),
        }
    }

    /// The pull request as it stands, asked of GitHub where the mirror shows that something is on its way:
    /// another head, or a head that the base already contains, which a merge leaves behind.
    async fn settled(
        &self,
        row: PullRequest,
        aimed: &BranchName,
        repository: &Repository,
        standing: &FetchedTips,
    ) -> Result<PullRequest, Box<Judged>> {
        let moved = standing.head != Some(row.head_commit);
        let merged = match standing.base {
            Some(base) if !moved => repository.reaches(base, row.head_commit).await.unwrap_or_default(),
            _ => false,
        };
        if !moved && !merged {
            return Ok(row);
        }
        let (installation, name) = (self.repository.installation, &self.repository.full_name);
        let asked = match self.ctx.api.pull(installation, name, row.number).await {
            Ok(pull) => super::pending_deliveries::pull_row(&pull, row.repository),
            Err(error) => {
                return Err(Box::new(undecided(row, aimed.clone(), NotDecided::by_github(error))));
            }
        };
        match asked {
            Ok(asked) if standing.head == Some(asked.head_commit) => Ok(asked),
            Ok(asked) if asked.state != PullRequestState::Open => Ok(asked),
            _ => {
                let what = format!("head commit {}", row.head_commit.short());
                Err(Box::new(undecided(row, aimed.clone(), Undecided::CommitMissing { what }.into())))
            }
        }
    }

    async fn judge(
        &self,
        row: PullRequest,
        aimed: BranchName,
        repository: &Repository,
        survey: &Survey,
    ) -> Judged {
        if let Some(cause) = &self.config.invalid {
            let verdict = Verdict { findings: vec![Finding::new(Outcome::Unknown, cause.clone())] };
            let error = error_in(&verdict);
            let (forecast, for_own_base, look_again) = (None, None, None);
            let mut pull = ends(&row, aimed);
            if let Some(base) = survey.tips.get(&pull.base.branch) {
                pull.base.commit = base.commit;
            }
            return Judged { row, pull, verdict, forecast, for_own_base, look_again, error };
        }
        let path = &self.config.path;
        let Some(base) = survey.tips.get(&aimed) else {
            let missing = || Undecided::MissingBranches { missing: vec![aimed.clone()], start_from: None };
            let why = judge::obstacle(path, survey).unwrap_or_else(missing);
            return undecided(row, aimed, why.into());
        };
        let mut pull = ends(&row, aimed);
        pull.base.commit = base.commit;
        // Only now: what is opened after this finds this one's head in the mirror, and has it judged again.
        let memory = match self.memory_for(&row, &pull, repository).await {
            Ok(memory) => memory,
            Err(error) => return undecided(row, pull.base.branch, NotDecided::by(error)),
        };
        let ledger = memory.ledger(Some(row.number));
        // One that goes into another topic first brings what that one has as well.
        let snapshot = if row.base_branch == pull.base.branch {
            judge::snapshot(repository, path, &pull, &ledger, survey).await
        } else {
            Ok(None)
        };
        let snapshot = match snapshot {
            Ok(snapshot) => snapshot,
            Err(why) => return undecided(row, pull.base.branch, why),
        };
        let promoting = snapshot.as_ref().map(|snapshot| pull.promoting(snapshot));
        let ends = promoting.as_ref().unwrap_or(&pull);
        let methods = self.methods(ends).await;
        let (deploys, decisions) = match self.deploys_and_decisions(&row, ends, repository).await {
            Ok(known) => known,
            Err(error) => return undecided(row, pull.base.branch, NotDecided::by(error)),
        };
        let Foreseen { findings: files, forecast } = match self.foreseen(&row, ends, repository).await {
            Ok(foreseen) => foreseen,
            Err(why) => return undecided(row, pull.base.branch, why),
        };
        let asked = (row.repository, Some(row.number));
        let acceptance = acceptance_facts::known(self.ctx, path, repository, asked, (ends, &files));
        let acceptance = match Box::pin(acceptance).await {
            Ok(known) => known,
            Err(error) => return undecided(row, pull.base.branch, NotDecided::by(error)),
        };
        let owed = owed_hotfixes::known(self.ctx, path, repository, row.repository, ends);
        let owed = match Box::pin(owed).await {
            Ok(known) => known,
            Err(error) => return undecided(row, pull.base.branch, NotDecided::by(error)),
        };
        let changes_at = acceptance.changes_at.into_iter().chain(owed.changes_at);
        let look_again = decisions.next_change().into_iter().chain(changes_at).min();
        let Decisions { lock, freeze, place, overrides, .. } = decisions;
        let known = Facts {
            details: row.details.clone(),
            methods,
            deploys,
            snapshot,
            stacks: stack_facts(path, &row, memory.open()),
            lock,
            freeze,
            place,
            overrides,
            acceptance: acceptance.facts,
            hotfixes: owed.hotfixes,
            files,
            ..Facts::new(pull.clone(), History::NotNeeded)
        };
        let judging = Box::pin(judge::judge_knowing(repository, path, &ledger, survey, known));
        let (verdict, error) = settled(judging.await);
        Judged { row, pull, verdict, forecast, for_own_base: None, look_again, error }
    }

    /// What is remembered by now, as the verdict on this pull request needs it.
    async fn memory_for(
        &self,
        row: &PullRequest,
        pull: &PullEnds,
        repository: &Repository,
    ) -> Result<Memory, WorkError> {
        let path = &self.config.path;
        let memory = Memory::of(self.ctx, path, row.repository, &row.head_branch).await?;
        if path.role(&row.head_branch) != Role::Topic {
            return Ok(memory);
        }
        memory.for_topic(self.ctx, row.repository, repository, pull).await
    }

    /// What is known of deploys where a promotion comes from and where it goes, and what people have decided.
    async fn deploys_and_decisions(
        &self,
        row: &PullRequest,
        pull: &PullEnds,
        repository: &Repository,
    ) -> Result<(DeployFacts, Decisions), WorkError> {
        let (ctx, path) = (self.ctx, &self.config.path);
        let deploys = deploy_facts::known(ctx, path, repository, row, pull).await?;
        let decisions = Decisions::on(ctx, path, (row.repository, Some(row.number)), pull).await?;
        Ok((deploys, decisions))
    }

    /// What the files say that merging would give, where the project asks for that.
    async fn foreseen(
        &self,
        row: &PullRequest,
        pull: &PullEnds,
        repository: &Repository,
    ) -> Result<Foreseen, NotDecided> {
        let judged = policy::Judged { path: &self.config.path, pull, snapshot: None };
        Box::pin(foreseen(self.ctx, repository, judged, (row.repository, &row.head_branch))).await
    }

    /// How a promotion may be merged, as the base's rules have it; where none says, as the settings do. It is no more
    /// than a warning, so that it is not known holds nothing up.
    async fn methods(&self, pull: &PullEnds) -> Option<MergeMethods> {
        let path = &self.config.path;
        if !(policy::Judged { path, pull, snapshot: None }).needs(Fact::MergeMethods) {
            return None;
        }
        let asked = (self.repository, &pull.base.branch);
        match self.ctx.merge_rules.methods(&self.ctx.api, asked, self.ctx.now()).await {
            Ok(methods) => methods.or(self.settings),
            Err(error) => {
                tracing::warn!(error = error_chain(&error), "the rules of a branch could not be read");
                None
            }
        }
    }
}

/// The two ends as the pull request's row has them, with what it aims at; the base's commit is filled in by
/// whoever knows it.
pub(super) fn ends(row: &PullRequest, aimed: BranchName) -> PullEnds {
    PullEnds {
        head: Head {
            branch: Some(row.head_branch.clone()),
            commit: row.head_commit,
            fork: row.head_repository != Some(row.repository),
        },
        base: Base { branch: aimed, commit: row.head_commit },
    }
}

/// Which verdicts on a pull request a change can alter, as it was judged last: for the branch that it finally aims at, and
/// for its own where a stack has it judged for another one. `trigger` tells what the change is to a base.
pub(super) fn reach(
    path: &PromotionPath,
    judged: &JudgedPull,
    aimed: &BranchName,
    trigger: impl Fn(&BranchName) -> Trigger,
) -> Reach {
    let verdict = last_verdict(judged);
    let snapshot = verdict.as_ref().and_then(Verdict::snapshot);
    let of_base = |base: &BranchName| {
        let pull = ends(&judged.pull, base.clone());
        policy::Judged { path, pull: &pull, snapshot }.reach(trigger(base))
    };
    let all = of_base(aimed);
    match own_base(path, &judged.pull, aimed).map(of_base) {
        // What was found for its own base is not kept.
        Some(own) if own.alters(true) => Reach::ALWAYS,
        Some(own) => all.and(own),
        None => all,
    }
}

fn undecided(row: PullRequest, aimed: BranchName, why: NotDecided) -> Judged {
    let (verdict, error) = why.verdict();
    let (forecast, for_own_base, look_again) = (None, None, None);
    Judged { pull: ends(&row, aimed), error, row, verdict, forecast, for_own_base, look_again }
}
