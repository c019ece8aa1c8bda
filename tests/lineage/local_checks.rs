//! A check in a clone goes by what the App goes by: the file on the default branch, the branches of the remote that
//! has the environments, as they were fetched.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::command_line::{Ran, told};
use crate::story::{Repo, Story, run_git};

pub(crate) const OF_TWO: &str = "\
version: 1
environments:
  - { name: develop, accepts: [topics] }
  - { name: live, accepts: [develop], branch: main }
copy: none
";

/// A repository on the path develop → live (main), whose default branch main has this file.
pub(crate) fn two(file: &str) -> Repo {
    let mut story = Story::blank();
    story.root("main", "readme");
    story.write("main", ".github/towpath.yml", file);
    story.point_at("develop", "main");
    story.topic("topic", "develop");
    story.topic("strange", "main");
    let repo = story.build();
    run_git(repo.path(), &["symbolic-ref", "HEAD", "refs/heads/main"]);
    repo
}

/// A clone in a folder with a blank, by a remote of this name.
pub(crate) struct Clone {
    _folder: TempDir,
    pub(crate) work: PathBuf,
}

pub(crate) fn clone(repo: &Repo, remote: &str, options: &[&str]) -> Clone {
    let folder = TempDir::new().unwrap();
    let work = folder.path().join("my work");
    let url = format!("file://{}", repo.path().display());
    let clone = ["clone", "-q", "--origin", remote];
    run_git(folder.path(), &[&clone[..], options, &[&url, work.to_str().unwrap()]].concat());
    Clone { _folder: folder, work }
}

