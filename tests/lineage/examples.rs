//! The table of examples: what happened, and what has to be said.

use towpath::engine::judge::judge;
use towpath::flow::{Flow, Outcome, Source, Verdict};
use towpath::lineage::{Ledger, Repository};

use crate::story::{Repo, Story};

/// Whether the verdict hangs on what an observer saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Memory {
    /// The graph alone gives the same answer.
    Idle,
    /// Only the ledger gives this answer.
    Needed,
}
use Memory::{Idle, Needed};

struct Row {
    name: &'static str,
    why: &'static str,
    tell: fn(&mut Story),
    pull: (&'static str, &'static str),
    want: (&'static str, &'static [&'static str]),
    memory: Memory,
}

const PASS: (&str, &[&str]) = ("pass", &[]);
const CARRIES: (&str, &[&str]) = ("fail", &["TP201"]);
const UNTESTED: (&str, &[&str]) = ("fail", &["TP301"]);
const INTO_INTEGRATION: (&str, &str) = ("topic", "integration");

fn topics() -> Vec<Row> {
    vec![
        Row {
            name: "T01",
            why: "cut from integration's tip",
            tell: |s| drop(s.topic("topic", "integration")),
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T02",
            why: "integration has moved on since",
            tell: |s| {
                s.topic("topic", "integration");
                s.feature("f5");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T03",
            why: "then integration was merged into the topic",
            tell: |s| {
                s.topic("topic", "integration");
                s.feature("f5");
                s.merge("integration", "topic");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T05",
            why: "cut from master, whose promotion merges come along",
            tell: |s| drop(s.topic("topic", "master")),
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "T08",
            why: "cut from staging's tip",
            tell: |s| drop(s.topic("topic", "staging")),
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "T10",
            why: "cut from production, which integration already contains",
            tell: |s| {
                s.merge("production", "integration");
                s.topic("topic", "production");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T12",
            why: "cut from production, then rebased onto integration",
            tell: |s| {
                let own = s.topic("old", "production");
                s.point_at("topic", "integration");
                s.cherry_pick(own, "topic");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T13",
            why: "cut from master, then integration merged in: the merge base is integration's tip",
            tell: |s| {
                s.topic("topic", "master");
                s.merge("integration", "topic");
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "T14",
            why: "a production hotfix cherry-picked onto a branch from integration",
            tell: |s| {
                s.topic("hotfix", "production");
                let fix = s.merge("hotfix", "production") - 1;
                s.point_at("topic", "integration");
                s.cherry_pick(fix, "topic");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T15",
            why: "stacked on another open topic",
            tell: |s| {
                s.topic("below", "integration");
                s.point_at("topic", "below");
                s.commit("topic", "more");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T16",
            why: "stacked on a topic that was squash-merged meanwhile",
            tell: |s| {
                s.topic("below", "integration");
                s.point_at("topic", "below");
                s.commit("topic", "more");
                s.squash("below", "integration");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T18",
            why: "integration was force-pushed back after the cut",
            tell: |s| {
                let before = s.tip("integration");
                s.feature("f5");
                s.topic("topic", "integration");
                s.point("integration", before);
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T18, with production's history in what was removed",
            why: "the topic has it from integration itself, which had it by a back-merge",
            tell: |s| {
                let before = s.tip("integration");
                s.merge("production", "integration");
                s.topic("topic", "integration");
                s.point("integration", before);
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Needed,
        },
        Row {
            name: "not inherited",
            why: "cut from master; integration was pointed at it by accident and back: nothing came from there",
            tell: |s| {
                s.topic("topic", "master");
                let before = s.tip("integration");
                s.point_at("integration", "topic");
                s.point("integration", before);
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "T20",
            why: "no commit in common",
            tell: |s| drop(s.root("topic", "elsewhere")),
            pull: INTO_INTEGRATION,
            want: ("fail", &["TP206"]),
            memory: Idle,
        },
        Row {
            name: "T23",
            why: "integration was fast-forwarded to a topic; cut from a tip that left the first-parent line",
            tell: |s| {
                s.topic("other", "integration");
                let old = s.feature("f5");
                s.merge("integration", "other");
                s.point_at("integration", "other");
                s.point("topic", old);
                s.commit("topic", "own");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "T33",
            why: "somebody force-pointed staging at the topic",
            tell: |s| {
                s.topic("topic", "integration");
                s.commit("topic", "more");
                s.point_at("staging", "topic");
            },
            pull: INTO_INTEGRATION,
            want: ("warn", &["TP201"]),
            memory: Needed,
        },
    ]
}

fn more_topics() -> Vec<Row> {
    vec![
        Row {
            name: "T33, then amended",
            why: "the push that proves it is of a commit the topic no longer has",
            tell: |s| {
                let first = s.topic("topic", "integration");
                s.commit("topic", "more");
                s.point("staging", first);
                s.point("topic", first);
                s.commit("topic", "amended");
            },
            pull: INTO_INTEGRATION,
            want: ("warn", &["TP201"]),
            memory: Needed,
        },
        Row {
            name: "T33, promoted on top",
            why: "staging went on from the topic: its line still only has what came from the topic",
            tell: |s| {
                s.topic("topic", "integration");
                s.commit("topic", "more");
                s.point_at("staging", "topic");
                s.feature("f5");
                s.merge("integration", "staging");
            },
            pull: INTO_INTEGRATION,
            want: ("warn", &["TP201"]),
            memory: Needed,
        },
        Row {
            name: "T33, tried before",
            why: "the topic was merged to staging for a trial, then staging was pointed at it",
            tell: |s| {
                s.topic("topic", "integration");
                s.merge("topic", "staging");
                s.commit("topic", "more");
                s.point_at("staging", "topic");
            },
            pull: INTO_INTEGRATION,
            want: ("warn", &["TP201"]),
            memory: Needed,
        },
        Row {
            name: "T33 of a topic cut from staging",
            why: "pointing staging at it does not wash off staging's own past",
            tell: |s| {
                s.topic("topic", "staging");
                s.point_at("staging", "topic");
            },
            pull: INTO_INTEGRATION,
            want: ("fail", &["TP201", "TP201"]),
            memory: Needed,
        },
        Row {
            name: "rolled back to the cut",
            why: "cut from staging; staging was moved on and then back to the cut, after the topic's push",
            tell: |s| {
                let cut = s.tip("staging");
                s.topic("topic", "staging");
                s.merge("integration", "staging");
                s.point("staging", cut);
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "lost tip",
            why: "cut from a staging tip that a force push has taken off its line",
            tell: |s| {
                let before = s.tip("staging");
                s.commit("staging", "experiment");
                s.topic("topic", "staging");
                s.point("staging", s.first_parent(before));
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "lost tip without a neighbour on the line",
            why: "only the ledger knows that the squash had been staging's",
            tell: |s| {
                s.merge("staging", "integration");
                let before = s.tip("staging");
                s.commit("staging", "experiment");
                s.topic("topic", "staging");
                s.point("staging", before);
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Needed,
        },
        Row {
            name: "foxtrot promotion",
            why: "staging was promoted by a merge made on integration; cut from a tip that left its line",
            tell: |s| {
                s.merge("staging", "integration");
                s.feature("f5");
                s.merge("integration", "staging");
                s.topic("topic", "staging");
                s.point_at("work", "integration");
                s.merge("staging", "work");
                s.point_at("staging", "work");
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Needed,
        },
        Row {
            name: "fast-forwarded promotions",
            why: "all branches are one line: wherever it was cut, nothing foreign comes along",
            tell: |s| {
                for branch in ["staging", "production", "master", "integration"] {
                    s.point_at(branch, "integration");
                }
                s.topic("topic", "master");
                s.feature("f5");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "stale master",
            why: "master was never moved since release 1; cut from there",
            tell: |s| {
                s.release();
                s.point("master", s.first_parent(s.tip("master")));
                s.topic("topic", "master");
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "trial and back",
            why: "merged to staging for a trial, then staging merged back into the topic",
            tell: |s| {
                s.topic("topic", "integration");
                s.merge("topic", "staging");
                s.merge("staging", "topic");
                s.commit("topic", "more");
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "trial",
            why: "merged to staging for a trial only",
            tell: |s| {
                s.topic("topic", "integration");
                s.merge("topic", "staging");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "criss-cross",
            why: "topic and integration were merged into each other twice",
            tell: |s| {
                s.topic("topic", "integration");
                s.feature("f5");
                let topic = s.tip("topic");
                s.merge("integration", "topic");
                s.point("half", topic);
                s.merge("half", "integration");
                s.commit("topic", "more");
            },
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "octopus",
            why: "an octopus merge brought staging along with another topic",
            tell: |s| {
                s.topic("side", "integration");
                s.point_at("topic", "integration");
                s.commit("topic", "more");
                s.octopus(&["side", "staging"], "topic");
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "ours",
            why: "staging merged in with -s ours: no file of it comes, but its history does",
            tell: |s| {
                s.topic("topic", "integration");
                s.merge_ours("staging", "topic");
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "foxtrot topic",
            why: "the topic was merged into a checked-out staging, so its first parent is staging's line",
            tell: |s| {
                s.topic("own", "integration");
                s.point_at("topic", "staging");
                s.merge("own", "topic");
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "name used again",
            why: "an old topic of this name was tried on staging by fast-forward; the new one is cut after it",
            tell: |s| {
                s.point_at("staging", "integration");
                s.topic("topic", "integration");
                s.point_at("staging", "topic");
                s.feature("f5");
                s.merge("integration", "staging");
                s.topic("topic", "staging");
            },
            pull: INTO_INTEGRATION,
            want: ("fail", &["TP201", "TP201"]),
            memory: Needed,
        },
        Row {
            name: "nothing",
            why: "the head is a commit integration already has",
            tell: |s| s.point("topic", s.first_parent(s.tip("integration"))),
            pull: INTO_INTEGRATION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "cut from production, squashed back-merge",
            why: "integration has production's files but not its commits",
            tell: |s| {
                s.commit("production", "fix");
                s.squash("production", "integration");
                s.topic("topic", "production");
            },
            pull: INTO_INTEGRATION,
            want: CARRIES,
            memory: Idle,
        },
    ]
}

fn hotfixes() -> Vec<Row> {
    const INTO_PRODUCTION: (&str, &str) = ("topic", "production");
    vec![
        Row {
            name: "H01",
            why: "cut from production's tip",
            tell: |s| drop(s.topic("topic", "production")),
            pull: INTO_PRODUCTION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "H03",
            why: "called a hotfix, cut from integration",
            tell: |s| drop(s.topic("hotfix/x", "integration")),
            pull: ("hotfix/x", "production"),
            want: CARRIES,
            memory: Idle,
        },
        Row {
            name: "H10",
            why: "tried on staging first",
            tell: |s| {
                s.topic("topic", "production");
                s.merge("topic", "staging");
            },
            pull: INTO_PRODUCTION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "H10 by fast-forward",
            why: "staging equalled production and was moved onto the hotfix",
            tell: |s| {
                s.point_at("staging", "production");
                s.topic("topic", "production");
                s.point_at("staging", "topic");
            },
            pull: INTO_PRODUCTION,
            want: ("warn", &["TP201"]),
            memory: Needed,
        },
        Row {
            name: "hotfix from a stray master",
            why: "master got a debug commit of its own; the hotfix is cut from it",
            tell: |s| {
                s.point_at("master", "production");
                s.commit("master", "debug");
                s.topic("topic", "master");
            },
            pull: INTO_PRODUCTION,
            want: CARRIES,
            memory: Idle,
        },
    ]
}

fn promotions() -> Vec<Row> {
    const TO_STAGING: (&str, &str) = ("integration", "staging");
    const TO_PRODUCTION: (&str, &str) = ("staging", "production");
    vec![
        Row { name: "P01", why: "no drift", tell: |_| {}, pull: TO_STAGING, want: PASS, memory: Idle },
        Row {
            name: "P03",
            why: "a topic straight into staging",
            tell: |s| drop(s.topic("topic", "integration")),
            pull: ("topic", "staging"),
            want: ("fail", &["TP101"]),
            memory: Idle,
        },
        Row {
            name: "skipped",
            why: "integration into production leaves staging out",
            tell: |_| {},
            pull: ("integration", "production"),
            want: ("fail", &["TP102"]),
            memory: Idle,
        },
        Row {
            name: "P05",
            why: "somebody committed to staging directly",
            tell: |s| drop(s.commit("staging", "direct")),
            pull: TO_STAGING,
            want: UNTESTED,
            memory: Idle,
        },
        Row {
            name: "P06",
            why: "a hotfix on production was not carried back",
            tell: |s| {
                s.topic("hotfix", "production");
                s.merge("hotfix", "production");
            },
            pull: TO_PRODUCTION,
            want: UNTESTED,
            memory: Idle,
        },
        Row {
            name: "P07",
            why: "carried back by merge and promoted",
            tell: |s| {
                s.topic("hotfix", "production");
                s.merge("hotfix", "production");
                s.merge("production", "integration");
                s.merge("integration", "staging");
            },
            pull: TO_PRODUCTION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "P07 by cherry-pick",
            why: "the same change by another commit is the same tree",
            tell: |s| {
                let fix = s.topic("hotfix", "production");
                s.merge("hotfix", "production");
                s.cherry_pick(fix, "integration");
                s.merge("integration", "staging");
            },
            pull: TO_PRODUCTION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "P09",
            why: "squash promotions, the tree is still the same",
            tell: |s| {
                s.squash("integration", "staging");
                s.squash("staging", "production");
                s.feature("f5");
                s.squash("integration", "staging");
            },
            pull: TO_PRODUCTION,
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "P12",
            why: "staging was force-pushed back behind production",
            tell: |s| {
                let old = s.tip("staging");
                s.release();
                s.point("staging", old);
            },
            pull: TO_PRODUCTION,
            want: ("fail", &["TP104"]),
            memory: Idle,
        },
        Row {
            name: "P15",
            why: "hotfix and release touch the same lines",
            tell: |s| {
                s.write("production", "f1", "fixed\n");
                s.write("staging", "f1", "rewritten\n");
            },
            pull: TO_PRODUCTION,
            want: ("fail", &["TP302"]),
            memory: Idle,
        },
        Row {
            name: "nothing new",
            why: "staging has been promoted already",
            tell: |s| drop(s.merge("staging", "production")),
            pull: TO_PRODUCTION,
            want: ("pass", &["TP105"]),
            memory: Idle,
        },
        Row {
            name: "reverted downstream",
            why: "production took a release back; merging staging again would not bring it",
            tell: |s| {
                let release = s.merge("staging", "production");
                s.revert(release, "production");
                s.merge("integration", "staging");
            },
            pull: TO_PRODUCTION,
            want: UNTESTED,
            memory: Idle,
        },
        Row {
            name: "unrelated",
            why: "staging was replaced by another project",
            tell: |s| drop(s.root("staging", "elsewhere")),
            pull: TO_PRODUCTION,
            want: ("fail", &["TP206"]),
            memory: Idle,
        },
        Row {
            name: "copy",
            why: "production into master",
            tell: |s| drop(s.merge("staging", "production")),
            pull: ("production", "master"),
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "copy with files of its own",
            why: "master has workflows that production has not",
            tell: |s| {
                s.commit("master", ".github/workflows/sync.yml");
                s.merge("staging", "production");
            },
            pull: ("production", "master"),
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "copy of nothing new",
            why: "master has it all",
            tell: |s| {
                s.merge("production", "master");
                s.commit("master", ".github/workflows/sync.yml");
            },
            pull: ("production", "master"),
            want: ("pass", &["TP105"]),
            memory: Idle,
        },
        Row {
            name: "copy in conflict",
            why: "somebody changed a released file on master",
            tell: |s| {
                s.write("master", "f1", "debug\n");
                s.write("production", "f1", "fixed\n");
            },
            pull: ("production", "master"),
            want: ("fail", &["TP302"]),
            memory: Idle,
        },
        Row {
            name: "copy of something else",
            why: "only production goes into master",
            tell: |_| {},
            pull: ("staging", "master"),
            want: ("fail", &["TP107"]),
            memory: Idle,
        },
        Row {
            name: "K01",
            why: "production into integration after a hotfix",
            tell: |s| {
                s.topic("hotfix", "production");
                s.merge("hotfix", "production");
            },
            pull: ("production", "integration"),
            want: PASS,
            memory: Idle,
        },
        Row {
            name: "K05",
            why: "nothing to carry: only promotion merges",
            tell: |_| {},
            pull: ("production", "integration"),
            want: ("warn", &["TP106"]),
            memory: Idle,
        },
        Row {
            name: "K05 after squash promotions",
            why: "the squashes repeat states of integration",
            tell: |s| {
                s.squash("integration", "staging");
                s.squash("staging", "production");
            },
            pull: ("production", "integration"),
            want: ("warn", &["TP106"]),
            memory: Idle,
        },
        Row {
            name: "K05 after a cherry-pick",
            why: "integration has the hotfix by another commit",
            tell: |s| {
                let fix = s.topic("hotfix", "production");
                s.merge("hotfix", "production");
                s.cherry_pick(fix, "integration");
            },
            pull: ("production", "integration"),
            want: ("warn", &["TP106"]),
            memory: Idle,
        },
        Row {
            name: "master as a source",
            why: "nothing comes from the copy",
            tell: |_| {},
            pull: ("master", "integration"),
            want: ("fail", &["TP101"]),
            memory: Idle,
        },
        Row {
            name: "not judged",
            why: "the base is a topic",
            tell: |s| drop(s.topic("topic", "master")),
            pull: ("topic", "feature/f1"),
            want: PASS,
            memory: Idle,
        },
    ]
}

pub(crate) fn with_hotfixes() -> Flow {
    let mut flow = Flow::pro();
    flow.environments[2].accepts.push(Source::Hotfixes);
    flow
}

pub(crate) async fn verdict(repo: &Repo, flow: &Flow, pull: (&str, &str), ledger: &Ledger) -> Verdict {
    let repository = Repository::open(repo.path()).await.unwrap();
    judge(&repository, flow, &repo.pull(pull.0, pull.1), ledger).await
}

async fn holds(row: &Row, flow: &Flow) -> Option<String> {
    let mut story = Story::pro();
    (row.tell)(&mut story);
    let repo = story.build();
    let mut faults = String::new();
    let ledger = repo.ledger();
    let empty = Ledger::default();
    let runs = [("with", &ledger, true), ("without", &empty, row.memory == Idle)];
    for (how, ledger, wanted) in runs {
        let verdict = verdict(&repo, flow, row.pull, ledger).await;
        let codes: Vec<_> = verdict.findings.iter().map(|finding| finding.cause.code().as_str()).collect();
        let said = (verdict.outcome().as_str(), codes.as_slice());
        if (said == row.want) != wanted {
            let Row { name, why, want, .. } = row;
            faults += &format!("{name} ({why}) {how} ledger: wanted {want:?}, got {said:?}\n");
            faults += &format!("    {:?}\n", verdict.findings);
        }
    }
    (!faults.is_empty()).then_some(faults)
}

async fn all_hold(rows: Vec<Row>, flow: Flow) {
    let mut faults = String::new();
    for row in &rows {
        faults += &holds(row, &flow).await.unwrap_or_default();
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[tokio::test]
async fn topics_are_judged_by_what_they_bring() {
    all_hold(topics(), Flow::pro()).await;
    all_hold(more_topics(), Flow::pro()).await;
}

#[tokio::test]
async fn hotfixes_are_judged_by_the_same_rule() {
    all_hold(hotfixes(), with_hotfixes()).await;
}

#[tokio::test]
async fn promotions_are_judged_by_what_would_ship() {
    all_hold(promotions(), Flow::pro()).await;
}

#[tokio::test]
async fn the_base_state_itself_is_in_order() {
    let repo = Story::pro().build();
    for pull in [("integration", "staging"), ("staging", "production")] {
        assert_eq!(verdict(&repo, &Flow::pro(), pull, &Ledger::default()).await.outcome(), Outcome::Pass);
    }
}
