//! The repair that is advised keeps the author's work, and following it works.

use towpath::lineage::Ledger;
use towpath::model::{Cause, Outcome, PromotionPath, Repair};

use crate::examples::{verdict, with_hotfixes};
use crate::story::{Mark, Repo, Story, run_git};

pub(crate) struct Contaminated {
    pub(crate) why: &'static str,
    /// Tells the story and returns the author's own commits.
    pub(crate) tell: fn(&mut Story) -> Vec<Mark>,
    pub(crate) base: &'static str,
}

pub(crate) fn contaminated() -> Vec<Contaminated> {
    vec![
        Contaminated {
            why: "cut from master",
            tell: |s| vec![s.topic("topic", "master"), s.commit("topic", "more")],
            base: "integration",
        },
        Contaminated {
            why: "staging merged into it half way",
            tell: |s| {
                let first = s.topic("topic", "integration");
                s.merge("staging", "topic");
                vec![first, s.commit("topic", "more")]
            },
            base: "integration",
        },
        Contaminated {
            why: "merged into a checked-out staging: the first parent is staging's line",
            tell: |s| {
                let own = vec![s.topic("own", "integration"), s.commit("own", "more")];
                s.point_at("topic", "staging");
                s.merge("own", "topic");
                own
            },
            base: "integration",
        },
        Contaminated {
            why: "own side branches merged in, staging too",
            tell: |s| {
                let mut own = vec![s.topic("topic", "integration")];
                s.point_at("side", "topic");
                own.push(s.commit("side", "side"));
                own.push(s.commit("topic", "more"));
                s.merge("side", "topic");
                s.merge("staging", "topic");
                own.push(s.commit("topic", "last"));
                own
            },
            base: "integration",
        },
        Contaminated {
            why: "tried on staging, then staging merged back",
            tell: |s| {
                let own = vec![s.topic("topic", "integration")];
                s.merge("topic", "staging");
                s.merge("staging", "topic");
                [own, vec![s.commit("topic", "more")]].concat()
            },
            base: "integration",
        },
        Contaminated {
            why: "tried on staging, then merged into a checked-out staging",
            tell: |s| {
                let mut own = vec![s.topic("own", "integration")];
                s.merge("own", "staging");
                own.push(s.commit("own", "more"));
                s.point_at("topic", "staging");
                s.merge("own", "topic");
                own
            },
            base: "integration",
        },
        Contaminated {
            why: "an octopus brought staging and a side branch",
            tell: |s| {
                let mut own = vec![s.topic("side", "integration")];
                s.point_at("topic", "integration");
                own.push(s.commit("topic", "more"));
                s.octopus(&["side", "staging"], "topic");
                own
            },
            base: "integration",
        },
        Contaminated {
            why: "a hotfix cut from integration",
            tell: |s| vec![s.topic("topic", "integration"), s.commit("topic", "more")],
            base: "production",
        },
    ]
}

fn repair(repo: &Repo, causes: impl IntoIterator<Item = Cause>, why: &str) -> Repair {
    let repair = causes.into_iter().find_map(|cause| match cause {
        Cause::CarriesHistory { repair, .. } => Some(repair),
        _ => None,
    });
    repair.unwrap_or_else(|| panic!("{why}: not contaminated in {}", repo.path().display()))
}

#[tokio::test]
async fn every_own_commit_survives_and_the_repaired_branch_passes() {
    for Contaminated { why, tell, base } in contaminated() {
        let path = if base == "production" { with_hotfixes() } else { PromotionPath::pro() };
        let mut story = Story::pro();
        let own = tell(&mut story);
        let before = story.clone().build();
        let judged = verdict(&before, &path, ("topic", base), &Ledger::default()).await;
        assert_eq!(judged.outcome(), Outcome::Fail, "{why}");
        let repair = repair(&before, judged.findings.into_iter().map(|finding| finding.cause), why);
        let picked: Vec<_> = repair.picks.iter().map(|commit| commit.id).collect();
        let wanted: Vec<_> = own.iter().map(|mark| before.id(*mark)).collect();
        assert!(wanted.iter().all(|id| picked.contains(id)), "{why}: {wanted:?} in {picked:?}");
        assert_eq!(picked.len(), wanted.len(), "{why}: nothing foreign is picked");
        let place = |id| picked.iter().position(|picked| *picked == id);
        let in_order = repair.picks.iter().all(|c| c.parents.iter().all(|p| place(*p) < place(c.id)));
        assert!(in_order, "{why}: oldest first");

        story.point_at("topic", base);
        for id in picked {
            let mark = before.mark(id);
            story.cherry_pick(mark, "topic");
        }
        let after = story.build();
        let judged = verdict(&after, &path, ("topic", base), &after.ledger()).await;
        assert_eq!(judged.outcome(), Outcome::Pass, "{why}: {:?}", judged.findings);
    }
}

