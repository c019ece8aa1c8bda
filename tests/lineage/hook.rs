//! The hook that `towpath hook install` puts in place, in a clone that really pushes.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::command_line::{told, towpath};
use crate::story::{Repo, Story, run_git};

struct Work {
    _folder: TempDir,
    place: PathBuf,
}

/// A clone with the hook.
fn work(repo: &Repo, remote: &str) -> Work {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("my work");
    let url = format!("file://{}", repo.path().display());
    run_git(folder.path(), &["clone", "-q", "--origin", remote, &url, place.to_str().unwrap()]);
    let work = Work { _folder: folder, place };
    let (is_there, said) = work.hook(&work.place, &[]);
    assert!(is_there && said.contains("The pre-push hook is there: "), "{said}");
    assert!(said.contains("by the PATH that git is started with"), "{said}");
    work
}

impl Work {
    fn git(&self, arguments: &[&str]) {
        run_git(&self.place, arguments);
    }

    /// `towpath hook install`, from a folder: whether it was carried out, and what was said.
    fn hook(&self, from: &Path, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
            .args(["hook", "install"])
            .args(arguments)
            .current_dir(from)
            .env("GIT_CONFIG_GLOBAL", self.place.join("../settings"))
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    fn hook_file(&self) -> PathBuf {
        self.place.join(".git/hooks/pre-push")
    }

    /// A new branch with a commit of its own.
    fn topic(&self, name: &str, cut_from: &str) {
        self.git(&["switch", "-q", "--no-track", "-c", name, cut_from]);
        std::fs::write(self.place.join(format!("{name}.txt")), name).unwrap();
        self.git(&["add", "."]);
        self.git(&["commit", "-q", "-m", name]);
    }

    /// Whether git pushed, and what was said.
    fn push(from: &Path, arguments: &[&str]) -> (bool, String) {
        let towpath = Path::new(env!("CARGO_BIN_EXE_towpath"));
        let path = std::env::var("PATH").unwrap();
        let output = Command::new("git")
            .arg("push")
            .args(arguments)
            .current_dir(from)
            .env_remove("GIT_DIR")
            .env("PATH", format!("{}:{path}", towpath.parent().unwrap().display()))
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

#[test]
fn the_hook_lets_the_clean_topic_through_and_stops_the_other() {
    for remote in ["origin", "upstream"] {
        let repo = told(|_| {});
        let work = work(&repo, remote);
        let on = |branch: &str| format!("{remote}/{branch}");
        work.topic("good", &on("integration"));
        let (pushed, said) = Work::push(&work.place, &[remote, "good"]);
        assert!(pushed && said.contains("On the path: good → integration"), "{said}");
        work.topic("bad", &on("master"));
        let (pushed, said) = Work::push(&work.place, &[remote, "bad"]);
        assert!(!pushed && said.contains("TP201") && said.contains("--no-verify"), "{said}");
        assert!(said.contains(&format!("git fetch {remote}")), "{said}");
        // In a linked worktree git tells the hook of another folder.
        let linked = work.place.join("../linked");
        work.git(&["worktree", "add", "-q", "-b", "also-bad", linked.to_str().unwrap(), "bad"]);
        assert!(!Work::push(&linked, &[remote, "also-bad"]).0);
        let (pushed, said) = Work::push(&linked, &[remote, "good:also-good"]);
        assert!(pushed, "{said}");
        let address = format!("file://{}", repo.path().display());
        assert!(!Work::push(&work.place, &[&address, "bad"]).0, "an address has no name");
        // A deletion, a tag, and a branch of the path are no topics.
        assert!(Work::push(&work.place, &[remote, ":also-good"]).0);
        work.git(&["tag", "v1"]);
        assert!(Work::push(&work.place, &[remote, "v1"]).0);
        work.git(&["switch", "-q", "--no-track", "-c", "integration-by-hand", &on("integration")]);
        work.git(&["commit", "-q", "--allow-empty", "-m", "by hand"]);
        let (pushed, said) = Work::push(&work.place, &[remote, "HEAD:integration"]);
        assert!(pushed && said.contains("integration is an environment's branch"), "{said}");
    }
}

#[test]
fn the_hook_goes_by_the_repositorys_own_path() {
    let mut story = Story::blank();
    story.root("main", "readme");
    let file = "version: 1\nenvironments:\n  - { name: develop, accepts: [topics] }\n  - { name: live, accepts: \
                [develop, hotfixes], branch: main }\ncopy: none\n";
    story.write("main", ".github/towpath.yml", file);
    story.point_at("develop", "main");
    story.commit("main", "only here");
    let repo = story.build();
    run_git(repo.path(), &["symbolic-ref", "HEAD", "refs/heads/main"]);
    let work = work(&repo, "origin");
    work.topic("good", "origin/develop");
    let (pushed, said) = Work::push(&work.place, &["origin", "good"]);
    assert!(pushed && said.contains("good → develop"), "{said}");
    work.topic("hotfix", "origin/main");
    let (pushed, said) = Work::push(&work.place, &["origin", "hotfix"]);
    assert!(pushed && said.contains("hotfix → main"), "what main takes may be cut from it: {said}");
    work.git(&["switch", "-q", "main"]);
    work.git(&["commit", "-q", "--allow-empty", "-m", "by hand"]);
    assert!(Work::push(&work.place, &["origin", "main"]).0);
    // Where it cannot be known, nothing goes out, and it says why.
    std::fs::write(work.place.join(".github/towpath.yml"), "version: 7\n").unwrap();
    work.git(&["commit", "-q", "-a", "-m", "broken"]);
    assert!(Work::push(&work.place, &["--no-verify", "origin", "main"]).0);
    let (pushed, said) = Work::push(&work.place, &["origin", "good:again"]);
    assert!(!pushed && said.contains("TP601"), "{said}");
    assert!(said.contains("with options such as --remote, --config"), "the push takes none itself: {said}");
}

#[test]
fn the_hook_stops_what_it_was_asked_wrongly_and_says_so() {
    let repo = told(|_| {});
    let work = work(&repo, "origin");
    let other = TempDir::new().unwrap();
    run_git(other.path(), &["init", "-q", "--bare"]);
    work.topic("good", "origin/integration");
    let (pushed, said) = Work::push(&work.place, &[other.path().to_str().unwrap(), "good"]);
    assert!(pushed, "the only remote is meant: {said}");
    work.git(&["remote", "add", "other", other.path().to_str().unwrap()]);
    let (pushed, said) = Work::push(&work.place, &[&format!("file://{}", repo.path().display()), "good"]);
    assert!(!pushed && said.contains("several remotes"), "{said}");
    let by_hand = said.lines().find_map(|line| line.strip_prefix("  towpath ")).unwrap();
    assert!(
        by_hand.starts_with("check pr --pre-push --head ") && by_hand.ends_with(" --head-name good"),
        "{said}"
    );
    let repo = work.place.to_str().unwrap();
    let asked: Vec<&str> = by_hand.split(' ').chain(["--repo", repo, "--remote", "origin"]).collect();
    assert_eq!(towpath(&asked).status, 0);
}

#[test]
fn a_fork_without_the_environments_is_told_from_the_remote_that_has_them() {
    let repo = told(|_| {});
    let work = work(&repo, "upstream");
    let fork = TempDir::new().unwrap();
    run_git(fork.path(), &["init", "-q", "--bare", "-b", "master"]);
    work.git(&["remote", "add", "fork", fork.path().to_str().unwrap()]);
    work.git(&["push", "-q", "--no-verify", "fork", "refs/remotes/upstream/master:refs/heads/master"]);
    work.git(&["remote", "set-head", "fork", "master"]);
    work.topic("good", "upstream/integration");
    let (pushed, said) = Work::push(&work.place, &["fork", "good"]);
    assert!(
        !pushed && said.contains("if fork is a fork, ask of upstream with --remote upstream --fork"),
        "{said}"
    );
}

#[test]
fn the_hook_is_put_where_git_looks_and_taken_away_again() {
    let repo = told(|_| {});
    let work = work(&repo, "origin");
    assert!(work.hook(&work.place, &[]).0, "once more does no harm");
    let inner = work.place.join("a folder");
    std::fs::create_dir(&inner).unwrap();
    let (gone, said) = work.hook(&inner, &["--remove"]);
    assert!(gone && !work.hook_file().exists(), "{said}");
    let (fine, said) = work.hook(&inner, &["--remove"]);
    assert!(fine && said.contains("There is no pre-push hook"), "{said}");
    let linked = work.place.join("../linked");
    work.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "origin/integration"]);
    assert!(
        work.hook(&linked, &[]).0 && work.hook_file().exists(),
        "all work trees have one folder of hooks"
    );
    work.git(&["config", "core.hooksPath", "own hooks"]);
    assert!(work.hook(&work.place, &[]).0);
    assert!(work.place.join("own hooks/pre-push").exists());
    work.topic("bad", "origin/master");
    let (pushed, said) = Work::push(&work.place, &["origin", "bad"]);
    assert!(!pushed && said.contains("TP201"), "{said}");
    let bare = work.place.join("../bare.git");
    run_git(&work.place, &["init", "-q", "--bare", bare.to_str().unwrap()]);
    assert!(work.hook(&bare, &[]).0 && bare.join("hooks/pre-push").exists());
}

#[test]
fn a_hook_of_somebody_elses_and_one_for_all_repositories_stay_as_they_are() {
    let repo = told(|_| {});
    let work = work(&repo, "origin");
    let own = "#!/bin/sh\necho mine\n";
    std::fs::write(work.hook_file(), own).unwrap();
    let (done, said) = work.hook(&work.place, &["--remove"]);
    assert!(done && said.contains("does not run towpath, and stays as it is"), "{said}");
    let (done, said) = work.hook(&work.place, &[]);
    assert!(!done && said.contains("is not Towpath's"), "{said}");
    let (_, said) = work.hook(&work.place, &[]);
    assert!(said.contains("add this line to it: towpath hook run \"$@\" || exit 1"), "{said}");
    assert_eq!(std::fs::read_to_string(work.hook_file()).unwrap(), own);
    // With that line it stops the same.
    std::fs::write(work.hook_file(), format!("{own}towpath hook run \"$@\" || exit 1\n")).unwrap();
    let (done, said) = work.hook(&work.place, &["--remove"]);
    assert!(!done && said.contains("take the line out of it that runs towpath"), "{said}");
    work.topic("bad", "origin/master");
    let (pushed, said) = Work::push(&work.place, &["origin", "bad"]);
    assert!(!pushed && said.contains("TP201") && said.contains("mine"), "{said}");
    let shared = work.place.join("../shared");
    std::fs::write(work.place.join("../settings"), format!("[core]\n\thooksPath = {}\n", shared.display()))
        .unwrap();
    let (done, said) = work.hook(&work.place, &[]);
    assert!(!done && said.contains("all your repositories") && !shared.exists(), "{said}");
    let (done, said) = work.hook(work.place.parent().unwrap(), &[]);
    assert!(!done && said.contains("there is no git repository at ."), "{said}");
}

#[test]
fn what_is_more_than_can_be_read_is_not_let_through_unseen() {
    let repo = told(|_| {});
    let work = work(&repo, "origin");
    let line = format!("refs/tags/v {} refs/tags/v {}\n", "1".repeat(40), "0".repeat(40));
    let lines = line.repeat((4 << 20) / line.len() + 1);
    let input = work.place.join("../lines");
    std::fs::write(&input, lines).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
        .args(["hook", "run", "origin"])
        .current_dir(&work.place)
        .stdin(std::fs::File::open(&input).unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("push fewer branches at once"), "{said}");
}
