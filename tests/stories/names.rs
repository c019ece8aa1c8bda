//! Branches with the worst names git allows, as heads of pull requests.

use crate::shop::topic;
use crate::stage::Stage;
use std::path::Path;
use std::process::Command;
use towpath::store::{DeliveryFilter, Store as _};

/// Runs a script with a git that only writes down what it is told, one argument a line.
fn told_to_git(folder: &Path, script: &str) -> Vec<String> {
    let git = "git() { for word in \"$@\"; do printf '%s\\n' \"$word\"; done; }\n";
    let output = Command::new("sh").args(["-c", &format!("{git}{script}")]).current_dir(folder).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{script}\n{output:?}");
    assert_eq!(output.stderr, b"", "{script}\n{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The commands of a check's first block of code.
fn first_script(summary: &str) -> String {
    let lines = summary.lines().skip_while(|line| *line != "```sh");
    lines.skip(1).take_while(|line| !line.starts_with("```")).collect::<Vec<_>>().join("\n")
}

async fn its_repair_names_it_as_it_is(stage: &Stage, name: &str) {
    stage.later();
    topic(&stage.store, name, "master").await;
    let pull = stage.store.open_pull(name).into("integration").by("ana").await.unwrap();
    let said = stage.check(&pull).await.fails();
    let folder = tempfile::tempdir().unwrap();
    let words = told_to_git(folder.path(), &first_script(said.summary()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{name:?} ran something: {words:?}");
    let pushed = words.iter().position(|word| word == "push").expect("the repair ends with a push");
    let goals = [name.to_owned(), format!("HEAD:{name}"), format!("HEAD:refs/heads/{name}")];
    assert!(words[pushed..].iter().any(|word| goals.contains(word)), "{name:?}: {words:?}");
    let comment = stage.comment(&pull).await;
    assert!(comment.contains("/checks)") && !comment.contains("```"), "{comment}");
    if name.len() < 60 && !name.contains('`') {
        said.says(&format!("`{name}`"));
    }
}

#[tokio::test]
async fn a_repair_is_safe_to_paste_whatever_the_branch_is_called() {
    let stage = Stage::set().await;
    for name in [
        "it's",
        "\"quoted\"",
        "$(touch${IFS}pwned)",
        "`touch${IFS}pwned`",
        "a;touch${IFS}pwned;b",
        "a&b|c>d",
        "a/-rf",
        "-x",
        "--force",
        "@",
        "HEAD",
        "fonctionnalité/日本語",
        "<script>alert(1)</script>",
        "<img/src=x>",
        "__bold__/_it_",
        "@ana/#1",
        "!history",
        "100%",
        "a`b``c",
        &"n".repeat(240),
        &"é".repeat(120),
    ] {
        its_repair_names_it_as_it_is(&stage, name).await;
    }
    stage.end().await;
}

#[tokio::test]
async fn names_that_git_refuses_come_to_nobody() {
    let stage = Stage::set().await;
    for name in ["feature x", "a..b", "a~1", "a:b", "a.lock", "@{x"] {
        let made = stage.store.commit_on(name).from("master").file("x", "x\n").by("ana").await;
        assert!(made.is_err(), "{name:?}");
    }
    stage.end().await;
}

#[tokio::test]
async fn branches_that_only_a_push_can_make_are_judged_like_others() {
    let stage = Stage::set().await;
    let fork = stage.store.fork("mallory").await.unwrap();
    let database = stage.database();
    for name in ["-x", "--all", "@", "HEAD"] {
        stage.later();
        topic(&fork, name, "integration").await;
        let theirs = stage.store.open_pull(&format!("mallory:{name}")).into("integration");
        let theirs = theirs.by("mallory").await.unwrap();
        stage.check(&theirs).await.passes();
        theirs.close().by("mallory").await.unwrap();
        stage.later();
        topic(&stage.store, name, "integration").await;
        let own = stage.store.open_pull(name).into("integration").by("ana").await.unwrap();
        stage.check(&own).await.passes();
        let taken = database.deliveries(&DeliveryFilter { state: None, limit: 10 }).await.unwrap();
        let item = format!(":{name}");
        let pushed = taken.iter().any(|it| it.event == "push" && it.item.to_string().ends_with(&item));
        assert!(pushed, "{name:?}: {taken:?}");
    }
    database.close().await;
    stage.end().await;
}
