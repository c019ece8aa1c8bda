//! Whether a promotion may be merged for somebody: only where they could merge it themselves, and nothing is skipped.

use crate::github::{
    BranchRuleJson, CheckStandingJson, RequiredCheckJson, ReviewJson, RuleParametersJson, StatusJson,
};
use std::collections::{BTreeMap, BTreeSet};

/// All that decides about a merge.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that GitHub tells by itself")]
pub(super) struct MergeFacts {
    /// Who asks for it.
    pub(super) by: String,
    /// Whether they may write to the repository.
    pub(super) may_write: bool,
    /// The base branch.
    pub(super) branch: String,
    /// The rules of rulesets that hold for the branch.
    pub(super) rules: Vec<BranchRuleJson>,
    /// For each ruleset whether we may bypass it, in GitHub's word, where GitHub tells.
    pub(super) bypasses: BTreeMap<u64, Option<String>>,
    /// Whether anything protects the branch.
    pub(super) is_protected: bool,
    /// Whether a branch protection rule may be among that, the older kind, of which no ruleset tells.
    pub(super) may_have_classic_rule: bool,
    /// Our own check for the branch, which has to pass whether or not the rules demand it: its name, and our number.
    pub(super) own_check: Option<(String, Option<u64>)>,
    /// The names of the checks that the branch demands, whatever demands them.
    pub(super) contexts: Vec<String>,
    /// The checks on the head.
    pub(super) checks: Vec<CheckStandingJson>,
    /// The statuses on the head.
    pub(super) statuses: Vec<StatusJson>,
    /// The reviews, the oldest first.
    pub(super) reviews: Vec<ReviewJson>,
    /// The reviewers who may write.
    pub(super) writers: BTreeSet<String>,
    /// Whether it is a draft.
    pub(super) draft: bool,
    /// What GitHub says of it all.
    pub(super) mergeable_state: String,
}

impl MergeFacts {
    /// What is missing, in words for people; nothing where it may be merged.
    pub(super) fn missing(&self) -> Vec<String> {
        let mut missing = self.rights();
        missing.extend(self.of_checks());
        missing.extend(self.of_reviews());
        if missing.is_empty() {
            missing.extend(self.of_state());
        }
        missing
    }

    /// Whether a merge queue merges into the branch.
    pub(super) fn has_queue(&self) -> bool {
        self.rules.iter().any(|rule| rule.kind == "merge_queue")
    }

    /// Whether the rules want reviews.
    pub(super) fn wants_reviews(&self) -> bool {
        self.parameters().any(|it| it.required_approving_review_count > 0 || it.require_code_owner_review)
    }

    /// The names of required checks that no check has.
    pub(super) fn lacks_checks(&self) -> bool {
        self.required().iter().any(|required| self.standing_of(required).is_none())
    }

    /// Whether our own check does not stand as one that passes.
    pub(super) fn lacks_own_check(&self) -> bool {
        self.own_check.as_ref().is_some_and(|own| self.standing_of(own) != Some(Ok(())))
    }

    /// Those whose last word is an approval or a wish for changes.
    pub(super) fn reviewers(&self) -> BTreeSet<String> {
        self.last_words().into_keys().map(str::to_owned).collect()
    }

    fn parameters(&self) -> impl Iterator<Item = &RuleParametersJson> {
        self.rules.iter().map(|rule| &rule.parameters)
    }

    fn rights(&self) -> Vec<String> {
        let branch = &self.branch;
        let mut missing = Vec::new();
        if !self.may_write {
            missing.push(format!("{} could not merge it: that takes the role write", self.by));
        }
        if self.is_protected && (self.may_have_classic_rule || self.rules.is_empty()) {
            missing.push(format!(
                "{branch} is protected by a branch protection rule, which Towpath cannot read; a ruleset can be read"
            ));
        }
        for (ruleset, bypass) in &self.bypasses {
            match bypass.as_deref() {
                Some("never") => {}
                Some(_) => missing.push(format!(
                    "Towpath is on the bypass list of ruleset {ruleset}, so its merge would skip the rules of {branch}"
                )),
                None => missing.push(format!("GitHub does not tell who may bypass ruleset {ruleset} of {branch}")),
            }
        }
        if self.rules.iter().any(|rule| rule.kind == "update") {
            missing.push(format!("the rules let only who may bypass them update {branch}"));
        }
        let forbids = |it: &RuleParametersJson| {
            let by_queue =
                it.merge_method.as_ref().is_some_and(|method| !method.eq_ignore_ascii_case("merge"));
            let methods = it.allowed_merge_methods.as_ref();
            by_queue || methods.is_some_and(|all| !all.iter().any(|method| method == "merge"))
        };
        if self.parameters().any(forbids) {
            missing.push(format!("the rules of {branch} allow no merge commit, and a promotion needs one"));
        }
        missing
    }

