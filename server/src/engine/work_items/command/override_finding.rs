//! `/override CODE`: one finding on one pull request keeps nothing back, as long as nothing of it changes.

use super::call::{Call, Command, Step};
use super::state::refused;
use crate::commands::rights::DefaultRight;
use crate::commands::spec::{Flag, Kind, Parameter, Spec, WorksOn};
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pull_request::last_verdict;
use crate::model::{Code, CommitId, Finding, Outcome, Override, OverrideBudget, UnixMillis};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::{Change, GivenOverrides, JudgedPull, OverridesLeft, WorkItem};

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

impl Command for OverrideFinding {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn may_change_verdict(&self) -> bool {
        true
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
        let now = self.ctx.now();
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
            confirmed_by_id: None,
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
            GivenOverrides::Known(same) => return Ok(known_already(&same)),
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
        let again = report::moment(per.end(self.ctx.now()).to_seconds());
        let next = format!("From {again} on there are {count} again.");
        Ok(Step::said(refused("budget", SPEC.unchanged, &why).next(next)))
    }

    /// What comes of an override that was given, or asked for: it is stored by now.
    fn given(&self, first: &Override, used: Option<(u32, OverrideBudget)>) -> Step {
        let code = first.code;
        let budget = used
            .map(|(used, budget)| format!(" It is number {used} of {} this {}.", budget.count, budget.per));
        let budget = budget.unwrap_or_default();
        let changes = self.judged_anew();
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

    /// The look at the pull request that shows an override.
    pub(super) fn judged_anew(&self) -> Vec<Change> {
        // Wakes whoever waits for a second person as well.
        vec![Change::Mark(WorkItem::PullRequest(self.repository.id, self.number))]
    }
}

/// There is one already.
fn known_already(same: &Override) -> Step {
    let waits = same.needs_second && same.confirmed_by.is_none();
    let template = if waits {
        "% has asked for it; somebody else has to confirm it."
    } else {
        "% has overridden it already."
    };
    Step::said(refused("known", SPEC.unchanged, &report::sentence(template, &[&same.by])))
}

/// What was found of a code on this head and keeps the pull request back.
pub(super) fn found(pull: &JudgedPull, code: Code, head: CommitId) -> Result<Vec<Finding>, String> {
    let verdict = last_verdict(pull).filter(|_| pull.judged_head == Some(head));
    let Some(verdict) = verdict else {
        return Err("Its head was not judged yet; wait for the check.".to_owned());
    };
    let of_code = verdict.findings.into_iter().filter(|it| it.cause.code() == code);
    let of_code: Vec<Finding> = of_code.collect();
    let given = of_code.iter().find_map(|it| it.overridden.as_ref());
    let keeps_back = |it: &Finding| matches!(it.severity, Outcome::Fail | Outcome::Wait);
    let by = given.map(|it| (it.by.clone(), it.until));
    let found: Vec<Finding> = of_code.into_iter().filter(keeps_back).collect();
    if let Some((by, until)) = by.filter(|_| found.is_empty()) {
        let until = until.map(|at| format!(" until {}", report::moment(at.to_seconds()))).unwrap_or_default();
        let words = format!(
            "{code} is overridden already, by %{until}; another one can be given once that has ended."
        );
        return Err(report::sentence(&words, &[&by]));
    }
    if found.is_empty() {
        return Err(format!("{code} does not keep this pull request back."));
    }
    Ok(found)
}

/// When an override ends.
pub(super) fn ends(given: &Override) -> String {
    let at = given.until.map(|until| format!(", and at {}", report::moment(until.to_seconds())));
    format!(
        "It ends when the head moves, when the base branch changes, when something else is found{}.",
        at.unwrap_or_default()
    )
}
