//! Every check that we make, with every button on it and GitHub's own Re-run: each press does something that is seen.

use crate::configuration::FILE;
use crate::shop::{merge, topic};
use crate::stage::{Setting, Stage};
use std::time::Duration;
use towpath_sandbox::{CheckHandle, CheckState, PullHandle};

/// Buttons that a page may still show, whatever is shown by now.
const BUTTONS: [&str; 3] = ["recheck", "retarget", "rebuild"];

/// What is checked no more, and says so.
const OVER: [&str; 4] =
    ["a merged one", "a closed one", "a merge group that is over", "one into what left the path"];

/// One of our checks, and what it stands for.
struct Made {
    what: &'static str,
    check: CheckHandle,
}

impl Stage {
    fn made(&self, what: &'static str, commit: &str, name: &str) -> Made {
        let check = self.store.check_on(commit, name);
        Made { what, check: check.unwrap_or_else(|| panic!("{what}: no check {name:?} on {commit}")) }
    }

    async fn opened(&self, head: &str, base: &str) -> PullHandle {
        self.store.open_pull(head).into(base).by("ana").await.unwrap()
    }

    /// Presses on all of them, then looks at each. GitHub has reset what it shows by then, so something has to be sent.
    async fn each_is_seen(&self, made: &[Made], how: &str, press: impl AsyncFn(CheckHandle)) {
        self.a_minute_later();
        self.github.forget_records();
        for it in made {
            press(it.check.clone()).await;
        }
        self.quiet().await;
        for it in made {
            let end = format!("/check-runs/{}", it.check.id());
            let is_seen = self.requests("PATCH", &end) > 0;
            assert!(is_seen, "{how} on {}: nothing is seen; {}", it.what, self.left_undone().await);
            assert!(shown(it).conclusion.is_some(), "{how} on {}: it came to no end", it.what);
        }
    }
}

fn shown(made: &Made) -> CheckState {
    made.check.state().unwrap()
}

/// The built-in path with one more environment, as long as it has one.
fn path(with_one_more: bool) -> String {
    let more = if with_one_more { "  - { name: qa, accepts: [topics] }\n" } else { "" };
    format!(
        "version: 1\nenvironments:\n  - {{ name: integration, accepts: [topics] }}\n  \
         - {{ name: staging, accepts: [integration] }}\n  - {{ name: production, accepts: [staging] }}\n{more}\
         copy: {{ branch: master, of: production }}\n"
    )
}

async fn store_with_qa(stage: &Stage) {
    stage.store.branch("qa").from("integration").by("rita").await.unwrap();
    stage.configure("master", &path(true)).await;
}

