//! The pages: what they show, what their forms do, what they keep out.

mod common;

use common::browser::{FORM, browse, done, get, post};
use common::{Receiver, Stage};
use serde_json::{Value, json};
use towpath_sandbox::{Permission, PullHandle};

/// A stage with an open pull request into `main`, which needs the check "gate"; `eve` may only read.
async fn reviewed() -> (Stage, PullHandle) {
    let stage = Stage::set().await;
    stage.repo.allow("eve", Permission::Read);
    stage.repo.protect("main").require("gate");
    let pull = stage.repo.open_pull("feature/cart").into("main").by("ana");
    let pull = pull.title("A <i>cart</i>").body("Some **wheels**.").await.expect("it works");
    (stage, pull)
}

/// Reports the check "gate"; answers its id.
async fn report(stage: &Stage, pull: &PullHandle, conclusion: &str) -> u64 {
    let body = json!({
        "name": "gate", "head_sha": pull.head_sha(), "status": "completed", "conclusion": conclusion,
        "output": { "title": "Wrong <source>", "summary": "Do **this**: <script>alert(1)</script>" },
        "actions": [{ "label": "Retarget", "description": "Into another branch", "identifier": "retarget" }],
    });
    let answer = stage.call("POST", "/repos/acme/store/check-runs", Some(body)).await;
    answer.body["id"].as_u64().expect("it works")
}

#[tokio::test]
async fn the_lists_show_what_there_is() {
    let (stage, _) = reviewed().await;
    get(&stage, "/").await.says(&["href=\"/acme/store\"", "1 open"]);
    let page = get(&stage, "/acme/store").await;
    let commit = format!("/acme/store/commit/{}", stage.repo.tip("feature/cart").expect("it works"));
    page.says(&[&commit, "needs gate", "/acme/store/pull/1", "A &lt;i&gt;cart&lt;/i&gt;"]);
    let clone_url = stage.repo.clone_url().replacen("://", "://ana:any@", 1);
    page.says(&["ana (write)", "eve (read)", &format!("git clone {clone_url}")]);
    page.keeps_quiet_about("<i>cart");
    get(&stage, &commit).await.says(&["cart.txt", "+one", "Tip of"]);
}

#[tokio::test]
async fn deploys_and_issues_are_shown() {
    let (stage, _) = reviewed().await;
    get(&stage, "/acme/store").await.keeps_quiet_about("Environments");
    let sha = stage.repo.tip("main").expect("it works");
    stage.repo.deploy("main").to("staging").by("ana").await.expect("it works");
    let deploy = &stage.repo.deployments()[0];
    let status =
        deploy.status("failure").description("<b>build</b>: broken").log_url("https://ci.example.com/7");
    status.by("deployer").await.expect("it works");
    stage.repo.open_issue("Deploys <fail>").body("Some **text**").by("ana").await.expect("it works");
    let page = get(&stage, "/acme/store").await;
    page.says(&["Environments", "staging", "<a href=\"https://ci.example.com/7\">failure</a>", &sha[..7]]);
    page.says(&["&lt;b&gt;build", "/acme/store/issues/2", "Deploys &lt;fail&gt;"]);
    get(&stage, "/acme/store/issues/2").await.says(&["<strong>text</strong>", "Close this issue"]);
    assert_eq!(done(&stage, "/acme/store/issues/2/close", "who=rita").await, "/acme/store/issues/2");
    assert_eq!(stage.repo.issues()[0].state(), "closed");
    assert_eq!(post(&stage, "/acme/store/issues/2/reopen", "who=eve").await.status, 403);
    get(&stage, "/acme/store/issues/2").await.says(&["Reopen this issue"]);
}

#[tokio::test]
async fn nothing_is_where_nothing_is() {
    let (stage, _) = reviewed().await;
    for path in ["/acme/none", "/acme/store/pull/7", "/acme/store/commit/main", "/what/is/this/then"] {
        let page = browse(&stage, "GET", path, &[], "").await;
        assert_eq!(page.status, 404, "{path}");
        page.says(&["Not Found"]);
    }
    let page = browse(&stage, "GET", "/acme/store/pull/first", &[], "").await;
    assert_eq!(page.status, 400);
}

