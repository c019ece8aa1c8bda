//! `/override CODE`: one finding on one pull request keeps nothing back, as long as nothing of it changes.

use super::CommentWork;
use super::call::{Call, Command, Step};
use super::state::refused;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pull_request::last_verdict;
use crate::github::PullJson;
use crate::model::{
    Cause, Code, CommitId, Finding, Outcome, Override, OverrideBudget, PullRequestState, UnixMillis, UserKey,
};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::{Change, GivenOverrides, JudgedPull, OverridesLeft, WorkItem};
use async_trait::async_trait;

const SPEC: Spec = Spec {
    name: "override",
    summary: "lets the pull request merge in spite of one finding; a second person confirms it with `--confirm` where the configuration asks for one",
    example: "TP304 --reason \"the vendor's patch\"",
    kind: Kind::Act,
    works_on: WorksOn::OpenPullRequests,
    parameters: &[Parameter::CODE],
    flags: &[Flag::REASON, Flag::UNTIL, Flag::CONFIRM, Flag::HEAD],
    right: DefaultRight::MAINTAIN,
    unchanged: "nothing was overridden",
};

pub(super) struct OverrideFinding;

#[async_trait]
impl Command for OverrideFinding {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    async fn run(&self, call: &Call<'_>) -> Result<Step, WorkError> {
        let Some(code) = call.arguments.code() else {
            return Err(WorkError::give_up("the command was bound without its code"));
        };
        if let Some(said) = call.cannot_be_overridden(code) {
            return Ok(Step::said(said));
        }
        if let Some(step) = call.given_before().await? {
            return Ok(step);
        }
        let now = match call.pull_as_seen().await? {
            Ok(now) if !call.is_judged(&now) => return Ok(Step::AwaitVerdict),
            Ok(now) => now,
            Err(said) => return Ok(Step::said(said)),
        };
        if call.arguments.has(&Flag::CONFIRM) {
            call.confirm(code, &now).await
        } else {
            call.override_code(code, now.head.sha).await
        }
    }
}

