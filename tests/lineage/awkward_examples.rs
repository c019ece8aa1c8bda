//! Topics into integration whose history is not what it seems.

use crate::examples::Memory::{Idle, Needed};
use crate::examples::{CARRIES, PASS, Row};

const INTO_INTEGRATION: (&str, &str) = ("topic", "integration");

/// Force pushes, foxtrots, trials and other knots.
pub(crate) const AWKWARD: &[Row] = &[
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
];
