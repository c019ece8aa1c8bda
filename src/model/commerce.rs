use super::{Environment, EnvironmentName, Source};

/// What a project has from Adobe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CommercePlan {
    /// Staging and production are machines of their own.
    #[default]
    Pro,
    /// The platform makes every environment from the files.
    Starter,
}

impl CommercePlan {
    /// The word used in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pro => "pro",
            Self::Starter => "starter",
        }
    }
}

/// A project of Adobe Commerce on cloud infrastructure, as far as its files do not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommerceSettings {
    /// The plan.
    pub plan: CommercePlan,
    /// The folder with the project's files, without slashes at its ends; empty for the top of the repository.
    pub root: String,
    /// The names of the environments on which a ticket changes services, disks, routes and crons.
    pub services_by_ticket: Vec<String>,
    /// How much disk the contract has for one environment, in MB, where the project says so.
    pub disk: Option<u64>,
}

impl CommerceSettings {
    /// What holds where a project says nothing.
    pub fn built_in(environments: &[Environment]) -> Self {
        let plan = CommercePlan::default();
        let (root, disk) = (String::new(), None);
        Self { plan, root, services_by_ticket: Self::usual_tickets(plan, environments), disk }
    }

    /// The environments that usually are machines of their own. Work of people is tried on integration, whatever its name.
    pub fn usual_tickets(plan: CommercePlan, environments: &[Environment]) -> Vec<String> {
        let is_own = |it: &&Environment| {
            let is_called = |name: &str| it.name == name || it.branch.as_str() == name;
            let takes_topics = it.accepts.contains(&Source::Topics);
            plan == CommercePlan::Pro && (!takes_topics || is_called("staging") || is_called("production"))
        };
        environments.iter().filter(is_own).map(|it| it.name.clone()).collect()
    }

    /// Whether a ticket changes the services of this environment.
    pub fn takes_tickets(&self, environment: &Environment) -> bool {
        self.services_by_ticket.iter().any(|name| EnvironmentName::are_alike(name, &environment.name))
    }
}