#[tokio::test]
async fn a_pull_request_shows_its_checks_and_harmless_markdown() {
    let (stage, pull) = reviewed().await;
    let page = get(&stage, "/acme/store/pull/1").await;
    page.says(&[
        "Some <strong>wheels</strong>.",
        "Expected: waiting",
        "Merging is blocked.",
        "disabled>Merge",
    ]);
    let run = report(&stage, &pull, "failure").await;
    let page = get(&stage, "/acme/store/pull/1").await;
    page.says(&["aria-label=\"failure\"", "Wrong &lt;source&gt;", "Do <strong>this</strong>", "required"]);
    page.says(&[
        &format!("/acme/store/pull/1/checks/{run}"),
        "value=\"retarget\" title=\"Into another branch\">Retarget",
    ]);
    page.keeps_quiet_about("<script>alert");
}

#[tokio::test]
async fn a_merge_is_refused_while_the_check_is_not_green() {
    let (stage, pull) = reviewed().await;
    report(&stage, &pull, "failure").await;
    let before = stage.repo.tip("main");
    let page = post(&stage, "/acme/store/pull/1/merge", "who=ana&method=merge").await;
    assert_eq!(page.status, 405);
    page.says(&["Required status check &quot;gate&quot; is failing", "href=\"/acme/store/pull/1\""]);
    assert_eq!(stage.repo.tip("main"), before);
    report(&stage, &pull, "success").await;
    get(&stage, "/acme/store/pull/1").await.says(&["Nothing stands in the way"]);
    assert_eq!(done(&stage, "/acme/store/pull/1/merge", "who=ana&method=squash").await, "/acme/store/pull/1");
    assert_ne!(stage.repo.tip("main"), before);
    get(&stage, "/acme/store/pull/1").await.says(&["ana merged this into", "Merged"]);
    assert_eq!(stage.webhooks("pull_request", "closed").await.len(), 1);
}

#[tokio::test]
async fn who_may_not_is_told_so() {
    let (stage, pull) = reviewed().await;
    report(&stage, &pull, "success").await;
    let page = post(&stage, "/acme/store/pull/1/merge", "who=eve&method=merge").await;
    assert_eq!(page.status, 403);
    page.says(&["eve has the role read here; this takes write"]);
    assert!(pull.is_open());
    let page = post(&stage, "/acme/store/pull/1/comments", "who=nobody&body=x").await;
    assert_eq!(page.status, 422);
    let page = post(&stage, "/acme/store/pull/1/merge", "who=ana&method=magic").await;
    assert_eq!(page.status, 422);
}

#[tokio::test]
async fn comments_and_buttons_cause_webhooks() {
    let (stage, pull) = reviewed().await;
    let run = report(&stage, &pull, "failure").await;
    let form = "who=eve&body=%2Fcheck%0D%0A%3Cimg+src%3Dx+onerror%3Dalert(1)%3E%0D%0A**please**";
    done(&stage, "/acme/store/pull/1/comments", form).await;
    let said = json!({ "body": "It is `done`." });
    stage.call("POST", "/repos/acme/store/issues/1/comments", Some(said)).await;
    let page = get(&stage, "/acme/store/pull/1").await;
    page.says(&["/check", "<strong>please</strong>", "checker[bot]", ">app</span>", "<code>done</code>"]);
    page.keeps_quiet_about("onerror");
    let comments = stage.get("/repos/acme/store/issues/1/comments").await.body;
    let seen = format!("/repos/acme/store/issues/comments/{}/reactions", comments[0]["id"]);
    stage.call("POST", &seen, Some(json!({ "content": "eyes" }))).await;
    get(&stage, "/acme/store/pull/1").await.says(&["👀 1"]);
    let heard = stage.webhooks("issue_comment", "created").await;
    assert_eq!(heard[0]["comment"]["body"], "/check\n<img src=x onerror=alert(1)>\n**please**");
    let checks = format!("/acme/store/pull/1/checks/{run}");
    done(&stage, &checks, "who=ana&press=retarget").await;
    done(&stage, &checks, "who=ana&rerun=1").await;
    let pressed: Vec<Value> = stage.webhooks("check_run", "requested_action").await;
    assert_eq!(pressed[0]["requested_action"]["identifier"], "retarget");
    assert_eq!(stage.webhooks("check_run", "rerequested").await.len(), 1);
    assert_eq!(post(&stage, &checks, "who=ana&press=nothing").await.status, 404);
    assert_eq!(post(&stage, "/acme/store/pull/1/checks/5", "who=ana&rerun=1").await.status, 404);
}

