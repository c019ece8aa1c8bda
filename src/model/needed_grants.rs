//! What Towpath needs of GitHub, and what does not work without: the permissions and events of `app-manifest.yml`.

use super::Grants;

/// A permission that the App asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeededPermission {
    /// GitHub's name.
    pub name: &'static str,
    /// The level at which everything works.
    pub level: &'static str,
    /// The level without which hardly anything does; `None` where it may be left away.
    pub least: Option<&'static str>,
    /// What does not work without it.
    pub without: &'static str,
}

/// An event that the App asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeededEvent {
    /// GitHub's name.
    pub name: &'static str,
    /// The permission by which it is sent.
    pub by: &'static str,
    /// What does not work without it.
    pub without: &'static str,
}

const fn permission(
    name: &'static str,
    level: &'static str,
    least: Option<&'static str>,
    without: &'static str,
) -> NeededPermission {
    NeededPermission { name, level, least, without }
}

const fn event(name: &'static str, by: &'static str, without: &'static str) -> NeededEvent {
    NeededEvent { name, by, without }
}

/// The permissions of `app-manifest.yml`.
pub const NEEDED_PERMISSIONS: [NeededPermission; 10] = [
    permission("actions", "write", None, "no workflow is dispatched, and no waiting job is let in"),
    permission("checks", "write", Some("write"), "no check is shown"),
    permission(
        "contents",
        "write",
        Some("read"),
        "the copy branch is not moved along, and no branch is rebuilt",
    ),
    permission("deployments", "write", None, "nothing is deployed, and nobody's deploys are followed"),
    permission(
        "issues",
        "write",
        None,
        "comments are not heard, and nobody is told when the copy branch breaks",
    ),
    permission("members", "read", None, "nobody is known to be in a team"),
    permission("merge_queues", "read", None, "entries of merge queues get no check"),
    permission("metadata", "read", Some("read"), "no repository is seen"),
    permission("pull_requests", "write", Some("read"), "nothing is commented, and no pull request is opened"),
    permission(
        "statuses",
        "write",
        None,
        "rulesets do not let the check be chosen with Towpath as its source",
    ),
];

/// The events of `app-manifest.yml`.
pub const NEEDED_EVENTS: [NeededEvent; 10] = [
    event(
        "deployment_protection_rule",
        "deployments",
        "jobs that ask to be let into an environment wait for ever",
    ),
    event("deployment_status", "deployments", "the end of a deploy is noticed late or never"),
    event("issue_comment", "issues", "commands in comments are not heard"),
    event("merge_group", "merge_queues", "entries of merge queues get no check"),
    event("pull_request", "pull_requests", "pull requests are noticed a quarter of an hour late"),
    event("pull_request_review", "pull_requests", "commands in reviews are not heard"),
    event("pull_request_review_comment", "pull_requests", "commands at lines are not heard"),
    event("push", "contents", "merges and pushes are noticed a quarter of an hour late"),
    event("repository", "metadata", "renames and deletions are noticed late"),
    event("workflow_run", "actions", "the end of a dispatched workflow is noticed a minute late"),
];

/// Something that is missing, as GitHub's pages call it, and what does not work without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingGrant {
    /// `Actions: write`, `Issue comment`.
    pub label: String,
    /// What does not work without it.
    pub without: &'static str,
    /// Whether hardly anything works without it.
    pub is_essential: bool,
}

impl NeededPermission {
    /// What GitHub's pages call it.
    pub fn label(&self) -> String {
        format!("{}: {}", grant_in_words(self.name), self.level)
    }
}

impl Grants {
    /// What the manifest asks for and these grants lack.
    pub fn missing_of_manifest(&self) -> Vec<MissingGrant> {
        let permissions = NEEDED_PERMISSIONS.iter().filter(|it| !self.allows(it.name, it.level));
        let permissions = permissions.map(|it| MissingGrant {
            label: it.label(),
            without: it.without,
            is_essential: it.least.is_some_and(|least| !self.allows(it.name, least)),
        });
        let events = NEEDED_EVENTS.iter().filter(|it| !self.events.contains(it.name));
        // What may be left away may be left away with its events.
        let is_essential = |it: &NeededEvent| ["push", "pull_request"].contains(&it.name);
        let events = events.map(|it| MissingGrant {
            label: grant_in_words(it.name),
            without: it.without,
            is_essential: is_essential(it),
        });
        permissions.chain(events).collect()
    }

