//! What a line says of the way of a deploy.

use super::line::{Line, number};
use crate::model::Phase;

/// What ece-tools runs: the deploy's three hooks, or scenarios of the project's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    Of(Phase),
    Other,
}

/// A failure that the platform tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PlatformFailure {
    /// A hook ended with this exit status; `None` where the line does not tell it.
    Hook(Phase, Option<u16>),
    /// The configuration is not accepted.
    Invalid,
    /// The image of the application cannot be built.
    Build,
    /// The build cannot be brought to where it is to run.
    Upload,
    /// The environment cannot be set up.
    Provision,
}

/// What a line says of the way of a deploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Landmark {
    /// Commits have come: a deploy begins.
    Commits,
    /// An application is built, or its build is used again.
    Building,
    /// The environment is set up anew.
    Redeploying,
    /// A step begins; the phase is the current one where it is in more than one.
    Step(Option<Phase>, &'static str),
    /// A step ends.
    EndOf(&'static str),
    /// The platform runs a hook of an application.
    Hook(Phase),
    /// ece-tools begins a scenario.
    Scenario(Scenario),
    /// ece-tools has come to the end of a scenario.
    Finished,
    /// The maintenance page is shown from now on.
    MaintenanceOn,
    /// No longer.
    MaintenanceOff,
    /// The platform lets requests in.
    Opened,
    /// The platform gives up.
    Failed(PlatformFailure),
    /// The post-deploy does nothing because the deploy had failed.
    Skipped,
}

use Landmark::{
    Building, Commits, EndOf, Failed, Finished, Hook, MaintenanceOff, MaintenanceOn, Opened, Redeploying,
    Skipped, Step,
};
use PlatformFailure::{Build, Invalid, Provision, Upload};

/// How lines of the platform begin.
const OF_THE_PLATFORM: [(&str, Landmark); 25] = [
    ("Building application", Building),
    ("Reusing existing build for this tree ID", Building),
    ("Unable to upload the application to the remote cluster", Failed(Upload)),
    ("Unable to build application", Failed(Build)),
    ("Unknown error building the application", Failed(Build)),
    ("Unable to find stack", Failed(Build)),
    ("Cannot build application of type", Failed(Build)),
    ("Error verifying", Failed(Invalid)),
    ("Invalid deployment", Failed(Invalid)),
    ("Provisioning certificates", Step(Some(Phase::Deploy), "provision")),
    ("Redeploying environment", Redeploying),
    ("Preparing deployment", Step(Some(Phase::Deploy), "provision")),
    ("Closing service", Step(Some(Phase::Deploy), "provision")),
    ("Closing all services", Step(Some(Phase::Deploy), "provision")),
    ("Opening application", Step(Some(Phase::Deploy), "provision")),
    ("Executing deploy hook", Hook(Phase::Deploy)),
    ("Executing post-deploy hook", Hook(Phase::Verify)),
    ("Executing post_deploy hook", Hook(Phase::Verify)),
    ("Environment redeployment failed", Failed(Provision)),
    ("Environment creation failed", Failed(Provision)),
    ("Could not perform a rolling deployment", Failed(Provision)),
    ("Opening environment", Opened),
    ("Environment configuration", Opened),
    ("Environment routes", Opened),
    ("Deploy was failed", Skipped),
];

/// How lines of ece-tools begin.
const OF_ECE_TOOLS: [(&str, Landmark); 22] = [
    ("Scenario(s) finished", Finished),
    ("Applying patches", Step(Some(Phase::Build), "apply-patches")),
    ("Set Magento application mode to", Step(Some(Phase::Build), "set-production-mode")),
    ("Running DI compilation", Step(Some(Phase::Build), "compile-di")),
    ("Validating configuration", Step(None, "validate-config")),
    ("Generating fresh static content", Step(None, "deploy-static-content")),
    ("End of generating fresh static content", EndOf("deploy-static-content")),
    ("Starting pre-deploy", Step(Some(Phase::Deploy), "pre-deploy")),
    ("Enabling Maintenance mode", MaintenanceOn),
    ("Disable cron", Step(Some(Phase::Deploy), "disable-cron")),
    ("Trying to kill running cron jobs", Step(Some(Phase::Deploy), "disable-cron")),
    ("Running Magento cron and consumers processes were not found", EndOf("disable-cron")),
    ("Running Adobe Commerce cron and consumers processes were not found", EndOf("disable-cron")),
    ("Starting install", Step(Some(Phase::Deploy), "install-update: setup")),
    ("End of install", EndOf("install-update: setup")),
    ("Starting update", Step(Some(Phase::Deploy), "install-update: update")),
    ("End of update", EndOf("install-update: update")),
    ("Maintenance mode is disabled", MaintenanceOff),
    ("Starting post-deploy", Step(Some(Phase::Verify), "post-deploy")),
    ("Warmed up page", Step(Some(Phase::Verify), "warm-up")),
    ("Post-deploy is skipped because deploy was failed", Skipped),
    ("Post deploy is skipped because deploy was failed", Skipped),
];

impl Landmark {
    /// What a line says of the way of a deploy; `None` for most lines.
    pub(super) fn of(line: &Line<'_>) -> Option<Self> {
        let text = line.message;
        let begins =
            |(start, landmark): &(&str, Self)| text.starts_with(start.as_bytes()).then_some(*landmark);
        if !text.first()?.is_ascii_uppercase() {
            return None;
        }
        if let Some(names) = text.strip_prefix(b"Starting scenario(s): ") {
            return Some(Self::Scenario(scenario(names)));
        }
        let of_ece_tools = OF_ECE_TOOLS.iter().find_map(begins);
        if of_ece_tools.is_some() || line.level.is_some() {
            return of_ece_tools;
        }
        if text.starts_with(b"Found ") && contains(text, b" new commit") {
            return Some(Commits);
        }
        if let Some(failure) = failed_hook(text) {
            return Some(Failed(failure));
        }
        OF_THE_PLATFORM.iter().find_map(begins)
    }
}

/// By the file names behind *Starting scenario(s)*, before the versions in parentheses.
fn scenario(names: &[u8]) -> Scenario {
    let names = names.split(|byte| *byte == b'(').next().unwrap_or_default();
    let mut names = names.split(|byte| matches!(byte, b',' | b' '));
    let of = |name: &[u8]| {
        if name.starts_with(b"scenario/build") {
            Some(Phase::Build)
        } else if name.ends_with(b"scenario/post-deploy.xml") {
            Some(Phase::Verify)
        } else if name.ends_with(b"scenario/deploy.xml") {
            Some(Phase::Deploy)
        } else {
            None
        }
    };
    names.find_map(of).map_or(Scenario::Other, Scenario::Of)
}

/// `Error building project: The build hook failed with status code 12.` and its like.
fn failed_hook(text: &[u8]) -> Option<PlatformFailure> {
    let is_of_the_build = text.starts_with(b"Error building project");
    if ![&b"Error"[..], b"The "].into_iter().any(|start| text.starts_with(start)) {
        return None;
    }
    let status =
        find(text, b"failed with status code ").map(|at| &text[at + b"failed with status code ".len()..]);
    let status = status
        .and_then(|digits| number(&digits[..digits.iter().take_while(|byte| byte.is_ascii_digit()).count()]));
    let phase = if is_of_the_build || contains(text, b"build hook") {
        Phase::Build
    } else if contains(text, b"post-deploy hook") || contains(text, b"post_deploy hook") {
        Phase::Verify
    } else if contains(text, b"deploy hook") {
        Phase::Deploy
    } else {
        return None;
    };
    (is_of_the_build || status.is_some()).then_some(PlatformFailure::Hook(phase, status))
}

/// Where a text begins within another one.
fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// Whether a text is within another one.
pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    find(text, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_landmarks_where_they_begin_like_one() {
        let build = |status| Some(Failed(PlatformFailure::Hook(Phase::Build, status)));
        for (line, landmark) in [
            ("Found 2 new commits", Some(Commits)),
            ("Found 2 modules", None),
            ("  Building application 'app' (runtime type: php:8.3, tree: 9851a01)", Some(Building)),
            ("INFO: Building application", None),
            ("I am Building application", None),
            (
                "E: Error building project: The build hook failed with status code 12. Aborted build.",
                build(Some(12)),
            ),
            ("E: Error building project: Step failed with status code 4", build(Some(4))),
            ("E: Error building project: no space", build(None)),
            (
                "E: The deploy hook failed with status code 126",
                Some(Failed(PlatformFailure::Hook(Phase::Deploy, Some(126)))),
            ),
            ("Error: the deploy hook is not there", None),
            ("W: + php ./vendor/bin/ece-tools run scenario/deploy.xml", None),
            ("[2026-03-01 10:00:00] NOTICE: Enabling Maintenance mode", Some(MaintenanceOn)),
            ("Enabled maintenance mode", None),
        ] {
            assert_eq!(Landmark::of(&Line::read(line.as_bytes())), landmark, "{line}");
        }
    }

    #[test]
    fn scenarios_are_told_by_their_files() {
        for (names, scenario) in [
            ("scenario/deploy.xml (magento/ece-tools version: 2002.2.1)", Scenario::Of(Phase::Deploy)),
            ("scenario/post-deploy.xml", Scenario::Of(Phase::Verify)),
            ("scenario/build/generate.xml, scenario/build/transfer.xml", Scenario::Of(Phase::Build)),
            ("scenario/deploy.xml, vendor/acme/x/post-deploy.xml (x)", Scenario::Of(Phase::Deploy)),
            ("vendor/acme/x/deploy.xml (scenario/deploy.xml)", Scenario::Other),
        ] {
            let line = format!("INFO: Starting scenario(s): {names}");
            assert_eq!(
                Landmark::of(&Line::read(line.as_bytes())),
                Some(Landmark::Scenario(scenario)),
                "{names}"
            );
        }
    }
}
