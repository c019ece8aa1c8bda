//! Commands where one would not look for them, and comments that change, vanish or cannot be answered.

use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::{CommentState, Order, PullHandle};

async fn open_topic(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

/// What the App has said that holds these words.
fn said(comments: Vec<CommentState>, words: &str) -> Vec<String> {
    comments
        .into_iter()
        .filter(|it| it.app.is_some())
        .map(|it| it.body)
        .filter(|it| it.contains(words))
        .collect()
}

#[tokio::test]
async fn in_an_issue_what_needs_a_pull_request_says_so_and_what_names_an_environment_works() {
    let stage = Stage::set().await;
    let issue = stage.store.open_issue("Stocktaking").by("ana").await.unwrap();
    stage.seconds_later(5);
    issue.comment("/check").by("ana").await.unwrap();
    issue.comment("/lock staging --reason stocktaking").by("ana").await.unwrap();
    issue.comment("/lock staging --reason stocktaking --while-open").by("ana").await.unwrap();
    stage.quiet().await;
    let all = issue.comments();
    assert_eq!(
        said(
            all.clone(),
            "**Refused** `/check`: nothing was judged. This is an issue; write it on a pull request."
        )
        .len(),
        1
    );
    assert_eq!(
        said(all.clone(), "**Done** `/lock staging --reason stocktaking`: staging is locked").len(),
        1,
        "{all:?}"
    );
    assert_eq!(said(all, "nothing was locked. This is an issue, and `--while-open` is").len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn on_a_line_and_in_a_review_commands_are_answered_in_the_conversation() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.seconds_later(5);
    let line = pull.comment_on("feature-cart.txt", 1, "Hm.\n\n/check").by("ben").await.unwrap();
    pull.review("Fine so far.\n\n/check").by("rita").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.reactions(&line).await, ["eyes", "+1"]);
    let replies = said(pull.comments(), "**Done** `/check`");
    assert_eq!(replies.len(), 2, "{replies:?}");
    assert!(replies.iter().any(|it| it.contains(&format!("reply:line-{}", line.id()))), "{replies:?}");
    assert!(replies.iter().any(|it| it.contains("reply:review-")), "{replies:?}");
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn an_edit_asks_what_it_adds_and_acts_on_nothing() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let comment = stage.says(&pull, "ana", "Looks good.").await;
    assert_eq!(stage.reactions(&comment).await, Vec::<String>::new());
    comment.edit("Looks good.\n\n/check", None).await.unwrap();
    assert!(stage.reply(&pull, &comment).await.starts_with("**Done** `/check`"));
    comment.edit("Looks good.\n\n/check\n/lock staging --reason x", None).await.unwrap();
    let reply = stage.reply(&pull, &comment).await;
    assert_eq!(reply.matches("**Done** `/check`").count(), 1, "{reply}");
    assert!(reply.contains("nothing was locked. An edit gives no commands that act"), "{reply}");
    // A maintainer who edits somebody else's comment does not speak for them.
    let other = stage.says(&pull, "ana", "So?").await;
    other.edit("So?\n/check", Some("rita")).await.unwrap();
    assert_eq!(stage.reply(&pull, &other).await, "");
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn what_stops_a_command_stops_no_question_of_an_edit() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let comment = stage.says(&pull, "ana", "/deploy production").await;
    comment.edit("/deploy production\n/lock staging --reason x\n/check", None).await.unwrap();
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.contains("**Refused** `/deploy production`"), "{reply}");
    assert!(reply.contains("**Refused** `/lock staging --reason x`"), "{reply}");
    assert!(reply.contains("**Done** `/check`"), "{reply}");
    stage.end().await;
}

#[tokio::test]
async fn an_edit_gets_a_stranger_no_words_either() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    for text in ["/deploy staging", "/check"] {
        let comment = stage.says(&pull, "mallory", "Hello").await;
        comment.edit(&format!("Hello\n\n{text}"), None).await.unwrap();
        stage.quiet().await;
        assert_eq!(stage.reply(&pull, &comment).await, "", "{text}");
        comment.edit(&format!("Hello\n\n{text}\n\n/help"), None).await.unwrap();
        stage.quiet().await;
        assert_eq!(stage.reply(&pull, &comment).await, "", "{text}");
    }
    stage.end().await;
}

