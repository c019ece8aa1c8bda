//! A repository: what is asked of GitHub about it, its configuration, its settings, its open promotions.

use super::facts::{Asked, asked};
use crate::github::{
    Api, ApiError, BranchJson, BranchRuleJson, DemandedCheckJson, InstallationJson, PullJson,
    RepositorySettingsJson, RulesetJson,
};
use crate::model::config::{CONFIGURATION_PATH, Configuration, RepositoryConfig, configuration_text};
use crate::model::{
    BranchName, Environment, ForPeople as _, Grants, InstallationId, PromotionPath, RepositoryName,
    SetupCall, SetupCaller, SetupChange, SetupFinding, SetupRepair, Source,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// What is known of a repository.
#[derive(Debug)]
pub(super) struct RepositoryFacts {
    pub(super) installation: InstallationId,
    /// What its account grants the App; `None` where GitHub does not tell.
    pub(super) grants: Option<Grants>,
    /// Our own number.
    pub(super) app_id: u64,
    pub(super) settings: RepositorySettingsJson,
    pub(super) file: Asked<ConfigFile>,
    /// The path that follows from the file.
    pub(super) path: Arc<PromotionPath>,
    /// The branches of the environments, in their order, and then the copy branch.
    pub(super) branches: Vec<BranchFacts>,
    /// The rulesets that the repairs need.
    pub(super) rulesets: Vec<RulesetJson>,
    pub(super) open: Asked<Vec<PullJson>>,
}

/// The configuration as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ConfigFile {
    /// Where it is, for people; empty where there is none.
    pub(super) place: String,
    pub(super) text: String,
    /// Branches that have a file while the default branch has none.
    pub(super) elsewhere: Vec<String>,
}

/// What is known of a branch on the path.
#[derive(Debug)]
pub(super) struct BranchFacts {
    pub(super) name: BranchName,
    /// `None` inside where there is no such branch.
    pub(super) found: Asked<Option<BranchJson>>,
    pub(super) rules: Asked<Vec<BranchRuleJson>>,
}

impl ConfigFile {
    fn new(place: String, text: String) -> Self {
        Self { place, text, elsewhere: Vec::new() }
    }
}

impl RepositoryFacts {
    /// `acme/store`.
    pub(super) fn name(&self) -> &str {
        &self.settings.full_name
    }

    /// How findings name a branch: `acme/store: staging`.
    pub(super) fn branch_label(&self, branch: &BranchName) -> String {
        format!("{}: {branch}", self.name())
    }

    /// A page of the repository's.
    pub(super) fn page(&self, what: &str, path: &str) -> SetupRepair {
        SetupRepair::Page(what.to_owned(), format!("{}/{path}", self.settings.html_url))
    }

    /// Whether anything of a path is there, or may be.
    pub(super) fn is_used(&self) -> bool {
        let default = &self.settings.default_branch;
        let may_be_there = |it: &BranchFacts| it.name.as_str() != default && !matches!(it.found, Ok(None));
        let is_empty = |file: &ConfigFile| file.place.is_empty() && file.elsewhere.is_empty();
        if self.settings.archived {
            return false;
        }
        !self.file.as_ref().is_ok_and(is_empty) || self.branches.iter().any(may_be_there)
    }

    /// The branch of an environment or of the copy.
    pub(super) fn branch(&self, name: &BranchName) -> Option<&BranchFacts> {
        self.branches.iter().find(|it| it.name == *name)
    }

    /// Whether the environment is promoted to another one: then its branch is the head of pull requests.
    pub(super) fn is_promoted(&self, environment: &Environment) -> bool {
        self.path.environments.iter().any(|it| it.accepts_environment(&environment.name))
    }
}

impl BranchFacts {
    /// Whether it is known to be there.
    pub(super) fn is_there(&self) -> bool {
        matches!(self.found, Ok(Some(_)))
    }

    /// Whether a branch protection rule, the older kind, holds for it: its details are told to administrators.
    pub(super) fn has_older_rule(&self) -> bool {
        matches!(&self.found, Ok(Some(branch)) if branch.has_classic_rule())
    }

    /// The checks that one requires.
    pub(super) fn older_checks(&self) -> &[DemandedCheckJson] {
        let found = self.found.as_ref().ok().and_then(Option::as_ref);
        found.map_or(&[], |it| &it.protection.required_status_checks.checks)
    }

    /// The rules of one kind.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a BranchRuleJson> {
        self.rules.iter().flatten().filter(move |rule| rule.kind == kind)
    }
}

/// A file of an account, once it was read.
type AccountFile = Arc<OnceCell<Asked<Option<String>>>>;

