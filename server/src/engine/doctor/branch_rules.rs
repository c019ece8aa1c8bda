//! The rules of branches: the required check and whose it is, ways of merging, forced pushes, deletion, merge queues,
//! and who gets past the rules of the copy branch.

use super::repository::{BranchFacts, RepositoryFacts, takes_promotions};
use super::ruleset_repair::{add_rules, pin_checks, pin_older_rule, ruleset_path};
use crate::github::methods_of_rules;
use crate::model::{CopyMode, Environment, SetupFinding, SetupRepair};

/// The rules that keep the App from moving the copy branch along.
const KEEP_BACK: [&str; 5] =
    ["update", "pull_request", "required_status_checks", "merge_queue", "required_deployments"];

pub(super) fn judge(facts: &RepositoryFacts) -> Vec<SetupFinding> {
    if !facts.is_used() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for environment in &facts.path.environments {
        let Some(branch) = facts.branch(&environment.branch).filter(|it| it.is_there()) else { continue };
        if let Err(why) = &branch.rules {
            findings.push(SetupFinding::unknown("branch-rules", &facts.branch_label(&branch.name), why));
            continue;
        }
        findings.push(required_check(facts, branch));
        if takes_promotions(environment) {
            findings.push(merge_methods(facts, (environment, branch)));
        }
        findings.push(kept(facts, branch, ("forced-pushes", "non_fast_forward")));
        findings.push(kept(facts, branch, ("deletion", "deletion")));
        findings.extend(merge_queue(facts, branch));
    }
    findings.extend(bypass(facts));
    findings
}

/// The checks that rules require of a branch, each with whose it has to be and the ruleset that says so.
fn required(branch: &BranchFacts) -> impl Iterator<Item = (&str, Option<u64>, Option<u64>)> {
    let of_rulesets = branch.of_kind("required_status_checks").flat_map(|rule| {
        let checks = rule.parameters.required_status_checks.iter();
        checks.map(|it| (it.context.as_str(), it.integration_id, rule.ruleset_id))
    });
    // Anybody's is written as -1 in the older kind.
    let whose = |app: Option<i64>| app.and_then(|id| u64::try_from(id).ok());
    let older = branch.older_checks().iter().map(move |it| (it.context.as_str(), whose(it.app_id), None));
    of_rulesets.chain(older)
}

fn required_check(facts: &RepositoryFacts, branch: &BranchFacts) -> SetupFinding {
    const CODE: &str = "required-check";
    let (label, check) = (facts.branch_label(&branch.name), facts.path.check_of_branch(&branch.name).text());
    let named: Vec<_> = required(branch).filter(|(context, ..)| *context == check).collect();
    if named.iter().any(|(_, app, _)| *app == Some(facts.app_id)) {
        return SetupFinding::ok(
            CODE,
            &label,
            format!("the check {check:?} is required, from Towpath alone"),
        );
    }
    let Some((_, app, ruleset)) = named.first() else {
        let found = format!("the check {check:?} is not required");
        return SetupFinding::fault(CODE, &label, found, "what fails the check can be merged all the same")
            .repaired_by(add_rules(facts, branch));
    };
    let whose = app.map_or_else(|| "anybody".to_owned(), |app| format!("App {app}"));
    let found = format!("the check {check:?} is required, and {whose} may give it");
    let effect = match app {
        None => "whoever may write statuses can let anything pass",
        Some(_) => "Towpath's own check does not count, and nothing can be merged",
    };
    let repair = match ruleset {
        Some(ruleset) => pin_checks(facts, branch, *ruleset),
        None => pin_older_rule(facts, branch, &check),
    };
    SetupFinding::fault(CODE, &label, found, effect).repaired_by(repair)
}

/// The ways in which pull requests may be merged into a branch, as far as GitHub tells.
fn allowed(facts: &RepositoryFacts, branch: &BranchFacts) -> Option<Vec<&'static str>> {
    let settings = &facts.settings;
    let of_settings = [
        ("merge", settings.allow_merge_commit),
        ("squash", settings.allow_squash_merge),
        ("rebase", settings.allow_rebase_merge),
    ];
    let by_rules = methods_of_rules(branch.rules.as_deref().unwrap_or_default());
    if by_rules.is_none() && of_settings.iter().any(|(_, allowed)| allowed.is_none()) {
        return None;
    }
    let by_rules = |method: &str| {
        by_rules.is_none_or(|it| match method {
            "merge" => it.merge,
            "squash" => it.squash,
            _ => it.rebase,
        })
    };
    let all = of_settings.iter().filter(|(method, allowed)| allowed.unwrap_or(true) && by_rules(method));
    Some(all.map(|(method, _)| *method).collect())
}

fn merge_methods(
    facts: &RepositoryFacts,
    (environment, branch): (&Environment, &BranchFacts),
) -> SetupFinding {
    const CODE: &str = "merge-methods";
    let label = facts.branch_label(&branch.name);
    let Some(allowed) = allowed(facts, branch) else {
        return SetupFinding::unknown(CODE, &label, "GitHub does not tell how pull requests may be merged");
    };
    if allowed == ["merge"] {
        return SetupFinding::ok(CODE, &label, "promotions are merged by merge commits alone");
    }
    if !allowed.contains(&"merge") {
        let found = format!("promotions into {} cannot be merged by a merge commit", environment.name);
        let effect = "each promotion loses its history, and the next one conflicts with it";
        return SetupFinding::fault(CODE, &label, found, effect)
            .repaired_by(facts.page("allow merge commits, in the settings and the rulesets", "settings"));
    }
    let others: Vec<&str> = allowed.into_iter().filter(|it| *it != "merge").collect();
    let found = format!("promotions into {} may be merged by {}", environment.name, others.join(" and "));
    let effect = "such a promotion loses its history, and the next one conflicts with it";
    SetupFinding::fault(CODE, &label, found, effect).repaired_by(add_rules(facts, branch))
}

