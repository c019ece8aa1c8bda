//! How many calls to GitHub's REST API a command costs: reactions and the reply are few, and what it asks is little.

use crate::calls::Count;
use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::{Exchange, PullHandle};

/// What a command costs.
struct Cost {
    /// Reactions and writes of the reply.
    words: usize,
    /// All calls.
    calls: usize,
}

/// Reactions and writes of replies since the records were forgotten, and all calls about the repository.
fn cost(stage: &Stage) -> Cost {
    let exchanges = stage.github.exchanges();
    let is_reply = |it: &Exchange| {
        let text = it.request_body.as_ref().and_then(|body| body["body"].as_str());
        it.method != "GET" && text.is_some_and(|text| text.contains("<!-- towpath:reply:"))
    };
    let words = exchanges.iter().filter(|it| it.path.ends_with("/reactions") || is_reply(it)).count();
    Cost { words, calls: exchanges.iter().filter(|it| it.path.starts_with("/repos/")).count() }
}

async fn asked(stage: &Stage, pull: &PullHandle, login: &str, text: &str) -> Cost {
    stage.github.forget_records();
    let comment = stage.says(pull, login, text).await;
    assert!(!stage.reply(pull, &comment).await.contains("**Refused**"), "{text}");
    cost(stage)
}

/// Gives each command once. Those that are answered at once, then those that are followed to their end.
async fn commands() -> (Vec<(&'static str, Cost)>, Vec<(&'static str, Cost)>) {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/late", "staging").await;
    let late = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    stage.check(&late).await.fails();
    stage.comment(&late).await;
    let mut at_once = Vec::new();
    for (login, text) in AT_ONCE {
        at_once.push((text, asked(&stage, &late, login, text).await));
    }
    let mut followed = Vec::new();
    for (login, text) in FOLLOWED {
        stage.github.forget_records();
        let comment = stage.says(&late, login, text).await;
        stage.carried_out("integration").await;
        assert!(stage.reply(&late, &comment).await.starts_with("**Done**"), "{text}");
        followed.push((text, cost(&stage)));
        stage.merged_topic(&format!("feature/{}", followed.len())).await;
        stage.carried_out("integration").await;
    }
    (at_once, followed)
}

const AT_ONCE: [(&str, &str); 10] = [
    ("ana", "/help"),
    ("ana", "/why"),
    ("ana", "/where production"),
    ("ana", "/check"),
    ("ana", "/lock staging --reason test"),
    ("ana", "/unlock staging"),
    ("rita", "/override TP201 --reason known"),
    ("ana", "/sync"),
    ("ana", "/rebuild"),
    ("ana", "/retarget staging"),
];

const FOLLOWED: [(&str, &str); 2] =
    [("ana", "/deploy integration"), ("rita", "/rollback integration --reason broken")];

/// What each command costs in all, for the bench.
pub async fn counted() -> Vec<Count> {
    let (at_once, followed) = commands().await;
    at_once.into_iter().chain(followed).map(|(text, cost)| (text, cost.calls)).collect()
}

#[tokio::test]
async fn a_command_costs_three_writes_or_six_if_it_is_followed() {
    let (at_once, followed) = commands().await;
    for (text, cost) in at_once {
        assert!(cost.words <= 3, "{text}: {} writes", cost.words);
    }
    for (text, cost) in followed {
        assert!(cost.words <= 6, "{text}: {} writes", cost.words);
    }
}

/// Who it is, and where things are, is asked once; what is done costs what it costs.
#[tokio::test]
async fn a_command_asks_github_little() {
    for (text, calls) in counted().await {
        assert!(calls <= 10, "{text}: {calls} calls");
    }
}

/// GitHub takes 80 requests that make content in a minute, and 500 in an hour.
#[tokio::test]
async fn two_hundred_commands_in_forty_comments_stay_below_what_github_takes() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.github.forget_records();
    for _ in 0..40 {
        let text =
            "/lock staging --reason a\n/unlock staging\n/lock staging --reason b\n/unlock staging\n/check";
        let comment = stage.says(&pull, "ana", text).await;
        assert_eq!(stage.reply(&pull, &comment).await.matches("**Done**").count(), 5);
    }
    let words = cost(&stage).words;
    assert!(words <= 500, "{words} in an hour");
    stage.check(&pull).await.passes();
    stage.end().await;
}
