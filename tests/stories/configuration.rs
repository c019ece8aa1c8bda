//! The configuration: who is judged by which file, and what a pull request that changes it is told.

use crate::shop::{merge, topic};
use crate::stage::Stage;
use towpath_sandbox::{CheckHandle, PullHandle};

pub const FILE: &str = ".github/towpath.yml";

/// As the built-in path, with a rule softened.
const SOFT: &str = "version: 1\nrules:\n  TP201: warn\n";

impl Stage {
    /// Rita commits the file to a branch.
    pub async fn configure(&self, branch: &str, text: &str) {
        self.store.commit_on(branch).file(FILE, text).by("rita").await.unwrap();
        self.quiet().await;
    }
}

#[tokio::test]
async fn the_file_of_the_default_branch_counts_and_not_the_heads() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "staging").await;
    stage.store.commit_on("feature/cart").file(FILE, SOFT).by("ana").await.unwrap();
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.check_named(&pull, "towpath: config").await.passes();
    stage.configure("master", SOFT).await;
    let said = stage.check(&pull).await.passes();
    said.says("This project's rules set TP201 to `warn`: Towpath shows it and blocks nothing.");
    stage.comment(&pull).await;
    stage.check_named(&pull, "towpath: config").await;
    stage.end().await;
}

#[tokio::test]
async fn a_path_of_two_environments_is_judged_by_its_own_file() {
    let stage = Stage::set().await;
    stage.store.branch("main").from("master").by("rita").await.unwrap();
    stage.store.branch("live").from("master").by("rita").await.unwrap();
    stage
        .configure(
            "master",
            "version: 1\nenvironments:\n  - name: main\n    accepts: [topics]\n  - name: live\n    accepts: [main]\n",
        )
        .await;
    topic(&stage.store, "feature/cart", "main").await;
    let into_main = stage.store.open_pull("feature/cart").into("main").by("ana").await.unwrap();
    stage.check(&into_main).await.passes();
    let into_live = stage.store.open_pull("feature/cart").into("live").by("ana").await.unwrap();
    stage.check(&into_live).await.fails();
    stage.comment(&into_live).await;
    let into_integration = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.quiet().await;
    let mut named: Vec<_> =
        into_integration.checks().iter().filter_map(CheckHandle::state).map(|it| it.name).collect();
    named.sort();
    assert_eq!(named, ["towpath: live", "towpath: main"], "integration is no environment here");
    stage.end().await;
}