/// The files of accounts, by the names of the repositories that hold them: each is read once.
#[derive(Debug, Default)]
pub(super) struct AccountFiles(Mutex<BTreeMap<String, AccountFile>>);

impl AccountFiles {
    async fn read(&self, api: &Api, id: InstallationId, shared: &str) -> Asked<Option<String>> {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(shared.to_owned()).or_default())
        };
        cell.get_or_init(|| account_file(api, id, shared)).await.clone()
    }
}

/// Asks GitHub about a repository. One that has nothing to do with a path costs a call for each branch that it lacks, and
/// two more.
pub(super) async fn gather(
    api: &Api,
    (installation, name): (&InstallationJson, &str),
    (built_in, account_files): (&Arc<PromotionPath>, &AccountFiles),
) -> Asked<RepositoryFacts> {
    let mut facts = begun(api, (installation, name), built_in).await?;
    if facts.settings.archived {
        return Ok(facts);
    }
    let place = (facts.name(), facts.settings.default_branch.as_str());
    facts.file = read_file(api, facts.installation, place, account_files).await;
    if let Ok(ConfigFile { place, text, .. }) = &facts.file
        && !place.is_empty()
    {
        facts.path = RepositoryConfig::of_file(place, text, None, built_in).path;
    }
    facts.branches = branches(api, &facts).await;
    if facts.is_used() {
        look_elsewhere(api, &mut facts).await;
        facts.rulesets = rulesets(api, &facts).await?;
        facts.open = asked(api.open_pulls(facts.installation, facts.name()).await);
    }
    Ok(facts)
}

/// Asks for no more than the rules of the branches on this path tell.
pub(super) async fn gather_rules(
    api: &Api,
    (installation, name): (&InstallationJson, &str),
    path: &Arc<PromotionPath>,
) -> Asked<RepositoryFacts> {
    let mut facts = begun(api, (installation, name), path).await?;
    facts.branches = branches(api, &facts).await;
    facts.rulesets = rulesets(api, &facts).await?;
    Ok(facts)
}

async fn begun(
    api: &Api,
    (installation, name): (&InstallationJson, &str),
    path: &Arc<PromotionPath>,
) -> Asked<RepositoryFacts> {
    Ok(RepositoryFacts {
        installation: installation.id,
        grants: installation.grants.clone(),
        app_id: api.app_id().parse().unwrap_or_default(),
        settings: asked(api.repository_settings(installation.id, name).await)?,
        file: Ok(ConfigFile::default()),
        path: Arc::clone(path),
        branches: Vec::new(),
        rulesets: Vec::new(),
        open: Ok(Vec::new()),
    })
}

async fn branches(api: &Api, facts: &RepositoryFacts) -> Vec<BranchFacts> {
    let (id, mut all) = (facts.installation, Vec::new());
    for branch in facts.path.judged_branches() {
        let found = asked(api.branch(id, facts.name(), branch).await);
        let rules = match &found {
            Ok(Some(_)) => asked(api.branch_rules(id, facts.name(), branch).await),
            _ => Ok(Vec::new()),
        };
        all.push(BranchFacts { name: branch.clone(), found, rules });
    }
    all
}

/// The file that holds for the repository of this name, read from its default branch.
pub(super) async fn read_file(
    api: &Api,
    id: InstallationId,
    (name, default): (&str, &str),
    of_accounts: &AccountFiles,
) -> Asked<ConfigFile> {
    match api.file(id, name, CONFIGURATION_PATH, Some(default)).await {
        Ok(bytes) => return Ok(ConfigFile::new(CONFIGURATION_PATH.to_owned(), configuration_text(bytes))),
        Err(ApiError::NotFound { .. }) => {}
        Err(error) => return Err(error.for_people().into()),
    }
    let name = RepositoryName::from(name);
    if name.is_shared() {
        return Ok(ConfigFile::default());
    }
    let shared = RepositoryName::shared_by(name.owner());
    let text = of_accounts.read(api, id, shared.as_str()).await;
    let file = text?.map(|text| ConfigFile::new(format!("{CONFIGURATION_PATH} of {shared}"), text));
    Ok(file.unwrap_or_default())
}

async fn account_file(api: &Api, id: InstallationId, shared: &str) -> Asked<Option<String>> {
    match api.file(id, shared, CONFIGURATION_PATH, None).await {
        Ok(bytes) => Ok(Some(configuration_text(bytes))),
        // It may not be covered by the installation.
        Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) => Ok(None),
        Err(error) => Err(error.for_people().into()),
    }
}

