//! Deploys to the platform of Adobe Commerce where no integration brings branches: Towpath pushes.

use crate::carried_out::configured;
use crate::commerce_cloud::{BUILDS, DEPLOYS, DRIVER, Reached, Shop, TOKEN, platform};
use crate::stage::until;
use crate::told::{log_address, page};
use std::process::Command;
use towpath_sandbox::platform::{ActivityHandle, Ending, Role};

/// A shop without an integration, and the driver in the repository's file.
pub async fn pushed_to() -> Shop {
    let shop = Shop::open(Role::Admin).await;
    configured(&shop.stage, DRIVER).await;
    shop
}

/// What the platform makes of the newest push; it does with the next request.
pub async fn newest(shop: &Shop) -> ActivityHandle {
    shop.minutes_later(2).await;
    shop.project.activities().pop().expect("something was pushed")
}

/// Merges a topic, while what follows from it does not come to rest.
async fn merged_without_waiting(shop: &Shop) {
    crate::shop::topic(&shop.stage.store, "feature/cart", "integration").await;
    let pull = shop.stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    shop.stage.check(&pull).await.passes();
    crate::shop::merge(&pull).await.unwrap();
}

/// The newest push is deployed and ends well.
pub async fn goes_well(shop: &Shop) {
    let activity = newest(shop).await;
    assert_eq!(activity.kind(), "environment.push");
    activity.starts().unwrap();
    activity.ends(Ending::success()).unwrap();
    let line = shop.next_line().await;
    assert!(line.starts_with("success: "), "{line}");
}

/// What git tells of the platform's branch.
pub fn of_branch(shop: &Shop, format: &str) -> String {
    let folder = shop.project.git_folder().unwrap();
    let mut command = Command::new("git");
    command.arg("--git-dir").arg(folder).args(["log", "-1", &format!("--format={format}"), "integration"]);
    String::from_utf8(command.output().unwrap().stdout).unwrap().trim().to_owned()
}

/// Nothing of a push is left on the disk.
pub fn nothing_is_left(shop: &Shop) {
    let left = std::fs::read_dir(shop.stage.data_folder().join("pushes"));
    assert!(left.is_err() || left.unwrap().next().is_none(), "something is left of a push");
}

fn log_of_last(shop: &Shop, number: u64) -> String {
    let folder = shop.stage.data_folder().join("deploys");
    let logs = std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path());
    let ours = logs.filter(|it| it.to_string_lossy().ends_with(&format!(".integration.{number}")));
    ours.map(|it| std::fs::read_to_string(it.join("log")).unwrap()).collect()
}

#[tokio::test]
async fn a_merge_is_pushed_and_watched_until_the_platform_runs_its_files() {
    let shop = pushed_to().await;
    shop.stage.merged_topic("feature/cart").await;
    let tip = shop.stage.store.tip("integration").unwrap();
    assert_eq!(of_branch(&shop, "%H"), tip, "the very commit");
    goes_well(&shop).await;
    crate::shop::topic(&shop.stage.store, "feature/old", &tip).await;
    for name in ["feature/a", "feature/b", "feature/c", "feature/d"] {
        shop.stage.merged_topic(name).await;
        goes_well(&shop).await;
    }
    // What it is cut from lies further back than what is fetched of the branch.
    let pull = shop.stage.store.open_pull("feature/old").into("integration").by("ana").await.unwrap();
    shop.stage.check(&pull).await.passes();
    crate::shop::merge(&pull).await.unwrap();
    shop.stage.quiet().await;
    assert_eq!(of_branch(&shop, "%H"), shop.stage.store.tip("integration").unwrap());
    goes_well(&shop).await;
    assert!(!shop.project.git_folder().unwrap().join("shallow").exists(), "its history is whole");
    assert_eq!(shop.platform.count("POST", "/redeploy"), 0);
    assert_eq!(shop.platform.count("POST", "/ssh"), 6, "a key pair for each");
    nothing_is_left(&shop);
    let runs = shop.platform.ssh_runs();
    assert!(runs.contains("git-receive-pack 'abc123.git'"), "{runs}");
    for secret in [TOKEN, "access-", "Authorization", "x-access-token"] {
        assert!(!runs.contains(secret), "{secret}: {runs}");
    }
    let log = log_of_last(&shop, 1);
    assert!(log.starts_with("==> push"), "{log}");
    shop.end().await;
}