#[tokio::test]
async fn a_comment_is_carried_out_though_its_edit_is_told_of_before() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.github.faults().webhook("issue_comment", "created").hold().times(1);
    let comment = pull.comment("/lock staging --reason x").by("ana").await.unwrap();
    comment.edit("/lock staging --reason x\n/check", None).await.unwrap();
    stage.quiet().await;
    assert!(stage.reply(&pull, &comment).await.starts_with("**Done** `/check`"));
    stage.github.release_webhooks(Order::AsSent).await;
    let reply = stage.reply(&pull, &comment).await;
    assert_eq!(reply.matches("**Done** `/check`").count(), 1, "{reply}");
    assert!(reply.contains("ana holds lock 1"), "{reply}");
    stage.end().await;
}

#[tokio::test]
async fn a_reply_that_quotes_what_another_comment_is_found_by_stays_as_it_is() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let comment = stage.says(&pull, "ana", "/why \"<!-- towpath:verdict -->\"").await;
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.contains("`/why"), "{reply}");
    pull.retarget("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    assert_eq!(stage.reply(&pull, &comment).await, reply);
    let verdicts: Vec<_> = said(pull.comments(), "Wrong source");
    assert_eq!(verdicts.len(), 1, "{:?}", pull.comments());
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn in_a_locked_conversation_the_act_runs_and_the_audit_log_answers() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    pull.lock().by("rita").await.unwrap();
    let comment = stage.says(&pull, "ana", "/lock staging --reason stocktaking").await;
    assert_eq!(stage.reactions(&comment).await, Vec::<String>::new());
    assert_eq!(stage.reply(&pull, &comment).await, "");
    let log = crate::rollback::towpath(&stage, &["audit"]).await;
    assert!(log.words.contains("staging is locked"), "{}", log.words);
    pull.unlock().by("rita").await.unwrap();
    stage.end().await;
}

#[tokio::test]
async fn a_comment_that_is_gone_before_it_is_read_runs_nothing() {
    let mut stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.seconds_later(5);
    stage.github.faults().webhook("issue_comment", "created").hold();
    let comment = pull.comment("/lock staging --reason oops").by("ana").await.unwrap();
    comment.delete(None).await.unwrap();
    stage.github.faults().clear();
    stage.github.release_webhooks(towpath_sandbox::Order::AsSent).await;
    stage.quiet().await;
    let log = crate::rollback::towpath(&stage, &["audit"]).await;
    assert!(!log.words.contains("locked"), "{}", log.words);
    assert!(said(pull.comments(), "").is_empty());
    stage.restart().await;
    stage.end().await;
}

#[tokio::test]
async fn bots_and_accounts_that_are_gone_are_not_listened_to() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.seconds_later(5);
    let by_us = pull.comment("/check").by_app(&stage.app).await.unwrap();
    assert_eq!(stage.reactions(&by_us).await, Vec::<String>::new());
    // Whatever rita has let it do, she has not said this.
    let in_her_name = pull.comment("/lock staging --reason x").by("rita").through(&stage.app).await.unwrap();
    assert_eq!(stage.reactions(&in_her_name).await, Vec::<String>::new());
    in_her_name.edit("/check", None).await.unwrap();
    assert_eq!(stage.reply(&pull, &in_her_name).await, "");
    stage.github.faults().webhook("issue_comment", "created").hold();
    let comment = pull.comment("/lock staging --reason x").by("ben").await.unwrap();
    stage.github.delete_account("ben").await.unwrap();
    stage.github.faults().clear();
    stage.github.release_webhooks(towpath_sandbox::Order::AsSent).await;
    assert_eq!(stage.reply(&pull, &comment).await, "");
    let log = crate::rollback::towpath(&stage, &["audit"]).await;
    assert!(!log.words.contains("locked"), "{}", log.words);
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn with_a_prefix_the_names_of_other_bots_are_theirs() {
    let stage = Stage::set().await;
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                - { name: 'North America/staging', branch: staging, accepts: [integration] }\n  \
                - { name: production, accepts: ['North America/staging'] }\ncopy: none\ncommand_prefix: tp-\n";
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    let pull = open_topic(&stage).await;
    let theirs = stage.says(&pull, "ana", "/lock integration --reason x\n/approve").await;
    assert_eq!(stage.reactions(&theirs).await, Vec::<String>::new());
    let ours =
        stage.says(&pull, "ana", "/tp-lock 'north america/staging' --reason \"don't\" --until 1h").await;
    let reply = stage.reply(&pull, &ours).await;
    assert!(
        reply.starts_with("**Done** `/tp-lock 'north america/staging' --reason don't --until 1h`"),
        "{reply}"
    );
    let unknown = stage.says(&pull, "ana", "/tp-deploy 'north america'").await;
    let reply = stage.reply(&pull, &unknown).await;
    assert!(
        reply.starts_with("**Not understood** `/tp-deploy 'north america'`: there is no environment"),
        "{reply}"
    );
    let locked = stage.says(&pull, "ana", "/tp-deploy 'North America/staging'").await;
    assert!(stage.reply(&pull, &locked).await.contains("is locked: ana holds lock 1"));
    stage.end().await;
}

