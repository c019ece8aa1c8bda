//! That families of rules say the truth about themselves: what no family declares alters no verdict.

use super::{id, name, pull, topic_history};
use crate::model::calendar::FreezePeriod;
use crate::model::{
    AcceptanceFacts, BackMergeHistory, Cause, Code, CommerceSettings, CommitId, DeployFacts, Deployed, Facts,
    FileFinding, HeadDeploy, History, Hold, HotfixStanding, IgnoredPaths, Level, Lock, MergeMethods,
    MergeOutcome, MethodsFrom, Origin, Outcome, OwedHotfix, PlaceAwaited, PreparedRollback, PromotionHistory,
    PromotionPath, ReadinessState, RollbackStanding, Sentence, SignOffState, Snapshot, SoakState, Source,
    Stack, StackFacts, StackMember, Tested, TicketRule, TicketState, TicketsOn, TopicHistory, TreeId,
    UnixMillis, UnixSeconds, Verdict, WhyOpen,
};
use crate::policy::{FAMILIES, Fact, Judged, Reach, Trigger, config_changes, judge};
use proptest::prelude::*;
use std::collections::HashSet;

/// Ends that between them take every route.
const ENDS: [(&str, &str); 9] = [
    ("towpath/rollback/production-1", "production"),
    ("x", "integration"),
    ("x", "staging"),
    ("x", "feature/y"),
    ("integration", "staging"),
    ("staging", "production"),
    ("production", "master"),
    ("production", "integration"),
    ("master", "staging"),
];

fn tree(number: u8) -> TreeId {
    TreeId::from_bytes([number; 20])
}

fn origin(number: u64) -> Origin {
    Origin { number: Some(crate::model::PullNumber(number)), branch: name("y"), author: None, fork: false }
}

prop_compose! {
    fn promotion()(
        (related, brings, differs) in (any::<bool>(), 0_usize..3, any::<bool>()),
        (head, base) in (0_u8..2, 0_u8..2),
        conflicts in any::<bool>(),
        deployed in prop_oneof![Just(Deployed::Yes), Just(Deployed::No), Just(Deployed::NobodyReports)],
    ) -> PromotionHistory {
        let merge = if conflicts {
            MergeOutcome::Conflicts { paths: vec!["a.txt".to_owned()] }
        } else {
            MergeOutcome::Clean { tree: tree(head) }
        };
        PromotionHistory {
            related, brings, differs, merge, deployed,
            head_tree: tree(head), base_tree: tree(base),
            only_on_base: Vec::new(), cut_by: None, on_upstream: Vec::new(), merge_back: None, differing: Vec::new(),
        }
    }
}

prop_compose! {
    fn back_merge()(
        (related, conflicts, carries, unrecorded) in any::<(bool, bool, bool, bool)>(),
        topic in topic_history(),
    ) -> BackMergeHistory {
        let commits = topic.brought;
        BackMergeHistory {
            related,
            carries: if carries { commits.clone() } else { Vec::new() },
            unrecorded: unrecorded.then_some(commits),
            rejoins: None,
            conflicts: if conflicts { vec!["a.txt".to_owned()] } else { Vec::new() },
        }
    }
}

prop_compose! {
    fn deploys()(
        of_head in any::<Option<(bool, bool)>>(), held in any::<bool>(), back in any::<Option<bool>>(),
    ) -> DeployFacts {
        let of_head = of_head.map(|(taken_up, ended)| HeadDeploy {
            taken_up, since: UnixSeconds(0), ended: ended.then(|| "failed".to_owned()),
        });
        let hold = held.then(|| Hold {
            from: id(1), to: id(2), by: "op".to_owned(), reason: "broken".to_owned(),
            since: UnixMillis(0), pulls: Vec::new(), lifted: None, revert: None,
        });
        let rollback = back.map(|is_ready| PreparedRollback {
            environment: "production".to_owned(), to: id(2), by: "op".to_owned(), reason: "broken".to_owned(),
            standing: if is_ready { RollbackStanding::Ready } else { RollbackStanding::BranchMoved },
        });
        DeployFacts { of_head, hold, rollback, ..DeployFacts::default() }
    }
}

fn lock() -> impl Strategy<Value = Option<Lock>> {
    any::<Option<bool>>().prop_map(|locked| {
        let (by, reason, since) = ("rita".to_owned(), "stocktaking".to_owned(), UnixMillis(0));
        let until = |timed: bool| timed.then_some(UnixMillis(9));
        locked.map(|timed| Lock {
            id: 1,
            by,
            by_id: None,
            reason,
            since,
            until: until(timed),
            while_open: None,
            ended: None,
        })
    })
}

