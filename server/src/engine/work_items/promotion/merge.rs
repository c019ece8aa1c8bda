//! Merging a promotion for somebody: nothing is skipped, and it is never asked for twice.
//!
//! It is noted before GitHub is asked. Where the answer is lost, the pull request tells whether it was merged; where it was
//! not, GitHub finds the merge that goes on when it is asked again, and all that has to stand is looked at anew.

use super::contents::Ends;
use super::merge_guard::MergeFacts;
use super::{Outcome, PromotionWork};
use crate::engine::late_lists::look_again;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pull_request::last_verdict;
use crate::github::{ApiError, CollaboratorJson, MergeStanding, MergeStateJson};
use crate::model::{self, PullNumber};
use crate::report;
use crate::store::{ActOutcome, Change, JudgedPull, RequestedAct, RequestedActRow, RequestedMerge};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// When a merge that goes on is first looked at, where no event comes before, and from then on.
const FIRST_LOOK: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_secs(15);

/// How long a merge may go on.
const ENDS_WITHIN: Duration = Duration::from_secs(60 * 60);

/// How many reviewers are asked about at most: nobody requires as many.
const REVIEWERS: usize = 30;

impl PromotionWork<'_> {
    /// Asks GitHub to merge the pull request of a promotion, where nothing is missing. `None` while that goes on.
    pub(super) async fn begin_merge(
        &mut self,
        row: &RequestedActRow,
        (number, opened): (PullNumber, &str),
        ends: Ends<'_>,
    ) -> Result<Option<Outcome>, WorkError> {
        let again = self.again(row);
        let refused = |why: String| {
            let said = ActOutcome::refused(format!("{opened}; it is not merged: {why}"));
            let said = said.by_pull_request(number).next(again.clone());
            Ok(Some(Outcome { said, ends: (Some(ends.head), Some(ends.base)) }))
        };
        let state = self.merge_state(number).await?;
        if state.head.sha != ends.head {
            return Err(WorkError::later("GitHub's pull request is not where its branch is"));
        }
        let facts = match self.facts(row, (&state, number), ends).await? {
            Ok(facts) => facts,
            Err(why) => return refused(why),
        };
        let judged = self.judged(number, ends).await?;
        let lacks_verdict = lacks_verdict(judged.as_ref(), ends);
        let is_late = facts.lacks_own_check() && lacks_verdict.is_none();
        if let Some(judged_at) = judged.and_then(|it| it.judged_at).filter(|_| is_late)
            && let Some(at) = look_again(judged_at, self.ctx.now(), self.ctx.settings.lists_lag)
        {
            return Err(WorkError::not_before(at, "GitHub does not show the newest verdict yet"));
        }
        let mut missing = self.stops(ends).await?;
        missing.extend(facts.missing());
        if missing.is_empty() {
            missing.extend(lacks_verdict);
        }
        if !missing.is_empty() {
            return refused(missing.join("; "));
        }
        let merge = RequestedMerge { number, head: ends.head, begun_at: self.ctx.now(), uuid: None };
        self.note(Change::RequestedMerge(row.id, merge.clone())).await?;
        let (installation, full_name) = (self.repository.installation, &self.repository.full_name);
        let wish = ((number, ends.head), facts.has_queue());
        match self.ctx.api.request_merge(installation, full_name, wish.0, wish.1).await {
            Ok(standing) => Ok(self.stands(row, &merge, standing)),
            Err(error) if error.may_have_taken_effect() => Err(error.into()),
            Err(ApiError::Forbidden { message, .. } | ApiError::Refused { message, .. }) => {
                refused(format!("GitHub does not allow it: {message}"))
            }
            Err(ApiError::NotFound { .. }) => refused("this GitHub has no merges of this kind".to_owned()),
            Err(error) => Err(error.into()),
        }
    }

    /// How far a merge has come that was begun before; `None` while it goes on, or where it has to be begun anew.
    pub(super) async fn follow_merge(
        &mut self,
        row: &RequestedActRow,
        merge: RequestedMerge,
    ) -> Result<Option<Outcome>, WorkError> {
        let (installation, full_name) = (self.repository.installation, &self.repository.full_name);
        if let Some(uuid) = &merge.uuid {
            let asked = (merge.number, uuid.as_str());
            if let Some(standing) = self.ctx.api.merge_standing(installation, full_name, asked).await? {
                return Ok(self.stands(row, &merge, standing));
            }
        }
        let state = self.merge_state(merge.number).await?;
        if state.merged {
            return Ok(self.stands(row, &merge, MergeStanding::Merged(state.merge_commit_sha)));
        }
        if merge.uuid.is_some() {
            let words = "GitHub has forgotten the merge".to_owned();
            return Ok(self.stands(row, &merge, MergeStanding::Failed(words)));
        }
        match look_again(merge.begun_at, self.ctx.now(), self.ctx.settings.lists_lag) {
            Some(at) => {
                let what = "GitHub's answer to a merge was lost; it is looked whether it was merged";
                Err(WorkError::not_before(at, what))
            }
            None => Ok(None),
        }
    }

    /// What a merge has come to; `None` while it goes on.
    fn stands(
        &mut self,
        row: &RequestedActRow,
        merge: &RequestedMerge,
        standing: MergeStanding,
    ) -> Option<Outcome> {
        let (number, head) = (merge.number, merge.head);
        let into = self.target.map_or(row.environment.as_str(), |target| target.name.as_str()).to_owned();
        let base = if let RequestedAct::Promote { base, .. } = &row.act { *base } else { None };
        let again = self.again(row);
        let where_is = self.comment_commands().where_is(&into);
        let ended = |said: ActOutcome, next: String| {
            Some(Outcome { said: said.by_pull_request(number).next(next), ends: (Some(head), base) })
        };
        match standing {
            MergeStanding::Merged(made) => {
                let at = made.map(|made| format!(" as {}", made.short())).unwrap_or_default();
                let words = format!("merged #{number} into {into}{at}");
                ended(ActOutcome::accepted(words, None), format!("`{where_is}` tells what becomes of it."))
            }
            MergeStanding::Enqueued => {
                let words = format!("#{number} is in the merge queue of {into}");
                let next = format!("The queue merges it; `{where_is}` then tells what becomes of it.");
                ended(ActOutcome::accepted(words, None), next)
            }
            MergeStanding::Failed(why) => {
                ended(ActOutcome::refused(format!("GitHub did not merge #{number}: {why}")), again)
            }
            MergeStanding::Pending(_) if self.ctx.now().since(merge.begun_at) > ENDS_WITHIN => {
                let words = format!("GitHub has not merged #{number} within an hour; it may still do so");
                ended(ActOutcome::refused(words), again)
            }
            MergeStanding::Pending(uuid) => {
                let is_first = merge.uuid.as_deref() != Some(uuid.as_str());
                let after = if is_first { FIRST_LOOK } else { LOOK_EVERY };
                self.changes.push(Change::MarkAt(self.lease.item.clone(), self.ctx.now() + after));
                if is_first {
                    let words = format!("GitHub merges #{number} into {into}.");
                    self.changes.push(Change::RequestedMerge(
                        row.id,
                        RequestedMerge { uuid: Some(uuid), ..merge.clone() },
                    ));
                    self.changes.push(Change::RequestedActProgress(row.id, words));
                    self.changes.extend(self.told(row));
                }
                None
            }
        }
    }

    /// What is to be done after a merge that was refused.
    fn again(&self, row: &RequestedActRow) -> String {
        let from = if let RequestedAct::Promote { from, .. } = &row.act { from.as_deref() } else { None };
        let promote = self.comment_commands().promote(&row.environment, from, true, None);
        format!("Once that is settled, write `{promote}` again.")
    }

    /// What stops every merge into the target, in words. The check on GitHub may come to tell it later.
    async fn stops(&self, Ends { source, target, .. }: Ends<'_>) -> Result<Vec<String>, WorkError> {
        let hold = self.ctx.store.hold(self.repository.id, &target.name).await?;
        let rolled_back = hold.filter(|hold| hold.lifted.is_none()).map(|hold| {
            let (since, why) = (report::moment(hold.since.to_seconds()), &hold.reason);
            format!("{} is held since {since}, when {} rolled it back: {why}", target.name, hold.by)
        });
        Ok(self.locked((source, target)).await?.into_iter().chain(rolled_back).collect())
    }

    /// The pull request with its newest verdict, where that is on these ends.
    async fn judged(&self, number: PullNumber, ends: Ends<'_>) -> Result<Option<JudgedPull>, WorkError> {
        let judged = self.ctx.store.pull(self.repository.id, number).await?;
        let is_on_them = |it: &JudgedPull| {
            it.judged_head == Some(ends.head) && it.judged_base.as_ref() == Some(&ends.target.branch)
        };
        Ok(judged.filter(is_on_them))
    }

    async fn merge_state(&self, number: PullNumber) -> Result<MergeStateJson, WorkError> {
        let (installation, full_name) = (self.repository.installation, &self.repository.full_name);
        Ok(self.ctx.api.merge_state(installation, full_name, number).await?)
    }

    /// All that decides about a merge, as GitHub tells it now; or in words why it cannot be read.
    async fn facts(
        &self,
        row: &RequestedActRow,
        (state, number): (&MergeStateJson, PullNumber),
        ends: Ends<'_>,
    ) -> Result<Result<MergeFacts, String>, WorkError> {
        let (api, branch) = (&self.ctx.api, &ends.target.branch);
        let (installation, full_name) = (self.repository.installation, &self.repository.full_name);
        let unread = || Ok(Err(format!("the rules of {branch} cannot be read")));
        let rules = api.branch_rules(installation, full_name, branch).await;
        let found = api.branch(installation, full_name, branch).await;
        let (rules, found) = match rules.and_then(|rules| Ok((rules, found?))) {
            Ok((rules, Some(found))) => (rules, found),
            Ok((_, None)) | Err(ApiError::Forbidden { .. } | ApiError::NotFound { .. }) => return unread(),
            Err(error) => return Err(error.into()),
        };
        let (_, by, _) = row.act.named();
        let own_check = self.config.path.check_of_branch(branch).text();
        let mut facts = MergeFacts {
            by: by.to_owned(),
            // The operator's own word is enough.
            may_write: row.origin.is_none() || self.may_write(by).await?,
            branch: branch.to_string(),
            own_check: Some((own_check, api.app_id().parse().ok())),
            bypasses: self.bypasses(rules.iter().map(|rule| rule.ruleset_id).collect()).await?,
            rules,
            is_protected: found.protected,
            may_have_classic_rule: found.may_have_classic_rule(),
            contexts: found.protection.required_status_checks.contexts,
            checks: api.checks_on(installation, full_name, ends.head).await?,
            draft: state.draft,
            mergeable_state: state.mergeable_state.clone(),
            ..MergeFacts::default()
        };
        if facts.lacks_checks() {
            facts.statuses = api.statuses_on(installation, full_name, ends.head).await?;
        }
        if facts.wants_reviews() {
            facts.reviews = api.reviews(installation, full_name, number).await?;
            for login in facts.reviewers().into_iter().take(REVIEWERS) {
                if self.may_write(&login).await? {
                    facts.writers.insert(login);
                }
            }
        }
        Ok(Ok(facts))
    }

    async fn may_write(&self, login: &str) -> Result<bool, WorkError> {
        let (installation, full_name) = (self.repository.installation, &self.repository.full_name);
        let person = self.ctx.api.collaborator(installation, full_name, login).await?;
        Ok(person.as_ref().is_some_and(CollaboratorJson::may_write))
    }

    /// For each ruleset whether we may bypass it. Of rules without one that cannot be told.
    async fn bypasses(
        &self,
        rulesets: BTreeSet<Option<u64>>,
    ) -> Result<BTreeMap<u64, Option<String>>, WorkError> {
        let (installation, full_name) = (self.repository.installation, &self.repository.full_name);
        let mut bypasses = BTreeMap::new();
        for ruleset in rulesets {
            let bypass = match ruleset {
                None => None,
                Some(ruleset) => match self.ctx.api.ruleset(installation, full_name, ruleset).await {
                    Ok(found) => found.current_user_can_bypass,
                    Err(ApiError::Forbidden { .. } | ApiError::NotFound { .. }) => None,
                    Err(error) => return Err(error.into()),
                },
            };
            bypasses.insert(ruleset.unwrap_or_default(), bypass);
        }
        Ok(bypasses)
    }

    /// Keeps what has changed so far, in the middle of the work.
    async fn note(&mut self, change: Change) -> Result<(), WorkError> {
        let mut kept = self.changes.clone();
        kept.push(change);
        if !self.ctx.store.note(self.lease, kept, self.ctx.now()).await? {
            return Err(WorkError::later("the lease was lost before a merge"));
        }
        self.changes.clear();
        Ok(())
    }
}

/// Why our newest verdict does not let it be merged. The check on GitHub may show an older one.
fn lacks_verdict(judged: Option<&JudgedPull>, ends: Ends<'_>) -> Option<String> {
    match judged.and_then(last_verdict).map(|verdict| verdict.outcome()) {
        Some(model::Outcome::Pass | model::Outcome::Warn) => None,
        Some(model::Outcome::Wait | model::Outcome::Fail | model::Outcome::Unknown) => {
            Some("Towpath's newest verdict on it does not let it be merged".to_owned())
        }
        None => {
            Some(format!("Towpath has not judged it as {} into {}", ends.head.short(), ends.target.branch))
        }
    }
}
