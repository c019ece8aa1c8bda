//! What a promotion of a Commerce project will do to the shop: told in its check and in its manifest.

use crate::commerce::{CONFIG_PHP, PRESET, SERVICES, text};
use crate::commerce_cloud::{DRIVER, Shop};
use crate::rollback::towpath;
use crate::shop::merge;
use crate::stage::Stage;
use chrono::TimeDelta;
use towpath_sandbox::platform::{Ending, Role};
use towpath_sandbox::{DeploymentHandle, PullHandle};

const SCHEMA: &str = "app/code/Acme/Cart/etc/db_schema.xml";

/// Two tables, or one of them.
fn tables(with_old: bool) -> String {
    let old = if with_old { "  <table name=\"acme_old\"/>\n" } else { "" };
    format!("<schema>\n  <table name=\"acme_cart\"/>\n{old}</schema>\n")
}

/// The folded part of a check, or nothing.
fn folded(summary: &str) -> &str {
    let after = summary
        .split_once("<details><summary>What this release does to the shop</summary>")
        .map(|(_, it)| it);
    after.and_then(|it| it.split_once("</details>")).map_or("", |(it, _)| it)
}

/// Merges a topic that changes these files into integration.
async fn merged(stage: &Stage, name: &str, files: &[(&str, &str)]) {
    let pull = stage.change(name, files[0]).await;
    for (path, text) in &files[1..] {
        stage.store.commit_on(name).file(path, *text).by("ana").await.unwrap();
    }
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    stage.quiet().await;
    stage.read(&pull);
}

/// The deploy phase of a deploy lasts three minutes, by whoever carries it out.
async fn deployed_in_three_minutes(stage: &Stage, environment: &str) -> DeploymentHandle {
    let deployment = stage.deployments(environment).await.pop().unwrap();
    for (minutes, status, said) in
        [(1, "in_progress", "build: compile"), (1, "in_progress", "deploy: install"), (3, "success", "done")]
    {
        stage.seconds_later(minutes * 60);
        deployment.status(status).description(said).by("deployer").await.unwrap();
        stage.quiet().await;
    }
    deployment
}

async fn everything_is_read(stage: &Stage) {
    stage.quiet().await;
    stage.store.pulls().iter().for_each(|pull| stage.read(pull));
}

async fn promotion(stage: &Stage) -> PullHandle {
    stage.store.open_pull("integration").into("staging").by("rita").await.unwrap()
}

#[tokio::test]
async fn a_promotion_tells_what_it_will_do_to_the_shop_and_tells_it_anew_when_its_head_moves() {
    let stage = Stage::shop(PRESET).await;
    let services = text(SERVICES) + "files:\n    type: memcached:1.6\n";
    merged(&stage, "feature/files", &[(SERVICES, &services), (SCHEMA, &tables(true))]).await;
    let pull = promotion(&stage).await;
    let said = stage.check(&pull).await;
    let said = said.is("action_required", "A ticket is needed for .magento/services.yaml");
    let open =
        "**Forecast for `staging`:** the deploy upgrades the database while the shop is in maintenance.";
    let said = said.says(open);
    assert!(said.summary().find(open) < said.summary().find("<details>"), "{}", said.summary());
    for words in [
        "The files are those that `integration` runs, if its branch is deployed",
        "The module `Acme_Cart` declares its tables otherwise: the deploy upgrades the database. (`app/code/Acme/Cart/etc/db_schema.xml` on line 1)",
        "`files` is new: `memcached:1.6`. A ticket has to carry that out.",
        "no deploy of this environment that ended well has told Towpath",
        "- **Routes, crons, disks**: Nothing changes.",
        "- **Cannot be undone**: Nothing that these files tell.",
    ] {
        assert!(folded(said.summary()).contains(words), "{words}:\n{}", said.summary());
    }
    stage.read(&pull);
    // It takes no more calls to GitHub than the check itself.
    stage.github.forget_records();
    merged(&stage, "feature/tidy", &[(SCHEMA, &tables(false))]).await;
    let said = stage.check(&pull).await;
    assert!(!said.summary().contains("acme_old"), "what the base never had is not lost: {}", said.summary());
    assert_eq!(stage.requests("POST", "/check-runs"), 2, "the topic's check and the promotion's");
    stage.read(&pull);
    everything_is_read(&stage).await;
    stage.end().await;
}

