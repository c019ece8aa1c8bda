//! The names of the checks: one type for all of them, so that no two can be taken for each other.

use super::{BranchName, CommitId, PromotionPath, RepositoryId};

/// What every name begins with.
const PREFIX: &str = "towpath: ";

/// As many characters of a name are relied on to tell two apart.
const TOLD_APART_BY: usize = 200;

/// What the check on the configuration and the one on the copy branch are about. A branch of such a name cannot be on a
/// path.
const CONFIGURATION: &str = "config";
const COPY: &str = "copy";

/// The name of a check run of ours on one commit.
///
/// Branch protection knows a check by its name alone: where two share one, whichever GitHub shows last decides. So each
/// knows whether another one of its path has its name, and then it never says that something may merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckName {
    about: Box<str>,
    is_shared: bool,
}

impl CheckName {
    /// The name as GitHub shows it: `towpath: staging`.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", self.about)
    }

    /// Our own key, by which the check run is found again.
    pub fn external_id(&self, repository: RepositoryId, commit: CommitId) -> String {
        format!("towpath/{repository}/{commit}/{}", self.about)
    }

    /// Whether another check of the same path has this name, or one that GitHub may take for it.
    pub fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// Whether a check run of this name is the one about this branch.
    pub fn is_about(text: &str, branch: &BranchName) -> bool {
        text.strip_prefix(PREFIX) == Some(branch.as_str())
    }

    /// What a check run of this name is about, if it has a name of ours.
    pub fn about(text: &str) -> Option<&str> {
        text.strip_prefix(PREFIX)
    }

    /// The name of the check that is about no branch and would be taken for the one about this branch, if there is one.
    pub fn taken(branch: &BranchName) -> Option<String> {
        let own = folded(branch.as_str());
        [CONFIGURATION, COPY].into_iter().find(|name| own == *name).map(|name| format!("{PREFIX}{name}"))
    }

    /// Whether the checks about two branches could be taken for each other.
    pub fn are_alike(one: &BranchName, other: &BranchName) -> bool {
        folded(one.as_str()) == folded(other.as_str())
    }
}

impl PromotionPath {
    /// The check on whether something may go into this branch.
    pub fn check_of_branch(&self, branch: &BranchName) -> CheckName {
        let alike = |other: &BranchName| other != branch && CheckName::are_alike(other, branch);
        let is_shared = CheckName::taken(branch).is_some() || self.judged_branches().any(alike);
        CheckName { about: branch.as_str().into(), is_shared }
    }

    /// The check on what a pull request would make of the configuration.
    pub fn check_of_configuration(&self) -> CheckName {
        self.check_of_no_branch(CONFIGURATION)
    }

    /// The check on whether the copy branch is one.
    pub fn check_of_copy(&self) -> CheckName {
        self.check_of_no_branch(COPY)
    }

    fn check_of_no_branch(&self, about: &str) -> CheckName {
        let is_shared = self.judged_branches().any(|branch| folded(branch.as_str()) == about);
        CheckName { about: about.into(), is_shared }
    }

    /// Whether two checks of this path would have one name. No configuration that is accepted has such.
    pub fn has_shared_checks(&self) -> bool {
        self.judged_branches().any(|branch| self.check_of_branch(branch).is_shared)
    }
}

/// A name as far as it can be relied on to tell two apart: GitHub may fold capitals, trim blanks, or cut.
fn folded(about: &str) -> String {
    about.trim().to_lowercase().chars().take(TOLD_APART_BY).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::config::Configuration;
    use proptest::prelude::*;

    fn branch(name: &str) -> BranchName {
        BranchName::new(name).unwrap()
    }

    fn all_of(path: &PromotionPath) -> Vec<CheckName> {
        let branches = path.judged_branches().map(|branch| path.check_of_branch(branch));
        branches.chain([path.check_of_configuration(), path.check_of_copy()]).collect()
    }

    fn told_apart(checks: &[CheckName]) -> bool {
        let commit = CommitId::from_bytes([7; 20]);
        let mut seen = std::collections::BTreeSet::new();
        checks.iter().all(|check| {
            let id = check.external_id(RepositoryId(1), commit);
            // As unkind as GitHub may be: no capitals, no blanks at the ends, and no more than so much.
            let plain = |text: &str| text.trim().to_lowercase().chars().take(209).collect::<String>();
            seen.insert(plain(&check.text())) && seen.insert(id)
        })
    }

    #[test]
    fn the_built_in_path_has_a_name_for_each_check() {
        let path = PromotionPath::pro();
        assert!(told_apart(&all_of(&path)) && !path.has_shared_checks());
        let names: Vec<String> = all_of(&path).iter().map(CheckName::text).collect();
        assert_eq!(names[1], "towpath: staging");
        assert_eq!(names[4..], ["towpath: config", "towpath: copy"]);
        assert!(CheckName::is_about("towpath: staging", &branch("staging")));
        assert!(!CheckName::is_about("towpath: Staging", &branch("staging")));
        assert!(!CheckName::is_about("staging", &branch("staging")));
    }

    #[test]
    fn a_name_that_two_checks_have_is_known_to_both() {
        for (taken, other) in [("config", "CONFIG"), ("Copy", "copy"), ("copy\u{3000}", "copy")] {
            let mut path = PromotionPath::pro();
            path.environments[0].branch = branch(taken);
            assert!(path.has_shared_checks(), "{taken:?}");
            assert!(path.check_of_branch(&branch(taken)).is_shared());
            assert!(path.check_of_branch(&branch(other)).is_shared());
            let both = (path.check_of_configuration().is_shared(), path.check_of_copy().is_shared());
            assert_eq!(both, (other == "CONFIG", other == "copy"));
        }
        let mut path = PromotionPath::pro();
        path.environments[0].branch = branch("Staging");
        assert!(path.check_of_branch(&branch("staging")).is_shared());
        assert!(!path.check_of_branch(&branch("production")).is_shared());
    }

    /// Names that are near each other, and near those that are taken.
    fn awkward() -> impl Strategy<Value = String> {
        prop_oneof![
            "[cC][oO][nN][fF][iI][gG]",
            "[cC][oO][pP][yY]",
            "[aA][bB]?",
            "[aA]{199}[bB]{0,3}",
            "(config|copy|a)[\u{a0}\u{3000}]",
            "(config|copy)[-/.]?[a-z]",
            "[\u{e9}\u{c9}\u{130}i\u{212a}k]{1,2}",
        ]
    }

    proptest! {
        #[test]
        fn no_valid_configuration_has_two_checks_of_one_name(
            names in proptest::collection::vec(awkward(), 1..5),
            copy in proptest::option::of(awkward()),
        ) {
            let mut lines = vec!["version: 1".to_owned(), "environments:".to_owned()];
            lines.extend(names.iter().enumerate().map(|(at, name)| {
                format!("  - {{ name: e{at}, branch: \"{name}\", accepts: [topics] }}")
            }));
            lines.extend(copy.map(|copy| format!("copy: {{ branch: \"{copy}\", of: e0 }}")));
            let text = lines.join("\n");
            match Configuration::read(&text) {
                Ok(read) => {
                    prop_assert!(told_apart(&all_of(read.path())), "{text}");
                    prop_assert!(!read.path().has_shared_checks());
                }
                // What is refused is known to be so where it is in force already.
                Err(_) => if let Some(kept) = Configuration::read_kept(&text) {
                    prop_assert!(kept.has_shared_checks(), "{text}");
                }
            }
        }
    }
}