/// A check for each thing that we say anything of, on each kind of commit.
async fn every_check(stage: &Stage) -> Vec<Made> {
    let (store, mut made) = (&stage.store, Vec::new());
    store_with_qa(stage).await;
    for name in ["clean", "astray", "merged", "gone-on", "closed", "led-away", "off-path"] {
        topic(store, name, "integration").await;
    }
    topic(store, "dirty", "staging").await;
    topic(store, "settings", "integration").await;
    store.commit_on("settings").file(FILE, "version: 2\n").by("ana").await.unwrap();
    store.branch("else").from("integration").by("ben").await.unwrap();

    let clean = stage.opened("clean", "integration").await;
    let dirty = stage.opened("dirty", "integration").await;
    let astray = stage.opened("astray", "staging").await;
    let wrong = stage.opened("closed", "production").await;
    let merged = stage.opened("merged", "integration").await;
    let gone_on = stage.opened("gone-on", "staging").await;
    let led_away = stage.opened("led-away", "staging").await;
    let settings = stage.opened("settings", "integration").await;
    let off_path = stage.opened("off-path", "qa").await;
    stage.quiet().await;

    let group = store.merge_group("integration", [&clean, &dirty]).by("rita").await.unwrap();
    // Each is a branch that is named by its last pull request.
    let over = store.merge_group("integration", [&clean]).by("rita").await.unwrap();
    let passing = store.merge_group("integration", [&settings]).by("rita").await.unwrap();
    stage.quiet().await;
    let queue = over.head_ref.strip_prefix("refs/heads/").unwrap();
    store.delete_branch(queue).by("rita").await.unwrap();

    // The checks of pull requests that are open, merged, closed, gone on, and judged no more.
    made.push(stage.made("a clean pull request", &clean.head_sha(), "towpath: integration"));
    made.push(stage.made("a failing one", &dirty.head_sha(), "towpath: integration"));
    made.push(stage.made("one with a wrong base", &astray.head_sha(), "towpath: staging"));
    made.push(stage.made("one that changes the configuration", &settings.head_sha(), "towpath: integration"));
    made.push(stage.made("the configuration", &settings.head_sha(), "towpath: config"));
    made.push(stage.made("a merged one", &merged.head_sha(), "towpath: integration"));
    made.push(stage.made("a closed one", &wrong.head_sha(), "towpath: production"));
    made.push(stage.made("a head that has gone on", &gone_on.head_sha(), "towpath: staging"));
    made.push(stage.made("one that was led away", &led_away.head_sha(), "towpath: staging"));
    made.push(stage.made("one into what left the path", &off_path.head_sha(), "towpath: qa"));
    made.push(stage.made("a merge group that fails", &group.head_sha, "towpath: integration"));
    made.push(stage.made("a merge group that passes", &passing.head_sha, "towpath: integration"));
    made.push(stage.made("a merge group that is over", &over.head_sha, "towpath: integration"));
    merge(&merged).await.unwrap();
    wrong.close().by("ana").await.unwrap();
    store.commit_on("gone-on").file("more.txt", "x\n").by("ana").await.unwrap();
    led_away.retarget("else").by("ana").await.unwrap();
    stage.configure("master", &path(false)).await;

    // And of the copy branch: where production was, and where it is.
    for file in ["one.txt", "two.txt"] {
        store.commit_on("production").file(file, "x\n").by("rita").await.unwrap();
        stage.quiet().await;
        let tip = store.tip("production").unwrap();
        made.push(stage.made("the copy branch", &tip, "towpath: copy"));
    }
    stage.quiet().await;
    made
}

#[tokio::test]
async fn every_press_on_every_check_is_seen() {
    // A dozen checks are pressed at once.
    let patience = Duration::from_secs(240);
    let stage = Stage::with(Setting { patience, ..Setting::default() }).await;
    let made = every_check(&stage).await;
    let ours = stage.store.every_check().into_iter().filter_map(|check| check.state());
    let ours = ours.filter(|state| made.iter().all(|it| it.check.id() != state.id));
    let kinds: Vec<String> = ours.map(|state| state.name).collect();
    let known = [
        "towpath: integration",
        "towpath: staging",
        "towpath: production",
        "towpath: config",
        "towpath: copy",
    ];
    assert!(kinds.iter().all(|name| known.contains(&name.as_str())), "a check that is not walked: {kinds:?}");

    let by = "ana";
    stage.each_is_seen(&made, "Re-run", async |check| check.rerequest(by).await.unwrap()).await;
    stage.each_is_seen(&made, "Re-run all", async |check| check.rerequest_suite(by).await.unwrap()).await;
    // What is shown is pressed; what a page shows that was loaded before is pressed too.
    for button in BUTTONS {
        let is_offered = made.iter().any(|it| has(it, button));
        assert!(is_offered, "{button} is pressed where it is shown, too");
        for round in ["first", "second"] {
            let how = format!("the {round} press of {button}");
            stage.each_is_seen(&made, &how, async |check| check.press_late(button, by).await.unwrap()).await;
        }
    }
    // A button that does nothing but say so is not offered.
    for it in made.iter().filter(|it| OVER.contains(&it.what)) {
        assert!(shown(it).buttons.is_empty(), "{}", it.what);
        assert!(
            shown(it).summary.unwrap_or_default().contains("so Towpath does not check it again"),
            "{}",
            it.what
        );
    }
    for pull in stage.store.pulls() {
        stage.read(&pull);
    }
    stage.end().await;
}

fn has(made: &Made, button: &str) -> bool {
    shown(made).buttons.iter().any(|it| it.identifier == button)
}

