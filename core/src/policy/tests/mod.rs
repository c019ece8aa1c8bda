pub(super) mod families;
mod overrides;

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::model::{
    Base, BranchName, Cause, Code, Commit, CommitId, Head, LedgerTip, Level, Line, Outcome, PushedAt, Source,
    TipSource, TopicHistory, UnixSeconds,
};

pub(super) fn id(number: usize) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

pub(super) fn name(branch: &str) -> BranchName {
    BranchName::new(branch).unwrap()
}

pub(super) fn pull(head: &str, base: &str, fork: bool) -> PullEnds {
    PullEnds {
        head: Head { branch: Some(name(head)), commit: id(0), fork },
        base: Base { branch: name(base), commit: id(99) },
    }
}

/// What is known of a topic that brings nothing and has met nobody.
pub(super) fn brings_nothing() -> TopicHistory {
    TopicHistory {
        related: true,
        brought: Vec::new(),
        lines: Vec::new(),
        former_tips: Vec::new(),
        pushes: Vec::new(),
        before_rebase: Vec::new(),
        others_pushes: Vec::new(),
        elsewhere: Vec::new(),
        already_merged: Vec::new(),
        stacked_on: Vec::new(),
        reverts: Vec::new(),
        merged_back: Vec::new(),
        changes_nothing: false,
    }
}

