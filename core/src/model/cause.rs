//! What can be found: the codes, and what each kind of finding says.

use super::codes::codes;
use super::{
    BranchName, Commit, CommitId, Divergence, FoundInFiles, LateFailure, Lock, MendedHotfix, Origin,
    OwedHotfix, PlaceTaken, PreparedRollback, PromoteFirst, PullNumber, ReadinessState, Repair, Revert,
    SignOffState, Snapshot, Undecided, UnixMillis, UnixSeconds,
};

codes! {
    /// TP101: the branch may not be merged into this base.
    WrongBase = "TP101",
    /// TP102: an environment was left out on the way.
    EnvironmentSkipped = "TP102",
    /// TP103: a promotion must come from the repository itself.
    ForkHead = "TP103",
    /// TP104: the head is behind the base.
    HeadBehind = "TP104",
    /// TP105: the base already has the head's files.
    NothingToPromote = "TP105",
    /// TP106: a downstream environment into an upstream one.
    ReverseMerge = "TP106",
    /// TP107: the copy branch takes only the environment it copies.
    CopyTakesOnly = "TP107",
    /// TP108: a promotion, or an environment's branch, in a stack of pull requests.
    PromotionInStack = "TP108",
    /// TP110: the head stands at a commit that an environment's branch has pointed at.
    Snapshot = "TP110",
    /// TP111: Towpath has prepared the pull request to take the base's environment back.
    PreparedRollback = "TP111",
    /// TP201: the topic carries another environment's history.
    CarriesHistory = "TP201",
    /// TP202: the target was pushed back, and the topic brings again what was taken away.
    Resurrects = "TP202",
    /// TP203: the topic contains work that was squashed or rebased into the target.
    AlreadyMerged = "TP203",
    /// TP204: the topic carries work that was merged into another environment.
    CarriesMergedElsewhere = "TP204",
    /// TP205: the topic stands on another open pull request.
    Stacked = "TP205",
    /// TP206: head and base share no commit.
    UnrelatedHistory = "TP206",
    /// TP207: the topic takes work of others back, and the target would lose it.
    UndoesMergedWork = "TP207",
    /// TP208: merging the topic changes no file of the target.
    ChangesNothing = "TP208",
    /// TP301: the merge would not produce what was tested.
    UntestedTree = "TP301",
    /// TP302: the promotion conflicts.
    MergeConflicts = "TP302",
    /// TP303: what would ship was not deployed and accepted where it comes from.
    NotVerified = "TP303",
    /// TP304: a back-merge carries commits that belong to no known hotfix.
    UnknownCommits = "TP304",
    /// TP305: the target can be merged into by squash or rebase, or was.
    MergeMethod = "TP305",
    /// TP401: nothing is merged into the target for a while, by the calendar.
    Frozen = "TP401",
    /// TP402: somebody has locked the target.
    Locked = "TP402",
    /// TP403: what would ship has not run long enough where it comes from.
    Soaking = "TP403",
    /// TP404: somebody has to accept what would ship.
    SignOffMissing = "TP404",
    /// TP405: something has to be ready first.
    NotReady = "TP405",
    /// TP406: the target was rolled back, and is held.
    Held = "TP406",
    /// TP407: what would ship takes a ticket.
    TicketNeeded = "TP407",
    /// TP408: the deploy of what would ship has failed or is under way.
    Deploying = "TP408",
    /// TP409: the pull request waits for a place beside the target.
    PlaceAwaited = "TP409",
    /// TP501: the copy branch lags behind.
    CopyStale = "TP501",
    /// TP502: the copy branch has gone another way.
    CopyDiverged = "TP502",
    /// TP503: a hotfix of the target was not carried back to where the promotion comes from.
    HotfixNotCarriedBack = "TP503",
    /// TP601: the configuration is invalid.
    ConfigurationInvalid = "TP601",
    /// TP701: a website or store would be deleted from the database.
    WebsiteDeleted = "TP701",
    /// TP702: a service would be renamed, and its data deleted.
    ServiceRenamed = "TP702",
    /// TP703: a service would get an older version.
    ServiceDowngraded = "TP703",
    /// TP704: a mount or the application would be moved away from its data.
    MountMoved = "TP704",
    /// TP705: a secret lies in a file.
    SecretInFile = "TP705",
    /// TP706: a file of the platform is no YAML that it takes.
    YamlInvalid = "TP706",
    /// TP707: a variable of `.magento.env.yaml` that ece-tools refuses.
    VariableInvalid = "TP707",
    /// TP708: a relationship or a route leads to nothing.
    RelationshipInvalid = "TP708",
    /// TP709: the lock is missing, is not that of `composer.json`, or lacks ece-tools.
    LockOutOfDate = "TP709",
    /// TP710: the build hook lacks something, or does not stop at an error.
    BuildHook = "TP710",
    /// TP711: the deploy or post-deploy hook lacks ece-tools.
    DeployHook = "TP711",
    /// TP712: static content would be made while the shop is in maintenance.
    IdealStateLost = "TP712",
    /// TP713: static content is made on demand, in production too.
    StaticContentOnDemand = "TP713",
    /// TP714: a variable for static content where nothing reads it.
    VariableIgnored = "TP714",
    /// TP715: a scenario leaves out a step that keeps the shop safe.
    ScenarioStepSkipped = "TP715",
    /// TP716: the protective block is switched off, or ignores more.
    ProtectiveBlockOff = "TP716",
    /// TP717: services, disk or mounts change, which takes a ticket.
    ServicesByTicket = "TP717",
    /// TP718: routes or crons change, which may take a ticket.
    RoutesByTicket = "TP718",
    /// TP719: a cron runs too often, or for too long.
    CronTooOften = "TP719",
    /// TP720: a disk is too small.
    DiskTooSmall = "TP720",
    /// TP721: PHP lacks an extension, or asks for one that is built in.
    PhpExtensions = "TP721",
    /// TP722: the PHP version does not go with the release.
    PhpVersion = "TP722",
    /// TP723: a version is past its end of life, or soon will be.
    EndOfLife = "TP723",
    /// TP724: the release does not support Redis as a cache.
    RedisUnsupported = "TP724",
    /// TP725: `RabbitMQ` would skip a version.
    VersionSkipped = "TP725",
    /// TP726: the search engine does not go with the release.
    SearchEngine = "TP726",
    /// TP727: a variable that has no effect where the change goes.
    VariableWithoutEffect = "TP727",
    /// TP728: a patch in `m2-hotfixes` that will not do what it should.
    Patches = "TP728",
    /// TP729: files are committed that the build or the shop makes.
    GeneratedCommitted = "TP729",
    /// TP730: settings of PHP that the platform needs are missing.
    PhpSettings = "TP730",
    /// TP731: a variable of the application that ece-tools refuses or ignores.
    CloudVariable = "TP731",
    /// TP732: `config.php` does not name the modules of the project.
    ModulesMissing = "TP732",
    /// TP733: the name of the branch cannot become an environment of its own.
    BranchUnfit = "TP733",
    /// TP901: GitHub or git did not answer.
    CouldNotDecide = "TP901",
}

