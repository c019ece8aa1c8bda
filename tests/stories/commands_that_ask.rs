//! Commands that ask and change nothing: `/help`, `/why`, `/where`.

use crate::rollback::towpath;
use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::{CommentHandle, IssueHandle, Permission, PullHandle};

/// A configuration in which commands have a prefix.
const PREFIXED: &str =
    "version: 1\ncommand_prefix: tp-\ncommands: { deploy: { staging: [admin, \"team:qa\"] } }\n";

async fn open_topic(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

/// One that carries what it should not.
async fn failing_topic(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    pull
}

impl Stage {
    /// Somebody asks on a pull request, and gets 👍 and this reply.
    async fn asked(&self, pull: &PullHandle, login: &str, text: &str) -> String {
        let comment = self.says(pull, login, text).await;
        let reply = self.reply(pull, &comment).await;
        assert_eq!(self.reactions(&comment).await, ["eyes", "+1"], "{reply}");
        reply
    }

    /// The same on an issue; with the reactions.
    async fn asked_on(&self, issue: &IssueHandle, text: &str) -> (Vec<String>, String) {
        self.seconds_later(5);
        let comment: CommentHandle = issue.comment(text).by("ana").await.unwrap();
        self.quiet().await;
        let marker = format!("<!-- towpath:reply:comment-{} -->", comment.id());
        let mut replies = issue.comments();
        replies.retain(|it| it.body.contains(&marker));
        assert_eq!(replies.len(), 1, "{replies:?}");
        (self.reactions(&comment).await, replies.remove(0).body)
    }
}

fn holds(reply: &str, words: &[&str]) {
    for it in words {
        assert!(reply.contains(it), "{it:?} is not in:\n{reply}");
    }
}

#[tokio::test]
async fn help_tells_what_you_may_do_and_the_rest_with_the_reason() {
    let stage = Stage::set().await;
    stage.store.allow("gast", Permission::Read);
    let pull = open_topic(&stage).await;
    let ana = stage.asked(&pull, "ana", "/help").await;
    holds(
        &ana,
        &[
            "**Done** `/help`: you may give ",
            "| `/check` | judges the pull request once more |",
            "points at, also if that was deployed before; you: only for `integration` and `staging` |",
            "Here you have the role `write`.",
            "* `/resume ENV --reason TEXT` is for whoever has the role `maintain` or a higher one.",
            "* `/cancel ENV` for `production` is for whoever has the role `maintain` or a higher one.",
        ],
    );
    let gast = stage.asked(&pull, "gast", "/help").await;
    holds(
        &gast,
        &[
            "| `/check` |",
            "* `/cancel ENV` for `integration` and `staging` is for whoever has the role `write`",
        ],
    );
    assert!(!gast.contains("| To act |"), "{gast}");
    let rita = stage.asked(&pull, "rita", "/help").await;
    assert!(rita.starts_with("**Done** `/help`: you may give every command here."), "{rita}");
    stage.end().await;
}

#[tokio::test]
async fn help_on_one_command_tells_who_may_by_the_configuration() {
    let stage = Stage::set().await;
    stage.configure("master", PREFIXED).await;
    let pull = open_topic(&stage).await;
    for text in ["/tp-help deploy", "/tp-help tp-deploy", "@towpath help /tp-deploy"] {
        let reply = stage.asked(&pull, "ana", text).await;
        holds(
            &reply,
            &[
                "it deploys what ENV's branch points at, also if that was deployed before. You may give it for \
                 `integration`.",
                "```\n/tp-deploy ENV [--reason TEXT] [--head SHA]\n```",
                "| `--head SHA` | only if ENV's branch is still at this commit |",
                "It works on pull requests; issues if you name what you mean.",
                "Who may give it: for `integration`: whoever has the role `write` or a higher one; for `staging`: whoever \
                 has the role `admin`; members of the team `qa`; for `production`: whoever has the role `maintain`",
            ],
        );
    }
    let comment = stage.says(&pull, "ana", "/tp-help deplyo").await;
    assert_eq!(stage.reactions(&comment).await, ["eyes", "confused"]);
    holds(&stage.reply(&pull, &comment).await, &["there is no command", "did you mean `/tp-deploy`?"]);
    let comment = stage.says(&pull, "ana", "/help").await;
    assert_eq!(stage.reactions(&comment).await, Vec::<String>::new(), "it is somebody else's");
    stage.end().await;
}

#[tokio::test]
async fn why_tells_the_verdict_at_length_and_what_the_rule_says() {
    let stage = Stage::set().await;
    stage.store.allow("gast", Permission::Read);
    let pull = failing_topic(&stage).await;
    let check = stage.check(&pull).await.fails();
    let reply = stage.asked(&pull, "gast", "/why").await;
    let (first_screen, _) = check.summary().split_once("<details>").unwrap();
    holds(
        &reply,
        &[
            "**Done** `/why`: For `integration`, the check fails. It found TP201.",
            "**Carries `staging`'s history: 1 foreign commit**",
            first_screen,
            "#### Drawing, with the commits in question marked\n\n```mermaid\n",
        ],
    );
    assert!(!reply.contains("<details>"), "{reply}");
    let rule = stage.asked(&pull, "gast", "/why tp201").await;
    holds(
        &rule,
        &[
            "this pull request has this finding: Carries `staging`'s history: 1 foreign commit.",
            "Why it matters: ",
            "How to repair: ",
            "/docs/findings.md#tp201)",
        ],
    );
    let other = stage.asked(&pull, "gast", "/why TP302").await;
    holds(&other, &["does not have this finding", "[TP502](https://"]);
    pull.close().by("ana").await.unwrap();
    stage.quiet().await;
    let closed = stage.asked(&pull, "ana", "/why").await;
    holds(
        &closed,
        &["The pull request is closed; this was its last verdict.", "**Carries `staging`'s history"],
    );
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn an_edit_that_adds_a_question_is_answered_in_the_same_reply() {
    let stage = Stage::set().await;
    let pull = open_topic(&stage).await;
    let comment = stage.says(&pull, "ana", "/check").await;
    stage.reply(&pull, &comment).await;
    stage.seconds_later(5);
    comment.edit("/check\n\n/why\n\n/deploy staging", None).await.unwrap();
    let reply = stage.reply(&pull, &comment).await;
    holds(
        &reply,
        &[
            "**Done** `/check`: ",
            "**Done** `/why`: For `integration`, the check passes.",
            "**Refused** `/deploy staging`: nothing was deployed. An edit gives no commands that act",
        ],
    );
    assert_eq!(stage.reactions(&comment).await, ["eyes", "+1", "-1"]);
    assert!(stage.deployments("staging").await.is_empty());
    stage.seconds_later(5);
    comment.edit("/why TP201", Some("rita")).await.unwrap();
    assert_eq!(stage.reply(&pull, &comment).await, reply, "who edits somebody else's comment asks nothing");
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn where_follows_a_pull_request_and_its_commits() {
    let stage = Stage::set().await;
    let merged = stage.merged_topic("feature/first").await;
    let pull = open_topic(&stage).await;
    let open = stage.asked(&pull, "ana", "/where").await;
    let number = pull.number();
    holds(
        &open,
        &[&format!(
            "#{number}` is open and goes into `integration`; no environment has it.\n\nFor `integration`, the check passes."
        )],
    );
    let tip = stage.store.tip("integration").unwrap();
    for text in
        [format!("/where #{}", merged.number()), format!("/where {}", &tip[..7]), format!("/where {tip}")]
    {
        let there = stage.asked(&pull, "ana", &text).await;
        holds(&there, &["| Where | State | Since |", "| `staging` | · not there yet |  |"]);
        assert!(!there.contains("| `integration` | · not there yet"), "{there}");
        let subject = text.split_once(' ').unwrap().1;
        let told = towpath(&stage, &["where", subject, "--repository", "acme/store"]).await;
        holds(told.words(), &["\nstaging      not there yet\n"]);
    }
    let head = stage.store.tip("feature/cart").unwrap();
    let nowhere = stage.asked(&pull, "ana", &format!("/where {}", &head[..10])).await;
    holds(&nowhere, &["| `integration` | · not there yet |"]);
    for (text, why) in
        [("/where #4711", "does not know `#4711`"), ("/where 0123456789", "begins with `0123456789`")]
    {
        let comment = stage.says(&pull, "ana", text).await;
        holds(&stage.reply(&pull, &comment).await, &["**Refused** `/where ", "nothing was looked up. ", why]);
    }
    pull.close().by("ana").await.unwrap();
    stage.quiet().await;
    let closed = stage.asked(&pull, "ana", "/where").await;
    holds(&closed, &["was closed without a merge, so no environment has it."]);
    stage.read(&pull);
    stage.read(&merged);
    stage.end().await;
}

#[tokio::test]
async fn where_tells_what_runs_in_an_environment_also_on_an_issue() {
    let stage = Stage::set().await;
    let pull = stage.merged_topic("feature/first").await;
    let issue = stage.store.open_issue("What runs where?").by("ana").await.unwrap();
    let (_, before) = stage.asked_on(&issue, "/where integration").await;
    holds(&before, &["no deploy to `integration` is known to have succeeded.", "* On its way is "]);
    let deployment = stage.deployments("integration").await.remove(0);
    for state in ["in_progress", "success"] {
        stage.later();
        deployment.status(state).by("deployer").await.unwrap();
        stage.quiet().await;
    }
    let tip = stage.store.tip("integration").unwrap();
    let (reactions, runs) = stage.asked_on(&issue, "/where Integration").await;
    assert_eq!(reactions, ["eyes", "+1"]);
    holds(&runs, &[&format!("`integration` runs `{}` since ", &tip[..9]), ", by deploy 1."]);
    let told = towpath(&stage, &["where", "INTEGRATION", "--repository", "acme/store"]).await;
    holds(told.words(), &[&format!("integration runs {} since ", &tip[..9]), ", by deploy 1."]);
    let (reactions, refused) = stage.asked_on(&issue, "/where").await;
    assert_eq!(reactions, ["eyes", "-1"]);
    holds(&refused, &["This is an issue; write it on a pull request, or name what you ask about."]);
    let (_, refused) = stage.asked_on(&issue, "/why").await;
    holds(&refused, &["This is an issue; write it on a pull request, or name what you ask about."]);
    // What is named is not about where it is written.
    let (_, rule) = stage.asked_on(&issue, "/why TP201").await;
    holds(&rule, &["**Done** `/why TP201`: this is what `TP201` says."]);
    let (_, there) = stage.asked_on(&issue, "/where #1").await;
    holds(&there, &["**Done** `/where #1`: `#1` is merged into `integration`.", "| Where | State | Since |"]);
    let (_, copy) = stage.asked_on(&issue, "/where master").await;
    holds(&copy, &["**Done** `/where master`: `master` is at `"]);
    let (_, nothing) = stage.asked_on(&issue, "/where #0").await;
    holds(&nothing, &["there is no environment", "#0"]);
    let (_, help) = stage.asked_on(&issue, "/help").await;
    holds(&help, &["| `/where [ENV\\|SHA\\|#N]` |", "* `/check` works on open pull requests."]);
    stage.read(&pull);
    stage.end().await;
}

/// Where a promotion comes from never gets the commit that its merge has made.
#[tokio::test]
async fn a_promotion_is_where_it_comes_from_as_well() {
    let stage = Stage::set().await;
    stage.merged_topic("feature/first").await;
    let promotion = stage.store.open_pull("integration").into("staging").by("rita").await.unwrap();
    stage.check(&promotion).await;
    stage.all_is_read().await;
    crate::shop::merge(&promotion).await.unwrap();
    stage.quiet().await;
    let there = stage.asked(&promotion, "ana", "/where").await;
    holds(&there, &["`#2` is merged into `staging`.", "| `production` | · not there yet |"]);
    assert!(!there.contains("| `integration` | · not there yet"), "{there}");
    assert!(!there.contains("| `staging` | · not there yet"), "{there}");
    let told = towpath(&stage, &["where", "#2", "--repository", "acme/store"]).await;
    assert!(!told.words().contains("integration  not there yet"), "{}", told.words());
    stage.all_is_read().await;
    stage.end().await;
}
