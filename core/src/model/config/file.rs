//! What a configuration file may hold. The schema that people's editors use, the check of the layout and the
//! reading all come from these types.

mod calendar;
mod requires;

pub(super) use calendar::{FreezeEntry, WindowEntry};
pub(super) use requires::{
    ReadinessEntry, ReadinessItemEntry, ReadinessPreset, RequiresEntry, SignOffEntry, TicketsEntry,
};

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

pub(super) use super::at::At;
use super::commerce_keys::{CommerceEntry, PresetEntry};
use crate::model::{Code, CommentWhen, CopyAfter, CopyMode, DriverSettings, Level, drivers};

/// The most environments a path may have.
pub(super) const ENVIRONMENTS_MAX: usize = 16;

/// The most patterns a file may name: every path that differs is held against each.
const PATTERNS_MAX: usize = 100;

/// The most freezes that a file may name: each is looked at whenever something is judged.
const FREEZES_MAX: usize = 100;

/// The most windows; where the next one opens may be far away.
const WINDOWS_MAX: usize = 20;

/// The most days, or pull requests, that a list of exceptions may name.
const DAYS_MAX: usize = 100;

/// The most settings of a build.
const BUILD_SETTINGS_MAX: usize = 50;

/// The path that changes of this repository take, and how strictly it is kept.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "Configuration of Towpath", extend("required" = ["version"]))]
pub(super) struct File {
    /// The version of this format: 1.
    #[schemars(with = "Version")]
    pub(super) version: Option<At<u64>>,
    /// The environments of the path. Where this is written, it is the whole list.
    #[schemars(with = "Vec<EnvironmentEntry>", extend("minItems" = 1, "maxItems" = ENVIRONMENTS_MAX))]
    pub(super) environments: Option<Vec<EnvironmentEntry>>,
    /// The branch that is a copy of an environment, or none.
    #[schemars(with = "CopyEntry")]
    pub(super) copy: Option<CopyEntry>,
    /// How much each kind of finding counts, by its code. All others are enforced.
    pub(super) rules: RuleLevels,
    /// Paths whose differences count for nothing: docs/ is a folder, *.md such a file in any folder.
    #[schemars(extend("uniqueItems" = true, "maxItems" = PATTERNS_MAX))]
    pub(super) ignore_paths: Vec<At<Pattern>>,
    /// When a pull request gets a comment besides its check: `on_failure` where nothing is written.
    #[schemars(with = "CommentWhen")]
    pub(super) comment: Option<At<CommentWhen>>,
    /// The time zone of all times for which no other is written: UTC where nothing is written.
    #[schemars(with = "ZoneText")]
    pub(super) timezone: Option<At<ZoneText>>,
    /// Times in which nothing is merged.
    #[schemars(extend("maxItems" = FREEZES_MAX))]
    pub(super) freezes: Vec<FreezeEntry>,
    /// Times outside of which nothing is merged.
    #[schemars(extend("maxItems" = WINDOWS_MAX))]
    pub(super) windows: Vec<WindowEntry>,
    /// Days on which no window begins, such as 2026-12-25.
    #[schemars(extend("uniqueItems" = true, "maxItems" = DAYS_MAX))]
    pub(super) holidays: Vec<At<DayText>>,
    /// How hotfixes come back.
    pub(super) hotfixes: HotfixesEntry,
    /// Who may give a command, by its name.
    pub(super) commands: CommandEntries,
    /// What stands between the slash and the name of a command: tp- makes it /tp-lock.
    #[schemars(with = "CommandPrefix")]
    pub(super) command_prefix: Option<At<CommandPrefix>>,
    /// What an override needs besides the right to give it.
    pub(super) overrides: OverridesEntry,
    /// What a kind of project needs, switched on at once: nothing where nothing is written.
    #[schemars(with = "PresetEntry")]
    pub(super) preset: Option<At<PresetEntry>>,
    /// The project of Adobe Commerce, as far as its files do not say.
    pub(super) commerce: CommerceEntry,
}

/// The version of this format: 1.
#[derive(Debug)]
pub(super) struct Version;

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "const": 1 })
    }
}

/// The most times at which a verify step may be run again.
const AFTERCARE_MAX: usize = 10;