#[tokio::test]
async fn a_merge_group_is_judged_again_against_what_it_was_put_on() {
    let stage = Stage::set().await;
    topic(&stage.store, "clean", "integration").await;
    topic(&stage.store, "dirty", "staging").await;
    let (clean, dirty) =
        (stage.opened("clean", "integration").await, stage.opened("dirty", "integration").await);
    stage.check(&clean).await.passes();
    stage.check(&dirty).await.fails();
    stage.comment(&dirty).await;
    let group = stage.store.merge_group("integration", [&dirty]).by("rita").await.unwrap();
    stage.quiet().await;
    let check = stage.store.check_on(&group.head_sha, "towpath: integration").unwrap();
    // The base goes on meanwhile.
    merge(&clean).await.unwrap();
    stage.quiet().await;
    stage.a_minute_later();
    check.press("recheck", "rita").await.unwrap();
    stage.quiet().await;
    let said = check.state().unwrap();
    assert_eq!(said.conclusion.as_deref(), Some("failure"));
    let summary = said.summary.unwrap();
    let put_on = format!("at `{}`", &group.base_sha[..9]);
    assert!(summary.contains("This merge group holds #2.") && summary.contains(&put_on), "{summary}");
    stage.end().await;
}

#[tokio::test]
async fn a_check_that_was_forgotten_is_answered_all_the_same() {
    let mut stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.opened("feature/cart", "production").await;
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    pull.close().by("ana").await.unwrap();
    stage.quiet().await;
    stage.stop().await;
    stage.lose_the_database();
    stage.start().await;
    pull.check("towpath: production").unwrap().rerequest("ana").await.unwrap();
    stage.check(&pull).await.is("cancelled", "No longer checked: no pull request into production");
    stage.end().await;
}

#[tokio::test]
async fn a_check_of_a_path_without_branches_is_answered_by_the_same_end() {
    let stage = Stage::set().await;
    topic(&stage.store, "feature/cart", "integration").await;
    let pull = stage.opened("feature/cart", "master").await;
    stage.check(&pull).await.fails();
    for branch in ["integration", "staging", "production"] {
        stage.store.unprotect(branch);
        stage.store.delete_branch(branch).by("rita").await.unwrap();
    }
    let title = "No longer checked: the path has no branch here";
    stage.check(&pull).await.is("cancelled", title);
    pull.check("towpath: master").unwrap().rerequest("ana").await.unwrap();
    let said = stage.check(&pull).await.is("cancelled", title);
    said.says("so Towpath does not check it again");
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn a_pass_that_stays_as_a_record_off_the_path_is_answered_too() {
    let stage = Stage::set().await;
    store_with_qa(&stage).await;
    topic(&stage.store, "feature/cart", "integration").await;
    let first = stage.store.tip("feature/cart").unwrap();
    let pull = stage.opened("feature/cart", "qa").await;
    stage.check(&pull).await.passes();
    stage.later();
    stage.store.commit_on("feature/cart").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    stage.configure("master", &path(false)).await;
    stage.check(&pull).await.is("cancelled", "No longer checked: qa is off the path");
    stage.later();
    stage.store.move_branch("feature/cart").to(&first).by("ana").await.unwrap();
    stage.check(&pull).await.passes();
    pull.check("towpath: qa").unwrap().rerequest("ana").await.unwrap();
    stage.check(&pull).await.passes().says("so Towpath does not check it again");
    stage.end().await;
}

#[tokio::test]
async fn a_check_of_the_configuration_that_was_forgotten_is_made_again() {
    let stage = Stage::set().await;
    topic(&stage.store, "settings", "integration").await;
    stage.store.commit_on("settings").file(FILE, "version: 2\n").by("ana").await.unwrap();
    let pull = stage.opened("settings", "integration").await;
    stage.check_named(&pull, "towpath: config").await.fails();
    let database = rusqlite::Connection::open(stage.data_folder().join("towpath.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    let forget = "DELETE FROM effects WHERE work_item IN \
                  (SELECT id FROM work_items WHERE key LIKE 'configuration-check:%')";
    assert_eq!(database.execute(forget, []).unwrap(), 1);
    let made = [stage.made("the configuration", &pull.head_sha(), "towpath: config")];
    stage.each_is_seen(&made, "Re-run", async |check| check.rerequest("ana").await.unwrap()).await;
    stage.check_named(&pull, "towpath: config").await.fails();
    stage.check(&pull).await.passes();
    stage.end().await;
}
