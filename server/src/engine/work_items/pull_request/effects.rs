//! What GitHub should show of a verdict.

use super::annotations::annotations;
use super::{Judged, PullRequestWork};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::desired_check_run::{DesiredCheckRun, digest};
use crate::github::CheckRunAnnotation;
use crate::model::{
    BranchName, CommentWhen, CommitId, Outcome, PromotionPath, PullEnds, PullNumber, PullRequest,
    RepositoryId, UserMessage, Verdict,
};
use crate::report::{self, CheckText, Note, Subject};
use crate::store::{ActRow, Change, Desired, JudgedPull, WorkItem};

impl PullRequestWork<'_> {
    /// The verdict itself, the check and the comment that show it, and the end of checks that no longer
    /// apply.
    pub(super) async fn effects(&self, judged: &Judged) -> Result<Vec<Change>, WorkError> {
        let mut changes = vec![self.judged(judged)?];
        let (check, noted) = self.check_that_may_note(judged).await?;
        changes.push(check);
        changes.extend(noted);
        changes.extend(self.comment(judged).await?);
        changes.extend(self.withdrawn(&judged.row, Some(&judged.pull.base.branch)).await?);
        Ok(changes)
    }

    fn judged(&self, judged: &Judged) -> Result<Change, WorkError> {
        let verdict = serde_json::to_string(&judged.verdict)
            .map_err(|error| WorkError::give_up("the verdict cannot be written").caused_by(error))?;
        Ok(Change::Judged {
            repository: judged.row.repository,
            number: judged.row.number,
            head: judged.row.head_commit,
            base: judged.pull.base.branch.clone(),
            verdict,
            at: self.ctx.now(),
        })
    }

    /// The check, which says what the installation does not grant where none of this pull request has said so before.
    async fn check_that_may_note(&self, judged: &Judged) -> Result<(Change, Option<Change>), WorkError> {
        let (row, base) = (&judged.row, &judged.pull.base.branch);
        let has_noted = self.before.is_some_and(|before| before.grants_noted.is_some());
        if has_noted || self.missing_grants().await?.is_none() {
            return Ok((self.check(judged, false).await?, None));
        }
        let noted = Change::GrantsNoted(row.repository, row.number, row.head_commit, base.clone());
        Ok((self.check(judged, true).await?, Some(noted)))
    }

    /// What the account would have to accept so that commands can be given in this repository.
    async fn missing_grants(&self) -> Result<Option<String>, WorkError> {
        let account = self.ctx.store.installation(self.repository.installation).await?;
        Ok(account.and_then(|account| {
            let teams_named = self.config.path.commands.name_a_team();
            let missing = account.missing?.that_matter(teams_named)?;
            Some(report::missing_grants(&account.login, &missing, &account.html_url))
        }))
    }

    /// One check for all pull requests with this head and base: the worst of them decides. It says what the installation
    /// does not grant if it is `noting`, or has said so for one of them before.
    pub(super) async fn check(&self, judged: &Judged, noting: bool) -> Result<Change, WorkError> {
        let Judged { row, verdict, pull, .. } = judged;
        let base = &pull.base.branch;
        let sharing = self.ctx.store.sharing(row.repository, row.head_commit, base).await?;
        let others: Vec<_> = sharing.into_iter().filter(|it| it.pull.number != row.number).collect();
        let siblings = others.iter().map(|it| (it.pull.number, it.judged_version)).collect();
        let mut shown = vec![(self.subject(judged), verdict.clone())];
        shown.extend(others.iter().map(|other| self.of_other(judged, other)));
        shown.extend(self.sharing_by_own_base(judged));
        let mut text = report::check_with_forecast(&self.config.path, &shown, judged.forecast.as_ref());
        text.summary = report::with_notes(text.summary, &self.notes(row).await?);
        let noted_here = |it: &JudgedPull| {
            it.grants_noted.as_ref().is_some_and(|(head, branch)| *head == row.head_commit && branch == base)
        };
        if (noting || self.before.is_some_and(noted_here) || others.iter().any(noted_here))
            && let Some(note) = self.missing_grants().await?
        {
            text.summary = report::with_missing_grants(text.summary, note);
        }
        self.without_dead_buttons(judged, &mut text);
        let annotations = annotations(verdict);
        self.desire((row, base), &text, annotations, siblings)
    }

    fn subject(&self, judged: &Judged) -> Subject {
        self.subject_of(judged.row.number, &judged.pull)
    }

    pub(super) fn subject_of(&self, number: PullNumber, pull: &PullEnds) -> Subject {
        Subject {
            repository: self.repository.full_name.clone(),
            web_url: self.repository.html_url.clone(),
            docs_url: Some(self.ctx.settings.docs.findings()),
            number: number.0,
            pull: pull.clone(),
            judged_at: self.ctx.now().to_seconds(),
        }
    }

    /// Another pull request that shares the check, with the verdict it has; it has the same two ends.
    fn of_other(&self, judged: &Judged, other: &JudgedPull) -> (Subject, Verdict) {
        let mut subject = self.subject(judged);
        subject.number = other.pull.number.0;
        subject.pull.head.branch = Some(other.pull.head_branch.clone());
        subject.pull.head.fork = other.pull.head_repository != Some(other.pull.repository);
        let verdict = last_verdict(other);
        // A verdict of another version that cannot be read is not known, and unknown is never a pass.
        let unread = || {
            Verdict::undecided(crate::model::Undecided::Git {
                what: UserMessage::new(format!("the verdict on #{} has to be made again", other.pull.number)),
            })
        };
        (subject, verdict.unwrap_or_else(unread))
    }

    /// The last verdict, with the ends that the pull request had then.
    pub(super) fn as_before(&self, pull: &PullEnds, before: &JudgedPull) -> Option<(Subject, Verdict)> {
        let verdict = last_verdict(before)?;
        let mut subject = self.subject_of(before.pull.number, pull);
        subject.pull.head.commit = before.judged_head?;
        subject.pull.base.branch = before.judged_base.clone()?;
        subject.judged_at = before.judged_at?.to_seconds();
        Some((subject, verdict))
    }

    /// Made on the first failure, edited when the verdict changes.
    async fn comment(&self, judged: &Judged) -> Result<Option<Change>, WorkError> {
        let item = WorkItem::Comment(judged.row.repository, judged.row.number);
        let earlier = self.before.and_then(|before| self.as_before(&judged.pull, before));
        let notes = self.notes(&judged.row).await?;
        let wanted = match self.ctx.store.effect(&item).await? {
            None => match self.config.path.comment {
                CommentWhen::OnFailure => judged.verdict.outcome() == Outcome::Fail,
                CommentWhen::Always => true,
                CommentWhen::Never => false,
            },
            // What was wrong before stays folded in the comment as long as the verdict stays.
            Some(effect) => {
                let says_it = report::with_notes(String::new(), &notes);
                !effect.content.ends_with(&says_it)
                    || earlier.as_ref().is_none_or(|(subject, verdict)| {
                        *verdict != judged.verdict || subject.pull.base.branch != judged.pull.base.branch
                    })
            }
        };
        if !wanted {
            return Ok(None);
        }
        let content =
            report::comment(&self.config.path, &self.subject(judged), &judged.verdict, earlier.as_ref());
        let content = report::with_notes(content, &notes);
        let substance = digest(&content);
        Ok(Some(Change::Desire(Desired { item, content, substance, siblings: Vec::new() })))
    }

    /// What people did by buttons about this head.
    pub(super) async fn notes(&self, row: &PullRequest) -> Result<Vec<Note>, WorkError> {
        let acts = self.ctx.store.acts(row.repository, row.number).await?;
        let about_it = acts.into_iter().filter(|act| act.head == row.head_commit);
        let note = |act: ActRow| Note { what: act.what, who: act.who, outcome: act.outcome, done: act.done };
        Ok(about_it.map(note).collect())
    }

    fn desire(
        &self,
        (row, base): (&PullRequest, &BranchName),
        text: &CheckText,
        annotations: Vec<CheckRunAnnotation>,
        siblings: Vec<(PullNumber, i64)>,
    ) -> Result<Change, WorkError> {
        let of = (row.head_commit, base);
        check_run(&self.config.path, row.repository, of, (text, annotations, siblings))
    }
}