    fn required(&self) -> BTreeSet<(String, Option<u64>)> {
        let of_rules = self.parameters().flat_map(|it| &it.required_status_checks);
        let mut required: BTreeSet<(String, Option<u64>)> = of_rules
            .map(|RequiredCheckJson { context, integration_id }| (context.clone(), *integration_id))
            .collect();
        required.extend(self.own_check.clone());
        let known: BTreeSet<String> = required.iter().map(|(context, _)| context.clone()).collect();
        required.extend(self.contexts.iter().filter(|it| !known.contains(*it)).map(|it| (it.clone(), None)));
        required
    }

    /// How a required check stands: whether it passes, or in words why not.
    fn standing_of(&self, (context, app): &(String, Option<u64>)) -> Option<Result<(), &'static str>> {
        let is_meant =
            |check: &&CheckStandingJson| check.name == *context && (app.is_none() || check.app() == *app);
        let of_checks = self.checks.iter().filter(is_meant).map(|check| match check.conclusion.as_deref() {
            _ if check.status != "completed" => Err("has not ended"),
            Some("success" | "neutral" | "skipped") => Ok(()),
            _ => Err("does not pass"),
        });
        let of_statuses = self.statuses.iter().filter(|it| it.context == *context && app.is_none());
        let of_statuses = of_statuses.map(|it| match it.state.as_str() {
            "success" => Ok(()),
            "pending" => Err("has not ended"),
            _ => Err("does not pass"),
        });
        // The worst of those with one name.
        let all: Vec<Result<(), &str>> = of_checks.chain(of_statuses).collect();
        all.iter().find(|it| it.is_err()).or(all.first()).copied()
    }

    fn of_checks(&self) -> Vec<String> {
        let word = |required: &(String, Option<u64>)| match self.standing_of(required) {
            Some(Ok(())) => None,
            Some(Err(why)) => Some(format!("the required check {} {why}", required.0)),
            None => Some(format!("the required check {} is missing", required.0)),
        };
        let words: BTreeSet<String> = self.required().iter().filter_map(word).collect();
        words.into_iter().collect()
    }

    /// What each person has said last; comments say neither yes nor no.
    fn last_words(&self) -> BTreeMap<&str, &str> {
        let people = self.reviews.iter().filter_map(|review| Some((review.user.as_ref()?, &review.state)));
        let people = people.filter(|(user, _)| user.kind != "Bot");
        let said = people.filter(|(_, state)| !matches!(state.as_str(), "COMMENTED" | "PENDING"));
        let last: BTreeMap<&str, &str> =
            said.map(|(user, state)| (user.login.as_str(), state.as_str())).collect();
        last.into_iter().filter(|(_, state)| *state != "DISMISSED").collect()
    }

    fn of_reviews(&self) -> Vec<String> {
        if !self.wants_reviews() {
            return Vec::new();
        }
        let last = self.last_words();
        let counts = |login: &str| self.writers.contains(login);
        let is_own = |login: &str| login.eq_ignore_ascii_case(&self.by);
        let mut missing: Vec<String> = last
            .iter()
            .filter(|(login, state)| counts(login) && **state == "CHANGES_REQUESTED")
            .map(|(login, _)| format!("{login} wants changes first"))
            .collect();
        let approvals: Vec<&str> =
            last.iter().filter(|(_, state)| **state == "APPROVED").map(|(login, _)| *login).collect();
        let others = approvals.iter().filter(|login| counts(login) && !is_own(login)).count();
        let own = if approvals.iter().any(|login| is_own(login)) {
            format!("; {}'s own does not count", self.by)
        } else {
            String::new()
        };
        let wanted = self.parameters().map(|it| it.required_approving_review_count).max().unwrap_or_default();
        if others < wanted {
            missing.push(format!("{others} of {wanted} required approvals are there{own}"));
        } else if !own.is_empty() && self.parameters().any(|it| it.require_code_owner_review) {
            // Whose approval counts for the owners cannot be told.
            missing.push(format!("an owner of the code has to approve{own}"));
        }
        missing
    }

    /// GitHub's own word, which alone is never enough.
    fn of_state(&self) -> Option<String> {
        match self.mergeable_state.as_str() {
            _ if self.draft => Some("it is a draft".to_owned()),
            "clean" | "unstable" | "has_hooks" => None,
            "dirty" => Some("it has conflicts".to_owned()),
            "behind" => Some(format!("it has to have all of {} first", self.branch)),
            "blocked" => Some(
                "GitHub says that it is blocked, and the rules that can be read do not say by what"
                    .to_owned(),
            ),
            _ => Some("GitHub does not say whether it can be merged; try again in a minute".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
