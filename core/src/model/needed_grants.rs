//! What Towpath needs of GitHub, what for, and what does not work without. The manifest that is handed to GitHub,
//! `app-manifest.yml`, the documents, the set-up page and the doctor are made from this one table.

use super::{Grants, capitalized};

/// A permission that the App asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NeededPermission {
    /// GitHub's name.
    pub name: &'static str,
    /// The level at which everything works.
    pub level: &'static str,
    /// The level without which hardly anything does; `None` where it may be left away.
    pub least: Option<&'static str>,
    /// What it is for, in sentences.
    pub reason: &'static str,
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
    /// What it tells, in sentences.
    pub reason: &'static str,
    /// What does not work without it.
    pub without: &'static str,
}

/// The permissions, in the order of `app-manifest.yml`.
pub const NEEDED_PERMISSIONS: [NeededPermission; 10] = [
    NeededPermission {
        name: "actions",
        level: "write",
        least: None,
        reason: "To dispatch workflows that deploy (`driver: actions`), to answer jobs that wait to be let into an environment, and, with `preset: commerce`, to read the log of a job that deployed and failed. For the log alone `read` is enough. Without it everything else works.",
        without: "no workflow is dispatched, no waiting job is let in, and no job's log is read",
    },
    NeededPermission {
        name: "checks",
        level: "write",
        least: Some("write"),
        reason: "To show the verdict and keep it current.",
        without: "no check is shown",
    },
    NeededPermission {
        name: "contents",
        level: "write",
        least: Some("read"),
        reason: "To mirror the history that verdicts are made from, to move the copy branch along after a release, to make the branch that carries a merged hotfix back, and to make branches and merge promotions when somebody with the right to asks for it. With `read` everything else works; what would be written says what is missing.",
        without: "the copy branch is not moved along, no hotfix is carried back, no branch is made, and `/promote` merges nothing",
    },
    NeededPermission {
        name: "deployments",
        level: "write",
        least: None,
        reason: "To make a Deployment of each merge into an environment, to follow it, and to hear what others deploy.",
        without: "nothing is deployed, and nobody's deploys are followed",
    },
    NeededPermission {
        name: "issues",
        level: "write",
        least: None,
        reason: "To raise one issue when the copy branch cannot follow or an environment's branch was rewritten, and to close it. To be told of comments, where commands are given, to react to them anywhere, and to reply on plain issues.",
        without: "comments are not heard, and nobody is told when the copy branch breaks",
    },
    NeededPermission {
        name: "members",
        level: "read",
        least: None,
        reason: "To look up who is in a team that a repository's `commands` names. Without it everything else works; where no team is named it is never used.",
        without: "nobody is known to be in a team",
    },
    NeededPermission {
        name: "merge_queues",
        level: "read",
        least: None,
        reason: "To judge the entries of merge queues.",
        without: "entries of merge queues get no check",
    },
    NeededPermission {
        name: "metadata",
        level: "read",
        least: Some("read"),
        reason: "Always there.",
        without: "no repository is seen",
    },
    NeededPermission {
        name: "pull_requests",
        level: "write",
        least: Some("read"),
        reason: "To read pull requests and be told of reviews, keep comments on them, reply and react to commands there, to open those that carry a hotfix back or bring the copy branch along, and to retarget, open or merge one when asked.",
        without: "nothing is commented, and no pull request is opened",
    },
    NeededPermission {
        name: "statuses",
        level: "write",
        least: None,
        reason: "So that rulesets let the check be chosen, and pinned to this App, as a required one.",
        without: "rulesets do not let the check be chosen with Towpath as its source",
    },
];

