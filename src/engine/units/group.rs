//! A merge group: what a merge queue is about to merge is judged before it does.
//!
//! The group's commit is on top of the base, or of the groups before it, and may hold several pull requests.
//! Each of them is judged against what the group was put on, and the worst verdict counts. Where none is
//! known that made it, the group is judged as work of unknown name.

use super::news::News;
use super::pull::{Memory, aim, check_run, ends, known_deploys, trouble_in};
use crate::engine::judge::{self, Known};
use crate::engine::room::{Room, Trouble};
use crate::engine::rulebook::Rulebook;
use crate::flow::{
    Base, BranchName, CommitId, DeployFacts, Finding, Head, Outcome, Pull, RepositoryId, Role, Undecided,
    Verdict,
};
use crate::github::events::MergeGroupEvent;
use crate::lineage::Repository;
use crate::report::{self, Subject};
use crate::store::{Change, PullRow, RepositoryRow, RepositoryState, Unit};

pub(super) async fn run(
    room: &Room,
    unit: &Unit,
    id: RepositoryId,
    head: CommitId,
    base: &BranchName,
) -> Result<Vec<Change>, Trouble> {
    let news = News::of(room, unit).await?;
    let mut changes = news.digested(unit);
    let (events, _) = news.events::<MergeGroupEvent>(&["merge_group"]);
    let Some((repository, introduced)) = news.repository(room, id).await? else { return Ok(changes) };
    changes.extend(introduced);
    if repository.state != RepositoryState::Active {
        return Ok(changes);
    }
    let book = room.rulebook(id).await?;
    if book.flow.role(base) == Role::Topic {
        return Ok(changes);
    }
    let put_on = events.last().map(|(_, event)| event.merge_group.base_sha);
    let group = Group { room, book: &book, repository: &repository, head, base };
    let (judged, trouble) = match group.look(put_on).await? {
        Ok(judged) => {
            let trouble = judged.iter().find_map(|(_, verdict)| trouble_in(verdict));
            (judged, trouble)
        }
        Err(why) => {
            let verdict = Verdict::undecided(why);
            let trouble = trouble_in(&verdict);
            (vec![(group.subject(&group.nameless(head)), verdict)], trouble)
        }
    };
    let text = report::check_of_group(&book.flow, &judged);
    changes.push(check_run(&book.flow, id, (head, base), (&text, Vec::new()))?);
    match trouble {
        None => Ok(changes),
        Some((what, remedy)) => Err(Trouble { what, remedy, changes }),
    }
}

struct Group<'a> {
    room: &'a Room,
    book: &'a Rulebook,
    repository: &'a RepositoryRow,
    head: CommitId,
    base: &'a BranchName,
}

impl Group<'_> {
    async fn look(
        &self,
        put_on: Option<CommitId>,
    ) -> Result<Result<Vec<(Subject, Verdict)>, Undecided>, Trouble> {
        let git = |error: crate::lineage::GitError| Undecided::Git { what: error.to_string() };
        let mirror = match self.room.mirror(self.repository).await {
            Ok(mirror) => mirror,
            Err(error) => return Ok(Err(Undecided::GitHub { what: error.to_string() })),
        };
        let repository = match mirror.fetched(&[]).await {
            Ok(repository) => repository,
            Err(error) => return Ok(Err(git(error))),
        };
        let put_on = match put_on {
            Some(commit) => Ok(Some(commit)),
            None => repository.branch(self.base).await,
        };
        let put_on = match put_on {
            Ok(Some(commit)) => commit,
            Ok(None) => {
                let missing = vec![self.base.clone()];
                return Ok(Err(Undecided::MissingBranches { missing, start_from: None }));
            }
            Err(error) => return Ok(Err(git(error))),
        };
        let Ok(brought) = repository.brought(self.head, put_on).await else {
            let what = format!("the merge group's commit {}", self.head.short());
            return Ok(Err(Undecided::CommitMissing { what }));
        };
        self.judge(&repository, put_on, &brought).await.map(Ok)
    }

    async fn judge(
        &self,
        repository: &Repository,
        put_on: CommitId,
        brought: &[CommitId],
    ) -> Result<Vec<(Subject, Verdict)>, Trouble> {
        let id = self.repository.id;
        let open: Vec<PullRow> =
            self.room.store.open_pulls(id).await?.into_iter().map(|it| it.pull).collect();
        let aims_here = |row: &&PullRow| {
            brought.contains(&row.head_commit)
                && aim(&self.book.flow, &row.base_branch, id, &open).as_ref() == Some(self.base)
        };
        let mut judged = Vec::new();
        for row in open.iter().filter(aims_here) {
            let mut pull = ends(row, self.base.clone());
            pull.base.commit = put_on;
            let memory = Memory::of(self.room, &self.book.flow, id, &row.head_branch).await?;
            let memory = memory.for_topic(self.room, id, repository, &pull).await?;
            let ledger = memory.ledger(Some(row.number));
            let subject = Subject { number: row.number.0, ..self.subject(&pull) };
            judged.push((subject, self.verdict(repository, &pull, &ledger, Some(row)).await?));
        }
        if judged.is_empty() {
            let pull = self.nameless(put_on);
            let memory = Memory::of(self.room, &self.book.flow, id, self.base).await?;
            let memory = memory.for_topic(self.room, id, repository, &pull).await?;
            let ledger = memory.ledger(None);
            judged.push((self.subject(&pull), self.verdict(repository, &pull, &ledger, None).await?));
        }
        Ok(judged)
    }

    async fn verdict(
        &self,
        repository: &Repository,
        pull: &Pull,
        ledger: &crate::lineage::Ledger,
        row: Option<&PullRow>,
    ) -> Result<Verdict, Trouble> {
        if let Some(cause) = &self.book.invalid {
            return Ok(Verdict { findings: vec![Finding::new(Outcome::Unknown, cause.clone())] });
        }
        let flow = &self.book.flow;
        let survey = match repository.survey(flow).await {
            Ok(survey) => survey,
            Err(error) => return Ok(Verdict::undecided(Undecided::Git { what: error.to_string() })),
        };
        let snapshot = match judge::snapshot(repository, flow, pull, ledger, &survey).await {
            Ok(snapshot) => snapshot,
            Err(why) => return Ok(Verdict::undecided(why)),
        };
        let promoting = snapshot.as_ref().map(|snapshot| pull.promoting(snapshot));
        let ends = promoting.as_ref().unwrap_or(pull);
        // What keeps the pull request back keeps the group back: it may have come up since it was queued.
        let deploys = match row {
            Some(row) => known_deploys(self.room, flow, row, ends).await?,
            None => DeployFacts::default(),
        };
        let known = Known { survey: &survey, methods: None, deploys, snapshot };
        Ok(judge::judge_knowing(repository, flow, pull, ledger, known).await)
    }

    /// The group as work of unknown name.
    fn nameless(&self, put_on: CommitId) -> Pull {
        Pull {
            head: Head { branch: None, commit: self.head, fork: false },
            base: Base { branch: self.base.clone(), commit: put_on },
        }
    }

    fn subject(&self, pull: &Pull) -> Subject {
        Subject {
            repository: self.repository.full_name.clone(),
            web_url: self.repository.html_url.clone(),
            docs_url: Some(self.room.settings.docs.findings()),
            number: 0,
            pull: pull.clone(),
            judged_at: self.room.now() / 1000,
        }
    }
}
