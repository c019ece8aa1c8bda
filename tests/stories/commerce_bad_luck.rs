//! The platform of Adobe Commerce on a bad day: what it answers, what others do there, and how things are called.

use crate::carried_out::configured;
use crate::commerce_cloud::{BUILDS, DEPLOYS, ENDS, Shop};
use crate::shop::merge;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use towpath_sandbox::platform::{Ending, Role};

const ACTIVITIES: &str = "/api/*/environments/*/activities";

/// Integration and staging are deployed by the platform.
const BOTH: &str = "version: 1\nenvironments:\n  \
    - { name: integration, accepts: [topics], deploy: { driver: commerce-cloud, timeout: 4h } }\n  \
    - { name: staging, accepts: [integration], deploy: { driver: commerce-cloud, timeout: 4h } }\ncopy: none\n";

#[tokio::test]
async fn an_inactive_environment_is_named_and_not_activated() {
    let shop = Shop::integrated().await;
    shop.stage.configure("master", BOTH).await;
    let (cart, activity) = shop.queued().await;
    activity.starts().unwrap();
    activity.ends(Ending::success()).unwrap();
    assert!(shop.next_line().await.starts_with("success: "));
    let pull = shop.stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    shop.stage.check(&pull).await.passes();
    merge(&pull).await.unwrap();
    let made = shop.stage.deployments("staging").await.pop().unwrap().statuses().pop().unwrap();
    assert_eq!(made.state, "error");
    assert!(
        made.description.starts_with("Not started: the platform's environment staging is inactive"),
        "{made:?}"
    );
    for pull in [&cart, &pull] {
        let comment = shop.stage.comment(pull).await;
        assert!(
            comment.contains("Towpath activates none; activate it there, then deploy again"),
            "{comment}"
        );
    }
    // `end` holds that nobody was asked to activate it.
    shop.end().await;
}

#[tokio::test]
async fn a_token_that_ends_in_mid_deploy_is_exchanged_once_for_all_who_wait() {
    let shop = Shop::with(Role::Admin, &["integration", "staging"], ["integration"; 2]).await;
    shop.project.integrate();
    shop.stage.configure("master", BOTH).await;
    let (_, first) = shop.queued().await;
    first.starts().unwrap().says(BUILDS);
    shop.next_line().await;
    let pull = shop.stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    shop.stage.check(&pull).await;
    shop.stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    let second = shop.fetched().await;
    assert_eq!(second.environment(), "staging");
    second.starts().unwrap().says(BUILDS);
    shop.next_line().await;
    let tokens = shop.platform.count("POST", "/oauth2/token");
    shop.platform.expire_access();
    // Whoever comes while the first one waits for it has to wait as well.
    let slow = shop.platform.faults().rest("POST", "/oauth2/token").hang(Duration::from_millis(400));
    first.says(DEPLOYS);
    second.says(DEPLOYS);
    shop.minutes_later(2).await;
    slow.remove();
    let of_staging = shop.stage.deployments("staging").await.pop().unwrap().statuses().pop().unwrap();
    for line in [shop.line().await, format!("{}: {}", of_staging.state, of_staging.description)] {
        assert!(line.starts_with("in_progress: Deploying"), "{line}");
    }
    assert_eq!(shop.platform.count("POST", "/oauth2/token"), tokens + 1, "one exchange for both");
    for activity in [first, second] {
        activity.says(ENDS);
        activity.ends(Ending::success()).unwrap();
    }
    assert!(shop.next_line().await.starts_with("success: "));
    shop.end().await;
}

#[tokio::test]
async fn an_answer_without_an_end_is_read_no_further_and_ends_nothing() {
    let shop = Shop::integrated().await;
    let (_, activity) = shop.queued().await;
    activity.starts().unwrap().says(BUILDS);
    let before = shop.next_line().await;
    let long = "[".repeat(9 << 20);
    let fault = shop.platform.faults().rest("GET", ACTIVITIES).answer(200, "application/json", &long);
    assert_eq!(shop.next_line().await, before, "a moment is no news");
    let line = shop.next_line().await;
    assert_eq!(
        line,
        format!(
            "{before}; how it stands cannot be seen: the platform's API answers what cannot be read: it is too long"
        )
    );
    fault.remove();
    activity.ends(Ending::success()).unwrap();
    let line = shop.next_line().await;
    assert!(line.starts_with("success: "), "{line}");
    shop.end().await;
}

