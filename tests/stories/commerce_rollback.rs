//! Rollbacks where the platform deploys by its own integration: a pull request with the old files, which somebody merges.

use crate::commerce_cloud::{BUILDS, DEPLOYS, ENDS, Shop};
use crate::rollback::towpath;
use crate::shop::{merge, topic};
use towpath_sandbox::platform::{ActivityHandle, ActivityState, Ending, Role};
use towpath_sandbox::{CommentHandle, PullHandle};

const PATH: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics], deploy: { driver: none } }\n  \
    - { name: staging, accepts: [integration], deploy: { driver: none } }\n  \
    - { name: production, accepts: [staging], deploy: { driver: commerce-cloud, timeout: 30m } }\ncopy: none\n";
const ON_PRODUCTION: [&str; 6] =
    ["production", "--repository", "acme/store", "--reason", "checkout is broken", "--json"];

impl Shop {
    /// A shop whose production is deployed by the platform's integration.
    async fn with_production() -> Self {
        let shop = Self::with(Role::Admin, &["production"], ["production"; 2]).await;
        shop.project.integrate();
        shop.stage.configure("master", PATH).await;
        shop
    }

    /// Brings a topic to production by promotions. Answers its pull request, and what the platform does then.
    async fn promoted(&self, name: &str) -> (PullHandle, ActivityHandle) {
        let store = &self.stage.store;
        topic(store, name, "integration").await;
        let mut first = None;
        for (from, into) in [(name, "integration"), ("integration", "staging"), ("staging", "production")] {
            let pull = store.open_pull(from).into(into).by("rita").await.unwrap();
            self.stage.check(&pull).await.passes();
            merge(&pull).await.unwrap();
            self.stage.quiet().await;
            first.get_or_insert(pull);
        }
        (first.unwrap(), self.fetched().await)
    }

    /// The same, and the deploy ends well.
    async fn released(&self, name: &str) -> PullHandle {
        let (pull, activity) = self.promoted(name).await;
        self.carries_out(&activity).await;
        pull
    }

    async fn carries_out(&self, activity: &ActivityHandle) {
        activity.starts().unwrap().says(BUILDS);
        self.minutes_later(2).await;
        activity.says(DEPLOYS);
        self.minutes_later(3).await;
        activity.says(ENDS);
        activity.ends(Ending::success()).unwrap();
        let line = self.next_line().await;
        assert!(line.starts_with("success: "), "{line}");
    }

    async fn asks_back(&self, pull: &PullHandle) -> String {
        let comment: CommentHandle =
            self.stage.says(pull, "rita", "/rollback production --reason \"checkout is broken\"").await;
        self.stage.reply(pull, &comment).await
    }

    /// The newest pull request.
    fn newest(&self) -> PullHandle {
        self.stage.store.pulls().into_iter().max_by_key(PullHandle::number).unwrap()
    }
}

