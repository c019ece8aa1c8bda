//! The files of a Commerce project: TP701–TP733.
//!
//! `commerce` has looked into them; here they become findings among the others, of what the branches let through.

use super::family::{ConfigKey, Fact, Family, PATH, Reach, Trigger};
use super::source::{Route, may_be_rollback};
use crate::model::{Code, Facts, FileFinding, Finding, Level, PromotionPath, PullEnds, Role, TicketsOn};

/// The rules of Adobe Commerce, where the preset is on. What a merge gives depends on all that the base has.
pub(super) const FAMILY: Family = Family {
    name: "files of Adobe Commerce",
    codes: &CODES,
    facts: &[Fact::CommerceFiles, Fact::Acceptance],
    altered_by: &[
        PATH,
        &[
            (Trigger::AttestationChanged, Reach::ALWAYS),
            (Trigger::ConfigChanged(ConfigKey::Requires), Reach::ALWAYS),
            (Trigger::ConfigChanged(ConfigKey::Commerce), Reach::ALWAYS),
            (Trigger::BaseAdvanced, Reach::ALWAYS),
            (Trigger::BaseRewritten, Reach::ALWAYS),
        ],
    ],
};

const CODES: [Code; 33] = [
    Code::WebsiteDeleted,
    Code::ServiceRenamed,
    Code::ServiceDowngraded,
    Code::MountMoved,
    Code::SecretInFile,
    Code::YamlInvalid,
    Code::VariableInvalid,
    Code::RelationshipInvalid,
    Code::LockOutOfDate,
    Code::BuildHook,
    Code::DeployHook,
    Code::IdealStateLost,
    Code::StaticContentOnDemand,
    Code::VariableIgnored,
    Code::ScenarioStepSkipped,
    Code::ProtectiveBlockOff,
    Code::ServicesByTicket,
    Code::RoutesByTicket,
    Code::CronTooOften,
    Code::DiskTooSmall,
    Code::PhpExtensions,
    Code::PhpVersion,
    Code::EndOfLife,
    Code::RedisUnsupported,
    Code::VersionSkipped,
    Code::SearchEngine,
    Code::VariableWithoutEffect,
    Code::Patches,
    Code::GeneratedCommitted,
    Code::PhpSettings,
    Code::CloudVariable,
    Code::ModulesMissing,
    Code::BranchUnfit,
];

/// Whether the files are judged: of what may go into an environment of a Commerce project at all.
pub(super) fn are_judged(path: &PromotionPath, pull: &PullEnds, route: &Route) -> bool {
    let may_go =
        matches!(route, Route::Topic | Route::Promotion | Route::BackMerge) || may_be_rollback(path, pull);
    path.commerce.is_some() && may_go && matches!(path.role(&pull.base.branch), Role::Environment(_))
}

/// What was found in the files.
pub(super) fn findings(path: &PromotionPath, facts: &Facts, route: &Route) -> Vec<Finding> {
    if !are_judged(path, &facts.pull, route) {
        return Vec::new();
    }
    let is_told = |found: &&FileFinding| !is_of_the_ticket(path, facts, found);
    facts.files.iter().filter(is_told).cloned().map(Finding::from).collect()
}