#[tokio::test]
async fn an_invalid_file_blocks_and_says_where_until_it_is_mended() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.configure("master", "version: 1\nrules:\n  TP201: warm\n").await;
    let said = stage.check(&pull).await.is("action_required", "Configuration invalid: line 3, column 10");
    said.says("TP201").says("towpath config check .github/towpath.yml");
    assert!(merge(&pull).await.is_err());
    stage.configure("master", SOFT).await;
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_proposed_file_is_told_its_mistakes_at_their_lines() {
    let stage = Stage::set().await;
    topic(&stage.store, "settings", "integration").await;
    let broken = "version: 1\nenvironments:\n  - name: integration\n    acepts: [topics]\n";
    stage.store.commit_on("settings").file(FILE, broken).by("ana").await.unwrap();
    let pull = stage.store.open_pull("settings").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let said = stage.check_named(&pull, "towpath: config").await.fails();
    said.says("acepts").says("accepts");
    let sent = stage.github.exchanges();
    let lists =
        sent.iter().filter_map(|it| it.request_body.as_ref()?.pointer("/output/annotations")?.as_array());
    let lines: Vec<_> = lists.flatten().map(|it| (it["path"].as_str(), it["start_line"].as_u64())).collect();
    assert!(lines.contains(&(Some(FILE), Some(4))), "{lines:?}");
    // GitHub resets a check that somebody wants to run again: it is said once more.
    pull.check("towpath: config").unwrap().rerequest("ana").await.unwrap();
    stage.check_named(&pull, "towpath: config").await.fails();
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn a_proposed_file_is_tried_on_what_was_merged() {
    let stage = Stage::set().await;
    for name in ["one", "two"] {
        topic(&stage.store, name, "integration").await;
        let pull = stage.store.open_pull(name).into("integration").by("ana").await.unwrap();
        stage.check(&pull).await.passes();
        merge(&pull).await.unwrap();
        stage.quiet().await;
    }
    topic(&stage.store, "settings", "integration").await;
    let file = "version: 1\nenvironments:\n  - name: integration\n    accepts: [hotfixes]\n  - name: staging\n    \
                accepts: [topics, integration]\n  - name: production\n    accepts: [staging]\n\
                copy: { branch: master, of: production }\nrules:\n  TP201: off\n  TP101: enforce\n";
    stage.store.commit_on("settings").file(FILE, file).by("ana").await.unwrap();
    let pull = stage.store.open_pull("settings").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let said = stage.check_named(&pull, "towpath: config").await.passes();
    said.says("With this change the last 2 merged pull requests get the same verdicts as before.");
    let strict = "version: 1\nenvironments:\n  - name: staging\n    accepts: [topics]\n  - name: integration\n    \
                  accepts: [staging]\n  - name: production\n    accepts: [integration]\n";
    stage.store.commit_on("settings").file(FILE, strict).by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    let said = stage.check_named(&pull, "towpath: config").await;
    let said = said.is("success", "Valid; changes 2 verdicts on merged pull requests");
    let said = said.says("2 of the last 2 merged pull requests would have got another verdict");
    said.says("| #1 by `ana` | pass | fail (TP101) |");
    stage.end().await;
}

#[tokio::test]
async fn the_accounts_file_counts_where_a_repository_has_none() {
    let stage = Stage::set().await;
    let shared = stage.github.repository("acme/.github").default_branch("main").create().await.unwrap();
    shared.commit_on("main").orphan().file(FILE, SOFT).by("rita").await.unwrap();
    stage.installation.add([&shared]).await.unwrap();
    stage.quiet().await;
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.configure("master", "version: 1\n").await;
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn a_check_that_shares_its_name_lets_nothing_merge() {
    let stage = Stage::set().await;
    stage.store.branch("config").from("master").by("rita").await.unwrap();
    stage.store.branch("live").from("master").by("rita").await.unwrap();
    stage.store.protect("config").require_from("towpath: config", stage.app.id());
    let path = |branch: &str| {
        format!("version: 1\nenvironments:\n  - {{ name: main, branch: {branch}, accepts: [topics] }}\n")
    };
    // As an earlier version took it.
    stage.configure("master", &path("config")).await;
    topic(&stage.store, "settings", "config").await;
    stage.store.commit_on("settings").file(FILE, path("live")).by("ana").await.unwrap();
    let pull = stage.store.open_pull("settings").into("config").by("ana").await.unwrap();
    stage.quiet().await;
    let exchanges = stage.github.exchanges();
    let sent = exchanges.iter().filter_map(|it| it.request_body.as_ref());
    let sent = sent.filter(|body| body["name"] == "towpath: config").map(|body| body["conclusion"].as_str());
    let conclusions: Vec<_> = sent.collect();
    assert_eq!(conclusions, [Some("action_required"); 2], "the verdict, and what is said of the file");
    assert!(merge(&pull).await.is_err());
    stage.read(&pull);
    // Mended, each check has its name.
    stage.configure("master", &path("live")).await;
    pull.retarget("live").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.store.commit_on("settings").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.check_named(&pull, "towpath: config").await.passes();
    stage.end().await;
}

/// The built-in path without a copy branch, so that master may go, with a rule softened.
const SOFT_WITHOUT_COPY: &str = "version: 1\nenvironments:\n  - { name: integration, accepts: [topics] }\n  \
                                 - { name: staging, accepts: [integration] }\n  \
                                 - { name: production, accepts: [staging] }\ncopy: none\nrules: { TP201: warn }\n";

/// A pull request that passes by a softened rule alone.
async fn passes_by_the_file(stage: &Stage) -> PullHandle {
    stage.configure("master", SOFT_WITHOUT_COPY).await;
    topic(&stage.store, "feature/cart", "staging").await;
    let pull = stage.store.open_pull("feature/cart").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull
}

#[tokio::test]
async fn a_file_on_another_default_branch_counts_before_anybody_tells_of_that_branch() {
    let stage = Stage::set().await;
    let pull = passes_by_the_file(&stage).await;
    stage.store.branch("trunk").from("master").by("rita").await.unwrap();
    stage.quiet().await;
    stage.store.set_default_branch("trunk");
    stage.store.unprotect("master");
    stage.store.delete_branch("master").by("rita").await.unwrap();
    stage.later();
    stage.configure("trunk", &format!("{SOFT_WITHOUT_COPY}# Trunk is the default branch now.\n")).await;
    stage.check(&pull).await.passes();
    stage.configure("trunk", &SOFT_WITHOUT_COPY.replace("warn", "enforce")).await;
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn a_file_that_is_not_found_since_the_repository_is_not_is_no_file_that_is_gone() {
    let stage = Stage::set().await;
    let pull = passes_by_the_file(&stage).await;
    let file = stage.github.faults().rest("GET", "/repos/acme/store/contents/.github/towpath.yml");
    let file = file.status(404).times(1);
    let repository = stage.github.faults().rest("GET", "/repositories/*").status(404).times(1);
    stage.configure("master", &format!("{SOFT_WITHOUT_COPY}# Nothing else.\n")).await;
    assert_eq!((file.hits(), repository.hits()), (1, 1));
    stage.check(&pull).await.passes();
    stage.end().await;
}

#[tokio::test]
async fn an_answer_that_is_no_file_and_no_folder_says_nothing_about_the_file() {
    let stage = Stage::set().await;
    let pull = passes_by_the_file(&stage).await;
    let file = stage.github.faults().rest("GET", "/repos/acme/store/contents/.github/towpath.yml");
    let file = file.answer(200, "application/json", "{}").times(1);
    stage.configure("master", &format!("{SOFT_WITHOUT_COPY}# Nothing else.\n")).await;
    assert_eq!(file.hits(), 1);
    stage.check(&pull).await.passes();
    stage.end().await;
}
