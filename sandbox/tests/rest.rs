//! REST beyond pull requests: paging, entity tags, refs, checks, comments, renames, deliveries.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod common;

use common::{Receiver, Stage, send};
use serde_json::{Value, json};
use towpath_sandbox::Permission;

#[tokio::test]
async fn a_list_is_walked_by_its_links() {
    let stage = Stage::set().await;
    for number in 0..5 {
        stage.repo.branch(&format!("b{number}")).from("main").await.unwrap();
    }
    let mut url = Some(format!("{}/repos/acme/store/branches?per_page=3", stage.github.api_url()));
    let mut names = Vec::new();
    let mut pages = 0;
    while let Some(here) = url {
        let page = send("GET", &here, &stage.token, &[], None).await.unwrap();
        names.extend(page.body.as_array().unwrap().iter().map(|branch| branch["name"].clone()));
        pages += 1;
        assert_eq!(page.link("prev").is_some(), pages > 1);
        assert_eq!(page.link("last").is_some(), pages < 3);
        url = page.link("next");
    }
    assert_eq!((pages, names.len()), (3, 7));
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let stage = Stage::set().await;
    let url = format!("{}/repos/acme/store/pulls", stage.github.api_url());
    let first = send("GET", &url, &stage.token, &[], None).await.unwrap();
    let tag = first.headers["etag"].clone();
    let known = [("if-none-match", tag.as_str())];
    let second = send("GET", &url, &stage.token, &known, None).await.unwrap();
    assert_eq!((second.status, &second.body), (304, &Value::Null));
    let (other, _) = stage.installation.token().unwrap();
    assert_eq!(
        send("GET", &url, &other, &known, None).await.unwrap().status,
        200,
        "tags are bound to the token"
    );
    stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    assert_eq!(send("GET", &url, &stage.token, &known, None).await.unwrap().status, 200);
}

#[tokio::test]
async fn refs_are_made_moved_and_deleted() {
    let stage = Stage::set().await;
    let refs = "/repos/acme/store/git/refs";
    let (main, cart) = (stage.repo.tip("main").unwrap(), stage.repo.tip("feature/cart").unwrap());
    let made = stage.call("POST", refs, Some(json!({ "ref": "refs/heads/up", "sha": cart }))).await;
    assert_eq!((made.status, &made.body["object"]["sha"]), (201, &json!(cart)));
    let again = stage.call("POST", refs, Some(json!({ "ref": "refs/heads/up", "sha": cart }))).await;
    assert_eq!(again.body["message"], "Reference already exists");
    let path = format!("{refs}/heads/up");
    let back = stage.call("PATCH", &path, Some(json!({ "sha": main }))).await;
    assert_eq!((back.status, &back.body["message"]), (422, &json!("Update is not a fast forward")));
    let forced = stage.call("PATCH", &path, Some(json!({ "sha": main, "force": true }))).await;
    assert_eq!((forced.status, stage.repo.tip("up")), (200, Some(main)));
    assert_eq!(stage.get("/repos/acme/store/git/ref/heads/up").await.status, 200);
    assert_eq!(stage.call("DELETE", &path, None).await.status, 204);
    assert_eq!(stage.get("/repos/acme/store/git/ref/heads/up").await.status, 404);
    let odd = json!({ "ref": "refs/heads/../x", "sha": cart });
    assert_eq!(stage.call("POST", refs, Some(odd)).await.status, 422);
    let heard = stage.heard().await;
    assert!(heard.contains(&"create".to_owned()) && heard.contains(&"delete".to_owned()));
    let pushes = stage.webhooks("push", "").await;
    assert_eq!(pushes.last().unwrap()["sender"]["login"], "checker[bot]");
}