#[tokio::test]
async fn a_push_that_is_refused_ends_with_what_where_and_what_to_do() {
    type Spoils = fn(&Shop);
    let spoiled: [(Spoils, &str); 5] = [
        (|shop| shop.knows_hosts(""), "known_hosts has no key of git.local, so nothing was sent there"),
        (
            |shop| shop.project.refuses_pushes("E: Error verifying routes.yaml").unwrap(),
            "\n\nThe last lines of its log:\n\n```\nError verifying routes.yaml\n```",
        ),
        (
            |shop| _ = shop.platform.faults().rest("POST", "/ssh").status(403).times(1),
            "the user of the API token may not get a certificate for SSH",
        ),
        (
            |shop| shop.project.shows_git(Some("https://git.local/abc123.git")),
            "shows a git address that Towpath does not push to: \"https://git.local/abc123.git\"",
        ),
        (
            |shop| shop.project.shows_git(Some("abc123@169.254.169.254:abc123.git")),
            "169.254.169.254 lies in a private network",
        ),
    ];
    for (spoil, words) in spoiled {
        let shop = pushed_to().await;
        let before = of_branch(&shop, "%H");
        spoil(&shop);
        let pull = shop.stage.merged_topic("feature/cart").await;
        let line = shop.line().await;
        assert!(line.starts_with("error: Not started: "), "{words}: {line}");
        let comment = shop.stage.comment(&pull).await;
        assert!(comment.contains(words), "{words}: {comment}");
        assert_eq!(of_branch(&shop, "%H"), before);
        assert_eq!(shop.platform.count("POST", "/redeploy"), 0);
        nothing_is_left(&shop);
        shop.end().await;
    }
}

#[tokio::test]
async fn what_the_git_server_says_is_for_those_alone_who_may_read_logs() {
    let shop = pushed_to().await;
    shop.project.refuses_pushes("E: Error in routes.yaml, token=hunter2").unwrap();
    let pull = shop.stage.merged_topic("feature/cart").await;
    let ours = "the platform does not take the push to integration; why stands in the deploy's log";
    let line = shop.line().await;
    assert_eq!(line, format!("error: Not started: {ours}"), "everybody reads it");
    let comment = shop.stage.comment(&pull).await;
    let theirs = "Error in routes.yaml, token=…";
    assert!(comment.contains(ours) && comment.contains(theirs), "{comment}");
    let address = log_address(&shop.stage).await;
    assert!(page(&shop.stage, &address, None).await.2.contains(theirs));
    shop.stage.store.show_to_all(true).await.unwrap();
    shop.minutes_later(1).await;
    let comment = shop.stage.comment(&pull).await;
    assert!(comment.contains(ours) && !comment.contains("routes.yaml"), "{comment}");
    let text = page(&shop.stage, &address, None).await.2;
    assert!(text.contains("does not take the push") && !text.contains("routes.yaml"), "{text}");
    shop.end().await;
}

#[tokio::test]
async fn a_certifier_that_does_not_answer_well_is_asked_again() {
    let shop = pushed_to().await;
    let faults = shop.platform.faults();
    faults.rest("POST", "/ssh").status(502).times(1);
    faults
        .rest("POST", "/ssh")
        .answer(200, "application/json", r#"{"certificate":"ssh-rsa AAAA\nHost *"}"#)
        .times(1);
    faults.rest("POST", "/ssh").cut_short(9).times(1);
    shop.stage.merged_topic("feature/cart").await;
    goes_well(&shop).await;
    assert_eq!(shop.platform.count("POST", "/ssh"), 4);
    nothing_is_left(&shop);
    shop.end().await;
}

#[tokio::test]
async fn a_git_server_that_does_not_answer_is_tried_again() {
    let shop = pushed_to().await;
    shop.platform.is_silent_over_ssh(true).unwrap();
    merged_without_waiting(&shop).await;
    until("tried again", || shop.platform.count("POST", "/ssh") > 1).await;
    shop.platform.is_silent_over_ssh(false).unwrap();
    shop.stage.quiet().await;
    goes_well(&shop).await;
    nothing_is_left(&shop);
    shop.end().await;
}

#[tokio::test]
async fn without_host_keys_nothing_is_pushed() {
    let (platform, clock) = platform().await;
    let ssh = Some(platform.ssh().unwrap());
    let shop = Shop::on((platform, clock), Role::Admin, Reached { known_hosts: None, ssh }).await;
    configured(&shop.stage, DRIVER).await;
    let pull = shop.stage.merged_topic("feature/cart").await;
    let comment = shop.stage.comment(&pull).await;
    assert!(comment.contains("add known_hosts under commerce"), "{comment}");
    assert_eq!((shop.platform.ssh_runs().as_str(), shop.platform.count("POST", "/ssh")), ("", 0));
    shop.end().await;
}

#[tokio::test]
async fn nothing_is_pushed_by_force() {
    let shop = pushed_to().await;
    // Somebody has pushed to the platform by hand what GitHub does not have.
    let folder = shop.project.git_folder().unwrap();
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(&folder).args(["-c", "user.name=Ops", "-c", "user.email=ops@x"]);
        let said = command.args(args).output().unwrap();
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    };
    let theirs = git(&["commit-tree", "-p", "integration", "-m", "by hand", "integration^{tree}"]);
    git(&["update-ref", "refs/heads/integration", &theirs]);
    let pull = shop.stage.merged_topic("feature/cart").await;
    let comment = shop.stage.comment(&pull).await;
    assert!(comment.contains("and Towpath never pushes by force"), "{comment}");
    assert_eq!(of_branch(&shop, "%H"), theirs);
    shop.end().await;
}

