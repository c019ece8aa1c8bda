//! Commands that wait until the pull request is judged as it is now: who writes one right after opening it, or after a
//! push, is answered by the verdict that comes of that.

use super::call::{Call, Step};
use super::state::{Progress, refused};
use super::{CommentWork, PATIENCE};
use crate::commands::spec::{Spec, WorksOn};
use crate::github::PullJson;
use crate::model::Role;
use crate::report::{CommandReply, CommandStatus};
use crate::store::{Change, WorkItem};
use std::time::Duration;

/// How long a verdict is waited for: a first fetch of a large repository takes minutes.
const VERDICT_WITHIN: Duration = Duration::from_secs(10 * 60);

impl CommentWork<'_> {
    /// Lets a command wait for the verdict; `false` where it has waited long enough.
    pub(super) fn awaits_verdict(&mut self, position: usize) -> bool {
        let now = self.ctx.now();
        let (since, is_first) = match self.state.runs[position].progress {
            Progress::Unjudged { since } => (since, false),
            _ => (now, true),
        };
        if now.since(since) >= VERDICT_WITHIN {
            return false;
        }
        // Once: each look at the pull request wakes its comments.
        let look = WorkItem::PullRequest(self.place.id, self.place.number);
        self.changes.extend(is_first.then_some(Change::Mark(look)));
        self.changes.push(Change::MarkAt(self.item(), since + VERDICT_WITHIN));
        let run = &mut self.state.runs[position];
        run.progress = Progress::Unjudged { since };
        if now.since(since) >= PATIENCE {
            let words = "Towpath judges the pull request first; this reply tells what comes then.";
            run.said = Some(CommandReply::new(CommandStatus::Started, "started", words));
        }
        true
    }
}

impl Call<'_> {
    /// Whether the command is about the pull request that it is on, and nothing is known of that: news of its opening may
    /// come later than the comment.
    pub(super) fn lacks_pull(&self) -> bool {
        let is_about_it = matches!(self.spec.works_on, WorksOn::OpenPullRequests | WorksOn::PullRequests);
        is_about_it && self.is_unknown()
    }

    /// Whether nothing is known of the pull request that the command is on.
    pub(super) fn is_unknown(&self) -> bool {
        self.is_pull_request && self.pull.is_none()
    }

    /// Whether the last verdict is about the pull request as GitHub has it now. One that goes to no environment has none.
    pub(super) fn is_judged(&self, now: &PullJson) -> bool {
        self.pull.is_some_and(|it| {
            let (row, head) = (&it.pull, now.head.sha);
            let is_latest = row.head_commit == head && row.base_branch.as_str() == now.base.branch;
            let needs_none =
                || it.judged_base.is_none() && matches!(self.path.role(&row.base_branch), Role::Topic);
            is_latest && (it.judged_head == Some(head) || needs_none())
        })
    }
}

/// What comes of a command that has waited in vain.
pub(super) fn never_judged(spec: &Spec) -> Step {
    let why = "Towpath has not judged the pull request as it is now; write the command again once its check is there.";
    Step::said(refused("not_judged", spec.unchanged, why))
}
