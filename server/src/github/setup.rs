//! What GitHub tells of how the App and its repositories are set up.

use super::api::{Api, Call, Caller};
use super::calls::{InstallationJson, QUERY};
use super::error::{ApiError, found};
use super::paging::next_page;
use super::rate_limits::Budget;
use crate::model::{InstallationId, UnixMillis};
use chrono::{DateTime, Utc};
use http::Method;
use octocrab::models::Rate;
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// Where the App's webhooks go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct WebhookConfigJson {
    /// The address; `None` where the App asks for no webhooks.
    #[serde(default)]
    pub url: Option<String>,
    /// Stars, where there is a secret.
    #[serde(default)]
    pub secret: Option<String>,
    /// `1` where certificates are not looked at; GitHub writes it as a text or as a number.
    #[serde(default)]
    pub insecure_ssl: Value,
}

/// A repository's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct RepositorySettingsJson {
    /// `owner/name` as GitHub spells it.
    pub full_name: String,
    /// Its page.
    pub html_url: String,
    /// Its default branch.
    pub default_branch: String,
    /// Whether it can only be read.
    #[serde(default)]
    pub archived: bool,
    /// Whether the head of a merged pull request is deleted. This and the rest GitHub does not tell everybody.
    #[serde(default)]
    pub delete_branch_on_merge: Option<bool>,
    /// Whether pull requests may be merged by a merge commit.
    #[serde(default)]
    pub allow_merge_commit: Option<bool>,
    /// Whether they may be squashed.
    #[serde(default)]
    pub allow_squash_merge: Option<bool>,
    /// Whether they may be rebased.
    #[serde(default)]
    pub allow_rebase_merge: Option<bool>,
}

/// A ruleset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RulesetJson {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// `Repository`, `Organization` or `Enterprise`.
    #[serde(default)]
    pub source_type: String,
    /// The repository's full name, or whose it is.
    #[serde(default)]
    pub source: String,
    /// Its rules, as GitHub takes them; lists of rulesets do not tell them.
    #[serde(default)]
    pub rules: Vec<Value>,
    /// How who asks may get past it: `always`, `pull_requests_only`, `exempt` or `never`.
    #[serde(default)]
    pub current_user_can_bypass: Option<String>,
}

/// The most pages of deliveries that are looked through.
const DELIVERY_PAGES_MAX: usize = 30;

impl Api {
    /// Where the App's webhooks go.
    pub async fn webhook_config(&self) -> Result<WebhookConfigJson, ApiError> {
        self.get(Caller::App, "/app/hook/config").await
    }

    /// The ids of the deliveries since a moment that we have taken, as far as the newest three thousand show.
    pub async fn taken_deliveries(&self, since: UnixMillis) -> Result<BTreeSet<String>, ApiError> {
        #[derive(Deserialize)]
        struct Taken {
            guid: String,
            delivered_at: DateTime<Utc>,
            status_code: u16,
        }
        let mut taken = BTreeSet::new();
        let mut next = Some("/app/hook/deliveries?status=success&per_page=100".to_owned());
        for _ in 0..DELIVERY_PAGES_MAX {
            let Some(path) = next else { break };
            let call = Call { caller: Caller::App, method: Method::GET, path: &path, body: None };
            let answer = self.send(call).await?;
            let page: Vec<Taken> = answer.read()?;
            let reached = page.last().is_none_or(|oldest| UnixMillis::from(oldest.delivered_at) < since);
            let good = page.into_iter().filter(|it| (200..300).contains(&it.status_code));
            taken.extend(good.map(|it| it.guid));
            next = if reached { None } else { next_page(&answer.headers) };
        }
        Ok(taken)
    }

    /// The installation that covers a repository; `None` where none does.
    pub async fn installation_of(&self, repository: &str) -> Result<Option<InstallationJson>, ApiError> {
        found(self.get(Caller::App, &format!("/repos/{repository}/installation")).await)
    }

    /// A repository's settings.
    pub async fn repository_settings(
        &self,
        id: InstallationId,
        repository: &str,
    ) -> Result<RepositorySettingsJson, ApiError> {
        self.get(Caller::Installation(id), &format!("/repos/{repository}")).await
    }

    /// The rulesets of a repository and of those above it, without their rules.
    pub async fn rulesets(&self, id: InstallationId, repository: &str) -> Result<Vec<RulesetJson>, ApiError> {
        let path = format!("/repos/{repository}/rulesets?per_page=100");
        self.all_pages(Caller::Installation(id), &path, |page: Vec<RulesetJson>| page).await
    }

    /// A ruleset with its rules, of the repository or of its owner.
    pub async fn ruleset(
        &self,
        id: InstallationId,
        repository: &str,
        ruleset: u64,
    ) -> Result<RulesetJson, ApiError> {
        self.get(Caller::Installation(id), &format!("/repos/{repository}/rulesets/{ruleset}")).await
    }

    /// The names of a repository's environments, as GitHub spells them.
    pub async fn environments(&self, id: InstallationId, repository: &str) -> Result<Vec<String>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            environments: Vec<Named>,
        }
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        let path = format!("/repos/{repository}/environments?per_page=100");
        let all = self.all_pages(Caller::Installation(id), &path, |page: Page| page.environments).await?;
        Ok(all.into_iter().map(|it| it.name).collect())
    }

    /// Whether our own protection rule is switched on for an environment.
    pub async fn watches_jobs(
        &self,
        id: InstallationId,
        repository: &str,
        environment: &str,
    ) -> Result<bool, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            custom_deployment_protection_rules: Vec<Rule>,
        }
        #[derive(Deserialize)]
        struct Rule {
            enabled: bool,
            app: App,
        }
        #[derive(Deserialize)]
        struct App {
            id: u64,
        }
        let name = utf8_percent_encode(environment, QUERY);
        let path = format!("/repos/{repository}/environments/{name}/deployment_protection_rules");
        let page: Page = self.get(Caller::Installation(id), &path).await?;
        let is_ours = |rule: &Rule| rule.enabled && rule.app.id.to_string() == self.app_id();
        Ok(page.custom_deployment_protection_rules.iter().any(is_ours))
    }

    /// How many calls an installation may still make; `None` where the server has no limits.
    pub async fn rate_budget(&self, id: InstallationId) -> Result<Option<Budget>, ApiError> {
        // The rest of octocrab's model holds what GitHub is about to leave out.
        #[derive(Deserialize)]
        struct Limits {
            resources: Resources,
        }
        #[derive(Deserialize)]
        struct Resources {
            core: Rate,
        }
        let limits: Option<Limits> = found(self.get(Caller::Installation(id), "/rate_limit").await)?;
        Ok(limits.map(|it| it.resources.core.into()))
    }

    /// Changes the set-up: in the App's own name, or where an installation is named, by what that grants.
    pub async fn change_setup(
        &self,
        by: Option<InstallationId>,
        method: &Method,
        (path, body): (&str, &Value),
    ) -> Result<(), ApiError> {
        let caller = by.map_or(Caller::App, Caller::Installation);
        // A POST without a body asks for a delivery once more.
        let body = (!body.is_null()).then(|| body.clone());
        self.send(Call { caller, method: method.clone(), path, body }).await.map(drop)
    }
}