#[tokio::test]
async fn nothing_is_told_to_another_host_that_the_platform_sends_on_to() {
    let elsewhere = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", elsewhere.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let listening = tokio::spawn(async move {
        while elsewhere.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let shop = Shop::integrated().await;
    let (_, activity) = shop.queued().await;
    activity.starts().unwrap().says(BUILDS);
    let before = shop.next_line().await;
    for path in ["/me", ACTIVITIES, "/api/*/log"] {
        let fault = shop.platform.faults().rest("GET", path).redirect(&address);
        shop.minutes_later(2).await;
        let line = shop.next_line().await;
        assert_eq!(
            line,
            format!("{before}; how it stands cannot be seen: the platform's API answers 307"),
            "{path}"
        );
        assert!(fault.hits() >= 2, "{path}");
        fault.remove();
        assert_eq!(shop.next_line().await, before, "{path}");
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0, "the token stays with the platform");
    listening.abort();
    activity.ends(Ending::success()).unwrap();
    assert!(shop.next_line().await.starts_with("success: "));
    shop.end().await;
}

#[tokio::test]
async fn of_two_activities_for_one_commit_the_newer_one_decides() {
    for newer_goes_well in [true, false] {
        let shop = Shop::integrated().await;
        let (_, older) = shop.queued().await;
        older.starts().unwrap().says(BUILDS).says(DEPLOYS);
        assert!(shop.next_line().await.starts_with("in_progress: Deploying"));
        let tip = shop.stage.store.tip("integration").unwrap();
        shop.clock.advance(chrono::TimeDelta::seconds(5));
        let newer = shop.project.push("integration", (&tip, None), None).await.unwrap();
        let (failed, well) = (Ending::hook_failed().command("app", "deploy", 126), Ending::success());
        let (first, second) = if newer_goes_well { (failed, well) } else { (well, failed) };
        older.ends(first).unwrap();
        let line = shop.next_line().await;
        assert!(line.ends_with("it waits for its turn on the platform"), "{line}");
        newer.starts().unwrap().says(BUILDS).says(DEPLOYS);
        newer.ends(second).unwrap();
        let line = shop.next_line().await;
        let wanted = if newer_goes_well { "success: " } else { "failure: Deploy failed: ece:126 " };
        assert!(line.starts_with(wanted), "{line}");
        shop.end().await;
    }
}

#[tokio::test]
async fn what_somebody_else_pushes_in_between_is_not_taken_for_ours() {
    let shop = Shop::integrated().await;
    let (pull, ours) = shop.queued().await;
    ours.starts().unwrap().says(BUILDS).says(DEPLOYS);
    assert!(shop.next_line().await.starts_with("in_progress: Deploying"));
    let other = shop.stage.store.tip("production").unwrap();
    shop.clock.advance(chrono::TimeDelta::seconds(5));
    let theirs = shop.project.push("integration", (&other, None), None).await.unwrap();
    ours.says(ENDS);
    ours.ends(Ending::success()).unwrap();
    theirs.starts().unwrap();
    theirs.ends(Ending::success()).unwrap();
    let line = shop.next_line().await;
    assert!(line.contains("the platform does not say yet that it runs these files"), "{line}");
    shop.minutes_later(2).await;
    let line = shop.next_line().await;
    assert!(line.starts_with("failure: Deployed, but verify failed (compare files)"), "{line}");
    let comment = shop.stage.comment(&pull).await;
    assert!(comment.contains("runs other files: app runs the tree"), "{comment}");
    shop.end().await;
}

