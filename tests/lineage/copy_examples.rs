//! Whether master is a copy of production.

use std::fmt::Write as _;

use towpath::engine::judge::judge_copy;
use towpath::lineage::{Ledger, Repository};
use towpath::model::PromotionPath;

use crate::examples::Memory::{self, Idle, Needed};
use crate::story::{Repo, Story};

struct Row {
    name: &'static str,
    tell: fn(&mut Story),
    want: (&'static str, &'static [&'static str]),
    memory: Memory,
}

const PASS: (&str, &[&str]) = ("pass", &[]);
const STALE: (&str, &[&str]) = ("warn", &["TP501"]);
const DIVERGED: (&str, &[&str]) = ("fail", &["TP502"]);

const ROWS: &[Row] = &[
    Row {
        name: "C01, fast-forwarded",
        tell: |s| {
            s.merge("staging", "production");
            s.point_at("master", "production");
        },
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "C02, merged",
        tell: |s| {
            s.merge("staging", "production");
            s.merge("production", "master");
        },
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "C03, squash-merged",
        tell: |s| {
            s.merge("staging", "production");
            s.squash("production", "master");
        },
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "C04, released again",
        tell: |s| {
            s.merge("staging", "production");
        },
        want: STALE,
        memory: Idle,
    },
    Row {
        name: "C04, fast-forwarded copy",
        tell: |s| {
            s.point_at("master", "production");
            s.merge("staging", "production");
        },
        want: STALE,
        memory: Idle,
    },
    Row {
        name: "C04 with workflows of its own",
        tell: |s| {
            s.commit("master", ".github/workflows/sync.yml");
            s.merge("staging", "production");
        },
        want: STALE,
        memory: Idle,
    },
    Row {
        name: "C06, a debug commit",
        tell: |s| {
            s.commit("master", "debug");
        },
        want: DIVERGED,
        memory: Idle,
    },
    Row {
        name: "C06 on a fast-forwarded copy",
        tell: |s| {
            s.point_at("master", "production");
            s.commit("master", "debug");
        },
        want: DIVERGED,
        memory: Idle,
    },
    Row {
        name: "C06, and released again",
        tell: |s| {
            s.commit("master", "debug");
            s.merge("staging", "production");
        },
        want: DIVERGED,
        memory: Idle,
    },
    Row {
        name: "a debug commit that was reverted",
        tell: |s| {
            let debug = s.commit("master", "debug");
            s.revert(debug, "master");
        },
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "workflows of its own",
        tell: |s| {
            s.commit("master", ".github/workflows/sync.yml");
        },
        want: PASS,
        memory: Idle,
    },
    Row {
        name: "a staging merge that production never got",
        tell: |s| {
            s.merge("staging", "master");
        },
        want: DIVERGED,
        memory: Idle,
    },
    Row {
        name: "production was pushed back",
        tell: |s| {
            let before = s.tip("production");
            s.merge("staging", "production");
            s.squash("production", "master");
            s.point("production", before);
        },
        want: STALE,
        memory: Needed,
    },
];

async fn said(repo: &Repo, ledger: &Ledger) -> (String, Vec<String>) {
    let path = PromotionPath::pro();
    let repository = Repository::open(repo.path()).await.unwrap();
    let verdict = judge_copy(&repository, &path, path.copy.as_ref().unwrap(), ledger).await;
    let codes = verdict.findings.iter().map(|finding| finding.cause.code().to_string()).collect();
    (verdict.outcome().as_str().to_owned(), codes)
}

#[tokio::test]
async fn a_copy_is_judged_by_its_files() {
    let mut faults = String::new();
    for Row { name, tell, want, memory } in ROWS {
        let mut story = Story::pro();
        tell(&mut story);
        let repo = story.build();
        let runs = [("with", repo.ledger(), true), ("without", Ledger::default(), *memory == Idle)];
        for (how, ledger, wanted) in runs {
            let (verdict, codes) = said(&repo, &ledger).await;
            let holds = verdict == want.0 && codes == want.1;
            if holds != wanted {
                writeln!(faults, "{name} {how} ledger: wanted {want:?}, got {verdict} {codes:?}").unwrap();
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[tokio::test]
async fn a_copy_that_is_not_there_is_not_known() {
    let mut story = Story::blank();
    story.root("production", "base");
    let unknown = ("unknown".to_owned(), vec!["TP901".to_owned()]);
    assert_eq!(said(&story.build(), &Ledger::default()).await, unknown);
    assert_eq!(said(&Story::blank().build(), &Ledger::default()).await, unknown);
}
