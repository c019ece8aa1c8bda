//! The hook that the README prints, as it is printed there, in a clone that really pushes.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::command_line::told;
use crate::story::{Repo, Story, run_git};

fn printed() -> String {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let hooks: Vec<&str> = readme.split("```sh\n").filter(|block| block.starts_with("#!/bin/sh")).collect();
    let [hook] = hooks.as_slice() else { panic!("one hook is printed") };
    hook.split("```").next().unwrap().to_owned()
}

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
    let hook = place.join(".git/hooks/pre-push");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, printed()).unwrap();
    std::fs::set_permissions(&hook, Permissions::from_mode(0o755)).unwrap();
    Work { _folder: folder, place }
}

impl Work {
    fn git(&self, arguments: &[&str]) {
        run_git(&self.place, arguments);
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
}