#[tokio::test]
async fn what_cannot_be_undone_stands_in_the_open_and_in_the_manifest() {
    let stage = Stage::shop(PRESET).await;
    // What the branches began with.
    for environment in ["integration", "staging"] {
        deployed_in_three_minutes(&stage, environment).await;
    }
    merged(&stage, "feature/old", &[(SCHEMA, &tables(true))]).await;
    deployed_in_three_minutes(&stage, "integration").await;
    let first = promotion(&stage).await;
    stage.check(&first).await.passes();
    merge(&first).await.unwrap();
    deployed_in_three_minutes(&stage, "staging").await;
    stage.read(&first);
    merged(&stage, "feature/tidy", &[(SCHEMA, &tables(false))]).await;
    deployed_in_three_minutes(&stage, "integration").await;
    let asked = stage.store.pulls().pop().unwrap();
    let comment = stage.says(&asked, "rita", "/promote staging").await;
    stage.reply(&asked, &comment).await;
    let pull = stage.store.pulls().pop().unwrap();
    let said = stage.check(&pull).await.passes();
    let open =
        "the deploy upgrades the database while the shop is in maintenance; one thing cannot be undone.";
    let said = said.says(open);
    for words in [
        "The files are those that `integration` runs, by the record of its deploys: its build is used again.",
        "The table `acme_old` is dropped with its data",
        "The deploy phase of the last 2 deploys that ended well took 3 min (median) and 3 min at the longest. The shop is in",
    ] {
        assert!(folded(said.summary()).contains(words), "{words}:\n{}", said.summary());
    }
    stage.minutes_later(2).await;
    let body = pull.state().unwrap().body.unwrap_or_default();
    assert!(body.contains("### What this release does to the shop\n\n**Forecast for `staging`:**"), "{body}");
    assert!(body.contains("The table `acme_old` is dropped with its data"), "{body}");
    stage.read(&pull);
    // What has happened is no forecast.
    merge(&pull).await.unwrap();
    stage.minutes_later(2).await;
    let body = pull.state().unwrap().body.unwrap_or_default();
    assert!(body.contains("### Merged") && !body.contains("does to the shop"), "{body}");
    stage.read(&pull);
    everything_is_read(&stage).await;
    stage.end().await;
}

#[tokio::test]
async fn topics_and_projects_without_the_preset_have_no_forecast() {
    let stage = Stage::shop(PRESET).await;
    let topic = stage.change("feature/tables", (SCHEMA, &tables(true))).await;
    let said = stage.check(&topic).await.passes();
    assert!(!said.summary().contains("does to the shop"), "{}", said.summary());
    stage.configure("master", "version: 1\n").await;
    stage.check(&topic).await.passes();
    merge(&topic).await.unwrap();
    let pull = promotion(&stage).await;
    let said = stage.check(&pull).await.passes();
    assert!(!said.summary().contains("does to the shop"), "{}", said.summary());
    assert!(said.summary().find(CONFIG_PHP).is_none());
    stage.read(&topic);
    everything_is_read(&stage).await;
    stage.end().await;
}

#[tokio::test]
async fn the_command_line_tells_what_the_server_has_on_record() {
    let stage = Stage::shop(PRESET).await;
    for environment in ["integration", "staging"] {
        deployed_in_three_minutes(&stage, environment).await;
    }
    merged(&stage, "feature/old", &[(SCHEMA, &tables(true))]).await;
    deployed_in_three_minutes(&stage, "integration").await;
    let folder = tempfile::tempdir().unwrap();
    let clone = folder.path().join("work").to_str().unwrap().to_owned();
    let url = stage.store.clone_url().replace("http://", "http://rita:x@");
    let script = format!("git clone -q {url} '{clone}'");
    let cloned = tokio::task::spawn_blocking(move || {
        std::process::Command::new("sh").args(["-c", &script]).status().unwrap()
    });
    assert!(cloned.await.unwrap().success());
    let change = ["forecast", "--repo", &clone, "--base", "staging", "--head", "integration"];
    let alone = towpath(&stage, &change).await;
    assert_eq!(alone.code, 0, "{}", alone.words);
    let on_record = towpath(&stage, &[&change[..], &["--repository", "acme/store"]].concat()).await;
    assert_eq!(on_record.code, 0, "{}", on_record.words);
    let known = "The deploy phase of the last deploy that ended well took 3 min.";
    for (words, with, without) in [
        ("by the record of its deploys: its build is used again.", true, false),
        ("if its branch is deployed", false, true),
        (known, true, false),
    ] {
        assert_eq!(on_record.words.contains(words), with, "{words}: {}", on_record.words);
        assert_eq!(alone.words.contains(words), without, "{words}: {}", alone.words);
    }
    let json =
        towpath(&stage, &[&change[..], &["--repository", "acme/store", "--json"]].concat()).await.words;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let took = serde_json::json!({ "deploys": 1, "median_seconds": 180, "longest_seconds": 180 });
    assert_eq!((&json["deploy_phase"], &json["built"]), (&took, &true.into()));
    let stranger = towpath(&stage, &[&change[..], &["--repository", "acme/other"]].concat()).await;
    assert_eq!(stranger.code, 2, "{}", stranger.words);
    everything_is_read(&stage).await;
    stage.end().await;
}

