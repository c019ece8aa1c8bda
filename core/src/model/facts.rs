use super::calendar::FreezePeriod;
use super::{
    AcceptanceFacts, BranchName, Commit, CommitId, FileFinding, Hold, LateFailure, Lock, MergeBack,
    MergeMethods, MergedPull, OpenPull, Origin, Override, OwedHotfix, PlaceAwaited, PreparedRollback,
    PullRequestDetails, Revert, Snapshot, StackFacts, TreeId, UnixSeconds,
};

/// The branch a pull request would merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its name, without the owner of a fork. `None` when only a commit is known (`check pr --head SHA`).
    pub branch: Option<BranchName>,
    /// Its tip.
    pub commit: CommitId,
    /// Whether it lives in another repository than the base, or in one that is gone.
    pub fork: bool,
}

/// The branch a pull request would merge into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its name.
    pub branch: BranchName,
    /// Its tip.
    pub commit: CommitId,
}

/// The two ends of a pull request at the moment it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullEnds {
    /// What would be merged.
    pub head: Head,
    /// Where it would go.
    pub base: Base,
}

impl PullEnds {
    /// The same pull request as if it came from the environment whose snapshot its head is.
    #[must_use]
    pub fn promoting(&self, snapshot: &Snapshot) -> Self {
        let head = Head { branch: Some(snapshot.of.clone()), ..self.head.clone() };
        Self { head, base: self.base.clone() }
    }
}

/// How a ledger entry came to be known.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum TipSource {
    /// A push was seen: the time is when the branch was pointed there.
    #[default]
    Push,
    /// Read off the first-parent line later: the time is the commit's own.
    Backfill,
    /// Found by comparing refs: the time is when it was noticed.
    Reconciled,
}

/// One commit that a branch pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerTip {
    /// The commit.
    pub commit: CommitId,
    /// When; see [`TipSource`] for what the time means.
    pub at: UnixSeconds,
    /// How it is known.
    pub source: TipSource,
}

/// One commit that a topic was pushed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushedAt {
    /// The commit.
    pub commit: CommitId,
    /// When.
    pub at: UnixSeconds,
    /// Whether nobody had pushed the commit before: all else that has it came later, even within the second.
    pub is_new: bool,
}

/// When something happened, and whether it was not surely the first of its second. What is less came
/// before; within a second nothing else is proven.
pub type Moment = (UnixSeconds, bool);

impl PushedAt {
    /// When it was pushed.
    pub const fn moment(&self) -> Moment {
        (self.at, !self.is_new)
    }
}

impl LedgerTip {
    /// When the branch was pointed there.
    pub const fn moment(&self) -> Moment {
        (self.at, true)
    }
}

/// The part of one protected branch's line that a pull request brings along.
///
/// The line of a branch is every commit it has pointed at and the first-parent chain of its tip;
/// here only its cut with the brought commits is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The branch whose line it is: another environment's or the copy branch.
    pub branch: BranchName,
    /// Brought commits on the first-parent chain of its present tip, the newest first.
    pub first_parents: Vec<CommitId>,
    /// Brought commits among all the tips it ever had, in order of time.
    pub tips: Vec<LedgerTip>,
    /// For each of `tips`, in the same order: what the branch's line gained by being pointed there, that
    /// is the brought commits on the first-parent chain of that tip which are on the chain of no earlier
    /// tip. Tips whose time is no pointing time count as earlier than all others. Empty lists where no
    /// push of the topic is known, since nothing is excused then.
    pub gained: Vec<Vec<CommitId>>,
    /// The same for pushes of the branch to commits that are not brought, as far as they gained any that are.
    pub beyond: Vec<(LedgerTip, Vec<CommitId>)>,
}

