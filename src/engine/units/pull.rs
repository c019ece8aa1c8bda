//! A pull request to judge.
//!
//! Races, and how they end: a push while judging leaves a verdict on a commit that is no longer the
//! head, and marks the unit again; a retarget does the same by another check name; two pull requests
//! that share a check are worded together, and whoever commits second is told that its picture of the
//! other was stale and words anew. Nothing here relies on the order in which deliveries come.

mod effects;
mod latest;

use super::news::News;
use crate::engine::judge;
use crate::engine::room::{Room, Trouble};
use crate::flow::{Base, Cause, Head, Outcome, Pull, PullNumber, RepositoryId, Role, Undecided, Verdict};
use crate::github::{ApiError, Remedy};
use crate::lineage::{Ledger, Repository};
use crate::store::{Change, JudgedPull, PullRow, PullState, RepositoryRow, RepositoryState, Unit};
use latest::Latest;

pub(super) async fn run(
    room: &Room,
    unit: &Unit,
    id: RepositoryId,
    number: PullNumber,
) -> Result<Vec<Change>, Trouble> {
    let news = News::of(room, unit).await?;
    let before = room.store.pull(id, number).await?;
    let Latest { repository, pull, mut changes } =
        Latest::of(room, &news, id, number, before.as_ref()).await?;
    changes.extend(news.digested(unit));
    if repository.state == RepositoryState::Gone || pull.state != PullState::Open {
        return Ok(changes);
    }
    let case = Case { room, repository: &repository, before: before.as_ref() };
    let judged = match room.flow.role(&pull.base_branch) {
        Role::Topic => None,
        Role::Environment(_) | Role::Copy(_) => case.judge(pull.clone()).await,
    };
    let Some(judged) = judged else {
        changes.extend(case.retire(&pull).await?);
        return Ok(changes);
    };
    changes.extend(case.effects(&judged).await?);
    match judged.trouble {
        None => Ok(changes),
        Some((what, remedy)) => Err(Trouble { what, remedy, changes }),
    }
}

/// One pull request, looked at once.
struct Case<'a> {
    room: &'a Room,
    repository: &'a RepositoryRow,
    before: Option<&'a JudgedPull>,
}

/// What came of looking at it.
struct Judged {
    /// The pull request as it stood when it was judged.
    row: PullRow,
    /// Its two ends; the base's commit is unknown when it could not be fetched.
    pull: Pull,
    verdict: Verdict,
    /// Why it has to be tried again.
    trouble: Option<(String, Remedy)>,
}