fn acceptance() -> impl Strategy<Value = AcceptanceFacts> {
    any::<(Option<bool>, Option<bool>, Option<bool>)>().prop_map(|(signed, ready, due)| AcceptanceFacts {
        signoffs: signed
            .into_iter()
            .map(|given| SignOffState {
                role: "admin".to_owned(),
                given_by: given.then(|| "rita".to_owned()),
                former: None,
                not_counted: Vec::new(),
            })
            .collect(),
        readiness: ready
            .into_iter()
            .map(|ready| ReadinessState {
                item: "crons".to_owned(),
                description: "The crons run".to_owned(),
                said: None,
                open: (!ready).then_some(WhyOpen::NeverSaid),
            })
            .collect(),
        ticket: due.map(|is_due| TicketState { paths: vec!["a.txt".to_owned()], acknowledged: None, is_due }),
        soak: due.map(|is_over| SoakState { seconds: 5, until: None, is_over }),
    })
}

fn owed() -> impl Strategy<Value = Vec<OwedHotfix>> {
    any::<Option<(bool, bool)>>().prop_map(|owed| {
        let standing = |is_mended: bool| {
            let (by, reason) = ("rita".to_owned(), "in another way".to_owned());
            if is_mended { HotfixStanding::Mended { by, reason } } else { HotfixStanding::Missing }
        };
        owed.map(|(is_mended, waits)| OwedHotfix { waits, standing: standing(is_mended), ..hotfix() })
            .into_iter()
            .collect()
    })
}

/// A hotfix that was carried back nowhere.
pub(in crate::policy) fn hotfix() -> OwedHotfix {
    OwedHotfix {
        title: "Cart".to_owned(),
        pull: crate::model::PullNumber(12),
        by: "rita".to_owned(),
        at: UnixMillis(0),
        standing: HotfixStanding::Missing,
        waits_from: UnixMillis(0),
        waits: true,
        picks: vec![id(3)],
        as_one: false,
        brought: vec![id(3)],
        paths: Vec::new(),
        carried_by: None,
        into: name("integration"),
        in_conflict: Vec::new(),
        merge: None,
    }
}

fn freeze() -> impl Strategy<Value = Option<FreezePeriod>> {
    any::<Option<bool>>().prop_map(|frozen| {
        let until = |ends: bool| ends.then_some(UnixSeconds(9));
        frozen.map(|ends| FreezePeriod { from: None, until: until(ends), reasons: vec!["audit".to_owned()] })
    })
}

fn place() -> impl Strategy<Value = Option<PlaceAwaited>> {
    any::<Option<bool>>().prop_map(|waits| {
        waits.map(|is_next| PlaceAwaited { turn: if is_next { 1 } else { 2 }, taken: Vec::new() })
    })
}

fn methods() -> impl Strategy<Value = Option<MergeMethods>> {
    let from = prop_oneof![Just(MethodsFrom::Settings), Just(MethodsFrom::Rules)];
    let some = (any::<(bool, bool)>(), from);
    let some = some.prop_map(|((squash, rebase), from)| MergeMethods { merge: true, squash, rebase, from });
    proptest::option::of(some)
}

fn stacks() -> impl Strategy<Value = StackFacts> {
    let stack = || Stack { number: Some(7), trunk: name("production") };
    prop_oneof![
        Just(StackFacts::default()),
        Just(StackFacts { member: None, chained_with: vec![origin(3)] }),
        (any::<bool>(), any::<bool>()).prop_map(move |(of_path, elsewhere)| StackFacts {
            member: Some(StackMember {
                stack: stack(),
                heads: if of_path { vec![name("staging")] } else { Vec::new() },
                goes_into: name(if elsewhere { "feature/z" } else { "staging" }),
            }),
            chained_with: Vec::new(),
        }),
    ]
}

/// What may be found in files.
fn files() -> impl Strategy<Value = Vec<FileFinding>> {
    let of_files = Code::ALL.into_iter().filter(|code| code.as_str().starts_with("TP7")).collect::<Vec<_>>();
    let count = of_files.len();
    let severity =
        prop_oneof![Just(Outcome::Fail), Just(Outcome::Wait), Just(Outcome::Warn), Just(Outcome::Pass)];
    let one = move |(at, severity): (usize, Outcome)| FileFinding {
        code: of_files[at],
        severity,
        level: Level::Enforce,
        place: None,
        title: Sentence::default(),
        detail: Sentence::default(),
        remedy: Sentence::default(),
    };
    // Each code once: without words, two of the same code could not be told apart.
    proptest::collection::btree_map(0..count, severity, 0..3)
        .prop_map(move |all| all.into_iter().map(&one).collect())
}