#[tokio::test]
async fn a_member_of_a_stack_has_the_forecast_for_the_branch_that_it_goes_into() {
    let stage = Stage::shop(PRESET).await;
    merged(&stage, "feature/old", &[(SCHEMA, &tables(true))]).await;
    let first = promotion(&stage).await;
    stage.check(&first).await.passes();
    merge(&first).await.unwrap();
    stage.quiet().await;
    merged(&stage, "feature/more", &[("app/code/Acme/Gift/etc/db_schema.xml", &tables(false))]).await;
    let lower = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let upper = promotion(&stage).await;
    for pull in [&lower, &upper] {
        stage.check(pull).await.passes();
    }
    stage.store.stack_pulls([&lower, &upper]).by("rita").await.unwrap();
    stage.quiet().await;
    let said = stage.check_named(&upper, "towpath: staging").await.fails().says("TP108");
    let said = said.says("**Forecast for `staging`:** the deploy upgrades the database");
    assert!(folded(said.summary()).contains("The module `Acme_Gift`"), "{}", said.summary());
    let of_trunk = stage.check_named(&upper, "towpath: production").await.fails();
    assert!(!of_trunk.summary().contains("Forecast for"), "{}", of_trunk.summary());
    everything_is_read(&stage).await;
    stage.end().await;
}

#[tokio::test]
async fn what_towpath_has_not_on_record_the_platform_tells() {
    let shop = Shop::with(Role::Admin, &["integration", "staging"], ["integration"; 2]).await;
    shop.project.integrate();
    let store = &shop.stage.store;
    for minutes in [4, 6] {
        let commit = store.commit_on("integration").file("page.php", format!("{minutes} minutes"));
        commit.by("ana").await.unwrap();
        store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
        for activity in shop.project.fetch(store).await.unwrap() {
            activity.starts().unwrap();
            shop.clock.advance(TimeDelta::minutes(minutes));
            activity.ends(Ending::success()).unwrap();
        }
    }
    let deploy = format!("deploy: {DRIVER}");
    let text = format!(
        "{PRESET}environments:\n  - {{ name: integration, accepts: [topics], {deploy} }}\n  - {{ name: staging, accepts: [integration], \
         {deploy} }}\n  - {{ name: production, accepts: [staging] }}\ncopy: none\n"
    );
    shop.stage.configure("master", &text).await;
    store.commit_on("integration").file("page.php", "new").by("ana").await.unwrap();
    let pull = promotion(&shop.stage).await;
    let said = shop.stage.check(&pull).await;
    let words = "The deploy phase of the last 2 deploys that ended well took 5 min (median) and 6 min at the longest. The shop is in \
                 maintenance for a part of that. By the platform's record, since Towpath has none of this environment.";
    assert!(folded(said.summary()).contains(words), "{}", said.summary());
    // The answer is good for an hour, and a silent platform keeps no check waiting.
    let asked = shop.platform.count("GET", "/environments/staging/activities");
    store.commit_on("integration").file("page.php", "newer").by("ana").await.unwrap();
    let said = shop.stage.check(&pull).await;
    assert!(folded(said.summary()).contains(words), "{}", said.summary());
    assert_eq!(shop.platform.count("GET", "/environments/staging/activities"), asked);
    everything_is_read(&shop.stage).await;
    shop.end().await;
}