/// The events, in the order of `app-manifest.yml`.
pub const NEEDED_EVENTS: [NeededEvent; 10] = [
    NeededEvent {
        name: "deployment_protection_rule",
        by: "deployments",
        reason: "A job waits to be let into an environment.",
        without: "jobs that ask to be let into an environment wait for ever",
    },
    NeededEvent {
        name: "deployment_status",
        by: "deployments",
        reason: "Somebody says how a deploy goes.",
        without: "the end of a deploy is noticed late or never",
    },
    NeededEvent {
        name: "issue_comment",
        by: "issues",
        reason: "Somebody comments; commands are given in comments.",
        without: "commands in comments are not heard",
    },
    NeededEvent {
        name: "merge_group",
        by: "merge_queues",
        reason: "A merge queue wants to know about what it has put together.",
        without: "entries of merge queues get no check",
    },
    NeededEvent {
        name: "pull_request",
        by: "pull_requests",
        reason: "A pull request is opened, pushed to, retargeted, merged or closed.",
        without: "pull requests are noticed a quarter of an hour late",
    },
    NeededEvent {
        name: "pull_request_review",
        by: "pull_requests",
        reason: "Somebody reviews a pull request: a sign-off, where the project takes it for one. Commands are understood there, too.",
        without: "commands in reviews are not heard, and approvals are noticed an hour late",
    },
    NeededEvent {
        name: "pull_request_review_comment",
        by: "pull_requests",
        reason: "The same on a line of its difference.",
        without: "commands at lines are not heard",
    },
    NeededEvent {
        name: "push",
        by: "contents",
        reason: "A branch moves: the history that verdicts are made from, and what is deployed.",
        without: "merges and pushes are noticed a quarter of an hour late",
    },
    NeededEvent {
        name: "repository",
        by: "metadata",
        reason: "A repository is renamed, moved, archived or deleted.",
        without: "renames and deletions are noticed late",
    },
    NeededEvent {
        name: "workflow_run",
        by: "actions",
        reason: "A workflow that deploys begins or ends.",
        without: "the end of a dispatched workflow is noticed a minute late",
    },
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

    /// Whether GitHub's form lists it under the organisation's.
    pub fn is_of_organisations(&self) -> bool {
        self.name == "members"
    }

    /// How little may be granted: `no` where it may not be less.
    pub fn may_be_less(&self) -> &'static str {
        match self.least {
            None => "none",
            Some(least) if least == self.level => "no",
            Some(least) => least,
        }
    }
}

impl NeededEvent {
    /// What GitHub's pages call it.
    pub fn label(&self) -> String {
        grant_in_words(self.name)
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
    capitalized(&name.replace('_', " "))
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

    /// A comment of the manifest, in lines that are not too long.
    fn comment(reason: &str) -> String {
        let (mut lines, mut line) = (String::new(), String::from("  #"));
        for word in reason.split(' ') {
            if line.len() + 1 + word.len() > 100 {
                lines.push_str(&line);
                lines.push('\n');
                line = "  #".to_owned();
            }
            line.push(' ');
            line.push_str(word);
        }
        format!("{lines}{line}\n")
    }

    #[test]
    fn the_manifest_is_made_from_the_table() {
        let permission =
            |it: &NeededPermission| format!("{}  {}: {}\n", comment(it.reason), it.name, it.level);
        let event = |it: &NeededEvent| format!("{}  - {}\n", comment(it.reason), it.name);
        let permissions: String = NEEDED_PERMISSIONS.iter().map(permission).collect();
        let events: String = NEEDED_EVENTS.iter().map(event).collect();
        let made = format!("\ndefault_permissions:\n{permissions}default_events:\n{events}#");
        let manifest = include_str!("../../../app-manifest.yml");
        assert!(manifest.contains(&made), "app-manifest.yml should hold{made}");
    }

    #[test]
    fn the_documents_tell_each_grant_with_its_reason() {
        let documents = [
            ("docs/permissions.md", include_str!("../../../docs/permissions.md")),
            ("docs/running.md", include_str!("../../../docs/running.md")),
        ];
        let holds = |place: usize, row: &str| {
            assert!(documents[place].1.contains(row), "{} lacks\n{row}", documents[place].0);
        };
        let row = |it: &NeededPermission| {
            format!("| {} | {} | {} | {} |\n", it.label(), it.may_be_less(), it.reason, it.without)
        };
        let rows: String = NEEDED_PERMISSIONS.iter().map(row).collect();
        holds(0, &rows);
        let row = |it: &NeededEvent| format!("| {} | {} | {} |\n", it.label(), it.reason, it.without);
        holds(0, &NEEDED_EVENTS.iter().map(row).collect::<String>());
        let labels = |of_organisations: bool| {
            let all = NEEDED_PERMISSIONS.iter().filter(|it| it.is_of_organisations() == of_organisations);
            all.map(NeededPermission::label).collect::<Vec<_>>().join(" · ")
        };
        holds(1, &format!("| Repository permissions | {} |\n", labels(false)));
        holds(1, &format!("| Organization permissions | {} |\n", labels(true)));
        let events = NEEDED_EVENTS.iter().map(NeededEvent::label).collect::<Vec<_>>().join(" · ");
        holds(1, &format!("| Events | {events} |\n"));
    }

    #[test]
    fn each_grant_is_missed_by_itself_and_said_to_be_essential_where_it_is() {
        assert_eq!(all().missing_of_manifest(), []);
        for NeededPermission { name, level, least, without, .. } in NEEDED_PERMISSIONS {
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