/// One environment: a branch and what it accepts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Environment")]
pub(super) struct EnvironmentEntry {
    /// What people call it.
    pub(super) name: At<EnvironmentName>,
    /// The branch whose tip it runs: the one of its name where nothing is written.
    #[serde(default)]
    #[schemars(with = "String")]
    pub(super) branch: Option<At<String>>,
    /// What may be merged into it: topics, hotfixes, names of environments.
    #[schemars(extend("minItems" = 1, "uniqueItems" = true))]
    pub(super) accepts: Vec<At<String>>,
    /// How many environments of this kind may be active at a time, the base included.
    #[serde(default)]
    #[schemars(with = "u64", range(min = 1, max = 1000))]
    pub(super) active: Option<At<u64>>,
    /// After how long without a push the place of an active branch is to be freed: never where nothing is written.
    #[serde(default)]
    #[schemars(with = "Duration")]
    pub(super) active_idle: Option<At<Duration>>,
    /// Whether somebody has to let the data go before such a place is given on: true where nothing is written.
    #[serde(default)]
    #[schemars(with = "bool")]
    pub(super) active_keeps_data: Option<At<bool>>,
    /// What a promotion into it has to show first.
    #[serde(default)]
    pub(super) requires: RequiresEntry,
    /// How a merge into it is deployed.
    #[serde(default)]
    #[schemars(with = "Deploy")]
    pub(super) deploy: Option<Deploy>,
    /// How long after a deploy its verify step is run again, such as 20m, 1h and 24h.
    #[serde(default)]
    #[schemars(extend("uniqueItems" = true, "maxItems" = AFTERCARE_MAX))]
    pub(super) aftercare: Vec<At<Duration>>,
}

/// Whether the files have to be tested: true, false, or if-reported (where anybody reports deployments).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged, rename = "Tested")]
pub(super) enum TestedEntry {
    /// They have to, or need not.
    Flag(bool),
    /// They have to where anybody reports deployments.
    Word(IfReported),
}

/// They have to where anybody reports deployments.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum IfReported {
    /// They have to where anybody reports deployments.
    IfReported,
}

/// The branch that is a copy of an environment, or none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, rename = "Copy")]
pub(super) enum CopyEntry {
    /// There is no copy branch.
    None(#[allow(dead_code, reason = "there is only one such word")] At<NoCopy>),
    /// There is one.
    Branch(CopyBranchEntry),
}

/// There is no copy branch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum NoCopy {
    /// There is no copy branch.
    None,
}

/// A branch that is a copy of an environment.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "CopyBranch")]
pub(super) struct CopyBranchEntry {
    /// The branch.
    pub(super) branch: At<String>,
    /// The name of the environment it copies.
    pub(super) of: At<String>,
    /// How it is kept a copy: fast-forward where nothing is written.
    #[serde(default)]
    #[schemars(with = "CopyMode")]
    pub(super) mode: Option<At<CopyMode>>,
    /// When it follows: after a deploy of the environment has ended well, where nothing is written.
    #[serde(default)]
    #[schemars(with = "CopyAfter")]
    pub(super) after: Option<At<CopyAfter>>,
}