/// A file on another branch counts for nothing, and whoever wrote it thinks that it does.
async fn look_elsewhere(api: &Api, facts: &mut RepositoryFacts) {
    let Ok(file) = &facts.file else { return };
    if !file.place.is_empty() {
        return;
    }
    let mut elsewhere = Vec::new();
    let default = facts.settings.default_branch.as_str();
    for branch in facts.branches.iter().filter(|it| it.is_there() && it.name.as_str() != default) {
        let branch = branch.name.as_str();
        let file = api.file(facts.installation, facts.name(), CONFIGURATION_PATH, Some(branch)).await;
        if file.is_ok() {
            elsewhere.push(branch.to_owned());
        }
    }
    facts.file = Ok(ConfigFile { elsewhere, ..ConfigFile::default() });
}

/// The name of the ruleset that a repair makes for a branch.
pub(super) fn own_name(branch: &BranchName) -> String {
    format!("Towpath: {branch}")
}

/// Those rulesets that hold for the branches, and those that a repair has made before, with their rules.
async fn rulesets(api: &Api, facts: &RepositoryFacts) -> Asked<Vec<RulesetJson>> {
    let rules = facts.branches.iter().filter_map(|it| it.rules.as_ref().ok()).flatten();
    let mut wanted: Vec<u64> = rules.filter_map(|rule| rule.ruleset_id).collect();
    let is_own = |it: &RulesetJson| facts.branches.iter().any(|branch| it.name == own_name(&branch.name));
    match api.rulesets(facts.installation, facts.name()).await {
        Ok(all) => wanted.extend(all.iter().filter(|it| is_own(it)).map(|it| it.id)),
        // A server or a plan may know no rulesets.
        Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) => {}
        Err(error) => return Err(error.for_people().into()),
    }
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = Vec::new();
    for ruleset in wanted {
        match api.ruleset(facts.installation, facts.name(), ruleset).await {
            Ok(ruleset) => found.push(ruleset),
            // One of the account's may be for its administrators alone.
            Err(ApiError::NotFound { .. } | ApiError::Forbidden { .. }) => {}
            Err(error) => return Err(error.for_people().into()),
        }
    }
    Ok(found)
}

/// What there is to say of the repository itself: of the rules of its branches and of its deploys others tell.
pub(super) fn judge(facts: &RepositoryFacts) -> Vec<SetupFinding> {
    if facts.settings.archived {
        return vec![SetupFinding::ok(
            "environment-branches",
            facts.name(),
            "it is archived; nothing moves there",
        )];
    }
    if !facts.is_used() {
        let found = "it has none of the environments' branches, and no configuration";
        return vec![SetupFinding::ok("environment-branches", facts.name(), found)];
    }
    let mut findings = vec![configuration(facts)];
    findings.extend(facts.branches.iter().map(|branch| is_there(facts, branch)));
    findings.push(deleted_heads(facts));
    findings.push(stacks(facts));
    findings.extend(teams(facts));
    findings
}

fn configuration(facts: &RepositoryFacts) -> SetupFinding {
    const CODE: &str = "configuration";
    let name = facts.name();
    let file = match &facts.file {
        Ok(file) => file,
        Err(why) => return SetupFinding::unknown(CODE, name, why),
    };
    let default = &facts.settings.default_branch;
    if file.place.is_empty() && file.elsewhere.is_empty() {
        return SetupFinding::ok(CODE, name, "it has no configuration; the built-in path holds");
    }
    if file.place.is_empty() {
        let on = file.elsewhere.join(", ");
        let found = format!("{CONFIGURATION_PATH} is on {on} and not on {default}, the default branch");
        let effect = "the file counts for nothing; the built-in path holds";
        return SetupFinding::fault(CODE, name, found, effect)
            .repaired_by(facts.page("bring the file to the default branch", &format!("new/{default}")));
    }
    match Configuration::read(&file.text) {
        Ok(configuration) => {
            SetupFinding::ok(CODE, name, format!("{} is valid: {}", file.place, configuration.in_one_line()))
        }
        Err(problems) => {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            let found = format!("{} is not valid: {first}", file.place);
            SetupFinding::fault(
                CODE,
                name,
                found,
                "every check asks for it to be repaired, and nothing merges",
            )
            .repaired_by(facts.page("correct it", &format!("edit/{default}/{CONFIGURATION_PATH}")))
        }
    }
}

fn is_there(facts: &RepositoryFacts, branch: &BranchFacts) -> SetupFinding {
    const CODE: &str = "environment-branches";
    let label = facts.branch_label(&branch.name);
    match &branch.found {
        Ok(Some(_)) => SetupFinding::ok(CODE, &label, format!("there is a branch {}", branch.name)),
        Ok(None) => {
            let found = format!("there is no branch {}", branch.name);
            SetupFinding::fault(CODE, &label, found, "the path ends before it")
                .repaired_by(facts.page("make the branch, or write the configuration without it", "branches"))
        }
        Err(why) => SetupFinding::unknown(CODE, &label, why),
    }
}

