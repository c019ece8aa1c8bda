//! The table of examples: what happened, and what has to be said.

use std::fmt::Write as _;

use towpath::engine::judge::judge;
use towpath::lineage::{Ledger, Repository};
use towpath::model::{Outcome, PromotionPath, Source, Verdict};

use crate::awkward_examples::AWKWARD;
use crate::implied_examples::IMPLIED;
use crate::known_examples::{KNOWN, KNOWN_HOTFIXES};
use crate::promotion_examples::{HOTFIXES, PROMOTIONS};
use crate::story::{Repo, Story};
use crate::topic_examples::TOPICS;
use crate::undone_examples::UNDONE;
use crate::way_home::WAY_HOME;

/// Whether the verdict hangs on what an observer saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Memory {
    /// The graph alone gives the same answer.
    Idle,
    /// Only the ledger gives this answer.
    Needed,
}

pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) why: &'static str,
    pub(crate) tell: fn(&mut Story),
    pub(crate) pull: (&'static str, &'static str),
    pub(crate) want: (&'static str, &'static [&'static str]),
    pub(crate) memory: Memory,
}

pub(crate) const PASS: (&str, &[&str]) = ("pass", &[]);
pub(crate) const CARRIES: (&str, &[&str]) = ("fail", &["TP201"]);
pub(crate) const UNTESTED: (&str, &[&str]) = ("fail", &["TP301"]);

pub(crate) fn with_hotfixes() -> PromotionPath {
    let mut path = PromotionPath::pro();
    path.environments[2].accepts.push(Source::Hotfixes);
    path
}

pub(crate) async fn verdict(
    repo: &Repo,
    path: &PromotionPath,
    pull: (&str, &str),
    ledger: &Ledger,
) -> Verdict {
    let repository = Repository::open(repo.path()).await.unwrap();
    judge(&repository, path, &repo.pull(pull.0, pull.1), ledger).await
}

async fn holds(row: &Row, path: &PromotionPath) -> Option<String> {
    let mut story = Story::pro();
    (row.tell)(&mut story);
    let repo = story.build();
    let mut faults = String::new();
    let ledger = repo.ledger();
    let empty = Ledger::default();
    let runs = [("with", &ledger, true), ("without", &empty, row.memory == Memory::Idle)];
    for (how, ledger, wanted) in runs {
        let verdict = verdict(&repo, path, row.pull, ledger).await;
        let codes: Vec<_> = verdict.findings.iter().map(|finding| finding.cause.code().as_str()).collect();
        let said = (verdict.outcome().as_str(), codes.as_slice());
        if (said == row.want) != wanted {
            let Row { name, why, want, .. } = row;
            writeln!(faults, "{name} ({why}) {how} ledger: wanted {want:?}, got {said:?}").unwrap();
            writeln!(faults, "    {:?}", verdict.findings).unwrap();
        }
    }
    (!faults.is_empty()).then_some(faults)
}

async fn all_hold(rows: &[Row], path: PromotionPath) {
    let mut faults = String::new();
    for row in rows {
        faults += &holds(row, &path).await.unwrap_or_default();
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[tokio::test]
async fn what_no_table_names_is_judged_by_the_same_rules() {
    all_hold(IMPLIED, PromotionPath::pro()).await;
}

#[tokio::test]
async fn topics_are_judged_by_what_they_bring() {
    all_hold(TOPICS, PromotionPath::pro()).await;
    all_hold(AWKWARD, PromotionPath::pro()).await;
    all_hold(KNOWN, PromotionPath::pro()).await;
}

#[tokio::test]
async fn what_a_topic_takes_back_and_what_changes_nothing_is_told() {
    all_hold(UNDONE, PromotionPath::pro()).await;
}

#[tokio::test]
async fn hotfixes_are_judged_by_the_same_rule() {
    all_hold(HOTFIXES, with_hotfixes()).await;
    all_hold(KNOWN_HOTFIXES, with_hotfixes()).await;
    all_hold(WAY_HOME, with_hotfixes()).await;
}

#[tokio::test]
async fn promotions_are_judged_by_what_would_ship() {
    all_hold(PROMOTIONS, PromotionPath::pro()).await;
}

#[tokio::test]
async fn the_base_state_itself_is_in_order() {
    let repo = Story::pro().build();
    for pull in [("integration", "staging"), ("staging", "production")] {
        assert_eq!(
            verdict(&repo, &PromotionPath::pro(), pull, &Ledger::default()).await.outcome(),
            Outcome::Pass
        );
    }
}