#[tokio::test]
async fn a_github_that_takes_no_reaction_or_reply_gets_it_later_and_once() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.github.faults().rest("POST", "/repos/*/reactions").status(502).times(2);
    stage.github.faults().rest("POST", "/repos/*/issues/*/comments").reset_after().times(1);
    let comment = stage.says(&pull, "ana", "/lock staging --reason x").await;
    assert!(stage.reply(&pull, &comment).await.starts_with("**Done** `/lock staging"));
    assert_eq!(stage.reactions(&comment).await, ["+1"]);
    stage.expect_error("");
    stage.end().await;
}

#[tokio::test]
async fn a_comment_that_is_delivered_twice_is_carried_out_once() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.github.faults().webhook("issue_comment", "*").double();
    let comment = stage.says(&pull, "ana", "/deploy staging\n/lock staging --reason x").await;
    let reply = stage.reply(&pull, &comment).await;
    assert!(reply.contains("deploy 1 brings"), "{reply}");
    assert!(reply.contains("ana holds lock 1"), "{reply}");
    assert_eq!(stage.deployments("staging").await.len(), 1);
    let log = crate::rollback::towpath(&stage, &["audit"]).await.words;
    assert_eq!(log.lines().filter(|line| line.contains("is locked")).count(), 1, "{log}");
    stage.end().await;
}

#[tokio::test]
async fn a_comment_full_of_commands_is_read_to_the_fifth() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let text = "/check\n".repeat(9_000);
    let comment = stage.says(&pull, "ana", &text).await;
    let reply = stage.reply(&pull, &comment).await;
    assert_eq!(reply.matches("**Done** `/check`").count(), 5, "{reply}");
    assert!(
        reply.contains("a comment may have 5 commands, and this is one more (line 6, column 1)"),
        "{reply}"
    );
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_comment_that_github_does_not_find_for_a_moment_is_carried_out_all_the_same() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    stage.github.faults().rest("POST", "/repos/*/reactions").refuse(404, "Not Found").times(1);
    let late = stage.says(&pull, "ana", "/lock staging --reason x").await;
    assert!(stage.reply(&pull, &late).await.starts_with("**Done** `/lock staging"));
    assert_eq!(stage.reactions(&late).await, ["eyes", "+1"]);
    // Its reactions are not found for longer, but it is.
    stage.github.faults().rest("POST", "/repos/*/reactions").refuse(404, "Not Found").times(2);
    let later = stage.says(&pull, "ana", "/unlock staging").await;
    assert!(stage.reply(&pull, &later).await.starts_with("**Done** `/unlock staging`"));
    assert_eq!(stage.reactions(&later).await, ["+1"]);
    stage.end().await;
}

#[tokio::test]
async fn what_came_of_a_command_is_shown_though_github_does_not_find_its_comment_for_a_moment() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    for status in [403, 404, 422] {
        let reaction = stage.github.faults().rest("POST", "/repos/*/reactions");
        reaction.refuse(status, "Try again").after(1).times(1);
        stage.github.faults().rest("POST", "/repos/*/issues/*/comments").refuse(status, "Try again").times(1);
        let comment = stage.says(&pull, "ana", "/lock staging --reason x").await;
        assert_eq!(stage.reactions(&comment).await, ["eyes", "+1"], "{status}");
        assert!(stage.reply(&pull, &comment).await.starts_with("**Done** `/lock staging"), "{status}");
        stage.github.faults().clear();
    }
    stage.end().await;
}

#[tokio::test]
async fn where_the_conversation_is_gone_the_audit_log_answers() {
    let stage = Stage::set().await;
    let issue = stage.store.open_issue("Stocktaking").by("ana").await.unwrap();
    stage.seconds_later(5);
    stage.github.faults().rest("POST", "/repos/*/issues/*/comments").refuse(404, "Not Found");
    stage.github.faults().rest("GET", "/repos/*/issues/*").refuse(410, "This issue was deleted");
    issue.comment("/lock staging --reason stocktaking").by("ana").await.unwrap();
    stage.quiet().await;
    let log = crate::rollback::towpath(&stage, &["audit"]).await;
    assert!(log.words.contains("staging is locked"), "{}", log.words);
    assert_eq!(stage.requests("POST", "/comments"), 2, "it is believed when it is said again");
    stage.end().await;
}