/// Whether the ticket that the configuration asks for is about this: TP407 then waits for it, and ends with it. Said twice, it could
/// be ended by an override alone.
fn is_of_the_ticket(path: &PromotionPath, facts: &Facts, found: &FileFinding) -> bool {
    let of_services = match path.role(&facts.pull.base.branch) {
        Role::Environment(base) => {
            base.requires.tickets.as_ref().is_some_and(|it| it.on == TicketsOn::Services)
        }
        _ => false,
    };
    let takes_one = match found.code {
        Code::ServicesByTicket => true,
        Code::RoutesByTicket => !of_services,
        _ => false,
    };
    let Some(ticket) = facts.acceptance.ticket.as_ref().filter(|_| takes_one) else { return false };
    let is_waited_for = path.rules.level(Code::TicketNeeded) == Level::Enforce;
    let place = found.place.as_ref();
    (ticket.is_due || is_waited_for) && place.is_some_and(|place| ticket.paths.contains(&place.path))
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use super::super::tests::{brings_nothing, pull};
    use crate::model::{
        Code, CommerceSettings, Facts, FileFinding, FilePlace, History, Level, Outcome, PromotionPath,
        TicketState,
    };

    fn found(code: Code, severity: Outcome) -> FileFinding {
        let (title, detail, remedy) = Default::default();
        FileFinding { code, severity, level: Level::Enforce, place: None, title, detail, remedy }
    }

    fn facts((head, base): (&str, &str)) -> Facts {
        let files = vec![
            found(Code::WebsiteDeleted, Outcome::Fail),
            found(Code::VariableWithoutEffect, Outcome::Pass),
        ];
        let history = History::Topic(brings_nothing());
        Facts { files, ..Facts::new(pull(head, base, false), history) }
    }

    #[test]
    fn the_files_count_where_the_preset_is_on_and_by_the_levels_of_the_project() {
        let mut path = PromotionPath::pro();
        let told = |path: &PromotionPath, ends| {
            let verdict = judge(path, &facts(ends));
            let codes = verdict.findings.iter().map(|it| it.cause.code().as_str()).collect::<Vec<_>>();
            (verdict.outcome(), codes.join(" "))
        };
        assert_eq!(told(&path, ("x", "integration")), (Outcome::Pass, String::new()));
        path.commerce = Some(CommerceSettings::built_in(&path.environments));
        assert_eq!(told(&path, ("x", "integration")), (Outcome::Fail, "TP701 TP727".to_owned()));
        assert_eq!(told(&path, ("x", "production")).1, "TP101", "what may not come in is not looked into");
        assert_eq!(told(&path, ("x", "feature/y")), (Outcome::Pass, String::new()));
        path.rules.set(Code::WebsiteDeleted, Level::Warn);
        assert_eq!(told(&path, ("x", "integration")), (Outcome::Warn, "TP701 TP727".to_owned()));
        path.rules.set(Code::WebsiteDeleted, Level::Off);
        path.rules.set(Code::VariableWithoutEffect, Level::Off);
        assert_eq!(told(&path, ("x", "integration")), (Outcome::Pass, String::new()));
    }

    #[test]
    fn what_waits_for_a_ticket_that_the_configuration_asks_for_is_said_once() {
        let mut path = PromotionPath::pro();
        path.commerce = Some(CommerceSettings::built_in(&path.environments));
        let at = |code, path: &str| {
            let place = Some(FilePlace { path: path.to_owned(), line: 3 });
            FileFinding { place, ..found(code, Outcome::Wait) }
        };
        let services = ".magento/services.yaml";
        let mut facts = facts(("x", "integration"));
        facts.files =
            vec![at(Code::ServicesByTicket, services), at(Code::RoutesByTicket, ".magento/routes.yaml")];
        let told = |path: &PromotionPath, is_due: Option<bool>| {
            let ticket = is_due.map(|is_due| TicketState {
                paths: vec![services.to_owned()],
                acknowledged: None,
                is_due,
            });
            let mut facts = facts.clone();
            facts.acceptance.ticket = ticket;
            let findings = judge(path, &facts).findings;
            findings.iter().map(|it| it.cause.code().as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(told(&path, None), "TP717 TP718");
        assert_eq!(told(&path, Some(false)), "TP718", "TP407 waits for the one, and for nothing else");
        path.rules.set(Code::TicketNeeded, Level::Observe);
        assert_eq!(told(&path, Some(false)), "TP717 TP718", "what keeps nothing back takes no other's place");
        assert_eq!(told(&path, Some(true)), "TP718");
    }
}
