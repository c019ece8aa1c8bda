//! The embedded platform, judged by the platform's official JavaScript client.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use towpath_sandbox::platform::{Config, Ending, Platform, Role};
use towpath_sandbox::{Config as GithubConfig, Sandbox};

const SCRIPT: &str = "tests/platform_client.mjs";
/// Where `.ci/run` installs the client.
const CLIENT: &str = "../target/node";

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_reads_projects_environments_and_activities() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let modules = here.join(CLIENT);
    if !modules.join("node_modules/platformsh-client").is_dir() {
        let words =
            "NOT TESTED: the platform was judged by nobody, as npm's platformsh-client is not in target/node";
        assert!(std::env::var_os("CI").is_none(), "{words}");
        let _ = writeln!(std::io::stderr(), "\n*** {words} ***\n");
        return;
    }
    let github = Sandbox::start(GithubConfig::default()).await.unwrap();
    let repo = github.repository("acme/store").default_branch("master").create().await.unwrap();
    repo.commit_on("master").orphan().file(".magento.app.yaml", "name: shop\n").by("ana").await.unwrap();
    repo.branch("staging").from("master").by("ana").await.unwrap();
    let platform = Platform::start(Config::default()).await.unwrap();
    let project = platform.project("abc123").environment("staging").inactive("qa").await.unwrap();
    platform.api_token("token", &["abc123"], Role::Admin);
    project.integrate();
    let begun = project.fetch(&repo).await.unwrap().remove(0);
    begun.starts().unwrap();
    begun.ends(Ending::success()).unwrap();
    let asked = tokio::process::Command::new("node")
        .arg(here.join(SCRIPT))
        .arg(&modules)
        .args([&platform.api_url(), &platform.auth_url(), "token", "abc123", "staging"])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&asked.stdout).into_owned();
    assert!(asked.status.success(), "{said}{}", String::from_utf8_lossy(&asked.stderr));
    let seen: Value = serde_json::from_str(said.trim()).unwrap();
    let wanted = json!({
        "project": "abc123",
        "environments": [{ "id": "staging", "status": "active" }, { "id": "qa", "status": "inactive" }],
        "can_redeploy": true,
        "activities": [
            { "id": begun.id(), "type": "environment.push", "state": "complete", "result": "success", "done": true },
        ],
        "integrations": ["github"],
        "webapps": ["shop"],
    });
    assert_eq!(seen, wanted);
}
