//! When nothing is merged: the keys of freezes and windows.

use super::{At, DAYS_MAX, DayText, MomentText, Reason, TimesText, ZoneText};
use crate::model::calendar::Weekday;
use schemars::JsonSchema;
use serde::Deserialize;

/// A time in which nothing is merged: once, or again and again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Freeze")]
pub(in super::super) struct FreezeEntry {
    /// When it begins, of one that comes once.
    #[serde(default)]
    #[schemars(with = "MomentText")]
    pub(in super::super) from: Option<At<MomentText>>,
    /// When it ends, of one that comes once.
    #[serde(default)]
    #[schemars(with = "MomentText")]
    pub(in super::super) until: Option<At<MomentText>>,
    /// The days on which it begins, of one that comes again: every day where nothing is written.
    #[serde(default)]
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub(in super::super) days: Vec<At<Weekday>>,
    /// From when until when, of one that comes again: the whole day where nothing is written.
    #[serde(default)]
    #[schemars(with = "TimesText")]
    pub(in super::super) times: Option<At<TimesText>>,
    /// Where the clocks show these times: in the time zone of the file where nothing is written.
    #[serde(default)]
    #[schemars(with = "ZoneText")]
    pub(in super::super) timezone: Option<At<ZoneText>>,
    /// The days on which it does not begin.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true, "maxItems" = DAYS_MAX))]
    pub(in super::super) except: Vec<At<DayText>>,
    /// Why, as everybody sees it.
    pub(in super::super) reason: At<Reason>,
    /// The names of the environments it is for: all of them where nothing is written.
    #[serde(default)]
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub(in super::super) environments: Vec<At<String>>,
    /// The numbers of pull requests that may be merged all the same.
    #[serde(default)]
    #[schemars(with = "Vec<PullRequestNumber>", extend("maxItems" = DAYS_MAX))]
    pub(in super::super) allow: Vec<At<u64>>,
    /// Whether hotfixes may be merged all the same: false where nothing is written.
    #[serde(default)]
    #[schemars(with = "bool")]
    pub(in super::super) hotfixes: Option<At<bool>>,
}

/// A time outside of which nothing is merged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Window")]
pub(in super::super) struct WindowEntry {
    /// The days on which it begins: every day where nothing is written.
    #[serde(default)]
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub(in super::super) days: Vec<At<Weekday>>,
    /// From when until when.
    pub(in super::super) times: At<TimesText>,
    /// Where the clocks show these times: in the time zone of the file where nothing is written.
    #[serde(default)]
    #[schemars(with = "ZoneText")]
    pub(in super::super) timezone: Option<At<ZoneText>>,
    /// The days on which it does not begin, besides holidays.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true, "maxItems" = DAYS_MAX))]
    pub(in super::super) except: Vec<At<DayText>>,
    /// The names of the environments it is for: all of them where nothing is written.
    #[serde(default)]
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub(in super::super) environments: Vec<At<String>>,
    /// The numbers of pull requests that may be merged at any time.
    #[serde(default)]
    #[schemars(with = "Vec<PullRequestNumber>", extend("maxItems" = DAYS_MAX))]
    pub(in super::super) allow: Vec<At<u64>>,
    /// Whether hotfixes may be merged at any time: false where nothing is written.
    #[serde(default)]
    #[schemars(with = "bool")]
    pub(in super::super) hotfixes: Option<At<bool>>,
}

/// The number of a pull request.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
struct PullRequestNumber(
    #[schemars(range(min = 1))]
    #[expect(dead_code, reason = "the schema reads it")]
    u64,
);
