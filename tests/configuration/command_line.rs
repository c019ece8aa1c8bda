//! What is printed, and the status with which it ends.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use towpath::model::DocsUrl;
use towpath::model::config::Configuration;

use crate::towpath;

/// A folder with a file `towpath.yml`.
fn folder_with(text: impl AsRef<[u8]>) -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("towpath.yml"), text).unwrap();
    folder
}

const TWO: &str = "\
version: 1
environments:
  - name: develop
    accepts: [topics]
  - name: live
    accepts: [develop]
    active_idle: 5d
copy: none
rules: { TP205: observe }
";

const WRONG: &str = "\
version: 1
environments:
  - name: develop
    acepts: [topics]
rules: { TP205: obsrve }
";

#[test]
fn a_valid_file_is_told_as_the_path_it_describes() {
    let folder = folder_with(TWO);
    let ran = towpath(folder.path(), &["config", "check", "towpath.yml"]);
    let expected = "\
towpath.yml:7:5: note: active_idle asks for nothing without active: 2 or more
towpath.yml is valid: develop → live, no copy branch
softened: TP205 observe
";
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr.as_str()), (0, expected, ""));
    let built_in = folder_with("version: 1\n");
    let ran = towpath(built_in.path(), &["config", "check", "towpath.yml"]);
    let expected =
        "towpath.yml is valid: integration → staging → production, master is a copy of production\n";
    assert_eq!((ran.status, ran.stdout.as_str()), (0, expected));
}

#[test]
fn the_preset_is_proposed_where_such_a_project_lies() {
    let check = |text: &str, also: &[&str]| {
        let folder = TempDir::new().unwrap();
        for made in [".github", ".git", ".magento"] {
            std::fs::create_dir(folder.path().join(made)).unwrap();
        }
        for file in also {
            std::fs::write(folder.path().join(file), "name: shop\n").unwrap();
        }
        std::fs::write(folder.path().join(".github/towpath.yml"), text).unwrap();
        let ran = towpath(folder.path(), &["config", "check", ".github/towpath.yml"]);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        let note = ran.stdout.lines().find(|line| line.contains("preset"));
        note.unwrap_or_default().to_owned()
    };
    let told = |file: &str| {
        format!(
            ".github/towpath.yml:1:1: note: {file} is there; with preset: commerce the rules of Adobe Commerce judge pull \
             requests too"
        )
    };
    assert_eq!(check("version: 1\n", &[".magento.app.yaml"]), told(".magento.app.yaml"));
    assert_eq!(check("version: 1\n", &[".magento/applications.yaml"]), told(".magento/applications.yaml"));
    assert_eq!(check("version: 1\npreset: commerce\n", &[".magento.app.yaml"]), "");
    assert_eq!(check("version: 1\n", &["composer.json"]), "");
}

const TOLD: &str = "\
towpath.yml:4:5: there is no key \"acepts\" in an item of environments
  hint: did you mean accepts?
towpath.yml:5:17: TP205 cannot be \"obsrve\"
  hint: did you mean observe? Good are enforce, warn, observe or off
";

#[test]
fn all_problems_are_told_where_they_are() {
    let folder = folder_with(WRONG);
    let ran = towpath(folder.path(), &["config", "check", "towpath.yml"]);
    let error = "error: towpath.yml is not valid: 2 problems\n";
    let more = format!("its keys are explained in {}\n", DocsUrl::default().configuration());
    assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr), (2, TOLD, format!("{error}{more}")));
    for arguments in [
        &["config", "show", "--config", "towpath.yml"][..],
        &["check", "pr", "--base", "develop", "--head", "HEAD", "--config", "towpath.yml"],
    ] {
        let ran = towpath(folder.path(), arguments);
        assert_eq!((ran.status, ran.stdout.as_str(), ran.stderr), (2, "", format!("{error}{TOLD}{more}")));
    }
}

#[test]
fn what_is_no_text_or_too_long_is_refused_at_once() {
    let check = |content: &[u8]| towpath(folder_with(content).path(), &["config", "check", "towpath.yml"]);
    let latin = check(b"version: 1\n# M\xfcller\n");
    assert_eq!(latin.status, 2);
    assert!(latin.stdout.starts_with("towpath.yml:2:4: the file is not UTF-8\n  hint: "), "{}", latin.stdout);
    let large = check(&vec![b'#'; 1_000_000]);
    assert_eq!(large.status, 2);
    assert!(
        large.stdout.starts_with("towpath.yml:1:1: the file has more than 65536 bytes"),
        "{}",
        large.stdout
    );
    let missing = towpath(Path::new("/"), &["config", "check", "no/such.yml"]);
    assert_eq!((missing.status, missing.stdout.as_str()), (2, ""));
    assert!(missing.stderr.starts_with("error: no/such.yml could not be read: "), "{}", missing.stderr);
}

