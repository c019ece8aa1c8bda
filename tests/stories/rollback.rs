//! What runs is rolled back, held, and deployed again; and Towpath says how far a change has come.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use std::process::Command;
use towpath_sandbox::{DeploymentHandle, PullHandle};

pub(crate) struct Said {
    pub(crate) words: String,
    pub(crate) code: i32,
}

impl Said {
    pub(crate) fn words(&self) -> &str {
        &self.words
    }
}

/// Runs the command line beside the server, on its data.
pub(crate) async fn towpath(stage: &Stage, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    command.args(arguments).env("TOWPATH_DATA_DIR", stage.data_folder());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let words = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    Said { words, code: output.status.code().unwrap() }
}

async fn carried_out(stage: &Stage, deployment: &DeploymentHandle) {
    deployment.status("in_progress").by("deployer").await.unwrap();
    stage.later();
    deployment.status("success").by("deployer").await.unwrap();
    stage.quiet().await;
    stage.later();
}

async fn newest(stage: &Stage, environment: &str) -> DeploymentHandle {
    stage.deployments(environment).await.pop().unwrap()
}

/// Brings a topic to production, deployed everywhere. Answers its pull request.
async fn released(stage: &Stage, name: &str) -> PullHandle {
    topic(&stage.store, name, "integration").await;
    let mut first = None;
    for (from, into) in [(name, "integration"), ("integration", "staging"), ("staging", "production")] {
        let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
        stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
        let deployment = newest(stage, into).await;
        carried_out(stage, &deployment).await;
        first.get_or_insert(pull);
    }
    stage.copy_check().await.passes();
    first.unwrap()
}

const PRODUCTION: [&str; 4] = ["--repository", "acme/store", "--environment", "production"];

#[tokio::test]
async fn what_was_rolled_back_is_held_named_and_let_go_on() {
    let stage = Stage::set().await;
    let _good = released(&stage, "feature/good").await;
    let good = stage.store.tip("production").unwrap();
    let bad = released(&stage, "feature/bad").await;
    let said =
        towpath(&stage, &[&["rollback"], &PRODUCTION[..], &["--reason", "checkout is broken"]].concat())
            .await;
    assert_eq!(said.code, 0, "{}", said.words);
    assert!(said.words.contains(&format!("rolls production back to {}", &good[..9])), "{}", said.words);
    let back = newest(&stage, "production").await;
    assert_eq!(back.sha(), good);
    assert_eq!(back.payload()["rollback"], true);
    assert_eq!(back.payload()["reuse_slug"], true);
    carried_out(&stage, &back).await;
    let told =
        towpath(&stage, &["where", &bad.number().to_string(), "--repository", "acme/store"]).await.words;
    assert!(told.contains(&format!("production   rolled back: {} runs there since", &good[..9])), "{told}");
    assert!(told.contains("staging      live since"), "{told}");
    let comment = stage.comment(&bad).await;
    assert!(comment.contains("rolled back"), "{comment}");

    // The next release waits, says why, and is not deployed though somebody merges it.
    topic(&stage.store, "feature/next", "integration").await;
    for (from, into) in [("feature/next", "integration"), ("integration", "staging")] {
        let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
        stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
        let deployment = newest(&stage, into).await;
        carried_out(&stage, &deployment).await;
    }
    let next = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let said = stage
        .check(&next)
        .await
        .is("action_required", &format!("Held: production was rolled back to {}", &good[..9]));
    let said = said.says("checkout is broken").says(&format!("#{}", bad.number()));
    said.says("/resume production --reason");
    let count = stage.deployments("production").await.len();
    stage.store.merge("staging").into("production").no_ff().by("rita").await.unwrap();
    assert_eq!(stage.deployments("production").await.len(), count, "nothing undoes it unnoticed");
    let told = towpath(&stage, &["where", "7", "--repository", "acme/store"]).await.words;
    assert!(told.contains("production   held after a rollback"), "{told}");

    let shown = towpath(&stage, &[&["hold", "show"], &PRODUCTION[..]].concat()).await.words;
    assert!(shown.contains("it is held"), "{shown}");
    let said =
        towpath(&stage, &[&["hold", "lift"], &PRODUCTION[..], &["--reason", "repaired"]].concat()).await;
    assert_eq!(said.code, 0, "{}", said.words);
    let gone_on = newest(&stage, "production").await;
    assert_eq!(gone_on.sha(), stage.store.tip("production").unwrap());
    carried_out(&stage, &gone_on).await;
    let comment = stage.comment(&bad).await;
    assert!(comment.contains("| `production` | ✅ live |"), "{comment}");
    stage.copy_check().await.passes();
    for pull in stage.store.pulls() {
        for name in ["production", "staging"] {
            if pull.check(&format!("towpath: {name}")).is_some() {
                stage.check_named(&pull, &format!("towpath: {name}")).await;
            }
        }
    }
    stage.all_is_read().await;
    stage.end().await;
}

