//! Something that GitHub should show, such as a check run or the sticky comment: found before it is made again.

use super::desired_manifest::StoredManifest;
use super::renewal;
use crate::engine::context::EngineContext;
use crate::engine::late_lists::{is_to_come, look_again};
use crate::engine::work_error::WorkError;
use crate::github::{ApiError, CheckRunBody};
use crate::model::{
    BranchName, CheckName, InstallationId, PullNumber, RepositoryId, UnixMillis, error_chain,
};
use crate::report;
use crate::store::{Change, Effect, Lease, WorkItem};
use std::borrow::Cow;

pub(super) async fn run(
    ctx: &EngineContext,
    lease: &Lease,
    id: RepositoryId,
) -> Result<Vec<Change>, WorkError> {
    let item = &lease.item;
    let Some(effect) = ctx.store.effect(item).await? else { return Ok(Vec::new()) };
    let Some(repository) = ctx.active_repository(id).await? else { return Ok(Vec::new()) };
    let now = ctx.now();
    let renewal = renewal::due(item, &effect, now);
    if renewal.is_some_and(|due| due <= now) {
        return renewal::changes(ctx, &repository, item).await;
    }
    let until_renewal = renewal.map(|due| Change::MarkAt(item.clone(), due));
    if effect.applied.as_ref() == Some(&effect.substance) {
        return Ok(until_renewal.into_iter().collect());
    }
    let target = Target {
        ctx,
        installation: repository.installation,
        repository: &repository.full_name,
        what: What::of(item, &effect)?,
    };
    let shown =
        |github_id| Change::Applied { item: item.clone(), github_id, substance: effect.substance.clone() };
    if let Some(known) = effect.github_id {
        return match target.update(known).await {
            Ok(()) => Ok([shown(known)].into_iter().chain(until_renewal).collect()),
            // Somebody deleted it, or it was made under another App, or a fresh token is not known
            // everywhere yet: it is looked for, and made anew if it is not there.
            Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) => {
                Ok(vec![Change::Vanished(item.clone()), Change::Mark(item.clone())])
            }
            Err(error) => Err(error.into()),
        };
    }
    // Which comments there were before is known of each.
    let is_reply = matches!(item, WorkItem::Reply(..));
    let may_be_there = effect.attempted.is_some()
        || (target.what.stays_for_good() && !is_reply)
        || may_be_forgotten(ctx, item).await?;
    if may_be_there {
        if let Some(found) = target.find().await? {
            if let Some(made_at) = found.made_at {
                note_attempt(ctx, lease, made_at).await?;
            }
            target.update(found.id).await?;
            let looked_at = target.what.is_in_progress().then(|| Change::Mark(item.clone()));
            return Ok([shown(found.id)].into_iter().chain(looked_at).collect());
        }
        look_again_later(ctx, lease, effect.attempted).await?;
    }
    if target.what.is_over() {
        return Ok(Vec::new());
    }
    note_attempt(ctx, lease, now).await?;
    let mut changes = target.made(lease, shown).await?;
    if target.what.is_in_progress() {
        changes.push(Change::MarkAt(item.clone(), renewal::age_ends(now, now)));
    }
    Ok(changes)
}

async fn note_attempt(ctx: &EngineContext, lease: &Lease, at: UnixMillis) -> Result<(), WorkError> {
    if ctx.store.attempting(lease, at).await? {
        return Ok(());
    }
    Err(WorkError::later("the lease was lost before GitHub was asked"))
}

/// What was not found may only not be in GitHub's list yet: an error as long as that is so.
async fn look_again_later(
    ctx: &EngineContext,
    lease: &Lease,
    attempted: Option<UnixMillis>,
) -> Result<(), WorkError> {
    let (Some(mut begun), now) = (attempted, ctx.now()) else { return Ok(()) };
    if is_to_come(begun, now) {
        note_attempt(ctx, lease, now).await?;
        begun = now;
    }
    match look_again(begun, now, ctx.settings.lists_lag) {
        Some(at) => {
            let what = "GitHub's answer was lost, and its list may not show yet what was made; it is looked for again";
            Err(WorkError::not_before(at, what))
        }
        None => Ok(()),
    }
}

