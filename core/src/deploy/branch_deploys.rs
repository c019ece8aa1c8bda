//! Whether a branch can be deployed to an environment of its own, beside one of the path.

use super::operator::Allowed;
use crate::commerce::platform::folded;
use crate::model::{DriverSettings, Environment};

/// Why nobody deploys a branch to an environment called `own` beside another one; `None` where somebody does.
///
/// Programs that were written for one environment need not look at `TOWPATH_ENVIRONMENT`, and would put the branch over that
/// one's site. So the operator's file has to say that they do.
pub fn refuses_branch(allowed: Option<&Allowed>, beside: &Environment, own: &str) -> Option<String> {
    if let DriverSettings::CommerceCloud { environment: said, .. } = &beside.deploy.driver
        && !has_programs(allowed, beside)
    {
        let name = &beside.name;
        let Some(target) = allowed.and_then(|it| it.commerce.as_ref()?.environment(own)) else {
            return Some(format!(
                "the operator's file names no environment of the platform for {own}; it would be under commerce.environments"
            ));
        };
        let is_other = said.as_ref().is_some_and(|said| folded(said) != folded(target));
        return is_other.then(|| {
            format!(
                "the repository's file says which environment of the platform {name} is, and {own} is another; take \
                 environment: out of it"
            )
        });
    }
    refuses_branches(allowed, beside)
}

/// Why nobody deploys any branch beside an environment; `None` where somebody may.
pub fn refuses_branches(allowed: Option<&Allowed>, beside: &Environment) -> Option<String> {
    let name = &beside.name;
    if let Some(programs) = allowed.and_then(|it| it.programs(name)) {
        return (!programs.branches).then(|| {
            format!(
                "the operator's programs for {name} deploy no other branch: branches = true beside them in the operator's file \
                 says that they deploy to the environment that TOWPATH_ENVIRONMENT names"
            )
        });
    }
    match &beside.deploy.driver {
        DriverSettings::CommerceCloud { .. } => {
            let project = allowed.and_then(|it| it.commerce.as_ref());
            let has_some = project.is_some_and(|it| it.has_branches_beside(name));
            (!has_some).then(|| {
                format!(
                    "the operator's file names no environment of the platform for a branch beside {name}; those are under \
                     commerce.environments"
                )
            })
        }
        DriverSettings::None => Some(format!("Towpath does not deploy {name}")),
        _ => None,
    }
}

fn has_programs(allowed: Option<&Allowed>, beside: &Environment) -> bool {
    allowed.is_some_and(|it| it.programs(&beside.name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::operator::Operator;
    use crate::model::PromotionPath;

    const OWN: &str = "integration/feature/x";

    fn refused(driver: DriverSettings, file: &str) -> String {
        let operator = Operator::read(file).unwrap();
        let mut beside = PromotionPath::pro().environments[0].clone();
        beside.deploy.driver = driver;
        refuses_branch(operator.named("a/b").map(|it| it.1), &beside, OWN).unwrap_or_default()
    }

    fn cloud(environment: Option<&str>) -> DriverSettings {
        DriverSettings::CommerceCloud { project: None, environment: environment.map(str::to_owned) }
    }

    #[test]
    fn programs_deploy_branches_where_the_operator_says_that_they_look_at_the_name() {
        let programs =
            "[repository.\"a/b\".environment.integration]\ndeploy = [{ step = \"go\", run = [\"/go\"] }]\n";
        for driver in [DriverSettings::Deployment, DriverSettings::None, cloud(None)] {
            assert!(refused(driver.clone(), programs).contains("branches = true"), "{driver:?}");
            assert_eq!(refused(driver, &format!("{programs}branches = true\n")), "");
        }
        assert_eq!(refused(DriverSettings::Deployment, ""), "");
        assert_eq!(refused(DriverSettings::None, ""), "Towpath does not deploy integration");
    }

    #[test]
    fn the_platform_deploys_branches_that_the_operator_names_an_environment_for() {
        let file = |names: &str| {
            format!(
                "[repository.\"a/b\".secret]\nci = {{ env = \"CI\" }}\n[repository.\"a/b\".commerce]\nproject = \"abc123\"\n\
                 token = \"ci\"\nenvironments = {{ integration = \"integration\"{names} }}\n"
            )
        };
        let named = file(", \"Integration/feature/x\" = \"feature-x\"");
        assert!(refused(cloud(None), &file("")).contains("for integration/feature/x"));
        assert!(refused(cloud(None), "").contains("for integration/feature/x"));
        assert_eq!(refused(cloud(None), &named), "");
        assert!(refused(cloud(Some("integration")), &named).contains("is another"));
        assert_eq!(refused(cloud(Some("Feature-X")), &named), "");
    }
}
