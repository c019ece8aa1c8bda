//! Git itself, over HTTP.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use std::path::Path;
use std::process::{Command, Output};

use common::Stage;

async fn git(folder: &Path, args: &[&str]) -> Output {
    let (folder, args) = (folder.to_owned(), args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());
    tokio::task::spawn_blocking(move || {
        Command::new("git")
            .args(["-c", "user.name=ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false"])
            .args(&args)
            .current_dir(folder)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .output()
            .unwrap()
    })
    .await
    .unwrap()
}

async fn good(folder: &Path, args: &[&str]) -> String {
    let output = git(folder, args).await;
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn with_login(url: &str, login: &str) -> String {
    url.replace("http://", &format!("http://{login}@"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_clones_without_trees_and_fetches_pull_requests() {
    let stage = Stage::set().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = with_login(&stage.repo.clone_url(), &format!("x-access-token:{}", stage.token));
    good(folder.path(), &["clone", "--bare", "--filter=tree:0", &url, "mirror"]).await;
    let mirror = folder.path().join("mirror");
    good(&mirror, &["fetch", "origin", "+refs/pull/*:refs/pull/*"]).await;
    assert_eq!(good(&mirror, &["rev-parse", "refs/pull/1/head"]).await, pull.head_sha());
    // The trees come when they are asked for.
    assert_eq!(good(&mirror, &["show", "refs/pull/1/merge:cart.txt"]).await, "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_fetch_request_is_sent_packed_and_understood() {
    let stage = Stage::set().await;
    let folder = tempfile::tempdir().unwrap();
    let url = with_login(&stage.repo.clone_url(), &format!("x-access-token:{}", stage.token));
    good(folder.path(), &["clone", "-q", &url, "work"]).await;
    let work = folder.path().join("work");
    // Many commits the server does not know make git negotiate at length.
    for number in 0..60 {
        let message = format!("own {number}");
        good(&work, &["commit", "-q", "--allow-empty", "-m", &message]).await;
    }
    stage.repo.commit_on("main").file("news.txt", "news\n").await.unwrap();
    good(&work, &["fetch", "-q", "origin"]).await;
    assert_eq!(Some(good(&work, &["rev-parse", "origin/main"]).await), stage.repo.tip("main"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_becomes_events_and_updates_pull_requests() {
    let stage = Stage::set().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = with_login(&stage.repo.clone_url(), "ana:anything");
    good(folder.path(), &["clone", "-q", "-b", "feature/cart", &url, "work"]).await;
    let work = folder.path().join("work");
    std::fs::write(work.join("cart.txt"), "pushed\n").unwrap();
    good(&work, &["commit", "-qam", "Push it"]).await;
    good(&work, &["tag", "v1"]).await;
    good(&work, &["push", "-q", "origin", "feature/cart", "v1"]).await;
    let sha = good(&work, &["rev-parse", "HEAD"]).await;
    assert_eq!(pull.head_sha(), sha);
    let push = &stage.webhooks("push", "").await;
    let push = push.iter().find(|push| push["after"] == sha.as_str() && push["created"] == false).unwrap();
    assert_eq!(push["pusher"]["name"], "ana");
    assert_eq!(push["commits"][0]["message"], "Push it");
    assert_eq!(push["commits"][0]["modified"][0], "cart.txt");
    assert_eq!(push["ref"], "refs/heads/feature/cart");
    assert_eq!(stage.webhooks("pull_request", "synchronize").await.len(), 1);
    assert_eq!(stage.webhooks("create", "").await.last().unwrap()["ref_type"], "tag");
    good(&work, &["push", "-q", "origin", ":v1"]).await;
    assert_eq!(stage.webhooks("delete", "").await[0]["ref"], "v1");
    let created = stage.webhooks("create", "").await.len();
    for tag in ["t1", "t2", "t3", "t4"] {
        good(&work, &["tag", tag]).await;
    }
    good(&work, &["push", "-q", "--tags", "origin"]).await;
    assert!(stage.repo.refs().contains_key("refs/tags/t4"));
    assert_eq!(stage.webhooks("create", "").await.len(), created, "four tags are too many to tell");
    good(&work, &["reset", "-q", "--hard", "HEAD~1"]).await;
    good(&work, &["push", "-qf", "origin", "feature/cart"]).await;
    assert_eq!(stage.webhooks("push", "").await.last().unwrap()["forced"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_or_pushes_without_the_right() {
    let stage = Stage::set().await;
    let folder = tempfile::tempdir().unwrap();
    let url = stage.repo.clone_url();
    let refused = async |url: &str, args: &[&str]| {
        let mut all = vec![args[0], url];
        all.extend(&args[1..]);
        let output = git(folder.path(), &all).await;
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    refused(&url, &["ls-remote"]).await;
    assert!(refused(&with_login(&url, "eve:x"), &["ls-remote"]).await.contains("fatal"));
    stage.repo.allow("sam", towpath_sandbox::Permission::Read);
    let sam = with_login(&url, "sam:x");
    good(folder.path(), &["clone", "-q", &sam, "work"]).await;
    let work = folder.path().join("work");
    let output = git(&work, &["push", "-q", "origin", "main:refs/heads/mine"]).await;
    assert!(String::from_utf8_lossy(&output.stderr).contains("403"), "{output:?}");
    let ana = with_login(&url, "ana:x");
    let output = git(&work, &["push", "-q", &ana, "main:refs/pull/1/head"]).await;
    assert!(!output.status.success(), "refs/pull is nobody's to push");
    stage.installation.suspend().await.unwrap();
    let app = with_login(&url, &format!("x-access-token:{}", stage.token));
    assert!(refused(&app, &["ls-remote"]).await.contains("403"));
}
