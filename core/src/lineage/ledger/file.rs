//! The ledger as a file.

use super::{Ledger, LedgerError};
use crate::model::{
    BranchName, CommitId, EnvironmentName, LedgerTip, MergeMethod, MergedPull, OpenPull, Origin, PullNumber,
    PushedAt, TipSource, TreeId, UnixSeconds, VerifiedTree,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The version that is read and written.
const VERSION: u64 = 1;

impl Ledger {
    /// Reads a ledger file. Where a tip does not say how it is known, a push was seen: its time is when the
    /// branch was pointed there.
    pub fn parse(json: &str) -> Result<Self, LedgerError> {
        let Version { version } = serde_json::from_str(json)?;
        if version != VERSION {
            return Err(LedgerError::Version(version));
        }
        let file: File = serde_json::from_str(json)?;
        let mut ledger = Self::default();
        for Tip { branch, sha, at, source } in file.tips {
            ledger.add_tip(branch, LedgerTip { commit: sha, at, source });
        }
        for Push { branch, sha, at, new } in file.pushes {
            ledger.add_push(branch, PushedAt { commit: sha, at, is_new: new });
        }
        ledger.merged = file.merged.map(|merged| merged.into_iter().map(MergedPull::from).collect());
        ledger.open = file.open.into_iter().map(OpenPull::from).collect();
        ledger.verified = file.verified.map(|all| all.into_iter().map(VerifiedTree::from).collect());
        ledger.reported = file.reported;
        Ok(ledger)
    }

    /// The ledger as such a file, for people to read too.
    pub fn to_file(&self) -> String {
        let tips = self.tips.iter().flat_map(|(branch, tips)| {
            let tip =
                |it: &LedgerTip| Tip { branch: branch.clone(), sha: it.commit, at: it.at, source: it.source };
            tips.iter().map(tip)
        });
        let pushes = self.all_pushes().map(|(branch, push)| Push {
            branch: branch.clone(),
            sha: push.commit,
            at: push.at,
            new: push.is_new,
        });
        let file = File {
            version: VERSION,
            tips: tips.collect(),
            pushes: pushes.collect(),
            merged: self.merged.as_ref().map(|all| all.iter().cloned().map(Merged::from).collect()),
            open: self.open.iter().cloned().map(Open::from).collect(),
            verified: self.verified.as_ref().map(|all| all.iter().cloned().map(Verified::from).collect()),
            reported: self.reported.clone(),
        };
        // Names and numbers only: nothing in it that JSON cannot hold.
        serde_json::to_string_pretty(&file).map(|text| text + "\n").unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// The file. A list of another name is a mistake that would silently change verdicts.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tips: Vec<Tip>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pushes: Vec<Push>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merged: Option<Vec<Merged>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    open: Vec<Open>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified: Option<Vec<Verified>>,
    /// Without it, a list of what is verified speaks of every environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reported: Option<BTreeSet<EnvironmentName>>,
}

#[derive(Serialize, Deserialize)]
struct Tip {
    branch: BranchName,
    sha: CommitId,
    at: UnixSeconds,
    #[serde(default)]
    source: TipSource,
}

#[derive(Serialize, Deserialize)]
struct Push {
    branch: BranchName,
    sha: CommitId,
    at: UnixSeconds,
    /// Whether nobody had pushed the commit before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    new: bool,
}

/// A merged pull request. Number, author and the commit that came of it only make the words better.
#[derive(Serialize, Deserialize)]
struct Merged {
    head: CommitId,
    branch: BranchName,
    base: BranchName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<MergeMethod>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<CommitId>,
    #[serde(flatten)]
    known: PullFields,
}

#[derive(Serialize, Deserialize)]
struct Open {
    branch: BranchName,
    sha: CommitId,
    #[serde(flatten)]
    known: PullFields,
}

/// What is known of a pull request beside its branch.
#[derive(Serialize, Deserialize)]
struct PullFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<PullNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    fork: bool,
}

impl PullFields {
    fn of(origin: Origin) -> (BranchName, Self) {
        (origin.branch, Self { number: origin.number, author: origin.author, fork: origin.fork })
    }

    fn origin(self, branch: BranchName) -> Origin {
        Origin { number: self.number, branch, author: self.author, fork: self.fork }
    }
}

#[derive(Serialize, Deserialize)]
struct Verified {
    environment: String,
    tree: TreeId,
}

impl From<Merged> for MergedPull {
    fn from(it: Merged) -> Self {
        let origin = it.known.origin(it.branch);
        Self { origin, head: it.head, base: it.base, method: it.method, commit: it.commit }
    }
}

impl From<MergedPull> for Merged {
    fn from(it: MergedPull) -> Self {
        let (branch, known) = PullFields::of(it.origin);
        Self { head: it.head, branch, base: it.base, method: it.method, commit: it.commit, known }
    }
}

impl From<Open> for OpenPull {
    fn from(it: Open) -> Self {
        Self { origin: it.known.origin(it.branch), head: it.sha }
    }
}

impl From<OpenPull> for Open {
    fn from(it: OpenPull) -> Self {
        let (branch, known) = PullFields::of(it.origin);
        Self { branch, sha: it.head, known }
    }
}

impl From<Verified> for VerifiedTree {
    fn from(it: Verified) -> Self {
        Self { environment: it.environment, tree: it.tree }
    }
}

impl From<VerifiedTree> for Verified {
    fn from(it: VerifiedTree) -> Self {
        Self { environment: it.environment, tree: it.tree }
    }
}
