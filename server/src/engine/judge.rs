//! From a pull request to its verdict: route, gather what the route needs, judge.

use super::not_decided::NotDecided;
use crate::lineage::{
    BranchTip, CopyQuestion, Downstream, GitError, Ledger, PromotionQuestion, Repository, Survey,
};
use crate::model::{
    BranchName, Cause, Commit, CommitId, CopyBranch, CopyHistory, Environment, Facts, History, IgnoredPaths,
    MergeBack, MergeOutcome, Outcome, PromotionHistory, PromotionPath, PullEnds, Role, Snapshot, Source,
    TopicHistory, Undecided, UnixSeconds, Verdict, error_chain,
};
use crate::policy::{self, Fact, Judged, Route};

/// Judges `pull` in `repository` by `path`, with what `ledger` remembers, and leaves out what only time decides.
///
/// What cannot be decided, for want of history or because git fails, is a verdict of its own and never a
/// pass. Details of git's failures go to the log.
pub async fn judge(
    repository: &Repository,
    path: &PromotionPath,
    pull: &PullEnds,
    ledger: &Ledger,
) -> Verdict {
    judge_by(repository, path, pull, ledger, None, |_| ()).await
}

/// The same for one that would be merged now: what is frozen at this time waits.
pub async fn judge_at(
    repository: &Repository,
    path: &PromotionPath,
    pull: &PullEnds,
    ledger: &Ledger,
    now: UnixSeconds,
) -> Verdict {
    judge_by(repository, path, pull, ledger, Some(now), |_| ()).await
}

/// Judges `pull` as things stood at the end of `ledger`, where the branches have gone on since.
pub async fn judge_as_of(
    repository: &Repository,
    path: &PromotionPath,
    pull: &PullEnds,
    ledger: &Ledger,
) -> Verdict {
    let as_they_were = |survey: &mut Survey| {
        for tip in survey.tips.values_mut() {
            if let Some(then) = ledger.tip_at(&tip.branch, UnixSeconds::MAX) {
                tip.commit = then.commit;
            }
        }
    };
    judge_by(repository, path, pull, ledger, None, as_they_were).await
}

async fn judge_by(
    repository: &Repository,
    path: &PromotionPath,
    pull: &PullEnds,
    ledger: &Ledger,
    now: Option<UnixSeconds>,
    change: impl FnOnce(&mut Survey),
) -> Verdict {
    match decide(repository, path, pull, ledger, now, change).await {
        Ok(verdict) => verdict,
        Err(not) => not.verdict().0,
    }
}

async fn decide(
    repository: &Repository,
    path: &PromotionPath,
    pull: &PullEnds,
    ledger: &Ledger,
    now: Option<UnixSeconds>,
    change: impl FnOnce(&mut Survey),
) -> Result<Verdict, NotDecided> {
    let mut survey = match policy::route(path, pull) {
        Route::NotJudged | Route::Refused(_) if policy::may_be_snapshot_of(path, pull).is_empty() => {
            Survey::default()
        }
        _ => repository.survey(path).await.map_err(NotDecided::by_git)?,
    };
    change(&mut survey);
    let snapshot = snapshot(repository, path, pull, ledger, &survey).await?;
    let promoting = snapshot.as_ref().map(|snapshot| pull.promoting(snapshot));
    let ends = promoting.as_ref().unwrap_or(pull);
    let freeze = now.and_then(|now| policy::freeze_on(path, ends, None, now));
    let known = Facts { snapshot, freeze, ..Facts::new(pull.clone(), History::NotNeeded) };
    judge_knowing(repository, path, ledger, &survey, known).await
}

