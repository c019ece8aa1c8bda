//! Repairs of rulesets, as calls that an administrator, or the App where it has the right, can make.

use super::repository::{BranchFacts, RepositoryFacts, own_name, takes_promotions};
use crate::github::{BranchRuleJson, RulesetJson};
use crate::model::{SetupCall, SetupCaller, SetupChange, SetupRepair};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// The right that changes rules.
const RIGHT: &str = "administration";

/// Where a ruleset is changed.
pub(super) fn ruleset_path(facts: &RepositoryFacts, ruleset: &RulesetJson) -> String {
    let RulesetJson { id, source_type, source, .. } = ruleset;
    match source_type.as_str() {
        "Organization" => format!("/orgs/{source}/rulesets/{id}"),
        "Enterprise" => format!("/enterprises/{source}/rulesets/{id}"),
        _ => format!("/repos/{}/rulesets/{id}", facts.name()),
    }
}

/// Adds all rules to a branch that it lacks, in one ruleset: several faults of a branch are repaired at once.
pub(super) fn add_rules(facts: &RepositoryFacts, branch: &BranchFacts) -> SetupRepair {
    let mut rules = Vec::new();
    let check = facts.path.check_of_branch(&branch.name).text();
    let has = |kind: &str| branch.of_kind(kind).next().is_some();
    let requires =
        |rule: &BranchRuleJson| rule.parameters.required_status_checks.iter().any(|it| it.context == check);
    let mut after = Vec::new();
    let is_required = branch.of_kind("required_status_checks").any(requires);
    if !is_required && !branch.has_older_rule() {
        after.push(format!("requires {check}, from App {}", facts.app_id));
        rules.push(json!({ "type": "required_status_checks", "parameters": {
            "required_status_checks": [{ "context": check, "integration_id": facts.app_id }],
            "strict_required_status_checks_policy": false,
        } }));
    }
    let environment = facts.path.environments.iter().find(|it| it.branch == branch.name);
    let is_merge = |it: &[String]| matches!(it, [one] if one == "merge");
    let merge_only =
        |rule: &BranchRuleJson| rule.parameters.allowed_merge_methods.as_deref().is_some_and(is_merge);
    let is_kept = branch.of_kind("pull_request").any(merge_only);
    if environment.is_some_and(takes_promotions) && !is_kept {
        after.push("allowed_merge_methods: merge".to_owned());
        rules.push(json!({ "type": "pull_request", "parameters": {
            "allowed_merge_methods": ["merge"],
            "dismiss_stale_reviews_on_push": false,
            "require_code_owner_review": false,
            "require_last_push_approval": false,
            "required_approving_review_count": 0,
            "required_review_thread_resolution": false,
        } }));
    }
    for kind in ["non_fast_forward", "deletion"].into_iter().filter(|kind| !has(kind)) {
        after.push(kind.to_owned());
        rules.push(json!({ "type": kind }));
    }
    let mut change = SetupChange { of: facts.branch_label(&branch.name), before: Vec::new(), after };
    // GitHub takes no second ruleset of a name.
    let own = facts.rulesets.iter().find(|it| is_own(it, branch));
    let (method, path, body) = if let Some(own) = own {
        let mut rules: Vec<Value> = own.rules.iter().cloned().chain(rules).collect();
        let (before, after) = pin(facts, &mut rules);
        change.before.extend(before);
        change.after.extend(after);
        // Somebody may have switched it off.
        ("PUT", ruleset_path(facts, own), json!({ "enforcement": "active", "rules": merged(rules) }))
    } else {
        let include = [format!("refs/heads/{}", branch.name)];
        let body = json!({
            "name": own_name(&branch.name), "target": "branch", "enforcement": "active",
            "conditions": { "ref_name": { "include": include, "exclude": [] } },
            "rules": rules,
        });
        ("POST", format!("/repos/{}/rulesets", facts.name()), body)
    };
    SetupRepair::Call(SetupCall {
        by: SetupCaller::Holder(facts.installation, RIGHT),
        method,
        path,
        body,
        change,
    })
}

