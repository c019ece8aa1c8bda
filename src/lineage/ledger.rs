use std::collections::BTreeMap;

use crate::flow::{BranchName, CommitId, LedgerTip, PushedAt, TipSource};

/// Which commit each branch pointed at, and when: what git forgets.
///
/// Commits that a repository does not know are no obstacle; they are simply never found in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    tips: BTreeMap<BranchName, Vec<LedgerTip>>,
    pushes: BTreeMap<BranchName, Vec<PushedAt>>,
}

/// Why a ledger file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It is not JSON of the expected shape, or holds a name that is none. The message has line and column.
    #[error("the ledger is not valid: {0}")]
    Invalid(#[from] serde_json::Error),
    /// It was written for another version.
    #[error("the ledger has version {0}; only version 1 is understood")]
    Version(u64),
}

impl Ledger {
    /// Records that the environment or copy branch `branch` pointed at a commit.
    pub fn add_tip(&mut self, branch: BranchName, tip: LedgerTip) {
        let tips = self.tips.entry(branch).or_default();
        tips.insert(tips.partition_point(|other| other.at <= tip.at), tip);
    }

    /// Records that the topic `branch` was pushed at a commit.
    pub fn add_push(&mut self, branch: BranchName, push: PushedAt) {
        let pushes = self.pushes.entry(branch).or_default();
        pushes.insert(pushes.partition_point(|other| other.at <= push.at), push);
    }

    /// Everything `branch` is known to have pointed at, in order of time.
    pub fn tips(&self, branch: &BranchName) -> &[LedgerTip] {
        self.tips.get(branch).map_or(&[], Vec::as_slice)
    }

    /// Every commit `branch` is known to have been pushed at, in order of time.
    pub fn pushes(&self, branch: &BranchName) -> &[PushedAt] {
        self.pushes.get(branch).map_or(&[], Vec::as_slice)
    }

    /// Reads a ledger file. Its tips count as seen pushes: their time is when the branch was pointed there.
    pub fn parse(json: &str) -> Result<Self, LedgerError> {
        let Version { version } = serde_json::from_str(json)?;
        if version != 1 {
            return Err(LedgerError::Version(version));
        }
        let file: File = serde_json::from_str(json)?;
        let mut ledger = Self::default();
        for Entry { branch, sha, at } in file.tips {
            ledger.add_tip(branch, LedgerTip { commit: sha, at, source: TipSource::Push });
        }
        for Entry { branch, sha, at } in file.pushes {
            ledger.add_push(branch, PushedAt { commit: sha, at });
        }
        Ok(ledger)
    }
}

#[derive(serde::Deserialize)]
struct Version {
    version: u64,
}

/// The file. Lists that no rule reads are taken and left alone; a list of another name is a mistake that
/// would silently change verdicts.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "version")]
    _version: u64,
    #[serde(default)]
    tips: Vec<Entry>,
    #[serde(default)]
    pushes: Vec<Entry>,
    #[serde(default, rename = "merged")]
    _merged: Vec<serde::de::IgnoredAny>,
    #[serde(default, rename = "open")]
    _open: Vec<serde::de::IgnoredAny>,
    #[serde(default, rename = "verified")]
    _verified: Vec<serde::de::IgnoredAny>,
}

#[derive(serde::Deserialize)]
struct Entry {
    branch: BranchName,
    sha: CommitId,
    at: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_ledger_is_read_in_order_of_time() {
        let json = format!(
            r#"{{"version":1,"tips":[{{"branch":"staging","sha":"{SHA}","at":20}},
                {{"branch":"staging","sha":"{SHA}","at":10}}],
                "pushes":[{{"branch":"feature/x","sha":"{SHA}","at":5}}],
                "merged":[{{"head":"x"}}],"open":[],"verified":[]}}"#
        );
        let ledger = Ledger::parse(&json).unwrap();
        let staging = BranchName::new("staging").unwrap();
        assert_eq!(ledger.tips(&staging).iter().map(|tip| tip.at).collect::<Vec<_>>(), [10, 20]);
        assert_eq!(ledger.pushes(&BranchName::new("feature/x").unwrap()).len(), 1);
        assert_eq!(ledger.tips(&BranchName::new("none").unwrap()), []);
        assert_eq!(Ledger::parse(r#"{"version":1}"#).unwrap(), Ledger::default());
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let error = |json: &str| Ledger::parse(json).unwrap_err().to_string();
        assert!(error(r#"{"version":2}"#).contains("version 2"), "{}", error(r#"{"version":2}"#));
        let bad_sha = error("{\"version\":1,\n\"tips\":[{\"branch\":\"staging\",\"sha\":\"12\",\"at\":1}]}");
        assert!(bad_sha.contains("forty hexadecimal digits") && bad_sha.contains("line 2"), "{bad_sha}");
        let bad_branch =
            error(&format!("{{\"version\":1,\"tips\":[{{\"branch\":\"a b\",\"sha\":\"{SHA}\",\"at\":1}}]}}"));
        assert!(bad_branch.contains("branch name") && bad_branch.contains("line 1"), "{bad_branch}");
        assert!(error("{").contains("line 1"));
        assert!(error("[]").contains("line 1"));
        assert!(error(r#"{"tips":[]}"#).contains("version"));
        assert!(error(r#"{"version":1,"tip":[]}"#).contains("unknown field `tip`"));
    }
}