/// Whether the head of `pull` is a throw-away branch that stands where an environment has been which the base takes. Then
/// it is judged as that environment: what it brings is what was tested there. One that is there now goes before one that
/// was there once.
pub(super) async fn snapshot(
    repository: &Repository,
    path: &PromotionPath,
    pull: &PullEnds,
    ledger: &Ledger,
    survey: &Survey,
) -> Result<Option<Snapshot>, NotDecided> {
    let Some(branch) = &pull.head.branch else { return Ok(None) };
    let commit = pull.head.commit;
    let takes_topics = policy::route(path, pull) == Route::Topic;
    let mut found: Option<Snapshot> = None;
    let may_be = policy::may_be_snapshot_of(path, pull);
    for tip in may_be.iter().filter_map(|it| survey.tips.get(&it.branch)) {
        // Where topics are taken, one that somebody moved the environment to is still a topic.
        let own_work = takes_topics && ledger.was_pushed_first(branch, &tip.branch, commit);
        let current = tip.commit == commit;
        let is_better = !own_work && found.as_ref().is_none_or(|known| current && !known.current);
        let there =
            is_better && repository.has_pointed_at(tip, commit, ledger).await.map_err(NotDecided::by_git)?;
        if there {
            found = Some(Snapshot { of: tip.branch.clone(), branch: branch.clone(), current });
        }
    }
    Ok(found)
}

/// The same for who knows more, and has asked where the branches are: what is known has all but the history, and the ends
/// of the pull request as they are.
pub(super) async fn judge_knowing(
    repository: &Repository,
    path: &PromotionPath,
    ledger: &Ledger,
    survey: &Survey,
    known: Facts,
) -> Result<Verdict, NotDecided> {
    let promoting = known.snapshot.as_ref().map(|snapshot| known.pull.promoting(snapshot));
    let pull = promoting.unwrap_or_else(|| known.pull.clone());
    let history = gather(repository, path, &pull, ledger, survey).await?;
    let facts = Facts { pull, history, ..known };
    let pull = &facts.pull;
    let mut verdict = policy::judge(path, &facts);
    leave_out_what_is_there(repository, pull, &mut verdict).await;
    name_plain_merges(repository, &mut verdict).await;
    Ok(verdict)
}

/// Completes the repairs of what fails: own commits whose work has come in by another way need no repair. It is advice,
/// so that git cannot tell it keeps nobody waiting.
async fn leave_out_what_is_there(repository: &Repository, pull: &PullEnds, verdict: &mut Verdict) {
    let failing = verdict.findings.iter_mut().filter(|finding| finding.severity == Outcome::Fail);
    for repair in failing.filter_map(|finding| finding.cause.repair_mut()) {
        let (head, base) = (pull.head.commit, pull.base.commit);
        match repository.there_already(head, base, &repair.picks).await {
            Ok(there) => repair.there_already = there,
            Err(error) => tracing::debug!(
                error = error_chain(&error),
                "it cannot be told what of a topic is there already"
            ),
        }
    }
}

/// Completes what is said of foreign history: merges without a change of their own do not count beside other commits.
async fn name_plain_merges(repository: &Repository, verdict: &mut Verdict) {
    for finding in verdict.findings.iter_mut().filter(|finding| finding.severity == Outcome::Fail) {
        let Cause::CarriesHistory { foreign, plain_merges, .. } = &mut finding.cause else { continue };
        let commits: Vec<&Commit> = foreign.iter().flat_map(|(_, commits)| commits).collect();
        match repository.plain_merges(&commits).await {
            Ok(found) => *plain_merges = found,
            Err(error) => tracing::debug!(
                error = error_chain(&error),
                "it cannot be told which foreign merges hold a change"
            ),
        }
    }
}

/// Judges whether the copy branch is a copy: with the ends that were compared, where they exist.
pub async fn judge_copy(
    repository: &Repository,
    path: &PromotionPath,
    copy: &CopyBranch,
    ledger: &Ledger,
) -> Verdict {
    match gather_copy(repository, path, copy, ledger).await {
        Ok(history) => policy::judge_copy(path, &history),
        Err(not) => not.verdict().0,
    }
}

