//! A button that somebody pressed on one of our checks: Retarget and Rebuild branch.
//!
//! Only who may write to the repository may press it: GitHub is asked, whatever it shows to whom. What was
//! carried out is on record and is not done twice for the same head.

use super::news::News;
use crate::engine::room::{Room, Trouble};
use crate::flow::{BranchName, RepositoryId};
use crate::github::events::ButtonEvent;
use crate::report::{REBUILD, RETARGET};
use crate::store::{ActRow, Change, JudgedPull, RepositoryRow, RepositoryState, Unit};

pub(super) async fn run(
    room: &Room,
    unit: &Unit,
    id: RepositoryId,
    check: u64,
) -> Result<Vec<Change>, Trouble> {
    let news = News::of(room, unit).await?;
    let mut changes = news.digested(unit);
    let (events, _) = news.events::<ButtonEvent>(&["check_run"]);
    let row = room.store.repository(id).await?;
    let Some(repository) = row.filter(|row| row.state == RepositoryState::Active) else {
        tracing::warn!(check, "a button was pressed in a repository that is not looked after");
        return Ok(changes);
    };
    let open = room.store.open_pulls(id).await?;
    for (_, event) in events {
        let meant = open.iter().filter(|it| {
            let base = it.judged_base.as_ref();
            it.judged_head == Some(event.check_run.head_sha)
                && base.is_some_and(|base| event.check_run.name == format!("towpath: {base}"))
        });
        for pull in meant {
            let press = Press { room, repository: &repository, pull, who: &event.sender.login };
            changes.extend(press.carried_out(&event.requested_action.identifier).await?);
        }
    }
    Ok(changes)
}

/// One press of a button, on one pull request.
struct Press<'a> {
    room: &'a Room,
    repository: &'a RepositoryRow,
    pull: &'a JudgedPull,
    who: &'a str,
}

/// How it ended, in words for people.
enum Outcome {
    Done(String),
    Refused(String),
}

impl Press<'_> {
    async fn carried_out(&self, what: &str) -> Result<Vec<Change>, Trouble> {
        let row = &self.pull.pull;
        let known = self.room.store.acts(row.repository, row.number).await?;
        if known.iter().any(|act| act.done && act.what == what && act.head == row.head_commit) {
            return Ok(Vec::new());
        }
        let outcome = if self.may_write().await? {
            self.act(what).await?
        } else {
            Outcome::Refused(format!("{} may not write to this repository", self.who))
        };
        let (done, outcome) = match outcome {
            Outcome::Done(outcome) => (true, outcome),
            Outcome::Refused(outcome) => (false, outcome),
        };
        tracing::info!(number = %row.number, what, who = self.who, done, outcome, "a button was pressed");
        let act = ActRow {
            repository: row.repository,
            number: row.number,
            head: row.head_commit,
            what: what.to_owned(),
            who: self.who.to_owned(),
            at: self.room.now(),
            outcome,
            done,
        };
        // The check and the comment then say what came of it.
        Ok(vec![Change::Act(act), Change::Mark(Unit::Pull(row.repository, row.number))])
    }

    async fn may_write(&self) -> Result<bool, Trouble> {
        let RepositoryRow { installation, full_name, .. } = self.repository;
        Ok(self.room.api.may_write(*installation, full_name, self.who).await?)
    }

    async fn act(&self, what: &str) -> Result<Outcome, Trouble> {
        let RepositoryRow { installation, full_name, .. } = self.repository;
        let row = &self.pull.pull;
        // What was judged may not be what is there any more.
        let now = self.room.api.pull(*installation, full_name, row.number).await?;
        if now.head.sha != row.head_commit || now.state != "open" {
            return Ok(Outcome::Refused("the pull request has changed since; press it again".to_owned()));
        }
        if what == RETARGET.identifier {
            return self.retarget(&now.base.branch).await;
        }
        if what == REBUILD.identifier {
            return self.rebuild().await;
        }
        Ok(Outcome::Refused(format!("there is no button {what:?}")))
    }

    async fn retarget(&self, base: &str) -> Result<Outcome, Trouble> {
        let Some(to) = self.belongs_on() else {
            return Ok(Outcome::Refused("it goes into the right branch already".to_owned()));
        };
        if base != to.as_str() {
            let RepositoryRow { installation, full_name, .. } = self.repository;
            self.room.api.retarget(*installation, full_name, self.pull.pull.number, &to).await?;
        }
        Ok(Outcome::Done(format!("sent to {to}")))
    }

    fn belongs_on(&self) -> Option<BranchName> {
        let verdict = super::pull::last_verdict(self.pull)?;
        verdict.findings.iter().find_map(|finding| finding.cause.retarget_to().cloned())
    }

    async fn rebuild(&self) -> Result<Outcome, Trouble> {
        Ok(Outcome::Refused("nothing".to_owned()))
    }
}
