//! What stands on a pull request that has changed: those stacked on it, and those that have its commits; and those that
//! are in a stack with it, or could be.

use super::pull_request::{is_chain, is_of_path, is_with, last_verdict, reach};
use crate::engine::context::EngineContext;
use crate::engine::work_error::WorkError;
use crate::model::{Cause, PullNumber, RepositoryId};
use crate::policy::{Reach, Trigger};
use crate::store::{Change, JudgedPull, WorkItem};

pub(super) async fn run(
    ctx: &EngineContext,
    id: RepositoryId,
    number: PullNumber,
) -> Result<Vec<Change>, WorkError> {
    let (Some(row), Some(below)) = (ctx.active_repository(id).await?, ctx.store.pull(id, number).await?)
    else {
        return Ok(Vec::new());
    };
    let open = ctx.open_to_tell(id).await?;
    let config = ctx.repository_config(&row).await?;
    let mirror = ctx.mirrors.of(id);
    let above = if mirror.exists() {
        mirror.repository(None).pulls_containing(&[below.pull.head_commit]).await?
    } else {
        // One that was taken away comes back with the verdicts.
        open.iter().filter(|it| it.verdict.is_some()).map(|it| it.pull.number.0).collect()
    };
    let own = below.pull.head_repository == Some(id);
    let stands_on_it = |it: &&JudgedPull| {
        // What is not judged has nothing that could be altered, and goes where its base goes.
        let base = it.judged_base.as_ref().unwrap_or(&it.pull.base_branch);
        let [other, stack] = [Trigger::OtherPullRequestChanged, Trigger::StackChanged]
            .map(|trigger| reach(&config.path, it, base, |_| trigger));
        it.pull.number != number
            && ((above.contains(&it.pull.number.0)
                && (it.verdict.is_none() || other.has(Reach::SHARING_COMMITS)))
                || (own && it.pull.base_branch == below.pull.head_branch)
                || (is_chain(&config.path, &it.pull, &below.pull) && stack.has(Reach::ALWAYS))
                || other.alters(names(it, number)))
    };
    // What is a head in a stack counts for all that are in it; this one, too, may have been judged before the others
    // were known.
    let in_its_stack = |it: &&JudgedPull| is_with(&it.pull, &below.pull);
    let counts = open.iter().filter(in_its_stack).any(|it| is_of_path(&config.path, &it.pull));
    let meant = |it: &&JudgedPull| stands_on_it(it) || (counts && in_its_stack(it));
    Ok(open.iter().filter(meant).map(|it| Change::Mark(WorkItem::PullRequest(id, it.pull.number))).collect())
}

/// Whether a verdict rests on the pull request of this number.
fn names(judged: &JudgedPull, number: PullNumber) -> bool {
    let findings = last_verdict(judged).map(|verdict| verdict.findings).unwrap_or_default();
    findings.iter().any(|finding| match &finding.cause {
        Cause::Stacked { on } => on.iter().any(|it| it.number == Some(number)),
        _ => false,
    })
}
