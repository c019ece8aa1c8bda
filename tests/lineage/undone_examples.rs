//! Topics that take work of others back, and topics that change nothing.

use crate::examples::Memory::{Idle, Needed};
use crate::examples::{PASS, Row};

const INTO_INTEGRATION: (&str, &str) = ("topic", "integration");
const UNDOES: (&str, &[&str]) = ("warn", &["TP207"]);
const NOTHING: (&str, &[&str]) = ("warn", &["TP208"]);

/// With the Pro workflow.
pub(crate) const UNDONE: &[Row] = &[
    Row {
        name: "R6, the update taken back",
        why: "integration was merged into the topic, and the merge reverted: what came with it goes from integration",
        tell: |s| {
            s.topic("topic", "integration");
            s.feature("f5");
            let update = s.merge("integration", "topic");
            s.revert_by_name(update, "topic");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, the update taken back, and integration went on",
        why: "the merge is predicted, not read off the head",
        tell: |s| {
            s.topic("topic", "integration");
            s.feature("f5");
            let update = s.merge("integration", "topic");
            s.revert_by_name(update, "topic");
            s.feature("f6");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, the update taken back by hand",
        why: "no message says so: the files are those from before the merge",
        tell: |s| {
            s.topic("topic", "integration");
            s.feature("f5");
            let update = s.merge("integration", "topic");
            s.revert_as(update, "topic", "Tidy up");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, the update kept out",
        why: "merged with -s ours: integration's newest work counts as merged, and its files do not",
        tell: |s| {
            s.topic("topic", "integration");
            s.feature("f5");
            s.merge_ours("integration", "topic");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, before integration got it",
        why: "another topic was merged and taken back, and reached integration by itself afterwards",
        tell: |s| {
            s.topic("topic", "integration");
            s.point_at("other", "integration");
            s.commit("other", "theirs");
            let merged = s.merge("other", "topic");
            s.revert_by_name(merged, "topic");
            s.merge("other", "integration");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, while the other one is open",
        why: "the other topic would count as merged and never arrive; it is not said to be merged along (TP205)",
        tell: |s| {
            s.topic("topic", "integration");
            s.point_at("other", "integration");
            s.commit("other", "theirs");
            s.open("other");
            let merged = s.merge("other", "topic");
            s.revert_by_name(merged, "topic");
            s.commit("topic", "more");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, one commit of others beside own work",
        why: "own work, and a revert of what somebody else merged, in one pull request",
        tell: |s| {
            s.point_at("other", "integration");
            let theirs = s.commit("other", "theirs");
            s.merge("other", "integration");
            s.topic("topic", "integration");
            s.revert_by_name(theirs, "topic");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, a merge of others beside own work",
        why: "the same for all that a pull request brought",
        tell: |s| {
            let merged = s.feature("f5");
            s.topic("topic", "integration");
            s.revert_by_name(merged, "topic");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, named by its subject alone",
        why: "the message does not say which commit; git's subject does",
        tell: |s| {
            let merged = s.feature("f5");
            s.topic("topic", "integration");
            s.revert(merged, "topic");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, named by nothing",
        why: "only the patch shows what was taken back",
        tell: |s| {
            s.point_at("other", "integration");
            let theirs = s.commit("other", "theirs");
            s.squash("other", "integration");
            s.topic("topic", "integration");
            s.revert_as(theirs, "topic", "Revert what broke the till");
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "R6, in part",
        why: "half of an update was put back by hand: the other half is still gone",
        tell: |s| {
            s.topic("topic", "integration");
            s.feature("f5");
            s.feature("f6");
            let update = s.merge("integration", "topic");
            s.revert_by_name(update, "topic");
            let f6 = s.content("integration", "f6");
            s.write("topic", "f6", &f6);
        },
        pull: INTO_INTEGRATION,
        want: UNDOES,
        memory: Idle,
    },
    Row {
        name: "a revert of a revert",
        why: "what was taken back was put back: nothing is lost",
        tell: |s| {
            s.topic("topic", "integration");
            s.feature("f5");
            let update = s.merge("integration", "topic");
            let revert = s.revert_by_name(update, "topic");
            s.revert_by_name(revert, "topic");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "integration took it back itself",
        why: "the work is not there any more: merging takes nothing away",
        tell: |s| {
            let merged = s.feature("f5");
            s.topic("topic", "integration");
            s.revert_by_name(merged, "topic");
            s.revert_by_name(merged, "integration");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "nothing but a revert of a merge",
        why: "GitHub's Revert button: that is what it is for",
        tell: |s| {
            let merged = s.feature("f5");
            s.point_at("topic", "integration");
            s.revert_by_name(merged, "topic");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "nothing but a revert, updated",
        why: "the Update button does not change what it is for",
        tell: |s| {
            let merged = s.feature("f5");
            s.point_at("topic", "integration");
            s.revert_by_name(merged, "topic");
            s.feature("f6");
            s.merge("integration", "topic");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "nothing but two reverts",
        why: "of a merge and of a single commit",
        tell: |s| {
            let merged = s.feature("f5");
            s.point_at("other", "integration");
            let theirs = s.commit("other", "theirs");
            s.merge("other", "integration");
            s.point_at("topic", "integration");
            s.revert_by_name(theirs, "topic");
            s.revert_by_name(merged, "topic");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "own work taken back",
        why: "an own commit that did not work out, and a better one",
        tell: |s| {
            let first = s.topic("topic", "integration");
            s.revert_by_name(first, "topic");
            s.commit("topic", "better");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "own work taken back after it was merged",
        why: "the branch goes on after its merge and takes its own first try back",
        tell: |s| {
            let first = s.topic("topic", "integration");
            s.merge("topic", "integration");
            s.revert_by_name(first, "topic");
            s.commit("topic", "better");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Needed,
    },
    Row {
        name: "the others' work is there by a squash",
        why: "merged and taken back here, squashed there: git leaves it where it is",
        tell: |s| {
            s.topic("topic", "integration");
            s.point_at("other", "integration");
            s.commit("other", "theirs");
            let merged = s.merge("other", "topic");
            s.revert_by_name(merged, "topic");
            s.squash("other", "integration");
        },
        pull: INTO_INTEGRATION,
        want: ("warn", &["TP203"]),
        memory: Needed,
    },
    Row {
        name: "R7, own work taken back whole",
        why: "a commit and its revert: nothing is left",
        tell: |s| {
            let first = s.topic("topic", "integration");
            s.revert_by_name(first, "topic");
        },
        pull: INTO_INTEGRATION,
        want: NOTHING,
        memory: Idle,
    },
    Row {
        name: "R7, and integration went on",
        why: "the same, where the merge is no fast-forward",
        tell: |s| {
            let first = s.topic("topic", "integration");
            s.revert_by_name(first, "topic");
            s.feature("f5");
        },
        pull: INTO_INTEGRATION,
        want: NOTHING,
        memory: Idle,
    },
    Row {
        name: "R7, picked from integration",
        why: "what it brings is there already, as another commit",
        tell: |s| {
            s.point_at("topic", "integration");
            s.point_at("other", "integration");
            let theirs = s.commit("other", "theirs");
            s.merge("other", "integration");
            s.feature("f5");
            s.cherry_pick(theirs, "topic");
        },
        pull: INTO_INTEGRATION,
        want: NOTHING,
        memory: Idle,
    },
    Row {
        name: "R7, only updates",
        why: "integration merged in, and nothing of its own",
        tell: |s| {
            s.point_at("topic", "integration");
            s.commit("topic", "own");
            let own = s.tip("topic");
            s.revert_by_name(own, "topic");
            s.feature("f5");
            s.merge("integration", "topic");
        },
        pull: INTO_INTEGRATION,
        want: NOTHING,
        memory: Idle,
    },
    Row {
        name: "R3 and R7",
        why: "squash-merged already, and nothing more: said once, with the cause",
        tell: |s| {
            s.topic("below", "integration");
            s.point_at("topic", "below");
            s.squash("below", "integration");
        },
        pull: INTO_INTEGRATION,
        want: ("warn", &["TP203"]),
        memory: Needed,
    },
    Row {
        name: "R7, but it conflicts",
        why: "what conflicts cannot be merged: nothing is said of what would come out",
        tell: |s| {
            s.point_at("topic", "integration");
            let own = s.commit("topic", "own");
            s.cherry_pick(own, "integration");
            s.write("topic", "f1", "mine\n");
            s.write("integration", "f1", "theirs\n");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "half of it is there",
        why: "one of two commits was picked over: the other one still changes something",
        tell: |s| {
            let first = s.topic("topic", "integration");
            s.commit("topic", "more");
            s.cherry_pick(first, "integration");
        },
        pull: INTO_INTEGRATION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "contaminated, and nothing in it",
        why: "whoever has to make it anew is told that, and no more",
        tell: |s| {
            s.point_at("topic", "staging");
            s.point_at("staging", "integration");
        },
        pull: INTO_INTEGRATION,
        want: ("fail", &["TP201"]),
        memory: Needed,
    },
];