fn deleted_heads(facts: &RepositoryFacts) -> SetupFinding {
    const CODE: &str = "deleted-heads";
    let name = facts.name();
    let promoted = facts.path.environments.iter().filter(|it| facts.is_promoted(it));
    let promoted = promoted.filter_map(|it| facts.branch(&it.branch)).filter(|it| it.is_there());
    let unkept: Vec<&str> = promoted
        .filter(|it| it.of_kind("deletion").next().is_none() && !it.has_older_rule())
        .map(|it| it.name.as_str())
        .collect();
    match facts.settings.delete_branch_on_merge {
        None => SetupFinding::unknown(CODE, name, "GitHub does not tell whether it deletes merged heads"),
        Some(false) => SetupFinding::ok(CODE, name, "GitHub does not delete merged heads"),
        Some(true) if unkept.is_empty() => SetupFinding::ok(
            CODE,
            name,
            "GitHub deletes merged heads, and rules keep the environments' branches",
        ),
        Some(true) => {
            let found = "GitHub deletes the head of a pull request once it is merged";
            let effect = format!("a promotion deletes the branch that it comes from: {}", unkept.join(", "));
            let call = SetupCall {
                by: SetupCaller::Holder(facts.installation, "administration"),
                method: "PATCH",
                path: format!("/repos/{name}"),
                body: json!({ "delete_branch_on_merge": false }),
                change: SetupChange {
                    of: format!("the settings of {name}"),
                    before: vec!["delete_branch_on_merge: true".to_owned()],
                    after: vec!["delete_branch_on_merge: false".to_owned()],
                },
            };
            SetupFinding::fault(CODE, name, found, effect).repaired_by(SetupRepair::Call(call))
        }
    }
}

fn stacks(facts: &RepositoryFacts) -> SetupFinding {
    const CODE: &str = "stacks";
    let name = facts.name();
    let open = match &facts.open {
        Ok(open) => open,
        Err(why) => return SetupFinding::unknown(CODE, name, why),
    };
    let is_environment = |branch: &str| facts.path.environments.iter().any(|it| it.branch.as_str() == branch);
    let from_here = |pull: &PullJson| {
        let whose = |end: &crate::github::PullEndJson| end.repo.map(|it| it.id);
        whose(&pull.head) == whose(&pull.base)
    };
    let stacked =
        open.iter().find(|it| it.stack.is_some() && from_here(it) && is_environment(&it.head.branch));
    let Some((pull, stack)) = stacked.and_then(|it| Some((it, it.stack.as_ref()?))) else {
        return SetupFinding::ok(CODE, name, "no environment's branch is part of a stack");
    };
    let found = format!("pull request {} from {} is part of a stack", pull.number, pull.head.branch);
    let effect = "GitHub's \"Rebase stack\" would rewrite the environment's branch";
    let finding = SetupFinding::fault(CODE, name, found, effect);
    let Some(number) = stack.number else {
        let what = "take the stack apart";
        return finding.repaired_by(facts.page(what, &format!("pull/{}", pull.number)));
    };
    finding.repaired_by(SetupRepair::Call(SetupCall {
        by: SetupCaller::Holder(facts.installation, "pull_requests"),
        method: "POST",
        path: format!("/repos/{name}/stacks/{number}/unstack"),
        body: Value::Null,
        change: SetupChange {
            of: format!("pull request {} of {name}", pull.number),
            before: vec![format!("stack: {number}")],
            after: vec!["stack: none".to_owned()],
        },
    }))
}

/// Whether it can be told who is in a team that the configuration names.
fn teams(facts: &RepositoryFacts) -> Option<SetupFinding> {
    const CODE: &str = "teams";
    let grants = facts.grants.as_ref().filter(|_| facts.path.commands.name_a_team())?;
    if grants.allows("members", "read") {
        return Some(SetupFinding::ok(CODE, facts.name(), "Towpath can look up who is in a team"));
    }
    let found = "the configuration names a team, and Towpath may not look up who is in it";
    let effect = "commands that are for the team's members are refused";
    let what = "ask for Members: read in the App's settings, and accept it for the account".to_owned();
    Some(SetupFinding::fault(CODE, facts.name(), found, effect).repaired_by(SetupRepair::Words(what)))
}

/// Whether a promotion may be merged into an environment.
pub(super) fn takes_promotions(environment: &Environment) -> bool {
    environment.accepts.iter().any(|source| matches!(source, Source::Environment(_)))
}
