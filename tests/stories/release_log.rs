//! What is on record of a release, and how deliveries go.

use crate::rollback::towpath;
use crate::shop::merge;
use crate::stage::Stage;

fn holds(told: &str, words: &[&str]) {
    for it in words {
        assert!(told.contains(it), "{it:?} is not in:\n{told}");
    }
}

#[tokio::test]
async fn a_release_is_told_with_its_work_its_people_and_its_deploys() {
    let stage = Stage::set().await;
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  - { name: staging, accepts: [integration] \
                }\n  - { name: production, accepts: [staging], requires: { signoffs: [admin] } }\ncopy: none\ncomment: always\n";
    stage.configure("master", text).await;
    let none = towpath(&stage, &["release", "--repository", "acme/store"]).await;
    assert_eq!(none.code, 2, "{}", none.words());
    stage.merged_topic("feature/cart").await;
    for (from, to) in [("integration", "staging"), ("staging", "production")] {
        stage.carried_out(from).await;
        let pull = stage.store.open_pull(from).into(to).by("rita").await.unwrap();
        stage.quiet().await;
        if to == "production" {
            let signed = stage.says(&pull, "ben", "/signoff staging --note \"orders tried\"").await;
            assert!(stage.reply(&pull, &signed).await.starts_with("**Done**"));
        }
        stage.check(&pull).await;
        stage.all_is_read().await;
        merge(&pull).await.unwrap();
        stage.quiet().await;
    }
    stage.carried_out("production").await;

    let told = towpath(&stage, &["release", "--repository", "acme/store"]).await;
    holds(
        told.words(),
        &[
            "Release #3: staging → production\n",
            "It brought 1 pull request:\n  #1 by ana",
            "  accepted by ben as admin at ",
            ": orders tried\n",
            "Deploy 1: ",
            " went live after ",
        ],
    );
    let staging = towpath(&stage, &["release", "#2", "--repository", "acme/store", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(staging.words()).unwrap();
    assert_eq!((json["from"].as_str(), json["to"].as_str()), (Some("integration"), Some("staging")));
    assert_eq!(json["deploys"][0]["state"], "succeeded");
    let no_release = towpath(&stage, &["release", "1", "--repository", "acme/store"]).await;
    holds(no_release.words(), &["#1 of acme/store is no merged promotion that is on record"]);

    let promotion = stage.store.pulls().into_iter().find(|it| it.number() == 3).unwrap();
    let comment = stage.comment(&promotion).await;
    let words = [
        "<summary>What is on record of this release</summary>\n\n- It brought #1.\n",
        "\n- Accepted by `ben` as `admin`, ",
        ": `orders tried`\n- `Deploy 1: ",
        " went live after ",
    ];
    holds(&comment, &words);

    let stats = towpath(&stage, &["stats", "--repository", "acme/store", "--json"]).await;
    let json: serde_json::Value = serde_json::from_str(stats.words()).unwrap();
    assert_eq!((json["releases"].as_u64(), json["failed"].as_u64()), (Some(1), Some(0)), "{json}");
    assert!(json["lead_time"].as_u64().is_some_and(|it| it < 3_600), "{json}");
    let words = towpath(&stage, &["stats", "--repository", "acme/store"]).await;
    holds(words.words(), &["production, the last 90 days\n", "change failure rate 0 % (0 of 1 failed"]);
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_sign_off_that_was_given_after_a_carried_is_on_record() {
    let stage = crate::hotfixes::shop().await;
    let text = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  - { name: staging, accepts: [integration] \
                }\n  - { name: production, accepts: [staging, hotfixes], requires: { signoffs: [admin] } }\ncopy: none\n";
    stage.configure("master", text).await;
    let hotfix = crate::hotfixes::pushed(&stage, "Cart fails", ("cart.php", "repaired")).await;
    stage.check(&hotfix).await.passes();
    merge(&hotfix).await.unwrap();
    stage.quiet().await;
    let carry = stage.store.pulls().pop().unwrap();
    stage.check(&carry).await.passes();
    carry.close().by("ana").await.unwrap();
    stage.quiet().await;
    stage.merged_topic("feature/wish-list").await;
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.carried_out("staging").await;
    let promotion = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&promotion).await;
    let mended = format!("/carried #{} --in staging --reason rewritten", hotfix.number());
    for (login, text) in [("rita", &*mended), ("ben", "/signoff staging --note \"orders tried\"")] {
        let said = stage.says(&promotion, login, text).await;
        let reply = stage.reply(&promotion, &said).await;
        assert!(reply.starts_with("**Done**"), "{reply}");
    }
    stage.check(&promotion).await;
    merge(&promotion).await.unwrap();
    stage.carried_out("production").await;
    let told = towpath(&stage, &["release", "--repository", "acme/store"]).await;
    let number = promotion.number();
    holds(
        told.words(),
        &[&format!("Release #{number}: "), "accepted by ben as admin at ", ": orders tried\n"],
    );
    crate::hotfixes::ended(stage).await;
}
