//! What was where, and who brought it: the questions here, the file format in `file.rs`.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    BranchName, CommitId, Deployed, EnvironmentName, ForPeople, LedgerTip, MergedPull, OpenPull, PushedAt,
    TreeId, UnixSeconds, UserMessage, VerifiedTree,
};

/// Which commit each branch pointed at, and when; what was merged how, what is open, what was deployed: all
/// that git forgets or never knew.
///
/// Commits that a repository does not know are no obstacle; they are simply never found in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    tips: BTreeMap<BranchName, Vec<LedgerTip>>,
    pushes: BTreeMap<BranchName, Vec<PushedAt>>,
    merged: Option<Vec<MergedPull>>,
    open: Vec<OpenPull>,
    verified: Option<Vec<VerifiedTree>>,
    /// The environments whose deploys are reported; every one if `verified` is known and this is not.
    reported: Option<BTreeSet<EnvironmentName>>,
}

/// Why a ledger file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// It is not JSON of the expected shape, or holds a name that is none. The message has line and column.
    #[error("the ledger is not valid")]
    Invalid(#[from] serde_json::Error),
    /// It was written for another version.
    #[error("the ledger has version {0}; only version 1 is understood")]
    Version(u64),
}

impl ForPeople for LedgerError {
    fn for_people(&self) -> UserMessage {
        match self {
            Self::Invalid(why) => UserMessage::new(format!("{self}: {why}")),
            Self::Version(_) => UserMessage::new(self.to_string()),
        }
    }
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
        pushes.insert(pushes.partition_point(|other| other.moment() <= push.moment()), push);
    }

    /// Everything `branch` is known to have pointed at, in order of time.
    pub fn tips(&self, branch: &BranchName) -> &[LedgerTip] {
        self.tips.get(branch).map_or(&[], Vec::as_slice)
    }

    /// Every commit `branch` is known to have been pushed at, in order of time.
    pub fn pushes(&self, branch: &BranchName) -> &[PushedAt] {
        self.pushes.get(branch).map_or(&[], Vec::as_slice)
    }

    /// Every known push of every topic.
    pub fn all_pushes(&self) -> impl Iterator<Item = (&BranchName, &PushedAt)> {
        self.pushes.iter().flat_map(|(branch, all)| all.iter().map(move |push| (branch, push)))
    }

    /// The topic that was the first to be pushed at this commit.
    pub fn first_pushed_at(&self, commit: CommitId) -> Option<&BranchName> {
        let here = self.all_pushes().filter(|(_, push)| push.commit == commit);
        here.min_by_key(|(_, push)| push.moment()).map(|(branch, _)| branch)
    }

    /// Records which pull requests were merged, the oldest first. Without a call nothing is known of any.
    pub fn set_merged(&mut self, merged: Vec<MergedPull>) {
        self.merged = Some(merged);
    }

    /// Records which pull requests are open.
    pub fn set_open(&mut self, open: Vec<OpenPull>) {
        self.open = open;
    }

    /// Records which files were deployed where, and accepted. Without a call nothing is known of any.
    pub fn set_verified(&mut self, verified: Vec<VerifiedTree>) {
        self.verified = Some(verified);
    }

    /// The same where deploys of the environments in `reported` are reported and of others never were: of those nothing
    /// is known.
    pub fn set_reported(&mut self, verified: Vec<VerifiedTree>, reported: BTreeSet<String>) {
        self.reported = Some(reported.into_iter().map(EnvironmentName::from).collect());
        self.verified = Some(verified);
    }

    /// The pull requests that were merged, the oldest first; `None` where nothing is known of any.
    pub fn merged(&self) -> Option<&[MergedPull]> {
        self.merged.as_deref()
    }

    /// The pull requests that are open.
    pub fn open(&self) -> &[OpenPull] {
        &self.open
    }

    /// Whether the environment called `environment` was deployed with these files, and accepted.
    pub fn deployed(&self, environment: &str, tree: TreeId) -> Deployed {
        // By any spelling: one that is not known for the same would count as silence.
        let environment = EnvironmentName::from(environment);
        let speaks = self.reported.as_ref().is_none_or(|reported| reported.contains(&environment));
        match self.verified.as_ref().filter(|_| speaks) {
            None => Deployed::NobodyReports,
            Some(all) if all.iter().any(|it| environment == *it.environment.as_str() && it.tree == tree) => {
                Deployed::Yes
            }
            Some(_) => Deployed::No,
        }
    }

    /// What `branch` pointed at at a moment.
    pub fn tip_at(&self, branch: &BranchName, at: UnixSeconds) -> Option<&LedgerTip> {
        let tips = self.tips(branch);
        tips[..tips.partition_point(|tip| tip.at <= at)].last()
    }

    /// The same ledger as it was at a moment: what came later is left out.
    #[must_use]
    pub fn until(&self, at: UnixSeconds) -> Self {
        let mut earlier = self.clone();
        for tips in earlier.tips.values_mut() {
            tips.retain(|tip| tip.at <= at);
        }
        for pushes in earlier.pushes.values_mut() {
            pushes.retain(|push| push.at <= at);
        }
        earlier
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MergeMethod, PullNumber, TipSource};

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn a_ledger_is_read_in_order_of_time() {
        let json = format!(
            r#"{{"version":1,"tips":[{{"branch":"staging","sha":"{SHA}","at":20}},
                {{"branch":"staging","sha":"{SHA}","at":10}}],
                "pushes":[{{"branch":"feature/x","sha":"{SHA}","at":5}}],
                "merged":[{{"head":"{SHA}","branch":"feature/x","base":"integration","method":"squash"}}],
                "open":[{{"branch":"feature/y","sha":"{SHA}","number":7,"author":"ana"}}],
                "verified":[{{"environment":"staging","tree":"{SHA}"}}]}}"#
        );
        let ledger = Ledger::parse(&json).unwrap();
        let merged = ledger.merged().unwrap();
        assert!(
            merged[0].method == Some(MergeMethod::Squash) && merged[0].origin.branch.as_str() == "feature/x"
        );
        assert_eq!(ledger.open()[0].origin.number, Some(PullNumber(7)));
        let tree: TreeId = SHA.parse().unwrap();
        assert_eq!(ledger.deployed("staging", tree), Deployed::Yes);
        assert_eq!(ledger.deployed("production", tree), Deployed::No);
        assert_eq!(Ledger::default().deployed("staging", tree), Deployed::NobodyReports);
        let staging = BranchName::new("staging").unwrap();
        assert_eq!(ledger.tips(&staging).iter().map(|tip| tip.at.0).collect::<Vec<_>>(), [10, 20]);
        assert_eq!(ledger.pushes(&BranchName::new("feature/x").unwrap()).len(), 1);
        assert_eq!(ledger.tips(&BranchName::new("none").unwrap()), []);
        assert_eq!(Ledger::parse(r#"{"version":1}"#).unwrap(), Ledger::default());
    }

    #[test]
    fn it_can_be_asked_what_was_where_at_a_moment() {
        let mut ledger = Ledger::default();
        let branch = BranchName::new("production").unwrap();
        for (byte, at) in [(1, 10), (2, 20), (3, 20), (4, 30)] {
            let commit = CommitId::from_bytes([byte; 20]);
            ledger
                .add_tip(branch.clone(), LedgerTip { commit, at: UnixSeconds(at), source: TipSource::Push });
        }
        let at = |at| ledger.tip_at(&branch, UnixSeconds(at)).map(|tip| tip.commit.as_bytes()[0]);
        assert_eq!([at(9), at(10), at(20), at(29), at(99)], [None, Some(1), Some(3), Some(3), Some(4)]);
        assert_eq!(ledger.until(UnixSeconds(20)).tips(&branch).len(), 3);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let json = format!(
            r#"{{"version":1,"tips":[{{"branch":"staging","sha":"{SHA}","at":20,"source":"backfill"}}],
                "pushes":[{{"branch":"feature/x","sha":"{SHA}","at":5}}],
                "merged":[{{"head":"{SHA}","branch":"x","base":"integration","commit":"{SHA}","fork":true}}],
                "open":[{{"branch":"feature/y","sha":"{SHA}","number":7,"author":"ana"}}],
                "verified":[{{"environment":"staging","tree":"{SHA}"}}],"reported":["staging"]}}"#
        );
        let ledger = Ledger::parse(&json).unwrap();
        let other: TreeId = "1".repeat(40).parse().unwrap();
        assert_eq!(ledger.deployed("staging", other), Deployed::No);
        assert_eq!(ledger.deployed("integration", other), Deployed::NobodyReports);
        assert_eq!(ledger.merged().unwrap()[0].method, None);
        assert!(ledger.merged().unwrap()[0].origin.fork);
        assert_eq!(Ledger::parse(&ledger.to_file()).unwrap(), ledger);
        assert_eq!(Ledger::default().to_file(), "{\n  \"version\": 1\n}\n");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let error = |json: &str| crate::model::error_chain(&Ledger::parse(json).unwrap_err());
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
        let method = error(&format!(
            r#"{{"version":1,"merged":[{{"head":"{SHA}","branch":"x","base":"y","method":"fast"}}]}}"#
        ));
        assert!(method.contains("unknown variant `fast`") && method.contains("squash"), "{method}");
    }
}