#[tokio::test]
async fn names_are_compared_as_the_platform_folds_them() {
    for named in ["Feature/EU Shop", "feature-eu-shop"] {
        // No branch of git has a blank in it; the platform's environment is named by its own title then.
        let shop = Shop::with(Role::Admin, &["Feature/EU-Shop"], ["shop", named]).await;
        shop.project.integrate();
        let store = &shop.stage.store;
        store.branch("Feature/EU-Shop").from("integration").by("rita").await.unwrap();
        let path = "version: 1\nenvironments:\n  - { name: shop, branch: Feature/EU-Shop, accepts: [topics], \
             deploy: { driver: commerce-cloud, environment: FEATURE/eu-shop } }\ncopy: none\n";
        shop.stage.configure("master", path).await;
        crate::shop::topic(store, "feature/cart", "Feature/EU-Shop").await;
        let pull = store.open_pull("feature/cart").into("Feature/EU-Shop").by("ana").await.unwrap();
        shop.stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
        shop.stage.quiet().await;
        let activity = shop.fetched().await;
        assert_eq!(activity.environment(), "feature-eu-shop");
        activity.starts().unwrap().says(BUILDS);
        assert!(shop.next_line().await.starts_with("in_progress: Building"));
        activity.ends(Ending::success()).unwrap();
        let line = shop.next_line().await;
        assert!(line.starts_with("success: "), "{line}");
        shop.end().await;
    }
}

#[tokio::test]
async fn success_is_said_once_each_application_of_the_one_file_runs_our_files() {
    let list = "- name: shop\n  source: { root: /shop }\n- name: front\n  source: { root: /front }\n";
    let map = "shop:\n  source: { root: /shop }\nfront:\n  source: { root: /front }\n";
    for (described, differs) in [(list, true), (list, false), (map, false)] {
        let shop = Shop::integrated().await;
        let store = &shop.stage.store;
        let both = store.commit_on("feature/front").from("integration");
        let both = both.file(".magento/applications.yaml", described);
        both.file("shop/index.php", "<?php\n").file("front/package.json", "{}\n").by("ana").await.unwrap();
        let pull = store.open_pull("feature/front").into("integration").by("ana").await.unwrap();
        shop.stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
        shop.stage.quiet().await;
        let activity = shop.fetched().await;
        activity.starts().unwrap().says(BUILDS).says(DEPLOYS).says(ENDS);
        let ending = Ending::success();
        let ending = if differs { ending.tree("front", &"0".repeat(40)) } else { ending };
        activity.ends(ending).unwrap();
        let line = shop.next_line().await;
        if !differs {
            assert!(line.starts_with("success: "), "{described}: {line}");
            shop.end().await;
            continue;
        }
        assert!(line.contains("the platform does not say yet that it runs these files"), "{line}");
        shop.minutes_later(2).await;
        assert!(shop.next_line().await.starts_with("failure: Deployed, but verify failed (compare files)"));
        let comment = shop.stage.comment(&pull).await;
        assert!(comment.contains("runs other files: front runs the tree 00000000"), "{comment}");
        shop.end().await;
    }
}

#[tokio::test]
async fn a_mapping_of_the_repositorys_own_that_says_otherwise_deploys_nothing() {
    let shop = Shop::integrated().await;
    let (_, activity) = shop.queued().await;
    activity.starts().unwrap();
    activity.ends(Ending::success()).unwrap();
    assert!(shop.next_line().await.starts_with("success: "));
    configured(&shop.stage, "{ driver: commerce-cloud, environment: staging }").await;
    let asked = shop.platform.asked().len();
    let pull = shop.stage.merged_topic("feature/list").await;
    let comment = shop.stage.comment(&pull).await;
    assert!(
        comment.contains("another environment of the platform than the operator's file does"),
        "{comment}"
    );
    assert_eq!(shop.platform.asked().len(), asked, "nobody was asked");
    // Nor is anything taken back there.
    let comment = shop.stage.says(&pull, "rita", "/rollback integration --reason broken").await;
    let reply = shop.stage.reply(&pull, &comment).await;
    assert!(reply.starts_with("**Refused** `/rollback integration"), "{reply}");
    assert_eq!(shop.platform.asked().len(), asked);
    shop.end().await;
}