/// Those with the head of a pull request that has left a check, by another head or base or by its end: the check is
/// worded by those alone who share it, and taken back by the others where nobody does.
pub(in crate::engine::work_items) async fn left(
    ctx: &EngineContext,
    before: &JudgedPull,
    now: Option<(CommitId, &BranchName)>,
) -> Result<Vec<Change>, WorkError> {
    let (Some(head), Some(base)) = (before.judged_head, &before.judged_base) else {
        return Ok(Vec::new());
    };
    if now == Some((head, base)) {
        return Ok(Vec::new());
    }
    let row = &before.pull;
    let open = ctx.store.open_pulls(row.repository).await?;
    let others = open.iter().filter(|it| it.judged_head == Some(head) || it.pull.head_commit == head);
    let others = others.map(|it| it.pull.number).filter(|number| *number != row.number);
    Ok(others.map(|number| Change::Mark(WorkItem::PullRequest(row.repository, number))).collect())
}

/// The check for a branch of the path on a commit, as it should be shown.
pub(in crate::engine::work_items) fn check_run(
    path: &PromotionPath,
    repository: RepositoryId,
    (head, base): (CommitId, &BranchName),
    (text, annotations, siblings): (&CheckText, Vec<CheckRunAnnotation>, Vec<(PullNumber, i64)>),
) -> Result<Change, WorkError> {
    let item = WorkItem::Check(repository, head, base.clone());
    let name = path.check_of_branch(base);
    DesiredCheckRun { item, commit: head, name, text, annotations, siblings, put_on: None }.desired()
}

/// The verdict that is stored of a pull request, if this version can read it.
pub(in crate::engine::work_items) fn last_verdict(pull: &JudgedPull) -> Option<Verdict> {
    pull.verdict.as_deref().and_then(|json| serde_json::from_str(json).ok())
}