impl Call<'_> {
    fn cannot_be_overridden(&self, code: Code) -> Option<CommandReply> {
        if code.can_be_overridden() {
            return None;
        }
        let instead = match code {
            Code::Held => Some("resume"),
            Code::Locked => Some("unlock"),
            _ => None,
        };
        let why = match instead {
            Some(name) => format!("{code} ends by {}.", report::sentence("%", &[&self.command(name)])),
            None => format!("{code} cannot be overridden: merging would do damage, or nothing is known."),
        };
        Some(refused("not_possible", SPEC.unchanged, &why))
    }

    /// What came of it before, where it was cut off between what it gave and its own end.
    async fn given_before(&self) -> Result<Option<Step>, WorkError> {
        let (store, id) = (&self.ctx.store, self.repository.id);
        let known = store.overrides(id, self.number).await?;
        let mine = known.into_iter().filter(|it| it.command.as_deref() == Some(self.key));
        let mine: Vec<Override> = mine.collect();
        let Some(first) = mine.first() else { return Ok(None) };
        let used = match self.path.overrides.budget {
            Some(budget) => {
                let used = store.overrides_since(id, budget.per.start(first.at)).await?;
                Some((used, budget))
            }
            None => None,
        };
        Ok(Some(self.given(first, used)))
    }

    async fn override_code(&self, code: Code, head: CommitId) -> Result<Step, WorkError> {
        let refuse = |code: &str, why: String| Ok(Step::said(refused(code, SPEC.unchanged, &why)));
        let Some(reason) = self.reason() else {
            return refuse("missing", "Say why, with `--reason TEXT`.".to_owned());
        };
        let until = match self.until() {
            Ok(until) => until,
            Err(said) => return Ok(Step::said(said)),
        };
        let Some((pull, base)) = self.pull.and_then(|it| Some((it, it.judged_base.clone()?))) else {
            return refuse("not_judged", "Towpath does not judge this pull request.".to_owned());
        };
        let found = match found(pull, code, head) {
            Ok(found) => found,
            Err(why) => return refuse("not_found", why),
        };
        let (now, id) = (self.ctx.now(), self.repository.id);
        let known = self.ctx.store.overrides(id, self.number).await?;
        let is_same = |it: &&Override, cause: &Cause| {
            it.code == code && it.head == head && it.base == base && it.evidence == cause.evidence()
        };
        let waits = |it: &Override| it.needs_second && it.confirmed_by.is_none();
        let is_alive = |it: &&Override| !it.is_over(now);
        if let Some(same) =
            known.iter().filter(is_alive).find(|it| found.iter().any(|f| is_same(it, &f.cause)))
        {
            let by = report::sentence(
                if waits(same) {
                    "% has asked for it; somebody else has to confirm it."
                } else {
                    "% has overridden it already."
                },
                &[&same.by],
            );
            return refuse("known", by);
        }
        let rules = self.path.overrides;
        let of = |finding: &Finding| Override {
            // The store numbers it.
            id: 0,
            code,
            head,
            base: base.clone(),
            evidence: finding.cause.evidence(),
            by: self.asker.login.to_owned(),
            by_id: self.asker.id,
            reason: reason.clone(),
            at: now,
            until,
            confirmed_by: None,
            needs_second: rules.second,
            command: Some(self.key.to_owned()),
            ended: None,
        };
        self.give(found.iter().map(of).collect(), now).await
    }

    async fn give(&self, overrides: Vec<Override>, now: UnixMillis) -> Result<Step, WorkError> {
        let (on, budget) = ((self.repository.id, self.number), self.path.overrides.budget);
        let asked = overrides.len();
        let left = budget.map(|it| OverridesLeft { count: it.count, since: it.per.start(now) });
        let used = match self.ctx.store.give_overrides(on, overrides, left, now).await? {
            GivenOverrides::Kept { overrides, used } => {
                let first = overrides
                    .first()
                    .ok_or_else(|| WorkError::give_up("overrides were given, and none is kept"))?;
                return Ok(self.given(first, budget.map(|budget| (used, budget))));
            }
            GivenOverrides::UsedUp { used } => used,
        };
        let Some(OverrideBudget { count, per }) = budget else {
            return Err(WorkError::give_up("a budget is used up where there is none"));
        };
        let why = match count.saturating_sub(used) {
            0 if count == 1 => format!("The one override of this {per} is used up."),
            0 => format!("All {count} overrides of this {per} are used up."),
            left => {
                let are = if left == 1 { "is" } else { "are" };
                format!(
                    "It takes {asked} overrides, and of the {count} of this {per} only {left} {are} left."
                )
            }
        };
        Ok(Step::said(refused("budget", SPEC.unchanged, &why)))
    }

    /// What comes of an override that was given, or asked for: it is stored by now.
    fn given(&self, first: &Override, used: Option<(u32, OverrideBudget)>) -> Step {
        let code = first.code;
        let budget = used
            .map(|(used, budget)| format!(" It is number {used} of {} this {}.", budget.count, budget.per));
        let budget = budget.unwrap_or_default();
        let changes = self.judged_anew(Vec::new());
        if first.needs_second {
            let command = self.command(&format!("override {code} --confirm"));
            let words = format!("a second person has to confirm it.{budget}");
            let next = report::sentence(
                "Somebody with the right, who is neither you nor the author, writes %.",
                &[&command],
            );
            let said = CommandReply::new(CommandStatus::Waiting, "needs_second", words).next(next);
            return Step::Confirm { number: first.id, said: said.commits(Some(first.head), None), changes };
        }
        let words = format!("{code} is overridden: the check shows it as a warning.{budget}");
        let said = CommandReply::new(CommandStatus::Done, "done", words).next(ends(first));
        Step::Ended(said.commits(Some(first.head), None), changes)
    }

    async fn confirm(&self, code: Code, seen: &PullJson) -> Result<Step, WorkError> {
        let refuse = |code: &str, why: String| Ok(Step::said(refused(code, "nothing was confirmed", &why)));
        let (now, id, head) = (self.ctx.now(), self.repository.id, seen.head.sha);
        let known = self.ctx.store.overrides(id, self.number).await?;
        let Some((pull, base)) = self.pull.and_then(|it| Some((it, it.judged_base.as_ref()?))) else {
            return refuse("not_judged", "Towpath does not judge this pull request.".to_owned());
        };
        let found = match found(pull, code, head) {
            Ok(found) => found,
            Err(why) => return refuse("not_found", why),
        };
        let is_found = |it: &Override| found.iter().any(|finding| finding.cause.evidence() == it.evidence);
        let waits = |it: &&Override| {
            let is_about_it = it.code == code && it.head == head && it.base == *base && is_found(it);
            is_about_it && !it.is_over(now) && it.needs_second && it.confirmed_by.is_none()
        };
        let waiting: Vec<&Override> = known.iter().filter(waits).collect();
        if waiting.is_empty() {
            let why = format!("No override of {code} on this head and base waits for a second person.");
            return refuse("not_found", why);
        }
        let who = self.asker.login;
        let author = seen.user.as_ref().map(|it| UserKey { login: &it.login, id: it.id });
        let is_author = author.is_some_and(|author| author.is(self.asker.key()));
        let of_others = |it: &&&Override| !is_author && !it.giver().is(self.asker.key());
        let of_others: Vec<&Override> = waiting.iter().filter(of_others).copied().collect();
        let Some(first) = of_others.first() else {
            let why = "It takes a second person, who is neither the one who asked for it nor the author.";
            return refuse("same_person", why.to_owned());
        };
        let by = report::sentence("%", &[&first.by]);
        let words = format!("{code} is overridden, as {by} has asked: the check shows it as a warning.");
        let said = CommandReply::new(CommandStatus::Done, "done", words).next(ends(first));
        let confirmed: Vec<Override> = of_others
            .iter()
            .map(|it| Override { confirmed_by: Some(who.to_owned()), ..(*it).clone() })
            .collect();
        Ok(Step::Ended(said.commits(Some(head), None), self.judged_anew(confirmed)))
    }

    /// What is to be stored of overrides, and the look at the pull request that shows it.
    fn judged_anew(&self, overrides: Vec<Override>) -> Vec<Change> {
        let id = self.repository.id;
        let stored = overrides.into_iter().map(|it| Change::Override(id, self.number, it));
        // Wakes whoever waits for a second person as well.
        stored.chain([Change::Mark(WorkItem::PullRequest(id, self.number))]).collect()
    }
}

