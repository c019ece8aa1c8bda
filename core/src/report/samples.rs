//! Pull requests and commits for the tests of this room.

use super::Subject;
use crate::model::{
    Base, BranchName, Cause, Code, Commit, Divergence, FileFinding, FilePlace, Finding, Head, Hotfix,
    HotfixStanding, LandedHotfix, Level, Lock, Origin, Outcome, OwedHotfix, PromoteFirst, PullEnds,
    PullNumber, Repair, Revert, RevertEffect, Sentence, Snapshot, Undecided, UnixMillis, UnixSeconds,
    UserMessage, Verdict,
};

/// A commit id or tree id made of one number.
pub(super) fn id<T: std::str::FromStr<Err = crate::model::InvalidName>>(number: u64) -> T {
    // Spread over the digits, so that shortened ids differ as real ones do.
    format!("{:016x}{number:024x}", number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .parse()
        .unwrap()
}

pub(super) fn name(text: &str) -> BranchName {
    BranchName::new(text).unwrap()
}

pub(super) fn commit(number: u64, subject: &str, author: &str) -> Commit {
    Commit {
        id: id(number),
        tree: id(number),
        parents: vec![id(number - 1)],
        subject: subject.to_owned(),
        author: author.to_owned(),
        committed_at: UnixSeconds(1_700_000_000),
        made_by_github: false,
        origin: None,
    }
}

pub(super) fn pull(head: &str, base: &str) -> PullEnds {
    PullEnds {
        head: Head { branch: Some(name(head)), commit: id(900), fork: false },
        base: Base { branch: name(base), commit: id(901) },
    }
}

pub(super) fn subject(head: &str, base: &str) -> Subject {
    Subject {
        repository: "acme/store".to_owned(),
        web_url: "https://github.com/acme/store".to_owned(),
        docs_url: Some("https://towpath.example/findings".to_owned()),
        number: 12,
        pull: pull(head, base),
        judged_at: UnixSeconds(1_700_000_000),
    }
}

pub(super) fn verdict(severity: Outcome, cause: Cause) -> Verdict {
    Verdict { findings: vec![Finding::new(severity, cause)] }
}

pub(super) fn carries_staging() -> Cause {
    Cause::CarriesHistory {
        foreign: vec![(
            name("staging"),
            vec![
                commit(12, "Promote integration", "Ada"),
                commit(11, "Fix the | pipe for @bob, closes #7", "Ben"),
            ],
        )],
        plain_merges: Vec::new(),
        brought: 5,
        came_along: 3,
        entered: Vec::new(),
        repair: Repair {
            picks: vec![commit(13, "Add the price rule", "Cleo"), commit(14, "Test it", "Cleo")],
            merges_left_out: 1,
            ..Repair::default()
        },
    }
}

/// A throw-away branch at a commit of integration's.
pub(super) fn snapshot(current: bool) -> Cause {
    Cause::Snapshot(Snapshot { of: name("integration"), branch: name("release/42"), current })
}

/// Two promotions in a stack on production.
pub(super) fn in_stack(number: Option<u64>) -> Cause {
    let heads = vec![name("staging"), name("integration")];
    Cause::PromotionInStack { number, trunk: name("production"), heads }
}

/// The same two, before anybody made them a stack.
pub(super) fn may_be_stacked() -> Cause {
    let with = Origin {
        number: Some(PullNumber(11)),
        branch: name("staging"),
        author: Some("rita".to_owned()),
        fork: false,
    };
    Cause::MayBeStacked { with: vec![with] }
}

/// A topic that holds nothing but another branch's history.
pub(super) fn only_foreign() -> Cause {
    Cause::CarriesHistory {
        foreign: vec![
            (name("production"), vec![commit(12, "Release 2", "Ada")]),
            (name("master"), vec![commit(12, "Release 2", "Ada")]),
        ],
        plain_merges: vec![id(12)],
        brought: 1,
        came_along: 1,
        entered: Vec::new(),
        repair: Repair::default(),
    }
}

/// A change made on production that nobody carried back.
pub(super) fn hotfix() -> Vec<Commit> {
    vec![commit(31, "Stop the double charge", "Dan")]
}

/// One verdict for each cause, each reason for not deciding included, with the branches it is about.
pub(super) fn every_cause() -> Vec<(&'static str, &'static str, Verdict)> {
    use Outcome::{Fail, Pass, Warn};
    let (integration, staging) = (|| name("integration"), || name("staging"));
    let wrong = Cause::WrongBase { belongs_on: Some(integration()), needs: vec![staging()] };
    let skipped = Cause::EnvironmentSkipped { needs: vec![staging()], next: Some(staging()) };
    let copy = Cause::CopyTakesOnly { only: name("production"), belongs_on: Some(integration()) };
    let pointed = Cause::PointedAtTopic { branch: staging(), commit: id(13), at: UnixSeconds(1_700_000_000) };
    let repair =
        Repair { picks: vec![commit(13, "Begin anew", "Cleo")], merges_left_out: 0, ..Repair::default() };
    let unrelated = Cause::UnrelatedHistory { repair };
    let untested =
        Cause::UntestedTree { only_on_base: hotfix(), divergence: Divergence::default(), mended: Vec::new() };
    let paths = vec!["app/cart.php".to_owned()];
    let conflicts =
        Cause::MergeConflicts { paths, only_on_base: hotfix(), divergence: Divergence::default() };
    let mut all = undecided();
    all.extend(known_work());
    all.extend(between_environments());
    all.extend([
        ("feature/x", "integration", Verdict::default()),
        ("feature/x", "production", verdict(Fail, wrong)),
        ("integration", "production", verdict(Fail, skipped)),
        ("integration", "staging", verdict(Fail, Cause::ForkHead { own: integration() })),
        ("staging", "production", verdict(Fail, Cause::HeadBehind)),
        ("integration", "staging", verdict(Pass, Cause::NothingToPromote)),
        ("integration", "production", verdict(Fail, in_stack(Some(7)))),
        ("integration", "staging", verdict(Pass, may_be_stacked())),
        ("release/42", "staging", verdict(Pass, snapshot(true))),
        ("production", "integration", verdict(Warn, Cause::ReverseMerge { rejoins: None })),
        ("feature/x", "master", verdict(Fail, copy)),
        ("feature/x", "integration", verdict(Fail, carries_staging())),
        ("feature/x", "integration", verdict(Warn, pointed)),
        ("feature/x", "integration", verdict(Fail, unrelated)),
        ("feature/x", "integration", website_deleted(Fail)),
        ("staging", "production", website_deleted(Outcome::Wait)),
        ("feature/x", "integration", website_deleted(Pass)),
        ("staging", "production", verdict(Fail, untested)),
        ("staging", "production", verdict(Fail, conflicts)),
        ("staging", "production", verdict(Outcome::Wait, owed())),
    ]);
    all
}

/// A hotfix that staging does not have, with the pull request that carries it back.
pub(super) fn owed() -> Cause {
    let owed = OwedHotfix {
        title: "Checkout fails, ask @ops".to_owned(),
        pull: PullNumber(90),
        by: "rita".to_owned(),
        at: UnixMillis(1_700_000_000_000),
        standing: HotfixStanding::Missing,
        waits_from: UnixMillis(1_700_000_000_000),
        waits: true,
        picks: vec![id(61), id(62)],
        as_one: false,
        brought: vec![id(63), id(62), id(61)],
        paths: Vec::new(),
        carried_by: Some(PullNumber(92)),
        into: name("integration"),
        in_conflict: Vec::new(),
        merge: None,
    };
    Cause::HotfixNotCarriedBack { environment: "staging".to_owned(), hotfixes: vec![owed] }
}

/// A hotfix that was merged and not carried back.
pub(super) fn recorded_hotfix() -> Hotfix {
    Hotfix {
        key: "#90".to_owned(),
        environment: "production".to_owned(),
        branch: name("hotfix/checkout"),
        title: "Checkout fails, ask @ops".to_owned(),
        by: "rita".to_owned(),
        by_id: None,
        since: UnixMillis(0),
        cut_from: None,
        pull: Some(PullNumber(90)),
        refused: None,
        landed: Some(LandedHotfix {
            at: UnixMillis(0),
            made: id(63),
            picks: vec![id(61), id(62)],
            as_one: false,
            brought: vec![id(63), id(62), id(61)],
        }),
        carry_back: None,
        mended: Vec::new(),
        accounts: Vec::new(),
        closed: None,
        over: None,
    }
}

/// A pull request as it is recorded.
pub(super) fn origin(number: u64, branch: &str, author: &str) -> Origin {
    Origin {
        number: Some(PullNumber(number)),
        branch: name(branch),
        author: Some(author.to_owned()),
        fork: false,
    }
}

fn own_commit() -> Repair {
    Repair { picks: vec![commit(14, "Test it", "Cleo")], merges_left_out: 0, ..Repair::default() }
}

/// One verdict for each kind of work that is known from elsewhere.
pub(super) fn known_work() -> Vec<(&'static str, &'static str, Verdict)> {
    let dropped = vec![commit(21, "Merge the old cart", "Ada")];
    let resurrects = Cause::Resurrects { tips: dropped, commits: 3, repair: own_commit() };
    let pulls = vec![origin(7, "feature/cart", "ana")];
    let merged = Cause::AlreadyMerged { pulls: pulls.clone(), repair: own_commit(), changes_nothing: false };
    let half = commit(22, "Half of the new cart", "Ben");
    let on_staging = vec![(name("staging"), vec![half.clone(), commit(23, "The other half", "Ben")])];
    let elsewhere = |commits| Cause::CarriesMergedElsewhere { commits, repair: own_commit() };
    let on =
        vec![origin(7, "feature/cart", "ana"), Origin { number: None, author: None, ..origin(8, "a`b", "") }];
    vec![
        ("feature/x", "integration", verdict(Outcome::Warn, resurrects)),
        ("feature/x", "integration", verdict(Outcome::Warn, merged)),
        (
            "hotfix/x",
            "production",
            verdict(Outcome::Fail, elsewhere(vec![(name("integration"), vec![half])])),
        ),
        ("feature/x", "integration", verdict(Outcome::Warn, elsewhere(on_staging))),
        ("feature/x", "integration", verdict(Outcome::Warn, Cause::Stacked { on })),
        ("feature/x", "integration", verdict(Outcome::Warn, undoes(RevertEffect::TakenFromBase))),
        ("feature/x", "integration", verdict(Outcome::Warn, undoes(RevertEffect::NeverArrives))),
        ("feature/x", "integration", verdict(Outcome::Warn, Cause::ChangesNothing { brings: 2 })),
    ]
}

/// A topic that has somebody's cart and takes it back.
pub(super) fn undoes(effect: RevertEffect) -> Cause {
    let revert = Revert {
        by: commit(25, "Revert \"Add the cart\"", "Cleo"),
        of: id(24),
        commits: vec![commit(24, "Add the cart", "ana")],
        pulls: vec![origin(7, "feature/cart", "ana")],
        effect,
    };
    Cause::UndoesMergedWork { reverts: vec![revert], repair: own_commit() }
}

/// One verdict for each finding between environments and on the copy that the others leave out.
pub(super) fn between_environments() -> Vec<(&'static str, &'static str, Verdict)> {
    use Outcome::{Fail, Unknown, Wait, Warn};
    let squashed = || Some(commit(41, "Release 2 (#40)", "Rita"));
    let paths = || vec!["app/cart.php".to_owned()];
    let unknown = Cause::UnknownCommits { commits: hotfix() };
    let place = ".github/towpath.yml".to_owned();
    let message = "unknown key \"acepts\"; did you mean \"accepts\"?".to_owned();
    let invalid = Cause::ConfigurationInvalid { place, message, line: 7, column: 5, more: 1 };
    let diverged = Cause::CopyDiverged { paths: paths(), only_on_copy: hotfix() };
    let conflicts = Cause::MergeConflicts {
        paths: paths(),
        only_on_base: Vec::new(),
        divergence: Divergence { cut_by: squashed(), ..Divergence::default() },
    };
    vec![
        (
            "staging",
            "production",
            verdict(Wait, Cause::NotVerified { environment: "staging".to_owned(), failed_late: None }),
        ),
        (
            "staging",
            "production",
            verdict(Warn, Cause::MergeMethod { squash: true, rebase: true, by_settings: false }),
        ),
        ("staging", "production", verdict(Fail, conflicts)),
        ("production", "integration", verdict(Warn, unknown)),
        ("production", "staging", verdict(Warn, Cause::ReverseMerge { rejoins: squashed() })),
        (
            "production",
            "integration",
            verdict(Warn, Cause::BackMergeConflicts { paths: paths(), carries: hotfix() }),
        ),
        (
            "production",
            "master",
            verdict(Warn, Cause::CopyStale { behind: 2, since: Some(UnixSeconds(1_700_000_000)) }),
        ),
        ("production", "master", verdict(Fail, diverged)),
        ("feature/x", "integration", verdict(Unknown, invalid)),
        ("staging", "production", verdict(Wait, locked(None, None))),
        ("staging", "production", verdict(Wait, frozen(Some(UnixSeconds(1_795_608_000))))),
        ("staging", "production", verdict(Wait, held(false))),
        ("staging", "production", verdict(Warn, held(true))),
        ("staging", "production", verdict(Wait, deploying(None))),
    ]
}

/// A freeze in the configuration.
pub(super) fn frozen(until: Option<UnixSeconds>) -> Cause {
    let reasons =
        vec!["Holidays, ask @ops".to_owned(), "outside of the window mon-thu 09:00-16:00 UTC".to_owned()];
    let since = Some(UnixSeconds(1_700_000_000));
    Cause::Frozen { environment: "production".to_owned(), since, until, reasons }
}

/// A lock of rita's, with an end or without.
pub(super) fn locked(until: Option<UnixMillis>, while_open: Option<u64>) -> Cause {
    let lock = Lock {
        id: 3,
        by: "rita".to_owned(),
        by_id: None,
        reason: "stocktaking, see @ops".to_owned(),
        since: UnixMillis(1_700_000_000_000),
        until,
        while_open: while_open.map(PullNumber),
        ended: None,
    };
    Cause::Locked { environment: "production".to_owned(), lock }
}

pub(super) fn held(lifted: bool) -> Cause {
    Cause::Held {
        from: id(5),
        to: id(4),
        by: "rita".to_owned(),
        reason: "checkout is broken".to_owned(),
        since: UnixSeconds(1_700_000_000),
        pulls: vec![PullNumber(81), PullNumber(82)],
        lifted: lifted.then(|| ("rita".to_owned(), "repaired in #83".to_owned())),
        by_pull: None,
        by_merge: false,
    }
}

pub(super) fn deploying(ended: Option<&str>) -> Cause {
    Cause::Deploying {
        environment: "staging".to_owned(),
        since: UnixSeconds(1_700_000_000),
        ended: ended.map(str::to_owned),
    }
}

/// Verdicts whose words are longer than those of the same cause elsewhere.
pub(super) fn long_ones() -> Vec<(&'static str, &'static str, Verdict)> {
    use Outcome::{Fail, Wait};
    let first = || Some(PromoteFirst { from: name("integration"), into: name("staging") });
    let entered =
        Commit { parents: vec![id(14), id(12)], made_by_github: true, ..commit(15, "Merge staging", "Cleo") };
    let known = Commit {
        origin: Some(origin(9, "feature/prices", "ben")),
        ..commit(12, "Promote integration", "Ada")
    };
    let merged_in = match carries_staging() {
        Cause::CarriesHistory { brought, came_along, repair, .. } => Cause::CarriesHistory {
            foreign: vec![(name("staging"), vec![known, commit(11, "Fix the pipe", "Ben")])],
            plain_merges: Vec::new(),
            brought,
            came_along,
            entered: vec![entered],
            repair,
        },
        other => other,
    };
    let untested = |cut_by, first| Cause::UntestedTree {
        only_on_base: hotfix(),
        divergence: Divergence { cut_by, first, merge_back: None },
        mended: Vec::new(),
    };
    let mut behind = verdict(Fail, Cause::HeadBehind);
    behind.findings.push(Finding::pass(snapshot(false)));
    vec![
        ("feature/x", "integration", verdict(Fail, merged_in)),
        ("feature/x", "integration", verdict(Fail, only_foreign())),
        ("staging", "production", verdict(Fail, untested(Some(commit(41, "Release 2 (#40)", "Rita")), None))),
        ("staging", "production", verdict(Fail, untested(None, first()))),
        ("release/42", "staging", behind),
        ("integration", "production", verdict(Fail, in_stack(None))),
        ("staging", "production", verdict(Wait, deploying(Some("build failed: the site was not touched")))),
        ("feature/x", "integration", verdict(Fail, Cause::UnrelatedHistory { repair: Repair::default() })),
    ]
}

/// One verdict for each reason for not deciding.
fn undecided() -> Vec<(&'static str, &'static str, Verdict)> {
    let reasons = [
        Undecided::MissingBranches { missing: vec![name("staging")], start_from: Some(name("master")) },
        Undecided::EmptyRepository,
        Undecided::ShallowClone,
        Undecided::CommitMissing { what: "refs/pull/12/head".to_owned() },
        Undecided::GitHub { what: UserMessage::new("502 Bad Gateway") },
        Undecided::Git { what: UserMessage::new("the remote end hung up") },
    ];
    reasons.map(|why| ("feature/x", "integration", Verdict::undecided(why))).into()
}

/// What the rules of Adobe Commerce find in a file.
pub(super) fn website_deleted(severity: Outcome) -> Verdict {
    let found = FileFinding {
        code: Code::WebsiteDeleted,
        severity,
        level: Level::Enforce,
        place: Some(FilePlace { path: "app/etc/config.php".to_owned(), line: 9 }),
        title: Sentence::new("The website % would be deleted", ["outlet"]),
        detail: Sentence::new("The next deploy deletes it with all of its settings.", []),
        remedy: Sentence::new("Put % back into %.", ["outlet", "app/etc/config.php"]),
    };
    Verdict { findings: vec![Finding::from(found)] }
}