#[test]
fn what_holds_is_shown_with_its_source() {
    let folder = folder_with(TWO);
    let ran = towpath(folder.path(), &["config", "show", "--config", "towpath.yml"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.starts_with("# From towpath.yml\n# Note on line 7: active_idle asks for nothing "),
        "{}",
        ran.stdout
    );
    let shown = Configuration::read(&ran.stdout).unwrap();
    assert_eq!(shown.path(), Configuration::read(TWO).unwrap().path());

    let ran = towpath(folder.path(), &["config", "show"]);
    assert!(ran.stdout.starts_with("# The built-in configuration: "), "{}", ran.stdout);
    assert_eq!(Configuration::read(&ran.stdout).unwrap().path(), Configuration::built_in().path());

    // The file of the repository is found from any of its folders.
    let deep = folder.path().join("src/deep");
    for made in [&deep, &folder.path().join(".github"), &folder.path().join(".git")] {
        std::fs::create_dir_all(made).unwrap();
    }
    std::fs::rename(folder.path().join("towpath.yml"), folder.path().join(".github/towpath.yml")).unwrap();
    let ran = towpath(&deep, &["config", "show"]);
    assert!(ran.stdout.lines().next().unwrap().ends_with("/.github/towpath.yml"), "{}", ran.stdout);
    assert_eq!(Configuration::read(&ran.stdout).unwrap().path(), shown.path());
}

/// A repository with the branches `develop` and `main`, and a topic cut from `develop`.
fn repository() -> TempDir {
    let folder = folder_with(TWO.replace("active_idle: 5d", "branch: main"));
    let git = |arguments: &[&str]| {
        let who =
            ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main"];
        let done = Command::new("git")
            .args([&who, arguments].concat())
            .current_dir(folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "-q"]);
    git(&["commit", "-q", "--allow-empty", "-m", "begin"]);
    git(&["branch", "develop"]);
    git(&["checkout", "-q", "-b", "topic", "develop"]);
    std::fs::write(folder.path().join("work"), "done").unwrap();
    git(&["add", "work"]);
    git(&["commit", "-q", "-m", "work"]);
    folder
}

#[test]
fn a_pull_request_is_judged_by_the_file_that_is_named() {
    let folder = repository();
    let verdict = |more: &[&str]| {
        let ran = towpath(folder.path(), &[&["check", "pr", "--head", "topic", "--json"], more].concat());
        let object: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        let codes: Vec<_> =
            object["findings"].as_array().unwrap().iter().map(|it| it["code"].clone()).collect();
        (ran.status, json!([object["verdict"], codes]))
    };
    let by_file = ["--config", "towpath.yml"];
    assert_eq!(verdict(&[&["--base", "develop"], &by_file[..]].concat()), (0, json!(["pass", []])));
    assert_eq!(verdict(&[&["--base", "main"], &by_file[..]].concat()), (1, json!(["fail", ["TP101"]])));
    let softer = std::fs::read_to_string(folder.path().join("towpath.yml")).unwrap();
    std::fs::write(folder.path().join("softer.yml"), softer.replace("TP205: observe", "TP101: warn"))
        .unwrap();
    let softened = verdict(&["--base", "main", "--config", "softer.yml"]);
    assert_eq!(softened, (0, json!(["warn", ["TP101"]])));
}

#[test]
fn what_a_file_asks_for_in_vain_is_said_while_judging() {
    let folder = repository();
    std::fs::write(folder.path().join("more.yml"), TWO.replace("name: live", "name: live\n    branch: main"))
        .unwrap();
    let ran = towpath(
        folder.path(),
        &["check", "pr", "--base", "develop", "--head", "topic", "--json", "--config", "more.yml"],
    );
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stderr.starts_with("more.yml:8:5: note: active_idle asks for nothing "), "{}", ran.stderr);
}

#[test]
fn every_command_of_the_configuration_shows_an_example() {
    for command in [&["config"][..], &["config", "check"], &["config", "schema"], &["config", "show"]] {
        let ran = towpath(Path::new("/"), &[command, &["--help"]].concat());
        assert_eq!(ran.status, 0);
        assert!(ran.stdout.contains("Example") && ran.stdout.contains("  towpath config "), "{}", ran.stdout);
    }
}

#[test]
fn what_is_asked_wrongly_is_told_with_what_to_write() {
    let folder = TempDir::new().unwrap();
    let at = ["--repository", "acme/store"];
    let lock = [&["lock", "production", "--reason", "test", "--until", "tomorrow"], &at[..]].concat();
    let allow =
        [&["freeze", "production", "--until", "2h", "--reason", "test", "--allow", "x"], &at[..]].concat();
    for (arguments, words) in [
        (&["explain"][..], "a code or a log is needed: towpath explain TP201, or towpath explain --log FILE"),
        (&["explain", "--exit-code", "5"], "a code or a log is needed"),
        (
            &["explain", "TP201", "--exit-code", "5"],
            "--exit-code belongs to a log: name that with --log FILE",
        ),
        (&["check", "commerce", "--today", "foo"], "\"foo\" is no day; write it as 2026-11-29"),
        (&["stats", "--repository", "acme/store", "--days", "x"], "write a number of days from 1 to 3650"),
        (
            &["release", "x", "--repository", "acme/store"],
            "\"x\" is no number of a pull request; write 118 or '#118'",
        ),
        (&lock, "(30m, 2h, 3d), a day (2026-12-20), or a day and a time in UTC (\"2026-12-20 18:00\")"),
        (&allow, "write 118 or '#118'"),
        (
            &["man", "nowhere"],
            "the pages could not be written to nowhere: No such file or directory; make that folder first",
        ),
        (&["hook", "install"], "there is no git repository at .; go into one, or name one with --repo DIR"),
    ] {
        let ran = towpath(folder.path(), arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}
