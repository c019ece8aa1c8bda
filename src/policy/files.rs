//! The files of a Commerce project: TP701–TP733.
//!
//! `commerce` has looked into them; here they become findings among the others, of what the branches let through.

use super::family::{ConfigKey, Fact, Family, PATH, Reach, Trigger};
use super::source::Route;
use crate::model::{Code, Facts, Finding, PromotionPath, PullEnds, Role};

/// The rules of Adobe Commerce, where the preset is on. What a merge gives depends on all that the base has.
pub(super) const FAMILY: Family = Family {
    name: "files of Adobe Commerce",
    codes: &CODES,
    facts: &[Fact::CommerceFiles],
    altered_by: &[
        PATH,
        &[
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
    let may_go = matches!(route, Route::Topic | Route::Promotion | Route::BackMerge);
    path.commerce.is_some() && may_go && matches!(path.role(&pull.base.branch), Role::Environment(_))
}

/// What was found in the files.
pub(super) fn findings(path: &PromotionPath, facts: &Facts, route: &Route) -> Vec<Finding> {
    if !are_judged(path, &facts.pull, route) {
        return Vec::new();
    }
    facts.files.iter().cloned().map(Finding::from).collect()
}

#[cfg(test)]
mod tests {
    use super::super::judge;
    use crate::model::{
        Base, BranchName, Code, CommerceSettings, CommitId, Facts, FileFinding, Head, History, Level,
        Outcome, PromotionPath, PullEnds, TopicHistory,
    };

    fn found(code: Code, severity: Outcome) -> FileFinding {
        let (title, detail, remedy) = Default::default();
        FileFinding { code, severity, level: Level::Enforce, place: None, title, detail, remedy }
    }

    fn facts((head, base): (&str, &str)) -> Facts {
        let name = |branch| BranchName::new(branch).unwrap();
        let commit = CommitId::from_bytes([1; 20]);
        let pull = PullEnds {
            head: Head { branch: Some(name(head)), commit, fork: false },
            base: Base { branch: name(base), commit },
        };
        let files = vec![
            found(Code::WebsiteDeleted, Outcome::Fail),
            found(Code::VariableWithoutEffect, Outcome::Pass),
        ];
        let history = TopicHistory {
            related: true,
            brought: Vec::new(),
            lines: Vec::new(),
            former_tips: Vec::new(),
            pushes: Vec::new(),
            before_rebase: Vec::new(),
            others_pushes: Vec::new(),
            elsewhere: Vec::new(),
            already_merged: Vec::new(),
            stacked_on: Vec::new(),
            reverts: Vec::new(),
            changes_nothing: false,
        };
        Facts { files, ..Facts::new(pull, History::Topic(history)) }
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
}
