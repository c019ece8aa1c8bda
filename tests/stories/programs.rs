//! Deploys by the operator's own programs on this machine.

use crate::shop::{merge, topic};
use crate::stage::{Setting, Stage};
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use towpath::deploy::operator::Operator;
use towpath::engine::Deploying;
use towpath_sandbox::{PullHandle, write_program};

pub const SECRET: &str = "hush-4711";

/// A machine on which a site is deployed by three small programs.
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    pub fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        machine.program("build", "echo built >> built.txt; echo \"$TOWPATH_SHA\" >> \"$0.runs\"");
        machine.program(
            "install",
            "echo \"token $TOKEN\"; cp -R . \"$0.site\"; echo \"$TOWPATH_SHA\" > \"$0.live\"",
        );
        machine.program("smoke", "test -f built.txt");
        machine
    }

    pub fn program(&self, name: &str, script: &str) {
        write_program(&self.path(name), &format!("#!/bin/sh\nset -e\n{script}\n"), 0o755).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What the operator's file says of it.
    pub fn file(&self) -> String {
        let run = |name: &str| format!("{{ step = \"{name}\", run = [\"{}\"] }}", self.path(name).display());
        let mut text = "[repository.\"acme/store\".secret]\ntoken = { env = \"TOKEN\" }\n".to_owned();
        for environment in ["integration", "staging"] {
            text += &section(environment, &run);
        }
        text
    }

    pub fn setting(&self) -> Setting {
        let operator = Operator::read(&self.file()).unwrap();
        let variables = Arc::new(|name: &str| (name == "TOKEN").then(|| SECRET.to_owned()));
        let public_url = Some("http://towpath.example".to_owned());
        Setting {
            deploying: Deploying { operator, public_url, variables, ..Deploying::default() },
            ..Setting::default()
        }
    }
}

/// What the operator's file says of one environment.
fn section(environment: &str, run: &impl Fn(&str) -> String) -> String {
    let [build, install, smoke] = ["build", "install", "smoke"].map(run);
    format!(
        "[repository.\"acme/store\".environment.{environment}]\nbuild = [{build}]\ndeploy = [{install}]\n\
         verify = [{smoke}]\nsecrets = {{ TOKEN = \"token\" }}\nurl = \"https://{environment}.example\"\n"
    )
}

pub async fn merged(stage: &Stage, from: &str, into: &str) -> PullHandle {
    let pull = stage.store.open_pull(from).into(into).by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    pull
}

