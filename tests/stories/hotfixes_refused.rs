//! Hotfixes whose pull requests GitHub refuses for a while.

use crate::hotfixes::{asked, comes_back, contains, ended, pushed, shop};
use crate::shop::{merge, topic};

#[tokio::test]
async fn a_carry_back_that_is_refused_gets_one_branch_and_its_pull_request_later() {
    let stage = shop().await;
    let hotfix = pushed(&stage, "Cart fails", ("cart.php", "repaired")).await;
    stage.check(&hotfix).await.passes();
    let refused = stage.github.faults().rest("POST", "*/pulls").status(403).times(2);
    merge(&hotfix).await.unwrap();
    contains(&comes_back(&stage, &hotfix).await, &["GitHub does not take the carry-back to `integration`"]);
    for name in ["feature/a", "feature/b"] {
        topic(&stage.store, name, "integration").await;
        stage.store.merge(name).into("integration").no_ff().by("ana").await.unwrap();
        stage.quiet().await;
    }
    assert_eq!(refused.hits(), 2);
    let branch = format!("towpath/carry/{}", hotfix.number());
    assert_eq!(stage.store.tip(&format!("{branch}-2")), None, "another branch was made for another pick");
    let carry = stage.store.pulls().pop().unwrap();
    assert_eq!(carry.state().unwrap().head, branch);
    stage.check(&carry).await.passes();
    contains(&comes_back(&stage, &hotfix).await, &["carries this hotfix back"]);
    ended(stage).await;
}

#[tokio::test]
async fn a_hotfix_that_github_does_not_take_is_told_and_opened_at_the_next_push() {
    let stage = shop().await;
    let issue = stage.store.open_issue("Checkout is broken").by("ana").await.unwrap();
    asked(&stage, &issue, ("rita", "/hotfix Cart fails")).await;
    let refused = stage.github.faults().rest("POST", "*/pulls").status(403).times(1);
    let push = async |text: &str| {
        stage.store.commit_on("hotfix/cart-fails").file("cart.php", text).by("ana").await.unwrap();
        stage.quiet().await;
    };
    push("tried").await;
    assert_eq!(refused.hits(), 1);
    let said = asked(&stage, &issue, ("ana", "/where production")).await;
    contains(&said, &["Hotfix `hotfix/cart-fails`", "has no pull request, since GitHub does not take it: "]);
    push("repaired").await;
    assert!(!asked(&stage, &issue, ("ana", "/where production")).await.contains("has no pull request"));
    let hotfix = stage.store.pulls().pop().unwrap();
    stage.check(&hotfix).await.passes();
    ended(stage).await;
}