#[tokio::test]
async fn everything_can_be_made_by_clicking() {
    let stage = Stage::set().await;
    let form = "who=ana&from=main&branch=feature%2Fx&path=a.txt&message=Add+a&content=a%0D%0Ab";
    done(&stage, "/acme/store/commits", form).await;
    let commit = format!("/acme/store/commit/{}", stage.repo.tip("feature/x").expect("it works"));
    get(&stage, &commit).await.says(&["Add a", "+a</span>", "+b</span>"]);
    let again = post(&stage, "/acme/store/commits", form).await;
    assert_eq!(again.status, 422);
    again.says(&["is there already"]);
    for bad in ["branch=a..b&path=a", "branch=b&path=../a", "branch=b&path=.git/config", "branch=b&path=/a"] {
        let form = format!("who=ana&from=main&message=m&content=&{bad}");
        assert_eq!(post(&stage, "/acme/store/commits", &form).await.status, 422, "{bad}");
    }
    let page = get(&stage, "/acme/store/pulls/new?head=feature%2Fx").await;
    page.says(&["<option selected>feature/x</option>", "<option selected>main</option>"]);
    let place = done(&stage, "/acme/store/pulls", "who=ana&head=feature%2Fx&base=main&title=X&body=").await;
    assert_eq!(place, "/acme/store/pull/1");
    done(&stage, "/acme/store/pull/1/retarget", "who=ana&base=feature%2Fcart").await;
    done(&stage, "/acme/store/pull/1/close", "who=ana").await;
    get(&stage, "/acme/store/pull/1").await.says(&["Closed", "Reopen", "feature/cart"]);
    done(&stage, "/acme/store/pull/1/reopen", "who=ana").await;
    let heard = stage.heard().await;
    for event in ["push", "opened", "edited", "closed", "reopened"] {
        assert!(heard.iter().any(|sent| sent.ends_with(event)), "{event}: {heard:?}");
    }
}

#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let (stage, pull) = reviewed().await;
    for foreign in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
    {
        let page =
            browse(&stage, "POST", "/acme/store/pull/1/comments", &[FORM, foreign], "who=ana&body=x").await;
        assert_eq!(page.status, 403, "{foreign:?}");
    }
    assert!(pull.comments().is_empty());
    let own = stage.github.url();
    let headers = [FORM, ("origin", own.as_str()), ("sec-fetch-site", "same-origin")];
    let page = browse(&stage, "POST", "/acme/store/pull/1/comments", &headers, "who=ana&body=x").await;
    assert_eq!(page.status, 303);
}

#[tokio::test]
async fn the_last_actor_is_remembered_and_foreign_scripts_do_not_run() {
    let (stage, _) = reviewed().await;
    let page = post(&stage, "/acme/store/pull/1/comments", "who=eve&body=x").await;
    assert_eq!(page.header("set-cookie"), "who=eve; Path=/; HttpOnly; SameSite=Strict");
    let page = browse(&stage, "GET", "/acme/store/pull/1", &[("cookie", "a=b; who=eve")], "").await;
    page.says(&["<option value=\"eve\" selected>"]);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'sha256-"), "{policy}");
}