#[tokio::test]
async fn a_rollback_by_integration_is_a_pull_request_with_the_old_files_and_a_hold() {
    let shop = Shop::with_production().await;
    let (stage, store) = (&shop.stage, &shop.stage.store);
    shop.released("feature/good").await;
    let good = store.tip("production").unwrap();
    let bad = shop.released("feature/bad").await;
    let bad_tip = store.tip("production").unwrap();
    let reply = shop.asks_back(&bad).await;
    let back = shop.newest();
    let number = back.number();
    assert!(reply.starts_with("**Refused** `/rollback production"), "{reply}");
    for words in [
        "Whoever deploys production brings what its branch has and nothing older",
        &format!("#{number} gives production the files of {} again", &good[..9]),
        "production is held from now on",
        "`/resume production --reason \"…\"` lifts the hold",
    ] {
        assert!(reply.contains(words), "{words}: {reply}");
    }
    let opened = back.state().unwrap();
    assert_eq!((opened.base.as_str(), opened.author.as_str()), ("production", "towpath[bot]"));
    assert_eq!(opened.title, format!("Roll production back to {}", &good[..9]));
    let body = opened.body.unwrap();
    assert!(body.contains(&format!("It takes back #{}", bad.number())), "{body}");

    // Asked twice, by the command line too, nothing more is made.
    let said = towpath(stage, &[&["rollback"], &ON_PRODUCTION[..]].concat()).await;
    assert_eq!(said.code, 6, "{}", said.words);
    assert!(said.words.contains(&format!("#{number} gives production")), "{}", said.words);
    assert!(said.words.contains("towpath hold lift --repository acme/store"), "{}", said.words);
    shop.asks_back(&bad).await;
    assert_eq!(shop.newest().number(), number);
    let shown = towpath(stage, &["hold", "show", "production", "--repository", "acme/store"]).await.words;
    assert!(shown.contains(&format!("#{number} does that once somebody merges it")), "{shown}");

    // The hold keeps promotions out and lets this one in.
    topic(store, "feature/next", "integration").await;
    for (from, into) in [("feature/next", "integration"), ("integration", "staging")] {
        let pull = store.open_pull(from).into(into).by("rita").await.unwrap();
        stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
    }
    let next = store.open_pull("staging").into("production").by("rita").await.unwrap();
    let held = format!("Held: production is to go back to {}", &good[..9]);
    stage.check(&next).await.is("action_required", &held).says(&format!("Merge #{number}"));
    let check = stage.check(&back).await;
    check.is("success", &format!("Rolls production back to {}", &good[..9]));
    assert_eq!(store.tip("production").unwrap(), bad_tip);
    merge(&back).await.unwrap();
    stage.quiet().await;

    // Its deploy is the rollback.
    let made = stage.deployments("production").await.pop().unwrap();
    assert_eq!((made.sha(), &made.payload()["rollback"]), (store.tip("production").unwrap(), &true.into()));
    let of_good = &stage.deployments("production").await[0];
    assert_eq!((of_good.sha(), &of_good.payload()["tree"]), (good.clone(), &made.payload()["tree"]));
    let going = shop.fetched().await;
    shop.carries_out(&going).await;
    let told =
        towpath(stage, &["where", &bad.number().to_string(), "--repository", "acme/store"]).await.words;
    assert!(told.contains("production   rolled back: "), "{told}");
    let comment = stage.comment(&bad).await;
    assert!(comment.contains("rolled back"), "{comment}");
    // For git what was taken back stays merged: the promotion alone does not bring it again.
    let check = stage.check(&next).await.is("failure", "Not what was tested: staging → production");
    check.says(&format!("Held: `production` was rolled back to `{}`", &good[..9]));
    let again = shop.asks_back(&bad).await;
    assert!(again.contains(&format!("Production was rolled back to {} and is held", &good[..9])), "{again}");
    let comment = stage.says(&bad, "rita", "/resume production --reason \"repaired in #9\"").await;
    let reply = stage.reply(&bad, &comment).await;
    assert!(reply.starts_with("**Done** `/resume production"), "{reply}");
    let next = stage.check(&next).await;
    let next = next.is("failure", "Not what was tested: staging → production");
    next.says("Merge `production` back into `integration`").says("is a revert, that also removes");
    assert_eq!(shop.platform.count("POST", "/redeploy"), 0);
    shop.end().await;
}

