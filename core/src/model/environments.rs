use super::calendar::Calendar;
use super::{
    ActiveRules, Attestation, Attested, BranchName, CommandRights, CommerceSettings, DeploySettings,
    EnvironmentName, IgnoredPaths, OverrideRules, Requires, Rules, Tested,
};
use std::time::Duration;

/// What may be merged into an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Any branch that is neither an environment nor the copy branch.
    Topics,
    /// A topic cut from this environment itself, for an urgent repair.
    Hotfixes,
    /// The environment of this name: a promotion.
    Environment(String),
}

/// One environment: a branch, a deploy target, and what it accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The name shown to people and given to deploys.
    pub name: String,
    /// The branch whose tip is what the environment runs.
    pub branch: BranchName,
    /// What may be merged into it.
    pub accepts: Vec<Source>,
    /// What a promotion into it has to show first.
    pub requires: Requires,
    /// How merges into it are deployed.
    pub deploy: DeploySettings,
    /// Which branches may be active beside it.
    pub active: ActiveRules,
    /// How long after a deploy its verify step is run again; ascending, each once.
    pub aftercare: Vec<Duration>,
}

impl Environment {
    /// The branch that an environment of this name would be of, beside this one.
    pub fn branch_beside(&self, name: &str) -> Option<BranchName> {
        let (own, rest) = name.split_at_checked(self.name.len())?;
        let branch = rest.strip_prefix('/').filter(|_| self.is_called(own))?;
        BranchName::new(branch).ok()
    }

    /// Whether this can be a sign-off of promotions into it: a review is one where they are taken for one, and of the
    /// promotion that it was given on.
    pub fn hears(&self, said: &Attestation) -> bool {
        match &said.what {
            Attested::Approval { to, .. } => {
                self.requires.reviews && EnvironmentName::are_alike(to, &self.name)
            }
            Attested::SignOff { to, .. } => to.is_empty() || to.iter().any(|it| self.is_called(it)),
            _ => true,
        }
    }
}

impl Source {
    /// The word used in the configuration.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Topics => "topics",
            Self::Hotfixes => "hotfixes",
            Self::Environment(name) => name,
        }
    }
}

impl Environment {
    /// Whether it is the one that somebody calls so: GitHub takes names for the same that differ in capitals only.
    pub fn is_called(&self, name: &str) -> bool {
        EnvironmentName::are_alike(name, &self.name)
    }

    /// Whether a topic may be merged into it, as ordinary work or as a hotfix.
    pub fn accepts_topics(&self) -> bool {
        self.accepts.iter().any(|source| matches!(source, Source::Topics | Source::Hotfixes))
    }

    /// Whether hotfixes are the only topics that may be merged into it.
    pub fn takes_hotfixes_alone(&self) -> bool {
        self.accepts.contains(&Source::Hotfixes) && !self.accepts.contains(&Source::Topics)
    }

    /// Whether a promotion from the environment called `name` may be merged into it.
    pub fn accepts_environment(&self, name: &str) -> bool {
        self.accepts.iter().any(
            |source| matches!(source, Source::Environment(from) if EnvironmentName::are_alike(from, name)),
        )
    }
}

/// How the copy branch is kept a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CopyMode {
    /// It is moved along without a merge commit.
    #[default]
    FastForward,
    /// A pull request carries each release over.
    PullRequest,
    /// People do it; differences are only reported.
    Report,
}

impl CopyMode {
    /// The word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FastForward => "fast-forward",
            Self::PullRequest => "pull-request",
            Self::Report => "report",
        }
    }
}

/// The branch that is a copy of an environment (Global `master`), from which nobody branches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyBranch {
    /// The branch.
    pub branch: BranchName,
    /// The name of the environment it copies.
    pub of: String,
    /// How it is kept a copy.
    pub mode: CopyMode,
    /// When it follows.
    pub after: CopyAfter,
    /// Whether a configuration says so. Where none does and nobody deploys, it follows merges.
    pub after_is_written: bool,
}

/// When the copy branch follows its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CopyAfter {
    /// Once a deploy of the environment has ended well: the copy holds what runs.
    #[default]
    Deploy,
    /// As soon as something was merged into it.
    Merge,
}

impl CopyAfter {
    /// The word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Merge => "merge",
        }
    }
}

/// A project's path: its environments in the order changes travel, and its copy branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionPath {
    /// The environments, upstream first.
    pub environments: Vec<Environment>,
    /// The branch that copies an environment, where there is one.
    pub copy: Option<CopyBranch>,
    /// How much each kind of finding counts.
    pub rules: Rules,
    /// The paths whose differences count for nothing, where the project has named any.
    pub ignore_paths: Option<IgnoredPaths>,
    /// When the sticky comment is written.
    pub comment: CommentWhen,
    /// Who may give which command, where the project says so.
    pub commands: CommandRights,
    /// What stands between the slash and the name of a command, such as `tp-`; empty where nothing does.
    pub command_prefix: String,
    /// What an override needs besides the right to give it.
    pub overrides: OverrideRules,
    /// The project of Adobe Commerce, where the preset is on: its rules judge the files of pull requests.
    pub commerce: Option<CommerceSettings>,
    /// When nothing is merged.
    pub calendar: Calendar,
    /// How long a hotfix may take to come back before a promotion waits for it.
    pub carry_back_within: Duration,
}