/// What git and the ledger know of a topic aimed at an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicHistory {
    /// Whether head and base have a commit in common.
    pub related: bool,
    /// The commits the pull request brings (reachable from the head, not from the base), children
    /// before parents.
    pub brought: Vec<Commit>,
    /// For each other environment and the copy branch: what of its line is brought.
    pub lines: Vec<Line>,
    /// Brought commits that the target itself once pointed at, in order of time.
    pub former_tips: Vec<LedgerTip>,
    /// When the topic was pushed at which of the brought commits. A push at a commit that the topic has
    /// since been rewritten without stands here as the newest brought commits that it contained.
    pub pushes: Vec<PushedAt>,
    /// Pushes from before GitHub rebased the topic, as pushes at the brought commits that the rebase made of theirs.
    /// What tells whose work was there first does not count them: of other topics the same is not known.
    pub before_rebase: Vec<PushedAt>,
    /// When other topics were pushed at which of the brought commits.
    pub others_pushes: Vec<(BranchName, PushedAt)>,
    /// For each other environment and the copy branch that has any of the brought commits: which.
    pub elsewhere: Vec<Elsewhere>,
    /// Pull requests that were squashed or rebased into the target and whose heads are brought.
    pub already_merged: Vec<MergedPull>,
    /// Other open pull requests whose heads are brought.
    pub stacked_on: Vec<OpenPull>,
    /// Which brought commits take work of others back.
    pub reverts: Vec<Revert>,
    /// Whether merging the head is known to change no file of the base.
    pub changes_nothing: bool,
    /// What was carried back with it whole, where foreign history is brought.
    pub merged_back: Vec<MergedBack>,
}

/// A state of a downstream environment that a topic has merged whole, to carry back what only that environment has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedBack {
    /// The environment's branch.
    pub branch: BranchName,
    /// The commit of its line that was merged.
    pub state: CommitId,
    /// What of it the target has in no form; newest first.
    pub carries: Vec<Commit>,
    /// What no recorded pull request brought to the environment: those of `carries`, and merges with a change of their own.
    pub unrecorded: Vec<Commit>,
}

/// What another branch of the path has of the brought commits, and how it got them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The branch.
    pub branch: BranchName,
    /// The brought commits that it reaches, children before parents.
    pub commits: Vec<CommitId>,
    /// Brought commits that were merged into it as they are: other parents of merges on its line.
    pub entries: Vec<Entry>,
}

/// A brought commit that was merged into another branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The commit that was merged.
    pub commit: CommitId,
    /// When the branch was pointed at the merge, where a push told.
    pub at: Option<UnixSeconds>,
    /// The pull requests that are recorded to have merged it there.
    pub pulls: Vec<Origin>,
    /// The topic that was the first to be pushed at it, where a push is known.
    pub first_pushed_by: Option<BranchName>,
}

/// What merging would produce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeOutcome {
    /// It merges, and this tree comes out.
    Clean {
        /// The files after the merge.
        tree: TreeId,
    },
    /// It does not merge by itself.
    Conflicts {
        /// The paths in conflict, sorted.
        paths: Vec<String>,
    },
}

/// What git knows of one environment aimed at the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionHistory {
    /// Whether head and base have a commit in common.
    pub related: bool,
    /// The head's files: what was tested.
    pub head_tree: TreeId,
    /// The base's files: what runs there now.
    pub base_tree: TreeId,
    /// How many commits the head has that the base does not reach.
    pub brings: usize,
    /// What the merge would produce.
    pub merge: MergeOutcome,
    /// Commits that only the base has, without an equivalent on the head and without those that only
    /// repeat a state of the head's line; newest first. Gathered only where the outcome needs a cause.
    pub only_on_base: Vec<Commit>,
    /// The newest commit of the base's that repeats a state of the head's line without being joined to it:
    /// a promotion that was squashed or rebased. Gathered with `only_on_base`.
    pub cut_by: Option<Commit>,
    /// The branches of environments before the head's that have what only the base has, or its very commits, and with it
    /// something new for the head. Gathered where the outcome asks for it to be brought back.
    pub on_upstream: Vec<BranchName>,
    /// The branch upstream into which all of the base may be merged whole, where the outcome asks for it to be brought back
    /// and nothing of it is unknown.
    pub merge_back: Option<MergeBack>,
    /// Whether what the merge gives differs from the head in paths that count.
    pub differs: bool,
    /// Those paths, sorted.
    pub differing: Vec<String>,
    /// Whether the head's files were deployed, and accepted, where the head comes from.
    pub deployed: Deployed,
}

/// What is known of a deploy of certain files to an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deployed {
    /// It succeeded.
    Yes,
    /// Others did, this one did not or not yet.
    No,
    /// Nobody reports what is deployed there.
    NobodyReports,
}