impl Clone {
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        run_git(&self.work, arguments).trim().to_owned()
    }

    /// Runs `towpath check` in a folder, with these variables set.
    fn check_in(place: &Path, arguments: &[&str], variables: &[(&str, &Path)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_towpath"))
            .arg("check")
            .args(arguments)
            .current_dir(place)
            .env_remove("GIT_DIR")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        Ran {
            status: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn check(&self, arguments: &[&str]) -> Ran {
        Self::check_in(&self.work, arguments, &[])
    }

    pub(crate) fn pr(&self, arguments: &[&str]) -> (i32, Value) {
        let ran = self.check(&[&["pr", "--json"], arguments].concat());
        let object =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}{}", ran.stdout, ran.stderr));
        (ran.status, object)
    }
}

pub(crate) fn codes(object: &Value) -> Vec<&str> {
    object["findings"].as_array().unwrap().iter().map(|it| it["code"].as_str().unwrap()).collect()
}

#[test]
fn a_clone_is_judged_by_the_file_on_the_default_branch() {
    let repo = two(OF_TWO);
    let clone = clone(&repo, "upstream", &[]);
    clone.git(&["switch", "-q", "topic"]);
    // What the topic itself makes of the file counts for nothing, and neither does the work tree.
    let softer = OF_TWO.replace("accepts: [develop]", "accepts: [topics, develop]");
    std::fs::write(clone.work.join(".github/towpath.yml"), softer).unwrap();
    clone.git(&["commit", "-q", "-a", "-m", "softer"]);
    let (status, object) = clone.pr(&["--base", "main"]);
    assert_eq!((status, codes(&object)), (1, vec!["TP101"]), "{object}");
    let (status, object) = clone.pr(&["--base", "develop"]);
    assert_eq!(
        (status, &object["verdict"], &object["judged"]),
        (0, &"pass".into(), &true.into()),
        "{object}"
    );
    let configuration = &object["configuration"];
    assert_eq!(configuration["source"], "default-branch");
    assert_eq!(configuration["ref"], "refs/remotes/upstream/main");
    assert_eq!(configuration["commit"], repo.tip("main").to_string());
    assert!(configuration["fetched_at"].as_i64().unwrap() > 1_700_000_000, "{configuration}");
    assert_eq!((&object["remote"], &object["head"]["name"]), (&"upstream".into(), &"topic".into()));
    assert_eq!(object["base"]["ref"], "refs/remotes/upstream/develop");
    let page = clone.check(&["pr", "--base", "develop"]).stdout;
    assert!(page.contains("Configuration: .github/towpath.yml of "), "{page}");
    assert!(page.contains("(upstream/main as fetched "), "{page}");
    assert!(page.contains("develop is upstream/develop as fetched "), "{page}");
}

#[test]
fn a_branch_that_is_on_no_path_passes_and_says_that_it_was_not_judged() {
    let repo = two(OF_TWO);
    let clone = clone(&repo, "origin", &[]);
    let (status, object) = clone.pr(&["--base", "topic", "--head", "origin/strange"]);
    assert_eq!((status, &object["verdict"], &object["judged"]), (0, &"pass".into(), &false.into()));
    let ran = clone.check(&["pr", "--base", "topic", "--head", "origin/strange"]);
    assert_eq!(
        ran.stdout.lines().next(),
        Some("pass: Not checked: topic is no environment"),
        "{}",
        ran.stdout
    );
    // On the built-in path both would be branches of it.
    let (status, object) = clone.pr(&["--base", "staging"]);
    assert_eq!(status, 2, "{object}");
    assert!(object["error"]["message"].as_str().unwrap().contains("no branch staging"), "{object}");
}

#[test]
fn a_broken_file_is_unknown_and_a_broken_named_one_is_a_mistake() {
    let broken = OF_TWO.replace("accepts: [topics]", "acepts: [topics]");
    let repo = two(&broken);
    let clone = clone(&repo, "origin", &[]);
    for base in ["develop", "main", "topic"] {
        let (status, object) = clone.pr(&["--base", base, "--head", "origin/strange"]);
        assert_eq!((status, codes(&object)), (1, vec!["TP601"]), "{object}");
        assert_eq!((&object["verdict"], &object["judged"]), (&"unknown".into(), &true.into()));
    }
    let page = clone.check(&["pr", "--base", "develop"]).stdout;
    assert!(page.contains("line 3") && page.contains(".github/towpath.yml of main of origin"), "{page}");
    assert_eq!(clone.check(&["copy"]).status, 1);
    let named = clone.check(&["pr", "--base", "develop", "--config", ".github/towpath.yml"]);
    assert_eq!(named.status, 2, "{}", named.stdout);
    assert!(named.stderr.contains("acepts"), "{}", named.stderr);
}

#[test]
fn where_there_is_no_file_it_says_so_and_that_the_accounts_was_not_read() {
    let repo = told(|s| {
        s.topic("topic", "integration");
    });
    let clone = clone(&repo, "origin", &[]);
    let (status, object) = clone.pr(&["--base", "integration", "--head", "origin/topic"]);
    assert_eq!((status, &object["configuration"]["source"]), (0, &"built-in".into()));
    assert_eq!(object["configuration"]["account_file_read"], false);
    let page = clone.check(&["pr", "--base", "integration", "--head", "origin/topic"]).stdout;
    assert!(page.contains("the built-in path, since ") && page.contains("origin/integration"), "{page}");
    assert!(page.contains("did not read the account's own .github repository"), "{page}");
}

#[test]
fn the_remote_is_asked_which_branch_is_the_default_one() {
    let repo = two(OF_TWO);
    let clone = clone(&repo, "upstream", &[]);
    clone.git(&["remote", "set-head", "upstream", "--delete"]);
    let (status, object) = clone.pr(&["--base", "main", "--head", "upstream/topic"]);
    assert_eq!((status, codes(&object)), (1, vec!["TP101"]), "{object}");
    assert_eq!(object["configuration"]["ref"], "refs/remotes/upstream/main");
    // It has gone: nobody knows any more by which file the App judges.
    let nowhere = format!("file://{}", clone.work.join("nowhere").display());
    clone.git(&["remote", "set-url", "upstream", &nowhere]);
    let ran = clone.check(&["pr", "--base", "develop", "--head", "upstream/topic"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(
        ran.stdout.starts_with("unknown: TP901 Could not decide: which configuration applies"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("\n    git remote set-head upstream --auto\n"), "{}", ran.stdout);
    assert_eq!(clone.check(&["copy"]).status, 1);
    let (_, object) = clone.pr(&["--base", "develop", "--head", "upstream/topic"]);
    assert_eq!(
        (&object["verdict"], &object["configuration"]["source"]),
        (&"unknown".into(), &"unknown".into())
    );
    // The command helps.
    clone.git(&["remote", "set-url", "upstream", &format!("file://{}", repo.path().display())]);
    clone.git(&["remote", "set-head", "upstream", "--auto"]);
    clone.git(&["remote", "set-url", "upstream", &nowhere]);
    assert_eq!(clone.pr(&["--base", "develop", "--head", "upstream/topic"]).0, 0);
}

#[test]
fn a_repositorys_own_settings_run_no_program_while_its_remote_is_asked() {
    let repo = two(OF_TWO);
    let clone = clone(&repo, "origin", &[]);
    clone.git(&["remote", "set-head", "origin", "--delete"]);
    let trace = clone.work.join("it-ran");
    let touch = format!("touch '{}'; false", trace.display());
    for url in
        ["ext::sh -c touch% it-ran", "ssh://example.invalid/acme/store", "https://127.0.0.1:1/store.git"]
    {
        clone.git(&["remote", "set-url", "origin", url]);
        for key in ["core.sshCommand", "core.askPass", "remote.origin.uploadpack", "core.gitProxy"] {
            clone.git(&["config", key, &touch]);
        }
        clone.git(&["config", "credential.helper", &format!("!{touch}")]);
        let ran = clone.check(&["pr", "--base", "develop", "--head", "origin/topic"]);
        assert_eq!(ran.status, 1, "{url}: {}{}", ran.stdout, ran.stderr);
        assert!(!trace.exists() && !clone.work.join(".git/it-ran").exists(), "{url}");
    }
}

#[test]
fn a_default_branch_that_was_not_fetched_is_fetched_by_the_printed_command() {
    let repo = two(OF_TWO);
    let clone = clone(&repo, "upstream", &["--single-branch", "-b", "develop"]);
    let ran = clone.check(&["pr", "--base", "develop"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    let command = ran.stdout.lines().map(str::trim).find(|line| line.starts_with("git fetch")).unwrap();
    assert!(command.contains("refs/remotes/upstream/main"), "{command}");
    let done = Command::new("sh").args(["-c", command]).current_dir(&clone.work).status().unwrap();
    assert!(done.success(), "{command}");
    assert_eq!(clone.pr(&["--base", "develop"]).1["configuration"]["source"], "default-branch");
}

#[test]
fn a_shallow_clone_of_one_branch_is_made_whole_by_the_printed_command() {
    let repo = two(OF_TWO);
    let clone = clone(&repo, "upstream", &["--depth", "1", "-b", "topic"]);
    clone.git(&["remote", "set-branches", "--add", "upstream", "main"]);
    clone.git(&["fetch", "-q", "--depth", "1", "upstream"]);
    let ran = clone.check(&["pr", "--base", "develop"]);
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    let command = ran.stdout.lines().map(str::trim).find(|line| line.starts_with("git fetch")).unwrap();
    let done = Command::new("sh").args(["-c", command]).current_dir(&clone.work).status().unwrap();
    assert!(done.success(), "{command}");
    let (status, object) = clone.pr(&["--base", "develop"]);
    assert_eq!((status, &object["verdict"]), (0, &Value::from("pass")), "{object}");
}

#[test]
fn a_clone_without_its_files_names_the_command_that_brings_the_file() {
    let repo = two(OF_TWO);
    for filter in ["--filter=blob:none", "--filter=tree:0"] {
        let clone = clone(&repo, "origin", &["--bare", filter]);
        let ran = clone.check(&["pr", "--base", "develop", "--head", "topic"]);
        assert_eq!(ran.status, 1, "{filter}: {}{}", ran.stdout, ran.stderr);
        let command = ran.stdout.lines().map(str::trim).find(|line| line.starts_with("git ")).unwrap();
        let done = Command::new("sh").args(["-c", command]).current_dir(&clone.work).status().unwrap();
        assert!(done.success(), "{command}");
        assert_eq!(clone.pr(&["--base", "develop", "--head", "topic"]).0, 0, "{filter}");
    }
}

#[test]
fn an_environments_branch_is_the_remotes_and_a_topic_is_ones_own() {
    let repo = told(|s| {
        s.topic("topic", "integration");
    });
    let clone = clone(&repo, "origin", &[]);
    let old = clone.git(&["rev-parse", "integration~1"]);
    clone.git(&["switch", "-q", "-c", "elsewhere"]);
    clone.git(&["branch", "--force", "integration", &old]);
    clone.git(&["branch", "--force", "staging", &format!("{old}~1")]);
    let tip = repo.tip("integration").to_string();
    for head in ["integration", "refs/heads/integration", "origin/integration"] {
        let (status, object) = clone.pr(&["--base", "staging", "--head", head]);
        assert_eq!((status, &object["head"]["commit"]), (0, &tip.as_str().into()), "{head}: {object}");
        assert_eq!(object["head"]["ref"], "refs/remotes/origin/integration");
    }
    clone.git(&["switch", "-q", "integration"]);
    let (_, object) = clone.pr(&["--base", "origin/staging"]);
    assert_eq!(object["head"]["commit"], tip.as_str(), "also where it is checked out: {object}");
    assert_eq!(object["base"]["name"], "staging");
    let page = clone.check(&["pr", "--base", "staging"]).stdout;
    assert!(page.contains("integration is origin/integration as fetched "), "{page}");
    // Whoever names a commit means that one.
    let (_, object) = clone.pr(&["--base", "staging", "--head", &old, "--head-name", "integration"]);
    assert_eq!(object["head"]["commit"], old.as_str());
    // A topic is what is here, also if the remote has one of that name.
    clone.git(&["switch", "-q", "-c", "topic", "--track", "origin/topic"]);
    clone.git(&["commit", "-q", "--allow-empty", "-m", "more"]);
    let own = clone.git(&["rev-parse", "HEAD"]);
    let (_, object) = clone.pr(&["--base", "integration"]);
    assert_eq!(
        (&object["head"]["commit"], &object["head"]["ref"]),
        (&own.as_str().into(), &"refs/heads/topic".into())
    );
    assert!(object["head"]["fetched_at"].is_null(), "{object}");
}

#[test]
fn its_age_is_that_of_the_last_fetch() {
    let repo = told(|_| {});
    let clone = clone(&repo, "origin", &[]);
    let fetched = |clone: &Clone| {
        clone.pr(&["--base", "staging", "--head", "integration"]).1["base"]["fetched_at"].as_i64().unwrap()
    };
    let cloned = fetched(&clone);
    // Nothing has moved since, and still it is newer.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    clone.git(&["fetch", "-q", "origin"]);
    let now = fetched(&clone);
    assert!(now > cloned, "{now} {cloned}");
    let linked = clone.work.join("../linked");
    clone.git(&["worktree", "add", "-q", "--detach", linked.to_str().unwrap()]);
    let ran = Clone::check_in(&linked, &["pr", "--base", "staging", "--head", "integration", "--json"], &[]);
    let object: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(object["base"]["fetched_at"], now, "in a linked worktree");
}

#[test]
fn git_dir_counts_where_no_repository_is_named() {
    let repo = two(OF_TWO);
    let clone = clone(&repo, "origin", &[]);
    clone.git(&["switch", "-q", "topic"]);
    let linked = clone.work.join("../a linked one");
    clone.git(&["worktree", "add", "-q", "--detach", linked.to_str().unwrap(), "origin/strange"]);
    let elsewhere = TempDir::new().unwrap();
    let git_dir = clone.work.join(".git");
    let of_linked = PathBuf::from(run_git(&linked, &["rev-parse", "--absolute-git-dir"]).trim());
    let head_of = |place: &Path, variables: &[(&str, &Path)]| {
        let ran = Clone::check_in(place, &["pr", "--base", "develop", "--json"], variables);
        let object: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        object["head"]["commit"].as_str().unwrap_or_default().to_owned()
    };
    let (topic, strange) = (repo.tip("topic").to_string(), repo.tip("strange").to_string());
    assert_eq!(head_of(elsewhere.path(), &[("GIT_DIR", &git_dir)]), topic);
    assert_eq!(head_of(&clone.work, &[("GIT_DIR", Path::new(".git"))]), topic);
    assert_eq!(head_of(elsewhere.path(), &[("GIT_DIR", &of_linked)]), strange);
    assert_eq!(head_of(&linked, &[("GIT_DIR", &of_linked)]), strange);
    assert_eq!(head_of(&linked, &[]), strange);
    let below = clone.work.join("some folder");
    std::fs::create_dir(&below).unwrap();
    assert_eq!(head_of(&below, &[]), topic);
    let nowhere =
        Clone::check_in(&clone.work, &["pr", "--base", "develop"], &[("GIT_DIR", elsewhere.path())]);
    assert!(
        nowhere.status == 2 && nowhere.stderr.contains("not part of a git repository"),
        "{}",
        nowhere.stderr
    );
    let named = ["pr", "--base", "develop", "--repo", clone.work.to_str().unwrap()];
    assert_eq!(Clone::check_in(elsewhere.path(), &named, &[("GIT_DIR", elsewhere.path())]).status, 0);
}

#[test]
fn a_bare_repository_is_judged_by_its_own_default_branch() {
    let repo = two(OF_TWO);
    for options in [&["--bare"][..], &["--mirror"]] {
        let clone = clone(&repo, "origin", options);
        let (status, object) = clone.pr(&["--base", "main", "--head", "topic"]);
        assert_eq!((status, codes(&object)), (1, vec!["TP101"]), "{options:?} {object}");
        assert_eq!(object["configuration"]["ref"], "refs/heads/main");
    }
}

#[test]
fn errors_are_json_where_json_was_asked_for() {
    let repo = told(|_| {});
    let clone = clone(&repo, "origin", &[]);
    for arguments in [
        &["pr", "--json"][..],
        &["pr", "--base", "nowhere", "--json"],
        &["pr", "--base", "a b", "--json"],
        &["pr", "--base", "integration", "--head", "nope", "--json"],
        &["pr", "--base", "integration", "--config", "/none", "--json"],
        &["pr", "--base", "integration", "--ledger", "/none", "--json"],
        &["pr", "--base", "integration", "--what", "--json"],
        &["copy", "--repo", "/nowhere", "--json"],
        &["carried", "--json", "--into", "integration"],
        &["carried", "--json", "--into", "nowhere", "--commit", "HEAD"],
    ] {
        let ran = clone.check(arguments);
        let object: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{arguments:?} {}", ran.stdout));
        assert_eq!(
            (ran.status, &object["schema_version"], ran.stderr.as_str()),
            (2, &1.into(), ""),
            "{arguments:?}"
        );
        let message = object["error"]["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.starts_with("error"), "{message}");
    }
    let help = clone.check(&["pr", "--help", "--json"]);
    assert!(help.status == 0 && help.stdout.contains("Usage"), "{}", help.stdout);
}

#[test]
fn what_was_judged_is_in_the_object() {
    let repo = told(|s| {
        s.topic("bad", "staging");
        s.commit("bad", "more");
    });
    let clone = clone(&repo, "origin", &[]);
    let ledger = clone.work.join("ledger.json");
    std::fs::write(&ledger, repo.ledger_json()).unwrap();
    let ledger = ["--ledger", ledger.to_str().unwrap()];
    let (status, object) =
        clone.pr(&[&["--base", "integration", "--head", "origin/bad"], &ledger[..]].concat());
    assert_eq!((status, codes(&object)), (1, vec!["TP201"]));
    let foreign = object["foreign"].as_array().unwrap();
    assert!(!foreign.is_empty(), "{object}");
    for commit in foreign {
        assert_eq!(commit["branches"], serde_json::json!(["staging"]));
        assert!(commit["commit"].as_str().unwrap().len() == 40 && commit["subject"].is_string(), "{commit}");
        assert!(commit.get("pull_request").is_some() && commit["author"] == "Ada", "{commit}");
    }
    let picks: Vec<&str> =
        object["picks"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!((picks.len(), picks[1]), (2, repo.tip("bad").to_string().as_str()), "{object}");
    assert_eq!(object["base"]["commit"], repo.tip("integration").to_string());
}

/// A topic cut from master that was pushed, a clone that has it, and what its check prints.
fn contaminated(remote: &str, arguments: &[&str]) -> (Repo, Clone, String) {
    let repo = told(|_| {});
    let clone = clone(&repo, remote, &[]);
    clone.git(&["switch", "-q", "--no-track", "-c", "bad", &format!("{remote}/master")]);
    clone.git(&["commit", "-q", "--allow-empty", "-m", "own"]);
    clone.git(&["push", "-q", remote, "bad"]);
    let ran = clone.check(&[&["pr", "--base", "integration"], arguments].concat());
    assert!(ran.status == 1 && ran.stdout.contains("TP201"), "{}{}", ran.stdout, ran.stderr);
    (repo, clone, ran.stdout)
}

#[test]
fn the_printed_push_is_refused_where_somebody_has_pushed_since() {
    let (repo, clone, said) = contaminated("upstream", &[]);
    let push = said.lines().find(|line| line.contains("--force-with-lease")).unwrap().trim().to_owned();
    run_git(repo.path(), &["update-ref", "refs/heads/bad", &repo.tip("integration").to_string()]);
    // As the printed lines begin.
    clone.git(&["fetch", "-q", "upstream"]);
    let push = push.trim_end_matches("&&").trim();
    let ran = Command::new("sh").args(["-c", push]).current_dir(&clone.work).output().unwrap();
    assert!(!ran.status.success(), "{push}: {}", String::from_utf8_lossy(&ran.stderr));
    let there = run_git(repo.path(), &["rev-parse", "refs/heads/bad"]);
    assert_eq!(there.trim(), repo.tip("integration").to_string(), "what somebody pushed is kept");
}

#[test]
fn what_a_fork_is_to_push_goes_to_no_remote_that_may_be_the_base() {
    let (_repo, _clone, said) = contaminated("upstream", &["--fork"]);
    assert!(
        !said.contains("push --force-with-lease=bad upstream") && !said.contains(" upstream HEAD:"),
        "{said}"
    );
    assert!(said.contains(" FORK HEAD:refs/heads/bad"), "{said}");
}
