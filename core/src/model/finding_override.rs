//! Overrides: a person's decision that one finding on one pull request keeps nothing back.

use super::{BranchName, Cause, Code, CommitId, UnixMillis, UserId, UserKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What somebody has decided about the findings of one code on one pull request, as they were found then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Its number among the overrides of its pull request: 1, 2, 3.
    pub id: u64,
    /// The code of the finding.
    pub code: Code,
    /// The head commit that it was given for: another one ends it.
    pub head: CommitId,
    /// The base branch that it was given for: another one ends it.
    pub base: BranchName,
    /// What was found, as [`Cause::evidence`] has it: when something else is found, the override ends.
    pub evidence: String,
    /// The login of whoever gave it, or the name that the operator gave.
    pub by: String,
    /// Their account; `None` for the operator, and where an earlier version has stored it.
    #[serde(default)]
    pub by_id: Option<UserId>,
    /// Why, in their words.
    pub reason: String,
    /// When it was given.
    pub at: UnixMillis,
    /// When it ends by itself, whatever happens.
    #[serde(default)]
    pub until: Option<UnixMillis>,
    /// The second person, who has confirmed it.
    #[serde(default)]
    pub confirmed_by: Option<String>,
    /// Their account; `None` where an earlier version has stored it.
    #[serde(default)]
    pub confirmed_by_id: Option<UserId>,
    /// Whether it needs a second person.
    #[serde(default)]
    pub needs_second: bool,
    /// The command that gave it, by its comment and its place there: what it gives, it gives once. `None` where an earlier
    /// version has stored it.
    #[serde(default)]
    pub command: Option<String>,
    /// When it was found to be over before its time, because its head, its base or what was found is another: it does not
    /// come back.
    #[serde(default)]
    pub ended: Option<UnixMillis>,
}

/// What a verdict tells of the override of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overridden {
    /// Who gave it.
    pub by: String,
    /// The second person, where there was one.
    #[serde(default)]
    pub confirmed_by: Option<String>,
    /// Why, in the words of who gave it.
    pub reason: String,
    /// When it ends by itself, if it does.
    #[serde(default)]
    pub until: Option<UnixMillis>,
}

impl From<&Override> for Overridden {
    fn from(given: &Override) -> Self {
        let Override { by, confirmed_by, reason, until, .. } = given.clone();
        Self { by, confirmed_by, reason, until }
    }
}

impl Override {
    /// Whoever gave it.
    pub fn giver(&self) -> UserKey<'_> {
        UserKey { login: &self.by, id: self.by_id }
    }

    /// The second person, who has confirmed it.
    pub fn confirmer(&self) -> Option<UserKey<'_>> {
        Some(UserKey { login: self.confirmed_by.as_deref()?, id: self.confirmed_by_id })
    }

    /// Whether another one was given for the same: the same code, head, base and finding.
    pub fn is_for_same(&self, other: &Self) -> bool {
        let given_for = |it: &Self| (it.code, it.head, it.base.clone(), it.evidence.clone());
        given_for(self) == given_for(other)
    }

    /// Whether it counts at this moment, on what it was given for.
    pub fn is_in_force(&self, now: UnixMillis) -> bool {
        let is_confirmed = !self.needs_second || self.confirmed_by.is_some();
        is_confirmed && !self.is_over(now)
    }

    /// Whether it has ended, confirmed or not.
    pub fn is_over(&self, now: UnixMillis) -> bool {
        self.ended.is_some() || self.until.is_some_and(|until| until <= now)
    }
}

impl Code {
    /// Whether a person may decide that a finding of this code keeps nothing back. Where history would be damaged, or
    /// nothing is known, nobody may; a lock and a hold are ended by commands of their own, and a rollback is asked for again.
    pub const fn can_be_overridden(self) -> bool {
        !matches!(
            self,
            Self::ForkHead
                | Self::CopyTakesOnly
                | Self::PromotionInStack
                | Self::PreparedRollback
                | Self::UnrelatedHistory
                | Self::MergeConflicts
                | Self::Locked
                | Self::Held
                | Self::ConfigurationInvalid
                | Self::CouldNotDecide
        )
    }
}