/// What was found of a code on this head and keeps the pull request back.
fn found(pull: &JudgedPull, code: Code, head: CommitId) -> Result<Vec<Finding>, String> {
    let verdict = last_verdict(pull).filter(|_| pull.judged_head == Some(head));
    let Some(verdict) = verdict else {
        return Err("Its head was not judged yet; wait for the check.".to_owned());
    };
    let of_code = verdict.findings.into_iter().filter(|it| it.cause.code() == code);
    let keeps_back = |it: &Finding| matches!(it.severity, Outcome::Fail | Outcome::Wait);
    let found: Vec<Finding> = of_code.filter(keeps_back).collect();
    if found.is_empty() {
        return Err(format!("{code} does not keep this pull request back."));
    }
    Ok(found)
}

/// When an override ends.
fn ends(given: &Override) -> String {
    let at = given.until.map(|until| format!(", and at {}", report::moment(until.to_seconds())));
    format!(
        "It ends when the head moves, when the base branch changes, when something else is found{}.",
        at.unwrap_or_default()
    )
}

impl CommentWork<'_> {
    /// Whether a second person has confirmed an override.
    pub(super) async fn look_for_confirmation(
        &mut self,
        position: usize,
        number: u64,
    ) -> Result<(), WorkError> {
        let super::Place { id, number: pull, .. } = self.place;
        let known = self.ctx.store.overrides(id, pull).await?;
        let row = self.ctx.store.pull(id, pull).await?;
        let Some(given) = known.iter().find(|it| it.id == number) else {
            let words = "nobody has confirmed it before it ended; nothing was overridden.";
            self.state.runs[position].end(CommandReply::new(CommandStatus::Failed, "not_confirmed", words));
            return Ok(());
        };
        let code = given.code;
        let is_there = row.is_some_and(|it| {
            let is_open = it.pull.state == PullRequestState::Open;
            is_open && it.pull.head_commit == given.head && it.judged_base.as_ref() == Some(&given.base)
        });
        let is_over = given.is_over(self.ctx.now()) || !is_there;
        let said = match &given.confirmed_by {
            Some(who) => {
                let words = report::sentence("confirmed by %; the check shows it as a warning.", &[who]);
                CommandReply::new(CommandStatus::Done, "done", words).next(ends(given))
            }
            None if is_over => {
                let words = format!("nobody has confirmed it before it ended; {code} was not overridden.");
                CommandReply::new(CommandStatus::Failed, "not_confirmed", words)
            }
            None => return Ok(()),
        };
        let base = self.ctx.store.newest_tip(id, &given.base).await?.and_then(|tip| tip.commit);
        self.state.runs[position].end(said.commits(Some(given.head), base));
        Ok(())
    }
}