/// What git knows of a downstream environment aimed at an upstream one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackMergeHistory {
    /// Whether head and base have a commit in common.
    pub related: bool,
    /// The head's commits that have no equivalent on the base and are no mere promotion; newest first.
    pub carries: Vec<Commit>,
    /// Those of `carries` that came with no pull request that is recorded; `None` where nothing is recorded
    /// of any.
    pub unrecorded: Option<Vec<Commit>>,
    /// The newest promotion that was squashed or rebased: merging the head joins the histories again.
    pub rejoins: Option<Commit>,
    /// The paths in conflict, where it does not merge by itself.
    pub conflicts: Vec<String>,
}

/// What git and the ledger know of the copy branch and the environment it copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyHistory {
    /// The copy branch's tip.
    pub copy: CommitId,
    /// The environment's tip.
    pub original: CommitId,
    /// The paths in which the two differ, but for the ignored ones; sorted.
    pub differences: Vec<String>,
    /// Whether the environment's branch contains the copy's tip.
    pub contained: bool,
    /// The newest earlier tip of the environment that had the copy's files, ignored paths left out.
    pub earlier: Option<LedgerTip>,
    /// How many commits of the environment's line the copy lacks.
    pub behind: usize,
    /// The commits that only the copy has and that repeat no state and no patch of the environment; newest first.
    pub only_on_copy: Vec<Commit>,
}

/// The history that the pull request's route asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum History {
    /// A topic into an environment.
    Topic(TopicHistory),
    /// An environment into the next one.
    Promotion(PromotionHistory),
    /// A downstream environment into an upstream one.
    BackMerge(BackMergeHistory),
    /// The source alone decides; git was not asked.
    NotNeeded,
}

/// What is known of deploys about a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeployFacts {
    /// The newest deploy of the head to its environment, where it has not ended well.
    pub of_head: Option<HeadDeploy>,
    /// That the head went live there, and its verify step has failed since.
    pub failed_late: Option<LateFailure>,
    /// The newest hold on the base's environment.
    pub hold: Option<Hold>,
    /// Whether something newer has ended well there since the hold was lifted.
    pub hold_is_over: bool,
    /// That it was prepared to take the base's environment back.
    pub rollback: Option<PreparedRollback>,
}

/// A deploy of a promotion's head to where it comes from, which has not ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadDeploy {
    /// Whether anybody has taken it up.
    pub taken_up: bool,
    /// Since when it is open.
    pub since: UnixSeconds,
    /// How it ended, in one line, if it has.
    pub ended: Option<String>,
}

/// Everything a verdict is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The pull request's two ends.
    pub pull: PullEnds,
    /// What else GitHub says of it; in a clone nothing is known.
    pub details: PullRequestDetails,
    /// What git and the ledger said.
    pub history: History,
    /// How pull requests may be merged into the base, where GitHub told.
    pub methods: Option<MergeMethods>,
    /// What is known of deploys, of a promotion between environments or of what takes one back.
    pub deploys: DeployFacts,
    /// The snapshot that the head is, if it is one: then `pull` is the pull request as if it came from there.
    pub snapshot: Option<Snapshot>,
    /// The stack it is in, and those it could be put in one with.
    pub stacks: StackFacts,
    /// The lock that is in force on the base's environment.
    pub lock: Option<Lock>,
    /// How long the base's environment is frozen for it, where it is.
    pub freeze: Option<FreezePeriod>,
    /// The overrides that are in force on it.
    pub overrides: Vec<Override>,
    /// What it waits for, where it wants a place beside the base's environment.
    pub place: Option<PlaceAwaited>,
    /// What people and time have said about a promotion.
    pub acceptance: AcceptanceFacts,
    /// The hotfixes of a promotion's target that its source does not have, the oldest first.
    pub hotfixes: Vec<OwedHotfix>,
    /// What the rules of Adobe Commerce find in the files that merging would give, before anything is softened.
    pub files: Vec<FileFinding>,
}

impl Facts {
    /// Those of a pull request of which nothing else is known.
    pub fn new(pull: PullEnds, history: History) -> Self {
        let (details, deploys, stacks, overrides, acceptance, hotfixes, files) = Default::default();
        let (methods, snapshot, lock, freeze, place) = Default::default();
        Self {
            pull,
            details,
            history,
            methods,
            deploys,
            snapshot,
            stacks,
            lock,
            freeze,
            overrides,
            place,
            acceptance,
            hotfixes,
            files,
        }
    }
}