/// Though the push has a log of its own.
async fn page_tells_of_the_activity(shop: &Shop) {
    assert!(log_of_last(shop, 1).starts_with("==> push"));
    let (status, _, text) = page(&shop.stage, &log_address(&shop.stage).await, None).await;
    assert_eq!(status, 200);
    for words in ["ece:126", "The maintenance page", "[126] In Rates.php"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("==&gt; push"), "{text}");
}

#[tokio::test]
async fn what_the_platforms_branch_has_or_what_cannot_be_pushed_is_deployed_again_once() {
    for has_it in [true, false] {
        let shop = pushed_to().await;
        if has_it {
            shop.stage.merged_topic("feature/cart").await;
            let activity = newest(&shop).await;
            activity.starts().unwrap().says(BUILDS).says(DEPLOYS);
            activity.says("W: [2026-03-01T10:05:00+00:00] CRITICAL: [126] In Rates.php");
            activity.ends(Ending::hook_failed().command("app", "deploy", 126)).unwrap();
            assert!(shop.next_line().await.starts_with("failure: "));
            page_tells_of_the_activity(&shop).await;
            let pull = shop.stage.store.pulls().pop().unwrap();
            let comment = shop.stage.says(&pull, "rita", "/deploy integration").await;
            shop.stage.reply(&pull, &comment).await;
        } else {
            shop.project.shows_git(None);
            shop.stage.merged_topic("feature/cart").await;
        }
        assert_eq!(shop.platform.count("POST", "/redeploy"), 1);
        let again = shop.project.activities().pop().unwrap();
        assert_eq!(again.kind(), "environment.redeploy");
        again.starts().unwrap();
        again.ends(Ending::success()).unwrap();
        let line = shop.next_line().await;
        // What was not pushed does not run, whatever the platform says of its deploy.
        assert!(
            line.starts_with(if has_it { "success: " } else { "in_progress: Deployed; verifying" }),
            "{line}"
        );
        shop.minutes_later(2).await;
        let line = shop.next_line().await;
        assert!(
            line.starts_with(if has_it { "success: " } else { "failure: Deployed, but verify failed" }),
            "{line}"
        );
        assert_eq!(shop.platform.count("POST", "/redeploy"), 1);
        assert_eq!(shop.platform.ssh_runs().is_empty(), !has_it);
        shop.end().await;
    }
}