fn routed(path: &PromotionPath, head: &str, base: &str, fork: bool) -> String {
    match route(path, &pull(head, base, fork)) {
        Route::Refused(finding) => finding.cause.code().to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn names_and_forks_route() {
    let path = PromotionPath::pro();
    for (head, base, fork, want) in [
        ("x", "integration", false, "Topic"),
        ("x", "integration", true, "Topic"),
        ("x", "staging", false, "TP101"),
        ("x", "feature/y", false, "NotJudged"),
        ("integration", "staging", false, "Promotion"),
        ("integration", "staging", true, "TP103"),
        ("integration", "integration", true, "Topic"),
        ("integration", "integration", false, "Topic"),
        ("staging", "staging", false, "TP101"),
        ("staging", "integration", true, "Topic"),
        ("master", "integration", true, "Topic"),
        ("integration", "production", false, "TP102"),
        ("integration", "production", true, "TP101"),
        ("production", "integration", false, "BackMerge"),
        ("production", "staging", false, "BackMerge"),
        ("master", "integration", false, "TP101"),
        ("master", "production", false, "TP101"),
        ("production", "master", false, "Promotion"),
        ("production", "master", true, "TP103"),
        ("staging", "master", false, "TP107"),
        ("x", "master", false, "TP107"),
        ("master", "master", false, "TP107"),
        ("Staging", "production", false, "TP101"),
    ] {
        assert_eq!(routed(&path, head, base, fork), want, "{head} → {base}, fork: {fork}");
    }
}

#[test]
fn refusals_say_where_it_belongs() {
    let refused = |head, base| match route(&PromotionPath::pro(), &pull(head, base, false)) {
        Route::Refused(finding) if finding.severity == Outcome::Fail => finding.cause,
        other => panic!("{other:?}"),
    };
    let integration = Some(name("integration"));
    let needs = vec![name("staging")];
    assert_eq!(
        refused("x", "production"),
        Cause::WrongBase { belongs_on: integration.clone(), needs: needs.clone() }
    );
    assert_eq!(
        refused("integration", "production"),
        Cause::EnvironmentSkipped { needs: needs.clone(), next: Some(name("staging")) }
    );
    assert_eq!(refused("master", "production"), Cause::WrongBase { belongs_on: None, needs });
    let only = name("production");
    assert_eq!(refused("x", "master"), Cause::CopyTakesOnly { only: only.clone(), belongs_on: integration });
    assert_eq!(
        refused("staging", "master"),
        Cause::CopyTakesOnly { only: only.clone(), belongs_on: Some(only) }
    );
}

#[test]
fn two_stagings_do_not_feed_each_other() {
    let mut path = PromotionPath::pro();
    let mut second = path.environments[1].clone();
    second.name = "staging2".to_owned();
    second.branch = name("staging2");
    path.environments.insert(2, second);
    assert_eq!(routed(&path, "integration", "staging2", false), "Promotion");
    assert_eq!(routed(&path, "staging2", "staging", false), "TP101");
    path.environments[1].accepts.push(Source::Topics);
    assert_eq!(routed(&path, "integration", "staging", true), "Topic", "where topics are taken it is one");
}

#[test]
fn only_a_topic_of_the_repository_itself_may_be_a_snapshot_of_what_the_base_takes() {
    let mut path = PromotionPath::pro();
    let of = |path: &PromotionPath, head: &str, base: &str, fork: bool| {
        let names = may_be_snapshot_of(path, &pull(head, base, fork)).into_iter().map(|it| it.name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(of(&path, "x", "staging", false), ["integration"]);
    assert_eq!(of(&path, "x", "production", false), ["staging"]);
    assert_eq!(of(&path, "x", "master", false), ["production"]);
    for (head, base, fork) in [
        ("x", "integration", false),
        ("x", "feature/y", false),
        ("x", "staging", true),
        ("production", "staging", false),
        ("master", "staging", false),
    ] {
        assert!(of(&path, head, base, fork).is_empty(), "{head} → {base}, fork: {fork}");
    }
    let mut nameless = pull("x", "staging", false);
    nameless.head.branch = None;
    assert!(may_be_snapshot_of(&path, &nameless).is_empty());
    path.rules.set(Code::Snapshot, Level::Off);
    assert!(of(&path, "x", "staging", false).is_empty(), "where it is off it is not looked for");
}

#[test]
fn facts_of_another_route_are_never_a_pass() {
    let facts = Facts::new(pull("x", "integration", false), History::NotNeeded);
    assert_eq!(judge(&PromotionPath::pro(), &facts).outcome(), Outcome::Unknown);
}

/// A random piece of history: commit 0 is the head, parents have greater numbers; 90 is the base's.
fn brought() -> impl Strategy<Value = Vec<Commit>> {
    proptest::collection::vec((1_usize..4, proptest::option::weighted(0.3, 1_usize..6)), 1..14).prop_map(
        |steps| {
            let count = steps.len();
            let parent = |number: usize| if number < count { id(number) } else { id(90) };
            let commit = |(number, (first, second)): (usize, &(usize, Option<usize>))| {
                let mut parents = vec![parent(number + first)];
                parents.extend(second.map(|second| parent(number + second)));
                parents.dedup();
                let tree = format!("{number:040x}").parse().unwrap();
                let (subject, author) = (String::new(), String::new());
                Commit {
                    id: id(number),
                    tree,
                    parents,
                    subject,
                    author,
                    committed_at: UnixSeconds(0),
                    made_by_github: false,
                    origin: None,
                }
            };
            steps.iter().enumerate().map(commit).collect()
        },
    )
}

fn tips(most: usize) -> impl Strategy<Value = Vec<LedgerTip>> {
    let source = prop_oneof![Just(TipSource::Push), Just(TipSource::Backfill), Just(TipSource::Reconciled)];
    let tip = (0_usize..14, 0_i64..20, source);
    let tip =
        tip.prop_map(|(commit, at, source)| LedgerTip { commit: id(commit), at: UnixSeconds(at), source });
    proptest::collection::vec(tip, 0..most)
}

prop_compose! {
    pub(super) fn topic_history()(
        brought in brought(),
        mut tips in tips(5),
        first_parents in proptest::collection::vec(0_usize..14, 0..4),
        pushes in proptest::collection::vec((0_usize..14, 0_i64..20), 0..4),
    ) -> TopicHistory {
        let known = |id: &CommitId| brought.iter().any(|commit| commit.id == *id);
        tips.retain(|tip| known(&tip.commit));
        tips.sort_by_key(|tip| tip.at);
        let first_parents = first_parents.into_iter().map(id).filter(known).collect();
        let gained = tips.iter().map(|tip| vec![tip.commit]).collect();
        let pushes = pushes.into_iter().map(|(commit, at)| PushedAt { commit: id(commit), at: UnixSeconds(at), is_new: false });
        let pushes = pushes.filter(|push| known(&push.commit)).collect();
        let lines = vec![Line { branch: name("staging"), first_parents, tips, gained, beyond: Vec::new() }];
        TopicHistory { brought, lines, pushes, ..brings_nothing() }
    }
}

fn verdict(history: &TopicHistory) -> Verdict {
    let history = History::Topic(history.clone());
    judge(&PromotionPath::pro(), &Facts::new(pull("x", "integration", false), history))
}

fn carried(verdict: &Verdict) -> Option<&Cause> {
    verdict.findings.iter().map(|f| &f.cause).find(|cause| matches!(cause, Cause::CarriesHistory { .. }))
}

/// A topic of one commit, at which staging was pointed within the second of its push.
fn tried_at_once(is_new: bool) -> TopicHistory {
    let commit = id(1);
    let tip = LedgerTip { commit, at: UnixSeconds(100), source: TipSource::Push };
    let brought = Commit {
        id: commit,
        tree: "1".repeat(40).parse().unwrap(),
        parents: vec![id(99)],
        subject: String::new(),
        author: "ana".to_owned(),
        committed_at: UnixSeconds(0),
        made_by_github: false,
        origin: None,
    };
    let line = Line {
        branch: name("staging"),
        first_parents: vec![commit],
        tips: vec![tip],
        gained: vec![vec![commit]],
        beyond: Vec::new(),
    };
    let pushes = vec![PushedAt { commit, at: UnixSeconds(100), is_new }];
    TopicHistory { brought: vec![brought], lines: vec![line], pushes, ..brings_nothing() }
}

#[test]
fn within_a_second_only_what_nobody_had_pushed_came_first() {
    assert_eq!(verdict(&tried_at_once(false)).outcome(), Outcome::Fail);
    assert_eq!(verdict(&tried_at_once(true)).outcome(), Outcome::Warn);
}

proptest! {
    #[test]
    fn a_foreign_commit_without_an_excuse_never_passes(mut history in topic_history()) {
        history.pushes.clear();
        let line = &history.lines[0];
        let clean = line.first_parents.is_empty() && line.tips.is_empty();
        let want = if clean { Outcome::Pass } else { Outcome::Fail };
        prop_assert_eq!(verdict(&history).outcome(), want);
    }

    #[test]
    fn an_excuse_is_always_mentioned(history in topic_history()) {
        let verdict = verdict(&history);
        let line = &history.lines[0];
        if !(line.first_parents.is_empty() && line.tips.is_empty()) {
            prop_assert!(verdict.findings.iter().any(|f| f.cause.code() == Code::CarriesHistory));
            prop_assert_ne!(verdict.outcome(), Outcome::Pass);
        }
    }

    #[test]
    fn tips_known_from_before_the_topic_never_help_it(mut history in topic_history(), more in tips(4)) {
        prop_assume!(verdict(&history).outcome() == Outcome::Fail);
        let first_push = history.pushes.iter().map(|push| push.at).min().unwrap_or(UnixSeconds(0));
        let line = &mut history.lines[0];
        for mut tip in more {
            if history.brought.iter().any(|commit| commit.id == tip.commit) {
                tip.at = tip.at.min(first_push);
                line.tips.insert(0, tip);
                line.gained.insert(0, vec![tip.commit]);
            }
        }
        prop_assert_eq!(verdict(&history).outcome(), Outcome::Fail);
    }

    #[test]
    fn a_push_that_proves_nothing_excuses_nothing(mut history in topic_history()) {
        prop_assume!(verdict(&history).outcome() == Outcome::Fail);
        let newest = history.lines[0].tips.iter().map(|tip| tip.at).max().unwrap_or(UnixSeconds(0));
        for push in &mut history.pushes {
            push.at = push.at.max(newest);
        }
        prop_assert_eq!(verdict(&history).outcome(), Outcome::Fail);
    }

    #[test]
    fn repair_keeps_whatever_can_be_reached_without_foreign_commits(history in topic_history()) {
        let judged = verdict(&history);
        let Some(Cause::CarriesHistory { foreign, repair, came_along, brought, .. }) = carried(&judged) else {
            return Ok(());
        };
        let foreign: HashSet<CommitId> =
            foreign.iter().flat_map(|(_, commits)| commits).map(|commit| commit.id).collect();
        let picks: Vec<CommitId> = repair.picks.iter().map(|commit| commit.id).collect();
        let find = |id: CommitId| history.brought.iter().find(|commit| commit.id == id);
        // The walk along first parents up to the first foreign commit.
        let mut next = find(id(0));
        while let Some(commit) = next.filter(|commit| !foreign.contains(&commit.id)) {
            prop_assert!(commit.is_merge() || picks.contains(&commit.id));
            next = find(commit.parents[0]);
        }
        prop_assert!(picks.iter().all(|id| !foreign.contains(id)));
        prop_assert!(repair.picks.iter().all(|commit| !commit.is_merge()));
        prop_assert!(*came_along >= foreign.len() && *came_along <= *brought);
        // Oldest first: greater numbers are older.
        let mut sorted = picks.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        prop_assert_eq!(picks, sorted);
    }
}
