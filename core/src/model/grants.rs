//! What an installation grants the App, and what of it commands lack.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What an installation grants the App, or what the App asks for, by GitHub's names.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Grants {
    /// The level of each permission: `read`, `write`, `admin`.
    pub permissions: BTreeMap<String, String>,
    /// The events that are sent.
    pub events: BTreeSet<String>,
}

impl Grants {
    /// Whether a permission is granted at this level.
    pub fn allows(&self, permission: &str, level: &str) -> bool {
        let granted = self.permissions.get(permission).map(String::as_str);
        // Each level holds those before it.
        let levels = ["read", "write", "admin"];
        let place = |word: &str| levels.iter().position(|it| *it == word);
        granted.and_then(place).is_some_and(|granted| Some(granted) >= place(level))
    }

    /// GitHub sends an event only to those who may read what it is about.
    fn sends(&self, event: &str, about: &str) -> bool {
        self.events.contains(event) && self.allows(about, "read")
    }

    fn has(&self, grant: CommandGrant) -> bool {
        match grant {
            CommandGrant::IssueComment => self.sends("issue_comment", "issues"),
            CommandGrant::PullRequestReview => self.sends("pull_request_review", "pull_requests"),
            CommandGrant::PullRequestReviewComment => {
                self.sends("pull_request_review_comment", "pull_requests")
            }
            CommandGrant::Issues => self.allows("issues", "write"),
            CommandGrant::PullRequests => self.allows("pull_requests", "write"),
            CommandGrant::Members => self.allows("members", "read"),
        }
    }

    /// What commands need that an installation with these grants lacks, where it lacks any of it; `asked` is what the
    /// App asks its installations for, where that is known.
    pub fn missing_for_commands(&self, asked: Option<&Self>) -> Option<MissingGrants> {
        let missing = CommandGrant::ALL.into_iter().filter(|it| !self.has(*it));
        let is_asked = |grant: &CommandGrant| asked.is_none_or(|asked| asked.has(*grant));
        let (to_accept, to_ask_for) = missing.partition(is_asked);
        Some(MissingGrants { to_accept, to_ask_for }).filter(|it| !it.is_empty())
    }
}

/// A permission or an event that commands need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandGrant {
    /// The event of comments on issues and pull requests.
    IssueComment,
    /// The event of reviews.
    PullRequestReview,
    /// The event of comments on a pull request's lines.
    PullRequestReviewComment,
    /// To react to comments, and to reply on issues.
    Issues,
    /// To reply on pull requests.
    PullRequests,
    /// To know who is in a team.
    Members,
}

impl CommandGrant {
    /// All of them: events first.
    pub const ALL: [Self; 6] = [
        Self::IssueComment,
        Self::PullRequestReview,
        Self::PullRequestReviewComment,
        Self::Issues,
        Self::PullRequests,
        Self::Members,
    ];

    /// What GitHub's pages call it.
    pub fn label(self) -> &'static str {
        match self {
            Self::IssueComment => "Issue comment",
            Self::PullRequestReview => "Pull request review",
            Self::PullRequestReviewComment => "Pull request review comment",
            Self::Issues => "Issues: write",
            Self::PullRequests => "Pull requests: write",
            Self::Members => "Members: read",
        }
    }
}

/// What commands need and an installation does not grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingGrants {
    /// What the App asks for, and the account has not accepted.
    pub to_accept: BTreeSet<CommandGrant>,
    /// What the App itself does not ask for, so that nobody can accept it.
    pub to_ask_for: BTreeSet<CommandGrant>,
}

impl MissingGrants {
    /// What of it matters: members are asked for only where a team is named.
    pub fn that_matter(&self, teams_named: bool) -> Option<Self> {
        let mut matter = self.clone();
        for grants in [&mut matter.to_accept, &mut matter.to_ask_for] {
            grants.retain(|it| teams_named || *it != CommandGrant::Members);
        }
        Some(matter).filter(|it| !it.is_empty())
    }

    fn is_empty(&self) -> bool {
        self.to_accept.is_empty() && self.to_ask_for.is_empty()
    }

    /// Whether this is among them.
    pub fn contains(&self, grant: CommandGrant) -> bool {
        self.to_accept.contains(&grant) || self.to_ask_for.contains(&grant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(permissions: &[(&str, &str)], events: &[&str]) -> Grants {
        let owned = |(name, level): &(&str, &str)| ((*name).to_owned(), (*level).to_owned());
        Grants {
            permissions: permissions.iter().map(owned).collect(),
            events: events.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    fn missing(granted: &Grants, asked: Option<&Grants>) -> Vec<&'static str> {
        let missing = granted.missing_for_commands(asked);
        missing.iter().flat_map(|it| &it.to_accept).map(|it| it.label()).collect()
    }

    const PERMISSIONS: [(&str, &str); 3] =
        [("issues", "write"), ("pull_requests", "write"), ("members", "read")];
    const EVENTS: [&str; 3] = ["issue_comment", "pull_request_review", "pull_request_review_comment"];

    #[test]
    fn each_grant_that_commands_need_is_missed_by_itself() {
        let all = grants(&PERMISSIONS, &EVENTS);
        assert_eq!(all.missing_for_commands(None), None);
        for event in EVENTS {
            let rest: Vec<_> = EVENTS.into_iter().filter(|it| *it != event).collect();
            assert_eq!(missing(&grants(&PERMISSIONS, &rest), None).len(), 1, "{event}");
        }
        let without = |name: &str, level: Option<&'static str>| {
            let permissions = PERMISSIONS.into_iter().filter_map(|(it, had)| {
                let level = if it == name { level } else { Some(had) };
                level.map(|level| (it, level))
            });
            missing(&grants(&permissions.collect::<Vec<_>>(), &EVENTS), None)
        };
        assert_eq!(without("members", None), ["Members: read"]);
        assert_eq!(without("members", Some("write")), [""; 0]);
        assert_eq!(without("issues", Some("read")), ["Issues: write"]);
        assert_eq!(without("issues", Some("a new word")), ["Issue comment", "Issues: write"]);
        assert_eq!(without("issues", Some("admin")), [""; 0]);
        assert_eq!(without("pull_requests", None).len(), 3, "the events of reviews need it as well");
    }

    #[test]
    fn what_the_app_does_not_ask_for_cannot_be_accepted() {
        let all = grants(&PERMISSIONS, &EVENTS);
        let fewer = grants(&PERMISSIONS[..2], &["issue_comment"]);
        let to_ask_for = |asked| fewer.missing_for_commands(asked).unwrap().to_ask_for;
        assert_eq!(to_ask_for(Some(&all)), BTreeSet::new());
        assert_eq!(to_ask_for(None), BTreeSet::new());
        assert_eq!(to_ask_for(Some(&fewer)).len(), 3);
        let reviews = grants(&PERMISSIONS[..2], &EVENTS);
        let both = fewer.missing_for_commands(Some(&reviews)).unwrap();
        assert_eq!((both.to_accept.len(), both.to_ask_for), (2, BTreeSet::from([CommandGrant::Members])));
    }

    #[test]
    fn members_matter_only_where_teams_are_named() {
        let missing = grants(&PERMISSIONS[..2], &EVENTS).missing_for_commands(None).unwrap();
        assert_eq!(missing.that_matter(true).as_ref(), Some(&missing));
        assert_eq!(missing.that_matter(false), None);
    }
}