#[tokio::test]
async fn check_runs_are_listed_changed_and_pressed() {
    let stage = Stage::set().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let sha = pull.head_sha();
    let runs = "/repos/acme/store/check-runs";
    let button = json!({ "label": "Again", "description": "Do it again", "identifier": "again" });
    let body = json!({
        "name": "ci: main", "head_sha": sha, "external_id": "7", "status": "in_progress",
        "output": { "title": "Looking", "summary": "…" }, "actions": [button],
    });
    let made = stage.call("POST", runs, Some(body)).await;
    assert_eq!((made.status, &made.body["pull_requests"][0]["number"]), (201, &json!(1)));
    let check = pull.check("ci: main").unwrap();
    assert_eq!(check.press("again", "ana").await.unwrap_err().status, 404, "not shown yet");
    let path = format!("{runs}/{}", made.body["id"]);
    let done = stage.call("PATCH", &path, Some(json!({ "conclusion": "failure" }))).await;
    assert_eq!(
        (&done.body["status"], &done.body["output"]["title"]),
        (&json!("completed"), &json!("Looking"))
    );
    check.press("again", "ana").await.unwrap();
    check.rerequest("ana").await.unwrap();
    check.rerequest_suite("ana").await.unwrap();
    stage.call("POST", runs, Some(json!({ "name": "ci: main", "head_sha": sha }))).await;
    let list = format!("/repos/acme/store/commits/{sha}/check-runs?check_name=ci%3A%20main");
    assert_eq!(stage.get(&list).await.body["total_count"], 1);
    assert_eq!(stage.get(&format!("{list}&filter=all")).await.body["total_count"], 2);
    assert_eq!(stage.get(&format!("{list}&app_id=1")).await.body["total_count"], 0);

    let pressed = &stage.webhooks("check_run", "requested_action").await[0];
    assert_eq!(pressed["requested_action"]["identifier"], "again");
    assert_eq!(pressed["check_run"]["check_suite"]["head_branch"], "feature/cart");
    assert_eq!(pressed["sender"]["login"], "ana");
    let heard = stage.heard().await.join(" ");
    assert!(heard.contains("check_run.created check_run.completed check_run.requested_action check_run.rerequested check_suite.rerequested"));
}

