//! Every contaminated example is repaired for real: all own work survives, and the branch is clean. The
//! advice that is usually given instead is carried out too, and loses some.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use towpath::lineage::{Committer, Ledger, Rebuild, Rebuilt, Repository};
use towpath::model::{
    Cause, Code, CommitId, Head, Outcome, PromotionPath, PullEnds, Repair, UnixSeconds, Verdict,
};

use crate::awkward_examples::AWKWARD;
use crate::command_line::clone;
use crate::examples::{Row, verdict, with_hotfixes};
use crate::promotion_examples::HOTFIXES;
use crate::repairs::{Contaminated, contaminated};
use crate::story::{Repo, Story, name, run_git};
use crate::topic_examples::TOPICS;

/// A topic that fails for what it carries.
struct Example {
    why: String,
    repo: Repo,
    path: PromotionPath,
    pull: (&'static str, &'static str),
}

impl Example {
    fn of_row(row: &Row, path: &PromotionPath) -> Option<Self> {
        let fails_so = row.want.0 == "fail" && row.want.1.iter().any(|c| ["TP201", "TP206"].contains(c));
        let told = |row: &Row| {
            let mut story = Story::pro();
            (row.tell)(&mut story);
            let why = format!("{}: {}", row.name, row.why);
            Self { why, repo: story.build(), path: path.clone(), pull: row.pull }
        };
        fails_so.then(|| told(row))
    }

    fn of_repair(example: &Contaminated) -> Self {
        let mut story = Story::pro();
        (example.tell)(&mut story);
        let path = if example.base == "production" { with_hotfixes() } else { PromotionPath::pro() };
        let why = example.why.to_owned();
        Self { why, repo: story.build(), path, pull: ("topic", example.base) }
    }

    fn git(&self, arguments: &[&str]) -> String {
        run_git(self.repo.path(), arguments)
    }

    /// The author's own commits, oldest first, told by who made them: no environment and no other feature
    /// did. So the plan is not asked what it should be.
    fn own(&self) -> Vec<CommitId> {
        let (head, base) = (self.repo.tip(self.pull.0).to_string(), self.repo.tip(self.pull.1).to_string());
        let list = ["log", "--no-merges", "--reverse", "--topo-order", "--format=%H %s", &head, "--not"];
        let listed = self.git(&[list.as_slice(), &[&base]].concat());
        let foreign = ["integration", "staging", "production", "master", "feature/", "Revert"];
        let lines = listed.lines().map(|line| line.split_once(' ').unwrap());
        let lines = lines.filter(|(_, subject)| !foreign.iter().any(|maker| subject.starts_with(maker)));
        lines.map(|(id, _)| id.parse().unwrap()).collect()
    }

    /// What a commit changes, as text.
    fn change(&self, commit: CommitId) -> Vec<String> {
        let patch = self.git(&["diff-tree", "-p", "--root", "--no-commit-id", &commit.to_string()]);
        patch.lines().filter(|line| !line.starts_with("index ")).map(str::to_owned).collect()
    }

    async fn repair(&self) -> (Verdict, Repair) {
        let judged = verdict(&self.repo, &self.path, self.pull, &self.repo.ledger()).await;
        let repair = judged.findings.iter().find_map(|finding| finding.cause.repair()).cloned();
        (judged, repair.unwrap_or_else(|| panic!("{}: nothing to pick", self.why)))
    }

    async fn rebuilt(&self, repair: &Repair) -> Rebuilt {
        let picks: Vec<CommitId> = repair.picks.iter().map(|commit| commit.id).collect();
        let repository = Repository::open(self.repo.path()).await.unwrap();
        let committer = Committer::new("Towpath", "bot@example.org", UnixSeconds(1_800_000_000));
        let target = self.repo.tip(self.pull.1);
        match repository.rebuild(target, &picks, &committer).await.unwrap() {
            Rebuild::Clean(rebuilt) => {
                repository.make_branch(&name("repaired"), &rebuilt).await.unwrap();
                rebuilt
            }
            Rebuild::Conflict(conflict) => panic!("{}: {conflict:?}", self.why),
        }
    }
}

fn examples() -> Vec<Example> {
    let rows = |rows: &'static [Row], path: PromotionPath| {
        rows.iter().filter_map(move |row| Example::of_row(row, &path))
    };
    let mut examples: Vec<Example> = rows(TOPICS, PromotionPath::pro()).collect();
    examples.extend(rows(AWKWARD, PromotionPath::pro()));
    examples.extend(rows(HOTFIXES, with_hotfixes()));
    examples.extend(contaminated().iter().map(Example::of_repair));
    examples
}

