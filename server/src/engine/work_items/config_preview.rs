//! The config preview of a pull request that changes the configuration: whether the file can be used, and what would have become of
//! the last pull requests by it.

use super::applied_check::{AppliedCheck, checks};
use super::back_test::{BeforeMerge, TRIED};
use super::desired_check_run::DesiredCheckRun;
use super::pull_request::Memory;
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::github::CheckRunAnnotation;
use crate::lineage::Repository;
use crate::model::config::CONFIGURATION_PATH;
use crate::model::config::Configuration;
use crate::model::{
    CheckName, CommitId, PromotionPath, PullNumber, PullRequest, PullRequestState, RepositoryId, Verdict,
};
use crate::report::{self, BackTest, ChangedVerdict, CheckText, ConfigPreview, Withdrawn};
use crate::store::{Change, ChecksOf, JudgedPull, RepositoryRow, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    id: RepositoryId,
    number: PullNumber,
) -> Result<Vec<Change>, WorkError> {
    let (row, known) = (ctx.active_repository(id).await?, ctx.store.pull(id, number).await?);
    let (Some(row), Some(known)) = (row, known) else { return Ok(Vec::new()) };
    let pull = &known.pull;
    if pull.state != PullRequestState::Open {
        return Ok(Vec::new());
    }
    let mirror = ctx.mirror(&row).await?;
    let now = &ctx.repository_config(&row).await?.path;
    if !mirror.has_environments(now).await? {
        // A repository that has none of the path's branches is left alone, once what was said is taken back.
        return match standing(ctx, &row, pull).await? {
            Some(shown) => Ok(vec![shown.withdrawn(ctx, &Withdrawn::PathGone, of_file(pull)).await?]),
            None => Ok(Vec::new()),
        };
    }
    let is_there = mirror.exists() && mirror.repository().missing(&[pull.head_commit]).await?.is_empty();
    let repository = if is_there { mirror.repository() } else { mirror.fetched(&[number.0]).await? };
    let Some(bytes) = changed(&row, &repository, &known).await? else {
        return taken_back(ctx, &row, (&repository, pull)).await;
    };
    let proposed = match Configuration::read_bytes(&bytes) {
        Err(problems) => ConfigPreview::Invalid(problems),
        Ok(configuration) => {
            let tested = back_test(ctx, id, &repository, (now, configuration.path())).await?;
            ConfigPreview::Valid { configuration: Box::new(configuration), tested }
        }
    };
    let text = report::config_preview(&proposed, Some(&ctx.settings.docs.findings()), ctx.now().to_seconds());
    let annotations = match &proposed {
        ConfigPreview::Valid { .. } => Vec::new(),
        ConfigPreview::Invalid(problems) => {
            problems.iter().take(ANNOTATED).map(CheckRunAnnotation::of).collect()
        }
    };
    let of = (pull.head_commit, now.check_of_configuration());
    Ok(vec![check_run(id, of, (&text, annotations))?])
}

/// What a pull request makes of the file, where it may count: on a branch of the path, or on the default branch, from
/// which it is read.
async fn changed(
    row: &RepositoryRow,
    repository: &Repository,
    known: &JudgedPull,
) -> Result<Option<Vec<u8>>, WorkError> {
    let pull = &known.pull;
    if known.judged_base.is_none() && pull.base_branch.as_str() != row.default_branch {
        return Ok(None);
    }
    let Some(base) = repository.branch(&pull.base_branch).await? else { return Ok(None) };
    Ok(repository.changed_file(pull.head_commit, base, CONFIGURATION_PATH).await?)
}

/// The end of a check on what changes nothing any more, unless another open pull request with this head does.
async fn taken_back(
    ctx: &EngineContext,
    row: &RepositoryRow,
    (repository, pull): (&Repository, &PullRequest),
) -> Result<Vec<Change>, WorkError> {
    let Some(shown) = standing(ctx, row, pull).await? else { return Ok(Vec::new()) };
    let open = ctx.store.open_pulls(row.id).await?;
    let others = open.iter().filter(|it| it.pull.head_commit == pull.head_commit);
    for other in others.filter(|it| it.pull.number != pull.number) {
        if changed(row, repository, other).await?.is_some() {
            return Ok(Vec::new());
        }
    }
    Ok(vec![shown.withdrawn(ctx, &Withdrawn::SameConfiguration, of_file(pull)).await?])
}

fn of_file(pull: &PullRequest) -> (&'static str, Option<PullNumber>) {
    (CONFIGURATION_PATH, Some(pull.number))
}

/// The check on a pull request's head that was not taken back.
async fn standing(
    ctx: &EngineContext,
    row: &RepositoryRow,
    pull: &PullRequest,
) -> Result<Option<AppliedCheck>, WorkError> {
    let all = checks(ctx, row.id, ChecksOf::Commit(pull.head_commit)).await?;
    let is_meant =
        |it: &AppliedCheck| matches!(it.item, WorkItem::ConfigurationCheck(..)) && !it.is_withdrawn();
    Ok(all.into_iter().find(is_meant))
}

/// Judges the last merged pull requests by two paths, each as things stood when it was merged.
async fn back_test(
    ctx: &EngineContext,
    id: RepositoryId,
    repository: &Repository,
    (now, then): (&PromotionPath, &PromotionPath),
) -> Result<BackTest, WorkError> {
    let mut tested = BackTest::default();
    let most = u32::try_from(TRIED).unwrap_or(u32::MAX);
    for row in ctx.store.merged_pulls(id, most).await? {
        let Some(before) = BeforeMerge::of(repository, &row).await else {
            tested.unknown += 1;
            continue;
        };
        let mut verdicts = Vec::new();
        for path in [now, then] {
            let memory = Memory::of(ctx, path, id, &row.head_branch).await?;
            let memory = memory.for_topic(ctx, id, repository, &before.pull).await?;
            verdicts.push(before.verdict(repository, path, &memory.ledger(Some(row.number))).await);
        }
        tested.judged += 1;
        if let [by_now, by_then] = &verdicts[..]
            && said(by_now) != said(by_then)
        {
            tested.otherwise.push(ChangedVerdict {
                number: row.number,
                author: row.author.clone(),
                now: by_now.clone(),
                then: by_then.clone(),
            });
        }
    }
    Ok(tested)
}

fn said(verdict: &Verdict) -> (crate::model::Outcome, Vec<crate::model::Code>) {
    (verdict.outcome(), verdict.findings.iter().map(|finding| finding.cause.code()).collect())
}

/// The check on the configuration on a commit, as it should be shown.
pub(super) fn check_run(
    id: RepositoryId,
    (head, name): (CommitId, CheckName),
    (text, annotations): (&CheckText, Vec<CheckRunAnnotation>),
) -> Result<Change, WorkError> {
    let item = WorkItem::ConfigurationCheck(id, head);
    let siblings = Vec::new();
    DesiredCheckRun { item, commit: head, name, text, annotations, siblings, put_on: None }.desired()
}

/// GitHub takes no more annotations at once.
const ANNOTATED: usize = 50;

impl CheckRunAnnotation {
    fn of(problem: &crate::model::config::Problem) -> Self {
        Self {
            path: CONFIGURATION_PATH.to_owned(),
            start_line: problem.place.line,
            end_line: problem.place.line,
            annotation_level: "failure".to_owned(),
            title: None,
            message: format!("{}; {}", problem.message, problem.hint),
        }
    }
}
