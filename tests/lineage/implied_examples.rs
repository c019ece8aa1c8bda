//! Situations that no table names and every repository sees: histories that were rebased, crossed, thrown away
//! or written twice.

use crate::examples::Memory::{Idle, Needed};
use crate::examples::{CARRIES, PASS, Row, UNTESTED};

const TO_STAGING: (&str, &str) = ("integration", "staging");
const TO_PRODUCTION: (&str, &str) = ("staging", "production");
const INTO_INTEGRATION: (&str, &str) = ("topic", "integration");

pub(crate) const IMPLIED: &[Row] = &[
    Row {
        name: "rebase promotions",
        why: "staging was only ever promoted to by rebase; the trees are the same",
        tell: |s| {
            s.rebase("integration", "staging");
            s.rebase("staging", "production");
            s.feature("f5");
            s.rebase("integration", "staging");
            s.feature("f6");
        },
        pull: TO_STAGING,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "topic after rebase promotions",
        why: "staging has copies of integration's commits; the topic is cut from integration",
        tell: |s| {
            s.rebase("integration", "staging");
            s.topic("topic", "integration");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "topic from rebased staging",
        why: "cut from the copies",
        tell: |s| {
            s.rebase("integration", "staging");
            s.topic("topic", "staging");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "squash promotions all along",
        why: "three releases by squash on both steps, each with files of its own",
        tell: |s| {
            for name in ["f5", "f6", "f7"] {
                s.feature(name);
                s.squash("integration", "staging");
                s.squash("staging", "production");
            }
            s.feature("f8");
            s.squash("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "topic from squashed staging",
        why: "cut from a staging that shares no recent commit with integration",
        tell: |s| {
            s.squash("integration", "staging");
            s.topic("topic", "staging");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "criss-cross promotions",
        why: "a hotfix went up while a release came down, so two commits are nearest ancestors",
        tell: |s| {
            s.commit("production", "hotfix");
            let down = s.tip("staging");
            s.merge("production", "integration");
            s.point("down", down);
            s.merge("down", "production");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "a hotfix written again upstream",
        why: "another commit of integration gives the same lines, with more in it",
        tell: |s| {
            s.write("production", "price", "right\n");
            s.commit("integration", "more");
            s.write("integration", "price", "right\n");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "a hotfix written otherwise upstream",
        why: "the same fault is mended in other lines: only a person can say that it is the same",
        tell: |s| {
            s.commit("production", "hotfix");
            s.commit("integration", "mended elsewhere");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: UNTESTED,
        memory: Idle,
    },
    Row {
        name: "a hotfix thrown away upstream",
        why: "production was merged with -s ours: what ships is what was tested, without the hotfix",
        tell: |s| {
            s.commit("production", "hotfix");
            s.merge_ours("production", "integration");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "an octopus into staging",
        why: "integration and a topic were merged at once: the topic is only on staging",
        tell: |s| {
            s.topic("topic", "integration");
            s.octopus(&["integration", "topic"], "staging");
            s.feature("f5");
        },
        pull: TO_STAGING,
        want: UNTESTED,
        memory: Idle,
    },
    Row {
        name: "reverted upstream",
        why: "a release was taken back on integration, and the taking back travels down",
        tell: |s| {
            let feature = s.feature("f5");
            s.release();
            s.revert(feature, "integration");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "a revert taken back",
        why: "production took a release back and put it again: nothing of its own is left",
        tell: |s| {
            let release = s.merge("staging", "production");
            let back = s.revert(release, "production");
            s.revert(back, "production");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "a topic that changes nothing",
        why: "its commit leaves every file as it is",
        tell: |s| {
            s.point_at("topic", "integration");
            s.write("topic", "f4", "f4\n");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "a name used again",
        why: "the branch was merged by squash, deleted, and cut anew from staging under the same name",
        tell: |s| {
            s.topic("topic", "integration");
            s.squash("topic", "integration");
            s.point_at("topic", "staging");
            s.commit("topic", "other work");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "staging pushed back and promoted again",
        why: "what was taken off staging comes again from integration, where it always was",
        tell: |s| {
            let before = s.tip("staging");
            s.merge("integration", "staging");
            s.point("staging", before);
            s.feature("f5");
        },
        pull: TO_STAGING,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "a topic from a staging tip that was pushed away",
        why: "only the ledger knows that the tip was staging's",
        tell: |s| {
            let before = s.tip("staging");
            s.commit("staging", "direct");
            s.topic("topic", "staging");
            s.point("staging", before);
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "a topic from the first commit that staging lost",
        why: "nothing else of staging's line is in it",
        tell: |s| {
            s.point_at("staging", "integration");
            let before = s.tip("staging");
            s.commit("staging", "direct");
            s.topic("topic", "staging");
            s.point("staging", before);
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Needed,
    },
];
