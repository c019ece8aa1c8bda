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
pub(super) use effects::{last_verdict, left};
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
    if repository.state == RepositoryState::Gone {
        return Ok(changes);
    }
    let case = Case { room, repository: &repository, before: before.as_ref() };
    if pull.state != PullState::Open {
        changes.extend(case.left(&pull).await?);
        return Ok(changes);
    }
    let judged = match case.look(pull).await {
        Ok(judged) => judged,
        Err(NotJudged(row)) => {
            if row.state == PullState::Open {
                changes.extend(case.retire(&row).await?);
            }
            changes.extend(case.left(&row).await?);
            changes.push(Change::Unjudged(id, number));
            changes.push(Change::Pull(row));
            return Ok(changes);
        }
    };
    changes.extend(case.left(&judged.row).await?);
    changes.push(Change::Pull(judged.row.clone()));
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

/// A pull request on which nothing is to be said: it is closed, or goes to a branch that is on no path.
struct NotJudged(PullRow);

impl Case<'_> {
    async fn left(&self, row: &PullRow) -> Result<Vec<Change>, Trouble> {
        match self.before {
            Some(before) => left(self.room, before, row).await,
            None => Ok(Vec::new()),
        }
    }

    async fn look(&self, row: PullRow) -> Result<Judged, NotJudged> {
        if self.room.flow.role(&row.base_branch) == Role::Topic {
            return Err(NotJudged(row));
        }
        let remote = match self.room.remote(self.repository).await {
            Ok(remote) => remote,
            Err(error) => return Ok(no_answer(row, &error)),
        };
        let mirror = self.room.mirrors.of(self.repository.id);
        let fetched = match self.room.has_environments(self.repository.id, &remote).await {
            Ok(false) if matches!(self.room.flow.role(&row.base_branch), Role::Copy(_)) => {
                return Err(NotJudged(row));
            }
            Ok(_) => mirror.fetch(&remote, &[row.number.0]).await,
            Err(error) => Err(error),
        };
        if let Err(error) = fetched {
            self.room.after_failed_fetch(self.repository).await;
            tracing::error!(%error, "the mirror could not be brought up to date");
            return Ok(undecided(row, Undecided::Git { what: error.to_string() }));
        }
        let repository = mirror.repository(Some(remote)).for_pull(row.number.0);
        let row = match self.settled(row, &repository).await {
            Ok(row) => row,
            Err(judged) => return Ok(*judged),
        };
        if row.state != PullState::Open || self.is_off_path(&row, &repository).await {
            return Err(NotJudged(row));
        }
        Ok(self.judge(row, &repository).await)
    }

    /// Whether it goes to a topic, or none of the path's environments exists: then whoever has a branch
    /// with the copy branch's name never asked for a verdict.
    async fn is_off_path(&self, row: &PullRow, repository: &Repository) -> bool {
        match self.room.flow.role(&row.base_branch) {
            Role::Topic => true,
            Role::Environment(_) => false,
            Role::Copy(_) => {
                let survey = repository.survey(&self.room.flow).await;
                let environments = &self.room.flow.environments;
                survey.is_ok_and(|it| environments.iter().all(|e| !it.tips.contains_key(&e.branch)))
            }
        }
    }

    /// The pull request as it stands, asked of GitHub where the mirror shows that something is on its way:
    /// another head, or a head that the base already contains, which a merge leaves behind.
    async fn settled(&self, row: PullRow, repository: &Repository) -> Result<PullRow, Box<Judged>> {
        let head = repository.resolve(&format!("refs/pull/{}/head", row.number)).await;
        let base = repository.branch(&row.base_branch).await;
        let moved = !matches!(&head, Ok(Some(head)) if *head == row.head_commit);
        let merged = match base {
            Ok(Some(base)) if !moved => repository.reaches(base, row.head_commit).await.unwrap_or_default(),
            _ => false,
        };
        if !moved && !merged {
            return Ok(row);
        }
        let (installation, name) = (self.repository.installation, &self.repository.full_name);
        let asked = match self.room.api.pull(installation, name, row.number).await {
            Ok(pull) => super::news::pull_row(&pull, row.repository),
            Err(error) => return Err(Box::new(no_answer(row, &error))),
        };
        match (asked, head) {
            (Ok(asked), Ok(Some(head))) if asked.head_commit == head => Ok(asked),
            (Ok(asked), _) if asked.state != PullState::Open => Ok(asked),
            _ => {
                let what = format!("head commit {}", row.head_commit.short());
                Err(Box::new(undecided(row, Undecided::CommitMissing { what })))
            }
        }
    }

    async fn judge(&self, row: PullRow, repository: &Repository) -> Judged {
        let base = match repository.branch(&row.base_branch).await {
            Ok(Some(base)) => base,
            Ok(None) => {
                let why = self.why_no_base(&row, repository).await;
                return undecided(row, why);
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

    /// What to say where the base branch is not there: all that is missing, and where to start it from.
    async fn why_no_base(&self, row: &PullRow, repository: &Repository) -> Undecided {
        match repository.survey(&self.room.flow).await {
            Ok(survey) => judge::obstacle(&self.room.flow, &survey).unwrap_or_else(|| {
                let missing = vec![row.base_branch.clone()];
                Undecided::MissingBranches { missing, start_from: None }
            }),
            Err(error) => Undecided::Git { what: error.to_string() },
        }
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