/// Whether a rule keeps the branch from something.
fn kept(facts: &RepositoryFacts, branch: &BranchFacts, (code, kind): (&'static str, &str)) -> SetupFinding {
    let label = facts.branch_label(&branch.name);
    let (forbidden, allowed, effect) = match kind {
        "deletion" => (
            "nobody may delete it",
            "whoever may write can delete it",
            "the environment loses its branch, and open promotions are closed",
        ),
        _ => (
            "nobody may push to it by force",
            "whoever may write can push to it by force",
            "what was tested or deployed can vanish from its history",
        ),
    };
    if branch.of_kind(kind).next().is_some() {
        return SetupFinding::ok(code, &label, forbidden);
    }
    if branch.has_older_rule() {
        let why = "a branch protection rule holds, and GitHub tells its details to administrators alone";
        return SetupFinding::unknown(code, &label, why);
    }
    SetupFinding::fault(code, &label, allowed, effect).repaired_by(add_rules(facts, branch))
}

fn merge_queue(facts: &RepositoryFacts, branch: &BranchFacts) -> Option<SetupFinding> {
    const CODE: &str = "merge-queue";
    branch.of_kind("merge_queue").next()?;
    let label = facts.branch_label(&branch.name);
    let Some(grants) = &facts.grants else {
        return Some(SetupFinding::unknown(CODE, &label, "GitHub does not tell what is granted"));
    };
    if grants.hears("merge_group") {
        return Some(SetupFinding::ok(CODE, &label, "Towpath is told of the entries of its merge queue"));
    }
    let found = "it has a merge queue, and Towpath is not told of its entries";
    let finding = SetupFinding::fault(CODE, &label, found, "each entry waits for a check that never comes");
    let what = "ask for Merge queues: read and the event Merge group, and accept them".to_owned();
    Some(finding.repaired_by(SetupRepair::Words(what)))
}

/// How the App gets past the rulesets of the copy branch, and whether that is what it needs and no more.
fn bypass(facts: &RepositoryFacts) -> Vec<SetupFinding> {
    const CODE: &str = "copy-bypass";
    let Some(copy) = &facts.path.copy else { return Vec::new() };
    let Some(branch) = facts.branch(&copy.branch).filter(|it| it.is_there()) else { return Vec::new() };
    let label = facts.branch_label(&branch.name);
    let rules = match &branch.rules {
        Ok(rules) => rules,
        Err(why) => return vec![SetupFinding::unknown(CODE, &label, why)],
    };
    let needs = copy.mode == CopyMode::FastForward;
    if needs && branch.has_older_rule() {
        let why = "a branch protection rule holds, and GitHub tells administrators alone whom it lets push";
        return vec![SetupFinding::unknown(CODE, &label, why)];
    }
    let keep_back = rules.iter().filter(|rule| KEEP_BACK.contains(&rule.kind.as_str()));
    let mut rulesets: Vec<u64> = keep_back.filter_map(|rule| rule.ruleset_id).collect();
    rulesets.sort_unstable();
    rulesets.dedup();
    if rulesets.is_empty() {
        return vec![SetupFinding::ok(CODE, &label, "no ruleset keeps Towpath back")];
    }
    rulesets.iter().map(|ruleset| bypass_of(facts, *ruleset, (&label, needs))).collect()
}

fn bypass_of(facts: &RepositoryFacts, number: u64, (label, needs): (&str, bool)) -> SetupFinding {
    const CODE: &str = "copy-bypass";
    let ruleset = facts.rulesets.iter().find(|it| it.id == number);
    let Some((ruleset, can)) = ruleset.and_then(|it| Some((it, it.current_user_can_bypass.as_deref()?)))
    else {
        let why = format!("GitHub does not tell how Towpath gets past ruleset {number}");
        return SetupFinding::unknown(CODE, label, why);
    };
    let name = &ruleset.name;
    let repair = |mode: Option<&'static str>| SetupRepair::BypassList {
        path: ruleset_path(facts, ruleset),
        app: facts.app_id,
        mode,
    };
    match (needs, can) {
        (true, "always") => {
            SetupFinding::ok(CODE, label, format!("Towpath gets past the ruleset {name:?}, always"))
        }
        (false, "never") => SetupFinding::ok(
            CODE,
            label,
            format!("the ruleset {name:?} holds for Towpath too, which does not push there"),
        ),
        (true, "exempt") => {
            let found = format!("Towpath is exempt from the ruleset {name:?}");
            SetupFinding::fault(
                CODE,
                label,
                found,
                "GitHub keeps no record of what gets past it; \"always\" is enough",
            )
            .repaired_by(repair(Some("always")))
        }
        (true, _) => {
            let found = format!("Towpath does not get past the ruleset {name:?} when it pushes");
            SetupFinding::fault(CODE, label, found, "the copy branch is not moved along after a release")
                .repaired_by(repair(Some("always")))
        }
        (false, _) => {
            let found = format!("Towpath gets past the ruleset {name:?} and never pushes there");
            SetupFinding::fault(CODE, label, found, "a right that nobody needs can only do harm")
                .repaired_by(repair(None))
        }
    }
}