/// A topic's history, with findings of every kind now and then.
fn topic() -> impl Strategy<Value = TopicHistory> {
    (topic_history(), any::<(bool, bool, bool)>()).prop_map(|(mut history, (clean, stacked, nothing))| {
        if clean {
            history.lines.clear();
        }
        if stacked {
            let head = history.brought.last().map_or(id(0), |commit| commit.id);
            history.stacked_on.push(crate::model::OpenPull { origin: origin(5), head });
        }
        history.changes_nothing = nothing;
        history
    })
}

/// A pull request on one of the routes, and all that may be known of it.
pub(super) fn facts() -> impl Strategy<Value = Facts> {
    let known = (
        topic(),
        promotion(),
        back_merge(),
        deploys(),
        methods(),
        stacks(),
        (lock(), freeze(), place()),
        (acceptance(), owed()),
        files(),
    );
    (0..ENDS.len(), known, any::<bool>()).prop_map(|(at, known, is_snapshot)| {
        let (topic, promotion, back_merge, deploys, methods, stacks, decided, accepted, files) = known;
        let ((lock, freeze, place), (acceptance, hotfixes)) = (decided, accepted);
        let (head, base) = ENDS[at];
        let mut pull = pull(head, base, false);
        let path = PromotionPath::pro();
        let of = crate::policy::may_be_snapshot_of(&path, &pull).first().map(|it| it.branch.clone());
        let snapshot = of.filter(|_| is_snapshot);
        let snapshot = snapshot.map(|of| Snapshot { of, branch: name(head), current: true });
        if let Some(snapshot) = &snapshot {
            pull = pull.promoting(snapshot);
        }
        let families = Judged { path: &path, pull: &pull, snapshot: snapshot.as_ref() }.families();
        let needed: Vec<Fact> = families.iter().flat_map(|family| family.facts).copied().collect();
        let history = if needed.contains(&Fact::TopicHistory) {
            History::Topic(topic)
        } else if needed.contains(&Fact::PromotionHistory) {
            History::Promotion(promotion)
        } else if needed.contains(&Fact::BackMergeHistory) {
            History::BackMerge(back_merge)
        } else {
            History::NotNeeded
        };
        let facts = Facts::new(pull, history);
        Facts {
            methods,
            deploys,
            snapshot,
            stacks,
            lock,
            freeze,
            place,
            acceptance,
            hotfixes,
            files,
            ..facts
        }
    })
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Enforce), Just(Level::Warn), Just(Level::Observe), Just(Level::Off)]
}

/// A configuration with some rules set otherwise.
pub(super) fn path() -> impl Strategy<Value = PromotionPath> {
    let levels = proptest::collection::vec((0..Code::ALL.len(), level()), 0..4);
    (levels, any::<bool>()).prop_map(|(levels, is_shop)| {
        let mut path = PromotionPath::pro();
        path.environments[2].requires.soak = Some(std::time::Duration::from_secs(60));
        path.environments[2].requires.tickets = Some(TicketRule {
            on: TicketsOn::Paths(IgnoredPaths::new(&["a.txt".to_owned()]).unwrap()),
            notice: std::time::Duration::from_secs(3_600),
        });
        path.commerce = is_shop.then(|| CommerceSettings::built_in(&path.environments));
        for (code, level) in levels {
            path.rules.set(Code::ALL[code], level);
        }
        path
    })
}

/// The same with one more change.
fn changed() -> impl Strategy<Value = (PromotionPath, PromotionPath)> {
    let tested = prop_oneof![Just(Tested::NotAsked), Just(Tested::IfReported), Just(Tested::Asked)];
    (path(), 0..6_u8, (0..Code::ALL.len(), level()), tested).prop_map(|(before, what, rule, tested)| {
        let mut now = before.clone();
        match what {
            0 => now.environments[1].accepts.push(Source::Hotfixes),
            1 => now.environments[2].requires.tested = tested,
            2 => now.copy = None,
            3 => now.commerce = Some(CommerceSettings::built_in(&now.environments)),
            _ => now.rules.set(Code::ALL[rule.0], rule.1),
        }
        (before, now)
    })
}

fn judged<'a>(path: &'a PromotionPath, facts: &'a Facts) -> Judged<'a> {
    Judged { path, pull: &facts.pull, snapshot: facts.snapshot.as_ref() }
}

/// What is left to be brought once the base has moved forward to a brought commit.
fn after_the_base_came(mut history: TopicHistory, at: CommitId) -> TopicHistory {
    let mut taken = HashSet::from([at]);
    for commit in &history.brought {
        if taken.contains(&commit.id) {
            taken.extend(&commit.parents);
        }
    }
    history.brought.retain(|commit| !taken.contains(&commit.id));
    for line in &mut history.lines {
        line.first_parents.retain(|id| !taken.contains(id));
        let kept: Vec<bool> = line.tips.iter().map(|tip| !taken.contains(&tip.commit)).collect();
        let mut keep = kept.iter();
        line.tips.retain(|_| *keep.next().unwrap());
        let mut keep = kept.iter();
        line.gained.retain(|_| *keep.next().unwrap());
    }
    history.pushes.retain(|push| !taken.contains(&push.commit));
    history.stacked_on.retain(|it| !taken.contains(&it.head));
    history
}

