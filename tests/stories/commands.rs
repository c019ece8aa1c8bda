//! Commands in comments: who may, what comes of them, and what is said.

use crate::shop::topic;
use crate::stage::{Setting, Stage};
use std::time::Duration;
use towpath::engine::Settings;
use towpath_sandbox::{Permission, PullHandle};

async fn open_topic(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

#[tokio::test]
async fn a_command_is_seen_carried_out_and_answered_once() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let comment = stage.says(&pull, "ana", "Is it still good?\n\n/check").await;
    assert_eq!(stage.reactions(&comment).await, ["eyes", "+1"]);
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.starts_with("**Done** `/check`: For `integration`, the check passes."), "{reply}");
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn strangers_get_a_reaction_and_no_words() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let comment = stage.says(&pull, "mallory", "/deploy staging").await;
    assert_eq!(stage.reactions(&comment).await, ["eyes", "-1"]);
    assert_eq!(stage.reply(&pull, &comment).await, "");
    stage.end().await;
}

#[tokio::test]
async fn who_may_not_is_told_what_is_missing_and_who_may() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let comment = stage.says(&pull, "ana", "/deploy production").await;
    assert_eq!(stage.reactions(&comment).await, ["eyes", "-1"]);
    let reply = stage.reply(&pull, &comment).await;
    assert!(
        reply.starts_with(
            "**Refused** `/deploy production`: nothing was deployed. This takes the role `maintain`, and you have the role \
             `write`. Who may: whoever has the role `maintain` or a higher one."
        ),
        "{reply}"
    );
    stage.end().await;
}

#[tokio::test]
async fn what_other_bots_are_asked_gets_no_answer() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    for text in ["/retest", "`/check`", "> /check", "<!-- /check -->", "see /check", "@ana /check"] {
        let comment = stage.says(&pull, "ana", text).await;
        assert_eq!(stage.reactions(&comment).await, Vec::<String>::new(), "{text}");
        assert_eq!(stage.reply(&pull, &comment).await, "", "{text}");
    }
    stage.end().await;
}

#[tokio::test]
async fn an_unknown_command_of_ours_gets_a_word_and_a_guess() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let comment = stage.says(&pull, "ana", "@towpath chekc").await;
    assert_eq!(stage.reactions(&comment).await, ["eyes", "confused"]);
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.contains("did you mean `/check`?"), "{reply}");
    stage.end().await;
}

#[tokio::test]
async fn a_deploy_is_asked_for_and_followed_to_its_end() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let comment = stage.says(&pull, "ana", "/deploy staging").await;
    assert_eq!(stage.reactions(&comment).await, ["eyes", "rocket"]);
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.starts_with("**Started** `/deploy staging`: deploy 1 brings"), "{reply}");
    let deployment = stage.deployments("staging").await.remove(0);
    for state in ["in_progress", "success"] {
        stage.later();
        deployment.status(state).by("deployer").await.unwrap();
        stage.quiet().await;
    }
    assert_eq!(stage.reactions(&comment).await, ["eyes", "rocket", "+1"]);
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.starts_with("**Done** `/deploy staging`: deploy 1: "), "{reply}");
    stage.end().await;
}

#[tokio::test]
async fn a_reader_gets_ten_replies_an_hour_and_then_reactions() {
    let stage = Stage::set().await;
    stage.store.allow("gast", Permission::Read);
    let pull = open_topic(&stage).await;
    for _ in 0..10 {
        let comment = stage.says(&pull, "gast", "/check").await;
        assert!(!stage.reply(&pull, &comment).await.is_empty());
    }
    let comment = stage.says(&pull, "gast", "/check").await;
    assert_eq!(stage.reply(&pull, &comment).await, "");
    assert_eq!(stage.reactions(&comment).await, ["eyes", "+1"]);
    let comment = stage.says(&pull, "ana", "/check").await;
    assert!(!stage.reply(&pull, &comment).await.is_empty());
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn an_act_that_comes_an_hour_late_is_not_carried_out() {
    let mut stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.stop().await;
    stage.seconds_later(5);
    let comment = pull.comment("/check\n/lock staging --reason stocktaking").by("ana").await.unwrap();
    stage.seconds_later(61 * 60);
    stage.start().await;
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.contains("**Done** `/check`"), "{reply}");
    assert!(
        reply.contains("nothing was locked. The comment is 61 min old; write the command again."),
        "{reply}"
    );
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_stranger_who_writes_all_the_time_costs_nothing() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    for _ in 0..20 {
        let comment = stage.says(&pull, "mallory", "/check").await;
        assert_eq!(stage.reactions(&comment).await, ["eyes", "-1"]);
    }
    stage.github.forget_records();
    let comment = stage.says(&pull, "mallory", "/check").await;
    assert_eq!(stage.reactions(&comment).await, Vec::<String>::new());
    assert_eq!(stage.rest_requests(), 1, "who it is has to be asked");
    stage.end().await;
}

#[tokio::test]
async fn an_app_that_was_renamed_listens_to_its_new_name_and_no_comment_asks_for_it() {
    let settings = Settings { reconcile: Duration::from_secs(1), ..Setting::default().settings };
    let stage = Stage::with(Setting { settings, ..Setting::default() }).await;
    let pull = open_topic(&stage).await;
    stage.app.rename("canal-boat");
    stage.github.forget_records();
    let told = async || {
        while stage.requests("GET", "/app") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), told()).await.expect("nobody asks for the App's name");
    stage.quiet().await;
    let by_new_name = stage.says(&pull, "ana", "@canal-boat check").await;
    assert!(by_new_name.reactions().iter().any(|(_, content)| content == "+1"));
    let by_old_name = stage.says(&pull, "ana", "@towpath check").await;
    assert!(by_old_name.reactions().is_empty(), "somebody else may have that name by now");
    stage.check(&pull).await.passes();
    stage.read(&pull);
    stage.end().await;
}
