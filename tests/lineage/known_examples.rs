//! Topics that have something in common with other work, promotions that wait, and back-merges of what
//! nobody recorded.

use crate::examples::Memory::{Idle, Needed};
use crate::examples::{CARRIES, PASS, Row};

const INTO_INTEGRATION: (&str, &str) = ("topic", "integration");
const TO_PRODUCTION: (&str, &str) = ("staging", "production");
const ELSEWHERE: (&str, &[&str]) = ("warn", &["TP204"]);

/// With the Pro workflow.
pub(crate) const KNOWN: &[Row] = &[
    Row {
        name: "R2, and stacked",
        why: "each is told: what comes back, and what it stands on",
        tell: |s| {
            let before = s.tip("integration");
            s.feature("f5");
            s.topic("below", "integration");
            s.open("below");
            s.point_at("topic", "below");
            s.commit("topic", "more");
            s.point("integration", before);
        },
        pull: INTO_INTEGRATION,
        want: ("warn", &["TP202", "TP205"]),
        memory: Needed,
    },
    Row {
        name: "R2, its own merge",
        why: "fast-forwarded into integration, taken back, and open again",
        tell: |s| {
            let before = s.tip("integration");
            s.topic("topic", "integration");
            s.point_at("integration", "topic");
            s.point("integration", before);
        },
        pull: INTO_INTEGRATION,
        want: ("warn", &["TP202"]),
        memory: Needed,
    },
    Row {
        name: "deleted and made again",
        why: "integration was made again where it had been: nothing comes back",
        tell: |s| {
            s.topic("topic", "integration");
            let before = s.tip("integration");
            s.point("integration", s.first_parent(before));
            s.point("integration", before);
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "R3, rebased",
        why: "stacked on a topic that was rebase-merged meanwhile",
        tell: |s| {
            s.topic("below", "integration");
            s.point_at("topic", "below");
            s.commit("topic", "more");
            s.feature("f5");
            s.rebase("below", "integration");
        },
        pull: INTO_INTEGRATION,
        want: ("warn", &["TP203"]),
        memory: Needed,
    },
    Row {
        name: "R3, the branch goes on",
        why: "squash-merged, and work went on on the same branch",
        tell: |s| {
            s.topic("topic", "integration");
            s.squash("topic", "integration");
            s.commit("topic", "more");
        },
        pull: INTO_INTEGRATION,
        want: ("warn", &["TP203"]),
        memory: Needed,
    },
    Row {
        name: "merged by a merge commit",
        why: "stacked on a topic that was merged: integration has those very commits",
        tell: |s| {
            s.topic("below", "integration");
            s.open("below");
            s.point_at("topic", "below");
            s.commit("topic", "more");
            s.merge("below", "integration");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "R4",
        why: "stands on another topic that was only tried on staging",
        tell: |s| {
            s.topic("below", "integration");
            s.merge("below", "staging");
            s.point_at("topic", "below");
            s.commit("topic", "more");
        },
        pull: INTO_INTEGRATION,
        want: ELSEWHERE,
        memory: Idle,
    },
    Row {
        name: "R4, by an octopus",
        why: "two topics were merged to staging at once; the one below is not its own",
        tell: |s| {
            s.topic("below", "integration");
            s.topic("side", "integration");
            s.octopus(&["below", "side"], "staging");
            s.point_at("topic", "side");
            s.merge("below", "topic");
            s.commit("topic", "more");
        },
        pull: INTO_INTEGRATION,
        want: ELSEWHERE,
        memory: Idle,
    },
    Row {
        name: "trial, then more",
        why: "this very branch was tried on staging before its last commits",
        tell: |s| {
            s.topic("topic", "integration");
            s.merge("topic", "staging");
            s.commit("topic", "more");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Needed,
    },
    Row {
        name: "trial, then integration merged in",
        why: "the Update button does not make the trial foreign",
        tell: |s| {
            s.topic("topic", "integration");
            s.merge("topic", "staging");
            s.feature("f5");
            s.merge("integration", "topic");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Needed,
    },
    Row {
        name: "two open pull requests of one branch",
        why: "the same branch is also open into another base: it does not stand on itself",
        tell: |s| {
            s.topic("topic", "integration");
            s.open("topic");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "contaminated and stacked",
        why: "whoever has to make it anew is told that, and no more",
        tell: |s| {
            s.topic("below", "staging");
            s.open("below");
            s.point_at("topic", "below");
            s.commit("topic", "more");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "P4",
        why: "deploys to staging are reported, and this one is not",
        tell: |s| {
            s.deploy("staging");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: ("wait", &["TP303"]),
        memory: Needed,
    },
    Row {
        name: "P4, deployed",
        why: "staging was deployed as it is",
        tell: |s| {
            s.merge("integration", "staging");
            s.deploy("staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "P4, the same files",
        why: "a merge without a change needs no new deploy: files decide",
        tell: |s| {
            s.merge("integration", "staging");
            s.deploy("staging");
            s.merge("production", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "P4, deployed elsewhere",
        why: "production's own deploys prove nothing about staging",
        tell: |s| {
            s.merge("integration", "staging");
            s.deploy("production");
        },
        pull: TO_PRODUCTION,
        want: ("wait", &["TP303"]),
        memory: Needed,
    },
    Row {
        name: "P4 does not ask staging",
        why: "into staging nothing has to be deployed first",
        tell: |s| s.deploy("production"),
        pull: ("integration", "staging"),
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "cut by a squash",
        why: "promoted by squash, then the same lines again: git compares with an old state",
        tell: |s| {
            s.write("integration", "f3", "once\n");
            s.merge("integration", "staging");
            s.squash("staging", "production");
            s.write("integration", "f3", "twice\n");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: ("fail", &["TP302"]),
        memory: Idle,
    },
    Row {
        name: "joined again after a squash",
        why: "production was merged back into staging: the histories are one again",
        tell: |s| {
            s.write("integration", "f3", "once\n");
            s.merge("integration", "staging");
            s.squash("staging", "production");
            s.merge("production", "staging");
            s.write("integration", "f3", "twice\n");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "K01 of a direct push",
        why: "no pull request brought the commit to production",
        tell: |s| {
            s.commit("production", "fix");
        },
        pull: ("production", "integration"),
        want: ("warn", &["TP304"]),
        memory: Needed,
    },
    Row {
        name: "K01 of a squashed hotfix",
        why: "the pull request is recorded, its squashed commit is known by what it did",
        tell: |s| {
            s.topic("hotfix", "production");
            s.squash("hotfix", "production");
        },
        pull: ("production", "integration"),
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "K01 in conflict",
        why: "integration changed what the hotfix changed",
        tell: |s| {
            s.point_at("hotfix", "production");
            s.write("hotfix", "f1", "fixed\n");
            s.merge("hotfix", "production");
            s.write("integration", "f1", "rewritten\n");
        },
        pull: ("production", "integration"),
        want: ("warn", &["TP302"]),
        memory: Idle,
    },
];

/// Where production admits hotfixes.
pub(crate) const KNOWN_HOTFIXES: &[Row] = &[
    Row {
        name: "H12, while the feature is tried",
        why: "stands on a feature that was merged to staging for a trial by its own branch",
        tell: |s| {
            s.topic("other", "production");
            s.merge("other", "staging");
            s.point_at("topic", "other");
            s.commit("topic", "fix");
        },
        pull: ("topic", "production"),
        want: ("fail", &["TP204"]),
        memory: Idle,
    },
    Row {
        name: "H12, without more",
        why: "the hotfix branch was made at the feature's commit before the feature was merged",
        tell: |s| {
            s.topic("other", "production");
            s.point_at("topic", "other");
            s.merge("other", "integration");
            s.commit("topic", "fix");
        },
        pull: ("topic", "production"),
        want: ("fail", &["TP204"]),
        memory: Idle,
    },
    Row {
        name: "H10, then more",
        why: "tried on staging, corrected, and then into production",
        tell: |s| {
            s.topic("topic", "production");
            s.merge("topic", "staging");
            s.commit("topic", "correction");
        },
        pull: ("topic", "production"),
        want: PASS,
        memory: Needed,
    },
    Row {
        name: "resurrects and carries",
        why: "a warning about one thing does not excuse another",
        tell: |s| {
            let before = s.tip("production");
            s.topic("first", "production");
            s.merge("first", "production");
            s.topic("other", "production");
            s.merge("other", "integration");
            s.point_at("topic", "other");
            s.commit("topic", "fix");
            s.point("production", before);
        },
        pull: ("topic", "production"),
        want: ("fail", &["TP204", "TP202"]),
        memory: Needed,
    },
];