/// Whether it may have been made although this database knows nothing of it, which may be a new one, or an old one that was
/// restored. On a pull request that has changed since GitHub first answered this server nobody has made one before.
async fn may_be_forgotten(ctx: &EngineContext, item: &WorkItem) -> Result<bool, WorkError> {
    // Where two share a name, as one of an earlier version's paths could, the other one would be found.
    let is_alone = |base: &BranchName| CheckName::taken(base).is_none();
    let pulls = match item {
        WorkItem::Check(_, _, base) if !is_alone(base) => return Ok(false),
        WorkItem::Reply(id, number, comment) => {
            let row = ctx.store.command(*id, *number, *comment).await?;
            return Ok(row.is_none_or(|row| ctx.api.is_before_first_answer(row.created_at)));
        }
        WorkItem::Check(id, head, base) => ctx.store.sharing(*id, *head, base).await?,
        WorkItem::ConfigurationCheck(id, head) => {
            let mut open = ctx.store.open_pulls(*id).await?;
            open.retain(|it| it.pull.head_commit == *head);
            if !open.iter().filter_map(|it| it.judged_base.as_ref()).all(is_alone) {
                return Ok(false);
            }
            open
        }
        _ => return Ok(true),
    };
    Ok(pulls.is_empty() || pulls.iter().any(|it| ctx.api.is_before_first_answer(it.pull.updated_at)))
}

/// What was found on GitHub: its number there, and when it was made, where that matters.
struct Found {
    id: u64,
    made_at: Option<UnixMillis>,
}

impl Found {
    fn of(id: u64) -> Self {
        Self { id, made_at: None }
    }
}

/// What is to be shown, and where.
struct Target<'a> {
    ctx: &'a EngineContext,
    installation: InstallationId,
    repository: &'a str,
    what: What<'a>,
}

enum What<'a> {
    Issue(IssueBody),
    Check(Box<CheckRunBody>),
    /// A comment, with what it is found again by.
    Comment(PullNumber, Cow<'a, str>, String),
    /// The text of a pull request that is ours, and is there as long as the pull request is.
    Body(PullNumber, String),
}

/// The issue about the copy branch, or about another one.
#[derive(serde::Deserialize)]
struct IssueBody {
    title: String,
    body: String,
    open: bool,
    /// By what it is found again, where it is not the one about the copy branch.
    #[serde(default)]
    marker: Option<String>,
}

impl<'a> What<'a> {
    /// A second comment stands beside the first for ever: it is looked for even where nothing is known of a first.
    fn stays_for_good(&self) -> bool {
        matches!(self, Self::Comment(..) | Self::Issue(_) | Self::Body(..))
    }

    /// Whether there is nothing to make where nothing was made before.
    fn is_over(&self) -> bool {
        matches!(self, Self::Issue(issue) if !issue.open)
    }

    /// Whether it is a check run whose time runs out.
    fn is_in_progress(&self) -> bool {
        matches!(self, Self::Check(check) if check.status == renewal::IN_PROGRESS)
    }

    fn of(item: &WorkItem, effect: &'a Effect) -> Result<Self, WorkError> {
        match item {
            WorkItem::Comment(_, number) => {
                Ok(Self::Comment(*number, Cow::from(&effect.content), report::MARKER.to_owned()))
            }
            WorkItem::ActiveComment(_, number) => {
                Ok(Self::Comment(*number, Cow::from(&effect.content), report::ACTIVE.to_owned()))
            }
            WorkItem::HotfixComment(_, number) => {
                let marker = report::HOTFIX_COMMENT.to_owned();
                Ok(Self::Comment(*number, Cow::from(&effect.content), marker))
            }
            WorkItem::Reply(_, number, comment) => {
                Ok(Self::Comment(*number, Cow::from(&effect.content), report::reply_marker(*comment)))
            }
            WorkItem::Manifest(_, number) => {
                let StoredManifest { body, in_comment, .. } = StoredManifest::read(&effect.content)?;
                Ok(if in_comment {
                    Self::Comment(*number, Cow::from(body), report::MANIFEST.to_owned())
                } else {
                    Self::Body(*number, body)
                })
            }
            WorkItem::Alarm(_) | WorkItem::BranchAlarm(..) => serde_json::from_str(&effect.content)
                .map(Self::Issue)
                .map_err(|error| WorkError::give_up("the stored issue cannot be read").caused_by(error)),
            _ => serde_json::from_str(&effect.content)
                .map(Self::Check)
                .map_err(|error| WorkError::give_up("the stored check run cannot be read").caused_by(error)),
        }
    }
}