/// Waits until the newest deploy of an environment has come to an end, and answers how.
pub async fn ended(stage: &Stage, environment: &str) -> String {
    for _ in 0..600 {
        let made = stage.deployments(environment).await;
        if let Some(last) = made.last().and_then(|it| it.statuses().pop())
            && !["queued", "in_progress"].contains(&last.state.as_str())
        {
            stage.quiet().await;
            return format!("{}: {}", last.state, last.description);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the deploy came to no end");
}

async fn log_of(stage: &Stage, environment: &str) -> (u16, String) {
    let made = stage.deployments(environment).await;
    let url = made.last().unwrap().statuses().pop().unwrap().log_url;
    let url = url.replacen("http://towpath.example", &stage.server_url(), 1);
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer =
        client.request(Request::get(url).body(Full::<bytes::Bytes>::default()).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(text.to_vec()).unwrap())
}

#[tokio::test]
async fn what_was_built_once_is_promoted_as_the_same_bits() {
    let machine = Machine::new();
    let stage = Stage::with(machine.setting()).await;
    topic(&stage.store, "feature/cart", "integration").await;
    merged(&stage, "feature/cart", "integration").await;
    let said = ended(&stage, "integration").await;
    assert!(said.starts_with("success:") && !said.contains("same build as before"), "{said}");
    assert_eq!(machine.lines("install.live"), [stage.store.tip("integration").unwrap()]);
    let (status, log) = log_of(&stage, "integration").await;
    assert_eq!(status, 200);
    assert!(
        log.contains("build: build") && log.contains("deploy: install") && log.contains("verify: smoke"),
        "{log}"
    );
    assert!(log.contains("token ***") && !log.contains(SECRET), "{log}");
    merged(&stage, "integration", "staging").await;
    let said = ended(&stage, "staging").await;
    assert!(said.contains("same build as before"), "{said}");
    assert_eq!(machine.lines("build.runs").len(), 1, "no second build of the same files");
    assert_eq!(machine.lines("install.live"), [stage.store.tip("staging").unwrap()]);
    let made = stage.deployments("staging").await;
    assert_eq!(made.last().unwrap().statuses().pop().unwrap().environment_url, "https://staging.example");
    assert_eq!(made.last().unwrap().payload()["reuse_slug"], true);
    stage.end().await;
}

#[tokio::test]
async fn a_log_is_shown_to_nobody_without_its_address() {
    let machine = Machine::new();
    let stage = Stage::with(machine.setting()).await;
    topic(&stage.store, "feature/cart", "integration").await;
    merged(&stage, "feature/cart", "integration").await;
    ended(&stage, "integration").await;
    let made = stage.deployments("integration").await;
    let url = made.last().unwrap().statuses().pop().unwrap().log_url;
    let (head, mark) = url.rsplit_once('/').unwrap();
    let (base, key) = head.rsplit_once('/').unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http();
    for (key, mark) in [(key, "00"), (key, ""), ("1.integration.9", mark), ("..%2f..%2ftowpath.db", mark)] {
        let base = base.replacen("http://towpath.example", &stage.server_url(), 1);
        let request =
            Request::get(format!("{base}/{key}/{mark}")).body(Full::<bytes::Bytes>::default()).unwrap();
        assert_eq!(client.request(request).await.unwrap().status(), 404, "{key}/{mark}");
    }
    stage.end().await;
}

#[tokio::test]
async fn a_build_that_fails_touches_no_site_and_a_deploy_that_fails_may_have() {
    let machine = Machine::new();
    machine.program("build", "echo compiling; echo 'syntax error' >&2; exit 3");
    let stage = Stage::with(machine.setting()).await;
    topic(&stage.store, "feature/cart", "integration").await;
    let first = merged(&stage, "feature/cart", "integration").await;
    assert_eq!(ended(&stage, "integration").await, "failure: Build failed (build): the site was not touched");
    assert!(machine.lines("install.live").is_empty());
    let comment = stage.comment(&first).await;
    assert!(comment.contains("build exited with 3") && comment.contains("syntax error"), "{comment}");

    machine.program("build", "echo built >> built.txt");
    machine.program("install", "echo 'maintenance on'; exit 1");
    topic(&stage.store, "feature/list", "integration").await;
    let second = merged(&stage, "feature/list", "integration").await;
    assert_eq!(
        ended(&stage, "integration").await,
        "failure: Deploy failed (install): the site may be in maintenance mode"
    );
    assert!(stage.comment(&second).await.contains("maintenance on"));
    stage.comment(&first).await;
    stage.end().await;
}

#[tokio::test]
async fn a_deploy_that_a_restart_cuts_off_is_run_again_and_ends() {
    let machine = Machine::new();
    machine.program(
        "install",
        "echo begun >> \"$0.begun\"; test -f \"$0.go\" || sleep 600; echo \"$TOWPATH_SHA\" > \"$0.live\"",
    );
    let mut stage = Stage::with(machine.setting()).await;
    topic(&stage.store, "feature/cart", "integration").await;
    merged(&stage, "feature/cart", "integration").await;
    while machine.lines("install.begun").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stage.stop().await;
    fs::write(machine.path("install.go"), "").unwrap();
    stage.start().await;
    assert!(ended(&stage, "integration").await.starts_with("success:"));
    assert_eq!(machine.lines("install.begun").len(), 2);
    assert_eq!(stage.deployments("integration").await.len(), 1, "one Deployment, begun again");
    stage.end().await;
}
