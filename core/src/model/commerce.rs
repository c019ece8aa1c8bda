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