    /// Of what the App asks for, what these grants of an installation lack.
    pub fn not_accepted(&self, asked: &Self) -> Vec<MissingGrant> {
        let asked_for = asked.missing_of_manifest();
        let mut missing = self.missing_of_manifest();
        missing.retain(|it| !asked_for.iter().any(|other| other.label == it.label));
        missing
    }

    /// Whether an event of this name is sent.
    pub fn hears(&self, event: &str) -> bool {
        let by = NEEDED_EVENTS.iter().find(|it| it.name == event).map_or("metadata", |it| it.by);
        self.events.contains(event) && (by == "metadata" || self.allows(by, "read"))
    }
}

/// A permission or an event as GitHub's pages write it: `pull_requests` is *Pull requests* there.
pub fn grant_in_words(name: &str) -> String {
    if name == "statuses" {
        return "Commit statuses".to_owned();
    }
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Grants {
        Grants {
            permissions: NEEDED_PERMISSIONS
                .iter()
                .map(|it| (it.name.to_owned(), it.level.to_owned()))
                .collect(),
            events: NEEDED_EVENTS.iter().map(|it| it.name.to_owned()).collect(),
        }
    }

    #[test]
    fn it_is_what_the_manifest_asks_for() {
        let manifest = include_str!("../../app-manifest.yml");
        let (permissions, events) =
            manifest.split_once("default_permissions:").unwrap().1.split_once("default_events:").unwrap();
        let lines = |text: &'static str| {
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
        };
        let asked: Vec<_> = lines(permissions).map(str::to_owned).collect();
        let known: Vec<_> =
            NEEDED_PERMISSIONS.iter().map(|it| format!("{}: {}", it.name, it.level)).collect();
        assert_eq!(asked, known);
        let asked: Vec<_> = lines(events).filter_map(|line| line.strip_prefix("- ")).collect();
        assert_eq!(asked, NEEDED_EVENTS.map(|it| it.name));
    }

    #[test]
    fn the_document_says_of_each_permission_what_does_not_work_without_it() {
        let document = include_str!("../../docs/running.md");
        for it in NEEDED_PERMISSIONS {
            let least = match it.least {
                None => "none".to_owned(),
                Some(least) if least == it.level => "no".to_owned(),
                Some(least) => format!("`{least}`"),
            };
            let row = format!("| {} | {least} | {} |\n", it.label(), it.without);
            assert!(document.contains(&row), "docs/running.md lacks {row}");
        }
    }

    #[test]
    fn each_grant_is_missed_by_itself_and_said_to_be_essential_where_it_is() {
        assert_eq!(all().missing_of_manifest(), []);
        for NeededPermission { name, level, least, without } in NEEDED_PERMISSIONS {
            let mut grants = all();
            grants.permissions.remove(name);
            let missing = grants.missing_of_manifest();
            let [one] = &missing[..] else { panic!("{name}: {missing:?}") };
            assert_eq!((one.without, one.is_essential), (without, least.is_some()), "{name}");
            if least == Some("read") && level == "write" {
                grants.permissions.insert(name.to_owned(), "read".to_owned());
                let missing = grants.missing_of_manifest();
                assert!(!missing[0].is_essential, "{name} works in part with read");
            }
        }
        for NeededEvent { name, by, .. } in NEEDED_EVENTS {
            let mut grants = all();
            assert!(grants.hears(name), "{name}");
            grants.events.remove(name);
            assert_eq!(grants.missing_of_manifest().len(), 1, "{name}");
            assert!(!grants.hears(name), "{name}");
            grants.events.insert(name.to_owned());
            grants.permissions.remove(by);
            assert_eq!(grants.hears(name), by == "metadata", "{name} is sent to who may read {by}");
        }
    }

    #[test]
    fn what_the_app_does_not_ask_for_nobody_can_accept() {
        let mut asked = all();
        asked.permissions.remove("actions");
        let mut granted = asked.clone();
        granted.permissions.insert("issues".to_owned(), "read".to_owned());
        granted.events.remove("push");
        let labels: Vec<_> = granted.not_accepted(&asked).into_iter().map(|it| it.label).collect();
        assert_eq!(labels, ["Issues: write", "Push"]);
    }
}