#[tokio::test]
async fn deliveries_are_listed_and_sent_again() {
    let (stage, pull) = reviewed().await;
    let receiver = Receiver::open().await;
    receiver.answer(500);
    stage.github.settled().await;
    stage.app.set_webhook_url(Some(&receiver.url));
    pull.comment("hello").by("ana").await.expect("it works");
    stage.github.settled().await;
    let guid = receiver.all()[0].header("x-github-delivery").to_owned();
    let page = get(&stage, "/deliveries").await;
    page.says(&["issue_comment.created", &guid, "checker", "500", "aria-label=\"failure\"", "Redeliver"]);
    let action =
        page.html.split("action=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("it works");
    receiver.answer(202);
    assert_eq!(done(&stage, action, "").await, "/deliveries");
    stage.github.settled().await;
    assert_eq!(receiver.all()[1].header("x-github-delivery"), guid);
    get(&stage, "/deliveries").await.says(&["aria-label=\"success\"", "redelivery"]);
    assert_eq!(post(&stage, "/deliveries/8/redeliver", "").await.status, 404);
}

#[tokio::test]
async fn a_conversation_shows_reactions_reviews_and_replies_in_order() {
    let (stage, pull) = reviewed().await;
    let commands = "/acme/store/pull/1/comments";
    done(&stage, commands, "who=ana&body=%2Fdeploy+staging").await;
    let asked = &pull.comments()[0];
    let path = format!("/repos/acme/store/issues/comments/{}/reactions", asked.id);
    for content in ["eyes", "+1"] {
        stage.call("POST", &path, Some(json!({ "content": content }))).await;
    }
    stage.repo.comment(asked.id).expect("it works").react("eyes").by("rita").await.expect("it works");
    for (seconds, body) in [(1, "Deploying"), (2, "Deployed")] {
        stage.clock.advance(chrono::TimeDelta::seconds(seconds));
        stage.call("POST", "/repos/acme/store/issues/1/comments", Some(json!({ "body": body }))).await;
        pull.comment_on("cart.txt", 1, &format!("Then {body}")).by("eve").await.expect("it works");
    }
    stage.clock.advance(chrono::TimeDelta::seconds(1));
    pull.request_changes("Too **fast**").by("rita").await.expect("it works");
    let page = get(&stage, "/acme/store/pull/1").await;
    page.says(&[
        "👀 2",
        "aria-label=\"Eyes by checker[bot], rita\"",
        "aria-label=\"Thumbs up by checker[bot]\"",
    ]);
    page.says(&["requested changes", "Too <strong>fast</strong>", "on cart.txt, line 1"]);
    let at = |text: &str| page.html.find(text).expect(text);
    let order =
        ["/deploy staging", "<p>Deploying", "Then Deploying", "<p>Deployed", "Then Deployed", "Too <strong>"];
    assert!(order.map(at).is_sorted(), "{:?}", order.map(at));
    pull.lock().because("too heated").by("rita").await.expect("it works");
    get(&stage, "/acme/store/pull/1").await.says(&["This conversation is locked: too heated."]);
    let refused = post(&stage, commands, "who=eve&body=x").await;
    assert_eq!(refused.status, 403);
    refused.says(&["Unable to create comment because issue is locked.", "href=\"/acme/store/pull/1\""]);
}

#[tokio::test]
async fn an_issue_is_commented_on_as_a_chosen_person() {
    let (stage, _) = reviewed().await;
    let issue = stage.repo.open_issue("Opening hours").by("ana").await.expect("it works");
    let place = format!("/acme/store/issues/{}", issue.number());
    let page = get(&stage, &place).await;
    page.says(&[&format!("action=\"{place}/comments\""), "Nobody has said anything yet.", "eve (read)"]);
    let went_on = done(&stage, &format!("{place}/comments"), "who=eve&body=%2Fwhere+staging").await;
    let (path, at) = went_on.split_once('#').expect("a place on the page");
    assert_eq!(path, place);
    get(&stage, &place).await.says(&[&format!("id=\"{at}\""), "/where staging"]);
    assert_eq!(stage.webhooks("issue_comment", "created").await[0]["sender"]["login"], "eve");
    assert_eq!(post(&stage, &format!("{place}/comments"), "who=nobody&body=x").await.status, 422);
    assert_eq!(post(&stage, "/acme/store/issues/1/comments", "who=eve&body=x").await.status, 404);
    assert_eq!(post(&stage, "/acme/store/pull/2/comments", "who=eve&body=x").await.status, 404);
}