#[tokio::test]
async fn every_own_change_survives_the_rebuild_and_the_result_is_clean() {
    let examples = examples();
    assert!(examples.len() > 20, "{}", examples.len());
    for example in examples {
        let why = &example.why;
        let (_, repair) = example.repair().await;
        let rebuilt = example.rebuilt(&repair).await;
        let own = example.own();
        assert!(!own.is_empty(), "{why}");
        for commit in &own {
            if rebuilt.left_out.contains(commit) {
                continue;
            }
            let made = rebuilt.made.iter().find(|(pick, _)| pick == commit);
            let (_, made) = made.unwrap_or_else(|| panic!("{why}: {commit} is lost"));
            assert_eq!(example.change(*made), example.change(*commit), "{why}");
        }
        files_are_as_written(&example, &own, rebuilt.tip);
        let mut pull = example.repo.pull(example.pull.0, example.pull.1);
        pull.head = Head { branch: Some(name("repaired")), commit: rebuilt.tip, fork: false };
        let judged = judged(&example, &pull).await;
        assert_eq!(judged.outcome(), Outcome::Pass, "{why}: {:?}", judged.findings);
        for carried in [Code::CarriesHistory, Code::UnrelatedHistory] {
            assert!(judged.findings.iter().all(|finding| finding.cause.code() != carried), "{why}");
        }
    }
}

/// Each file that the author wrote has what the newest of the author's commits gave it.
fn files_are_as_written(example: &Example, own: &[CommitId], tip: CommitId) {
    let mut written = BTreeMap::new();
    for commit in own {
        let id = commit.to_string();
        let files = ["diff-tree", "-r", "--root", "--no-commit-id", "--name-only", &id];
        written.extend(example.git(&files).lines().map(|file| (file.to_owned(), *commit)));
    }
    for (file, commit) in written {
        let content = |id: CommitId| example.git(&["show", &format!("{id}:{file}")]);
        assert_eq!(content(tip), content(commit), "{}: {file}", example.why);
    }
}

async fn judged(example: &Example, pull: &PullEnds) -> Verdict {
    let repository = Repository::open(example.repo.path()).await.unwrap();
    towpath::engine::judge::judge(&repository, &example.path, pull, &example.repo.ledger()).await
}

/// `git rebase --onto BASE BAD TOPIC`, and which of the author's own changes are gone without a word. None
/// where git stops, for then the author is asked.
fn lost_by_rebase(example: &Example, judged: &Verdict) -> Vec<CommitId> {
    let bad = judged.findings.iter().find_map(|finding| match &finding.cause {
        Cause::CarriesHistory { foreign, .. } => foreign.first()?.1.first().map(|commit| commit.id),
        _ => None,
    });
    let Some(bad) = bad else { return Vec::new() };
    let folder = clone(&example.repo, &[]);
    let work = folder.path().join("work");
    let (topic, base) = example.pull;
    run_git(&work, &["checkout", "-q", "-B", topic, &format!("origin/{topic}")]);
    let base = format!("origin/{base}");
    if !git_works(&work, &["rebase", "-q", "--onto", &base, &bad.to_string(), topic]) {
        return Vec::new();
    }
    let log = ["log", "-p", "--no-merges", "--format=", &format!("{base}..{topic}")];
    let kept = run_git(&work, &log);
    let is_lost = |commit: &CommitId| {
        let added = example.change(*commit);
        added.iter().filter(|line| line.starts_with('+')).any(|line| !kept.lines().any(|kept| kept == line))
    };
    example.own().into_iter().filter(is_lost).collect()
}

fn git_works(work: &Path, arguments: &[&str]) -> bool {
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
    let mut git = Command::new("git");
    let output = git.args(identity).args(arguments).current_dir(work).env_remove("GIT_DIR").output();
    output.unwrap().status.success()
}

#[tokio::test]
async fn the_usual_advice_would_have_lost_work() {
    let mut losses = Vec::new();
    for example in contaminated().iter().map(Example::of_repair) {
        let (judged, repair) = example.repair().await;
        let lost = lost_by_rebase(&example, &judged);
        for commit in &lost {
            assert!(repair.picks.iter().any(|pick| pick.id == *commit), "{}: ours keeps it", example.why);
            losses.push(format!("{}: {}", example.why, example.change(*commit).last().unwrap()));
        }
    }
    let wanted = [
        "tried on staging, then staging merged back: +own by commit 13",
        "tried on staging, then merged into a checked-out staging: +own by commit 13",
    ];
    assert_eq!(losses, wanted, "what git rebase --onto drops without a word");
}

#[tokio::test]
async fn without_a_ledger_nothing_is_lost_either() {
    for example in contaminated().iter().map(Example::of_repair) {
        let judged = verdict(&example.repo, &example.path, example.pull, &Ledger::default()).await;
        let repair = judged.findings.iter().find_map(|finding| finding.cause.repair()).unwrap();
        let rebuilt = example.rebuilt(repair).await;
        let picked: Vec<CommitId> = rebuilt.made.iter().map(|(pick, _)| *pick).collect();
        assert!(example.own().iter().all(|own| picked.contains(own)), "{}", example.why);
    }
}
