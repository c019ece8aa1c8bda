//! Overrides: given for what was found, shown, confirmed where a second person has to, and over when anything changes.

use crate::shop::topic;
use crate::stage::Stage;
use towpath_sandbox::PullHandle;

/// A topic that carries staging's history, and fails.
async fn astray(stage: &Stage) -> PullHandle {
    topic(&stage.store, "feature/late", "staging").await;
    let pull = stage.store.open_pull("feature/late").into("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    pull
}

async fn configured(stage: &Stage, overrides: &str) {
    let text = format!(
        "version: 1\nenvironments:\n  - {{ name: integration, accepts: [topics] }}\n  \
         - {{ name: staging, accepts: [integration] }}\n  - {{ name: production, accepts: [staging] }}\n\
         copy: {{ branch: master, of: production, mode: report }}\noverrides: {overrides}\n"
    );
    stage.store.commit_on("master").file(".github/towpath.yml", text).by("rita").await.unwrap();
    stage.quiet().await;
}

async fn replied(stage: &Stage, pull: &PullHandle, login: &str, text: &str) -> String {
    let comment = stage.says(pull, login, text).await;
    stage.reply(pull, &comment).await
}

#[tokio::test]
async fn an_override_makes_one_finding_warn_until_the_head_moves() {
    let stage = Stage::set().await;
    let pull = astray(&stage).await;
    let reply = replied(&stage, &pull, "ana", "/override TP201 --reason mine").await;
    assert!(reply.starts_with("**Refused** `/override TP201 --reason mine`: nothing was overridden. This takes the role `maintain`"), "{reply}");
    let reply = replied(&stage, &pull, "rita", "/override TP999 --reason x").await;
    assert!(reply.starts_with("**Not understood** `/override TP999"), "{reply}");
    let reply = replied(&stage, &pull, "rita", "/override TP302 --reason x").await;
    assert!(reply.contains("TP302 cannot be overridden"), "{reply}");
    let reply = replied(&stage, &pull, "rita", "/override TP402 --reason x").await;
    assert!(reply.contains("TP402 ends by `/unlock`."), "{reply}");
    let reply = replied(&stage, &pull, "rita", "/override TP101 --reason x").await;
    assert!(reply.contains("TP101 does not keep this pull request back."), "{reply}");
    let reply = replied(&stage, &pull, "rita", "/override TP201").await;
    assert!(reply.contains("Say why, with `--reason TEXT`."), "{reply}");
    let reply = replied(&stage, &pull, "rita", "/override tp201 --reason \"the vendor's *patch*\"").await;
    assert!(reply.starts_with("**Done** `/override tp201"), "{reply}");
    assert!(
        reply.contains(
            "It ends when the head moves, when the base branch changes, when something else is found."
        ),
        "{reply}"
    );
    let check = stage.check(&pull).await;
    let title = check.0.title.clone().unwrap_or_default();
    assert_eq!(check.0.conclusion.as_deref(), Some("success"), "{title}");
    assert!(title.ends_with("(overridden by rita)"), "{title}");
    check.says("`the vendor's *patch*`");
    stage.comment(&pull).await;
    let again = replied(&stage, &pull, "rita", "/override TP201 --reason again").await;
    assert!(again.contains("TP201 is overridden already, by `rita`;"), "{again}");

    stage.later();
    stage.store.commit_on("feature/late").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let log = crate::rollback::towpath(&stage, &["audit", "--action", "override"]).await.words;
    assert!(log.contains("rita") && log.contains("the vendor's *patch*"), "{log}");
    stage.end().await;
}

/// Given for what stood then: who gave it has not seen what came in between.
#[tokio::test]
async fn an_override_does_not_come_back_when_the_head_does() {
    for is_told_at_once in [true, false] {
        let stage = Stage::set().await;
        let pull = astray(&stage).await;
        let head = pull.state().unwrap().head;
        replied(&stage, &pull, "rita", "/override TP201 --reason x").await;
        assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
        stage.comment(&pull).await;
        stage.later();
        if !is_told_at_once {
            stage.github.faults().webhook("*", "*").hold();
        }
        stage.store.commit_on("feature/late").file("more.txt", "x\n").by("ana").await.unwrap();
        if is_told_at_once {
            stage.check(&pull).await.fails();
            stage.comment(&pull).await;
        }
        stage.seconds_later(5);
        stage.store.move_branch("feature/late").to(&head).by("ana").await.unwrap();
        stage.github.faults().clear();
        stage.github.release_webhooks(towpath_sandbox::Order::AsSent).await;
        stage.check(&pull).await.fails();
        stage.comment(&pull).await;
        let reply = replied(&stage, &pull, "rita", "/override TP201 --reason again").await;
        assert!(reply.starts_with("**Done**"), "{reply}");
        assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
        stage.comment(&pull).await;
        stage.end().await;
    }
}

#[tokio::test]
async fn nor_does_it_when_the_base_does() {
    let stage = Stage::set().await;
    let pull = astray(&stage).await;
    replied(&stage, &pull, "rita", "/override TP201 --reason x").await;
    assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
    stage.comment(&pull).await;
    stage.later();
    pull.retarget("staging").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.later();
    pull.retarget("integration").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    let left = stage.check_named(&pull, "towpath: staging").await;
    left.is("cancelled", "No longer checked: #1 now goes into integration");
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn an_override_ends_at_its_time() {
    let stage = Stage::set().await;
    let pull = astray(&stage).await;
    let reply = replied(&stage, &pull, "rita", "/override TP201 --reason x --until 1h").await;
    assert!(reply.starts_with("**Done**"), "{reply}");
    assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
    stage.comment(&pull).await;
    stage.minutes_later(61).await;
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn where_two_have_to_agree_neither_the_first_nor_the_author_is_the_second() {
    let stage = Stage::set().await;
    for login in ["ana", "otto"] {
        stage.store.allow(login, towpath_sandbox::Permission::Maintain);
    }
    configured(&stage, "{ second: true }").await;
    let pull = astray(&stage).await;
    let first = stage.says(&pull, "rita", "/override TP201 --reason x").await;
    let reply = stage.reply(&pull, &first).await;
    assert!(
        reply.starts_with("**Waiting** `/override TP201 --reason x`: a second person has to confirm it."),
        "{reply}"
    );
    assert_eq!(stage.reactions(&first).await, ["eyes", "rocket"]);
    stage.check(&pull).await.fails();
    for login in ["rita", "ana"] {
        let reply = replied(&stage, &pull, login, "/override TP201 --confirm").await;
        assert!(reply.contains("It takes a second person"), "{reply}");
    }
    let reply = replied(&stage, &pull, "otto", "/override TP201 --confirm").await;
    assert!(reply.contains("TP201 is overridden, as `rita` has asked"), "{reply}");
    assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
    let reply = stage.reply(&pull, &first).await;
    assert!(reply.contains("confirmed by `otto`"), "{reply}");
    assert_eq!(stage.reactions(&first).await, ["eyes", "rocket", "+1"]);
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn who_confirms_confirms_what_another_has_asked_for_on_the_base_as_it_is() {
    let stage = Stage::set().await;
    for login in ["sam", "otto"] {
        stage.store.allow(login, towpath_sandbox::Permission::Maintain);
    }
    configured(&stage, "{ second: true }").await;
    topic(&stage.store, "feature/late", "integration").await;
    let pull = stage.store.open_pull("feature/late").into("staging").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let first = stage.says(&pull, "rita", "/override TP101 --reason x").await;
    assert!(stage.reply(&pull, &first).await.starts_with("**Waiting**"));
    stage.later();
    pull.retarget("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    stage.later();
    let reply = replied(&stage, &pull, "otto", "/override TP101 --confirm").await;
    assert!(reply.contains("No override of TP101 on this head and base waits"), "{reply}");
    let reply = replied(&stage, &pull, "sam", "/override TP101 --reason y").await;
    assert!(reply.starts_with("**Waiting**"), "{reply}");
    let reply = replied(&stage, &pull, "sam", "/override TP101 --confirm").await;
    assert!(reply.contains("It takes a second person"), "{reply}");
    stage.check(&pull).await.fails();
    let reply = replied(&stage, &pull, "otto", "/override TP101 --confirm").await;
    assert!(reply.contains("TP101 is overridden, as `sam` has asked"), "{reply}");
    assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
    stage.reply(&pull, &first).await;
    stage.comment(&pull).await;
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn what_nobody_confirms_is_over_when_the_head_moves() {
    let stage = Stage::set().await;
    configured(&stage, "{ second: true }").await;
    let pull = astray(&stage).await;
    let first = stage.says(&pull, "rita", "/override TP201 --reason x").await;
    stage.later();
    stage.store.commit_on("feature/late").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    let reply = stage.reply(&pull, &first).await;
    assert!(reply.starts_with("**Failed**") && reply.contains("nobody has confirmed it"), "{reply}");
    assert_eq!(stage.reactions(&first).await, ["eyes", "rocket", "-1"]);
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn what_nobody_confirms_is_over_at_its_time_or_when_the_base_changes() {
    let stage = Stage::set().await;
    configured(&stage, "{ second: true }").await;
    let pull = astray(&stage).await;
    let timed = stage.says(&pull, "rita", "/override TP201 --reason x --until 1h").await;
    assert!(stage.reply(&pull, &timed).await.starts_with("**Waiting**"));
    stage.minutes_later(61).await;
    let reply = stage.reply(&pull, &timed).await;
    assert!(reply.starts_with("**Failed**") && reply.contains("nobody has confirmed it"), "{reply}");
    let second = stage.says(&pull, "rita", "/override TP201 --reason y").await;
    assert!(stage.reply(&pull, &second).await.starts_with("**Waiting**"));
    stage.later();
    pull.retarget("production").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    let reply = stage.reply(&pull, &second).await;
    assert!(reply.starts_with("**Failed**") && reply.contains("nobody has confirmed it"), "{reply}");
    stage.comment(&pull).await;
    stage.read(&pull);
    stage.end().await;
}

#[tokio::test]
async fn a_budget_is_shown_and_kept() {
    let stage = Stage::set().await;
    configured(&stage, "{ second: false, budget: 1/month }").await;
    let pull = astray(&stage).await;
    let reply = replied(&stage, &pull, "rita", "/override TP201 --reason x").await;
    assert!(reply.contains("It is number 1 of 1 this month."), "{reply}");
    assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
    stage.comment(&pull).await;
    stage.later();
    stage.store.commit_on("feature/late").file("more.txt", "x\n").by("ana").await.unwrap();
    stage.check(&pull).await.fails();
    stage.comment(&pull).await;
    let reply = replied(&stage, &pull, "rita", "/override TP201 --reason x").await;
    assert!(reply.contains("The one override of this month is used up."), "{reply}");
    stage.check(&pull).await.fails();
    stage.end().await;
}

#[tokio::test]
async fn of_two_who_confirm_at_the_same_moment_one_has_and_the_other_is_told() {
    let stage = Stage::set().await;
    for login in ["sam", "otto"] {
        stage.store.allow(login, towpath_sandbox::Permission::Maintain);
    }
    configured(&stage, "{ second: true }").await;
    let pull = astray(&stage).await;
    let first = stage.says(&pull, "rita", "/override TP201 --reason x").await;
    stage.github.faults().webhook("issue_comment", "created").hold();
    stage.seconds_later(5);
    let mut both = Vec::new();
    for login in ["sam", "otto"] {
        both.push(pull.comment("/override TP201 --confirm").by(login).await.unwrap());
    }
    stage.github.faults().clear();
    stage.github.release_webhooks(towpath_sandbox::Order::AsSent).await;
    let mut replies = Vec::new();
    for comment in &both {
        replies.push(stage.reply(&pull, comment).await);
    }
    let has = |words: &str| replies.iter().filter(|it| it.contains(words)).count();
    assert_eq!(has("TP201 is overridden, as `rita` has asked"), 1, "{replies:?}");
    assert_eq!(has("` has confirmed it already."), 1, "{replies:?}");
    assert_eq!(stage.check(&pull).await.0.conclusion.as_deref(), Some("success"));
    stage.reply(&pull, &first).await;
    stage.comment(&pull).await;
    stage.end().await;
}

#[tokio::test]
async fn of_two_who_override_at_the_same_moment_one_has_and_the_other_is_told() {
    let stage = Stage::set().await;
    stage.store.allow("sam", towpath_sandbox::Permission::Maintain);
    configured(&stage, "{ second: true, budget: 5/month }").await;
    let pull = astray(&stage).await;
    stage.github.faults().webhook("issue_comment", "created").hold();
    stage.seconds_later(5);
    let mut both = Vec::new();
    for login in ["sam", "rita"] {
        both.push(pull.comment("/override TP201 --reason x").by(login).await.unwrap());
    }
    stage.github.faults().clear();
    stage.github.release_webhooks(towpath_sandbox::Order::AsSent).await;
    let mut replies = Vec::new();
    for comment in &both {
        replies.push(stage.reply(&pull, comment).await);
    }
    let has = |words: &str| replies.iter().filter(|it| it.contains(words)).count();
    assert_eq!(has("a second person has to confirm it. It is number 1 of 5 this month."), 1, "{replies:?}");
    assert_eq!(has("has asked for it; somebody else has to confirm it."), 1, "{replies:?}");
    stage.check(&pull).await.fails();
    stage.end().await;
}