#[tokio::test]
async fn anything_else_than_what_was_prepared_is_judged_as_before() {
    let shop = Shop::with_production().await;
    let (stage, store) = (&shop.stage, &shop.stage.store);
    shop.released("feature/good").await;
    let bad = shop.released("feature/bad").await;
    shop.asks_back(&bad).await;
    let first = shop.newest();
    stage.check(&first).await.passes();
    let branch = first.state().unwrap().head;

    // A commit more on its branch is other work, and so is a branch that only has such a name.
    store.commit_on(&branch).file("more.txt", "more\n").by("ben").await.unwrap();
    stage.check(&first).await.fails().says("TP101");
    store
        .commit_on("towpath/rollback/other")
        .from("production")
        .file("own.txt", "x\n")
        .by("ben")
        .await
        .unwrap();
    let other = store.open_pull("towpath/rollback/other").into("production").by("ben").await.unwrap();
    stage.check(&other).await.fails();

    // Asked again, it is made anew beside that.
    shop.asks_back(&bad).await;
    let second = shop.newest();
    assert_eq!(second.state().unwrap().head, format!("{branch}-2"));
    stage.check(&second).await.passes();
    assert!(!first.state().unwrap().open, "one is enough");

    // Somebody moves production on: what was prepared would give other files now.
    store.commit_on("production").file("urgent.txt", "now\n").by("ben").await.unwrap();
    let check = stage.check(&second).await;
    check.is("failure", "Out of date: production has moved on").says("/rollback production --reason");
    shop.asks_back(&bad).await;
    let third = shop.newest();
    stage.check(&third).await.passes();
    assert!(!second.state().unwrap().open && third.state().unwrap().open);
    stage.check(&second).await;

    // Nobody wants it any more.
    let comment = stage.says(&bad, "rita", "/resume production --reason \"it was the cache\"").await;
    stage.reply(&bad, &comment).await;
    stage.check(&third).await.is("failure", "No longer wanted: production goes on");
    for pull in store.pulls() {
        stage.read(&pull);
    }
    shop.end().await;
}

#[tokio::test]
async fn without_the_right_to_push_the_commands_are_given_and_what_they_make_is_let_in() {
    let shop = Shop::with_production().await;
    let stage = &shop.stage;
    shop.released("feature/good").await;
    let bad = shop.released("feature/bad").await;
    let mut config = crate::shop::app_config();
    config.permissions.insert("contents".to_owned(), "read".to_owned());
    stage.app.change(config.permissions, config.events);
    stage.installation.accept_new_permissions().await.unwrap();
    stage.quiet().await;
    let before = shop.newest().number();
    let reply = shop.asks_back(&bad).await;
    assert!(reply.contains("the pull request that reverts production was not made"), "{reply}");
    assert_eq!(shop.newest().number(), before);
    let commands: Vec<&str> = reply
        .split('`')
        .filter(|it| it.starts_with("git fetch origin && c=") || it.starts_with("gh pr create "))
        .collect();
    assert_eq!(commands.len(), 2, "{reply}");
    crate::printed::run(stage, &commands.join("\n")).await;
    let back = shop.newest();
    stage.check(&back).await.passes();
    // Asked again, what people have made is found.
    let again = shop.asks_back(&bad).await;
    assert!(again.contains(&format!("#{} gives production", back.number())), "{again}");
    assert_eq!(shop.newest().number(), back.number());
    stage.check(&back).await.passes();
    merge(&back).await.unwrap();
    stage.quiet().await;
    let made = stage.deployments("production").await.pop().unwrap();
    assert_eq!(made.payload()["rollback"], true);
    let going = shop.fetched().await;
    shop.carries_out(&going).await;
    let comment = stage.says(&bad, "rita", "/resume production --reason \"done\"").await;
    stage.reply(&bad, &comment).await;
    shop.end().await;
}

