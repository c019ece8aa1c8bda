//! How a hotfix that git cannot bring together by itself comes home: its environment is merged into a topic upstream.

use towpath::model::{Cause, Divergence, Finding, MergeBack};

use crate::examples::Memory::{Idle, Needed};
use crate::examples::{CARRIES, PASS, Row, verdict, with_hotfixes};
use crate::story::{Story, name};

const HOME: (&str, &[&str]) = ("pass", &["TP201"]);
const CONFLICTS: (&str, &[&str]) = ("fail", &["TP302"]);
const INTO_INTEGRATION: (&str, &str) = ("topic", "integration");
const TO_PRODUCTION: (&str, &str) = ("staging", "production");

/// A hotfix on production that changes a file which everybody has.
fn hotfix(s: &mut Story) -> usize {
    s.point_at("hotfix/x", "production");
    let repair = s.commit("hotfix/x", "base");
    s.merge("hotfix/x", "production");
    repair
}

/// The same, picked onto integration as it is, and built upon there.
fn carried_and_built_upon(s: &mut Story) {
    let repair = hotfix(s);
    s.point_at("carry", "integration");
    s.cherry_pick(repair, "carry");
    s.merge("carry", "integration");
    s.point_at("later", "integration");
    s.commit("later", "base");
    s.merge("later", "integration");
    s.merge("integration", "staging");
}

/// A topic that has merged production with the files of integration.
fn joined(s: &mut Story) {
    carried_and_built_upon(s);
    s.point_at("topic", "integration");
    s.merge_ours("production", "topic");
}

/// A topic from integration that edits the file of a hotfix, and has resolved the conflict with it.
fn resolved(s: &mut Story) {
    s.point_at("edit", "integration");
    s.commit("edit", "base");
    s.merge("edit", "integration");
    hotfix(s);
    s.point_at("topic", "integration");
    s.merge_and_write("production", "topic", "base");
}

