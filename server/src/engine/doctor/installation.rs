//! Installations of the App: what their accounts have accepted, and how much of GitHub's budget is left.

use super::facts::{Asked, listed};
use crate::github::{Budget, InstallationJson};
use crate::model::{Grants, SetupFinding, SetupRepair};

/// What is known of an installation.
#[derive(Debug)]
pub(super) struct InstallationFacts<'a> {
    pub(super) installation: &'a InstallationJson,
    /// What the App asks its installations for.
    pub(super) asked_for: Option<&'a Grants>,
    /// What is left of the hour's calls; `None` inside where the server has no limits.
    pub(super) budget: Asked<Option<Budget>>,
}

/// How much of an hour's calls is left to checks: a fifth.
pub(in crate::engine) const LEFT_TO_CHECKS: u64 = 5;

impl InstallationFacts<'_> {
    /// How many of the hour's calls are not spent on a look at repositories.
    pub(super) fn left_to_checks(&self) -> u64 {
        match &self.budget {
            Ok(Some(budget)) => budget.limit.div_ceil(LEFT_TO_CHECKS),
            Ok(None) | Err(_) => 0,
        }
    }
}

/// The account's name.
pub(super) fn account(installation: &InstallationJson) -> String {
    let account = installation.account.as_ref();
    account.map_or_else(|| format!("installation {}", installation.id), |it| it.login.clone())
}

/// What there is to say where an account has suspended the App.
pub(super) fn suspended(installation: &InstallationJson) -> SetupFinding {
    let account = account(installation);
    let found = format!("{account} has suspended the App");
    SetupFinding::fault("installation", &account, found, "nothing is checked or deployed there")
        .repaired_by(page(installation, "unsuspend it in the installation's settings"))
}

/// What there is to say where the App is installed nowhere; `app_page` is its page.
pub(super) fn nowhere(app_page: Option<&str>) -> SetupFinding {
    let found = "the App is installed nowhere";
    installable(SetupFinding::fault("installation", "", found, "nothing is checked or deployed"), app_page)
}

/// What there is to say where no installation covers a repository.
pub(super) fn missing(name: &str, app_page: Option<&str>) -> SetupFinding {
    let found = "the App is not installed on it, or there is no such repository";
    let effect = "nothing is checked or deployed there";
    installable(SetupFinding::fault("installation", name, found, effect), app_page)
}

fn installable(finding: SetupFinding, app_page: Option<&str>) -> SetupFinding {
    let Some(url) = app_page else { return finding };
    finding.repaired_by(SetupRepair::Page("install the App".to_owned(), format!("{url}/installations/new")))
}

/// What there is to say where so many repositories would have cost more calls than can be spared.
pub(super) fn left_out(installation: &InstallationJson, repositories: usize) -> SetupFinding {
    let why = format!(
        "{repositories} repositories were not looked at, to leave this hour's calls to checks; look at one with --repository"
    );
    SetupFinding::unknown("repository", &account(installation), why)
}

pub(super) fn judge(facts: &InstallationFacts<'_>) -> Vec<SetupFinding> {
    let account = account(facts.installation);
    vec![grants(facts, &account), budget(facts, &account)]
}

fn page(installation: &InstallationJson, what: &str) -> SetupRepair {
    if installation.html_url.is_empty() {
        return SetupRepair::Words(what.to_owned());
    }
    SetupRepair::Page(what.to_owned(), installation.html_url.clone())
}

fn grants(facts: &InstallationFacts<'_>, account: &str) -> SetupFinding {
    const CODE: &str = "accepted-permissions";
    let (Some(granted), Some(asked_for)) = (&facts.installation.grants, facts.asked_for) else {
        return SetupFinding::unknown(CODE, account, "GitHub does not tell what is granted");
    };
    let missing = granted.not_accepted(asked_for);
    if missing.is_empty() {
        return SetupFinding::ok(CODE, account, format!("{account} has accepted all that the App asks for"));
    }
    let labels: Vec<String> = missing.iter().map(|it| it.label.clone()).collect();
    let mut without: Vec<&str> = missing.iter().map(|it| it.without).collect();
    without.dedup();
    let found = format!("{account} has not accepted {}", listed(&labels));
    SetupFinding::fault(CODE, account, found, without.join("; "))
        .repaired_by(page(facts.installation, "whoever administers the account accepts them"))
}

fn budget(facts: &InstallationFacts<'_>, account: &str) -> SetupFinding {
    const CODE: &str = "rate-budget";
    match &facts.budget {
        Ok(None) => SetupFinding::ok(CODE, account, "the server limits no calls"),
        Ok(Some(Budget { limit, remaining, .. })) => {
            let found = format!("{remaining} of {limit} calls are left in this hour for {account}");
            if *remaining * 20 >= *limit {
                return SetupFinding::ok(CODE, account, found);
            }
            let effect = "checks come late until the hour is over";
            SetupFinding::fault(CODE, account, found, effect).repaired_by(SetupRepair::Words(
                "look at what else uses this installation's calls; the hour's end gives new ones".to_owned(),
            ))
        }
        Err(why) => SetupFinding::unknown(CODE, account, why),
    }
}
