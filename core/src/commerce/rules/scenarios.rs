//! TP715: scenarios that leave out a step that keeps the shop safe.

use super::hooks::hooks;
use super::project::Application;
use super::tree::has_ending;
use super::yaml_files::note_unread;
use super::{Findings, Judged, Words, say};
use crate::commerce::read::{Step, read_scenario};
use crate::model::{Code, Outcome};

/// The most that a scenario may hold, in bytes.
const SCENARIO_MAX: usize = 1 << 20;

const ENABLE: &str = "enable-maintenance-mode";
const DISABLE: &str = "disable-maintenance-mode";

/// The steps that matter, and the ends of the names of the classes that carry them out.
const STEPS: [(&str, &str); 4] = [
    (ENABLE, "\\EnableMaintenanceMode"),
    ("disable-cron", "\\DisableCron"),
    ("install-update", "\\InstallUpdate"),
    (DISABLE, "\\DisableMaintenanceMode"),
];

/// The namespace of ece-tools.
const OWN: &str = "Magento\\MagentoCloud\\Step\\";

/// The scenarios of the repository that hooks name.
pub(super) fn named_files(application: &Application<'_>) -> Vec<String> {
    let asked = hooks(application).flat_map(|hook| hook.asked_of_ece_tools());
    asked.filter(|name| has_ending(name, "xml")).map(|name| application.file(&name)).collect()
}

pub(super) fn rules(judged: &Judged<'_>, findings: &mut Findings) {
    for application in judged.head.shops() {
        let mut altered = Vec::new();
        let mut paths = named_files(application);
        paths.sort_unstable();
        paths.dedup();
        for path in paths {
            let Some(text) = judged.head.tree.text(&path, SCENARIO_MAX) else { continue };
            match text.and_then(read_scenario) {
                Ok(steps) => altered
                    .extend(steps.into_iter().flatten().filter(is_altered).map(|it| (path.clone(), it))),
                Err(unread) => note_unread(Code::ScenarioStepSkipped, &path, &unread, findings),
            }
        }
        let skips = |name: &str| altered.iter().any(|(_, step)| step.skip && step.name == name);
        let is_uneven = skips(ENABLE) != skips(DISABLE);
        for (path, step) in &altered {
            let is_half = step.skip && is_uneven && (step.name == ENABLE || step.name == DISABLE);
            tell(path, step, is_half, findings);
        }
    }
}

/// Whether a step is one of those that matter, and left out or carried out by another class.
fn is_altered(step: &Step) -> bool {
    let Some((_, class)) = STEPS.iter().find(|(name, _)| *name == step.name) else { return false };
    let is_own = |given: &String| given.starts_with(OWN) && given.ends_with(class);
    step.skip || step.class.as_ref().is_some_and(|given| !is_own(given))
}

fn tell(path: &str, step: &Step, is_half: bool, findings: &mut Findings) {
    let name = step.name.as_str();
    let severity = if is_half { Outcome::Fail } else { Outcome::Warn };
    let title =
        if step.skip { "The step % is left out" } else { "The step % is carried out by another class" };
    let detail = match (name, is_half) {
        (ENABLE, true) => {
            "The next deploy upgrades the database under customers who order, and ends a maintenance that nobody began."
        }
        (DISABLE, true) => {
            "The next deploy puts the shop into maintenance, and nothing ends that: it stays away."
        }
        (ENABLE | DISABLE, false) => {
            "The next deploy does not keep customers out as ece-tools does it while the database changes."
        }
        ("disable-cron", _) => {
            "Crons go on while the database changes; their locks and half-done work stay behind."
        }
        _ => {
            "The database is not upgraded and the configuration not imported as ece-tools does it: new code may run on an old database."
        }
    };
    let words = Words {
        title: say(title, [name]),
        detail: say(detail, []),
        remedy: say(
            "Remove the step % from the file. To run something else too, add a step of your own.",
            [name],
        ),
    };
    findings.add(Code::ScenarioStepSkipped, severity, (path, step.line), words);
}
