//! What a file may ask of a promotion: the keys as types.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{At, Duration, PATTERNS_MAX, Pattern, People, Reason, TestedEntry, Word};

/// The most roles, or items, that an environment may ask for.
const ASKED_MAX: usize = 50;

/// What a promotion has to show before it may be merged.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "Requires")]
pub(in crate::model::config) struct RequiresEntry {
    /// Whether the same files have to be deployed, and accepted, on the environment they come from.
    #[schemars(with = "TestedEntry")]
    pub(in crate::model::config) tested: Option<At<TestedEntry>>,
    /// The roles that have to accept it on the environment it comes from, each by one person.
    #[schemars(extend("maxItems" = ASKED_MAX))]
    pub(in crate::model::config) signoffs: Vec<SignOffEntry>,
    /// Whether GitHub's own approving reviews of the promotion are sign-offs, for the roles that the reviewer has.
    #[schemars(with = "bool")]
    pub(in crate::model::config) reviews: Option<At<bool>>,
    /// What somebody has to say is ready.
    #[schemars(extend("maxItems" = ASKED_MAX))]
    pub(in crate::model::config) readiness: Vec<ReadinessEntry>,
    /// How long it has to have been live, and well, where it comes from.
    #[schemars(with = "Duration")]
    pub(in crate::model::config) soak: Option<At<Duration>>,
    /// Which changes take a ticket at the platform's support first; an empty list: none.
    #[schemars(with = "TicketsEntry")]
    pub(in crate::model::config) tickets: Option<TicketsEntry>,
    /// With preset: commerce, whether it may not lose what keeps static content out of the deploy.
    #[schemars(with = "bool")]
    pub(in crate::model::config) ideal_state: Option<At<bool>>,
}

/// A role in which somebody accepts a release: its name, or its name and who has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, rename = "SignOff")]
pub(in crate::model::config) enum SignOffEntry {
    /// Whoever may give /signoff has it.
    Name(At<Word>),
    /// Who has it is written here.
    Role(SignOffRoleEntry),
}

/// A role and who has it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "SignOffRole")]
pub(in crate::model::config) struct SignOffRoleEntry {
    /// The role, such as admin.
    pub(in crate::model::config) role: At<Word>,
    /// Roles in the repository and teams that have it: whoever may give /signoff where nothing is written.
    #[serde(default)]
    #[schemars(with = "People")]
    pub(in crate::model::config) by: Option<People>,
    /// Whether nobody may sign off who has made one of the changes.
    #[serde(default)]
    #[schemars(with = "bool")]
    pub(in crate::model::config) by_others: Option<At<bool>>,
}

/// Something that has to be ready: its name, or more about it, or a list that Towpath has.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, rename = "Readiness")]
pub(in crate::model::config) enum ReadinessEntry {
    /// An item that its name says enough of.
    Name(At<Word>),
    /// An item, or a list.
    Item(Box<ReadinessItemEntry>),
}

/// An item that has to be ready, or a list of items that Towpath has.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "ReadinessItem")]
pub(in crate::model::config) struct ReadinessItemEntry {
    /// What commands call it, such as crons.
    #[serde(default)]
    #[schemars(with = "Word")]
    pub(in crate::model::config) item: Option<At<Word>>,
    /// A list that Towpath has, in place of an item.
    #[serde(default)]
    #[schemars(with = "ReadinessPreset")]
    pub(in crate::model::config) preset: Option<At<ReadinessPreset>>,
    /// What has to be done, in a sentence.
    #[serde(default)]
    #[schemars(with = "Reason")]
    pub(in crate::model::config) description: Option<At<Reason>>,
    /// Files whose change opens it again.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true, "maxItems" = PATTERNS_MAX))]
    pub(in crate::model::config) paths: Vec<At<Pattern>>,
    /// How long it counts: for ever where nothing is written.
    #[serde(default)]
    #[schemars(with = "Duration")]
    pub(in crate::model::config) expires: Option<At<Duration>>,
}

/// A list for Adobe Commerce: for the first use of staging, or for the launch of production.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::model::config) enum ReadinessPreset {
    /// Before staging is used for the first time.
    CommerceStaging,
    /// Before production is launched.
    CommerceLaunch,
}

/// Which changes take a ticket, or an empty list where none does.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, rename = "Tickets")]
pub(in crate::model::config) enum TicketsEntry {
    /// None does.
    #[schemars(extend("maxItems" = 0))]
    None(
        #[schemars(with = "Vec<String>")]
        #[allow(dead_code, reason = "there is nothing in it")]
        Vec<NoTicket>,
    ),
    /// Those of some files do.
    Files(TicketFilesEntry),
}

/// Nothing: a list of it is empty.
#[derive(Debug, Deserialize)]
pub(in crate::model::config) enum NoTicket {}

/// Files whose change takes a ticket.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "TicketFiles")]
pub(in crate::model::config) struct TicketFilesEntry {
    /// The files whose change takes one.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true, "maxItems" = PATTERNS_MAX))]
    pub(in crate::model::config) paths: Vec<At<Pattern>>,
    /// How much notice the support wants, on working days: 48h where nothing is written.
    #[serde(default)]
    #[schemars(with = "Duration")]
    pub(in crate::model::config) notice: Option<At<Duration>>,
}
