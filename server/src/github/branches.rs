//! What GitHub tells of a branch, and of the rules that hold for it.

use super::api::{Api, Caller};
use super::calls::QUERY;
use super::error::{ApiError, found};
use crate::model::{BranchName, InstallationId, MergeMethods, MethodsFrom};
use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde::{Deserialize, Deserializer};

/// A branch's name in a path keeps its slashes.
pub(super) const IN_PATH: &AsciiSet = &QUERY.remove(b'/');

/// A branch, with what the older kind of protection says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct BranchJson {
    /// Whether it is protected, be it by a ruleset or by a branch protection rule.
    #[serde(default)]
    pub protected: bool,
    /// What a branch protection rule demands; rulesets are told elsewhere.
    #[serde(default, deserialize_with = "nothing_for_null")]
    pub protection: BranchProtectionJson,
}

/// A branch protection rule, as far as whoever reads the branch is told of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct BranchProtectionJson {
    /// Whether there is one; `None` where GitHub does not tell.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// The checks that have to pass.
    #[serde(default, deserialize_with = "nothing_for_null")]
    pub required_status_checks: DemandedChecksJson,
}

/// The checks that have to pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct DemandedChecksJson {
    /// The names of all of them, whatever demands them.
    #[serde(default)]
    pub contexts: Vec<String>,
    /// Those of a branch protection rule, each with whose it has to be.
    #[serde(default)]
    pub checks: Vec<DemandedCheckJson>,
}

/// A check that a branch protection rule requires.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DemandedCheckJson {
    /// Its name.
    pub context: String,
    /// Only this App's counts; anybody's where there is none, or -1.
    #[serde(default)]
    pub app_id: Option<i64>,
}

impl BranchJson {
    /// Whether a branch protection rule may protect it, beside rulesets or alone. GitHub tells that it has none by a
    /// protection that is not enabled; where it tells nothing, there may be one.
    pub fn may_have_classic_rule(&self) -> bool {
        self.protected && self.protection.enabled != Some(false)
    }

    /// Whether one is known to protect it.
    pub fn has_classic_rule(&self) -> bool {
        self.protection.enabled == Some(true)
    }
}

/// A rule of a ruleset that holds for a branch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct BranchRuleJson {
    /// `update`, `pull_request`, `required_status_checks`, `merge_queue` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// The ruleset that it belongs to.
    #[serde(default)]
    pub ruleset_id: Option<u64>,
    /// Whose ruleset it is: the repository's full name, or an organisation.
    #[serde(default)]
    pub ruleset_source: Option<String>,
    /// What it says, where it says more than its kind.
    #[serde(default, deserialize_with = "nothing_for_null")]
    pub parameters: RuleParametersJson,
}

/// What a rule says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RuleParametersJson {
    /// The checks that have to pass.
    pub required_status_checks: Vec<RequiredCheckJson>,
    /// How many approvals there have to be.
    pub required_approving_review_count: usize,
    /// Whether an owner of the files has to approve.
    pub require_code_owner_review: bool,
    /// How it may be merged.
    pub allowed_merge_methods: Option<Vec<String>>,
    /// How a merge queue merges: it leaves nobody a choice.
    pub merge_method: Option<String>,
}

/// A check that has to pass.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RequiredCheckJson {
    /// Its name.
    pub context: String,
    /// The App whose it has to be; anybody's where there is none.
    #[serde(default)]
    pub integration_id: Option<u64>,
}

impl BranchRuleJson {
    /// How pull requests may be merged, where the rule says.
    fn methods(&self) -> Option<MergeMethods> {
        let RuleParametersJson { allowed_merge_methods, merge_method, .. } = &self.parameters;
        let names = match merge_method {
            Some(one) => std::slice::from_ref(one),
            None => allowed_merge_methods.as_deref()?,
        };
        let has = |name: &str| names.iter().any(|it| it.eq_ignore_ascii_case(name));
        let (merge, squash, rebase) = (has("merge"), has("squash"), has("rebase"));
        Some(MergeMethods { merge, squash, rebase, from: MethodsFrom::Rules })
    }
}

/// How rules let pull requests be merged; `None` where none says. What one forbids no other one allows.
pub fn methods_of_rules(rules: &[BranchRuleJson]) -> Option<MergeMethods> {
    rules.iter().filter_map(BranchRuleJson::methods).reduce(|known, more| MergeMethods {
        merge: known.merge && more.merge,
        squash: known.squash && more.squash,
        rebase: known.rebase && more.rebase,
        from: MethodsFrom::Rules,
    })
}

impl Api {
    /// A branch; `None` where there is none of this name.
    pub async fn branch(
        &self,
        id: InstallationId,
        repository: &str,
        branch: &BranchName,
    ) -> Result<Option<BranchJson>, ApiError> {
        let name = utf8_percent_encode(branch.as_str(), IN_PATH);
        found(self.get(Caller::Installation(id), &format!("/repos/{repository}/branches/{name}")).await)
    }

    /// The rules that hold for a branch, those of rulesets alone.
    pub async fn branch_rules(
        &self,
        id: InstallationId,
        repository: &str,
        branch: &BranchName,
    ) -> Result<Vec<BranchRuleJson>, ApiError> {
        let name = utf8_percent_encode(branch.as_str(), IN_PATH);
        let path = format!("/repos/{repository}/rules/branches/{name}?per_page=100");
        self.all_pages(Caller::Installation(id), &path, |page: Vec<BranchRuleJson>| page).await
    }
}

fn nothing_for_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_branch_protection_rule_is_told_from_rulesets() {
        for (json, may, has) in [
            (json!({ "protected": true, "protection": { "enabled": true } }), true, true),
            (json!({ "protected": true, "protection": { "enabled": false } }), false, false),
            (json!({ "protected": true, "protection": {} }), true, false),
            (json!({ "protected": true, "protection": null }), true, false),
            (json!({ "protected": true }), true, false),
            (json!({ "protected": false }), false, false),
        ] {
            let branch: BranchJson = serde_json::from_value(json.clone()).unwrap();
            assert_eq!((branch.may_have_classic_rule(), branch.has_classic_rule()), (may, has), "{json}");
        }
    }

    #[test]
    fn what_one_rule_forbids_no_other_one_allows() {
        let methods = |rules: serde_json::Value| {
            let rules: Vec<BranchRuleJson> = serde_json::from_value(rules).unwrap();
            methods_of_rules(&rules).map(|it| (it.merge, it.squash, it.rebase))
        };
        let pull = |names: &[&str]| json!({ "type": "pull_request", "parameters": { "allowed_merge_methods": names } });
        let queue = json!({ "type": "merge_queue", "parameters": { "merge_method": "MERGE" } });
        assert_eq!(methods(json!([{ "type": "deletion", "parameters": null }, { "type": "update" }])), None);
        assert_eq!(methods(json!([pull(&["merge", "squash"])])), Some((true, true, false)));
        assert_eq!(methods(json!([pull(&["merge", "squash"]), queue])), Some((true, false, false)));
        assert_eq!(methods(json!([pull(&["rebase"]), queue])), Some((false, false, false)));
    }
}
