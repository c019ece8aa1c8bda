//! `/hotfix TITLE`: any title, and the same title once more.

use crate::hotfixes::{asked, contains, ended, shop};

#[tokio::test]
async fn the_same_title_again_names_the_one_that_is_open_and_a_second_one_is_made_on_purpose() {
    let stage = shop().await;
    let issue = stage.store.open_issue("Checkout is broken").by("ana").await.unwrap();
    asked(&stage, &issue, ("rita", "/hotfix Cart fails")).await;
    let open = "`hotfix/cart-fails` is the branch of this hotfix, for which `rita` has asked here.";
    let again = "For a second one of this title, write `/hotfix cart FAILS --another`.";
    let said = asked(&stage, &issue, ("rita", "/hotfix cart FAILS")).await;
    contains(&said, &["**Refused**", open, "Its pull request is opened at the first push.", again]);
    assert_eq!(stage.store.tip("hotfix/cart-fails-2"), None);
    let elsewhere = stage.store.open_issue("The cart again").by("ana").await.unwrap();
    let said = asked(&stage, &elsewhere, ("rita", "/hotfix Cart fails")).await;
    contains(&said, &["**Refused**", &format!("has asked in #{}.", issue.number())]);
    let said = asked(&stage, &issue, ("rita", "/hotfix Cart fails --another")).await;
    contains(&said, &["**Done**", "`hotfix/cart-fails-2` is cut from"]);
    assert!(stage.store.tip("hotfix/cart-fails-2").is_some());
    ended(stage).await;
}

#[tokio::test]
async fn a_title_is_any_text_and_its_branch_can_be_told_from_others() {
    let stage = shop().await;
    let issue = stage.store.open_issue("Something is broken").by("ana").await.unwrap();
    let number = issue.number();
    for (title, branch) in [
        ("Checkout — fails “sometimes”", "hotfix/checkout-fails-sometimes"),
        ("Don't \"round --half-up\" prices", "hotfix/don-t-round-half-up-prices"),
        ("カートが壊れている", &format!("hotfix/{number}")),
        ("Σφάλμα 404", &format!("hotfix/{number}-404")),
    ] {
        let said = asked(&stage, &issue, ("rita", &format!("/hotfix {title}"))).await;
        contains(&said, &["**Done**", &format!("`{branch}` is cut from")]);
    }
    // Quotation marks around all of it are none of it.
    asked(&stage, &issue, ("rita", "/hotfix \"Menu is gone\"")).await;
    stage.store.commit_on("hotfix/menu-is-gone").file("menu.php", "x").by("ana").await.unwrap();
    stage.quiet().await;
    let pull = stage.store.pulls().pop().unwrap();
    assert_eq!(pull.state().unwrap().title, "Menu is gone");
    let said = asked(&stage, &issue, ("rita", "/hotfix —")).await;
    contains(&said, &["TITLE says nothing"]);
    ended(stage).await;
}
