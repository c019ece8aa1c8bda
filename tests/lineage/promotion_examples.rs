//! Hotfixes, promotions, the copy branch and the way back.

use crate::examples::Memory::{Idle, Needed};
use crate::examples::{CARRIES, PASS, Row, UNTESTED};

const INTO_PRODUCTION: (&str, &str) = ("topic", "production");

const SNAPSHOT: (&str, &[&str]) = ("pass", &["TP110"]);

/// Topics into a production that takes hotfixes.
pub(crate) const HOTFIXES: &[Row] = &[
    Row {
        name: "snapshot",
        why: "a branch at staging's tip is no hotfix, but a release",
        tell: |s| s.point_at("topic", "staging"),
        pull: INTO_PRODUCTION,
        want: SNAPSHOT,
        memory: Idle,
    },
    Row {
        name: "H01",
        why: "cut from production's tip",
        tell: |s| {
            s.topic("topic", "production");
        },
        pull: INTO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "H03",
        why: "called a hotfix, cut from integration",
        tell: |s| {
            s.topic("hotfix/x", "integration");
        },
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
];
const TO_STAGING: (&str, &str) = ("integration", "staging");
const TO_PRODUCTION: (&str, &str) = ("staging", "production");

/// Environments into environments and into the copy branch.
pub(crate) const PROMOTIONS: &[Row] = &[
    Row { name: "P01", why: "no drift", tell: |_| {}, pull: TO_STAGING, want: PASS, memory: Idle },
    Row {
        name: "P03",
        why: "a topic straight into staging",
        tell: |s| {
            s.topic("topic", "integration");
        },
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
        tell: |s| {
            s.commit("staging", "direct");
        },
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
        tell: |s| {
            s.merge("staging", "production");
        },
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
        tell: |s| {
            s.root("staging", "elsewhere");
        },
        pull: TO_PRODUCTION,
        want: ("fail", &["TP206"]),
        memory: Idle,
    },
    Row {
        name: "copy",
        why: "production into master",
        tell: |s| {
            s.merge("staging", "production");
        },
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
        name: "snapshot",
        why: "a throw-away branch at integration's tip",
        tell: |s| s.point_at("topic", "integration"),
        pull: ("topic", "staging"),
        want: SNAPSHOT,
        memory: Idle,
    },
    Row {
        name: "snapshot, integration has moved on",
        why: "it was integration's tip, and staging has not got it yet",
        tell: |s| {
            s.point_at("topic", "integration");
            s.feature("f5");
        },
        pull: ("topic", "staging"),
        want: SNAPSHOT,
        memory: Idle,
    },
    Row {
        name: "snapshot of what staging has",
        why: "it was integration's tip, and staging has gone on since",
        tell: |s| {
            s.point_at("topic", "integration");
            s.feature("f5");
            s.merge("integration", "staging");
        },
        pull: ("topic", "staging"),
        want: ("fail", &["TP104", "TP110"]),
        memory: Idle,
    },
    Row {
        name: "snapshot of the same files",
        why: "staging has been promoted to it already",
        tell: |s| {
            s.point_at("topic", "integration");
            s.merge("integration", "staging");
        },
        pull: ("topic", "staging"),
        want: ("pass", &["TP105", "TP110"]),
        memory: Idle,
    },
    Row {
        name: "snapshot over drift",
        why: "what would ship is not what integration was tested with",
        tell: |s| {
            s.commit("staging", "direct");
            s.point_at("topic", "integration");
        },
        pull: ("topic", "staging"),
        want: ("fail", &["TP301", "TP110"]),
        memory: Idle,
    },
    Row {
        name: "snapshot and a commit more",
        why: "what was added was tested nowhere",
        tell: |s| {
            s.topic("topic", "integration");
        },
        pull: ("topic", "staging"),
        want: ("fail", &["TP101"]),
        memory: Idle,
    },
    Row {
        name: "snapshot of the environment before",
        why: "integration's tip into production leaves staging out",
        tell: |s| s.point_at("topic", "integration"),
        pull: ("topic", "production"),
        want: ("fail", &["TP101"]),
        memory: Idle,
    },
    Row {
        name: "snapshot of two environments",
        why: "staging was fast-forwarded to integration, so its tip is both's",
        tell: |s| {
            s.point_at("staging", "integration");
            s.point_at("topic", "integration");
        },
        pull: ("topic", "production"),
        want: SNAPSHOT,
        memory: Idle,
    },
    Row {
        name: "snapshot of a tip that was pushed away",
        why: "integration was force-pushed back; staging may still take what it was",
        tell: |s| {
            let before = s.tip("integration");
            s.feature("f5");
            s.point_at("topic", "integration");
            s.point("integration", before);
        },
        pull: ("topic", "staging"),
        want: SNAPSHOT,
        memory: Needed,
    },
    Row {
        name: "no snapshot inside a merge",
        why: "the merged topic's commit was never integration's tip",
        tell: |s| {
            let merge = s.tip("integration");
            let second = s.second_parent(merge);
            s.point("topic", second);
        },
        pull: ("topic", "staging"),
        want: ("fail", &["TP101"]),
        memory: Idle,
    },
    Row {
        name: "snapshot of production",
        why: "a branch cut from production, into its copy",
        tell: |s| {
            s.merge("staging", "production");
            s.point_at("topic", "production");
        },
        pull: ("topic", "master"),
        want: SNAPSHOT,
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
        tell: |s| {
            s.topic("topic", "master");
        },
        pull: ("topic", "feature/f1"),
        want: PASS,
        memory: Idle,
    },
];