impl Case<'_> {
    /// `None` when the repository is not on any path: it has the copy branch's name by chance.
    async fn judge(&self, row: PullRow) -> Option<Judged> {
        let remote = match self.room.remote(self.repository).await {
            Ok(remote) => remote,
            Err(error) => return Some(no_answer(row, &error)),
        };
        let mirror = self.room.mirrors.of(self.repository.id);
        if let Err(error) = mirror.fetch(&remote, &[row.number.0]).await {
            tracing::error!(%error, "the mirror could not be brought up to date");
            return Some(undecided(row, Undecided::Git { what: error.to_string() }));
        }
        let repository = mirror.repository(Some(remote)).for_pull(row.number.0);
        if self.is_off_path(&row, &repository).await {
            return None;
        }
        let row = match self.settled_head(row, &repository).await {
            Ok(row) => row,
            Err(judged) => return Some(*judged),
        };
        Some(self.judge_in(row, &repository).await)
    }

    /// Whether none of the path's environments exists: then whoever has a branch with the copy branch's
    /// name never asked for a verdict.
    async fn is_off_path(&self, row: &PullRow, repository: &Repository) -> bool {
        if !matches!(self.room.flow.role(&row.base_branch), Role::Copy(_)) {
            return false;
        }
        let survey = repository.survey(&self.room.flow).await;
        survey.is_ok_and(|it| self.room.flow.environments.iter().all(|e| !it.tips.contains_key(&e.branch)))
    }

    /// The pull request with the head that the mirror has too. Where they differ, something is on its
    /// way, and GitHub is asked which is right.
    async fn settled_head(&self, row: PullRow, repository: &Repository) -> Result<PullRow, Box<Judged>> {
        let head = repository.resolve(&format!("refs/pull/{}/head", row.number)).await;
        if matches!(head, Ok(Some(head)) if head == row.head_commit) {
            return Ok(row);
        }
        let (installation, name) = (self.repository.installation, &self.repository.full_name);
        let asked = match self.room.api.pull(installation, name, row.number).await {
            Ok(pull) => super::news::pull_row(&pull, row.repository),
            Err(error) => return Err(Box::new(no_answer(row, &error))),
        };
        match (asked, head) {
            (Ok(asked), Ok(Some(head)))
                if asked.head_commit == head && asked.base_branch == row.base_branch =>
            {
                Ok(asked)
            }
            _ => {
                let what = format!("head commit {}", row.head_commit.short());
                Err(Box::new(undecided(row, Undecided::CommitMissing { what })))
            }
        }
    }

    async fn judge_in(&self, row: PullRow, repository: &Repository) -> Judged {
        let base = match repository.branch(&row.base_branch).await {
            Ok(Some(base)) => base,
            Ok(None) => {
                let missing = vec![row.base_branch.clone()];
                return undecided(row, Undecided::MissingBranches { missing, start_from: None });
            }
            Err(error) => return undecided(row, Undecided::Git { what: error.to_string() }),
        };
        let ledger = match self.ledger(&row).await {
            Ok(ledger) => ledger,
            Err(error) => return undecided(row, Undecided::Git { what: error.what }),
        };
        let mut pull = ends(&row);
        pull.base.commit = base;
        let verdict = judge::judge(repository, &self.room.flow, &pull, &ledger).await;
        let trouble = trouble_in(&verdict);
        Judged { row, pull, verdict, trouble }
    }

    async fn ledger(&self, row: &PullRow) -> Result<Ledger, Trouble> {
        let branches: Vec<_> = self.room.flow.judged_branches().cloned().collect();
        let rows = self.room.store.ledger(row.repository, &branches, Some(&row.head_branch)).await?;
        let mut ledger = Ledger::default();
        for (branch, tip) in rows.tips {
            ledger.add_tip(branch, tip);
        }
        for push in rows.pushes {
            ledger.add_push(row.head_branch.clone(), push);
        }
        Ok(ledger)
    }
}

/// The two ends as the pull request's row has them; the base's commit is filled in by whoever knows it.
fn ends(row: &PullRow) -> Pull {
    Pull {
        head: Head {
            branch: Some(row.head_branch.clone()),
            commit: row.head_commit,
            fork: row.head_repository != Some(row.repository),
        },
        base: Base { branch: row.base_branch.clone(), commit: row.head_commit },
    }
}

fn undecided(row: PullRow, why: Undecided) -> Judged {
    let verdict = Verdict::undecided(why);
    Judged { pull: ends(&row), trouble: trouble_in(&verdict), row, verdict }
}

fn no_answer(row: PullRow, error: &ApiError) -> Judged {
    let judged = undecided(row, Undecided::GitHub { what: error.to_string() });
    Judged { trouble: Some((error.to_string(), error.remedy())), ..judged }
}

/// What will pass by itself is tried again; a missing branch waits for the push that makes it.
fn trouble_in(verdict: &Verdict) -> Option<(String, Remedy)> {
    if verdict.outcome() != Outcome::Unknown {
        return None;
    }
    verdict.findings.iter().find_map(|finding| match &finding.cause {
        Cause::CouldNotDecide(Undecided::Git { what } | Undecided::GitHub { what }) => {
            Some((what.clone(), Remedy::TryLater))
        }
        Cause::CouldNotDecide(Undecided::CommitMissing { what }) => {
            Some((format!("{what} cannot be read yet"), Remedy::TryLater))
        }
        _ => None,
    })
}
