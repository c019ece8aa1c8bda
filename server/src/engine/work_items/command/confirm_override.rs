//! `/override CODE --confirm`: the second person agrees. Of two who do so at once one has; the other is told.

use super::CommentWork;
use super::call::{Call, Step};
use super::override_finding::{ends, found};
use super::state::refused;
use crate::engine::work_error::WorkError;
use crate::engine::work_items::pull_request::last_verdict;
use crate::github::PullJson;
use crate::model::{Code, Override, PullRequestState, UserKey};
use crate::report::{self, CommandReply, CommandStatus};
use crate::store::JudgedPull;

const UNCHANGED: &str = "nothing was confirmed";

impl Call<'_> {
    /// Confirms what somebody else has asked for, on the pull request as it was seen.
    pub(super) async fn confirm(&self, code: Code, seen: &PullJson) -> Result<Step, WorkError> {
        let head = seen.head.sha;
        let Some((pull, base)) = self.pull.and_then(|it| Some((it, it.judged_base.as_ref()?))) else {
            return Ok(refuse("not_judged", "Towpath does not judge this pull request."));
        };
        let mut known = self.ctx.store.overrides(self.repository.id, self.number).await?;
        known.retain(|it| {
            let is_about_it = it.code == code && it.head == head && it.base == *base;
            is_about_it && it.needs_second && !it.is_over(self.ctx.now()) && is_found(pull, it)
        });
        let asker = self.asker.key();
        // What it has confirmed before, where it was cut off, it answers again.
        if let Some(mine) = known.iter().find(|it| it.confirmer().is_some_and(|it| it.is(asker))) {
            return Ok(self.confirmed(mine));
        }
        let waiting: Vec<&Override> = known.iter().filter(|it| it.confirmed_by.is_none()).collect();
        if waiting.is_empty()
            && let Some(step) = confirmed_by_other(&known)
        {
            return Ok(step);
        }
        if let Err(why) = found(pull, code, head) {
            return Ok(refuse("not_found", &why));
        }
        if waiting.is_empty() {
            let why = format!("No override of {code} on this head and base waits for a second person.");
            return Ok(refuse("not_found", &why));
        }
        let author = seen.user.as_ref().map(|it| UserKey { login: &it.login, id: it.id });
        let is_author = author.is_some_and(|author| author.is(asker));
        let of_others = waiting.iter().filter(|it| !is_author && !it.giver().is(asker));
        let numbers: Vec<u64> = of_others.map(|it| it.id).collect();
        if numbers.is_empty() {
            let why = "It takes a second person, who is neither the one who asked for it nor the author.";
            return Ok(refuse("same_person", why));
        }
        let (on, by) = ((self.repository.id, self.number), (self.asker.login.to_owned(), self.asker.id));
        let kept = self.ctx.store.confirm_overrides(on, numbers, by, self.ctx.now()).await?;
        let mine = kept.iter().find(|it| it.confirmer().is_some_and(|it| it.is(asker)));
        let step = mine.map(|it| self.confirmed(it)).or_else(|| confirmed_by_other(&kept));
        Ok(step.unwrap_or_else(|| refuse("not_found", "It is over by now.")))
    }

    fn confirmed(&self, given: &Override) -> Step {
        let by = report::sentence("%", &[&given.by]);
        let words =
            format!("{} is overridden, as {by} has asked: the check shows it as a warning.", given.code);
        let said = CommandReply::new(CommandStatus::Done, "done", words).next(ends(given));
        Step::Ended(said.commits(Some(given.head), None), self.judged_anew())
    }
}

fn confirmed_by_other(known: &[Override]) -> Option<Step> {
    let who = known.iter().find_map(|it| it.confirmed_by.as_deref())?;
    Some(refuse("known", &report::sentence("% has confirmed it already.", &[who])))
}

fn refuse(code: &str, why: &str) -> Step {
    Step::said(refused(code, UNCHANGED, why))
}

/// Whether the last verdict has what an override was given for, whatever it makes of it.
fn is_found(pull: &JudgedPull, given: &Override) -> bool {
    let verdict = last_verdict(pull);
    verdict.is_some_and(|it| it.findings.iter().any(|finding| finding.cause.evidence() == given.evidence))
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
