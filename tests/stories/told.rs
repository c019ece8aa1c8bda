//! What people are told of a Commerce project's deploy while it runs and when it fails, and who may read its log.

use crate::carried_out::configured;
use crate::commerce::PRESET;
use crate::commerce_cloud::{BUILDS, DEPLOYS, ENDS, Shop};
use crate::commerce_logs::UPGRADE_FAILS;
use crate::fewer_rights::lower;
use crate::programs::{Machine, ended};
use crate::shop::{merge, topic};
use crate::stage::Stage;
use bytes::Bytes;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use towpath::engine::{RandomBytes, SetupKey, system_random_bytes};
use towpath_sandbox::PullHandle;
use towpath_sandbox::platform::{ActivityHandle, Ending};

const FATAL: &str = "W: [2026-03-01T10:05:00+00:00] CRITICAL: [126] In Rates.php: password=hunter2 is wrong";
const SETUP: &str = "app/code/Acme/Tax/Setup/Patch/Data/Rates.php";

/// A merged topic whose change touches the database, and the platform's activity for it.
async fn brought(shop: &Shop) -> (PullHandle, ActivityHandle) {
    topic(&shop.stage.store, "feature/tax", "integration").await;
    let commit = shop.stage.store.commit_on("feature/tax").file(SETUP, "<?php\n");
    commit.by("ana").await.unwrap();
    let pull = shop.stage.store.open_pull("feature/tax").into("integration").by("ana").await.unwrap();
    shop.stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    shop.stage.quiet().await;
    (pull, shop.fetched().await)
}

/// What the App says on a pull request, while other work goes on.
fn said(pull: &PullHandle) -> String {
    let own: Vec<String> =
        pull.comments().into_iter().filter(|it| it.app.is_some()).map(|it| it.body).collect();
    assert!(own.len() < 2, "one comment is enough: {own:?}");
    own.into_iter().next().unwrap_or_default()
}

/// A page of the server: its status, its headers and what it holds.
pub(crate) async fn page(stage: &Stage, address: &str, cookie: Option<&str>) -> (u16, HeaderMap, String) {
    let address = address.replacen("http://towpath.example", &stage.server_url(), 1);
    opened(address, cookie.map(str::to_owned)).await
}

async fn opened(address: String, cookie: Option<String>) -> (u16, HeaderMap, String) {
    let mut request = Request::get(address);
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
    let (parts, body) = answer.into_parts();
    let text = body.collect().await.unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, String::from_utf8(text.to_vec()).unwrap())
}

/// Where GitHub's Deployment says that the log is.
pub(crate) async fn log_address(stage: &Stage) -> String {
    stage.deployments("integration").await.pop().unwrap().statuses().pop().unwrap().log_url
}