#[tokio::test]
async fn a_build_is_cancelled_first_and_a_deploy_is_waited_for_with_its_usual_time() {
    let shop = Shop::with_production().await;
    let stage = &shop.stage;
    shop.released("feature/good").await;
    let (bad, activity) = shop.promoted("feature/bad").await;
    activity.starts().unwrap().says(BUILDS);
    assert!(shop.next_line().await.starts_with("in_progress: Building"));
    activity.says(DEPLOYS);
    assert!(shop.next_line().await.starts_with("in_progress: Deploying"));
    let reply = shop.asks_back(&bad).await;
    for words in [
        "is past its build and cannot be cancelled",
        "usually after ",
        " in the last 1)",
        "what is merged meanwhile is deployed after it",
    ] {
        assert!(reply.contains(words), "{words}: {reply}");
    }
    assert_eq!(activity.state(), Some(ActivityState::InProgress));
    let back = shop.newest();
    stage.check(&back).await.passes();
    merge(&back).await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.deployments("production").await.len(), 2, "it waits for its turn");
    activity.says(ENDS);
    activity.ends(Ending::success()).unwrap();
    shop.minutes_later(2).await;
    let made = stage.deployments("production").await.pop().unwrap();
    assert_eq!(made.payload()["rollback"], true);
    let going = shop.fetched().await;
    shop.carries_out(&going).await;
    assert_eq!(shop.platform.count("POST", "/cancel"), 0);
    let comment = stage.says(&bad, "rita", "/resume production --reason \"done\"").await;
    stage.reply(&bad, &comment).await;

    let tip = stage.store.tip("production").unwrap();
    stage.later();
    stage.store.commit_on("production").file("again.txt", "again\n").by("ben").await.unwrap();
    stage.quiet().await;
    let building = shop.fetched().await;
    building.starts().unwrap().says(BUILDS);
    assert!(shop.next_line().await.starts_with("in_progress: Building"));
    let reply = shop.asks_back(&bad).await;
    assert!(reply.contains("Towpath cancels deploy ") && reply.contains(" first"), "{reply}");
    assert_eq!(building.state(), Some(ActivityState::Cancelled));
    assert_ne!(stage.store.tip("production").unwrap(), tip);
    shop.end().await;
}

#[tokio::test]
async fn a_revert_whose_deploy_fails_is_deployed_again_by_its_link() {
    let shop = Shop::with_production().await;
    let stage = &shop.stage;
    shop.released("feature/good").await;
    let bad = shop.released("feature/bad").await;
    shop.asks_back(&bad).await;
    let back = shop.newest();
    stage.check(&back).await.passes();
    merge(&back).await.unwrap();
    stage.quiet().await;
    let going = shop.fetched().await;
    going.starts().unwrap().says(BUILDS).says(DEPLOYS);
    going.ends(Ending::hook_failed().command("app", "deploy", 126)).unwrap();
    assert!(shop.next_line().await.starts_with("failure: "));
    assert!(stage.comment(&bad).await.contains("the rollback to "));
    let reply = shop.asks_back(&bad).await;
    assert!(reply.contains("rolls production back to"), "{reply}");
    assert_eq!(shop.platform.count("POST", "/redeploy"), 1);
    let again = shop.project.activities().pop().unwrap();
    again.starts().unwrap();
    again.ends(Ending::success()).unwrap();
    let line = shop.next_line().await;
    assert!(line.starts_with("success: "), "{line}");
    shop.end().await;
}

#[tokio::test]
async fn interrupted_anywhere_it_makes_one_branch_and_one_pull_request() {
    for (method, path) in [("POST", "/repos/*/pulls"), ("GET", "/repos/*/pulls")] {
        let mut shop = Shop::with_production().await;
        shop.released("feature/good").await;
        let bad = shop.released("feature/bad").await;
        let before = shop.newest().number();
        let held = shop.stage.github.faults().rest(method, path).reset_after().times(1);
        shop.stage.seconds_later(5);
        let text = "/rollback production --reason broken";
        let comment = bad.comment(text).by("rita").await.unwrap();
        crate::stage::until("interrupted", || held.hits() >= 1).await;
        shop.stage.restart().await;
        let reply = shop.stage.reply(&bad, &comment).await;
        assert_eq!(shop.newest().number(), before + 1, "{reply}");
        assert!(reply.contains(&format!("#{} gives production", before + 1)), "{reply}");
        let branches = shop.stage.store.refs();
        let made = branches.keys().filter(|it| it.starts_with("refs/heads/towpath/rollback/")).count();
        assert_eq!(made, 1);
        shop.stage.check(&shop.newest()).await.passes();
        shop.end().await;
    }
}

