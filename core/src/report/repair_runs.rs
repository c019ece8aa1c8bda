//! The commands in a check are pasted into shells, so here they are run: in real repositories, with
//! branches that have the worst names git allows.

use std::path::Path;
use std::process::Command;

use super::samples::{recorded_hotfix, subject, verdict};
use super::{HotfixWay, Subject, check, hotfix_comment};
use crate::model::{
    Base, BranchName, CarryBack, CarryStage, Cause, Commit, CommitId, Head, Hotfix, LandedHotfix, Outcome,
    PromotionPath, PullEnds, Repair, UnixMillis,
};

const NASTY: &str = "it's;$(touch${IFS}pwned)&`id`|\"x\"<y>\u{202e}ü";

fn sh(dir: &Path, script: &str) -> (bool, String) {
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(dir)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Cleo")))
        .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "cleo@example.com")))
        .output()
        .expect("sh runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).trim().to_owned())
}

#[track_caller]
fn git(dir: &Path, arguments: &[&str]) -> String {
    let words: Vec<String> = arguments.iter().map(|word| super::shell::quote(word)).collect();
    let (worked, text) = sh(dir, &format!("git {}", words.join(" ")));
    assert!(worked, "git {arguments:?}: {text}");
    text
}

fn save(dir: &Path, file: &str, content: &str) -> CommitId {
    std::fs::write(dir.join(file), content).unwrap();
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-qm", file]);
    git(dir, &["rev-parse", "HEAD"]).parse().unwrap()
}

fn known(id: CommitId) -> Commit {
    Commit { id, ..super::samples::commit(1, "Work", "Cleo") }
}

/// Names that a push can give to a branch and `git branch` refuses, or reads as something else.
const PUSHED_ONLY: [&str; 4] = ["-x", "--force", "@", "HEAD"];

/// A clone whose branch was cut from staging: staging's commit first, then two of its own.
struct Story {
    _keep: tempfile::TempDir,
    work: std::path::PathBuf,
    subject: Subject,
    summary: String,
}

fn story(head: &str) -> Story {
    let keep = tempfile::tempdir().unwrap();
    let root = keep.path();
    git(root, &["init", "-q", "--bare", "origin.git"]);
    git(root, &["clone", "-q", "origin.git", "work"]);
    let work = root.join("work");
    let base = format!("base-{NASTY}");
    git(&work, &["switch", "-qc", &base]);
    let start = save(&work, "base.txt", "base\n");
    git(&work, &["switch", "-qc", "staging"]);
    let foreign = save(&work, "staging.txt", "not released\n");
    git(&work, &["push", "-q", "origin", "--all"]);
    git(&work, &["switch", "-qc", "mine"]);
    let picks = vec![save(&work, "one.txt", "1\n"), save(&work, "two.txt", "2\n")];
    git(&work, &["push", "-q", "origin", &format!("HEAD:refs/heads/{head}")]);

    let branch = |text: &str| BranchName::new(text).unwrap();
    let pull = PullEnds {
        head: Head { branch: Some(branch(head)), commit: picks[1], fork: false },
        base: Base { branch: branch(&base), commit: start },
    };
    let subject = Subject { pull, ..subject("x", "y") };
    let cause = Cause::CarriesHistory {
        foreign: vec![(branch("staging"), vec![known(foreign)])],
        plain_merges: Vec::new(),
        brought: 3,
        came_along: 1,
        entered: Vec::new(),
        repair: Repair {
            picks: picks.into_iter().map(known).collect(),
            merges_left_out: 0,
            ..Repair::default()
        },
    };
    let summary = check(&PromotionPath::pro(), &[(subject.clone(), verdict(Outcome::Fail, cause))]).summary;
    Story { _keep: keep, work, subject, summary }
}

/// The first block of commands, as somebody would copy it.
fn commands(summary: &str) -> &str {
    let start = summary.find("```sh\n").unwrap() + 6;
    let length = summary[start..].find("\n```").unwrap();
    &summary[start..start + length]
}

#[test]
fn the_repair_leaves_the_branch_with_its_own_work_alone() {
    for head in [NASTY].into_iter().chain(PUSHED_ONLY) {
        let story = story(head);
        let (worked, text) = sh(&story.work, commands(&story.summary));
        assert!(worked, "{head}: {text}");
        git(&story.work, &["fetch", "-q", "origin", &format!("refs/heads/{head}")]);
        let files = git(&story.work, &["ls-tree", "--name-only", "FETCH_HEAD"]);
        assert_eq!(files, "base.txt\none.txt\ntwo.txt", "{head}");
        assert!(!story.work.join("pwned").exists());
    }
}

