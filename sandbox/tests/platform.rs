//! The embedded platform, by its API.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use std::sync::Arc;

use chrono::TimeDelta;
use common::{Answer, send};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use towpath_sandbox::platform::{self, ActivityState, Ending, Platform, ProjectHandle, Role};
use towpath_sandbox::{Config, ManualClock, RepoHandle, Sandbox};

struct Shop {
    platform: Platform,
    project: ProjectHandle,
    repo: RepoHandle,
    clock: Arc<ManualClock>,
    _github: Sandbox,
}

impl Shop {
    async fn open() -> Self {
        let clock = Arc::new(ManualClock::from_system());
        let github = Sandbox::start(Config::default()).await.unwrap();
        let repo = github.repository("acme/store").default_branch("master").create().await.unwrap();
        let first = repo.commit_on("master").orphan().file("shop/.magento.app.yaml", "name: shop\n");
        first.file("README", "A shop\n").by("ana").await.unwrap();
        repo.branch("staging").from("master").by("ana").await.unwrap();
        let config = platform::Config { clock: Arc::clone(&clock) as _, ..platform::Config::default() };
        let platform = Platform::start(config).await.unwrap();
        let project = platform.project("abc123").environment("staging").inactive("qa").await.unwrap();
        project.integrate();
        platform.api_token("admin", &["abc123"], Role::Admin);
        platform.api_token("viewer", &["abc123"], Role::Viewer);
        project.runs_its_branches(&repo).await.unwrap();
        Self { platform, project, repo, clock, _github: github }
    }

    async fn token(&self, api_token: &str) -> String {
        let answer = exchange(&self.platform, api_token).await;
        answer["access_token"].as_str().unwrap_or_default().to_owned()
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        send("GET", &format!("{}{path}", self.platform.api_url()), token, &[], None).await.unwrap()
    }
}

async fn exchange(platform: &Platform, api_token: &str) -> Value {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let form = format!("grant_type=api_token&client_id=towpath&api_token={api_token}");
    let request = http::Request::post(platform.auth_url())
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Full::new(axum::body::Bytes::from(form)))
        .unwrap();
    let body = client.request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

const STAGING: &str = "/api/projects/abc123/environments/staging";

