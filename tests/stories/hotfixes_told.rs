//! What `/where` and `towpath where` tell of a hotfix, of what carries it back, and of the promotion that waits for it.

use crate::hotfixes::{carried_back, comes_back, contains, ended, pushed, shop};
use crate::rollback::towpath;
use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{Method, PullHandle};

async fn answered(stage: &Stage, pull: &PullHandle, text: &str, words: &[&str]) -> String {
    let comment = stage.says(pull, "ana", text).await;
    let reply = stage.reply(pull, &comment).await;
    contains(&reply, words);
    reply
}

async fn where_is(stage: &Stage, number: u64) -> String {
    let told = towpath(stage, &["where", &format!("#{number}"), "--repository", "acme/store"]).await;
    told.words().to_owned()
}

/// A hotfix that was merged, and the pull request that carries it back.
async fn merged(stage: &Stage) -> (PullHandle, PullHandle) {
    let (hotfix, carry) = carried_back(stage, "Cart fails", "cart.php").await;
    comes_back(stage, &hotfix).await;
    (hotfix, carry)
}

#[tokio::test]
async fn where_tells_what_is_owed_and_where_a_hotfix_is_in_another_form() {
    let stage = shop().await;
    let (hotfix, carry) = merged(&stage).await;
    let (number, carried) = (hotfix.number(), carry.number());
    let owed = format!("Hotfix #{number} (`Cart fails`, by `rita`) of `production` is owed for ");
    let both = format!("on `integration` and `staging`; #{carried} carries it back.");
    for (pull, text) in
        [(&hotfix, "/where".to_owned()), (&carry, "/where".to_owned()), (&carry, format!("/where #{number}"))]
    {
        answered(&stage, pull, &text, &[&owed, &both]).await;
    }
    answered(&stage, &hotfix, "/where", &["| `staging` | ⚠️ owed: not there yet |"]).await;
    let plain = format!("Hotfix #{number} (Cart fails, by rita) of production is owed for ");
    for asked_about in [number, carried] {
        contains(&where_is(&stage, asked_about).await, &[&plain, &format!("#{carried} carries it back.")]);
    }
    let json = towpath(&stage, &["where", &number.to_string(), "--repository", "acme/store", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(json.words()).unwrap();
    assert_eq!(json["hotfixes"][0]["owed_on"], serde_json::json!(["integration", "staging"]), "{json}");
    assert_eq!(json["places"][1]["hotfix"], "owed", "{json}");

    // On the next promotion likewise.
    topic(&stage.store, "feature/wish-list", "integration").await;
    stage.store.merge("feature/wish-list").into("integration").no_ff().by("ana").await.unwrap();
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    let promotion = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&promotion).await;
    answered(&stage, &promotion, "/where", &["is open and goes into `production`", &owed, &both]).await;
    contains(&where_is(&stage, promotion.number()).await, &["is not merged", &plain]);

    // Squashed it is another commit, and the same hotfix.
    carry.merge(Method::Squash).by("rita").await.unwrap();
    stage.quiet().await;
    comes_back(&stage, &hotfix).await;
    let said = answered(&stage, &hotfix, "/where", &[&owed, "on `staging`; "]).await;
    assert!(said.contains("| `integration` | ⏳ waits for the end of deploy "), "{said}");
    assert!(said.contains("| `staging` | ⚠️ owed: not there yet |"), "{said}");
    stage.check(&promotion).await;
    ended(stage).await;
}

#[tokio::test]
async fn where_tells_of_one_that_was_carried_by_hand_and_of_one_that_was_taken_back() {
    let stage = shop().await;
    let (hotfix, carry) = merged(&stage).await;
    carry.close().by("ana").await.unwrap();
    stage.quiet().await;
    let repair = stage.store.tip("hotfix/cart-fails").unwrap();
    let by_hand = stage.store.commit_on("by-hand").from("integration").file("cart.php", "repaired, too");
    let message = format!("Cart fails\n\n(cherry picked from commit {repair})");
    by_hand.message(&message).by("ana").await.unwrap();
    stage.store.merge("by-hand").into("integration").no_ff().by("ana").await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["* `integration`: has it, by the message of "]);
    let there = "| `integration` | ⚠️ there by the message of ";
    answered(&stage, &hotfix, "/where", &[there, "| `staging` | ⚠️ owed: not there yet |"]).await;

    let picked = stage.store.tip("by-hand").unwrap();
    let revert = stage.store.commit_on("integration").without("cart.php");
    revert.message(&format!("Revert\n\nThis reverts commit {picked}.")).by("ana").await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["`integration`: **owed again**"]);
    let again = ["| `integration` | ⚠️ owed again: ", " has taken it back |"];
    answered(&stage, &hotfix, "/where", &again).await;
    let number = hotfix.number();
    let mended = format!("/carried #{number} --in integration --reason rewritten");
    let comment = stage.says(&hotfix, "rita", &mended).await;
    contains(&stage.reply(&hotfix, &comment).await, &["**Done**"]);
    comes_back(&stage, &hotfix).await;
    answered(&stage, &hotfix, "/where", &["| `integration` | ✅ mended in another way, says rita |"]).await;
    ended(stage).await;
}

#[tokio::test]
async fn where_does_not_call_owed_what_was_taken_back_where_it_had_gone_in() {
    let stage = shop().await;
    let (hotfix, carry) = merged(&stage).await;
    let made = stage.store.tip("production").unwrap();
    let revert = stage.store.commit_on("production").without("cart.php");
    let message = format!("Revert\n\nThis reverts commit {made}, reversing\nchanges made to {made}.");
    revert.message(&message).by("rita").await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["It is owed no more."]);
    comes_back(&stage, &carry).await;
    let said = answered(&stage, &hotfix, "/where", &["| `staging` | · not there yet |"]).await;
    assert!(!said.contains("owed"), "{said}");
    let number = hotfix.number();
    assert!(!where_is(&stage, number).await.contains("owed"));
    let json = towpath(&stage, &["where", &number.to_string(), "--repository", "acme/store", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(json.words()).unwrap();
    assert_eq!(json["hotfixes"], serde_json::json!([]), "{json}");
    assert_eq!(json["places"][1]["hotfix"], serde_json::Value::Null, "{json}");
    ended(stage).await;
}

#[tokio::test]
async fn where_follows_a_commit_of_a_hotfix_in_its_other_forms_when_it_is_home() {
    let stage = shop().await;
    let hotfix = pushed(&stage, "Cart fails", ("cart.php", "tried")).await;
    let first = stage.store.tip("hotfix/cart-fails").unwrap();
    stage.store.commit_on("hotfix/cart-fails").file("cart.php", "repaired").by("ana").await.unwrap();
    stage.check(&hotfix).await.passes();
    merge(&hotfix).await.unwrap();
    stage.quiet().await;
    let carry = stage.store.pulls().pop().unwrap();
    stage.check(&carry).await.passes();
    carry.merge(Method::Squash).by("rita").await.unwrap();
    stage.quiet().await;
    let asked = format!("/where {first}");
    let there = async || {
        let said = answered(&stage, &hotfix, &asked, &["| `integration` | ", "| `staging` | "]).await;
        said.lines().filter(|line| line.contains("not there")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(there().await, ["| `staging` | ⚠️ owed: not there yet |  |"]);
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.store.merge("staging").into("production").no_ff().by("rita").await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["This hotfix is home"]);
    assert!(there().await.is_empty());
    ended(stage).await;
}