/// Stored as people see it, so that it stays the same whatever the variants are called.
impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let known = Self::ALL.into_iter().find(|code| code.as_str() == text);
        known.ok_or_else(|| D::Error::custom(format!("{text:?} is no code")))
    }
}

/// What a finding says besides what was found: since when, on which line, what would help, how much else comes along, and
/// what is learned of other people's work later.
const BESIDES: [&str; 17] = [
    "at",
    "author",
    "behind",
    "brings",
    "brought",
    "came_along",
    "carried_by",
    "first",
    "in_conflict",
    "line",
    "merge",
    "merge_back",
    "reasons",
    "repair",
    "since",
    "waits",
    "waits_from",
];

impl Cause {
    /// A digest of what was found: two findings with the same one are the same finding, though time has passed, other
    /// commits have come in, or more is known of where commits are from.
    pub fn evidence(&self) -> String {
        let found = serde_json::to_value(self.as_found()).map(essence);
        let found = found.map_or_else(|_| format!("{self:?}"), |found| found.to_string());
        hex::encode(Sha256::digest(found))
    }
}

/// The same without what says more than was found; a commit is its name alone.
fn essence(found: Value) -> Value {
    match found {
        Value::Array(all) => all.into_iter().map(essence).collect(),
        Value::Object(fields) if fields.contains_key("id") && fields.contains_key("parents") => {
            fields["id"].clone()
        }
        Value::Object(fields) => {
            let told = fields.into_iter().filter(|(key, _)| !BESIDES.contains(&key.as_str()));
            told.map(|(key, value)| (key, essence(value))).collect()
        }
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Commit, Divergence, Origin, PullNumber, Repair, TreeId, UnixSeconds};

    fn given() -> Override {
        Override {
            id: 1,
            code: Code::UntestedTree,
            head: CommitId::from_bytes([1; 20]),
            base: BranchName::new("production").unwrap(),
            evidence: Cause::HeadBehind.evidence(),
            by: "rita".to_owned(),
            by_id: None,
            reason: "a typo".to_owned(),
            at: UnixMillis(5),
            until: None,
            confirmed_by: None,
            confirmed_by_id: None,
            needs_second: false,
            command: None,
            ended: None,
        }
    }

    fn commit(seed: u8) -> Commit {
        Commit {
            id: CommitId::from_bytes([seed; 20]),
            tree: TreeId::from_bytes([seed; 20]),
            parents: Vec::new(),
            subject: "work".to_owned(),
            author: "ada".to_owned(),
            committed_at: UnixSeconds(7),
            made_by_github: false,
            origin: None,
        }
    }

    fn untested(only_on_base: Vec<Commit>) -> Cause {
        Cause::UntestedTree { only_on_base, divergence: Divergence::default(), mended: Vec::new() }
    }

    #[test]
    fn an_override_is_in_force_once_it_is_confirmed_and_while_its_time_lasts() {
        assert!(given().is_in_force(UnixMillis::MAX));
        let timed = Override { until: Some(UnixMillis(10)), ..given() };
        assert_eq!([9, 10].map(|now| timed.is_in_force(UnixMillis(now))), [true, false]);
        let alone = Override { needs_second: true, ..given() };
        assert!(!alone.is_in_force(UnixMillis(6)));
        let both = Override { confirmed_by: Some("sam".to_owned()), ..alone };
        assert!(both.is_in_force(UnixMillis(6)));
        let ended = Override { ended: Some(UnixMillis(5)), ..both };
        assert!(!ended.is_in_force(UnixMillis(6)));
    }

    #[test]
    fn what_is_stored_comes_back_and_names_the_code() {
        let text = serde_json::to_string(&given()).unwrap();
        assert!(text.contains(r#""code":"TP301""#), "{text}");
        assert_eq!(serde_json::from_str::<Override>(&text).unwrap(), given());
        assert!(serde_json::from_str::<Code>(r#""TP999""#).is_err());
        for code in Code::ALL {
            let text = serde_json::to_string(&code).unwrap();
            assert_eq!(serde_json::from_str::<Code>(&text).unwrap(), code);
        }
    }

    #[test]
    fn damage_and_what_has_a_command_of_its_own_cannot_be_overridden() {
        let firm = Code::ALL.into_iter().filter(|code| !code.can_be_overridden()).map(Code::as_str);
        assert_eq!(
            firm.collect::<Vec<_>>(),
            ["TP103", "TP107", "TP108", "TP111", "TP206", "TP302", "TP402", "TP406", "TP601", "TP901"]
        );
    }

    #[test]
    fn what_is_learned_later_makes_no_other_finding() {
        let branch = |name| BranchName::new(name).unwrap();
        let known = Origin { number: Some(PullNumber(3)), branch: branch("x"), author: None, fork: false };
        let origin = Some(Origin { author: Some("ada".to_owned()), ..known.clone() });
        let promoted = Cause::UntestedTree {
            only_on_base: vec![Commit { origin: origin.clone(), ..commit(1) }],
            divergence: Divergence {
                first: Some(crate::model::PromoteFirst { from: branch("a"), into: branch("b") }),
                merge_back: Some(crate::model::MergeBack { into: branch("a"), joins: true }),
                ..Divergence::default()
            },
            mended: Vec::new(),
        };
        assert_eq!(promoted.evidence(), untested(vec![commit(1)]).evidence());
        let deploying = |since| Cause::Deploying { environment: "staging".to_owned(), since, ended: None };
        assert_eq!(deploying(UnixSeconds(1)).evidence(), deploying(UnixSeconds(2)).evidence());
        let frozen = |since, reason: &str| Cause::Frozen {
            environment: "production".to_owned(),
            since,
            until: Some(UnixSeconds(9)),
            reasons: vec![reason.to_owned()],
        };
        assert_eq!(frozen(None, "night").evidence(), frozen(Some(UnixSeconds(1)), "audit").evidence());
        let stacked = |author: Option<&str>| Cause::Stacked {
            on: vec![Origin { author: author.map(str::to_owned), ..known.clone() }],
        };
        assert_eq!(stacked(None).evidence(), stacked(Some("ada")).evidence());
        let carries = |brought, picks: Vec<Commit>, plain_merges: Vec<CommitId>| Cause::CarriesHistory {
            foreign: vec![(branch("staging"), vec![commit(2)])],
            plain_merges,
            brought,
            came_along: brought,
            entered: vec![commit(3)],
            repair: Repair { picks, ..Repair::default() },
        };
        let later = carries(2, vec![commit(4)], vec![commit(2).id]);
        assert_eq!(carries(3, Vec::new(), Vec::new()).evidence(), later.evidence());
    }

    #[test]
    fn whatever_else_is_found_is_another_finding() {
        let staging = || "staging".to_owned();
        let deploying = |ended: Option<&str>| Cause::Deploying {
            environment: staging(),
            since: UnixSeconds(1),
            ended: ended.map(str::to_owned),
        };
        let wrong =
            |needs: &str| Cause::WrongBase { belongs_on: None, needs: vec![BranchName::new(needs).unwrap()] };
        let all = [
            untested(Vec::new()),
            untested(vec![commit(1)]),
            untested(vec![commit(2)]),
            untested(vec![commit(1), commit(2)]),
            Cause::UnknownCommits { commits: vec![commit(1)] },
            Cause::NotVerified { environment: staging(), failed_late: None },
            Cause::NotVerified { environment: "qa".to_owned(), failed_late: None },
            deploying(None),
            deploying(Some("failure")),
            wrong("staging"),
            wrong("integration"),
            Cause::HeadBehind,
            Cause::NothingToPromote,
        ];
        let digests: std::collections::BTreeSet<String> = all.iter().map(Cause::evidence).collect();
        assert_eq!(digests.len(), all.len());
        assert!(digests.iter().all(|digest| digest.len() == 64));
    }
}
