//! What a deploy's settings mean.

use super::file::{self, At, BuildSetting, Deploy, ForeignEntry};
use crate::model::{DeploySettings, ForeignDeployments};
use std::time::Duration;

/// The settings that an entry describes, with defaults for what it leaves out.
pub(super) fn settings(entry: &Deploy) -> DeploySettings {
    let default = DeploySettings { driver: entry.driver(), driver_is_written: true, ..Default::default() };
    let Some(limits) = entry.limits() else { return default };
    DeploySettings {
        foreign: limits.foreign.as_ref().map(foreign_of).unwrap_or_default(),
        timeout: limits.timeout.as_ref().map_or(default.timeout, length),
        pick_up_within: limits.pick_up_within.as_ref().map_or(default.pick_up_within, length),
        cancel_within: limits.cancel_within.as_ref().map_or(default.cancel_within, length),
        build_settings: limits.build_settings.iter().filter_map(pair).collect(),
        ..default
    }
}

fn foreign_of(entry: &ForeignEntry) -> ForeignDeployments {
    match entry {
        ForeignEntry::Flag(all) if all.value => ForeignDeployments::All,
        ForeignEntry::Flag(_) => ForeignDeployments::None,
        ForeignEntry::Workflow(of) => ForeignDeployments::OfWorkflow { file: of.workflow.value.0.clone() },
    }
}

fn pair(setting: &At<BuildSetting>) -> Option<(String, String)> {
    let (name, value) = setting.value.0.split_once('=')?;
    Some((name.to_owned(), value.to_owned()))
}

/// The layout has it that this is a number of up to four digits and a unit.
pub(super) fn length(duration: &At<file::Duration>) -> Duration {
    let text = &duration.value.0;
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let unit = match unit {
        "m" => 60,
        "h" => 3_600,
        _ => 86_400,
    };
    Duration::from_secs(number.parse::<u64>().unwrap_or_default() * unit)
}

/// A length of time as the file spells it, in the largest unit that fits.
pub(super) fn spelled(length: Duration) -> String {
    let minutes = length.as_secs() / 60;
    match minutes {
        it if it % 1_440 == 0 => format!("{}d", it / 1_440),
        it if it % 60 == 0 => format!("{}h", it / 60),
        it => format!("{it}m"),
    }
}