/// When a pull request gets the sticky comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommentWhen {
    /// On the first failure; edited from then on.
    #[default]
    OnFailure,
    /// Never.
    Never,
    /// On each pull request that is judged.
    Always,
}

impl CommentWhen {
    /// The word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnFailure => "on_failure",
            Self::Never => "never",
            Self::Always => "always",
        }
    }
}

/// What a branch is on the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role<'a> {
    /// An environment's branch.
    Environment(&'a Environment),
    /// The copy branch.
    Copy(&'a CopyBranch),
    /// Any other branch.
    Topic,
}

impl PromotionPath {
    /// The Pro workflow: integration → staging → production, with `master` a copy of production.
    pub fn pro() -> Self {
        let environment = |name: &str, accepts: Source| Environment {
            name: name.to_owned(),
            branch: well_known(name),
            // The workflow has one more active environment beside integration.
            active: ActiveRules { places: u32::from(accepts == Source::Topics), ..ActiveRules::default() },
            accepts: vec![accepts],
            requires: Requires { tested: tested(name), ..Requires::default() },
            deploy: DeploySettings::default(),
            aftercare: Vec::new(),
        };
        Self {
            environments: vec![
                environment("integration", Source::Topics),
                environment("staging", Source::Environment("integration".to_owned())),
                environment("production", Source::Environment("staging".to_owned())),
            ],
            copy: Some(CopyBranch {
                branch: well_known("master"),
                of: "production".to_owned(),
                mode: CopyMode::FastForward,
                after: CopyAfter::default(),
                after_is_written: false,
            }),
            rules: Rules::default(),
            ignore_paths: None,
            comment: CommentWhen::default(),
            commands: CommandRights::default(),
            command_prefix: String::new(),
            overrides: OverrideRules::default(),
            commerce: None,
            calendar: Calendar::default(),
            carry_back_within: Duration::ZERO,
        }
    }

    /// What `branch` is on this path.
    pub fn role(&self, branch: &BranchName) -> Role<'_> {
        if let Some(environment) = self.environments.iter().find(|e| e.branch == *branch) {
            return Role::Environment(environment);
        }
        match &self.copy {
            Some(copy) if copy.branch == *branch => Role::Copy(copy),
            _ => Role::Topic,
        }
    }

    /// The environment called `name`, in any spelling: its own is [`Environment::name`].
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.is_called(name))
    }

    /// The environment beside which one of this name would be a branch's own, and that branch: the longest such name.
    pub fn beside(&self, name: &str) -> Option<(&Environment, BranchName)> {
        let all = self.environments.iter().filter_map(|it| Some((it, it.branch_beside(name)?)));
        all.max_by_key(|(environment, _)| environment.name.len())
    }

    /// The environments that an environment accepts promotions from, upstream first.
    pub fn sources_of(&self, target: &Environment) -> Vec<&Environment> {
        self.environments.iter().filter(|it| target.accepts_environment(&it.name)).collect()
    }

    /// Whether customers see it: no other environment accepts the one called `name`.
    pub fn is_production(&self, name: &str) -> bool {
        self.environment(name).is_some() && !self.environments.iter().any(|it| it.accepts_environment(name))
    }

    /// The environment that admits hotfixes: the last one of the path where several do.
    pub fn takes_hotfixes(&self) -> Option<&Environment> {
        self.environments.iter().rev().find(|it| it.accepts.contains(&Source::Hotfixes))
    }

    /// Where work that comes down to `target` by promotion begins: the first environment before it that takes topics.
    pub fn entry_of(&self, target: &Environment) -> Option<&Environment> {
        let leads_there =
            |it: &&Environment| it.accepts.contains(&Source::Topics) && self.leads_to(&it.name, &target.name);
        self.environments.iter().filter(|it| it.name != target.name).find(leads_there)
    }

    /// The environments from which work comes down to `target` by promotion, upstream first.
    pub fn upstream_of(&self, target: &Environment) -> Vec<&Environment> {
        let leads_there = |it: &&Environment| it.name != target.name && self.leads_to(&it.name, &target.name);
        self.environments.iter().filter(leads_there).collect()
    }

    /// The branches on which pull requests are judged: every environment's and the copy branch.
    pub fn judged_branches(&self) -> impl Iterator<Item = &BranchName> {
        self.environments.iter().map(|e| &e.branch).chain(self.copy.iter().map(|c| &c.branch))
    }

    /// Whether a change on the environment called `from` travels on to the one called `to`, in one
    /// step or more. A merge the other way is a reverse merge.
    pub fn leads_to(&self, from: &str, to: &str) -> bool {
        let mut reached = vec![to];
        let mut next = 0;
        while let Some(name) = reached.get(next).copied() {
            next += 1;
            let Some(environment) = self.environment(name) else { continue };
            for source in &environment.accepts {
                let Source::Environment(upstream) = source else { continue };
                if upstream == from {
                    return true;
                }
                if !reached.contains(&upstream.as_str()) {
                    reached.push(upstream);
                }
            }
        }
        false
    }
}