async fn gather_copy(
    repository: &Repository,
    path: &PromotionPath,
    copy: &CopyBranch,
    ledger: &Ledger,
) -> Result<CopyHistory, NotDecided> {
    let survey = repository.survey(path).await.map_err(NotDecided::by_git)?;
    if survey.empty {
        return Err(Undecided::EmptyRepository.into());
    }
    if survey.shallow {
        return Err(Undecided::ShallowClone.into());
    }
    let original = path.environment(&copy.of).map_or(&copy.branch, |environment| &environment.branch);
    let (Some(copied), Some(source)) = (survey.tips.get(&copy.branch), survey.tips.get(original)) else {
        let missing =
            [original, &copy.branch].into_iter().filter(|branch| !survey.tips.contains_key(*branch));
        let missing = Undecided::MissingBranches {
            missing: missing.cloned().collect(),
            start_from: survey.tips.keys().find(|branch| *branch == original).cloned(),
        };
        return Err(missing.into());
    };
    let upstream = upstream(path, &copy.branch, &survey);
    let of_the_copy = IgnoredPaths::of_the_copy();
    let ignored = path.ignore_paths.as_ref().unwrap_or(&of_the_copy);
    let question = CopyQuestion { copy: copied, original: source, upstream: &upstream, ignored, ledger };
    repository.copy(question).await.map_err(NotDecided::by_git)
}

/// Why no pull request can be judged in a repository that offers `survey`, if there is a reason.
///
/// Every environment's branch has to be there, since each is a line that a topic could carry. A missing
/// copy branch has no line and is no obstacle.
pub fn obstacle(path: &PromotionPath, survey: &Survey) -> Option<Undecided> {
    if survey.empty {
        return Some(Undecided::EmptyRepository);
    }
    if survey.shallow {
        return Some(Undecided::ShallowClone);
    }
    let is_there = |environment: &&Environment| survey.tips.contains_key(&environment.branch);
    let first_gap = path.environments.iter().position(|environment| !is_there(&environment))?;
    let missing = path.environments.iter().filter(|environment| !is_there(environment));
    // What is downstream of a missing branch has been released, so it is the safer start.
    let (upstream, downstream) = path.environments.split_at(first_gap);
    let copy = path.copy.iter().map(|copy| &copy.branch);
    let candidates = downstream.iter().map(|e| &e.branch).chain(copy);
    let candidates = candidates.chain(upstream.iter().rev().map(|e| &e.branch));
    let start_from = candidates.into_iter().find(|branch| survey.tips.contains_key(*branch)).cloned();
    Some(Undecided::MissingBranches { missing: missing.map(|e| e.branch.clone()).collect(), start_from })
}

/// The history that the families of rules need which judge the pull request.
async fn gather(
    repository: &Repository,
    path: &PromotionPath,
    pull: &PullEnds,
    ledger: &Ledger,
    survey: &Survey,
) -> Result<History, NotDecided> {
    // Of a snapshot these are the ends of the environment that it stands for.
    let judged = Judged { path, pull, snapshot: None };
    let histories = [Fact::TopicHistory, Fact::PromotionHistory, Fact::BackMergeHistory];
    let Some(history) = histories.into_iter().find(|fact| judged.needs(*fact)) else {
        return Ok(History::NotNeeded);
    };
    if let Some(why) = obstacle(path, survey) {
        return Err(why.into());
    }
    let between = |pull, upstream| PromotionQuestion {
        pull,
        upstream,
        same_files_expected: false,
        ignored: path.ignore_paths.as_ref(),
        from: None,
        ledger,
    };
    let gathered = match history {
        Fact::PromotionHistory => {
            let upstream = upstream(path, &pull.base.branch, survey);
            let question = PromotionQuestion {
                same_files_expected: matches!(path.role(&pull.base.branch), Role::Environment(_)),
                from: environment_of_head(path, pull),
                ..between(pull, &upstream)
            };
            match repository.promotion(question).await {
                Ok(history) => with_merge_back(repository, (path, pull), (history, survey), ledger).await,
                Err(error) => Err(error),
            }
        }
        Fact::BackMergeHistory => {
            let head = pull.head.branch.as_ref().unwrap_or(&pull.base.branch);
            let upstream = upstream(path, head, survey);
            let question = between(pull, &upstream);
            repository.back_merge(question).await.map(History::BackMerge)
        }
        _ => {
            let others: Vec<_> = survey.tips.values().filter(|tip| tip.branch != pull.base.branch).collect();
            match repository.topic(pull, &others, ledger).await {
                Ok(history) => with_merged_back(repository, (path, pull), (history, survey), ledger).await,
                Err(error) => Err(error),
            }
        }
    };
    match gathered {
        Ok(history) => Ok(history),
        Err(error) => Err(match absent_end(repository, pull).await {
            Some(why) => why.into(),
            None => NotDecided::by_git(error),
        }),
    }
}

