//! What a file may hold of Adobe Commerce on cloud infrastructure: the keys as types.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Place;
use super::at::At;
use crate::model::CommercePlan;

/// What a kind of project needs, switched on at once.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase", rename = "Preset")]
pub(super) enum PresetEntry {
    /// Adobe Commerce on cloud infrastructure: its rules judge the files of pull requests.
    Commerce,
}

/// A project of Adobe Commerce, as far as its files do not say.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "Commerce")]
pub(super) struct CommerceEntry {
    /// The plan: pro where nothing is written.
    #[schemars(with = "CommercePlan")]
    pub(super) plan: Option<At<CommercePlan>>,
    /// The folder with the project's files: the top of the repository where nothing is written.
    #[schemars(with = "Folder")]
    pub(super) root: Option<At<Folder>>,
    /// The environments on which a ticket changes services, disks, routes and crons.
    #[schemars(with = "Vec<String>", extend("uniqueItems" = true))]
    pub(super) services_by_ticket: Option<Vec<At<String>>>,
    /// How much disk the contract has for one environment, in MB.
    #[schemars(with = "u64", range(min = 128, max = 100_000_000))]
    pub(super) disk: Option<At<u64>>,
}

/// A folder from the top of the repository, such as shop or apps/shop, or a dot for the top itself.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("pattern" = "^([.]|[A-Za-z0-9_][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,63}){0,7}/?)$"))]
pub(super) struct Folder(pub(super) String);

impl CommerceEntry {
    /// The plan that is written, else the usual one.
    pub(super) fn plan(&self) -> CommercePlan {
        self.plan.as_ref().map(|plan| plan.value).unwrap_or_default()
    }

    /// The first environment that cannot have tickets, because the plan knows none.
    pub(super) fn ticket_without_plan(&self) -> Option<Place> {
        let first = self.services_by_ticket.iter().flatten().next();
        first.filter(|_| self.plan() == CommercePlan::Starter).map(|name| name.place)
    }
}