/// What was found, with all that its words need.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Cause {
    /// TP101: a topic, or the copy branch, aimed at an environment that does not take it.
    WrongBase {
        /// The branch such work goes into first, when there is one: the retarget.
        belongs_on: Option<BranchName>,
        /// The branches that the base does take, as people call them; empty when it takes nothing known.
        needs: Vec<BranchName>,
    },
    /// TP102: an environment aimed past the next one.
    EnvironmentSkipped {
        /// The branches that the base takes.
        needs: Vec<BranchName>,
        /// The branch the head has to go into first.
        next: Option<BranchName>,
    },
    /// TP103: a promotion or sync from a fork.
    ForkHead {
        /// The branch of the same name in this repository, from which it has to come.
        own: BranchName,
    },
    /// TP104: the head has nothing new and the files differ.
    HeadBehind,
    /// TP104: the same, and the promotion before it is what is missing.
    BehindUntilPromoted {
        /// That promotion.
        first: PromoteFirst,
    },
    /// TP105: the base already holds the head's files.
    NothingToPromote,
    /// TP106: a downstream environment into an upstream one with nothing to carry.
    ReverseMerge {
        /// A promotion that was squashed or rebased: merging joins the two histories again.
        #[serde(default)]
        rejoins: Option<Commit>,
    },
    /// TP107: something else than its environment into the copy branch.
    CopyTakesOnly {
        /// The only branch it takes.
        only: BranchName,
        /// The branch such work goes into first, when there is one.
        belongs_on: Option<BranchName>,
    },
    /// TP108: a promotion, or an environment's branch, in a stack of pull requests.
    PromotionInStack {
        /// The stack's number, where GitHub names it.
        #[serde(default)]
        number: Option<u64>,
        /// The branch that all of the stack goes to.
        trunk: BranchName,
        /// The branches of the path that would be rewritten.
        heads: Vec<BranchName>,
    },
    /// TP108 as a note: promotions that GitHub's pages offer to put in a stack.
    MayBeStacked {
        /// The others.
        with: Vec<Origin>,
    },
    /// TP110: the head is no environment's branch, but stands where one has been: it is judged as that one.
    Snapshot(Snapshot),
    /// TP111: Towpath has prepared it to take the base's environment back.
    PreparedRollback(PreparedRollback),
    /// TP201: brought commits lie on the line of another environment or the copy branch.
    CarriesHistory {
        /// For each such branch: the foreign commits on its line, newest first.
        foreign: Vec<(BranchName, Vec<Commit>)>,
        /// The foreign merges that hold no change of their own, as far as git was asked: promotions, mostly.
        #[serde(default)]
        plain_merges: Vec<CommitId>,
        /// How many commits the pull request brings in all, and how many came along with the foreign ones.
        brought: usize,
        /// Of those, how many are reachable from the foreign commits.
        came_along: usize,
        /// How they got in: own commits with a foreign parent. A merge brought them in; where it is no merge,
        /// the topic was cut there.
        #[serde(default)]
        entered: Vec<Commit>,
        /// The way back to a clean branch.
        repair: Repair,
    },
    /// TP201 as a warning: another branch was pointed at this topic after it had been pushed.
    PointedAtTopic {
        /// The branch that was moved.
        branch: BranchName,
        /// Where it was pointed.
        commit: CommitId,
        /// When.
        at: UnixSeconds,
    },
    /// TP202: the target was pushed back, and the topic still has what was taken away.
    Resurrects {
        /// What the target pointed at and no longer has, newest first.
        tips: Vec<Commit>,
        /// How many commits come back.
        commits: usize,
        /// The way to leave them out.
        repair: Repair,
    },
    /// TP203: the topic has the commits of pull requests that the target has as other commits.
    AlreadyMerged {
        /// Which pull requests.
        pulls: Vec<Origin>,
        /// The way to leave their commits out.
        repair: Repair,
        /// Whether they are all that the topic brings, so that merging it changes no file.
        #[serde(default)]
        changes_nothing: bool,
    },
    /// TP204: the topic has commits that others merged into another environment.
    CarriesMergedElsewhere {
        /// For each such branch: the commits, newest first.
        commits: Vec<(BranchName, Vec<Commit>)>,
        /// The way to leave them out.
        repair: Repair,
    },
    /// TP205: the topic has the commits of pull requests that are open.
    Stacked {
        /// Which pull requests.
        on: Vec<Origin>,
    },
    /// TP206: no merge base.
    UnrelatedHistory {
        /// The commits, oldest first, that a new branch could pick; empty when there are too many to be own work.
        repair: Repair,
    },
    /// TP201 as a remark: the topic has merged a state of an environment downstream whole, to carry back what that has.
    CarriesBack {
        /// The branches of such environments.
        of: Vec<BranchName>,
        /// Whether merging changes no file, and only joins the histories.
        changes_nothing: bool,
    },
    /// TP207: the topic has work of others and takes it back, so that merging it takes it away.
    UndoesMergedWork {
        /// What takes what back.
        reverts: Vec<Revert>,
        /// The way to leave the reverts out.
        repair: Repair,
    },
    /// TP208: merging the topic changes no file of the target.
    ChangesNothing {
        /// How many commits it would bring.
        brings: usize,
    },
    /// TP301: what would ship is not what was tested.
    UntestedTree {
        /// The commits only the base has, which explain the difference, newest first.
        only_on_base: Vec<Commit>,
        /// Why git does not see that the two belong together, as far as that is known.
        #[serde(flatten)]
        divergence: Divergence,
        /// What people have said of the hotfixes in whose files alone the difference lies.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mended: Vec<MendedHotfix>,
    },
    /// TP302: merging conflicts.
    MergeConflicts {
        /// The paths, sorted.
        paths: Vec<String>,
        /// The commits only the base has, newest first.
        only_on_base: Vec<Commit>,
        /// Why git does not see that the two belong together, as far as that is known.
        #[serde(flatten)]
        divergence: Divergence,
    },
    /// TP302 as a warning: carrying a downstream environment's changes back conflicts.
    BackMergeConflicts {
        /// The paths, sorted.
        paths: Vec<String>,
        /// The commits to be picked one by one instead, newest first.
        carries: Vec<Commit>,
    },
    /// TP303: the files were not deployed where they come from.
    NotVerified {
        /// The environment on which they have to be.
        environment: String,
        /// That they were, and their verify step has failed there since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed_late: Option<LateFailure>,
    },
    /// TP304: a back-merge carries commits of no recorded pull request.
    UnknownCommits {
        /// The commits, newest first.
        commits: Vec<Commit>,
    },
    /// TP305: the promotion may be merged in a way that makes new commits.
    MergeMethod {
        /// What the rules of the base allow.
        squash: bool,
        /// What the rules of the base allow.
        rebase: bool,
        /// Whether no rule of the base says so, but the settings of the repository, which may be meant for topics.
        #[serde(default)]
        by_settings: bool,
    },
    /// TP401: the calendar keeps the target as it is.
    Frozen {
        /// The environment's name.
        environment: String,
        /// Since when without a gap, where that is known.
        since: Option<UnixSeconds>,
        /// When it is open again, where that is known.
        until: Option<UnixSeconds>,
        /// Why, first what holds at the time of the verdict.
        reasons: Vec<String>,
    },
    /// TP402: somebody has locked the target.
    Locked {
        /// The environment's name.
        environment: String,
        /// The lock, which is in force.
        lock: Lock,
    },
    /// TP403: what would ship has not run long enough where it comes from.
    Soaking {
        /// The environment that it comes from.
        environment: String,
        /// How long it has to run there, in seconds.
        needed: u64,
        /// When that is over; `None` where it does not run there.
        until: Option<UnixSeconds>,
    },
    /// TP404: somebody has to accept what would ship.
    SignOffMissing {
        /// The environment on which it is looked at.
        environment: String,
        /// Every role that is asked for, with those that have signed off.
        roles: Vec<SignOffState>,
    },
    /// TP405: something has to be ready first.
    NotReady {
        /// The environment for which it has to be.
        environment: String,
        /// Every item that is asked for, with those that are ready.
        items: Vec<ReadinessState>,
    },
    /// TP407: what would ship takes a ticket.
    TicketNeeded {
        /// The environment that it goes to.
        environment: String,
        /// The files that take it.
        paths: Vec<String>,
        /// What the ticket is called, and the earliest moment at which the change may be merged.
        acknowledged: Option<(String, UnixMillis)>,
        /// How much notice is asked for, in seconds of working days.
        notice: u64,
    },
    /// TP406: the target was rolled back. While the hold is in force nothing is merged there; once it was lifted, the
    /// next promotion brings back what was taken away.
    Held {
        /// What the target was taken back from.
        from: CommitId,
        /// What it was taken back to.
        to: CommitId,
        /// Who asked for it.
        by: String,
        /// Why, in their words.
        reason: String,
        /// Since when.
        since: UnixSeconds,
        /// The pull requests that were taken back.
        pulls: Vec<PullNumber>,
        /// Who has lifted the hold, and why.
        lifted: Option<(String, String)>,
        /// The pull request that takes it back, where nobody has merged that so far.
        #[serde(default)]
        by_pull: Option<PullNumber>,
        /// Whether nothing is taken back before somebody merges a pull request that does it.
        #[serde(default)]
        by_merge: bool,
    },
    /// TP408: what would ship is being deployed where it comes from, or that has failed.
    Deploying {
        /// The environment.
        environment: String,
        /// Since when.
        since: UnixSeconds,
        /// How it ended, if it has.
        ended: Option<String>,
    },
    /// TP409: the pull request waits for a place beside the target.
    PlaceAwaited {
        /// The environment.
        environment: String,
        /// Which number of the queue it is, from 1.
        turn: usize,
        /// The branches that have the places.
        taken: Vec<PlaceTaken>,
    },
    /// TP501: the copy branch holds an earlier state.
    CopyStale {
        /// How many commits of the environment's line it lacks.
        behind: usize,
        /// Since when, where the ledger tells.
        since: Option<UnixSeconds>,
    },
    /// TP502: the copy branch holds what its environment never had.
    CopyDiverged {
        /// The paths in which they differ, sorted.
        paths: Vec<String>,
        /// The commits that only the copy branch has, newest first.
        only_on_copy: Vec<Commit>,
    },
    /// TP503: the target has hotfixes that the promotion's source does not have.
    HotfixNotCarriedBack {
        /// The environment that the promotion comes from.
        environment: String,
        /// The hotfixes, the oldest first.
        hotfixes: Vec<OwedHotfix>,
    },
    /// TP601: the configuration cannot be used.
    ConfigurationInvalid {
        /// Where the file is, as people name it.
        place: String,
        /// The first mistake.
        message: String,
        /// Its line, from 1.
        line: usize,
        /// Its column, from 1; 0 where an earlier version kept none.
        #[serde(default)]
        column: usize,
        /// How many more there are.
        more: usize,
    },
    /// TP701–TP733: what merging would make of a Commerce project's files.
    InFiles(Code, Box<FoundInFiles>),
    /// TP901: nothing could be decided.
    CouldNotDecide(Undecided),
}