impl Target<'_> {
    /// Whether nobody gets to read a reply: the conversation is locked, or it is gone. The reaction and the audit log tell
    /// what came of the commands. What GitHub does not take for another reason, it may take later.
    async fn is_unwanted(&self, lease: &Lease, error: &ApiError) -> Result<bool, ApiError> {
        let (WorkItem::Reply(_, number, _), api) = (&lease.item, &self.ctx.api) else { return Ok(false) };
        match error {
            ApiError::Forbidden { message, .. } => Ok(message.contains("locked")),
            // A new token is not known everywhere for a moment, and finds nothing.
            ApiError::NotFound { .. } if lease.failures > 0 => {
                Ok(!api.has_conversation(self.installation, self.repository, *number).await?)
            }
            _ => Ok(false),
        }
    }

    /// Makes it, and answers what is to be stored: `shown` by its number on GitHub, or that it was not made.
    async fn made(&self, lease: &Lease, shown: impl FnOnce(u64) -> Change) -> Result<Vec<Change>, WorkError> {
        let error = match self.create().await {
            Ok(made) => return Ok(vec![shown(made)]),
            Err(error) if error.may_have_taken_effect() => return Err(error.into()),
            Err(error) => error,
        };
        let changes = vec![Change::NotMade(lease.item.clone())];
        match self.is_unwanted(lease, &error).await {
            Ok(true) => {
                tracing::info!(error = error_chain(&error), "GitHub takes no reply to a comment");
                Ok(changes)
            }
            Ok(false) => Err(WorkError { changes, ..error.into() }),
            Err(error) => Err(WorkError { changes, ..error.into() }),
        }
    }

    async fn find(&self) -> Result<Option<Found>, ApiError> {
        let api = &self.ctx.api;
        match &self.what {
            What::Check(check) => {
                let found = api.find_check(self.installation, self.repository, check).await?;
                let found = found.map(|run| Found {
                    id: run.id,
                    made_at: run.made_at.map(|at| api.our_time_of(at)).filter(|_| self.what.is_in_progress()),
                });
                // One that is too old to go on being in progress is made anew.
                let now = self.ctx.now();
                Ok(found.filter(|run| run.made_at.is_none_or(|at| renewal::age_ends(at, now) > now)))
            }
            What::Issue(issue) => {
                let marker = issue.marker.as_deref().unwrap_or(report::ALARM);
                let found = api.find_issue(self.installation, self.repository, marker).await?;
                Ok(found.map(|number| Found::of(number.0)))
            }
            What::Comment(number, _, marker) => {
                let found = api.find_comment(self.installation, self.repository, *number, marker).await?;
                Ok(found.map(Found::of))
            }
            What::Body(number, _) => Ok(Some(Found::of(number.0))),
        }
    }

    async fn create(&self) -> Result<u64, ApiError> {
        let api = &self.ctx.api;
        match &self.what {
            What::Check(check) => api.create_check(self.installation, self.repository, check).await,
            What::Issue(IssueBody { title, body, .. }) => {
                Ok(api.create_issue(self.installation, self.repository, (title, body)).await?.0)
            }
            What::Comment(number, body, _) => {
                api.create_comment(self.installation, self.repository, *number, body).await
            }
            What::Body(number, _) => Ok(number.0),
        }
    }

    /// GitHub adds the remarks of an update to those that are there, and takes none back: only what is not said at that
    /// line yet is sent.
    async fn update_check(&self, known: u64, check: &CheckRunBody) -> Result<(), ApiError> {
        let (api, installation) = (&self.ctx.api, self.installation);
        if check.output.annotations.is_empty() {
            return api.update_check(installation, self.repository, known, check).await;
        }
        let there = api.check_annotations(installation, self.repository, known).await?;
        let mut check = check.clone();
        check.output.annotations.retain(|remark| !there.iter().any(|it| it.says_the_same(remark)));
        api.update_check(installation, self.repository, known, &check).await
    }

    async fn update(&self, known: u64) -> Result<(), ApiError> {
        let api = &self.ctx.api;
        match &self.what {
            What::Check(check) => self.update_check(known, check).await,
            What::Issue(IssueBody { title, body, open, .. }) => {
                let number = PullNumber(known);
                api.update_issue(self.installation, self.repository, number, (title, body, *open)).await
            }
            What::Comment(_, body, _) => {
                api.update_comment(self.installation, self.repository, known, body).await
            }
            What::Body(number, body) => {
                api.update_pull_body(self.installation, self.repository, *number, body).await
            }
        }
    }
}