#[tokio::test]
async fn what_was_pushed_before_it_came_back_through_staging_survives() {
    let mut story = Story::pro();
    let mut own = vec![story.topic("topic", "integration")];
    story.merge("topic", "staging");
    story.point_at("topic", "staging");
    own.push(story.commit("topic", "more"));
    let repo = story.build();
    let judged = verdict(&repo, &PromotionPath::pro(), ("topic", "integration"), &repo.ledger()).await;
    assert_eq!(judged.outcome(), Outcome::Fail);
    let why = "fast-forwarded to staging after a trial there";
    let repair = repair(&repo, judged.findings.into_iter().map(|finding| finding.cause), why);
    let picked: Vec<_> = repair.picks.iter().map(|commit| commit.id).collect();
    assert_eq!(picked, own.iter().map(|mark| repo.id(*mark)).collect::<Vec<_>>());
}

/// What the terminal prints to be copied: its first lines that are indented.
fn commands(words: &str) -> String {
    let lines = words.lines().skip_while(|line| !line.starts_with("  "));
    lines.take_while(|line| line.starts_with("  ")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_history_that_a_squash_cut_is_joined_by_what_is_advised() {
    let tellings: [fn(&mut Story); 2] = [
        |s| {
            s.write("integration", "f3", "once\n");
            s.merge("integration", "staging");
            s.squash("staging", "production");
            s.write("integration", "f3", "twice\n");
            s.merge("integration", "staging");
        },
        // Three squashed releases, each on the same lines.
        |s| {
            for content in ["once\n", "twice\n", "thrice\n"] {
                s.write("integration", "f3", content);
                s.merge("integration", "staging");
                s.squash("staging", "production");
            }
            s.write("integration", "f3", "four times\n");
            s.merge("integration", "staging");
        },
    ];
    for tell in tellings {
        let mut story = Story::pro();
        tell(&mut story);
        let repo = story.build();
        let promotion = ("staging", "production");
        let judged = verdict(&repo, &PromotionPath::pro(), promotion, &Ledger::default()).await;
        assert_eq!(judged.outcome(), Outcome::Fail);
        let pull = repo.pull(promotion.0, promotion.1);
        let words = towpath::report::words(
            &towpath::report::LocalCheck::new(&PromotionPath::pro(), &pull, Some("origin")),
            &judged,
            &judged.findings[0],
        );
        let files = run_git(repo.path(), &["rev-parse", "staging^{tree}"]);

        let folder = tempfile::tempdir().unwrap();
        let url = repo.path().to_str().unwrap();
        run_git(folder.path(), &["clone", "-q", url, "clone"]);
        let ran = std::process::Command::new("sh")
            .args(["-c", &commands(&words.remedy)])
            .current_dir(folder.path().join("clone"))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Rita")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "rita@example.com")))
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}\n{}", words.remedy, String::from_utf8_lossy(&ran.stderr));
        assert_eq!(run_git(repo.path(), &["rev-parse", "staging^{tree}"]), files, "no file changes");
        let tip = run_git(repo.path(), &["rev-parse", "staging"]).trim().parse().unwrap();
        let mut joined = pull.clone();
        joined.head.commit = tip;
        let opened = towpath::lineage::Repository::open(repo.path()).await.unwrap();
        let judged =
            towpath::engine::judge::judge(&opened, &PromotionPath::pro(), &joined, &Ledger::default()).await;
        assert_eq!(judged.outcome(), Outcome::Pass, "{:?}", judged.findings);
    }
}