macro_rules! deploy {
    ($(
        $(#[$doc:meta])*
        $file:ident $word:literal => $kind:ident
            $({ $($(#[$set:meta])* $key:ident: $type:ident,)* } [$($(#[$may:meta])* $also:ident: $opt:ident $name:literal,)*])?;
    )+) => {
        /// How a merge is deployed: the driver and its settings.
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(tag = "driver", deny_unknown_fields)]
        pub(super) enum Deploy {
            /// Nobody: merges are not deployed.
            #[serde(rename = "none")]
            None {},
            $(
                $(#[$doc])*
                #[serde(rename = $word)]
                $kind {
                    $(
                        $($(#[$set])* $key: At<$type>,)*
                        $($(#[$may])* #[serde(default)] #[schemars(with = $name)] $also: Option<At<$opt>>,)*
                    )?
                    /// How long it may take once somebody has taken it up: 1h where nothing is written.
                    #[serde(default)]
                    #[schemars(with = "Duration")]
                    timeout: Option<At<Duration>>,
                    /// How long it may wait until somebody does: 15m where nothing is written.
                    #[serde(default)]
                    #[schemars(with = "Duration")]
                    pick_up_within: Option<At<Duration>>,
                    /// How long it may take until a deploy that is cancelled has ended for sure: 2m where nothing is written.
                    #[serde(default)]
                    #[schemars(with = "Duration")]
                    cancel_within: Option<At<Duration>>,
                    /// What the build can see, such as SCD=compact: with other settings it is another build.
                    #[serde(default)]
                    #[schemars(extend("uniqueItems" = true, "maxItems" = BUILD_SETTINGS_MAX))]
                    build_settings: Vec<At<BuildSetting>>,
                    /// Which deployments count that somebody else has made: true, false, or those of one workflow's jobs.
                    #[serde(default)]
                    #[schemars(with = "ForeignEntry")]
                    foreign: Option<ForeignEntry>,
                },
            )+
        }

        impl Deploy {
            /// The driver with its own settings.
            pub(super) fn driver(&self) -> DriverSettings {
                match self {
                    Self::None {} => DriverSettings::None,
                    $(Self::$kind { $($($key,)* $($also,)*)? .. } => DriverSettings::$kind $({
                        $($key: $key.value.0.clone(),)*
                        $($also: $also.as_ref().map(|it| it.value.0.clone()),)*
                    })?,)+
                }
            }

            /// What every driver's deploys have; `None` where nobody deploys.
            pub(super) fn limits(&self) -> Option<DeployLimits<'_>> {
                match self {
                    Self::None {} => None,
                    $(Self::$kind { timeout, pick_up_within, cancel_within, build_settings, foreign, .. } => {
                        Some(DeployLimits { timeout, pick_up_within, cancel_within, build_settings, foreign })
                    })+
                }
            }
        }
    };
}

drivers!(deploy);

/// What every driver's deploys have.
pub(super) struct DeployLimits<'a> {
    pub(super) timeout: &'a Option<At<Duration>>,
    pub(super) pick_up_within: &'a Option<At<Duration>>,
    pub(super) cancel_within: &'a Option<At<Duration>>,
    pub(super) build_settings: &'a [At<BuildSetting>],
    pub(super) foreign: &'a Option<ForeignEntry>,
}

/// Which deployments count that somebody else has made: true, false, or those of one workflow's jobs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, rename = "Foreign")]
pub(super) enum ForeignEntry {
    /// All of them, or none.
    Flag(At<bool>),
    /// Those of one workflow's jobs.
    Workflow(ForeignWorkflow),
}

/// The deployments that the jobs of one workflow make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignWorkflow {
    /// Its file in .github/workflows.
    pub(super) workflow: At<WorkflowFile>,
}

/// Texts that have to look a certain way, by a pattern that the schema holds.
macro_rules! spelled {
    ($($(#[$doc:meta])+ $name:ident = $pattern:literal;)+) => {$(
        $(#[$doc])+
        #[derive(Debug, Clone, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(extend("pattern" = $pattern))]
        pub(super) struct $name(
            #[allow(dead_code, reason = "of some only the look is checked")] pub(super) String,
        );
    )+};
}

spelled! {
    /// Up to 64 letters and digits without accents, with spaces and . _ - / between them.
    EnvironmentName = "^[A-Za-z0-9]([A-Za-z0-9 ._/-]{0,62}[A-Za-z0-9._/-])?$";
    /// Small letters, digits, - and _, such as qa or release-notes.
    Word = "^[a-z0-9][a-z0-9_-]{0,39}$";
    /// The id of a project of the platform: small letters and digits, such as abc123.
    PlatformId = "^[a-z0-9]{1,40}$";
    /// The name of an environment of the platform, as its branch is called.
    PlatformName = "^[^\\x00-\\x1f\\x7f]{1,100}$";
    /// A number of minutes, hours or days, such as 30m, 2h or 1d.
    Duration = "^[1-9][0-9]{0,3}[mhd]$";
    /// A name, = and a value on one line, such as SCD=compact.
    BuildSetting = "^[A-Za-z_][A-Za-z0-9_]{0,63}=[^\\x00-\\x1f\\x7f]{0,200}$";
    /// The name of a file without folders that ends with .yml or .yaml.
    WorkflowFile = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,98}[.]ya?ml$";
    /// A name of the IANA database, such as Europe/Vienna.
    ZoneText = "^[A-Za-z][A-Za-z0-9_+/-]{0,63}$";
    /// A day and a time: 2026-12-20 18:00, or with its own zone 2026-12-20T18:00:00+01:00.
    MomentText = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})| [0-9]{2}:[0-9]{2})$";
    /// Two times of the day, such as 09:00-16:00, or 18:00-08:00 over midnight.
    TimesText = "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$";
    /// A day, such as 2026-12-25.
    DayText = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
    /// One line of up to 200 characters.
    Reason = "^[^\\x00-\\x1f\\x7f]{1,200}$";
    /// Up to 200 characters on one line, such as docs/ or *.md.
    Pattern = "^[^\\x00-\\x1f\\x7f]{0,200}$";
    /// A role in the repository (triage, write, maintain, admin) or a team, such as team:release.
    Who = "^(triage|write|maintain|admin|team:[a-z0-9][a-z0-9_-]{0,99})$";
    /// Small letters, digits and -, with a - at the end, such as tp-.
    CommandPrefix = "^[a-z0-9][a-z0-9-]{0,18}-$";
    /// A number and a time, such as 5/month, 2/week or 1/day.
    Budget = "^[1-9][0-9]{0,2}/(day|week|month)$";
}

/// Codes that cannot be softened: unknown is never a pass.
pub(super) const FIRM_CODES: [Code; 2] = [Code::ConfigurationInvalid, Code::CouldNotDecide];

/// How much each kind of finding counts, by its code.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct RuleLevels(pub(super) BTreeMap<String, At<Level>>);

impl JsonSchema for RuleLevels {
    fn schema_name() -> Cow<'static, str> {
        "Rules".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let soft = Code::ALL.into_iter().filter(|code| !FIRM_CODES.contains(code)).map(Code::as_str);
        let mut codes: Vec<_> = soft.collect();
        codes.sort_unstable();
        keyed_by(&codes, &generator.subschema_for::<Level>())
    }
}

/// The commands whose right can be set, by their names. `help` is for everybody who can read.
const COMMANDS: [&str; 24] = [
    "activate",
    "cancel",
    "carried",
    "check",
    "deactivate",
    "deploy",
    "freeze",
    "hotfix",
    "lock",
    "override",
    "promote",
    "ready",
    "rebuild",
    "resume",
    "retarget",
    "rollback",
    "signoff",
    "sync",
    "thaw",
    "ticket",
    "unlock",
    "unready",
    "where",
    "why",
];

/// Roles in the repository and teams; one of them is enough.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("minItems" = 1, "uniqueItems" = true))]
pub(super) struct People(pub(super) Vec<At<Who>>);

/// Who may give a command: roles and teams, or for each environment roles and teams.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, rename = "Command")]
pub(super) enum CommandEntry {
    /// The same people for every environment.
    Everywhere(People),
    /// Other people for each environment that is named.
    On(PeopleByEnvironment),
}

/// For each environment roles in the repository and teams; the others keep the default.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct PeopleByEnvironment(pub(super) BTreeMap<String, People>);

impl JsonSchema for PeopleByEnvironment {
    fn schema_name() -> Cow<'static, str> {
        "PeopleByEnvironment".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let people = generator.subschema_for::<People>();
        json_schema!({ "type": "object", "additionalProperties": people })
    }
}

/// Who may give a command, by its name.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct CommandEntries(pub(super) BTreeMap<String, CommandEntry>);

impl JsonSchema for CommandEntries {
    fn schema_name() -> Cow<'static, str> {
        "Commands".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        keyed_by(&COMMANDS, &generator.subschema_for::<CommandEntry>())
    }
}

/// How hotfixes come back.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "HotfixesBack")]
pub(super) struct HotfixesEntry {
    /// How long one may be owed before a promotion waits for it: not at all where nothing is written.
    #[schemars(with = "Duration")]
    pub(super) carry_back_within: Option<At<Duration>>,
}

/// What an override needs besides the right to give it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename = "Overrides")]
pub(super) struct OverridesEntry {
    /// Whether a second person has to confirm it: false where nothing is written.
    #[schemars(with = "bool")]
    pub(super) second: Option<At<bool>>,
    /// How many the repository may have in a day, a week or a month: any number where nothing is written.
    #[schemars(with = "Budget")]
    pub(super) budget: Option<At<Budget>>,
}

/// A mapping that may have these keys, all with values of one kind.
fn keyed_by(names: &[&str], value: &Schema) -> Schema {
    let properties: BTreeMap<_, _> = names.iter().map(|name| (*name, value)).collect();
    json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
}