#[tokio::test]
async fn what_github_finds_too_long_is_refused() {
    let stage = Stage::set().await;
    stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let sha = stage.repo.tip("main");
    let run = |extra: Value| {
        let mut body = json!({ "name": "ci", "head_sha": sha });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let action = |label: &str| json!({ "label": label, "description": "d", "identifier": "i" });
    let bad = [
        run(json!({ "output": { "title": "t", "summary": "ä".repeat(32_768) } })),
        run(json!({ "actions": vec![action("ok"); 4] })),
        run(json!({ "actions": [action("far too long for a button")] })),
        run(json!({ "conclusion": "splendid" })),
        run(json!({ "status": "completed" })),
        json!({ "name": "ci" }),
        json!({ "name": "ci", "head_sha": "f".repeat(40) }),
    ];
    for body in bad {
        let answer = stage.call("POST", "/repos/acme/store/check-runs", Some(body)).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
    }
    let comments = "/repos/acme/store/issues/1/comments";
    let long = stage.call("POST", comments, Some(json!({ "body": "x".repeat(65_537) }))).await;
    assert_eq!((long.status, &long.body["errors"][0]["field"]), (422, &json!("body")));
    let just = stage.call("POST", comments, Some(json!({ "body": "x".repeat(65_536) }))).await;
    assert_eq!(just.status, 201);
}

#[tokio::test]
async fn comments_know_the_app_that_wrote_them() {
    let stage = Stage::set().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    pull.comment("/help").by("ana").await.unwrap();
    let path = "/repos/acme/store/issues/1/comments";
    let made = stage.call("POST", path, Some(json!({ "body": "Here you are" }))).await;
    assert_eq!(made.body["performed_via_github_app"]["slug"], "checker");
    let one = format!("/repos/acme/store/issues/comments/{}", made.body["id"]);
    stage.call("PATCH", &one, Some(json!({ "body": "Here it is" }))).await;
    assert_eq!(stage.get(&one).await.body["body"], "Here it is");
    let said: Vec<(String, Option<String>)> =
        pull.comments().into_iter().map(|comment| (comment.author, comment.app)).collect();
    assert_eq!(said, [("ana".to_owned(), None), ("checker[bot]".to_owned(), Some("checker".to_owned()))]);
    assert_eq!(stage.call("DELETE", &one, None).await.status, 204);
    assert_eq!(stage.get(path).await.body.as_array().unwrap().len(), 1);
    let edited = &stage.webhooks("issue_comment", "edited").await[0];
    assert_eq!(edited["changes"]["body"]["from"], "Here you are");
    assert_eq!(edited["issue"]["number"], 1);
}

#[tokio::test]
async fn a_renamed_repository_is_found_again() {
    let stage = Stage::set().await;
    stage.repo.rename("shop").await.unwrap();
    let moved = stage.get("/repos/acme/store/branches/main").await;
    assert_eq!(moved.status, 301);
    let location = &moved.headers["location"];
    assert_eq!(
        *location,
        format!("{}/repositories/{}/branches/main", stage.github.api_url(), stage.repo.id())
    );
    let found = send("GET", location, &stage.token, &[], None).await.unwrap();
    assert_eq!((found.status, &found.body["name"]), (200, &json!("main")));
    let write = stage.call("POST", "/repos/acme/store/check-runs", Some(json!({}))).await;
    assert_eq!(write.status, 307);
    let renamed = &stage.webhooks("repository", "renamed").await[0];
    assert_eq!(renamed["changes"]["repository"]["name"]["from"], "store");
    assert_eq!(renamed["repository"]["full_name"], "acme/shop");
}

#[tokio::test]
async fn roles_rules_branches_and_files_are_told() {
    let stage = Stage::set().await;
    stage.repo.allow("max", Permission::Maintain);
    let role = stage.get("/repos/acme/store/collaborators/max/permission").await.body;
    assert_eq!((&role["permission"], &role["role_name"]), (&json!("write"), &json!("maintain")));
    stage.repo.protect("main").require_from("ci", stage.app.id());
    let rules = stage.get("/repos/acme/store/rules/branches/main").await.body;
    let required = &rules[0]["parameters"]["required_status_checks"][0];
    assert_eq!(*required, json!({ "context": "ci", "integration_id": stage.app.id() }));
    assert_eq!(stage.get("/repos/acme/store/rules/branches/feature/cart").await.body, json!([]));
    let branch = stage.get("/repos/acme/store/branches/feature/cart").await.body;
    assert_eq!(
        (&branch["protected"], &branch["commit"]["commit"]["author"]["name"]),
        (&json!(false), &json!("ana"))
    );
    let file = stage.get("/repos/acme/store/contents/README").await.body;
    assert_eq!(file["content"], "QSBzdG9yZQo=");
    assert_eq!(stage.get("/repos/acme/store/contents/none").await.status, 404);
    let commit = stage.get("/repos/acme/store/commits/feature%2Fcart").await.body;
    assert_eq!(commit["files"][0]["filename"], "cart.txt");
    assert_eq!(stage.get("/repos/acme/store/nothing").await.status, 404);
}

#[tokio::test]
async fn pull_requests_are_opened_listed_and_changed_over_rest() {
    let stage = Stage::set().await;
    let pulls = "/repos/acme/store/pulls";
    let body = json!({ "title": "Cart", "head": "feature/cart", "base": "main" });
    let made = stage.call("POST", pulls, Some(body.clone())).await;
    assert_eq!((made.status, &made.body["user"]["type"]), (201, &json!("Bot")));
    let twice = stage.call("POST", pulls, Some(body)).await;
    assert_eq!(twice.status, 422);
    assert!(twice.body["errors"][0]["message"].as_str().unwrap().contains("already exists"));
    let empty = json!({ "title": "Nothing", "head": "main", "base": "feature/cart" });
    assert_eq!(stage.call("POST", pulls, Some(empty)).await.status, 422);
    let count =
        async |query: &str| stage.get(&format!("{pulls}?{query}")).await.body.as_array().unwrap().len();
    assert_eq!(count("base=main").await, 1);
    assert_eq!(count("base=other").await, 0);
    assert_eq!(count("head=acme:feature/cart").await, 1);
    assert_eq!(count("state=closed").await, 0);
    let closed = stage.call("PATCH", &format!("{pulls}/1"), Some(json!({ "state": "closed" }))).await;
    assert_eq!(closed.body["state"], "closed");
    assert_eq!(count("state=all").await, 1);
    let commits = stage.get(&format!("{pulls}/1/commits")).await.body;
    assert_eq!(commits[0]["commit"]["message"], "Change cart.txt");
}

#[tokio::test]
async fn failed_deliveries_are_found_by_cursor_and_sent_again() {
    let receiver = Receiver::open().await;
    let stage = Stage::set_with(common::checker().webhook(&receiver.url)).await;
    stage.github.settled().await;
    receiver.answer(500);
    for number in 0..3 {
        stage.repo.branch(&format!("b{number}")).from("main").await.unwrap();
    }
    stage.github.settled().await;
    receiver.answer(202);
    receiver.forget();
    let mut url = Some(format!("{}/app/hook/deliveries?per_page=2&status=failure", stage.github.api_url()));
    let mut failed = Vec::new();
    while let Some(here) = url {
        let page = send("GET", &here, &stage.jwt(), &[], None).await.unwrap();
        failed.extend(page.body.as_array().unwrap().clone());
        url = page.link("next");
    }
    assert_eq!(failed.len(), 7, "a push and a create each, and the first time a check suite");
    assert_eq!(failed[0]["status_code"], 500);
    let path = format!("/app/hook/deliveries/{}", failed[0]["id"]);
    let detail = stage.call_as(&stage.jwt(), "GET", &path, None).await.body;
    assert_eq!(detail["request"]["headers"]["X-GitHub-Delivery"], failed[0]["guid"]);
    let again = stage.call_as(&stage.jwt(), "POST", &format!("{path}/attempts"), None).await;
    assert_eq!(again.status, 202);
    stage.github.settled().await;
    let got = &receiver.all()[0];
    assert_eq!(json!(got.header("x-github-delivery")), failed[0]["guid"]);
    let newest = stage.call_as(&stage.jwt(), "GET", "/app/hook/deliveries?per_page=1", None).await.body;
    assert_eq!((&newest[0]["redelivery"], &newest[0]["status"]), (&json!(true), &json!("OK")));
}

#[tokio::test]
async fn requests_are_recorded_and_counted() {
    let stage = Stage::set().await;
    stage.get("/repos/acme/store/branches?per_page=1").await;
    stage.get("/repos/acme/store/pulls/9").await;
    let kept = stage.github.exchanges();
    assert_eq!((kept.len(), kept[0].status, kept[1].status), (2, 200, 404));
    assert_eq!(kept[0].query.as_deref(), Some("per_page=1"));
    assert_eq!(kept[0].by, format!("installation:{}", stage.installation.id()));
    assert_eq!(stage.github.request_counts()["GET /repos/{owner}/{repo}/pulls/{number}"], 1);
}

#[tokio::test]
async fn reactions_are_given_once_and_taken_back() {
    let stage = Stage::set().await;
    let pull = stage.repo.open_pull("feature/cart").into("main").await.unwrap();
    let comment = pull.comment("/check").by("ana").await.unwrap();
    let path = format!("/repos/acme/store/issues/comments/{}/reactions", comment.id());
    let eyes = Some(json!({ "content": "eyes" }));
    let first = stage.call("POST", &path, eyes.clone()).await;
    assert_eq!((first.status, stage.call("POST", &path, eyes).await.status), (201, 200));
    let seen = [("checker[bot]".to_owned(), "eyes".to_owned())];
    assert_eq!(comment.state().unwrap().reactions, seen);
    assert_eq!(stage.get(&path).await.body[0]["content"], "eyes");
    let odd = stage.call("POST", &path, Some(json!({ "content": "shrug" }))).await;
    assert_eq!(odd.status, 422);
    let one = format!("{path}/{}", first.body["id"]);
    assert_eq!(stage.call("DELETE", &one, None).await.status, 204);
    assert!(comment.state().unwrap().reactions.is_empty());
}