/// The operator opens the link of the set-up page: the cookie that the browser has from then on.
async fn signed_in(stage: &Stage) -> String {
    let random: RandomBytes = Arc::new(system_random_bytes);
    let key = SetupKey::of(stage.data_folder()).make(&random, stage.now()).unwrap();
    let (status, headers, _) = page(stage, &format!("{}/setup?key={key}", stage.server_url()), None).await;
    assert_eq!(status, 303);
    headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_fatal_line_is_told_within_ten_seconds_and_at_the_end_in_the_same_comment() {
    let mut shop = Shop::integrated().await;
    let (pull, activity) = brought(&shop).await;
    activity.starts().unwrap().says(BUILDS).says(DEPLOYS);
    assert!(shop.next_line().await.starts_with("in_progress: Deploying"));
    assert_eq!(said(&pull), "");
    shop.looks_every(5).await;
    let looked = shop.platform.count("GET", "/log");
    crate::stage::until("it looks again", || shop.platform.count("GET", "/log") > looked).await;
    activity.says(FATAL);
    let begun = shop.stage.now();
    crate::stage::until("the failure is told", || said(&pull).contains("is about to fail")).await;
    assert!(shop.stage.now().since(begun) <= Duration::from_secs(10));
    let text = said(&pull);
    for words in [
        "**integration: deploy 1 is about to fail: ece:126 The database upgrade failed.**",
        "- **Customers see:** The maintenance page",
        "- **Next step:** Read the output of setup:upgrade in the log",
        "`towpath explain ece:126` says more.",
        "Deploy 1 brought #1 by `ana` (it changes `app/code/Acme/Tax/Setup/Patch/Data/Rates.php`).",
        "It has not ended yet. This comment will tell how it did.",
        "[126] In Rates.php: password=…",
        "being deployed, and about to fail",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    activity.ends(Ending::hook_failed().command("app", "deploy", 126)).unwrap();
    crate::stage::until("its end is told", || said(&pull).contains("Deploy failed")).await;
    let text = said(&pull);
    assert!(text.contains("**integration: Deploy failed: ece:126 The database upgrade failed.**"), "{text}");
    assert!(text.contains("Deploy 1 brought #1 by `ana`") && !text.contains("about to fail"), "{text}");
    shop.looks_every(60).await;
    shop.stage.quiet().await;
    shop.end().await;
}

#[tokio::test]
async fn what_goes_well_after_all_is_taken_back_in_words() {
    let shop = Shop::integrated().await;
    let (pull, activity) = brought(&shop).await;
    activity.starts().unwrap().says(BUILDS).says(DEPLOYS);
    activity.says("W: [2026-03-01T10:05:00+00:00] ERROR: [137] no search");
    shop.next_line().await;
    let text = shop.stage.comment(&pull).await;
    assert!(text.contains("deploy 1 is about to fail: ece:137"), "{text}");
    activity.ends(Ending::hook_failed().command("app", "deploy", 137)).unwrap();
    shop.next_line().await;
    let text = shop.stage.comment(&pull).await;
    // Whether or not the platform is seen to have it in its queue by now.
    let words = "**integration: deploy 1 goes on: a service did not answer; the same is deployed again, once";
    assert!(text.contains(words) && text.contains("Its log had told: ece:137"), "{text}");
    let again = shop.project.activities().pop().unwrap();
    again.starts().unwrap().says(BUILDS).says(DEPLOYS).says(ENDS);
    again.ends(Ending::success()).unwrap();
    assert!(shop.next_line().await.starts_with("success: "));
    let text = shop.stage.comment(&pull).await;
    assert!(text.contains("**integration: deploy 1 has ended well after all.**"), "{text}");
    assert!(!text.contains("about to fail") && !text.contains("Customers see"), "{text}");
    // The next one has nothing of it.
    let next = shop.stage.merged_topic("feature/list").await;
    let activity = shop.fetched().await;
    activity.starts().unwrap();
    activity.ends(Ending::success()).unwrap();
    assert!(shop.next_line().await.starts_with("success: "));
    let text = shop.stage.comment(&pull).await;
    assert!(!text.contains("after all"), "{text}");
    assert_eq!(said(&next), "");
    shop.end().await;
}

#[tokio::test]
async fn in_a_public_repository_the_log_is_the_operators_alone() {
    let shop = Shop::integrated().await;
    let (pull, activity) = brought(&shop).await;
    activity.starts().unwrap().says(BUILDS);
    assert!(shop.next_line().await.starts_with("in_progress: Building"));
    activity.says(DEPLOYS);
    assert!(shop.next_line().await.starts_with("in_progress: Deploying"));
    let address = log_address(&shop.stage).await;
    let (status, headers, text) = page(&shop.stage, &address, None).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "text/html; charset=utf-8"));
    for words in [
        "<th scope=\"row\">Build</th><td>done</td>",
        "under way",
        "since ",
        "The maintenance page.",
        "refresh",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    activity.says(FATAL);
    activity.ends(Ending::hook_failed().command("app", "deploy", 126)).unwrap();
    shop.next_line().await;
    let line = "[126] In Rates.php";
    assert!(shop.stage.comment(&pull).await.contains(line), "the repository is private");
    assert!(page(&shop.stage, &address, None).await.2.contains(line));
    shop.stage.store.show_to_all(true).await.unwrap();
    shop.minutes_later(1).await;
    let text = shop.stage.comment(&pull).await;
    assert!(!text.contains("Rates.php:") && !text.contains("The last lines"), "{text}");
    assert!(text.contains("ece:126") && text.contains("Deploy 1 brought #1 by `ana`"), "{text}");
    let (_, headers, text) = page(&shop.stage, &address, None).await;
    assert!(
        !text.contains(line) && text.contains("ece:126") && text.contains("towpath setup-link"),
        "{text}"
    );
    assert!(headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let stranger = page(&shop.stage, &address, Some("towpath_setup=00")).await.2;
    assert!(!stranger.contains(line), "{stranger}");
    let cookie = signed_in(&shop.stage).await;
    let text = page(&shop.stage, &address, Some(&cookie)).await.2;
    assert!(text.contains(line) && !text.contains("hunter2"), "{text}");
    // While GitHub does not say, it is public.
    shop.stage.store.show_to_all(false).await.unwrap();
    shop.minutes_later(1).await;
    assert!(shop.stage.comment(&pull).await.contains(line));
    shop.stage.github.faults().rest("GET", "/repositories/*").status(502).times(1);
    shop.minutes_later(1).await;
    assert!(!page(&shop.stage, &address, None).await.2.contains(line));
    let comment = shop.stage.says(&pull, "rita", "/where #1").await;
    assert!(shop.stage.reply(&pull, &comment).await.contains(line));
    shop.stage.store.show_to_all(true).await.unwrap();
    let comment = shop.stage.says(&pull, "rita", "/where #1").await;
    let reply = shop.stage.reply(&pull, &comment).await;
    assert!(reply.contains("ece:126") && !reply.contains(line), "{reply}");
    shop.end().await;
}

/// How often GitHub was asked whether the repository is public.
fn asked_about_it(stage: &Stage) -> usize {
    stage.github.exchanges().iter().filter(|it| it.path.starts_with("/repositories/")).count()
}

#[tokio::test]
async fn however_many_load_a_page_github_is_asked_once_and_no_more_than_some_wait() {
    let shop = Shop::integrated().await;
    let (_, activity) = brought(&shop).await;
    activity.starts().unwrap().says(BUILDS);
    shop.next_line().await;
    let address = log_address(&shop.stage).await;
    let asked = asked_about_it(&shop.stage);
    let faults = shop.stage.github.faults();
    let slow = faults.rest("GET", "/repositories/*").hang(Duration::from_millis(1_200));
    let (wrong, _) = address.rsplit_once('/').unwrap();
    let wrong = format!("{wrong}/{}", "0".repeat(32));
    let there = address.replacen("http://towpath.example", &shop.stage.server_url(), 1);
    let many: JoinSet<_> = (0..300).map(|_| opened(there.clone(), None)).collect();
    let answers = many.join_all().await;
    slow.remove();
    let count = |status: u16| answers.iter().filter(|it| it.0 == status).count();
    assert!(count(503) > 0 && count(200) + count(503) == 300, "{}", count(200));
    // Of a call that took too long there is no record.
    assert!(asked_about_it(&shop.stage) <= asked + 1);
    assert_eq!(page(&shop.stage, &wrong, None).await.0, 404);
    assert_eq!(page(&shop.stage, &address, None).await.0, 200, "who has read holds nobody up");
    shop.end().await;
}

#[tokio::test]
async fn a_repository_that_becomes_public_unheard_has_every_comment_taken_back() {
    let mut shop = Shop::integrated().await;
    let (pull, activity) = brought(&shop).await;
    activity.starts().unwrap().says(BUILDS).says(DEPLOYS).says(FATAL);
    activity.ends(Ending::hook_failed().command("app", "deploy", 126)).unwrap();
    shop.next_line().await;
    let line = "[126] In Rates.php";
    assert!(shop.stage.comment(&pull).await.contains(line));
    let asked = asked_about_it(&shop.stage);
    shop.stage.restart().await;
    shop.minutes_later(1).await;
    assert!(shop.stage.comment(&pull).await.contains(line), "nothing has changed");
    assert!(asked_about_it(&shop.stage) > asked, "it was looked at");
    shop.stage.github.faults().webhook("repository", "publicized").vanish();
    shop.stage.store.show_to_all(true).await.unwrap();
    assert!(shop.stage.comment(&pull).await.contains(line), "nobody has heard of it");
    shop.stage.restart().await;
    shop.minutes_later(1).await;
    let text = shop.stage.comment(&pull).await;
    assert!(text.contains("ece:126") && !text.contains(line), "{text}");
    shop.end().await;
}

#[tokio::test]
async fn programs_have_the_same_page_and_their_whole_log_behind_it() {
    let machine = Machine::new();
    machine.program("install", UPGRADE_FAILS);
    let stage = Stage::shop_with(PRESET, machine.setting()).await;
    let pull = stage.change("feature/pages", ("README", "Acme sells\n")).await;
    stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    ended(&stage, "integration").await;
    let address = log_address(&stage).await;
    let whole = format!("{address}/log");
    let text = page(&stage, &address, None).await.2;
    for words in ["<th scope=\"row\">Deploy</th><td class=\"failed\">failed</td>", "ece:126", "The whole log"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let line = "[126] The upgrade command failed";
    assert!(page(&stage, &whole, None).await.2.contains(line));
    stage.store.show_to_all(true).await.unwrap();
    stage.minutes_later(1).await;
    assert_eq!(page(&stage, &whole, None).await.0, 404);
    let text = page(&stage, &address, None).await.2;
    assert!(text.contains("ece:126") && !text.contains(line) && !text.contains("The whole log"), "{text}");
    let cookie = signed_in(&stage).await;
    assert!(page(&stage, &whole, Some(&cookie)).await.2.contains(line));
    assert!(!stage.comment(&pull).await.contains(line));
    stage.end().await;
}

const INPUTS: [&str; 8] =
    ["deploy", "environment", "sha", "tree", "previous_sha", "slug", "reuse_slug", "rollback"];
const JOB_LOG: &str = "\u{1b}[36;1mvendor/bin/ece-tools run scenario/deploy.xml\u{1b}[0m\n\
    [2026-03-01T10:05:00+00:00] INFO: Starting scenario(s): scenario/deploy.xml (magento/ece-tools version: 2002.2.1)\n\
    [2026-03-01T10:05:10+00:00] NOTICE: Enabling Maintenance mode\n\
    [2026-03-01T10:05:40+00:00] CRITICAL: [126] The upgrade command failed, token=hunter2\n\
    ##[error]Process completed with exit code 126.";

/// A stage with a workflow that deploys, and the preset.
async fn by_workflow(driver: &str) -> Stage {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
    let text = format!(
        "version: 1\npreset: commerce\nrules: {{ TP726: off }}\nenvironments:\n  - {{ name: integration, accepts: [topics], deploy: {driver} }}\n  \
         - {{ name: staging, accepts: [integration] }}\n  - {{ name: production, accepts: [staging] }}\ncopy: none\n"
    );
    stage.configure("master", &text).await;
    stage
}

#[tokio::test]
async fn the_log_of_a_workflows_job_tells_why_it_failed() {
    let stage = by_workflow("{ driver: actions, file: deploy.yml }").await;
    let pull = stage.merged_topic("feature/cart").await;
    let run = stage.store.runs().pop().unwrap();
    stage.later();
    run.job("build").begins().await.unwrap();
    run.job("build").ends("success").await.unwrap();
    run.job("deploy").prints(JOB_LOG).await.unwrap();
    stage.later();
    run.job("deploy").ends("failure").await.unwrap();
    run.ends("failure").await.unwrap();
    let text = stage.comment(&pull).await;
    for words in [
        "**integration: Deploy failed: ece:126 The database upgrade failed.**",
        "- **Customers see:** The maintenance page",
        "[126] The upgrade command failed, token=…",
        "Deploy 1 brought #1 by `ana`",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("hunter2") && !text.contains("Process completed"), "{text}");
    assert_eq!(stage.requests("GET", "/logs"), 1, "it is read once");
    stage.end().await;
}

#[tokio::test]
async fn a_deploy_that_statuses_report_is_explained_by_the_run_that_they_name() {
    for may_read in [true, false] {
        let stage = by_workflow("{ driver: deployment }").await;
        if !may_read {
            lower(&stage, "actions", None).await;
        }
        let pull = stage.merged_topic("feature/cart").await;
        let deployment = stage.deployments("integration").await.pop().unwrap();
        let run = stage.store.run_of("deploy.yml").event("deployment").by("deployer").await.unwrap();
        run.job("ship").prints(JOB_LOG).await.unwrap();
        stage.later();
        deployment.status("in_progress").by("deployer").await.unwrap();
        run.job("ship").ends("failure").await.unwrap();
        run.ends("failure").await.unwrap();
        stage.later();
        let page = format!("{}/acme/store/actions/runs/{}", stage.github.url(), run.id());
        deployment.status("failure").log_url(&page).by("deployer").await.unwrap();
        let text = stage.comment(&pull).await;
        assert_eq!(text.contains("ece:126 The database upgrade failed"), may_read, "{text}");
        stage.minutes_later(2).await;
        assert!(stage.requests("GET", "/jobs") <= 1, "without the right nobody asks again and again");
        stage.end().await;
    }
}

#[tokio::test]
async fn a_log_that_is_not_there_yet_is_looked_for_again() {
    let stage = by_workflow("{ driver: actions, file: deploy.yml }").await;
    let pull = stage.merged_topic("feature/cart").await;
    let run = stage.store.runs().pop().unwrap();
    stage.later();
    run.job("deploy").prints(JOB_LOG).await.unwrap();
    stage.later();
    let missing = stage.github.faults().rest("GET", "/repos/*/logs").status(404).times(1_000);
    run.job("deploy").ends("failure").await.unwrap();
    run.ends("failure").await.unwrap();
    assert!(!stage.comment(&pull).await.contains("ece:126"));
    missing.remove();
    stage.minutes_later(1).await;
    assert!(stage.comment(&pull).await.contains("ece:126"));
    stage.end().await;
}

#[tokio::test]
async fn what_the_project_has_not_asked_for_is_not_read() {
    let stage = Stage::set().await;
    stage.store.workflow("deploy.yml").inputs(INPUTS).echoes("deploy");
    configured(&stage, "{ driver: actions, file: deploy.yml }").await;
    let pull = stage.merged_topic("feature/cart").await;
    let run = stage.store.runs().pop().unwrap();
    stage.later();
    run.job("deploy").prints(JOB_LOG).await.unwrap();
    run.job("deploy").ends("failure").await.unwrap();
    run.ends("failure").await.unwrap();
    assert!(!stage.comment(&pull).await.contains("ece:126"));
    assert_eq!(stage.requests("GET", "/logs"), 0);
    stage.end().await;
}
