//! Topics into integration.

use crate::examples::Memory::{Idle, Needed};
use crate::examples::{CARRIES, PASS, Row};

const INTO_INTEGRATION: (&str, &str) = ("topic", "integration");

/// The examples everybody meets.
pub(crate) const TOPICS: &[Row] = &[
    Row {
        name: "T01",
        why: "cut from integration's tip",
        tell: |s| {
            s.topic("topic", "integration");
        },
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
        tell: |s| {
            s.topic("topic", "master");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "T08",
        why: "cut from staging's tip",
        tell: |s| {
            s.topic("topic", "staging");
        },
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
            s.open("below");
            s.point_at("topic", "below");
            s.commit("topic", "more");
        },
        pull: INTO_INTEGRATION,
        want: ("warn", &["TP205"]),
        memory: Needed,
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
        want: ("warn", &["TP203"]),
        memory: Needed,
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
        want: ("warn", &["TP202"]),
        memory: Needed,
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
        want: ("warn", &["TP202"]),
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
        tell: |s| {
            s.root("topic", "elsewhere");
        },
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
        name: "T33, further",
        why: "somebody force-pointed staging at a commit on top of the topic",
        tell: |s| {
            s.topic("topic", "integration");
            s.commit("topic", "more");
            s.point_at("further", "topic");
            s.commit("further", "further");
            s.point_at("staging", "further");
        },
        pull: INTO_INTEGRATION,
        want: ("warn", &["TP201"]),
        memory: Needed,
    },
    Row {
        name: "an accident undone",
        why: "integration was pushed to production's commit by mistake, and back; cut from production",
        tell: |s| {
            let before = s.tip("integration");
            s.point_at("integration", "production");
            s.point("integration", before);
            s.topic("topic", "production");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
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
];