/// Production is what the whole path is there for.
fn tested(name: &str) -> Tested {
    if name == "production" { Tested::IfReported } else { Tested::NotAsked }
}

fn well_known(name: &str) -> BranchName {
    BranchName::new(name).expect("the built-in names are valid branch names")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CommitId, PullNumber, TreeId, UnixMillis};

    #[test]
    fn the_path_has_one_direction() {
        let path = PromotionPath::pro();
        assert!(path.leads_to("integration", "production"));
        assert!(path.leads_to("staging", "production"));
        assert!(!path.leads_to("production", "integration"));
        assert!(!path.leads_to("staging", "staging"));
    }

    #[test]
    fn production_is_what_no_other_environment_accepts() {
        let mut path = PromotionPath::pro();
        assert!(path.is_production("Production"));
        assert!(!path.is_production("staging") && !path.is_production("nowhere"));
        path.environments[2].accepts = vec![Source::Environment("integration".to_owned())];
        assert!(path.is_production("staging") && path.is_production("production"));
    }

    #[test]
    fn sources_are_the_environments_that_are_accepted() {
        let mut path = PromotionPath::pro();
        let sources = |path: &PromotionPath| {
            let all = path.sources_of(&path.environments[2]);
            all.into_iter().map(|it| it.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(sources(&path), ["staging"]);
        path.environments[2].accepts.push(Source::Environment("Integration".to_owned()));
        assert_eq!(sources(&path), ["integration", "staging"]);
        assert!(path.sources_of(&path.environments[0]).is_empty());
    }

    #[test]
    fn a_hotfix_goes_into_the_last_that_takes_one_and_comes_back_from_where_topics_begin() {
        let mut path = PromotionPath::pro();
        assert_eq!(path.takes_hotfixes(), None);
        let production = path.environments[2].clone();
        assert_eq!(path.entry_of(&production).unwrap().name, "integration");
        let names: Vec<&str> = path.upstream_of(&production).iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["integration", "staging"]);
        path.environments[1].accepts.push(Source::Hotfixes);
        assert_eq!(path.takes_hotfixes().unwrap().name, "staging");
        path.environments[2].accepts.push(Source::Hotfixes);
        assert_eq!(path.takes_hotfixes().unwrap().name, "production");
        assert_eq!(path.entry_of(&path.environments[0].clone()), None);
        path.environments[0].accepts = vec![Source::Hotfixes];
        assert_eq!(path.entry_of(&production), None, "no environment takes topics");
    }

    #[test]
    fn every_branch_has_a_role() {
        let path = PromotionPath::pro();
        let role = |name: &str| path.role(&BranchName::new(name).unwrap());
        assert!(matches!(role("staging"), Role::Environment(e) if e.name == "staging"));
        assert!(matches!(role("master"), Role::Copy(_)));
        assert_eq!(role("Staging"), Role::Topic);
    }

    #[test]
    fn an_environment_is_found_by_any_spelling_and_a_branch_by_its_own() {
        let path = PromotionPath::pro();
        assert_eq!(path.environment("STAGING").unwrap().name, "staging");
        assert!(path.environment("production").unwrap().accepts_environment("Staging"));
        assert!(path.environment("staging ").is_none());
    }

    #[test]
    fn a_review_is_for_its_own_promotion_and_a_command_for_all() {
        let of = |what| Attestation {
            command: "1".to_owned(),
            what,
            commit: CommitId::from_bytes([1; 20]),
            tree: TreeId::from_bytes([1; 20]),
            by: "ben".to_owned(),
            by_id: None,
            note: None,
            at: UnixMillis(1),
            withdrawn: None,
        };
        let roles = vec!["admin".to_owned()];
        let (to, number) = ("Production".to_owned(), PullNumber(7));
        let review = of(Attested::Approval { number, to, review: 1, roles, not_counted: None });
        let said = of(Attested::SignOff { role: "admin".to_owned(), to: Vec::new() });
        let mut path = PromotionPath::pro();
        let mut heard = |reviews| {
            let asked = |it: &mut Environment| {
                it.requires.reviews = reviews;
                (it.name.clone(), it.hears(&review), it.hears(&said))
            };
            path.environments.iter_mut().map(asked).filter(|it| it.0 != "integration").collect::<Vec<_>>()
        };
        let (staging, production) = ("staging".to_owned(), "production".to_owned());
        assert_eq!(heard(true), [(staging.clone(), false, true), (production.clone(), true, true)]);
        assert_eq!(heard(false), [(staging, false, true), (production, false, true)]);
    }
}