#[tokio::test]
async fn a_merged_rollback_stays_one_though_the_look_that_saw_it_failed() {
    let mut shop = Shop::with_production().await;
    shop.released("feature/good").await;
    let bad = shop.released("feature/bad").await;
    shop.asks_back(&bad).await;
    let back = shop.newest();
    shop.stage.check(&back).await.passes();
    // Then GitHub has to be asked again which numbers deploys had.
    shop.stage.restart().await;
    let fault = shop.stage.github.faults().rest("GET", "/repos/*/deployments").status(502).times(1);
    merge(&back).await.unwrap();
    crate::stage::until("the look failed", || fault.hits() >= 1).await;
    shop.minutes_later(2).await;
    let made = shop.stage.deployments("production").await.pop().unwrap();
    let tip = shop.stage.store.tip("production").unwrap();
    assert_eq!((made.sha(), &made.payload()["rollback"]), (tip, &true.into()));
    shop.end().await;
}

#[tokio::test]
async fn while_the_platform_is_silent_a_rollback_holds_and_goes_on_once_it_answers() {
    let shop = Shop::with_production().await;
    let stage = &shop.stage;
    shop.released("feature/good").await;
    let bad = shop.released("feature/bad").await;
    let before = shop.newest().number();
    let fault = shop.platform.faults().rest("GET", "/api/*/integrations").status(502).times(40);
    stage.seconds_later(5);
    let text = "/rollback production --reason \"checkout is broken\"";
    let comment = bad.comment(text).by("rita").await.unwrap();
    crate::stage::until("tried once more", || fault.hits() >= 2).await;
    let shown = towpath(stage, &["hold", "show", "production", "--repository", "acme/store"]).await.words;
    assert!(shown.contains("it is held"), "{shown}");
    assert_eq!(shop.newest().number(), before);
    shop.platform.faults().clear();
    let reply = stage.reply(&bad, &comment).await;
    assert_eq!(shop.newest().number(), before + 1, "{reply}");
    assert!(reply.contains(&format!("#{} gives production", before + 1)), "{reply}");
    stage.check(&shop.newest()).await.passes();
    shop.end().await;
}

#[tokio::test]
async fn a_merged_rollback_that_the_platform_never_heard_of_is_watched_for_again() {
    let shop = Shop::with_production().await;
    let stage = &shop.stage;
    shop.released("feature/good").await;
    let bad = shop.released("feature/bad").await;
    shop.asks_back(&bad).await;
    let back = shop.newest();
    stage.check(&back).await.passes();
    merge(&back).await.unwrap();
    stage.quiet().await;
    shop.minutes_later(16).await;
    let unheard = "error: The platform has not picked it up within 15 min: nothing was deployed";
    assert_eq!(shop.line().await, unheard);
    let reply = shop.asks_back(&bad).await;
    assert!(reply.contains("rolls production back to") && !reply.contains("revert the merge"), "{reply}");
    let going = shop.fetched().await;
    shop.carries_out(&going).await;
    assert_eq!(shop.platform.count("POST", "/redeploy"), 0);
    shop.end().await;
}

#[tokio::test]
async fn a_prepared_pull_request_that_somebody_closes_is_asked_for_again() {
    let shop = Shop::with_production().await;
    let (stage, store) = (&shop.stage, &shop.stage.store);
    shop.released("feature/good").await;
    let bad = shop.released("feature/bad").await;
    shop.asks_back(&bad).await;
    let back = shop.newest();
    stage.check(&back).await.passes();
    topic(store, "feature/next", "integration").await;
    for (from, into) in [("feature/next", "integration"), ("integration", "staging")] {
        let pull = store.open_pull(from).into(into).by("rita").await.unwrap();
        stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
    }
    let next = store.open_pull("staging").into("production").by("rita").await.unwrap();
    stage.check(&next).await.says(&format!("Merge #{}", back.number()));
    back.close().by("ben").await.unwrap();
    stage.quiet().await;
    stage.check(&next).await.says("is still to be opened and merged").says("Ask for the rollback again");
    shop.asks_back(&bad).await;
    let again = shop.newest();
    assert!(again.number() > next.number());
    stage.check(&again).await.passes();
    stage.check(&next).await.says(&format!("Merge #{}", again.number()));
    shop.end().await;
}