#[tokio::test]
async fn a_rollback_is_a_new_commit_with_the_old_files_and_what_follows_goes_on_top() {
    let shop = pushed_to().await;
    shop.stage.merged_topic("feature/cart").await;
    goes_well(&shop).await;
    let (old, old_tree) = (of_branch(&shop, "%H"), of_branch(&shop, "%T"));
    let pull = shop.stage.merged_topic("feature/list").await;
    goes_well(&shop).await;
    let new = of_branch(&shop, "%H");
    let comment = shop.stage.says(&pull, "rita", "/rollback integration --reason broken").await;
    let reply = shop.stage.reply(&pull, &comment).await;
    assert!(reply.contains("rolls integration back to"), "{reply}");
    assert_eq!((of_branch(&shop, "%T"), of_branch(&shop, "%P")), (old_tree, new.clone()));
    let made = of_branch(&shop, "%H");
    assert_ne!(made, old);
    assert!(of_branch(&shop, "%B").starts_with(&format!("Roll back to {}", &old[..9])));
    goes_well(&shop).await;
    assert_eq!(shop.project.activities().len(), 4, "one for what was there before");
    // GitHub's branch is not on top of that commit, and is deployed all the same.
    let comment = shop.stage.says(&pull, "rita", "/resume integration --reason mended").await;
    shop.stage.reply(&pull, &comment).await;
    shop.stage.merged_topic("feature/mended").await;
    let tree = of_branch(&shop, "%T");
    goes_well(&shop).await;
    let there = shop.stage.store.tip("integration").unwrap();
    assert!(of_branch(&shop, "%B").contains(&format!("All files are those of {there}.")));
    assert_ne!(tree, "");
    nothing_is_left(&shop);
    shop.end().await;
}

#[tokio::test]
async fn a_rollback_that_meets_a_silent_service_is_deployed_once_more() {
    let shop = pushed_to().await;
    shop.stage.merged_topic("feature/cart").await;
    goes_well(&shop).await;
    let pull = shop.stage.merged_topic("feature/list").await;
    goes_well(&shop).await;
    let comment = shop.stage.says(&pull, "rita", "/rollback integration --reason broken").await;
    shop.stage.reply(&pull, &comment).await;
    let activity = newest(&shop).await;
    activity.starts().unwrap().says("W: [2026-03-01T10:05:00+00:00] ERROR: [137] no search");
    activity.ends(Ending::hook_failed().command("app", "deploy", 137)).unwrap();
    shop.minutes_later(2).await;
    let again = shop.project.activities().pop().unwrap();
    assert_eq!(again.kind(), "environment.redeploy");
    again.starts().unwrap();
    again.ends(Ending::success()).unwrap();
    let line = shop.next_line().await;
    assert!(line.starts_with("success: "), "{line}");
    assert_eq!(shop.platform.count("POST", "/redeploy"), 1);
    shop.end().await;
}

#[tokio::test]
async fn a_server_that_holds_git_until_the_deploy_ends_keeps_nobody_waiting() {
    let shop = pushed_to().await;
    shop.project.holds_pushes(120).unwrap();
    shop.stage.merged_topic("feature/cart").await;
    assert!(log_of_last(&shop, 1).contains("git is not waited for any more"));
    goes_well(&shop).await;
    nothing_is_left(&shop);
    shop.end().await;
}

#[tokio::test]
async fn a_push_whose_answer_is_lost_has_come_about() {
    let shop = pushed_to().await;
    shop.project.loses_answers().unwrap();
    shop.stage.merged_topic("feature/cart").await;
    let log = log_of_last(&shop, 1);
    assert!(log.starts_with("==> push, whose answer was lost"), "{log}");
    goes_well(&shop).await;
    assert_eq!(shop.platform.count("POST", "/ssh"), 1);
    shop.end().await;
}

#[tokio::test]
async fn a_server_that_ends_in_the_middle_of_a_push_finds_it_again() {
    let mut shop = pushed_to().await;
    shop.project.holds_pushes(120).unwrap();
    merged_without_waiting(&shop).await;
    let tip = shop.stage.store.tip("integration").unwrap();
    shop.platform.faults().rest("GET", "/api/*/environments/*/activities").status(502).after(1);
    until("pushed", || of_branch(&shop, "%H") == tip).await;
    shop.stage.stop().await;
    shop.platform.faults().clear();
    assert!(!shop.stage.data_folder().join("deploys").exists(), "it knows nothing of what came of it");
    shop.stage.start().await;
    goes_well(&shop).await;
    let kinds: Vec<String> = shop.project.activities().iter().map(ActivityHandle::kind).collect();
    assert_eq!(kinds, ["environment.push"; 2], "one was there before");
    assert_eq!(shop.platform.count("POST", "/ssh"), 1);
    nothing_is_left(&shop);
    shop.end().await;
}

#[tokio::test]
async fn what_a_push_of_a_server_that_was_killed_has_left_is_removed() {
    let mut shop = pushed_to().await;
    shop.stage.stop().await;
    let left = shop.stage.data_folder().join("pushes/1.integration.7");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("key"), "a private key").unwrap();
    shop.stage.start().await;
    assert!(!left.exists());
    shop.end().await;
}