#[test]
fn every_code_of_pull_requests_belongs_to_a_family() {
    let of_none = [Code::CopyStale, Code::CopyDiverged, Code::ConfigurationInvalid, Code::CouldNotDecide];
    for code in Code::ALL {
        let families = FAMILIES.iter().filter(|family| family.codes.contains(&code)).count();
        assert_eq!(families == 0, of_none.contains(&code), "{code} is of {families} families");
    }
}

proptest! {
    #[test]
    fn what_is_found_is_of_a_family_that_judges(path in path(), facts in facts()) {
        let families = judged(&path, &facts).families();
        for finding in judge(&path, &facts).findings {
            let code = finding.cause.code();
            let known = families.iter().any(|family| family.codes.contains(&code));
            prop_assert!(known, "{code} on {:?}", facts.pull);
        }
    }

    #[test]
    fn a_configuration_that_no_family_names_alters_no_verdict((before, now) in changed(), facts in facts()) {
        let verdict = judge(&before, &facts);
        let alters = config_changes(&before, &now).into_iter().any(|trigger| {
            let reach = judged(&before, &facts).reach(trigger).and(judged(&now, &facts).reach(trigger));
            reach.alters(!verdict.findings.is_empty())
        });
        if !alters {
            prop_assert_eq!(judge(&now, &facts), verdict);
        }
    }

    #[test]
    fn deploys_locks_freezes_and_merge_methods_alter_only_what_names_them(
        path in path(), facts in facts(), deploys in deploys(), methods in methods(), lock in lock(), freeze in freeze(),
        (acceptance, place, hotfixes) in (acceptance(), place(), owed()),
        deployed in prop_oneof![Just(Deployed::Yes), Just(Deployed::No)],
    ) {
        let verdict = judge(&path, &facts);
        if judged(&path, &facts).reach(Trigger::DeployChanged) == Reach::NEVER {
            let mut after = Facts { deploys, ..facts.clone() };
            if let History::Promotion(history) = &mut after.history {
                history.deployed = deployed;
            }
            prop_assert_eq!(&judge(&path, &after), &verdict);
        }
        if judged(&path, &facts).reach(Trigger::LockChanged) == Reach::NEVER {
            prop_assert_eq!(&judge(&path, &Facts { lock, ..facts.clone() }), &verdict);
        }
        if judged(&path, &facts).reach(Trigger::PlacesChanged) == Reach::NEVER {
            prop_assert_eq!(&judge(&path, &Facts { place, ..facts.clone() }), &verdict);
        }
        if judged(&path, &facts).reach(Trigger::AttestationChanged) == Reach::NEVER {
            prop_assert_eq!(&judge(&path, &Facts { acceptance, ..facts.clone() }), &verdict);
        }
        if judged(&path, &facts).reach(Trigger::HotfixChanged) == Reach::NEVER {
            prop_assert_eq!(&judge(&path, &Facts { hotfixes, ..facts.clone() }), &verdict);
        }
        if !judged(&path, &facts).needs(Fact::Freeze) {
            prop_assert_eq!(&judge(&path, &Facts { freeze, ..facts.clone() }), &verdict);
        }
        if judged(&path, &facts).reach(Trigger::MergeMethodsChanged) == Reach::NEVER {
            prop_assert_eq!(judge(&path, &Facts { methods, ..facts }), verdict);
        }
    }

    #[test]
    fn a_base_that_moves_forward_finds_nothing_new_in_a_clean_topic(history in topic(), at in 0_usize..14) {
        let pull = pull("x", "integration", false);
        let path = PromotionPath::pro();
        let verdict_on = |history| judge(&path, &Facts::new(pull.clone(), History::Topic(history)));
        let topic = Judged { path: &path, pull: &pull, snapshot: None };
        let verdict = verdict_on(history.clone());
        prop_assert!(!topic.reach(Trigger::BaseAdvanced).alters(false));
        if let Some(commit) = history.brought.get(at).filter(|_| verdict.findings.is_empty()) {
            let after = verdict_on(after_the_base_came(history.clone(), commit.id));
            let carries = |it: &Verdict| it.findings.iter().any(|it| !matches!(it.cause, Cause::ChangesNothing { .. }));
            prop_assert!(!carries(&after), "{after:?}");
        }
    }
}