/// The history of a topic with what it carries back from the environments with hotfixes that its target leads to.
async fn with_merged_back(
    repository: &Repository,
    (path, pull): (&PromotionPath, &PullEnds),
    (mut history, survey): (TopicHistory, &Survey),
    ledger: &Ledger,
) -> Result<History, GitError> {
    let Role::Environment(target) = path.role(&pull.base.branch) else { return Ok(History::Topic(history)) };
    // What is tried on an environment that takes no hotfixes has not come there to stay.
    let leads_there = |it: &&Environment| {
        let has_hotfixes = it.accepts.contains(&Source::Hotfixes) && target.accepts.contains(&Source::Topics);
        has_hotfixes && path.leads_to(&target.name, &it.name)
    };
    for environment in path.environments.iter().filter(leads_there) {
        let Some(tip) = survey.tips.get(&environment.branch) else { continue };
        let downstream = Downstream { tip, upstream: upstream(path, &environment.branch, survey) };
        let found = repository.merged_back((&history, pull), &downstream, ledger).await?;
        history.merged_back.extend(found);
    }
    Ok(History::Topic(history))
}

/// The history of a promotion with where all that its base has may be merged whole, where the two do not come together by
/// themselves.
async fn with_merge_back(
    repository: &Repository,
    (path, pull): (&PromotionPath, &PullEnds),
    (mut history, survey): (PromotionHistory, &Survey),
    ledger: &Ledger,
) -> Result<History, GitError> {
    let is_apart = history.differs || matches!(history.merge, MergeOutcome::Conflicts { .. });
    if let (true, true, Role::Environment(base)) = (is_apart, history.related, path.role(&pull.base.branch))
        && base.accepts.contains(&Source::Hotfixes)
        && let (Some(entry), Some(tip)) = (path.entry_of(base), survey.tips.get(&base.branch))
        && let Some(into) = survey.tips.get(&entry.branch)
    {
        let downstream = Downstream { tip, upstream: upstream(path, &base.branch, survey) };
        let ends = (pull.base.commit, into.commit);
        let brings = repository.brings_back(ends, &downstream, ledger).await?;
        let known = brings.filter(|it| it.unrecorded.is_empty());
        history.merge_back =
            known.map(|it| MergeBack { into: entry.branch.clone(), joins: it.carries.is_empty() });
    }
    Ok(History::Promotion(history))
}

fn environment_of_head<'a>(path: &'a PromotionPath, pull: &PullEnds) -> Option<&'a str> {
    match path.role(pull.head.branch.as_ref()?) {
        Role::Environment(environment) => Some(&environment.name),
        Role::Copy(_) | Role::Topic => None,
    }
}

/// The tips of the environments that lead to `branch`, of a copy the one that it copies among them.
fn upstream<'a>(path: &PromotionPath, branch: &BranchName, survey: &'a Survey) -> Vec<&'a BranchTip> {
    let name = match path.role(branch) {
        Role::Environment(environment) => &environment.name,
        Role::Copy(copy) => &copy.of,
        Role::Topic => return Vec::new(),
    };
    let leads_there =
        |e: &&Environment| e.branch != *branch && (e.name == *name || path.leads_to(&e.name, name));
    path.environments.iter().filter(leads_there).filter_map(|e| survey.tips.get(&e.branch)).collect()
}

/// After a failure: whether it was because the head or the base is not in the repository.
async fn absent_end(repository: &Repository, pull: &PullEnds) -> Option<Undecided> {
    let ends = [("head", pull.head.commit), ("base", pull.base.commit)];
    let missing = repository.missing(&ends.map(|(_, commit)| commit)).await.ok()?;
    let named = |(end, commit): &(&str, CommitId)| format!("{end} commit {}", commit.short());
    let what: Vec<_> = ends.iter().filter(|(_, id)| missing.contains(id)).map(named).collect();
    (!what.is_empty()).then(|| Undecided::CommitMissing { what: what.join(" and ") })
}
