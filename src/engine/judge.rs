//! From a pull request to its verdict: route, gather what the route needs, judge.

use crate::flow::{BranchName, CommitId, Environment, Facts, Flow, History, Pull, Role, Undecided, Verdict};
use crate::lineage::{BranchTip, GitError, Ledger, PromotionQuestion, Repository, Survey};
use crate::policy::{self, Route};

/// Judges `pull` in `repository` by `flow`, with what `ledger` remembers.
///
/// What cannot be decided, for want of history or because git fails, is a verdict of its own and never a
/// pass. Details of git's failures go to the log.
pub async fn judge(repository: &Repository, flow: &Flow, pull: &Pull, ledger: &Ledger) -> Verdict {
    let route = policy::route(flow, pull);
    let gathered = match route {
        Route::NotJudged | Route::Refused(_) => Ok(History::NotNeeded),
        Route::Topic | Route::Promotion | Route::BackMerge => {
            gather(repository, flow, pull, ledger, &route).await
        }
    };
    match gathered {
        Ok(history) => policy::judge(flow, &Facts { pull: pull.clone(), history }),
        Err(why) => Verdict::undecided(why),
    }
}

/// Why no pull request can be judged in a repository that offers `survey`, if there is a reason.
///
/// Every environment's branch has to be there, since each is a line that a topic could carry. A missing
/// copy branch has no line and is no obstacle.
pub fn obstacle(flow: &Flow, survey: &Survey) -> Option<Undecided> {
    if survey.empty {
        return Some(Undecided::EmptyRepository);
    }
    if survey.shallow {
        return Some(Undecided::ShallowClone);
    }
    let is_there = |environment: &&Environment| survey.tips.contains_key(&environment.branch);
    let first_gap = flow.environments.iter().position(|environment| !is_there(&environment))?;
    let missing = flow.environments.iter().filter(|environment| !is_there(environment));
    // What is downstream of a missing branch has been released, so it is the safer start.
    let (upstream, downstream) = flow.environments.split_at(first_gap);
    let copy = flow.copy.iter().map(|copy| &copy.branch);
    let candidates = downstream.iter().map(|e| &e.branch).chain(copy);
    let candidates = candidates.chain(upstream.iter().rev().map(|e| &e.branch));
    let start_from = candidates.into_iter().find(|branch| survey.tips.contains_key(*branch)).cloned();
    Some(Undecided::MissingBranches { missing: missing.map(|e| e.branch.clone()).collect(), start_from })
}

async fn gather(
    repository: &Repository,
    flow: &Flow,
    pull: &Pull,
    ledger: &Ledger,
    route: &Route,
) -> Result<History, Undecided> {
    let survey = repository.survey(flow).await.map_err(|error| undecided(&error))?;
    if let Some(why) = obstacle(flow, &survey) {
        return Err(why);
    }
    let gathered = match route {
        Route::Promotion => {
            let upstream = upstream(flow, &pull.base.branch, &survey);
            let same_files_expected = matches!(flow.role(&pull.base.branch), Role::Environment(_));
            let question = PromotionQuestion { pull, upstream: &upstream, same_files_expected };
            repository.promotion(question).await.map(History::Promotion)
        }
        Route::BackMerge => {
            let head = pull.head.branch.as_ref().unwrap_or(&pull.base.branch);
            let upstream = upstream(flow, head, &survey);
            let question = PromotionQuestion { pull, upstream: &upstream, same_files_expected: false };
            repository.back_merge(question).await.map(History::BackMerge)
        }
        _ => {
            let others: Vec<_> = survey.tips.values().filter(|tip| tip.branch != pull.base.branch).collect();
            repository.topic(pull, &others, ledger).await.map(History::Topic)
        }
    };
    match gathered {
        Ok(history) => Ok(history),
        Err(error) => Err(absent_end(repository, pull).await.unwrap_or_else(|| undecided(&error))),
    }
}

/// The tips of the environments that lead to `branch`.
fn upstream<'a>(flow: &Flow, branch: &BranchName, survey: &'a Survey) -> Vec<&'a BranchTip> {
    let name = match flow.role(branch) {
        Role::Environment(environment) => &environment.name,
        Role::Copy(copy) => &copy.of,
        Role::Topic => return Vec::new(),
    };
    let leads_there = |e: &&Environment| e.branch != *branch && flow.leads_to(&e.name, name);
    flow.environments.iter().filter(leads_there).filter_map(|e| survey.tips.get(&e.branch)).collect()
}

/// After a failure: whether it was because the head or the base is not in the repository.
async fn absent_end(repository: &Repository, pull: &Pull) -> Option<Undecided> {
    let ends = [("head", pull.head.commit), ("base", pull.base.commit)];
    let missing = repository.missing(&ends.map(|(_, commit)| commit)).await.ok()?;
    let named = |(end, commit): &(&str, CommitId)| format!("{end} commit {}", commit.short());
    let what: Vec<_> = ends.iter().filter(|(_, id)| missing.contains(id)).map(named).collect();
    (!what.is_empty()).then(|| Undecided::CommitMissing { what: what.join(" and ") })
}

fn undecided(error: &GitError) -> Undecided {
    tracing::error!(%error, "git gave no answer");
    Undecided::Git { what: error.to_string() }
}