#[test]
fn what_moves_the_local_branch_along_is_only_said_where_git_does_it() {
    for head in [NASTY].into_iter().chain(PUSHED_ONLY) {
        let story = story(head);
        let follow = format!("git switch -C {}", super::shell::quote(head));
        let (worked, text) = sh(&story.work, &follow);
        assert_eq!(story.summary.contains("git switch -C"), worked, "{head}: {text}");
    }
}

#[test]
fn the_repair_pushes_nothing_over_somebody_elses_push() {
    let story = story(NASTY);
    git(&story.work, &["switch", "-q", "mine"]);
    let newer = save(&story.work, "meanwhile.txt", "by a colleague\n");
    git(&story.work, &["push", "-q", "origin", &format!("HEAD:refs/heads/{NASTY}")]);
    let (worked, _) = sh(&story.work, commands(&story.summary));
    assert!(!worked, "the push should have been refused");
    let kept = git(&story.work, &["ls-remote", "origin", &format!("refs/heads/{NASTY}")]);
    assert!(kept.starts_with(&newer.to_string()), "{kept}");
}

#[test]
fn the_repair_pushes_nothing_when_a_pick_stops() {
    let story = story(NASTY);
    let base = story.subject.pull.base.branch.as_str();
    git(&story.work, &["switch", "-q", base]);
    save(&story.work, "two.txt", "something else\n");
    git(&story.work, &["push", "-q", "origin", &format!("HEAD:refs/heads/{base}")]);
    let (worked, text) = sh(&story.work, commands(&story.summary));
    assert!(!worked, "{text}");
    let kept = git(&story.work, &["ls-remote", "origin", &format!("refs/heads/{NASTY}")]);
    assert!(kept.starts_with(&story.subject.pull.head.commit.to_string()), "{kept}");
}

#[test]
fn the_repair_runs_to_its_end_though_the_base_has_got_a_change_meanwhile() {
    let story = story(NASTY);
    let base = story.subject.pull.base.branch.as_str();
    git(&story.work, &["switch", "-q", base]);
    save(&story.work, "one.txt", "1\n");
    git(&story.work, &["push", "-q", "origin", &format!("HEAD:refs/heads/{base}")]);
    let (worked, text) = sh(&story.work, commands(&story.summary));
    assert!(worked, "{text}");
    git(&story.work, &["fetch", "-q", "origin", &format!("refs/heads/{NASTY}")]);
    let files = git(&story.work, &["ls-tree", "--name-only", "FETCH_HEAD"]);
    assert_eq!(files, "base.txt\none.txt\ntwo.txt");
}

/// Every block of commands.
fn blocks(text: &str) -> Vec<&str> {
    text.split("```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn a_carry_back_by_hand_stops_at_the_conflict_and_goes_on_from_there() {
    let keep = tempfile::tempdir().unwrap();
    let root = keep.path();
    git(root, &["init", "-q", "--bare", "origin.git"]);
    git(root, &["clone", "-q", "origin.git", "work"]);
    let work = root.join("work");
    let up = format!("up-{NASTY}");
    git(&work, &["switch", "-qc", &up]);
    save(&work, "cart.txt", "broken\n");
    git(&work, &["switch", "-qc", "production"]);
    let pick = save(&work, "cart.txt", "repaired\n");
    git(&work, &["switch", "-q", &up]);
    save(&work, "cart.txt", "broken otherwise\n");
    git(&work, &["push", "-q", "origin", "--all"]);

    let (at, brought) = (UnixMillis(0), vec![pick]);
    let landed = LandedHotfix { at, made: pick, picks: vec![pick], as_one: false, brought };
    let stage = CarryStage::Conflict { pick, paths: vec!["cart.txt".to_owned()], merge: None };
    let carry_back = Some(CarryBack { into: BranchName::new(&*up).unwrap(), stage });
    let title = format!("Repair {NASTY}");
    let told = hotfix_comment(
        &Hotfix { title, landed: Some(landed), carry_back, ..recorded_hotfix() },
        &HotfixWay::default(),
    );
    let told = told.unwrap();
    let [start, end] = blocks(&told)[..] else { panic!("{told}") };
    let (worked, text) = sh(&work, start);
    assert!(!worked && text.contains("cart.txt"), "{text}");
    std::fs::write(work.join("cart.txt"), "repaired otherwise\n").unwrap();
    git(&work, &["add", "-A"]);
    git(&work, &["-c", "core.editor=true", "cherry-pick", "--continue"]);
    let (worked, text) = sh(&work, &format!("gh() {{ printf '%s\\n' \"$@\"; }}\n{end}"));
    assert!(worked && text.contains(&format!("--base\n{up}\n")), "{text}");
    assert!(!work.join("pwned").exists());
    let pushed = git(&work, &["log", "-1", "--format=%B", &format!("origin/carry-back-{}", pick.short())]);
    assert!(pushed.contains(&format!("(cherry picked from commit {pick})")), "{pushed}");
}
