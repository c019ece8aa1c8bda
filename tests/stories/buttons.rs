//! The buttons on a check: each acts once, and only for people with the right to write.

use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::Permission;

#[tokio::test]
async fn retarget_sends_a_pull_request_where_it_belongs() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    pull.check("towpath: production").unwrap().press("retarget", "ana").await.unwrap();
    stage.quiet().await;
    assert_eq!(pull.state().unwrap().base, "integration");
    let retired = stage.check_named(&pull, "towpath: production").await;
    retired.is("cancelled", "No longer checked: #1 now goes into integration");
    stage.check(&pull).await.passes();
    assert!(
        stage
            .comment(&pull)
            .await
            .contains("**Retarget**, pressed by `ana`, done: `changed the base to integration`")
    );
    stage.end().await;
}

#[tokio::test]
async fn who_may_only_read_retargets_nothing() {
    let stage = Stage::set().await;
    stage.store.allow("gast", Permission::Read);
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    pull.check("towpath: production").unwrap().press("retarget", "gast").await.unwrap();
    stage.quiet().await;
    assert_eq!(pull.state().unwrap().base, "production");
    stage.check(&pull).await.fails();
    let said = stage.comment(&pull).await;
    assert!(
        said.contains("pressed by `gast`, not done: `it takes the role write, and gast has the role read`"),
        "{said}"
    );
    stage.end().await;
}

#[tokio::test]
async fn what_github_does_not_allow_is_said_to_whoever_pressed() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    // Installed before the App asked for the right to write contents.
    let mut app = crate::shop::app_config();
    app.permissions.insert("contents".to_owned(), "read".to_owned());
    stage.app.change(app.permissions, app.events);
    stage.installation.accept_new_permissions().await.unwrap();
    pull.check("towpath: integration").unwrap().press("rebuild", "ana").await.unwrap();
    stage.check(&pull).await.fails();
    let said = stage.comment(&pull).await;
    assert!(said.contains("The permissions requested are not granted to this installation"), "{said}");
    assert_eq!(stage.store.pulls().len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn rebuild_makes_a_clean_branch_and_a_pull_request_once() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    pull.check("towpath: integration").unwrap().press("rebuild", "ana").await.unwrap();
    stage.quiet().await;
    let made = stage.store.pulls().into_iter().find(|it| it.number() != pull.number()).unwrap();
    let opened = made.state().unwrap();
    assert_eq!((opened.head.as_str(), opened.base.as_str()), ("feature/cart-on-integration", "integration"));
    stage.check(&made).await.passes();
    stage.check(&pull).await.fails();
    let said = stage.comment(&pull).await;
    let done = format!("made the branch feature/cart-on-integration and opened #{} from it", made.number());
    assert!(said.contains(&done), "{said}");
    pull.check("towpath: integration").unwrap().press("rebuild", "ben").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.store.pulls().len(), 2);
    stage.end().await;
}

/// What a fork brings would be a branch of this repository, and its workflows would run it with secrets.
#[tokio::test]
async fn nothing_of_a_fork_is_made_a_branch_here() {
    let stage = Stage::set().await;
    let fork = stage.store.fork("mallory").await.unwrap();
    topic(&fork, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("mallory:feature/cart").into("integration").by("mallory").await.unwrap();
    let said = stage.check(&pull).await.fails();
    let buttons: Vec<&str> = said.0.buttons.iter().map(|it| it.identifier.as_str()).collect();
    assert_eq!(buttons, ["recheck"]);
    stage.comment(&pull).await;
    let before = stage.store.refs();
    pull.check("towpath: integration").unwrap().press_late("rebuild", "ana").await.unwrap();
    stage.check(&pull).await.fails();
    let said = stage.comment(&pull).await;
    assert!(said.contains("pressed by `ana`, not done: `it comes from a fork"), "{said}");
    assert_eq!((stage.store.refs(), stage.store.pulls().len()), (before, 1));

    // One that is gone is from elsewhere still.
    stage.store.delete_fork("mallory").await.unwrap();
    stage.quiet().await;
    pull.reopen().by("ana").await.ok();
    let refs = stage.store.refs();
    pull.check("towpath: integration").unwrap().press_late("rebuild", "ana").await.unwrap();
    stage.quiet().await;
    assert_eq!((stage.store.refs(), stage.store.pulls().len()), (refs, 1));
    stage.check(&pull).await;
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn retarget_sends_a_forks_pull_request_where_it_belongs() {
    let stage = Stage::set().await;
    let fork = stage.store.fork("mallory").await.unwrap();
    topic(&fork, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("mallory:feature/cart").into("production").by("mallory").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    pull.check("towpath: production").unwrap().press("retarget", "ana").await.unwrap();
    stage.quiet().await;
    stage.check(&pull).await.passes();
    stage
        .check_named(&pull, "towpath: production")
        .await
        .is("cancelled", "No longer checked: #1 now goes into integration");
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn rebuild_changes_nothing_where_it_would_conflict() {
    let stage = Stage::set().await;
    for (branch, from, text) in [
        ("staging", "staging", "staging's\n"),
        ("feature/price", "staging", "the topic's\n"),
        ("integration", "integration", "integration's\n"),
    ] {
        stage.store.commit_on(branch).from(from).file("price.txt", text).by("ana").await.unwrap();
    }
    stage.quiet().await;
    let pull = stage.store.open_pull("feature/price").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let before = stage.store.refs();
    pull.check("towpath: integration").unwrap().press("rebuild", "ana").await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.store.refs(), before);
    stage.check(&pull).await.fails();
    let said = stage.comment(&pull).await;
    assert!(said.contains("conflicts with integration in price.txt; nothing was changed"), "{said}");
    stage.end().await;
}