/// A ruleset holds no kind of rule twice: of each kind the last, with the checks that any of them requires.
fn merged(rules: Vec<Value>) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for mut rule in rules {
        if let Some(at) = kept.iter().position(|it| it["type"] == rule["type"]) {
            let before = kept.remove(at);
            let checks = |rule: &Value| rule["parameters"]["required_status_checks"].as_array().cloned();
            if let (Some(mut all), Some(more)) = (checks(&before), checks(&rule)) {
                let missing: Vec<Value> = more.into_iter().filter(|it| !all.contains(it)).collect();
                all.extend(missing);
                rule["parameters"]["required_status_checks"] = all.into();
            }
        }
        kept.push(rule);
    }
    kept
}

/// Has a ruleset take each of our checks from us alone, and leaves all else in it as it is.
pub(super) fn pin_checks(facts: &RepositoryFacts, branch: &BranchFacts, ruleset: u64) -> SetupRepair {
    let found = facts.rulesets.iter().find(|it| it.id == ruleset && !it.rules.is_empty());
    let Some(found) = found else {
        let what = format!("change ruleset {ruleset}: have it take the check from Towpath alone");
        return facts.page(&what, "settings/rules");
    };
    if is_own(found, branch) {
        // What else is missing goes into the same ruleset, and of two changes the later one would undo the other.
        return add_rules(facts, branch);
    }
    let mut rules = found.rules.clone();
    let (before, after) = pin(facts, &mut rules);
    SetupRepair::Call(SetupCall {
        by: SetupCaller::Holder(facts.installation, RIGHT),
        method: "PUT",
        path: ruleset_path(facts, found),
        body: json!({ "rules": rules }),
        change: SetupChange {
            of: format!("the ruleset {:?} of {}", found.name, found.source),
            before,
            after,
        },
    })
}

/// Has rules take our checks from us alone; answers the lines of the diff.
fn pin(facts: &RepositoryFacts, rules: &mut [Value]) -> (Vec<String>, Vec<String>) {
    let ours: Vec<String> =
        facts.path.environments.iter().map(|it| facts.path.check_of_branch(&it.branch).text()).collect();
    let source = |app: &Value| match app.as_u64() {
        None => "from anybody".to_owned(),
        Some(app) => format!("from App {app}"),
    };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    // Not by index: that would add what is not there.
    let checks = rules.iter_mut().filter_map(|rule| rule.pointer_mut("/parameters/required_status_checks"));
    let checks = checks.filter_map(Value::as_array_mut);
    for check in checks.flatten() {
        let context = check["context"].as_str().unwrap_or_default().to_owned();
        if check["integration_id"] != facts.app_id && ours.contains(&context) {
            before.push(format!("{context}: {}", source(&check["integration_id"])));
            check["integration_id"] = facts.app_id.into();
            after.push(format!("{context}: {}", source(&check["integration_id"])));
        }
    }
    (before, after)
}

fn is_own(ruleset: &RulesetJson, branch: &BranchFacts) -> bool {
    ruleset.name == own_name(&branch.name) && ruleset.source_type == "Repository"
}

/// Has a branch protection rule, the older kind, take the check from us alone.
pub(super) fn pin_older_rule(facts: &RepositoryFacts, branch: &BranchFacts, check: &str) -> SetupRepair {
    let checks: Vec<Value> = branch
        .older_checks()
        .iter()
        .map(|it| match it.app_id {
            _ if it.context == check => json!({ "context": check, "app_id": facts.app_id }),
            Some(app) => json!({ "context": it.context, "app_id": app }),
            None => json!({ "context": it.context }),
        })
        .collect();
    let name = utf8_percent_encode(branch.name.as_str(), NON_ALPHANUMERIC);
    SetupRepair::Call(SetupCall {
        by: SetupCaller::Holder(facts.installation, RIGHT),
        method: "PATCH",
        path: format!("/repos/{}/branches/{name}/protection/required_status_checks", facts.name()),
        body: json!({ "checks": checks }),
        change: SetupChange {
            of: facts.branch_label(&branch.name),
            before: vec![format!("{check}: from anybody")],
            after: vec![format!("{check}: from App {}", facts.app_id)],
        },
    })
}