pub(crate) const WAY_HOME: &[Row] = &[
    Row {
        name: "built upon",
        why: "the hotfix was carried back, and its lines were changed again since",
        tell: carried_and_built_upon,
        pull: TO_PRODUCTION,
        want: CONFLICTS,
        memory: Idle,
    },
    Row {
        name: "joined",
        why: "production was merged into a topic, which changes no file",
        tell: joined,
        pull: INTO_INTEGRATION,
        want: HOME,
        memory: Idle,
    },
    Row {
        name: "joined and promoted",
        why: "git knows now that the two belong together",
        tell: |s| {
            joined(s);
            s.merge("topic", "integration");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "joined by a squash",
        why: "that joins nothing",
        tell: |s| {
            joined(s);
            s.squash("topic", "integration");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: CONFLICTS,
        memory: Idle,
    },
    Row {
        name: "resolved",
        why: "the conflict with a recorded hotfix was resolved on a topic",
        tell: resolved,
        pull: INTO_INTEGRATION,
        want: HOME,
        memory: Needed,
    },
    Row {
        name: "resolved and promoted",
        why: "the hotfix has come home",
        tell: |s| {
            resolved(s);
            s.merge("topic", "integration");
            s.merge("integration", "staging");
        },
        pull: TO_PRODUCTION,
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "with a direct push",
        why: "nobody knows what was pushed to production beside the hotfix",
        tell: |s| {
            hotfix(s);
            s.commit("production", "direct");
            s.point_at("topic", "integration");
            s.merge("production", "topic");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "with an earlier direct push",
        why: "the hotfix stands on what nobody knows",
        tell: |s| {
            s.commit("production", "direct");
            hotfix(s);
            s.point_at("topic", "integration");
            s.merge("production", "topic");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "with work of another pull request",
        why: "it was merged into a topic, and that was pushed to production",
        tell: |s| {
            hotfix(s);
            s.topic("feature/x", "production");
            s.merge("feature/x", "staging");
            s.point_at("production", "feature/x");
            s.point_at("topic", "integration");
            s.merge("production", "topic");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "with an edited merge",
        why: "whoever merged the hotfix wrote something into that merge",
        tell: |s| {
            s.point_at("hotfix/x", "production");
            s.commit("hotfix/x", "base");
            s.merge_and_write("hotfix/x", "production", "debug");
            s.point_at("topic", "integration");
            s.merge("production", "topic");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "a state that production has no more",
        why: "the hotfix was pushed away again, and nobody misses it",
        tell: |s| {
            let before = s.tip("production");
            hotfix(s);
            s.point_at("keep", "production");
            s.point("production", before);
            s.point_at("topic", "integration");
            s.merge("keep", "topic");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "squashed",
        why: "a hotfix that was squashed into production is known as well",
        tell: |s| {
            s.point_at("hotfix/x", "production");
            s.commit("hotfix/x", "base");
            s.squash("hotfix/x", "production");
            s.point_at("topic", "integration");
            s.merge("production", "topic");
        },
        pull: INTO_INTEGRATION,
        want: HOME,
        memory: Needed,
    },
    Row {
        name: "nothing to carry",
        why: "production has only what was promoted there",
        tell: |s| {
            s.topic("topic", "integration");
            s.merge("production", "topic");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "cut from production",
        why: "nobody has merged it: the topic begins there",
        tell: |s| {
            hotfix(s);
            s.topic("topic", "production");
            s.merge("integration", "topic");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "staging beside it",
        why: "what carries production back brings what staging is trying, too",
        tell: |s| {
            hotfix(s);
            s.topic("stray", "staging");
            s.merge("stray", "staging");
            s.point_at("topic", "integration");
            s.merge("production", "topic");
            s.merge("staging", "topic");
        },
        pull: INTO_INTEGRATION,
        want: CARRIES,
        memory: Idle,
    },
    Row {
        name: "the hotfix taken away",
        why: "nobody upstream has it, and the merge drops it",
        tell: |s| {
            hotfix(s);
            s.point_at("topic", "integration");
            s.merge_ours("production", "topic");
        },
        pull: INTO_INTEGRATION,
        want: ("fail", &["TP201"]),
        memory: Idle,
    },
    Row {
        name: "into an environment that takes no topics",
        why: "a topic into staging stays one",
        tell: |s| {
            hotfix(s);
            s.point_at("topic", "staging");
            s.merge("production", "topic");
        },
        pull: ("topic", "staging"),
        want: ("fail", &["TP101"]),
        memory: Idle,
    },
];

async fn divergence(tell: fn(&mut Story)) -> (Divergence, usize) {
    let mut story = Story::pro();
    tell(&mut story);
    let repo = story.build();
    let found = verdict(&repo, &with_hotfixes(), TO_PRODUCTION, &repo.ledger()).await;
    let [Finding { cause: Cause::MergeConflicts { divergence, only_on_base, .. }, .. }] =
        found.findings.as_slice()
    else {
        panic!("{found:?}");
    };
    (divergence.clone(), only_on_base.len())
}

#[tokio::test]
async fn what_upstream_has_in_another_form_is_joined_and_what_it_lacks_is_merged_back() {
    let back = |joins| {
        let merge_back = Some(MergeBack { into: name("integration"), joins });
        Divergence { merge_back, ..Divergence::default() }
    };
    assert_eq!(divergence(carried_and_built_upon).await, (back(true), 1));
    let lacks = |s: &mut Story| {
        hotfix(s);
        s.point_at("edit", "integration");
        s.commit("edit", "base");
        s.merge("edit", "integration");
        s.merge("integration", "staging");
    };
    assert_eq!(divergence(lacks).await, (back(false), 1));
    // Joined upstream, it has only to come down.
    let first = |s: &mut Story| {
        joined(s);
        s.merge("topic", "integration");
    };
    let (found, _) = divergence(first).await;
    let first = found.first.unwrap();
    assert_eq!((first.from, first.into, found.merge_back), (name("integration"), name("staging"), None));
}