#[tokio::test(flavor = "multi_thread")]
async fn a_push_comes_by_the_integration_and_what_is_deployed_are_gits_trees() {
    let shop = Shop::open().await;
    let token = shop.token("admin").await;
    let pushed = shop.repo.commit_on("staging").file("shop/cart.php", "<?php\n").by("ana").await.unwrap();
    let begun = shop.project.fetch(&shop.repo).await.unwrap();
    assert_eq!(begun.len(), 1, "only the branch that has moved");
    let listed = shop.get(&token, &format!("{STAGING}/activities?type=environment.push&state=pending")).await;
    assert_eq!(listed.body[0]["parameters"]["new_commit"], pushed);
    assert_eq!(listed.body.as_array().unwrap().len(), 1);
    begun[0].starts().unwrap();
    assert_eq!(shop.get(&token, STAGING).await.body["status"], "dirty");
    let before =
        shop.get(&token, &format!("{STAGING}/deployments/current")).await.body["webapps"]["shop"]["tree_id"]
            .clone();
    begun[0].ends(Ending::success()).unwrap();
    let after =
        shop.get(&token, &format!("{STAGING}/deployments/current")).await.body["webapps"]["shop"]["tree_id"]
            .clone();
    assert_ne!(before, after);
    let refs = shop.get(&token, "/api/projects/abc123/git/refs").await.body;
    let staging = refs.as_array().unwrap().iter().find(|it| it["ref"] == "refs/heads/staging").unwrap();
    assert_eq!(staging["object"]["sha"], pushed);
    assert_eq!(shop.project.fetch(&shop.repo).await.unwrap().len(), 0, "nothing has moved since");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_is_sent_while_it_is_written_and_sealed_at_its_end() {
    let shop = Shop::open().await;
    let token = shop.token("admin").await;
    shop.repo.commit_on("staging").file("README", "two\n").by("ana").await.unwrap();
    let activity = shop.project.fetch(&shop.repo).await.unwrap().remove(0);
    activity.starts().unwrap().says("one\ntwo");
    let path = format!("/api/projects/abc123/activities/{}/log", activity.id());
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = http::Request::get(format!("{}{path}?start_at=1&max_delay=-1", shop.platform.api_url()))
        .header("authorization", format!("Bearer {token}"))
        .body(Full::new(axum::body::Bytes::new()))
        .unwrap();
    let mut streamed = client.request(request).await.unwrap().into_body();
    let first = streamed.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.ends_with(b"}\n"), "{first:?}");
    let first: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(first["data"]["message"], "two\n");
    activity.says("three");
    activity.ends(Ending::hook_failed().command("shop", "deploy", 126)).unwrap();
    let rest = streamed.collect().await.unwrap().to_bytes();
    let rest = String::from_utf8(rest.to_vec()).unwrap();
    let rest: Vec<Value> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rest[0]["data"]["message"], "three\n");
    assert_eq!(rest[1]["seal"], true);
    let shown = shop.get(&token, &format!("/api/projects/abc123/activities/{}", activity.id())).await.body;
    assert_eq!((&shown["state"], &shown["result"]), (&"complete".into(), &"failure".into()));
    assert_eq!(shown["commands"][0]["exit_code"], 126);
    activity.vanishes();
    let gone = shop.get(&token, &format!("/api/projects/abc123/activities/{}", activity.id())).await;
    assert_eq!((gone.status, activity.state()), (404, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_end_and_roles_decide_which_links_are_shown() {
    let shop = Shop::open().await;
    assert_eq!(exchange(&shop.platform, "nobody's").await["error"], "invalid_grant");
    let (admin, viewer) = (shop.token("admin").await, shop.token("viewer").await);
    assert!(shop.get(&admin, STAGING).await.body["_links"]["#redeploy"]["href"].is_string());
    assert!(shop.get(&viewer, STAGING).await.body["_links"]["#redeploy"].is_null());
    assert_eq!(shop.get(&viewer, "/api/projects/abc123/integrations").await.status, 403);
    assert_eq!(shop.get(&admin, "/api/projects/abc123/integrations").await.body[0]["type"], "github");
    assert_eq!(shop.get(&admin, "/api/projects/other").await.status, 403);
    shop.clock.advance(TimeDelta::seconds(901));
    assert_eq!(shop.get(&admin, "/me").await.status, 401);
    let admin = shop.token("admin").await;
    let me = shop.get(&admin, "/me").await.body;
    assert_eq!(me["projects"][0]["endpoint"], format!("{}/api/projects/abc123", shop.platform.api_url()));
    let inactive = shop.get(&admin, "/api/projects/abc123/environments/qa").await.body;
    assert_eq!(inactive["status"], "inactive");
    assert!(inactive["_links"]["#redeploy"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_can_be_cancelled_and_a_deploy_cannot() {
    let shop = Shop::open().await;
    let token = shop.token("admin").await;
    let redeploy = format!("{}{STAGING}/redeploy", shop.platform.api_url());
    let answer =
        send("POST", &redeploy, &token, &[], Some(Value::Object(serde_json::Map::new()))).await.unwrap();
    assert_eq!(answer.body["_embedded"]["activities"][0]["type"], "environment.redeploy");
    assert_eq!(
        send("POST", &redeploy, &token, &[], None).await.unwrap().status,
        400,
        "the environment is busy"
    );
    let activity = shop.project.activities().pop().unwrap();
    activity.starts().unwrap();
    let cancel =
        format!("{}/api/projects/abc123/activities/{}/cancel", shop.platform.api_url(), activity.id());
    activity.says("Redeploying environment staging");
    assert_eq!(send("POST", &cancel, &token, &[], None).await.unwrap().status, 400);
    activity.ends(Ending::success()).unwrap();
    assert_eq!(send("POST", &redeploy, &token, &[], None).await.unwrap().status, 202);
    let activity = shop.project.activities().pop().unwrap();
    activity.starts().unwrap();
    let cancel =
        format!("{}/api/projects/abc123/activities/{}/cancel", shop.platform.api_url(), activity.id());
    assert_eq!(send("POST", &cancel, &token, &[], None).await.unwrap().status, 202);
    assert_eq!(activity.state(), Some(ActivityState::Cancelled));
    assert_eq!(shop.platform.count("POST", "/redeploy"), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_planted_and_strike() {
    let shop = Shop::open().await;
    let token = shop.token("admin").await;
    shop.platform.faults().rest("GET", "/me").status(502).times(1);
    let answer = shop.get(&token, "/me").await;
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (502, "text/html; charset=utf-8"));
    shop.platform.faults().rest("GET", "/me").reset().times(1);
    let url = format!("{}/me", shop.platform.api_url());
    assert!(send("GET", &url, &token, &[], None).await.is_err());
    shop.platform.faults().rest("GET", "/me").cut_short(10).times(1);
    assert!(send("GET", &url, &token, &[], None).await.is_err());
    assert_eq!(shop.get(&token, "/me").await.status, 200);
    assert_eq!(shop.platform.asked().iter().filter(|it| it.path == "/me").count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_with_a_certificate_becomes_an_activity_unless_an_integration_brings_branches() {
    let shop = Shop::open().await;
    let project = shop.platform.project("def456").environment("staging").await.unwrap();
    shop.platform.api_token("pusher", &["def456"], Role::Contributor);
    let token = shop.token("pusher").await;
    let shown = shop.get(&token, "/api/projects/def456").await.body;
    assert_eq!(shown["repository"]["url"], "def456@git.local:def456.git");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run = |program: &str, args: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.args(args).current_dir(folder.path()).env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_SSH_VARIANT", "ssh");
        let ssh = format!("{} -F {}", shop.platform.ssh().unwrap().display(), at("ssh_config").display());
        command.env("GIT_SSH_COMMAND", ssh).output().unwrap()
    };
    assert!(run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "key"]).status.success());
    assert!(run("git", &["init", "-q", "-b", "staging", "clone"]).status.success());
    let commit = [
        "-C",
        "clone",
        "-c",
        "user.name=Ana",
        "-c",
        "user.email=ana@x",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "A",
    ];
    assert!(run("git", &commit).status.success());
    let push = || run("git", &["-C", "clone", "push", "-q", "def456@git.local:def456.git", "staging"]);
    std::fs::write(at("known_hosts"), "").unwrap();
    std::fs::write(at("key-cert.pub"), "none\n").unwrap();
    let said = |output: std::process::Output| String::from_utf8(output.stderr).unwrap();
    assert!(said(push()).contains("Host key verification failed."));
    std::fs::write(at("known_hosts"), shop.platform.host_key()).unwrap();
    assert!(said(push()).contains("Permission denied"));
    let key = std::fs::read_to_string(at("key.pub")).unwrap();
    let asked = Value::from_iter([("key", key.trim())]);
    let url = shop.platform.certifier_url();
    let json = [("content-type", "application/json")];
    assert_eq!(send("POST", &url, "nobody", &json, Some(asked.clone())).await.unwrap().status, 401);
    let answer = send("POST", &url, &token, &json, Some(asked)).await.unwrap();
    std::fs::write(at("key-cert.pub"), answer.body["certificate"].as_str().unwrap()).unwrap();
    project.refuses_pushes("E: no").unwrap();
    assert!(said(push()).contains("pre-receive hook declined"));
    std::fs::remove_file(project.git_folder().unwrap().join("hooks/pre-receive")).unwrap();
    assert_eq!(said(push()), "");
    let listed = shop.get(&token, "/api/projects/def456/environments/staging/activities").await.body;
    let tip = String::from_utf8(run("git", &["-C", "clone", "rev-parse", "staging"]).stdout).unwrap();
    assert_eq!(listed[0]["parameters"]["new_commit"], tip.trim());
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let commit = shop.get(&token, &format!("/api/projects/def456/git/commits/{}", tip.trim())).await.body;
    assert_eq!((&commit["message"], commit["tree"].as_str().unwrap().len()), (&"A".into(), 40));
    assert_eq!(shop.get(&token, "/api/projects/def456/git/commits/--all").await.status, 404);
}