#[tokio::test]
async fn a_rollback_that_fails_is_told_and_tried_again_and_goes_no_further_back() {
    let stage = Stage::set().await;
    for file in ["z.txt", "a.txt", "b.txt"] {
        stage.later();
        stage.store.commit_on("staging").file(file, "x\n").by("ben").await.unwrap();
        carried_out(&stage, &newest(&stage, "staging").await).await;
    }
    let made = stage.deployments("staging").await;
    let (before, good) = (made[0].sha(), made[1].sha());
    let bad = stage.merged_topic("feature/bad").await;
    carried_out(&stage, &newest(&stage, "integration").await).await;
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    carried_out(&stage, &newest(&stage, "staging").await).await;
    let on_staging = ["--repository", "acme/store", "--environment", "staging"];
    let rollback = || {
        let all = [&["rollback"], &on_staging[..], &["--reason", "broken"]].concat();
        let stage = &stage;
        async move { towpath(stage, &all).await }
    };
    let place = || async {
        let number = bad.number().to_string();
        towpath(&stage, &["where", &number, "--repository", "acme/store"]).await.words
    };
    let last_good = made[2].sha();
    assert_eq!(rollback().await.code, 0);
    let twice = rollback().await;
    assert_eq!(twice.code, 6, "{}", twice.words);
    assert!(
        twice.words.contains(&format!("deploy 5 is already rolling staging back to {}", &last_good[..9]))
    );
    assert!(place().await.contains("staging      being rolled back to"), "{}", place().await);
    let back = newest(&stage, "staging").await;
    back.status("in_progress").description("deploy: install").by("deployer").await.unwrap();
    stage.later();
    back.status("failure").description("deploy: install").by("deployer").await.unwrap();
    let told = stage.comment(&bad).await;
    assert!(told.contains(&format!("the rollback to {} failed", &last_good[..9])), "{told}");
    assert!(told.contains("may see the maintenance page"), "{told}");
    assert!(told.contains("/rollback staging --reason"), "{told}");
    assert!(!place().await.contains("staging      live"), "{}", place().await);

    // Again: the same release. And once it runs, none without a name.
    let again = rollback().await;
    assert!(again.code == 0 && again.words.contains(&last_good[..9]), "{}", again.words);
    carried_out(&stage, &newest(&stage, "staging").await).await;
    assert_eq!(newest(&stage, "staging").await.sha(), last_good);
    let held = rollback().await;
    assert_eq!(held.code, 6);
    assert!(held.words.contains(&format!("--to {good}")), "{}", held.words);
    assert!(place().await.contains("staging      rolled back"), "{}", place().await);
    assert_ne!(before, good);
    stage.comment(&bad).await;
    stage.end().await;
}

#[tokio::test]
async fn after_a_hold_the_next_promotion_says_what_it_brings_back() {
    let stage = Stage::set().await;
    released(&stage, "feature/good").await;
    let bad = released(&stage, "feature/bad").await;
    towpath(&stage, &[&["rollback"], &PRODUCTION[..], &["--reason", "broken"]].concat()).await;
    carried_out(&stage, &newest(&stage, "production").await).await;
    towpath(&stage, &[&["hold", "lift"], &PRODUCTION[..], &["--reason", "it was the cache"]].concat()).await;
    assert!(stage.comment(&bad).await.contains("rolled back"));
    topic(&stage.store, "feature/next", "integration").await;
    for (from, into) in [("feature/next", "integration"), ("integration", "staging")] {
        let pull = stage.store.open_pull(from).into(into).by("rita").await.unwrap();
        stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
        carried_out(&stage, &newest(&stage, into).await).await;
    }
    let next = stage.store.open_pull("staging").into("production").by("rita").await.unwrap();
    let said = stage.check(&next).await.is("success", "Brings back what was rolled back on production");
    said.says(&format!("This took back #{}", bad.number())).says("it was the cache");
    merge(&next).await.unwrap();
    carried_out(&stage, &newest(&stage, "production").await).await;
    stage.all_is_read().await;
    stage.copy_check().await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_rollback_that_cannot_be_is_refused_with_the_reason() {
    let stage = Stage::set().await;
    let rollback = |more: &'static [&'static str]| {
        let all = [&["rollback"], &PRODUCTION[..], more].concat();
        let stage = &stage;
        async move { towpath(stage, &all).await }
    };
    let said = rollback(&["--reason", "x"]).await;
    assert_eq!((said.code, said.words.as_str()), (6, "refused: production has no earlier good release\n"));
    let unknown = rollback(&["--reason", "x", "--to", "0123456789012345678901234567890123456789"]).await;
    assert!(
        unknown.words.contains("no deploy of 012345678 to production has succeeded"),
        "{}",
        unknown.words
    );
    assert_eq!(rollback(&["--reason", " "]).await.code, 2);
    let nowhere = towpath(
        &stage,
        &["rollback", "--repository", "acme/store", "--environment", "prod", "--reason", "x"],
    )
    .await;
    assert!(
        nowhere.code == 2 && nowhere.words.contains("integration, staging, production"),
        "{}",
        nowhere.words
    );
    let open = stage.store.open_pull("staging").into("production").by("rita").await;
    drop(open);
    stage.end().await;
}

#[tokio::test]
async fn where_a_change_is_follows_it_from_branch_to_branch() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let place = || async {
        let told =
            towpath(&stage, &["where", &pull.number().to_string(), "--repository", "acme/store", "--json"])
                .await;
        let told: serde_json::Value = serde_json::from_str(&told.words).unwrap();
        let places = told["places"].as_array().unwrap();
        places.iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let early = towpath(&stage, &["where", &pull.number().to_string(), "--repository", "acme/store"]).await;
    assert!(early.code == 2 && early.words.contains("is not merged"), "{}", early.words);
    merge(&pull).await.unwrap();
    stage.quiet().await;
    assert_eq!(place().await, ["deploying", "absent", "absent", "absent"]);
    carried_out(&stage, &newest(&stage, "integration").await).await;
    assert_eq!(place().await, ["live", "absent", "absent", "absent"]);
    stage.store.merge("integration").into("staging").no_ff().by("rita").await.unwrap();
    stage.quiet().await;
    assert_eq!(place().await, ["live", "deploying", "absent", "absent"]);
    let on_staging = newest(&stage, "staging").await;
    on_staging.status("failure").description("build: compile").by("deployer").await.unwrap();
    stage.quiet().await;
    assert_eq!(place().await, ["live", "failed", "absent", "absent"]);
    assert!(stage.comment(&pull).await.contains("build failed (compile): the site was not touched"));
    stage.end().await;
}
