use super::{CommercePlan, CommerceSettings, Environment, EnvironmentName, Source};

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
